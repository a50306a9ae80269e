//! The opening between the lips: how deep inside it a place is.

use glam::Vec2;

/// Points on each curve between two landmarks.
const STEPS: usize = 4;
/// Distance of the lips in widths of the mouth from which on its corners begin to be round, and are as round as the rest.
const ROUND: std::ops::Range<f32> = 0.2..0.5;
/// How much larger an opening with round corners is than its landmarks: predictors put those of wide mouths a little inside. Measured on a real
/// clip of one: the open mouth is then more like the picture's.
const LARGER: f32 = 0.1;

/// The inner lips, as a closed line.
pub(super) struct Lips {
    line: Vec<Vec2>,
}

impl Lips {
    /// A round curve along each lip (Catmull and Rom 1974). The corners of the mouth are sharp, unless it is wide open.
    pub(super) fn of(points: &[Vec2; 68]) -> Self {
        let mut line = Vec::with_capacity(8 * STEPS);
        let open = points[62].distance(points[66]) / points[60].distance(points[64]).max(1.0);
        let round = ((open - ROUND.start) / (ROUND.end - ROUND.start)).clamp(0.0, 1.0);
        for (lip, other) in [([60, 61, 62, 63, 64], [67, 65]), ([64, 65, 66, 67, 60], [63, 61])] {
            let lip = lip.map(|i: usize| points[i]);
            let [first, last] = [lip[0].lerp(points[other[0]], round), lip[4].lerp(points[other[1]], round)];
            for n in 0..4 {
                let before = if n == 0 { first } else { lip[n - 1] };
                let after = if n == 3 { last } else { lip[n + 2] };
                line.extend((0..STEPS).map(|k| curve(before, lip[n], lip[n + 1], after, k as f32 / STEPS as f32)));
            }
        }
        let middle = points[60..68].iter().sum::<Vec2>() / 8.0;
        for p in &mut line {
            *p += (*p - middle) * (LARGER * round);
        }
        Self { line }
    }

    /// Corners of the rectangle round it.
    pub(super) fn bounds(&self) -> (Vec2, Vec2) {
        self.line.iter().filter(|p| p.is_finite()).fold((Vec2::MAX, Vec2::MIN), |(low, high), p| (low.min(*p), high.max(*p)))
    }

    /// Distance from the nearest lip in pixels; 0 outside.
    pub(super) fn depth(&self, at: Vec2) -> f32 {
        let edges = self.line.iter().zip(self.line.iter().cycle().skip(1));
        let (mut inside, mut nearest) = (false, f32::INFINITY);
        for (&a, &b) in edges {
            let along = b - a;
            if (a.y > at.y) != (b.y > at.y) && at.x < a.x + (at.y - a.y) / along.y * along.x {
                inside = !inside;
            }
            let t = ((at - a).dot(along) / along.length_squared().max(1e-6)).clamp(0.0, 1.0);
            nearest = nearest.min(at.distance_squared(a + t * along));
        }
        if inside { nearest.sqrt() } else { 0.0 }
    }
}

fn curve(before: Vec2, a: Vec2, b: Vec2, after: Vec2, t: f32) -> Vec2 {
    let (p, q) = (0.5 * (b - before), 0.5 * (after - a));
    let (t2, t3) = (t * t, t * t * t);
    a * (2.0 * t3 - 3.0 * t2 + 1.0) + p * (t3 - 2.0 * t2 + t) + b * (3.0 * t2 - 2.0 * t3) + q * (t3 - t2)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The landmarks of lips that are so many pixels apart in a mouth of 40.
    fn opened(gap: f32) -> [Vec2; 68] {
        let mut points = [Vec2::ZERO; 68];
        let ring = [(0.0, 0.0), (10.0, -0.37), (20.0, -0.5), (30.0, -0.37), (40.0, 0.0), (30.0, 0.37), (20.0, 0.5), (10.0, 0.37)];
        for (point, (x, y)) in points[60..].iter_mut().zip(ring) {
            *point = Vec2::new(50.0 + x, 60.0 + gap * y);
        }
        points
    }

    #[test]
    fn depth_is_measured_from_the_nearest_lip_and_nothing_is_inside_closed_ones() {
        let lips = Lips::of(&opened(8.0));
        let middle = lips.depth(Vec2::new(70.0, 60.0));
        assert!((middle - 4.0).abs() < 0.3, "{middle}");
        assert!((lips.depth(Vec2::new(70.0, 57.5)) - 1.5).abs() < 0.3, "near the upper lip");
        assert!([Vec2::new(70.0, 54.0), Vec2::new(48.0, 60.0), Vec2::new(70.0, 65.0)].iter().all(|p| lips.depth(*p) <= 0.0), "outside");
        let (low, high) = lips.bounds();
        assert!(low.x >= 49.9 && high.x <= 90.1 && low.y < 56.5 && high.y > 63.5, "{low} {high}");
        assert!(Lips::of(&[Vec2::splat(7.0); 68]).depth(Vec2::splat(7.0)) <= 0.0, "all in one place");
    }

    #[test]
    fn a_wide_mouth_is_a_tenth_larger_than_its_landmarks() {
        let middle = Lips::of(&opened(24.0)).depth(Vec2::new(70.0, 60.0));
        assert!((middle - 13.2).abs() < 0.3, "{middle}");
    }
}
