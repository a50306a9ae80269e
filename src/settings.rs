//! What the program remembers between runs, and the TOML file it lives in.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

mod file;
mod language;
mod motion;

use crate::gpu::TrialMs;
pub use crate::track::FaceReader;
pub use file::{SettingsError, SettingsFile};
pub use language::{Language, LanguageChoice};
pub use motion::{BuiltInPreset, Controls, Motion, MotionPreset, PRESETS, Strengths};

/// How many adapters' speeds are remembered.
const MAX_MEASURED: usize = 8;

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
