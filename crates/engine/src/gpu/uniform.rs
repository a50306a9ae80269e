//! A struct of parameters as a uniform.

use std::marker::PhantomData;

use crate::wgsl::Wgsl;

/// Not every adapter binds a uniform of other sizes than multiples of so many bytes.
const STEP: usize = 16;

/// A uniform buffer with one `T`.
#[derive(Clone, Debug)]
pub struct Uniform<T> {
    buffer: wgpu::Buffer,
    holds: PhantomData<fn(&T)>,
}

impl<T: Wgsl> Uniform<T> {
    /// A buffer that holds `value`.
    pub fn new(device: &wgpu::Device, queue: &wgpu::Queue, label: &str, value: &T) -> Self {
        let buffer = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size: T::SIZE.next_multiple_of(STEP) as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let uniform = Self { buffer, holds: PhantomData };
        uniform.set(queue, value);
        uniform
    }

    /// Lets it hold another value from the next submission on.
    pub fn set(&self, queue: &wgpu::Queue, value: &T) {
        queue.write_buffer(&self.buffer, 0, &value.bytes());
    }

    /// The buffer, to be bound.
    pub fn buffer(&self) -> &wgpu::Buffer {
        &self.buffer
    }
}
