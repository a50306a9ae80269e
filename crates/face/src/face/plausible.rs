//! Does a set of 68 landmarks look like a face? The predictor answers for any box, so somebody has to ask.

use glam::{Vec2, Vec3};

use crate::data::{Landmarks, region};

use super::head_model::{fit_rigid, template};

/// Say of each region in the comparison: mouth and lower jaw move with the expression.
fn weights() -> [f32; Landmarks::COUNT] {
    std::array::from_fn(|i| match i {
        i if region::MOUTH.contains(&i) || (4..13).contains(&i) => 0.3,
        _ => 1.0,
    })
}

/// How far the landmarks are from those of any turned generic head, in inter-ocular distances of the template.
/// Faces lie under 0.12, exaggerated ones (cartoons) under 0.2; infinite when no head fits at all.
pub fn shape_distance(landmarks: &Landmarks) -> f32 {
    let Some(fit) = fit_rigid(&landmarks.0, template(), &weights()) else { return f32::INFINITY };
    let mean = landmarks.0.iter().zip(template()).map(|(p, place)| p.distance(fit.project(*place))).sum::<f32>();
    mean / Landmarks::COUNT as f32 / fit.scale.max(1e-6)
}

/// Whether the parts of the face lie in their order: brows over eyes over nose over mouth over chin, and left of right, in the head's own axes.
pub fn parts_in_order(landmarks: &Landmarks) -> bool {
    let right_eye = landmarks.centre(region::RIGHT_EYE);
    let across = landmarks.centre(region::LEFT_EYE) - right_eye;
    let down = across.perp();
    let depth = |p: Vec2| (p - right_eye).dot(down) / across.length_squared().max(1e-6);
    let heights = [
        depth(landmarks.centre(region::BROWS)),
        depth(landmarks.centre(region::EYES)),
        depth(landmarks.centre(region::NOSE_BASE)),
        depth(landmarks.centre(region::MOUTH)),
        depth(landmarks.0[8]),
    ];
    let ordered = heights.windows(2).all(|pair| pair[1] > pair[0] + 0.05);
    let side = |p: Vec2| (p - right_eye).dot(across) / across.length_squared().max(1e-6);
    let outline = side(landmarks.0[0]) < 0.05 && side(landmarks.0[16]) > 0.95;
    ordered && outline && Vec3::new(across.x, across.y, 0.0).is_finite()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::HeadPose;
    use crate::face::rotation_from_pose;

    fn turned(yaw_rad: f32, pitch_rad: f32) -> Landmarks {
        let rotation = rotation_from_pose(HeadPose { yaw_rad, pitch_rad, roll_rad: 0.2 });
        Landmarks(template().map(|p| (rotation * p).truncate() * 90.0 + 200.0))
    }

    #[test]
    fn turned_heads_are_plausible() {
        for (yaw, pitch) in [(0.0, 0.0), (0.5, 0.0), (-0.5, 0.2), (0.0, -0.4)] {
            let face = turned(yaw, pitch);
            assert!(shape_distance(&face) < 0.01, "yaw {yaw} pitch {pitch}: {}", shape_distance(&face));
            assert!(parts_in_order(&face), "yaw {yaw} pitch {pitch} is out of order");
        }
    }

    #[test]
    fn scattered_points_and_faces_upside_down_are_not() {
        let scattered = Landmarks(std::array::from_fn(|i| Vec2::new((i * 37 % 101) as f32, (i * 53 % 97) as f32)));
        assert!(shape_distance(&scattered) > 0.3, "scattered points: {}", shape_distance(&scattered));
        let mut upside_down = turned(0.0, 0.0);
        for i in region::MOUTH {
            upside_down.0[i].y -= 200.0;
        }
        assert!(!parts_in_order(&upside_down), "a mouth on the forehead is in order");
        assert!(!shape_distance(&Landmarks([Vec2::ZERO; 68])).is_finite(), "one point is no face");
    }
}
