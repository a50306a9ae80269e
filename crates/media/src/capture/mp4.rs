//! The MP4 and MOV container: finds the tracks, their samples, and where each sample belongs in time.
//!
//! Only the index (`moov`) is held in memory; samples are read one by one. Whatever is unusual but legal, fragments above all, is left to
//! ffmpeg: [`Mp4Error::Unsupported`] says so.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::num::NonZeroU32;
use std::path::Path;

use shiguredo_mp4::aux::{SampleAccessor, SampleTableAccessor};
use shiguredo_mp4::boxes::{ElstBox, SampleEntry, StblBox, TrakBox};

use super::error::CaptureError;
use super::moov::Index;

/// Most bytes of an index: enough for a day of video.
const MAX_MOOV_BYTES: u64 = 64 << 20;
/// Most boxes next to each other at the top level.
const MAX_TOP_BOXES: usize = 4096;
/// Most samples of a track.
const MAX_SAMPLES: u32 = 4_000_000;
/// Most bytes of one sample.
const MAX_SAMPLE_BYTES: u32 = 32 << 20;
/// Slack for edit lengths, which are rounded to the movie's own clock.
const EDIT_SLACK_SECS: f64 = 0.001;

/// Why a file cannot be read in-process.
#[derive(Debug)]
pub(super) enum Mp4Error {
    /// It ends before its index.
    Unfinished,
    /// It was begun in fragments, and none followed.
    NoFragments,
    /// Something that only ffmpeg can read, or damage that it may survive.
    Unsupported(String),
    /// The system does not let us read.
    Io(std::io::Error),
}

impl Mp4Error {
    fn fragmented() -> Self {
        Self::Unsupported("it is a fragmented MP4".to_owned())
    }

    /// The error to show, or the reason to hand the file to ffmpeg.
    pub(super) fn or_reason(self, path: &Path) -> Result<String, CaptureError> {
        match self {
            Self::Unsupported(why) => Ok(why),
            Self::Unfinished => Err(CaptureError::Unfinished { path: path.to_owned() }),
            Self::NoFragments => Err(CaptureError::NoFrames { path: path.to_owned() }),
            Self::Io(cause) => Err(CaptureError::Unreadable { path: path.to_owned(), cause }),
        }
    }
}

/// An open file with its tracks.
pub(super) struct Mp4 {
    file: File,
    /// The pictures: of several tracks the one with most of them, since a title picture or a preview is a track as well.
    pub(super) video: Option<Track>,
    /// Sound that can be read, in the order of the file.
    pub(super) sound: Vec<Track>,
    /// Whether there is sound, readable or not.
    pub(super) has_sound: bool,
}

impl Mp4 {
    /// Reads the index.
    pub(super) fn open(path: &Path) -> Result<Self, Mp4Error> {
        let mut file = File::open(path).map_err(Mp4Error::Io)?;
        let bytes = read_moov(&mut file)?;
        let unusual = |why: String| Mp4Error::Unsupported(format!("its index is unusual: {why}"));
        let index = Index::read(&bytes).map_err(unusual)?;
        if index.is_fragmented {
            return Err(if has_fragments(&mut file)? { Mp4Error::fragmented() } else { Mp4Error::NoFragments });
        }
        let track = |trak: Result<TrakBox, String>| trak.map_err(unusual).and_then(|trak| Track::new(trak, index.timescale));
        let has_sound = !index.sound.is_empty();
        let sound = index.sound.into_iter().filter_map(|trak| {
            track(trak).inspect_err(|error| tracing::debug!("a sound track of {} is left out: {error:?}", path.display())).ok()
        });
        // A track that cannot be read may be the film itself: ffmpeg shall decide.
        let samples = |track: &Result<Track, Mp4Error>| track.as_ref().map_or(u32::MAX, Track::samples);
        let video = index.video.into_iter().map(track).rev().max_by_key(samples).transpose()?;
        Ok(Self { file, video, sound: sound.collect(), has_sound })
    }

    /// Reads a sample into `buffer`. `None` when the file was cut off before its end.
    pub(super) fn read(&mut self, place: ByteRange, buffer: &mut Vec<u8>) -> Result<Option<()>, std::io::Error> {
        buffer.clear();
        self.file.seek(SeekFrom::Start(place.offset))?;
        let wanted = u64::from(place.size.min(MAX_SAMPLE_BYTES));
        (&mut self.file).take(wanted).read_to_end(buffer)?;
        Ok((buffer.len() as u64 == u64::from(place.size)).then_some(()))
    }
}

/// Walks the boxes of the top level to the index and reads it.
fn read_moov(file: &mut File) -> Result<Vec<u8>, Mp4Error> {
    let length = file.metadata().map_err(Mp4Error::Io)?.len();
    let mut position = 0;
    for _ in 0..MAX_TOP_BOXES {
        let Some((kind, size)) = read_box_header(file, position, length)? else { return Err(Mp4Error::Unfinished) };
        if &kind == b"moof" {
            return Err(Mp4Error::fragmented());
        }
        if &kind == b"moov" {
            return read_box(file, position, size, length);
        }
        position = position.saturating_add(size);
    }
    Err(Mp4Error::Unsupported("its index was not found".to_owned()))
}

/// Whether there is a fragment among the first boxes of the top level, or may be one behind them.
fn has_fragments(file: &mut File) -> Result<bool, Mp4Error> {
    let length = file.metadata().map_err(Mp4Error::Io)?.len();
    let mut position = 0;
    for _ in 0..MAX_TOP_BOXES {
        match read_box_header(file, position, length)? {
            None => return Ok(false),
            Some((kind, _)) if &kind == b"moof" => return Ok(true),
            Some((_, size)) => position = position.saturating_add(size),
        }
    }
    Ok(true)
}

/// Kind and size of the box at `position`; `None` at the end of the file.
fn read_box_header(file: &mut File, position: u64, length: u64) -> Result<Option<([u8; 4], u64)>, Mp4Error> {
    if position.saturating_add(8) > length {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(position)).map_err(Mp4Error::Io)?;
    let (mut size, mut kind, mut long) = ([0; 4], [0; 4], [0; 8]);
    file.read_exact(&mut size).and_then(|()| file.read_exact(&mut kind)).map_err(Mp4Error::Io)?;
    let size = match u32::from_be_bytes(size) {
        0 => length - position,
        1 if position.saturating_add(16) > length => return Ok(None),
        1 => {
            file.read_exact(&mut long).map_err(Mp4Error::Io)?;
            u64::from_be_bytes(long)
        }
        short => u64::from(short),
    };
    if size < 8 {
        return Err(Mp4Error::Unsupported("a box has an impossible size".to_owned()));
    }
    Ok(Some((kind, size)))
}

fn read_box(file: &mut File, position: u64, size: u64, length: u64) -> Result<Vec<u8>, Mp4Error> {
    if position.saturating_add(size) > length {
        return Err(Mp4Error::Unfinished);
    }
    if size > MAX_MOOV_BYTES {
        return Err(Mp4Error::Unsupported(format!("its index is larger than {} MiB", MAX_MOOV_BYTES >> 20)));
    }
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(position)).map_err(Mp4Error::Io)?;
    file.take(size).read_to_end(&mut bytes).map_err(Mp4Error::Io)?;
    Ok(bytes)
}

/// Where a sample's bytes are.
#[derive(Clone, Copy, Debug)]
pub(super) struct ByteRange {
    offset: u64,
    size: u32,
}

/// One sample of a track.
pub(super) struct TrackSample<'a> {
    /// Where its bytes are.
    pub(super) place: ByteRange,
    /// When it is shown, in the track's own clock; see [`Track::secs_from`].
    pub(super) shown_at: i64,
    /// How it is coded.
    pub(super) entry: &'a SampleEntry,
}

/// A track of the file.
pub(super) struct Track {
    table: SampleTableAccessor<StblBox>,
    timescale: NonZeroU32,
    edit: Edit,
    /// The transformation matrix of the track's header.
    pub(super) matrix: [i32; 9],
}

/// The part of the track that is played, from its edit list.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Edit {
    /// Silence or nothing before it, in seconds.
    delay_secs: f64,
    /// Where it begins, in the track's own clock.
    begin: i64,
    /// How long it lasts, in seconds; to the end of the track when not said.
    length_secs: Option<f64>,
}

impl Edit {
    fn new(list: Option<&ElstBox>, movie_timescale: NonZeroU32) -> Result<Self, Mp4Error> {
        let mut edit = Self::default();
        let mut played = 0;
        for entry in list.map_or(&[][..], |list| &list.entries) {
            let secs = entry.edit_duration as f64 / f64::from(movie_timescale.get());
            if entry.media_time < 0 {
                edit.delay_secs += if played == 0 { secs } else { 0.0 };
            } else {
                played += 1;
                edit.begin = entry.media_time;
                edit.length_secs = (secs > 0.0).then_some(secs);
            }
        }
        if played > 1 {
            return Err(Mp4Error::Unsupported("it is cut together from several parts".to_owned()));
        }
        // A day of nothing at the beginning is no edit but damage.
        if edit.delay_secs > 86_400.0 {
            return Err(Mp4Error::Unsupported("it begins after more than a day".to_owned()));
        }
        Ok(edit)
    }
}

impl Track {
    fn new(trak: TrakBox, movie_timescale: NonZeroU32) -> Result<Self, Mp4Error> {
        let edit = Edit::new(trak.edts_box.as_ref().and_then(|edts| edts.elst_box.as_ref()), movie_timescale)?;
        let matrix = trak.tkhd_box.matrix;
        let timescale = trak.mdia_box.mdhd_box.timescale;
        let table = SampleTableAccessor::new(trak.mdia_box.minf_box.stbl_box)
            .map_err(|e| Mp4Error::Unsupported(format!("its sample table is damaged: {e}")))?;
        if table.sample_count() > MAX_SAMPLES {
            return Err(Mp4Error::Unsupported(format!("it claims {} samples", table.sample_count())));
        }
        Ok(Self { table, timescale, edit, matrix })
    }

    /// How many samples it has.
    fn samples(&self) -> u32 {
        self.table.sample_count()
    }

    /// Units of the track's own clock in a second.
    pub(super) fn timescale(&self) -> f64 {
        f64::from(self.timescale.get())
    }

    /// The sample at an index from 0, in decoding order.
    pub(super) fn sample(&self, index: u32) -> Option<TrackSample<'_>> {
        let sample = self.table.get_sample(NonZeroU32::new(index.checked_add(1)?)?)?;
        let decoded_at = i64::try_from(sample.timestamp()).ok()?;
        Some(TrackSample {
            place: ByteRange { offset: sample.data_offset(), size: sample.data_size() },
            shown_at: decoded_at.checked_add(sample.composition_time_offset().unwrap_or(0))?,
            entry: sample.chunk().sample_entry(),
        })
    }

    /// Seconds on the movie's time line; `None` outside the part that is played.
    pub(super) fn secs_from(&self, shown_at: i64) -> Option<f64> {
        let secs = shown_at.checked_sub(self.edit.begin)? as f64 / self.timescale();
        let end = self.edit.length_secs.unwrap_or(f64::INFINITY) - EDIT_SLACK_SECS;
        (secs >= 0.0 && secs < end).then_some(secs + self.edit.delay_secs)
    }

    /// Index of the last sample from which decoding can begin and which is shown no later than at `secs` on the movie's time line.
    pub(super) fn keyframe_before(&self, secs: f64) -> u32 {
        let mut found = 0;
        for sample in self.table.samples().filter(SampleAccessor::is_sync_sample) {
            let shown_at = sample.timestamp() as i128 + i128::from(sample.composition_time_offset().unwrap_or(0));
            let shown_secs = (shown_at - i128::from(self.edit.begin)) as f64 / self.timescale() + self.edit.delay_secs;
            if shown_secs > secs {
                break;
            }
            found = sample.index().get() - 1;
        }
        found
    }

    /// Where the part that is played lies: silence before it, and its beginning and length in the track, all in seconds.
    pub(super) fn played_part(&self) -> (f64, f64, Option<f64>) {
        (self.edit.delay_secs, self.edit.begin as f64 / self.timescale(), self.edit.length_secs)
    }

    /// What of it is played.
    pub(super) fn extent(&self) -> PlayedRange {
        let mut extent = PlayedRange { samples: 0, first_secs: f64::INFINITY, last_secs: 0.0, end_secs: 0.0 };
        for sample in self.table.samples() {
            let shown_at =
                i64::try_from(sample.timestamp()).unwrap_or(i64::MAX).saturating_add(sample.composition_time_offset().unwrap_or(0));
            if let Some(secs) = self.secs_from(shown_at) {
                extent.samples += 1;
                extent.first_secs = extent.first_secs.min(secs);
                extent.last_secs = extent.last_secs.max(secs);
                extent.end_secs = extent.end_secs.max(secs + f64::from(sample.duration()) / self.timescale());
            }
        }
        let edit_end = self.edit.length_secs.map_or(f64::INFINITY, |length| self.edit.delay_secs + length);
        extent.end_secs = extent.end_secs.min(edit_end).max(extent.last_secs);
        extent
    }
}

/// The part of a track that is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PlayedRange {
    /// Number of samples.
    pub(super) samples: u64,
    /// When the first one begins, in seconds on the movie's time line.
    pub(super) first_secs: f64,
    /// When the last one in order of display begins, in seconds.
    pub(super) last_secs: f64,
    /// When it ends, in seconds.
    pub(super) end_secs: f64,
}

impl PlayedRange {
    /// Samples per second. The time for which the last one is held says nothing about that.
    pub(super) fn fps(&self) -> f64 {
        let (intervals, secs) = match self.samples {
            0 | 1 => (1.0, self.end_secs - self.last_secs),
            samples => ((samples - 1) as f64, self.last_secs - self.first_secs),
        };
        intervals / secs.max(1e-3)
    }
}

#[cfg(test)]
mod tests {
    use shiguredo_mp4::FixedPointNumber;
    use shiguredo_mp4::boxes::ElstEntry;
    use test_needs::needs;

    use super::*;

    fn list(entries: &[(u64, i64)]) -> ElstBox {
        let entry = |&(edit_duration, media_time)| ElstEntry { edit_duration, media_time, media_rate: FixedPointNumber::new(1, 0) };
        ElstBox { entries: entries.iter().map(entry).collect() }
    }

    fn edit(entries: &[(u64, i64)]) -> Result<Edit, Mp4Error> {
        Edit::new(Some(&list(entries)), NonZeroU32::new(1000).expect("not zero"))
    }

    #[test]
    fn edit_lists_are_understood() {
        let none = Edit::new(None, NonZeroU32::MIN).expect("no list");
        assert_eq!(none, Edit::default(), "no list plays everything");
        let trimmed = Edit { begin: 1024, length_secs: Some(2.5), ..Edit::default() };
        assert_eq!(edit(&[(2500, 1024)]).expect("one part"), trimmed, "priming is cut off");
        let delayed = Edit { delay_secs: 0.5, begin: 0, length_secs: Some(2.0) };
        assert_eq!(edit(&[(500, -1), (2000, 0)]).expect("delay, then one part"), delayed, "a gap before the part");
        assert!(matches!(edit(&[(500, 0), (500, 90)]), Err(Mp4Error::Unsupported(_))), "several parts are for ffmpeg");
        assert!(matches!(edit(&[(u64::MAX, -1)]), Err(Mp4Error::Unsupported(_))), "an absurd gap is damage");
    }

    fn opened(bytes: &[u8]) -> Result<Mp4, Mp4Error> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x.mp4");
        std::fs::write(&path, bytes).expect("a file");
        Mp4::open(&path)
    }

    #[test]
    fn missing_index_and_impossible_boxes_are_told_apart() {
        let ftyp = b"\0\0\0\x10ftypisom\0\0\0\0";
        assert!(matches!(opened(ftyp), Err(Mp4Error::Unfinished)), "nothing after the type");
        let cut = [&ftyp[..], b"\0\x10\0\0mdat", &[0; 500]].concat();
        assert!(matches!(opened(&cut), Err(Mp4Error::Unfinished)), "cut in the data");
        let cut = [&ftyp[..], b"\0\x10\0\0moov", &[0; 500]].concat();
        assert!(matches!(opened(&cut), Err(Mp4Error::Unfinished)), "cut in the index");
        let impossible = [&ftyp[..], b"\0\0\0\x02free", &[0; 50]].concat();
        assert!(matches!(opened(&impossible), Err(Mp4Error::Unsupported(_))), "a box smaller than its header");
        let huge = [&ftyp[..], b"\0\0\0\x01mdat\xff\xff\xff\xff\xff\xff\xff\xf0"].concat();
        assert!(matches!(opened(&huge), Err(Mp4Error::Unfinished)), "a box beyond all files");
        let empty = [&ftyp[..], b"\0\0\0\x08moov"].concat();
        assert!(matches!(opened(&empty), Err(Mp4Error::Unsupported(_))), "an index without contents");
    }

    /// Reads everything that a file offers, as playing it would.
    fn walk(path: &Path) -> Option<u64> {
        let mut mp4 = Mp4::open(path).ok()?;
        let mut bytes = Vec::new();
        let tracks: Vec<Track> = mp4.video.take().into_iter().chain(std::mem::take(&mut mp4.sound)).collect();
        for track in &tracks {
            _ = (track.extent(), track.played_part(), track.timescale());
            let places: Vec<ByteRange> = (0..50).map_while(|index| track.sample(index)).map(|sample| sample.place).collect();
            for place in places {
                mp4.read(place, &mut bytes).expect("a local file");
            }
        }
        Some(tracks.first()?.extent().samples)
    }

    #[needs(ffmpeg)]
    #[test]
    fn damaged_indexes_never_panic() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x.mp4");
        let made = std::process::Command::new("ffmpeg")
            .args(["-v", "error", "-f", "lavfi", "-i", "testsrc2=s=64x64:r=25:d=0.6", "-f", "lavfi", "-i", "sine=d=0.6"])
            .args(["-c:v", "mpeg4", "-bf", "2", "-c:a", "aac", "-movflags", "faststart"])
            .arg(&path)
            .status();
        assert!(made.is_ok_and(|status| status.success()), "ffmpeg makes a clip");
        assert_eq!(walk(&path), Some(15), "whole, it has 15 pictures");
        let whole = std::fs::read(&path).expect("the file");
        let index = whole.windows(4).position(|kind| kind == b"mdat").expect("data follows the index");
        let mut state = 7_u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        for _ in 0..1500 {
            let mut bytes = whole.clone();
            for _ in 0..=random(4) {
                bytes[random(index)] = [0, 1, 0x7f, 0x80, 0xff, random(256) as u8][random(6)];
            }
            std::fs::write(&path, &bytes).expect("a damaged file");
            _ = walk(&path);
        }
    }
}
