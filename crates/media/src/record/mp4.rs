//! The MP4 recording: pictures and sound into the growing `.part`, and its final form at the end.

use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use image::RgbaImage;

use super::aac::{AccessUnit, UNIT_SAMPLES};
use super::files::{self, OpenPart};
use super::fragments::{FragmentWriter, PartFile, VIDEO_TICKS, ticks};
use super::part_index::read_index;
use super::picture::{Fitter, recording_size};
use super::sink::{Kept, Sink};
use super::sound_track::SoundTrack;
use super::video::{LARGEST_PX, VideoEncoder};
use super::{RecordError, RecordOptions, remux};
use crate::data::{AudioBlock, SAMPLE_RATE_HZ};

/// How far sound may lag behind the pictures before silence takes its place.
const SOUND_PATIENCE: Duration = Duration::from_secs(3);

/// An MP4 being recorded.
pub(super) struct Mp4Sink {
    options: RecordOptions,
    target: PathBuf,
    part: PathBuf,
    /// Holds the lock; also the way to read the part at the end.
    file: File,
    writer: FragmentWriter,
    film: Option<Film>,
    sound: Option<SoundTrack>,
    units: Vec<AccessUnit>,
    /// Whether the file has refused a write: nothing more is tried then.
    write_failed: bool,
}

/// What exists from the first picture on.
struct Film {
    fitter: Fitter,
    encoder: VideoEncoder,
    last_ticks: u64,
}

impl Mp4Sink {
    /// Opens the `.part`.
    ///
    /// # Errors
    /// When the place cannot be written.
    pub(super) fn open(options: &RecordOptions, with_sound: bool) -> Result<Self, RecordError> {
        let open = files::open_part(&options.path, options.overwrite)?;
        let writing = open.file.try_clone().map_err(RecordError::file("open", &open.part))?;
        Self::with_file(options, with_sound, open, Box::new(writing))
    }

    /// As [`Self::open`], writing through `writing`, which stands for the open part.
    pub(super) fn with_file(
        options: &RecordOptions,
        with_sound: bool,
        open: OpenPart,
        writing: Box<dyn PartFile>,
    ) -> Result<Self, RecordError> {
        let OpenPart { target, part, file } = open;
        let sound = with_sound.then(SoundTrack::new).transpose()?;
        let sound_entry = sound.as_ref().map(|sound| sound.encoder().sample_entry().clone());
        let writer = FragmentWriter::new(writing, &part, sound_entry, options.source_type)?;
        Ok(Self { options: options.clone(), target, part, file, writer, film: None, sound, units: Vec::new(), write_failed: false })
    }

    fn film(&mut self, picture: &RgbaImage) -> Result<&mut Film, RecordError> {
        if self.film.is_none() {
            let size = recording_size(picture.dimensions().into(), self.options.max_long_side_px, LARGEST_PX, true);
            let encoder = VideoEncoder::new(size, self.options.fps_hint)?;
            self.film =
                Some(Film { fitter: Fitter::new(size, Some(self.options.matte)).marking(self.options.mark), encoder, last_ticks: 0 });
        }
        self.film.as_mut().ok_or(RecordError::NothingRecorded)
    }

    fn write_picture(&mut self, picture: &RgbaImage, pts: Duration) -> Result<(), RecordError> {
        let at_ticks = ticks(pts);
        let film = self.film(picture)?;
        film.last_ticks = at_ticks;
        let fitted = film.fitter.fit(picture)?;
        let coded = film.encoder.encode(fitted, pts)?;
        if self.writer.closes_fragment(&coded, at_ticks) {
            self.settle_sound_before(pts)?;
        }
        let entry = self.film.as_ref().and_then(|film| film.encoder.sample_entry());
        self.writer.add_picture(coded, at_ticks, entry)
    }

    /// Sound that lags too far becomes silence; the first fragment needs at least one unit, since it declares the tracks.
    fn settle_sound_before(&mut self, pts: Duration) -> Result<(), RecordError> {
        let Some(sound) = &mut self.sound else { return Ok(()) };
        sound.pad_to(samples(pts.saturating_sub(SOUND_PATIENCE)), &mut self.units)?;
        sound.pad_to(2 * UNIT_SAMPLES, &mut self.units)?;
        self.writer.add_units(&mut self.units);
        Ok(())
    }

    fn write_rest(&mut self, end: Duration) -> Result<(), RecordError> {
        let Some(film) = &self.film else { return Err(RecordError::NothingRecorded) };
        let end_ticks = ticks(end).max(film.last_ticks + 1);
        let mut unit_count = 0;
        if let Some(sound) = &mut self.sound {
            let end_sample = u128::from(end_ticks) * u128::from(SAMPLE_RATE_HZ) / u128::from(VIDEO_TICKS);
            unit_count = sound.finish(end_sample as u64, &mut self.units)?;
            self.writer.add_units(&mut self.units);
        }
        self.writer.finish(end_ticks, unit_count)
    }
}

impl Sink for Mp4Sink {
    fn picture(&mut self, picture: &RgbaImage, pts: Duration) -> Result<(), RecordError> {
        let result = self.write_picture(picture, pts);
        self.write_failed |= matches!(result, Err(RecordError::File { .. }));
        result
    }

    fn sound(&mut self, block: &AudioBlock, at_sample: i64) -> Result<bool, RecordError> {
        let Some(sound) = &mut self.sound else { return Ok(true) };
        let used = sound.place(block, at_sample, &mut self.units)?;
        self.writer.add_units(&mut self.units);
        Ok(used)
    }

    fn bytes(&self) -> u64 {
        self.writer.written_bytes()
    }

    fn finish(mut self: Box<Self>, end: Duration, progress: &mut dyn FnMut(f32)) -> Result<Kept, RecordError> {
        let problem = if self.write_failed { None } else { self.write_rest(end).err() };
        if self.writer.complete_bytes() == 0 {
            // Nothing whole was ever written, so there is nothing to recover either.
            std::fs::remove_file(&self.part).map_err(RecordError::file("remove", &self.part))?;
            return Err(problem.unwrap_or(RecordError::NothingRecorded));
        }
        let index = read_index(&mut self.file)
            .map_err(|error| RecordError::NotRecoverable { path: self.part.clone(), reason: error.to_string() })?;
        let settled = remux::settle(self.file, &self.part, &index, &self.target, self.options.overwrite, progress)?;
        Ok(Kept { path: settled.path, duration: settled.duration, frames: index.pictures() as u64, warning: settled.warning, problem })
    }

    fn discard(self: Box<Self>) -> Result<(), RecordError> {
        std::fs::remove_file(&self.part).map_err(RecordError::file("remove", &self.part))
    }
}

/// A time in samples of the sound track.
fn samples(time: Duration) -> u64 {
    (time.as_nanos() * u128::from(SAMPLE_RATE_HZ) / 1_000_000_000) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::testing::{FullFile, painting};

    /// Records ten seconds onto a disk with room for `room` bytes; returns how it ended.
    fn record_with_room(folder: &std::path::Path, room: usize) -> Result<Kept, RecordError> {
        let options = RecordOptions::new(folder.join("clip.mp4")).expect("a format");
        let open = files::open_part(&options.path, false).expect("opened");
        let file = open.file.try_clone().expect("a second handle");
        let mut sink = Mp4Sink::with_file(&options, true, open, Box::new(FullFile { file, room })).expect("a sink");
        let mut end = Duration::ZERO;
        for i in 0..300 {
            end = Duration::from_secs_f64(f64::from(i) / 30.0);
            if let Err(error) = sink.picture(&painting([128, 96], i), end) {
                assert!(error.is_disk_full(), "the cause is recognised: {error}");
                break;
            }
        }
        Box::new(sink).finish(end, &mut |_| {})
    }

    #[test]
    fn whatever_fits_on_the_disk_is_kept() {
        let whole_folder = tempfile::tempdir().expect("a folder");
        let whole = record_with_room(whole_folder.path(), usize::MAX).expect("kept");
        assert_eq!((whole.frames, whole.problem.is_none()), (300, true), "with room for everything");
        let size = std::fs::metadata(&whole.path).expect("a file").len() as usize;
        for share in [30, 55, 80, 98] {
            let folder = tempfile::tempdir().expect("a folder");
            let kept = record_with_room(folder.path(), size * share / 100).expect("kept");
            let whole_secs = 10 * share as u64 / 100;
            assert!(kept.frames >= 30 * (whole_secs - 1), "{share} % of the room keeps {} pictures", kept.frames);
            assert_eq!(kept.frames % 30, 0, "whole seconds are kept");
            let names: Vec<_> = std::fs::read_dir(folder.path()).expect("listed").flatten().map(|entry| entry.file_name()).collect();
            assert_eq!(names, ["clip.mp4"], "one file, under its own name");
        }
    }

    #[test]
    fn a_disk_with_no_room_at_all_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = record_with_room(folder.path(), 500).err().expect("nothing can be kept");
        assert!(matches!(error, RecordError::NothingRecorded), "said so: {error}");
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 0, "no file of no use");
    }
}
