//! Machine-readable results, also for file names that are no text.

use test_needs::needs;

use super::program::Place;

/// A picture with a face, of the program's own.
const GARDEN_JPEG: &[u8] = include_bytes!("../../assets/portraits/garden.jpg");

#[needs(landmark_model)]
#[test]
fn results_are_json_and_progress_stays_off_standard_output() {
    let place = Place::new();
    place.file("face.jpg", GARDEN_JPEG);
    let film = place.say("animate garden --driver talk --seconds 0.36 --size 480 --output out.mp4 --json").json();
    assert_eq!((&film["output"], &film["frames"]), (&"out.mp4".into(), &9.into()), "an animation: {film}");
    let motion = place.say("track out.mp4 --output out.jsonl --json").json();
    assert_eq!((&motion["frames"], &motion["frames_with_face"]), (&9.into(), &9.into()), "a performance: {motion}");
    let again = place.say("animate lady --driver out.jsonl --size 64 --output again.gif --json").json();
    assert_eq!(again["frames_with_face"], 9, "what was tracked drives: {again}");
    let face = place.say("enroll face.jpg --json").json();
    assert_eq!(face["landmarks"].as_array().map(Vec::len), Some(68), "an enrolled face: {face}");
    let doctor = place.say("doctor --json").json();
    assert!(doctor["status"].is_string(), "the doctor's verdict: {doctor}");
}

#[cfg(target_os = "linux")]
#[needs(landmark_model)]
#[test]
fn names_that_are_no_text_work_and_show_a_replacement_sign() {
    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::OsStrExt as _;

    let place = Place::new();
    let name = |bytes: &[u8]| OsStr::from_bytes(bytes).to_owned();
    place.file(name(b"gr\xfcn.jpg"), GARDEN_JPEG);
    let call = |words: &str| words.split(' ').map(OsString::from).collect::<Vec<_>>();
    let found = place.run([call("enroll --json"), vec![name(b"gr\xfcn.jpg")]].concat());
    assert_eq!(found.json()["portrait"], "gr\u{fffd}n.jpg", "a picture is found: {}", found.stderr);
    let film = place.run([call("animate garden --driver talk --seconds 0.2 --size 64 --json --output"), vec![name(b"\xff.gif")]].concat());
    assert_eq!(film.json()["output"], "\u{fffd}.gif", "a film is made: {}", film.stderr);
    assert!(place.path(name(b"\xff.gif")).exists(), "under exactly that name");
    let absent = &mut place.command([call("enroll"), vec![name(b"no\xff.jpg")]].concat());
    place.refuses_command(1, absent, &["there is no file no\u{fffd}.jpg", "check the path"]);
}
