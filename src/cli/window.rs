//! `retrato` without a command: the window.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use image::RgbaImage;

use super::{common, crash, doctor_report};
use crate::builtin;
use crate::collection::{Change, Collection, CollectionFile, Source};
use crate::executor::Executors;
use crate::generate::{GeneratorChoice, WeightFiles};
use crate::pipeline::{FineTuning, PictureMemory, Pipeline, PipelineConfig};
use crate::portrait::{self, OpenLimits};
use crate::present::{self, AboutView, AppConfig, BuiltInPortrait, FirstDriver, StartContext};
use crate::runtime::FileCache;
use crate::session::{CameraChoice, DeferredPixels, DriverChoice, PortraitChoice, Session};
use crate::settings::{ExecutorChoice, MovedBy, Settings, SettingsError, SettingsFile};

const ICON_PNG: &[u8] = include_bytes!("../../assets/icon.png");

#[derive(clap::Args)]
pub(super) struct Args {
    /// Portrait to begin with: a picture file, or the name of a built-in one; without it, the portrait of the last run
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

pub(super) fn run(args: &Args, log: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    let (settings_file, settings, mut notices) = load_settings(SettingsFile::of_user());
    let (collection_file, collection, trouble) = load_collection(settings_file.as_ref());
    notices.extend(trouble);
    notices.extend(crash::unseen());
    crash::note(doctor_report::settings_that_matter(&settings));
    let first_portrait = first_portrait(args)?;
    let config = AppConfig {
        portraits: builtin::PORTRAITS.iter().map(in_gallery).collect(),
        performances: builtin::PERFORMANCES.iter().map(|p| p.title.to_owned()).collect(),
        reopen: first_portrait.is_none(),
        first_portrait,
        collection,
        collection_file,
        thumbnails: FileCache::of_user("thumbnails"),
        open_picture: Some(Arc::new(open_for_thumbnail)),
        about: AboutView { version: env!("CARGO_PKG_VERSION").to_owned(), log },
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

fn load_settings(file: Result<SettingsFile, SettingsError>) -> (Option<SettingsFile>, Settings, Vec<String>) {
    match file {
        Ok(file) => {
            let (settings, trouble) = file.load();
            let notices = trouble.iter().map(ToString::to_string).collect();
            // Defaults must not take the place of settings that could not be read this time.
            let is_unread = matches!(trouble, Some(SettingsError::Read { .. }));
            (Some(file).filter(|_| !is_unread), settings, notices)
        }
        Err(error) => (None, Settings::default(), vec![error.to_string()]),
    }
}

/// The portraits that the user has opened, with those that an earlier version kept in the settings.
fn load_collection(settings: Option<&SettingsFile>) -> (Option<CollectionFile>, Collection, Vec<String>) {
    let file = match CollectionFile::of_user() {
        Ok(file) => file,
        Err(error) => return (None, Collection::default(), vec![error.to_string()]),
    };
    let mut troubles = Vec::new();
    if let Some(settings) = settings
        && let Err(error) = take_over(settings, &file)
    {
        troubles.push(error.to_string());
    }
    let (collection, trouble) = file.load();
    troubles.extend(trouble.iter().map(ToString::to_string));
    (Some(file), collection, troubles)
}

/// Moves the portraits of an earlier version from the settings into their own list.
fn take_over(settings: &SettingsFile, file: &CollectionFile) -> anyhow::Result<()> {
    let former = settings.former_portraits();
    if former.is_empty() {
        return Ok(());
    }
    // The newest is put in last. Where there is a list already, the earlier version has been used once more since: its portraits are newer.
    let changes: Vec<Change> = former.into_iter().rev().map(|path| Change::Opened(Source::File(path), 0)).collect();
    file.update(&changes)?;
    Ok(settings.forget_former_portraits()?)
}

fn open_for_thumbnail(path: &Path) -> Option<RgbaImage> {
    let picture = portrait::open_picture(path, OpenLimits::default()).inspect_err(|error| tracing::debug!("{error}")).ok()?;
    Some(Arc::unwrap_or_clone(picture.pixels))
}

fn in_gallery(portrait: &'static builtin::BuiltinPortrait) -> BuiltInPortrait {
    // A broken build says so when the portrait itself is opened.
    let image = DeferredPixels::new(move || portrait.thumbnail().unwrap_or_default());
    BuiltInPortrait { name: portrait.name.to_owned(), title: portrait.title.to_owned(), image }
}

/// What was asked for; `None` for the portrait of the last run.
fn first_portrait(args: &Args) -> anyhow::Result<Option<PortraitChoice>> {
    // Menus start the program with the option and no picture behind it.
    let Some(wanted) = args.portrait.as_ref().filter(|wanted| !wanted.is_empty()) else { return Ok(None) };
    let by_name = builtin::PORTRAITS.iter().position(|p| wanted == p.name);
    if let Some(index) = by_name.filter(|_| !Path::new(wanted).exists()) {
        return Ok(Some(PortraitChoice::BuiltIn(index)));
    }
    Ok(Some(PortraitChoice::file(absolute(Path::new(wanted))?)))
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
    crash::note(format!("Executor: {}", executor.reason));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_could_not_be_read_are_not_saved_by_the_window() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        // A folder is there, but cannot be read, whoever asks.
        let (file, settings, notices) = load_settings(Ok(SettingsFile::at(folder.path())));
        assert!(file.is_none() && settings == Settings::default(), "the window has nowhere to save to");
        assert_eq!(notices.len(), 1, "which is told: {notices:?}");
        let (file, ..) = load_settings(Ok(SettingsFile::at(folder.path().join("settings.toml"))));
        assert!(file.is_some(), "a first start has");
        Ok(())
    }

    #[test]
    fn portraits_of_an_earlier_version_are_taken_over_once() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let settings = SettingsFile::at(folder.path().join("settings.toml"));
        let file = CollectionFile::at(folder.path().join("data"));
        let art = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(settings.path(), format!("recent_portraits = [{:?}, {:?}]\n", art("new.jpg"), art("old.jpg")))?;
        take_over(&settings, &file)?;
        let listed = |file: &CollectionFile| {
            let own = file.load().0;
            own.own().filter_map(|known| Some(known.source.file()?.display().to_string())).collect::<Vec<_>>()
        };
        assert_eq!(listed(&file), [art("new.jpg"), art("old.jpg")], "the newest first");
        assert!(settings.former_portraits().is_empty(), "and not in the settings any more");
        file.update(&[Change::Remove(Source::File(art("old.jpg").into()))])?;
        take_over(&settings, &file)?;
        assert_eq!(listed(&file), [art("new.jpg")], "what was removed since does not come back");
        Ok(())
    }
}
