//! Ends that nobody planned: killed while recording, and Ctrl-C.

use std::fs;
use std::path::Path;

use retrato::capture::{OpenOptions, SourceSpec, open};
use retrato::record::{find_interrupted, recover};
use rustix::process::{Pid, Signal, kill_process};

use super::boxes::whole_fragments;
use super::program::{Place, Running, start};

/// Pictures of the built-in performance in a fragment, which lasts a second.
const PICTURES_PER_FRAGMENT: usize = 25;

/// How many whole fragments have reached the file.
fn fragments(part: &Path) -> usize {
    fs::read(part).map_or(0, |bytes| whole_fragments(&bytes))
}

pub(super) fn signal(program: &Running, signal: Signal) {
    let pid = i32::try_from(program.child.id()).ok().and_then(Pid::from_raw).expect("a process");
    kill_process(pid, signal).expect("the signal is sent");
}

/// Decodes the whole film and counts its pictures.
fn pictures(film: &Path) -> usize {
    let spec = SourceSpec::from_path(film, false).expect("a clip");
    let mut source = open(&spec, OpenOptions::default()).expect("playable");
    std::iter::from_fn(|| source.next().expect("undamaged")).count()
}

/// Starts a film long enough to be interrupted and waits until some of it is on the disk.
fn film_underway(place: &Place, least_fragments: usize) -> Running {
    let mut command = place.command("animate garden --driver talk --size 240 --output out.mp4 --json".split(' '));
    let mut program = start(&mut command);
    let part = place.path("out.mp4.part");
    program.wait_until("enough of the film was on the disk", || fragments(&part) >= least_fragments);
    program
}

#[test]
fn a_killed_recording_is_found_and_recovered() {
    let place = Place::new();
    let program = film_underway(&place, 2);
    signal(&program, Signal::KILL);
    let ended = program.end();
    assert!(!ended.status.success(), "it was killed");
    assert!(!place.path("out.mp4").exists(), "no half film under the final name");
    let found = find_interrupted(&place.path("")).expect("listed");
    assert_eq!(found.iter().map(|i| i.part.clone()).collect::<Vec<_>>(), [place.path("out.mp4.part")], "the interrupted film is found");
    let reached_the_disk = fragments(&found[0].part);
    assert!(reached_the_disk >= 2, "what was on the disk is still there: {reached_the_disk} s");
    let film = recover(&found[0].part).expect("recovered");
    assert_eq!(film, place.path("out.mp4"), "under the name it would have got");
    assert!(!place.path("out.mp4.part").exists(), "the part is gone");
    assert_eq!(pictures(&film), PICTURES_PER_FRAGMENT * reached_the_disk, "every whole second can be played");
}

#[test]
fn ctrl_c_finishes_the_film() {
    let place = Place::new();
    let program = film_underway(&place, 1);
    signal(&program, Signal::INT);
    let ended = program.end();
    assert!(ended.status.success() && !ended.stderr.contains("panicked"), "a clean end: {}", ended.stderr);
    let frames = ended.json()["frames"].as_u64().expect("a number");
    assert!((30..282).contains(&frames), "ended early, with what was made: {frames}");
    assert_eq!(pictures(&place.path("out.mp4")) as u64, frames, "all of it can be played");
    assert_eq!(place.content().len(), 2, "the folder holds the film and nothing else");
}
