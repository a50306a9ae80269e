//! Numbers that begin where a cache line begins: vectors that straddle two lines take twice the time.

use std::ops::{Deref, DerefMut};

use bytemuck::{Pod, Zeroable};

/// Numbers in a cache line.
pub(crate) const LINE: usize = 16;

#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
struct CacheLine([f32; LINE]);

/// A slice of floats on a boundary of 64 bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Aligned {
    lines: Vec<CacheLine>,
    length: usize,
}

impl Aligned {
    pub(crate) fn zeros(length: usize) -> Self {
        Self { lines: vec![CacheLine([0.0; LINE]); length.div_ceil(LINE)], length }
    }

    pub(crate) fn from_slice(values: &[f32]) -> Self {
        let mut aligned = Self::zeros(values.len());
        aligned.copy_from_slice(values);
        aligned
    }
}

impl Deref for Aligned {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &bytemuck::cast_slice(&self.lines)[..self.length]
    }
}

impl DerefMut for Aligned {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut bytemuck::cast_slice_mut(&mut self.lines)[..self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_begin_on_a_line_whatever_their_count() {
        for length in [0, 1, 15, 16, 17, 1000] {
            let mut aligned = Aligned::zeros(length);
            assert_eq!(aligned.len(), length);
            aligned.fill(2.0);
            assert!(length == 0 || aligned.as_ptr().addr().is_multiple_of(64));
            assert_eq!(&aligned[..], &Aligned::from_slice(&vec![2.0; length])[..]);
        }
    }
}
