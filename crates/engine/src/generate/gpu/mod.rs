//! A frame on a graphics processor: motion net, warp, generator and paint go straight into the compositor's own buffers, and nothing is read back.
//!
//! The processor of the machine says how the head moves as a whole, where the gates are and which parts of the face are made, and draws what mouth and eyes may
//! look like; all else is computed there. The one number that comes back says, some frames later and without anybody waiting, whether a result was no number; then
//! the device's health has it, and the pipeline goes on without the device.

mod convolutions;
mod frame;
mod kernels;
mod precision;
mod shaders;
#[cfg(test)]
mod tests;
pub(crate) mod trial;

use convolutions::{Extent, Network};
use frame::{FrameParams, MotionParams, PartNumber};
use kernels::Kernels;
pub(crate) use kernels::{Kernel, Use};
pub(crate) use precision::Precision;
#[cfg(test)]
pub(crate) use shaders::ALL as SHADERS;
pub use trial::network_trial;

use glam::UVec2;

use super::FLOW_CELLS;
use super::clean_plate::CleanPlate;
use super::contour::Contour;
use super::layer::Cell;
use super::outline::CELLS;
use super::plan::{MovedPicture, PaintPlan, PictureData};
use super::reach::Sides;
use crate::data::{Landmarks, OnGpu, PaintField, PuppetMotion, UncoveredField};
use crate::gpu::{ChangeBuffers, FaultFlag, GROUP, Gpu, PassTimer, Uniform};
use crate::model::{
    self, FrozenMotion, GeneratorLayers, INPUT_CELLS, INPUT_CHANNELS, LANDMARK_CHANNELS, MATTE_CELLS, MOTION_LINE_RADIUS, SOURCE_NUMBERS,
};
use crate::runtime::Timings;
use crate::wgsl::Wgsl as _;

/// Most parts of a face in one frame.
const MOST_PARTS: usize = 3;
/// Most pictures that are moved in one frame: the portrait, the nearest picture and the next.
const MOST_RUNS: usize = 3;
/// Numbers of a pixel that goes into the generator: two by two pixels of the source, the landmarks, and a rest to a multiple of four.
const CHANNELS: usize = (4 * SOURCE_NUMBERS + LANDMARK_CHANNELS).next_multiple_of(4);
/// Numbers of the generator's last layer for two by two pixels.
const HEAD: usize = 16;
/// Bytes from the [`Extent`] of one part to the next: what every adapter can place a uniform at.
const PLACE: u32 = 256;
const _: () = assert!(Extent::SIZE <= PLACE as usize, "an extent fits between two places");
/// The size of the motion net's input lies behind those of the parts.
const MOTION_PLACE: u32 = MOST_PARTS as u32 * PLACE;
/// Numbers of a cell of a small picture: landmark image and colour.
const SEEN: usize = LANDMARK_CHANNELS + 3;
/// Numbers of a pixel in the kernels' pictures.
const VECTOR: usize = size_of::<[f32; 4]>();
/// The passes of a frame, as they are timed.
const PASSES: [&str; 4] = ["gpu motion", "gpu warp", "gpu generator", "gpu paint"];

/// The networks and the paint on one device.
pub(super) struct GpuGenerator {
    gpu: Gpu,
    kernels: Kernels,
    motion_net: Network,
    motion_head: wgpu::Buffer,
    buffers: Buffers,
    fault: FaultFlag,
    timer: Option<PassTimer>,
    person: Option<PersonBindings>,
    generator: Option<Network>,
    part_inputs: Vec<wgpu::BindGroup>,
}

/// Buffers that fit every portrait.
struct Buffers {
    frame: wgpu::Buffer,
    motions: [wgpu::Buffer; MOST_RUNS],
    sizes: wgpu::Buffer,
    parts: [Uniform<PartNumber>; MOST_PARTS],
    candidates: wgpu::Buffer,
    flows: wgpu::Buffer,
    settled: wgpu::Buffer,
    correction: wgpu::Buffer,
    matte: wgpu::Buffer,
    covered: wgpu::Buffer,
    drawn: wgpu::Buffer,
    drawn_fine: wgpu::Buffer,
    shown: wgpu::Buffer,
    heads: wgpu::Buffer,
}

/// What belongs to one portrait, and to the compositor that it goes to.
struct PersonBindings {
    /// Where the face ends in the plate, if there is one.
    contour: Option<Contour>,
    sides: Sides,
    motion_inputs: Vec<wgpu::BindGroup>,
    motion_flows: Vec<wgpu::BindGroup>,
    reach: wgpu::BindGroup,
    show: wgpu::BindGroup,
    paint: wgpu::BindGroup,
}

impl Buffers {
    fn new(gpu: &Gpu, precision: Precision) -> Self {
        let buffer = |label, bytes: usize, usage| {
            let usage = usage | wgpu::BufferUsages::COPY_DST;
            gpu.device.create_buffer(&wgpu::BufferDescriptor { label: Some(label), size: bytes as u64, usage, mapped_at_creation: false })
        };
        let storage = |label, bytes: usize| buffer(label, bytes, wgpu::BufferUsages::STORAGE);
        let (input, flow) = (INPUT_CELLS * INPUT_CELLS, model::FLOW_CELLS * model::FLOW_CELLS);
        let buffers = Self {
            frame: storage("frame", FrameParams::SIZE),
            motions: [(); MOST_RUNS].map(|()| storage("motion", MotionParams::SIZE)),
            sizes: buffer("sizes of the parts", (MOTION_PLACE + PLACE) as usize, wgpu::BufferUsages::UNIFORM),
            parts: std::array::from_fn(|part| Uniform::new(&gpu.device, &gpu.queue, "number of the part", &PartNumber { part })),
            candidates: storage("candidate flows", MOST_RUNS * input * 2 * VECTOR),
            flows: storage("flows", MOST_RUNS * flow * VECTOR),
            settled: storage("settled at landmarks", Landmarks::COUNT * size_of::<[f32; 2]>()),
            correction: storage("correction of the flow", input * size_of::<[f32; 2]>()),
            matte: storage("matte", MATTE_CELLS * MATTE_CELLS * size_of::<[f32; 4]>()),
            covered: storage("covered by the head", UncoveredField::CELLS * UncoveredField::CELLS * size_of::<f32>()),
            drawn: storage("drawn", CELLS * CELLS * size_of::<Cell>()),
            drawn_fine: storage("drawn in fine cells", PaintField::CELLS * PaintField::CELLS * size_of::<Cell>()),
            shown: storage("shown", 3 * CELLS * CELLS * VECTOR),
            heads: storage("heads", precision.bytes(MOST_PARTS * head_numbers(CELLS * CELLS)) as usize),
        };
        let input = Extent { size: UVec2::splat(INPUT_CELLS as u32), first: 0 };
        gpu.queue.write_buffer(&buffers.sizes, u64::from(MOTION_PLACE), &input.bytes());
        buffers
    }
}

impl GpuGenerator {
    /// Compiles the kernels and uploads the motion net; the device's own times go to `timings`. [`Self::turn_to`] comes next.
    pub(super) fn new(gpu: &Gpu, motion: &FrozenMotion, timings: &Timings) -> Self {
        Self::in_precision(gpu, Precision::of(gpu), motion, timings)
    }

    fn in_precision(gpu: &Gpu, precision: Precision, motion: &FrozenMotion, timings: &Timings) -> Self {
        let kernels = Kernels::new(&gpu.device, precision);
        let buffers = Buffers::new(gpu, precision);
        let shape = [INPUT_CELLS, INPUT_CHANNELS].map(|v| v as u32);
        let (motion_net, motion_head) = Network::motion(gpu, &kernels, &motion.layers(), &buffers.sizes, shape);
        Self {
            gpu: gpu.clone(),
            kernels,
            motion_net,
            motion_head,
            buffers,
            fault: FaultFlag::new(gpu),
            timer: PassTimer::new(gpu, &PASSES, timings),
            person: None,
            generator: None,
            part_inputs: Vec::new(),
        }
    }

    /// Whether it works on that device.
    pub(super) fn is_on(&self, gpu: &Gpu) -> bool {
        self.gpu.device == gpu.device
    }

    /// Takes a person's pictures, the portrait itself first, what is known of the head, on which sides the portrait goes on beyond its crop, and where the
    /// change of the picture goes.
    pub(super) fn turn_to(&mut self, target: &ChangeBuffers, pictures: &[PictureData<'_>], plate: Option<&CleanPlate>, sides: Sides) {
        let (device, queue, b) = (&self.gpu.device, &self.gpu.queue, &self.buffers);
        let storage = |label, numbers: &[f32]| {
            let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST;
            let size = size_of_val(numbers).max(VECTOR) as u64;
            let buffer = device.create_buffer(&wgpu::BufferDescriptor { label: Some(label), size, usage, mapped_at_creation: false });
            queue.write_buffer(&buffer, 0, bytemuck::cast_slice(numbers));
            buffer
        };
        let seen: Vec<f32> = pictures.iter().flat_map(seen_small).collect();
        let seen = storage("small pictures", &seen);
        let colours: Vec<f32> =
            pictures.iter().flat_map(|p| p.picture.as_chunks::<3>().0).flat_map(|[r, g, b]| [*r, *g, *b, 1.0]).collect();
        let colours = storage("pictures", &colours);
        if let Some(plate) = plate {
            let shares = plate.head.iter().zip(&plate.near_head).zip(&plate.face);
            let matte: Vec<[f32; 4]> = shares.map(|((head, near), face)| [*head, f32::from(u8::from(*near)), *face, 0.0]).collect();
            queue.write_buffer(&b.matte, 0, bytemuck::cast_slice(&matte));
            queue.write_buffer(&b.covered, 0, bytemuck::cast_slice(&plate.reach));
        }
        let (k, fault) = (&self.kernels, self.fault.buffer());
        let motion_input = |motion| k.motion_input.bind(device, &[&b.frame, motion, &seen, self.motion_net.input(), &b.candidates]);
        let motion_flow =
            |motion| k.motion_flow.bind(device, &[motion, &self.motion_head, &b.candidates, &b.flows, &b.settled, &b.correction, fault]);
        self.person = Some(PersonBindings {
            contour: plate.map(|plate| plate.contour.clone()),
            sides,
            motion_inputs: b.motions.iter().map(motion_input).collect(),
            motion_flows: b.motions.iter().map(motion_flow).collect(),
            reach: k.reach.bind(device, &[&b.frame, &b.flows, &b.candidates, &b.matte, &b.covered, &target.flow, &target.uncovered]),
            show: k.show.bind(device, &[&b.frame, &colours, &b.flows, &b.candidates, &b.matte, &target.uncovered, &b.drawn, &b.shown]),
            paint: k.paint.bind(device, &[&b.frame, &b.shown, &b.heads, &b.drawn_fine, &target.paint, fault]),
        });
    }

    /// Leaves the person: until [`Self::turn_to`] nothing is made here.
    pub(super) fn forget_person(&mut self) {
        self.person = None;
        self.set_person(None);
    }

    /// Takes the generator of one person, or none.
    pub(super) fn set_person(&mut self, layers: Option<&GeneratorLayers>) {
        let (k, b) = (&self.kernels, &self.buffers);
        let shape = [CELLS, CHANNELS].map(|v| v as u32);
        self.generator = layers.map(|layers| Network::generator(&self.gpu, k, layers, (&b.sizes, &b.heads), shape));
        let input = |network: &Network| {
            let bind = |part: &Uniform<PartNumber>| {
                k.generator_input.bind(&self.gpu.device, &[&b.frame, part.buffer(), &b.shown, network.input()])
            };
            b.parts.iter().map(bind).collect()
        };
        self.part_inputs = self.generator.as_ref().map(input).unwrap_or_default();
    }

    /// Makes the change that brings the portrait to a motion; nobody waits. `runs` are the pictures that are moved, the portrait first; without a plan nothing is
    /// painted. `None` before [`Self::turn_to`].
    pub(super) fn run(&mut self, motion: &PuppetMotion, runs: &[MovedPicture<'_>], plan: Option<&PaintPlan<'_>>) -> Option<OnGpu> {
        let person = self.person.as_ref()?;
        let frame = FrameParams::new(motion, runs, plan, (person.contour.as_ref(), person.sides));
        let queue = &self.gpu.queue;
        queue.write_buffer(&self.buffers.frame, 0, &frame.bytes());
        for (slot, (run, buffer)) in runs.iter().zip(&self.buffers.motions).enumerate() {
            queue.write_buffer(buffer, 0, &MotionParams::new(run, slot, &motion.landmarks_in_crop).bytes());
        }
        for (place, (size, first)) in (0..).step_by(PLACE as usize).zip(frame.parts()) {
            queue.write_buffer(&self.buffers.sizes, place, &Extent { size, first }.bytes());
        }
        if let Some(plan) = plan {
            queue.write_buffer(&self.buffers.drawn, 0, bytemuck::cast_slice(plan.drawn.part().1));
            queue.write_buffer(&self.buffers.drawn_fine, 0, bytemuck::cast_slice(plan.drawn_fine.part().1));
        }
        // Without a plan the paint of the last frame is taken away.
        let painted = self.generator.is_some();
        let mut encoder = self.gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("frame") });
        self.pass(&mut encoder, 0, |pass| self.move_pictures(pass, person, runs.len()));
        self.pass(&mut encoder, 1, |pass| self.warp(pass, person, frame.size()));
        self.pass(&mut encoder, 2, |pass| self.generate(pass, &frame));
        self.pass(&mut encoder, 3, |pass| {
            if painted {
                if frame.size() != UVec2::ZERO {
                    self.kernels.paint.run(pass, 0, &person.paint, groups_of(frame.size()));
                }
                self.kernels.paint.run(pass, 1, &person.paint, groups(PaintField::CELLS));
            }
        });
        if let Some(timer) = &self.timer {
            timer.resolve(&mut encoder);
        }
        queue.submit([encoder.finish()]);
        let uncovered = person.contour.is_some();
        if let Some(timer) = &mut self.timer {
            timer.watch();
        }
        self.fault.watch();
        Some(OnGpu { uncovered, painted })
    }

    fn pass(&self, encoder: &mut wgpu::CommandEncoder, number: usize, work: impl FnOnce(&mut wgpu::ComputePass<'_>)) {
        let timestamp_writes = self.timer.as_ref().map(|timer| timer.writes(number));
        work(&mut encoder.begin_compute_pass(&wgpu::ComputePassDescriptor { label: Some(PASSES[number]), timestamp_writes }));
    }

    /// The motion net for one picture after the other.
    fn move_pictures(&self, pass: &mut wgpu::ComputePass<'_>, person: &PersonBindings, count: usize) {
        let k = &self.kernels;
        for (input, flow) in person.motion_inputs.iter().zip(&person.motion_flows).take(count) {
            k.motion_input.run(pass, 0, input, groups(INPUT_CELLS));
            self.motion_net.run(k, pass, [INPUT_CELLS as u32; 2], MOTION_PLACE);
            k.motion_flow.run(pass, 0, flow, groups(model::FLOW_CELLS));
            k.motion_flow.run(pass, 1, flow, [1; 3]);
            k.motion_flow.run(pass, 2, flow, groups(INPUT_CELLS));
            k.motion_flow.run(pass, 3, flow, groups(model::FLOW_CELLS));
        }
    }

    /// The flow over the reach, what is uncovered, and what is shown of the face.
    fn warp(&self, pass: &mut wgpu::ComputePass<'_>, person: &PersonBindings, size: UVec2) {
        self.kernels.reach.run(pass, 0, &person.reach, groups(FLOW_CELLS));
        if person.contour.is_some() {
            self.kernels.reach.run(pass, 1, &person.reach, groups(UncoveredField::CELLS));
        }
        if size != UVec2::ZERO {
            self.kernels.show.run(pass, 0, &person.show, groups_of(size));
        }
    }

    /// The generator for one part of the face after the other.
    fn generate(&self, pass: &mut wgpu::ComputePass<'_>, frame: &FrameParams) {
        let Some(generator) = &self.generator else { return };
        for (n, (size, _)) in frame.parts().enumerate() {
            self.kernels.generator_input.run(pass, 0, &self.part_inputs[n], groups_of(size / 2));
            generator.run(&self.kernels, pass, size.to_array(), n as u32 * PLACE);
        }
    }
}

/// Groups of threads for a square of so many cells along each side.
fn groups(cells: usize) -> [u32; 3] {
    groups_of(UVec2::splat(cells as u32))
}

/// The same for any size.
fn groups_of(size: UVec2) -> [u32; 3] {
    [size.x.div_ceil(GROUP), size.y.div_ceil(GROUP), 1]
}

/// Numbers of the last layer for a picture of so many pixels.
const fn head_numbers(pixels: usize) -> usize {
    pixels / 4 * HEAD
}

/// What the motion net sees of a picture: its landmark image and its colours, cell by cell.
fn seen_small(picture: &PictureData<'_>) -> Vec<f32> {
    let mut seen = vec![0.0; INPUT_CELLS * INPUT_CELLS * SEEN];
    model::draw_landmarks(&picture.landmarks.0, None, INPUT_CELLS, MOTION_LINE_RADIUS, &mut seen, SEEN, 0);
    for (cell, colour) in seen.chunks_exact_mut(SEEN).zip(picture.small.chunks_exact(3)) {
        cell[LANDMARK_CHANNELS..].copy_from_slice(colour);
    }
    seen
}
