//! The doctor: what this machine has and lacks for the program, and what to do about it. Nothing here fails, whatever is missing.

mod checks;
mod surroundings;

use std::path::PathBuf;

use serde::Serialize;

use crate::gpu::AdapterDescription;
pub use surroundings::{Desktop, FolderFacts, ModelFacts, Surroundings};

/// How a check came out; later ones are worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// As it should be.
    Ok,
    /// Something works less well, or not at all, but the program is of use without it.
    Warning,
    /// The program cannot do its main work.
    Problem,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// How it is.
    pub status: Status,
    /// What was found.
    pub detail: String,
    /// A command or an action that makes it better.
    pub mend: Option<String>,
}

/// All findings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The worst of all.
    pub status: Status,
    /// One by one.
    pub checks: Vec<Check>,
}

/// Devices of one kind, as the stage that uses them lists them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Devices {
    /// Their names; maybe none.
    Listed(Vec<String>),
    /// They could not be listed, and why.
    Failed(String),
    /// This build has no support for them.
    NotBuilt,
}

/// Where the live picture is made, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct ExecutorFacts {
    /// `CPU`, or the adapter's name.
    pub place: String,
    /// A sentence.
    pub reason: String,
    /// Milliseconds that a trial frame took on the CPU and on the adapter, where they were measured.
    pub measured_ms: Option<[f64; 2]>,
    /// The same of the networks, where the adapter may run them.
    pub networks_ms: Option<[f64; 2]>,
    /// Whether that was at an earlier start.
    pub remembered: bool,
}

/// What the doctor is told by the stages, since it knows none of them itself.
#[derive(Clone, Debug)]
pub struct Inventory {
    /// All graphics adapters.
    pub adapters: Vec<AdapterDescription>,
    /// Where the live picture would be made.
    pub executor: ExecutorFacts,
    /// The face reader's model file, or why there is none that can be used.
    pub face_reader: Result<PathBuf, String>,
    /// Places where the landmark model is looked for, in this order.
    pub landmark_model: Vec<PathBuf>,
    /// The program's own networks: what they are, or why one cannot be used.
    pub networks: Vec<Result<String, String>>,
    /// Which numbers the networks multiply on the CPU, and what was measured for that.
    pub number_formats: String,
    /// Webcams.
    pub cameras: Devices,
    /// Microphones.
    pub microphones: Devices,
    /// Devices that a virtual camera can write to.
    pub virtual_cameras: Devices,
    /// The command that makes one.
    pub make_virtual_camera: &'static str,
    /// Folders that the program writes to, and what to call them: cache, settings, recordings.
    pub folders: Vec<(&'static str, PathBuf)>,
}

impl ExecutorFacts {
    /// The CPU, for a reason that needed no measurement.
    pub fn cpu(reason: impl Into<String>) -> Self {
        Self { place: "CPU".to_owned(), reason: reason.into(), measured_ms: None, networks_ms: None, remembered: false }
    }
}

impl Report {
    /// Looks at the machine and judges what it finds.
    pub fn new(inventory: &Inventory) -> Self {
        Self::judge(inventory, &Surroundings::gather(inventory))
    }

    /// Judges what was found.
    pub fn judge(inventory: &Inventory, surroundings: &Surroundings) -> Self {
        let checks = checks::all(inventory, surroundings);
        let status = checks.iter().map(|c| c.status).max().unwrap_or(Status::Ok);
        Self { status, checks }
    }

    /// One line a check, an arrow with the remedy below it, and a summary.
    pub fn to_text(&self) -> String {
        let width = self.checks.iter().map(|c| c.name.chars().count()).max().unwrap_or(0);
        let lines: String = self.checks.iter().map(|check| check.to_text(width)).collect();
        let count = |status| self.checks.iter().filter(|c| c.status == status).count();
        let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
        let summary = format!("{}, {}", plural(count(Status::Problem), "problem"), plural(count(Status::Warning), "warning"));
        format!("{lines}\n{summary}\n")
    }
}

impl Check {
    fn to_text(&self, name_width: usize) -> String {
        let status = match self.status {
            Status::Ok => "ok",
            Status::Warning => "warning",
            Status::Problem => "PROBLEM",
        };
        let indent = " ".repeat(7 + 2 + name_width + 2);
        let first = format!("{status:<7}  {:<name_width$}  {}\n", self.name, self.detail.lines().next().unwrap_or_default());
        let more = self.detail.lines().skip(1).map(|line| format!("{indent}{line}\n"));
        let mend = self.mend.iter().map(|mend| format!("{indent}-> {mend}\n"));
        std::iter::once(first).chain(more).chain(mend).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing() -> Inventory {
        Inventory {
            adapters: Vec::new(),
            executor: ExecutorFacts::cpu("no graphics adapter was found"),
            face_reader: Err("it is missing".to_owned()),
            landmark_model: Vec::new(),
            networks: vec![Err("motion: damaged".to_owned())],
            number_formats: "f32".to_owned(),
            cameras: Devices::Failed("no such device".to_owned()),
            microphones: Devices::Listed(Vec::new()),
            virtual_cameras: Devices::Listed(Vec::new()),
            make_virtual_camera: "modprobe it",
            folders: vec![("cache folder", PathBuf::from("/dev/null/cannot/be"))],
        }
    }

    #[test]
    fn a_machine_with_nothing_gives_a_report_that_says_what_to_do() {
        let report = Report::judge(&nothing(), &Surroundings::default());
        assert_eq!(report.status, Status::Problem, "without landmark model nothing moves: {report:?}");
        assert!(report.checks.iter().all(|c| c.status == Status::Ok || c.mend.is_some()), "every finding has a remedy: {report:?}");
        let named = |name: &str| report.checks.iter().find(|c| c.name == name).map(|c| c.status);
        assert_eq!(named("landmark model"), Some(Status::Problem), "missing");
        assert_eq!(named("cameras"), Some(Status::Warning), "a clip can drive it too");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_missing_virtual_camera_is_told_with_the_command_that_makes_one() {
        let found = |virtual_cameras| {
            let report = Report::judge(&Inventory { virtual_cameras, ..nothing() }, &Surroundings::default());
            let check = report.checks.into_iter().find(|c| c.name == "virtual camera").expect("it is looked for");
            (check.status, check.detail, check.mend)
        };
        let none = found(Devices::Listed(Vec::new()));
        assert_eq!(none, (Status::Warning, "none found".to_owned(), Some("modprobe it".to_owned())), "the command");
        let one = found(Devices::Listed(vec!["Retrato (/dev/video9)".to_owned()]));
        assert_eq!(one, (Status::Ok, "Retrato (/dev/video9)".to_owned(), None), "the device");
    }

    #[test]
    fn looking_at_the_real_machine_never_fails() {
        let report = Report::new(&nothing());
        assert!(report.checks.iter().any(|c| c.name == "processor" && c.detail.contains("core")), "the processor is seen: {report:?}");
        let cache = report.checks.iter().find(|c| c.name == "cache folder").expect("the folder is checked");
        assert_eq!(cache.status, Status::Problem, "it cannot be written: {cache:?}");
    }

    #[test]
    fn text_and_json_say_the_same() {
        let check =
            |status, mend: Option<&str>| Check { name: "thing", status, detail: "first\nsecond".to_owned(), mend: mend.map(str::to_owned) };
        let report = Report { status: Status::Problem, checks: vec![check(Status::Ok, None), check(Status::Problem, Some("do it"))] };
        let expected = "ok       thing  first\n                second\nPROBLEM  thing  first\n                second\n                -> do it\n\n1 problem, 0 warnings\n";
        assert_eq!(report.to_text(), expected, "text");
        let json = serde_json::to_value(&report).expect("plain data");
        assert_eq!((&json["status"], &json["checks"][1]["mend"]), (&"problem".into(), &"do it".into()), "JSON: {json}");
    }
}
