//! What people send when something went wrong, and what files say of themselves: by the real program, with a real panic.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use retrato::recordings;

use super::program::{Place, start};

/// What the person's things are called, none of which may be in a report.
const NAMES: [&str; 4] = ["Mary", "mary", "Grandmother", "Aunt"];

/// The program as a person called Mary runs it, who has a log.
fn as_mary(place: &Place, arguments: &str) -> Command {
    let home = place.path("home of mary");
    let log = home.join("state/retrato");
    fs::create_dir_all(&log).expect("a folder");
    let lines = "2026-01-01T10:00:00Z  INFO the CPU was asked for\n2026-01-01T10:00:01Z  WARN My Grandmother.JPG is cut off\n\
                 2026-01-01T10:00:02Z  WARN cannot read /data/of Mary/x: denied\n";
    fs::write(log.join("retrato.log"), lines).expect("a log");
    let mut command = place.command(arguments.split(' '));
    command.env("HOME", &home).env("USER", "maryjane").env("LOGNAME", "maryjane");
    for (variable, folder) in [("XDG_STATE_HOME", "state"), ("XDG_DATA_HOME", "data"), ("XDG_CACHE_HOME", "cache")] {
        command.env(variable, home.join(folder));
    }
    command
}

fn reports(place: &Place) -> Vec<PathBuf> {
    fs::read_dir(place.path("home of mary/data/retrato/reports")).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

fn assert_names_nobody(text: &str) {
    for name in NAMES {
        assert!(!text.contains(name), "{name} is in the report:\n{text}");
    }
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "needs a build for development, which can be made to panic")]
#[cfg(target_os = "linux")]
fn a_defect_leaves_a_report_and_keeps_the_film() {
    let place = Place::new();
    let mut command = as_mary(&place, "animate garden --driver talk --seconds 3 --size 96 --output film.mp4");
    let ended = start(command.env("RETRATO_TEST_PANIC", "12")).end();
    assert_eq!(ended.status.code(), Some(101), "it panicked: {}", ended.stderr);
    let reports = reports(&place);
    let [report] = &reports[..] else { panic!("one report: {reports:?}, {}", ended.stderr) };
    assert!(ended.stderr.contains(&report.display().to_string()) && ended.stderr.contains("bug report"), "says where: {}", ended.stderr);
    let text = fs::read_to_string(report).expect("text");
    for words in ["Retrato 0", "System: ", "While: animate", "Thread: main", "a drill with FILE", "crash.rs", "INFO the CPU was asked for"]
    {
        assert!(text.contains(words), "{words} is in the report:\n{text}");
    }
    assert!(text.contains("WARN FILE is cut off\n") && text.contains("WARN cannot read PATH: denied\n"), "without names:\n{text}");
    assert_names_nobody(&text);
    let facts = recordings::facts(&place.path("film.mp4")).expect("what was recorded is a film");
    assert!(facts.duration.as_secs_f64() > 0.2, "the pictures before the defect are in it: {facts:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn the_doctors_report_holds_what_matters_and_no_names() {
    let place = Place::new();
    let mut command = as_mary(&place, "doctor --report report.txt");
    let ended = start(&mut command).end();
    assert!(ended.status.success(), "written: {}", ended.stderr);
    let text = fs::read_to_string(place.path("report.txt")).expect("text");
    for words in ["Retrato 0", "System: ", "executor", "HEIC and AVIF", "Settings:\n", "generator: \"head-3d\"", "WARN FILE is cut off"] {
        assert!(text.contains(words), "{words} is in the report:\n{text}");
    }
    assert_names_nobody(&text);
    let again = start(&mut command).end();
    assert!(!again.status.success() && again.stderr.contains("exists already"), "nothing is replaced: {}", again.stderr);
}

#[test]
fn every_format_says_that_it_is_synthetic() {
    let place = Place::new();
    for (name, file, format) in
        [("film.mp4", "film.mp4", "MP4"), ("film.gif", "film.gif", "GIF"), ("frames", "frames/frame_000001.png", "PNG")]
    {
        let made = place.say(&format!("animate garden --driver talk --seconds 0.3 --size 128 --mark --output {name}"));
        assert!(made.status.success(), "{name}: {}", made.stderr);
        let file = if place.path(file).exists() { place.path(file) } else { first_in(&place, name) };
        let told = place.run(["verify".as_ref(), "--json".as_ref(), file.as_os_str()]).json();
        assert_eq!((&told["format"], &told["made_by_retrato"], &told["synthetic"]), (&format.into(), &true.into(), &true.into()), "{name}");
        assert_eq!((&told["version"], &told["c2pa_manifest"]), (&env!("CARGO_PKG_VERSION").into(), &false.into()), "{name}");
        let date = told["dates"][0].as_str().expect("a date");
        assert!(date.len() == 20 && date.starts_with("20") && date.ends_with('Z'), "{name}: {date}");
    }
    // The mark is dark round light letters; what stands there without it is neither.
    let marked = image::open(first_in(&place, "frames")).expect("a picture").to_rgb8();
    let corner = image::imageops::crop_imm(&marked, marked.width() - 60, marked.height() - 14, 56, 12).to_image();
    let light = corner.pixels().filter(|pixel| pixel.0.iter().all(|value| *value > 215)).count();
    assert!(light > 80, "letters: {light} light pixels");
}

fn first_in(place: &Place, folder: &str) -> PathBuf {
    let mut files: Vec<PathBuf> = fs::read_dir(place.path(folder)).expect("a folder").flatten().map(|entry| entry.path()).collect();
    files.sort();
    files.into_iter().next().expect("a picture")
}

#[test]
fn files_of_others_are_told_from_our_own() {
    let place = Place::new();
    let packet = "http://ns.adobe.com/xap/1.0/\0<x xmp:CreatorTool=\"Some Camera 1.0\" xmp:CreateDate=\"2025-03-04T05:06:07\"/>";
    let mut jpeg = Vec::new();
    image::codecs::jpeg::JpegEncoder::new(&mut jpeg).encode_image(&image::RgbImage::new(16, 16)).expect("a JPEG");
    jpeg.splice(2..2, [&[0xff, 0xe1][..], &(packet.len() as u16 + 2).to_be_bytes(), packet.as_bytes()].concat());
    place.file("photo.jpg", jpeg);
    place.file("silent.png", b"\x89PNG\r\n\x1a\n");
    let told = place.say("verify photo.jpg silent.png").stdout;
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].contains("(JPEG)") && lines[0].contains("made with Some Camera 1.0 on 2025-03-04T05:06:07"), "the camera: {told}");
    assert!(lines.iter().all(|line| line.contains("nothing says that Retrato made it") && line.contains("no C2PA manifest")), "{told}");
    assert!(lines[1].contains("says nothing of how it was made, which proves nothing"), "silence: {told}");
}
