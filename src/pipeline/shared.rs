//! What all threads of a live pipeline report to.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crossbeam::channel::Sender;

use crate::capture::{SourceInfo, SourceSpec, Transport};
use crate::record::{RecordStatus, SourceType};
use crate::runtime::{Percentiles, Timings};
use crate::session::{Event, LiveStats};
use crate::virtual_camera::VirtualCameraWatch;

/// Frames that finished within this time are the present speed.
const RECENT: Duration = Duration::from_secs(1);

/// A driver that delivers.
#[derive(Clone)]
pub(super) struct RunningDriver {
    pub(super) spec: SourceSpec,
    pub(super) info: SourceInfo,
    /// How it is played; `None` for a camera.
    pub(super) transport: Option<Transport>,
}

/// What the worker threads report to, and what a front end reads of them.
pub(super) struct PipelineState {
    events: Sender<Event>,
    wake: Box<dyn Fn() + Send + Sync>,
    pub(super) timings: Timings,
    pub(super) executor: Mutex<String>,
    pub(super) generator: Mutex<String>,
    pub(super) reader: Mutex<&'static str>,
    pub(super) driver: Mutex<Option<RunningDriver>>,
    /// How the clip or the performance is played that was chosen last.
    pub(super) transport: Mutex<Option<Transport>>,
    has_portrait: AtomicBool,
    pub(super) recording: Mutex<Option<RecordStatus>>,
    pub(super) virtual_camera: Mutex<Option<VirtualCameraWatch>>,
    /// Whether trained networks make the pictures, or may do so with the next portrait.
    trained: AtomicBool,
    recent: Mutex<VecDeque<(Instant, Duration)>>,
}

impl PipelineState {
    pub(super) fn new(events: Sender<Event>, wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            events,
            wake: Box::new(wake),
            timings: Timings::default(),
            executor: Mutex::default(),
            generator: Mutex::default(),
            reader: Mutex::default(),
            driver: Mutex::default(),
            transport: Mutex::default(),
            has_portrait: AtomicBool::new(false),
            recording: Mutex::default(),
            virtual_camera: Mutex::default(),
            // Until the generator is there: a file rather says too much than too little.
            trained: AtomicBool::new(true),
            recent: Mutex::default(),
        }
    }

    /// Hands an event over and wakes the front end.
    pub(super) fn report(&self, event: Event) {
        // The front end may be gone already, when its last worker still has something to report.
        self.events.send(event).ok();
        self.wake();
    }

    /// Wakes the front end: there is something new to read.
    pub(super) fn wake(&self) {
        (self.wake)();
    }

    /// A portrait is alive: a clip that waits for one goes on.
    pub(super) fn portrait_is_alive(&self) {
        self.has_portrait.store(true, Ordering::Release);
        if let Some(transport) = &*lock(&self.transport) {
            transport.release();
        }
    }

    /// How a clip or a performance is played from now on: it waits until a portrait is alive.
    pub(super) fn new_transport(&self) -> Transport {
        let transport = Transport::new(true, true);
        *lock(&self.transport) = Some(transport.clone());
        // Asked afterwards: a portrait that comes alive meanwhile finds the transport.
        if self.has_portrait.load(Ordering::Acquire) {
            transport.release();
        }
        transport
    }

    /// Notes what makes the pictures, for files that say how they came to be.
    pub(super) fn set_trained(&self, trained: bool) {
        self.trained.store(trained, Ordering::Relaxed);
    }

    /// What a recording that starts now says about how it came to be.
    pub(super) fn source_type(&self) -> SourceType {
        source_type(self.trained.load(Ordering::Relaxed))
    }

    /// Counts a finished frame for the read-out.
    pub(super) fn count_frame(&self, latency: Duration) {
        let mut recent = lock(&self.recent);
        let now = Instant::now();
        recent.push_back((now, latency));
        while recent.front().is_some_and(|(at, _)| now.duration_since(*at) > RECENT) {
            recent.pop_front();
        }
    }

    /// Speed, executor, generator and face reader at present.
    pub(super) fn live_stats(&self) -> LiveStats {
        let now = Instant::now();
        let recent = lock(&self.recent);
        let fresh = recent.iter().filter(|(at, _)| now.duration_since(*at) <= RECENT);
        let latencies: Vec<Duration> = fresh.map(|(_, latency)| *latency).collect();
        LiveStats {
            frames_per_sec: latencies.len() as f64,
            latency_ms_p50: Percentiles::of(latencies).ms_p50,
            executor: lock(&self.executor).clone(),
            generator: lock(&self.generator).clone(),
            reader: *lock(&self.reader),
        }
    }
}

/// How pictures came to be that trained networks made, or only a closed form.
pub(super) fn source_type(trained: bool) -> SourceType {
    if trained { SourceType::TrainedAlgorithmicMedia } else { SourceType::CompositeSynthetic }
}

/// A panic while one of these locks was held cannot leave its value half-written, so a poisoned lock is still good.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
