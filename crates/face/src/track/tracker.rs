//! Turns frames into face motion: landmarks, smoothed, the orientation of the head, and where the eyes look.

use std::sync::Arc;

use crate::data::{FaceMotion, Frame, HeadPose, Input, Landmarks, TrackedFrame};
use crate::face::{MeshFace, MeshModel, ReadOptions, pupils_from_gaze};

use super::follow::Follower;
use super::gaze::{GazeTracker, Looking};
use super::irises::Irises;
use super::mesh::MeshReader;
use super::{DlibFinder, FaceModel, Smoother, head_pose};

/// What reads the driver's face.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FaceReader {
    /// The face reader where its model is installed, else dlib; dlib, too, for films in which the reader has not seen a face.
    #[default]
    Best,
    /// dlib alone.
    Dlib,
}

/// What can be set on a tracker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrackOptions {
    /// Strength of the smoothing, 0 (off) to 1.
    pub smoothing: f32,
    /// What reads faces.
    pub reader: FaceReader,
    /// How dlib reads landmarks.
    pub reading: ReadOptions,
}

impl Default for TrackOptions {
    fn default() -> Self {
        Self { smoothing: Smoother::DEFAULT_STRENGTH, reader: FaceReader::Best, reading: ReadOptions { face_px: 280, squares: 2 } }
    }
}

/// Turns frames into face motion. One per source; lives on one thread.
pub struct Tracker {
    options: TrackOptions,
    mesh: Option<MeshReader>,
    /// Whether the mesh was seen in this film: its landmarks and dlib's differ, and one film is read by one of them.
    mesh_seen: bool,
    follower: Option<Follower>,
    smoother: Smoother,
    gaze: GazeTracker,
    irises: Irises,
}

impl std::fmt::Debug for Tracker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tracker").field("options", &self.options).field("has_model", &self.has_model()).finish_non_exhaustive()
    }
}

impl Tracker {
    /// A tracker that uses the face reader, if [`TrackOptions::reader`] allows it and its model is installed, and dlib's shared model. With neither, frames
    /// have no face, but stored motion passes.
    pub fn new(model: Option<Arc<FaceModel>>, options: TrackOptions) -> Self {
        Self::with_readers(loaded(options.reader), model, options)
    }

    fn with_readers(mesh: Option<MeshReader>, model: Option<Arc<FaceModel>>, options: TrackOptions) -> Self {
        let mut tracker = Self {
            options,
            mesh,
            mesh_seen: false,
            follower: None,
            smoother: Smoother::new(options.smoothing),
            gaze: GazeTracker::new(options.smoothing),
            irises: Irises::default(),
        };
        if let Some(model) = model {
            tracker.set_model(model);
        }
        tracker.set_smoothing(options.smoothing);
        tracker
    }

    /// What reads the frames of the present film, for people.
    pub fn reader_name(&self) -> &'static str {
        match (&self.mesh, &self.follower) {
            (Some(_), Some(_)) if !self.mesh_seen => "face reader or dlib",
            (Some(_), _) => "face reader",
            (None, Some(_)) => "dlib",
            (None, None) => "none",
        }
    }

    /// Whether frames can be read at all.
    pub fn can_read(&self) -> bool {
        self.mesh.is_some() || self.follower.is_some()
    }

    /// Whether dlib's model is there.
    pub fn has_model(&self) -> bool {
        self.follower.is_some()
    }

    /// Gives the tracker dlib's model, which was loaded meanwhile.
    pub fn set_model(&mut self, model: Arc<FaceModel>) {
        self.follower = Some(Follower::new(Box::new(DlibFinder::new(model)), self.options.reading));
    }

    /// Sets the strength of the smoothing, 0 (off) to 1, from the next frame on. The face reader's own smoothing is on or off.
    pub fn set_smoothing(&mut self, strength: f32) {
        if let Some(mesh) = &mut self.mesh {
            mesh.set_smoothed(strength > 0.0);
        }
        self.options.smoothing = strength;
        self.smoother.set_strength(strength);
        self.gaze.set_strength(strength);
    }

    /// Sets what reads faces, from the next frame on, and forgets the face when that is another reader than before.
    pub fn set_reader(&mut self, reader: FaceReader) {
        if reader != self.options.reader {
            self.options.reader = reader;
            self.mesh = loaded(reader);
            self.set_smoothing(self.options.smoothing);
            self.reset();
        }
    }

    /// Forgets the face: for a new source.
    pub fn reset(&mut self) {
        self.forget_face();
        self.mesh_seen = false;
        if let Some(mesh) = &mut self.mesh {
            mesh.reset();
        }
        if let Some(follower) = &mut self.follower {
            follower.reset();
        }
    }

    fn forget_face(&mut self) {
        self.smoother.reset();
        self.gaze.reset();
        self.irises = Irises::default();
    }

    /// The driver's face in a frame. Stored motion passes as it is, with its pose and its mesh filled in where it has none.
    pub fn track(&mut self, input: Input) -> TrackedFrame {
        match input {
            Input::Frame(frame) => self.track_frame(frame),
            Input::Motion(time, face) => TrackedFrame { time, pixels: None, face: face.map(completed) },
        }
    }

    fn track_frame(&mut self, frame: Frame) -> TrackedFrame {
        let now = frame.time.media_time;
        let mesh = self.mesh.as_mut().and_then(|mesh| mesh.read(&frame.pixels, now));
        self.mesh_seen |= mesh.is_some();
        let face = match mesh {
            Some(face) => Some(self.of_mesh(face, &frame)),
            None if self.mesh_seen => None,
            None => self.of_dlib(&frame),
        };
        if face.is_none() {
            self.forget_face();
        }
        TrackedFrame { time: frame.time, pixels: Some(frame.pixels), face }
    }

    fn of_mesh(&mut self, face: MeshFace, frame: &Frame) -> FaceMotion {
        let MeshFace { mut mesh, coefficients, pose, presence, .. } = face;
        self.irises.settle(&mut mesh, &frame.pixels, frame.time.media_time);
        let landmarks = mesh.landmarks();
        let looking = self.gaze.look_at(mesh.pupils(), &landmarks, frame.time.media_time).unwrap_or_default();
        let (mesh_in_frame, coefficients) = (Some(Arc::new(mesh)), Some(coefficients));
        FaceMotion { mesh_in_frame, coefficients, pose, presence, ..face_motion(landmarks, looking, frame) }
    }

    fn of_dlib(&mut self, frame: &Frame) -> Option<FaceMotion> {
        let now = frame.time.media_time;
        let landmarks = self.follower.as_mut()?.landmarks(&frame.pixels, now)?;
        let landmarks_in_frame = self.smoother.smooth(&landmarks, now);
        let looking = self.gaze.look(&frame.pixels, &landmarks, &landmarks_in_frame, now).unwrap_or_default();
        Some(with_mesh(face_motion(landmarks_in_frame, looking, frame)))
    }
}

fn loaded(reader: FaceReader) -> Option<MeshReader> {
    match reader {
        FaceReader::Best => MeshReader::load().inspect_err(|error| tracing::warn!("{error}")).ok(),
        FaceReader::Dlib => None,
    }
}

fn face_motion(landmarks_in_frame: Landmarks, looking: Looking, frame: &Frame) -> FaceMotion {
    let pose = head_pose(&landmarks_in_frame);
    let Looking { gaze, pupils_in_frame } = looking;
    FaceMotion { pose, gaze, pupils_in_frame, ..FaceMotion::of_landmarks(landmarks_in_frame, frame.pixels.dimensions().into()) }
}

/// Stored motion with what it lacks of pose and mesh.
fn completed(face: FaceMotion) -> FaceMotion {
    let face = if face.pose == HeadPose::default() { FaceMotion { pose: head_pose(&face.landmarks_in_frame), ..face } } else { face };
    with_mesh(face)
}

/// A face with a mesh that is fitted to its landmarks, where it has none.
fn with_mesh(face: FaceMotion) -> FaceMotion {
    if face.mesh_in_frame.is_some() {
        return face;
    }
    let pupils = face.pupils_in_frame.or_else(|| pupils_from_gaze(&face.landmarks_in_frame, face.gaze?));
    let fitted = MeshModel::shipped().and_then(|model| model.fit(&face.landmarks_in_frame, pupils));
    FaceMotion { mesh_in_frame: fitted.map(Arc::new), ..face }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use glam::Vec2;
    use image::RgbImage;

    use super::*;
    use crate::data::FrameTime;
    use crate::face::{rotation_from_pose, template};

    fn time() -> FrameTime {
        FrameTime { index: 0, media_time: Duration::ZERO, captured_at: Instant::now() }
    }

    fn turned(pose: HeadPose) -> Landmarks {
        let rotation = rotation_from_pose(pose);
        Landmarks(template().map(|p| (rotation * p).truncate() * 80.0 + 200.0))
    }

    #[test]
    fn without_a_model_frames_have_no_face_and_motion_passes() {
        let mut tracker = Tracker::new(None, TrackOptions::default());
        assert!(!tracker.has_model(), "no model was given");
        let frame = Frame { pixels: Arc::new(RgbImage::new(64, 48)), time: time() };
        let tracked = tracker.track(Input::Frame(frame));
        assert!(tracked.face.is_none() && tracked.pixels.is_some(), "pixels for the inset, and no face");
        assert!(tracker.track(Input::Motion(time(), None)).face.is_none(), "stored absence passes");
    }

    #[test]
    fn stored_motion_keeps_its_pose_or_gets_one_and_a_mesh() {
        let pose = HeadPose { yaw_rad: 0.3, pitch_rad: 0.1, roll_rad: -0.2 };
        let mut tracker = Tracker::new(None, TrackOptions::default());
        let mut pose_of = |stored: HeadPose| {
            let face = FaceMotion { pose: stored, gaze: Some(Vec2::new(0.2, -0.1)), ..FaceMotion::of_landmarks(turned(pose), [400, 400]) };
            let passed = tracker.track(Input::Motion(time(), Some(face.clone()))).face.expect("motion passes");
            assert_eq!(passed.landmarks_in_frame, face.landmarks_in_frame, "landmarks are not touched");
            assert_eq!(passed.gaze, face.gaze, "nor is the gaze");
            let mesh = passed.mesh_in_frame.expect("a mesh is fitted");
            let off = mesh.landmarks().0.iter().zip(&face.landmarks_in_frame.0).map(|(a, b)| a.distance(*b)).fold(0.0, f32::max);
            assert!(off < 1.0, "its landmarks are {off} pixels off");
            passed.pose
        };
        let own = HeadPose { yaw_rad: 0.7, ..HeadPose::default() };
        assert_eq!(pose_of(own), own, "a stored pose is kept");
        assert!((pose_of(HeadPose::default()).yaw_rad - 0.3).abs() < 0.01, "a missing one is measured");
    }
}
