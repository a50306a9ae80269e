//! Writes the growing file: a fragmented MP4 with one fragment per second, each starting at a full picture and forced to the disk.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use shiguredo_mp4::boxes::{MoovBox, SampleEntry, UnknownBox};
use shiguredo_mp4::mux::{Fmp4SegmentMuxer, Sample, SegmentMuxerOptions};
use shiguredo_mp4::{BoxSize, BoxType, Decode as _, Encode as _, TrackKind};

use super::aac::{AccessUnit, UNIT_SAMPLES};
use super::video::CodedPicture;
use super::{RecordError, SourceType, metadata};
use crate::data::SAMPLE_RATE_HZ;

/// Ticks per second of the video track.
pub(super) const VIDEO_TICKS: u64 = 90_000;

/// A fragment is closed at the first full picture after this many ticks.
const FRAGMENT_TICKS: u64 = VIDEO_TICKS * 9 / 10;

/// Longest time one picture can be shown, in ticks: what the format can say.
const LONGEST_PICTURE_TICKS: u64 = u32::MAX as u64;

/// A file that can be forced to the disk; tests put failing ones here.
pub(super) trait PartFile: Write + Send {
    /// Forces everything written so far to the disk.
    fn sync(&mut self) -> io::Result<()>;
}

impl PartFile for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

/// A presentation time in ticks of the video track, rounded, so that rounding never adds up.
pub(super) fn ticks(pts: Duration) -> u64 {
    ((pts.as_nanos() * u128::from(VIDEO_TICKS) + 500_000_000) / 1_000_000_000) as u64
}

/// A coded picture with its presentation time in ticks.
struct TimedPicture {
    picture: CodedPicture,
    at_ticks: u64,
}

/// The writer.
pub(super) struct FragmentWriter {
    file: Box<dyn PartFile>,
    path: PathBuf,
    source_type: SourceType,
    muxer: Fmp4SegmentMuxer,
    video_entry: Option<SampleEntry>,
    sound_entry: Option<SampleEntry>,
    pictures: Vec<TimedPicture>,
    units: VecDeque<AccessUnit>,
    units_written: u64,
    has_header: bool,
    written_bytes: u64,
    complete_bytes: u64,
}

impl FragmentWriter {
    /// A writer into an empty file; `sound_entry` describes the sound track, if there is to be one. `path` is for messages.
    ///
    /// # Errors
    /// [`RecordError::Encoder`] when the container library refuses.
    pub(super) fn new(
        file: Box<dyn PartFile>,
        path: &Path,
        sound_entry: Option<SampleEntry>,
        source_type: SourceType,
    ) -> Result<Self, RecordError> {
        let options = SegmentMuxerOptions { creation_timestamp: now_since_epoch(), ..SegmentMuxerOptions::default() };
        Ok(Self {
            file,
            path: path.to_owned(),
            source_type,
            muxer: Fmp4SegmentMuxer::with_options(options).map_err(RecordError::encoder("MP4"))?,
            video_entry: None,
            sound_entry,
            pictures: Vec::new(),
            units: VecDeque::new(),
            units_written: 0,
            has_header: false,
            written_bytes: 0,
            complete_bytes: 0,
        })
    }

    /// Bytes handed to the file so far.
    pub(super) fn written_bytes(&self) -> u64 {
        self.written_bytes
    }

    /// Length of the file up to the end of its last complete fragment, in bytes.
    pub(super) fn complete_bytes(&self) -> u64 {
        self.complete_bytes
    }

    /// Whether adding `picture` at `at_ticks` closes the fragment before it.
    pub(super) fn closes_fragment(&self, picture: &CodedPicture, at_ticks: u64) -> bool {
        picture.is_keyframe && self.pictures.first().is_some_and(|first| at_ticks >= first.at_ticks + FRAGMENT_TICKS)
    }

    /// Adds a picture; `entry` describes its stream. Times must advance.
    ///
    /// # Errors
    /// [`RecordError::File`] when a fragment cannot be written, [`RecordError::Encoder`] when the container library refuses.
    pub(super) fn add_picture(&mut self, picture: CodedPicture, at_ticks: u64, entry: Option<&SampleEntry>) -> Result<(), RecordError> {
        if self.closes_fragment(&picture, at_ticks) {
            self.write_fragment(at_ticks)?;
        }
        if self.video_entry.is_none() {
            self.video_entry = entry.cloned();
        }
        self.pictures.push(TimedPicture { picture, at_ticks });
        Ok(())
    }

    /// Adds access units that follow each other from the start of the recording.
    pub(super) fn add_units(&mut self, units: &mut Vec<AccessUnit>) {
        self.units.extend(units.drain(..));
    }

    /// Writes what is left, the last picture shown until `end_ticks`, with `unit_count` access units in all.
    ///
    /// # Errors
    /// As [`Self::add_picture`].
    pub(super) fn finish(&mut self, end_ticks: u64, unit_count: u64) -> Result<(), RecordError> {
        self.units.truncate(unit_count.saturating_sub(self.units_written) as usize);
        if self.pictures.is_empty() { Ok(()) } else { self.write_fragment(end_ticks) }
    }

    fn write_fragment(&mut self, end_ticks: u64) -> Result<(), RecordError> {
        let pictures = std::mem::take(&mut self.pictures);
        let units = self.units_before(end_ticks);
        let samples = self.samples(&pictures, &units, end_ticks);
        let header = self.muxer.create_media_segment_metadata(&samples).map_err(RecordError::encoder("MP4"))?;
        if !self.has_header {
            let start = self.file_start()?;
            self.write(&start)?;
            self.has_header = true;
        }
        self.write(&header)?;
        for picture in &pictures {
            self.write(&picture.picture.data)?;
        }
        for unit in &units {
            self.write(unit)?;
        }
        let cannot_write = RecordError::file("write", &self.path);
        self.file.flush().and_then(|()| self.file.sync()).map_err(cannot_write)?;
        self.units_written += units.len() as u64;
        self.complete_bytes = self.written_bytes;
        Ok(())
    }

    /// Takes out the units that start before `end_ticks`; sound that is not there yet goes into a later fragment.
    fn units_before(&mut self, end_ticks: u64) -> Vec<AccessUnit> {
        let end_sample = (u128::from(end_ticks) * u128::from(SAMPLE_RATE_HZ)).div_ceil(u128::from(VIDEO_TICKS));
        let wanted = (end_sample.div_ceil(u128::from(UNIT_SAMPLES)) as u64).saturating_sub(self.units_written);
        let count = self.units.len().min(wanted as usize);
        self.units.drain(..count).collect()
    }

    fn samples(&self, pictures: &[TimedPicture], units: &[AccessUnit], end_ticks: u64) -> Vec<Sample> {
        let mut data_offset = 0;
        let mut samples = Vec::with_capacity(pictures.len() + units.len());
        for (i, picture) in pictures.iter().enumerate() {
            let next_ticks = pictures.get(i + 1).map_or(end_ticks, |next| next.at_ticks);
            let duration = next_ticks.saturating_sub(picture.at_ticks).min(LONGEST_PICTURE_TICKS) as u32;
            let data_size = picture.picture.data.len();
            let keyframe = picture.picture.is_keyframe;
            samples.push(Sample { duration, keyframe, data_offset, data_size, ..sample(TrackKind::Video, self.video_entry.clone()) });
            data_offset += data_size as u64;
        }
        for unit in units {
            let (duration, data_size) = (UNIT_SAMPLES as u32, unit.len());
            samples.push(Sample { duration, data_offset, data_size, ..sample(TrackKind::Audio, self.sound_entry.clone()) });
            data_offset += data_size as u64;
        }
        samples
    }

    /// The boxes before the first fragment. They say already here that the film is synthetic, since an interrupted file may stay as it is.
    fn file_start(&self) -> Result<Vec<u8>, RecordError> {
        let start = self.muxer.init_segment_bytes().map_err(RecordError::encoder("MP4"))?;
        let ftyp_size = start.first_chunk().map_or(0, |size| u32::from_be_bytes(*size) as usize);
        let (ftyp, moov) = start.split_at_checked(ftyp_size).unwrap_or((&[], &start));
        let (mut moov, _) = MoovBox::decode(moov).map_err(RecordError::encoder("MP4"))?;
        moov.unknown_boxes.push(udta_box(self.source_type));
        let moov = moov.encode_to_vec().map_err(RecordError::encoder("MP4"))?;
        Ok([ftyp, &moov, &metadata::xmp_box(self.source_type)].concat())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), RecordError> {
        self.file.write_all(bytes).map_err(RecordError::file("write", &self.path))?;
        self.written_bytes += bytes.len() as u64;
        Ok(())
    }
}

/// The box with comment and tool for a `moov`.
pub(super) fn udta_box(source_type: SourceType) -> UnknownBox {
    let payload = metadata::udta_payload(source_type);
    UnknownBox { box_type: BoxType::Normal(*b"udta"), box_size: BoxSize::U32(payload.len() as u32 + 8), payload }
}

/// The time since 1970.
pub(super) fn now_since_epoch() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default()
}

/// A sample with everything but its size, place and length.
fn sample(track_kind: TrackKind, sample_entry: Option<SampleEntry>) -> Sample {
    let rate = if track_kind == TrackKind::Video { VIDEO_TICKS as u32 } else { SAMPLE_RATE_HZ };
    Sample {
        track_kind,
        timescale: NonZeroU32::new(rate).unwrap_or(NonZeroU32::MIN),
        sample_entry,
        duration: 0,
        keyframe: true,
        composition_time_offset: None,
        data_offset: 0,
        data_size: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_rounded_without_adding_up() {
        assert_eq!(ticks(Duration::from_secs_f64(1.0 / 30.0)), 3000, "a thirtieth of a second");
        assert_eq!(ticks(Duration::from_hours(10)), 36_000 * VIDEO_TICKS, "ten hours");
        let at = |i: u32| ticks(Duration::from_secs_f64(f64::from(i) / 29.97));
        assert_eq!(at(17_982), 600 * VIDEO_TICKS, "ten minutes of 29.97 pictures per second end where they should");
    }
}
