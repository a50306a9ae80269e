//! The file that a person can attach to a bug report: what the doctor found, without pictures and without names of people, machines or devices.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;

use crate::doctor::{Devices, Report};
use crate::runtime::{is_special, temporary_in};

/// Writes the report beside nothing that is there already.
pub(super) fn write(path: &Path, report: &Report) -> anyhow::Result<()> {
    if is_special(path) || path.is_dir() || path.as_os_str() == "-" {
        anyhow::bail!("{} is no file: give the report a file name, such as retrato-report.txt", path.display());
    }
    if path.exists() {
        anyhow::bail!("{} exists already: give the report another name", path.display());
    }
    let cannot = || format!("the report cannot be written to {}: check its folder", path.display());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let mut file = temporary_in(folder).with_context(cannot)?;
    file.write_all(without_names(&text(report), &names()).as_bytes()).with_context(cannot)?;
    file.persist_noclobber(path).with_context(cannot)?;
    Ok(())
}

fn text(report: &Report) -> String {
    let system = std::fs::read_to_string("/etc/os-release").ok();
    let system = system.as_deref().and_then(|text| text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))).unwrap_or("unknown");
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_else(|_| "unknown".to_owned());
    let features = [("camera", cfg!(feature = "camera")), ("audio", cfg!(feature = "audio")), ("train", cfg!(feature = "train"))];
    let features: Vec<&str> = features.into_iter().filter_map(|(name, is_on)| is_on.then_some(name)).collect();
    format!(
        "Retrato {} ({}), built {} for {} {}\nSystem: {}, kernel {}\nDesktop: {}, {}\n\n{}",
        env!("CARGO_PKG_VERSION"),
        features.join(", "),
        if cfg!(debug_assertions) { "for development" } else { "for release" },
        std::env::consts::OS,
        std::env::consts::ARCH,
        system.trim_matches('"'),
        kernel.trim(),
        variable("XDG_CURRENT_DESKTOP"),
        variable("XDG_SESSION_TYPE"),
        report.to_text()
    )
}

fn variable(name: &str) -> String {
    std::env::var(name).ok().filter(|value| !value.is_empty()).unwrap_or_else(|| "not said".to_owned())
}

/// What stands in paths and says who it is, the longest first, and what stands for it.
fn names() -> Vec<(String, &'static str)> {
    let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().display().to_string());
    let user = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").ok().map(|name| name.trim().to_owned());
    let found = [(home, "~"), (user, "USER"), (machine, "MACHINE")];
    // A name of a letter or two is part of many words, and the superuser is nobody.
    let is_name = |name: &str| name.len() > 2 && !["root", "localhost", "/root"].contains(&name);
    found.into_iter().filter_map(|(name, stand_in)| Some((name?, stand_in))).filter(|(name, _)| is_name(name)).collect()
}

fn without_names(text: &str, names: &[(String, &str)]) -> String {
    names.iter().fold(text.to_owned(), |text, (name, stand_in)| text.replace(name.as_str(), stand_in))
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
    fn neither_people_nor_devices_are_named() {
        let names = [("/people/jane".to_owned(), "~"), ("jane".to_owned(), "USER"), ("janes-laptop".to_owned(), "MACHINE")];
        let text = without_names("settings: /people/jane/.config, owned by jane", &names);
        assert_eq!(text, "settings: ~/.config, owned by USER", "paths keep what is of use");
        let cameras = Devices::Listed(vec!["Jane's phone: MJPG 640x480 up to 30 fps".to_owned(), "odd".to_owned()]);
        let wanted = Devices::Listed(vec!["camera 1: MJPG 640x480 up to 30 fps".to_owned(), "camera 2".to_owned()]);
        assert_eq!(unnamed(cameras, "camera"), wanted, "what they can do stays");
        assert_eq!(unnamed(Devices::NotBuilt, "camera"), Devices::NotBuilt, "none");
    }
}
