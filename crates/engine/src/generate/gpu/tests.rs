//! What the kernels make of a frame, against the CPU.

use glam::Vec2;
use test_needs::needs;

use super::*;
use crate::data::{PaintField, PictureChange, Portrait};
use crate::generate::{Generator as _, GpuTarget, MotionWarp, Painter, PlateMaker};
use crate::gpu::testing::gpu_for_test;
use crate::gpu::{AdapterDescription, GpuFault, read_floats};
use crate::nn::ops::{Products, frozen_with};

/// The largest difference from the CPU in each part of a picture's change.
#[derive(Debug, Default)]
struct Worst {
    flow_px: f32,
    uncovered: f32,
    paint: f32,
}

#[needs(gpu)]
#[test]
fn whole_frames_are_as_on_the_cpu_in_whole_and_in_half_precision() -> anyhow::Result<()> {
    let gpu = gpu_for_test();
    let info = AdapterDescription { shader_f16: false, ..gpu.info.clone() };
    // The device is compared with single precision.
    let worst = frozen_with(Products::Single, || worst_differences(&Gpu { info, ..gpu.clone() }))?;
    assert!(worst.flow_px < 2e-3 && worst.uncovered < 2e-3 && worst.paint < 2e-3, "whole precision: {worst:?}");
    if gpu.info.shader_f16 {
        // A step of the picture's 8 bits is 4e-3.
        let worst = frozen_with(Products::Single, || worst_differences(&gpu))?;
        assert!(worst.flow_px < 0.1 && worst.uncovered < 0.05 && worst.paint < 0.03, "half precision: {worst:?}");
    }
    Ok(())
}

/// The few-shot generator that chooses the parts of a face as the device does.
fn generator() -> anyhow::Result<MotionWarp> {
    let mut painter = Painter::new(model::load(None)?);
    painter.unseen = true;
    let plates = PlateMaker::new(model::load(None)?, String::new());
    Ok(MotionWarp::new(&model::load(None)?)?.with_plates_by(plates).painted_by(painter))
}

fn target(gpu: &Gpu) -> ChangeBuffers {
    let buffer = |numbers: usize| {
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST;
        let size = (numbers * size_of::<f32>()) as u64;
        gpu.device.create_buffer(&wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false })
    };
    ChangeBuffers {
        flow: buffer(2 * FLOW_CELLS * FLOW_CELLS),
        uncovered: buffer(UncoveredField::CELLS * UncoveredField::CELLS),
        paint: buffer(4 * PaintField::CELLS * PaintField::CELLS),
    }
}

/// Faces that a portrait shall make, with what each is.
fn wanted(portrait: &Portrait) -> Vec<(&'static str, PuppetMotion)> {
    let rest = portrait.landmarks_in_crop();
    let mut opened = rest.map(|p| p + Vec2::new(2.0, -3.0));
    for index in (5..12).chain(55..60).chain(65..68) {
        opened.0[index].y += 14.0;
    }
    let mut winking = opened.clone();
    for (upper, lower) in [(37, 41), (38, 40)] {
        winking.0[upper] = winking.0[lower];
    }
    let turned = rest.map(|p| Vec2::new(128.0 + 0.8 * (p.x - 128.0), p.y - 9.0));
    let glance = Some(portrait.pupils_in_crop().map(|p| p + Vec2::new(3.0, 0.0)));
    let faces = [
        ("rest", rest.clone(), None),
        ("opened", opened, None),
        ("winking", winking, None),
        ("turned", turned, None),
        ("glancing", rest, glance),
    ];
    faces
        .map(|(name, landmarks_in_crop, pupils_in_crop)| (name, PuppetMotion { landmarks_in_crop, gaze: None, pupils_in_crop, mesh: None }))
        .into()
}

/// The worst over several faces, with one picture of the person and then with two.
fn worst_differences(gpu: &Gpu) -> anyhow::Result<Worst> {
    let portrait = crate::builtin::PORTRAITS[0].portrait()?;
    let (mut cpu, mut on_gpu, target) = (generator()?, generator()?, target(gpu));
    cpu.set_portrait(&portrait);
    on_gpu.set_portrait(&portrait);
    on_gpu.work_on(Some(GpuTarget { gpu, buffers: &target, timings: &Timings::default() }));
    let mut worst = Worst::default();
    for pictures in 1..=2 {
        if pictures == 2 {
            // The same head a little further to the left, so that another picture is the nearest now and then.
            let mut other = portrait.clone();
            other.crop.origin_px[0] += 12.0 * other.crop.scale();
            cpu.add_source(&other);
            on_gpu.add_source(&other);
        }
        for (name, motion) in wanted(&portrait) {
            let motion = if pictures == 2 && name == "winking" {
                let landmarks_in_crop = motion.landmarks_in_crop.map(|p| p - Vec2::new(14.0, 0.0));
                PuppetMotion { landmarks_in_crop, ..motion }
            } else {
                motion
            };
            compare(gpu, &target, (&mut cpu, &mut on_gpu), (name, &motion), &mut worst);
        }
    }
    on_gpu.work_on(None);
    let mut change = PictureChange::none(FLOW_CELLS);
    on_gpu.generate(&wanted(&portrait)[0].1, &mut change);
    assert_eq!(change.on_gpu, None, "and back on the CPU");
    Ok(worst)
}

fn compare(
    gpu: &Gpu,
    target: &ChangeBuffers,
    (cpu, on_gpu): (&mut MotionWarp, &mut MotionWarp),
    (name, motion): (&str, &PuppetMotion),
    worst: &mut Worst,
) {
    let [mut expected, mut change] = [(); 2].map(|()| PictureChange::none(FLOW_CELLS));
    cpu.generate(motion, &mut expected);
    on_gpu.generate(motion, &mut change);
    assert_eq!(change.on_gpu, Some(OnGpu { uncovered: true, painted: true }), "{name}: it is made there");
    assert!(change.paint.is_empty(), "{name}: nothing comes back");
    assert_eq!(gpu.health.fault(), None, "{name}: nothing was refused");
    let far = |found: &[f32], expected: &[f32]| found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    let flow: Vec<f32> = expected.flow.displacement_px.iter().flat_map(Vec2::to_array).collect();
    let found = read_floats(gpu, &target.flow, flow.len());
    worst.flow_px = worst.flow_px.max(far(&found, &flow));
    let found = read_floats(gpu, &target.uncovered, expected.uncovered.cells.len());
    worst.uncovered = worst.uncovered.max(far(&found, &expected.uncovered.cells));
    let found = read_floats(gpu, &target.paint, 4 * PaintField::CELLS * PaintField::CELLS);
    worst.paint = worst.paint.max(far(&found, expected.paint.cells.as_flattened()));
    let painted = expected.paint.cells.iter().filter(|cell| PaintField::paints(cell)).count();
    let moved = flow.iter().any(|v| v.abs() > 1.0);
    assert!(name == "rest" || (painted > 100 && (moved || name == "glancing")), "{name}: something to get wrong: {painted} cells");
}

#[needs(gpu)]
#[test]
fn without_a_painter_the_flow_alone_is_made() -> anyhow::Result<()> {
    let gpu = gpu_for_test();
    let portrait = crate::builtin::PORTRAITS[1].portrait()?;
    let (mut on_gpu, target) = (MotionWarp::new(&model::load(None)?)?, target(&gpu));
    on_gpu.set_portrait(&portrait);
    on_gpu.work_on(Some(GpuTarget { gpu: &gpu, buffers: &target, timings: &Timings::default() }));
    let mut change = PictureChange::none(FLOW_CELLS);
    on_gpu.generate(&wanted(&portrait)[1].1, &mut change);
    assert_eq!(change.on_gpu, Some(OnGpu { uncovered: false, painted: false }), "no plate, no paint");
    let flow = read_floats(&gpu, &target.flow, 2 * FLOW_CELLS * FLOW_CELLS);
    assert!(flow.iter().any(|v| v.abs() > 2.0) && gpu.health.fault().is_none(), "something moves");
    Ok(())
}

#[needs(gpu)]
#[test]
fn what_is_no_number_is_recorded_as_a_fault_of_the_device() -> anyhow::Result<()> {
    let portrait = crate::builtin::PORTRAITS[1].portrait()?;
    let (_, opened) = wanted(&portrait).swap_remove(1);
    let mut broken = [false; 2];
    for (n, broken) in broken.iter_mut().enumerate() {
        let gpu = gpu_for_test();
        let mut painter = Painter::new(model::load(None)?);
        painter.set_portrait(&portrait)?;
        let net = model::load::<model::MotionNet>(None)?.freeze()?;
        let mut generator = GpuGenerator::new(&gpu, &net, &Timings::default());
        let target = target(&gpu);
        let pictures: Vec<PictureData<'_>> = painter.pictures().collect();
        generator.turn_to(&target, &pictures, None, crate::generate::reach::Sides::of(&portrait));
        let mut layers = painter.layers().expect("there is a person");
        if n == 0 {
            layers.head.weights.bias[0] = f32::NAN;
        }
        generator.set_person(Some(&layers));
        let rest = portrait.landmarks_in_crop();
        let mut wanted = opened.clone();
        if n == 1 {
            wanted.landmarks_in_crop.0[30].x = f32::NAN;
        }
        *broken = (0..50).any(|_| {
            let head = model::HeadFlow::between(&rest.0, &opened.landmarks_in_crop.0);
            let plan = painter.plan((0, None), &opened, f32::INFINITY);
            generator.run(&wanted, &[MovedPicture { picture: 0, landmarks: &rest, head }], plan.as_ref());
            gpu.device.poll(wgpu::PollType::wait_indefinitely()).ok();
            gpu.health.fault() == Some(GpuFault::NotFinite)
        });
    }
    assert_eq!(broken, [true; 2], "the generator's and the motion net's");
    Ok(())
}

#[needs(gpu)]
#[test]
fn a_frame_needs_no_more_than_what_every_adapter_has() -> anyhow::Result<()> {
    let found = crate::gpu::adapters().into_iter().find(|(_, info)| info.runs_kernels());
    let (adapter, _) = found.expect("an adapter that runs the kernels");
    // Bindings of 128 MiB, eight of them, 16 KiB of workgroup memory; no feature.
    let least = wgpu::DeviceDescriptor { label: Some("least"), required_limits: wgpu::Limits::default(), ..Default::default() };
    let (device, queue) = pollster::block_on(adapter.request_device(&least))?;
    let gpu = Gpu::shared(&adapter, device, queue);
    let gpu = Gpu { info: AdapterDescription { shader_f16: false, ..gpu.info.clone() }, ..gpu };
    let portrait = crate::builtin::PORTRAITS[1].portrait()?;
    let (mut on_gpu, target) = (generator()?, target(&gpu));
    on_gpu.set_portrait(&portrait);
    on_gpu.work_on(Some(GpuTarget { gpu: &gpu, buffers: &target, timings: &Timings::default() }));
    let mut change = PictureChange::none(FLOW_CELLS);
    on_gpu.generate(&wanted(&portrait)[1].1, &mut change);
    let paint = read_floats(&gpu, &target.paint, 4 * PaintField::CELLS * PaintField::CELLS);
    assert_eq!(gpu.health.fault(), None, "nothing was refused");
    assert!(change.on_gpu.is_some() && paint.as_chunks::<4>().0.iter().any(PaintField::paints), "an opened mouth is painted");
    Ok(())
}
