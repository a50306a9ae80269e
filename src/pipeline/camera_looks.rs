//! Looks at every camera while somebody chooses one: one after the other, each released at once, and round again.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::shared::{PipelineState, lock};
use crate::capture::{self, CameraInfo, CameraLook, CameraSight, SourceSpec};
use crate::runtime::{StopFlag, Worker};
use crate::session::{Event, VirtualCameraPhase};

/// Time between two rounds.
const PAUSE: Duration = Duration::from_secs(2);

/// The cameras that can be chosen now: not the device that the program itself sends to.
pub(super) fn cameras(shared: &PipelineState) -> Vec<CameraInfo> {
    let mut cameras = capture::list_cameras().unwrap_or_default();
    // While this program sends to it, a loopback device of any name looks like a webcam.
    let own = match lock(&shared.virtual_camera).as_ref().map(|camera| camera.status().phase) {
        Some(VirtualCameraPhase::On { device, .. }) => Some(device.path),
        _ => None,
    };
    cameras.retain(|camera| own.as_deref() != Some(Path::new(&format!("/dev/video{}", camera.index))));
    cameras
}

/// The thread that looks, while it is wanted.
#[derive(Default)]
pub(super) struct CameraLooks(Mutex<Option<Worker>>);

impl CameraLooks {
    /// Begins to look, or ends.
    pub(super) fn set(&self, on: bool, shared: &Arc<PipelineState>) {
        let mut worker = lock(&self.0);
        if !on {
            // A driver may keep it waiting.
            return worker.take().map_or((), Worker::abandon);
        }
        if worker.as_ref().is_some_and(|worker| !worker.is_finished()) {
            return;
        }
        let (looking, panicked) = (Arc::clone(shared), Arc::clone(shared));
        let body = move |stop: &StopFlag| {
            let rounds = Rounds {
                list: || cameras(&looking),
                drives: || driving(&looking),
                look: |camera: &CameraInfo| capture::look_at(camera, stop),
                report: |event| looking.report(event),
            };
            rounds.run(stop);
        };
        match Worker::spawn("look at cameras", body, move |error| panicked.report(Event::Warning(error.to_string()))) {
            Ok(new) => *worker = Some(new),
            Err(error) => shared.report(Event::Warning(error.to_string())),
        }
    }
}

impl Drop for CameraLooks {
    /// The window closes: a driver that keeps the thread waiting must not keep it, too.
    fn drop(&mut self) {
        if let Some(worker) = lock(&self.0).take() {
            worker.abandon();
        }
    }
}

/// The camera that drives, or is being opened to drive.
fn driving(shared: &PipelineState) -> Option<CameraInfo> {
    let driver = lock(&shared.driver).clone()?;
    let SourceSpec::Camera(choice) = &driver.spec else { return None };
    choice.find(&cameras(shared)).cloned()
}

/// What the rounds do; for tests, with other cameras.
struct Rounds<List, Drives, Look, Report> {
    list: List,
    drives: Drives,
    look: Look,
    report: Report,
}

impl<List, Drives, Look, Report> Rounds<List, Drives, Look, Report>
where
    List: Fn() -> Vec<CameraInfo>,
    Drives: Fn() -> Option<CameraInfo>,
    Look: Fn(&CameraInfo) -> CameraLook,
    Report: Fn(Event),
{
    fn run(&self, stop: &StopFlag) {
        let mut known = None;
        while !stop.is_set() {
            let cameras = (self.list)();
            if known.as_ref() != Some(&cameras) {
                (self.report)(Event::Cameras(cameras.clone()));
                known = Some(cameras.clone());
            }
            for camera in &cameras {
                if stop.is_set() {
                    return;
                }
                // Asked for each: another one may have been chosen meanwhile.
                let seen = if (self.drives)().as_ref() == Some(camera) {
                    CameraLook { camera: camera.clone(), formats: Vec::new(), sight: CameraSight::Drives }
                } else {
                    (self.look)(camera)
                };
                (self.report)(Event::CameraSeen(seen));
            }
            stop.sleep_until(Instant::now() + PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn nothing_waits_for_a_camera_that_hangs() {
        let (release, hangs) = crossbeam::channel::bounded::<()>(0);
        let body = move |_: &StopFlag| {
            hangs.recv_timeout(Duration::from_secs(30)).ok();
        };
        let worker = Worker::spawn("look at cameras", body, |_| {}).expect("a thread");
        let start = Instant::now();
        drop(CameraLooks(Mutex::new(Some(worker))));
        assert!(start.elapsed() < Duration::from_secs(10), "the program ends without it");
        drop(release);
    }

    fn camera(index: u32) -> CameraInfo {
        CameraInfo { index, name: format!("Camera {index}"), detail: String::new() }
    }

    #[test]
    fn every_camera_is_looked_at_once_a_round_but_not_the_one_that_drives() {
        let stop = StopFlag::default();
        let told = RefCell::new(Vec::new());
        let rounds = Rounds {
            list: || vec![camera(0), camera(1), camera(2)],
            drives: || Some(camera(1)),
            look: |seen: &CameraInfo| {
                assert_ne!(seen.index, 1, "it would be opened twice");
                CameraLook { camera: seen.clone(), formats: Vec::new(), sight: CameraSight::Busy }
            },
            report: |event| {
                told.borrow_mut().push(match event {
                    Event::Cameras(all) => format!("{} cameras", all.len()),
                    Event::CameraSeen(look) => format!("{} {:?}", look.camera.index, look.sight),
                    other => panic!("{other:?}"),
                });
                if told.borrow().len() == 4 {
                    stop.set();
                }
            },
        };
        rounds.run(&stop);
        assert_eq!(*told.borrow(), ["3 cameras", "0 Busy", "1 Drives", "2 Busy"], "one after the other, and no more once it is stopped");
    }

    #[test]
    fn a_camera_that_is_plugged_in_appears_and_the_same_list_is_told_once() {
        let stop = StopFlag::default();
        let rounds_made = RefCell::new(0);
        let told = RefCell::new(Vec::new());
        let rounds = Rounds {
            list: || {
                let round = rounds_made.replace_with(|round| *round + 1);
                if round == 2 {
                    stop.set();
                }
                (0..if round < 2 { 1 } else { 2 }).map(camera).collect()
            },
            drives: || None,
            look: |seen: &CameraInfo| CameraLook { camera: seen.clone(), formats: Vec::new(), sight: CameraSight::Forbidden },
            report: |event| {
                if let Event::Cameras(all) = event {
                    told.borrow_mut().push(all.len());
                }
            },
        };
        rounds.run(&stop);
        assert_eq!(*told.borrow(), [1, 2], "when it changes");
    }
}
