//! Source pictures as the motion net's flow fetches them, and how several of them become one.

use candle_core::{D, Result, Tensor};
use glam::Vec2;

use super::motion::MotionFlow;
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

    /// The part of picture number `index` with its corner at (x, y), of `size` pixels across and down.
    pub fn cut(&self, index: usize, corner: [usize; 2], size: [usize; 2]) -> Result<Self> {
        Ok(Self { picture: cut(&self.picture, index, corner, size)?, visibility: cut(&self.visibility, index, corner, size)? })
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
    use crate::model::FLOW_CELLS;
    use crate::nn::testing;

    fn source(seed: u64, logit: f32) -> Result<WarpedSource> {
        let flow = MotionFlow {
            flow: Tensor::zeros((1, FLOW_CELLS, FLOW_CELLS, 2), candle_core::DType::F32, &Device::Cpu)?,
            visibility: Tensor::full(logit, (1, FLOW_CELLS, FLOW_CELLS, 1), &Device::Cpu)?,
        };
        WarpedSource::fetched(&testing::picture(&[1, 2 * FLOW_CELLS, 2 * FLOW_CELLS, 3], seed)?, &flow)
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
        let cut = shown.cut(0, [10, 20], [32, 24])?;
        assert_eq!((cut.picture.dims(), cut.channels()?.dims()), ([1, 24, 32, 3].as_slice(), [1, 24, 32, 4].as_slice()), "sizes");
        Ok(())
    }
}
