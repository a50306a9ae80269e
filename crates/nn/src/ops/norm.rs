//! Instance normalisation with adaptive scale and shift (`AdaIN`, Huang and Belongie 2017) and the activation behind it, as one operation.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::access::{numbers, slice, tensor};
use super::{Activation, plain};

/// Added to the variance.
const EPSILON: f32 = 1e-5;
/// Pixels that one thread scales and shifts at a time.
const PART_PIXELS: usize = 1024;

/// What stands before scale and shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Statistics {
    /// Mean 0 and variance 1 over each channel of each picture.
    Instance,
    /// The numbers as they are: scale and shift alone, so that a crop gives what the whole picture gives.
    None,
}

/// `act(normalised(x) * (1 + scale) + shift)`: `x` is `[batch, height, width, channels]`, `scale` and `shift` are `[batch, channels]`.
pub fn adain(x: &Tensor, scale: &Tensor, shift: &Tensor, statistics: Statistics, activation: Activation) -> Result<Tensor> {
    let (batch, _, _, channels) = x.dims4()?;
    if scale.dims() != [batch, channels] || shift.dims() != [batch, channels] {
        bail!("scale {:?} and shift {:?} do not fit {:?}", scale.shape(), shift.shape(), x.shape());
    }
    if x.device().is_cpu() {
        x.contiguous()?.apply_op3(&scale.contiguous()?, &shift.contiguous()?, Adain { statistics, activation })
    } else {
        plain::adain(x, scale, shift, statistics, activation, f64::from(EPSILON))
    }
}

struct Adain {
    statistics: Statistics,
    activation: Activation,
}

/// Mean and inverse deviation of every channel of one picture.
struct ChannelMoments {
    mean: Vec<f32>,
    inverse: Vec<f32>,
}

impl ChannelMoments {
    fn of(x: &[f32], channels: usize, statistics: Statistics) -> Self {
        if statistics == Statistics::None {
            return Self { mean: vec![0.0; channels], inverse: vec![1.0; channels] };
        }
        let pixels = (x.len() / channels.max(1)).max(1) as f32;
        let mut mean = vec![0.0_f32; channels];
        for pixel in x.chunks_exact(channels) {
            mean.iter_mut().zip(pixel).for_each(|(m, p)| *m += p);
        }
        for m in &mut mean {
            *m /= pixels;
        }
        let mut inverse = vec![0.0_f32; channels];
        for pixel in x.chunks_exact(channels) {
            for ((v, p), m) in inverse.iter_mut().zip(pixel).zip(&mean) {
                *v += (p - m) * (p - m);
            }
        }
        for v in &mut inverse {
            *v = (*v / pixels + EPSILON).sqrt().recip();
        }
        Self { mean, inverse }
    }
}

/// `act(x * gain + offset)` for pixels with as many channels as there are gains. A function of its own, so that the loop becomes vectors.
#[expect(clippy::inline_always, reason = "code for a vector width must become part of the function that is compiled for it")]
#[inline(always)]
pub(super) fn scale_and_shift(out: &mut [f32], x: &[f32], gain: &[f32], offset: &[f32], slope: f32) {
    let channels = gain.len().max(1);
    for (out, x) in out.chunks_exact_mut(channels).zip(x.chunks_exact(channels)) {
        for (((o, x), g), t) in out.iter_mut().zip(x).zip(gain).zip(offset) {
            let y = x * g + t;
            *o = y * if y < 0.0 { slope } else { 1.0 };
        }
    }
}

impl CustomOp3 for Adain {
    fn name(&self) -> &'static str {
        "adain"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
        s3: &CpuStorage,
        l3: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (_, height, width, channels) = l1.shape().dims4()?;
        let (x, scale, shift) = (slice(s1, l1)?, slice(s2, l2)?, slice(s3, l3)?);
        let one = (height * width * channels).max(1);
        let slope = self.activation.negative_slope();
        let mut out = vec![0.0_f32; x.len()];
        out.par_chunks_mut(one).zip(x.par_chunks(one)).enumerate().for_each(|(b, (out, x))| {
            let moments = ChannelMoments::of(x, channels, self.statistics);
            let (scale, shift) = (&scale[b * channels..][..channels], &shift[b * channels..][..channels]);
            let gain: Vec<f32> = scale.iter().zip(&moments.inverse).map(|(s, i)| (1.0 + s) * i).collect();
            let offset: Vec<f32> = shift.iter().zip(&gain).zip(&moments.mean).map(|((t, g), m)| t - g * m).collect();
            let part = PART_PIXELS * channels.max(1);
            out.par_chunks_mut(part).zip(x.par_chunks(part)).for_each(|(out, x)| scale_and_shift(out, x, &gain, &offset, slope));
        });
        Ok((CpuStorage::F32(out), l1.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        scale: &Tensor,
        shift: &Tensor,
        output: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (_, height, width, channels) = x.dims4()?;
        let gradient = gradient.contiguous()?;
        let (values, scales, y, g) = (numbers(x)?, numbers(scale)?, numbers(output)?, numbers(&gradient)?);
        let one = (height * width * channels).max(1);
        let (mut to_x, mut to_scale, mut to_shift) =
            (vec![0.0_f32; values.len()], vec![0.0_f32; scales.len()], vec![0.0_f32; scales.len()]);
        let parts = to_x.par_chunks_mut(one).zip(to_scale.par_chunks_mut(channels.max(1))).zip(to_shift.par_chunks_mut(channels.max(1)));
        parts.enumerate().for_each(|(b, ((to_x, to_scale), to_shift))| {
            let picture = BackwardPicture {
                x: &values[b * one..][..one],
                y: &y[b * one..][..one],
                g: &g[b * one..][..one],
                scale: &scales[b * channels..][..channels],
            };
            self.backward(&picture, to_x, to_scale, to_shift);
        });
        Ok((Some(tensor(to_x, x.shape())?), Some(tensor(to_scale, scale.shape())?), Some(tensor(to_shift, shift.shape())?)))
    }
}

/// One picture of the batch in the backward pass.
struct BackwardPicture<'a> {
    x: &'a [f32],
    y: &'a [f32],
    g: &'a [f32],
    scale: &'a [f32],
}

impl Adain {
    fn backward(&self, picture: &BackwardPicture<'_>, to_x: &mut [f32], to_scale: &mut [f32], to_shift: &mut [f32]) {
        let channels = picture.scale.len();
        let slope = self.activation.negative_slope();
        let moments = ChannelMoments::of(picture.x, channels, self.statistics);
        // What reaches the sum before the activation is kept in `to_x` until the sums over the picture are known.
        let pixels = to_x
            .chunks_exact_mut(channels)
            .zip(picture.x.chunks_exact(channels))
            .zip(picture.y.chunks_exact(channels))
            .zip(picture.g.chunks_exact(channels));
        for (((to, x), y), g) in pixels {
            for c in 0..channels {
                let reached = g[c] * if y[c] < 0.0 { slope } else { 1.0 };
                to[c] = reached;
                to_shift[c] += reached;
                to_scale[c] += reached * (x[c] - moments.mean[c]) * moments.inverse[c];
            }
        }
        let count = (picture.x.len() / channels.max(1)).max(1) as f32;
        let through_moments = if self.statistics == Statistics::Instance { 1.0 / count } else { 0.0 };
        for (to, x) in to_x.chunks_exact_mut(channels).zip(picture.x.chunks_exact(channels)) {
            for c in 0..channels {
                let normal = (x[c] - moments.mean[c]) * moments.inverse[c];
                to[c] = (1.0 + picture.scale[c]) * moments.inverse[c] * (to[c] - through_moments * (to_shift[c] + normal * to_scale[c]));
            }
        }
    }
}
