//! Turns the fragmented `.part` into an ordinary MP4 whose index comes first (fast start), or, where that is impossible, keeps it as it is:
//! it plays nearly everywhere.

use std::fs::{self, File};
use std::io::{BufWriter, Read as _, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use shiguredo_mp4::boxes::{Co64Box, MoovBox};
use shiguredo_mp4::mux::{Mp4FileMuxer, Mp4FileMuxerOptions, Sample};
use shiguredo_mp4::{Either, Encode as _, TrackKind};

use super::fragments::{now_since_epoch, udta_box};
use super::part_index::{PartIndex, PartSample};
use super::{RecordError, SourceType, files, metadata};

/// Pictures and sound alternate in runs of this length.
const INTERLEAVE: Duration = Duration::from_millis(500);

/// Room to leave when the file is rewritten, in bytes: for the index and whatever else writes to the disk.
const SPARE_BYTES: u64 = 1 << 20;

/// Buffer for writing, in bytes.
const BUFFER_BYTES: usize = 1 << 18;

/// What became of a `.part`.
#[derive(Debug)]
pub(super) struct Settled {
    /// The final file.
    pub(super) path: PathBuf,
    /// Its length.
    pub(super) duration: Duration,
    /// What went less well than it should.
    pub(super) warning: Option<String>,
}

/// Gives a `.part` its final form and name. `file` is the part, open for reading and writing; `index` what is whole in it.
///
/// # Errors
/// [`RecordError::File`] when not even renaming works; the `.part` is left in place then.
pub(super) fn settle(
    mut file: File,
    part: &Path,
    index: &PartIndex,
    target: &Path,
    overwrite: bool,
    progress: &mut dyn FnMut(f32),
) -> Result<Settled, RecordError> {
    let duration = index.duration();
    match rewrite(&mut file, part, index, target, overwrite, progress) {
        Ok(path) => {
            drop(file);
            let warning = fs::remove_file(part).err().map(|error| format!("{} could not be removed: {error}", part.display()));
            Ok(Settled { path, duration, warning })
        }
        Err(error) => {
            // An incomplete last fragment would be reported as damage by players.
            file.set_len(index.complete_bytes).and_then(|()| file.sync_all()).map_err(RecordError::file("shorten", part))?;
            drop(file);
            let path = files::publish(part, target, overwrite)?;
            let warning =
                format!("the recording was kept in fragmented form, which some editors cannot open, because rewriting failed: {error}");
            Ok(Settled { path, duration, warning: Some(warning) })
        }
    }
}

fn rewrite(
    file: &mut File,
    part: &Path,
    index: &PartIndex,
    target: &Path,
    overwrite: bool,
    progress: &mut dyn FnMut(f32),
) -> Result<PathBuf, RecordError> {
    if let Some((free_bytes, _)) = files::disk_room(files::folder_of(target))
        && free_bytes < index.complete_bytes + SPARE_BYTES
    {
        return Err(RecordError::DiskFull { path: target.to_owned(), free_bytes });
    }
    let order = interleaved(&index.samples);
    let layout = FileStart::new(&order, index.source_type)?;
    let temporary = files::temporary_beside(target)?;
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, temporary.as_file());
    let cannot_write = || RecordError::file("write", target);
    out.write_all(&layout.start).map_err(cannot_write())?;
    copy_samples(file, part, &order, &mut out, target, progress)?;
    out.flush().map_err(cannot_write())?;
    drop(out);
    temporary.as_file().sync_all().map_err(cannot_write())?;
    files::publish(temporary.path(), target, overwrite)
}

/// The samples in the order of the final file.
fn interleaved(samples: &[PartSample]) -> Vec<&PartSample> {
    let mut order: Vec<&PartSample> = samples.iter().collect();
    let slot = |sample: &PartSample| sample.start().as_nanos() / INTERLEAVE.as_nanos();
    order.sort_by_key(|sample| (slot(sample), sample.kind != TrackKind::Video));
    order
}

fn copy_samples(
    file: &mut File,
    part: &Path,
    order: &[&PartSample],
    out: &mut impl Write,
    target: &Path,
    progress: &mut dyn FnMut(f32),
) -> Result<(), RecordError> {
    let mut bytes = Vec::new();
    for (done, sample) in order.iter().enumerate() {
        bytes.resize(sample.size, 0);
        let read = file.seek(SeekFrom::Start(sample.offset)).and_then(|_| file.read_exact(&mut bytes));
        read.map_err(RecordError::file("read", part))?;
        out.write_all(&bytes).map_err(RecordError::file("write", target))?;
        if done % 256 == 0 {
            progress(done as f32 / order.len() as f32);
        }
    }
    Ok(())
}

/// Everything of the final file that comes before the first sample's bytes.
struct FileStart {
    start: Vec<u8>,
}

impl FileStart {
    /// The library lays out index and data; our own boxes are then put in and the data's place corrected.
    fn new(order: &[&PartSample], source_type: SourceType) -> Result<Self, RecordError> {
        let options = Mp4FileMuxerOptions { creation_timestamp: now_since_epoch(), ..Mp4FileMuxerOptions::default() };
        let mut muxer = Mp4FileMuxer::with_options(options).map_err(RecordError::encoder("MP4"))?;
        let planned_data_at = muxer.initial_boxes_bytes().len() as u64;
        let mut data_end = planned_data_at;
        for sample in order {
            muxer.append_sample(&plain(sample, data_end)).map_err(RecordError::encoder("MP4"))?;
            data_end += sample.size as u64;
        }
        let finalized = muxer.finalize().map_err(RecordError::encoder("MP4"))?;
        let head = finalized.offset_and_bytes_pairs().next().map(|(_, bytes)| bytes).unwrap_or_default();
        let ftyp_size = head.first_chunk().map_or(0, |size| u32::from_be_bytes(*size) as usize);
        let ftyp = head.get(..ftyp_size).unwrap_or_default();
        let mut moov = finalized.moov_box().clone();
        moov.unknown_boxes.push(udta_box(source_type));
        let data_bytes = data_end - planned_data_at;
        let xmp = metadata::xmp_box(source_type);
        let mdat = mdat_header(data_bytes);
        let around = (ftyp.len() + xmp.len() + mdat.len()) as u64;
        let moov = place_data(moov, around, planned_data_at, data_bytes)?;
        Ok(Self { start: [ftyp, &moov, &xmp, &mdat].concat() })
    }
}

/// Moves every chunk to where it will lie behind the encoded `moov` and `around` more bytes. Returns the encoded `moov`.
fn place_data(mut moov: MoovBox, around: u64, planned_data_at: u64, data_bytes: u64) -> Result<Vec<u8>, RecordError> {
    let encode = |moov: &MoovBox| moov.encode_to_vec().map_err(RecordError::encoder("MP4"));
    if around + encode(&moov)?.len() as u64 + data_bytes > u64::from(u32::MAX) / 2 {
        widen_offsets(&mut moov);
    }
    // The size does not depend on the offsets' values, only on their width.
    let data_at = around + encode(&moov)?.len() as u64;
    for trak in &mut moov.trak_boxes {
        match &mut trak.mdia_box.minf_box.stbl_box.stco_or_co64_box {
            Either::A(short) => short.chunk_offsets.iter_mut().for_each(|at| *at = (u64::from(*at) - planned_data_at + data_at) as u32),
            Either::B(long) => long.chunk_offsets.iter_mut().for_each(|at| *at = *at - planned_data_at + data_at),
        }
    }
    encode(&moov)
}

fn widen_offsets(moov: &mut MoovBox) {
    for trak in &mut moov.trak_boxes {
        let offsets = &mut trak.mdia_box.minf_box.stbl_box.stco_or_co64_box;
        if let Either::A(short) = offsets {
            *offsets = Either::B(Co64Box { chunk_offsets: short.chunk_offsets.iter().map(|&at| u64::from(at)).collect() });
        }
    }
}

fn mdat_header(data_bytes: u64) -> Vec<u8> {
    match u32::try_from(data_bytes + 8) {
        Ok(size) => [&size.to_be_bytes()[..], b"mdat"].concat(),
        Err(_) => [&1u32.to_be_bytes()[..], b"mdat", &(data_bytes + 16).to_be_bytes()].concat(),
    }
}

fn plain(sample: &PartSample, data_offset: u64) -> Sample {
    Sample {
        track_kind: sample.kind,
        timescale: sample.timescale,
        sample_entry: sample.entry.clone(),
        duration: sample.duration_ticks,
        keyframe: sample.is_keyframe,
        composition_time_offset: None,
        data_offset,
        data_size: sample.size,
    }
}
