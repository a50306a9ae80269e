//! The PNG recording: a folder with one numbered picture per frame, lossless and with transparency.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use image::RgbaImage;

use super::picture::{Fitter, recording_size};
use super::sink::{Kept, Sink};
use super::{RecordError, RecordOptions, SourceType, files, metadata};

/// A folder being filled.
pub(super) struct PngSink {
    options: RecordOptions,
    folder: PathBuf,
    /// Where the pictures are until the end: the folder itself, or a part of it that takes the place of an earlier recording's pictures.
    growing: PathBuf,
    fitter: Option<Fitter>,
    frames: u64,
    bytes: u64,
}

impl PngSink {
    /// Makes the folder.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub(super) fn open(options: &RecordOptions) -> Result<Self, RecordError> {
        let folder = make_folder(&options.path, options.overwrite)?;
        let is_replaced = options.overwrite && !files::old_frames(&folder)?.is_empty();
        let growing = if is_replaced { make_part(&folder)? } else { folder.clone() };
        Ok(Self { options: options.clone(), folder, growing, fitter: None, frames: 0, bytes: 0 })
    }

    /// Where the picture with this number belongs, from 1.
    fn frame_path(&self, number: u64) -> PathBuf {
        self.growing.join(frame_name(number))
    }

    /// Puts the new pictures in the place of an earlier recording's, so that a shorter one does not end with their rest. Other files are left alone.
    fn replace_old_frames(&self) -> Result<(), RecordError> {
        if self.growing == self.folder {
            return Ok(());
        }
        for path in files::old_frames(&self.folder)? {
            fs::remove_file(&path).map_err(RecordError::file("remove", &path))?;
        }
        for number in 1..=self.frames {
            let path = self.folder.join(frame_name(number));
            fs::rename(self.frame_path(number), &path).map_err(RecordError::file("rename the finished picture to", &path))?;
        }
        fs::remove_dir(&self.growing).map_err(RecordError::file("remove", &self.growing))
    }

    /// Removes the folders that are empty: those that hold other things stay.
    fn remove_empty_folders(&self) {
        for folder in [&self.growing, &self.folder] {
            fs::remove_dir(folder).ok();
        }
    }

    fn fitter(&mut self, picture: &RgbaImage) -> &mut Fitter {
        let (max_long_side_px, mark) = (self.options.max_long_side_px, self.options.mark);
        self.fitter.get_or_insert_with(|| {
            let size = recording_size(picture.dimensions().into(), max_long_side_px, [u32::MAX, u32::MAX], false);
            Fitter::new(size, None).marking(mark)
        })
    }
}

impl Sink for PngSink {
    fn picture(&mut self, picture: &RgbaImage, _pts: Duration) -> Result<(), RecordError> {
        let path = self.frame_path(self.frames + 1);
        let source_type = self.options.source_type;
        let fitted = self.fitter(picture).fit(picture)?;
        let written = write_png(&path, fitted, source_type);
        if written.is_err() && path.exists() {
            // Half a picture is of no use to anybody.
            fs::remove_file(&path).map_err(RecordError::file("remove", &path))?;
        }
        self.bytes += written?;
        self.frames += 1;
        Ok(())
    }

    fn bytes(&self) -> u64 {
        self.bytes
    }

    fn finish(self: Box<Self>, end: Duration, _progress: &mut dyn FnMut(f32)) -> Result<Kept, RecordError> {
        if self.frames == 0 {
            self.remove_empty_folders();
            return Err(RecordError::NothingRecorded);
        }
        self.replace_old_frames()?;
        Ok(Kept { path: self.folder, duration: end, frames: self.frames, warning: None, problem: None })
    }

    fn discard(self: Box<Self>) -> Result<(), RecordError> {
        for path in (1..=self.frames).map(|number| self.frame_path(number)) {
            fs::remove_file(&path).map_err(RecordError::file("remove", &path))?;
        }
        self.remove_empty_folders();
        Ok(())
    }
}

/// The folder itself when it is new or empty, or may be overwritten; else a free name like it.
fn make_folder(path: &Path, overwrite: bool) -> Result<PathBuf, RecordError> {
    for name in files::numbered_names(path) {
        match fs::create_dir(&name) {
            Ok(()) => return Ok(name),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if overwrite && name.is_dir() || files::is_empty_folder(&name) {
                    return Ok(name);
                }
                if overwrite {
                    return Err(RecordError::Occupied { path: name });
                }
            }
            Err(cause) => return Err(RecordError::NotWritable { path: name, cause }),
        }
    }
    Err(RecordError::Occupied { path: path.to_owned() })
}

/// A folder in another one, with a name of its own.
fn make_part(folder: &Path) -> Result<PathBuf, RecordError> {
    let made = tempfile::Builder::new().prefix("frames-").suffix(files::PART_SUFFIX).tempdir_in(folder);
    made.map(tempfile::TempDir::keep).map_err(|cause| RecordError::NotWritable { path: folder.to_owned(), cause })
}

fn frame_name(number: u64) -> String {
    format!("frame_{number:06}.png")
}

/// Writes one picture and returns its size in bytes.
fn write_png(path: &Path, picture: &RgbaImage, source_type: SourceType) -> Result<u64, RecordError> {
    let file = File::create(path).map_err(RecordError::file("create", path))?;
    let mut out = BufWriter::new(file);
    encode_png(&mut out, path, picture, source_type)?;
    let file = out.into_inner().map_err(|error| RecordError::file("write", path)(error.into_error()))?;
    file.metadata().map(|facts| facts.len()).map_err(RecordError::file("write", path))
}

/// Encodes a picture with its description, fast rather than small. `path` is for messages.
///
/// # Errors
/// [`RecordError::File`] when writing fails, [`RecordError::Encoder`] when the encoder refuses.
pub(super) fn encode_png(out: impl Write, path: &Path, picture: &RgbaImage, source_type: SourceType) -> Result<(), RecordError> {
    let failed = |error| match error {
        png::EncodingError::IoError(cause) => RecordError::file("write", path)(cause),
        error => RecordError::encoder("PNG")(error),
    };
    let mut encoder = png::Encoder::new(out, picture.width(), picture.height());
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    encoder.set_source_srgb(png::SrgbRenderingIntent::Perceptual);
    metadata::describe_png(&mut encoder, source_type)?;
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(picture.as_raw()).map_err(failed)?;
    writer.finish().map_err(failed)
}
