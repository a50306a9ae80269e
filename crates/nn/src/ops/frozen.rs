//! Convolutions with fixed weights for pictures that come frame after frame: kernels are packed once, pictures keep their memory and their zero border, and
//! what follows a convolution is done to each row while it is still near the processor.

use candle_core::{Result, Tensor, bail};
use rayon::prelude::*;
use retrato_core::runtime::vectorized;

use super::Activation;
use super::access::numbers;
use super::conv_kernels::{Packed, Pass, Phase, RowTask, TileRun};
use super::number_format::{Products, pairs_are_quicker};
use super::padded::Padded;
use super::pairs::{self, PairKernel, PairPass};
use super::tiles;

/// Rows that one thread takes at a time, at least.
const ROWS: usize = 4;
/// Rows and columns of the result that are made to try a format: some tens of microseconds to a millisecond.
const TRIAL: [usize; 2] = [6, 32];

/// One picture, channels last, with a border of one pixel of zeros. Memory grows to the largest size that was asked for.
#[derive(Debug, Default)]
pub struct Plane {
    values: Vec<f32>,
    /// Height and width without the border.
    size: [usize; 2],
    channels: usize,
}

impl Plane {
    /// Takes a size. What the picture showed is lost when it is another.
    pub fn fit(&mut self, size: [usize; 2], channels: usize) {
        if (self.size, self.channels) != (size, channels) {
            (self.size, self.channels) = (size, channels);
            // The border of the new size may lie where there were pixels.
            self.values.clear();
            self.values.resize((size[0] + 2) * self.line(), 0.0);
        }
    }

    /// Height and width.
    pub fn size(&self) -> [usize; 2] {
        self.size
    }

    /// Numbers of a pixel.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Numbers of a row with its border.
    fn line(&self) -> usize {
        (self.size[1] + 2) * self.channels
    }

    /// A row without its border.
    pub fn row(&self, y: usize) -> &[f32] {
        let line = self.line();
        &self.values[(y + 1) * line + self.channels..(y + 2) * line - self.channels]
    }

    /// All rows without their borders, side by side.
    pub fn rows_mut(&mut self) -> impl IndexedParallelIterator<Item = &mut [f32]> {
        let (line, channels, height) = (self.line().max(1), self.channels, self.size[0]);
        let inside = move |row: &'_ mut [f32]| -> std::ops::Range<usize> { channels..row.len().saturating_sub(channels) };
        self.values.par_chunks_mut(line).skip(1).take(height).map(move |row| {
            let range = inside(row);
            &mut row[range]
        })
    }
}

/// The numbers of a convolution with fixed weights.
#[derive(Clone, Debug)]
pub struct ConvWeights {
    /// `[size, size, in, out]`, row by row.
    pub kernel: Vec<f32>,
    /// A number for each channel of the output.
    pub bias: Vec<f32>,
    /// 1 or 3.
    pub size: usize,
    /// 1 or 2.
    pub stride: usize,
    /// Slope below zero of the activation; 1 for none.
    pub slope: f32,
}

/// A convolution with fixed weights.
pub struct FrozenConv {
    packed: Packed,
    /// The same for processors that multiply pairs.
    pairs: Option<PairKernel>,
    bias: Vec<f32>,
    kernel: usize,
    stride: usize,
    channels_in: usize,
    activation: Activation,
}

impl FrozenConv {
    /// `act((input * kernel + bias) * gain + shift)` for `kernel` as [`super::conv()`] takes it; gain and shift have a number for each channel.
    pub fn new(kernel: &Tensor, bias: &Tensor, stride: usize, activation: Activation, after: Option<&Affine>) -> Result<Self> {
        let (size, _, channels_in, channels_out) = kernel.dims4()?;
        if !matches!(size, 1 | 3) || !matches!(stride, 1 | 2) || bias.dims() != [channels_out] {
            bail!("no convolution with {:?} and bias {:?} at stride {stride}", kernel.shape(), bias.shape());
        }
        let (kernel, mut bias) = (kernel.flatten_all()?.to_vec1::<f32>()?, bias.to_vec1::<f32>()?);
        let gain = after.map_or_else(|| vec![1.0; channels_out], |after| after.gain.clone());
        if let Some(after) = after {
            after.apply(&mut bias);
        }
        let packed = Packed::new(size * size * channels_in, channels_out, |k, first, line| {
            let from = &kernel[k * channels_out + first..];
            line.iter_mut().zip(from).zip(&gain[first..]).for_each(|((to, value), gain)| *to = value * gain);
        });
        let depth = size * channels_in;
        let pairs = (Products::chosen() != Products::Single)
            .then(|| {
                PairKernel::new(size, depth, channels_out, |row, k, column| {
                    kernel[(row * depth + k) * channels_out + column] * gain[column]
                })
            })
            .flatten();
        let mut frozen = Self { packed, pairs, bias, kernel: size, stride, channels_in, activation };
        if Products::chosen() == Products::Measured && frozen.pairs.is_some() && !frozen.is_quicker_in_pairs() {
            frozen.pairs = None;
        }
        Ok(frozen)
    }

    /// Tries a few rows in both formats.
    fn is_quicker_in_pairs(&self) -> bool {
        let shape = [self.kernel, self.stride, self.channels_in, self.bias.len()];
        let mut input = Plane::default();
        input.fit(TRIAL.map(|side| side * self.stride), self.channels_in);
        pairs_are_quicker(shape, |in_pairs| {
            let mut out = vec![0.0; TRIAL[1] * self.bias.len()];
            let kernel = self.pairs.as_ref().filter(|_| in_pairs);
            self.each_row(&input, kernel, |row| (0..TRIAL[0]).for_each(|y| row(y, &mut out)));
            out.iter().sum()
        })
    }

    /// Convolves `input` into `output`; `finish` gets every row of the result with its number, to go on with.
    pub fn run(&self, input: &Plane, output: &mut Plane, finish: impl Fn(usize, &mut [f32]) + Sync) {
        output.fit(self.size_after(input), self.bias.len());
        self.each_row(input, self.pairs.as_ref(), |row| {
            output.rows_mut().with_min_len(ROWS).enumerate().for_each(|(y, out)| {
                row(y, out);
                finish(y, out);
            });
        });
    }

    /// The same with a second picture of the same size, of which `finish` writes each row.
    pub fn run_beside(&self, input: &Plane, output: &mut Plane, beside: &mut Plane, finish: impl Fn(usize, &mut [f32], &mut [f32]) + Sync) {
        output.fit(self.size_after(input), self.bias.len());
        beside.fit(output.size, self.bias.len());
        self.each_row(input, self.pairs.as_ref(), |row| {
            output.rows_mut().zip(beside.rows_mut()).with_min_len(ROWS).enumerate().for_each(|(y, (out, beside))| {
                row(y, out);
                finish(y, out, beside);
            });
        });
    }

    /// Its numbers, for another processor.
    pub fn weights(&self) -> ConvWeights {
        let depth = self.kernel * self.kernel * self.channels_in;
        ConvWeights {
            kernel: self.packed.unpacked(depth, self.bias.len()),
            bias: self.bias.clone(),
            size: self.kernel,
            stride: self.stride,
            slope: self.activation.negative_slope(),
        }
    }

    /// Floating point operations for an input of this height and width, a multiplication and an addition counted as two.
    pub fn flops(&self, [height, width]: [usize; 2]) -> usize {
        2 * (height / self.stride) * (width / self.stride) * self.kernel * self.kernel * self.channels_in * self.bias.len()
    }

    fn size_after(&self, input: &Plane) -> [usize; 2] {
        input.size.map(|side| side / self.stride)
    }

    /// Hands on what makes a row of the result, given its number and where it goes; with products of pairs where their kernel is given.
    fn each_row(&self, input: &Plane, pairs: Option<&PairKernel>, rows: impl FnOnce(&(dyn Fn(usize, &mut [f32]) + Sync))) {
        debug_assert_eq!(input.channels, self.channels_in, "the picture's channels are the kernel's");
        let (line, depth) = (input.line(), self.kernel * self.channels_in);
        if let Some(kernel) = pairs {
            let (first_row, first) = if self.kernel == 1 { (1, self.channels_in) } else { (0, 0) };
            let pass = PairPass {
                kernel,
                bias: &self.bias,
                activation: self.activation,
                values: &input.values,
                line,
                row_step: self.stride,
                pixel_step: self.stride * self.channels_in,
                first_row,
                first,
                call: pairs::next_call(),
            };
            rows(&|y, out| pass.row(y, out));
            return;
        }
        let runs = (0..self.kernel).map(|ky| TileRun { offset: ky * line, packed: ky * depth, depth }).collect();
        let phase = Phase { start: 0, step: 1, count: input.size[1] / self.stride, runs };
        let padded = Padded::bordered(&input.values, line);
        let pass = Pass {
            padded: &padded,
            pixel_step: self.stride * self.channels_in,
            row_step: self.stride * line,
            packed: &self.packed,
            bias: Some(&self.bias),
            columns: self.bias.len(),
            activation: self.activation,
        };
        // A kernel of one place begins inside the border, one of three on it.
        let first = if self.kernel == 1 { line + self.channels_in } else { 0 };
        let arch = tiles::arch();
        rows(&|y, out| arch.dispatch(RowTask { pass: &pass, base: first + y * pass.row_step, phase: &phase, out }));
    }
}

/// A gain and a shift for each channel, and the activation behind them: what adaptive normalisation without statistics is for one person.
#[derive(Clone, Debug)]
pub struct Affine {
    gain: Vec<f32>,
    shift: Vec<f32>,
}

impl Affine {
    /// From a layer's scale, less 1, and shift, `[1, channels]` each.
    pub fn new(scale: &Tensor, shift: &Tensor) -> Result<Self> {
        Ok(Self { gain: numbers(scale)?.iter().map(|s| 1.0 + s).collect(), shift: numbers(shift)?.to_vec() })
    }

    /// The gain and the shift of each channel.
    pub fn coefficients(&self) -> [&[f32]; 2] {
        [&self.gain, &self.shift]
    }

    fn apply(&self, values: &mut [f32]) {
        values.iter_mut().zip(&self.gain).zip(&self.shift).for_each(|((v, g), s)| *v = *v * g + s);
    }

    /// `act(x * gain + shift)` for a row of pixels.
    pub fn modulate(&self, x: &[f32], slope: f32, out: &mut [f32]) {
        vectorized(tiles::arch(), || super::norm::scale_and_shift(out, x, &self.gain, &self.shift, slope));
    }
}

/// Every pixel of `low` twice in both directions, and behind its channels those of `skip`, which is twice as large.
pub fn doubled_beside(low: &Plane, skip: &Plane, to: &mut Plane) {
    let (near, far) = (low.channels, skip.channels);
    to.fit(skip.size, near + far);
    to.rows_mut().with_min_len(ROWS).enumerate().for_each(|(y, row)| {
        let (low, skip) = (low.row(y / 2), skip.row(y));
        for (x, pixel) in row.chunks_exact_mut(near + far).enumerate() {
            let (head, tail) = pixel.split_at_mut(near);
            head.copy_from_slice(&low[x / 2 * near..][..near]);
            tail.copy_from_slice(&skip[x * far..][..far]);
        }
    });
}

/// `to += from`, as vectors.
pub fn add(to: &mut [f32], from: &[f32]) {
    vectorized(tiles::arch(), || to.iter_mut().zip(from).for_each(|(t, f)| *t += f));
}
