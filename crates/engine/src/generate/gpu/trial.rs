//! How long the networks take on a graphics processor, and on the CPU: decides where they run.

use std::time::{Duration, Instant};

use super::convolutions::{Extent, Network};
use super::kernels::Kernels;
use super::{CHANNELS, Precision, head_numbers};
use crate::gpu::{Gpu, PassTimer, Uniform};
use crate::model::{
    self, FewShotNets, FrozenGenerator, FrozenMotion, GeneratorLayers, GeneratorMemory, INPUT_CELLS, INPUT_CHANNELS, LANDMARK_CHANNELS,
    MotionMemory, MotionNet, MotionSample, Ran, SOURCE_NUMBERS,
};
use crate::runtime::{Percentiles, Timings};
use crate::wgsl::Wgsl as _;

/// Side of the face that the trial makes, in pixels, and how often.
const TRIAL_PX: usize = 184;
const TRIAL_RUNS: usize = 5;
/// Slower than this there is no doubt.
const TRIAL_ENOUGH: Duration = Duration::from_millis(200);
/// Longest wait for one run.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Milliseconds that the program's networks take for a face on the CPU and on a device.
///
/// # Errors
/// When the networks cannot be run, or the device fails at it.
pub fn network_trial(gpu: &Gpu) -> Result<[f64; 2], Box<dyn std::error::Error + Send + Sync>> {
    let (motion, nets): (MotionNet, FewShotNets) = (model::load(None)?, model::load(None)?);
    let (motion, generator) = (motion.freeze()?, nets.generator.freeze_for_nobody()?);
    let (mut flow, mut picture) = (motion_run(&motion), generator_run(&generator, [TRIAL_PX; 2]));
    let cpu_ms = median_ms(TRIAL_RUNS, &mut || flow().and_then(|()| picture()))?;
    let clock = Stopwatch { gpu, runs: TRIAL_RUNS, enough: TRIAL_ENOUGH };
    let precision = Precision::of(gpu);
    let gpu_ms = motion_ms(&clock, precision, &motion) + generator_ms(&clock, precision, &generator.layers(), TRIAL_PX);
    // A device that refuses its work is done with it at once.
    gpu.health.fault().map_or(Ok([cpu_ms, gpu_ms]), |fault| Err(fault.into()))
}

/// Runs the net on a face at rest, on the CPU.
pub(crate) fn motion_run(net: &FrozenMotion) -> impl FnMut() -> Ran<()> + Send + '_ {
    let face = crate::face::template().map(|p| p.truncate() * 42.0 + glam::Vec2::new(128.0, 110.0));
    let sample = MotionSample::of_still_body(&face, &face, vec![0.5; INPUT_CELLS * INPUT_CELLS * 3]);
    let mut memory = MotionMemory::default();
    move || {
        net.forward(&sample, &mut memory);
        Ok(())
    }
}

/// Runs the generator on a grey picture of this height and width, on the CPU.
pub(crate) fn generator_run(generator: &FrozenGenerator, [height, width]: [usize; 2]) -> impl FnMut() -> Ran<()> + Send + '_ {
    let source = vec![0.5; width * height * SOURCE_NUMBERS];
    let landmarks = vec![0.0; width / 2 * (height / 2) * LANDMARK_CHANNELS];
    let mut memory = GeneratorMemory::default();
    move || generator.forward([height, width], &source, &landmarks, &mut memory)
}

/// Median time of some runs after one to warm up, on the threads of the pool, in milliseconds.
pub(crate) fn median_ms(runs: usize, run: &mut (dyn FnMut() -> Ran<()> + Send)) -> Ran<f64> {
    rayon::scope(|_| {
        run()?;
        let mut times = Vec::with_capacity(runs);
        for _ in 0..runs.max(1) {
            let start = Instant::now();
            run()?;
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        times.sort_by(f64::total_cmp);
        Ok(times[times.len() / 2])
    })
}

/// Measures work on a device.
pub(crate) struct Stopwatch<'a> {
    pub(crate) gpu: &'a Gpu,
    pub(crate) runs: usize,
    /// A second run that takes longer says enough.
    pub(crate) enough: Duration,
}

impl Stopwatch<'_> {
    /// Median time of a pass, in milliseconds.
    pub(crate) fn pass_ms(&self, mut work: impl FnMut(&mut wgpu::ComputePass<'_>)) -> f64 {
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

    /// Until the device has done its work.
    pub(crate) fn wait(&self) {
        let wait = wgpu::PollType::Wait { submission_index: None, timeout: Some(PATIENCE.min(10 * self.enough)) };
        if let Err(error) = self.gpu.device.poll(wait) {
            tracing::warn!("waiting for the graphics adapter failed: {error}");
        }
    }

    /// Memory on the device.
    pub(crate) fn storage(&self, bytes: u64) -> wgpu::Buffer {
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC;
        self.gpu.device.create_buffer(&wgpu::BufferDescriptor { label: Some("speed"), size: bytes, usage, mapped_at_creation: false })
    }
}

/// Numbers to calculate with: zeros would be too easy.
fn fill(clock: &Stopwatch<'_>, kernels: &Kernels, network: &Network, numbers: usize) {
    let noise: Vec<f32> = (0..numbers).map(|n| (n * 7919 % 1013) as f32 / 506.5 - 1.0).collect();
    clock.gpu.queue.write_buffer(network.input(), 0, &kernels.precision.packed(&noise));
}

fn extent(clock: &Stopwatch<'_>, size: [u32; 2]) -> Uniform<Extent> {
    let Gpu { device, queue, .. } = clock.gpu;
    Uniform::new(device, queue, "size", &Extent { size: size.into(), ..Extent::zero() })
}

/// Median time of the motion net on a device, in milliseconds.
pub(crate) fn motion_ms(clock: &Stopwatch<'_>, precision: Precision, net: &FrozenMotion) -> f64 {
    let kernels = Kernels::new(&clock.gpu.device, precision);
    let size = [INPUT_CELLS as u32; 2];
    let extent = extent(clock, size);
    let (network, _) = Network::motion(clock.gpu, &kernels, &net.layers(), extent.buffer(), [INPUT_CELLS as u32, INPUT_CHANNELS as u32]);
    fill(clock, &kernels, &network, INPUT_CELLS * INPUT_CELLS * INPUT_CHANNELS);
    clock.pass_ms(|pass| network.run(&kernels, pass, size, 0))
}

/// Median time of the generator on a device for a square of `side` pixels, in milliseconds.
pub(crate) fn generator_ms(clock: &Stopwatch<'_>, precision: Precision, layers: &GeneratorLayers, side: usize) -> f64 {
    let kernels = Kernels::new(&clock.gpu.device, precision);
    let size = [side as u32; 2];
    let extent = extent(clock, size);
    let heads = clock.storage(precision.bytes(head_numbers(side * side)));
    let network = Network::generator(clock.gpu, &kernels, layers, (extent.buffer(), &heads), [side as u32, CHANNELS as u32]);
    fill(clock, &kernels, &network, side * side / 4 * CHANNELS);
    clock.pass_ms(|pass| network.run(&kernels, pass, size, 0))
}
