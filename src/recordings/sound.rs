//! The sound of a film, for a new file and for the ear.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::RecordingsError;
use crate::capture::{Playback, SoundReader, Transport};
use crate::data::{AudioBlock, SAMPLE_RATE_HZ};
use crate::record::Recorder;
use crate::runtime::{StopFlag, Worker};
use crate::speaker::Speaker;

/// How far the sound of a new file runs ahead of its pictures.
const LEAD: Duration = Duration::from_millis(250);
/// Sound that is kept ready for the ear, in seconds; more would go on after a pause.
const AHEAD_SECS: f64 = 0.12;
/// Sound that is farther from its picture than this, in seconds, is taken from the right place anew.
const MOST_OFF_SECS: f64 = 0.2;
/// No sooner than this after the last time: finding a place in a long film takes a while.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often the ear's sound is looked after.
const INTERVAL: Duration = Duration::from_millis(20);

/// A film's sound from a place on.
pub(super) struct FilmSound {
    reader: SoundReader,
    /// A block that was read to find the place.
    waiting: Option<AudioBlock>,
    /// Where the next block begins.
    at: Duration,
}

impl FilmSound {
    /// From the block on in which the place lies; `None` where the film has no sound.
    pub(super) fn open(path: &Path, from: Duration) -> Result<Option<Self>, RecordingsError> {
        let Some(mut reader) = SoundReader::open(path)? else { return Ok(None) };
        loop {
            let at = position(&reader);
            let Some(block) = reader.next_block()? else { return Ok(Some(Self { reader, waiting: None, at })) };
            if position(&reader) > from {
                return Ok(Some(Self { reader, waiting: Some(block), at }));
            }
        }
    }

    /// The next block and where it begins.
    fn next(&mut self) -> Result<Option<(AudioBlock, Duration)>, RecordingsError> {
        let at = self.at;
        let block = match self.waiting.take() {
            Some(block) => Some(block),
            None => self.reader.next_block()?,
        };
        self.at = position(&self.reader);
        Ok(block.map(|block| (block, at)))
    }

    /// Hands over everything up to a time of the film and a little further. What lies before the first picture the recorder leaves out.
    pub(super) fn push_until(&mut self, recorder: &Recorder, time: Duration) -> Result<(), RecordingsError> {
        while self.at < time + LEAD {
            let Some((block, at)) = self.next()? else { break };
            if recorder.push_audio(block, at).is_err() {
                break;
            }
        }
        Ok(())
    }
}

fn position(reader: &SoundReader) -> Duration {
    Duration::from_secs_f64(reader.position() as f64 / f64::from(SAMPLE_RATE_HZ))
}

/// Lets a film be heard while it is played, in step with its pictures. Dropping it makes it silent.
pub struct Hearing {
    worker: Option<Worker>,
    volume_bits: Arc<AtomicU32>,
}

impl Hearing {
    /// Opens the sound output and follows `transport`. `on_trouble` is told why nothing is heard, if so.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        path: PathBuf,
        transport: Transport,
        volume: f32,
        on_trouble: impl Fn(String) + Send + 'static,
    ) -> Result<Self, RecordingsError> {
        let volume_bits = Arc::new(AtomicU32::new(volume.to_bits()));
        let volume = Arc::clone(&volume_bits);
        let body = move |stop: &StopFlag| {
            let ear = Ear { path, transport, volume, sound: None, at_end: false, placed_at: None };
            if let Err(why) = ear.listen(stop) {
                on_trouble(why);
            }
        };
        let worker = Worker::spawn("replay sound", body, |error| tracing::error!("{error}"))?;
        Ok(Self { worker: Some(worker), volume_bits })
    }

    /// How loud, from 0 to 1.
    pub fn set_volume(&self, volume: f32) {
        self.volume_bits.store(volume.to_bits(), Ordering::Relaxed);
    }
}

impl Drop for Hearing {
    fn drop(&mut self) {
        // It may be waiting for a sound system that does not answer.
        if let Some(worker) = self.worker.take() {
            worker.abandon();
        }
    }
}

/// What the thread works with.
struct Ear {
    path: PathBuf,
    transport: Transport,
    volume: Arc<AtomicU32>,
    sound: Option<FilmSound>,
    /// Whether the film has no more sound.
    at_end: bool,
    placed_at: Option<Instant>,
}

impl Ear {
    fn listen(mut self, stop: &StopFlag) -> Result<(), String> {
        let mut speaker = Speaker::open().map_err(|error| error.to_string())?;
        while !stop.sleep_until(Instant::now() + INTERVAL) {
            if speaker.has_failed() {
                return Err("the sound output is gone".to_owned());
            }
            speaker.set_volume(f32::from_bits(self.volume.load(Ordering::Relaxed)));
            let playback = self.transport.playback();
            if is_heard(&playback) {
                self.keep_ahead(&mut speaker, playback.position).map_err(|error| error.to_string())?;
            }
        }
        Ok(())
    }

    fn keep_ahead(&mut self, speaker: &mut Speaker, shown: Duration) -> Result<(), RecordingsError> {
        let heard_secs = self.sound.as_ref().map(|sound| sound.at.as_secs_f64() - speaker.queued_secs());
        if is_off(heard_secs, shown.as_secs_f64(), self.at_end) {
            if self.placed_at.is_some_and(|at| at.elapsed() < PATIENCE) {
                return Ok(());
            }
            self.sound = FilmSound::open(&self.path, shown)?;
            (self.at_end, self.placed_at) = (false, Some(Instant::now()));
        }
        let Some(sound) = &mut self.sound else { return Ok(()) };
        while speaker.queued_secs() < AHEAD_SECS {
            let Some((block, _)) = sound.next()? else {
                self.at_end = true;
                break;
            };
            speaker.push(&block);
        }
        Ok(())
    }
}

/// Whether sound belongs to what is shown just now.
fn is_heard(playback: &Playback) -> bool {
    !playback.paused && !playback.waiting && !playback.ended && (playback.speed - 1.0).abs() < f32::EPSILON
}

/// Whether the sound that leaves the speaker now belongs to another picture. Behind the end of the sound there is none to be had.
fn is_off(heard_secs: Option<f64>, shown_secs: f64, at_end: bool) -> bool {
    heard_secs.is_none_or(|heard| (heard - shown_secs).abs() > MOST_OFF_SECS && !(at_end && shown_secs > heard))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_is_placed_anew_only_where_it_belongs_to_another_picture() {
        assert!(is_off(None, 0.0, false), "at the beginning");
        assert!(!is_off(Some(5.1), 5.0, false) && !is_off(Some(4.9), 5.0, false), "a little off nobody hears");
        assert!(is_off(Some(5.0), 9.0, false) && is_off(Some(9.0), 5.0, false), "somewhere else in the film");
        assert!(!is_off(Some(5.0), 9.0, true), "where there is no more sound, none is looked for");
        assert!(is_off(Some(5.0), 1.0, true), "but at its beginning there is again");
    }

    #[test]
    fn nothing_is_heard_while_the_film_stands_still_or_is_not_at_its_own_speed() {
        let playing = Transport::new(false, false).playback();
        assert!(is_heard(&playing), "it plays");
        for still in [
            Playback { paused: true, ..playing.clone() },
            Playback { waiting: true, ..playing.clone() },
            Playback { ended: true, ..playing.clone() },
            Playback { speed: 0.5, ..playing.clone() },
        ] {
            assert!(!is_heard(&still), "{still:?}");
        }
    }
}
