//! Turns frames into face motion: landmarks, smoothed, the orientation of the head, and where the eyes look.

use std::sync::Arc;

use crate::data::{FaceMotion, Frame, HeadPose, Input, TrackedFrame};
use crate::face::{FaceFinder, ReadOptions};

use super::follow::Follower;
use super::gaze::{GazeTracker, Looking};
use super::{DlibFinder, FaceModel, Smoother, head_pose};

/// What can be set on a tracker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrackOptions {
    /// Strength of the smoothing, 0 (off) to 1.
    pub smoothing: f32,
    /// How landmarks are read.
    pub reading: ReadOptions,
}

impl Default for TrackOptions {
    fn default() -> Self {
        Self { smoothing: Smoother::DEFAULT_STRENGTH, reading: ReadOptions { face_px: 280, squares: 2 } }
    }
}

/// Turns frames into face motion. One per source; lives on one thread.
pub struct Tracker {
    options: TrackOptions,
    follower: Option<Follower>,
    smoother: Smoother,
    gaze: GazeTracker,
}

impl std::fmt::Debug for Tracker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tracker").field("options", &self.options).field("has_model", &self.has_model()).finish_non_exhaustive()
    }
}

impl Tracker {
    /// A tracker that uses the shared model. Without a model frames have no face, but stored motion passes.
    pub fn new(model: Option<Arc<FaceModel>>, options: TrackOptions) -> Self {
        let mut tracker =
            Self { options, follower: None, smoother: Smoother::new(options.smoothing), gaze: GazeTracker::new(options.smoothing) };
        if let Some(model) = model {
            tracker.set_model(model);
        }
        tracker
    }

    /// A tracker on top of any finder.
    pub fn with_finder(finder: Box<dyn FaceFinder + Send>, options: TrackOptions) -> Self {
        Self { follower: Some(Follower::new(finder, options.reading)), ..Self::new(None, options) }
    }

    /// Whether frames can be tracked.
    pub fn has_model(&self) -> bool {
        self.follower.is_some()
    }

    /// Gives the tracker a model that was loaded meanwhile.
    pub fn set_model(&mut self, model: Arc<FaceModel>) {
        self.follower = Some(Follower::new(Box::new(DlibFinder::new(model)), self.options.reading));
    }

    /// Sets the strength of the smoothing, 0 (off) to 1, from the next frame on.
    pub fn set_smoothing(&mut self, strength: f32) {
        self.options.smoothing = strength;
        self.smoother.set_strength(strength);
        self.gaze.set_strength(strength);
    }

    /// Forgets the face: for a new source.
    pub fn reset(&mut self) {
        self.smoother.reset();
        self.gaze.reset();
        if let Some(follower) = &mut self.follower {
            follower.reset();
        }
    }

    /// The driver's face in a frame. Stored motion passes as it is, with its pose filled in where it has none.
    pub fn track(&mut self, input: Input) -> TrackedFrame {
        match input {
            Input::Frame(frame) => self.track_frame(frame),
            Input::Motion(time, face) => TrackedFrame { time, pixels: None, face: face.map(with_pose) },
        }
    }

    fn track_frame(&mut self, frame: Frame) -> TrackedFrame {
        let now = frame.time.media_time;
        let read = self.follower.as_mut().and_then(|follower| follower.landmarks(&frame.pixels, now));
        let face = read.map(|landmarks| {
            let landmarks_in_frame = self.smoother.smooth(&landmarks, now);
            let pose = head_pose(&landmarks_in_frame);
            let looking = self.gaze.look(&frame.pixels, &landmarks, &landmarks_in_frame, now);
            let Looking { gaze, pupils_in_frame } = looking.unwrap_or_default();
            FaceMotion { landmarks_in_frame, frame_size: frame.pixels.dimensions().into(), pose, gaze, pupils_in_frame }
        });
        if face.is_none() {
            self.smoother.reset();
            self.gaze.reset();
        }
        TrackedFrame { time: frame.time, pixels: Some(frame.pixels), face }
    }
}

fn with_pose(face: FaceMotion) -> FaceMotion {
    if face.pose == HeadPose::default() { FaceMotion { pose: head_pose(&face.landmarks_in_frame), ..face } } else { face }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use glam::Vec2;
    use image::RgbImage;

    use super::*;
    use crate::data::{FrameTime, Landmarks};
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
    fn stored_motion_keeps_its_pose_or_gets_one() {
        let pose = HeadPose { yaw_rad: 0.3, pitch_rad: 0.1, roll_rad: -0.2 };
        let mut tracker = Tracker::new(None, TrackOptions::default());
        let mut pose_of = |stored: HeadPose| {
            let face = FaceMotion {
                landmarks_in_frame: turned(pose),
                frame_size: [400, 400],
                pose: stored,
                gaze: Some(Vec2::new(0.2, -0.1)),
                pupils_in_frame: None,
            };
            let passed = tracker.track(Input::Motion(time(), Some(face.clone()))).face.expect("motion passes");
            assert_eq!(passed.landmarks_in_frame, face.landmarks_in_frame, "landmarks are not touched");
            assert_eq!(passed.gaze, face.gaze, "nor is the gaze");
            passed.pose
        };
        let own = HeadPose { yaw_rad: 0.7, ..HeadPose::default() };
        assert_eq!(pose_of(own), own, "a stored pose is kept");
        assert!((pose_of(HeadPose::default()).yaw_rad - 0.3).abs() < 0.01, "a missing one is measured");
    }
}
