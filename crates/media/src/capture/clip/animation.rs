//! GIF, animated PNG and WebP, and stills, which are clips of one picture.
//!
//! The decoders of the image crate stay on the thread that made them, so they get one: it is at most two pictures ahead.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read as _, Seek};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crossbeam::channel::{Receiver, Sender, bounded};
use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{AnimationDecoder as _, DynamicImage, Frames, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage, RgbaImage};

use super::{DecodedPicture, OpenedClip, Pictures};
use crate::capture::error::CaptureError;
use crate::capture::pixels::{MAX_SIDE_PX, is_acceptable_size};
use crate::capture::source::SourceKind;
use crate::jpeg;
use crate::runtime::Worker;
use crate::stills::{Still, StillError, is_tiff, read_tiff};

/// Most memory that a decoder may take.
const MAX_ALLOC_BYTES: u64 = 512 << 20;
/// How every JPEG begins.
const JPEG: &[u8] = b"\xff\xd8\xff";
/// Most bytes of a JPEG or TIFF file.
const MAX_STILL_BYTES: u64 = 256 << 20;
/// How long a picture of an animation is shown that says nothing useful, as browsers do it.
const DEFAULT_DELAY: Duration = Duration::from_millis(100);
/// Delays up to this are not meant.
const MEANINGLESS_DELAY: Duration = Duration::from_millis(10);
/// How long a still is shown; a looped one keeps coming at this rate.
const STILL_DELAY: Duration = Duration::from_millis(40);

/// Pictures that come from a decoding thread.
pub(super) struct AnimationPictures {
    path: PathBuf,
    pictures: Receiver<Result<DecodedPicture, CaptureError>>,
    /// Ends by itself as soon as nobody takes its pictures.
    decoding: Worker,
    /// Pictures that were looked at already.
    waiting: VecDeque<Result<DecodedPicture, CaptureError>>,
}

impl AnimationPictures {
    /// Opens the file and decodes its first picture.
    pub(super) fn open(path: &Path) -> Result<OpenedClip, CaptureError> {
        let facts = Facts::read(path)?;
        let (pictures, decoding) = start(path)?;
        let mut this = Self { path: path.to_owned(), pictures, decoding, waiting: VecDeque::new() };
        let mut first = this.next()?.ok_or_else(|| CaptureError::NoFrames { path: path.to_owned() })?;
        // An animation of one picture is none. Damage behind the first picture is told when it is reached.
        let second = this.pictures.recv().ok();
        let moves = second.is_some();
        if !moves {
            first.lasts = Some(STILL_DELAY);
        }
        let delay = first.lasts.unwrap_or(DEFAULT_DELAY);
        this.waiting.extend([Ok(first)].into_iter().chain(second));
        Ok(OpenedClip {
            pictures: Box::new(this),
            kind: if moves { SourceKind::Clip } else { SourceKind::Still },
            size: facts.size,
            shown: facts.size,
            orientation: facts.orientation,
            fps: 1.0 / delay.as_secs_f64(),
            frames: (!moves).then_some(1),
            duration: (!moves).then_some(delay),
            has_sound: false,
            decoder: "in-process",
        })
    }
}

impl Pictures for AnimationPictures {
    fn next(&mut self) -> Result<Option<DecodedPicture>, CaptureError> {
        self.waiting.pop_front().or_else(|| self.pictures.recv().ok()).transpose()
    }

    fn restart(&mut self) -> Result<(), CaptureError> {
        let (pictures, decoding) = start(&self.path)?;
        // The old thread has lost its listener once the channel is replaced, and ends.
        self.pictures = pictures;
        self.decoding = decoding;
        self.waiting.clear();
        Ok(())
    }
}

/// What the header says.
struct Facts {
    size: [u32; 2],
    orientation: Orientation,
}

impl Facts {
    fn read(path: &Path) -> Result<Self, CaptureError> {
        if let Some(still) = tiff(path)? {
            return Ok(Self { size: still.full_size, orientation: still.orientation });
        }
        let damaged = |e: ImageError| damaged(path, &e);
        // Sizes are looked at before any decoder reserves memory for them.
        let (width, height) = reader(path)?.into_dimensions().map_err(damaged)?;
        if !is_acceptable_size([width, height]) {
            return Err(CaptureError::TooLarge { path: path.to_owned(), width, height });
        }
        let animated = match reader(path)?.format() {
            Some(ImageFormat::Gif) => true,
            Some(ImageFormat::Png) => PngDecoder::new(open(path)?).and_then(|png| png.is_apng()).map_err(damaged)?,
            Some(ImageFormat::WebP) => WebPDecoder::new(open(path)?).map_err(damaged)?.has_animation(),
            _ => false,
        };
        let upright = Orientation::NoTransforms;
        let orientation =
            if animated { upright } else { reader(path)?.into_decoder().and_then(|mut d| d.orientation()).unwrap_or(upright) };
        Ok(Self { size: [width, height], orientation })
    }
}

fn start(path: &Path) -> Result<(Receiver<Result<DecodedPicture, CaptureError>>, Worker), CaptureError> {
    let (sender, receiver) = bounded(1);
    let (path, failures) = (path.to_owned(), sender.clone());
    let body = move |_: &crate::runtime::StopFlag| {
        if let Err(error) = decode_all(&path, &sender) {
            report(&sender, error);
        }
    };
    let worker = Worker::spawn("capture-animation", body, move |panic| report(&failures, panic.into()))?;
    Ok((receiver, worker))
}

fn report(sender: &Sender<Result<DecodedPicture, CaptureError>>, error: CaptureError) {
    if sender.send(Err(error)).is_err() {
        tracing::debug!("an animation failed after it was closed");
    }
}

/// Decodes picture by picture for as long as somebody takes them.
fn decode_all(path: &Path, sender: &Sender<Result<DecodedPicture, CaptureError>>) -> Result<(), CaptureError> {
    let damaged = |e: ImageError| damaged(path, &e);
    let Some(frames) = frames(path)? else {
        let still = match tiff(path)? {
            Some(still) => DynamicImage::ImageRgba8(still.pixels),
            None => reader(path)?.decode().map_err(damaged)?,
        };
        let picture = DecodedPicture { pixels: flatten(still), at: Duration::ZERO, lasts: Some(STILL_DELAY) };
        // Whether anybody still wants it does not matter: it is the only one.
        _ = sender.send(Ok(picture));
        return Ok(());
    };
    let mut at = Duration::ZERO;
    for frame in frames {
        let frame = frame.map_err(damaged)?;
        let delay = Duration::from(frame.delay());
        let lasts = if delay <= MEANINGLESS_DELAY { DEFAULT_DELAY } else { delay };
        let pixels = flatten(DynamicImage::ImageRgba8(frame.into_buffer()));
        if sender.send(Ok(DecodedPicture { pixels, at, lasts: Some(lasts) })).is_err() {
            break;
        }
        at += lasts;
    }
    Ok(())
}

/// The pictures of an animation; `None` for a still.
fn frames(path: &Path) -> Result<Option<Frames<'static>>, CaptureError> {
    let damaged = |e: ImageError| damaged(path, &e);
    if is_tiff(&head(path)?) {
        return Ok(None);
    }
    Ok(match reader(path)?.format() {
        Some(ImageFormat::Gif) => Some(limited(GifDecoder::new(open(path)?)).map_err(damaged)?.into_frames()),
        Some(ImageFormat::Png) => {
            let png = limited(PngDecoder::new(open(path)?)).map_err(damaged)?;
            if png.is_apng().map_err(damaged)? { Some(png.apng().map_err(damaged)?.into_frames()) } else { None }
        }
        Some(ImageFormat::WebP) => {
            let webp = limited(WebPDecoder::new(open(path)?)).map_err(damaged)?;
            webp.has_animation().then(|| webp.into_frames())
        }
        _ => None,
    })
}

fn limited<D: ImageDecoder>(decoder: Result<D, ImageError>) -> Result<D, ImageError> {
    let mut decoder = decoder?;
    decoder.set_limits(limits())?;
    Ok(decoder)
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE_PX);
    limits.max_image_height = Some(MAX_SIDE_PX);
    limits.max_alloc = Some(MAX_ALLOC_BYTES);
    limits
}

fn open(path: &Path) -> Result<BufReader<File>, CaptureError> {
    File::open(path).map(BufReader::new).map_err(|cause| CaptureError::Unreadable { path: path.to_owned(), cause })
}

fn head(path: &Path) -> Result<[u8; 4], CaptureError> {
    let mut head = [0; 4];
    match open(path)?.read_exact(&mut head) {
        Ok(()) => Ok(head),
        Err(cause) => Err(CaptureError::Unreadable { path: path.to_owned(), cause }),
    }
}

/// The picture in a TIFF; `None` for every other file.
fn tiff(path: &Path) -> Result<Option<Still>, CaptureError> {
    if !is_tiff(&head(path)?) {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    let read = open(path)?.take(MAX_STILL_BYTES).read_to_end(&mut bytes);
    read.map_err(|cause| CaptureError::Unreadable { path: path.to_owned(), cause })?;
    let still = read_tiff(&bytes, &|size| is_acceptable_size(size).then_some(1));
    still.map(Some).map_err(|error| match error {
        StillError::TooLarge([width, height]) => CaptureError::TooLarge { path: path.to_owned(), width, height },
        error => CaptureError::Damaged { path: path.to_owned(), detail: error.to_string() },
    })
}

/// Where a picture's bytes come from.
trait Bytes: BufRead + Seek {}

impl<T: BufRead + Seek> Bytes for T {}

fn reader(path: &Path) -> Result<ImageReader<Box<dyn Bytes>>, CaptureError> {
    let unreadable = |cause| CaptureError::Unreadable { path: path.to_owned(), cause };
    let mut file = open(path)?;
    let is_jpeg = file.fill_buf().map_err(unreadable)?.starts_with(JPEG);
    let bytes: Box<dyn Bytes> = if is_jpeg {
        let mut bytes = Vec::new();
        file.take(MAX_STILL_BYTES).read_to_end(&mut bytes).map_err(unreadable)?;
        Box::new(Cursor::new(jpeg::with_tables(&bytes).into_owned()))
    } else {
        Box::new(file)
    };
    let mut reader = ImageReader::new(bytes).with_guessed_format().map_err(unreadable)?;
    let mut bounds = Limits::no_limits();
    bounds.max_alloc = Some(MAX_ALLOC_BYTES);
    reader.limits(bounds);
    Ok(reader)
}

fn damaged(path: &Path, error: &ImageError) -> CaptureError {
    CaptureError::Damaged { path: path.to_owned(), detail: error.to_string() }
}

/// Without transparency: what is see-through becomes white.
fn flatten(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let rgba: RgbaImage = picture.into_rgba8();
    let mut pixels = RgbImage::new(rgba.width(), rgba.height());
    for (to, from) in pixels.pixels_mut().zip(rgba.pixels()) {
        let [r, g, b, alpha] = from.0.map(u32::from);
        to.0 = [r, g, b].map(|c| ((c * alpha + 255 * (255 - alpha) + 127) / 255) as u8);
    }
    pixels
}

#[cfg(test)]
mod tests {
    use image::{Delay, Frame, Rgba};

    use super::*;

    fn write_gif(path: &Path, grey: &[u8], delay_ms: u32) {
        let mut encoder = image::codecs::gif::GifEncoder::new(File::create(path).expect("a file"));
        for &value in grey {
            let pixels = RgbaImage::from_pixel(24, 16, Rgba([value, value, value, 255]));
            let frame = Frame::from_parts(pixels, 0, 0, Delay::from_numer_denom_ms(delay_ms, 1));
            encoder.encode_frame(frame).expect("a frame");
        }
    }

    fn all(opened: &mut OpenedClip) -> Vec<(u8, u128)> {
        std::iter::from_fn(|| opened.pictures.next().expect("no damage"))
            .map(|picture| (picture.pixels.get_pixel(3, 3).0[0], picture.at.as_millis()))
            .collect()
    }

    #[test]
    fn a_gif_gives_its_pictures_at_their_times_and_again_after_a_restart() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x.gif");
        write_gif(&path, &[10, 100, 200], 80);
        let mut opened = AnimationPictures::open(&path).expect("our own GIF");
        assert!((opened.fps - 12.5).abs() < 1e-9, "80 ms a frame");
        assert_eq!((opened.kind, opened.size), (SourceKind::Clip, [24, 16]), "an animation of this size");
        let wanted = vec![(10, 0), (100, 80), (200, 160)];
        assert_eq!(all(&mut opened), wanted, "all pictures in order");
        opened.pictures.restart().expect("the file is still there");
        assert_eq!(all(&mut opened), wanted, "and again");
    }

    #[test]
    fn delays_of_nothing_mean_a_tenth_of_a_second() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x.gif");
        write_gif(&path, &[10, 20], 0);
        let mut opened = AnimationPictures::open(&path).expect("our own GIF");
        assert_eq!(all(&mut opened), [(10, 0), (20, 100)], "as browsers show it");
    }

    #[test]
    fn stills_are_clips_of_one_picture_without_transparency() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x.png");
        RgbaImage::from_pixel(20, 30, Rgba([0, 100, 200, 0])).save(&path).expect("a PNG");
        let mut opened = AnimationPictures::open(&path).expect("our own PNG");
        assert_eq!((opened.kind, opened.frames), (SourceKind::Still, Some(1)), "a still");
        assert_eq!(all(&mut opened), [(255, 0)], "see-through becomes white");
        let path = folder.path().join("x.gif");
        write_gif(&path, &[50], 500);
        let opened = AnimationPictures::open(&path).expect("our own GIF");
        assert_eq!((opened.kind, opened.frames), (SourceKind::Still, Some(1)), "an animation of one picture is none");
    }

    #[test]
    fn damage_and_monstrous_sizes_are_errors() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x.gif");
        write_gif(&path, &[1, 2], 50);
        let whole = std::fs::read(&path).expect("the GIF");
        std::fs::write(&path, &whole[..20]).expect("a cut GIF");
        assert!(matches!(AnimationPictures::open(&path), Err(CaptureError::Damaged { .. })), "cut in the header");
        let mut bomb = whole;
        bomb[6..10].copy_from_slice(&[0xff; 4]);
        std::fs::write(&path, &bomb).expect("a huge GIF");
        assert!(matches!(AnimationPictures::open(&path), Err(CaptureError::TooLarge { width: 65_535, .. })), "65535 x 65535");
    }
}
