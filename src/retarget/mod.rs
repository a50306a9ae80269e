//! Carries the driver's motion over to the portrait's own face.
//!
//! The driver's mesh is taken apart into the motion of the head and the expression, both relative to a neutral face, and put together again on the portrait's
//! own mesh: a wide mouth stays wide, large eyes close fully, and a portrait that looks to the side turns from where it looks.

mod camera;
mod drivers;
mod eyes;
mod framing;
mod limits;
mod lips;
mod mirror;
mod neutral;
mod presence;
mod shape;
mod sitter;

use std::time::Duration;

use camera::Camera;
use drivers::{Driver, Drivers};
use eyes::Eye;
use glam::Vec2;
use presence::Presence;
use sitter::{DriverFrame, SitterFace};

use crate::data::{Crop, FaceMesh, FaceMotion, MeshMotion, Portrait, PuppetMotion, TrackedFrame};
use crate::settings::Controls;

/// Retargets one driver to one portrait. Keeps the calibration when the portrait changes.
#[derive(Debug, Default)]
pub struct Retargeter {
    controls: Controls,
    drivers: Drivers,
    last_column: f32,
    presence: Presence,
    sitter: Option<Sitter>,
    held: Option<Held>,
}

/// The portrait.
#[derive(Debug)]
struct Sitter {
    face: SitterFace,
    crop: Crop,
    picture_size: [f32; 2],
}

/// What a frame's face does.
#[derive(Default)]
struct Followed {
    /// Whether it drives the portrait.
    drives: bool,
    /// The motion that it makes; `None` without a portrait, and for what is no face.
    held: Option<Held>,
}

/// The last motion that a face made.
#[derive(Debug)]
struct Held {
    motion: MeshMotion,
    gaze: Vec2,
}

impl Retargeter {
    /// Starts on a new portrait, from rest.
    pub fn set_portrait(&mut self, portrait: &Portrait) {
        let (width, height) = portrait.pixels.dimensions();
        let face = SitterFace::of(portrait);
        self.sitter = face.map(|face| Sitter { face, crop: portrait.crop, picture_size: [width as f32, height as f32] });
        self.held = None;
    }

    /// Takes over strengths and switches; mirroring keeps the calibration valid.
    pub fn set_controls(&mut self, controls: Controls) {
        if controls.mirror != self.controls.mirror {
            self.drivers.mirror(self.last_column);
        }
        self.controls = controls;
    }

    /// Whether the portrait moves like the driver's mirror image.
    pub fn mirrors(&self) -> bool {
        self.controls.mirror
    }

    /// Takes the driver's face in the next frames as the new neutral one.
    pub fn recalibrate(&mut self) {
        self.drivers = Drivers::default();
    }

    /// Takes the driver's face in this frame, and it alone, as the new neutral one; false when there is none.
    pub fn take_as_neutral(&mut self, tracked: &TrackedFrame) -> bool {
        let Some(face) = tracked.face.as_ref().filter(|face| face.mesh_in_frame.is_some()) else { return false };
        let face = if self.controls.mirror { mirror::mirrored(face) } else { face.clone() };
        self.drivers = Drivers::default();
        let followed = self.follow(tracked.time.media_time, &face);
        if let Some(driver) = self.drivers.present_mut() {
            driver.calibration.settle();
        }
        followed.drives
    }

    /// Whether the neutral face is settled.
    pub fn is_calibrated(&self) -> bool {
        self.drivers.present().is_some_and(|driver| driver.calibration.is_settled())
    }

    /// Where the portrait's face goes for one tracked frame; `None` before a portrait is set. While no face drives, the portrait eases back to rest.
    pub fn retarget(&mut self, tracked: &TrackedFrame) -> Option<PuppetMotion> {
        let now = tracked.time.media_time;
        let followed = self.face_in(tracked).map_or_else(Followed::default, |face| self.follow(now, &face));
        self.presence.update(now, followed.drives);
        self.held = followed.held.or(self.held.take());
        self.motion()
    }

    /// The same for a frame that was retargeted before, for another portrait or with other controls maybe: nothing is learnt from it. Without a face that drives,
    /// the portrait keeps its motion.
    pub fn again(&mut self, tracked: &TrackedFrame) -> Option<PuppetMotion> {
        let held = self.face_in(tracked).and_then(|face| self.measure(tracked.time.media_time, &face));
        self.held = held.or(self.held.take());
        self.motion()
    }

    /// What is held, as present as the driver is.
    fn motion(&self) -> Option<PuppetMotion> {
        let (sitter, presence) = (self.sitter.as_ref()?, self.presence.weight());
        let (motion, gaze) = match &self.held {
            Some(held) => (sitter.face.eased(held.motion.clone(), presence), Some(held.gaze * presence)),
            None => (sitter.face.at_rest(), None),
        };
        Some(Sitter::motion(motion, gaze))
    }

    /// The face in a frame, as the portrait is to follow it.
    fn face_in(&self, tracked: &TrackedFrame) -> Option<FaceMotion> {
        tracked.face.as_ref().map(|face| if self.controls.mirror { mirror::mirrored(face) } else { face.clone() })
    }

    /// What the portrait does by a face, measured by what is known of its driver. `None` for a face of nobody who drives.
    fn measure(&self, now: Duration, face: &FaceMotion) -> Option<Held> {
        let (mesh, sitter) = (face.mesh_in_frame.as_deref()?, self.sitter.as_ref()?);
        if self.controls.absolute {
            return sitter.absolute(mesh, face.frame_size);
        }
        let mut driver = self.drivers.present_at(mesh)?.clone();
        Some(sitter.held(&driver.frame(now, face)?, &self.controls))
    }

    /// Learns from a frame, and says what the portrait does in it.
    fn follow(&mut self, now: Duration, face: &FaceMotion) -> Followed {
        let Some(mesh) = face.mesh_in_frame.as_deref() else { return Followed::default() };
        let sitter = self.sitter.as_ref();
        self.last_column = face.frame_size[0] as f32 - 1.0;
        if self.controls.absolute {
            return Followed { drives: true, held: sitter.and_then(|sitter| sitter.absolute(mesh, face.frame_size)) };
        }
        let Some(driver) = self.drivers.whose(now, mesh) else { return Followed::default() };
        let held = driver.frame(now, face).zip(sitter).map(|(frame, sitter)| sitter.held(&frame, &self.controls));
        Followed { drives: true, held }
    }
}

/// The motion that puts a face into the portrait's picture as it is: for re-enactment of the same head. The mesh is in pixels of the picture. `None` without a
/// mesh of the portrait, or for what is no face.
pub fn reenacted(portrait: &Portrait, mesh_in_image: &FaceMesh) -> Option<MeshMotion> {
    let scale = portrait.crop.scale();
    let mesh = mesh_in_image.map(|p| portrait.crop.crop_from_image(p.truncate()).extend(p.z / scale));
    SitterFace::of(portrait)?.absolute(&mesh)
}

impl SitterFace {
    /// The portrait's; `None` where it has no mesh, or one that is no face.
    fn of(portrait: &Portrait) -> Option<Self> {
        let (width, height) = portrait.pixels.dimensions();
        let camera = Camera::of_picture([width, height].map(f64::from)).in_crop(&portrait.crop);
        Self::new(portrait.mesh_in_crop()?, camera)
    }
}

impl Driver {
    /// Learns from a frame. `None` for what is no face.
    fn frame(&mut self, now: Duration, face: &FaceMotion) -> Option<DriverFrame<'_>> {
        let elapsed = self.last.replace(now).map_or(0.0, |last| now.saturating_sub(last).as_secs_f32()).min(1.0);
        let seen = self.calibration.see(now, face)?;
        for (side, lids) in self.lids.iter_mut().enumerate() {
            lids.see(Eye::of(&seen.shape, side).opening, elapsed);
        }
        self.lips.see(&seen.shape);
        Some(DriverFrame { neutral: self.calibration.neutral()?, seen, lids: self.lids, lips: self.lips })
    }
}

impl Sitter {
    /// What it does by a driver's frame.
    fn held(&self, frame: &DriverFrame<'_>, controls: &Controls) -> Held {
        let gaze = frame.gaze() * controls.strengths.gaze;
        Held { motion: self.face.moved(frame, gaze, &controls.strengths), gaze }
    }

    /// What it does to be where a face of a frame of this size is.
    fn absolute(&self, mesh: &FaceMesh, frame_size: [u32; 2]) -> Option<Held> {
        let motion = self.face.absolute(&self.placed(mesh, frame_size))?;
        Some(Held { motion, gaze: Vec2::ZERO })
    }

    /// A mesh of a frame of this size at the same relative place of the portrait's picture, in the crop.
    fn placed(&self, mesh: &FaceMesh, frame_size: [u32; 2]) -> FaceMesh {
        let scale = Vec2::from_array([0, 1].map(|axis| self.picture_size[axis] / frame_size[axis].max(1) as f32));
        let depth = scale.x / self.crop.scale();
        mesh.map(|p| self.crop.crop_from_image((p.truncate() + 0.5) * scale - 0.5).extend(p.z * depth))
    }

    /// The same as landmarks too.
    fn motion(mesh: MeshMotion, gaze: Option<Vec2>) -> PuppetMotion {
        let posed = mesh.mesh_in_crop();
        PuppetMotion { landmarks_in_crop: posed.landmarks(), gaze, pupils_in_crop: Some(posed.pupils()), mesh: Some(mesh) }
    }
}

#[cfg(test)]
mod tests;
