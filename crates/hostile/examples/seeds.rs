//! Writes the seeds of the fuzzer into a folder, one folder in it for each target, and prints the targets, each with its longest input: `seeds FOLDER`.

use std::io::Write as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::path::PathBuf::from(std::env::args_os().nth(1).ok_or("give a folder")?);
    for seed in retrato_hostile::seeds::all()? {
        let place = folder.join(seed.target);
        std::fs::create_dir_all(&place)?;
        std::fs::write(place.join(seed.name), seed.bytes)?;
    }
    for target in retrato_hostile::TARGETS {
        writeln!(std::io::stdout(), "{} {}", target.name, target.longest)?;
    }
    Ok(())
}
