//! The face as a mesh: 478 points in 3D, in the order of MediaPipe's Face Landmarker.

mod stored;

use glam::{Vec2, Vec3};

use super::Landmarks;
use super::landmarks68::landmarks68;

/// Points of a face's surface and irises, in pixels of whatever picture the holder's field name says: x to the right, y down, z away from the viewer in the
/// same unit, relative to a plane near the face's middle. The centre of pixel `i` lies at `i`.
#[derive(Clone, Debug, PartialEq)]
pub struct FaceMesh(pub Box<[Vec3; Self::COUNT]>);

impl FaceMesh {
    /// How many points there are: those of the skin, then five of each iris (its middle first).
    pub const COUNT: usize = 478;
    /// How many of them lie on the skin.
    pub const SKIN: usize = 468;
    /// Middles of the right and the left iris.
    pub const PUPILS: [usize; 2] = [468, 473];
    /// The right and the left eye's opening: from the outer corner over the upper lid to the inner corner, and back along the lower lid. Point `i` of the upper lid
    /// (1 to 7) lies above point `16 - i`.
    pub const EYES: [[u16; 16]; 2] = [
        [33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7],
        [263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249],
    ];
    /// The crease above the right and the left upper lid, from the outer to the inner corner: point `i` lies above point `i + 1` of [`Self::EYES`].
    pub const CREASES: [[u16; 7]; 2] = [[247, 30, 29, 27, 28, 56, 190], [467, 260, 259, 257, 258, 286, 414]];
    /// The row of points above those.
    pub const ABOVE_CREASES: [[u16; 7]; 2] = [[113, 225, 224, 223, 222, 221, 189], [342, 445, 444, 443, 442, 441, 413]];
    /// The inner contour of the lips: from the right corner along the upper lip to the left corner, and back along the lower lip. Point `i` of the upper lip
    /// (1 to 9) lies above point `20 - i`.
    pub const INNER_LIPS: [u16; 20] = [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95];
    /// The outline of the face, clockwise in the picture from the middle of the forehead.
    pub const OUTLINE: [u16; 36] = [
        10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136, 172, 58,
        132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
    ];

    /// Points in the plane of symmetry, in order; the other points of the skin come in pairs of which the first lies on the person's right.
    const MIDDLE: [u16; 28] =
        [0, 1, 2, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 94, 151, 152, 164, 168, 175, 195, 197, 199, 200];
    /// First of the points on the person's left.
    const LEFT: u16 = 248;

    /// The same points from a slice.
    ///
    /// `None` where there are more or fewer, or one is no number.
    pub fn from_points(points: &[Vec3]) -> Option<Self> {
        let points: Box<[Vec3; Self::COUNT]> = points.to_vec().into_boxed_slice().try_into().ok()?;
        points.iter().all(|p| p.is_finite()).then_some(Self(points))
    }

    /// Every point sent through `f`.
    #[must_use]
    pub fn map(&self, f: impl FnMut(Vec3) -> Vec3) -> Self {
        Self(Box::new(self.0.map(f)))
    }

    /// The 68 landmarks of this face.
    pub fn landmarks(&self) -> Landmarks {
        Landmarks(self.landmarks_in_space().map(Vec3::truncate))
    }

    /// The 68 landmarks with their depth.
    pub fn landmarks_in_space(&self) -> [Vec3; Landmarks::COUNT] {
        landmarks68(&self.0)
    }

    /// Middles of the right and the left iris, in the picture.
    pub fn pupils(&self) -> [Vec2; 2] {
        Self::PUPILS.map(|index| self.0[index].truncate())
    }

    /// Distance between the irises in the picture.
    pub fn inter_ocular(&self) -> f32 {
        let [right, left] = self.pupils();
        right.distance(left)
    }

    /// The face as in a mirror: left and right exchanged, in a picture whose last column has the index `last_column`.
    #[must_use]
    pub fn mirrored(&self, last_column: f32) -> Self {
        let partners = Self::partners();
        Self(Box::new(std::array::from_fn(|i| {
            let p = self.0[usize::from(partners[i])];
            Vec3::new(last_column - p.x, p.y, p.z)
        })))
    }

    /// For every point, the one that takes its place in a mirrored face.
    pub fn partners() -> [u16; Self::COUNT] {
        let mut partners: [u16; Self::COUNT] = std::array::from_fn(|i| i as u16);
        for (left, right) in (Self::LEFT..).zip((0..Self::LEFT).filter(|i| !Self::MIDDLE.contains(i))) {
            partners.swap(usize::from(right), usize::from(left));
        }
        // Of an iris: its middle, then its left, upper, right and lower end in the picture's own directions for the right eye, mirrored for the left.
        let [right, left] = Self::PUPILS;
        for (a, b) in [(0, 0), (1, 3), (2, 2), (3, 1), (4, 4)] {
            partners.swap(right + a, left + b);
        }
        partners
    }

    /// Point by point from `self` (at 0) to `other` (at 1).
    #[must_use]
    pub fn lerp(&self, other: &Self, amount: f32) -> Self {
        Self(Box::new(std::array::from_fn(|i| self.0[i].lerp(other.0[i], amount))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partners_are_mutual_and_lists_are_symmetric() {
        let partners = FaceMesh::partners();
        assert!((0..FaceMesh::COUNT).all(|i| usize::from(partners[usize::from(partners[i])]) == i), "partners are mutual");
        let partner = |i: u16| partners[usize::from(i)];
        for (right, left) in FaceMesh::EYES[0].iter().zip(FaceMesh::EYES[1]) {
            assert_eq!(partner(*right), left, "lids");
        }
        for [right, left] in [FaceMesh::CREASES, FaceMesh::ABOVE_CREASES] {
            assert_eq!(right.map(partner), left, "creases");
        }
        for i in 0..20 {
            let mirrored = if i <= 10 { 10 - i } else { 30 - i };
            assert_eq!(partner(FaceMesh::INNER_LIPS[i]), FaceMesh::INNER_LIPS[mirrored % 20], "lips {i}");
        }
        for i in 0..36 {
            assert_eq!(partner(FaceMesh::OUTLINE[i]), FaceMesh::OUTLINE[(36 - i) % 36], "outline {i}");
        }
    }

    #[test]
    fn mirroring_twice_changes_nothing_and_agrees_with_the_landmarks() {
        let face = FaceMesh(Box::new(std::array::from_fn(|i| Vec3::new(i as f32 * 0.5, (i * i % 97) as f32, i as f32))));
        assert_eq!(face.mirrored(300.0).mirrored(300.0), face);
        let (a, b) = (face.mirrored(300.0).landmarks(), face.landmarks().mirrored(300.0));
        assert!(a.0.iter().zip(&b.0).all(|(a, b)| a.distance(*b) < 1e-3), "the landmarks' own mirror");
    }

    #[test]
    fn only_whole_finite_faces_are_taken() {
        let points = vec![Vec3::ONE; FaceMesh::COUNT];
        assert!(FaceMesh::from_points(&points).is_some());
        assert!(FaceMesh::from_points(&points[1..]).is_none(), "a point is missing");
        let mut wild = points;
        wild[7].z = f32::NAN;
        assert!(FaceMesh::from_points(&wild).is_none(), "no number");
    }
}
