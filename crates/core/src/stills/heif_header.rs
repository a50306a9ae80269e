//! The header of a HEIF file (HEIC and AVIF): what its main picture is, before any program decodes it. ISO/IEC 23008-12 has the words.

use image::metadata::Orientation;

use super::{Colours, StillError};

/// Most boxes in one box that are looked at: a telephone's picture has some sixty.
const MAX_BOXES: usize = 4096;

/// What the main picture is coded with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    /// HEIC.
    Hevc,
    /// AVIF.
    Av1,
}

/// The main picture of a file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct HeifHeader {
    /// Width and height as stored, of all tiles together, in pixels.
    pub(super) size: [u32; 2],
    /// Width and height of the largest picture of the file, be it a tile or a thumbnail.
    pub(super) largest: [u32; 2],
    /// How it is turned upright, one after the other.
    pub(super) transforms: Vec<Orientation>,
    /// Its colours, where they are not sRGB.
    pub(super) colours: Option<Colours>,
    /// Its codec.
    pub(super) codec: Codec,
}

impl HeifHeader {
    /// Reads it.
    ///
    /// # Errors
    /// [`StillError::Kind`] for animations without a still, [`StillError::Damaged`] and [`StillError::CutOff`].
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, StillError> {
        let Some(meta) = find(bytes, *b"meta") else {
            // The boxes say where they end, so that what is cut off is known.
            let animated = find(bytes, *b"moov").is_some();
            return Err(if animated {
                StillError::Kind("that moves, without a still one beside it".to_owned())
            } else {
                StillError::CutOff
            });
        };
        let meta = meta.get(4..).ok_or(StillError::CutOff)?;
        let primary = find(meta, *b"pitm").and_then(primary_item).ok_or_else(|| damaged("no picture is the main one"))?;
        let described = find(meta, *b"iprp").ok_or_else(|| damaged("nothing is said of its pictures"))?;
        let properties: Vec<Property<'_>> = boxes(find(described, *b"ipco").unwrap_or_default()).collect();
        let of_primary: Vec<&Property<'_>> =
            numbers_of(described, primary).into_iter().filter_map(|number| properties.get(number.checked_sub(1)?)).collect();
        let size = of_primary.iter().find_map(|property| size_of(property)).ok_or_else(|| damaged("its main picture has no size"))?;
        let area = |[width, height]: &[u32; 2]| u64::from(*width) * u64::from(*height);
        let has = |name: [u8; 4]| properties.iter().any(|property| property.name == name);
        Ok(Self {
            size,
            largest: properties.iter().filter_map(size_of).max_by_key(area).unwrap_or(size),
            transforms: of_primary.iter().filter_map(|property| transform(property)).collect(),
            colours: colours(&of_primary),
            codec: if has(*b"av1C") && !has(*b"hvcC") { Codec::Av1 } else { Codec::Hevc },
        })
    }
}

fn damaged(what: &str) -> StillError {
    StillError::Damaged(what.to_owned())
}

/// A box: its name and what is in it.
#[derive(Clone, Copy, Debug)]
struct Property<'a> {
    name: [u8; 4],
    body: &'a [u8],
}

/// The boxes that stand one after the other, up to the first one that is not whole.
fn boxes(mut bytes: &[u8]) -> impl Iterator<Item = Property<'_>> {
    let next = move || {
        let (length, name) = (be_u32(bytes, 0)?, bytes.get(4..8)?.first_chunk().copied()?);
        let (head, length) = match length {
            0 => (8, bytes.len()),
            1 => (16, usize::try_from(u64::from_be_bytes(*bytes.get(8..16)?.first_chunk()?)).ok()?),
            length => (8, length as usize),
        };
        let body = bytes.get(head..length)?;
        bytes = &bytes[length..];
        Some(Property { name, body })
    };
    std::iter::from_fn(next).take(MAX_BOXES)
}

fn find(bytes: &[u8], name: [u8; 4]) -> Option<&[u8]> {
    boxes(bytes).find(|found| found.name == name).map(|found| found.body)
}

fn be_u16(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|bytes| u16::from_be_bytes(*bytes))
}

fn be_u32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

fn primary_item(body: &[u8]) -> Option<u32> {
    if *body.first()? == 0 { be_u16(body, 4).map(u32::from) } else { be_u32(body, 4) }
}

/// The numbers, from 1 on, of the properties of an item.
fn numbers_of(described: &[u8], item: u32) -> Vec<usize> {
    boxes(described).filter(|found| found.name == *b"ipma").find_map(|found| associations(found.body, item)).unwrap_or_default()
}

fn associations(body: &[u8], item: u32) -> Option<Vec<usize>> {
    let (is_long_item, is_long_number) = (*body.first()? > 0, *body.get(3)? & 1 == 1);
    let count = be_u32(body, 4)?;
    let mut at = 8;
    for _ in 0..count {
        let of = if is_long_item { be_u32(body, at)? } else { u32::from(be_u16(body, at)?) };
        at += if is_long_item { 4 } else { 2 };
        let count = usize::from(*body.get(at)?);
        let width = if is_long_number { 2 } else { 1 };
        let numbers = body.get(at + 1..at + 1 + count * width)?;
        if of == item {
            // The uppermost bit says that a reader must understand the property.
            let short = |number: &u8| usize::from(number & 0x7f);
            let long = |[high, low]: &[u8; 2]| usize::from(u16::from_be_bytes([high & 0x7f, *low]));
            return Some(if is_long_number {
                numbers.as_chunks().0.iter().map(long).collect()
            } else {
                numbers.iter().map(short).collect()
            });
        }
        at += 1 + count * width;
    }
    None
}

fn size_of(property: &Property<'_>) -> Option<[u32; 2]> {
    (property.name == *b"ispe").then(|| Some([be_u32(property.body, 4)?, be_u32(property.body, 8)?]))?
}

fn transform(property: &Property<'_>) -> Option<Orientation> {
    let value = property.body.first()?;
    match (&property.name, value & 3) {
        // A quarter turn to the left.
        (b"irot", 1) => Some(Orientation::Rotate270),
        (b"irot", 2) => Some(Orientation::Rotate180),
        (b"irot", 3) => Some(Orientation::Rotate90),
        (b"imir", direction) => Some(if direction & 1 == 0 { Orientation::FlipVertical } else { Orientation::FlipHorizontal }),
        _ => None,
    }
}

/// A profile counts before code points.
fn colours(properties: &[&Property<'_>]) -> Option<Colours> {
    let of_kind = |kinds: &[&[u8; 4]]| {
        let bodies = properties.iter().filter(|property| property.name == *b"colr").map(|property| property.body);
        bodies.filter_map(|body| body.split_first_chunk()).find_map(|(kind, rest)| kinds.contains(&kind).then_some(rest))
    };
    if let Some(profile) = of_kind(&[b"prof", b"rICC"]) {
        return Some(Colours::Profile(profile.to_vec()));
    }
    let coded = of_kind(&[b"nclx"])?;
    let code = |at| u8::try_from(be_u16(coded, at)?).ok();
    Some(Colours::Coded { primaries: code(0)?, transfer: code(2)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(name: [u8; 4], contents: &[&[u8]]) -> Vec<u8> {
        let body = contents.concat();
        [&(body.len() as u32 + 8).to_be_bytes()[..], &name, &body].concat()
    }

    /// A file whose item 7 is a picture of 4032 x 3024 in tiles, turned to the left, in Display P3.
    fn telephone(pitm: &[u8]) -> Vec<u8> {
        let size = |width: u32, height: u32| boxed(*b"ispe", &[&[0; 4], &width.to_be_bytes(), &height.to_be_bytes()]);
        let colour = boxed(*b"colr", &[b"nclx", &12_u16.to_be_bytes(), &13_u16.to_be_bytes(), &[0, 6, 0x80]]);
        let properties =
            [boxed(*b"hvcC", &[&[1; 20]]), size(512, 512), size(4032, 3024), boxed(*b"irot", &[&[1]]), boxed(*b"imir", &[&[1]]), colour];
        let ipma = boxed(*b"ipma", &[&[0; 4], &2_u32.to_be_bytes(), &[0, 1, 2, 0x81, 2], &[0, 7, 4, 3, 0x84, 0x85, 6]]);
        let iprp = boxed(*b"iprp", &[&boxed(*b"ipco", &[&properties.concat()]), &ipma]);
        let meta = boxed(*b"meta", &[&[0; 4], &boxed(*b"pitm", &[pitm]), &iprp]);
        [boxed(*b"ftyp", &[b"heic\0\0\0\0mif1heic"]), meta, boxed(*b"mdat", &[&[9; 100]])].concat()
    }

    #[test]
    fn the_main_picture_is_described() {
        let wanted = HeifHeader {
            size: [4032, 3024],
            largest: [4032, 3024],
            transforms: vec![Orientation::Rotate270, Orientation::FlipHorizontal],
            colours: Some(Colours::Coded { primaries: 12, transfer: 13 }),
            codec: Codec::Hevc,
        };
        let file = telephone(&[0, 0, 0, 0, 0, 7]);
        assert_eq!(HeifHeader::parse(&file), Ok(wanted.clone()), "a short number");
        assert_eq!(HeifHeader::parse(&telephone(&[1, 0, 0, 0, 0, 0, 0, 7])), Ok(wanted.clone()), "a long one");
        let tile = HeifHeader::parse(&telephone(&[0, 0, 0, 0, 0, 1])).expect("a tile is a picture, too");
        assert_eq!((tile.size, tile.largest, tile.transforms.len()), ([512, 512], [4032, 3024], 0), "with what is its own");
        // What stands in the last eight bytes is the picture itself.
        for end in 0..file.len() - 108 {
            assert!(HeifHeader::parse(&file[..end]).is_err(), "cut off after {end} bytes");
        }
    }

    #[test]
    fn lies_are_errors() {
        let file = telephone(&[0, 0, 0, 0, 0, 7]);
        assert!(matches!(HeifHeader::parse(&telephone(&[0, 0, 0, 0, 0, 9])), Err(StillError::Damaged(_))), "no such item");
        for at in 0..file.len() {
            for value in [0, 1, 0x7f, 0xff] {
                let mut lie = file.clone();
                lie[at] = value;
                // Any answer will do, as long as there is one.
                drop(HeifHeader::parse(&lie));
            }
        }
        let film = [boxed(*b"ftyp", &[b"msf1"]), boxed(*b"moov", &[&[0; 8]])].concat();
        assert!(matches!(HeifHeader::parse(&film), Err(StillError::Kind(_))), "an animation alone");
    }
}
