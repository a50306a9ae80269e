//! The worker's side of a recording: takes pictures and sound as they come, keeps their clocks together, and ends well whatever happens.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, never, select};
use image::RgbaImage;

use super::gif::GifSink;
use super::mp4::Mp4Sink;
use super::png_sequence::PngSink;
use super::recorder::{PushedSound, RecordFrame};
use super::status::Board;
use super::{AudioSource, Finished, LiveSound, RecordError, RecordFormat, RecordOptions, TimedSound, files};
use crate::data::{AudioBlock, SAMPLE_RATE_HZ};

/// How often live sound is fetched when nothing else happens.
const LIVE_INTERVAL: Duration = Duration::from_millis(20);

/// Sound that waits for the first picture: at most this many blocks, then the oldest go.
const MOST_EARLY_BLOCKS: usize = 4096;

/// Live sound that waits for the first picture: older than this it cannot belong to it.
const EARLY_LIVE: Duration = Duration::from_secs(3);

/// Where pictures and sound end up; one per format. Times start with the first picture.
pub(super) trait Sink: Send {
    /// Records a picture that is seen from `pts` on.
    fn picture(&mut self, picture: &RgbaImage, pts: Duration) -> Result<(), RecordError>;

    /// Records sound that belongs at `at_sample`. Returns whether any of it was used.
    fn sound(&mut self, _block: &AudioBlock, _at_sample: i64) -> Result<bool, RecordError> {
        Ok(true)
    }

    /// Bytes written so far.
    fn bytes(&self) -> u64;

    /// Completes the recording, the last picture being seen until `end`, or keeps what can be kept.
    fn finish(self: Box<Self>, end: Duration, progress: &mut dyn FnMut(f32)) -> Result<Kept, RecordError>;

    /// Gives the recording up and removes what was written, and nothing else.
    fn discard(self: Box<Self>) -> Result<(), RecordError>;
}

/// What a sink leaves behind.
pub(super) struct Kept {
    /// The file or folder.
    pub(super) path: PathBuf,
    /// Its length.
    pub(super) duration: Duration,
    /// Pictures in it.
    pub(super) frames: u64,
    /// What went less well than it should.
    pub(super) warning: Option<String>,
    /// Why it is shorter than it should be, if it is.
    pub(super) problem: Option<RecordError>,
}

/// The first picture's place on both clocks: zero of the recording.
#[derive(Clone, Copy)]
struct Zero {
    pts: Duration,
    captured_at: Instant,
}

/// A recording on its worker thread.
pub(super) struct Session {
    options: RecordOptions,
    board: Arc<Board>,
    sink: Box<dyn Sink>,
    live: Option<Box<dyn LiveSound>>,
    wants_pushed_sound: bool,
    zero: Option<Zero>,
    newest_pts: Duration,
    newest_gap: Duration,
    early_pushed: VecDeque<PushedSound>,
    early_live: VecDeque<TimedSound>,
}

impl Session {
    /// Opens the output.
    ///
    /// # Errors
    /// When the place cannot be written or the disk is nearly full.
    pub(super) fn open(options: RecordOptions, audio: AudioSource, board: Arc<Board>) -> Result<Self, RecordError> {
        let with_sound = !matches!(audio, AudioSource::None);
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
    pub(super) fn with_sink(options: RecordOptions, audio: AudioSource, board: Arc<Board>, sink: Box<dyn Sink>) -> Self {
        let wants_pushed_sound = matches!(audio, AudioSource::Pushed);
        let live = if let AudioSource::Live(live) = audio { Some(live) } else { None };
        let newest_gap = Duration::from_secs_f32(1.0 / options.fps_hint.clamp(1.0, 240.0));
        Self {
            options,
            board,
            sink,
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
        let pts = frame.pts.saturating_sub(zero.pts);
        if !is_first && pts.saturating_sub(self.newest_pts) < LEAST_STEP {
            self.board.edit().dropped += 1;
            return Ok(());
        }
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
        let later = run.captured_at.saturating_duration_since(zero.captured_at);
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
        Ok(Finished { path: kept.path, frames, dropped: status.dropped, duration, bytes, warnings: status.warnings })
    }
}

/// Pictures closer together than this cannot both be shown.
const LEAST_STEP: Duration = Duration::from_micros(100);

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
