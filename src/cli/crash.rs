//! A defect of the program leaves a report that its user can send: what it was doing, where it gave up, and the end of its log, without pictures and names.
//!
//! A panic of a worker ends that worker alone, and its owner goes on; one of the main thread ends the program. Both unwind, so that a recording is completed.

use std::backtrace::Backtrace;
use std::fs::{self, File};
use std::io::Write as _;
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::doctor_report;
use super::redact::Redactor;
use crate::runtime::is_contained;

/// A defect that comes again and again is told only so often.
const MOST_REPORTS: usize = 3;
/// Reports that are kept.
const MOST_KEPT: usize = 10;
/// Lines of a backtrace that are kept: what lies deeper is the system's.
const MOST_TRACE_LINES: usize = 120;
/// Marks those that were spoken of in the window.
const SEEN: &str = "seen";
const BEGINNING: &str = "crash-";
/// In builds for development: the number of pictures after which `animate` gives up, to see what becomes of the film.
#[cfg(debug_assertions)]
const DRILL: &str = "RETRATO_TEST_PANIC";

/// What is known of this run, for a report.
static NOTES: Mutex<Vec<String>> = Mutex::new(Vec::new());
static REPORTS: AtomicUsize = AtomicUsize::new(0);

/// Keeps something for a report. It must not hold names.
pub(super) fn note(line: String) {
    if let Ok(mut notes) = NOTES.lock() {
        notes.push(line);
    }
}

/// Writes reports from now on. `doing` is the command.
pub(super) fn watch(doing: &'static str, log: Option<PathBuf>) {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if is_contained() {
            return;
        }
        usual(panic);
        if REPORTS.fetch_add(1, Ordering::Relaxed) < MOST_REPORTS {
            match folder().map(|folder| keep(&folder, &text(panic, doing, log.as_deref()))) {
                Some(Ok(path)) => tell!(
                    "retrato: this is a defect of the program. A report of it is in {}: it holds no pictures and no names. Read it, and attach it to a bug \
                     report with a few words on what you did.",
                    path.display()
                ),
                Some(Err(error)) => tell!("retrato: this is a defect of the program, and no report of it could be written: {error}"),
                None => {}
            }
        }
    }));
}

/// The reports that nobody has been told of, in a sentence.
pub(super) fn unseen() -> Option<String> {
    unseen_in(&folder()?)
}

fn unseen_in(folder: &Path) -> Option<String> {
    let newest = reports(folder).pop()?;
    let seen = folder.join(SEEN);
    let last = fs::read_to_string(&seen).unwrap_or_default();
    let name = newest.file_name()?.to_string_lossy().into_owned();
    if last == name {
        return None;
    }
    fs::write(seen, name).ok()?;
    Some(format!(
        "Retrato met a defect of its own in an earlier run. A report is in {}: it holds no pictures and no names. Please attach it to a bug report.",
        newest.display()
    ))
}

/// Gives up where a test wants that.
pub(super) fn drill(frames: u64) {
    #[cfg(debug_assertions)]
    assert!(std::env::var(DRILL).ok().and_then(|number| number.parse().ok()) != Some(frames), "a drill with /somewhere/Old Aunt.png");
    #[cfg(not(debug_assertions))]
    let _: u64 = frames;
}

fn folder() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "retrato").map(|folders| folders.data_local_dir().join("reports"))
}

/// All reports, the oldest first.
fn reports(folder: &Path) -> Vec<PathBuf> {
    let is_report = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(BEGINNING));
    let mut found: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).filter(is_report).collect();
    found.sort();
    found
}

/// Writes a report into the folder, and lets the oldest go.
fn keep(folder: &Path, text: &str) -> std::io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let path = folder.join(format!("{BEGINNING}{:013}-{}.txt", now.as_millis(), std::process::id()));
    let mut file = File::options().write(true).create_new(true).open(&path)?;
    file.write_all(text.as_bytes())?;
    let all = reports(folder);
    for old in &all[..all.len().saturating_sub(MOST_KEPT)] {
        fs::remove_file(old)?;
    }
    Ok(path)
}

fn text(panic: &PanicHookInfo<'_>, doing: &str, log: Option<&Path>) -> String {
    let redactor = Redactor::of_process();
    let thread = std::thread::current();
    let message = panic.payload_as_str().unwrap_or("no message");
    let place = panic.location().map_or_else(String::new, |place| redactor.source(&format!(" at /{}:{}", place.file(), place.line())));
    let notes = NOTES.try_lock().map(|notes| notes.join("\n")).unwrap_or_default();
    let trace = Backtrace::force_capture().to_string();
    let trace: Vec<String> = trace.lines().take(MOST_TRACE_LINES).map(|line| redactor.source(line)).collect();
    format!(
        "{}\nWhile: {doing}\nThread: {}\nDefect{place}: {}\n\n{notes}\n\nFunctions:\n{}\n\n{}",
        redactor.names(&doctor_report::program()),
        thread.name().unwrap_or("unnamed"),
        message.lines().map(|line| redactor.message(line)).collect::<Vec<_>>().join("\n"),
        trace.join("\n"),
        doctor_report::end_of_log(log, &redactor)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_reports_are_kept_and_told_once() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = place.path().join("made when needed");
        assert_eq!(unseen_in(&folder), None, "nothing yet");
        let first = keep(&folder, "one").expect("written");
        assert!(unseen_in(&folder).is_some_and(|said| said.contains(&first.display().to_string())), "told");
        assert_eq!(unseen_in(&folder), None, "once");
        for number in 0..MOST_KEPT {
            std::thread::sleep(std::time::Duration::from_millis(2));
            keep(&folder, &number.to_string()).expect("written");
        }
        let kept = reports(&folder);
        assert!(kept.len() == MOST_KEPT && !kept.contains(&first), "the oldest has gone");
        assert!(unseen_in(&folder).is_some(), "and the new one is told");
    }
}
