//! Residual blocks (He et al. 2016, in the order of their second paper: normalisation, activation, convolution) that keep, halve or double the size.

use candle_core::{Result, Tensor};

use super::ops::{self, Activation, Affine, FrozenConv, Statistics};
use super::spectral::{ConvolutionSpec, SpectralConvolution};
use super::style::{StyleLayout, StyleSlot, StyleVector};
use super::weights::{Initial, Scope, WeightsError};

/// Where a normalisation takes its scale and shift from.
#[derive(Debug)]
pub enum NormSource<'a> {
    /// No normalisation at all.
    None,
    /// Learnt by the network itself.
    Own(Statistics),
    /// The person's (`AdaIN`): every layer takes its own place in the layout.
    Person(Statistics, &'a mut StyleLayout),
}

/// What stands before a convolution: normalisation, if any, with scale and shift, then the activation.
#[derive(Debug)]
pub struct Normalisation {
    source: NormWeights,
    activation: Activation,
}

#[derive(Debug)]
enum NormWeights {
    Nothing,
    Own { scale: Tensor, shift: Tensor, statistics: Statistics },
    Person { slot: StyleSlot, statistics: Statistics },
}

impl Normalisation {
    /// For pictures of `channels` channels; own coefficients are the weights `scale` and `shift` of the scope.
    pub fn new(
        scope: &Scope<'_>,
        channels: usize,
        coefficients: &mut NormSource<'_>,
        activation: Activation,
    ) -> std::result::Result<Self, WeightsError> {
        let zeros = |name| scope.weight(name, channels, Initial::Constant(0.0));
        let source = match coefficients {
            NormSource::None => NormWeights::Nothing,
            NormSource::Own(statistics) => NormWeights::Own { scale: zeros("scale")?, shift: zeros("shift")?, statistics: *statistics },
            NormSource::Person(statistics, layout) => NormWeights::Person { slot: layout.slot(channels), statistics: *statistics },
        };
        Ok(Self { source, activation })
    }

    /// `act(normalised(x) * (1 + scale) + shift)`, same shape. Fails when the coefficients are the person's and there is no person.
    pub fn forward(&self, x: &Tensor, style: Option<&StyleVector>) -> Result<Tensor> {
        let (batch, _, _, channels) = x.dims4()?;
        let spread = |t: &Tensor| t.broadcast_as((batch, channels))?.contiguous();
        match (&self.source, style) {
            (NormWeights::Nothing, _) => {
                // Scale 1 and shift 0 leave the activation, in one operation with a gradient of its own.
                let zeros = Tensor::zeros((batch, channels), x.dtype(), x.device())?;
                ops::adain(x, &zeros, &zeros, Statistics::None, self.activation)
            }
            (NormWeights::Own { scale, shift, statistics }, _) => {
                ops::adain(x, &spread(scale)?, &spread(shift)?, *statistics, self.activation)
            }
            (NormWeights::Person { slot, statistics }, Some(style)) => {
                let [scale, shift] = style.pair(slot, batch)?;
                ops::adain(x, &scale, &shift, *statistics, self.activation)
            }
            (NormWeights::Person { .. }, None) => candle_core::bail!("a layer with a person's coefficients, but no person"),
        }
    }
}

impl Normalisation {
    /// Scale and shift of one person, for pictures that come frame after frame. Fails where there are statistics, or no person's coefficients.
    pub fn freeze(&self, style: &StyleVector) -> Result<Affine> {
        match &self.source {
            NormWeights::Person { slot, statistics: Statistics::None } => {
                let [scale, shift] = style.pair(slot, 1)?;
                Affine::new(&scale, &shift)
            }
            _ => candle_core::bail!("only a person's scale and shift without statistics can be frozen"),
        }
    }
}

/// A residual block of one size with a person's coefficients, for pictures that come frame after frame.
pub struct FrozenBlock {
    /// Before the first convolution, which is followed by the second normalisation.
    pub before: Affine,
    /// The first convolution, its normalisation folded in.
    pub first: FrozenConv,
    /// The second convolution.
    pub second: FrozenConv,
}

/// What a block does to the size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resample {
    /// Halves it, by averaging.
    Down,
    /// Keeps it.
    Same,
    /// Doubles it, by repeating.
    Up,
}

/// What a residual block is like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ResidualSpec {
    /// Channels in and out.
    pub channels: [usize; 2],
    /// What happens to the size.
    pub resample: Resample,
    /// Before both convolutions.
    pub activation: Activation,
    /// Spectral normalisation on every convolution.
    pub spectral: bool,
    /// Fresh kernels of the second convolution are this much smaller, so that a fresh block is nearly its skip; not 0 with spectral normalisation.
    pub second_gain: f32,
    /// Whether the input is a picture rather than features: it goes into the first convolution as it is.
    pub first: bool,
}

/// `skip(x) + convolve(convolve(x))`; the skip has a 1 x 1 convolution where the size or the number of channels changes.
#[derive(Debug)]
pub struct ResidualBlock {
    resample: Resample,
    before_first: Option<Normalisation>,
    first: SpectralConvolution,
    before_second: Option<Normalisation>,
    second: SpectralConvolution,
    skip: Option<SpectralConvolution>,
}

impl ResidualBlock {
    /// The weights `first`, `second`, `skip` and, with own coefficients, `before_first` and `before_second` of the scope.
    pub fn new(scope: &Scope<'_>, spec: &ResidualSpec, mut coefficients: NormSource<'_>) -> std::result::Result<Self, WeightsError> {
        let ResidualSpec { channels: [from, to], activation, spectral, .. } = *spec;
        let plain = matches!(coefficients, NormSource::None);
        let mut before = |name: &str, channels: usize| Normalisation::new(&scope.under(name), channels, &mut coefficients, activation);
        let before_first = if spec.first { None } else { Some(before("before_first", from)?) };
        let before_second = if plain { None } else { Some(before("before_second", to)?) };
        // Without normalisation between them the first convolution does the activation itself.
        let between = if plain { activation } else { Activation::Linear };
        let layer = |name: &str, spec: ConvolutionSpec| SpectralConvolution::new(&scope.under(name), &spec.spectral(spectral));
        Ok(Self {
            resample: spec.resample,
            before_first,
            first: layer("first", ConvolutionSpec::wide(from, to).then(between))?,
            before_second,
            second: layer("second", ConvolutionSpec::wide(to, to).gain(spec.second_gain))?,
            skip: if from == to && spec.resample == Resample::Same {
                None
            } else {
                Some(layer("skip", ConvolutionSpec::narrow(from, to))?)
            },
        })
    }

    /// `[batch, height, width, from]` → `[batch, height', width', to]`; `style` is needed by blocks with a person's coefficients.
    pub fn forward(&self, x: &Tensor, style: Option<&StyleVector>) -> Result<Tensor> {
        let mut y = match &self.before_first {
            Some(before) => before.forward(x, style)?,
            None => x.clone(),
        };
        if self.resample == Resample::Up {
            y = ops::upsample_nearest(&y, 2)?;
        }
        y = self.first.forward(&y)?;
        if let Some(before) = &self.before_second {
            y = before.forward(&y, style)?;
        }
        y = self.second.forward(&y)?;
        // A 1 x 1 convolution may change places with averaging and repeating; it is done where the picture is smaller.
        let mut skip = x.clone();
        if self.resample == Resample::Down {
            y = ops::average_pool(&y, 2)?;
            skip = ops::average_pool(&skip, 2)?;
        }
        if let Some(layer) = &self.skip {
            skip = layer.forward(&skip)?;
        }
        if self.resample == Resample::Up {
            skip = ops::upsample_nearest(&skip, 2)?;
        }
        y + skip
    }

    /// The block as it is now, for one person. Fails for blocks that change the size or the channels.
    pub fn freeze(&self, style: &StyleVector) -> Result<FrozenBlock> {
        let (Some(before), Some(between), None, Resample::Same) = (&self.before_first, &self.before_second, &self.skip, self.resample)
        else {
            candle_core::bail!("only blocks that keep the size can be frozen");
        };
        Ok(FrozenBlock {
            before: before.freeze(style)?,
            first: self.first.freeze_before(&between.freeze(style)?, between.activation)?,
            second: self.second.freeze()?,
        })
    }

    /// One step of power iteration in every layer.
    pub fn advance(&self) -> Result<()> {
        [&self.first, &self.second].into_iter().chain(&self.skip).try_for_each(SpectralConvolution::advance)
    }

    /// Floating point operations for one picture of `[height, width]`, and the size of the result.
    pub fn flops(&self, [height, width]: [usize; 2]) -> Result<(usize, [usize; 2])> {
        let (inside, skip, out) = match self.resample {
            Resample::Down => ([height, width], [height / 2, width / 2], [height / 2, width / 2]),
            Resample::Same => ([height, width], [height, width], [height, width]),
            Resample::Up => ([2 * height, 2 * width], [height, width], [2 * height, 2 * width]),
        };
        let beside = self.skip.as_ref().map_or(Ok(0), |layer| layer.flops(skip))?;
        Ok((self.first.flops(inside)? + self.second.flops(inside)? + beside, out))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;
    use crate::{Store, testing};

    const SPEC: ResidualSpec = ResidualSpec {
        channels: [4, 6],
        resample: Resample::Same,
        activation: Activation::LeakyRelu(0.1),
        spectral: true,
        second_gain: 1.0,
        first: false,
    };

    fn coefficients(kind: usize, layout: &mut StyleLayout) -> NormSource<'_> {
        match kind {
            0 => NormSource::None,
            1 => NormSource::Own(Statistics::Instance),
            2 => NormSource::Person(Statistics::Instance, layout),
            _ => NormSource::Person(Statistics::None, layout),
        }
    }

    #[test]
    fn every_kind_of_block_gives_the_right_size_and_gradients() -> anyhow::Result<()> {
        for (resample, size) in [(Resample::Down, [2, 3]), (Resample::Same, [4, 6]), (Resample::Up, [8, 12])] {
            for kind in 0..4 {
                let (store, mut layout) = (Store::fresh(8, &Device::Cpu), StyleLayout::default());
                let block = ResidualBlock::new(&store.scope(), &ResidualSpec { resample, ..SPEC }, coefficients(kind, &mut layout))?;
                testing::wake(&store)?;
                let style = Var::from_tensor(&(testing::noise(&[1, layout.numbers()], 5)? * 0.3)?)?;
                let person = StyleVector::new(style.as_tensor().clone(), &layout)?;
                let x = Var::from_tensor(&testing::noise(&[2, 4, 6, 4], 1)?)?;
                let loss = || testing::score(&block.forward(&x, Some(&person))?);
                assert_eq!(block.forward(&x, Some(&person))?.dims(), [2, size[0], size[1], 6], "{resample:?}");
                let gradients = loss()?.backward()?;
                // The mean that instance normalisation takes off takes the bias of the convolution before it along.
                testing::assert_gradients(&store, &gradients, |name| (1..3).contains(&kind) && name == "first.bias")?;
                testing::assert_slope("input", &x, 1e-2, loss)?;
                if kind >= 2 {
                    assert_eq!(layout.numbers(), 2 * (4 + 6), "scale and shift for both normalisations");
                    let gradient = gradients.get(&style).map(|g| g.flatten_all()?.to_vec1::<f32>()).transpose()?;
                    assert!(gradient.is_some_and(|g| g.iter().all(|v| v.abs() > 1e-6)), "each number of the person counts");
                }
            }
        }
        Ok(())
    }

    #[test]
    fn the_two_normalisations_of_a_block_do_not_share_their_numbers() -> anyhow::Result<()> {
        let (store, mut layout) = (Store::fresh(8, &Device::Cpu), StyleLayout::default());
        let spec = ResidualSpec { channels: [4, 4], ..SPEC };
        let block = ResidualBlock::new(&store.scope(), &spec, NormSource::Person(Statistics::Instance, &mut layout))?;
        let x = testing::noise(&[1, 4, 4, 4], 1)?;
        let output = |changed: usize| -> anyhow::Result<Vec<f32>> {
            let mut numbers = vec![0.0; layout.numbers()];
            numbers[changed] = 0.5;
            let style = StyleVector::from_numbers(&numbers, &layout, &Device::Cpu)?;
            Ok(block.forward(&x, Some(&style))?.flatten_all()?.to_vec1::<f32>()?)
        };
        // Scale and shift of the first channel in the first and in the second normalisation.
        let outputs = [output(0)?, output(4)?, output(8)?, output(12)?];
        for a in 0..4 {
            for b in 0..a {
                assert_ne!(outputs[a], outputs[b], "numbers {a} and {b} do the same");
            }
        }
        Ok(())
    }

    #[test]
    fn without_a_person_there_is_a_clear_error() -> anyhow::Result<()> {
        let (store, mut layout) = (Store::fresh(8, &Device::Cpu), StyleLayout::default());
        let block = ResidualBlock::new(&store.scope(), &SPEC, NormSource::Person(Statistics::None, &mut layout))?;
        let error = block.forward(&testing::noise(&[1, 4, 4, 4], 1)?, None).err().map(|e| e.to_string());
        assert!(error.is_some_and(|e| e.contains("no person")), "the error says what is missing");
        Ok(())
    }

    #[test]
    fn a_block_without_gain_is_its_skip_and_counts_its_operations() -> anyhow::Result<()> {
        let store = Store::fresh(8, &Device::Cpu);
        let spec = ResidualSpec { channels: [4, 4], second_gain: 0.0, spectral: false, ..SPEC };
        let block = |name: &str, spec: ResidualSpec| ResidualBlock::new(&store.scope().under(name), &spec, NormSource::None);
        let x = testing::noise(&[1, 4, 4, 4], 1)?;
        let values = |t: Tensor| t.flatten_all()?.to_vec1::<f32>();
        let same = block("same", spec)?;
        assert_eq!(values(same.forward(&x, None)?)?, values(x.clone())?, "nothing is added yet");
        assert_eq!(same.flops([4, 4])?, (2 * 2 * 9 * 4 * 4 * 16, [4, 4]), "two convolutions");
        let down = block("down", ResidualSpec { resample: Resample::Down, first: true, ..spec })?;
        let Some(skip) = &down.skip else { panic!("a block that halves has a convolution in its skip") };
        assert_eq!(values(down.forward(&x, None)?)?, values(skip.forward(&ops::average_pool(&x, 2)?)?)?, "halved by averaging");
        assert_eq!(down.flops([4, 4])?, (2 * 2 * 9 * 4 * 4 * 16 + 2 * 4 * 4 * 4, [2, 2]), "two before the halving, one behind it");
        Ok(())
    }
}
