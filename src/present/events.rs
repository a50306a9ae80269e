//! What the pipeline reports, turned into what the window shows.

use super::driver::{PuppetEvent, SourceChoice};
use super::state::{DriverState, PortraitView, ViewState};
use super::toasts::Severity;

/// Applies an event, but for the textures that [`PuppetEvent::FaceAsked`], [`PuppetEvent::FurtherPictures`] and [`PuppetEvent::PortraitReady`] also need. `now_secs` is the window's clock.
pub(super) fn apply(view: &mut ViewState, event: PuppetEvent, now_secs: f64) {
    let mut say = |severity, text: String| view.toasts.push(severity, text, now_secs);
    match event {
        PuppetEvent::Cameras(cameras) => {
            view.driver.listing = false;
            view.driver.cameras = cameras;
        }
        PuppetEvent::Microphones(names) => view.record.microphones = names,
        PuppetEvent::SourceOpened { name, frames_per_sec } => {
            view.driver.state = DriverState::Running;
            view.driver.label = name;
            view.driver.rate = frames_per_sec.filter(|rate| *rate > 0.0);
        }
        PuppetEvent::SourceStalled(seconds) => view.driver.state = DriverState::Stalled(seconds),
        PuppetEvent::SourceRecovered | PuppetEvent::FaceFound => view.driver.state = DriverState::Running,
        PuppetEvent::FaceLost => view.driver.state = DriverState::NoFace,
        PuppetEvent::SourceEnded => view.driver.state = DriverState::Ended,
        PuppetEvent::SourceFailed(why) => {
            view.driver.state = DriverState::Failed;
            say(Severity::Error, why);
        }
        PuppetEvent::Calibrated => say(Severity::Done, "Calibrated: this is your neutral face now".to_owned()),
        PuppetEvent::PortraitReady { name, tuning, .. } => {
            view.opening = None;
            view.tuning = tuning;
            view.further.clear();
            view.portrait = Some(PortraitView { name, in_gallery: None });
        }
        PuppetEvent::FineTuning(tuning) => view.tuning = tuning,
        PuppetEvent::FineTuned { before, after, kept: true } => {
            let closer = 100.0 * (1.0 - after / before.max(f32::MIN_POSITIVE));
            say(Severity::Done, format!("Fine-tuned: {closer:.0} % closer to the pictures"));
        }
        PuppetEvent::FineTuned { kept: false, .. } => {
            say(Severity::Info, "Fine-tuning made nothing better; nothing was changed".to_owned());
        }
        PuppetEvent::PortraitFailed(why) | PuppetEvent::PictureFailed(why) => {
            view.opening = None;
            say(Severity::Error, why);
        }
        PuppetEvent::RecordingFinished { path, seconds, warnings } => {
            view.record.running = None;
            say(Severity::Done, format!("{} is saved ({seconds:.1} s)", file_name(&path)));
            for warning in warnings {
                say(Severity::Warning, warning);
            }
            view.record.last_file = Some(path);
        }
        PuppetEvent::RecordingFailed(why) => {
            view.record.running = None;
            say(Severity::Error, why);
        }
        PuppetEvent::VirtualCameraOpened(name) => {
            say(Severity::Done, format!("Other programs can choose the camera {name} now"));
            view.record.virtual_camera_trouble = None;
        }
        PuppetEvent::VirtualCameraFailed(why) => {
            view.record.virtual_camera = None;
            view.record.virtual_camera_trouble = Some(why.clone());
            say(Severity::Error, why);
        }
        PuppetEvent::SnapshotSaved(path) => {
            say(Severity::Done, format!("{} is saved", file_name(&path)));
            view.record.last_file = Some(path);
        }
        PuppetEvent::FineTuningFailed(why) | PuppetEvent::SnapshotFailed(why) | PuppetEvent::RecoveryFailed(why) => {
            say(Severity::Error, why);
        }
        PuppetEvent::ExecutorChosen { reason, .. } => {
            if std::mem::take(&mut view.executor.changing) {
                say(Severity::Done, format!("Now: {reason}"));
            }
            view.executor.reason = reason;
        }
        PuppetEvent::ExecutorFellBack(why) | PuppetEvent::Warning(why) => say(Severity::Warning, why),
        PuppetEvent::InterruptedFound(found) => view.interrupted = found,
        PuppetEvent::Recovered(path) => {
            say(Severity::Done, format!("{} was recovered", file_name(&path)));
            view.record.last_file = Some(path);
        }
        PuppetEvent::FaceAsked(_) | PuppetEvent::FurtherPictures(_) => {}
    }
}

/// What a new source is called until it reports its own name.
pub(super) fn provisional_label(view: &ViewState, source: &SourceChoice) -> String {
    match source {
        SourceChoice::Camera(id) => view.driver.cameras.iter().find(|c| c.id == *id).map_or_else(|| id.clone(), |c| c.name.clone()),
        SourceChoice::Clip(path) | SourceChoice::Performance(path) => file_name(path),
        SourceChoice::BuiltIn(index) => view.driver.performances.get(*index).cloned().unwrap_or_default(),
    }
}

/// The last part of a path, for people.
pub(super) fn file_name(path: &std::path::Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Tuning;
    use std::path::PathBuf;

    #[test]
    fn the_driver_goes_through_its_states() {
        let mut view = ViewState::default();
        let mut after = |event| {
            apply(&mut view, event, 0.0);
            view.driver.state.clone()
        };
        let opened = PuppetEvent::SourceOpened { name: "FaceCam".to_owned(), frames_per_sec: Some(30.0) };
        assert_eq!(after(opened), DriverState::Running, "opened");
        assert_eq!(after(PuppetEvent::FaceLost), DriverState::NoFace, "no face");
        assert_eq!(after(PuppetEvent::FaceFound), DriverState::Running, "face again");
        assert_eq!(after(PuppetEvent::SourceStalled(2.0)), DriverState::Stalled(2.0), "stalled");
        assert_eq!(after(PuppetEvent::SourceRecovered), DriverState::Running, "recovered");
        assert_eq!(after(PuppetEvent::SourceFailed("gone".to_owned())), DriverState::Failed, "failed");
        assert_eq!((view.driver.label.as_str(), view.driver.rate), ("FaceCam", Some(30.0)), "its name and its rate");
        assert_eq!(view.toasts.shown()[0].text, "gone", "the failure is told");
    }

    #[test]
    fn a_virtual_camera_that_fails_stays_explained_until_it_works() {
        let mut view = ViewState::default();
        view.record.virtual_camera = Some(crate::present::VirtualCameraState::Opening);
        apply(&mut view, PuppetEvent::VirtualCameraFailed("no device".to_owned()), 0.0);
        assert_eq!(view.record.virtual_camera, None, "the switch is off");
        assert_eq!(view.record.virtual_camera_trouble.as_deref(), Some("no device"), "and says why");
        assert_eq!(view.toasts.shown()[0].text, "no device", "in a message, too");
        apply(&mut view, PuppetEvent::VirtualCameraOpened("Retrato".to_owned()), 0.0);
        assert_eq!(view.record.virtual_camera_trouble, None, "no trouble any more");
        assert!(view.toasts.shown()[1].text.contains("camera Retrato"), "named as other programs name it");
    }

    #[test]
    fn fine_tuning_belongs_to_the_portrait_on_the_stage() {
        let ready = |tuning| {
            let pixels = std::sync::Arc::new(image::RgbaImage::new(2, 2));
            PuppetEvent::PortraitReady { name: "Sailor".to_owned(), pixels, tuning }
        };
        let mut view = ViewState::default();
        assert_eq!(view.tuning, Tuning::Impossible, "no portrait");
        for tuning in [Tuning::Possible, Tuning::Running { step: 3, steps: 40 }, Tuning::Done] {
            apply(&mut view, PuppetEvent::FineTuning(tuning), 0.0);
            assert_eq!(view.tuning, tuning, "as it is told");
        }
        apply(&mut view, ready(Tuning::Possible), 0.0);
        assert_eq!(view.tuning, Tuning::Possible, "another portrait begins anew");
        apply(&mut view, ready(Tuning::Done), 0.0);
        assert_eq!(view.tuning, Tuning::Done, "unless it was learnt before");
        apply(&mut view, PuppetEvent::FineTuned { before: 0.2, after: 0.15, kept: true }, 0.0);
        apply(&mut view, PuppetEvent::FineTuned { before: 0.2, after: 0.25, kept: false }, 0.0);
        apply(&mut view, PuppetEvent::FineTuningFailed("no weights".to_owned()), 0.0);
        let texts: Vec<&str> = view.toasts.shown().iter().map(|toast| toast.text.as_str()).collect();
        let nothing = "Fine-tuning made nothing better; nothing was changed";
        assert_eq!(texts, ["Fine-tuned: 25 % closer to the pictures", nothing, "no weights"], "the end is told");
        assert_eq!(view.tuning, Tuning::Done, "which by itself changes nothing");
    }

    #[test]
    fn a_finished_recording_is_told_with_its_warnings() {
        let mut view = ViewState::default();
        let warnings = vec!["3 frames were dropped".to_owned()];
        let path = PathBuf::from("clips").join("Mona Lisa 1.mp4");
        apply(&mut view, PuppetEvent::RecordingFinished { path: path.clone(), seconds: 2.0, warnings }, 0.0);
        let texts: Vec<&str> = view.toasts.shown().iter().map(|toast| toast.text.as_str()).collect();
        assert_eq!(texts, ["Mona Lisa 1.mp4 is saved (2.0 s)", "3 frames were dropped"], "success, then the warning");
        assert_eq!(view.record.last_file, Some(path), "the way to the file is offered");
    }
}
