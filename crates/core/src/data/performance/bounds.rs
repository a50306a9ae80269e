//! Reading a performance within bounds, whatever the file claims.

use std::f32::consts::PI;
use std::io::{BufRead as _, BufReader, Read};

use glam::Vec2;
use serde::Deserialize;

use super::{PerformanceError, PerformanceFrame, PerformanceHeader};

/// The version that this program writes; it reads all up to it.
pub(super) const VERSION: u64 = 2;
/// Most bytes a performance may have: 15 minutes with a mesh in every frame.
pub(super) const MAX_BYTES: u64 = 128 << 20;
/// Most bytes a line may have.
const MAX_LINE_BYTES: u64 = 16 << 10;
/// Most frames a performance may have: an hour at 30 frames per second.
const MAX_FRAMES: usize = 108_000;
/// Most characters of a name.
const MAX_NAME_CHARS: usize = 200;
/// Latest time of a frame, in seconds.
const MAX_TIME_SECS: f64 = 86_400.0;
/// Furthest that eyes can look, in the unit of [`crate::data::FaceMotion::gaze`].
const MAX_GAZE: f32 = 4.0;

/// Lines of a file from a stranger: neither a line nor the whole may exceed its bound.
pub(super) struct Lines<R: Read> {
    reader: BufReader<std::io::Take<R>>,
    number: usize,
}

impl<R: Read> Lines<R> {
    /// Of a reader.
    pub(super) fn new(reader: R) -> Self {
        Self { reader: BufReader::new(reader.take(MAX_BYTES + 1)), number: 0 }
    }

    /// The next line that is not blank.
    pub(super) fn next_line(&mut self) -> Result<Option<Vec<u8>>, PerformanceError> {
        loop {
            let mut line = Vec::new();
            let read = (&mut self.reader).take(MAX_LINE_BYTES + 1).read_until(b'\n', &mut line)?;
            if self.reader.get_ref().limit() == 0 {
                return Err(PerformanceError::TooLarge);
            }
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            if line.len() as u64 > MAX_LINE_BYTES {
                return Err(self.refuse(format!("it is longer than {MAX_LINE_BYTES} bytes")));
            }
            if !line.trim_ascii().is_empty() {
                return Ok(Some(line));
            }
        }
    }

    fn refuse(&self, detail: impl Into<String>) -> PerformanceError {
        PerformanceError::Line { line: self.number, detail: detail.into() }
    }
}

/// Reads the first line.
pub(super) fn parse_header(line: &[u8]) -> Result<PerformanceHeader, PerformanceError> {
    /// The version is read on its own first: another version may have another header.
    #[derive(Deserialize)]
    struct Version {
        retrato_performance: u64,
    }
    let Version { retrato_performance: found } =
        serde_json::from_slice(line).map_err(|e| PerformanceError::NotAPerformance { detail: e.to_string() })?;
    if found > VERSION {
        return Err(PerformanceError::Newer { found });
    }
    let mut header: PerformanceHeader =
        serde_json::from_slice(line).map_err(|e| PerformanceError::Line { line: 1, detail: e.to_string() })?;
    header.name.retain(|c| !c.is_control());
    check_header(&header)?;
    Ok(header)
}

/// Whether a header is within bounds.
pub(super) fn check_header(header: &PerformanceHeader) -> Result<(), PerformanceError> {
    let refuse = |detail: String| Err(PerformanceError::Line { line: 1, detail });
    if !(1..=VERSION).contains(&header.version) {
        return refuse(format!("there is no format {}", header.version));
    }
    if !(1.0..=240.0).contains(&header.fps) {
        return refuse(format!("{} frames per second are not within 1 to 240", header.fps));
    }
    if header.size().iter().any(|side| !(16..=16_384).contains(side)) {
        return refuse(format!("the size {} x {} is not within 16 to 16384", header.width, header.height));
    }
    if header.name.chars().count() > MAX_NAME_CHARS {
        return refuse(format!("the name is longer than {MAX_NAME_CHARS} characters"));
    }
    match header.frames {
        Some(frames) if frames > MAX_FRAMES as u64 => refuse(format!("it announces {frames} frames, more than {MAX_FRAMES}")),
        _ => Ok(()),
    }
}

/// Reads all further lines.
pub(super) fn read_frames<R: Read>(lines: &mut Lines<R>, header: &PerformanceHeader) -> Result<Vec<PerformanceFrame>, PerformanceError> {
    let mut frames: Vec<PerformanceFrame> = Vec::new();
    while let Some(line) = lines.next_line()? {
        let frame: PerformanceFrame = serde_json::from_slice(&line).map_err(|e| lines.refuse(e.to_string()))?;
        let last_secs = frames.last().map_or(0.0, |frame| frame.time_secs);
        check_frame(&frame, header, last_secs, frames.len()).map_err(|detail| lines.refuse(detail))?;
        frames.push(frame);
    }
    Ok(frames)
}

/// Whether a frame may follow `count` others, the last of which is at `last_secs`.
pub(super) fn check_frame(frame: &PerformanceFrame, header: &PerformanceHeader, last_secs: f64, count: usize) -> Result<(), String> {
    let most = header.frames.map_or(MAX_FRAMES, |announced| announced.min(MAX_FRAMES as u64) as usize);
    if count >= most {
        return Err(format!("there are more than {most} frames"));
    }
    if !(last_secs..=MAX_TIME_SECS).contains(&frame.time_secs) {
        return Err(format!("time {} does not follow {last_secs}, or is beyond a day", frame.time_secs));
    }
    let reach = Vec2::new(header.width as f32, header.height as f32) * 4.0;
    let inside = |p: &Vec2| p.is_finite() && p.abs().cmple(reach).all();
    if let Some(at) = frame.landmarks.as_ref().and_then(|l| l.0.iter().position(|p| !inside(p))) {
        return Err(format!("landmark {at} is far outside the picture or not a number"));
    }
    let reach = reach.extend(reach.max_element());
    if let Some(at) = frame.mesh.as_ref().and_then(|mesh| mesh.0.iter().position(|p| !(p.is_finite() && p.abs().cmple(reach).all()))) {
        return Err(format!("point {at} of the mesh is far outside the picture or not a number"));
    }
    if frame.pose.is_some_and(|pose| pose.iter().any(|angle| !(-PI..=PI).contains(angle))) {
        return Err("the pose is out of range".to_owned());
    }
    if frame.coefficients.is_some_and(|all| all.0.iter().any(|c| !(0.0..=1.0).contains(c))) {
        return Err("a coefficient is not within 0 to 1".to_owned());
    }
    match frame.gaze {
        Some(gaze) if gaze.iter().any(|g| !g.is_finite() || g.abs() > MAX_GAZE) => Err("the gaze is out of range".to_owned()),
        _ => Ok(()),
    }
}
