//! Pictures of all kinds, written here byte by byte.

use super::*;

/// A field of whole numbers: its number, its width in bytes (2 or 4), and the values.
type Field = (u16, u8, Vec<u32>);

/// How a file is written.
#[derive(Clone, Copy)]
struct Way {
    is_little: bool,
    is_big: bool,
}

const PLAIN: Way = Way { is_little: true, is_big: false };

impl Way {
    fn bytes(self, value: u64, count: usize) -> Vec<u8> {
        if self.is_little { value.to_le_bytes()[..count].to_vec() } else { value.to_be_bytes()[8 - count..].to_vec() }
    }

    /// A TIFF with these fields, and every chunk of data as a strip or tile.
    fn file(self, mut fields: Vec<Field>, is_tiled: bool, chunks: &[Vec<u8>]) -> Vec<u8> {
        let [places, lengths] = if is_tiled { [324, 325] } else { [273, 279] };
        fields.push((places, 4, vec![0; chunks.len()]));
        fields.push((lengths, 4, chunks.iter().map(|chunk| chunk.len() as u32).collect()));
        fields.sort_by_key(|field| field.0);
        let (word, entry, head) = if self.is_big { (8, 20, 16) } else { (4, 12, 8) };
        let directory = (if self.is_big { 8 } else { 2 }) + fields.len() * entry + word;
        let outside = |field: &Field| Some(field.2.len() * usize::from(field.1)).filter(|length| *length > word).unwrap_or(0);
        let data_at = head + directory + fields.iter().map(outside).sum::<usize>();
        let ends = chunks.iter().scan(data_at, |end, chunk| Some(std::mem::replace(end, *end + chunk.len())));
        let offsets = ends.map(|offset| offset as u32).collect();
        fields.iter_mut().find(|field| field.0 == places).expect("it is there").2 = offsets;
        let mut bytes = if self.is_little { b"II".to_vec() } else { b"MM".to_vec() };
        bytes.extend(self.bytes(if self.is_big { 43 } else { 42 }, 2));
        if self.is_big {
            bytes.extend([self.bytes(8, 2), self.bytes(0, 2)].concat());
        }
        bytes.extend(self.bytes(head as u64, word));
        bytes.extend(self.bytes(fields.len() as u64, if self.is_big { 8 } else { 2 }));
        let mut far = Vec::new();
        for field in &fields {
            let (number, width, values) = field;
            bytes.extend(self.bytes(u64::from(*number), 2));
            bytes.extend(self.bytes(if *width == 2 { 3 } else { 4 }, 2));
            bytes.extend(self.bytes(values.len() as u64, word));
            let mut content: Vec<u8> = values.iter().flat_map(|value| self.bytes(u64::from(*value), usize::from(*width))).collect();
            if outside(field) > 0 {
                bytes.extend(self.bytes((head + directory + far.len()) as u64, word));
                far.extend(content);
            } else {
                content.resize(word, 0);
                bytes.extend(content);
            }
        }
        bytes.extend(self.bytes(0, word));
        [bytes, far, chunks.concat()].concat()
    }
}

/// The fields of a picture of 4 x 2 pixels in one strip.
fn fields(meaning: u32, bits: &[u32], more: &[(u16, u32)]) -> Vec<Field> {
    let mut fields = vec![
        (256, 4, vec![4]),
        (257, 4, vec![2]),
        (258, 2, bits.to_vec()),
        (259, 2, vec![1]),
        (262, 2, vec![meaning]),
        (277, 2, vec![bits.len() as u32]),
        (278, 4, vec![2]),
    ];
    for (number, value) in more {
        fields.retain(|field| field.0 != *number);
        fields.push((*number, 2, vec![*value]));
    }
    fields
}

fn read(bytes: &[u8]) -> Result<Vec<[u8; 4]>, StillError> {
    let still = read_tiff(bytes, &|size| (size == [4, 2]).then_some(1))?;
    Ok(still.pixels.pixels().map(|pixel| pixel.0).collect())
}

fn grey(value: u8) -> [u8; 4] {
    [value, value, value, 255]
}

/// Eight pixels of these numbers each.
fn eight<const N: usize>(pixel: [u8; N]) -> Vec<u8> {
    pixel.repeat(8)
}

#[test]
fn every_kind_of_colour_is_read() {
    let palette: Vec<u32> = (0..3 * 16).map(|i| if i % 16 == 5 { [0xffff, 0x8080, 0x1111][i / 16] } else { 0 }).collect();
    let with_palette = [fields(3, &[4], &[]), vec![(320, 2, palette)]].concat();
    let float = |value: f32| value.to_le_bytes().repeat(8);
    for (what, fields, data, wanted) in [
        ("a palette of 16 colours", with_palette, vec![0x55; 4], [255, 128, 17, 255]),
        ("black and white", fields(1, &[1], &[]), vec![0xf0; 2], grey(255)),
        ("white and black", fields(0, &[1], &[]), vec![0xf0; 2], grey(0)),
        ("four shades", fields(1, &[2], &[]), vec![0xaa; 2], grey(170)),
        ("grey that begins with white", fields(0, &[8], &[]), eight([55]), grey(200)),
        ("grey of 16 bits", fields(1, &[16], &[]), eight([0, 128]), grey(128)),
        ("grey of 32 bits", fields(1, &[32], &[]), eight([0, 0, 0, 128]), grey(128)),
        ("grey with alpha", fields(1, &[8, 8], &[(338, 2)]), eight([200, 128]), [200, 200, 200, 128]),
        ("grey times alpha", fields(1, &[8, 8], &[(338, 1)]), eight([100, 128]), [199, 199, 199, 128]),
        ("grey and something else", fields(1, &[8, 8], &[(338, 0)]), eight([100, 3]), grey(100)),
        ("grey with alpha that begins with white", fields(0, &[16, 16], &[(338, 2)]), eight([255, 255, 255, 255]), [0, 0, 0, 255]),
        ("red, green, blue", fields(2, &[8, 8, 8], &[]), eight([10, 20, 30]), [10, 20, 30, 255]),
        ("with alpha", fields(2, &[8, 8, 8, 8], &[(338, 2)]), eight([10, 20, 30, 40]), [10, 20, 30, 40]),
        ("and with something else", fields(2, &[8, 8, 8, 8, 8], &[(338, 0)]), eight([10, 20, 30, 40, 50]), [10, 20, 30, 255]),
        ("printing inks", fields(5, &[8, 8, 8, 8], &[]), eight([51, 102, 153, 127]), [102, 77, 51, 255]),
        ("inks with alpha", fields(5, &[8, 8, 8, 8, 8], &[(338, 2)]), eight([0, 255, 255, 0, 128]), [255, 0, 0, 128]),
        ("inks of 16 bits", fields(5, &[16, 16, 16, 16], &[]), eight([0, 0, 255, 255, 255, 255, 0, 0]), [255, 0, 0, 255]),
        ("L*a*b*", fields(8, &[8, 8, 8], &[]), eight([138, 81, 70]), [255, 0, 0, 255]),
        ("L*a*b* of the profile consortium", fields(9, &[8, 8, 8], &[]), eight([138, 209, 198]), [255, 0, 0, 255]),
        ("L*a*b* of 16 bits", fields(8, &[16, 16, 16], &[]), eight([250, 138, 0, 81, 0, 70]), [255, 0, 0, 255]),
        ("with a negative chroma", fields(8, &[8, 8, 8], &[]), eight([75, 68, 144]), [0, 0, 255, 255]),
        ("floating point", fields(1, &[32], &[(339, 3)]), float(0.5), grey(128)),
        ("floating point brighter than paper", fields(1, &[32], &[(339, 3)]), float(3.0), grey(255)),
        (
            "floating point up to 255",
            fields(1, &[32], &[(339, 3)]),
            [float(255.0)[..16].to_vec(), float(51.0)[..16].to_vec()].concat(),
            grey(255),
        ),
    ] {
        let found = read(&PLAIN.file(fields, false, &[data])).unwrap_or_else(|error| panic!("{what}: {error}"))[0];
        assert!(found.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= 1), "{what}: {found:?} for {wanted:?}");
    }
    let float = [0.25_f32, 0.5, 1.0].iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>().repeat(8);
    let mut three = fields(2, &[32, 32, 32], &[]);
    three.push((339, 2, vec![3, 3, 3]));
    assert_eq!(read(&PLAIN.file(three, false, &[float])).expect("three floats")[7], [64, 128, 255, 255], "colours in floating point");
}

#[test]
fn every_arrangement_is_read() {
    let rows: Vec<u8> = (0..8).flat_map(|i| [10 * i, 100 + i, 200]).collect();
    let wanted: Vec<[u8; 4]> = (0..8).map(|i| [10 * i, 100 + i, 200, 255]).collect();
    for is_little in [true, false] {
        for is_big in [true, false] {
            let file = Way { is_little, is_big }.file(fields(2, &[8, 8, 8], &[]), false, std::slice::from_ref(&rows));
            assert!(is_tiff(&file), "it begins like one");
            assert_eq!(read(&file).expect("a picture"), wanted, "little end first: {is_little}, BigTIFF: {is_big}");
        }
    }
    let strips: Vec<Vec<u8>> = rows.chunks(12).map(<[u8]>::to_vec).collect();
    assert_eq!(read(&PLAIN.file(fields(2, &[8, 8, 8], &[(278, 1)]), false, &strips)).expect("strips"), wanted, "a strip for every row");
    let planes: Vec<Vec<u8>> = (0..3).map(|c| rows.iter().skip(c).step_by(3).copied().collect()).collect();
    assert_eq!(read(&PLAIN.file(fields(2, &[8, 8, 8], &[(284, 2)]), false, &planes)).expect("planes"), wanted, "a plane for every colour");
    let with_alpha: Vec<Vec<u8>> = planes.iter().cloned().chain([vec![77; 8]]).collect();
    let found = read(&PLAIN.file(fields(2, &[8, 8, 8, 8], &[(284, 2), (338, 2)]), false, &with_alpha)).expect("four planes");
    assert_eq!(found[3], [30, 103, 200, 77], "and one for alpha");
    // Tiles of 16 x 16, of which the picture fills a corner.
    let mut tile = vec![0; 16 * 16 * 3];
    for (y, row) in rows.chunks(12).enumerate() {
        tile[y * 48..y * 48 + 12].copy_from_slice(row);
    }
    let mut tiled = fields(2, &[8, 8, 8], &[(322, 16), (323, 16)]);
    tiled.retain(|field| field.0 != 278);
    assert_eq!(read(&PLAIN.file(tiled, true, &[tile])).expect("tiles"), wanted, "a tile");
}

#[test]
fn large_ones_are_averaged_piece_by_piece() {
    let strips: Vec<Vec<u8>> = (0..2).map(|y| (0..4).map(|x| 100 * y + 20 * x).collect()).collect();
    let file = PLAIN.file(fields(1, &[8], &[(278, 1)]), false, &strips);
    let still = read_tiff(&file, &|_| Some(2)).expect("a picture");
    assert_eq!((still.full_size, still.pixels.dimensions(), still.is_grey), ([4, 2], (2, 1), true), "two to one");
    assert_eq!(still.pixels.get_pixel(0, 0).0, grey(60), "the mean of four");
    assert_eq!(read_tiff(&file, &|_| None).map(drop), Err(StillError::TooLarge([4, 2])), "refused by its size");
}

#[test]
fn what_is_not_read_is_named() {
    let kind = |fields: Vec<Field>| match read(&PLAIN.file(fields, false, &[vec![0; 64]])) {
        Err(StillError::Kind(words)) => words,
        other => panic!("a kind that is not read: {other:?}"),
    };
    assert!(kind(fields(8, &[32, 32, 32], &[])).contains("L*a*b* of 32 bits"), "deep L*a*b*");
    assert!(kind(fields(10, &[8, 8, 8], &[])).contains("ITU"), "of fax machines");
    assert!(kind(fields(32_803, &[8], &[])).contains("RAW"), "a sensor's");
    assert!(kind(fields(1, &[16], &[(339, 2)])).contains("signed"), "heights and the like");
    assert!(kind(fields(2, &[8, 8, 8], &[(259, 34_712)])).contains("compressed"), "JPEG 2000 inside");
}

#[test]
fn damage_is_an_error_and_no_panic() {
    let whole = PLAIN.file([fields(3, &[8], &[]), vec![(320, 2, vec![0; 768])]].concat(), false, &[vec![7; 8]]);
    assert!(read(&whole).is_ok(), "whole");
    for end in 0..whole.len() {
        assert!(read(&whole[..end]).is_err(), "cut after {end} bytes");
    }
    let mut state = 11_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for _ in 0..20_000 {
        let mut bytes = whole.clone();
        for _ in 0..=random(4) {
            let at = random(200);
            bytes[at] = [0, 1, 2, 3, 8, 0x7f, 0x80, 0xff, random(256) as u8][random(9)];
        }
        _ = read_tiff(&bytes, &|[width, height]| (width.max(height) < 2000).then_some(1));
    }
}
