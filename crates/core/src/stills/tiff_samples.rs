//! The numbers of a TIFF's piece, whatever they are stored as, row by row.

use tiff::decoder::DecodingResult;

/// A decoded piece of a picture.
pub(super) struct Samples {
    data: DecodingResult,
    /// Bits of a number; less than eight are packed, every row from a whole byte on.
    bits: u8,
    /// Numbers in a row.
    pub(super) per_row: usize,
}

impl Samples {
    pub(super) fn new(data: DecodingResult, bits: u8, per_row: usize) -> Self {
        Self { data, bits, per_row }
    }

    /// Whether numbers are read of this kind.
    pub(super) fn is_readable(&self) -> bool {
        use DecodingResult::{F16, F32, F64, U8, U16, U32, U64};
        matches!(self.data, U8(_) | U16(_) | U32(_) | U64(_) | F16(_) | F32(_) | F64(_))
    }

    /// The largest number, where they are floating-point ones: what means full light is nowhere said.
    pub(super) fn largest_float(&self) -> Option<f32> {
        let largest = |values: &mut dyn Iterator<Item = f32>| values.filter(|v| v.is_finite()).fold(0.0, f32::max);
        match &self.data {
            DecodingResult::F16(values) => Some(largest(&mut values.iter().map(|v| v.to_f32()))),
            DecodingResult::F32(values) => Some(largest(&mut values.iter().copied())),
            DecodingResult::F64(values) => Some(largest(&mut values.iter().map(|v| *v as f32))),
            _ => None,
        }
    }

    /// The numbers of a row, whole ones as shares of their largest value; those that are missing are 0.
    pub(super) fn row(&self, y: usize, out: &mut Vec<f32>) {
        out.clear();
        let range = y * self.per_row..(y + 1) * self.per_row;
        match &self.data {
            DecodingResult::U8(values) if self.bits < 8 => self.unpack(values, y, out),
            DecodingResult::U8(values) => take(values, range, out, |v| f32::from(v) / 255.0),
            DecodingResult::U16(values) => take(values, range, out, |v| f32::from(v) / 65_535.0),
            DecodingResult::U32(values) => take(values, range, out, |v| (f64::from(v) / f64::from(u32::MAX)) as f32),
            DecodingResult::U64(values) => take(values, range, out, |v| (v as f64 / u64::MAX as f64) as f32),
            DecodingResult::F16(values) => take(values, range, out, |v| number(v.to_f32())),
            DecodingResult::F32(values) => take(values, range, out, number),
            DecodingResult::F64(values) => take(values, range, out, |v| number(v as f32)),
            _ => {}
        }
        out.resize(self.per_row, 0.0);
    }

    fn unpack(&self, values: &[u8], y: usize, out: &mut Vec<f32>) {
        let bits = usize::from(self.bits.max(1));
        let (row_bytes, most) = ((self.per_row * bits).div_ceil(8), f32::from((1_u16 << bits) - 1));
        let row = values.get(y * row_bytes..).unwrap_or_default();
        let bit = |at: usize| row.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
        out.extend((0..self.per_row).map(|i| {
            let value = (i * bits..(i + 1) * bits).fold(0_u16, |sum, at| sum << 1 | u16::from(bit(at)));
            f32::from(value) / most
        }));
    }
}

fn take<T: Copy>(values: &[T], range: std::ops::Range<usize>, out: &mut Vec<f32>, share: impl Fn(T) -> f32) {
    let end = range.end.min(values.len());
    out.extend(values.get(range.start..end).unwrap_or_default().iter().map(|v| share(*v)));
}

fn number(value: f32) -> f32 {
    if value.is_finite() { value } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_width_are_shares_of_the_largest() {
        let row = |data, bits, per_row, y| {
            let mut out = Vec::new();
            Samples::new(data, bits, per_row).row(y, &mut out);
            out
        };
        assert_eq!(row(DecodingResult::U8(vec![0, 255, 51]), 8, 3, 0), [0.0, 1.0, 0.2], "bytes");
        assert_eq!(row(DecodingResult::U8(vec![0, 0, 0b1010_0000, 0b1000_0000]), 1, 9, 1), [1., 0., 1., 0., 0., 0., 0., 0., 1.], "bits");
        assert_eq!(row(DecodingResult::U8(vec![0x0f, 0x30]), 4, 3, 0), [0.0, 1.0, 0.2], "half bytes");
        assert_eq!(row(DecodingResult::U16(vec![65_535, 13_107]), 16, 2, 0), [1.0, 0.2], "two bytes");
        assert_eq!(row(DecodingResult::F32(vec![f32::NAN, 2.5]), 32, 2, 0), [0.0, 2.5], "floating-point numbers");
        assert_eq!(row(DecodingResult::U8(vec![255]), 8, 3, 0), [1.0, 0.0, 0.0], "what is missing is dark");
        assert!(row(DecodingResult::U8(vec![255]), 8, 3, 9).iter().all(|v| *v == 0.0), "and so is a missing row");
    }
}
