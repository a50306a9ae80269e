//! `retrato verify`: what pictures and films say of how they were made.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;

use super::common;
use crate::record::Provenance;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The pictures and films; of a folder, the files in it
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Print the result as JSON: one object per file
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Found {
    #[serde(serialize_with = "common::serialize_path")]
    file: PathBuf,
    format: Option<&'static str>,
    made_by_retrato: bool,
    version: Option<String>,
    synthetic: bool,
    source_types: Vec<String>,
    tools: Vec<String>,
    dates: Vec<String>,
    c2pa_manifest: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut failed = false;
    for file in args.files.iter().flat_map(|named| files_of(named)) {
        match Provenance::of(&file) {
            Ok(found) => print(args, file, found)?,
            Err(error) => {
                failed = true;
                tell!("retrato: {error}; check the path");
            }
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn files_of(named: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(named) else { return vec![named.to_owned()] };
    let mut inside: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    inside.sort();
    inside
}

fn print(args: &Args, file: PathBuf, found: Provenance) -> anyhow::Result<()> {
    let version = found.own_version().map(str::to_owned);
    let found = Found {
        file,
        format: found.format,
        made_by_retrato: version.is_some(),
        version,
        synthetic: found.is_synthetic(),
        source_types: found.source_types,
        tools: found.tools,
        dates: found.dates,
        c2pa_manifest: found.has_c2pa,
    };
    if args.json {
        say!("{}", serde_json::to_string(&found)?);
        return Ok(());
    }
    let types = found.source_types.join(", ");
    let verdict = match (found.synthetic, found.source_types.is_empty()) {
        (true, _) => format!("says that it is synthetic ({types})"),
        (false, false) => format!("says how it was made ({types})"),
        (false, true) => "says nothing of how it was made, which proves nothing".to_owned(),
    };
    let tools = if found.tools.is_empty() { String::new() } else { format!("; made with {}", found.tools.join(", ")) };
    let dates = if found.dates.is_empty() { String::new() } else { format!(" on {}", found.dates.join(", ")) };
    let own = if found.made_by_retrato { "" } else { "; nothing says that Retrato made it" };
    let manifest = if found.c2pa_manifest { "has a C2PA manifest, which was not checked" } else { "no C2PA manifest" };
    let format = found.format.map_or_else(String::new, |format| format!(" ({format})"));
    say!("{}{format}: {verdict}{tools}{dates}{own}; {manifest}", found.file.display());
    Ok(())
}
