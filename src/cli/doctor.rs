//! `retrato doctor`: what this machine has, what is missing, and how to mend it.

use std::path::PathBuf;
use std::process::ExitCode;

use super::{common, doctor_report};
use crate::capture::{self, CameraChoice, CameraFormat};
use crate::doctor::{Devices, ExecutorFacts, Inventory, Report, Status};
use crate::executor::{Executor, Executors};
use crate::gpu;
use crate::model::{self, PartNets};
use crate::nn::ops;
use crate::settings::{Settings, SettingsFile};
use crate::track;
use crate::virtual_camera::{self, VirtualCameraError};

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    model: common::ModelArgs,
    /// Write what was found, the settings that matter and the end of the log to a file that can be attached to a bug report: no pictures, no names of people,
    /// machines, devices or files
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    report: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let settings = SettingsFile::of_user().map(|file| file.load().0).unwrap_or_default();
    let report = Report::new(&inventory(args, &settings));
    if let Some(path) = &args.report {
        doctor_report::write(path, &report, &settings)?;
        say!("{}: read it before you attach it to a bug report", path.display());
        return Ok(ExitCode::SUCCESS);
    }
    if args.json {
        say!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        say!("{}", report.to_text().trim_end());
    }
    Ok(if report.status == Status::Problem { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn inventory(args: &Args, settings: &Settings) -> Inventory {
    let chosen = Executors::of_machine(settings.measured_adapters.clone()).choose(settings.executor);
    let measured = chosen.measured.as_ref();
    let model = args.model.landmark_model.as_deref().or(settings.landmark_model.as_deref());
    let named = |devices, kind| if args.report.is_some() { doctor_report::unnamed(devices, kind) } else { devices };
    let mut folders = vec![("recordings", settings.recordings_dir.clone())];
    folders
        .extend(SettingsFile::of_user().ok().and_then(|file| file.path().parent().map(PathBuf::from)).map(|folder| ("settings", folder)));
    Inventory {
        adapters: gpu::adapters().into_iter().map(|(_, description)| description).collect(),
        executor: ExecutorFacts {
            measured_ms: measured.map(|measured| [measured.cpu_ms, measured.gpu_ms]),
            networks_ms: measured.and_then(|measured| measured.networks_ms).map(|networks| [networks.cpu, networks.gpu]),
            remembered: chosen.remembered,
            place: match chosen.executor {
                Executor::Cpu => "CPU".to_owned(),
                Executor::Gpu { adapter, .. } => adapter,
            },
            reason: chosen.reason,
        },
        face_reader: track::MeshReader::load().and_then(|_| track::reader_file()).map_err(|error| error.to_string()),
        landmark_model: track::model_places(model),
        networks: networks(),
        number_formats: number_formats(),
        cameras: named(cameras(), "camera"),
        microphones: named(microphones(), "microphone"),
        virtual_cameras: virtual_cameras(),
        make_virtual_camera: virtual_camera::INSTALL,
        folders,
    }
}

/// The networks that the program carries.
fn networks() -> Vec<Result<String, String>> {
    let state = |entry: model::ManifestEntry| {
        let about = format!("{} {}, {} training samples\nBLAKE3 {}", entry.name, entry.version, entry.samples, entry.blake3);
        model::check_shipped(&entry.name).map(|()| about).map_err(|error| error.to_string())
    };
    model::manifest().into_iter().map(state).collect()
}

/// Tries the shapes of the networks that live work uses in every frame.
fn number_formats() -> String {
    let tried = model::load::<PartNets>(None).map_err(|error| error.to_string()).and_then(|nets| {
        let frozen = [&nets.eye, &nets.mouth].map(|net| net.generator.freeze_for_nobody().map(drop));
        frozen.into_iter().collect::<Result<(), _>>().map_err(|error| error.to_string())
    });
    tried.map_or_else(|why| format!("could not be tried: {why}"), |()| ops::format_sentence())
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
        Ok(formats) => summary(&formats),
        Err(error) => error.to_string(),
    }
}

/// A camera may offer hundreds of sizes and rates: one phrase for each arrangement of the bytes.
fn summary(formats: &[CameraFormat]) -> String {
    let mut kinds: Vec<&str> = formats.iter().map(|format| format.pixel_format.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let phrase = |kind: &&str| {
        let of_kind = || formats.iter().filter(|format| format.pixel_format == *kind);
        let area = |format: &&CameraFormat| u64::from(format.size[0]) * u64::from(format.size[1]);
        let size = |format: Option<&CameraFormat>| format.map_or_else(String::new, |f| format!("{}x{}", f.size[0], f.size[1]));
        let (smallest, largest) = (size(of_kind().min_by_key(area)), size(of_kind().max_by_key(area)));
        let sizes = if smallest == largest { smallest } else { format!("{smallest} to {largest}") };
        let fastest = of_kind().map(|format| format.fps).fold(0.0, f64::max);
        let unusable = if of_kind().any(CameraFormat::is_usable) { "" } else { " (not used)" };
        format!("{kind} {sizes} up to {fastest:.0} fps{unusable}")
    };
    kinds.iter().map(phrase).collect::<Vec<_>>().join(", ")
}

#[cfg(feature = "audio")]
fn microphones() -> Devices {
    Devices::Listed(crate::record::input_devices().into_iter().map(|device| format!("{} ({})", device.name, device.id)).collect())
}

#[cfg(not(feature = "audio"))]
fn microphones() -> Devices {
    Devices::NotBuilt
}

/// Every loopback device, and whether it is in use.
fn virtual_cameras() -> Devices {
    match virtual_camera::loopback_devices() {
        Ok(devices) => Devices::Listed(devices.iter().map(ToString::to_string).collect()),
        Err(VirtualCameraError::NoSupport) => Devices::NotBuilt,
        Err(error) => Devices::Failed(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_formats_become_one_phrase_a_kind() {
        let format = |kind: &str, size, fps| CameraFormat { pixel_format: kind.to_owned(), size, fps };
        let all = [
            format("YUYV", [640, 480], 30.0),
            format("YUYV", [320, 240], 60.0),
            format("MJPG", [1920, 1080], 30.0),
            format("ODD4", [64, 64], 5.0),
        ];
        let expected = "MJPG 1920x1080 up to 30 fps, ODD4 64x64 up to 5 fps (not used), YUYV 320x240 to 640x480 up to 60 fps";
        assert_eq!(summary(&all), expected, "sorted, with the range of sizes and the best rate");
    }
}
