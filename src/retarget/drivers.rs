//! Who drives: one face at a time, and not the first that comes along.
//!
//! Faces are told apart by their place: the shape of a face differs no more from person to person than from expression to expression (root mean square
//! differences of hardly moving points, measured on six clips: 0.036 for one person in one of a hundred frames, 0.018 between people as often).

use std::time::Duration;

use glam::Vec2;

use super::neutral::Calibration;
use crate::data::FaceMesh;
use crate::retarget::eyes::LidRange;
use crate::retarget::lips::LipRange;

/// A face at a new place must stay for this long, in seconds, before it drives when another has driven; one that has driven before, for this long.
const TAKES_OVER_SECS: f32 = 1.0;
const COMES_BACK_SECS: f32 = 0.15;
/// Two places are one when they are no further apart than this many distances between the eyes, and their sizes no more different than this factor.
const NEAR: f32 = 1.5;
const AS_LARGE: f32 = 1.6;
/// Most drivers that are remembered.
const REMEMBERED: usize = 3;

/// What is known of a driver.
#[derive(Clone, Debug, Default)]
pub(super) struct Driver {
    pub(super) calibration: Calibration,
    pub(super) lids: [LidRange; 2],
    pub(super) lips: LipRange,
    pub(super) last: Option<Duration>,
}

/// Where a face is in the frame.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Place {
    centre: Vec2,
    size: f32,
}

impl Place {
    fn of(mesh: &FaceMesh) -> Self {
        let [right, left] = mesh.pupils();
        Self { centre: 0.5 * (right + left), size: mesh.inter_ocular().max(1e-3) }
    }

    fn is_near(&self, other: &Self) -> bool {
        let size = self.size.max(other.size);
        self.centre.distance(other.centre) < NEAR * size && size < AS_LARGE * self.size.min(other.size)
    }
}

/// The drivers that were seen.
#[derive(Debug, Default)]
pub(super) struct Drivers {
    /// The one who drives, or drove last, first.
    known: Vec<(Place, Driver)>,
    /// A face that does not drive yet, and since when it is there.
    waiting: Option<(Place, Duration)>,
}

impl Drivers {
    /// The driver whose face this is. `None` while it does not drive yet.
    pub(super) fn whose(&mut self, now: Duration, mesh: &FaceMesh) -> Option<&mut Driver> {
        let here = Place::of(mesh);
        let known = self.known.iter().position(|(place, _)| place.is_near(&here));
        if known != Some(0) && !self.known.is_empty() && !self.has_waited(now, here, known.is_some()) {
            return None;
        }
        self.waiting = None;
        let driver = known.map_or_else(Driver::default, |known| self.known.remove(known).1);
        self.known.insert(0, (here, driver));
        self.known.truncate(REMEMBERED);
        self.known.first_mut().map(|(_, driver)| driver)
    }

    fn has_waited(&mut self, now: Duration, here: Place, is_known: bool) -> bool {
        let since = match self.waiting {
            Some((place, since)) if place.is_near(&here) => since,
            _ => now,
        };
        self.waiting = Some((here, since));
        let wait = if is_known { COMES_BACK_SECS } else { TAKES_OVER_SECS };
        now.saturating_sub(since).as_secs_f32() >= wait
    }

    /// The one who drives, or drove last, if this is the face.
    pub(super) fn present_at(&self, mesh: &FaceMesh) -> Option<&Driver> {
        let here = Place::of(mesh);
        self.known.first().filter(|(place, _)| place.is_near(&here)).map(|(_, driver)| driver)
    }

    /// The one who drives, or drove last.
    pub(super) fn present(&self) -> Option<&Driver> {
        self.known.first().map(|(_, driver)| driver)
    }

    /// The same, to be changed.
    pub(super) fn present_mut(&mut self) -> Option<&mut Driver> {
        self.known.first_mut().map(|(_, driver)| driver)
    }

    /// Exchanges left and right of all that is known, in frames whose last column is `last_column`.
    pub(super) fn mirror(&mut self, last_column: f32) {
        self.waiting = None;
        for (place, driver) in &mut self.known {
            place.centre.x = last_column - place.centre.x;
            driver.calibration.mirror(last_column);
            driver.lids.swap(0, 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use glam::Vec3;

    use super::*;

    fn face(centre: Vec2, size: f32) -> FaceMesh {
        let mut mesh = FaceMesh(Box::new([centre.extend(0.0); FaceMesh::COUNT]));
        for (pupil, side) in FaceMesh::PUPILS.into_iter().zip([-0.5, 0.5]) {
            mesh.0[pupil] += Vec3::X * (side * size);
        }
        mesh
    }

    /// Whether a face drives at each tenth of a second, and whether it is the one that drove at first.
    fn follow(drivers: &mut Drivers, from: u64, faces: &[FaceMesh]) -> Vec<Option<bool>> {
        let each = faces.iter().enumerate().map(|(i, mesh)| {
            let now = Duration::from_millis(100 * (from + i as u64));
            let driver = drivers.whose(now, mesh)?;
            let known = driver.last.is_some();
            driver.last.get_or_insert(Duration::ZERO);
            Some(known)
        });
        each.collect()
    }

    #[test]
    fn another_face_takes_over_after_a_while_and_the_first_gets_it_back() {
        let mut drivers = Drivers::default();
        let (sitter, painting) = (face(Vec2::new(300.0, 200.0), 60.0), face(Vec2::new(520.0, 90.0), 30.0));
        assert_eq!(follow(&mut drivers, 0, &[sitter.clone(), sitter.clone()]), [Some(false), Some(true)], "at once");
        let other = follow(&mut drivers, 10, &vec![painting; 12]);
        assert_eq!(other[..10], [None; 10], "not at once");
        assert_eq!(other[10..], [Some(false), Some(true)], "after a second, as a driver of its own");
        let back = follow(&mut drivers, 30, &vec![sitter; 4]);
        assert_eq!(back, [None, None, Some(true), Some(true)], "soon, with what was known of it");
    }

    #[test]
    fn a_reading_that_jumps_about_never_drives_and_slow_motion_does() {
        let mut drivers = Drivers::default();
        let at = |x: f32| face(Vec2::new(x, 200.0), 50.0);
        let moving: Vec<FaceMesh> = (0..30).map(|i| at(100.0 + 40.0 * i as f32)).collect();
        assert!(follow(&mut drivers, 0, &moving).iter().all(Option::is_some), "a face that moves on is the same");
        let wild: Vec<FaceMesh> = (0..30).map(|i| at(if i % 2 == 0 { 100.0 } else { 700.0 })).collect();
        assert!(follow(&mut drivers, 30, &wild).iter().all(Option::is_none), "one that jumps is none");
    }
}
