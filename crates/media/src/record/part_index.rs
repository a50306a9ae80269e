//! Reads a `.part` file as far as it is whole: which pictures and access units lie where. The file may be cut anywhere, or be no recording at all.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::num::NonZeroU32;
use std::time::Duration;

use shiguredo_mp4::TrackKind;
use shiguredo_mp4::boxes::SampleEntry;
use shiguredo_mp4::demux::Fmp4SegmentDemuxer;

use super::SourceType;
use super::metadata::source_type_in;

/// Largest header of a file we accept, in bytes; ours have about two thousand.
const LARGEST_HEADER_BYTES: u64 = 1 << 20;

/// Largest description of one fragment, in bytes; ours have about two thousand.
const LARGEST_MOOF_BYTES: u64 = 1 << 20;

/// Largest fragment, in bytes; ours hold one second.
const LARGEST_FRAGMENT_BYTES: u64 = 256 << 20;

/// Most samples in one fragment; ours hold about a hundred.
const MOST_FRAGMENT_SAMPLES: u64 = 100_000;

/// Most samples in one file: more than a day of pictures and sound.
const MOST_SAMPLES: usize = 10_000_000;

/// A picture or an access unit in the file.
#[derive(Clone, Debug)]
pub(super) struct PartSample {
    /// Which track it belongs to.
    pub(super) kind: TrackKind,
    /// Its track's ticks per second.
    pub(super) timescale: NonZeroU32,
    /// Its start, in ticks of its track.
    pub(super) start_ticks: u64,
    /// Its length, in ticks of its track.
    pub(super) duration_ticks: u32,
    /// Whether decoding can start here.
    pub(super) is_keyframe: bool,
    /// Where its bytes begin in the file.
    pub(super) offset: u64,
    /// How many bytes it has.
    pub(super) size: usize,
    /// The description of its stream, where it changes.
    pub(super) entry: Option<SampleEntry>,
}

impl PartSample {
    /// Its start on the common clock.
    pub(super) fn start(&self) -> Duration {
        duration(self.start_ticks, self.timescale)
    }

    /// Its end on the common clock.
    pub(super) fn end(&self) -> Duration {
        duration(self.start_ticks.saturating_add(u64::from(self.duration_ticks)), self.timescale)
    }
}

/// What is whole in a `.part` file.
#[derive(Clone, Debug)]
pub(super) struct PartIndex {
    /// Every picture and access unit of the complete fragments, in the order of the file.
    pub(super) samples: Vec<PartSample>,
    /// Length up to the end of the last complete fragment, in bytes.
    pub(super) complete_bytes: u64,
    /// What the file says about itself.
    pub(super) source_type: SourceType,
}

impl PartIndex {
    /// Time from the start to the last picture's end.
    pub(super) fn duration(&self) -> Duration {
        let pictures = self.samples.iter().filter(|sample| sample.kind == TrackKind::Video);
        pictures.map(PartSample::end).max().unwrap_or_default()
    }

    /// Number of pictures.
    pub(super) fn pictures(&self) -> usize {
        self.samples.iter().filter(|sample| sample.kind == TrackKind::Video).count()
    }
}

/// Why there is nothing to be had from a file.
#[derive(Debug, thiserror::Error)]
pub(super) enum IndexError {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Read(#[from] io::Error),
    /// It does not start like a recording.
    #[error("it does not begin like a recording of this program")]
    NoRecording,
    /// It ends before the first second was complete.
    #[error("it ends before the first second was complete")]
    NothingComplete,
}

/// Finds everything whole in `file`.
///
/// # Errors
/// [`IndexError`] when not even one fragment with a picture is complete.
pub(super) fn read_index(file: &mut File) -> Result<PartIndex, IndexError> {
    let length = file.seek(SeekFrom::End(0))?;
    if length == 0 {
        return Err(IndexError::NothingComplete);
    }
    let mut walker = Walker { file, length, position: 0 };
    let (mut demuxer, source_type) = read_header(&mut walker)?;
    let mut index = PartIndex { samples: Vec::new(), complete_bytes: walker.position, source_type };
    while index.samples.len() < MOST_SAMPLES && read_fragment(&mut walker, &mut demuxer, &mut index)?.is_some() {
        index.complete_bytes = walker.position;
    }
    if index.pictures() == 0 { Err(IndexError::NothingComplete) } else { Ok(index) }
}

/// Reads `ftyp`, `moov` and the XMP box; leaves the walker before the first fragment.
fn read_header(walker: &mut Walker<'_>) -> Result<(Fmp4SegmentDemuxer, SourceType), IndexError> {
    let ftyp = walker.next_header()?.filter(|head| head.name == *b"ftyp").ok_or(IndexError::NoRecording)?;
    let moov_at = walker.skip(&ftyp).ok_or(IndexError::NothingComplete)?;
    let moov = walker.next_header()?.ok_or(IndexError::NothingComplete)?;
    if moov.name != *b"moov" || moov.size > LARGEST_HEADER_BYTES {
        return Err(IndexError::NoRecording);
    }
    let end = walker.skip(&moov).ok_or(IndexError::NothingComplete)?;
    let moov = walker.read(moov_at, end - moov_at)?;
    let mut demuxer = Fmp4SegmentDemuxer::new();
    demuxer.handle_init_segment(&moov).map_err(not_ours)?;
    Ok((demuxer, source_type_in(&moov).unwrap_or_default()))
}

/// Reads the next fragment, passing over boxes that are none. `None` at the end of what is whole.
fn read_fragment(walker: &mut Walker<'_>, demuxer: &mut Fmp4SegmentDemuxer, index: &mut PartIndex) -> Result<Option<()>, IndexError> {
    let (moof_at, moof) = loop {
        let start = walker.position;
        let Some(head) = walker.next_header()? else { return Ok(None) };
        if walker.skip(&head).is_none() {
            return Ok(None);
        }
        if head.name == *b"moof" {
            break (start, head);
        }
    };
    let Some(mdat) = walker.next_header()?.filter(|head| head.name == *b"mdat") else { return Ok(None) };
    let Some(end) = walker.skip(&mdat) else { return Ok(None) };
    if moof.size > LARGEST_MOOF_BYTES || end - moof_at > LARGEST_FRAGMENT_BYTES {
        return Ok(None);
    }
    let bytes = walker.read(moof_at, end - moof_at)?;
    if claimed_samples(&bytes[..moof.size as usize]) > MOST_FRAGMENT_SAMPLES {
        return Ok(None);
    }
    // A fragment whose description is damaged ends what is whole, like a missing one.
    let Ok(samples) = demuxer.handle_media_segment(&bytes) else { return Ok(None) };
    index.samples.extend(samples.into_iter().map(|sample| PartSample {
        kind: sample.track.kind,
        timescale: sample.track.timescale,
        start_ticks: sample.timestamp,
        duration_ticks: sample.duration,
        is_keyframe: sample.keyframe,
        offset: moof_at + sample.data_offset,
        size: sample.data_size,
        entry: sample.sample_entry.cloned(),
    }));
    Ok(Some(()))
}

/// How many samples a fragment's description says it has. The library allocates by that number, so it is looked at first.
fn claimed_samples(moof: &[u8]) -> u64 {
    let runs = moof.windows(12).filter(|window| window.starts_with(b"trun"));
    runs.map(|run| u64::from(u32::from_be_bytes([run[8], run[9], run[10], run[11]]))).sum()
}

fn not_ours<E: std::fmt::Display>(error: E) -> IndexError {
    tracing::debug!("no recording: {error}");
    IndexError::NoRecording
}

fn duration(ticks: u64, timescale: NonZeroU32) -> Duration {
    let nanos = u128::from(ticks) * 1_000_000_000 / u128::from(timescale.get());
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// Name and whole size of a box.
struct BoxHeader {
    name: [u8; 4],
    size: u64,
}

/// Goes from box to box, never past the file's end.
struct Walker<'a> {
    file: &'a mut File,
    length: u64,
    position: u64,
}

impl Walker<'_> {
    /// The box that begins here; `None` when less than a header is left or its size makes no sense.
    fn next_header(&mut self) -> io::Result<Option<BoxHeader>> {
        let available = (self.length - self.position).min(16);
        let bytes = self.read(self.position, available)?;
        let (Some(short), Some(name)) = (be_bytes::<4>(&bytes, 0), be_bytes::<4>(&bytes, 4)) else { return Ok(None) };
        let size = match u32::from_be_bytes(short) {
            1 => be_bytes::<8>(&bytes, 8).map_or(0, u64::from_be_bytes),
            size => u64::from(size),
        };
        Ok((size >= 8).then_some(BoxHeader { name, size }))
    }

    /// Goes behind a box that begins here. `None`, without a move, when it is not whole; else the new position.
    fn skip(&mut self, head: &BoxHeader) -> Option<u64> {
        let end = self.position.checked_add(head.size).filter(|end| *end <= self.length)?;
        self.position = end;
        Some(end)
    }

    /// Bytes of the file; the caller has checked that they are there and not too many.
    fn read(&mut self, position: u64, length: u64) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length as usize];
        self.file.seek(SeekFrom::Start(position))?;
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

fn be_bytes<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}
