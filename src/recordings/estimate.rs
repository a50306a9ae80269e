//! How large a GIF will be: known by making a little of it.

use std::time::{Duration, Instant};

use super::RecordingsError;
use super::convert::{Conversion, Film};
use crate::record::{AudioSource, Finished, RecordFrame, RecordOptions, Recorder};
use crate::runtime::StopFlag;

/// Length of the sample.
const SAMPLE: Duration = Duration::from_millis(1200);

/// About how many bytes the GIF of a conversion will have. The middle of the part is encoded: its first picture is whole, and each one after it adds what has
/// changed, as in the real one.
///
/// # Errors
/// As for the conversion itself.
pub fn gif_bytes(job: &Conversion, stop: &StopFlag) -> Result<u64, RecordingsError> {
    let end = match job.to {
        Some(to) => to,
        None => super::facts(&job.source)?.duration,
    };
    let length = end.saturating_sub(job.from);
    let sample = SAMPLE.min(length);
    let begin = job.from + length.saturating_sub(sample) / 2;
    let folder = tempfile::tempdir().map_err(RecordingsError::Temporary)?;
    let mut film = Film::open(&Conversion { from: begin, to: Some(begin + sample), ..job.clone() })?;
    let mut pictures = Vec::new();
    while let Some(picture) = film.next()? {
        if stop.is_set() {
            return Err(RecordingsError::Cancelled);
        }
        pictures.push(picture);
    }
    let encoded = |name: &str, count: usize| {
        let recorder = Recorder::start(RecordOptions::new(folder.path().join(name))?, AudioSource::None)?;
        let zero = Instant::now();
        for (pixels, pts) in pictures.iter().take(count) {
            recorder.push(RecordFrame { pixels: pixels.clone(), pts: *pts, captured_at: zero + *pts })?;
        }
        Ok::<Finished, RecordingsError>(recorder.finish(|_| {})?)
    };
    let first = encoded("first.gif", 1)?;
    let all = encoded("all.gif", pictures.len())?;
    if all.frames < 2 {
        return Ok(all.bytes);
    }
    let each = all.bytes.saturating_sub(first.bytes) as f64 / (all.frames - 1) as f64;
    let per_sec = all.frames as f64 / all.duration.as_secs_f64().max(1e-3);
    let more = (per_sec * length.as_secs_f64() - 1.0).max(0.0);
    Ok(first.bytes + (each * more) as u64)
}
