//! Runs a network with the program's own weights on given numbers, for comparison with other programs.
//!
//! `forward motion f32|bf16 RUNS < picture > result`
//! `forward generator|eye|mouth f32|bf16 RUNS WIDTH HEIGHT < numbers > result`
//!
//! Runs it `RUNS` times and says to standard error how long the quickest run and the median one took, in milliseconds.
//!
//! All numbers are 32-bit floats, rows of pixels with their channels last. The motion net gets a picture of 64 x 64 RGB pixels of a face at rest; the result is
//! what went into the first layer, then the visibility of 128 x 128 cells. The others get a style, the source and the landmark image, and give a picture.

#![expect(clippy::print_stderr, reason = "an example talks to the terminal")]

use std::io::{Read as _, Write as _};
use std::time::Instant;

use anyhow::{Context as _, bail};
use candle_core::Device;
use glam::Vec2;
use retrato_face::face;
use retrato_model::{
    FLOW_SCALE_PX, FewShotNets, GeneratorMemory, GeneratorNet, INPUT_CELLS, INPUT_CHANNELS, LANDMARK_CHANNELS, MOTION_LINE_RADIUS,
    MotionMemory, MotionNet, MotionSample, PartNets, SOURCE_NUMBERS, candidate_flows, draw_landmarks, load,
};
use retrato_nn::StyleVector;
use retrato_nn::ops::{Products, frozen_with};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (network, format, runs, size) = match arguments[..] {
        [network, format, runs] => (network, format, runs.parse()?, [0, 0]),
        [network, format, runs, width, height] => (network, format, runs.parse()?, [height.parse()?, width.parse()?]),
        _ => bail!("forward NETWORK f32|bf16 RUNS [WIDTH HEIGHT]"),
    };
    let products = match format {
        "f32" => Products::Single,
        "bf16" => Products::Pairs,
        _ => bail!("{format} is neither f32 nor bf16"),
    };
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    let numbers: Vec<f32> = bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
    let result = frozen_with(products, || match network {
        "motion" => visibility(runs, &numbers),
        "generator" => picture(&load::<FewShotNets>(None)?.generator, runs, size, &numbers),
        "eye" => picture(&load::<PartNets>(None)?.eye.generator, runs, size, &numbers),
        "mouth" => picture(&load::<PartNets>(None)?.mouth.generator, runs, size, &numbers),
        _ => bail!("there is no network {network}"),
    })?;
    let bytes: Vec<u8> = result.into_iter().flat_map(f32::to_le_bytes).collect();
    Ok(std::io::stdout().lock().write_all(&bytes)?)
}

/// Runs on the threads of the pool, at least once, and says how long that took after a run to warm up.
fn timed(runs: usize, mut run: impl FnMut() -> anyhow::Result<()> + Send) -> anyhow::Result<()> {
    let times = rayon::scope(|_| {
        run()?;
        let once = |_| {
            let start = Instant::now();
            run().map(|()| start.elapsed().as_secs_f64() * 1e3)
        };
        (0..runs.max(1)).map(once).collect::<anyhow::Result<Vec<f64>>>()
    });
    let mut times = times?;
    times.sort_by(f64::total_cmp);
    eprintln!("{} {}", times[0], times[times.len() / 2]);
    Ok(())
}

/// A generator's picture from style, source and landmark image.
fn picture(net: &GeneratorNet, runs: usize, [height, width]: [usize; 2], numbers: &[f32]) -> anyhow::Result<Vec<f32>> {
    let (style, rest) = numbers.split_at_checked(net.layout().numbers()).context("the style is too short")?;
    let (source, landmarks) = rest.split_at_checked(height * width * SOURCE_NUMBERS).context("the source is too short")?;
    let mut memory = GeneratorMemory::default();
    let net = net.freeze(&StyleVector::from_numbers(style, net.layout(), &Device::Cpu)?)?;
    timed(runs, || Ok(net.forward([height, width], source, landmarks, &mut memory)?))?;
    Ok(memory.picture().to_vec())
}

/// The motion net's input for a face at rest, and the visibility that it gives.
fn visibility(runs: usize, picture: &[f32]) -> anyhow::Result<Vec<f32>> {
    if picture.len() != INPUT_CELLS * INPUT_CELLS * 3 {
        bail!("the picture has {} numbers", picture.len());
    }
    let face: Vec<Vec2> = face::template().map(|p| p.truncate() * 42.0 + Vec2::new(128.0, 110.0)).to_vec();
    let sample = MotionSample::of_still_body(&face, &face, picture.to_vec());
    let mut planes = vec![0.0; INPUT_CELLS * INPUT_CELLS * INPUT_CHANNELS];
    for first in [0, LANDMARK_CHANNELS] {
        draw_landmarks(&face, None, INPUT_CELLS, MOTION_LINE_RADIUS, &mut planes, INPUT_CHANNELS, first);
    }
    let flows = candidate_flows(&face, &face, INPUT_CELLS);
    let pixels = picture.as_chunks::<3>().0;
    for (cell, plane) in planes.chunks_exact_mut(INPUT_CHANNELS).enumerate() {
        let rest = &mut plane[2 * LANDMARK_CHANNELS..];
        let flows_px = [flows.head[cell], flows.near[cell], flows.far[cell]].map(|px| px.to_array());
        rest.iter_mut().zip(flows_px.as_flattened()).for_each(|(to, px)| *to = px / FLOW_SCALE_PX);
        rest[6] = flows.density[cell];
        // At rest each place fetches itself.
        rest[7..10].copy_from_slice(&pixels[cell]);
        rest[10..13].copy_from_slice(&pixels[cell]);
        rest[13] = sample.body_follow;
    }
    let mut memory = MotionMemory::default();
    let net = load::<MotionNet>(None)?.freeze()?;
    timed(runs, || {
        net.forward(&sample, &mut memory);
        Ok(())
    })?;
    Ok(planes.into_iter().chain(memory.flow().visibility.iter().copied()).collect())
}
