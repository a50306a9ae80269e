//! The file that a person can attach to a bug report: what the doctor found, without pictures and without names of people, machines or devices.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use anyhow::Context as _;

use super::log;
use super::redact::Redactor;
use crate::doctor::{Devices, Report};
use crate::runtime::{is_special, temporary_in};
use crate::settings::Settings;

/// Settings that change what the program does, and that hold no names.
const SETTINGS: [&str; 10] = [
    "language",
    "record_sound",
    "countdown",
    "record_own_size",
    "mark",
    "virtual_camera",
    "executor",
    "generator",
    "measured_adapters",
    "controls",
];
/// How much of the log is looked at, and how much of it is shown.
const LOG_BYTES: u64 = 64 << 10;
const LOG_LINES: usize = 60;
const LOG_LINE_CHARS: usize = 300;

/// Writes the report beside nothing that is there already.
pub(super) fn write(path: &Path, report: &Report, settings: &Settings) -> anyhow::Result<()> {
    if is_special(path) || path.is_dir() || path.as_os_str() == "-" {
        anyhow::bail!("{} is no file: give the report a file name, such as retrato-report.txt", path.display());
    }
    if path.exists() {
        anyhow::bail!("{} exists already: give the report another name", path.display());
    }
    let cannot = || format!("the report cannot be written to {}: check its folder", path.display());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let mut file = temporary_in(folder).with_context(cannot)?;
    file.write_all(text(report, settings).as_bytes()).with_context(cannot)?;
    file.persist_noclobber(path).with_context(cannot)?;
    Ok(())
}

fn text(report: &Report, settings: &Settings) -> String {
    let redactor = Redactor::of_process();
    let text = format!("{}\n\n{}\n{}\n\n", program(), report.to_text(), settings_that_matter(settings));
    redactor.names(&text) + &end_of_log(log::path().as_deref(), &redactor)
}

/// Which program this is, and what it runs on.
pub(super) fn program() -> String {
    let system = std::fs::read_to_string("/etc/os-release").ok();
    let system = system.as_deref().and_then(|text| text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))).unwrap_or("unknown");
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_else(|_| "unknown".to_owned());
    let features = [("camera", cfg!(feature = "camera")), ("audio", cfg!(feature = "audio")), ("train", cfg!(feature = "train"))];
    let features: Vec<&str> = features.into_iter().filter_map(|(name, is_on)| is_on.then_some(name)).collect();
    format!(
        "Retrato {} ({}), built {} for {} {}\nSystem: {}, kernel {}\nDesktop: {}, {}",
        env!("CARGO_PKG_VERSION"),
        features.join(", "),
        if cfg!(debug_assertions) { "for development" } else { "for release" },
        std::env::consts::OS,
        std::env::consts::ARCH,
        system.trim_matches('"'),
        kernel.trim(),
        variable("XDG_CURRENT_DESKTOP"),
        variable("XDG_SESSION_TYPE"),
    )
}

/// Of the settings what may have to do with a fault.
pub(super) fn settings_that_matter(settings: &Settings) -> String {
    let all = serde_json::to_value(settings).unwrap_or_default();
    let lines = SETTINGS.iter().filter_map(|key| Some(format!("  {key}: {}\n", all.get(key).filter(|value| !value.is_null())?)));
    format!("Settings:\n{}", lines.collect::<String>())
}

/// The last lines of the window's log.
pub(super) fn end_of_log(log: Option<&Path>, redactor: &Redactor) -> String {
    let Some(text) = log.and_then(end_of) else { return "No log.\n".to_owned() };
    let lines: Vec<&str> = text.lines().collect();
    let shown = lines[lines.len().saturating_sub(LOG_LINES)..].iter();
    let shown = shown.map(|line| format!("  {}\n", redactor.message(line).chars().take(LOG_LINE_CHARS).collect::<String>()));
    format!("End of the window's log:\n{}", shown.collect::<String>())
}

fn end_of(log: &Path) -> Option<String> {
    let mut file = File::open(log).ok()?;
    let from = file.metadata().ok()?.len().saturating_sub(LOG_BYTES);
    file.seek(SeekFrom::Start(from)).ok()?;
    let mut bytes = Vec::new();
    file.take(LOG_BYTES).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    // The first line may have lost its beginning, and with it what tells a name.
    Some(if from == 0 { text } else { text.split_once('\n')?.1.to_owned() })
}

fn variable(name: &str) -> String {
    std::env::var(name).ok().filter(|value| !value.is_empty()).unwrap_or_else(|| "not said".to_owned())
}

/// Devices by number: people give them names, and systems give them those of people.
pub(super) fn unnamed(devices: Devices, kind: &str) -> Devices {
    let Devices::Listed(names) = devices else { return devices };
    // What the device can do follows its name.
    let about = |name: &String| name.rsplit_once(": ").map_or_else(String::new, |(_, about)| format!(": {about}"));
    Devices::Listed(names.iter().enumerate().map(|(i, name)| format!("{kind} {}{}", i + 1, about(name))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_ends_the_report_without_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("retrato.log");
        let line = |number: usize| format!("2026-01-01T00:00:00Z  WARN /people/mary/{number} Mary.png is number {number}\n");
        std::fs::write(&log, (0..5000).map(line).collect::<String>()).expect("a log");
        let text = end_of_log(Some(&log), &Redactor::of_process());
        assert_eq!(text.lines().count(), 1 + LOG_LINES, "the last lines: {text}");
        assert!(text.ends_with("  2026-01-01T00:00:00Z  WARN FILE is number 4999\n") && !text.to_lowercase().contains("mary"), "{text}");
        assert_eq!(end_of_log(None, &Redactor::of_process()), "No log.\n", "none");
    }

    #[test]
    fn settings_are_told_without_names() {
        let settings = Settings { camera: Some("Mary's phone".to_owned()), ..Settings::default() };
        let text = settings_that_matter(&settings);
        assert!(text.contains("executor: \"auto\"") && text.contains("smoothing"), "what matters: {text}");
        assert!(!text.contains("Mary") && !text.contains("recordings_dir"), "and no names: {text}");
    }

    #[test]
    fn devices_are_not_named() {
        let cameras = Devices::Listed(vec!["Jane's phone: MJPG 640x480 up to 30 fps".to_owned(), "odd".to_owned()]);
        let wanted = Devices::Listed(vec!["camera 1: MJPG 640x480 up to 30 fps".to_owned(), "camera 2".to_owned()]);
        assert_eq!(unnamed(cameras, "camera"), wanted, "what they can do stays");
        assert_eq!(unnamed(Devices::NotBuilt, "camera"), Devices::NotBuilt, "none");
    }
}
