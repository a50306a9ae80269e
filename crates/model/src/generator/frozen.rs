//! The generator with the texture path for one person, frame after frame on the CPU: the twin of [`super::GeneratorNet::forward`] without gradients.
//!
//! Scales and shifts are multiplied into the kernels where they can be, and the rest is done to each row as it is made. Pictures keep their memory once the largest
//! size was seen.

use candle_core::{Result, bail};
use rayon::prelude::*;

use super::super::landmark_image::LANDMARK_CHANNELS;
use super::texture::{MASK_FLOOR, RESULTS, SHARE, Texture};
use crate::body::LEAK;
use crate::nn::ops::{Affine, ConvWeights, FrozenConv, Plane, add};
use crate::nn::{FrozenBlock, StyleVector};

/// Numbers of a pixel of the source: RGB and visibility.
pub const SOURCE_NUMBERS: usize = 4;
/// Rows that one thread takes at a time, at least.
const ROWS: usize = 4;

/// The generator for one person.
pub struct FrozenGenerator {
    layers: Layers,
}

/// What the generator makes of one picture, from layer to layer: for each picture that is made side by side with others, one.
#[derive(Default)]
pub struct GeneratorMemory {
    planes: LayerPlanes,
    picture: Vec<f32>,
}

impl GeneratorMemory {
    /// The picture made last, `[height, width, 3]`.
    pub fn picture(&self) -> &[f32] {
        &self.picture
    }

    /// Puts a picture of one brightness in place of the last: for tests of what is made of it.
    #[doc(hidden)]
    pub fn fill(&mut self, pixels: usize, value: f32) {
        self.picture = vec![value; 3 * pixels];
    }
}

struct Layers {
    half: FrozenConv,
    down4: FrozenConv,
    same4: FrozenConv,
    down8: FrozenConv,
    blocks: Vec<FrozenBlock>,
    narrow4: FrozenConv,
    before4: Affine,
    refine4: FrozenConv,
    narrow2: FrozenConv,
    /// Before each refinement at half the size, and at last before the head.
    before2: Vec<Affine>,
    refine2: Vec<FrozenConv>,
    head: FrozenConv,
}

/// What the layers make, by the share of the picture's size.
#[derive(Default)]
struct LayerPlanes {
    input: Plane,
    half: Plane,
    down4: Plane,
    quarter: Plane,
    /// The sums of the residual layers at each size, the next of them, and what goes into the next layer.
    eighth: Residual,
    fourth: Residual,
    second: Residual,
    narrow: Plane,
    head: Plane,
}

#[derive(Default)]
struct Residual {
    sum: Plane,
    next: Plane,
    input: Plane,
    between: Plane,
}

impl FrozenGenerator {
    pub(super) fn new(net: &Texture, style: &StyleVector) -> Result<Self> {
        let mut before2 = net.refine2.iter().map(|r| r.before.freeze(style)).collect::<Result<Vec<_>>>()?;
        before2.push(net.before_head.freeze(style)?);
        let layers = Layers {
            half: net.half.freeze()?,
            down4: net.down4.freeze()?,
            same4: net.same4.freeze()?,
            down8: net.down8.freeze()?,
            blocks: net.blocks.iter().map(|block| block.freeze(style)).collect::<Result<_>>()?,
            narrow4: net.narrow4.freeze()?,
            before4: net.refine4.before.freeze(style)?,
            refine4: net.refine4.layer.freeze()?,
            narrow2: net.narrow2.freeze()?,
            before2,
            refine2: net.refine2.iter().map(|r| r.layer.freeze()).collect::<Result<_>>()?,
            head: net.head.freeze()?,
        };
        Ok(Self { layers })
    }

    /// Makes the picture from the warped source, `[height, width, SOURCE_NUMBERS]`, and the target's landmark image, `[height / 2, width / 2,
    /// LANDMARK_CHANNELS]`. Height and width are multiples of 8.
    ///
    /// # Errors
    /// Sizes that do not fit.
    pub fn forward(&self, size: [usize; 2], source: &[f32], landmarks: &[f32], memory: &mut GeneratorMemory) -> Result<()> {
        let [height, width] = size;
        let cells = height * width;
        let fits = source.len() == cells * SOURCE_NUMBERS && landmarks.len() == cells / (SHARE * SHARE) * LANDMARK_CHANNELS;
        if cells == 0 || !fits || size.iter().any(|side| side % 8 != 0) {
            bail!("no picture of {height} x {width} from {} and {} numbers", source.len(), landmarks.len());
        }
        let GeneratorMemory { planes, picture } = memory;
        planes.take_in(size, source, landmarks);
        self.layers.encode(planes);
        self.layers.change_person(planes);
        self.layers.decode(planes);
        picture.resize(cells * 3, 0.0);
        let head = &planes.head;
        let lines = picture.par_chunks_exact_mut(SHARE * width * 3).zip(source.par_chunks_exact(SHARE * width * SOURCE_NUMBERS));
        lines.with_min_len(ROWS).enumerate().for_each(|(y, (out, source))| blended(head.row(y), source, out));
        Ok(())
    }
}

/// One convolution with fixed weights, and what is done to its input before.
#[derive(Clone, Debug)]
pub struct FrozenLayer {
    /// The convolution.
    pub weights: ConvWeights,
    /// Gain and shift of every channel of the input, and the slope below zero of what follows; `None` where the input is taken as it is.
    pub before: Option<([Vec<f32>; 2], f32)>,
}

/// The generator's layers for another processor to run.
#[derive(Clone, Debug)]
pub struct GeneratorLayers {
    /// At half the size, to a quarter (with halving, then without), to an eighth.
    pub encoder: [FrozenLayer; 4],
    /// Both convolutions of each residual block.
    pub blocks: Vec<[FrozenLayer; 2]>,
    /// To fewer channels, and the refinement at a quarter of the size; the same at half the size.
    pub narrow4: FrozenLayer,
    /// See [`Self::narrow4`].
    pub refine4: FrozenLayer,
    /// See [`Self::narrow4`].
    pub narrow2: FrozenLayer,
    /// See [`Self::narrow4`].
    pub refine2: Vec<FrozenLayer>,
    /// Colour and mask of two by two pixels.
    pub head: FrozenLayer,
}

impl FrozenLayer {
    fn of(convolution: &FrozenConv, before: Option<&Affine>) -> Self {
        let before = before.map(|before| (before.coefficients().map(<[f32]>::to_vec), LEAK.negative_slope()));
        Self { weights: convolution.weights(), before }
    }
}

impl FrozenGenerator {
    /// The layers, for another processor.
    pub fn layers(&self) -> GeneratorLayers {
        let Layers { half, down4, same4, down8, blocks, narrow4, before4, refine4, narrow2, before2, refine2, head } = &self.layers;
        let plain = |convolution: &FrozenConv| FrozenLayer::of(convolution, None);
        GeneratorLayers {
            encoder: [half, down4, same4, down8].map(plain),
            blocks: blocks.iter().map(|b| [FrozenLayer::of(&b.first, Some(&b.before)), plain(&b.second)]).collect(),
            narrow4: plain(narrow4),
            refine4: FrozenLayer::of(refine4, Some(before4)),
            narrow2: plain(narrow2),
            refine2: refine2.iter().zip(before2).map(|(layer, before)| FrozenLayer::of(layer, Some(before))).collect(),
            head: FrozenLayer::of(head, before2.last()),
        }
    }
}

impl LayerPlanes {
    /// Squares of pixels side by side, from -1 to 1, and the landmarks beside them.
    fn take_in(&mut self, [height, width]: [usize; 2], source: &[f32], landmarks: &[f32]) {
        const LINE: usize = SHARE * SOURCE_NUMBERS;
        let (across, channels) = (width / SHARE, SHARE * LINE + LANDMARK_CHANNELS);
        self.input.fit([height / SHARE, across], channels);
        let lines = source.par_chunks_exact(SHARE * width * SOURCE_NUMBERS).zip(landmarks.par_chunks_exact(across * LANDMARK_CHANNELS));
        self.input.rows_mut().zip(lines).with_min_len(ROWS).for_each(|(out, (source, landmarks))| {
            let (upper, lower) = source.split_at(width * SOURCE_NUMBERS);
            let pixels = upper.as_chunks::<LINE>().0.iter().zip(lower.as_chunks::<LINE>().0).zip(landmarks.chunks_exact(LANDMARK_CHANNELS));
            for (out, ((upper, lower), landmarks)) in out.chunks_exact_mut(channels).zip(pixels) {
                let (square, beside) = out.split_at_mut(SHARE * LINE);
                let centred = upper.iter().chain(lower).map(|v| 2.0 * v - 1.0);
                square.iter_mut().zip(centred).for_each(|(to, value)| *to = value);
                beside.copy_from_slice(landmarks);
            }
        });
    }
}

impl Layers {
    /// To an eighth of the size.
    fn encode(&self, planes: &mut LayerPlanes) {
        let LayerPlanes { input, half, down4, quarter, eighth, .. } = planes;
        self.half.run(input, half, |_, _| {});
        self.down4.run(half, down4, |_, _| {});
        self.same4.run(down4, quarter, |y, row| add(row, down4.row(y)));
        let first = self.blocks.first().map(|block| &block.before);
        self.down8.run_beside(quarter, &mut eighth.sum, &mut eighth.input, |_, row, input| modulate(first, row, input));
    }

    /// The residual blocks.
    fn change_person(&self, planes: &mut LayerPlanes) {
        let Residual { sum, next, input, between } = &mut planes.eighth;
        for (n, block) in self.blocks.iter().enumerate() {
            let following = self.blocks.get(n + 1).map(|block| &block.before);
            block.first.run(input, between, |_, _| {});
            block.second.run_beside(between, next, input, |y, row, input| {
                add(row, sum.row(y));
                modulate(following, row, input);
            });
            std::mem::swap(sum, next);
        }
    }

    /// Back to half the size.
    fn decode(&self, planes: &mut LayerPlanes) {
        let LayerPlanes { half, quarter, eighth, fourth, second, narrow, head, .. } = planes;
        self.narrow4.run(&eighth.sum, narrow, |_, _| {});
        doubled_onto(narrow, quarter, Some(&self.before4), fourth);
        self.refine4.run(&fourth.input, &mut fourth.next, |y, row| add(row, fourth.sum.row(y)));
        self.narrow2.run(&fourth.next, narrow, |_, _| {});
        doubled_onto(narrow, half, self.before2.first(), second);
        let Residual { sum, next, input, between } = second;
        for (layer, following) in self.refine2.iter().zip(&self.before2[1..]) {
            layer.run_beside(input, next, between, |y, row, following_input| {
                add(row, sum.row(y));
                modulate(Some(following), row, following_input);
            });
            std::mem::swap(sum, next);
            std::mem::swap(input, between);
        }
        self.head.run(input, head, |_, _| {});
    }
}

/// What goes into the next layer; nothing where there is none.
fn modulate(next: Option<&Affine>, row: &[f32], input: &mut [f32]) {
    if let Some(next) = next {
        next.modulate(row, LEAK.negative_slope(), input);
    }
}

/// `small`, every pixel twice in both directions, plus `skip`; and what goes into the next layer.
fn doubled_onto(small: &Plane, skip: &Plane, next: Option<&Affine>, to: &mut Residual) {
    let channels = small.channels();
    to.sum.fit(skip.size(), channels);
    to.input.fit(skip.size(), channels);
    to.sum.rows_mut().zip(to.input.rows_mut()).with_min_len(ROWS).enumerate().for_each(|(y, (sum, input))| {
        for (pair, pixel) in sum.chunks_exact_mut(2 * channels).zip(small.row(y / 2).chunks_exact(channels)) {
            pair.chunks_exact_mut(channels).for_each(|to| to.copy_from_slice(pixel));
        }
        add(sum, skip.row(y));
        modulate(next, sum, input);
    });
}

/// A pair of lines of the picture: the source, changed by what the head says.
fn blended(head: &[f32], source: &[f32], out: &mut [f32]) {
    let floor = MASK_FLOOR as f32;
    let (source_line, out_line) = (source.len() / SHARE, out.len() / SHARE);
    for (x, square) in head.as_chunks::<{ RESULTS * SHARE * SHARE }>().0.iter().enumerate() {
        let mut bent = *square;
        for (n, value) in bent.iter_mut().enumerate() {
            // The logistic function of the mask is a hyperbolic tangent of half the argument.
            *value = tanh(if n % RESULTS == 3 { 0.5 * *value } else { *value });
        }
        for (n, pixel) in bent.as_chunks::<RESULTS>().0.iter().enumerate() {
            let (line, column) = (n / SHARE, SHARE * x + n % SHARE);
            let mask = floor + (1.0 - floor) * (0.5 + 0.5 * pixel[3]);
            let from = &source[line * source_line + column * SOURCE_NUMBERS..][..3];
            let to = &mut out[line * out_line + column * 3..][..3];
            for c in 0..3 {
                to[c] = from[c] + mask * pixel[c];
            }
        }
    }
}

/// The hyperbolic tangent to about seven digits, without branches, so that loops of it become vectors.
fn tanh(x: f32) -> f32 {
    /// Beyond, it is 1 in single precision.
    const FAR: f32 = 9.1;
    // e^2x as 2^n e^t with |t| at most half of ln 2, and e^t by its series.
    let exponent = 2.0 * x.clamp(-FAR, FAR);
    let whole = (exponent * std::f32::consts::LOG2_E).round_ties_even();
    let t = exponent - whole * std::f32::consts::LN_2;
    let series = 1.0 + t * (1.0 + t * (1.0 / 2.0 + t * (1.0 / 6.0 + t * (1.0 / 24.0 + t * (1.0 / 120.0 + t / 720.0)))));
    let power = f32::from_bits(((whole as i32 + 127) << 23) as u32);
    1.0 - 2.0 / (power * series + 1.0)
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor};

    use super::super::super::config::{GeneratorConfig, Preset};
    use super::super::super::warped::WarpedSource;
    use super::super::{GeneratorInput, GeneratorNet};
    use super::*;
    use crate::nn::ops::{Products, frozen_with};
    use crate::nn::{Store, testing};

    #[test]
    fn it_gives_what_the_network_gives_at_any_size() -> anyhow::Result<()> {
        let store = Store::fresh(6, &Device::Cpu);
        let net = GeneratorNet::new(&store.scope(), &GeneratorConfig::of(Preset::Retrato))?;
        testing::wake(&store)?;
        let style = StyleVector::new((testing::noise(&[1, net.layout().numbers()], 4)? * 0.3)?, net.layout())?;
        let frozen = frozen_with(Products::Single, || net.freeze(&style))?;
        let mut memory = GeneratorMemory::default();
        for (n, [height, width]) in [[24, 40], [64, 48], [24, 40], [8, 8]].into_iter().enumerate() {
            let seed = 10 * n as u64;
            let source = testing::picture(&[1, height, width, SOURCE_NUMBERS], seed + 1)?;
            let landmarks = testing::picture(&[1, height / 2, width / 2, LANDMARK_CHANNELS], seed + 2)?;
            let part = |first, count| source.narrow(3, first, count)?.contiguous();
            let input = GeneratorInput {
                source: Some(WarpedSource { picture: part(0, 3)?, visibility: part(3, 1)? }),
                landmarks: landmarks.clone(),
            };
            let expected = net.forward(&input, &style)?.picture.flatten_all()?.to_vec1::<f32>()?;
            let values = |t: &Tensor| t.flatten_all()?.to_vec1::<f32>();
            frozen.forward([height, width], &values(&source)?, &values(&landmarks)?, &mut memory)?;
            let worst = expected.iter().zip(memory.picture()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            let changed = expected.iter().zip(values(&part(0, 3)?)?).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < 2e-5, "{height} x {width}: off by {worst}");
            assert!(changed > 0.05, "and there is something to get wrong: {changed}");
        }
        assert!(frozen.forward([8, 8], &[0.0; 7], &[0.0; 112], &mut memory).is_err(), "a source of another size");
        Ok(())
    }

    #[test]
    fn the_tangent_is_one() {
        for k in -2000_i16..=2000 {
            let x = f32::from(k) / 100.0;
            assert!((tanh(x) - x.tanh()).abs() < 5e-7, "at {x}: {} instead of {}", tanh(x), x.tanh());
        }
    }
}
