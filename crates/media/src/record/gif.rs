//! The GIF recording: at most 25 pictures a second, one palette as long as it fits, and only what changes from picture to picture.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::time::Duration;

use gif::{AnyExtension, DisposalMethod, Encoder, EncodingError, Frame, Repeat};
use image::RgbaImage;

use super::files::{self, OpenPart};
use super::palette::{Palette, UNCHANGED, is_seen};
use super::picture::{Fitter, recording_size};
use super::sink::{Kept, Sink};
use super::{MatteColour, RecordError, RecordOptions, metadata};

/// Pictures that come earlier after their predecessor are left out: many viewers slow anything faster down. A little under 40 ms, so that
/// times rounded to milliseconds still give 25 a second.
const LEAST_INTERVAL: Duration = Duration::from_millis(38);

/// Pictures from which the palette is chosen: about the first second.
const PALETTE_PICTURES: usize = 25;

/// A new palette is made when the error grows by this factor over that of the pictures it was made for.
const TOLERATED_GROWTH: f32 = 3.0;

/// An error that never calls for a new palette, in squared steps of a channel.
const TOLERATED_ERROR: f32 = 30.0;

/// Largest side of a GIF, in pixels.
const LARGEST_SIDE_PX: u32 = 4096;

/// Comment extension.
const COMMENT: u8 = 0xFE;

/// Application extension.
const APPLICATION: u8 = 0xFF;

/// A GIF being recorded.
pub(super) struct GifSink {
    options: RecordOptions,
    open: OpenPart,
    fitter: Option<Fitter>,
    /// The first pictures wait for the palette.
    waiting: Vec<(RgbaImage, Duration)>,
    film: Option<GifAnimation>,
    newest_at: Option<Duration>,
    bytes: u64,
}

impl GifSink {
    /// Opens the `.part`.
    ///
    /// # Errors
    /// When the place cannot be written.
    pub(super) fn open(options: &RecordOptions) -> Result<Self, RecordError> {
        let open = files::open_part(&options.path, options.overwrite)?;
        Ok(Self { options: options.clone(), open, fitter: None, waiting: Vec::new(), film: None, newest_at: None, bytes: 0 })
    }

    fn fit(&mut self, picture: &RgbaImage) -> Result<RgbaImage, RecordError> {
        let options = &self.options;
        let fitter = self.fitter.get_or_insert_with(|| {
            let size = recording_size(picture.dimensions().into(), options.max_long_side_px, [LARGEST_SIDE_PX; 2], false);
            Fitter::new(size, Some(options.matte).filter(|matte| *matte != MatteColour::Nothing)).marking(options.mark)
        });
        let size = fitter.size();
        let fitted = fitter.fit(picture)?;
        let exact = fitted.dimensions() == size.into();
        Ok(if exact { fitted.clone() } else { image::imageops::crop_imm(fitted, 0, 0, size[0], size[1]).to_image() })
    }

    /// Chooses the palette from the pictures that wait, and writes them.
    fn start_film(&mut self) -> Result<(), RecordError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let palette = Palette::of(self.waiting.iter().map(|(picture, _)| picture));
        let file = self.open.file.try_clone().map_err(RecordError::file("open", &self.open.part))?;
        let first = &self.waiting[0].0;
        let mut film = GifAnimation::new(file, first.dimensions(), palette, &self.options).map_err(|error| self.failed(error))?;
        film.usual_error = film.palette.error(first).max(TOLERATED_ERROR / TOLERATED_GROWTH);
        self.film = Some(film);
        for (picture, at) in std::mem::take(&mut self.waiting) {
            self.write_picture(&picture, at)?;
        }
        Ok(())
    }

    fn write_picture(&mut self, picture: &RgbaImage, at: Duration) -> Result<(), RecordError> {
        let written = self.film.as_mut().map_or(Ok(()), |film| film.add(picture, at));
        written.map_err(|error| self.failed(error))?;
        self.bytes = self.film.as_ref().map_or(0, |film| film.encoder.get_ref().written);
        Ok(())
    }

    fn failed(&self, error: EncodingError) -> RecordError {
        match error {
            EncodingError::Io(cause) => RecordError::file("write", &self.open.part)(cause),
            error => RecordError::encoder("GIF")(error),
        }
    }

    fn write_rest(&mut self, end: Duration) -> Result<(), RecordError> {
        if self.film.is_none() {
            self.start_film()?;
        }
        let Some(film) = &mut self.film else { return Ok(()) };
        let finished = film.show_last_until(end).and_then(|()| film.encoder.get_mut().flush().map_err(EncodingError::Io));
        finished.map_err(|error| self.failed(error))
    }
}

impl Sink for GifSink {
    fn picture(&mut self, picture: &RgbaImage, pts: Duration) -> Result<(), RecordError> {
        if self.newest_at.is_some_and(|newest| pts.saturating_sub(newest) < LEAST_INTERVAL) {
            return Ok(());
        }
        self.newest_at = Some(pts);
        let fitted = self.fit(picture)?;
        if self.film.is_some() {
            return self.write_picture(&fitted, pts);
        }
        self.waiting.push((fitted, pts));
        if self.waiting.len() < PALETTE_PICTURES { Ok(()) } else { self.start_film() }
    }

    fn bytes(&self) -> u64 {
        self.bytes
    }

    fn finish(mut self: Box<Self>, end: Duration, _progress: &mut dyn FnMut(f32)) -> Result<Kept, RecordError> {
        let problem = self.write_rest(end).err();
        let Some(film) = self.film.take().filter(|film| film.written.frames > 0) else {
            fs::remove_file(&self.open.part).map_err(RecordError::file("remove", &self.open.part))?;
            return Err(problem.unwrap_or(RecordError::NothingRecorded));
        };
        let GifProgress { frames, until, whole_bytes } = film.written;
        // Ends the encoder, which would write an end mark of its own behind what may be half a picture.
        drop(film);
        let OpenPart { target, part, file } = self.open;
        end_file(&file, whole_bytes).map_err(RecordError::file("write", &part))?;
        drop(file);
        let path = files::publish(&part, &target, self.options.overwrite)?;
        Ok(Kept { path, duration: until, frames, warning: None, problem })
    }

    fn discard(self: Box<Self>) -> Result<(), RecordError> {
        fs::remove_file(&self.open.part).map_err(RecordError::file("remove", &self.open.part))
    }
}

/// Cuts a GIF behind its last whole picture and writes the end mark there.
pub(super) fn end_file(mut file: &File, whole_bytes: u64) -> io::Result<()> {
    const END_MARK: [u8; 1] = [0x3B];
    file.set_len(whole_bytes)?;
    io::Seek::seek(&mut file, io::SeekFrom::End(0))?;
    file.write_all(&END_MARK)?;
    file.sync_all()
}

/// How much of a GIF is whole.
#[derive(Clone, Copy, Debug, Default)]
struct GifProgress {
    frames: u64,
    until: Duration,
    whole_bytes: u64,
}

/// A picture in colours of the palette that waits for its successor's time.
struct Shown {
    frame: Frame<'static>,
    at: Duration,
}

/// What exists once the palette is chosen.
struct GifAnimation {
    encoder: Encoder<Counter>,
    palette: Palette,
    is_global: bool,
    /// Whether pixels may be transparent: then every picture is written whole, and taken away before the next.
    clear: bool,
    usual_error: f32,
    width: usize,
    /// What a viewer sees after the newest picture.
    canvas: Vec<[u8; 3]>,
    /// The pixels that made it so: while a source pixel stays, so does the canvas.
    source: Vec<u8>,
    waiting: Option<Shown>,
    written: GifProgress,
}

impl GifAnimation {
    fn new(file: File, size: (u32, u32), palette: Palette, options: &RecordOptions) -> Result<Self, EncodingError> {
        let counter = Counter { out: BufWriter::new(file), written: 0 };
        let mut encoder = Encoder::new(counter, size.0 as u16, size.1 as u16, &palette.bytes())?;
        encoder.set_repeat(Repeat::Infinite)?;
        let comment = format!("{}. Made with {}", metadata::comment(options.source_type), metadata::CREATOR);
        encoder.write_raw_extension(AnyExtension(COMMENT), &comment.as_bytes().chunks(255).collect::<Vec<_>>())?;
        write_xmp(&mut encoder, &metadata::xmp(options.source_type))?;
        Ok(Self {
            encoder,
            palette,
            is_global: true,
            clear: options.matte == MatteColour::Nothing,
            usual_error: 0.0,
            width: size.0 as usize,
            canvas: Vec::new(),
            source: Vec::new(),
            waiting: None,
            written: GifProgress::default(),
        })
    }

    fn add(&mut self, picture: &RgbaImage, at: Duration) -> Result<(), EncodingError> {
        self.show_last_until(at)?;
        if self.palette.error(picture) > self.usual_error * TOLERATED_GROWTH {
            self.palette = Palette::of(std::iter::once(picture));
            self.is_global = false;
            self.usual_error = self.palette.error(picture).max(TOLERATED_ERROR / TOLERATED_GROWTH);
        }
        let mut frame = if self.clear { self.whole(picture) } else { self.changes(picture) };
        frame.palette = (!self.is_global).then(|| self.palette.bytes());
        self.waiting = Some(Shown { frame, at });
        Ok(())
    }

    /// The whole picture, without the pixels that are transparent.
    fn whole(&mut self, picture: &RgbaImage) -> Frame<'static> {
        let index = |(i, pixel): (usize, &[u8])| {
            let place = (i % self.width, i / self.width);
            if is_seen(pixel) { self.palette.index([pixel[0], pixel[1], pixel[2]], place.0, place.1) } else { UNCHANGED }
        };
        let buffer: Vec<u8> = picture.as_raw().chunks_exact(4).enumerate().map(index).collect();
        Frame {
            width: picture.width() as u16,
            height: picture.height() as u16,
            transparent: Some(UNCHANGED),
            dispose: DisposalMethod::Background,
            buffer: buffer.into(),
            ..Frame::default()
        }
    }

    /// The box around everything that changed, as a frame; unchanged pixels in it are left transparent.
    fn changes(&mut self, picture: &RgbaImage) -> Frame<'static> {
        let raw = picture.as_raw();
        let is_first = self.source.is_empty();
        let mut indices = vec![UNCHANGED; raw.len() / 4];
        let (mut left, mut right, mut top, mut bottom) = (self.width, 0, usize::MAX, 0);
        if is_first {
            self.canvas = vec![[0; 3]; indices.len()];
        }
        for (i, pixel) in raw.chunks_exact(4).enumerate() {
            if !is_first && self.source[4 * i..4 * i + 3] == pixel[..3] {
                continue;
            }
            let (x, y) = (i % self.width, i / self.width);
            let index = self.palette.index([pixel[0], pixel[1], pixel[2]], x, y);
            let colour = self.palette.colour(index);
            if is_first || self.canvas[i] != colour {
                indices[i] = index;
                self.canvas[i] = colour;
                (left, right) = (left.min(x), right.max(x));
                (top, bottom) = (top.min(y), bottom.max(y));
            }
        }
        self.source.clone_from(raw);
        if top == usize::MAX {
            (left, right, top, bottom) = (0, 0, 0, 0);
        }
        let rows = indices.chunks_exact(self.width).skip(top).take(bottom - top + 1);
        let buffer: Vec<u8> = rows.flat_map(|row| row[left..=right].iter().copied()).collect();
        Frame {
            left: left as u16,
            top: top as u16,
            width: (right - left + 1) as u16,
            height: (bottom - top + 1) as u16,
            transparent: Some(UNCHANGED),
            dispose: DisposalMethod::Keep,
            buffer: buffer.into(),
            ..Frame::default()
        }
    }

    /// Writes the picture that waits, now that it is known how long it is seen.
    fn show_last_until(&mut self, until: Duration) -> Result<(), EncodingError> {
        let Some(Shown { mut frame, at }) = self.waiting.take() else { return Ok(()) };
        // From rounded times, not from rounded lengths: rounding must not add up.
        let centiseconds = |time: Duration| (time.as_nanos() + 5_000_000) / 10_000_000;
        frame.delay = u16::try_from(centiseconds(until).saturating_sub(centiseconds(at))).unwrap_or(u16::MAX).max(2);
        self.encoder.write_frame(&frame)?;
        self.encoder.get_mut().flush()?;
        self.written = GifProgress { frames: self.written.frames + 1, until, whole_bytes: self.encoder.get_ref().written };
        Ok(())
    }
}

/// XMP in a GIF is one run of bytes without the usual blocks, closed by a "magic trailer" that leads block readers to its end.
fn write_xmp(encoder: &mut Encoder<Counter>, packet: &str) -> Result<(), EncodingError> {
    let out = encoder.get_mut();
    out.write_all(&[0x21, APPLICATION, 11])?;
    out.write_all(b"XMP DataXMP")?;
    out.write_all(packet.as_bytes())?;
    let trailer: Vec<u8> = std::iter::once(1).chain((0..=255).rev()).chain([0]).collect();
    out.write_all(&trailer)?;
    Ok(())
}

/// Counts what passes.
struct Counter {
    out: BufWriter<File>,
    written: u64,
}

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
