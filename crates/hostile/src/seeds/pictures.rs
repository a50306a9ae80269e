//! Pictures of every format, 40 x 36 pixels.

use std::io::Cursor;

use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, Frame, ImageFormat, RgbaImage};

type Named = (String, Vec<u8>);
/// Name, meaning of the colours, bits, channels, and further fields.
type TiffKind<'a> = (&'a str, u16, u16, u16, &'a [(u16, u32)]);

/// One file of each.
pub(super) fn files() -> image::ImageResult<Vec<Named>> {
    let picture = DynamicImage::ImageRgba8(RgbaImage::from_fn(40, 36, |x, y| {
        image::Rgba([(x * 6) as u8, (y * 7) as u8, 90, if x < 30 { 255 } else { 100 }])
    }));
    let kinds: [(&str, DynamicImage); 6] = [
        ("rgba", picture.clone()),
        ("rgb", picture.to_rgb8().into()),
        ("grey", picture.to_luma8().into()),
        ("grey-alpha", picture.to_luma_alpha8().into()),
        ("deep", picture.to_rgb16().into()),
        ("deep-grey", picture.to_luma16().into()),
    ];
    let formats = [
        ("png", ImageFormat::Png),
        ("webp", ImageFormat::WebP),
        ("gif", ImageFormat::Gif),
        ("bmp", ImageFormat::Bmp),
        ("tiff", ImageFormat::Tiff),
    ];
    let mut files = Vec::new();
    for (format_name, format) in formats {
        for (kind, picture) in &kinds {
            let mut bytes = Vec::new();
            // An encoder that does not know a kind leaves it out.
            if picture.write_to(&mut Cursor::new(&mut bytes), format).is_ok() {
                files.push((format!("{format_name}-{kind}"), bytes));
            }
        }
    }
    for (kind, picture) in [("rgb", &kinds[1].1), ("grey", &kinds[2].1)] {
        let mut bytes = Vec::new();
        picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 60))?;
        files.push((format!("jpeg-{kind}-turned"), turned(&bytes)));
        files.push((format!("jpeg-{kind}"), bytes));
    }
    let mut animated = Vec::new();
    GifEncoder::new(&mut animated).encode_frames((0..3_u8).map(|at| {
        let mut small = RgbaImage::from_pixel(20, 18, image::Rgba([60 * at, 10, 20, 255]));
        small.put_pixel(3, 3, image::Rgba([0; 4]));
        Frame::new(small)
    }))?;
    files.push(("gif-animated".to_owned(), animated));
    files.extend(tiffs());
    Ok(files)
}

/// A JPEG that says that it lies on its side.
fn turned(jpeg: &[u8]) -> Vec<u8> {
    let entry = [&[0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0][..], &[0; 6]].concat();
    let exif = [&b"Exif\0\0II*\0\x08\0\0\0\x01\0"[..], &entry].concat();
    let length = (exif.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
}

/// TIFF of the kinds that the encoder above has not.
fn tiffs() -> Vec<Named> {
    let kinds: [TiffKind<'_>; 7] = [
        ("white-is-zero", 0, 8, 1, &[]),
        ("bits", 1, 1, 1, &[]),
        ("palette", 3, 8, 1, &[]),
        ("cmyk", 5, 8, 4, &[(332, 1)]),
        ("lab", 8, 8, 3, &[]),
        ("float", 1, 32, 1, &[(339, 3)]),
        ("ycbcr", 6, 8, 3, &[(530, 0x0001_0001)]),
    ];
    kinds.iter().map(|(name, meaning, bits, channels, more)| (format!("tiff-{name}"), tiff(*meaning, *bits, *channels, more))).collect()
}

/// One strip of 40 x 36 pixels, uncompressed, little-endian.
fn tiff(meaning: u16, bits: u16, channels: u16, more: &[(u16, u32)]) -> Vec<u8> {
    let (width, height) = (40_u32, 36_u32);
    let data: Vec<u8> = (0..(width * u32::from(bits * channels)).div_ceil(8) * height).map(|at| (at * 11 % 253) as u8).collect();
    let many = if meaning == 3 { 3 * 256 * 2 } else { 0 };
    let lists = usize::from(channels > 2) * 2 * usize::from(channels);
    let mut fields: Vec<(u16, u16, u32, u32)> = vec![
        (256, 4, 1, width),
        (257, 4, 1, height),
        (259, 3, 1, 1),
        (262, 3, 1, u32::from(meaning)),
        (277, 3, 1, u32::from(channels)),
        (278, 4, 1, height),
        (279, 4, 1, data.len() as u32),
    ];
    fields.extend(more.iter().map(|(number, value)| (*number, if *number == 530 { 4 } else { 3 }, 1, *value)));
    let count = fields.len() + 2 + usize::from(many > 0);
    let far = 8 + 2 + 12 * count + 4;
    fields.push((258, 3, u32::from(channels), if lists > 0 { far as u32 } else { u32::from(bits) }));
    if many > 0 {
        fields.push((320, 3, 768, (far + lists) as u32));
    }
    fields.push((273, 4, 1, (far + lists + many) as u32));
    fields.sort_unstable();
    let mut bytes = [&b"II*\0\x08\0\0\0"[..], &(count as u16).to_le_bytes()].concat();
    for (number, kind, length, value) in fields {
        bytes.extend([&number.to_le_bytes()[..], &kind.to_le_bytes(), &length.to_le_bytes(), &value.to_le_bytes()].concat());
    }
    bytes.extend([0; 4]);
    bytes.extend(std::iter::repeat_n(bits.to_le_bytes(), lists / 2).flatten());
    bytes.extend((0..many).map(|at| (at % 251) as u8));
    [bytes, data].concat()
}
