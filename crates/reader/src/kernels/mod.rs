//! The operations of the networks on plain slices, for whatever vector width the processor has.
//!
//! Pictures lie in memory as height, width, channels. The convolutions are written with explicit vectors; the rest in plain loops that are compiled for
//! each vector width.

mod bottleneck;
mod convolution;
mod depthwise;
mod elementwise;
mod layout;
mod normalisation;
mod product;

pub(crate) use bottleneck::{Added, BlockBuffers, Bottleneck};
pub(crate) use convolution::Conv2d;
pub(crate) use depthwise::{Depthwise, Depthwise3x3};
pub(crate) use elementwise::{BroadcastBinary, max_pool, prelu, reduce, unary};
pub(crate) use layout::{concatenate, pad, slice, transpose};
pub(crate) use normalisation::LayerNorm;
pub(crate) use product::{FusedActivation, PackedWeights, ResidualInput};

use std::any::TypeId;

use pulp::{Arch, Scalar128b, Simd, WithSimd};

/// Runs an operation compiled for this kind of processor. Where none is known it gets the vectors that every compiler target has.
pub(crate) fn dispatch<Op: WithSimd>(arch: Arch, operation: Op) -> Op::Output {
    match arch {
        Arch::Scalar => operation.with_simd(Scalar128b),
        vectors => vectors.dispatch(operation),
    }
}

/// `a * b + c`, rounded once where the processor can do that, else twice: in software it would take a hundred times as long.
#[expect(clippy::inline_always, reason = "code for a vector width must become part of the function that is compiled for it")]
#[inline(always)]
fn multiply_add<S: Simd>(simd: S, a: S::f32s, b: S::f32s, c: S::f32s) -> S::f32s {
    if TypeId::of::<S>() == TypeId::of::<Scalar128b>() { simd.add_f32s(simd.mul_f32s(a, b), c) } else { simd.mul_add_f32s(a, b, c) }
}

/// Floats in a vector of this kind of processor.
pub(crate) fn lanes(arch: Arch) -> usize {
    struct Lanes;
    impl WithSimd for Lanes {
        type Output = usize;
        fn with_simd<S: Simd>(self, _: S) -> usize {
            S::F32_LANES
        }
    }
    dispatch(arch, Lanes)
}

/// Every vector width that this processor has, down to the one that is assumed where nothing is known.
#[cfg(test)]
pub(crate) fn every_width() -> Vec<Arch> {
    let mut widths = vec![Arch::new(), Arch::Scalar];
    #[cfg(target_arch = "x86_64")]
    widths.extend(pulp::x86::V3::try_new().map(Arch::V3));
    widths
}

/// Numbers between -1 and 1 that look random and are the same in every run.
#[cfg(test)]
pub(crate) fn noise(length: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    (0..length).map(|_| next()).collect()
}

#[cfg(test)]
pub(crate) fn assert_close(got: &[f32], wanted: &[f32], what: &str) {
    assert_eq!(got.len(), wanted.len(), "{what}: lengths");
    for (i, (got, wanted)) in got.iter().zip(wanted).enumerate() {
        assert!((got - wanted).abs() <= 1e-4 * wanted.abs().max(1.0), "{what}: number {i} is {got}, not {wanted}");
    }
}
