//! The inner loops of convolution: register tiles of a matrix product, for whatever vector width the processor has.
//!
//! Both tiles compute `out[r][n] += sum over k of a[r, k] * b[k, n]` for `R` rows and `V` vectors of columns. They differ in how `a` lies in memory.

#![expect(clippy::inline_always, reason = "code for a vector width must become part of the function that is compiled for it")]

use pulp::{Arch, Simd};

/// The widest vectors that this processor has.
pub(super) fn arch() -> Arch {
    #[cfg(test)]
    if let Some(narrower) = NARROWER.get() {
        return narrower;
    }
    retrato_core::runtime::arch()
}

#[cfg(test)]
thread_local! {
    /// Vectors that a test wants used instead, by what is called from its thread.
    static NARROWER: std::cell::Cell<Option<Arch>> = const { std::cell::Cell::new(None) };
}

/// Runs `test` once for every vector width that this processor has, down to single numbers.
#[cfg(test)]
pub(super) fn with_every_width<E>(test: impl Fn() -> Result<(), E>) -> Result<(), E> {
    let mut widths = vec![Arch::new(), Arch::Scalar];
    #[cfg(target_arch = "x86_64")]
    widths.extend(pulp::x86::V3::try_new().map(Arch::V3));
    for width in widths {
        NARROWER.set(Some(width));
        let result = test();
        NARROWER.set(None);
        result?;
    }
    Ok(())
}

/// Sums of one tile, kept in registers.
pub(super) type Sums<S, const R: usize, const V: usize> = [[<S as Simd>::f32s; V]; R];

/// `R` rows that are `row_step` apart; along each row `k` is contiguous. `b` is packed: `V` vectors for every `k`.
#[inline(always)]
pub(super) fn along_rows<S: Simd, const R: usize, const V: usize>(
    simd: S,
    sums: &mut Sums<S, R, V>,
    a: &[f32],
    row_step: usize,
    b: &[f32],
    depth: usize,
) {
    let mut rows: [&[f32]; R] = [&[]; R];
    for (r, row) in rows.iter_mut().enumerate() {
        *row = &a[r * row_step..r * row_step + depth];
    }
    let (b, _) = S::as_simd_f32s(&b[..depth * V * S::F32_LANES]);
    let mut local = *sums;
    for (k, b) in b.chunks_exact(V).enumerate().take(depth) {
        for r in 0..R {
            let a = simd.splat_f32s(rows[r][k]);
            for v in 0..V {
                local[r][v] = simd.mul_add_f32s(a, b[v], local[r][v]);
            }
        }
    }
    *sums = local;
}

/// Row `r` lies `r` behind the first; one `k` further is `a_step` further in `a` and `b_step` further in `b`.
#[inline(always)]
pub(super) fn along_columns<S: Simd, const R: usize, const V: usize>(
    simd: S,
    sums: &mut Sums<S, R, V>,
    a: &[f32],
    a_step: usize,
    b: &[f32],
    b_step: usize,
    depth: usize,
) {
    let width = V * S::F32_LANES;
    let mut local = *sums;
    for k in 0..depth {
        let a: &[f32] = &a[k * a_step..k * a_step + R];
        let (b, _) = S::as_simd_f32s(&b[k * b_step..k * b_step + width]);
        for r in 0..R {
            let a = simd.splat_f32s(a[r]);
            for v in 0..V {
                local[r][v] = simd.mul_add_f32s(a, b[v], local[r][v]);
            }
        }
    }
    *sums = local;
}

/// The first `V` vectors of `from`, which holds as many.
#[inline(always)]
pub(super) fn load_whole<S: Simd, const V: usize>(from: &[f32]) -> [S::f32s; V] {
    let (whole, _) = S::as_simd_f32s(from);
    std::array::from_fn(|v| whole[v])
}

/// Writes `V` vectors to where there is room for them.
#[inline(always)]
pub(super) fn store_whole<S: Simd, const V: usize>(to: &mut [f32], values: [S::f32s; V]) {
    let (whole, _) = S::as_mut_simd_f32s(to);
    whole[..V].copy_from_slice(&values);
}

/// The first `V` vectors of `from`, of which there may be fewer numbers than that; missing ones read as 0.
#[inline(always)]
pub(super) fn load<S: Simd, const V: usize>(simd: S, from: &[f32]) -> [S::f32s; V] {
    let (whole, _) = S::as_simd_f32s(from);
    // Whole vectors are the rule; partial loads go through a table of jumps.
    if let Some(whole) = whole.first_chunk::<V>() {
        return *whole;
    }
    std::array::from_fn(|v| simd.partial_load_f32s(&from[from.len().min(v * S::F32_LANES)..from.len().min((v + 1) * S::F32_LANES)]))
}

/// Writes as many numbers as `to` holds, at most `V` vectors.
#[inline(always)]
pub(super) fn store<S: Simd, const V: usize>(simd: S, to: &mut [f32], values: &[S::f32s; V]) {
    let (whole, _) = S::as_mut_simd_f32s(to);
    if let Some(whole) = whole.first_chunk_mut::<V>() {
        *whole = *values;
        return;
    }
    for (to, value) in to.chunks_mut(S::F32_LANES).zip(values) {
        simd.partial_store_f32s(to, *value);
    }
}
