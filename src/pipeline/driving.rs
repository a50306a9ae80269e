//! The thread that opens drivers: a performance is up to 64 MiB of text, and a camera takes its time.

use std::sync::Arc;

use crossbeam::channel::{Receiver, Sender};

use super::command::Command;
use super::driver_epoch::{DriverEpoch, FromDriver};
use super::error::PipelineError;
use super::shared::{PipelineState, RunningDriver, lock};
use super::tracking;
use crate::capture::{CaptureEvent, CaptureOptions, CaptureWorker, SourceSpec, Transport};
use crate::data::Input;
use crate::runtime::{LatestWriter, Worker};
use crate::session::{DriverChoice, Event};

/// The thread's connections.
pub(super) struct Links {
    pub(super) choices: Receiver<DriverChoice>,
    pub(super) input: LatestWriter<FromDriver<Input>>,
    pub(super) to_track: Sender<tracking::Command>,
    pub(super) to_generate: Sender<Command>,
}

/// Starts the thread. It ends when the choices' link does.
pub(super) fn spawn(links: Links, shared: Arc<PipelineState>) -> Result<Worker, PipelineError> {
    let panicked = Arc::clone(&shared);
    let worker = Worker::spawn(
        "driving",
        move |_| run(links, &shared),
        move |error| panicked.report(Event::Warning(format!("{error}. Restart Retrato to choose another driver."))),
    )?;
    Ok(worker)
}

fn run(links: Links, shared: &Arc<PipelineState>) {
    let Links { choices, input, to_track, to_generate } = links;
    let input = Arc::new(input);
    let mut capture: Option<CaptureWorker> = None;
    let mut epoch = DriverEpoch::default();
    while let Ok(choice) = choices.recv() {
        // Only the newest choice counts.
        let choice = choices.try_iter().last().unwrap_or(choice);
        // The last driver stops at once; the portrait keeps its motion until the new one sends something.
        drop(capture.take());
        *lock(&shared.driver) = None;
        *lock(&shared.transport) = None;
        epoch = epoch.next();
        // These threads end only after this one.
        to_track.send(tracking::Command::NewDriver(epoch)).ok();
        to_generate.send(Command::NewDriver(epoch)).ok();
        match choice.source(true) {
            Ok(spec) => capture = start(spec, epoch, &input, shared),
            Err(error) => shared.report(Event::SourceFailed(error.to_string())),
        }
    }
}

fn start(
    spec: SourceSpec,
    epoch: DriverEpoch,
    input: &Arc<LatestWriter<FromDriver<Input>>>,
    shared: &Arc<PipelineState>,
) -> Option<CaptureWorker> {
    let (input, reports) = (Arc::clone(input), Arc::clone(shared));
    let running = spec.clone();
    let transport = (!spec.is_live()).then(|| shared.new_transport());
    let played = transport.clone();
    let options = CaptureOptions::default();
    let sink = move |value| input.put(FromDriver { epoch, value });
    let events = move |event| report(&reports, &running, played.as_ref(), event);
    let started = match transport {
        Some(transport) => CaptureWorker::start_controlled(spec, options, transport, sink, events),
        None => CaptureWorker::start(spec, options, sink, events),
    };
    started.map_err(|error| shared.report(Event::SourceFailed(error.to_string()))).ok()
}

fn report(shared: &PipelineState, spec: &SourceSpec, transport: Option<&Transport>, event: CaptureEvent) {
    shared.report(match event {
        CaptureEvent::Opened(info) => {
            *lock(&shared.driver) = Some(RunningDriver { spec: spec.clone(), info: info.clone(), transport: transport.cloned() });
            Event::SourceOpened(info)
        }
        CaptureEvent::Stalled { seconds, reason } => Event::SourceStalled { seconds, reason: reason.to_string() },
        // The driver is the same as before: nothing to report.
        CaptureEvent::Looped(_) => return,
        CaptureEvent::Recovered => Event::SourceRecovered,
        CaptureEvent::Ended => {
            *lock(&shared.driver) = None;
            Event::SourceEnded
        }
        CaptureEvent::Failed(error) => {
            *lock(&shared.driver) = None;
            Event::SourceFailed(error.to_string())
        }
    });
}
