//! Operations that only move numbers.

use std::ops::Range;

/// How far apart neighbours along each axis lie in a tensor of `shape`.
pub(super) fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis];
    }
    strides
}

/// Places in `N` tensors that belong to each place of one of `shape`, the last axis running fastest.
pub(super) struct StridedIndices<'a, const N: usize> {
    shape: &'a [usize],
    strides: [&'a [usize]; N],
    index: Vec<usize>,
    at: [usize; N],
    left: usize,
}

impl<'a, const N: usize> StridedIndices<'a, N> {
    pub(super) fn new(shape: &'a [usize], strides: [&'a [usize]; N]) -> Self {
        Self { shape, strides, index: vec![0; shape.len()], at: [0; N], left: shape.iter().product() }
    }
}

impl<const N: usize> Iterator for StridedIndices<'_, N> {
    type Item = [usize; N];

    fn next(&mut self) -> Option<[usize; N]> {
        self.left = self.left.checked_sub(1)?;
        let now = self.at;
        for axis in (0..self.shape.len()).rev() {
            self.index[axis] += 1;
            for n in 0..N {
                self.at[n] += self.strides[n][axis];
            }
            if self.index[axis] < self.shape[axis] {
                break;
            }
            self.index[axis] = 0;
            for n in 0..N {
                self.at[n] -= self.shape[axis] * self.strides[n][axis];
            }
        }
        Some(now)
    }
}

/// Axis `i` of the output is axis `order[i]` of the input.
pub(crate) fn transpose(shape: &[usize], order: &[usize], input: &[f32], out: &mut [f32]) {
    let from = strides(shape);
    let to_shape: Vec<usize> = order.iter().map(|axis| shape[*axis]).collect();
    let mut from: Vec<usize> = order.iter().map(|axis| from[*axis]).collect();
    let (row, step) = (to_shape.last().copied().unwrap_or(1), from.pop().unwrap_or(1));
    let outer = &to_shape[..to_shape.len().saturating_sub(1)];
    for ([at], out) in StridedIndices::new(outer, [&from]).zip(out.chunks_exact_mut(row)) {
        out.iter_mut().zip(input[at..].iter().step_by(step)).for_each(|(out, x)| *out = *x);
    }
}

/// Puts tensors one behind the other along an axis. `inner` holds, for each, its numbers from that axis on.
pub(crate) fn concatenate(inputs: &[&[f32]], inner: &[usize], out: &mut [f32]) {
    let row: usize = inner.iter().sum();
    for (outer, mut out) in out.chunks_exact_mut(row).enumerate() {
        for (input, inner) in inputs.iter().zip(inner) {
            let (to, rest) = out.split_at_mut(*inner);
            to.copy_from_slice(&input[outer * inner..][..*inner]);
            out = rest;
        }
    }
}

/// Puts zeros around a tensor.
pub(crate) fn pad(shape: &[usize], pads: &[[usize; 2]], input: &[f32], out: &mut [f32]) {
    out.fill(0.0);
    let to_shape: Vec<usize> = shape.iter().zip(pads).map(|(side, [before, after])| before + side + after).collect();
    let mut to = strides(&to_shape);
    let first: usize = to.iter().zip(pads).map(|(stride, [before, _])| stride * before).sum();
    to.pop();
    let (row, outer) = shape.split_last().map_or((1, &[][..]), |(row, outer)| (*row, outer));
    for ([at], input) in StridedIndices::new(outer, [&to]).zip(input.chunks_exact(row)) {
        out[first + at..][..row].copy_from_slice(input);
    }
}

/// A part of a tensor.
pub(crate) fn slice(shape: &[usize], ranges: &[Range<usize>], input: &[f32], out: &mut [f32]) {
    let mut from = strides(shape);
    let first: usize = from.iter().zip(ranges).map(|(stride, range)| stride * range.start).sum();
    from.pop();
    let sizes: Vec<usize> = ranges.iter().map(ExactSizeIterator::len).collect();
    let (row, outer) = sizes.split_last().map_or((1, &[][..]), |(row, outer)| (*row, outer));
    for ([at], out) in StridedIndices::new(outer, [&from]).zip(out.chunks_exact_mut(row)) {
        out.copy_from_slice(&input[first + at..][..row]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(length: usize) -> Vec<f32> {
        (0..length).map(|i| i as f32).collect()
    }

    #[test]
    fn axes_change_places() {
        let mut out = vec![f32::NAN; 6];
        transpose(&[2, 3], &[1, 0], &counted(6), &mut out);
        assert_eq!(out, [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
        let mut out = vec![f32::NAN; 24];
        transpose(&[2, 3, 4], &[2, 0, 1], &counted(24), &mut out);
        for (i, got) in out.iter().enumerate() {
            let (c, a, b) = (i / 6, i / 3 % 2, i % 3);
            assert!((got - (a * 12 + b * 4 + c) as f32).abs() < f32::EPSILON, "place {i}");
        }
    }

    #[test]
    fn tensors_are_put_one_behind_the_other() {
        let mut out = vec![f32::NAN; 10];
        concatenate(&[&counted(4), &[7.0; 6]], &[2, 3], &mut out);
        assert_eq!(out, [0.0, 1.0, 7.0, 7.0, 7.0, 2.0, 3.0, 7.0, 7.0, 7.0]);
    }

    #[test]
    fn zeros_surround_a_tensor_and_a_slice_takes_it_out_again() {
        let mut padded = vec![f32::NAN; 4 * 6];
        pad(&[2, 3], &[[1, 1], [0, 3]], &counted(6), &mut padded);
        let wanted = [[0.0; 6], [0.0, 1.0, 2.0, 0.0, 0.0, 0.0], [3.0, 4.0, 5.0, 0.0, 0.0, 0.0], [0.0; 6]].concat();
        assert_eq!(padded, wanted);
        let mut out = vec![f32::NAN; 6];
        slice(&[4, 6], &[1..3, 0..3], &padded, &mut out);
        assert_eq!(out, counted(6));
    }
}
