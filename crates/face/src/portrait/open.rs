//! Opens a picture from a stranger: bounded, upright, in sRGB, at working resolution.

use std::cell::Cell;
use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, RgbaImage};

use super::colour::convert_to_srgb;
use super::foreign::ForeignFormat;
use crate::scale::{FilterType, Scaler};
use crate::stills::{Colours, StepFor, Still, StillError, is_heif, is_jxl, is_tiff, read_heif, read_jpeg, read_jxl, read_png, read_tiff};

/// Largest picture that is held whole, in megapixels.
const MAX_MEGAPIXELS: u64 = 100;
/// Largest picture that is opened in a format that can be made smaller while it is decoded, in megapixels.
const MAX_SCALED_MEGAPIXELS: u64 = 1000;
/// Longest side that is opened, in pixels.
const MAX_SIDE_PX: u32 = 65_535;
/// Most memory that decoding may take, in bytes: 100 megapixels at 16 bits a channel.
const MAX_DECODED_BYTES: u64 = 1 << 30;
/// Largest file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 512 << 20;
/// Shortest side that can show a face, in pixels.
const MIN_SIDE_PX: u32 = 32;
/// Shorter side that scaling leaves, where the picture has it: a long, narrow picture would lose its faces otherwise. Its long side then is at most so long, in
/// pixels: the most that graphics processors take.
const SHORTER_SIDE_PX: u32 = 640;
const NARROW_SIDE_PX: u32 = 8192;

/// A picture, ready to look for faces in.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The file's stem, or what the giver calls it.
    pub name: String,
    /// sRGB with straight alpha, upright, at working resolution, both sides even.
    pub pixels: Arc<RgbaImage>,
    /// Width and height of the picture itself, upright, before it was scaled down, in pixels.
    pub own_size: [u32; 2],
    /// How many of the picture's own pixels are as long as one of `pixels`.
    pub own_from_working: f32,
    /// Blake3 hash of the file (of the pixels for one that came without a file), in hexadecimal.
    pub content_hash: String,
}

impl Picture {
    /// A picture that is at working resolution as it is.
    pub fn unscaled(name: String, pixels: Arc<RgbaImage>, content_hash: String) -> Self {
        Self { name, own_size: pixels.dimensions().into(), own_from_working: 1.0, pixels, content_hash }
    }
}

/// Why a picture cannot be used. Each message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum PortraitError {
    /// Nothing is at the path.
    #[error("there is no file {}: check the path", .0.display())]
    NotFound(PathBuf),
    /// The name that stands for standard input elsewhere.
    #[error("- would be standard input, which is not read: save the picture to a file first, and give the path of that")]
    StandardInput,
    /// The path leads to no file: reading from it could wait for ever.
    #[error("{} is a device, a pipe or a socket: give the path of a picture file", .0.display())]
    NotAFile(PathBuf),
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
    #[error("{0} is not a picture, whatever its name says: give a JPEG, PNG, WebP, HEIC, AVIF, JPEG XL, GIF, BMP or TIFF file")]
    NotAPicture(String),
    /// A picture in a format that is not read.
    #[error("{name} is {}, which Retrato does not read: {}", format.name, format.remedy)]
    UnsupportedFormat {
        /// Its name.
        name: String,
        /// Its format.
        format: ForeignFormat,
    },
    /// A picture of a kind that is not read, in a format that is.
    #[error(
        "{name} is a picture {kind}, which Retrato does not read: save it as PNG, or as TIFF in red, green and blue, with an image editor"
    )]
    UnsupportedKind {
        /// Its name.
        name: String,
        /// Its kind; goes on after "a picture".
        kind: String,
    },
    /// A picture that another program reads, which is not installed.
    #[error("{name} is {what}")]
    NeedsProgram {
        /// Its name.
        name: String,
        /// What it is, and what to install.
        what: String,
    },
    /// A picture that another program reads, which could not.
    #[error("{name} cannot be opened: {detail}; copy or download it again, or save it as JPEG or PNG with the program that made it")]
    NotDecoded {
        /// Its name.
        name: String,
        /// What happened.
        detail: String,
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
    #[error(
        "{name} has {width} x {height} pixels, more than {most_megapixels} megapixels or {MAX_SIDE_PX} pixels on a side: scale it down first"
    )]
    TooLarge {
        /// Its name.
        name: String,
        /// The most that its format may have, in megapixels.
        most_megapixels: u64,
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
    let Still { pixels, full_size, is_grey, orientation, colours } = decode(name, bytes, limits)?;
    let mut pixels = scaled_to(pixels, working_size(full_size, limits));
    if let Some(colours) = colours {
        convert_to_srgb(&mut pixels, &colours, is_grey);
    }
    let own_from_working = full_size[0] as f32 / pixels.width().max(1) as f32;
    let before = pixels.dimensions();
    let mut upright = DynamicImage::ImageRgba8(pixels);
    upright.apply_orientation(orientation);
    let own_size = if (upright.width(), upright.height()) == before { full_size } else { [full_size[1], full_size[0]] };
    finish(name, upright.into_rgba8(), own_size, own_from_working, blake3::hash(bytes))
}

/// Takes a picture that is pixels already, such as one from the clipboard.
///
/// # Errors
/// [`PortraitError::TooSmall`] and [`PortraitError::TooLarge`].
pub fn open_pixels(name: &str, pixels: RgbaImage, limits: OpenLimits) -> Result<Picture, PortraitError> {
    let own_size = <[u32; 2]>::from(pixels.dimensions());
    check_size(name, own_size, MAX_MEGAPIXELS)?;
    let hash = blake3::hash(&pixels);
    let scaled = scaled_to(pixels, working_size(own_size, limits));
    let own_from_working = own_size[0] as f32 / scaled.width().max(1) as f32;
    finish(name, scaled, own_size, own_from_working, hash)
}

fn read_file(path: &Path, name: &str) -> Result<Vec<u8>, PortraitError> {
    let cannot = |cause: std::io::Error| match cause.kind() {
        std::io::ErrorKind::NotFound if path.as_os_str() == "-" => PortraitError::StandardInput,
        std::io::ErrorKind::NotFound => PortraitError::NotFound(path.to_owned()),
        _ => PortraitError::Unreadable { path: path.to_owned(), cause },
    };
    let metadata = std::fs::metadata(path).map_err(cannot)?;
    if metadata.is_dir() {
        return Err(PortraitError::Directory(path.to_owned()));
    }
    if !metadata.is_file() {
        return Err(PortraitError::NotAFile(path.to_owned()));
    }
    if metadata.len() > MAX_FILE_BYTES {
        return Err(PortraitError::FileTooLarge(name.to_owned()));
    }
    let file = std::fs::File::open(path).map_err(cannot)?;
    let mut bytes = Vec::new();
    // The length may be a lie, as below /proc: never read further than allowed.
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(PortraitError::FileTooLarge(name.to_owned()));
    }
    Ok(bytes)
}

/// Reads a picture that the image library does not read.
type ReadStill = fn(&[u8], StepFor<'_>) -> Result<Still, StillError>;

/// The picture as it is stored; one that is too large to be held whole comes averaged down, nearly to the working size.
fn decode(name: &str, bytes: &[u8], limits: OpenLimits) -> Result<Still, PortraitError> {
    if let Some(format) = ForeignFormat::of(bytes) {
        return Err(PortraitError::UnsupportedFormat { name: name.to_owned(), format });
    }
    let read: Option<ReadStill> = match () {
        () if is_tiff(bytes) => Some(read_tiff),
        () if is_jxl(bytes) => Some(read_jxl),
        () if is_heif(bytes) => Some(read_heif),
        () => None,
    };
    if let Some(read) = read {
        return decode_large(name, bytes, limits, read);
    }
    decode_whole(name, bytes).or_else(|error| match (image::guess_format(bytes), error) {
        (Ok(ImageFormat::Jpeg), PortraitError::TooLarge { .. }) => decode_large(name, bytes, limits, read_jpeg),
        (Ok(ImageFormat::Png), PortraitError::TooLarge { .. }) => decode_large(name, bytes, limits, read_png),
        (_, error) => Err(error),
    })
}

/// A picture that is read piece by piece.
fn decode_large(
    name: &str,
    bytes: &[u8],
    limits: OpenLimits,
    read: impl Fn(&[u8], StepFor<'_>) -> Result<Still, StillError>,
) -> Result<Still, PortraitError> {
    let size_error = Cell::new(None);
    let step_for = |size: [u32; 2]| {
        if let Err(error) = check_size(name, size, MAX_SCALED_MEGAPIXELS) {
            size_error.set(Some(error));
            return None;
        }
        // What can be held is scaled as a whole, with a better filter.
        let fits = megapixels(size) <= MAX_MEGAPIXELS as f64;
        Some(if fits { 1 } else { (size[0] / working_size(size, limits)[0].max(1)).max(1) })
    };
    let still = read(bytes, &step_for);
    let name = name.to_owned();
    still.map_err(|error| match error {
        StillError::TooLarge([width, height]) => {
            size_error.take().unwrap_or(PortraitError::TooLarge { name, most_megapixels: MAX_MEGAPIXELS, width, height })
        }
        StillError::Needs(what) => PortraitError::NeedsProgram { name, what },
        StillError::Failed(detail) => PortraitError::NotDecoded { name, detail },
        StillError::Kind(kind) => PortraitError::UnsupportedKind { name, kind },
        StillError::CutOff => PortraitError::Truncated(name),
        StillError::Damaged(detail) => PortraitError::Damaged { name, detail },
    })
}

/// A picture that is decoded as a whole.
fn decode_whole(name: &str, bytes: &[u8]) -> Result<Still, PortraitError> {
    let bytes = &*retrato_core::jpeg::with_tables(bytes);
    let format = image::guess_format(bytes).ok().filter(ImageFormat::reading_enabled);
    let format = format.ok_or_else(|| PortraitError::NotAPicture(name.to_owned()))?;
    let damaged = |error: image::ImageError| decoding_error(name, &error);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let full_size = <[u32; 2]>::from(decoder.dimensions());
    check_size(name, full_size, MAX_MEGAPIXELS)?;
    if format == ImageFormat::Jpeg && !jpeg_is_complete(bytes) {
        // The decoder would fill the missing part with grey and say nothing.
        return Err(PortraitError::Truncated(name.to_owned()));
    }
    // A broken orientation or profile is no reason to refuse the picture.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let colours = decoder.icc_profile().unwrap_or(None).map(Colours::Profile);
    let decoded = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    let is_grey = matches!(decoded.color(), ColorType::L8 | ColorType::La8 | ColorType::L16 | ColorType::La16);
    Ok(Still { pixels: decoded.into_rgba8(), full_size, is_grey, orientation, colours })
}

fn megapixels([width, height]: [u32; 2]) -> f64 {
    f64::from(width) * f64::from(height) / 1e6
}

fn check_size(name: &str, [width, height]: [u32; 2], most_megapixels: u64) -> Result<(), PortraitError> {
    let name = || name.to_owned();
    if megapixels([width, height]) > most_megapixels as f64 || width.max(height) > MAX_SIDE_PX {
        return Err(PortraitError::TooLarge { name: name(), most_megapixels, width, height });
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

/// The size of a picture at working resolution: its long side is not longer than the limit, unless the picture is so narrow that its faces would be lost.
fn working_size(size: [u32; 2], limits: OpenLimits) -> [u32; 2] {
    let [longest, shortest] = [size[0].max(size[1]), size[0].min(size[1])].map(|side| f64::from(side.max(1)));
    let usual = f64::from(limits.working_side_px) / longest;
    let narrow = (f64::from(SHORTER_SIDE_PX.min(limits.working_side_px / 3)) / shortest).min(f64::from(NARROW_SIDE_PX) / longest);
    let factor = usual.max(narrow);
    if factor >= 1.0 { size } else { size.map(|side| ((f64::from(side) * factor).round() as u32).max(1)) }
}

fn scaled_to(pixels: RgbaImage, size: [u32; 2]) -> RgbaImage {
    if size == <[u32; 2]>::from(pixels.dimensions()) {
        return pixels;
    }
    // Cannot fail for sizes that are not empty; if it did, the whole picture would still be right, only large.
    Scaler::new().rgba(&pixels, size, FilterType::Lanczos3).unwrap_or(pixels)
}

/// Video needs even sides: the last odd row and column are left out.
fn finish(name: &str, pixels: RgbaImage, own_size: [u32; 2], own_from_working: f32, hash: blake3::Hash) -> Result<Picture, PortraitError> {
    let (width, height) = pixels.dimensions();
    check_size(name, [width, height], MAX_MEGAPIXELS)?;
    let even =
        if width % 2 + height % 2 == 0 { pixels } else { image::imageops::crop_imm(&pixels, 0, 0, width & !1, height & !1).to_image() };
    Ok(Picture { name: name.to_owned(), pixels: Arc::new(even), own_size, own_from_working, content_hash: hash.to_hex().to_string() })
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
        assert!(matches!(open(b"\0\0\0\x0cftypheic"), Err(PortraitError::Truncated(_))), "the beginning of a HEIC");
        assert!(matches!(open(b"\xff\x0a\xfa"), Err(PortraitError::Truncated(_))), "of a JPEG XL");
        assert!(matches!(open(b"<svg/>"), Err(PortraitError::UnsupportedFormat { .. })), "a drawing");
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
        for colours in [Colours::Profile(profile), Colours::Coded { primaries: 12, transfer: 13 }] {
            let mut pixels = RgbaImage::from_pixel(8, 8, image::Rgba([200, 100, 50, 255]));
            convert_to_srgb(&mut pixels, &colours, false);
            let [r, g, b, a] = pixels.get_pixel(3, 3).0;
            assert!(r > 205 && g < 100 && b < 45 && a == 255, "the same colour has larger sRGB contrasts: {:?}", [r, g, b, a]);
        }
    }
}
