//! A live recording in a process of its own, which the tests kill and stop. The process is this very test program.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use retrato::capture::{OpenOptions, SourceSpec, open};
use retrato::data::Input;
use retrato::generate::GeneratorChoice;
use retrato::record::{find_interrupted, recover};
use retrato::session::{Event, NewFile, Panes, RecordingRequest, Request, Session as _, Sound};
use rustix::process::{Pid, Signal, kill_process};

use super::{Dice, driven, scaled};

/// Names the folder in which the process records.
const FOLDER: &str = "RETRATO_TEST_RECORDS_INTO";
/// Pictures that a film has before it is killed, so that something is left of it on a slow machine.
const ENOUGH: u64 = 12;
const PATIENCE: Duration = Duration::from_mins(2);
/// Length of a fragment: what may be lost.
const FRAGMENT_SECS: f64 = 1.0;
/// How much later than it is encoded a picture is told of, and one picture more.
const SLACK_SECS: f64 = 0.1;

/// Records a built-in performance into the folder until it is told to stop or killed, and says how far it is.
fn record_into(folder: PathBuf) {
    let run = driven(GeneratorChoice::LandmarkWarp);
    let file = NewFile { folder, title: "film".to_owned(), mark: false };
    run.request(Request::StartRecording(RecordingRequest { file, own_size: false, sound: Sound::Silent, panes: Panes::Alone }));
    let (ask, asked) = std::sync::mpsc::channel();
    std::thread::spawn(move || std::io::stdin().lines().map_while(Result::ok).try_for_each(|line| ask.send(line)));
    let mut said = std::io::stdout();
    loop {
        if asked.try_recv().is_ok() {
            run.request(Request::StopRecording);
        }
        for event in run.take_events() {
            match event {
                Event::RecordingFinished(finished) => {
                    writeln!(said, "done {} {}", finished.frames, finished.dropped).expect("somebody listens");
                    return;
                }
                Event::RecordingFailed(why) => panic!("{why}"),
                _ => {}
            }
        }
        if let Some(status) = run.recording() {
            writeln!(said, "at {} {}", status.elapsed.as_secs_f64(), status.frames).expect("somebody listens");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// How far a recording is.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    /// Its length, in seconds.
    secs: f64,
    /// Its pictures.
    pictures: u64,
    is_done: bool,
}

/// The process.
struct Underway {
    child: Child,
    folder: tempfile::TempDir,
    /// What it says on standard error.
    complaints: tempfile::NamedTempFile,
    /// What it last told.
    heard: Arc<Mutex<Told>>,
}

impl Underway {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let complaints = tempfile::NamedTempFile::new().expect("a file");
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "faults::underway::recordings_that_are_killed_lose_a_second_at_most", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(complaints.reopen().expect("the same file"))
            .spawn()
            .expect("it starts");
        let heard = Arc::new(Mutex::new(Told::default()));
        let (tell, said) = (Arc::clone(&heard), BufReader::new(child.stdout.take().expect("its output")));
        std::thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                let mut heard = tell.lock().unwrap_or_else(PoisonError::into_inner);
                // The first line follows what the test harness says without a line's end.
                let told = line.split_once("at ").and_then(|(_, told)| told.split_once(' '));
                if let Some((Ok(secs), Ok(pictures))) = told.map(|(secs, pictures)| (secs.parse(), pictures.parse())) {
                    (heard.secs, heard.pictures) = (secs, pictures);
                }
                heard.is_done |= line.contains("done ");
            }
        });
        Self { child, folder, complaints, heard }
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a process");
        kill_process(pid, signal).expect("the signal is sent");
    }

    fn heard(&self) -> Told {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&mut self, what: &str, is_reached: impl Fn(Told) -> bool) {
        let start = Instant::now();
        while !is_reached(self.heard()) {
            assert!(start.elapsed() < PATIENCE, "{what} did not come");
            let is_over = !self.heard().is_done && self.child.try_wait().expect("its state").is_some();
            assert!(!is_over, "it ended before {what}: {}", fs::read_to_string(&self.complaints).unwrap_or_default());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Tells it to stop, and waits for the film.
    fn film(&mut self) -> PathBuf {
        writeln!(self.child.stdin.as_mut().expect("it listens"), "stop").expect("told");
        self.wait("the film", |told| told.is_done);
        let films = fs::read_dir(self.folder.path()).expect("listed").flatten().map(|entry| entry.path());
        films.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "mp4")).expect("a film")
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Start times of a film's pictures, in seconds, all of which must decode; and its length.
fn times(film: &Path) -> (Vec<f64>, f64) {
    let spec = SourceSpec::from_path(film, false).expect("a clip");
    let mut source = open(&spec, OpenOptions::default()).expect("playable");
    let length = source.info().duration.expect("it says how long it is").as_secs_f64();
    let time = |input| if let Input::Frame(frame) = input { frame.time.media_time.as_secs_f64() } else { panic!("clips give frames") };
    (std::iter::from_fn(|| source.next().expect("undamaged")).map(time).collect(), length)
}

#[test]
fn recordings_that_are_killed_lose_a_second_at_most() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return record_into(folder.into());
    }
    let mut dice = Dice(7);
    let mut worst: f64 = 0.0;
    for round in 0..scaled(3, 100) {
        let until = 1.2 + f64::from(dice.below(2000)) / 1000.0;
        let mut underway = Underway::start();
        underway.wait("enough of the recording", |told| told.secs >= until && told.pictures >= ENOUGH);
        underway.signal(Signal::KILL);
        underway.child.wait().expect("it ends");
        std::thread::sleep(Duration::from_millis(20));
        let told_secs = underway.heard().secs;
        let found = find_interrupted(underway.folder.path()).expect("listed");
        assert_eq!(found.len(), 1, "round {round}: the interrupted film is found");
        let film = recover(&found[0].part).expect("recovered");
        let (pictures, length) = times(&film);
        let lost = told_secs - length;
        worst = worst.max(lost);
        assert!(lost <= FRAGMENT_SECS + SLACK_SECS, "round {round}: {lost:.2} s of {told_secs:.2} are lost");
        // How many a busy machine makes in a second is another matter.
        assert!(pictures.len() > 2, "round {round}: {} pictures in {length:.2} s", pictures.len());
    }
    writeln!(std::io::stdout(), "killed while recording: at most {worst:.2} s lost").expect("written");
}

#[test]
fn a_program_that_is_stopped_for_a_while_goes_on_without_a_gap() {
    let stopped = Duration::from_secs(scaled(3, 60));
    let mut underway = Underway::start();
    underway.wait("the recording", |told| told.pictures > 0);
    let (seen_at, seen_secs) = (Instant::now(), underway.heard().secs);
    underway.wait("some of the recording", |told| told.secs >= 1.2);
    let before = underway.heard().secs;
    underway.signal(Signal::STOP);
    std::thread::sleep(stopped);
    underway.signal(Signal::CONT);
    underway.wait("more of the recording", |told| told.secs >= before + 1.5);
    let (pictures, length) = times(&underway.film());
    let widest = pictures.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
    assert!(widest < 1.2, "no picture stands still for long: {widest:.2} s");
    assert!(length > before + 1.0, "the film goes on: {length:.2} s");
    // However slow the machine is, a film is no longer than the time for which its program ran.
    let ran = seen_secs + seen_at.elapsed().saturating_sub(stopped).as_secs_f64();
    assert!(length < ran + 0.5, "it has no {stopped:?} of nothing: {length:.2} s, recorded in {ran:.2} s");
    assert!(pictures.windows(2).all(|pair| pair[1] > pair[0]), "time runs forwards");
}
