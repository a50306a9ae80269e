//! `retrato` without a command: the window.

mod adapter;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;

use self::adapter::{Beginning, LivePuppet};
use super::common;
use crate::builtin;
use crate::capture;
use crate::generate::GeneratorChoice;
use crate::gpu::Gpu;
use crate::pipeline::{self, FineTuning, PictureMemory, Pipeline, PipelineConfig};
use crate::present::{self, AppConfig, BuiltInPortrait, PictureChoice, SourceChoice, StartContext};
use crate::settings::{ExecutorChoice, Settings, SettingsFile};

const ICON_PNG: &[u8] = include_bytes!("../../../assets/icon.png");

#[derive(clap::Args)]
pub(super) struct Args {
    /// Portrait to begin with: a picture file, or the name of a built-in one
    #[arg(long, value_name = "FILE")]
    portrait: Option<OsString>,
    /// What drives it at first: a clip, a performance, the name of a built-in performance, `camera` or `camera:NAME`
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
        portraits: gallery()?,
        performances: builtin::PERFORMANCES.iter().map(|p| p.title.to_owned()).collect(),
        first_portrait: Some(first_portrait(args)?),
        first_source: Some(first_source(args, &settings)?),
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

fn gallery() -> anyhow::Result<Vec<BuiltInPortrait>> {
    let portrait = |p: &builtin::BuiltinPortrait| Ok(BuiltInPortrait { title: p.title.to_owned(), image: Arc::new(p.thumbnail()?) });
    builtin::PORTRAITS.iter().map(portrait).collect()
}

fn first_portrait(args: &Args) -> anyhow::Result<PictureChoice> {
    let Some(wanted) = &args.portrait else { return Ok(PictureChoice::BuiltIn(0)) };
    let by_name = builtin::PORTRAITS.iter().position(|p| wanted == p.name);
    if let Some(index) = by_name.filter(|_| !Path::new(wanted).exists()) {
        return Ok(PictureChoice::BuiltIn(index));
    }
    Ok(PictureChoice::File(absolute(wanted)?))
}

/// What was asked for; else the camera used last, or any camera; else a built-in performance, so that something lives at once.
fn first_source(args: &Args, settings: &Settings) -> anyhow::Result<SourceChoice> {
    let Some(wanted) = &args.driver else { return Ok(camera_or_performance(settings.camera.as_deref())) };
    let by_name = builtin::PERFORMANCES.iter().position(|p| wanted == p.name);
    if let Some(index) = by_name.filter(|_| !Path::new(wanted).exists()) {
        return Ok(SourceChoice::BuiltIn(index));
    }
    match wanted.to_str().and_then(|text| text.strip_prefix("camera")) {
        Some("") => Ok(camera_or_performance(None)),
        Some(name) if name.starts_with(':') => Ok(SourceChoice::Camera(name[1..].to_owned())),
        _ => Ok(SourceChoice::Clip(absolute(wanted)?)),
    }
}

fn camera_or_performance(remembered: Option<&str>) -> SourceChoice {
    let cameras = capture::list_cameras().unwrap_or_default();
    let camera = cameras.iter().find(|camera| Some(camera.name.as_str()) == remembered).or(cameras.first());
    camera.map_or(SourceChoice::BuiltIn(0), |camera| SourceChoice::Camera(camera.name.clone()))
}

fn absolute(path: &OsString) -> anyhow::Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("{} is not a usable path", Path::new(path).display()))
}

type Started = Result<Box<dyn present::Puppet>, Box<dyn std::error::Error + Send + Sync>>;

/// Starts the pipeline, on the window's own device where that is the better place.
fn start(context: StartContext, landmark_model: Option<PathBuf>, wanted: ExecutorChoice, settings: &Settings, began: Instant) -> Started {
    let window_gpu = context.gpu.map(|gpu| Gpu::shared(&gpu.adapter, gpu.device, gpu.queue));
    let executor = pipeline::choose_on(wanted, window_gpu.clone(), &settings.measured_adapters);
    tracing::info!("{}", executor.reason);
    let config = PipelineConfig {
        landmark_model,
        gpu: executor.gpu.clone(),
        generator: GeneratorChoice::default(),
        controls: settings.controls.clone(),
        fine_tuning: FineTuning::default().kept_for_user(),
        memory: PictureMemory::of_user(),
    };
    let wake = Arc::clone(&context.wake);
    let pipeline = Pipeline::start(config, move || wake())?;
    Ok(Box::new(LivePuppet::new(pipeline, Beginning { window_gpu, executor, began }, settings, context.wake)))
}
