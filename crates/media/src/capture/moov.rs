//! The index of an MP4 or MOV, read track by track: a track that cannot be read costs no other one.
//!
//! MOV describes sound in three versions. The library knows version 0, which MP4 has taken over; the other two are brought into its form.

use std::num::NonZeroU32;

use shiguredo_mp4::Decode as _;
use shiguredo_mp4::boxes::{HdlrBox, MvhdBox, TrakBox};

/// Most tracks of a file.
const MAX_TRACKS: usize = 64;
/// Bytes of a sound description before its boxes, in version 0.
const SOUND_FIELDS: usize = 28;
/// Where the version of a sound description is.
const SOUND_VERSION: std::ops::Range<usize> = 8..10;

/// What an index says.
pub(super) struct Index {
    /// Units of the movie's clock in a second.
    pub(super) timescale: NonZeroU32,
    /// Whether the samples are in fragments.
    pub(super) is_fragmented: bool,
    /// Tracks of pictures, in order. The error says why one cannot be read.
    pub(super) video: Vec<Result<TrakBox, String>>,
    /// Tracks of sound, in order.
    pub(super) sound: Vec<Result<TrakBox, String>>,
}

impl Index {
    /// Reads a whole `moov` box.
    ///
    /// # Errors
    /// Why nothing can be made of it, in words that go on after "its index is unusual: ".
    pub(super) fn read(moov: &[u8]) -> Result<Self, String> {
        let moov = boxes(moov).next().ok_or("it is cut off")?;
        let mvhd = boxes(moov.contents).find(|child| child.name == *b"mvhd").ok_or("it has no header")?;
        let (mvhd, _) = MvhdBox::decode(mvhd.whole).map_err(|e| e.to_string())?;
        let is_fragmented = boxes(moov.contents).any(|child| child.name == *b"mvex");
        let mut index = Self { timescale: mvhd.timescale, is_fragmented, video: Vec::new(), sound: Vec::new() };
        for trak in boxes(moov.contents).filter(|child| child.name == *b"trak").take(MAX_TRACKS) {
            match handler(&trak) {
                Some(HdlrBox::HANDLER_TYPE_VIDE) => index.video.push(decode(trak.whole)),
                Some(HdlrBox::HANDLER_TYPE_SOUN) => index.sound.push(decode(&with_plain_sound(&trak))),
                _ => {}
            }
        }
        Ok(index)
    }
}

fn decode(trak: &[u8]) -> Result<TrakBox, String> {
    TrakBox::decode(trak).map(|(trak, _)| trak).map_err(|e| e.to_string())
}

/// What kind of track it is.
fn handler(trak: &RawBox<'_>) -> Option<[u8; 4]> {
    let mdia = boxes(trak.contents).find(|child| child.name == *b"mdia")?;
    let hdlr = boxes(mdia.contents).find(|child| child.name == *b"hdlr")?;
    // Version, flags and a reserved field come before it.
    hdlr.contents.get(8..)?.first_chunk().copied()
}

/// A sound track whose MOV descriptions are brought into the form of MP4.
fn with_plain_sound(trak: &RawBox<'_>) -> Vec<u8> {
    rewritten(trak, &[b"mdia", b"minf", b"stbl", b"stsd"], &|stsd| {
        // Version 1 of the whole table is MP4's own, whose descriptions have no further fields.
        let Some((head, entries)) = stsd.split_at_checked(8).filter(|(head, _)| head[0] == 0) else { return stsd.to_vec() };
        let entries = boxes(entries).map(|entry| plain_sound(&entry).unwrap_or_else(|| entry.whole.to_vec()));
        [head.to_vec()].into_iter().chain(entries).collect::<Vec<_>>().concat()
    })
}

/// A MOV description of AAC in version 0, with the decoder's configuration where MP4 has it; `None` for everything else.
fn plain_sound(entry: &RawBox<'_>) -> Option<Vec<u8>> {
    let further_fields = match entry.contents.get(SOUND_VERSION)? {
        [0, 0] => 0,
        [0, 1] => 16,
        [0, 2] => 36,
        _ => return None,
    };
    let children = entry.contents.get(SOUND_FIELDS + further_fields..)?;
    let is_configuration = |child: &RawBox<'_>| child.name == *b"esds";
    let wave = || boxes(children).find(|child| child.name == *b"wave");
    let esds = boxes(children).find(is_configuration).or_else(|| boxes(wave()?.contents).find(is_configuration));
    let esds = esds.filter(|_| entry.name == *b"mp4a")?;
    let mut fields = entry.contents[..SOUND_FIELDS].to_vec();
    fields[SOUND_VERSION].fill(0);
    Some(raw_box(entry.name, &[&fields, esds.whole]))
}

/// The box with the contents of the box at the end of `path` changed.
fn rewritten(this: &RawBox<'_>, path: &[&[u8; 4]], change: &dyn Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let Some((next, rest)) = path.split_first() else { return raw_box(this.name, &[&change(this.contents)]) };
    let children = boxes(this.contents);
    let children = children.map(|child| if child.name == **next { rewritten(&child, rest, change) } else { child.whole.to_vec() });
    raw_box(this.name, &[&children.collect::<Vec<_>>().concat()])
}

fn raw_box(name: [u8; 4], contents: &[&[u8]]) -> Vec<u8> {
    let contents = contents.concat();
    // The index as a whole is far smaller than what 32 bits can say.
    [&(contents.len() as u32 + 8).to_be_bytes()[..], &name, &contents].concat()
}

/// A box that is whole in memory.
struct RawBox<'a> {
    name: [u8; 4],
    whole: &'a [u8],
    contents: &'a [u8],
}

/// The boxes that follow each other in `bytes`, up to the first that is not whole.
fn boxes(mut bytes: &[u8]) -> impl Iterator<Item = RawBox<'_>> {
    std::iter::from_fn(move || {
        let (short, name) = (u32::from_be_bytes(*bytes.first_chunk()?), *bytes.get(4..)?.first_chunk()?);
        let (header, size) = match short {
            0 => (8, bytes.len()),
            1 => (16, usize::try_from(u64::from_be_bytes(*bytes.get(8..)?.first_chunk()?)).ok()?),
            size => (8, size as usize),
        };
        let (whole, rest) = bytes.split_at_checked(size)?;
        bytes = rest;
        Some(RawBox { name, whole, contents: whole.get(header..)? })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sound description of `version` with `further` bytes of fields, then `children`.
    fn description(version: u8, further: usize, children: &[u8]) -> Vec<u8> {
        let mut fields = vec![0; SOUND_FIELDS];
        (fields[7], fields[9], fields[17]) = (1, version, 2);
        raw_box(*b"mp4a", &[&fields, &vec![0xee; further], children])
    }

    fn plain(bytes: &[u8]) -> Option<Vec<u8>> {
        plain_sound(&boxes(bytes).next()?)
    }

    #[test]
    fn quicktime_sound_becomes_the_description_of_mp4() {
        let esds = raw_box(*b"esds", &[&[0, 0, 0, 0, 3, 1, 2]]);
        let wave = raw_box(*b"wave", &[&raw_box(*b"frma", &[b"mp4a"]), &raw_box(*b"mp4a", &[&[0; 4]]), &esds, &[0, 0, 0, 8, 0, 0, 0, 0]]);
        let wanted = description(0, 0, &esds);
        assert_eq!(plain(&description(1, 16, &wave)), Some(wanted.clone()), "version 1, configuration in a wave box");
        assert_eq!(plain(&description(2, 36, &wave)), Some(wanted.clone()), "version 2");
        assert_eq!(plain(&description(1, 16, &esds)), Some(wanted.clone()), "configuration at MP4's own place");
        assert_eq!(plain(&wanted), Some(wanted.clone()), "what is plain already stays");
        assert_eq!(plain(&description(1, 16, &[])), None, "without a configuration nothing can be made of it");
        assert_eq!(plain(&description(1, 4, &[])), None, "cut off in its fields");
    }

    #[test]
    fn the_change_reaches_the_box_and_all_sizes_fit() {
        let esds = raw_box(*b"esds", &[&[7; 9]]);
        let stsd = raw_box(*b"stsd", &[&[0, 0, 0, 0, 0, 0, 0, 1], &description(1, 16, &esds)]);
        let minf = raw_box(*b"minf", &[&raw_box(*b"smhd", &[&[0; 8]]), &raw_box(*b"stbl", &[&stsd, &raw_box(*b"stts", &[&[0; 8]])])]);
        let trak = raw_box(*b"trak", &[&raw_box(*b"tkhd", &[&[0; 84]]), &raw_box(*b"mdia", &[&minf])]);
        let changed = with_plain_sound(&boxes(&trak).next().expect("whole"));
        assert_eq!(changed.len(), trak.len() - 16, "sixteen bytes of fields are gone");
        let mut level = changed.as_slice();
        for name in [b"trak", b"mdia", b"minf", b"stbl", b"stsd"] {
            let found = boxes(level).find(|child| child.name == *name).expect("still there");
            level = found.contents;
        }
        let entry = boxes(&level[8..]).next().expect("the description");
        assert_eq!(entry.whole, description(0, 0, &esds), "in version 0");
    }

    #[test]
    fn boxes_end_where_they_are_not_whole() {
        let names = |bytes: &[u8]| boxes(bytes).map(|child| child.name).collect::<Vec<_>>();
        let two = [raw_box(*b"aaaa", &[b"x"]), raw_box(*b"bbbb", &[])].concat();
        assert_eq!(names(&two), [*b"aaaa", *b"bbbb"], "both");
        assert_eq!(names(&two[..two.len() - 1]), [*b"aaaa"], "the second is cut");
        for bad in [&b"\0\0\0\x04aaaa"[..], b"\0\0\0\x01aaaa\0\0\0\0\0\0\0\x02", b"\xff\xff\xff\xffaaaa", b"\0\0"] {
            assert_eq!(names(bad), Vec::<[u8; 4]>::new(), "{bad:?}");
        }
        assert_eq!(names(b"\0\0\0\0aaaaxyz"), [*b"aaaa"], "size zero reaches to the end");
        assert!(Index::read(&two).is_err(), "no index");
    }
}
