//! Opens a picture from a stranger: bounded, upright, in sRGB, at working resolution.

use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, RgbaImage};

use super::colour::convert_to_srgb;
use crate::scale::{FilterType, Scaler};

/// Largest picture that is opened, in pixels.
const MAX_PIXELS: u64 = 100_000_000;
/// Longest side that is opened, in pixels.
const MAX_SIDE_PX: u32 = 40_000;
/// Most memory that decoding may take, in bytes: 100 megapixels at 16 bits a channel.
const MAX_DECODED_BYTES: u64 = 1 << 30;
/// Largest file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 512 << 20;
/// Shortest side that can show a face, in pixels.
const MIN_SIDE_PX: u32 = 32;

/// A picture, ready to look for faces in.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The file's stem, or what the giver calls it.
    pub name: String,
    /// sRGB with straight alpha, upright, at working resolution, both sides even.
    pub pixels: Arc<RgbaImage>,
    /// Blake3 hash of the file (of the pixels for one that came without a file), in hexadecimal.
    pub content_hash: String,
}

/// Why a picture cannot be used. Each message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum PortraitError {
    /// Nothing is at the path.
    #[error("there is no file {}: check the path", .0.display())]
    NotFound(PathBuf),
    /// The path is a directory.
    #[error("{} is a directory: give one picture in it", .0.display())]
    Directory(PathBuf),
    /// The file has no bytes.
    #[error("{0} is empty (zero bytes): it was probably not copied or downloaded completely")]
    Empty(String),
    /// The system does not let us read the file.
    #[error("{} cannot be read: {cause}", path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The bytes are no picture at all.
    #[error("{0} is not a picture, whatever its name says: give a JPEG, PNG, WebP, GIF, BMP or TIFF file")]
    NotAPicture(String),
    /// A picture in a format that is not read.
    #[error("{name} is a {format} picture, which Retrato does not read: convert it to JPEG or PNG first")]
    UnsupportedFormat {
        /// Its name.
        name: String,
        /// Its format.
        format: &'static str,
    },
    /// The end of the picture is missing.
    #[error("{0} is cut off: part of the picture is missing; copy or download it again")]
    Truncated(String),
    /// The picture breaks its own format.
    #[error("{name} is damaged ({detail}): copy or download it again, or save it anew with an image editor")]
    Damaged {
        /// Its name.
        name: String,
        /// What the decoder said.
        detail: String,
    },
    /// More pixels than are opened.
    #[error("{name} has {width} x {height} pixels, more than 100 megapixels: scale it down first")]
    TooLarge {
        /// Its name.
        name: String,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// More bytes than are read.
    #[error("{0} is larger than 512 MiB: save it in a smaller format first")]
    FileTooLarge(String),
    /// Too few pixels to show a face.
    #[error("{name} has only {width} x {height} pixels: give a picture whose sides have at least 32")]
    TooSmall {
        /// Its name.
        name: String,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// Landmarks could not be fitted where the user placed the face.
    #[error("no face could be fitted into that box: draw it from the brows to just below the chin, a little wider than the face")]
    NoFaceInBox,
}

/// How a picture is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenLimits {
    /// Larger pictures are scaled down to this long side, in pixels.
    pub working_side_px: u32,
}

impl Default for OpenLimits {
    fn default() -> Self {
        Self { working_side_px: 1920 }
    }
}

/// Opens the picture at a path.
///
/// # Errors
/// Everything in [`PortraitError`] but [`PortraitError::NoFaceInBox`].
pub fn open_picture(path: &Path, limits: OpenLimits) -> Result<Picture, PortraitError> {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let bytes = read_file(path, &name)?;
    let mut picture = open_bytes(&name, &bytes, limits)?;
    picture.name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok(picture)
}

/// Opens a picture from the bytes of its file, such as a dropped or pasted one.
///
/// # Errors
/// As for [`open_picture`].
pub fn open_bytes(name: &str, bytes: &[u8], limits: OpenLimits) -> Result<Picture, PortraitError> {
    if bytes.is_empty() {
        return Err(PortraitError::Empty(name.to_owned()));
    }
    let (decoded, orientation, profile) = decode(name, bytes)?;
    let grey = matches!(decoded.color(), ColorType::L8 | ColorType::La8 | ColorType::L16 | ColorType::La16);
    let mut pixels = scaled_to(decoded.into_rgba8(), limits.working_side_px);
    if let Some(profile) = profile {
        convert_to_srgb(&mut pixels, &profile, grey);
    }
    let mut upright = DynamicImage::ImageRgba8(pixels);
    upright.apply_orientation(orientation);
    finish(name, upright.into_rgba8(), blake3::hash(bytes))
}

/// Takes a picture that is pixels already, such as one from the clipboard.
///
/// # Errors
/// [`PortraitError::TooSmall`] and [`PortraitError::TooLarge`].
pub fn open_pixels(name: &str, pixels: RgbaImage, limits: OpenLimits) -> Result<Picture, PortraitError> {
    check_size(name, pixels.dimensions())?;
    let hash = blake3::hash(&pixels);
    finish(name, scaled_to(pixels, limits.working_side_px), hash)
}

fn read_file(path: &Path, name: &str) -> Result<Vec<u8>, PortraitError> {
    let cannot = |cause: std::io::Error| match cause.kind() {
        std::io::ErrorKind::NotFound => PortraitError::NotFound(path.to_owned()),
        _ => PortraitError::Unreadable { path: path.to_owned(), cause },
    };
    let metadata = std::fs::metadata(path).map_err(cannot)?;
    if metadata.is_dir() {
        return Err(PortraitError::Directory(path.to_owned()));
    }
    if metadata.len() > MAX_FILE_BYTES {
        return Err(PortraitError::FileTooLarge(name.to_owned()));
    }
    let file = std::fs::File::open(path).map_err(cannot)?;
    let mut bytes = Vec::new();
    // The length may be a lie, for a pipe or a device file: never read further than allowed.
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(PortraitError::FileTooLarge(name.to_owned()));
    }
    Ok(bytes)
}

type Decoded = (DynamicImage, Orientation, Option<Vec<u8>>);

fn decode(name: &str, bytes: &[u8]) -> Result<Decoded, PortraitError> {
    if let Some(format) = foreign_format(bytes) {
        return Err(PortraitError::UnsupportedFormat { name: name.to_owned(), format });
    }
    let bytes = &*retrato_core::jpeg::with_tables(bytes);
    let format = image::guess_format(bytes).ok().filter(ImageFormat::reading_enabled);
    let format = format.ok_or_else(|| PortraitError::NotAPicture(name.to_owned()))?;
    let damaged = |error: image::ImageError| decoding_error(name, &error);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    check_size(name, decoder.dimensions())?;
    if format == ImageFormat::Jpeg && !jpeg_is_complete(bytes) {
        // The decoder would fill the missing part with grey and say nothing.
        return Err(PortraitError::Truncated(name.to_owned()));
    }
    // A broken orientation or profile is no reason to refuse the picture.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().unwrap_or(None);
    let decoded = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    Ok((decoded, orientation, profile))
}

fn check_size(name: &str, (width, height): (u32, u32)) -> Result<(), PortraitError> {
    let name = || name.to_owned();
    if u64::from(width) * u64::from(height) > MAX_PIXELS || width.max(height) > MAX_SIDE_PX {
        return Err(PortraitError::TooLarge { name: name(), width, height });
    }
    if width.min(height) < MIN_SIDE_PX {
        return Err(PortraitError::TooSmall { name: name(), width, height });
    }
    Ok(())
}

fn decoding_error(name: &str, error: &image::ImageError) -> PortraitError {
    let detail = error.to_string();
    let ends_early = matches!(error, image::ImageError::IoError(cause) if cause.kind() == std::io::ErrorKind::UnexpectedEof)
        || ["unexpected end", "unexpected eof", "failed to fill whole buffer", "unexpectedeof", "corrupt deflate stream"]
            .iter()
            .any(|sign| detail.to_lowercase().contains(sign));
    if ends_early { PortraitError::Truncated(name.to_owned()) } else { PortraitError::Damaged { name: name.to_owned(), detail } }
}

/// Picture formats that people have but that are not read here.
fn foreign_format(bytes: &[u8]) -> Option<&'static str> {
    match bytes.get(4..12)? {
        b"ftypheic" | b"ftypheix" | b"ftyphevc" | b"ftypmif1" | b"ftypmsf1" => Some("HEIC"),
        b"ftypavif" | b"ftypavis" => Some("AVIF"),
        _ if bytes.starts_with(b"\xff\x0a") || bytes.starts_with(b"\0\0\0\x0cJXL ") => Some("JPEG XL"),
        _ if bytes.starts_with(b"8BPS") => Some("Photoshop"),
        _ if bytes.starts_with(b"<svg") || bytes.starts_with(b"<?xml") => Some("SVG or XML"),
        _ => None,
    }
}

/// Whether the end marker follows the picture's own data; thumbnails in the header have markers of their own.
fn jpeg_is_complete(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some(&[0xff, marker, high, low]) = bytes.get(at..at + 4).and_then(|b| <&[u8; 4]>::try_from(b).ok()) {
        if marker == 0xda {
            return bytes[at..].windows(2).any(|pair| pair == [0xff, 0xd9]);
        }
        // Fill bytes before a marker have no length.
        at += if marker == 0xff { 1 } else { 2 + usize::from(u16::from_be_bytes([high, low])) };
    }
    false
}

/// Scaled down so that neither side is longer than `longest_px`.
fn scaled_to(pixels: RgbaImage, longest_px: u32) -> RgbaImage {
    let (width, height) = pixels.dimensions();
    let longest = width.max(height);
    if longest <= longest_px {
        return pixels;
    }
    let shorter = |side: u32| ((f64::from(side) * f64::from(longest_px) / f64::from(longest)).round() as u32).max(1);
    // Cannot fail for sizes that are not empty; if it did, the whole picture would still be right, only large.
    Scaler::new().rgba(&pixels, [shorter(width), shorter(height)], FilterType::Lanczos3).unwrap_or(pixels)
}

/// Video needs even sides: the last odd row and column are left out.
fn finish(name: &str, pixels: RgbaImage, hash: blake3::Hash) -> Result<Picture, PortraitError> {
    let (width, height) = pixels.dimensions();
    check_size(name, (width, height))?;
    let even =
        if width % 2 + height % 2 == 0 { pixels } else { image::imageops::crop_imm(&pixels, 0, 0, width & !1, height & !1).to_image() };
    Ok(Picture { name: name.to_owned(), pixels: Arc::new(even), content_hash: hash.to_hex().to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gradient(width: u32, height: u32) -> RgbaImage {
        RgbaImage::from_fn(width, height, |x, y| image::Rgba([(x * 255 / width) as u8, (y * 255 / height) as u8, 90, 255]))
    }

    fn encoded(pixels: &RgbaImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let image = DynamicImage::ImageRgba8(pixels.clone());
        let image = if format == ImageFormat::Jpeg { DynamicImage::ImageRgb8(image.into_rgb8()) } else { image };
        image.write_to(&mut bytes, format).expect("an encoder");
        bytes.into_inner()
    }

    fn open(bytes: &[u8]) -> Result<Picture, PortraitError> {
        open_bytes("test", bytes, OpenLimits::default())
    }

    #[test]
    fn every_format_opens_and_sides_become_even() {
        use ImageFormat::{Bmp, Gif, Jpeg, Png, Tiff, WebP};
        for format in [Jpeg, Png, WebP, Gif, Bmp, Tiff] {
            let picture = open(&encoded(&gradient(101, 67), format)).expect("a picture");
            assert_eq!(picture.pixels.dimensions(), (100, 66), "{format:?}");
            let pixel = picture.pixels.get_pixel(50, 33).0;
            assert!(pixel[0].abs_diff(126) < 12 && pixel[1].abs_diff(125) < 12 && pixel[3] == 255, "{format:?} gave {pixel:?}");
        }
    }

    #[test]
    fn large_pictures_are_scaled_to_the_working_side() {
        let picture = open(&encoded(&gradient(3000, 1000), ImageFormat::Png)).expect("a picture");
        assert_eq!(picture.pixels.dimensions(), (1920, 640), "long side 1920");
    }

    #[test]
    fn what_is_no_picture_is_refused_with_its_reason() {
        let jpeg = encoded(&gradient(300, 200), ImageFormat::Jpeg);
        let png = encoded(&gradient(300, 200), ImageFormat::Png);
        assert!(matches!(open(b""), Err(PortraitError::Empty(_))), "no bytes");
        assert!(matches!(open(b"Dear diary, this is text."), Err(PortraitError::NotAPicture(_))), "text");
        assert!(matches!(open(&jpeg[..jpeg.len() / 2]), Err(PortraitError::Truncated(_))), "half a JPEG");
        let half = open(&png[..png.len() / 2]);
        assert!(matches!(half, Err(PortraitError::Truncated(_) | PortraitError::Damaged { .. })), "half a PNG: {half:?}");
        assert!(matches!(open(b"\0\0\0\x18ftypheic\0\0\0\0"), Err(PortraitError::UnsupportedFormat { format: "HEIC", .. })), "HEIC");
        let tiny = encoded(&gradient(8, 8), ImageFormat::Png);
        assert!(matches!(open(&tiny), Err(PortraitError::TooSmall { .. })), "eight pixels");
    }

    #[test]
    fn a_giant_header_is_refused_before_anything_is_decoded() {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        let fields = [&60_000_u32.to_be_bytes()[..], &60_000_u32.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
        bytes.extend(&fields);
        let mut crc = !0_u32;
        for byte in b"IHDR".iter().chain(&fields) {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
            }
        }
        bytes.extend((!crc).to_be_bytes());
        bytes.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
        let refused = open(&bytes);
        assert!(matches!(refused, Err(PortraitError::TooLarge { width: 60_000, height: 60_000, .. })), "{refused:?}");
    }

    #[test]
    fn paths_that_hold_no_file_are_told_apart() {
        let folder = tempfile::tempdir().expect("a folder");
        let open = |path: &Path| open_picture(path, OpenLimits::default());
        assert!(matches!(open(folder.path()), Err(PortraitError::Directory(_))), "a directory");
        assert!(matches!(open(&folder.path().join("none.jpg")), Err(PortraitError::NotFound(_))), "nothing there");
        let path = folder.path().join("my face.png");
        std::fs::write(&path, encoded(&gradient(64, 64), ImageFormat::Png)).expect("a file");
        assert_eq!(open(&path).expect("a picture").name, "my face", "named after the file");
    }

    #[test]
    fn the_camera_orientation_turns_the_picture_upright() {
        let mut jpeg = encoded(&gradient(200, 100), ImageFormat::Jpeg);
        // An EXIF block that says "rotate by 90 degrees clockwise" (orientation 6), put behind the start marker.
        let tiff = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        let mut block = vec![0xff, 0xe1];
        block.extend(((tiff.len() + 2) as u16).to_be_bytes());
        block.extend(tiff);
        jpeg.splice(2..2, block);
        let picture = open(&jpeg).expect("a picture");
        assert_eq!(picture.pixels.dimensions(), (100, 200), "upright");
        assert!(picture.pixels.get_pixel(50, 20).0[0] < 60, "what was left is now above");
    }

    #[test]
    fn a_wide_gamut_profile_is_converted_to_srgb() {
        let profile = moxcms::ColorProfile::new_display_p3().encode().expect("a profile");
        let mut pixels = RgbaImage::from_pixel(8, 8, image::Rgba([200, 100, 50, 255]));
        convert_to_srgb(&mut pixels, &profile, false);
        let [r, g, b, a] = pixels.get_pixel(3, 3).0;
        assert!(r > 205 && g < 100 && b < 45 && a == 255, "the same colour has larger sRGB contrasts: {:?}", [r, g, b, a]);
    }
}
