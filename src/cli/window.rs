//! `retrato` without a command: the window.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;

use super::common;
use crate::builtin;
use crate::executor::Executors;
use crate::generate::{GeneratorChoice, WeightFiles};
use crate::pipeline::{FineTuning, PictureMemory, Pipeline, PipelineConfig};
use crate::present::{self, AppConfig, BuiltInPortrait, FirstDriver, StartContext};
use crate::session::{CameraChoice, DeferredPixels, DriverChoice, PortraitChoice, Session};
use crate::settings::{ExecutorChoice, MovedBy, Settings, SettingsFile};

const ICON_PNG: &[u8] = include_bytes!("../../assets/icon.png");

#[derive(clap::Args)]
pub(super) struct Args {
    /// Portrait to begin with: a picture file, or the name of a built-in one
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "")]
    portrait: Option<OsString>,
    /// What drives it at first: a clip, a performance, the name of a built-in performance, `camera`, `camera:NUMBER` or `camera:NAME`
    #[arg(long, value_name = "FILE")]
    driver: Option<OsString>,
    /// Where pictures are made in this run: auto (a graphics processor, if there is one), cpu or gpu (a software one, too)
    #[arg(long, value_name = "NAME", value_parser = common::parse_executor)]
    executor: Option<ExecutorChoice>,
    #[command(flatten)]
    model: common::ModelArgs,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    let (settings_file, settings, notices) = load_settings();
    let config = AppConfig {
        portraits: builtin::PORTRAITS.iter().map(in_gallery).collect(),
        performances: builtin::PERFORMANCES.iter().map(|p| p.title.to_owned()).collect(),
        first_portrait: Some(first_portrait(args)?),
        first_driver: first_driver(args, &settings)?,
        executor: args.executor,
        settings: settings.clone(),
        settings_file,
        notices,
        ..AppConfig::default()
    };
    let landmark_model = args.model.landmark_model.clone().or_else(|| settings.landmark_model.clone());
    let wanted = args.executor.unwrap_or(settings.executor);
    let start = move |context: StartContext| start(context, landmark_model, wanted, &settings, began);
    present::run_window(config, ICON_PNG, Box::new(start))?;
    Ok(ExitCode::SUCCESS)
}

fn load_settings() -> (Option<SettingsFile>, Settings, Vec<String>) {
    match SettingsFile::of_user() {
        Ok(file) => {
            let (settings, trouble) = file.load();
            (Some(file), settings, trouble.iter().map(ToString::to_string).collect())
        }
        Err(error) => (None, Settings::default(), vec![error.to_string()]),
    }
}

fn in_gallery(portrait: &'static builtin::BuiltinPortrait) -> BuiltInPortrait {
    // A broken build says so when the portrait itself is opened.
    let image = DeferredPixels::new(move || portrait.thumbnail().unwrap_or_default());
    BuiltInPortrait { title: portrait.title.to_owned(), image }
}

fn first_portrait(args: &Args) -> anyhow::Result<PortraitChoice> {
    // Menus start the program with the option and no picture behind it.
    let Some(wanted) = args.portrait.as_ref().filter(|wanted| !wanted.is_empty()) else { return Ok(PortraitChoice::BuiltIn(0)) };
    let by_name = builtin::PORTRAITS.iter().position(|p| wanted == p.name);
    if let Some(index) = by_name.filter(|_| !Path::new(wanted).exists()) {
        return Ok(PortraitChoice::BuiltIn(index));
    }
    Ok(PortraitChoice::file(absolute(Path::new(wanted))?))
}

/// What was asked for; else the camera used last, or any camera.
fn first_driver(args: &Args, settings: &Settings) -> anyhow::Result<FirstDriver> {
    let Some(wanted) = &args.driver else { return Ok(FirstDriver::AnyCamera(remembered_camera(settings))) };
    Ok(match DriverChoice::from_argument(wanted) {
        DriverChoice::Camera(CameraChoice::First) => FirstDriver::AnyCamera(None),
        DriverChoice::File(path) => FirstDriver::Named(DriverChoice::File(absolute(&path)?)),
        named => FirstDriver::Named(named),
    })
}

fn remembered_camera(settings: &Settings) -> Option<CameraChoice> {
    let name = settings.camera.clone()?;
    Some(settings.camera_index.map_or(CameraChoice::Name(name.clone()), |index| CameraChoice::Listed { index, name }))
}

fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("{} is not a usable path", path.display()))
}

fn generator(moved_by: MovedBy) -> GeneratorChoice {
    let files = WeightFiles::default();
    match moved_by {
        MovedBy::Head3d => GeneratorChoice::Head(files),
        MovedBy::FewShot => GeneratorChoice::FewShot(files),
        MovedBy::MotionNet => GeneratorChoice::MotionNet(files),
        MovedBy::LandmarkWarp => GeneratorChoice::LandmarkWarp,
    }
}

type Started = Result<Box<dyn Session>, Box<dyn std::error::Error + Send + Sync>>;

/// Starts the pipeline, on the window's own device where that is the better place.
fn start(context: StartContext, landmark_model: Option<PathBuf>, wanted: ExecutorChoice, settings: &Settings, began: Instant) -> Started {
    let mut executors = Executors::of_window(context.gpu, settings.measured_adapters.clone());
    let executor = executors.choose(wanted);
    tracing::info!("{}", executor.reason);
    let config = PipelineConfig {
        landmark_model,
        executors,
        executor,
        generator: generator(settings.generator),
        controls: settings.controls.clone(),
        fine_tuning: FineTuning::default().kept_for_user(),
        memory: PictureMemory::of_user(),
        began,
    };
    let wake = Arc::clone(&context.wake);
    Ok(Box::new(Pipeline::start(config, move || wake())?))
}
