//! How sound changes its rate: one choice of filter for clips and microphones.

use rubato::{
    Async, FixedAsync, PolynomialDegree, ResamplerConstructionError, SincInterpolationParameters, SincInterpolationType, WindowFunction,
};

use crate::data::SAMPLE_RATE_HZ;

/// Length of the windowed sinc filter, in samples of the input.
pub(crate) const FILTER_SAMPLES: usize = 128;

/// A stereo resampler from `rate_hz` to 48 kHz that takes `chunk_samples` per channel at once. While it runs its ratio may be changed by a
/// factor of up to `range`, which is at least 1.
///
/// At our own rate there are only such small changes to follow. An interpolating polynomial does that as well as a long filter, at a tenth
/// of the work.
///
/// # Errors
/// A rate of zero, or a `range` below 1.
pub(crate) fn to_48_khz(rate_hz: u32, chunk_samples: usize, range: f64) -> Result<Async<f32>, ResamplerConstructionError> {
    if rate_hz == SAMPLE_RATE_HZ {
        return Async::new_poly(1.0, range, PolynomialDegree::Septic, chunk_samples, 2, FixedAsync::Input);
    }
    let ratio = f64::from(SAMPLE_RATE_HZ) / f64::from(rate_hz);
    let filter = SincInterpolationParameters::new(FILTER_SAMPLES, WindowFunction::BlackmanHarris2)
        .oversampling_factor(256)
        .interpolation(SincInterpolationType::Linear);
    Async::new_sinc(ratio, range, &filter, chunk_samples, 2, FixedAsync::Input)
}
