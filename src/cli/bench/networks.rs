//! `retrato bench --networks`: the networks alone, beside what the processor can compute at most.

use anyhow::Context as _;

use crate::cli::common;
use crate::generate::GeneratorChoice;
use crate::model::{self, Speeds};

/// Runs of each network.
const RUNS: usize = 60;

/// Measures the networks and prints what was found.
pub(super) fn run(generator: &common::GeneratorArgs, json: bool) -> anyhow::Result<()> {
    let GeneratorChoice::FewShot(files) = generator.choice() else {
        anyhow::bail!("--networks measures those of --generator few-shot: leave one of the two out");
    };
    let motion = model::load(files.motion.as_deref())?;
    let speeds = model::network_speeds(&motion, &model::load(files.few_shot.as_deref())?, RUNS).context("the networks cannot be run")?;
    if json {
        println!("{}", serde_json::to_string_pretty(&speeds)?);
    } else {
        print(&speeds);
    }
    Ok(())
}

fn print(speeds: &Speeds) {
    println!("roof of {} threads in single precision: {:.0} GFLOP/s", speeds.threads, speeds.roof_gflops);
    println!("{:<22}{:>8}{:>9}{:>10}{:>9}", "network", "GFLOP", "p50 ms", "GFLOP/s", "of roof");
    for network in &speeds.networks {
        let share = 100.0 * network.share_of_roof;
        println!("{:<22}{:>8.2}{:>9.2}{:>10.0}{share:>8.0}%", network.name, network.gflop, network.ms, network.gflops);
    }
}
