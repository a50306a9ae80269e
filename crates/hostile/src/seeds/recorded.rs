//! Films as the recorder makes them: finished ones, and the growing file of one that is interrupted.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use image::RgbaImage;
use retrato_core::data::{AudioBlock, SAMPLE_RATE_HZ};
use retrato_media::record::{AudioSource, RecordFrame, RecordOptions, Recorder};

type Failure = Box<dyn std::error::Error>;

/// With and without sound, whole and growing.
pub(super) fn films() -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let folder = tempfile::tempdir()?;
    let mut films = Vec::new();
    for (name, sounds) in [("silent", false), ("sounding", true)] {
        let (part, whole) = record(&folder.path().join(name).with_extension("mp4"), sounds)?;
        films.push((format!("part-{name}"), part));
        films.push((name.to_owned(), whole));
    }
    Ok(films)
}

/// A film of 1.2 seconds: its growing file near the end, and the finished one.
fn record(path: &Path, sounds: bool) -> Result<(Vec<u8>, Vec<u8>), Failure> {
    let sound = if sounds { AudioSource::Pushed } else { AudioSource::None };
    let recorder = Recorder::start(RecordOptions::new(path)?, sound)?;
    let (zero, step) = (Instant::now(), Duration::from_millis(100));
    for at in 0..13_u32 {
        let pixels = Arc::new(RgbaImage::from_fn(32, 32, |x, _| image::Rgba([if x < at { 200 } else { 30 }, 60, 90, 255])));
        recorder.push(RecordFrame { pixels, pts: step * at, captured_at: zero + step * at })?;
        if sounds {
            let left: Vec<f32> = vec![0.0; SAMPLE_RATE_HZ as usize / 10];
            recorder.push_audio(AudioBlock { right: left.clone(), left }, step * at)?;
        }
    }
    let part = path.with_extension("mp4.part");
    let since = Instant::now();
    while recorder.status().frames < 13 && since.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let growing = std::fs::read(&part)?;
    let whole = std::fs::read(recorder.finish(|_| {})?.path)?;
    Ok((growing, whole))
}

/// The first sequence parameter set in a film's description of its pictures.
pub(super) fn sequence_parameters(film: &[u8]) -> Option<Vec<u8>> {
    let at = film.windows(4).position(|name| name == b"avcC")? + 4;
    let length = film.get(at + 6..at + 8)?;
    film.get(at + 8..at + 8 + usize::from(length[0]) * 256 + usize::from(length[1])).map(<[u8]>::to_vec)
}
