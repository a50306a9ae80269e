//! Tests of the head in 3D behind both compositors.

use std::sync::Arc;

use crate::compose::{CpuCompositor, GpuCompositor};
use crate::data::{HeadMotion, MeshMotion, PictureChange, Portrait, PuppetMotion};
use crate::generate::{FLOW_CELLS, GeneratorChoice, start};

#[test]
fn without_a_mesh_another_generator_takes_over() -> anyhow::Result<()> {
    let portrait = Portrait { mesh_in_image: None, ..crate::builtin::PORTRAITS[0].portrait()? };
    let (mut generator, _) = start(&GeneratorChoice::default());
    generator.set_portrait(&portrait);
    assert_eq!(generator.name(), "few-shot", "the one before");
    let mut change = PictureChange::none(FLOW_CELLS);
    generator.generate(&PuppetMotion::of_landmarks(portrait.landmarks_in_crop()), &mut change);
    assert!(change.head.is_none() && generator.head().is_none() && generator.plate().is_some(), "and its change");
    Ok(())
}

#[test]
fn a_portrait_with_a_mesh_is_turned_and_rests_as_it_is() -> anyhow::Result<()> {
    let portrait = crate::builtin::PORTRAITS[0].portrait()?;
    let mesh = portrait.mesh_in_crop().ok_or_else(|| anyhow::anyhow!("it has a mesh"))?;
    let (mut generator, _) = start(&GeneratorChoice::default());
    generator.set_portrait(&portrait);
    assert_eq!(generator.name(), "head-3d", "by default");
    let mut compositor = CpuCompositor::new(&portrait, generator.plate()).with_head(generator.head());
    let mut change = PictureChange::none(FLOW_CELLS);
    let mut compose = |head: HeadMotion| {
        let motion = MeshMotion { expression_in_crop: Arc::new(mesh.clone()), head };
        generator.generate(&PuppetMotion { mesh: Some(motion), ..PuppetMotion::of_landmarks(portrait.landmarks_in_crop()) }, &mut change);
        compositor.compose(&change)
    };
    let turned = compose(HeadMotion::about(mesh.0[168] + 60.0 * glam::Vec3::Z, glam::Mat3::from_rotation_y(0.4), 1.0, glam::Vec3::ZERO));
    let unlike = turned.pixels().zip(portrait.pixels.pixels()).filter(|(a, b)| a != b).count();
    assert!(unlike > 10_000, "{unlike} pixels differ");
    drop(turned);
    let rest = compose(HeadMotion::default());
    assert!(rest.as_raw() == portrait.pixels.as_raw(), "at rest it is the portrait, also after it was turned");
    let landmarks = PuppetMotion::of_landmarks(portrait.landmarks_in_crop());
    generator.generate(&landmarks, &mut change);
    assert!(change.head.is_none() && generator.name() == "few-shot", "a motion without a mesh is the other generator's");
    Ok(())
}

#[test_needs::needs(gpu)]
#[test]
fn a_device_and_the_cpu_turn_heads_alike() -> anyhow::Result<()> {
    let portrait = crate::builtin::PORTRAITS[0].portrait()?;
    let mesh = portrait.mesh_in_crop().ok_or_else(|| anyhow::anyhow!("it has a mesh"))?;
    let (mut generator, _) = start(&GeneratorChoice::default());
    generator.set_portrait(&portrait);
    let gpu = crate::gpu::testing::gpu_for_test();
    let (plate, head) = (generator.plate(), generator.head());
    let mut there = GpuCompositor::new(&gpu.device, &gpu.queue, &portrait, plate.as_deref(), FLOW_CELLS)?.with_head(head.clone());
    let mut here = CpuCompositor::new(&portrait, plate).with_head(head);
    let mut change = PictureChange::none(FLOW_CELLS);
    for degrees in [0.0_f32, 12.0, -30.0] {
        let turn = glam::Mat3::from_rotation_y(degrees.to_radians());
        let mut looking = mesh.clone();
        if degrees != 0.0 {
            looking.0[crate::data::FaceMesh::SKIN..].iter_mut().for_each(|p| p.x += 2.0);
            // Half shut in one turn, shut in the other.
            let shut = if degrees > 0.0 { 0.6 } else { 1.0 };
            for eye in crate::data::FaceMesh::EYES.map(|eye| eye.map(usize::from)) {
                (1..8).for_each(|i| looking.0[eye[i]] = looking.0[eye[i]].lerp(looking.0[eye[16 - i]], shut));
            }
        }
        let motion = MeshMotion {
            expression_in_crop: Arc::new(looking),
            head: HeadMotion::about(mesh.0[168] + 60.0 * glam::Vec3::Z, turn, 1.0, glam::Vec3::ZERO),
        };
        generator.generate(&PuppetMotion { mesh: Some(motion), ..PuppetMotion::of_landmarks(portrait.landmarks_in_crop()) }, &mut change);
        there.compose(&change);
        let on_device = crate::gpu::read_texture(&gpu, there.target())?;
        let on_cpu = here.compose(&change);
        let unlike = |most: u8| {
            let pairs = on_device.pixels().zip(on_cpu.pixels());
            pairs.filter(|(a, b)| a.0.iter().zip(b.0).any(|(a, b)| a.abs_diff(b) > most)).count()
        };
        let all = on_cpu.as_raw().len() / 4;
        if degrees == 0.0 {
            assert_eq!(unlike(0), 0, "at rest it is the portrait");
        }
        assert_eq!(gpu.health.fault(), None, "nothing was refused");
        // Edges are softened in other ways.
        assert!(
            unlike(3) < all / 100 && unlike(40) < all / 1000,
            "{degrees} degrees: {} and {} of {all} pixels differ",
            unlike(3),
            unlike(40)
        );
    }
    Ok(())
}
