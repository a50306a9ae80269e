//! How fast the networks and whole frames are on a graphics processor, beside what it can do at most.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::kernels::{Kernel, Kernels};
use super::{CELLS, CHANNELS, GpuGenerator, Network, PLACE, PictureData, Plan, Precision, Run, VECTOR, head_numbers};
use crate::data::{PaintField, PictureChange, Portrait, PuppetMotion, UncoveredField};
use crate::generate::reach::{Sides, spread};
use crate::generate::{FLOW_CELLS, Painter};
use crate::gpu::{ChangeBuffers, Gpu, PassTimer};
use crate::model::{
    self, FewShotNets, FrozenMotion, GeneratorLayers, HeadFlow, INPUT_CELLS, INPUT_CHANNELS, MotionMemory, MotionNet, MotionSample, Ran,
};
use crate::nn::ops::{Products, frozen_with};
use crate::runtime::{Percentiles, Timings};

/// Vectors of eight that each thread of `roof.wgsl` multiplies, and numbers in them.
const ROUNDS: u64 = 1024 * 8 * 4;
/// Groups of 64 threads that multiply.
const MULTIPLYING: u32 = 16_384;
/// Bytes that are moved.
const MOVED_BYTES: u64 = 64 << 20;
/// Groups of 64 threads that move them.
const MOVING: u32 = 4096;
/// Longest wait for one run.
const PATIENCE: Duration = Duration::from_mins(1);

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
    let clock = Clock { gpu, runs, enough: PATIENCE };
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
    let (motion_net, generator) = frozen_with(Products::Single, || (motion_net.freeze(), nets.generator.freeze_for_nobody()));
    let (motion_net, generator) = (motion_net?, generator?);
    // Its work grows with the area.
    let gflop_per_pixel = nets.generator.flops([CELLS; 2])? as f64 * 1e-9 / (CELLS * CELLS) as f64;
    let motion_gflop = motion_net.flops() as f64 * 1e-9;
    let mut painter = Painter::new(nets);
    painter.unseen = true;
    frozen_with(Products::Single, || painter.set_portrait(portrait))?;
    let expected = on_cpu(&motion_net, &mut painter, (portrait, motion))?;
    for (precision, roof) in precisions.iter().zip(roofs) {
        let mut add = |name: String, gflop: f64, ms: f64| {
            let gflops = gflop / (ms * 1e-3);
            speeds.runs.push(GpuSpeed { name, precision: precision.name(), gflop, ms, gflops, share_of_roof: gflops / roof });
        };
        let ms = motion_ms(&clock, *precision, &motion_net);
        add("motion net".to_owned(), motion_gflop, ms);
        for side in [CELLS, 2 * CELLS] {
            let ms = generator_ms(&clock, *precision, &generator.layers(), side);
            add(format!("generator {side} x {side}"), gflop_per_pixel * (side * side) as f64, ms);
        }
        let (frames, made) = frames(&clock, *precision, &motion_net, &mut painter, (portrait, motion), &expected);
        let on_device: f64 = frames.stages.iter().map(|(_, ms)| ms).sum();
        let ms = if frames.stages.is_empty() { frames.wall_ms } else { on_device };
        add("whole frame".to_owned(), motion_gflop + gflop_per_pixel * made as f64, ms);
        speeds.frames.push(frames);
    }
    Ok(speeds)
}

/// Side of the face that the trial makes, in pixels, and how often.
const TRIAL_PX: usize = 184;
const TRIAL_RUNS: usize = 5;
/// Slower than this there is no doubt.
const TRIAL_ENOUGH: Duration = Duration::from_millis(200);

/// Milliseconds that the program's networks take for a face on the CPU and on a device: decides where they run.
///
/// # Errors
/// When the networks cannot be run, or the device fails at it.
pub fn network_trial(gpu: &Gpu) -> Result<[f64; 2], Box<dyn std::error::Error + Send + Sync>> {
    let (motion, nets): (MotionNet, FewShotNets) = (model::load(None)?, model::load(None)?);
    let (motion, generator) = (motion.freeze()?, nets.generator.freeze_for_nobody()?);
    let cpu_ms = model::networks_ms(&motion, &generator, TRIAL_PX, TRIAL_RUNS)?;
    let clock = Clock { gpu, runs: TRIAL_RUNS, enough: TRIAL_ENOUGH };
    let precision = Precision::of(gpu);
    let gpu_ms = motion_ms(&clock, precision, &motion) + generator_ms(&clock, precision, &generator.layers(), TRIAL_PX);
    // A device that refuses its work is done with it at once.
    gpu.health.fault().map_or(Ok([cpu_ms, gpu_ms]), |fault| Err(fault.into()))
}

/// Measures work on a device.
struct Clock<'a> {
    gpu: &'a Gpu,
    runs: usize,
    /// A second run that takes longer says enough.
    enough: Duration,
}

impl Clock<'_> {
    /// Median time of a pass, in milliseconds.
    fn pass_ms(&self, mut work: impl FnMut(&mut wgpu::ComputePass<'_>)) -> f64 {
        let timings = Timings::default();
        let mut timer = PassTimer::new(self.gpu, &["pass"], &timings);
        let mut seen = Vec::new();
        for run in 0..self.runs + 2 {
            let mut encoder = self.gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("speed") });
            let timestamp_writes = timer.as_ref().map(|timer| timer.writes(0));
            work(&mut encoder.begin_compute_pass(&wgpu::ComputePassDescriptor { label: Some("speed"), timestamp_writes }));
            if let Some(timer) = &timer {
                timer.resolve(&mut encoder);
            }
            let start = Instant::now();
            self.gpu.queue.submit([encoder.finish()]);
            if let Some(timer) = &mut timer {
                timer.watch();
            }
            self.wait();
            let elapsed = start.elapsed();
            if run == 1 && elapsed > self.enough {
                return elapsed.as_secs_f64() * 1e3;
            }
            if run == 2 {
                timings.clear();
                seen.clear();
            }
            seen.push(elapsed);
            if let Some(timer) = &mut timer {
                timer.watch();
            }
        }
        // A coarse clock may see no time pass.
        let own = timings.stages().first().map(|stage| stage.times.ms_p50).filter(|ms| *ms > 0.0);
        own.unwrap_or_else(|| Percentiles::of(seen).ms_p50)
    }

    fn wait(&self) {
        let wait = wgpu::PollType::Wait { submission_index: None, timeout: Some(PATIENCE.min(10 * self.enough)) };
        if let Err(error) = self.gpu.device.poll(wait) {
            tracing::warn!("waiting for the graphics adapter failed: {error}");
        }
    }

    fn storage(&self, bytes: u64) -> wgpu::Buffer {
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC;
        self.gpu.device.create_buffer(&wgpu::BufferDescriptor { label: Some("speed"), size: bytes, usage, mapped_at_creation: false })
    }
}

/// Billions of multiplications and additions per second.
fn roof_gflops(clock: &Clock<'_>, precision: Precision) -> f64 {
    let (kernel, bindings) = roof(clock, precision, u64::from(MULTIPLYING) * 64 * VECTOR as u64);
    let ms = clock.pass_ms(|pass| kernel.run(pass, 0, &bindings, [MULTIPLYING, 1, 1]));
    (2 * ROUNDS * u64::from(MULTIPLYING) * 64) as f64 / (ms * 1e6)
}

fn bandwidth(clock: &Clock<'_>) -> f64 {
    let (kernel, bindings) = roof(clock, Precision::Whole, MOVED_BYTES);
    let ms = clock.pass_ms(|pass| kernel.run(pass, 1, &bindings, [MOVING, 1, 1]));
    (2 * MOVED_BYTES) as f64 / (ms * 1e6)
}

/// The kernels of `roof.wgsl` on two buffers of so many bytes, whose numbers stay small however often they are multiplied.
fn roof(clock: &Clock<'_>, precision: Precision, bytes: u64) -> (Kernel<2>, wgpu::BindGroup) {
    let device = &clock.gpu.device;
    let kernel = Kernels::roof(device, precision);
    let (given, result) = (clock.storage(bytes), clock.storage(bytes));
    let numbers: Vec<f32> = (0..bytes / 4).map(|n| 0.1 + 0.8 * (n % 251) as f32 / 251.0).collect();
    clock.gpu.queue.write_buffer(&given, 0, bytemuck::cast_slice(&numbers));
    let bindings = kernel.bind(device, &[&given, &result]);
    (kernel, bindings)
}

fn sizes(clock: &Clock<'_>, size: [u32; 2]) -> wgpu::Buffer {
    let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
    let descriptor = wgpu::BufferDescriptor { label: Some("size"), size: PLACE.into(), usage, mapped_at_creation: false };
    let buffer = clock.gpu.device.create_buffer(&descriptor);
    clock.gpu.queue.write_buffer(&buffer, 0, bytemuck::bytes_of(&size));
    buffer
}

/// Numbers to calculate with: zeros would be too easy.
fn fill(clock: &Clock<'_>, kernels: &Kernels, network: &Network, numbers: usize) {
    let noise: Vec<f32> = (0..numbers).map(|n| (n * 7919 % 1013) as f32 / 506.5 - 1.0).collect();
    clock.gpu.queue.write_buffer(network.input(), 0, &kernels.precision.packed(&noise));
}

fn motion_ms(clock: &Clock<'_>, precision: Precision, net: &FrozenMotion) -> f64 {
    let kernels = Kernels::new(&clock.gpu.device, precision);
    let size = [INPUT_CELLS as u32; 2];
    let sizes = sizes(clock, size);
    let (network, _) = Network::motion(clock.gpu, &kernels, &net.layers(), &sizes, [INPUT_CELLS as u32, INPUT_CHANNELS as u32]);
    fill(clock, &kernels, &network, INPUT_CELLS * INPUT_CELLS * INPUT_CHANNELS);
    clock.pass_ms(|pass| network.run(&kernels, pass, size, 0))
}

fn generator_ms(clock: &Clock<'_>, precision: Precision, layers: &GeneratorLayers, side: usize) -> f64 {
    let kernels = Kernels::new(&clock.gpu.device, precision);
    let size = [side as u32; 2];
    let sizes = sizes(clock, size);
    let heads = clock.storage(precision.bytes(head_numbers(side * side)));
    let network = Network::generator(clock.gpu, &kernels, layers, (&sizes, &heads), [side as u32, CHANNELS as u32]);
    fill(clock, &kernels, &network, side * side / 4 * CHANNELS);
    clock.pass_ms(|pass| network.run(&kernels, pass, size, 0))
}

/// The change of the picture as the CPU makes it, without a plate.
fn on_cpu(net: &FrozenMotion, painter: &mut Painter, (portrait, motion): (&Portrait, &PuppetMotion)) -> Ran<PictureChange> {
    let mut memory = MotionMemory::default();
    let (rest, target) = (portrait.landmarks_in_crop(), &motion.landmarks_in_crop);
    net.forward(&MotionSample::of_still_body(&rest.0, &target.0, portrait.crop_picture(INPUT_CELLS)), &mut memory);
    let mut change = PictureChange::none(FLOW_CELLS);
    spread(&memory.flow().flow, Sides::of(portrait), |_| glam::Vec2::ZERO, &mut change.flow.displacement_px);
    painter.paint(net, memory.flow(), None, motion, &mut change)?;
    Ok(change)
}

/// Whole frames on the device, and the pixels that the generator makes of each.
fn frames(
    clock: &Clock<'_>,
    precision: Precision,
    net: &FrozenMotion,
    painter: &mut Painter,
    (portrait, motion): (&Portrait, &PuppetMotion),
    expected: &PictureChange,
) -> (GpuFrames, usize) {
    let timings = Timings::default();
    let mut generator = GpuGenerator::in_precision(clock.gpu, precision, net, &timings);
    let target = ChangeBuffers {
        flow: clock.storage((FLOW_CELLS * FLOW_CELLS * size_of::<[f32; 2]>()) as u64),
        uncovered: clock.storage((UncoveredField::CELLS * UncoveredField::CELLS * size_of::<f32>()) as u64),
        paint: clock.storage((PaintField::CELLS * PaintField::CELLS * VECTOR) as u64),
    };
    let pictures: Vec<PictureData<'_>> = painter.pictures().collect();
    generator.turn_to(&target, &pictures, None, Sides::of(portrait));
    drop(pictures);
    generator.set_person(painter.layers().as_ref());
    let rest = portrait.landmarks_in_crop();
    let (mut seen, mut made) = (Vec::new(), 0);
    for run in 0..clock.runs + 2 {
        if run == 2 {
            timings.clear();
            seen.clear();
        }
        let start = Instant::now();
        let head = HeadFlow::between(&rest.0, &motion.landmarks_in_crop.0);
        let plan = painter.plan((0, None), motion, head.turn_rad());
        made = plan.iter().flat_map(Plan::parts).map(|square| square.area()).sum();
        generator.run(motion, &[Run { picture: 0, landmarks: &rest, head }], plan.as_ref());
        clock.wait();
        seen.push(start.elapsed());
    }
    let off = |buffer: &wgpu::Buffer, expected: &[f32]| {
        let found = read_floats(clock.gpu, buffer, expected.len());
        found
            .iter()
            .zip(expected)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, |worst: f32, off| if worst.is_nan() || off.is_nan() { f32::NAN } else { worst.max(off) })
    };
    let flow: Vec<f32> = expected.flow.displacement_px.iter().flat_map(glam::Vec2::to_array).collect();
    let frames = GpuFrames {
        precision: precision.name(),
        stages: timings.stages().iter().map(|stage| (stage.name, stage.times.ms_p50)).collect(),
        wall_ms: Percentiles::of(seen).ms_p50,
        flow_off_px: off(&target.flow, &flow),
        paint_off: off(&target.paint, expected.paint.cells.as_flattened()),
    };
    (frames, made)
}

/// The first numbers of a buffer that can be copied from; waits for them. All of them are none where they do not come.
pub(super) fn read_floats(gpu: &Gpu, buffer: &wgpu::Buffer, count: usize) -> Vec<f32> {
    let size = (count * size_of::<f32>()) as u64;
    let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
    let copy = gpu.device.create_buffer(&wgpu::BufferDescriptor { label: Some("read back"), size, usage, mapped_at_creation: false });
    let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("read back") });
    encoder.copy_buffer_to_buffer(buffer, 0, &copy, 0, size);
    gpu.queue.submit([encoder.finish()]);
    // Whether it worked shows in the range.
    copy.map_async(wgpu::MapMode::Read, .., |_| {});
    let waited = gpu.device.poll(wgpu::PollType::Wait { submission_index: None, timeout: Some(PATIENCE) });
    let view = waited.ok().and_then(|_| copy.get_mapped_range(..).ok());
    view.map_or_else(|| vec![f32::NAN; count], |view| bytemuck::cast_slice(&view).to_vec())
}
