//! What the program remembers between runs, and the TOML file it lives in.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

mod language;
mod motion;

use crate::gpu::TrialMs;
pub use crate::track::FaceReader;
pub use language::{Language, LanguageChoice};
pub use motion::{BuiltInPreset, Controls, Motion, MotionPreset, PRESETS, Strengths};

/// A settings file larger than this is not ours.
const MAX_FILE_BYTES: u64 = 1 << 20;
/// The key under which earlier versions kept the portraits that were opened last.
const FORMER_PORTRAITS: &str = "recent_portraits";
/// How many of those were kept.
const MAX_FORMER: usize = 12;
/// How many adapters' speeds are remembered.
const MAX_MEASURED: usize = 8;
/// Keys that are left out of the file while they have no value; they must not survive in it from an earlier run.
const OPTIONAL_KEYS: [&str; 5] = ["camera", "camera_index", "microphone", "landmark_model", "virtual_camera"];

/// Which executor makes the pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExecutorChoice {
    /// The graphics card where it is the faster one, otherwise the processor.
    #[default]
    Auto,
    /// The graphics card.
    Gpu,
    /// The processor.
    Cpu,
}

/// What moves the portrait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MovedBy {
    /// Its head in 3D.
    #[default]
    #[serde(rename = "head-3d")]
    Head3d,
    /// The motion net and the few-shot generator, which can be fine-tuned and take further pictures of the person.
    FewShot,
    /// The motion net alone.
    MotionNet,
    /// The closed form.
    LandmarkWarp,
}

/// When recordings are counted down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Countdown {
    /// When a camera drives: its user needs a moment to sit still.
    #[default]
    WithCamera,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How long a trial frame took on an adapter and on the CPU, and under which circumstances: with another driver or program it is measured anew.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MeasuredAdapter {
    /// The adapter's name and programming interface.
    pub adapter: String,
    /// Name and version of its driver.
    pub driver: String,
    /// Version of this program.
    pub program: String,
    /// Milliseconds on the CPU.
    pub cpu_ms: f64,
    /// Milliseconds on the adapter; infinite for one that cannot hold the picture.
    pub gpu_ms: f64,
    /// The same of the networks for a face, where the adapter may run them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub networks_ms: Option<TrialMs>,
}

/// Everything that is remembered between runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Which language the window speaks.
    pub language: LanguageChoice,
    /// Camera used last, by name.
    pub camera: Option<String>,
    /// The system's number of that camera, which tells it from another one of the same name.
    pub camera_index: Option<u32>,
    /// Microphone used last, by name; `None` is the system's default.
    pub microphone: Option<String>,
    /// Whether recordings have sound.
    pub record_sound: bool,
    /// Where recordings and snapshots go.
    pub recordings_dir: PathBuf,
    /// When recordings are counted down.
    pub countdown: Countdown,
    /// Whether recordings keep the picture's own size instead of at most 1080p.
    pub record_own_size: bool,
    /// Whether recordings and snapshots show a mark that says that they are synthetic.
    pub mark: bool,
    /// The landmark model, where it is not in its usual place.
    pub landmark_model: Option<PathBuf>,
    /// The device that the virtual camera writes to, such as `/dev/video9`; `None` takes the first free one.
    pub virtual_camera: Option<PathBuf>,
    /// Which executor makes the pictures.
    pub executor: ExecutorChoice,
    /// What moves the portrait, from the next start on.
    pub generator: MovedBy,
    /// Adapters that were measured, the newest first.
    pub measured_adapters: Vec<MeasuredAdapter>,
    /// The user's own presets of the motion, in the order in which they were made.
    pub presets: Vec<MotionPreset>,
    /// How the portrait follows the driver.
    pub controls: Controls,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            language: LanguageChoice::System,
            camera: None,
            camera_index: None,
            microphone: None,
            record_sound: true,
            recordings_dir: default_recordings_dir(),
            countdown: Countdown::WithCamera,
            record_own_size: false,
            mark: false,
            landmark_model: None,
            virtual_camera: None,
            executor: ExecutorChoice::Auto,
            generator: MovedBy::Head3d,
            measured_adapters: Vec::new(),
            presets: Vec::new(),
            // Somebody in front of a camera expects the screen to be a mirror; a command that reads a clip does not.
            controls: Controls { mirror: true, ..Controls::default() },
        }
    }
}

impl Settings {
    /// Remembers how fast an adapter is, in the place of what was known of it.
    pub fn remember_measured(&mut self, measured: MeasuredAdapter) {
        self.measured_adapters.retain(|known| known.adapter != measured.adapter);
        self.measured_adapters.insert(0, measured);
        self.measured_adapters.truncate(MAX_MEASURED);
    }

    fn sanitised(mut self) -> Self {
        self.measured_adapters.retain(|known| known.cpu_ms > 0.0 && known.cpu_ms.is_finite() && known.gpu_ms > 0.0);
        let sound = |ms: f64| ms > 0.0 && ms.is_finite();
        self.measured_adapters.retain(|known| known.networks_ms.is_none_or(|networks| sound(networks.cpu) && sound(networks.gpu)));
        self.measured_adapters.truncate(MAX_MEASURED);
        self.controls = self.controls.sanitised();
        self.presets = motion::sanitised_presets(self.presets);
        self
    }
}

/// `Retrato` in the user's video folder, else in the home folder, else in the current one.
fn default_recordings_dir() -> PathBuf {
    let user = directories::UserDirs::new();
    let parent = user.as_ref().and_then(|dirs| dirs.video_dir().or(Some(dirs.home_dir())));
    parent.unwrap_or(Path::new(".")).join("Retrato")
}

/// Why settings could not be written, or not be read.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The system tells us no place for configuration files.
    #[error("settings cannot be kept: the system names no configuration folder; set HOME or XDG_CONFIG_HOME")]
    NoPlace,
    /// The file is there but cannot be understood; it was set aside.
    #[error("the settings file was damaged, so the defaults are used; the old file was kept as {}", .kept.display())]
    Damaged {
        /// Where it lies now.
        kept: PathBuf,
    },
    /// The file is there but the system does not let us read it.
    #[error("the settings cannot be read, so the defaults are used; check the permissions of {}: {cause}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The file cannot be written.
    #[error("the settings cannot be saved; check the free space and permissions of {}: {cause}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// They name a language that the window does not speak.
    #[error(
        "the window does not speak the language `{named}`, so it takes the system's; for `language` in {} write system or one of {}",
        .path.display(),
        Language::ALL.map(Language::code).join(", ")
    )]
    Language {
        /// What they name.
        named: String,
        /// The file.
        path: PathBuf,
    },
    /// The settings cannot be put into TOML: a defect of this program.
    #[error("the settings cannot be written as TOML: {0}")]
    Encode(#[from] toml::ser::Error),
}

/// The place of the settings on disk.
#[derive(Clone, Debug)]
pub struct SettingsFile {
    path: PathBuf,
}

impl SettingsFile {
    /// The user's own file, in the system's configuration folder.
    pub fn of_user() -> Result<Self, SettingsError> {
        let dirs = directories::ProjectDirs::from("", "", "retrato").ok_or(SettingsError::NoPlace)?;
        Ok(Self::at(dirs.config_dir().join("settings.toml")))
    }

    /// A file anywhere.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where the file is, or will be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The settings, and what the user should know when they could not be had: a missing file is none of that.
    pub fn load(&self) -> (Settings, Option<SettingsError>) {
        let text = match self.read() {
            Ok(Some(text)) => text,
            Ok(None) => return (Settings::default(), None),
            Err(cause) => {
                let error = SettingsError::Read { path: self.path.clone(), cause };
                return (Settings::default(), Some(error));
            }
        };
        let parsed = text.map_err(str::to_owned).and_then(|text| toml::from_str::<Settings>(&text).map_err(|e| e.message().to_owned()));
        match parsed {
            Ok(settings) => {
                let unknown = match &settings.language {
                    LanguageChoice::Unknown(named) => Some(named.chars().filter(|c| !c.is_control()).take(20).collect()),
                    _ => None,
                };
                (settings.sanitised(), unknown.map(|named| SettingsError::Language { named, path: self.path.clone() }))
            }
            Err(cause) => (Settings::default(), Some(self.set_aside(&cause))),
        }
    }

    /// Writes the settings so that a crash leaves either the old file or the new one. Keys of other versions stay.
    pub fn save(&self, settings: &Settings) -> Result<(), SettingsError> {
        let mut table = self.read().ok().flatten().and_then(Result::ok).and_then(|text| text.parse().ok()).unwrap_or_default();
        for key in OPTIONAL_KEYS {
            toml::Table::remove(&mut table, key);
        }
        overlay(&mut table, toml::Table::try_from(settings)?);
        let text = toml::to_string_pretty(&table)?;
        self.replace(&text).map_err(|cause| SettingsError::Write { path: self.path.clone(), cause })
    }

    /// The file's text; the inner error is text that is not UTF-8 or too long, `None` a file that does not exist.
    fn read(&self) -> std::io::Result<Option<Result<String, &'static str>>> {
        let file = match std::fs::File::open(&self.path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let mut bytes = Vec::new();
        file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Ok(Some(Err("far too long for a settings file")));
        }
        Ok(Some(String::from_utf8(bytes).or(Err("not UTF-8 text"))))
    }

    /// The portraits that an earlier version kept here, the newest first; [`Collection`](crate::collection::Collection) keeps them now.
    pub fn former_portraits(&self) -> Vec<PathBuf> {
        let table: Option<toml::Table> = self.read().ok().flatten().and_then(Result::ok).and_then(|text| text.parse().ok());
        let listed = table.and_then(|table| table.get(FORMER_PORTRAITS)?.as_array().cloned()).unwrap_or_default();
        listed.iter().filter_map(|path| path.as_str()).map(PathBuf::from).filter(|path| path.is_absolute()).take(MAX_FORMER).collect()
    }

    /// Takes that list out of the file, once it is kept elsewhere.
    ///
    /// # Errors
    /// [`SettingsError::Write`].
    pub fn forget_former_portraits(&self) -> Result<(), SettingsError> {
        let Some(Ok(text)) = self.read().ok().flatten() else { return Ok(()) };
        let Ok(mut table) = text.parse::<toml::Table>() else { return Ok(()) };
        if toml::Table::remove(&mut table, FORMER_PORTRAITS).is_none() {
            return Ok(());
        }
        let text = toml::to_string_pretty(&table)?;
        self.replace(&text).map_err(|cause| SettingsError::Write { path: self.path.clone(), cause })
    }

    fn set_aside(&self, cause: &str) -> SettingsError {
        let kept = self.path.with_extension("toml.bad");
        match std::fs::rename(&self.path, &kept) {
            // What a parser says is for those who look for it, not for the person in front of the window.
            Ok(()) => {
                tracing::warn!("{} could not be understood: {cause}", self.path.display());
                SettingsError::Damaged { kept }
            }
            Err(cause) => SettingsError::Read { path: self.path.clone(), cause },
        }
    }

    fn replace(&self, text: &str) -> std::io::Result<()> {
        let dir = self.path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(dir)?;
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&self.path)?;
        Ok(())
    }
}

/// Puts every value of `top` over `base`, table by table, leaving what only `base` has.
fn overlay(base: &mut toml::Table, top: toml::Table) {
    for (key, value) in top {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => overlay(below, above),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_with(text: &str) -> (tempfile::TempDir, SettingsFile) {
        let dir = tempfile::tempdir().expect("a folder for the test");
        let file = SettingsFile::at(dir.path().join("retrato").join("settings.toml"));
        std::fs::create_dir_all(file.path().parent().expect("a parent")).expect("the folder");
        std::fs::write(file.path(), text).expect("the file");
        (dir, file)
    }

    fn measured(adapter: &str, gpu_ms: f64) -> MeasuredAdapter {
        let [adapter, driver, program] = [adapter, "Mesa 22", "0.1.0"].map(str::to_owned);
        MeasuredAdapter { adapter, driver, program, cpu_ms: 3.25, gpu_ms, networks_ms: Some(TrialMs { cpu: 6.5, gpu: 2.0 }) }
    }

    fn everything_set() -> Settings {
        Settings {
            language: LanguageChoice::Of(Language::Spanish),
            camera: Some("FaceCam".to_owned()),
            camera_index: Some(2),
            microphone: Some("Desk".to_owned()),
            landmark_model: Some(PathBuf::from("model.dat")),
            virtual_camera: Some(PathBuf::from("/dev/video9")),
            executor: ExecutorChoice::Cpu,
            generator: MovedBy::FewShot,
            measured_adapters: vec![measured("llvmpipe", 9.5)],
            record_sound: false,
            controls: Controls { smoothing: 0.25, mirror: false, reader: FaceReader::Dlib, ..Controls::default() },
            ..Settings::default()
        }
    }

    #[test]
    fn what_was_saved_is_loaded_again() {
        let dir = tempfile::tempdir().expect("a folder for the test");
        let file = SettingsFile::at(dir.path().join("new").join("settings.toml"));
        let (settings, warning) = file.load();
        assert_eq!(settings, Settings::default(), "a missing file gives the defaults");
        assert!(warning.is_none(), "a missing file is nothing to warn of");
        file.save(&everything_set()).expect("saved, with its folder");
        assert_eq!(file.load().0, everything_set(), "every value came back");
        file.save(&Settings::default()).expect("saved again");
        assert_eq!(file.load().0, Settings::default(), "values that were taken away are gone from the file");
    }

    #[test]
    fn every_key_that_can_be_absent_is_listed() {
        let full = toml::Table::try_from(everything_set()).expect("a table");
        let empty = toml::Table::try_from(Settings::default()).expect("a table");
        let absent: Vec<&str> = full.keys().map(String::as_str).filter(|key| !empty.contains_key(*key)).collect();
        let mut listed = OPTIONAL_KEYS;
        listed.sort_unstable();
        assert_eq!(absent, listed, "a new optional setting must be listed, or it could never be switched off");
    }

    #[test]
    fn keys_of_other_versions_survive_a_save() {
        let (_dir, file) = file_with("future = 7\n[controls]\nsmoothing = 0.1\nsparkle = true\n");
        let (settings, warning) = file.load();
        assert!(warning.is_none(), "unknown keys are fine: {warning:?}");
        assert!((settings.controls.smoothing - 0.1).abs() < 1e-6, "the known key was read");
        file.save(&settings).expect("saved");
        let text = std::fs::read_to_string(file.path()).expect("the file");
        assert!(text.contains("future = 7") && text.contains("sparkle = true"), "both unknown keys are kept: {text}");
    }

    #[test]
    fn a_damaged_file_is_set_aside_and_reported() {
        for text in ["controls = 7", "{{{{", "\u{0}"] {
            let (_dir, file) = file_with(text);
            let (settings, warning) = file.load();
            assert_eq!(settings, Settings::default(), "defaults instead of {text:?}");
            let warning = warning.expect("a warning").to_string();
            assert!(warning.contains("settings.toml.bad"), "says where the old file went: {warning}");
            let kept = std::fs::read_to_string(file.path().with_extension("toml.bad")).expect("the old file");
            assert_eq!(kept, text, "the old file is kept unchanged");
        }
    }

    #[test]
    fn a_language_that_nobody_knows_is_told_and_costs_nothing_else() {
        let (_dir, file) = file_with("language = \"klingon\"\nrecord_sound = false\n");
        let (settings, warning) = file.load();
        assert!(!settings.record_sound, "the rest counts");
        let warning = warning.expect("a warning").to_string();
        assert!(warning.contains("klingon") && warning.contains("en, es, de"), "says what there is: {warning}");
        file.save(&settings).expect("saved");
        assert_eq!(file.load().0, settings, "another version may know it");
    }

    #[test]
    fn settings_from_before_the_gaze_had_a_strength_load() {
        let (_dir, file) =
            file_with("[controls]\nmirror = true\n[controls.strengths]\nhead = 0.5\neyes = 0.25\nbrows = 1.0\nmouth = 1.0\n");
        let (settings, warning) = file.load();
        assert!(warning.is_none(), "nothing to warn of: {warning:?}");
        let strengths = settings.controls.strengths;
        assert_eq!(strengths, Strengths { head: 0.5, eyes: 0.25, ..Strengths::default() }, "the gaze follows in full");
    }

    #[test]
    fn numbers_out_of_range_are_brought_back() {
        let (_dir, file) = file_with("[controls]\nsmoothing = nan\n[controls.strengths]\nhead = 1e9\ngaze = 7.0\nmouth = -3.0\n");
        let controls = file.load().0.controls;
        assert!((controls.strengths.head - Strengths::MAX).abs() < 1e-6, "too much is the most");
        assert!((controls.strengths.gaze - Strengths::MAX).abs() < 1e-6, "also for the gaze");
        assert!(controls.strengths.mouth.abs() < 1e-6, "less than nothing is nothing");
        assert!((controls.smoothing - Controls::default().smoothing).abs() < 1e-6, "no number is the default");
    }

    #[test]
    fn an_adapter_is_remembered_once_and_nonsense_is_not() {
        let mut settings = Settings::default();
        for number in 0..20 {
            settings.remember_measured(measured(&format!("adapter {}", number % 10), f64::from(number)));
        }
        let known: Vec<f64> = settings.measured_adapters.iter().map(|known| known.gpu_ms).collect();
        assert_eq!(known, [19.0, 18.0, 17.0, 16.0, 15.0, 14.0, 13.0, 12.0], "each once, the newest first, and not for ever");
        let line =
            |gpu: &str| format!("[[measured_adapters]]\nadapter = \"a\"\ndriver = \"\"\nprogram = \"\"\ncpu_ms = 1.0\ngpu_ms = {gpu}\n");
        let (_dir, file) = file_with(&["2.0", "nan", "-1.0", "inf"].map(line).concat());
        let known: Vec<f64> = file.load().0.measured_adapters.iter().map(|known| known.gpu_ms).collect();
        assert_eq!(known, [2.0, f64::INFINITY], "no time is less than nothing, but one may be endless");
    }

    #[test]
    fn portraits_that_an_earlier_version_kept_are_handed_over_once() {
        let (_dir, file) = file_with("future = 7\nrecent_portraits = [\"/a/me.jpg\", 3, \"relative.jpg\", \"/b/you.png\"]\n");
        assert_eq!(file.former_portraits(), [PathBuf::from("/a/me.jpg"), PathBuf::from("/b/you.png")], "those that are paths");
        file.save(&file.load().0).expect("saved");
        assert_eq!(file.former_portraits().len(), 2, "not lost by a save before they are kept elsewhere");
        file.forget_former_portraits().expect("taken out");
        assert!(file.former_portraits().is_empty(), "gone");
        let text = std::fs::read_to_string(file.path()).expect("the file");
        assert!(text.contains("future = 7"), "the rest stays: {text}");
    }

    #[test]
    fn own_presets_come_back_named_and_once() {
        let (_dir, file) = file_with("");
        let preset = |name: &str, head: f32| MotionPreset {
            name: name.to_owned(),
            motion: Motion { strengths: Strengths { head, ..Strengths::default() }, smoothing: 0.25 },
        };
        let presets = vec![preset("Grandmother", 0.75), preset("  ", 1.0), preset("Grandmother", 0.5), preset("Wild", 9.0)];
        file.save(&Settings { presets, ..Settings::default() }).expect("saved");
        let loaded = file.load().0.presets;
        assert_eq!(loaded, [preset("Grandmother", 0.75), preset("Wild", Strengths::MAX)], "nameless ones and doubles are not ours");
    }
}
