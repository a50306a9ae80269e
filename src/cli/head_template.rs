//! `retrato head-template`: the neutral head that is laid under a portrait's face, from ICT-FaceKit.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use glam::Vec3;
use retrato_head::SkullTemplate;

use super::synth::KitArgs;
use crate::data::Part;

/// Vertices nearer than this become one: depth is needed in cells of a portrait of about this size.
const SIDE_CM: f32 = 0.7;
/// Ears are left out, since a portrait's own are elsewhere: everything so far from the middle, in this height and depth, in cm of the kit.
const EARS_FROM_CM: f32 = 7.2;
const EARS_HIGH_CM: std::ops::Range<f32> = -3.0..5.5;
const EARS_BEFORE_CM: f32 = 4.0;

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    kit: KitArgs,
    /// Where to write it
    #[arg(short, long, default_value = "models/head_template.bin", value_name = "FILE")]
    output: PathBuf,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let kit = args.kit.load()?;
    let is_ear = |p: &Vec3| p.x.abs() > EARS_FROM_CM && EARS_HIGH_CM.contains(&p.y) && p.z < EARS_BEFORE_CM;
    let is_kept = |index: u32| {
        let index = index as usize;
        matches!(kit.parts[index], Part::Face | Part::Head) && !is_ear(&kit.neutral[index])
    };
    let triangles: Vec<[u32; 3]> = kit.triangles.iter().filter(|t| t.iter().all(|i| is_kept(*i))).copied().collect();
    // In the kit y points up and z to the viewer.
    let seen = |p: &Vec3| Vec3::new(p.x, -p.y, -p.z);
    let vertices: Vec<Vec3> = kit.neutral.iter().map(seen).collect();
    let landmarks = kit.landmarks.map(|i| vertices[i as usize]);
    let template = SkullTemplate::simplified(&vertices, &triangles, landmarks, SIDE_CM);
    let bytes = template.bytes()?;
    std::fs::write(&args.output, &bytes).with_context(|| format!("{} cannot be written", args.output.display()))?;
    say!(
        "{}: {} vertices, {} triangles, {} bytes, BLAKE3 {}",
        args.output.display(),
        template.vertices.len(),
        template.triangles.len(),
        bytes.len(),
        blake3::hash(&bytes)
    );
    Ok(ExitCode::SUCCESS)
}
