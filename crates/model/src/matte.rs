//! The matte: which part of a portrait is the head with all that it wears, and which is the body; what is left is what stands behind.
//!
//! A small U-net (Ronneberger et al. 2015) on the crop at half its size beside its landmark image. It is needed once per portrait.

use candle_core::{D, Device, Result, Tensor};
use glam::Vec2;

use super::config::MatteConfig;
use super::landmark_image::{LANDMARK_CHANNELS, LANDMARK_LINE_RADIUS, draw_landmarks};
use crate::nn::ops::{self, Activation};
use crate::nn::{Convolution, Scope, WeightsError};

/// Cells along each side of the matte and of the picture that it is found in.
pub const MATTE_CELLS: usize = 128;
/// Numbers of one cell: head and body, as logits.
pub const MATTE_CHANNELS: usize = 2;
/// Slope of the activations.
const SLOPE: f32 = 0.1;

/// How surely each cell of a crop, [`MATTE_CELLS`] squared row by row, is head or body: 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Matte {
    /// The head with hair, hat, glasses and jewellery, and the neck.
    pub head: Vec<f32>,
    /// Shoulders and clothes.
    pub body: Vec<f32>,
}

/// The matte's layers.
pub struct MatteNet {
    /// One level after the other, each half as large as the one before.
    down: Vec<[Convolution; 2]>,
    /// From the second last level up to the first.
    up: Vec<Convolution>,
    head: Convolution,
}

impl MatteNet {
    /// Takes the weights from a scope.
    pub fn new(scope: &Scope<'_>, config: &MatteConfig) -> std::result::Result<Self, WeightsError> {
        let conv = |name: String, from: usize, to: usize, stride: usize| {
            Convolution::new(&scope.under(name), 3, [from, to], stride, Activation::LeakyRelu(SLOPE), 1.0)
        };
        let channels = &config.channels;
        let mut down = Vec::with_capacity(channels.len());
        let mut from = 3 + LANDMARK_CHANNELS;
        for (level, to) in channels.iter().copied().enumerate() {
            let stride = if level == 0 { 1 } else { 2 };
            down.push([conv(format!("down{level}.first"), from, to, stride)?, conv(format!("down{level}.second"), to, to, 1)?]);
            from = to;
        }
        let up = channels.windows(2).enumerate().rev();
        let up =
            up.map(|(level, pair)| conv(format!("up{level}"), pair[0] + pair[1], pair[0], 1)).collect::<std::result::Result<_, _>>()?;
        let head = Convolution::new(
            &scope.under("head"),
            3,
            [channels.first().copied().unwrap_or_default(), MATTE_CHANNELS],
            1,
            Activation::Linear,
            0.1,
        )?;
        Ok(Self { down, up, head })
    }

    /// Pictures `[batch, 128, 128, 3]` (RGB in 0..1) and their landmark images `[batch, 128, 128, LANDMARK_CHANNELS]` → logits `[batch, 128, 128, 2]` of head
    /// and body.
    pub fn forward(&self, pictures: &Tensor, landmarks: &Tensor) -> Result<Tensor> {
        let mut x = Tensor::cat(&[&pictures.affine(2.0, -1.0)?, landmarks], D::Minus1)?;
        let mut levels = Vec::with_capacity(self.down.len());
        for [first, second] in &self.down {
            let y = first.forward(&x)?;
            x = (second.forward(&y)? + y)?;
            levels.push(x.clone());
        }
        for (layer, skip) in self.up.iter().zip(levels.iter().rev().skip(1)) {
            x = layer.forward(&ops::upsample_beside(&x, skip)?)?;
        }
        self.head.forward(&x)
    }

    /// The matte of one picture: RGB in 0..1 at [`MATTE_CELLS`], row by row, and its 68 landmarks in crop pixels.
    pub fn matte(&self, picture: Vec<f32>, landmarks: &[Vec2]) -> Result<Matte> {
        let cells = MATTE_CELLS * MATTE_CELLS;
        let mut drawn = vec![0.0; cells * LANDMARK_CHANNELS];
        draw_landmarks(landmarks, None, MATTE_CELLS, LANDMARK_LINE_RADIUS, &mut drawn, LANDMARK_CHANNELS, 0);
        let plane = |values, channels| Tensor::from_vec(values, (1, MATTE_CELLS, MATTE_CELLS, channels), &Device::Cpu);
        let logits = self.forward(&plane(picture, 3)?, &plane(drawn, LANDMARK_CHANNELS)?)?.flatten_all()?.to_vec1::<f32>()?;
        let share = |channel: usize| logits.iter().skip(channel).step_by(MATTE_CHANNELS).map(|x| 1.0 / (1.0 + (-x).exp())).collect();
        Ok(Matte { head: share(0), body: share(1) })
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::nn::{Store, testing};

    #[test]
    fn every_weight_learns_and_the_matte_has_the_pictures_size() -> anyhow::Result<()> {
        let store = Store::fresh(5, &Device::Cpu);
        let net = MatteNet::new(&store.scope(), &MatteConfig { channels: vec![4, 4, 8] })?;
        let picture = testing::picture(&[2, 32, 32, 3], 1)?;
        let matte = net.forward(&picture, &testing::picture(&[2, 32, 32, LANDMARK_CHANNELS], 2)?)?;
        assert_eq!(matte.dims(), [2, 32, 32, MATTE_CHANNELS], "shape");
        testing::assert_gradients(&store, &testing::score(&matte)?.backward()?, |_| false)?;
        assert!(MatteNet::new(&Store::fresh(5, &Device::Cpu).scope(), &MatteConfig::shipped()).is_ok(), "the preset");
        Ok(())
    }
}
