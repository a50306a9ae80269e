//! Writes the seeds of the fuzzer into a folder, one folder in it for each target: `seeds FOLDER`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::path::PathBuf::from(std::env::args_os().nth(1).ok_or("give a folder")?);
    for seed in retrato_hostile::seeds::all()? {
        let place = folder.join(seed.target);
        std::fs::create_dir_all(&place)?;
        std::fs::write(place.join(seed.name), seed.bytes)?;
    }
    Ok(())
}
