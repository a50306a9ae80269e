//! What the pipeline reports, turned into what the window shows.

use super::action::Action;
use super::state::{DriverState, PortraitView, ViewState};
use super::toasts::{Offer, Severity, sentence};
use super::words::{self, t};
use crate::data::Background;
use crate::session::{CameraChoice, Degraded, DriverChoice, Event};

/// Applies an event, but for the textures that [`Event::CameraSeen`], [`Event::FaceAsked`], [`Event::FurtherPictures`] and [`Event::PortraitReady`] also need. `now_secs` is the window's clock.
pub(super) fn apply(view: &mut ViewState, event: Event, now_secs: f64) {
    let mut say = |severity, text: String| view.toasts.push(severity, text, now_secs);
    match event {
        Event::Cameras(cameras) => {
            view.driver.listing = false;
            view.driver.cameras = cameras;
            view.driver.keep_listed();
        }
        Event::Microphones(names) => view.record.microphones = names,
        Event::SourceOpened(info) => {
            view.driver.state = DriverState::Running;
            view.driver.label = info.name;
            view.driver.rate = Some(info.fps).filter(|rate| *rate > 0.0);
        }
        Event::SourceStalled { seconds, .. } => view.driver.state = DriverState::Stalled(seconds),
        Event::SourceRecovered | Event::FaceFound => view.driver.state = DriverState::Running,
        Event::FaceLost => view.driver.state = DriverState::NoFace,
        Event::SourceEnded => view.driver.state = DriverState::Ended,
        Event::SourceFailed(why) => {
            view.driver.state = DriverState::Failed;
            say(Severity::Error, t!("trouble-driver", why = sentence(why)));
        }
        Event::Calibrated => say(Severity::Done, t!("said-neutral")),
        Event::PortraitReady(ready) => {
            view.opened(ready.id);
            view.tuning = ready.tuning;
            view.takes_pictures = ready.takes_pictures;
            view.further.clear();
            view.executor.networks_fault = None;
            view.portrait = Some(PortraitView { name: ready.portrait.name.clone(), origin: ready.origin });
        }
        Event::FineTuning(tuning) => view.tuning = tuning,
        Event::FineTuned { before, after, kept: true } => {
            let closer = words::percent(1.0 - after / before.max(f32::MIN_POSITIVE));
            say(Severity::Done, t!("said-likeness-better", percent = closer));
        }
        Event::FineTuned { kept: false, .. } => {
            say(Severity::Info, t!("said-likeness-same"));
        }
        Event::PortraitFailed { id, why } | Event::PictureFailed { id, why } => {
            view.toasts.push(Severity::Error, t!("trouble-portrait", why = sentence(why)), now_secs);
            view.opened(id);
        }
        Event::RecordingFinished(finished) => {
            view.record.running = None;
            let seconds = words::number(finished.duration.as_secs_f64(), 1);
            say(Severity::Done, t!("said-recorded", file = file_name(&finished.path), seconds = seconds));
            for warning in finished.warnings {
                say(Severity::Warning, t!("trouble", why = sentence(warning)));
            }
            view.record.last_file = Some(finished.path);
        }
        Event::RecordingFailed(why) => {
            view.record.running = None;
            say(Severity::Error, t!("trouble-recording", why = sentence(why)));
        }
        Event::BackgroundFailed { background, why } => {
            say(Severity::Warning, t!("trouble-background", why = sentence(why)));
            if view.background == background {
                view.background = Background::Own;
            }
        }
        Event::VirtualCameraOpened(device) => {
            say(Severity::Done, t!("said-virtual-camera", name = device.name));
            view.record.virtual_camera_trouble = None;
        }
        Event::VirtualCameraFailed(why) => virtual_camera_failed(view, why, now_secs),
        Event::SnapshotSaved(path) => {
            say(Severity::Done, t!("file-saved", file = file_name(&path)));
            view.record.last_file = Some(path);
        }
        Event::FineTuningFailed(why) => say(Severity::Error, t!("trouble-likeness", why = sentence(why))),
        Event::SnapshotFailed(why) => say(Severity::Error, t!("trouble-snapshot", why = sentence(why))),
        Event::RecoveryFailed(why) => say(Severity::Error, t!("trouble-recovery", why = sentence(why))),
        Event::ExecutorChosen(decision) => {
            if std::mem::take(&mut view.executor.changing) {
                let done = decision.fulfils(view.executor.choice);
                let why = decision.reason.as_str();
                if done {
                    say(Severity::Done, t!("said-executor-now", why = why));
                } else {
                    say(Severity::Warning, t!("said-executor-not", why = why));
                }
            }
            view.executor.reason = decision.reason;
        }
        Event::Degraded(degraded) => give_up(view, degraded, now_secs),
        Event::Warning(why) => say(Severity::Warning, t!("trouble", why = sentence(why))),
        Event::InterruptedFound(found) => view.interrupted = found,
        Event::Recovered(path) => {
            say(Severity::Done, t!("said-recovered", file = file_name(&path)));
            view.record.last_file = Some(path);
        }
        Event::CameraSeen(_) | Event::FaceAsked(_) | Event::FurtherPictures { .. } => {}
    }
}

fn virtual_camera_failed(view: &mut ViewState, why: String, now_secs: f64) {
    view.record.virtual_camera = None;
    let why = sentence(why);
    match commands_in(&why) {
        Some(commands) => {
            let offer = Offer { label: t!("copy-commands"), action: Action::CopyText(commands) };
            view.toasts.push_help(Severity::Error, t!("said-virtual-camera-commands"), offer, now_secs);
        }
        None => view.toasts.push(Severity::Error, t!("trouble-virtual-camera", why = why.as_str()), now_secs),
    }
    view.record.virtual_camera_trouble = Some(why);
}

fn give_up(view: &mut ViewState, degraded: Degraded, now_secs: f64) {
    let text = match degraded {
        Degraded::Executor { why } => {
            let text = t!("said-executor-broken", why = why.as_str());
            view.executor.reason = t!("speed-broken", why = why);
            text
        }
        Degraded::Networks { why, takes_pictures, .. } => {
            view.takes_pictures = takes_pictures;
            let text = t!("said-networks-broken", why = why.as_str());
            view.executor.networks_fault = Some(why);
            text
        }
    };
    view.toasts.push(Severity::Warning, text, now_secs);
}

/// What a message tells to type: its parts between backticks that are for the system's administrator.
pub(super) fn commands_in(message: &str) -> Option<String> {
    let quoted = message.split('`').skip(1).step_by(2).filter(|part| part.starts_with("sudo "));
    Some(quoted.collect::<Vec<_>>().join(" && ")).filter(|commands| !commands.is_empty())
}

/// What a new driver is called until it reports its own name.
pub(super) fn provisional_label(view: &ViewState, driver: &DriverChoice) -> String {
    match driver {
        DriverChoice::Camera(CameraChoice::Name(name) | CameraChoice::Listed { name, .. }) => name.clone(),
        DriverChoice::Camera(choice) => {
            choice.find(&view.driver.cameras).map_or_else(|| t!("driver-the-camera"), |camera| camera.name.clone())
        }
        DriverChoice::File(path) => file_name(path),
        DriverChoice::BuiltIn(index) => view.driver.performances.get(*index).cloned().unwrap_or_default(),
    }
}

/// The last part of a path, for people.
pub(super) fn file_name(path: &std::path::Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::data::{Crop, Landmarks, Portrait, Tuning};
    use crate::executor::{Decision, Executor};
    use crate::present::state::OpeningView;
    use crate::session::{
        Finished, LoopbackDevice, LoopbackState, PortraitOrigin, PortraitReady, RequestId, SourceInfo, SourceKind, VirtualCameraStatus,
    };
    use crate::settings::ExecutorChoice;

    fn ready(id: u64, tuning: Tuning) -> Event {
        let portrait = Arc::new(Portrait {
            name: "Sailor".to_owned(),
            pixels: Arc::new(image::RgbaImage::new(2, 2)),
            landmarks_in_image: Landmarks([glam::Vec2::ZERO; Landmarks::COUNT]),
            pupils_in_image: [glam::Vec2::ZERO; 2],
            mesh_in_image: None,
            crop: Crop::whole(2.0),
            content_hash: String::new(),
        });
        Event::PortraitReady(PortraitReady {
            id: RequestId(id),
            origin: PortraitOrigin::Memory,
            portrait,
            tuning,
            takes_pictures: true,
            replaced: None,
        })
    }

    fn texts(view: &ViewState) -> Vec<(Severity, &str)> {
        view.toasts.shown().iter().map(|toast| (toast.severity, toast.text.as_str())).collect()
    }

    #[test]
    fn the_driver_goes_through_its_states() {
        let mut view = ViewState::default();
        let mut after = |event| {
            apply(&mut view, event, 0.0);
            view.driver.state.clone()
        };
        let opened = Event::SourceOpened(SourceInfo {
            name: "FaceCam".to_owned(),
            kind: SourceKind::Camera,
            size: [640, 480],
            fps: 30.0,
            frames: None,
            duration: None,
            has_sound: false,
            decoder: "YUYV".to_owned(),
        });
        assert_eq!(after(opened), DriverState::Running, "opened");
        assert_eq!(after(Event::FaceLost), DriverState::NoFace, "no face");
        assert_eq!(after(Event::FaceFound), DriverState::Running, "face again");
        assert_eq!(after(Event::SourceStalled { seconds: 2.0, reason: String::new() }), DriverState::Stalled(2.0), "stalled");
        assert_eq!(after(Event::SourceRecovered), DriverState::Running, "recovered");
        assert_eq!(after(Event::SourceFailed("the camera is gone".to_owned())), DriverState::Failed, "failed");
        assert_eq!((view.driver.label.as_str(), view.driver.rate), ("FaceCam", Some(30.0)), "its name and its rate");
        assert_eq!(view.toasts.shown()[0].text, "The camera is gone", "the failure is told");
    }

    #[test]
    fn a_virtual_camera_that_fails_stays_explained_until_it_works() {
        let mut view = ViewState::default();
        view.record.virtual_camera = Some(VirtualCameraStatus::default());
        apply(&mut view, Event::VirtualCameraFailed("no device".to_owned()), 0.0);
        assert_eq!(view.record.virtual_camera, None, "the switch is off");
        assert_eq!(view.record.virtual_camera_trouble.as_deref(), Some("No device"), "and says why");
        assert_eq!(view.toasts.shown()[0].text, "No device", "in a message, too");
        let state = LoopbackState::Free;
        let device = LoopbackDevice { path: PathBuf::from("/dev/video9"), name: "Retrato".to_owned(), state };
        apply(&mut view, Event::VirtualCameraOpened(device), 0.0);
        assert_eq!(view.record.virtual_camera_trouble, None, "no trouble any more");
        assert!(view.toasts.shown()[1].text.contains("camera Retrato"), "named as other programs name it");
    }

    #[test]
    fn commands_to_type_can_be_copied() {
        const INSTALL: &str = "sudo apt install something && sudo modprobe something";
        let mut view = ViewState::default();
        let why = format!("there is no device yet. Make one with `{INSTALL}`, then switch it on again");
        apply(&mut view, Event::VirtualCameraFailed(why), 0.0);
        let toast = &view.toasts.shown()[0];
        let offer = toast.offer.as_ref().expect("a button");
        assert_eq!(offer.action, Action::CopyText(INSTALL.to_owned()), "the very commands");
        assert!(!toast.text.contains("sudo"), "which the message itself does not spell out");
        assert_eq!(commands_in("run `retrato doctor`, not `sudo a` but `sudo b`").as_deref(), Some("sudo a && sudo b"), "commands alone");
        assert_eq!(commands_in("there are none"), None, "no button without them");
    }

    #[test]
    fn fine_tuning_belongs_to_the_portrait_on_the_stage() {
        let mut view = ViewState::default();
        assert_eq!(view.tuning, Tuning::Impossible, "no portrait");
        for tuning in [Tuning::Possible, Tuning::Running { step: 3, steps: 40 }, Tuning::Done] {
            apply(&mut view, Event::FineTuning(tuning), 0.0);
            assert_eq!(view.tuning, tuning, "as it is told");
        }
        apply(&mut view, ready(1, Tuning::Possible), 0.0);
        assert_eq!(view.tuning, Tuning::Possible, "another portrait begins anew");
        apply(&mut view, ready(2, Tuning::Done), 0.0);
        assert_eq!(view.tuning, Tuning::Done, "unless it was learnt before");
        apply(&mut view, Event::FineTuned { before: 0.2, after: 0.15, kept: true }, 0.0);
        apply(&mut view, Event::FineTuned { before: 0.2, after: 0.25, kept: false }, 0.0);
        apply(&mut view, Event::FineTuningFailed("no weights".to_owned()), 0.0);
        let texts: Vec<&str> = view.toasts.shown().iter().map(|toast| toast.text.as_str()).collect();
        let nothing = "The likeness could not be made better; nothing was changed";
        assert_eq!(texts, ["The likeness is better: 25 % closer to the pictures", nothing, "No weights"], "the end is told");
        assert_eq!(view.tuning, Tuning::Done, "which by itself changes nothing");
    }

    #[test]
    fn a_finished_recording_is_told_with_its_warnings() {
        let mut view = ViewState::default();
        let warnings = vec!["3 frames were dropped".to_owned()];
        let path = PathBuf::from("clips").join("Mona Lisa 1.mp4");
        let duration = Duration::from_secs(2);
        let finished = Finished { path: path.clone(), frames: 60, dropped: 3, repeated: 0, duration, bytes: 1, warnings };
        apply(&mut view, Event::RecordingFinished(finished), 0.0);
        let texts: Vec<&str> = view.toasts.shown().iter().map(|toast| toast.text.as_str()).collect();
        assert_eq!(texts, ["Mona Lisa 1.mp4 is saved (2.0 s)", "3 frames were dropped"], "success, then the warning");
        assert_eq!(view.record.last_file, Some(path), "the way to the file is offered");
    }

    #[test]
    fn what_is_being_opened_is_shown_until_it_itself_is_there_or_has_failed() {
        let mut view = ViewState::default();
        let opening = |id: u64, name: &str| OpeningView { id: RequestId(id), name: name.to_owned() };
        view.opening = vec![opening(1, "me.jpg"), opening(2, "laughing.jpg"), opening(3, "asleep.jpg")];
        let mut after = |event| {
            apply(&mut view, event, 0.0);
            view.opening.iter().map(|opening| opening.name.clone()).collect::<Vec<_>>()
        };
        let failed = Event::PictureFailed { id: RequestId(2), why: "no face".to_owned() };
        assert_eq!(after(failed), ["me.jpg", "asleep.jpg"], "a further picture that fails says nothing of the portrait");
        assert_eq!(after(ready(9, Tuning::Possible)), ["me.jpg", "asleep.jpg"], "nor does an earlier portrait");
        assert_eq!(after(ready(1, Tuning::Possible)), ["asleep.jpg"], "the portrait itself");
        assert!(after(Event::PortraitFailed { id: RequestId(3), why: "no file".to_owned() }).is_empty(), "and the last one");
    }

    #[test]
    fn a_switch_to_the_gpu_that_fails_is_reported_as_failed_and_the_reason_follows() {
        let mut view = ViewState::default();
        let gpu = Executor::Gpu { adapter: "card".to_owned(), runs_networks: true };
        let decision = Decision { executor: gpu, reason: "card was asked for".to_owned(), ..Decision::default() };
        (view.executor.choice, view.executor.changing) = (ExecutorChoice::Gpu, true);
        apply(&mut view, Event::ExecutorChosen(decision.clone().refused("out of memory")), 0.0);
        assert_eq!(
            texts(&view),
            [(Severity::Warning, "The GPU is not used: card cannot go on (out of memory), so the CPU makes the pictures")],
            "failed"
        );
        assert!(view.executor.reason.contains("the CPU") && !view.executor.changing, "so it stands in the view: {}", view.executor.reason);
        view.executor.changing = true;
        apply(&mut view, Event::ExecutorChosen(decision), 1.0);
        assert_eq!(texts(&view)[1], (Severity::Done, "Now: card was asked for"), "this time it worked");
        assert_eq!(view.executor.reason, "card was asked for", "so it stands in the view");
        apply(&mut view, Event::Degraded(Degraded::Executor { why: "device lost".to_owned() }), 2.0);
        assert_eq!(texts(&view)[2].0, Severity::Warning, "told");
        assert!(view.executor.reason.contains("device lost"), "and the reason follows: {}", view.executor.reason);
    }

    #[test]
    fn a_background_that_failed_does_not_undo_one_that_was_chosen_since() {
        let mut view = ViewState { background: Background::GREEN, ..ViewState::default() };
        let failed = |background| Event::BackgroundFailed { background, why: "no edge".to_owned() };
        apply(&mut view, failed(Background::Blurred), 0.0);
        assert_eq!(view.background, Background::GREEN, "that one is still being made");
        apply(&mut view, failed(Background::GREEN), 0.0);
        assert_eq!(view.background, Background::Own, "until it fails, too");
    }

    #[test]
    fn networks_that_were_given_up_are_noted_until_the_next_portrait() {
        let mut view = ViewState::default();
        let degraded = Degraded::Networks { why: "no flow".to_owned(), generator: "landmark-warp".to_owned(), takes_pictures: false };
        apply(&mut view, Event::Degraded(degraded), 0.0);
        assert_eq!(view.executor.networks_fault.as_deref(), Some("no flow"), "in the read-out");
        assert_eq!(texts(&view)[0].0, Severity::Warning, "and in a message");
        apply(&mut view, ready(1, Tuning::Possible), 0.0);
        assert_eq!(view.executor.networks_fault, None, "the next portrait tries them again");
    }
}
