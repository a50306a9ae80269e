//! Reading tensors as plain slices.

use std::ops::Deref;

use candle_core::{CpuStorage, Layout, Result, Shape, Storage, Tensor, bail};

/// The numbers of a contiguous f32 tensor on the CPU, as an operation receives them.
pub(super) fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let CpuStorage::F32(values) = storage else { bail!("this operation computes in f32, not {:?}", storage_type(storage)) };
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&values[start..end]),
        None => bail!("this operation needs a contiguous tensor, not strides {:?}", layout.stride()),
    }
}

/// The same to be written to.
pub(super) fn slice_mut<'a>(storage: &'a mut CpuStorage, layout: &Layout) -> Result<&'a mut [f32]> {
    let (kind, range) = (storage_type(storage), layout.contiguous_offsets());
    match (storage, range) {
        (CpuStorage::F32(values), Some((start, end))) => Ok(&mut values[start..end]),
        (CpuStorage::F32(_), None) => bail!("this operation needs a contiguous tensor, not strides {:?}", layout.stride()),
        _ => bail!("this operation computes in f32, not {kind:?}"),
    }
}

fn storage_type(storage: &CpuStorage) -> candle_core::DType {
    use candle_core::backend::BackendStorage as _;
    storage.dtype()
}

/// The numbers of a tensor for as long as this value lives.
struct Numbers<G> {
    storage: G,
    start: usize,
    end: usize,
}

impl<G: Deref<Target = Storage>> Deref for Numbers<G> {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        match &*self.storage {
            Storage::Cpu(CpuStorage::F32(values)) => &values[self.start..self.end],
            // Excluded when the value was made.
            _ => &[],
        }
    }
}

/// The numbers of a contiguous f32 tensor on the CPU.
pub(super) fn numbers(tensor: &Tensor) -> Result<impl Deref<Target = [f32]> + '_> {
    let (storage, layout) = tensor.storage_and_layout();
    let Storage::Cpu(CpuStorage::F32(_)) = &*storage else { bail!("this operation computes in f32 on the CPU, not {:?}", tensor.dtype()) };
    let Some((start, end)) = layout.contiguous_offsets() else { bail!("this operation needs a contiguous tensor") };
    Ok(Numbers { storage, start, end })
}

/// A tensor from numbers, on the CPU.
pub(super) fn tensor(values: Vec<f32>, shape: impl Into<Shape>) -> Result<Tensor> {
    Tensor::from_vec(values, shape.into(), &candle_core::Device::Cpu)
}
