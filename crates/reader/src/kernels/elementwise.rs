//! Operations that take every number by itself, sums along axes, and the largest number under a window.

use pulp::Arch;

use super::dispatch;
use super::layout::{StridedIndices, strides};
use crate::model::{Binary, SlidingWindow, Unary};

pub(crate) fn unary(arch: Arch, kind: Unary, input: &[f32], out: &mut [f32]) {
    let pairs = out.iter_mut().zip(input);
    // Compiled for each vector width.
    dispatch(arch, || match kind {
        Unary::Relu => pairs.for_each(|(out, x)| *out = x.max(0.0)),
        Unary::Logistic => pairs.for_each(|(out, x)| *out = 1.0 / (1.0 + (-x).exp())),
        Unary::Negate => pairs.for_each(|(out, x)| *out = -x),
        Unary::SquareRoot => pairs.for_each(|(out, x)| *out = x.sqrt()),
        Unary::ReciprocalSquareRoot => pairs.for_each(|(out, x)| *out = 1.0 / x.sqrt()),
    });
}

/// Negative numbers times the slope of their channel.
pub(crate) fn prelu(arch: Arch, slopes: &[f32], input: &[f32], out: &mut [f32]) {
    dispatch(arch, || {
        for (out, input) in out.chunks_exact_mut(slopes.len()).zip(input.chunks_exact(slopes.len())) {
            for ((out, x), slope) in out.iter_mut().zip(input).zip(slopes) {
                *out = x.max(0.0) + slope * x.min(0.0);
            }
        }
    });
}

/// An operation on two tensors, of which axes of length 1 are repeated.
#[derive(Debug)]
pub(crate) struct BroadcastBinary {
    kind: Binary,
    /// Sizes of all axes of the output but the last, and how far apart their numbers lie in either input.
    outer: Vec<usize>,
    strides: [Vec<usize>; 2],
    row: usize,
    steps: [usize; 2],
}

impl BroadcastBinary {
    pub(crate) fn new(kind: Binary, a: &[usize], b: &[usize], out: &[usize]) -> Self {
        if a == b {
            let row = out.iter().product();
            return Self { kind, outer: vec![], strides: [vec![], vec![]], row, steps: [1, 1] };
        }
        let own_strides = |shape: &[usize]| -> Vec<usize> {
            let missing = std::iter::repeat_n(0, out.len() - shape.len());
            let present = shape.iter().zip(strides(shape)).map(|(side, stride)| if *side == 1 { 0 } else { stride });
            missing.chain(present).collect()
        };
        let mut strides = [own_strides(a), own_strides(b)];
        let steps = strides.each_mut().map(|strides| strides.pop().unwrap_or(0));
        let (row, outer) = out.split_last().map_or((1, vec![]), |(row, outer)| (*row, outer.to_vec()));
        Self { kind, outer, strides, row, steps }
    }

    pub(crate) fn run(&self, arch: Arch, a: &[f32], b: &[f32], out: &mut [f32]) {
        dispatch(arch, || match self.kind {
            Binary::Add => self.rows(a, b, out, |a, b| a + b),
            Binary::Subtract => self.rows(a, b, out, |a, b| a - b),
            Binary::Multiply => self.rows(a, b, out, |a, b| a * b),
            Binary::Divide => self.rows(a, b, out, |a, b| a / b),
            Binary::SquaredDifference => self.rows(a, b, out, |a, b| (a - b) * (a - b)),
        });
    }

    #[expect(clippy::inline_always, reason = "code for a vector width must become part of the function that is compiled for it")]
    #[inline(always)]
    fn rows(&self, a: &[f32], b: &[f32], out: &mut [f32], of: impl Fn(f32, f32) -> f32) {
        let places = StridedIndices::new(&self.outer, [&self.strides[0], &self.strides[1]]);
        for ([at_a, at_b], out) in places.zip(out.chunks_exact_mut(self.row)) {
            let (a, b) = (&a[at_a..], &b[at_b..]);
            match self.steps {
                [0, 0] => out.fill(of(a[0], b[0])),
                [0, _] => out.iter_mut().zip(b).for_each(|(out, b)| *out = of(a[0], *b)),
                [_, 0] => out.iter_mut().zip(a).for_each(|(out, a)| *out = of(*a, b[0])),
                _ => out.iter_mut().zip(a.iter().zip(b)).for_each(|(out, (a, b))| *out = of(*a, *b)),
            }
        }
    }
}

/// The sum or mean along `axes`.
pub(crate) fn reduce(shape: &[usize], axes: &[usize], mean: bool, input: &[f32], out: &mut [f32]) {
    out.fill(0.0);
    let kept: Vec<usize> = shape.iter().enumerate().map(|(axis, side)| if axes.contains(&axis) { 1 } else { *side }).collect();
    let mut to: Vec<usize> = strides(&kept).into_iter().zip(&kept).map(|(stride, side)| if *side == 1 { 0 } else { stride }).collect();
    let step = to.pop().unwrap_or(0);
    let (row, outer) = shape.split_last().map_or((1, &[][..]), |(row, outer)| (*row, outer));
    for ([at], input) in StridedIndices::new(outer, [&to]).zip(input.chunks_exact(row)) {
        if step == 0 {
            out[at] += input.iter().sum::<f32>();
        } else {
            out[at..].iter_mut().zip(input).for_each(|(out, x)| *out += x);
        }
    }
    if mean {
        let share = out.len() as f32 / input.len() as f32;
        for sum in out {
            *sum *= share;
        }
    }
}

/// The largest number of each channel under the window.
pub(crate) fn max_pool(arch: Arch, window: &SlidingWindow, input: &[f32], out: &mut [f32]) {
    let SlidingWindow { input: [height, width, channels], output: [_, out_width, _], kernel: [kh, kw], stride, pad } = *window;
    // Compiled for each vector width.
    dispatch(arch, || {
        for (pixel, out) in out.chunks_exact_mut(channels).enumerate() {
            let [top, left] = [pixel / out_width * stride, pixel % out_width * stride];
            let inside = |start: usize, pad: usize, side: usize, kernel: usize| {
                start.saturating_sub(pad)..(start + kernel).saturating_sub(pad).min(side)
            };
            out.fill(f32::NEG_INFINITY);
            for y in inside(top, pad[0], height, kh) {
                let columns = inside(left, pad[1], width, kw);
                let row = &input[(y * width + columns.start) * channels..][..columns.len() * channels];
                for input in row.chunks_exact(channels) {
                    for (out, x) in out.iter_mut().zip(input) {
                        // Without the order that `max` keeps for what is not a number: one instruction.
                        *out = if *x > *out { *x } else { *out };
                    }
                }
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::super::{assert_close, every_width, noise};
    use super::*;

    /// The place in a tensor of `shape`, axes of length 1 repeated, that belongs to place `at` of one of `out`.
    fn place(at: usize, out: &[usize], shape: &[usize]) -> usize {
        let (mut rest, mut index, mut stride) = (at, 0, 1);
        for back in 1..=out.len() {
            let side = out[out.len() - back];
            if let Some(own) = shape.len().checked_sub(back).map(|axis| shape[axis]) {
                index += if own == 1 { 0 } else { rest % side * stride };
                stride *= own;
            }
            rest /= side;
        }
        index
    }

    #[test]
    fn two_tensors_are_combined_as_defined() {
        let shapes: [(&[usize], &[usize], &[usize]); 6] = [
            (&[2, 3, 5], &[2, 3, 5], &[2, 3, 5]),
            (&[2, 3, 5], &[2, 3, 1], &[2, 3, 5]),
            (&[2, 1, 1], &[2, 3, 5], &[2, 3, 5]),
            (&[1, 4, 6], &[6], &[1, 4, 6]),
            (&[], &[3, 2], &[3, 2]),
            (&[3, 1], &[1, 4], &[3, 4]),
        ];
        for (a, b, out) in shapes {
            let (left, right) = (noise(a.iter().product(), 1), noise(b.iter().product(), 2));
            for kind in [Binary::Add, Binary::Subtract, Binary::Multiply, Binary::Divide, Binary::SquaredDifference] {
                let of = |x: f32, y: f32| match kind {
                    Binary::Add => x + y,
                    Binary::Subtract => x - y,
                    Binary::Multiply => x * y,
                    Binary::Divide => x / y,
                    Binary::SquaredDifference => (x - y).powi(2),
                };
                let wanted: Vec<f32> = (0..out.iter().product()).map(|i| of(left[place(i, out, a)], right[place(i, out, b)])).collect();
                for arch in every_width() {
                    let mut got = vec![f32::NAN; wanted.len()];
                    BroadcastBinary::new(kind, a, b, out).run(arch, &left, &right, &mut got);
                    assert_close(&got, &wanted, &format!("{kind:?} of {a:?} and {b:?}"));
                }
            }
        }
    }

    #[test]
    fn sums_and_means_run_along_their_axes() {
        let shape = [2, 3, 4, 5];
        let input = noise(120, 3);
        for axes in [vec![0], vec![3], vec![1, 2], vec![2, 3], vec![0, 1, 2, 3], vec![]] {
            let kept: Vec<usize> = (0..4).map(|a| if axes.contains(&a) { 1 } else { shape[a] }).collect();
            let mut wanted = vec![0.0; kept.iter().product()];
            input.iter().enumerate().for_each(|(i, x)| wanted[place(i, &shape, &kept)] += x);
            let mut got = vec![f32::NAN; wanted.len()];
            reduce(&shape, &axes, false, &input, &mut got);
            assert_close(&got, &wanted, "sum");
            let count = input.len() / wanted.len();
            for sum in &mut wanted {
                *sum /= count as f32;
            }
            reduce(&shape, &axes, true, &input, &mut got);
            assert_close(&got, &wanted, "mean");
        }
    }

    #[test]
    fn the_largest_number_under_a_window_is_found_at_the_edge_too() {
        let window = SlidingWindow { input: [5, 4, 3], output: [3, 2, 3], kernel: [2, 2], stride: 2, pad: [0, 0] };
        let input = noise(60, 4);
        let mut out = vec![f32::NAN; 18];
        max_pool(Arch::new(), &window, &input, &mut out);
        for (i, got) in out.iter().enumerate() {
            let (y, x, c) = (i / 6 * 2, i / 3 % 2 * 2, i % 3);
            let under = (y..(y + 2).min(5)).flat_map(|y| (x..x + 2).map(move |x| (y * 4 + x) * 3 + c));
            let wanted = under.map(|at| input[at]).fold(f32::NEG_INFINITY, f32::max);
            assert!((got - wanted).abs() < f32::EPSILON, "place {i}: {got}, not {wanted}");
        }
    }

    #[test]
    fn single_numbers_follow_their_functions() {
        let input = [-2.0, -0.0, 0.25, 4.0];
        let mut out = [f32::NAN; 4];
        unary(Arch::new(), Unary::Relu, &input, &mut out);
        assert_close(&out, &[0.0, 0.0, 0.25, 4.0], "relu");
        unary(Arch::new(), Unary::Negate, &input, &mut out);
        assert_close(&out, &[2.0, 0.0, -0.25, -4.0], "negated");
        unary(Arch::new(), Unary::Logistic, &input, &mut out);
        assert_close(&out, &[0.119_203, 0.5, 0.562_177, 0.982_014], "logistic");
        unary(Arch::new(), Unary::ReciprocalSquareRoot, &[0.25, 4.0, 1.0, 16.0], &mut out);
        assert_close(&out, &[2.0, 0.5, 1.0, 0.25], "reciprocal root");
        unary(Arch::new(), Unary::SquareRoot, &[0.25, 4.0, 1.0, 16.0], &mut out);
        assert_close(&out, &[0.5, 2.0, 1.0, 4.0], "root");
        prelu(Arch::new(), &[0.5, 2.0], &input, &mut out);
        assert_close(&out, &[-1.0, 0.0, 0.25, 4.0], "prelu");
    }
}
