//! The dental arches of a generic head, as they are seen.
//!
//! Where the numbers come from: measured on the neutral head of ICT-FaceKit and on the same head with its jaw open, in the units of the generic head
//! ([`crate::face::template`]), heights from the seam of its closed lips.

use glam::{Vec2, Vec3};

use crate::face::RigidFit;

/// Height of the gums that are drawn beyond the crowns.
pub(super) const GUM: f32 = 0.14;
/// Borders between teeth from the middle to the back on one side: x, height of the biting edge, z.
const UPPER: [[f32; 3]; 7] = [
    [0.0, 0.028, 0.225],
    [0.143, 0.024, 0.205],
    [0.25, 0.014, 0.14],
    [0.325, 0.012, 0.045],
    [0.375, 0.0, -0.08],
    [0.42, -0.012, -0.19],
    [0.47, -0.024, -0.32],
];
const LOWER: [[f32; 3]; 7] = [
    [0.0, 0.008, 0.19],
    [0.11, 0.002, 0.175],
    [0.205, -0.01, 0.12],
    [0.285, -0.022, 0.03],
    [0.345, -0.022, -0.07],
    [0.385, -0.022, -0.18],
    [0.43, -0.04, -0.3],
];
/// How the lower ones move until the jaw is open: y, z.
const DROP: [[f32; 2]; 7] = [[0.543, -0.415], [0.53, -0.41], [0.5, -0.4], [0.455, -0.38], [0.405, -0.356], [0.352, -0.345], [0.3, -0.33]];
/// Heights of the crowns.
const UPPER_CROWN: f32 = 0.165;
const LOWER_CROWN: f32 = 0.14;
/// Depths at which teeth are in the dark and in full light.
const LIGHT: std::ops::Range<f32> = -0.35..0.15;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Jaw {
    /// Fast in the skull.
    Upper,
    /// Opens: 0 with the teeth together, 1 as wide as most people can.
    Lower,
}

/// One arch as it is seen in a picture: the biting edge between its thirteen borders.
pub(super) struct Arch {
    jaw: Jaw,
    borders: [Border; 13],
    /// Pixels of one unit from the biting edge to the gum, and across.
    down: Vec2,
    across: Vec2,
}

#[derive(Clone, Copy, Default)]
struct Border {
    at: Vec2,
    /// Along [`Arch::across`].
    along: f32,
    /// 0 in the dark, 1 in the light.
    front: f32,
}

/// What of an arch is seen at a place.
pub(super) struct ToothPlace {
    /// Distance from the biting edge towards the gum in the head's units.
    pub from_edge: f32,
    /// 0 to 1 across one tooth.
    pub across: f32,
    /// Height of the crown.
    pub crown: f32,
    /// 0 in the dark of the mouth, 1 at its front.
    pub front: f32,
}

impl Arch {
    /// The arch of a head whose closed lips' seam has the height `seam`, with the jaw open as far as `open` says.
    pub(super) fn seen(fit: &RigidFit, jaw: Jaw, seam: f32, open: f32) -> Self {
        let down = fit.rotation.y_axis.truncate() * fit.scale;
        let across = (-down.perp()).normalize_or(Vec2::X);
        let borders = std::array::from_fn(|k| {
            let number = k.abs_diff(6);
            let ([x, y, z], [drop, back]) = match jaw {
                Jaw::Upper => (UPPER[number], [0.0; 2]),
                Jaw::Lower => (LOWER[number], DROP[number]),
            };
            let x = if k < 6 { -x } else { x };
            let at = fit.project(Vec3::new(x, seam + y + open * drop, z + open * back));
            let front = ((z + open * back - LIGHT.start) / (LIGHT.end - LIGHT.start)).clamp(0.0, 1.0);
            Border { at, along: at.dot(across), front }
        });
        Self { jaw, borders, down, across }
    }

    /// What is seen at a place of the picture, from a little before the biting edge on.
    pub(super) fn at(&self, point: Vec2) -> Option<ToothPlace> {
        let along = point.dot(self.across);
        // From the middle to both sides, so that the near side of a turned head hides the far one.
        let [a, b] = [5, 6, 4, 7, 3, 8, 2, 9, 1, 10, 0, 11]
            .into_iter()
            .map(|k| [self.borders[k], self.borders[k + 1]])
            .find(|[a, b]| a.along <= along && along < b.along)?;
        let share = (along - a.along) / (b.along - a.along);
        let below = (point - a.at.lerp(b.at, share)).dot(self.down) / self.down.length_squared().max(1e-6);
        let (from_edge, crown) = match self.jaw {
            Jaw::Upper => (-below, UPPER_CROWN),
            Jaw::Lower => (below, LOWER_CROWN),
        };
        let front = a.front + share * (b.front - a.front);
        (-0.05..crown + GUM).contains(&from_edge).then_some(ToothPlace { from_edge, across: share, crown, front })
    }

    /// A place of the picture as seen from the middle of what the arch encloses: across and down, in the head's units.
    pub(super) fn inside(&self, point: Vec2) -> Vec2 {
        let unit = self.down.length().max(1e-3);
        let middle = self.borders[6].at.midpoint(self.borders[3].at.midpoint(self.borders[9].at));
        let from = point - middle;
        Vec2::new(from.dot(self.across), from.dot(self.down / unit)) / unit
    }
}

#[cfg(test)]
mod tests {
    use glam::Mat3;

    use super::*;

    const SEAM: f32 = 1.18;

    fn fit(yaw: f32) -> RigidFit {
        RigidFit { rotation: Mat3::from_rotation_y(yaw), scale: 40.0, translation: Vec2::new(128.0, 110.0), residual: 0.0 }
    }

    #[test]
    fn teeth_are_where_the_head_has_them() {
        let upper = Arch::seen(&fit(0.0), Jaw::Upper, SEAM, 0.0);
        let at = |x: f32, y: f32| upper.at(Vec2::new(128.0 + 40.0 * x, 110.0 + 40.0 * y));
        let incisor = at(0.07, SEAM - 0.05).expect("the right front tooth");
        assert!((incisor.from_edge - 0.076).abs() < 0.005 && (incisor.across - 0.49).abs() < 0.02 && incisor.front > 0.95);
        assert!(at(0.41, SEAM - 0.05).is_some_and(|molar| molar.front < 0.5), "it is darker at the back");
        assert!(at(0.0, SEAM + 0.2).is_none() && at(0.6, SEAM - 0.05).is_none(), "below and beside there is nothing");
    }

    #[test]
    fn the_lower_arch_goes_down_with_the_jaw() {
        let edge = |open: f32| Arch::seen(&fit(0.0), Jaw::Lower, SEAM, open).borders[6].at.y;
        assert!((edge(0.0) - (110.0 + 40.0 * (SEAM + 0.008))).abs() < 1e-3);
        assert!((edge(1.0) - edge(0.0) - 0.543 * 40.0).abs() < 1e-3);
        let arch = Arch::seen(&fit(0.0), Jaw::Lower, SEAM, 0.5);
        assert!(arch.inside(arch.borders[6].at).y > 0.02 && arch.inside(arch.borders[0].at).x < -0.3);
    }

    #[test]
    fn a_turned_head_shows_more_of_its_near_side() {
        let upper = Arch::seen(&fit(0.5), Jaw::Upper, SEAM, 0.0);
        let middle = upper.borders[6].along;
        let reach = |side: f32| {
            (1..60).filter(|px| upper.at(Vec2::new(middle + side * *px as f32, 110.0 + 40.0 * (SEAM - 0.05))).is_some()).count()
        };
        assert!(reach(1.0).abs_diff(reach(-1.0)) > 4, "{} and {}", reach(-1.0), reach(1.0));
    }
}
