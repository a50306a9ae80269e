//! The performance file: motion only, as JSON lines. No pixels, so it is safe to share; bounded when read, so it is safe to load.
//!
//! The first line is the [`PerformanceHeader`], every further line one [`PerformanceFrame`]:
//!
//! ```json
//! {"retrato_performance":2,"name":"talk","fps":30.0,"width":512,"height":512,"frames":3}
//! {"t":0.0,"mesh":{"origin":[256.0,240.5],"unit":0.1,"points":"..."},"pose":[0.1,0.0,0.0],"gaze":[0.1,-0.05],"coefficients":[ ... 52 numbers ...]}
//! {"t":0.0333,"landmarks":[[101.5,220.25], ... 68 points ...],"pose":[0.1,0.0,0.0]}
//! {"t":0.0667}
//! ```
//!
//! Mesh and landmarks are pixels of a picture of `width` x `height`; where neither is there, no face was. Version 1 had landmarks and gaze alone, and is read, too.
//! Fields that this version does not know are ignored, so that later versions may add some; a changed meaning gets a new number.

mod bounds;

use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;

use glam::Vec2;
use serde::{Deserialize, Serialize};

use self::bounds::{Lines, MAX_BYTES, VERSION, check_frame, check_header, parse_header, read_frames};
use super::{Coefficients, FaceMesh, FaceMotion, HeadPose, Landmarks};

/// The first line of a performance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PerformanceHeader {
    /// Version of the format; marks the file as a performance.
    #[serde(rename = "retrato_performance")]
    pub version: u64,
    /// What to call it.
    #[serde(default)]
    pub name: String,
    /// Frames per second, 1 to 240.
    pub fps: f64,
    /// Width of the driver's frame, 16 to 16384 pixels.
    pub width: u32,
    /// Height of the driver's frame, 16 to 16384 pixels.
    pub height: u32,
    /// Number of frames that follow; absent when it was not known at the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frames: Option<u64>,
}

impl PerformanceHeader {
    /// A header of the present version.
    pub fn new(name: impl Into<String>, fps: f64, size: [u32; 2], frames: Option<u64>) -> Self {
        Self { version: VERSION, name: name.into(), fps, width: size[0], height: size[1], frames }
    }

    /// Width and height, in pixels.
    pub fn size(&self) -> [u32; 2] {
        [self.width, self.height]
    }
}

/// One line of a performance: the face at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PerformanceFrame {
    /// Seconds since the performance's beginning; never decreasing.
    #[serde(rename = "t")]
    pub time_secs: f64,
    /// The face in 3D, in pixels of the header's size; `None` where it was not read so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mesh: Option<FaceMesh>,
    /// Landmarks in pixels of the header's size; `None` where they are those of the mesh, and when there was no face.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub landmarks: Option<Landmarks>,
    /// Yaw, pitch and roll as in [`HeadPose`]; `None` where they follow from the landmarks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pose: Option<[f32; 3]>,
    /// Gaze as in [`FaceMotion::gaze`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gaze: Option<[f32; 2]>,
    /// How strongly each movement is made, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coefficients: Option<Coefficients>,
}

impl PerformanceFrame {
    /// The line of a face at a time, or of its absence. A mesh that was only fitted to landmarks is left out: it is fitted again when it is played.
    pub fn of_motion(time_secs: f64, face: Option<&FaceMotion>) -> Self {
        let Some(face) = face else { return Self { time_secs, ..Self::default() } };
        let mesh = face.mesh_in_frame.as_deref().filter(|_| face.coefficients.is_some()).cloned();
        let HeadPose { yaw_rad, pitch_rad, roll_rad } = face.pose;
        Self {
            time_secs,
            landmarks: mesh.is_none().then(|| face.landmarks_in_frame.clone()),
            mesh,
            pose: Some([yaw_rad, pitch_rad, roll_rad]),
            gaze: face.gaze.map(|gaze| gaze.to_array()),
            coefficients: face.coefficients,
        }
    }

    /// The motion in this frame of a performance of `size`. A pose that is not there is left at rest: the tracker derives it from the landmarks.
    pub fn motion(&self, size: [u32; 2]) -> Option<FaceMotion> {
        let landmarks_in_frame = self.landmarks.clone().or_else(|| self.mesh.as_ref().map(FaceMesh::landmarks))?;
        Some(FaceMotion {
            pose: self.pose.map_or_else(HeadPose::default, |[yaw_rad, pitch_rad, roll_rad]| HeadPose { yaw_rad, pitch_rad, roll_rad }),
            gaze: self.gaze.map(Vec2::from_array),
            pupils_in_frame: self.mesh.as_ref().map(FaceMesh::pupils),
            mesh_in_frame: self.mesh.clone().map(Arc::new),
            coefficients: self.coefficients,
            ..FaceMotion::of_landmarks(landmarks_in_frame, size)
        })
    }
}

/// Stored motion of a face.
#[derive(Clone, Debug, PartialEq)]
pub struct Performance {
    /// Name, rate and size.
    pub header: PerformanceHeader,
    /// The frames, by time.
    pub frames: Vec<PerformanceFrame>,
}

/// What is wrong with a performance.
#[derive(Debug, thiserror::Error)]
pub enum PerformanceError {
    /// The first line is no header.
    #[error("this is not a Retrato performance: its first line should hold \"retrato_performance\" ({detail})")]
    NotAPerformance {
        /// What was found instead.
        detail: String,
    },
    /// A later version of the format.
    #[error("this performance was made by a newer Retrato (format {found}, this version reads {VERSION}): please update Retrato")]
    Newer {
        /// The version in the file.
        found: u64,
    },
    /// A line that breaks the format or its bounds.
    #[error("line {line} of the performance is not usable: {detail}; make the file again with `retrato track`")]
    Line {
        /// Line number, from 1.
        line: usize,
        /// What is wrong with it.
        detail: String,
    },
    /// Fewer frames than announced.
    #[error("the performance ends early: {found} of {announced} frames are there; make the file again with `retrato track`")]
    Incomplete {
        /// Frames that the header announces.
        announced: u64,
        /// Frames that are there.
        found: usize,
    },
    /// No frame at all.
    #[error("the performance has no frames; make the file again with `retrato track`")]
    Empty,
    /// More bytes than allowed.
    #[error("the performance is larger than {} MiB: split it into shorter ones", MAX_BYTES >> 20)]
    TooLarge,
    /// The file cannot be read or written.
    #[error("the performance cannot be read or written: {0}")]
    Io(#[from] std::io::Error),
}

impl Performance {
    /// Reads a whole performance. Never holds more than the bounds allow, whatever the file claims.
    ///
    /// # Errors
    /// Everything in [`PerformanceError`]; the message names the line.
    pub fn read(reader: impl Read) -> Result<Self, PerformanceError> {
        let mut lines = Lines::new(reader);
        let header = match lines.next_line()? {
            Some(line) => parse_header(&line)?,
            None => return Err(PerformanceError::NotAPerformance { detail: "the file is empty".to_owned() }),
        };
        let frames = read_frames(&mut lines, &header)?;
        match header.frames {
            Some(announced) if announced != frames.len() as u64 => Err(PerformanceError::Incomplete { announced, found: frames.len() }),
            _ if frames.is_empty() => Err(PerformanceError::Empty),
            _ => Ok(Self { header, frames }),
        }
    }

    /// Writes the whole performance.
    ///
    /// # Errors
    /// [`PerformanceError::Io`] when the writer fails, [`PerformanceError::Line`] for a frame that could not be read back.
    pub fn write(&self, writer: impl Write) -> Result<(), PerformanceError> {
        let header = PerformanceHeader { frames: Some(self.frames.len() as u64), ..self.header.clone() };
        let mut out = PerformanceWriter::new(writer, header)?;
        self.frames.iter().try_for_each(|frame| out.push(frame))?;
        out.finish()
    }

    /// From the beginning to the end of the last frame.
    pub fn duration(&self) -> Duration {
        let end_secs = self.frames.last().map_or(0.0, |frame| frame.time_secs + 1.0 / self.header.fps);
        Duration::try_from_secs_f64(end_secs).unwrap_or_default()
    }
}

/// Writes a performance frame by frame, for motion that is still being tracked.
#[derive(Debug)]
pub struct PerformanceWriter<W: Write> {
    out: W,
    header: PerformanceHeader,
    written: usize,
    last_secs: f64,
}

impl<W: Write> PerformanceWriter<W> {
    /// Writes the header. Leave its `frames` at `None` when their number is not known yet.
    ///
    /// # Errors
    /// [`PerformanceError::Line`] for a header outside the bounds, [`PerformanceError::Io`] when the writer fails.
    pub fn new(mut out: W, header: PerformanceHeader) -> Result<Self, PerformanceError> {
        check_header(&header)?;
        write_line(&mut out, &header)?;
        Ok(Self { out, header, written: 0, last_secs: 0.0 })
    }

    /// Writes one frame; landmarks are rounded to a thousandth of a pixel, a mesh to a thousandth of the eyes' distance, angles and gaze to a ten-thousandth
    /// of their unit, coefficients to a thousandth.
    ///
    /// # Errors
    /// [`PerformanceError::Line`] for a frame outside the bounds, [`PerformanceError::Io`] when the writer fails.
    pub fn push(&mut self, frame: &PerformanceFrame) -> Result<(), PerformanceError> {
        let line = self.written + 2;
        check_frame(frame, &self.header, self.last_secs, self.written).map_err(|detail| PerformanceError::Line { line, detail })?;
        let rounded = PerformanceFrame {
            landmarks: frame.landmarks.as_ref().map(|l| l.map(|p| (p * 1000.0).round() / 1000.0)),
            pose: frame.pose.map(|pose| pose.map(|angle| (angle * 1e4).round() / 1e4)),
            gaze: frame.gaze.map(|gaze| gaze.map(|axis| (axis * 1e4).round() / 1e4)),
            coefficients: frame.coefficients.map(|all| Coefficients(all.0.map(|c| (c * 1e3).round() / 1e3))),
            time_secs: (frame.time_secs * 1e6).round() / 1e6,
            mesh: frame.mesh.clone(),
        };
        write_line(&mut self.out, &rounded)?;
        self.last_secs = frame.time_secs;
        self.written += 1;
        Ok(())
    }

    /// Flushes, and checks that as many frames were written as the header announced.
    ///
    /// # Errors
    /// [`PerformanceError::Incomplete`] when frames are missing, [`PerformanceError::Io`] when the writer fails.
    pub fn finish(mut self) -> Result<(), PerformanceError> {
        match self.header.frames {
            Some(announced) if announced != self.written as u64 => Err(PerformanceError::Incomplete { announced, found: self.written }),
            _ => Ok(self.out.flush()?),
        }
    }
}

fn write_line(out: &mut impl Write, value: &impl Serialize) -> Result<(), PerformanceError> {
    serde_json::to_writer(&mut *out, value).map_err(std::io::Error::from)?;
    Ok(out.write_all(b"\n")?)
}

#[cfg(test)]
mod tests {
    use glam::Vec3;

    use super::*;

    fn sample(count: usize) -> Performance {
        let frames = (0..count)
            .map(|i| PerformanceFrame {
                time_secs: i as f64 / 30.0,
                landmarks: (i % 3 != 2).then(|| Landmarks(std::array::from_fn(|p| Vec2::new(p as f32 + 0.125 * i as f32, 300.5)))),
                gaze: (i % 2 == 0).then_some([0.25, -0.5]),
                ..PerformanceFrame::default()
            })
            .collect();
        Performance { header: PerformanceHeader::new("talk", 30.0, [512, 512], Some(count as u64)), frames }
    }

    fn text(performance: &Performance) -> String {
        let mut bytes = Vec::new();
        performance.write(&mut bytes).expect("a valid performance can be written");
        String::from_utf8(bytes).expect("JSON is text")
    }

    fn refusal(text: &str) -> String {
        Performance::read(text.as_bytes()).expect_err("must be refused").to_string()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let written = sample(10);
        let read = Performance::read(text(&written).as_bytes()).expect("our own file");
        assert_eq!(read.header, written.header, "the header survives");
        assert_eq!(read.frames.len(), 10, "so do all frames");
        for (a, b) in read.frames.iter().zip(&written.frames) {
            assert_eq!((&a.landmarks, a.gaze), (&b.landmarks, b.gaze), "eighths of a pixel survive the rounding");
            assert!((a.time_secs - b.time_secs).abs() < 1e-6, "times survive to the microsecond");
        }
        assert!((read.duration().as_secs_f64() - 10.0 / 30.0).abs() < 1e-5, "ten frames of a thirtieth");
        assert!(read.frames[2].motion([512, 512]).is_none(), "no face, no motion");
        assert_eq!(read.frames[0].motion([512, 512]).and_then(|m| m.gaze), Some(Vec2::new(0.25, -0.5)), "gaze is carried");
    }

    fn face(shift: f32) -> FaceMotion {
        let point =
            |i: usize| Vec3::new(200.0 + (i as f32 * 0.7).sin() * 90.0 + shift, 220.0 + (i as f32 * 0.31).cos() * 110.0, (i % 60) as f32);
        let mesh = FaceMesh(Box::new(std::array::from_fn(point)));
        let mut coefficients = Coefficients::default();
        coefficients.0[25] = 0.625;
        FaceMotion {
            pose: HeadPose { yaw_rad: 0.25, pitch_rad: -0.125, roll_rad: 0.5 },
            gaze: Some(Vec2::new(0.5, -0.25)),
            coefficients: Some(coefficients),
            mesh_in_frame: Some(Arc::new(mesh.clone())),
            ..FaceMotion::of_landmarks(mesh.landmarks(), [512, 512])
        }
    }

    #[test]
    fn meshes_poses_and_coefficients_are_read_back() {
        let faces: Vec<FaceMotion> = (0..4).map(|i| face(i as f32 * 3.0)).collect();
        let mut frames: Vec<PerformanceFrame> =
            faces.iter().enumerate().map(|(i, face)| PerformanceFrame::of_motion(i as f64 * 0.04, Some(face))).collect();
        frames.push(PerformanceFrame::of_motion(0.16, None));
        let fitted = FaceMotion { coefficients: None, ..face(0.0) };
        frames.push(PerformanceFrame::of_motion(0.2, Some(&fitted)));
        let header = PerformanceHeader::new("talk", 25.0, [512, 512], Some(frames.len() as u64));
        let written = text(&Performance { header, frames });
        assert!(written.lines().all(|line| line.len() < 6000), "lines stay short");
        let read = Performance::read(written.as_bytes()).expect("our own file");
        for (face, frame) in faces.iter().zip(&read.frames) {
            let back = frame.motion([512, 512]).expect("a face");
            assert_eq!((back.pose, back.gaze, back.coefficients), (face.pose, face.gaze, face.coefficients), "numbers survive");
            let (mesh, was) = (back.mesh_in_frame.expect("a mesh"), face.mesh_in_frame.as_ref().expect("a mesh"));
            let off = mesh.0.iter().zip(was.0.iter()).map(|(a, b)| a.distance(*b)).fold(0.0, f32::max);
            assert!(off < 0.002 * was.inter_ocular(), "points are {off} pixels off");
            assert_eq!(back.landmarks_in_frame, mesh.landmarks(), "the landmarks are those of the mesh");
        }
        assert!(read.frames[4].motion([512, 512]).is_none(), "absence survives");
        let back = read.frames[5].motion([512, 512]).expect("a face");
        assert!(back.mesh_in_frame.is_none(), "what was fitted is fitted again");
        let off = back.landmarks_in_frame.0.iter().zip(&fitted.landmarks_in_frame.0).map(|(a, b)| a.distance(*b)).fold(0.0, f32::max);
        assert!(off < 0.001, "to the same landmarks");
    }

    #[test]
    fn the_first_version_is_still_read() {
        let old = text(&sample(3)).replacen("\"retrato_performance\":2", "\"retrato_performance\":1", 1);
        let read = Performance::read(old.as_bytes()).expect("an old file");
        assert_eq!(read.header.version, 1);
        assert_eq!(read.frames.iter().filter(|frame| frame.motion([512, 512]).is_some()).count(), 2, "two faces");
    }

    #[test]
    fn hostile_meshes_are_refused_with_the_line() {
        let frame = PerformanceFrame::of_motion(0.0, Some(&face(0.0)));
        let good = text(&Performance { header: PerformanceHeader::new("x", 25.0, [512, 512], Some(1)), frames: vec![frame] });
        let signs = good.split("\"points\":\"").nth(1).and_then(|rest| rest.split('"').next()).expect("points").to_owned();
        for (what, file) in [
            ("a short mesh", good.replacen(&signs, &signs[8..], 1)),
            ("no base64", good.replacen(&signs, &format!("!!!!{}", &signs[4..]), 1)),
            ("far away", good.replacen("\"origin\":[", "\"origin\":[9", 1).replacen("\"unit\":", "\"unit\":9", 1)),
            ("a wild pose", good.replacen("\"pose\":[0.25", "\"pose\":[25.0", 1)),
            ("a coefficient above 1", good.replacen("0.625", "1.5", 1)),
            ("51 coefficients", good.replacen("\"coefficients\":[0.0,", "\"coefficients\":[", 1)),
            ("53 coefficients", good.replacen("\"coefficients\":[0.0,", "\"coefficients\":[0.0,0.0,", 1)),
        ] {
            assert_ne!(file, good, "{what} changes the file");
            assert!(refusal(&file).contains("line 2"), "{what} is refused with its line");
        }
    }

    #[test]
    fn count_in_the_header_may_be_absent_but_not_wrong() {
        let good = text(&sample(3));
        let uncounted = good.replacen(",\"frames\":3", "", 1);
        assert_eq!(Performance::read(uncounted.as_bytes()).expect("count may be absent").frames.len(), 3, "all frames");
        assert!(refusal(&good.replacen("\"frames\":3", "\"frames\":4", 1)).contains("3 of 4 frames"), "too few");
        assert!(refusal(&good.replacen("\"frames\":3", "\"frames\":2", 1)).contains("line 4"), "too many, with the line");
        assert!(refusal(&good.replacen("\"frames\":3", "\"frames\":4000000000", 1)).contains("4000000000"), "a huge count is refused");
    }

    #[test]
    fn unknown_fields_are_ignored_and_newer_versions_named() {
        let good = text(&sample(2));
        let extended = good.replacen("\"name\"", "\"mood\":{\"deep\":[1,2]},\"name\"", 1).replacen("{\"t\"", "{\"blink\":[1],\"t\"", 1);
        assert!(Performance::read(extended.as_bytes()).is_ok(), "later versions may add fields");
        assert!(refusal(&good.replacen(":2,", ":3,", 1)).contains("newer Retrato"), "a newer format says so");
    }

    #[test]
    fn hostile_files_are_refused_with_the_line() {
        let good = text(&sample(2));
        let nest = format!("{}{{\"t\":0.0,\"x\":{}", good.lines().next().expect("a header"), "[".repeat(10_000));
        for (what, file) in [
            ("not JSON", "hello\n".to_owned()),
            ("empty", String::new()),
            ("binary", "\u{0}\u{1}\u{2}".to_owned()),
            ("deep nesting", nest),
            ("NaN", good.replacen("0.5,", "NaN,", 1).replacen("300.5", "NaN", 1)),
            ("infinite", good.replacen("300.5", "1e39", 1)),
            ("overflowing number", good.replacen("300.5", "1e999", 1)),
            ("far away", good.replacen("300.5", "-2049.0", 1)),
            ("time runs back", good.replacen("\"t\":0.0,", "\"t\":9.0,", 1)),
            ("negative time", good.replacen("\"t\":0.0,", "\"t\":-1.0,", 1)),
            ("long line", good.replacen("\"t\":0.0,", &format!("\"pad\":\"{}\",\"t\":0.0,", "x".repeat(17_000)), 1)),
            ("67 landmarks", good.replacen("[0.0,300.5],", "", 1)),
            ("69 landmarks", good.replacen("[0.0,300.5],", "[0.0,300.5],[0.0,300.5],", 1)),
            ("zero width", good.replacen("\"width\":512", "\"width\":0", 1)),
            ("huge rate", good.replacen("\"fps\":30.0", "\"fps\":1e9", 1)),
            ("gaze", good.replacen("0.25", "99.0", 1)),
            ("long name", good.replacen("talk", &"x".repeat(300), 1)),
            ("cut in a line", good[..good.len() - 40].to_owned()),
        ] {
            let message = refusal(&file);
            assert!(message.contains("line"), "{what} is refused with a place to look at: {message}");
        }
    }

    #[test]
    fn size_is_bounded_whatever_the_file_holds() {
        let endless = std::io::repeat(b'\n');
        assert!(matches!(Performance::read(endless), Err(PerformanceError::TooLarge)), "blank lines do not go on for ever");
        let endless = std::io::repeat(b'x');
        assert!(matches!(Performance::read(endless), Err(PerformanceError::Line { line: 1, .. })), "nor does one line");
    }

    #[test]
    fn writer_refuses_what_could_not_be_read_back() {
        let mut writer = PerformanceWriter::new(Vec::new(), PerformanceHeader::new("x", 25.0, [64, 64], None)).expect("a header");
        let frame =
            |time_secs, x| PerformanceFrame { time_secs, landmarks: Some(Landmarks([Vec2::splat(x); 68])), ..PerformanceFrame::default() };
        writer.push(&frame(1.0, 5.0)).expect("a good frame");
        assert!(writer.push(&frame(0.5, 5.0)).is_err(), "time must not run back");
        assert!(writer.push(&frame(2.0, f32::NAN)).is_err(), "every number must be one");
        assert!(PerformanceWriter::new(Vec::new(), PerformanceHeader::new("x", 0.0, [64, 64], None)).is_err(), "no frame rate");
    }
}
