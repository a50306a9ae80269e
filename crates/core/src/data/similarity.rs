//! The similarity (turn, scale and shift) that takes one set of points closest to another.
//!
//! Umeyama, Least-squares estimation of transformation parameters between two point patterns, 1991.

use glam::{DMat3, DMat4, DVec3};

/// `target = scale * rotation * source + shift`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Similarity {
    /// A proper rotation.
    pub rotation: DMat3,
    /// Positive.
    pub scale: f64,
    /// In the target's unit.
    pub shift: DVec3,
}

impl Similarity {
    /// The similarity from `source` to `target` with the least weighted sum of squared distances.
    ///
    /// Pairs are `(source, target, weight)`. None where they are too few, or nearly one point.
    pub fn fit(pairs: impl Iterator<Item = (DVec3, DVec3, f64)> + Clone) -> Option<Self> {
        let total: f64 = pairs.clone().map(|(.., w)| w).sum();
        let source_centre = pairs.clone().map(|(s, _, w)| s * w).sum::<DVec3>() / total;
        let target_centre = pairs.clone().map(|(_, t, w)| t * w).sum::<DVec3>() / total;
        let mut covariance = DMat3::ZERO;
        let mut spread = 0.0;
        for (source, target, weight) in pairs.clone() {
            let (source, target) = (source - source_centre, (target - target_centre) * weight);
            covariance += DMat3::from_cols(target * source.x, target * source.y, target * source.z);
            spread += source.length_squared() * weight;
        }
        let rotation = nearest_rotation(covariance)?;
        let along: f64 = pairs.map(|(s, t, w)| (rotation * (s - source_centre)).dot(t - target_centre) * w).sum();
        let scale = along / spread;
        let found = Self { rotation, scale, shift: target_centre - scale * (rotation * source_centre) };
        (scale.is_finite() && scale > 1e-9 && found.shift.is_finite()).then_some(found)
    }

    /// The same with outliers counted less: the fit is repeated with each pair's weight falling as its distance grows beyond `radius`, in the target's unit.
    pub fn fit_robust(pairs: &[(DVec3, DVec3, f64)], radius: f64) -> Option<Self> {
        const ROUNDS: usize = 4;
        let mut found = Self::fit(pairs.iter().copied())?;
        for _ in 0..ROUNDS {
            // Weights of the Cauchy distribution.
            let weight = |source: DVec3, target: DVec3| 1.0 / (1.0 + found.apply(source).distance_squared(target) / (radius * radius));
            let weighted: Vec<_> = pairs.iter().map(|(s, t, w)| (*s, *t, w * weight(*s, *t))).collect();
            found = Self::fit(weighted.into_iter())?;
        }
        Some(found)
    }

    /// The way back.
    #[must_use]
    pub fn inverse(&self) -> Self {
        let (rotation, scale) = (self.rotation.transpose(), 1.0 / self.scale);
        Self { rotation, scale, shift: -scale * (rotation * self.shift) }
    }

    /// A point of the source, in the target's axes.
    pub fn apply(&self, point: DVec3) -> DVec3 {
        self.scale * (self.rotation * point) + self.shift
    }

    /// As a matrix for points with a fourth coordinate 1.
    pub fn matrix(&self) -> DMat4 {
        let columns = [self.rotation.x_axis, self.rotation.y_axis, self.rotation.z_axis].map(|axis| (self.scale * axis).extend(0.0));
        DMat4::from_cols(columns[0], columns[1], columns[2], self.shift.extend(1.0))
    }
}

/// The proper rotation R that makes the trace of `R^T m` largest. None where `m` has fewer than two directions.
fn nearest_rotation(m: DMat3) -> Option<DMat3> {
    let (squares, right) = eigenvectors(m.transpose() * m);
    if !(squares[1] > 1e-12 * squares[0] && squares[0] > 0.0) {
        return None;
    }
    let [v0, v1] = [right[0], right[1]];
    let u0 = (m * v0).normalize();
    let u1 = m * v1;
    let u1 = (u1 - u0 * u0.dot(u1)).normalize();
    // The third directions are chosen so that both sets are right-handed: this turns what a reflection would do.
    let rotation = DMat3::from_cols(u0, u1, u0.cross(u1)) * DMat3::from_cols(v0, v1, v0.cross(v1)).transpose();
    rotation.is_finite().then_some(rotation)
}

/// Eigenvalues, largest first, and eigenvectors of a symmetric matrix, by Jacobi's rotations.
fn eigenvectors(mut m: DMat3) -> ([f64; 3], [DVec3; 3]) {
    let mut vectors = DMat3::IDENTITY;
    for _ in 0..32 {
        for (p, q) in [(0, 1), (0, 2), (1, 2)] {
            let off = m.col(q)[p];
            if off == 0.0 {
                continue;
            }
            let theta = (m.col(q)[q] - m.col(p)[p]) / (2.0 * off);
            let tangent = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
            let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
            let mut turn = DMat3::IDENTITY;
            turn.col_mut(p)[p] = cosine;
            turn.col_mut(q)[q] = cosine;
            turn.col_mut(q)[p] = tangent * cosine;
            turn.col_mut(p)[q] = -tangent * cosine;
            m = turn.transpose() * m * turn;
            vectors *= turn;
        }
    }
    let mut order = [0, 1, 2];
    order.sort_by(|a, b| m.col(*b)[*b].total_cmp(&m.col(*a)[*a]));
    (order.map(|i| m.col(i)[i]), order.map(|i| vectors.col(i)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cloud() -> Vec<DVec3> {
        (0..20).map(f64::from).map(|i| DVec3::new((i * 1.7).sin() * 3.0, (i * 0.9).cos() * 2.0, (i * 2.3).sin())).collect()
    }

    #[test]
    fn a_known_similarity_is_found_again() {
        let rotation = DMat3::from_axis_angle(DVec3::new(1.0, -2.0, 0.5).normalize(), 2.5);
        let known = Similarity { rotation, scale: 3.25, shift: DVec3::new(-7.0, 4.0, 11.0) };
        let pairs = cloud().into_iter().enumerate().map(|(i, p)| (p, known.apply(p), 0.1 + i as f64));
        let found = Similarity::fit(pairs).unwrap();
        assert!((found.scale - known.scale).abs() < 1e-9 && found.shift.abs_diff_eq(known.shift, 1e-9), "{found:?}");
        assert!(found.rotation.abs_diff_eq(rotation, 1e-9), "{found:?}");
        assert!(found.matrix().transform_point3(DVec3::ONE).abs_diff_eq(known.apply(DVec3::ONE), 1e-9));
    }

    #[test]
    fn outliers_hardly_move_a_robust_fit_and_the_way_back_leads_back() {
        let rotation = DMat3::from_axis_angle(DVec3::new(0.2, 1.0, 0.1).normalize(), 0.6);
        let known = Similarity { rotation, scale: 2.0, shift: DVec3::new(3.0, 4.0, 5.0) };
        let moved = |i: usize| if i.is_multiple_of(7) { DVec3::Y * 2.0 } else { DVec3::ZERO };
        let pairs: Vec<_> = cloud().into_iter().enumerate().map(|(i, p)| (p, known.apply(p) + moved(i), 1.0)).collect();
        let error = |fit: Similarity| cloud().iter().map(|p| fit.apply(*p).distance(known.apply(*p))).fold(0.0, f64::max);
        let (plain, robust) = (Similarity::fit(pairs.iter().copied()).unwrap(), Similarity::fit_robust(&pairs, 0.1).unwrap());
        assert!(error(robust) < 0.05 && error(plain) > 0.2, "robust {} and plain {}", error(robust), error(plain));
        assert!(known.inverse().apply(known.apply(DVec3::ONE)).abs_diff_eq(DVec3::ONE, 1e-9));
    }

    #[test]
    fn a_mirror_image_is_met_by_a_turn_not_by_a_reflection() {
        let pairs = cloud().into_iter().map(|p| (p, DVec3::new(p.x, p.y, -0.2 * p.z), 1.0));
        let found = Similarity::fit(pairs).unwrap();
        assert!((found.rotation.determinant() - 1.0).abs() < 1e-9, "{found:?}");
        // Any other turn fits worse.
        let error = |rotation: DMat3| cloud().iter().map(|p| (rotation * *p).dot(DVec3::new(p.x, p.y, -0.2 * p.z))).sum::<f64>();
        for axis in [DVec3::X, DVec3::Y, DVec3::Z] {
            for angle in [-0.05, 0.05] {
                assert!(error(found.rotation) > error(found.rotation * DMat3::from_axis_angle(axis, angle)), "{axis} {angle}");
            }
        }
    }

    #[test]
    fn points_in_one_place_or_on_a_line_have_no_similarity() {
        assert!(Similarity::fit(std::iter::empty()).is_none());
        assert!(Similarity::fit((0..5).map(|_| (DVec3::ONE, DVec3::ZERO, 1.0))).is_none());
        assert!(Similarity::fit(cloud().into_iter().map(|p| (p, DVec3::X, 1.0))).is_none());
        assert!(Similarity::fit((0..5).map(|i| (DVec3::X * f64::from(i), DVec3::Y * f64::from(i), 1.0))).is_none());
        assert!(Similarity::fit(cloud().into_iter().map(|p| (p, DVec3::NAN, 1.0))).is_none());
    }
}
