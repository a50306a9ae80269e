//! A whole residual block, row by row: fewer channels by 1 x 1, depthwise 3 x 3, more channels by 1 x 1, sum, activation.
//!
//! At high resolution a network of few channels waits for memory. Here only three rows of the inner tensors exist at a time, in the nearest cache.

#![expect(clippy::inline_always, reason = "code for a vector width must become part of the function that is compiled for it")]

use pulp::{Arch, Simd, WithSimd};

use super::depthwise::Depthwise3x3;
use super::dispatch;
use super::product::{PackedWeights, ResidualInput};
use crate::aligned::Aligned;

/// Sizes and weights of a block.
#[derive(Debug)]
pub(crate) struct Bottleneck {
    height: usize,
    width: usize,
    channels_in: usize,
    /// None where the block begins with the depthwise convolution.
    reduce: Option<PackedWeights>,
    depthwise: Depthwise3x3,
    expand: PackedWeights,
    /// The three rows that the depthwise convolution looks at, each with its zeros, and a row of zeros.
    rows: [Aligned; 4],
    filtered: Aligned,
    residual: Aligned,
}

/// Where a block reads and writes.
pub(crate) enum BlockBuffers<'a> {
    Apart {
        input: &'a [f32],
        out: &'a mut [f32],
    },
    /// The output takes the place of the input, which has as many channels.
    InPlace(&'a mut [f32]),
}

/// What is added to the product.
#[derive(Clone, Copy)]
pub(crate) enum Added<'a> {
    Nothing,
    Input,
    Other(ResidualInput<'a>),
}

impl Bottleneck {
    /// `reduce` is packed for rows of `width` pixels.
    pub(crate) fn new(
        [height, width, channels_in]: [usize; 3],
        reduce: Option<PackedWeights>,
        depthwise: Depthwise3x3,
        expand: PackedWeights,
    ) -> Self {
        let rows = std::array::from_fn(|_| Aligned::zeros(depthwise.row_len()));
        let filtered = Aligned::zeros(depthwise.out_len());
        let residual = Aligned::zeros(width * channels_in);
        Self { height, width, channels_in, reduce, depthwise, expand, rows, filtered, residual }
    }

    /// Whether the output may take the place of the input.
    pub(crate) fn keeps_channels(&self) -> bool {
        self.channels_in == self.expand.columns
    }

    pub(crate) fn run(&mut self, arch: Arch, pictures: BlockBuffers<'_>, added: Added<'_>) {
        dispatch(arch, Run { block: self, pictures, added });
    }

    pub(crate) fn describe(&self) -> String {
        format!("block {}->{}->{} at {}x{}", self.channels_in, self.depthwise.channels, self.expand.columns, self.height, self.width)
    }

    /// Prepares input row `y` for the depthwise convolution.
    #[inline(always)]
    fn prepare<S: Simd>(&mut self, simd: S, input: &[f32], y: usize) {
        let row = &input[y * self.width * self.channels_in..][..self.width * self.channels_in];
        let to = &mut self.rows[y % 3][self.depthwise.margin()..][..self.width * self.depthwise.channels];
        match &self.reduce {
            Some(reduce) => reduce.multiply(simd, &[row], reduce.depth, row.len() / reduce.depth, to, None),
            None => to.copy_from_slice(row),
        }
    }
}

struct Run<'a> {
    block: &'a mut Bottleneck,
    pictures: BlockBuffers<'a>,
    added: Added<'a>,
}

impl WithSimd for Run<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { block, mut pictures, added } = self;
        let (width, height) = (block.width, block.height);
        let out_row = width * block.expand.columns;
        let in_row = width * block.channels_in;
        block.prepare(simd, pictures.input(), 0);
        for y in 0..height {
            if y + 1 < height {
                block.prepare(simd, pictures.input(), y + 1);
            }
            let row = |y: Option<usize>| &block.rows[y.filter(|y| *y < height).map_or(3, |y| y % 3)][..];
            block.depthwise.row(simd, [row(y.checked_sub(1)), row(Some(y)), row(Some(y + 1))], &mut block.filtered);
            let residual = match added {
                Added::Nothing => None,
                Added::Input => {
                    block.residual.copy_from_slice(&pictures.input()[y * in_row..][..in_row]);
                    Some(ResidualInput { values: &block.residual, channels: block.channels_in })
                }
                Added::Other(other) => {
                    Some(ResidualInput { values: &other.values[y * width * other.channels..][..width * other.channels], ..other })
                }
            };
            let out = &mut pictures.out()[y * out_row..][..out_row];
            block.expand.multiply(simd, &[&block.filtered], block.depthwise.channels, width, out, residual);
        }
    }
}

impl BlockBuffers<'_> {
    fn input(&self) -> &[f32] {
        match self {
            Self::Apart { input, .. } => input,
            Self::InPlace(picture) => picture,
        }
    }

    fn out(&mut self) -> &mut [f32] {
        match self {
            Self::Apart { out, .. } => out,
            Self::InPlace(picture) => picture,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::convolution::Conv2d;
    use super::super::depthwise::Depthwise;
    use super::super::product::FusedActivation;
    use super::super::{assert_close, every_width, lanes, noise};
    use super::*;
    use crate::model::SlidingWindow;

    #[test]
    fn a_block_is_the_three_convolutions_one_after_the_other() {
        for (h, w, n, c, arrangement) in [
            (6, 9, 16, 8, 0),
            (3, 8, 16, 8, 0),
            (4, 6, 6, 3, 0),
            (1, 5, 20, 12, 1),
            (4, 4, 64, 32, 0),
            (2, 2, 24, 24, 2),
            (7, 3, 10, 28, 1),
        ] {
            let pointwise = |from, to| SlidingWindow { input: [h, w, from], output: [h, w, to], kernel: [1, 1], stride: 1, pad: [0, 0] };
            let square = SlidingWindow { input: [h, w, c], output: [h, w, c], kernel: [3, 3], stride: 1, pad: [1, 1] };
            let narrow = if arrangement == 2 { c } else { n };
            let input = noise(h * w * narrow, 1);
            let (kernel_in, bias_in, slopes_in) = (noise(narrow * c, 2), noise(c, 3), FusedActivation::Prelu(noise(c, 4)));
            let (kernel, bias) = (noise(9 * c, 5), noise(c, 6));
            let (kernel_out, bias_out, slopes_out) = (noise(c * n, 7), noise(n, 8), FusedActivation::Prelu(noise(n, 9)));
            let other = noise(h * w * n.div_ceil(2), 10);
            for arch in every_width() {
                let lanes = lanes(arch);
                let mut reduced = vec![0.0; h * w * c];
                if arrangement == 2 {
                    reduced.copy_from_slice(&input);
                } else {
                    Conv2d::new(pointwise(narrow, c), &kernel_in, &bias_in, &slopes_in, lanes).run(arch, &input, None, &mut reduced);
                }
                let mut filtered = vec![0.0; h * w * c];
                Depthwise::new(square, &kernel, &bias, false).run(arch, &reduced, &mut filtered);
                let (added, residual) = match arrangement {
                    1 => {
                        let other = ResidualInput { values: &other, channels: n.div_ceil(2) };
                        (Added::Other(other), other)
                    }
                    _ => (Added::Input, ResidualInput { values: &input, channels: narrow }),
                };
                let mut wanted = vec![0.0; h * w * n];
                Conv2d::new(pointwise(c, n), &kernel_out, &bias_out, &slopes_out, lanes).run(arch, &filtered, Some(residual), &mut wanted);

                let reduce = (arrangement != 2).then(|| PackedWeights::for_rows(&kernel_in, &bias_in, &slopes_in, lanes, w));
                let expand = PackedWeights::new(&kernel_out, &bias_out, &slopes_out, lanes);
                let mut block = Bottleneck::new([h, w, narrow], reduce, Depthwise3x3::new(w, &kernel, &bias, lanes), expand);
                let mut out = vec![f32::NAN; h * w * n];
                block.run(arch, BlockBuffers::Apart { input: &input, out: &mut out }, added);
                assert_close(&out, &wanted, "apart");
                if block.keeps_channels() {
                    let mut picture = input.clone();
                    block.run(arch, BlockBuffers::InPlace(&mut picture), added);
                    assert_close(&picture, &wanted, "in place");
                }
            }
        }
    }
}
