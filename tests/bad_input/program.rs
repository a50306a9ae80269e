//! The program as a child process with a time limit, in a folder of its own whose content is watched.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

/// Longest run of the program; a longer one hangs.
const TIME_LIMIT: Duration = Duration::from_mins(1);

/// How a run ended.
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Ended {
    /// What was printed on standard output, as JSON.
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in the JSON\n{}\n{}", self.stdout, self.stderr))
    }
}

/// A running program.
pub(super) struct Running {
    pub(super) child: Child,
    started_at: Instant,
    talk: tempfile::TempDir,
}

impl Running {
    /// Waits for `is_reached`, which must come while the program runs.
    pub(super) fn wait_until(&mut self, what: &str, is_reached: impl Fn() -> bool) {
        while !is_reached() {
            let ended = self.child.try_wait().expect("the system knows its children");
            assert!(ended.is_none(), "the program ended before {what}: {}", self.said("stderr"));
            self.assert_in_time();
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until what was printed on standard output is as wanted, which must come while the program runs.
    pub(super) fn wait_until_said(&mut self, what: &str, is_wanted: impl Fn(&str) -> bool) {
        let stdout = self.talk.path().join("stdout");
        self.wait_until(what, || is_wanted(&String::from_utf8_lossy(&fs::read(&stdout).expect("a log"))));
    }

    /// Waits for its end.
    pub(super) fn end(mut self) -> Ended {
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("the system knows its children") {
                break status;
            }
            self.assert_in_time();
            std::thread::sleep(Duration::from_millis(10));
        };
        Ended { status, stdout: self.said("stdout"), stderr: self.said("stderr") }
    }

    fn assert_in_time(&mut self) {
        if self.started_at.elapsed() > TIME_LIMIT {
            self.child.kill().expect("the program can be ended");
            panic!("the program hangs; it said: {}", self.said("stderr"));
        }
    }

    fn said(&self, stream: &str) -> String {
        String::from_utf8_lossy(&fs::read(self.talk.path().join(stream)).expect("a log")).into_owned()
    }
}

/// A folder to run the program in.
pub(super) struct Place(tempfile::TempDir);

impl Place {
    /// An empty one.
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    /// A path in it.
    pub(super) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    /// Puts a file into it.
    pub(super) fn file(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).expect("a file");
        path
    }

    /// The program with these arguments: in this folder, without the settings and the display of the person who runs the tests.
    pub(super) fn command<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_retrato"));
        command.args(arguments).current_dir(self.0.path());
        command.env("XDG_CONFIG_HOME", self.0.path().join("no-settings")).env("RUST_BACKTRACE", "1");
        for variable in ["DISPLAY", "WAYLAND_DISPLAY", "RUST_LOG"] {
            command.env_remove(variable);
        }
        command
    }

    /// Runs the program to its end.
    pub(super) fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Ended {
        start(&mut self.command(arguments)).end()
    }

    /// As [`Self::run`] with words that stand between spaces.
    pub(super) fn say(&self, arguments: &str) -> Ended {
        self.run(arguments.split(' '))
    }

    /// Runs the program, which must refuse: with this exit status and these words, and without touching any file.
    pub(super) fn refuses(&self, code: i32, arguments: &str, words: &[&str]) {
        self.refuses_command(code, &mut self.command(arguments.split(' ')), words);
    }

    /// As [`Self::refuses`] for a command.
    pub(super) fn refuses_command(&self, code: i32, command: &mut Command, words: &[&str]) {
        let before = self.content();
        let ended = start(command).end();
        assert_refused(&ended, code, words, &format!("{command:?}"));
        assert_eq!(self.content(), before, "nothing is left behind, changed or lost by {command:?}");
    }

    /// Every file below the folder and a hash of what it holds.
    pub(super) fn content(&self) -> BTreeMap<PathBuf, String> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.0.path().to_owned()];
        while let Some(folder) = folders.pop() {
            found.insert(folder.clone(), "a folder".to_owned());
            for path in fs::read_dir(folder).expect("listed").map(|entry| entry.expect("an entry").path()) {
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let mut hasher = blake3::Hasher::new();
                    hasher.update_reader(File::open(&path).expect("opened")).expect("read");
                    found.insert(path, hasher.finalize().to_string());
                }
            }
        }
        found
    }
}

/// Starts a command whose output goes to files, so that no full pipe can hold it up.
pub(super) fn start(command: &mut Command) -> Running {
    let talk = tempfile::tempdir().expect("a temporary folder");
    let log = |name: &str| File::create(talk.path().join(name)).expect("a log");
    let child = command.stdin(std::process::Stdio::null()).stdout(log("stdout")).stderr(log("stderr")).spawn();
    Running { child: child.expect("the program starts"), started_at: Instant::now(), talk }
}

/// A refusal: the exit status, a message of the program with these words, and no panic.
pub(super) fn assert_refused(ended: &Ended, code: i32, words: &[&str], what: &str) {
    let said = &ended.stderr;
    assert!(!said.contains("panicked"), "{what} panics:\n{said}");
    assert_eq!(ended.status.code(), Some(code), "exit status of {what}:\n{said}");
    assert!(said.contains(if code == 2 { "error: " } else { "retrato: " }), "{what} says what is wrong:\n{said}");
    for word in words {
        assert!(said.contains(word), "{what} does not say {word:?}:\n{said}");
    }
}
