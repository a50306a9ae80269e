//! A running ffmpeg whose output is read piece by piece, and which is ended when it hangs or is not needed any more.

use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, RecvTimeoutError, bounded};

use super::Tools;
use crate::capture::error::CaptureError;
use crate::runtime::Worker;

/// Pieces that are read ahead.
const READ_AHEAD: usize = 2;
/// How much of what it complains about is kept.
const MAX_COMPLAINT_BYTES: usize = 4096;
/// How long it may take to exit after its output has ended.
const EXIT_WITHIN: Duration = Duration::from_secs(2);

/// What ffmpeg says where it was built without a decoder.
const LACKS: [&str; 2] = ["no decoder found for", "Decoder (codec "];

/// A running ffmpeg or ffprobe.
pub(in crate::capture) struct Child {
    process: std::process::Child,
    pieces: Receiver<Vec<u8>>,
    complaints: Arc<Mutex<Vec<u8>>>,
    readers: Vec<Worker>,
    patience: Duration,
    path: PathBuf,
    given: bool,
}

impl Child {
    /// Starts `program` on `path` with all its arguments. Its output will come in pieces of `piece_bytes`.
    pub(in crate::capture) fn start(
        tools: &Tools,
        program: &OsStr,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
        piece_bytes: usize,
        path: &Path,
        why: &str,
    ) -> Result<Self, CaptureError> {
        let needed = || CaptureError::NeedsFfmpeg { path: path.to_owned(), why: why.to_owned() };
        if program.is_empty() {
            return Err(needed());
        }
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        in_own_group(&mut command);
        let mut process = command.spawn().map_err(|cause| match cause.kind() {
            std::io::ErrorKind::NotFound => needed(),
            _ => CaptureError::Ffmpeg { path: path.to_owned(), detail: format!("it cannot be started: {cause}") },
        })?;
        let (sender, pieces) = bounded(READ_AHEAD);
        let complaints = Arc::new(Mutex::new(Vec::new()));
        let mut readers = Vec::new();
        if let Some(output) = process.stdout.take() {
            readers.push(spawn("ffmpeg-output", move || read_pieces(output, piece_bytes, |piece| sender.send(piece).is_ok()))?);
        }
        if let Some(errors) = process.stderr.take() {
            let kept = Arc::clone(&complaints);
            readers.push(spawn("ffmpeg-errors", move || read_pieces(errors, 256, |piece| keep(&kept, &piece)))?);
        }
        Ok(Self { process, pieces, complaints, readers, patience: tools.patience, path: path.to_owned(), given: false })
    }

    /// The next piece of output, shorter only at the end; `None` after that.
    ///
    /// # Errors
    /// [`CaptureError::FfmpegStuck`] when nothing comes, [`CaptureError::Ffmpeg`] when it fails without having given anything.
    pub(in crate::capture) fn next(&mut self) -> Result<Option<Vec<u8>>, CaptureError> {
        match self.pieces.recv_timeout(self.patience) {
            Ok(piece) => {
                self.given = true;
                Ok(Some(piece))
            }
            Err(RecvTimeoutError::Timeout) => {
                self.kill();
                Err(CaptureError::FfmpegStuck { path: self.path.clone(), seconds: self.patience.as_secs() })
            }
            Err(RecvTimeoutError::Disconnected) => match self.wait_for_exit() {
                Some(status) if status.success() => Ok(None),
                // A clip that was cut off: what came is all there is.
                _ if self.given => Ok(None),
                _ => Err(self.failure()),
            },
        }
    }

    /// Waits for its end after its whole output was taken.
    ///
    /// # Errors
    /// [`CaptureError::Ffmpeg`] with its last complaint when it did not succeed.
    pub(in crate::capture) fn check_success(&mut self) -> Result<(), CaptureError> {
        match self.wait_for_exit() {
            Some(status) if status.success() => Ok(()),
            _ => Err(self.failure()),
        }
    }

    fn wait_for_exit(&mut self) -> Option<ExitStatus> {
        let deadline = Instant::now() + EXIT_WITHIN;
        loop {
            match self.process.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(5)),
                _ => {
                    self.kill();
                    return None;
                }
            }
        }
    }

    /// The error with the last line that it said.
    fn failure(&self) -> CaptureError {
        // What it said may still be on its way to us.
        let deadline = Instant::now() + EXIT_WITHIN;
        while Instant::now() < deadline && !self.readers.iter().all(Worker::is_finished) {
            std::thread::sleep(Duration::from_millis(1));
        }
        let bytes = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&bytes);
        let plain = |line: &str| line.chars().filter(|c| !c.is_control()).collect::<String>();
        let path = self.path.clone();
        if let Some(line) = text.lines().find(|line| LACKS.iter().any(|sign| line.contains(sign))) {
            return CaptureError::FfmpegLacks { path, detail: plain(line) };
        }
        let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it gives no reason");
        CaptureError::Ffmpeg { path, detail: plain(last) }
    }

    fn kill(&mut self) {
        kill_group(&self.process);
        if let Err(e) = self.process.kill() {
            tracing::debug!("ffmpeg was gone already: {e}");
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
        if let Err(e) = self.process.wait() {
            tracing::debug!("ffmpeg's end was not seen: {e}");
        }
        // Should a process that it started hold the pipes open, the readers would wait for it; nobody else has to.
        self.readers.drain(..).for_each(Worker::abandon);
    }
}

fn spawn(name: &'static str, body: impl FnOnce() + Send + 'static) -> Result<Worker, CaptureError> {
    Ok(Worker::spawn(name, move |_| body(), |panic| tracing::error!("{panic}"))?)
}

fn read_pieces(mut from: impl Read, piece_bytes: usize, mut take: impl FnMut(Vec<u8>) -> bool) {
    loop {
        let mut piece = Vec::with_capacity(piece_bytes);
        let read = (&mut from).take(piece_bytes as u64).read_to_end(&mut piece);
        if piece.is_empty() || !take(piece) || read.is_err() {
            return;
        }
    }
}

/// Keeps the newest complaints; always wants more, so that ffmpeg never waits for us to read them.
fn keep(kept: &Mutex<Vec<u8>>, piece: &[u8]) -> bool {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    kept.extend_from_slice(piece);
    let excess = kept.len().saturating_sub(MAX_COMPLAINT_BYTES);
    kept.drain(..excess);
    true
}

/// Some installations start ffmpeg through a wrapper; as a group of their own both can be ended.
#[cfg(unix)]
fn in_own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    command.process_group(0);
}

#[cfg(not(unix))]
fn in_own_group(_command: &mut Command) {}

#[cfg(unix)]
fn kill_group(process: &std::process::Child) {
    let group = i32::try_from(process.id()).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(Err(e)) = group.map(|group| rustix::process::kill_process_group(group, rustix::process::Signal::KILL)) {
        tracing::debug!("ffmpeg was gone already: {e}");
    }
}

#[cfg(not(unix))]
fn kill_group(_process: &std::process::Child) {}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, patience_ms: u64) -> Child {
        let tools = Tools { patience: Duration::from_millis(patience_ms), ..Tools::installed() };
        Child::start(&tools, OsStr::new("sh"), ["-c", script], 4, Path::new("x.mkv"), "test").expect("sh is everywhere")
    }

    #[test]
    fn output_comes_in_whole_pieces_and_ends() {
        let mut child = shell("printf abc; sleep 0.05; printf defghi", 5000);
        let all = std::iter::from_fn(|| child.next().expect("no failure")).collect::<Vec<_>>();
        assert_eq!(all, [b"abcd".to_vec(), b"efgh".to_vec(), b"i".to_vec()], "pieces do not depend on how it writes");
    }

    #[test]
    fn failure_tells_what_was_said_last() {
        let error = shell("echo first >&2; echo 'no such codec' >&2; exit 3", 5000).next().expect_err("it failed");
        assert!(error.to_string().contains("no such codec"), "the reason: {error}");
        let lacking = shell("echo 'Decoder (codec hevc) not found for input stream #0:0' >&2; echo 'Error' >&2; exit 1", 5000).next();
        assert!(lacking.is_err_and(|error| error.to_string().contains("install a complete ffmpeg")), "what to do about it");
        let mut late = shell("printf abcd; exit 1", 5000);
        assert_eq!(late.next().expect("a piece"), Some(b"abcd".to_vec()), "what came counts");
        assert_eq!(late.next().expect("then the end"), None, "a failure after it is only an early end");
    }

    #[test]
    fn a_silent_child_is_ended_with_all_it_started() {
        let start = Instant::now();
        let mut child = shell("sleep 600 & sleep 600", 200);
        let error = child.next().expect_err("nothing came");
        assert!(matches!(error, CaptureError::FfmpegStuck { .. }), "says that it hung: {error}");
        drop(child);
        assert!(start.elapsed() < Duration::from_secs(5), "and nobody waited for it: {:?}", start.elapsed());
    }

    #[test]
    fn a_missing_program_names_the_package() {
        let start = Child::start(&Tools::installed(), OsStr::new("no-such-ffmpeg"), ["x"], 4, Path::new("x.mkv"), "it is VP9");
        let error = start.err().expect("it does not exist").to_string();
        assert!(error.contains("apt install ffmpeg") && error.contains("VP9"), "what to do, and why: {error}");
    }
}
