//! How long the passes of a frame take on the device itself, looked at without ever waiting.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::Gpu;
use crate::runtime::Timings;

/// Bytes of a point in time.
const BYTES: u64 = size_of::<u64>() as u64;

/// Measures compute passes by the device's own clock and adds them to [`Timings`], a frame or two late. While one frame's times are on their way, the
/// following frames are not measured.
#[derive(Debug)]
pub struct PassTimer {
    gpu: Gpu,
    passes: &'static [&'static str],
    queries: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    copy: wgpu::Buffer,
    timings: Timings,
    /// Filled by the driver when the copy can be read, or cannot; `None` while no copy is under way.
    under_way: Option<Arc<OnceLock<Result<(), wgpu::BufferAsyncError>>>>,
}

impl PassTimer {
    /// For passes of those names; `None` where the device has no clock.
    pub fn new(gpu: &Gpu, passes: &'static [&'static str], timings: &Timings) -> Option<Self> {
        if !gpu.device.features().contains(wgpu::Features::TIMESTAMP_QUERY) {
            return None;
        }
        let count = 2 * passes.len() as u32;
        let queries =
            gpu.device.create_query_set(&wgpu::QuerySetDescriptor { label: Some("times"), ty: wgpu::QueryType::Timestamp, count });
        let buffer = |usage| {
            let size = u64::from(count) * BYTES;
            gpu.device.create_buffer(&wgpu::BufferDescriptor { label: Some("times"), size, usage, mapped_at_creation: false })
        };
        Some(Self {
            gpu: gpu.clone(),
            passes,
            queries,
            resolved: buffer(wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC),
            copy: buffer(wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ),
            timings: timings.clone(),
            under_way: None,
        })
    }

    /// What the pass of that number is begun with. Every pass must be run, even if it does nothing.
    pub fn writes(&self, pass: usize) -> wgpu::ComputePassTimestampWrites<'_> {
        let first = 2 * pass as u32;
        wgpu::ComputePassTimestampWrites {
            query_set: &self.queries,
            beginning_of_pass_write_index: Some(first),
            end_of_pass_write_index: Some(first + 1),
        }
    }

    /// Behind a frame's last pass: asks for its times.
    pub fn resolve(&self, encoder: &mut wgpu::CommandEncoder) {
        if self.under_way.is_none() {
            encoder.resolve_query_set(&self.queries, 0..2 * self.passes.len() as u32, &self.resolved, 0);
            encoder.copy_buffer_to_buffer(&self.resolved, 0, &self.copy, 0, self.copy.size());
        }
    }

    /// Behind a frame's submission: takes the times that have come, and waits for nothing.
    pub fn watch(&mut self) {
        // A poll without waiting reports no error of its own; a loss shows in the device's health.
        drop(self.gpu.device.poll(wgpu::PollType::Poll));
        match &self.under_way {
            None => {
                let done = Arc::new(OnceLock::new());
                self.under_way = Some(Arc::clone(&done));
                // The driver calls back once, so the cell is still empty then.
                self.copy.map_async(wgpu::MapMode::Read, .., move |result| drop(done.set(result)));
            }
            Some(done) => {
                let Some(result) = done.get() else { return };
                if result.is_ok() {
                    self.take();
                }
                self.copy.unmap();
                self.under_way = None;
            }
        }
    }

    fn take(&self) {
        let Ok(view) = self.copy.get_mapped_range(..) else { return };
        let times: Vec<u64> = view.as_chunks::<{ BYTES as usize }>().0.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect();
        let tick_ns = f64::from(self.gpu.queue.get_timestamp_period());
        for (name, ends) in self.passes.iter().zip(times.as_chunks::<2>().0) {
            let ticks = ends[1].saturating_sub(ends[0]);
            self.timings.add(name, Duration::from_secs_f64(ticks as f64 * tick_ns * 1e-9));
        }
    }
}
