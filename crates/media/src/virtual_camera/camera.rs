//! The virtual camera as its owner sees it, and its thread: newest picture in, a steady stream out.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use image::RgbaImage;

use super::device::OpenDevice;
use super::frame::YuyvFrame;
use super::{LoopbackDevice, VirtualCameraError, VirtualCameraOptions};
use crate::runtime::{Latest, LatestReader, LatestWriter, StopFlag, Timings, Worker};

/// How long a device may be busy before we give up: whoever closes it, such as this program a moment ago, needs a while.
const BUSY_PATIENCE: Duration = Duration::from_millis(600);
/// How often a busy device is tried again.
const BUSY_INTERVAL: Duration = Duration::from_millis(50);

/// A picture, sRGB with straight alpha, that may still have to be copied out of the graphics device's memory; the virtual camera's thread does
/// that. `None` when it cannot be had.
pub type PendingPicture = Box<dyn FnOnce() -> Option<Arc<RgbaImage>> + Send>;

/// What pictures are written to. Lives on the virtual camera's thread.
pub(super) trait Output {
    /// Which device it is.
    fn device(&self) -> &LoopbackDevice;

    /// Width and height of its frames in pixels; the width is even.
    fn size(&self) -> [u32; 2];

    /// Writes one frame in YUYV. Never waits for those who read.
    fn write(&mut self, frame: &[u8]) -> io::Result<()>;
}

/// How far a virtual camera is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum VirtualCameraPhase {
    /// The device is being looked for and opened.
    #[default]
    Opening,
    /// Other programs can choose it.
    On {
        /// The device.
        device: LoopbackDevice,
        /// Width and height of its frames in pixels.
        size: [u32; 2],
    },
    /// It has ended, by itself or because it was closed.
    Over,
}

/// How a virtual camera stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VirtualCameraStatus {
    /// How far it is.
    pub phase: VirtualCameraPhase,
    /// Frames written since it was opened, repeated ones among them.
    pub written: u64,
    /// How many of them showed the last picture again, since nothing new had come.
    pub repeated: u64,
    /// Pictures that were handed over and never written, since a newer one came first.
    pub skipped: u64,
}

/// Shows how a virtual camera stands, also after its end. Cheap to clone and to ask.
#[derive(Clone, Debug, Default)]
pub struct VirtualCameraWatch(Arc<Board>);

#[derive(Debug, Default)]
struct Board {
    phase: Mutex<VirtualCameraPhase>,
    written: AtomicU64,
    repeated: AtomicU64,
    /// Replaced by a newer picture before the thread took them.
    replaced: AtomicU64,
    /// Not even handed over.
    missed: AtomicU64,
}

impl VirtualCameraWatch {
    /// How it stands now.
    pub fn status(&self) -> VirtualCameraStatus {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        VirtualCameraStatus {
            // A panic while the lock was held cannot leave the phase half-written.
            phase: self.0.phase.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            written: count(&self.0.written),
            repeated: count(&self.0.repeated),
            skipped: count(&self.0.replaced) + count(&self.0.missed),
        }
    }

    fn set_phase(&self, phase: VirtualCameraPhase) {
        *self.0.phase.lock().unwrap_or_else(PoisonError::into_inner) = phase;
    }
}

/// A running virtual camera. It ends when it is closed or dropped, and by itself when its device fails.
pub struct VirtualCamera {
    /// Ended before the worker, which then does not wait for another picture.
    pictures: LatestWriter<PendingPicture>,
    watch: VirtualCameraWatch,
    worker: Worker,
}

impl VirtualCamera {
    /// Starts its thread, which opens the device and calls `report` with the outcome, and once more with an error should it end by itself.
    /// `timings` gets what bringing a picture into the device's format and writing it take.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        options: VirtualCameraOptions,
        timings: Timings,
        report: impl Fn(Result<LoopbackDevice, VirtualCameraError>) + Send + Sync + 'static,
    ) -> Result<Self, VirtualCameraError> {
        let rate = options.frames_per_sec;
        Self::start_on(move || OpenDevice::open(&options), rate, timings, report)
    }

    /// As [`Self::start`], on what `open` opens.
    fn start_on<O: Output>(
        open: impl Fn() -> Result<O, VirtualCameraError> + Send + 'static,
        frames_per_sec: u32,
        timings: Timings,
        report: impl Fn(Result<LoopbackDevice, VirtualCameraError>) + Send + Sync + 'static,
    ) -> Result<Self, VirtualCameraError> {
        let (pictures, pictures_in) = Latest::new();
        let watch = VirtualCameraWatch::default();
        let (seen, seen_at_end) = (watch.clone(), watch.clone());
        let report = Arc::new(report);
        let panicked = Arc::clone(&report);
        let sending = move |stop: &StopFlag| {
            let opened = open_patiently(stop, open).inspect(|output| {
                seen.set_phase(VirtualCameraPhase::On { device: output.device().clone(), size: output.size() });
                report(Ok(output.device().clone()));
            });
            let ended = opened.and_then(|output| Sending::new(output, frames_per_sec, timings, &seen).run(stop, &pictures_in));
            seen.set_phase(VirtualCameraPhase::Over);
            if let Err(error) = ended {
                report(Err(error));
            }
        };
        let worker = Worker::spawn("virtual camera", sending, move |error| {
            seen_at_end.set_phase(VirtualCameraPhase::Over);
            panicked(Err(error.into()));
        })?;
        Ok(Self { pictures, watch, worker })
    }

    /// Hands a picture over without waiting. One that the thread has not taken yet makes room for it.
    pub fn put(&self, picture: PendingPicture) {
        self.pictures.put(picture);
        self.watch.0.replaced.store(self.pictures.replaced(), Ordering::Relaxed);
    }

    /// Counts pictures that could not even be handed over.
    pub fn count_missed(&self, pictures: u64) {
        self.watch.0.missed.fetch_add(pictures, Ordering::Relaxed);
    }

    /// Shows how it stands, also later.
    pub fn watch(&self) -> VirtualCameraWatch {
        self.watch.clone()
    }

    /// Whether it has ended by itself.
    pub fn is_over(&self) -> bool {
        self.worker.is_finished()
    }

    /// Ends it without waiting: the worker that comes back closes the device in a moment.
    pub fn close(self) -> Worker {
        self.worker.stop();
        self.worker
    }
}

/// Opens the device; a busy one is tried for a while, since an earlier virtual camera may still be closing it.
fn open_patiently<O>(stop: &StopFlag, open: impl Fn() -> Result<O, VirtualCameraError>) -> Result<O, VirtualCameraError> {
    let deadline = Instant::now() + BUSY_PATIENCE;
    loop {
        let opened = open();
        let may_get_free = matches!(opened, Err(VirtualCameraError::Busy { .. })) && Instant::now() < deadline;
        if !may_get_free || stop.sleep_until(Instant::now() + BUSY_INTERVAL) {
            return opened;
        }
    }
}

/// The thread's work on an open device.
struct Sending<'a, O> {
    output: O,
    frame: YuyvFrame,
    /// Time between two frames.
    interval: Duration,
    timings: Timings,
    watch: &'a VirtualCameraWatch,
}

impl<'a, O: Output> Sending<'a, O> {
    fn new(output: O, frames_per_sec: u32, timings: Timings, watch: &'a VirtualCameraWatch) -> Self {
        let frame = YuyvFrame::black(output.size());
        Self { output, frame, interval: Duration::from_secs(1) / frames_per_sec.max(1), timings, watch }
    }

    /// Sends pictures as they come, at about the rate that was announced, and the last one again while none come.
    fn run(mut self, stop: &StopFlag, pictures: &LatestReader<PendingPicture>) -> Result<(), VirtualCameraError> {
        // Black, from the first moment on: some programs list a camera only once it sends.
        self.write()?;
        let (mut written_at, mut was_new) = (Instant::now(), true);
        loop {
            // A driver that is a little early is no reason to skip a picture, one that is twice as fast is.
            if stop.sleep_until(written_at + self.interval * 3 / 4) {
                return Ok(());
            }
            // A picture that is a little late is waited for; then the stream stays steady without it.
            let patience = if was_new { self.interval * 3 / 2 } else { self.interval };
            let picture = pictures.take_timeout((written_at + patience).saturating_duration_since(Instant::now()));
            if stop.is_set() || pictures.is_finished() {
                return Ok(());
            }
            was_new = picture.is_some_and(|picture| self.show(picture));
            written_at = Instant::now();
            self.write()?;
            self.watch.0.repeated.fetch_add(u64::from(!was_new), Ordering::Relaxed);
        }
    }

    /// Brings a picture into the device's size and format. Returns whether it could be had.
    fn show(&mut self, picture: PendingPicture) -> bool {
        let start = Instant::now();
        let Some(pixels) = picture() else { return false };
        self.frame.show(&pixels);
        self.timings.add("to yuyv", start.elapsed());
        true
    }

    fn write(&mut self) -> Result<(), VirtualCameraError> {
        let written = self.timings.measure("write out", || self.output.write(self.frame.bytes()));
        written.map_err(|cause| VirtualCameraError::Lost { name: self.output.device().name.clone(), cause })?;
        self.watch.0.written.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel, sync_channel};

    use image::Rgba;

    use super::super::LoopbackState;
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    /// A device that hands every frame to the test.
    struct Double<F> {
        about: LoopbackDevice,
        /// Says whether the test took it.
        hand_over: F,
    }

    impl<F: FnMut(Vec<u8>) -> bool> Output for Double<F> {
        fn device(&self) -> &LoopbackDevice {
            &self.about
        }

        fn size(&self) -> [u32; 2] {
            [8, 4]
        }

        fn write(&mut self, frame: &[u8]) -> io::Result<()> {
            if (self.hand_over)(frame.to_vec()) { Ok(()) } else { Err(io::Error::other("the test takes no more")) }
        }
    }

    fn about() -> LoopbackDevice {
        LoopbackDevice { path: "/dev/video9".into(), name: "PuppetCam".to_owned(), state: LoopbackState::Free }
    }

    struct Test {
        camera: VirtualCamera,
        frames: Receiver<Vec<u8>>,
        reports: Receiver<Result<LoopbackDevice, VirtualCameraError>>,
    }

    fn start(refusals: u64, frames_per_sec: u32) -> Test {
        let (frames, frames_out) = channel();
        let (reported, reports) = channel();
        let refused = AtomicU64::new(0);
        let open = move || {
            if refused.fetch_add(1, Ordering::Relaxed) < refusals {
                return Err(VirtualCameraError::Busy { path: about().path });
            }
            let frames = frames.clone();
            Ok(Double { about: about(), hand_over: move |frame| frames.send(frame).is_ok() })
        };
        let report = move |outcome| reported.send(outcome).expect("the test listens");
        let camera = VirtualCamera::start_on(open, frames_per_sec, Timings::default(), report).expect("a thread");
        Test { camera, frames: frames_out, reports }
    }

    fn grey(value: u8) -> PendingPicture {
        Box::new(move || Some(Arc::new(RgbaImage::from_pixel(8, 4, Rgba([value, value, value, 255])))))
    }

    impl Test {
        /// The luma of the next frame.
        fn luma(&self) -> u8 {
            self.frames.recv_timeout(PATIENCE).expect("a frame")[0]
        }
    }

    #[test]
    fn it_begins_black_shows_what_comes_and_repeats_the_last() {
        let since = Instant::now();
        let test = start(0, 50);
        assert_eq!(test.reports.recv_timeout(PATIENCE).expect("a report").expect("opened").name, "PuppetCam", "told which");
        assert_eq!(test.luma(), 16, "black before the first picture");
        test.camera.put(grey(255));
        let mut intervals = 1;
        while test.luma() != 235 {
            intervals += 1;
            assert!(since.elapsed() < PATIENCE, "the picture goes out");
        }
        for _ in 0..10 {
            assert_eq!(test.luma(), 235, "the last picture again");
            intervals += 1;
        }
        // However busy the machine is, frames never follow each other faster than by three quarters of the interval.
        assert!(since.elapsed() >= intervals * Duration::from_millis(15), "at the rate, not as fast as it goes: {:?}", since.elapsed());
        let status = test.camera.watch().status();
        assert_eq!(status.phase, VirtualCameraPhase::On { device: about(), size: [8, 4] }, "on");
        // The last of them may not be counted yet.
        assert!(status.repeated >= 9 && status.written > status.repeated, "both are counted: {status:?}");
    }

    #[test]
    fn a_picture_that_cannot_be_had_leaves_the_last_one() {
        let test = start(0, 100);
        test.camera.put(grey(255));
        while test.luma() != 235 {}
        test.camera.put(Box::new(|| None));
        for _ in 0..10 {
            assert_eq!(test.luma(), 235, "still the last picture");
        }
    }

    #[test]
    fn the_newest_picture_wins_and_the_rest_is_counted() {
        let test = start(0, 1);
        assert_eq!(test.luma(), 16, "the first frame is out, the next one is due in a second");
        for value in [10, 20, 30, 255] {
            test.camera.put(grey(value));
        }
        test.camera.count_missed(2);
        assert_eq!(test.luma(), 235, "only the newest");
        assert_eq!(test.camera.watch().status().skipped, 5, "three replaced, two not handed over");
    }

    #[test]
    fn a_device_that_vanishes_is_told_once_and_ends_it() {
        let Test { camera, frames, reports } = start(0, 100);
        assert!(reports.recv_timeout(PATIENCE).expect("a report").is_ok(), "opened");
        drop(frames);
        let error = reports.recv_timeout(PATIENCE).expect("a report").expect_err("it is gone").to_string();
        assert!(error.contains("PuppetCam") && error.contains("is gone"), "which, and what: {error}");
        let watch = camera.watch();
        assert_eq!(watch.status().phase, VirtualCameraPhase::Over, "over");
        camera.put(grey(1));
        camera.close().join();
        assert!(reports.try_recv().is_err(), "told once");
    }

    #[test]
    fn a_busy_device_gets_a_moment_and_no_more() {
        let test = start(2, 50);
        assert!(test.reports.recv_timeout(PATIENCE).expect("a report").is_ok(), "free at the third try");
        let test = start(u64::MAX, 50);
        let error = test.reports.recv_timeout(PATIENCE).expect("a report").expect_err("never free");
        assert!(matches!(error, VirtualCameraError::Busy { .. }), "says so: {error}");
    }

    #[test]
    fn closing_waits_for_no_device() {
        let (frames, frames_out) = sync_channel(0);
        // Its writer waits until the test takes the frame.
        let open = move || {
            let frames = frames.clone();
            Ok(Double { about: about(), hand_over: move |frame| frames.send(frame).is_ok() })
        };
        let camera = VirtualCamera::start_on(open, 1, Timings::default(), |_| {}).expect("a thread");
        // The device takes its first frame only afterwards: waiting for the thread here would never end.
        let worker = camera.close();
        assert_eq!(frames_out.recv_timeout(PATIENCE).expect("a frame")[0], 16, "it goes on");
        worker.join();
    }

    #[test]
    fn closing_ends_the_thread_and_the_device() {
        let test = start(0, 1);
        assert_eq!(test.luma(), 16, "it runs");
        let watch = test.camera.watch();
        test.camera.close().join();
        assert_eq!(watch.status().phase, VirtualCameraPhase::Over, "it has ended");
        assert!(test.frames.recv().is_err(), "the device is closed");
    }
}
