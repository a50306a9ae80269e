//! A short measurement of the CPU compositor against a GPU: decides whether a software adapter is worth using.

use std::sync::Arc;
use std::time::{Duration, Instant};

use glam::Vec2;
use image::RgbaImage;

use super::{CpuCompositor, GpuCompositor};
use crate::data::{Crop, FlowField, Landmarks, PictureChange, Portrait};
use crate::gpu::TrialMs;

/// Side of the picture that is composed for the measurement, in pixels.
const TRIAL_PX: u32 = 512;
/// Frames composed for the measurement, after one to warm up.
const TRIAL_FRAMES: u32 = 6;
/// Cells of the trial's flow field.
const TRIAL_CELLS: usize = 128;

/// Composes a few frames on both sides. Gives the fastest frame of each: the one that whatever else the machine was doing
/// was least in the way of. A GPU that cannot hold the picture takes infinitely long.
pub fn compare_executors(device: &wgpu::Device, queue: &wgpu::Queue) -> TrialMs {
    let portrait = trial_portrait();
    let change =
        PictureChange::warp(FlowField { size: TRIAL_CELLS, displacement_px: vec![Vec2::new(1.3, -0.7); TRIAL_CELLS * TRIAL_CELLS] });
    let mut cpu = CpuCompositor::new(&portrait, None);
    let cpu_ms = time_frames(|| drop(cpu.compose(&change)));
    let gpu_ms = GpuCompositor::new(device, queue, &portrait, None, TRIAL_CELLS).map_or(f64::INFINITY, |mut gpu| {
        time_frames(|| {
            gpu.compose(&change);
            finish(device);
        })
    });
    TrialMs { cpu: cpu_ms, gpu: gpu_ms }
}

fn time_frames(mut frame: impl FnMut()) -> f64 {
    frame();
    let mut timed = || {
        let start = Instant::now();
        frame();
        start.elapsed().as_secs_f64() * 1e3
    };
    (0..TRIAL_FRAMES).map(|_| timed()).fold(f64::INFINITY, f64::min)
}

fn finish(device: &wgpu::Device) {
    let wait = wgpu::PollType::Wait { submission_index: None, timeout: Some(Duration::from_secs(5)) };
    if let Err(error) = device.poll(wait) {
        tracing::warn!("waiting for the graphics adapter failed: {error}");
    }
}

fn trial_portrait() -> Portrait {
    let pixels = RgbaImage::from_fn(TRIAL_PX, TRIAL_PX, |x, y| image::Rgba([x as u8, y as u8, (x ^ y) as u8, 255]));
    Portrait {
        name: "trial".to_owned(),
        pixels: Arc::new(pixels),
        landmarks_in_image: Landmarks([Vec2::ZERO; Landmarks::COUNT]),
        pupils_in_image: [Vec2::ZERO; 2],
        mesh_in_image: None,
        crop: Crop::whole(TRIAL_PX as f32),
        content_hash: String::new(),
    }
}
