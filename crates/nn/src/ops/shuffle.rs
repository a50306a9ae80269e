//! Pixels to channels and back (Shi et al. 2016): squares of four pixels become one pixel with four times the channels, so that convolutions work at half
//! the size without losing a number.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::access::{numbers, slice, tensor};

/// `[b, h, w, c]` → `[b, h / 2, w / 2, 4 c]`: the pixels of a square behind each other, row by row. Height and width are even.
pub fn pixel_unshuffle(x: &Tensor) -> Result<Tensor> {
    let (_, height, width, _) = x.dims4()?;
    if height % 2 != 0 || width % 2 != 0 {
        bail!("{height} x {width} is not made of squares of 2");
    }
    if x.device().is_cpu() { x.contiguous()?.apply_op1(Shuffle { apart: false }) } else { unshuffle_composed(x) }
}

/// `[b, h, w, 4 c]` → `[b, 2 h, 2 w, c]`: the inverse of [`pixel_unshuffle`].
pub fn pixel_shuffle(x: &Tensor) -> Result<Tensor> {
    let (_, _, _, channels) = x.dims4()?;
    if channels % 4 != 0 {
        bail!("{channels} channels are not those of four pixels");
    }
    if x.device().is_cpu() { x.contiguous()?.apply_op1(Shuffle { apart: true }) } else { shuffle_composed(x) }
}

/// [`pixel_unshuffle`] out of the library's own operations.
fn unshuffle_composed(x: &Tensor) -> Result<Tensor> {
    let (batch, height, width, channels) = x.dims4()?;
    let split = x.reshape((batch, height / 2, 2, width / 2, 2, channels))?;
    split.permute((0, 1, 3, 2, 4, 5))?.contiguous()?.reshape((batch, height / 2, width / 2, 4 * channels))
}

/// [`pixel_shuffle`] out of the library's own operations.
fn shuffle_composed(x: &Tensor) -> Result<Tensor> {
    let (batch, height, width, channels) = x.dims4()?;
    let split = x.reshape((batch, height, width, 2, 2, channels / 4))?;
    split.permute((0, 1, 3, 2, 4, 5))?.contiguous()?.reshape((batch, 2 * height, 2 * width, channels / 4))
}

/// Either direction; each is the other's gradient.
struct Shuffle {
    /// From channels to pixels.
    apart: bool,
}

impl Shuffle {
    fn run(&self, x: &[f32], shape: &Shape) -> Result<(Vec<f32>, Shape)> {
        let (batch, height, width, channels) = shape.dims4()?;
        // A pair of lines of the large picture, and the line of the small one that has the same numbers.
        let (rows, columns, each) = if self.apart { (height, width, channels / 4) } else { (height / 2, width / 2, channels) };
        let (pair, half) = (4 * columns * each, 2 * columns * each);
        let mut out = vec![0.0_f32; x.len()];
        out.par_chunks_mut(pair.max(1)).zip(x.par_chunks(pair.max(1))).with_min_len(8).for_each(|(out, x)| {
            for square in 0..columns {
                for line in 0..2 {
                    let large = line * half + 2 * square * each;
                    let small = (2 * square + line) * 2 * each;
                    let (to, from) = if self.apart { (large, small) } else { (small, large) };
                    out[to..][..2 * each].copy_from_slice(&x[from..][..2 * each]);
                }
            }
        });
        let shape = if self.apart { (batch, 2 * rows, 2 * columns, each) } else { (batch, rows, columns, 4 * each) };
        Ok((out, shape.into()))
    }
}

impl CustomOp1 for Shuffle {
    fn name(&self) -> &'static str {
        if self.apart { "pixel-shuffle" } else { "pixel-unshuffle" }
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (out, shape) = self.run(slice(storage, layout)?, layout.shape())?;
        Ok((CpuStorage::F32(out), shape))
    }

    fn bwd(&self, _: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let gradient = gradient.contiguous()?;
        let (out, shape) = Self { apart: !self.apart }.run(&numbers(&gradient)?, gradient.shape())?;
        Ok(Some(tensor(out, shape)?))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;

    #[test]
    fn four_pixels_become_one_and_come_back() -> Result<()> {
        let x = Var::from_tensor(&Tensor::arange(0.0_f32, 2.0 * 4.0 * 6.0 * 3.0, &Device::Cpu)?.reshape((2, 4, 6, 3))?)?;
        let small = pixel_unshuffle(&x)?;
        assert_eq!(small.dims(), [2, 2, 3, 12], "shape");
        let first = small.narrow(0, 0, 1)?.narrow(1, 1, 1)?.narrow(2, 2, 1)?.flatten_all()?.to_vec1::<f32>()?;
        assert_eq!(first, [48.0, 49.0, 50.0, 51.0, 52.0, 53.0, 66.0, 67.0, 68.0, 69.0, 70.0, 71.0], "a square, row by row");
        assert_eq!(small.flatten_all()?.to_vec1::<f32>()?, unshuffle_composed(&x)?.flatten_all()?.to_vec1::<f32>()?, "composed");
        let back = pixel_shuffle(&small)?;
        assert_eq!(shuffle_composed(&small)?.flatten_all()?.to_vec1::<f32>()?, x.flatten_all()?.to_vec1::<f32>()?, "composed, and back");
        assert_eq!(back.flatten_all()?.to_vec1::<f32>()?, x.flatten_all()?.to_vec1::<f32>()?, "the same picture");
        let gradients = (back * x.detach())?.sum_all()?.backward()?;
        let gradient = gradients.get(&x).map(Tensor::flatten_all).transpose()?.map(|g| g.to_vec1::<f32>()).transpose()?;
        assert_eq!(gradient, Some(x.flatten_all()?.to_vec1::<f32>()?), "the gradient takes the same way back");
        Ok(())
    }

    #[test]
    fn what_cannot_be_shuffled_is_refused() -> Result<()> {
        let x = Tensor::zeros((1, 3, 4, 3), candle_core::DType::F32, &Device::Cpu)?;
        assert!(pixel_unshuffle(&x).is_err() && pixel_shuffle(&x).is_err(), "an odd side, three channels");
        Ok(())
    }
}
