//! A stored performance as a source.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::error::CaptureError;
use super::source::{Source, SourceInfo, SourceKind};
use crate::data::{FrameTime, Input, Performance};

/// Plays a performance.
pub(super) struct PerformanceSource {
    info: SourceInfo,
    data: Arc<Performance>,
    length: Duration,
    looped: bool,
    loops: u64,
    next: usize,
}

impl PerformanceSource {
    /// From its beginning.
    pub(super) fn new(name: &str, data: &Arc<Performance>, looped: bool) -> Self {
        let length = data.duration();
        let info = SourceInfo {
            name: name.to_owned(),
            kind: SourceKind::Performance,
            size: data.header.size(),
            fps: data.header.fps,
            frames: Some(data.frames.len() as u64),
            duration: Some(length),
            has_sound: false,
            decoder: "stored motion".to_owned(),
        };
        Self { info, data: Arc::clone(data), length, looped, loops: 0, next: 0 }
    }
}

impl Source for PerformanceSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next(&mut self) -> Result<Option<Input>, CaptureError> {
        if self.next >= self.data.frames.len() && self.looped && !self.data.frames.is_empty() {
            self.next = 0;
            self.loops += 1;
        }
        let Some(frame) = self.data.frames.get(self.next) else { return Ok(None) };
        let begun = self.length.as_secs_f64() * self.loops as f64;
        let time = FrameTime {
            index: self.loops * self.data.frames.len() as u64 + self.next as u64,
            media_time: Duration::try_from_secs_f64(begun + frame.time_secs).unwrap_or_default(),
            captured_at: Instant::now(),
        };
        self.next += 1;
        Ok(Some(Input::Motion(time, frame.motion(self.info.size))))
    }

    fn loops(&self) -> u64 {
        self.loops
    }

    fn seek(&mut self, to: Duration) -> Result<(), CaptureError> {
        // What is shown at a moment is the last frame that has begun by then.
        let begun = self.data.frames.partition_point(|frame| frame.time_secs <= to.as_secs_f64());
        self.next = begun.saturating_sub(1);
        Ok(())
    }

    fn set_looped(&mut self, looped: bool) {
        self.looped = looped;
    }
}

#[cfg(test)]
mod tests {
    use glam::Vec2;

    use super::*;
    use crate::data::{Landmarks, PerformanceFrame, PerformanceHeader};

    fn performance() -> Arc<Performance> {
        let frame = |i: usize| PerformanceFrame {
            time_secs: i as f64 * 0.1,
            landmarks: (i != 1).then(|| Landmarks([Vec2::splat(i as f32); 68])),
            gaze: Some([0.25, -0.1]),
            ..PerformanceFrame::default()
        };
        Arc::new(Performance { header: PerformanceHeader::new("x", 10.0, [320, 240], Some(3)), frames: (0..3).map(frame).collect() })
    }

    fn times(source: &mut PerformanceSource, count: usize) -> Vec<(u64, u128, bool)> {
        let next = |_| match source.next() {
            Ok(Some(Input::Motion(time, motion))) => {
                let gaze = motion.as_ref().and_then(|motion| motion.gaze);
                assert_eq!(gaze, motion.as_ref().map(|_| Vec2::new(0.25, -0.1)), "the stored gaze is played");
                Some((time.index, time.media_time.as_millis(), motion.is_some()))
            }
            _ => None,
        };
        (0..count).map_while(next).collect()
    }

    #[test]
    fn plays_once_and_ends() {
        let mut source = PerformanceSource::new("x", &performance(), false);
        assert_eq!(times(&mut source, 9), [(0, 0, true), (1, 100, false), (2, 200, true)], "all frames, then the end");
        assert_eq!(source.info().size, [320, 240], "size of the driver");
    }

    #[test]
    fn another_place_is_gone_to_within_the_present_repetition() {
        let mut source = PerformanceSource::new("x", &performance(), true);
        assert_eq!(times(&mut source, 4)[3], (3, 300, true), "in the second repetition");
        source.seek(Duration::from_millis(150)).expect("a place");
        assert_eq!(times(&mut source, 2), [(4, 400, false), (5, 500, true)], "the frame that is shown there, and the next one");
        source.set_looped(false);
        assert!(times(&mut source, 2).is_empty(), "it does not start again any more");
        source.seek(Duration::ZERO).expect("a place");
        assert_eq!(times(&mut source, 9), [(3, 300, true), (4, 400, false), (5, 500, true)], "from the beginning, once");
    }

    #[test]
    fn repeating_runs_on_in_time_and_index() {
        let mut source = PerformanceSource::new("x", &performance(), true);
        assert_eq!(times(&mut source, 7)[2..5], [(2, 200, true), (3, 300, true), (4, 400, false)], "no jump at the seam");
        assert_eq!(source.loops(), 2, "started again twice");
    }
}
