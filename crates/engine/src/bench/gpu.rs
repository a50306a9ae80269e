//! How fast the networks and whole frames are on a graphics processor, beside what it can do at most.

use std::time::Instant;

use glam::Vec2;
use serde::Serialize;

use crate::data::{CROP_PX, PaintField, PictureChange, Portrait, PuppetMotion, UncoveredField};
use crate::generate::gpu::trial::{PATIENCE, Stopwatch, generator_ms, motion_ms};
use crate::generate::gpu::{Kernel, Precision, Use};
use crate::generate::{FLOW_CELLS, Generator as _, GpuTarget, MotionWarp, Painter};
use crate::gpu::{AdapterDescription, ChangeBuffers, Gpu, read_floats};
use crate::model::{FewShotNets, MotionNet, Ran};
use crate::nn::ops::{Products, frozen_with};
use crate::runtime::{Percentiles, Timings};
use crate::wgsl::Shader;
use crate::wgsl_constants;

/// Pixels along each side of the crop.
const CELLS: usize = CROP_PX as usize;
/// Rounds of eight vectors that each thread of `roof.wgsl` multiplies.
const ROUNDS: u32 = 1024;
/// Numbers that it multiplies in a round.
const NUMBERS_PER_ROUND: u64 = 8 * 4;
/// Threads of a group.
const THREADS: u32 = 64;
/// Groups that multiply.
const MULTIPLYING: u32 = 16_384;
/// Bytes that are moved.
const MOVED_BYTES: u64 = 64 << 20;
/// Groups that move them.
const MOVING: u32 = 4096;
/// Bytes of a vector of four numbers.
const VECTOR: usize = size_of::<[f32; 4]>();

/// What a device can do at most: multiply, and move memory.
pub(crate) static ROOF: Shader = shader!("roof.wgsl", [], |into| wgsl_constants!(into; ROUNDS, THREADS));

/// One network or frame in one precision.
#[derive(Clone, Debug, Serialize)]
pub struct GpuSpeed {
    /// What was run.
    pub name: String,
    /// `f32` or `f16`: how numbers lie between layers.
    pub precision: &'static str,
    /// Billions of operations of its convolutions, a multiplication and an addition counted as two.
    pub gflop: f64,
    /// Median time on the device, in milliseconds.
    pub ms: f64,
    /// Billions of operations per second.
    pub gflops: f64,
    /// The same over the roof of its precision.
    pub share_of_roof: f64,
}

/// What was measured on one adapter.
#[derive(Clone, Debug, Serialize)]
pub struct GpuSpeeds {
    /// Name of the adapter.
    pub adapter: String,
    /// Whether times are of the device's own clock; else the machine's clock saw them, with the way there and back.
    pub own_clock: bool,
    /// Billions of operations per second at most, in single precision, and in half precision where there is one.
    pub roof_f32_gflops: f64,
    /// See [`Self::roof_f32_gflops`].
    pub roof_f16_gflops: Option<f64>,
    /// Billions of bytes per second at most, read and written ones counted.
    pub bandwidth_gb_per_s: f64,
    /// The networks, and whole frames without composition.
    pub runs: Vec<GpuSpeed>,
    /// What is known of the whole frames in each precision.
    pub frames: Vec<GpuFrames>,
}

/// Whole frames in one precision, without composition.
#[derive(Clone, Debug, Serialize)]
pub struct GpuFrames {
    /// See [`GpuSpeed::precision`].
    pub precision: &'static str,
    /// Median time of each stage on the device, in milliseconds; empty where it has no clock.
    pub stages: Vec<(&'static str, f64)>,
    /// Median time from the beginning of the work on the CPU to its end on the device, in milliseconds.
    pub wall_ms: f64,
    /// Largest difference of the flow from that of the CPU, in crop pixels.
    pub flow_off_px: f32,
    /// Largest difference of the paint from that of the CPU, 0 to 1.
    pub paint_off: f32,
}

/// Measures `runs` runs of each on a device. Whole frames are those of `portrait` brought to `motion`.
///
/// # Errors
/// Weights that are not on the CPU.
pub fn gpu_speeds(
    gpu: &Gpu,
    motion_net: &MotionNet,
    nets: FewShotNets,
    (portrait, motion): (&Portrait, &PuppetMotion),
    runs: usize,
) -> Ran<GpuSpeeds> {
    let clock = Stopwatch { gpu, runs, enough: PATIENCE };
    let precisions: &[Precision] = if gpu.info.shader_f16 { &[Precision::Whole, Precision::Half] } else { &[Precision::Whole] };
    let roofs: Vec<f64> = precisions.iter().map(|precision| roof_gflops(&clock, *precision)).collect();
    let mut speeds = GpuSpeeds {
        adapter: gpu.info.name.clone(),
        own_clock: gpu.info.timestamps,
        roof_f32_gflops: roofs[0],
        roof_f16_gflops: roofs.get(1).copied(),
        bandwidth_gb_per_s: bandwidth(&clock),
        runs: Vec::new(),
        frames: Vec::new(),
    };
    // What the device makes is compared with single precision.
    let (frozen, generator) = frozen_with(Products::Single, || (motion_net.freeze(), nets.generator.freeze_for_nobody()));
    let (frozen, generator) = (frozen?, generator?);
    // Its work grows with the area.
    let gflop_per_pixel = nets.generator.flops([CELLS; 2])? as f64 * 1e-9 / (CELLS * CELLS) as f64;
    let motion_gflop = frozen.flops() as f64 * 1e-9;
    let mut painter = Painter::new(nets);
    painter.unseen = true;
    let mut warp = frozen_with(Products::Single, || {
        let mut warp = MotionWarp::new(motion_net)?.painted_by(painter);
        warp.set_portrait(portrait);
        Ran::Ok(warp)
    })?;
    let mut expected = PictureChange::none(FLOW_CELLS);
    warp.generate(motion, &mut expected);
    let generated_px = warp.generated_px(motion);
    for (precision, roof) in precisions.iter().zip(roofs) {
        let mut add = |name: String, gflop: f64, ms: f64| {
            let gflops = gflop / (ms * 1e-3);
            speeds.runs.push(GpuSpeed { name, precision: precision.name(), gflop, ms, gflops, share_of_roof: gflops / roof });
        };
        let ms = motion_ms(&clock, *precision, &frozen);
        add("motion net".to_owned(), motion_gflop, ms);
        for side in [CELLS, 2 * CELLS] {
            let ms = generator_ms(&clock, *precision, &generator.layers(), side);
            add(format!("generator {side} x {side}"), gflop_per_pixel * (side * side) as f64, ms);
        }
        let frames = frames(&clock, *precision, &mut warp, motion, &expected);
        let on_device: f64 = frames.stages.iter().map(|(_, ms)| ms).sum();
        let ms = if frames.stages.is_empty() { frames.wall_ms } else { on_device };
        add("whole frame".to_owned(), motion_gflop + gflop_per_pixel * generated_px as f64, ms);
        speeds.frames.push(frames);
    }
    if warp.name() != "few-shot" {
        candle_core::bail!("the networks failed on the way: their times mean nothing");
    }
    Ok(speeds)
}

/// Billions of multiplications and additions per second.
fn roof_gflops(clock: &Stopwatch<'_>, precision: Precision) -> f64 {
    let threads = u64::from(MULTIPLYING) * u64::from(THREADS);
    let (kernel, bindings) = roof(clock, precision, threads * VECTOR as u64);
    let ms = clock.pass_ms(|pass| kernel.run(pass, 0, &bindings, [MULTIPLYING, 1, 1]));
    (2 * u64::from(ROUNDS) * NUMBERS_PER_ROUND * threads) as f64 / (ms * 1e6)
}

fn bandwidth(clock: &Stopwatch<'_>) -> f64 {
    let (kernel, bindings) = roof(clock, Precision::Whole, MOVED_BYTES);
    let ms = clock.pass_ms(|pass| kernel.run(pass, 1, &bindings, [MOVING, 1, 1]));
    (2 * MOVED_BYTES) as f64 / (ms * 1e6)
}

/// The kernels of `roof.wgsl` on two buffers of so many bytes, whose numbers stay small however often they are multiplied.
fn roof(clock: &Stopwatch<'_>, precision: Precision, bytes: u64) -> (Kernel<2>, wgpu::BindGroup) {
    let device = &clock.gpu.device;
    let kernel = Kernel::new(device, &precision.module(device, &ROOF), "roof", &[Use::Read, Use::Write], ["multiply", "transfer"]);
    let (given, result) = (clock.storage(bytes), clock.storage(bytes));
    let numbers: Vec<f32> = (0..bytes / 4).map(|n| 0.1 + 0.8 * (n % 251) as f32 / 251.0).collect();
    clock.gpu.queue.write_buffer(&given, 0, bytemuck::cast_slice(&numbers));
    let bindings = kernel.bind(device, &[&given, &result]);
    (kernel, bindings)
}

/// Whole frames on the device; `expected` is what the CPU makes of the motion.
fn frames(
    clock: &Stopwatch<'_>,
    precision: Precision,
    warp: &mut MotionWarp,
    motion: &PuppetMotion,
    expected: &PictureChange,
) -> GpuFrames {
    let timings = Timings::default();
    let buffers = ChangeBuffers {
        flow: clock.storage((FLOW_CELLS * FLOW_CELLS * size_of::<[f32; 2]>()) as u64),
        uncovered: clock.storage((UncoveredField::CELLS * UncoveredField::CELLS * size_of::<f32>()) as u64),
        paint: clock.storage((PaintField::CELLS * PaintField::CELLS * VECTOR) as u64),
    };
    let info = AdapterDescription { shader_f16: precision == Precision::Half, ..clock.gpu.info.clone() };
    let gpu = Gpu { info, ..clock.gpu.clone() };
    // Kernels of another precision are not to be kept.
    warp.work_on(None);
    warp.work_on(Some(GpuTarget { gpu: &gpu, buffers: &buffers, timings: &timings }));
    let (mut seen, mut change) = (Vec::new(), PictureChange::none(FLOW_CELLS));
    for run in 0..clock.runs + 2 {
        if run == 2 {
            timings.clear();
            seen.clear();
        }
        let start = Instant::now();
        warp.generate(motion, &mut change);
        clock.wait();
        seen.push(start.elapsed());
    }
    let off = |buffer: &wgpu::Buffer, expected: &[f32]| {
        let found = read_floats(clock.gpu, buffer, expected.len());
        let worse = |worst: f32, off: f32| if worst.is_nan() || off.is_nan() { f32::NAN } else { worst.max(off) };
        found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, worse)
    };
    let flow: Vec<f32> = expected.flow.displacement_px.iter().flat_map(Vec2::to_array).collect();
    GpuFrames {
        precision: precision.name(),
        stages: timings.stages().iter().map(|stage| (stage.name, stage.times.ms_p50)).collect(),
        wall_ms: Percentiles::of(seen).ms_p50,
        flow_off_px: off(&buffers.flow, &flow),
        paint_off: off(&buffers.paint, expected.paint.cells.as_flattened()),
    }
}
