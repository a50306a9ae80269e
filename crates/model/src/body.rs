//! What the embedder and the discriminator share: how a picture and its landmark image come in, and the paper's residual body.

use candle_core::{D, Result, Tensor, bail};

use super::landmark_image::LANDMARK_CHANNELS;
use crate::nn::ops::{self, Activation};
use crate::nn::{NormSource, Resample, ResidualBlock, ResidualSpec, Scope, SelfAttention, WeightsError};

/// Slope of the activations for negative numbers.
pub(super) const LEAK: Activation = Activation::LeakyRelu(0.1);

/// Pictures (`[batch, h, w, channels]`, 0..1) beside landmark images (`[batch, h / share, w / share, LANDMARK_CHANNELS]`), `share` 1 or 2: pictures are
/// centred on 0, from -1 to 1, and with share 2 unshuffled to half their size.
pub(super) fn beside_landmarks(pictures: &Tensor, landmarks: &Tensor, share: usize) -> Result<Tensor> {
    let (batch, height, width, _) = pictures.dims4()?;
    if landmarks.dims() != [batch, height / share, width / share, LANDMARK_CHANNELS] {
        bail!("landmark images of {:?} for pictures of {:?}: they must be 1/{share} of their size", landmarks.shape(), pictures.shape());
    }
    let mut centred = pictures.affine(2.0, -1.0)?;
    if share == 2 {
        centred = ops::pixel_unshuffle(&centred)?;
    }
    Tensor::cat(&[&centred, landmarks], D::Minus1)
}

/// Channels of what [`beside_landmarks`] gives for RGB pictures.
pub(super) fn channels_beside_landmarks(share: usize) -> usize {
    3 * share * share + LANDMARK_CHANNELS
}

/// Residual blocks that halve, without normalisation but with spectral normalisation of the kernels, and self-attention behind one of them.
#[derive(Debug)]
pub(super) struct ResidualBody {
    blocks: Vec<ResidualBlock>,
    attention: Option<(usize, SelfAttention)>,
}

impl ResidualBody {
    /// Blocks with these channels for inputs of `from` channels; the weights `down1`, `down2`, … and `attention` of the scope.
    pub(super) fn new(
        scope: &Scope<'_>,
        from: usize,
        channels: &[usize],
        attention_after: usize,
        spectral: bool,
    ) -> std::result::Result<Self, WeightsError> {
        let mut blocks = Vec::with_capacity(channels.len());
        let mut from = from;
        for (n, to) in channels.iter().enumerate() {
            let spec = ResidualSpec {
                channels: [from, *to],
                resample: Resample::Down,
                activation: LEAK,
                spectral,
                second_gain: 1.0,
                first: n == 0,
            };
            blocks.push(ResidualBlock::new(&scope.under(format_args!("down{}", n + 1)), &spec, NormSource::None)?);
            from = *to;
        }
        let attention = match attention_after.checked_sub(1).and_then(|n| channels.get(n)) {
            Some(channels) => Some((attention_after, SelfAttention::new(&scope.under("attention"), *channels, spectral)?)),
            None => None,
        };
        Ok(Self { blocks, attention })
    }

    /// The features behind every block, each half as large as the one before.
    pub(super) fn forward(&self, x: &Tensor) -> Result<Vec<Tensor>> {
        let mut features: Vec<Tensor> = Vec::with_capacity(self.blocks.len());
        for (n, block) in self.blocks.iter().enumerate() {
            let mut y = block.forward(features.last().unwrap_or(x), None)?;
            if let Some((after, attention)) = &self.attention
                && *after == n + 1
            {
                y = attention.forward(&y)?;
            }
            features.push(y);
        }
        Ok(features)
    }

    /// One step of power iteration in every layer.
    pub(super) fn advance(&self) -> Result<()> {
        self.blocks.iter().try_for_each(ResidualBlock::advance)?;
        self.attention.iter().try_for_each(|(_, attention)| attention.advance())
    }
}

/// `[batch, height, width, channels]` → `[batch, channels]`: the sum over all places, negative sums cut off.
pub(super) fn sum_of_places(x: &Tensor) -> Result<Tensor> {
    x.sum(2)?.sum(1)?.relu()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::testing;

    #[test]
    fn pictures_are_centred_and_halved_without_loss() -> Result<()> {
        let pictures = testing::picture(&[1, 4, 6, 3], 1)?;
        let landmarks = testing::picture(&[1, 2, 3, LANDMARK_CHANNELS], 2)?;
        let input = beside_landmarks(&pictures, &landmarks, 2)?;
        assert_eq!(input.dims(), [1, 2, 3, channels_beside_landmarks(2)], "shape");
        let back = ops::pixel_shuffle(&input.narrow(3, 0, 12)?)?.affine(0.5, 0.5)?;
        let worst = (back - pictures)?.abs()?.flatten_all()?.max(0)?.to_scalar::<f32>()?;
        assert!(worst < 1e-6, "off by {worst}");
        let error = beside_landmarks(&testing::picture(&[1, 4, 6, 3], 1)?, &landmarks, 1).err().map(|e| e.to_string());
        assert!(error.is_some_and(|e| e.contains("landmark images")), "a landmark image of the wrong size is refused");
        Ok(())
    }
}
