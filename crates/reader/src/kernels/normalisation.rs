//! Layer normalisation over the last axis, which the expression network writes out in ten operators.

use pulp::Arch;

use super::dispatch;

/// `(x - mean) / sqrt(variance + epsilon) * scale` for each row.
#[derive(Debug)]
pub(crate) struct LayerNorm {
    pub scale: Vec<f32>,
    pub epsilon: f32,
}

impl LayerNorm {
    pub(crate) fn run(&self, arch: Arch, input: &[f32], out: &mut [f32]) {
        let length = self.scale.len();
        // Compiled for each vector width.
        dispatch(arch, || {
            for (row, out) in input.chunks_exact(length).zip(out.chunks_exact_mut(length)) {
                let mean = sum(row, |x| x) / length as f32;
                let variance = sum(row, |x| (x - mean) * (x - mean)) / length as f32;
                let factor = 1.0 / (variance + self.epsilon).sqrt();
                for ((out, x), scale) in out.iter_mut().zip(row).zip(&self.scale) {
                    *out = (x - mean) * (factor * scale);
                }
            }
        });
    }
}

/// A sum in sixteen parts, which vectors can take side by side.
#[expect(clippy::inline_always, reason = "code for a vector width must become part of the function that is compiled for it")]
#[inline(always)]
fn sum(row: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let (chunks, rest) = row.as_chunks::<16>();
    let mut parts = [0.0_f32; 16];
    for chunk in chunks {
        for (part, x) in parts.iter_mut().zip(chunk) {
            *part += of(*x);
        }
    }
    parts.iter().sum::<f32>() + rest.iter().map(|x| of(*x)).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::super::{assert_close, every_width, noise};
    use super::*;

    #[test]
    fn rows_are_normalised_as_defined() {
        for length in [1, 7, 16, 64, 97] {
            let input: Vec<f32> = noise(3 * length, 1).iter().map(|x| 5.0 + 3.0 * x).collect();
            let norm = LayerNorm { scale: noise(length, 2), epsilon: 1e-6 };
            let wanted: Vec<f32> = input
                .chunks_exact(length)
                .flat_map(|row| {
                    let mean = row.iter().map(|x| f64::from(*x)).sum::<f64>() / length as f64;
                    let variance = row.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum::<f64>() / length as f64;
                    let factor = 1.0 / (variance + 1e-6).sqrt();
                    row.iter()
                        .zip(&norm.scale)
                        .map(move |(x, scale)| ((f64::from(*x) - mean) * factor * f64::from(*scale)) as f32)
                        .collect::<Vec<_>>()
                })
                .collect();
            for arch in every_width() {
                let mut out = vec![f32::NAN; 3 * length];
                norm.run(arch, &input, &mut out);
                assert_close(&out, &wanted, "normalised");
            }
        }
    }
}
