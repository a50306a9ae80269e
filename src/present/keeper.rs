//! Writes the settings when they have been left alone for a moment, on a thread of its own.

use crate::runtime::{Latest, LatestReader, Worker};
use crate::settings::{Settings, SettingsError, SettingsFile};

/// How long settings rest before they are written, in seconds.
const REST_SECS: f64 = 1.0;
/// Longest time until settings that could not be written are tried again, in seconds.
const MAX_PAUSE_SECS: f64 = 60.0;
/// While they are being written, it is looked so often whether that has gone well, in seconds.
const LOOK_SECS: f64 = 0.25;

/// Keeps the settings file up to date.
pub(super) struct SettingsKeeper {
    file: Option<SettingsFile>,
    changed_at_secs: Option<f64>,
    /// How long they rest now: longer and longer while they cannot be written.
    rest_secs: f64,
    /// The error that was told last, so that it is not told at every attempt.
    told: String,
    writing: Option<(Worker, LatestReader<SettingsError>)>,
}

impl SettingsKeeper {
    /// Without a file nothing is kept.
    pub(super) fn new(file: Option<SettingsFile>) -> Self {
        Self { file, changed_at_secs: None, rest_secs: REST_SECS, told: String::new(), writing: None }
    }

    /// The settings have changed.
    pub(super) fn touch(&mut self, now_secs: f64) {
        self.changed_at_secs = Some(now_secs);
    }

    /// Writes when it is time. Returns an error of an earlier write, and in how many seconds to call again.
    pub(super) fn tick(&mut self, settings: &Settings, now_secs: f64) -> (Option<SettingsError>, Option<f64>) {
        let error = self.writing.take_if(|(worker, _)| worker.is_finished()).and_then(|(_, errors)| self.written(errors.take(), now_secs));
        let Some(changed_at) = self.changed_at_secs else { return (error, self.writing.is_some().then_some(LOOK_SECS)) };
        let left = changed_at + self.rest_secs - now_secs;
        if left > 0.0 || self.writing.is_some() {
            return (error, Some(left.max(LOOK_SECS)));
        }
        self.changed_at_secs = None;
        self.write(settings.clone());
        (error, self.writing.is_some().then_some(LOOK_SECS))
    }

    /// What was not written is tried again. Gives an error that was not told yet.
    fn written(&mut self, error: Option<SettingsError>, now_secs: f64) -> Option<SettingsError> {
        let Some(error) = error else {
            (self.rest_secs, self.told) = (REST_SECS, String::new());
            return None;
        };
        self.rest_secs = (2.0 * self.rest_secs).min(MAX_PAUSE_SECS);
        self.changed_at_secs.get_or_insert(now_secs);
        let told = std::mem::replace(&mut self.told, error.to_string());
        (told != self.told).then_some(error)
    }

    fn write(&mut self, settings: Settings) {
        let Some(file) = self.file.clone() else { return };
        let (errors, reader) = Latest::new();
        let body = move |_: &_| {
            if let Err(error) = file.save(&settings) {
                errors.put(error);
            }
        };
        match Worker::spawn("settings", body, |error| tracing::error!("{error}")) {
            Ok(worker) => self.writing = Some((worker, reader)),
            Err(error) => tracing::error!("settings are not saved: {error}"),
        }
    }

    /// Writes what is not written yet, now: for the end of the program.
    pub(super) fn finish(&mut self, settings: &Settings) {
        let failed = self.writing.take().is_some_and(|(worker, errors)| {
            drop(worker);
            errors.take().is_some()
        });
        if (self.changed_at_secs.take().is_some() || failed)
            && let Some(file) = &self.file
            && let Err(error) = file.save(settings)
        {
            tracing::error!("{error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_written_after_a_rest_and_at_the_end() {
        let dir = tempfile::tempdir().expect("a folder for the test");
        let file = SettingsFile::at(dir.path().join("settings.toml"));
        let mut keeper = SettingsKeeper::new(Some(file.clone()));
        let settings = Settings { record_sound: false, ..Settings::default() };
        keeper.touch(10.0);
        assert_eq!(keeper.tick(&settings, 10.5).1, Some(0.5), "not before they have rested");
        assert!(!file.path().exists(), "nothing is written yet");
        assert_eq!(keeper.tick(&settings, 11.1).1, Some(LOOK_SECS), "written now; it remains to be seen how that goes");
        keeper.finish(&settings);
        assert_eq!(file.load().0, settings, "finish waits for the write");
        let settings = Settings::default();
        keeper.touch(20.0);
        keeper.finish(&settings);
        assert_eq!(file.load().0, settings, "the end does not wait for the rest");
    }

    /// Ticks until a write that is under way has ended, at the same moment of the window's clock. Gives the error that is told.
    fn outcome(keeper: &mut SettingsKeeper, settings: &Settings, now_secs: f64) -> Option<SettingsError> {
        while keeper.writing.as_ref().is_some_and(|(worker, _)| !worker.is_finished()) {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        keeper.tick(settings, now_secs).0
    }

    #[test]
    fn settings_that_cannot_be_written_are_tried_again() {
        let dir = tempfile::tempdir().expect("a folder for the test");
        let place = dir.path().join("retrato");
        std::fs::write(&place, b"a file where the folder should be").expect("a file");
        let file = SettingsFile::at(place.join("settings.toml"));
        let settings = Settings { record_sound: false, ..Settings::default() };
        let mut keeper = SettingsKeeper::new(Some(file.clone()));
        keeper.touch(0.0);
        keeper.tick(&settings, 1.0);
        assert!(outcome(&mut keeper, &settings, 1.5).is_some(), "the error is told");
        keeper.tick(&settings, 4.0);
        assert!(outcome(&mut keeper, &settings, 4.5).is_none(), "tried again, and told once");
        keeper.tick(&settings, 9.0);
        assert!(keeper.writing.is_some(), "and again, after a longer while");
        while !keeper.writing.as_ref().is_some_and(|(worker, _)| worker.is_finished()) {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        std::fs::remove_file(&place).expect("out of the way");
        keeper.finish(&settings);
        assert_eq!(file.load().0, settings, "the end tries once more what has just failed");
    }
}
