//! How fast the networks of the live path are on this machine, beside what its processor can compute at most.

use serde::Serialize;

use super::roof::{pair_roof_gflops, roof_gflops};
use crate::generate::gpu::trial::{generator_run, median_ms, motion_run};
use crate::model::{FewShotNets, MotionNet, PartNets, Ran};
use crate::nn::ops::{self, Products};
use retrato_head::FacePart;

/// Sizes of what the generator makes: the whole crop, a face, a mouth (width and height in pixels).
const SIZES: [[usize; 2]; 3] = [[256, 256], [176, 184], [96, 96]];
/// Networks of parts: what they draw.
const PARTS: [FacePart; 2] = [FacePart::RightEye, FacePart::Mouth];

/// The speed of one network.
#[derive(Clone, Debug, Serialize)]
pub struct NetworkSpeed {
    /// Which, and for what size.
    pub name: String,
    /// Format of the numbers that are multiplied: f32 or bf16.
    pub format: &'static str,
    /// Work of its convolutions in thousand million operations, a multiplication and an addition counted as two.
    pub gflop: f64,
    /// Median time of one run in milliseconds.
    pub ms: f64,
    /// Work per second, in thousand millions.
    pub gflops: f64,
    /// The same as a share of the format's roof.
    pub share_of_roof: f64,
}

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Speeds {
    /// Threads that work.
    pub threads: usize,
    /// The roof in single precision, in thousand million operations per second.
    pub roof_gflops: f64,
    /// That of products in bfloat16 with sums in single precision, which the program uses where the processor has them.
    pub roof_bf16_gflops: Option<f64>,
    /// The networks.
    pub networks: Vec<NetworkSpeed>,
}

/// Measures motion net, generator and the networks of eyes and mouth, each `runs` times, in every format that the processor has.
///
/// # Errors
/// When the tensor library fails.
pub fn network_speeds(motion: &MotionNet, few_shot: &FewShotNets, parts: &PartNets, runs: usize) -> Ran<Speeds> {
    let roofs = || (roof_gflops(), pair_roof_gflops());
    let before = roofs();
    let mut networks = Vec::new();
    let formats = [("f32", Products::Single), ("bf16", Products::Pairs)];
    for (format, products) in formats.into_iter().filter(|(_, products)| *products == Products::Single || ops::has_pair_products()) {
        ops::frozen_with(products, || in_format(format, (motion, few_shot, parts), runs, &mut networks))?;
    }
    // Measured on both sides of the networks, so that other work beside one of the measurements does not lower the roof.
    let after = roofs();
    let roof_gflops = before.0.max(after.0);
    let roof_bf16_gflops = before.1.zip(after.1).map(|(before, after)| before.max(after));
    for network in &mut networks {
        let roof = if network.format == "f32" { Some(roof_gflops) } else { roof_bf16_gflops };
        network.share_of_roof = network.gflops / roof.unwrap_or(roof_gflops);
    }
    Ok(Speeds { threads: rayon::current_num_threads(), roof_gflops, roof_bf16_gflops, networks })
}

/// The networks as they are frozen now.
fn in_format(format: &'static str, nets: (&MotionNet, &FewShotNets, &PartNets), runs: usize, networks: &mut Vec<NetworkSpeed>) -> Ran<()> {
    let (motion, few_shot, parts) = nets;
    let mut add = |name: String, flops: usize, run: &mut (dyn FnMut() -> Ran<()> + Send)| -> Ran<()> {
        let ms = median_ms(runs, run)?;
        let gflop = flops as f64 / 1e9;
        let gflops = gflop / ms * 1e3;
        networks.push(NetworkSpeed { name, format, gflop, ms, gflops, share_of_roof: 0.0 });
        Ok(())
    };
    let frozen = motion.freeze()?;
    add("motion net".to_owned(), frozen.flops(), &mut motion_run(&frozen))?;
    let generator = few_shot.generator.freeze_for_nobody()?;
    for [width, height] in SIZES {
        let flops = few_shot.generator.flops([height, width])?;
        add(format!("generator {width} x {height}"), flops, &mut generator_run(&generator, [height, width]))?;
    }
    for part in PARTS {
        let (name, net) = if part == FacePart::Mouth { ("mouth", &parts.mouth) } else { ("eye", &parts.eye) };
        let [width, height] = part.size();
        let frozen = net.generator.freeze_for_nobody()?;
        add(format!("{name} {width} x {height}"), net.flops([height, width])?, &mut generator_run(&frozen, [height, width]))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::load;

    #[test]
    fn every_network_of_the_live_path_is_measured() -> anyhow::Result<()> {
        let speeds = network_speeds(&load(None)?, &load(None)?, &load(None)?, 2)?;
        let formats = if ops::has_pair_products() { 2 } else { 1 };
        assert_eq!(speeds.networks.len(), formats * (1 + SIZES.len() + PARTS.len()), "{speeds:?}");
        assert!(speeds.networks.iter().all(|n| n.ms > 0.0 && n.share_of_roof > 0.0 && n.share_of_roof < 1.2), "{speeds:?}");
        let motion = speeds.networks[0].gflop;
        assert!((0.7..0.9).contains(&motion), "{motion} GFLOP of the motion net");
        let [whole, face] = [1, 2].map(|n| speeds.networks[n].gflop);
        assert!((whole / face - 65536.0 / (176.0 * 184.0)).abs() < 0.01, "work follows the size: {whole} and {face}");
        Ok(())
    }
}
