//! Writes the settings when they have been left alone for a moment, on a thread of its own.

use crate::runtime::{Latest, LatestReader, Worker};
use crate::settings::{Settings, SettingsError, SettingsFile};

/// How long settings rest before they are written, in seconds.
const REST_SECS: f64 = 1.0;

/// Keeps the settings file up to date.
pub(super) struct SettingsKeeper {
    file: Option<SettingsFile>,
    changed_at_secs: Option<f64>,
    writing: Option<(Worker, LatestReader<SettingsError>)>,
}

impl SettingsKeeper {
    /// Without a file nothing is kept.
    pub(super) fn new(file: Option<SettingsFile>) -> Self {
        Self { file, changed_at_secs: None, writing: None }
    }

    /// The settings have changed.
    pub(super) fn touch(&mut self, now_secs: f64) {
        self.changed_at_secs = Some(now_secs);
    }

    /// Writes when it is time. Returns an error of an earlier write, and in how many seconds to call again.
    pub(super) fn tick(&mut self, settings: &Settings, now_secs: f64) -> (Option<SettingsError>, Option<f64>) {
        let error = self.writing.as_ref().and_then(|(_, errors)| errors.take());
        if self.writing.as_ref().is_some_and(|(worker, _)| worker.is_finished()) {
            self.writing = None;
        }
        let Some(changed_at) = self.changed_at_secs else { return (error, None) };
        let left = changed_at + REST_SECS - now_secs;
        if left > 0.0 || self.writing.is_some() {
            return (error, Some(left.max(0.1)));
        }
        self.changed_at_secs = None;
        (error.or(self.write(settings.clone())), None)
    }

    fn write(&mut self, settings: Settings) -> Option<SettingsError> {
        let file = self.file.clone()?;
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
        None
    }

    /// Writes what is not written yet, now: for the end of the program.
    pub(super) fn finish(&mut self, settings: &Settings) {
        self.writing = None;
        if self.changed_at_secs.take().is_some()
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
        assert_eq!(keeper.tick(&settings, 11.1).1, None, "written now, nothing left to do");
        keeper.finish(&settings);
        assert_eq!(file.load().0, settings, "finish waits for the write");
        let settings = Settings::default();
        keeper.touch(20.0);
        keeper.finish(&settings);
        assert_eq!(file.load().0, settings, "the end does not wait for the rest");
    }
}
