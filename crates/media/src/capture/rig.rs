//! A camera whose driver blocks whenever a test wants it to, and a capture worker that runs it: what the watchdog is tested with.

use std::collections::VecDeque;
use std::sync::mpsc::{self, Receiver as StdReceiver, Sender as StdSender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use image::RgbImage;

use super::error::CaptureError;
use super::source::{Source, SourceInfo, SourceKind};
use super::tap::Opener;
use super::watchdog::Patience;
use super::worker::{CaptureEvent, CaptureWorker, Pace};
use crate::data::{Frame, FrameTime, Input};

/// Short enough for tests, long enough for a loaded machine.
const PATIENCE: Patience =
    Patience { open: Duration::from_millis(400), frame: Duration::from_millis(120), retry: Duration::from_millis(40) };
const SOON: Duration = Duration::from_secs(10);

/// A camera that blocks in `next` until the test lets it deliver, as a stalled driver does. Frames carry the camera's number.
struct FakeCamera {
    info: SourceInfo,
    number: u8,
    steps: StdReceiver<Result<(), CaptureError>>,
}

impl Source for FakeCamera {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next(&mut self) -> Result<Option<Input>, CaptureError> {
        let Ok(step) = self.steps.recv() else { return Ok(None) };
        step?;
        let time = FrameTime { index: 0, media_time: Duration::ZERO, captured_at: Instant::now() };
        let pixels = Arc::new(RgbImage::from_pixel(2, 2, image::Rgb([self.number; 3])));
        Ok(Some(Input::Frame(Frame { pixels, time })))
    }
}

/// What a test holds of a running worker.
pub(super) struct Rig {
    pub(super) worker: Option<CaptureWorker>,
    pub(super) frames: StdReceiver<(u8, FrameTime)>,
    pub(super) events: StdReceiver<CaptureEvent>,
    /// Cameras that can be opened, in this order.
    plugged: Arc<Mutex<VecDeque<FakeCamera>>>,
    /// Names under which openings were asked for.
    pub(super) asked: Arc<Mutex<Vec<Option<String>>>>,
}

impl Rig {
    /// Without a worker yet.
    pub(super) fn new() -> Self {
        Self { worker: None, frames: mpsc::channel().1, events: mpsc::channel().1, plugged: Arc::default(), asked: Arc::default() }
    }

    /// Makes a camera available; frames are let through by sending.
    pub(super) fn plug(&self, number: u8) -> StdSender<Result<(), CaptureError>> {
        let (sender, steps) = mpsc::channel();
        let info = SourceInfo {
            name: "Fake".to_owned(),
            kind: SourceKind::Camera,
            size: [2, 2],
            fps: 30.0,
            frames: None,
            duration: None,
            has_sound: false,
            decoder: "none".to_owned(),
        };
        self.plugged.lock().expect("not poisoned").push_back(FakeCamera { info, number, steps });
        sender
    }

    /// Starts a worker on the first camera.
    pub(super) fn start(&mut self) {
        let (plugged, asked) = (Arc::clone(&self.plugged), Arc::clone(&self.asked));
        let openers = move |name: Option<&str>| -> Opener {
            asked.lock().expect("not poisoned").push(name.map(str::to_owned));
            let plugged = Arc::clone(&plugged);
            Box::new(move || match plugged.lock().expect("not poisoned").pop_front() {
                Some(camera) => Ok(Box::new(camera) as Box<dyn Source>),
                None => Err(CaptureError::NoCamera),
            })
        };
        let (frame_sender, frames) = mpsc::channel();
        let (event_sender, events) = mpsc::channel();
        let event_sender = Mutex::new(event_sender);
        let sink = move |input: Input| match input {
            Input::Frame(frame) => frame_sender.send((frame.pixels.get_pixel(0, 0).0[0], frame.time)).is_ok(),
            Input::Motion(..) => false,
        };
        let tell = move |event| _ = event_sender.lock().expect("not poisoned").send(event);
        self.worker = Some(CaptureWorker::run(openers, Some(PATIENCE), Pace::RealTime, None, sink, tell).expect("a thread"));
        (self.frames, self.events) = (frames, events);
    }

    /// What happens next.
    pub(super) fn event(&self) -> CaptureEvent {
        self.events.recv_timeout(SOON).expect("an event")
    }

    /// The next frame: number of its camera, and its time.
    pub(super) fn frame(&self) -> (u8, FrameTime) {
        self.frames.recv_timeout(SOON).expect("a frame")
    }

    /// Starts with camera 1, which has delivered one frame.
    pub(super) fn running() -> (Self, StdSender<Result<(), CaptureError>>) {
        let mut rig = Self::new();
        let camera = rig.plug(1);
        rig.start();
        assert!(matches!(rig.event(), CaptureEvent::Opened(_)), "opened first");
        camera.send(Ok(())).expect("the reader waits");
        assert_eq!(rig.frame().0, 1, "camera 1 delivers");
        (rig, camera)
    }
}
