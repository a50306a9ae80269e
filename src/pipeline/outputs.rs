//! The thread that opens recordings: folders, files and microphones take their time. And names for new files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossbeam::channel::{Receiver, Sender};
use image::RgbaImage;

use super::command::Command;
use super::error::PipelineError;
use super::live_recording::Recording;
use super::shared::{PipelineState, lock};
use crate::capture::SourceSpec;
use crate::record::{AudioSource, RecordError, RecordOptions, RecordStatus, Recorder, SourceType};
use crate::runtime::{StopFlag, Worker, WorkerError, is_forbidden_in_name};
use crate::session::{Event, Finished, NewFile, RecordingRequest, Sound};

/// Longest title in a file's name, in characters.
const LONGEST_TITLE: usize = 80;
/// Numbers that are tried for a free name.
const MOST_NUMBERS: u32 = 100_000;

/// What the thread is asked for.
pub(super) enum OutputJob {
    /// Open a recording.
    Start(RecordingRequest),
    /// End the one that runs; in this queue, so that it comes after its start.
    Stop,
}

/// Starts the thread. It ends when the jobs' link does.
pub(super) fn spawn(jobs: Receiver<OutputJob>, to_generate: Sender<Command>, shared: Arc<PipelineState>) -> Result<Worker, PipelineError> {
    let panicked = Arc::clone(&shared);
    let worker = Worker::spawn(
        "outputs",
        move |_| run(&jobs, &to_generate, &shared),
        move |error| panicked.report(Event::Warning(format!("{error}. Restart Retrato to record again."))),
    )?;
    Ok(worker)
}

fn run(jobs: &Receiver<OutputJob>, to_generate: &Sender<Command>, shared: &PipelineState) {
    for job in jobs {
        let command = match job {
            OutputJob::Stop => Command::StopRecording,
            OutputJob::Start(request) => match open(&request, shared) {
                Ok(recording) => Command::Record(Box::new(recording)),
                Err(error) => {
                    *lock(&shared.recording) = None;
                    shared.report(Event::RecordingFailed(error.to_string()));
                    continue;
                }
            },
        };
        // The generating thread ends only after this one.
        to_generate.send(command).ok();
    }
}

/// Opens file and sound.
fn open(request: &RecordingRequest, shared: &PipelineState) -> Result<Recording, PipelineError> {
    let driver = lock(&shared.driver).clone().ok_or(PipelineError::NothingDrives)?;
    let mut options = RecordOptions::new(new_path(&request.file, "mp4")?)?;
    options.fps_hint = driver.info.fps as f32;
    options.source_type = shared.source_type();
    options.mark = request.file.mark;
    if request.own_size {
        options.max_long_side_px = None;
    }
    let wants_clip = matches!(request.sound, Sound::OfDriver | Sound::Any(_));
    let clip = (wants_clip && driver.info.has_sound && matches!(driver.spec, SourceSpec::Clip { .. })).then_some(driver);
    let audio = match &request.sound {
        Sound::Microphone(device) => microphone(device.as_deref())?,
        _ if clip.is_some() => AudioSource::Pushed,
        Sound::Any(device) => microphone(device.as_deref()).unwrap_or_else(|error| {
            shared.report(Event::Warning(format!("Recording without sound: {error}")));
            AudioSource::None
        }),
        Sound::Silent | Sound::OfDriver => AudioSource::None,
    };
    Ok(Recording { recorder: Recorder::start(options, audio)?, clip, panes: request.panes })
}

/// A microphone by name, or the system's default.
#[cfg(feature = "audio")]
pub(super) fn microphone(device: Option<&str>) -> Result<AudioSource, PipelineError> {
    Ok(AudioSource::Live(Box::new(crate::record::Microphone::start(device)?)))
}

/// Always an error: this build has no microphones.
#[cfg(not(feature = "audio"))]
pub(super) fn microphone(_device: Option<&str>) -> Result<AudioSource, PipelineError> {
    Err(PipelineError::NoAudio)
}

/// Writes a picture beside the running work.
pub(super) fn write_snapshot(
    file: NewFile,
    pixels: Arc<RgbaImage>,
    made_by: SourceType,
    shared: &Arc<PipelineState>,
) -> Result<Worker, WorkerError> {
    let (shared, panicked) = (Arc::clone(shared), Arc::clone(shared));
    let write = move |_: &StopFlag| {
        let path = new_path(&file, "png");
        let mut pixels = pixels;
        if file.mark {
            crate::record::mark(Arc::make_mut(&mut pixels));
        }
        shared.report(match path.and_then(|path| Ok(crate::record::snapshot(&path, &pixels, made_by)?)) {
            Ok(path) => Event::SnapshotSaved(path),
            Err(error) => Event::SnapshotFailed(error.to_string()),
        });
    };
    Worker::spawn("snapshot", write, move |error| panicked.report(Event::SnapshotFailed(error.to_string())))
}

/// Completes a recording beside the running work. Whatever comes of it, there is no recording any more then.
pub(super) fn finish_recording(
    shared: &Arc<PipelineState>,
    finish: impl FnOnce(&mut dyn FnMut(RecordStatus)) -> Result<Finished, RecordError> + Send + 'static,
) -> Option<Worker> {
    let over = |shared: &PipelineState, event: Event| {
        *lock(&shared.recording) = None;
        shared.report(event);
    };
    let (finishing, panicked) = (Arc::clone(shared), Arc::clone(shared));
    let body = move |_: &StopFlag| {
        let outcome = finish(&mut |status| *lock(&finishing.recording) = Some(status));
        over(&finishing, outcome.map_or_else(|error| Event::RecordingFailed(error.to_string()), Event::RecordingFinished));
    };
    let on_panic = move |error: WorkerError| over(&panicked, Event::RecordingFailed(error.to_string()));
    let worker = Worker::spawn("finish recording", body, on_panic);
    worker.inspect_err(|error| over(shared, Event::RecordingFailed(error.to_string()))).ok()
}

/// A free path for a new file with this extension, in a folder that exists then.
pub(super) fn new_path(NewFile { folder, title, .. }: &NewFile, extension: &str) -> Result<PathBuf, PipelineError> {
    std::fs::create_dir_all(folder).map_err(|cause| PipelineError::Folder { folder: folder.clone(), cause })?;
    Ok(free_name(folder, title, extension))
}

/// The first name `folder/title N.extension` that is not taken yet, N from 1 on.
fn free_name(folder: &Path, title: &str, extension: &str) -> PathBuf {
    let title: String = title.chars().map(|c| if is_forbidden_in_name(c) { ' ' } else { c }).take(LONGEST_TITLE).collect();
    let title = title.trim_matches([' ', '.']);
    let title = if title.is_empty() { "Portrait" } else { title };
    let name = |n: u32| folder.join(format!("{title} {n}.{extension}"));
    let taken = |path: &Path| path.exists() || path.with_extension(format!("{extension}.part")).exists();
    (1..MOST_NUMBERS).map(name).find(|path| !taken(path)).unwrap_or_else(|| name(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_whose_completion_panics_is_over_and_told() {
        let (events, told) = crossbeam::channel::unbounded();
        let shared = Arc::new(PipelineState::new(events, || {}));
        *lock(&shared.recording) = Some(RecordStatus::default());
        let worker = finish_recording(&shared, |progress| {
            progress(RecordStatus { finishing: Some(0.5), ..RecordStatus::default() });
            panic!("a defect")
        });
        worker.expect("a thread").join();
        assert!(lock(&shared.recording).is_none(), "nothing is recorded any more");
        let told: Vec<Event> = told.try_iter().collect();
        assert!(matches!(&told[..], [Event::RecordingFailed(why)] if why.contains("a defect")), "said so: {told:?}");
    }

    #[test]
    fn new_files_never_replace_old_ones() -> Result<(), PipelineError> {
        let dir = tempfile::tempdir().expect("a folder for the test");
        let folder = dir.path().join("not there yet");
        let path =
            |title: &str, extension: &str| new_path(&NewFile { folder: folder.clone(), title: title.to_owned(), mark: false }, extension);
        let first = path("Mona/Lisa", "mp4")?;
        assert_eq!(first, folder.join("Mona Lisa 1.mp4"), "no separator in the name, and the folder is there");
        std::fs::write(&first, b"").expect("the first file");
        std::fs::write(folder.join("Mona Lisa 2.mp4.part"), b"").expect("an unfinished file");
        assert_eq!(path("Mona/Lisa", "mp4")?, folder.join("Mona Lisa 3.mp4"), "taken names are skipped");
        assert_eq!(path("../..", "png")?, folder.join("Portrait 1.png"), "dots do not climb");
        let file = NewFile { folder: first, title: "x".to_owned(), mark: false };
        let error = new_path(&file, "png").expect_err("a file is no folder").to_string();
        assert!(error.contains("Mona Lisa 1.mp4"), "says which: {error}");
        Ok(())
    }
}
