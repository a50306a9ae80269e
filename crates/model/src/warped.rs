//! Source pictures as the motion net's flow fetches them, and how several of them become one.

use candle_core::{D, Result, Tensor, bail};
use glam::Vec2;
use rayon::prelude::*;

use super::SOURCE_NUMBERS;
use super::motion::{FLOW_CELLS, FrameFlow, MotionFlow};
use crate::data::region;
use crate::nn::ops;

/// A source picture as the motion net's flow fetches it.
#[derive(Clone, Debug)]
pub struct WarpedSource {
    /// RGB in 0..1, `[batch, h, w, 3]`.
    pub picture: Tensor,
    /// How surely the source shows the place, 0..1, `[batch, h, w, 1]`.
    pub visibility: Tensor,
}

impl WarpedSource {
    /// Fetches pictures `[batch, 256, 256, 3]`, the whole crop each, along flows of half their size.
    pub fn fetched(pictures: &Tensor, flow: &MotionFlow) -> Result<Self> {
        let displacement = ops::upsample_bilinear(&flow.flow)?;
        // The logistic function by way of the hyperbolic tangent, whose far ends stay finite both ways.
        let visibility = ops::upsample_bilinear(&(&flow.visibility * 0.5)?.tanh()?.affine(0.5, 0.5)?)?;
        Ok(Self { picture: ops::grid_sample(pictures, &displacement)?, visibility })
    }

    /// `self` where it is visible, else `behind` where that is: brushwork is never mixed where one of them will do.
    pub fn over(&self, behind: &Self) -> Result<Self> {
        let hidden = self.visibility.affine(-1.0, 1.0)?;
        let share = (&hidden * &behind.visibility)?;
        let picture = (&self.picture + (&behind.picture - &self.picture)?.broadcast_mul(&share)?)?;
        Ok(Self { picture, visibility: (&self.visibility + share)? })
    }

    /// Picture and visibility as four channels.
    pub fn channels(&self) -> Result<Tensor> {
        Tensor::cat(&[&self.picture, &self.visibility], D::Minus1)
    }
}

/// A part of picture number `index` of `[batch, h, w, c]`: `[1, down, across, c]`.
pub fn cut(pictures: &Tensor, index: usize, [x, y]: [usize; 2], [across, down]: [usize; 2]) -> Result<Tensor> {
    pictures.narrow(0, index, 1)?.narrow(1, y, down)?.narrow(2, x, across)?.contiguous()
}

/// The part of a picture `[256, 256, 3]` with its corner at (x, y), of `size` pixels across and down, as a flow of half its size fetches it: RGB and visibility,
/// `[down, across, SOURCE_NUMBERS]`. The same as [`WarpedSource::fetched`] gives there.
///
/// # Errors
/// A picture or a flow of another size, or a part that does not lie in the picture.
pub fn fetch_part(picture: &[f32], moved: &FrameFlow, corner: [usize; 2], size: [usize; 2], out: &mut Vec<f32>) -> Result<()> {
    const SIDE: usize = 2 * FLOW_CELLS;
    let FrameFlow { flow, visibility } = moved;
    let inside = corner.iter().zip(size).all(|(corner, size)| size > 0 && corner + size <= SIDE);
    let fits = picture.len() == SIDE * SIDE * 3 && [flow.len(), visibility.len()] == [FLOW_CELLS * FLOW_CELLS; 2];
    if !fits || !inside {
        bail!("no part of {size:?} at {corner:?} of a picture of {} numbers", picture.len());
    }
    let [across, down] = size;
    out.resize(across * down * SOURCE_NUMBERS, 0.0);
    let pixel = |x: usize, y: usize| &picture[(y * SIDE + x) * 3..][..3];
    out.par_chunks_exact_mut(across * SOURCE_NUMBERS).with_min_len(8).enumerate().for_each(|(row, line)| {
        let y = corner[1] + row;
        let rows = ops::doubled_neighbours(y, FLOW_CELLS);
        for (column, to) in line.as_chunks_mut::<SOURCE_NUMBERS>().0.iter_mut().enumerate() {
            let x = corner[0] + column;
            let columns = ops::doubled_neighbours(x, FLOW_CELLS);
            let doubled = |value: &dyn Fn(usize) -> f32| {
                let [near, far] = rows.map(|row| 0.75 * value(row * FLOW_CELLS + columns[0]) + 0.25 * value(row * FLOW_CELLS + columns[1]));
                0.75 * near + 0.25 * far
            };
            let from = |at: usize, axis: usize| ops::sampled_place(at as f32 + doubled(&|cell| flow[cell][axis]), SIDE);
            let (across, down) = (from(x, 0), from(y, 1));
            let (p, q) = (across.weight, down.weight);
            let (a, b) = (pixel(across.low, down.low), pixel(across.high, down.low));
            let (c, d) = (pixel(across.low, down.high), pixel(across.high, down.high));
            for n in 0..3 {
                to[n] = (1.0 - q) * ((1.0 - p) * a[n] + p * b[n]) + q * ((1.0 - p) * c[n] + p * d[n]);
            }
            to[3] = doubled(&|cell| visibility[cell]);
        }
    });
    Ok(())
}

/// [`WarpedSource::over`] for parts as [`fetch_part`] gives them: `near`, and `behind` where `near` is hidden.
pub fn lay_over(near: &mut [f32], behind: &[f32]) {
    for (near, behind) in near.as_chunks_mut::<SOURCE_NUMBERS>().0.iter_mut().zip(behind.as_chunks::<SOURCE_NUMBERS>().0) {
        let share = (1.0 - near[3]) * behind[3];
        for n in 0..3 {
            near[n] += share * (behind[n] - near[n]);
        }
        near[3] += share;
    }
}

/// How far a source's face is from a target's: mean distance of the landmarks in crop pixels, those of mouth and eyes counted twice. Of several sources
/// the nearest has to be moved least.
pub fn landmark_distance(source: &[Vec2], target: &[Vec2]) -> f32 {
    let weight = |i: usize| if (region::RIGHT_EYE.start..region::MOUTH.end).contains(&i) { 2.0 } else { 1.0 };
    let sums = source.iter().zip(target).enumerate().map(|(i, (s, t))| (weight(i) * s.distance(*t), weight(i)));
    let (sum, weights) = sums.fold((0.0, 0.0_f32), |(a, b), (x, w)| (a + x, b + w));
    sum / weights.max(1.0)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::nn::testing;

    fn source(seed: u64, logit: f32) -> Result<WarpedSource> {
        let flow = MotionFlow {
            flow: Tensor::zeros((1, FLOW_CELLS, FLOW_CELLS, 2), candle_core::DType::F32, &Device::Cpu)?,
            visibility: Tensor::full(logit, (1, FLOW_CELLS, FLOW_CELLS, 1), &Device::Cpu)?,
        };
        WarpedSource::fetched(&testing::picture(&[1, 2 * FLOW_CELLS, 2 * FLOW_CELLS, 3], seed)?, &flow)
    }

    fn plain(moved: &MotionFlow) -> Result<FrameFlow> {
        let (flow, logits) = (ops::numbers(&moved.flow)?, ops::numbers(&moved.visibility)?);
        Ok(FrameFlow {
            flow: flow.as_chunks::<2>().0.iter().map(|v| Vec2::from_array(*v)).collect(),
            visibility: logits.iter().map(|l| 1.0 / (1.0 + (-l).exp())).collect(),
        })
    }

    fn difference(a: &Tensor, b: &Tensor) -> Result<f32> {
        (a - b)?.abs()?.flatten_all()?.max(0)?.to_scalar::<f32>()
    }

    #[test]
    fn the_second_source_shows_only_where_the_first_is_hidden() -> Result<()> {
        let (shown, hidden, other) = (source(1, 40.0)?, source(1, -40.0)?, source(2, 40.0)?);
        assert!(difference(&shown.over(&other)?.picture, &shown.picture)? < 1e-6, "nothing of the other");
        assert!(difference(&hidden.over(&other)?.picture, &other.picture)? < 1e-6, "nothing but the other");
        assert!(difference(&hidden.over(&hidden)?.visibility, &hidden.visibility)? < 1e-6, "twice hidden is hidden");
        Ok(())
    }

    #[test]
    fn a_part_is_a_part_of_the_whole() -> Result<()> {
        let flow = |seed: u64| -> Result<MotionFlow> {
            Ok(MotionFlow {
                flow: (testing::noise(&[1, FLOW_CELLS, FLOW_CELLS, 2], seed)? * 9.0)?,
                visibility: testing::noise(&[1, FLOW_CELLS, FLOW_CELLS, 1], seed + 1)?,
            })
        };
        let picture = |seed: u64| testing::picture(&[1, 2 * FLOW_CELLS, 2 * FLOW_CELLS, 3], seed);
        let (a, b) = ((picture(1)?, flow(3)?), (picture(2)?, flow(5)?));
        let whole = WarpedSource::fetched(&a.0, &a.1)?.over(&WarpedSource::fetched(&b.0, &b.1)?)?.channels()?;
        for (corner, size) in [([0, 0], [256, 256]), ([10, 21], [40, 24]), ([250, 1], [6, 255])] {
            let fetched = |(picture, flow): &(Tensor, MotionFlow)| -> Result<Vec<f32>> {
                let mut out = vec![7.0; 5];
                fetch_part(&ops::numbers(picture)?, &plain(flow)?, corner, size, &mut out)?;
                Ok(out)
            };
            let mut found = fetched(&a)?;
            lay_over(&mut found, &fetched(&b)?);
            let expected = cut(&whole, 0, corner, size)?.flatten_all()?.to_vec1::<f32>()?;
            let worst = expected.iter().zip(&found).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < 1e-4 && expected.len() == found.len(), "{size:?} at {corner:?}: off by {worst}");
        }
        let outside = fetch_part(&ops::numbers(&a.0)?, &plain(&a.1)?, [250, 250], [8, 8], &mut Vec::new());
        assert!(outside.is_err(), "a part beyond the picture");
        Ok(())
    }
}
