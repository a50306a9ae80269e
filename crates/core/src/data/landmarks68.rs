//! The 68 landmarks of the iBUG scheme, as weighted means of points of the mesh.
//!
//! Right and left are the person's own. Fitted by non-negative least squares to the landmarks that dlib reads from the same pictures (the clips frown,
//! smile and `lively_turns` and twelve portraits), the same on both sides of the face. Upper and lower lids, and upper and lower lips inside, have the same
//! weights, so that they meet where the mesh does. No weight crosses from one part of the face to another: a blink moves no brow.

use glam::Vec3;

use super::{FaceMesh, Landmarks};

const POINTS: usize = FaceMesh::COUNT;
const LANDMARKS: usize = Landmarks::COUNT;

/// Points of the mesh and their weights, for each landmark.
#[rustfmt::skip]
const WEIGHTS: [&[(u16, f32)]; LANDMARKS] = [
    // Jaw, from the right ear over the chin to the left.
    &[(127, 0.941), (162, 0.059)],
    &[(93, 0.208), (227, 0.174), (234, 0.618)],
    &[(93, 0.542), (132, 0.099), (177, 0.359)],
    &[(58, 0.257), (132, 0.386), (215, 0.357)],
    &[(58, 0.220), (172, 0.665), (215, 0.115)],
    &[(136, 1.0)],
    &[(149, 0.663), (150, 0.337)],
    &[(148, 0.492), (176, 0.508)],
    &[(152, 1.0)],
    &[(377, 0.492), (400, 0.508)],
    &[(378, 0.663), (379, 0.337)],
    &[(365, 1.0)],
    &[(288, 0.220), (397, 0.665), (435, 0.115)],
    &[(288, 0.257), (361, 0.386), (435, 0.357)],
    &[(323, 0.542), (361, 0.099), (401, 0.359)],
    &[(323, 0.208), (447, 0.174), (454, 0.618)],
    &[(356, 0.941), (389, 0.059)],
    // Right brow.
    &[(70, 0.814), (124, 0.093), (156, 0.093)],
    &[(69, 0.100), (70, 0.485), (105, 0.415)],
    &[(52, 0.562), (105, 0.257), (108, 0.181)],
    &[(65, 0.608), (107, 0.219), (108, 0.173)],
    &[(8, 0.182), (55, 0.628), (108, 0.190)],
    // Left brow.
    &[(8, 0.182), (285, 0.628), (337, 0.190)],
    &[(295, 0.608), (336, 0.219), (337, 0.173)],
    &[(282, 0.562), (334, 0.257), (337, 0.181)],
    &[(299, 0.100), (300, 0.485), (334, 0.415)],
    &[(300, 0.814), (353, 0.093), (383, 0.093)],
    // Bridge of the nose.
    &[(6, 0.177), (168, 0.823)],
    &[(6, 0.226), (197, 0.774)],
    &[(5, 0.864), (6, 0.136)],
    &[(1, 0.223), (4, 0.777)],
    // Nostrils.
    &[(97, 0.171), (98, 0.736), (241, 0.093)],
    &[(2, 0.078), (97, 0.922)],
    &[(2, 1.0)],
    &[(2, 0.078), (326, 0.922)],
    &[(326, 0.171), (327, 0.736), (461, 0.093)],
    // Right eye.
    &[(25, 0.130), (33, 0.870)],
    &[(133, 0.052), (160, 0.948)],
    &[(158, 1.0)],
    &[(112, 0.171), (133, 0.829)],
    &[(153, 1.0)],
    &[(133, 0.052), (144, 0.948)],
    // Left eye.
    &[(341, 0.171), (362, 0.829)],
    &[(385, 1.0)],
    &[(362, 0.052), (387, 0.948)],
    &[(255, 0.130), (263, 0.870)],
    &[(362, 0.052), (373, 0.948)],
    &[(380, 1.0)],
    // Outer lips.
    &[(61, 1.0)],
    &[(39, 0.555), (73, 0.184), (184, 0.261)],
    &[(0, 0.159), (37, 0.811), (61, 0.030)],
    &[(0, 0.478), (72, 0.261), (302, 0.261)],
    &[(0, 0.159), (267, 0.811), (291, 0.030)],
    &[(269, 0.555), (303, 0.184), (408, 0.261)],
    &[(291, 1.0)],
    &[(321, 0.367), (405, 0.633)],
    &[(17, 0.052), (314, 0.948)],
    &[(17, 1.0)],
    &[(17, 0.052), (84, 0.948)],
    &[(91, 0.367), (181, 0.633)],
    // Inner lips.
    &[(78, 1.0)],
    &[(78, 0.041), (82, 0.959)],
    &[(13, 1.0)],
    &[(308, 0.041), (312, 0.959)],
    &[(308, 1.0)],
    &[(308, 0.041), (317, 0.959)],
    &[(14, 1.0)],
    &[(78, 0.041), (87, 0.959)],
];

/// The 68 landmarks in the space of the points.
pub(super) fn landmarks68(points: &[Vec3; POINTS]) -> [Vec3; LANDMARKS] {
    WEIGHTS.map(|weights| weights.iter().map(|(index, weight)| points[usize::from(*index)] * *weight).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_landmark_is_a_mean_of_points() {
        for (landmark, weights) in WEIGHTS.iter().enumerate() {
            let sum: f32 = weights.iter().map(|(_, weight)| weight).sum();
            assert!(
                (sum - 1.0).abs() < 1e-6 && weights.iter().all(|(index, weight)| usize::from(*index) < POINTS && *weight > 0.0),
                "{landmark}"
            );
        }
        assert_eq!(landmarks68(&[Vec3::new(1.0, 2.0, 3.0); POINTS])[30].round(), Vec3::new(1.0, 2.0, 3.0));
    }

    #[test]
    fn lids_and_lips_meet_where_the_mesh_does() {
        let mut points = std::array::from_fn(|i| Vec3::new(i as f32, (i * 7 % 13) as f32, 0.0));
        // Lower points take the places of those above them.
        for (upper, lower) in
            [(246, 7), (161, 163), (160, 144), (159, 145), (158, 153), (157, 154), (173, 155), (386, 374), (385, 380), (387, 373)]
        {
            points[lower] = points[upper];
        }
        for (upper, lower) in [(191, 95), (80, 88), (81, 178), (82, 87), (13, 14), (312, 317), (311, 402), (310, 318), (415, 324)] {
            points[lower] = points[upper];
        }
        let landmarks = landmarks68(&points);
        for (upper, lower) in [(37, 41), (38, 40), (43, 47), (44, 46), (61, 67), (62, 66), (63, 65)] {
            assert!(
                landmarks[upper].abs_diff_eq(landmarks[lower], 1e-3),
                "{upper} and {lower}: {} and {}",
                landmarks[upper],
                landmarks[lower]
            );
        }
    }
}
