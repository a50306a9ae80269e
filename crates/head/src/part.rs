//! An eye or a mouth in a frame of its own: upright and always of the same size, wherever the head is. Networks that draw what no pixel of the portrait shows
//! see it so.

use std::sync::Arc;

use glam::{Mat3, Vec2, Vec3};
use image::RgbaImage;
use retrato_core::data::{CROP_PX, Crop, FaceMesh, HeadMotion, MeshMotion, MouthPicture, PartPlace};

use crate::limit::limited;
use crate::paint::HeadPainter;
use crate::pose::PosedHead;
use crate::sample::{Picture, between_bytes};
use crate::shape::HeadShape;
use crate::template::TemplateError;

/// A part of the face.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FacePart {
    /// The sitter's right eye with its brow.
    RightEye,
    /// The sitter's left eye with its brow.
    LeftEye,
    /// The mouth from the nose to the chin.
    Mouth,
}

impl FacePart {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::RightEye, Self::LeftEye, Self::Mouth];

    /// Pixels of its frame across and down, multiples of 8.
    pub const fn size(self) -> [usize; 2] {
        match self {
            Self::RightEye | Self::LeftEye => [96, 80],
            Self::Mouth => [128, 112],
        }
    }

    /// The points at its two ends, from left to right in the picture.
    const fn ends(self) -> [usize; 2] {
        match self {
            Self::RightEye => [33, 133],
            Self::LeftEye => [362, 263],
            Self::Mouth => [61, 291],
        }
    }

    /// Three points, clockwise in the picture, that lie about in its plane: its ends and one below.
    const fn plane(self) -> [usize; 3] {
        match self {
            Self::RightEye => [33, 133, 101],
            Self::LeftEye => [362, 263, 330],
            Self::Mouth => [61, 291, 199],
        }
    }

    /// Pixels of the frame in a distance between the outer corners of the eyes, which are about 9 cm apart. Derived: an eye is then two thirds as wide as its
    /// frame, a mouth half as wide.
    const fn unit_px(self) -> f32 {
        match self {
            Self::RightEye | Self::LeftEye => 192.0,
            Self::Mouth => 128.0,
        }
    }

    /// Where in the frame the middle between the two ends lies: brows stand above an eye, an open jaw hangs below a mouth.
    const fn middle(self) -> Vec2 {
        match self {
            Self::RightEye | Self::LeftEye => Vec2::new(47.5, 47.5),
            Self::Mouth => Vec2::new(63.5, 41.5),
        }
    }
}

/// A portrait's eye or mouth, drawn by geometry in its own frame.
pub struct PartView {
    part: FacePart,
    /// The face alone, in the frame's pixels.
    shape: HeadShape,
    /// Where the frame lies in the crop while the head is at rest.
    rest: PartPlace,
    /// What the whole head's motion is limited by: its middle, and the distance between the eyes, in crop pixels.
    middle: Vec3,
    unit_px: f32,
    posed: PosedHead,
    painter: HeadPainter,
    drawn: RgbaImage,
}

impl std::fmt::Debug for PartView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartView").field("part", &self.part).field("rest", &self.rest).finish_non_exhaustive()
    }
}

/// Where a part is in one frame.
#[derive(Clone, Debug)]
pub struct PosedPart {
    /// Where its frame lies.
    pub place: PartPlace,
    /// The face in pixels of the frame.
    pub mesh: FaceMesh,
    /// The face's motion in pixels of the frame.
    pub motion: MeshMotion,
    /// How far the part faces the viewer: 1 straight, 0 from its side, less when it is turned away.
    pub facing: f32,
}

impl PartView {
    /// Of a portrait's picture with its mesh.
    ///
    /// # Errors
    /// A damaged build.
    pub fn new(part: FacePart, picture: &RgbaImage, crop: Crop, mesh_in_crop: &FaceMesh) -> Result<Self, TemplateError> {
        let point = |i: usize| mesh_in_crop.0[i];
        let [left, right] = part.ends().map(point);
        let unit = point(33).distance(point(263)).max(1e-3);
        let along = point(263) - point(33);
        let across = along.truncate().try_normalize().unwrap_or(Vec2::X) * unit / part.unit_px();
        let rest = placed_about(part, left.midpoint(right).truncate(), across);
        let [width, height] = part.size().map(|px| px as u32);
        let look = Picture::new(picture);
        let pixels = RgbaImage::from_fn(width, height, |x, y| {
            let at = crop.image_from_crop(rest.crop_from_frame(Vec2::new(x as f32, y as f32)));
            image::Rgba(between_bytes(look.area(at, across.length() * crop.scale())))
        });
        let to_frame = inverse(&motion_of(&rest));
        let mesh = mesh_in_crop.map(|p| to_frame.apply(p));
        let shape = HeadShape::of_face(&Arc::new(pixels), Crop::whole(CROP_PX), &mesh);
        let drawn = RgbaImage::clone(&shape.picture);
        let unit_px = mesh_in_crop.inter_ocular();
        Ok(Self { part, shape, rest, middle: point(168), unit_px, posed: PosedHead::default(), painter: HeadPainter::default(), drawn })
    }

    /// Which part it is.
    pub fn part(&self) -> FacePart {
        self.part
    }

    /// The part at rest.
    pub fn at_rest(&self) -> &RgbaImage {
        &self.shape.picture
    }

    /// The mesh at rest, in pixels of the frame.
    pub fn mesh_at_rest(&self) -> &FaceMesh {
        &self.shape.mesh
    }

    /// The skin's colour, 0 to 1.
    pub fn skin(&self) -> Vec3 {
        self.shape.skin
    }

    /// Where the part goes, in crop pixels.
    pub fn place(&self, motion: &MeshMotion) -> PosedPart {
        let head = limited(&motion.head, self.middle, self.unit_px);
        let [left, right] = self.part.ends().map(|i| motion.expression_in_crop.0[i]);
        let middle = head.apply(left.midpoint(right)).truncate();
        let turned = (head.rotation * self.rest.across.extend(0.0)).truncate();
        // As large as the head, also where it turns away.
        let across = turned.try_normalize().unwrap_or(Vec2::X) * self.rest.across.length() * head.scale;
        let place = placed_about(self.part, middle, across);
        let (from_rest, to_frame) = (motion_of(&self.rest), inverse(&motion_of(&place)));
        let back = inverse(&from_rest);
        let expression = Arc::new(motion.expression_in_crop.map(|p| back.apply(p)));
        let motion = MeshMotion { expression_in_crop: expression, head: after(&to_frame, &after(&head, &from_rest)) };
        let mesh = motion.mesh_in_crop();
        let [a, b, c] = self.part.plane().map(|i| mesh.0[i]);
        // Clockwise with y down and z away: the product points away from the viewer where the front is seen.
        let facing = (b - a).cross(c - a).normalize_or_zero().z;
        PosedPart { place, mesh, motion, facing }
    }

    /// The part as it was drawn last.
    pub fn drawn(&self) -> &RgbaImage {
        &self.drawn
    }

    /// Draws the part; what is seen in the mouth is given in pixels of the frame.
    pub fn draw(&mut self, posed: &PosedPart, mouth: &MouthPicture) -> &RgbaImage {
        let Self { shape, posed: pose, painter, drawn, .. } = self;
        shape.pose_within_limits(posed.motion.head, &posed.motion.expression_in_crop, pose);
        painter.paint(shape, pose, mouth, &shape.plate, drawn, &(0..shape.region.height as usize));
        drawn
    }
}

/// A part's frame with its middle at a point of the crop.
fn placed_about(part: FacePart, middle: Vec2, across: Vec2) -> PartPlace {
    let at = part.middle();
    PartPlace { origin: middle - across * at.x - across.perp() * at.y, across }
}

/// The way of a point in space from a frame to the crop; depths are scaled alike.
fn motion_of(place: &PartPlace) -> HeadMotion {
    let scale = place.across.length();
    let x = place.across / scale.max(1e-9);
    HeadMotion { rotation: Mat3::from_cols(x.extend(0.0), x.perp().extend(0.0), Vec3::Z), scale, translation: place.origin.extend(0.0) }
}

/// One motion after the other.
fn after(second: &HeadMotion, first: &HeadMotion) -> HeadMotion {
    HeadMotion {
        rotation: second.rotation * first.rotation,
        scale: second.scale * first.scale,
        translation: second.apply(first.translation),
    }
}

/// The way back.
fn inverse(motion: &HeadMotion) -> HeadMotion {
    let (rotation, scale) = (motion.rotation.transpose(), 1.0 / motion.scale.max(1e-9));
    HeadMotion { rotation, scale, translation: -scale * (rotation * motion.translation) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::testing;

    fn views() -> Vec<PartView> {
        let (picture, mesh) = (testing::picture(), testing::mesh());
        FacePart::ALL.map(|part| PartView::new(part, &picture, testing::crop(), &mesh).expect("a whole build")).into()
    }

    fn turned(yaw: f32, roll: f32) -> MeshMotion {
        let mesh = testing::mesh();
        let rotation = Mat3::from_rotation_z(roll) * Mat3::from_rotation_y(yaw);
        let head = HeadMotion::about(mesh.0[168] + Vec3::new(0.0, 30.0, 50.0), rotation, 1.1, Vec3::new(4.0, -2.0, 0.0));
        MeshMotion { expression_in_crop: Arc::new(mesh), head }
    }

    #[test]
    fn a_part_at_rest_is_the_picture_itself() {
        for mut view in views() {
            let rest = MeshMotion { expression_in_crop: Arc::new(testing::mesh()), head: HeadMotion::default() };
            let posed = view.place(&rest);
            assert!(posed.place.origin.distance(view.rest.origin) < 1e-3, "it is where it was");
            let off = posed.mesh.0.iter().zip(view.shape.mesh.0.iter()).map(|(a, b)| a.distance(*b)).fold(0.0, f32::max);
            assert!(off < 0.05, "{:?}: {off}", view.part());
            let before = view.at_rest().clone();
            let drawn = view.draw(&posed, &MouthPicture::default());
            let differs = drawn.as_raw().iter().zip(before.as_raw()).filter(|(a, b)| a.abs_diff(**b) > 4).count();
            assert!(differs * 50 < drawn.as_raw().len(), "{differs} numbers differ");
        }
    }

    #[test]
    fn beyond_the_limit_a_part_is_drawn_where_its_mesh_says() {
        for mut view in views() {
            let posed = view.place(&turned(1.0, 0.0));
            view.draw(&posed, &MouthPicture::default());
            let (own, drawn) = (&view.shape.face, &view.posed.face);
            let off = own.vertices.iter().zip(&drawn.at).map(|(vertex, at)| {
                let said = posed.mesh.0[usize::from(vertex.bound[0])].truncate();
                said.distance(at.truncate())
            });
            let off = off.fold(0.0, f32::max);
            assert!(off < 0.05, "{:?}: off by {off} pixels", view.part());
        }
    }

    #[test]
    fn a_frame_goes_with_its_part() {
        for view in views() {
            for motion in [turned(0.0, 0.4), turned(0.5, 0.0), turned(-0.3, -0.3)] {
                let posed = view.place(&motion);
                let [left, right] = view.part().ends().map(|i| posed.mesh.0[i].truncate());
                assert!(left.midpoint(right).distance(view.part().middle()) < 0.05, "its middle stays in the frame");
                assert!((right - left).y.abs() < 0.35 * (right - left).x, "upright: {}", right - left);
                let nose = motion.mesh_in_crop().0[4].truncate();
                let back = posed.place.crop_from_frame(posed.place.frame_from_crop(nose));
                assert!(back.distance(nose) < 1e-2, "there and back");
                // An eye looks outwards by some 20 degrees itself.
                assert!(posed.facing > 0.5, "it is seen: {}", posed.facing);
                assert!(posed.place.frame_from_crop(nose).distance(posed.mesh.0[4].truncate()) < 0.05, "the mesh is the crop's own");
            }
        }
    }
}
