//! Frames and sounds to record, and what ffmpeg says about the result.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use image::{Rgba, RgbaImage};
use retrato::data::{AudioBlock, SAMPLE_RATE_HZ};
use retrato::record::{RecordFrame, RecordOptions};

/// What ffprobe prints for `entries`, one value per line. It must have nothing to complain about.
pub(super) fn probe(path: &Path, entries: &str) -> Vec<String> {
    let format = ["-of", "default=noprint_wrappers=1:nokey=1"];
    let output = Command::new("ffprobe").args(["-v", "error", "-show_entries", entries]).args(format).arg(path).output();
    let output = output.expect("ffprobe runs");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "ffprobe has no complaint about {}", path.display());
    String::from_utf8_lossy(&output.stdout).lines().map(ToOwned::to_owned).collect()
}

/// What ffmpeg decodes with these arguments after the input. It must have nothing to complain about.
pub(super) fn decode(path: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("ffmpeg").args(["-v", "error", "-i"]).arg(path).args(arguments).arg("-").output().expect("ffmpeg runs");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "ffmpeg has no complaint about {}", path.display());
    assert!(output.status.success(), "ffmpeg decodes {}", path.display());
    output.stdout
}

/// Checks that every picture and every sound decodes without a complaint.
pub(super) fn assert_decodes(path: &Path) {
    decode(path, &["-f", "null"]);
}

/// Options for a file in a folder.
pub(super) fn options(folder: &Path, name: &str) -> RecordOptions {
    RecordOptions::new(folder.join(name)).expect("a known format")
}

/// A frame whose clock starts at `zero`.
pub(super) fn frame(picture: RgbaImage, pts: Duration, zero: Instant) -> RecordFrame {
    RecordFrame { pixels: Arc::new(picture), pts, captured_at: zero + pts }
}

/// A textured picture that changes with `i`.
pub(super) fn picture(width: u32, height: u32, i: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        let wave = ((x + i) as f32 * 0.21).sin() * (y as f32 * 0.17).cos() * 20.0;
        Rgba([(120.0 + wave) as u8, (90.0 + wave + y as f32 * 60.0 / height as f32) as u8, (x * 200 / width) as u8, 255])
    })
}

/// Black, or white where the picture shall flash.
pub(super) fn flash(side: u32, is_on: bool) -> RgbaImage {
    let level = if is_on { 255 } else { 0 };
    RgbaImage::from_pixel(side, side, Rgba([level, level, level, 255]))
}

/// Sound from `start` for `length`, silent but for a click of 2 ms at every full second of its clock.
pub(super) fn clicks(start: Duration, length: Duration) -> AudioBlock {
    let rate = u64::from(SAMPLE_RATE_HZ);
    let sample = |time: Duration| (time.as_nanos() * u128::from(rate) / 1_000_000_000) as u64;
    let samples = (sample(start)..sample(start + length)).map(|i| {
        let since_click = i % rate;
        if i >= rate && since_click < rate / 500 { 0.8 * ((since_click as f32) * 0.7).cos() } else { 0.0 }
    });
    let left: Vec<f32> = samples.collect();
    AudioBlock { right: left.clone(), left }
}

/// Start times of the flashes in a film, in seconds.
pub(super) fn flashes_secs(path: &Path) -> Vec<f64> {
    let times = probe(path, "frame=pts_time:stream=codec_type:frame=media_type");
    let video: Vec<f64> = times.chunks(2).filter(|pair| pair[0] == "video").filter_map(|pair| pair.get(1)?.parse().ok()).collect();
    let levels = decode(path, &["-map", "0:v", "-fps_mode", "passthrough", "-vf", "scale=1:1", "-pix_fmt", "gray", "-f", "rawvideo"]);
    assert_eq!(levels.len(), video.len(), "one level per picture");
    onsets(levels.iter().map(|&level| level > 128)).map(|i| video[i]).collect()
}

/// Start times of the clicks in a film, in seconds.
pub(super) fn clicks_secs(path: &Path) -> Vec<f64> {
    let bytes = decode(path, &["-map", "0:a", "-ac", "1", "-f", "f32le"]);
    let samples = bytes.chunks_exact(4).map(|sample| f32::from_le_bytes([sample[0], sample[1], sample[2], sample[3]]));
    let mut quiet = 0_u32;
    let mut found = Vec::new();
    for (i, sample) in samples.enumerate() {
        if sample.abs() > 0.3 {
            if quiet > SAMPLE_RATE_HZ / 10 {
                found.push(i as f64 / f64::from(SAMPLE_RATE_HZ));
            }
            quiet = 0;
        } else {
            quiet += 1;
        }
    }
    found
}

fn onsets(levels: impl Iterator<Item = bool>) -> impl Iterator<Item = usize> {
    let mut before = false;
    levels.enumerate().filter(move |(_, is_on)| !std::mem::replace(&mut before, *is_on) && *is_on).map(|(i, _)| i)
}

/// Checks that flashes and clicks come together. Returns how many there are.
pub(super) fn assert_in_sync(path: &Path, tolerance_secs: f64) -> usize {
    let (flashes, clicks) = (flashes_secs(path), clicks_secs(path));
    assert_eq!(flashes.len(), clicks.len(), "as many flashes {flashes:?} as clicks {clicks:?}");
    for (flash, click) in flashes.iter().zip(&clicks) {
        assert!((flash - click).abs() < tolerance_secs, "flash at {flash:.4} s, click at {click:.4} s");
    }
    flashes.len()
}
