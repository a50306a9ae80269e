//! A flag on the device that kernels raise when a number is none, looked at without ever waiting.

use std::sync::{Arc, OnceLock};

use super::{Gpu, GpuFault};

/// Bytes of the flag.
const BYTES: u64 = size_of::<u32>() as u64;

/// One number on the device, 0 until a kernel raises it.
#[derive(Debug)]
pub struct FaultFlag {
    gpu: Gpu,
    flag: wgpu::Buffer,
    copy: wgpu::Buffer,
    /// Filled by the driver when the copy can be read, or cannot; `None` while no copy is under way.
    under_way: Option<Arc<OnceLock<Result<(), wgpu::BufferAsyncError>>>>,
}

impl FaultFlag {
    /// A flag that is not raised.
    pub fn new(gpu: &Gpu) -> Self {
        let buffer = |usage| {
            let descriptor = wgpu::BufferDescriptor { label: Some("fault"), size: BYTES, usage, mapped_at_creation: false };
            gpu.device.create_buffer(&descriptor)
        };
        let flag = buffer(wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC);
        let copy = buffer(wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ);
        Self { gpu: gpu.clone(), flag, copy, under_way: None }
    }

    /// What kernels raise: one `u32`.
    pub fn buffer(&self) -> &wgpu::Buffer {
        &self.flag
    }

    /// Looks at what the last copy brought, and starts the next: called behind every frame's work. A raised flag is recorded in the device's
    /// health. Never waits, so that a fault is seen a frame or two late.
    pub fn watch(&mut self) {
        // A poll without waiting reports no error of its own; a loss shows in the device's health.
        drop(self.gpu.device.poll(wgpu::PollType::Poll));
        if let Some(done) = &self.under_way {
            let Some(result) = done.get() else { return };
            if result.is_ok() && self.is_raised_in_copy() {
                self.gpu.health.record(GpuFault::NotFinite);
            }
            self.copy.unmap();
        }
        let mut encoder = self.gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("fault") });
        encoder.copy_buffer_to_buffer(&self.flag, 0, &self.copy, 0, BYTES);
        self.gpu.queue.submit([encoder.finish()]);
        let done = Arc::new(OnceLock::new());
        self.under_way = Some(Arc::clone(&done));
        // The driver calls back once, so the cell is still empty then.
        self.copy.map_async(wgpu::MapMode::Read, .., move |result| drop(done.set(result)));
    }

    fn is_raised_in_copy(&self) -> bool {
        self.copy.get_mapped_range(..).is_ok_and(|view| view.iter().any(|byte| *byte != 0))
    }
}
