//! The driving clip's own sound, handed to a recording in step with the pictures.

use std::path::PathBuf;
use std::time::Duration;

use super::error::PipelineError;
use crate::capture::{SoundReader, SourceInfo, SourceSpec};
use crate::data::{AudioBlock, SAMPLE_RATE_HZ};
use crate::record::Recorder;
use crate::session::Sound;

/// How far the sound runs ahead of the pictures, so that an encoder's frame is never cut short.
const LEAD: Duration = Duration::from_millis(250);

/// Reads a clip's sound from any position on, across repetitions.
pub(super) struct ClipSound {
    path: PathBuf,
    loop_secs: Option<f64>,
    reader: Option<SoundReader>,
    position_secs: f64,
    loop_start_secs: f64,
}

impl ClipSound {
    /// The sound that a job asks for; `None` when it wants none or the clip has none.
    pub(super) fn for_driver(driver: &SourceSpec, info: &SourceInfo, wanted: &Sound) -> Result<Option<Self>, PipelineError> {
        if *wanted != Sound::OfDriver || !info.has_sound {
            return Ok(None);
        }
        Self::from_position(driver, info, Duration::ZERO)
    }

    /// The sound of a clip from a position of its media time on; `None` when the driver is no clip or has no sound.
    pub(super) fn from_position(driver: &SourceSpec, info: &SourceInfo, at: Duration) -> Result<Option<Self>, PipelineError> {
        let SourceSpec::Clip { path, looped } = driver else { return Ok(None) };
        if !info.has_sound {
            return Ok(None);
        }
        let loop_secs = info.duration.filter(|d| *looped && !d.is_zero()).map(|d| d.as_secs_f64());
        let loop_start_secs = loop_secs.map_or(0.0, |length| (at.as_secs_f64() / length).floor() * length);
        let mut sound = Self { path: path.clone(), loop_secs, reader: None, position_secs: loop_start_secs, loop_start_secs };
        sound.reader = SoundReader::open(path)?;
        sound.skip_to(at.as_secs_f64())?;
        Ok(Some(sound))
    }

    /// Pushes everything up to `media_time` and a little further. The picture of that time is recorded at `pts`.
    pub(super) fn push_until(&mut self, recorder: &Recorder, media_time: Duration, pts: Duration) -> Result<(), PipelineError> {
        let end = (media_time + LEAD).as_secs_f64();
        let later_secs = pts.as_secs_f64() - media_time.as_secs_f64();
        while self.position_secs < end {
            let at = Duration::try_from_secs_f64(self.position_secs + later_secs).unwrap_or_default();
            let Some(block) = self.next_block()? else { break };
            if recorder.push_audio(block, at).is_err() {
                break;
            }
        }
        Ok(())
    }

    fn skip_to(&mut self, target_secs: f64) -> Result<(), PipelineError> {
        while self.position_secs < target_secs && self.next_block()?.is_some() {}
        Ok(())
    }

    /// The next block, no longer than the repetition it belongs to; `None` at the end of a clip that does not repeat.
    fn next_block(&mut self) -> Result<Option<AudioBlock>, PipelineError> {
        let block = match &mut self.reader {
            Some(reader) => reader.next_block()?,
            None => None,
        };
        let loop_end = self.loop_secs.map(|length| self.loop_start_secs + length);
        if let Some(mut block) = block {
            if let Some(end) = loop_end {
                let room = ((end - self.position_secs).max(0.0) * f64::from(SAMPLE_RATE_HZ)) as usize;
                block.left.truncate(room);
                block.right.truncate(room);
                if block.is_empty() {
                    return self.restart(end);
                }
            }
            self.position_secs += block.duration_secs();
            return Ok(Some(block));
        }
        loop_end.map_or(Ok(None), |end| self.restart(end))
    }

    /// Begins the next repetition; what the sound is shorter than the pictures stays a gap, which the recorder fills with silence.
    fn restart(&mut self, at_secs: f64) -> Result<Option<AudioBlock>, PipelineError> {
        self.reader = SoundReader::open(&self.path)?;
        self.position_secs = at_secs;
        self.loop_start_secs = at_secs;
        // An empty block tells the caller to ask again at the new position.
        Ok(Some(AudioBlock::default()))
    }
}
