//! `retrato doctor`: what this machine has, what is missing, and how to mend it.

use std::path::PathBuf;
use std::process::ExitCode;

use super::common;
use crate::capture::{self, CameraChoice};
use crate::doctor::{Devices, Inventory, Report, Status};
use crate::gpu;
use crate::pipeline;
use crate::settings::{Settings, SettingsFile};
use crate::track;

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    model: common::ModelArgs,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let settings = SettingsFile::of_user().map(|file| file.load().0).unwrap_or_default();
    let report = Report::new(&inventory(args, &settings));
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{}", report.to_text());
    }
    Ok(if report.status == Status::Problem { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn inventory(args: &Args, settings: &Settings) -> Inventory {
    let chosen = pipeline::choose_executor(settings.executor);
    let model = args.model.landmark_model.as_deref().or(settings.landmark_model.as_deref());
    let mut folders = vec![("recordings", settings.recordings_dir.clone())];
    folders
        .extend(SettingsFile::of_user().ok().and_then(|file| file.path().parent().map(PathBuf::from)).map(|folder| ("settings", folder)));
    Inventory {
        adapters: gpu::adapters().into_iter().map(|(_, description)| description).collect(),
        executor: gpu::ChosenExecutor {
            executor: if chosen.gpu.is_some() { gpu::Executor::Gpu(0) } else { gpu::Executor::Cpu },
            reason: chosen.reason,
        },
        landmark_model: track::model_places(model),
        cameras: cameras(),
        microphones: microphones(),
        folders,
    }
}

/// Every camera with its formats.
fn cameras() -> Devices {
    match capture::list_cameras() {
        Ok(cameras) => Devices::Listed(cameras.iter().map(|camera| format!("{}: {}", camera.name, formats(camera.index))).collect()),
        Err(capture::CaptureError::NoCamera) => Devices::Listed(Vec::new()),
        Err(capture::CaptureError::NoCameraSupport) => Devices::NotBuilt,
        Err(error) => Devices::Failed(error.to_string()),
    }
}

fn formats(index: u32) -> String {
    match capture::camera_formats(&CameraChoice::Index(index)) {
        Ok(formats) => formats.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        Err(error) => error.to_string(),
    }
}

#[cfg(feature = "audio")]
fn microphones() -> Devices {
    Devices::Listed(crate::record::input_devices().into_iter().map(|device| format!("{} ({})", device.name, device.id)).collect())
}

#[cfg(not(feature = "audio"))]
fn microphones() -> Devices {
    Devices::NotBuilt
}
