//! The settings' TOML file.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use toml::{Table, Value};

use super::{Language, LanguageChoice, Settings};
use crate::runtime::write_whole;

/// A settings file larger than this is not ours.
const MAX_FILE_BYTES: u64 = 1 << 20;
/// The key under which earlier versions kept the portraits that were opened last.
const FORMER_PORTRAITS: &str = "recent_portraits";
/// How many of those were kept.
const MAX_FORMER: usize = 12;
/// Keys that are left out of the file while they have no value; they must not survive in it from an earlier run.
const OPTIONAL_KEYS: [&str; 5] = ["camera", "camera_index", "microphone", "landmark_model", "virtual_camera"];

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
    /// Some of its values cannot be understood.
    #[error("the settings have values that Retrato does not know, so it does without them: {}; the old file was kept as {}", .keys.join(", "), .kept.display())]
    Values {
        /// The keys of the values, those of tables joined by dots.
        keys: Vec<String>,
        /// Where a copy of the file lies.
        kept: PathBuf,
    },
    /// The file is there but the system does not let us read it.
    #[error("the settings cannot be read, so the defaults are used and nothing is written over them; check the permissions of {}: {cause}", .path.display())]
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

    /// The settings, and what the user should know when they could not be had, or not wholly: a missing file is none of that. After
    /// [`SettingsError::Read`] they are not those of the file, and must not be saved.
    pub fn load(&self) -> (Settings, Option<SettingsError>) {
        let text = match self.read() {
            Ok(Some(text)) => text,
            Ok(None) => return (Settings::default(), None),
            Err(cause) => return (Settings::default(), Some(self.cannot_read(cause))),
        };
        let table = match parsed(&text) {
            Ok(table) => table,
            Err(cause) => return (Settings::default(), Some(self.set_aside(&cause))),
        };
        let (settings, keys) = understood(table);
        let trouble = match &settings.language {
            _ if !keys.is_empty() => Some(self.keep_copy(&text.unwrap_or_default(), keys)),
            LanguageChoice::Unknown(named) => {
                let named = named.chars().filter(|c| !c.is_control()).take(20).collect();
                Some(SettingsError::Language { named, path: self.path.clone() })
            }
            _ => None,
        };
        (settings.sanitised(), trouble)
    }

    /// Writes the settings so that a crash leaves either the old file or the new one. Keys of other versions stay.
    ///
    /// # Errors
    /// [`SettingsError::Read`] when what is there cannot be read: it might be worth more than what would take its place. [`SettingsError::Write`].
    pub fn save(&self, settings: &Settings) -> Result<(), SettingsError> {
        let mut table = match self.read().map_err(|cause| self.cannot_read(cause))?.as_ref().map(parsed) {
            Some(Ok(table)) => table,
            // Somebody has edited it meanwhile.
            Some(Err(cause)) => match self.set_aside(&cause) {
                unread @ SettingsError::Read { .. } => return Err(unread),
                _ => Table::new(),
            },
            None => Table::new(),
        };
        for key in OPTIONAL_KEYS {
            Table::remove(&mut table, key);
        }
        overlay(&mut table, Table::try_from(settings)?);
        self.replace(&toml::to_string_pretty(&table)?)
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
        let table = self.read().ok().flatten().and_then(|text| parsed(&text).ok());
        let listed = table.and_then(|table| table.get(FORMER_PORTRAITS)?.as_array().cloned()).unwrap_or_default();
        listed.iter().filter_map(|path| path.as_str()).map(PathBuf::from).filter(|path| path.is_absolute()).take(MAX_FORMER).collect()
    }

    /// Takes that list out of the file, once it is kept elsewhere.
    ///
    /// # Errors
    /// [`SettingsError::Write`].
    pub fn forget_former_portraits(&self) -> Result<(), SettingsError> {
        let Some(mut table) = self.read().ok().flatten().and_then(|text| parsed(&text).ok()) else { return Ok(()) };
        if Table::remove(&mut table, FORMER_PORTRAITS).is_none() {
            return Ok(());
        }
        self.replace(&toml::to_string_pretty(&table)?)
    }

    /// Puts a file that cannot be understood out of the way, under a name that no earlier one has.
    fn set_aside(&self, cause: &str) -> SettingsError {
        let kept = self.names_aside().find(|path| !path.exists()).unwrap_or_else(|| self.name_aside(1));
        match std::fs::rename(&self.path, &kept) {
            // What a parser says is for those who look for it, not for the person in front of the window.
            Ok(()) => {
                tracing::warn!("{} could not be understood: {cause}", self.path.display());
                SettingsError::Damaged { kept }
            }
            Err(cause) => self.cannot_read(cause),
        }
    }

    /// Keeps a copy of a file of which not all can be understood, since the next save loses the rest. There is one copy of each content.
    fn keep_copy(&self, text: &str, keys: Vec<String>) -> SettingsError {
        let is_copy = |path: &Path| std::fs::read(path).is_ok_and(|kept| kept == text.as_bytes());
        let kept = self.names_aside().find(|path| !path.exists() || is_copy(path)).unwrap_or_else(|| self.name_aside(1));
        if !is_copy(&kept)
            && let Err(cause) = write_whole(&kept, text.as_bytes())
        {
            return SettingsError::Write { path: kept, cause };
        }
        SettingsError::Values { keys, kept }
    }

    fn names_aside(&self) -> impl Iterator<Item = PathBuf> {
        (1..100).map(|number| self.name_aside(number))
    }

    fn name_aside(&self, number: u32) -> PathBuf {
        let number = if number == 1 { String::new() } else { number.to_string() };
        self.path.with_extension(format!("toml.bad{number}"))
    }

    fn cannot_read(&self, cause: std::io::Error) -> SettingsError {
        SettingsError::Read { path: self.path.clone(), cause }
    }

    fn replace(&self, text: &str) -> Result<(), SettingsError> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let written = std::fs::create_dir_all(folder).and_then(|()| write_whole(&self.path, text.as_bytes()));
        written.map_err(|cause| SettingsError::Write { path: self.path.clone(), cause })
    }
}

/// The table of a file's text, or why there is none.
fn parsed(text: &Result<String, &'static str>) -> Result<Table, String> {
    let text = text.as_ref().map_err(|&cause| cause.to_owned())?;
    text.parse().map_err(|error: toml::de::Error| error.message().to_owned())
}

/// What of a table can be understood, and the keys of what cannot.
fn understood(mut table: Table) -> (Settings, Vec<String>) {
    let mut unknown = Vec::new();
    if let Ok(settings) = Settings::deserialize(table.clone()) {
        return (settings, unknown);
    }
    sift(&mut table, &|table| Settings::deserialize(table).is_ok(), "", &mut unknown);
    // What is left is understood piece by piece, so also as a whole.
    (Settings::deserialize(table).unwrap_or_default(), unknown)
}

/// Takes those values out of a table that are not good by themselves, and notes their keys: of tables and lists no more than what is bad in them.
fn sift(table: &mut Table, is_good: &dyn Fn(Table) -> bool, above: &str, bad: &mut Vec<String>) {
    let alone = |key: &str, value: Value| Table::from_iter([(key.to_owned(), value)]);
    for key in table.keys().cloned().collect::<Vec<_>>() {
        let Some(value) = table.get_mut(&key).filter(|value| !is_good(alone(&key, (*value).clone()))) else { continue };
        let path = format!("{above}{key}");
        let noted = bad.len();
        match value {
            Value::Table(inner) => sift(inner, &|inner| is_good(alone(&key, inner.into())), &format!("{path}."), bad),
            Value::Array(items) => items.retain(|item| is_good(alone(&key, vec![item.clone()].into()))),
            _ => {}
        }
        if !is_good(alone(&key, value.clone())) {
            Table::remove(table, &key);
            bad.truncate(noted);
        }
        if bad.len() == noted {
            bad.push(path);
        }
    }
}

/// Puts every value of `top` over `base`, table by table, leaving what only `base` has.
fn overlay(base: &mut Table, top: Table) {
    for (key, value) in top {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => overlay(below, above),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Controls, ExecutorChoice, FaceReader, MeasuredAdapter, Motion, MotionPreset, MovedBy, Strengths};
    use super::*;
    use crate::gpu::TrialMs;

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
        let full = Table::try_from(everything_set()).expect("a table");
        let empty = Table::try_from(Settings::default()).expect("a table");
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
        let (_dir, file) = file_with("");
        for (text, ending) in [("{{{{", "toml.bad"), ("\u{0}", "toml.bad2")] {
            std::fs::write(file.path(), text).expect("written");
            let (settings, warning) = file.load();
            assert_eq!(settings, Settings::default(), "defaults instead of {text:?}");
            let warning = warning.expect("a warning").to_string();
            assert!(warning.contains(ending), "says where the old file went: {warning}");
            let kept = std::fs::read_to_string(file.path().with_extension(ending)).expect("the old file");
            assert_eq!(kept, text, "the old file is kept unchanged, beside earlier ones");
        }
    }

    #[test]
    fn one_value_that_nobody_knows_costs_nothing_else() {
        let presets = "[[presets]]\nname = \"Wild\"\n[[presets]]\nname = 7\n";
        let text = format!(
            "generator = \"magic\"\nrecord_sound = false\n[controls]\nmirror = false\nreader = \"crystal ball\"\n\
             [controls.strengths]\nhead = 0.5\neyes = \"wide\"\n{presets}"
        );
        let (_dir, file) = file_with(&text);
        let (settings, warning) = file.load();
        let strengths = Strengths { head: 0.5, ..Strengths::default() };
        let expected = Settings {
            record_sound: false,
            controls: Controls { strengths, ..Controls::default() },
            presets: vec![MotionPreset { name: "Wild".to_owned(), ..MotionPreset::default() }],
            ..Settings::default()
        };
        assert_eq!(settings, expected, "all else counts");
        let Some(SettingsError::Values { keys, kept }) = warning else { panic!("told: {warning:?}") };
        assert_eq!(keys, ["controls.reader", "controls.strengths.eyes", "generator", "presets"], "which ones");
        assert_eq!(std::fs::read_to_string(&kept).expect("a copy"), text, "nothing is lost by the next save");
        let Some(SettingsError::Values { kept: again, .. }) = file.load().1 else { panic!("told again") };
        assert_eq!(again, kept, "there is one copy of one content");
        file.save(&settings).expect("saved");
        assert!(file.load().1.is_none(), "after which all is well");
    }

    #[test]
    fn what_cannot_be_read_is_not_written_over() {
        let (_dir, file) = file_with("");
        std::fs::remove_file(file.path()).expect("taken away");
        // A folder is there, but cannot be read, whoever asks.
        std::fs::create_dir(file.path()).expect("a folder");
        assert!(matches!(file.load().1, Some(SettingsError::Read { .. })), "said at the start");
        assert!(matches!(file.save(&Settings::default()), Err(SettingsError::Read { .. })), "and nothing is written");
        assert!(file.path().is_dir(), "it is as it was");
    }

    #[test]
    fn what_was_spoilt_since_the_start_is_set_aside_by_a_save() {
        let (_dir, file) = file_with("{{{{");
        file.save(&everything_set()).expect("saved");
        assert_eq!(file.load().0, everything_set(), "the settings are there");
        assert_eq!(std::fs::read_to_string(file.path().with_extension("toml.bad")).expect("it"), "{{{{", "and what was spoilt, too");
    }

    #[cfg(unix)]
    #[test]
    fn the_file_has_the_mode_of_an_ordinary_one() {
        use std::os::unix::fs::PermissionsExt as _;
        let (dir, file) = file_with("");
        let ordinary = dir.path().join("ordinary");
        std::fs::write(&ordinary, "").expect("written");
        file.save(&Settings::default()).expect("saved");
        let [mode, expected] = [file.path(), &ordinary].map(|path| std::fs::metadata(path).expect("it").permissions().mode());
        assert_eq!(mode, expected, "readable by whom the user's other files are");
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
