//! The worker's side of a recording: takes pictures and sound as they come, keeps their clocks together, and ends well whatever happens.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, never, select};

use super::frame::{PushedSound, RecordFrame};
use super::gif::GifSink;
use super::mp4::Mp4Sink;
use super::png_sequence::PngSink;
use super::sink::Sink;
use super::status::StatusBoard;
use super::{AudioSource, Finished, LiveSound, RecordError, RecordFormat, RecordOptions, TimedSound, files};
use crate::data::{AudioBlock, SAMPLE_RATE_HZ};
use crate::runtime::AwakeClock;

/// How often live sound is fetched when nothing else happens.
const LIVE_INTERVAL: Duration = Duration::from_millis(20);

/// Sound that waits for the first picture: at most this many blocks, then the oldest go.
const MOST_EARLY_BLOCKS: usize = 4096;

/// Live sound that waits for the first picture: older than this it cannot belong to it.
const EARLY_LIVE: Duration = Duration::from_secs(3);

/// Least time between two pictures; of those closer together the second one is left out.
const LEAST_STEP: Duration = Duration::from_micros(100);

/// The first picture's place on both clocks: zero of the recording.
#[derive(Clone, Copy)]
struct Zero {
    pts: Duration,
    captured_at: Instant,
}

/// A recording on its worker thread.
pub(super) struct RecordingSession {
    options: RecordOptions,
    board: Arc<StatusBoard>,
    sink: Box<dyn Sink>,
    live: Option<Box<dyn LiveSound>>,
    /// Live sound goes on where it was when the program was stopped for a while, as the pictures do.
    awake: Option<AwakeClock>,
    wants_pushed_sound: bool,
    zero: Option<Zero>,
    newest_pts: Duration,
    newest_gap: Duration,
    early_pushed: VecDeque<PushedSound>,
    early_live: VecDeque<TimedSound>,
}

impl RecordingSession {
    /// Opens the output.
    ///
    /// # Errors
    /// When the place cannot be written or the disk is nearly full.
    pub(super) fn open(options: RecordOptions, audio: AudioSource, board: Arc<StatusBoard>) -> Result<Self, RecordError> {
        let with_sound = !matches!(audio, AudioSource::None);
        files::survive_size_limit();
        files::check_place_of(&options)?;
        files::check_room(&options.path)?;
        let sink: Box<dyn Sink> = match options.format {
            RecordFormat::Mp4 => Box::new(Mp4Sink::open(&options, with_sound)?),
            RecordFormat::Gif => Box::new(GifSink::open(&options)?),
            RecordFormat::PngSequence => Box::new(PngSink::open(&options)?),
        };
        Ok(Self::with_sink(options, audio, board, sink))
    }

    /// A session into a given sink.
    pub(super) fn with_sink(options: RecordOptions, audio: AudioSource, board: Arc<StatusBoard>, sink: Box<dyn Sink>) -> Self {
        let wants_pushed_sound = matches!(audio, AudioSource::Pushed);
        let live = if let AudioSource::Live(live) = audio { Some(live) } else { None };
        let newest_gap = Duration::from_secs_f32(1.0 / options.fps_hint.clamp(1.0, 240.0));
        Self {
            options,
            board,
            sink,
            awake: if live.is_some() { AwakeClock::watch().ok() } else { None },
            live,
            wants_pushed_sound,
            zero: None,
            newest_pts: Duration::ZERO,
            newest_gap,
            early_pushed: VecDeque::new(),
            early_live: VecDeque::new(),
        }
    }

    /// Records until both links have ended or something fails, then completes the file.
    ///
    /// # Errors
    /// [`RecordError::StoppedEarly`] or [`RecordError::NothingRecorded`].
    pub(super) fn record(mut self, frames: &Receiver<RecordFrame>, sound: &Receiver<PushedSound>) -> Result<Finished, RecordError> {
        let ended = self.take_all(frames, sound);
        if let Err(error) = &ended {
            tracing::error!("recording stopped: {error}");
            self.board.edit().error = Some(error.to_string());
        }
        self.complete(ended.err())
    }

    fn take_all(&mut self, frames: &Receiver<RecordFrame>, sound: &Receiver<PushedSound>) -> Result<(), RecordError> {
        let (no_frames, no_sound) = (never(), never());
        let (mut frames, mut sound) = (Some(frames), Some(sound));
        while frames.is_some() || sound.is_some() {
            select! {
                recv(frames.unwrap_or(&no_frames)) -> frame => match frame {
                    Ok(frame) => self.take_picture(&frame)?,
                    Err(_) => frames = None,
                },
                recv(sound.unwrap_or(&no_sound)) -> block => match block {
                    Ok((block, pts)) => self.take_pushed_sound(block, pts)?,
                    Err(_) => sound = None,
                },
                default(LIVE_INTERVAL) => {}
            }
            self.take_live_sound()?;
        }
        Ok(())
    }

    fn take_picture(&mut self, frame: &RecordFrame) -> Result<(), RecordError> {
        files::check_room(&self.options.path)?;
        let is_first = self.zero.is_none();
        let zero = *self.zero.get_or_insert(Zero { pts: frame.pts, captured_at: frame.captured_at });
        let newest = zero.pts + self.newest_pts;
        if !is_first && frame.pts < newest + LEAST_STEP {
            self.leave_out(newest.saturating_sub(frame.pts) < LEAST_STEP);
            return Ok(());
        }
        let pts = frame.pts.saturating_sub(zero.pts);
        self.sink.picture(&frame.pixels, pts)?;
        if is_first {
            self.place_early_sound(zero)?;
        } else {
            self.newest_gap = pts.saturating_sub(self.newest_pts);
        }
        self.newest_pts = pts;
        let bytes = self.sink.bytes();
        let mut status = self.board.edit();
        (status.elapsed, status.bytes) = (pts, bytes);
        status.frames += 1;
        Ok(())
    }

    /// Counts a picture that is not recorded: a repetition of the newest one, or one whose time lies before it.
    fn leave_out(&self, is_repetition: bool) {
        let mut status = self.board.edit();
        if is_repetition {
            status.repeated += 1;
        } else {
            status.dropped += 1;
        }
    }

    fn take_pushed_sound(&mut self, block: AudioBlock, pts: Duration) -> Result<(), RecordError> {
        if !self.wants_pushed_sound {
            return Ok(());
        }
        let Some(zero) = self.zero else {
            keep_early(&mut self.early_pushed, (block, pts));
            return Ok(());
        };
        self.place_pushed(&block, pts, zero)
    }

    /// Fetches what the live source has. A source that fails is given up; the recording goes on without it.
    fn take_live_sound(&mut self) -> Result<(), RecordError> {
        let Some(live) = &mut self.live else { return Ok(()) };
        let read = live.read();
        self.board.edit().audio_level = Some(live.take_level());
        match (read, self.zero) {
            (Ok(None), _) => Ok(()),
            (Ok(Some(run)), Some(zero)) => self.place_live(&run, zero),
            (Ok(Some(run)), None) => {
                let horizon = run.captured_at;
                keep_early(&mut self.early_live, run);
                self.early_live.retain(|early| horizon.saturating_duration_since(early.captured_at) < EARLY_LIVE);
                Ok(())
            }
            (Err(error), _) => {
                self.board.warn(format!("the recording has no sound from here on: {error}"));
                self.board.edit().audio_level = None;
                self.live = None;
                Ok(())
            }
        }
    }

    fn place_early_sound(&mut self, zero: Zero) -> Result<(), RecordError> {
        for (block, pts) in std::mem::take(&mut self.early_pushed) {
            self.place_pushed(&block, pts, zero)?;
        }
        for run in std::mem::take(&mut self.early_live) {
            self.place_live(&run, zero)?;
        }
        Ok(())
    }

    fn place_pushed(&mut self, block: &AudioBlock, pts: Duration, zero: Zero) -> Result<(), RecordError> {
        let at_sample = samples_between(zero.pts, pts);
        let used = self.sink.sound(block, at_sample)?;
        if !used && at_sample >= 0 && !block.is_empty() {
            self.board.warn("some of the sound came too late, or with a wrong time, and was left out".to_owned());
        }
        Ok(())
    }

    fn place_live(&mut self, run: &TimedSound, zero: Zero) -> Result<(), RecordError> {
        let later = match &self.awake {
            Some(awake) => awake.between(zero.captured_at, run.captured_at),
            None => run.captured_at.saturating_duration_since(zero.captured_at),
        };
        let earlier = zero.captured_at.saturating_duration_since(run.captured_at);
        let delay = i64::from(self.options.live_sound_delay_ms) * i64::from(SAMPLE_RATE_HZ) / 1000;
        self.sink.sound(&run.block, samples_between(earlier, later) + delay).map(|_| ())
    }

    fn complete(self, stopped_by: Option<RecordError>) -> Result<Finished, RecordError> {
        let Self { board, sink, newest_pts, newest_gap, zero, .. } = self;
        if board.is_discarded() {
            sink.discard()?;
            return Err(RecordError::NothingRecorded);
        }
        board.edit().finishing = Some(0.0);
        let end = if zero.is_some() { newest_pts + newest_gap } else { Duration::ZERO };
        let kept = sink.finish(end, &mut |done| board.edit().finishing = Some(done));
        let (stopped_by, kept) = match (stopped_by, kept) {
            (None, Err(error)) => return Err(error),
            (Some(cause), Err(error)) => {
                tracing::error!("nothing could be kept: {error}");
                return Err(RecordError::StoppedEarly { cause: Box::new(cause), kept_secs: 0.0, path: None });
            }
            (stopped_by, Ok(mut kept)) => (stopped_by.or(kept.problem.take()), kept),
        };
        if let Some(warning) = kept.warning {
            board.warn(warning);
        }
        if let Some(cause) = stopped_by {
            let kept_secs = kept.duration.as_secs_f64();
            return Err(RecordError::StoppedEarly { cause: Box::new(cause), kept_secs, path: Some(kept.path) });
        }
        let status = board.read();
        let bytes = std::fs::metadata(&kept.path).map_or(status.bytes, |facts| if facts.is_file() { facts.len() } else { status.bytes });
        let (frames, duration) = (kept.frames, kept.duration);
        let (dropped, repeated) = (status.dropped, status.repeated);
        Ok(Finished { path: kept.path, frames, dropped, repeated, duration, bytes, warnings: status.warnings })
    }
}

/// Signed distance from `from` to `to` in samples.
fn samples_between(from: Duration, to: Duration) -> i64 {
    let samples = |time: Duration| (time.as_nanos() * u128::from(SAMPLE_RATE_HZ) + 500_000_000) / 1_000_000_000;
    samples(to) as i64 - samples(from) as i64
}

fn keep_early<T>(queue: &mut VecDeque<T>, item: T) {
    if queue.len() == MOST_EARLY_BLOCKS {
        queue.pop_front();
    }
    queue.push_back(item);
}

#[cfg(test)]
mod tests {
    use image::RgbaImage;

    use super::*;
    use crate::record::Recorder;

    /// Names the folder in which the child process of the test below records.
    #[cfg(unix)]
    const CHILD_FOLDER: &str = "RETRATO_TEST_SIZE_LIMIT";

    #[cfg(unix)]
    #[test]
    fn a_limit_of_file_sizes_ends_the_recording_and_keeps_it() {
        if let Some(folder) = std::env::var_os(CHILD_FOLDER) {
            return record_until_refused(std::path::Path::new(&folder));
        }
        let folder = tempfile::tempdir().expect("a folder");
        // 400 blocks of 512 bytes are a second or two of such pictures.
        let script = "ulimit -f 400 && exec \"$0\" --exact record::session::tests::a_limit_of_file_sizes_ends_the_recording_and_keeps_it";
        let mut child = std::process::Command::new("sh");
        child.args(["-c", script]).arg(std::env::current_exe().expect("this program")).env(CHILD_FOLDER, folder.path());
        let output = child.output().expect("sh is everywhere");
        assert!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stdout));
        let kept = folder.path().join("clip.mp4");
        let bytes = std::fs::metadata(&kept).expect("what fitted is kept").len();
        assert!((50_000..=400 * 512).contains(&bytes), "nearly as much as the limit allows: {bytes} bytes");
    }

    /// Records noise until the system takes no more, and checks what is said then.
    #[cfg(unix)]
    fn record_until_refused(folder: &std::path::Path) {
        let recorder = Recorder::start(RecordOptions::new(folder.join("clip.mp4")).expect("a format"), AudioSource::None).expect("started");
        let zero = Instant::now();
        let noise = |i: u32| {
            let mut state = i.wrapping_mul(2_654_435_761) | 1;
            let next = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            };
            RgbaImage::from_raw(64, 64, std::iter::repeat_with(next).take(4 * 64 * 64).collect()).expect("as many bytes")
        };
        let refused = (0..3000).find(|&i| {
            let pts = Duration::from_millis(u64::from(i) * 33);
            recorder.push(RecordFrame { pixels: Arc::new(noise(i)), pts, captured_at: zero + pts }).is_err()
        });
        assert!(refused.is_some(), "3000 pictures of noise do not fit");
        let error = recorder.finish(|_| {}).expect_err("stopped early").to_string();
        assert!(error.contains("clip.mp4") && error.contains("were kept"), "says what happened and what is kept: {error}");
    }

    #[test]
    fn every_picture_shows_the_mark_where_it_is_wanted() {
        let folder = tempfile::tempdir().expect("a folder");
        let corner = |mark: bool| {
            let options = RecordOptions { mark, ..RecordOptions::new(folder.path().join(format!("frames {mark}"))).expect("a format") };
            let recorder = Recorder::start(options, AudioSource::None).expect("started");
            for number in 0..2 {
                let pts = Duration::from_millis(40 * number);
                let pixels = Arc::new(RgbaImage::from_pixel(640, 360, image::Rgba([200, 200, 200, 255])));
                recorder.push(RecordFrame { pixels, pts, captured_at: Instant::now() + pts }).expect("taken");
            }
            let finished = recorder.finish(|_| {}).expect("finished");
            let mut files: Vec<_> = std::fs::read_dir(finished.path).expect("listed").flatten().map(|entry| entry.path()).collect();
            files.sort();
            files.iter().map(|path| image::open(path).expect("a picture").to_rgba8().get_pixel(632, 352)[0]).collect::<Vec<u8>>()
        };
        assert_eq!(corner(false), [200, 200], "nothing is drawn");
        assert!(corner(true).iter().all(|value| *value < 120), "a plate");
    }

    #[test]
    fn repetitions_are_counted_apart_from_losses() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = RecordOptions::new(folder.path().join("frames")).expect("a format");
        let recorder = Recorder::start(options, AudioSource::None).expect("started");
        let (pixels, zero) = (Arc::new(RgbaImage::new(4, 4)), Instant::now());
        // The second driving frame is drawn three times, and the first one comes again after it.
        for at_ms in [1000, 1033, 1033, 1033, 1000, 1066] {
            let pts = Duration::from_millis(at_ms);
            recorder.push(RecordFrame { pixels: Arc::clone(&pixels), pts, captured_at: zero + pts }).expect("taken");
        }
        let finished = recorder.finish(|_| {}).expect("finished");
        assert_eq!((finished.frames, finished.repeated, finished.dropped), (3, 2, 1), "recorded, repeated and lost");
        assert_eq!(std::fs::read_dir(&finished.path).expect("listed").count(), 3, "a picture for every driving frame");
    }
}
