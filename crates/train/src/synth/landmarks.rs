//! Where the 68 landmarks and the pupils of a person are seen: on dlib's convention, with a jaw contour that slides as the head turns.

use glam::{Vec2, Vec3};

use super::facekit::FaceKit;
use super::person::Person;
use super::surface::Camera;

/// The inner mouth corners lie on the way from the kit's inner corner to the outer one by this part: inner landmark, outer landmark.
const MOUTH_CORNERS: [(usize, usize); 2] = [(60, 48), (64, 54)];
const CORNER_SHARE: f32 = 0.45;

impl Person {
    /// The 68 landmarks and the two pupils (the one at landmark 36 first), in pixel-index coordinates, of positions made by [`Person::positions`].
    pub fn landmarks(&self, kit: &FaceKit, positions: &[Vec3], camera: &Camera) -> ([Vec2; 68], [Vec2; 2]) {
        let seen = |i: u32| camera.project(positions[i as usize]);
        let mut points = kit.landmarks.map(seen);
        // Across the face as it is seen: outermost is measured along this, so that a tilted head has the same contour.
        let down = (points[8] - points[27]).normalize_or(Vec2::Y);
        let across = Vec2::new(down.y, -down.x);
        for (landmark, row) in &kit.jaw_rows {
            let side = if *landmark < 8 { -1.0 } else { 1.0 };
            let outermost = row.iter().map(|&i| seen(i)).max_by(|a, b| (side * a.dot(across)).total_cmp(&(side * b.dot(across))));
            points[*landmark] = outermost.unwrap_or(points[*landmark]);
        }
        for (inner, outer) in MOUTH_CORNERS {
            points[inner] = points[inner].lerp(points[outer], CORNER_SHARE);
        }
        (points, self.pupils.map(seen))
    }
}
