//! The few-shot generator on a graphics processor: what it paints goes straight into the compositor's own buffer and is never read back.
//!
//! The processor of the machine says where the gates are and which parts of the face are made; the warped source goes up, and the generator and the paint are
//! computed there. The one number that comes back says, some frames later and without anybody waiting, whether a result was no number; then the device's health
//! has it, and the pipeline goes on without the device.

mod convolutions;
mod precision;

use convolutions::{Network, Shaders};
use precision::Precision;

use super::gates::{GateParams, Gates};
use super::outline::{CELLS, Square};
use super::painter::{GIVES_WAY, NOTICED};
use super::patches::{PatchInput, RIM};
use crate::gpu::{Buffer, FaultFlag, Gpu};
use crate::model::{GeneratorLayers, LANDMARK_CHANNELS, MASK_FLOOR, SOURCE_NUMBERS};

/// Most parts of a face in one frame: eyes, mouth, and what is hidden.
const MOST_PARTS: usize = 3;
/// Numbers of a pixel that goes into the network: two by two pixels of the source, the landmarks, and a rest to a multiple of four.
const CHANNELS: usize = (4 * SOURCE_NUMBERS + LANDMARK_CHANNELS).next_multiple_of(4);
/// Numbers of the last layer for two by two pixels.
const HEAD: usize = 16;
/// Side of a group of threads of the paint shader.
const GROUP: u32 = 8;

/// What `Part` in `shaders/paint.wgsl` looks like in memory.
#[repr(C)]
#[derive(Clone, Copy, Default, bytemuck::Pod, bytemuck::Zeroable)]
struct Part {
    corner: [u32; 2],
    size: [u32; 2],
    first: u32,
    padding: u32,
}

/// What `Frame` in `shaders/paint.wgsl` looks like in memory.
#[repr(C)]
#[derive(Clone, Copy, Default, bytemuck::Pod, bytemuck::Zeroable)]
struct Frame {
    corner: [u32; 2],
    size: [u32; 2],
    gates: [GateParams; MOST_PARTS],
    parts: [Part; MOST_PARTS],
    part_count: u32,
    padding: u32,
    gives_way: [f32; 2],
    noticed: f32,
    mask_floor: f32,
    rim: u32,
    cells: u32,
}

const _: () = assert!(size_of::<Frame>() == 192, "must match the WGSL layout of Frame");

/// The generator and the paint on one device.
pub(super) struct GpuPainter {
    gpu: Gpu,
    shaders: Shaders,
    precision: Precision,
    paint: wgpu::ComputePipeline,
    network: Option<Network>,
    frame: wgpu::Buffer,
    shown: wgpu::Buffer,
    heads: wgpu::Buffer,
    bindings: wgpu::BindGroup,
    fault: FaultFlag,
    /// Memory of a frame: what goes up.
    cells: Vec<[f32; 4]>,
    input: Vec<f32>,
}

impl GpuPainter {
    /// Paints into `target`, a buffer of `CELLS` squared times four numbers. [`Self::set_person`] comes next.
    pub(super) fn new(gpu: &Gpu, target: &Buffer) -> Self {
        let (device, precision) = (&gpu.device, Precision::of(gpu));
        let buffer = |label, size: usize, usage| {
            device.create_buffer(&wgpu::BufferDescriptor { label: Some(label), size: size as u64, usage, mapped_at_creation: false })
        };
        let storage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST;
        let frame = buffer("frame of the painter", size_of::<Frame>(), storage);
        let shown = buffer("what the warp shows", 3 * CELLS * CELLS * size_of::<[f32; 4]>(), storage);
        let heads = buffer("heads", precision.bytes(MOST_PARTS * head_numbers(CELLS * CELLS)) as usize, storage);
        let fault = FaultFlag::new(gpu);
        let module = precision.shader(device, "paint", include_str!("../../../shaders/paint.wgsl"));
        let paint = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some("paint"),
            layout: None,
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            cache: None,
        });
        let entries: Vec<wgpu::BindGroupEntry<'_>> = (0..)
            .zip([&frame, &shown, &heads, target, fault.buffer()])
            .map(|(binding, buffer)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() })
            .collect();
        let bindings = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("paint"),
            layout: &paint.get_bind_group_layout(0),
            entries: &entries,
        });
        let shaders = Shaders::new(device, precision);
        Self {
            gpu: gpu.clone(),
            shaders,
            precision,
            paint,
            network: None,
            frame,
            shown,
            heads,
            bindings,
            fault,
            cells: Vec::new(),
            input: Vec::new(),
        }
    }

    /// Takes the generator of one person.
    pub(super) fn set_person(&mut self, layers: &GeneratorLayers) {
        self.network = Some(Network::new(&self.gpu, &self.shaders, layers, CELLS as u32, CHANNELS as u32));
    }

    /// Makes the parts and paints; nobody waits. `own` and `source` are the warped portrait and what the generator sees, for the pixels of `square`; `shares`
    /// has the share of the paint and that of the generator for what is hidden, `covered` how far nothing of the warped portrait may shine through.
    pub(super) fn paint(
        &mut self,
        square: &Square,
        (own, source): (&[[f32; 4]], &[[f32; 4]]),
        shares: &[[f32; 2]],
        covered: &[f32],
        gates: &Gates,
        parts: &mut dyn Iterator<Item = PatchInput<'_>>,
    ) {
        let Some(network) = &self.network else { return };
        self.cells.clear();
        for (((own, source), [share, hidden]), covered) in own.iter().zip(source).zip(shares).zip(covered) {
            let [shown, saw] = [[own[0], own[1], own[2], *share], [source[0], source[1], source[2], *hidden]];
            self.cells.extend([shown, saw, [*covered, 0.0, 0.0, 0.0]]);
        }
        let u32s = |pair: [usize; 2]| pair.map(|v| v as u32);
        let mut frame = Frame {
            corner: u32s(square.corner),
            size: u32s(square.size),
            gates: gates.params(),
            gives_way: [GIVES_WAY.start, GIVES_WAY.end],
            noticed: NOTICED,
            mask_floor: MASK_FLOOR as f32,
            rim: RIM as u32,
            cells: CELLS as u32,
            ..Frame::default()
        };
        for (part, slot) in parts.take(MOST_PARTS).zip(&mut frame.parts) {
            let first = frame.part_count as usize * head_numbers(CELLS * CELLS);
            *slot = Part { corner: u32s(part.square.corner), size: u32s(part.square.size), first: (first / 4) as u32, padding: 0 };
            frame.part_count += 1;
            network_input(&part, &mut self.input);
            let bytes = self.precision.bytes(first);
            network.run(&self.gpu, &self.shaders, u32s(part.square.size), &self.input, &self.heads, bytes);
        }
        self.gpu.queue.write_buffer(&self.shown, 0, bytemuck::cast_slice(&self.cells));
        self.gpu.queue.write_buffer(&self.frame, 0, bytemuck::bytes_of(&frame));
        let mut encoder = self.gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("paint") });
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor { label: Some("paint"), timestamp_writes: None });
            pass.set_pipeline(&self.paint);
            pass.set_bind_group(0, &self.bindings, &[]);
            let groups = (CELLS as u32).div_ceil(GROUP);
            pass.dispatch_workgroups(groups, groups, 1);
        }
        self.gpu.queue.submit([encoder.finish()]);
        self.fault.watch();
    }
}

/// Numbers of the last layer for a picture of so many pixels.
const fn head_numbers(pixels: usize) -> usize {
    pixels / 4 * HEAD
}

/// What goes into the network for a part: two by two pixels of the source from -1 to 1, and the landmarks.
fn network_input(part: &PatchInput<'_>, out: &mut Vec<f32>) {
    let [across, down] = part.square.size;
    out.clear();
    out.resize(across / 2 * (down / 2) * CHANNELS, 0.0);
    let line = across * SOURCE_NUMBERS;
    for (row, cells) in out.chunks_exact_mut(across / 2 * CHANNELS).enumerate() {
        let [upper, lower] = [0, 1].map(|k| &part.source[(2 * row + k) * line..][..line]);
        let landmarks = &part.landmarks[row * (across / 2) * LANDMARK_CHANNELS..];
        for (x, cell) in cells.chunks_exact_mut(CHANNELS).enumerate() {
            let pixels = [upper, lower].map(|line| &line[2 * x * SOURCE_NUMBERS..][..2 * SOURCE_NUMBERS]);
            let centred = pixels.into_iter().flatten().map(|v| 2.0 * v - 1.0);
            let beside = landmarks[x * LANDMARK_CHANNELS..][..LANDMARK_CHANNELS].iter().copied();
            cell.iter_mut().zip(centred.chain(beside)).for_each(|(to, value)| *to = value);
        }
    }
}

#[cfg(test)]
pub(super) mod testing {
    use crate::gpu::{Buffer, Gpu};

    /// The first numbers of a buffer; waits for them.
    pub(in crate::generate) fn read_floats(gpu: &Gpu, buffer: &Buffer, count: usize) -> Vec<f32> {
        let size = (count * size_of::<f32>()) as u64;
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        let copy = gpu.device.create_buffer(&wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false });
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.copy_buffer_to_buffer(buffer, 0, &copy, 0, size);
        gpu.queue.submit([encoder.finish()]);
        copy.slice(..).map_async(wgpu::MapMode::Read, |_| {});
        gpu.device.poll(wgpu::PollType::wait_indefinitely()).expect("the work ends");
        let view = copy.slice(..).get_mapped_range().expect("a buffer that was mapped");
        bytemuck::cast_slice(&view).to_vec()
    }
}

#[cfg(test)]
mod tests {
    use glam::Vec2;

    use super::testing::read_floats;
    use super::*;
    use crate::data::{PaintField, PictureChange, PuppetMotion};
    use crate::generate::{FLOW_CELLS, GeneratorChoice, start};
    use crate::gpu::{AdapterDescription, GpuFault, gpu_for_test};

    #[test]
    fn whole_frames_are_painted_as_on_the_cpu_in_whole_and_in_half_precision() -> anyhow::Result<()> {
        let Some(gpu) = gpu_for_test() else { return Ok(()) };
        let info = AdapterDescription { shader_f16: false, ..gpu.info.clone() };
        let worst = worst_differences(&Gpu { info, ..gpu.clone() })?;
        assert!(worst.iter().all(|worst| *worst < 1e-4), "whole precision is off by {worst:?}");
        if gpu.info.shader_f16 {
            // Half a step of the picture's 8 bits is 2e-3.
            let worst = worst_differences(&gpu)?;
            assert!(worst.iter().all(|worst| *worst < 0.012), "half precision is off by {worst:?}");
        }
        Ok(())
    }

    /// For some faces, the largest difference of the paint from that of the CPU.
    fn worst_differences(gpu: &Gpu) -> anyhow::Result<Vec<f32>> {
        let mut differences = Vec::new();
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST;
        let size = (CELLS * CELLS * size_of::<[f32; 4]>()) as u64;
        let target = gpu.device.create_buffer(&wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false });
        let portrait = crate::builtin::PORTRAITS[0].portrait()?;
        let [(mut cpu, _), (mut on_gpu, _)] = [(); 2].map(|()| start(&GeneratorChoice::default()));
        cpu.set_portrait(&portrait);
        on_gpu.set_portrait(&portrait);
        on_gpu.paint_on(Some((gpu, &target)));
        let rest = portrait.landmarks_in_crop();
        let mut opened = rest.map(|p| p + Vec2::new(2.0, -3.0));
        for index in (5..12).chain(55..60).chain(65..68) {
            opened.0[index].y += 14.0;
        }
        let mut winking = opened.clone();
        for (upper, lower) in [(37, 41), (38, 40)] {
            winking.0[upper] = winking.0[lower];
        }
        let mut turned = rest.clone();
        for point in &mut turned.0 {
            point.x = 128.0 + 0.8 * (point.x - 128.0);
        }
        for (name, landmarks) in [("rest", rest), ("opened", opened), ("winking", winking), ("turned", turned)] {
            let motion = PuppetMotion { landmarks_in_crop: landmarks, gaze: None, pupils_in_crop: None };
            let [mut expected, mut change] = [(); 2].map(|()| PictureChange::none(FLOW_CELLS));
            cpu.generate(&motion, &mut expected);
            on_gpu.generate(&motion, &mut change);
            assert!(change.painted_on_gpu && change.paint.is_empty(), "{name}: it is painted there and nothing comes back");
            assert_eq!(gpu.health.fault(), None, "{name}: nothing was refused");
            let found = read_floats(gpu, &target, 4 * CELLS * CELLS);
            let worst = expected.paint.cells.as_flattened().iter().zip(&found).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            differences.push(worst);
            let painted = expected.paint.cells.iter().filter(|cell| PaintField::paints(cell)).count();
            assert!(name == "rest" || painted > 200, "{name}: there is something to get wrong: {painted} cells");
        }
        on_gpu.paint_on(None);
        let mut change = PictureChange::none(FLOW_CELLS);
        on_gpu.generate(&PuppetMotion { landmarks_in_crop: portrait.landmarks_in_crop(), gaze: None, pupils_in_crop: None }, &mut change);
        assert!(!change.painted_on_gpu, "and back on the CPU");
        Ok(differences)
    }

    #[test]
    fn what_is_no_number_is_recorded_as_a_fault_of_the_device() -> anyhow::Result<()> {
        let Some(gpu) = gpu_for_test() else { return Ok(()) };
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC;
        let size = (CELLS * CELLS * size_of::<[f32; 4]>()) as u64;
        let target = gpu.device.create_buffer(&wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false });
        let nets: crate::model::FewShotNets = crate::model::load(None)?;
        let mut layers = nets.generator.freeze_for_nobody()?.layers();
        layers.head.weights.bias[0] = f32::NAN;
        let mut painter = GpuPainter::new(&gpu, &target);
        painter.set_person(&layers);
        let square = Square { corner: [64, 64], size: [64, 64] };
        let (cells, shares) = (vec![[0.5; 4]; square.area()], vec![[1.0, 1.0]; square.area()]);
        let (source, landmarks) = (vec![0.5; square.area() * SOURCE_NUMBERS], vec![0.0; square.area() / 4 * LANDMARK_CHANNELS]);
        let face = super::super::gates::Face { landmarks: &crate::data::Landmarks([Vec2::ZERO; 68]), pupils: None };
        let gates = Gates::between(&face, &face);
        let found = (0..50).any(|_| {
            let part = PatchInput { square, source: &source, landmarks: &landmarks };
            painter.paint(&square, (&cells, &cells), &shares, &vec![0.0; square.area()], &gates, &mut std::iter::once(part));
            gpu.device.poll(wgpu::PollType::wait_indefinitely()).ok();
            gpu.health.fault() == Some(GpuFault::NotFinite)
        });
        assert!(found, "it is noticed: {:?}", gpu.health.fault());
        Ok(())
    }
}
