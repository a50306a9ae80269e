//! The adaptive scales and shifts of a whole network as one flat vector, of which every layer owns its own piece.
//!
//! A layer takes its place from the [`StyleLayout`] when it is made and is the only one to hold it, so no two layers can share a pair: sharing is how one
//! re-implementation of the method failed.

use candle_core::{Device, Result, Tensor, bail};

/// Where every layer's scale and shift lie in the flat vector; grows as layers are made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StyleLayout {
    numbers: usize,
}

impl StyleLayout {
    /// The place of a further layer.
    pub fn slot(&mut self, channels: usize) -> StyleSlot {
        let first = self.numbers;
        self.numbers += 2 * channels;
        StyleSlot { first, channels }
    }

    /// Length of the flat vector.
    pub fn numbers(&self) -> usize {
        self.numbers
    }
}

/// The place of one layer's scale and shift. Cannot be copied: one layer, one place.
#[derive(Debug)]
pub struct StyleSlot {
    first: usize,
    channels: usize,
}

/// Every adaptive scale and shift of a network for a batch of persons: ψ̂.
#[derive(Clone, Debug)]
pub struct StyleVector {
    flat: Tensor,
}

impl StyleVector {
    /// From a flat tensor, `[persons, numbers of the layout]`, which may be a variable or the result of a computation.
    pub fn new(flat: Tensor, layout: &StyleLayout) -> Result<Self> {
        if flat.dims2()?.1 != layout.numbers {
            bail!("a style of {} numbers for a network of {}", flat.dims2()?.1, layout.numbers);
        }
        Ok(Self { flat })
    }

    /// From stored numbers of one person; there must be as many as the layout has, all finite.
    pub fn from_numbers(numbers: &[f32], layout: &StyleLayout, device: &Device) -> Result<Self> {
        if !numbers.iter().all(|n| n.is_finite()) {
            bail!("a style with numbers that are not finite");
        }
        Self::new(Tensor::from_slice(numbers, (1, numbers.len()), device)?, layout)
    }

    /// The style that changes nothing: scale 1 and shift 0 everywhere.
    pub fn neutral(layout: &StyleLayout, device: &Device) -> Result<Self> {
        Self::from_numbers(&vec![0.0; layout.numbers], layout, device)
    }

    /// All numbers, `[persons, numbers]`.
    pub fn flat(&self) -> &Tensor {
        &self.flat
    }

    /// A layer's scale (less 1) and shift, `[batch, channels]` each. A single person serves the whole batch.
    pub(super) fn pair(&self, slot: &StyleSlot, batch: usize) -> Result<[Tensor; 2]> {
        let part = |first: usize| {
            let part = self.flat.narrow(1, first, slot.channels)?;
            if part.dim(0)? == 1 && batch != 1 { part.broadcast_as((batch, slot.channels))?.contiguous() } else { part.contiguous() }
        };
        Ok([part(slot.first)?, part(slot.first + slot.channels)?])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layer_has_its_own_numbers() -> Result<()> {
        let mut layout = StyleLayout::default();
        let (a, b) = (layout.slot(2), layout.slot(3));
        assert_eq!(layout.numbers(), 10, "scale and shift for five channels");
        let numbers: Vec<f32> = (0..10u8).map(f32::from).collect();
        let style = StyleVector::from_numbers(&numbers, &layout, &Device::Cpu)?;
        let values = |t: &Tensor| t.to_vec2::<f32>();
        let [scale, shift] = style.pair(&a, 1)?;
        assert_eq!((values(&scale)?, values(&shift)?), (vec![vec![0.0, 1.0]], vec![vec![2.0, 3.0]]), "first layer");
        let [scale, shift] = style.pair(&b, 2)?;
        assert_eq!(
            (values(&scale)?, values(&shift)?),
            (vec![vec![4.0, 5.0, 6.0]; 2], vec![vec![7.0, 8.0, 9.0]; 2]),
            "second, for two pictures"
        );
        Ok(())
    }

    #[test]
    fn another_networks_style_is_refused() {
        let mut layout = StyleLayout::default();
        layout.slot(2);
        assert!(StyleVector::from_numbers(&[0.0; 5], &layout, &Device::Cpu).is_err(), "too long");
        assert!(StyleVector::from_numbers(&[0.0, 0.0, f32::NAN, 0.0], &layout, &Device::Cpu).is_err(), "not a number");
    }
}
