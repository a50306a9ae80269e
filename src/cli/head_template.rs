//! `retrato head-template`: the neutral head that is laid under a portrait's face, and the inside of its mouth, from ICT-FaceKit.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use glam::Vec3;
use retrato_head::{MouthTemplate, MouthTissue, MouthVertex, SkullTemplate};

use super::synth::KitArgs;
use crate::data::Part;
use crate::synth::FaceKit;

/// Vertices nearer than this become one: depth is needed in cells of a portrait of about this size.
const SIDE_CM: f32 = 0.7;
/// Ears are left out, since a portrait's own are elsewhere: everything so far from the middle, in this height and depth, in cm of the kit.
const EARS_FROM_CM: f32 = 7.2;
const EARS_HIGH_CM: std::ops::Range<f32> = -3.0..5.5;
const EARS_BEFORE_CM: f32 = 4.0;
/// Teeth of the upper and of the lower row that are left out at both ends. A wide smile bares the upper first molars: without
/// them a tenth of its width is dark on each side. What lies farther back, cheeks hide. Lower molars are lumps in the dark.
const MOLARS: [usize; 2] = [2, 3];
/// Way of the jaw from which on a tooth is a lower one, in cm.
const LOWER_CM: f32 = 0.3;
/// So much wider teeth are made than the kit has them: its gaps between them look like black lines.
const WIDER: f32 = 1.06;
/// Vertices of gums and tongue nearer than this become one.
const MOUTH_SIDE_CM: f32 = 0.22;
/// Gums reach so far from the teeth.
const GUMS_CM: f32 = 0.55;

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    kit: KitArgs,
    /// Where to write it
    #[arg(short, long, default_value = "models/head_template.bin", value_name = "FILE")]
    output: PathBuf,
    /// Where to write the inside of the mouth
    #[arg(long, default_value = "models/mouth_template.bin", value_name = "FILE")]
    mouth_output: PathBuf,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let kit = args.kit.load()?;
    let is_ear = |p: &Vec3| p.x.abs() > EARS_FROM_CM && EARS_HIGH_CM.contains(&p.y) && p.z < EARS_BEFORE_CM;
    let is_kept = |index: u32| {
        let index = index as usize;
        matches!(kit.parts[index], Part::Face | Part::Head) && !is_ear(&kit.neutral[index])
    };
    let triangles: Vec<[u32; 3]> = kit.triangles.iter().filter(|t| t.iter().all(|i| is_kept(*i))).copied().collect();
    let vertices: Vec<Vec3> = kit.neutral.iter().map(seen).collect();
    let landmarks = kit.landmarks.map(|i| vertices[i as usize]);
    let template = SkullTemplate::simplified(&vertices, &triangles, landmarks, SIDE_CM);
    write(&args.output, &template.bytes()?, [template.vertices.len(), template.triangles.len()])?;
    let mouth = mouth(&kit)?.simplified(MOUTH_SIDE_CM);
    write(&args.mouth_output, &mouth.bytes()?, [mouth.vertices.len(), mouth.triangles.len()])?;
    Ok(ExitCode::SUCCESS)
}

fn write(path: &Path, bytes: &[u8], [vertices, triangles]: [usize; 2]) -> anyhow::Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("{} cannot be written", path.display()))?;
    say!("{}: {vertices} vertices, {triangles} triangles, {} bytes, BLAKE3 {}", path.display(), bytes.len(), blake3::hash(bytes));
    Ok(())
}

/// A point or a way of the kit, where y points up and z to the viewer, as a picture has it.
fn seen(p: &Vec3) -> Vec3 {
    Vec3::new(p.x, -p.y, -p.z)
}

/// The inside of the kit's mouth.
fn mouth(kit: &FaceKit) -> anyhow::Result<MouthTemplate> {
    let mut drops = vec![Vec3::ZERO; kit.neutral.len()];
    let jaw = kit.expression("jawOpen").map(|i| &kit.expressions[i]).context("the kit has no expression jawOpen")?;
    for (index, delta) in jaw.vertices.iter().zip(&jaw.deltas) {
        drops[*index as usize] = seen(delta);
    }
    let row = kit.teeth.len() / 2;
    let is_seen = |number: usize, tooth: &std::ops::Range<usize>| {
        let left_out = MOLARS[usize::from(drops[tooth.start].length() > LOWER_CM)];
        (left_out..row - left_out).contains(&(number % row))
    };
    let teeth: Vec<_> =
        kit.teeth.iter().enumerate().filter(|(number, tooth)| is_seen(*number, tooth)).map(|(_, range)| range.clone()).collect();
    let is_beside_teeth =
        |p: Vec3| teeth.iter().flat_map(|range| &kit.neutral[range.clone()]).any(|q| q.distance_squared(p) < GUMS_CM * GUMS_CM);
    let tissue = |index: usize| match kit.parts[index] {
        Part::Teeth => teeth.iter().any(|range| range.contains(&index)).then_some(MouthTissue::Tooth),
        Part::Gums if is_beside_teeth(kit.neutral[index]) => Some(MouthTissue::Gum),
        Part::Gums => Some(MouthTissue::Tongue),
        _ => None,
    };
    let mut neutral = kit.neutral.clone();
    for tooth in &teeth {
        let middle = neutral[tooth.clone()].iter().sum::<Vec3>() / tooth.len().max(1) as f32;
        for p in &mut neutral[tooth.clone()] {
            *p = middle + (*p - middle) * Vec3::new(WIDER, 1.0, WIDER);
        }
    }
    let mut numbers = vec![None; kit.neutral.len()];
    let mut vertices = Vec::new();
    for (index, number) in numbers.iter_mut().enumerate() {
        if let Some(tissue) = tissue(index) {
            *number = Some(vertices.len() as u16);
            vertices.push(MouthVertex { at: seen(&neutral[index]), drop: drops[index], tissue });
        }
    }
    let corners = |t: &[u32; 3]| {
        let [a, b, c] = t.map(|i| numbers[i as usize]);
        Some([a?, b?, c?])
    };
    Ok(MouthTemplate {
        vertices,
        triangles: kit.triangles.iter().filter_map(corners).collect(),
        landmarks: kit.landmarks.map(|i| seen(&kit.neutral[i as usize])),
        landmark_drops: kit.landmarks.map(|i| drops[i as usize]),
    })
}
