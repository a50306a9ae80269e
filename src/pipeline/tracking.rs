//! The tracking thread: newest input in, face motion out.

use std::sync::Arc;
use std::time::Duration;

use crossbeam::channel::Receiver;

use super::driver_epoch::{DriverEpoch, FromDriver};
use super::enroll::SharedModel;
use super::error::PipelineError;
use super::shared::{PipelineState, lock};
use crate::data::{Input, TrackedFrame};
use crate::runtime::{LatestReader, LatestWriter, StopFlag, Worker};
use crate::session::Event;
use crate::settings::Controls;
use crate::track::{FaceModel, FaceReader, TrackOptions, Tracker};

/// How long the thread sleeps at most before it looks at its commands.
const PATIENCE: Duration = Duration::from_millis(50);
/// Frames without a face before it counts as lost: a single miss is not worth a message.
const LOST_FRAMES: u32 = 10;

/// What the thread is told.
pub(super) enum Command {
    /// Another driver: forget the face that was followed.
    NewDriver(DriverEpoch),
    /// How calm the motion shall be, 0 to 1, and what reads faces.
    Reading { smoothing: f32, reader: FaceReader },
}

/// The thread's connections.
pub(super) struct Links {
    pub(super) input: LatestReader<FromDriver<Input>>,
    pub(super) commands: Receiver<Command>,
    pub(super) tracked: LatestWriter<FromDriver<TrackedFrame>>,
    pub(super) inset: LatestWriter<TrackedFrame>,
}

/// A tracker for a run over a clip, or one for stored motion when there is nothing that reads faces. `smoothing` is from 0 to 1.
pub fn tracker(model: Option<Arc<FaceModel>>, smoothing: f32, reader: FaceReader) -> Tracker {
    let options = TrackOptions { smoothing, reader, ..TrackOptions::default() };
    Tracker::new(model, options)
}

/// Starts the thread.
pub(super) fn spawn(links: Links, model: SharedModel, controls: &Controls, shared: Arc<PipelineState>) -> Result<Worker, PipelineError> {
    let panicked = Arc::clone(&shared);
    let (smoothing, reader) = (controls.smoothing, controls.reader);
    let worker = Worker::spawn(
        "track",
        move |stop| run(&links, &model, tracker(model.get(), smoothing, reader), &shared, stop),
        move |error| panicked.report(Event::Warning(format!("{error}. Restart Retrato to track faces again."))),
    )?;
    Ok(worker)
}

/// Until one of its models is there, stored performances pass; pictures show no face.
fn run(links: &Links, model: &SharedModel, mut tracker: Tracker, shared: &PipelineState, stop: &StopFlag) {
    let mut following = Following::default();
    while !stop.is_set() {
        for command in links.commands.try_iter() {
            match command {
                Command::NewDriver(epoch) => following.turn_to(epoch, &mut tracker),
                Command::Reading { smoothing, reader } => {
                    tracker.set_smoothing(smoothing);
                    tracker.set_reader(reader);
                }
            }
        }
        let Some(input) = links.input.take_timeout(PATIENCE) else { continue };
        let FromDriver { epoch, value: input } = input;
        following.turn_to(epoch, &mut tracker);
        if epoch != following.driver {
            continue;
        }
        if !tracker.has_model()
            && let Some(model) = model.get()
        {
            tracker.set_model(model);
        }
        let tracked = shared.timings.measure("track", || tracker.track(input));
        let can_read = tracker.can_read();
        *lock(&shared.reader) = if can_read { tracker.reader_name() } else { "" };
        if let Some(event) = following.sight.update(tracked.face.is_some(), can_read) {
            shared.report(event);
        }
        links.inset.put(tracked.clone());
        links.tracked.put(FromDriver { epoch, value: tracked });
    }
}

/// Who is followed.
#[derive(Default)]
struct Following {
    driver: DriverEpoch,
    sight: Sight,
}

impl Following {
    fn turn_to(&mut self, driver: DriverEpoch, tracker: &mut Tracker) {
        if self.driver.turn_to(driver) {
            tracker.reset();
            self.sight = Sight::default();
        }
    }
}

/// Whether the driver is in sight, without flutter.
#[derive(Default)]
struct Sight {
    missed: u32,
    in_sight: bool,
}

impl Sight {
    /// What is to be reported after a frame. As long as nothing can read faces, none can be missing.
    fn update(&mut self, has_face: bool, can_read: bool) -> Option<Event> {
        if !has_face && !can_read {
            return None;
        }
        self.missed = if has_face { 0 } else { self.missed.saturating_add(1) };
        let in_sight = has_face || (self.in_sight && self.missed < LOST_FRAMES);
        let never_seen = !self.in_sight && self.missed == LOST_FRAMES;
        let changed = in_sight != self.in_sight;
        self.in_sight = in_sight;
        match (changed, in_sight) {
            (true, true) => Some(Event::FaceFound),
            (true, false) => Some(Event::FaceLost),
            _ if never_seen => Some(Event::FaceLost),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_face_is_missing_only_after_somebody_could_have_seen_it() {
        let mut sight = Sight::default();
        for frame in 0..100 {
            assert!(sight.update(false, false).is_none(), "frame {frame}: the models are still loading");
        }
        let mut lost = (0..100_u64).filter(|_| matches!(sight.update(false, true), Some(Event::FaceLost)));
        assert_eq!((lost.next(), lost.next()), (Some(u64::from(LOST_FRAMES) - 1), None), "then it is told, once, after some frames");
        drop(lost);
        assert!(matches!(sight.update(true, true), Some(Event::FaceFound)), "and when it comes");
        assert!((0..LOST_FRAMES - 1).all(|_| sight.update(false, true).is_none()), "a few misses are no news");
        assert!(matches!(sight.update(false, true), Some(Event::FaceLost)), "many are");
    }
}
