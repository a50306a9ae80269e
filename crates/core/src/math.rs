//! Small formulas that many parts use.

use std::ops::Range;

/// 0 up to `from`, 1 from `to` on, smooth between (as in GLSL and WGSL); it falls where `to` is the smaller.
#[inline]
pub fn smoothstep(from: f32, to: f32, value: f32) -> f32 {
    let t = ((value - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// [`smoothstep`] over a range.
#[inline]
pub fn smooth_step(range: &Range<f32>, value: f32) -> f32 {
    smoothstep(range.start, range.end, value)
}

/// The shortest range that both lie in.
pub fn hull(a: Range<usize>, b: Range<usize>) -> Range<usize> {
    match (a.is_empty(), b.is_empty()) {
        (true, _) => b,
        (_, true) => a,
        _ => a.start.min(b.start)..a.end.max(b.end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_smooth_step_rises_or_falls_between_its_ends() {
        assert_eq!((smoothstep(1.0, 3.0, 0.5), smoothstep(1.0, 3.0, 2.0), smooth_step(&(1.0..3.0), 4.0)), (0.0, 0.5, 1.0), "rising");
        assert_eq!((smoothstep(3.0, 1.0, 0.5), smoothstep(3.0, 1.0, 4.0)), (1.0, 0.0), "falling");
    }

    #[test]
    fn an_empty_range_adds_nothing_to_a_hull() {
        assert_eq!((hull(0..0, 4..6), hull(4..6, 9..9), hull(7..8, 2..3)), (4..6, 4..6, 2..8));
    }
}
