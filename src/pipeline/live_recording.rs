//! A recording that runs beside the live pictures: gives them their place in time.

use std::time::{Duration, Instant};

use super::clip_sound::ClipSound;
use super::error::PipelineError;
use super::panes::{Moment, SideBySide};
use super::returning::{Returned, Returning};
use super::shared::RunningDriver;
use crate::data::FrameTime;
use crate::gpu::Gpu;
use crate::record::{Finished, RecordError, RecordFrame, RecordStatus, Recorder};
use crate::runtime::AwakeClock;
use crate::session::{Panes, RenderedImage};

/// A driver whose own clock leaves the wall clock by more than this has been changed or has jumped.
const JUMP: Duration = Duration::from_millis(700);

/// A recording that is open.
pub(super) struct Recording {
    pub(super) recorder: Recorder,
    /// The clip whose sound it gets, from where the clip is when the first picture comes.
    pub(super) clip: Option<RunningDriver>,
    /// What it shows beside the living portrait.
    pub(super) panes: Panes,
}

/// The running recording.
pub(super) struct LiveRecording {
    feed: RecorderFeed,
    returning: Returning<Moment>,
}

/// Gives the recorder pictures that are there, and the clip's sound that belongs to them.
struct RecorderFeed {
    recorder: Recorder,
    clock: RecordClock,
    clip: Option<RunningDriver>,
    /// The unbroken run of the clip that is recorded, and its sound, unless that could not be had.
    sound: Option<(u64, Option<ClipSound>)>,
    panes: SideBySide,
}

impl LiveRecording {
    /// Records pictures of `gpu`, or of the CPU.
    pub(super) fn new(Recording { recorder, clip, panes }: Recording, gpu: Option<&Gpu>) -> Self {
        let feed = RecorderFeed { recorder, clock: RecordClock::watching(), clip, sound: None, panes: SideBySide::new(panes) };
        Self { feed, returning: Returning::new(gpu) }
    }

    /// Adds a part of the picture of a driving frame, or all of it. Never waits. The recorder leaves out one that is shown once more, such as after a change of the portrait.
    pub(super) fn add(&mut self, image: &RenderedImage, moment: Moment) {
        self.returning.add(image, moment, |picture, moment| self.feed.push(picture, &moment));
    }

    /// How it stands.
    pub(super) fn status(&self) -> RecordStatus {
        self.feed.recorder.status()
    }

    /// Whether it has stopped by itself.
    pub(super) fn is_over(&self) -> bool {
        self.feed.recorder.is_finished()
    }

    /// Completes the file; `progress` sees the status meanwhile.
    pub(super) fn finish(mut self, mut progress: impl FnMut(RecordStatus)) -> Result<Finished, RecordError> {
        self.returning.drain(|picture, moment| self.feed.push(picture, &moment));
        let recorder = self.feed.recorder;
        let status = recorder.status();
        recorder.finish(|share| progress(RecordStatus { finishing: Some(share), ..status.clone() }))
    }
}

impl RecorderFeed {
    fn push(&mut self, picture: Returned, moment: &Moment) {
        let time = moment.time;
        if self.clock.is_past(time) {
            return tracing::warn!("a recorded frame came after a newer one and is left out");
        }
        let pixels = match picture.part(moment.part) {
            Ok(pixels) => self.panes.compose(pixels, moment),
            Err(error) => return tracing::warn!("a recorded frame was lost: {error}"),
        };
        let (pts, steady) = self.clock.pts(time);
        self.push_sound(time, pts, steady);
        self.recorder.try_push(RecordFrame { pixels, pts, captured_at: time.captured_at });
    }

    /// Hands over the clip's sound up to the picture that is recorded at `pts`. It begins anew where the clip was left for another place of it, and stops where
    /// something else drives or the clip is not played at its own speed.
    fn push_sound(&mut self, time: FrameTime, pts: Duration, steady: bool) {
        let Some(clip) = &self.clip else { return };
        let place = clip.transport.as_ref().and_then(|transport| transport.place(time.media_time));
        let Some(place) = place.filter(|place| (place.speed - 1.0).abs() < f32::EPSILON) else {
            self.sound = None;
            return;
        };
        if !steady || self.sound.as_ref().is_none_or(|(run, _)| *run != place.run) {
            self.sound = Some((place.run, start_sound(clip, place.media_time)));
        }
        if let Some((_, Some(sound))) = &mut self.sound
            && let Err(error) = sound.push_until(&self.recorder, place.media_time, pts)
        {
            tracing::warn!("the clip's sound stops here: {error}");
            (self.sound, self.clip) = (None, None);
        }
    }
}

fn start_sound(clip: &RunningDriver, at: Duration) -> Option<ClipSound> {
    ClipSound::from_position(&clip.spec, &clip.info, at).unwrap_or_else(|error: PipelineError| {
        tracing::warn!("recording without the clip's sound: {error}");
        None
    })
}

/// Gives recorded pictures their time: the driver's own clock, which is steadier than arrival, as long as it runs with the wall clock. The wall clock counts while
/// the program runs: one that was stopped for a minute has not recorded that minute.
#[derive(Default)]
struct RecordClock {
    awake: Option<AwakeClock>,
    last: Option<Last>,
}

struct Last {
    media_time: Duration,
    captured_at: Instant,
    pts: Duration,
}

impl RecordClock {
    fn watching() -> Self {
        let awake = AwakeClock::watch().inspect_err(|error| tracing::warn!("{error}")).ok();
        Self { awake, last: None }
    }

    /// Whether a newer picture has been given its time already.
    fn is_past(&self, time: FrameTime) -> bool {
        self.last.as_ref().is_some_and(|last| time.captured_at < last.captured_at)
    }

    /// Presentation time of a picture, and whether its driver's clock has run on without a jump.
    fn pts(&mut self, time: FrameTime) -> (Duration, bool) {
        let (pts, steady) = match &self.last {
            None => (time.media_time, true),
            Some(last) => {
                let by_wall = match &self.awake {
                    Some(awake) => awake.between(last.captured_at, time.captured_at),
                    None => time.captured_at.saturating_duration_since(last.captured_at),
                };
                match time.media_time.checked_sub(last.media_time) {
                    Some(by_media) if by_media.abs_diff(by_wall) < JUMP => (last.pts + by_media, true),
                    _ => (last.pts + by_wall, false),
                }
            }
        };
        self.last = Some(Last { media_time: time.media_time, captured_at: time.captured_at, pts });
        (pts, steady)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::record::{AudioSource, RecordOptions};

    #[test]
    fn a_change_of_driver_goes_on_by_the_wall_clock() {
        let start = Instant::now();
        let at = |media_ms, wall_ms| FrameTime {
            index: 0,
            media_time: Duration::from_millis(media_ms),
            captured_at: start + Duration::from_millis(wall_ms),
        };
        let mut clock = RecordClock::default();
        let times = [at(5000, 0), at(5033, 40), at(5066, 64), at(0, 200), at(33, 231)];
        let pts: Vec<_> = times.map(|t| clock.pts(t)).into_iter().map(|(pts, steady)| (pts.as_millis(), steady)).collect();
        let expected = [(5000, true), (5033, true), (5066, true), (5202, false), (5235, true)];
        assert_eq!(pts, expected, "steady on the clip's clock, then 136 ms of wall clock across the change");
    }

    #[test]
    fn a_picture_that_comes_after_a_newer_one_is_no_change_of_driver() {
        let start = Instant::now();
        let at = |ms| FrameTime { index: 0, media_time: Duration::from_millis(ms), captured_at: start + Duration::from_millis(ms) };
        let mut clock = RecordClock::default();
        assert!(!clock.is_past(at(40)), "the first one");
        clock.pts(at(40));
        assert!(clock.is_past(at(7)) && !clock.is_past(at(40)) && !clock.is_past(at(73)), "older, the same, newer");
        assert_eq!(clock.pts(at(73)), (Duration::from_millis(73), true), "the clock, and with it the clip's sound, goes on");
    }

    #[test]
    fn a_driving_frame_that_is_shown_again_is_recorded_once_and_not_counted_as_lost() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = RecordOptions::new(folder.path().join("frames")).expect("a folder of pictures");
        let recorder = Recorder::start(options, AudioSource::None).expect("a recorder");
        let mut recording = LiveRecording::new(Recording { recorder, clip: None, panes: Panes::Alone }, None);
        let start = Instant::now();
        let picture = RenderedImage::Cpu(Arc::new(image::RgbaImage::new(16, 16)));
        for ms in [0, 33, 33, 33, 66, 66] {
            let media_time = Duration::from_millis(ms);
            let time = FrameTime { index: ms, media_time, captured_at: start + media_time };
            recording.add(&picture, Moment { time, part: None, original: Arc::default(), driver: None, mirror: false });
        }
        let finished = recording.finish(|_| {}).expect("a recording");
        let counts = (finished.frames, finished.dropped, finished.repeated);
        assert_eq!(counts, (3, 0, 3), "three driving frames, none of them lost, and three that were there already");
    }
}
