//! Bad clips: empty, cut, without frames, without a face.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use image::{Rgba, RgbaImage};
use retrato::record::{AudioSource, RecordFrame, RecordOptions, Recorder};
use test_needs::needs;

use super::boxes::first_box;
use super::program::Place;

/// Moving colours, and the file as it grew.
struct Gradients {
    whole: Vec<u8>,
    growing: Vec<u8>,
}

fn gradients() -> Gradients {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("clip.mp4");
    let recorder = Recorder::start(RecordOptions::new(&path).expect("a format"), AudioSource::None).expect("started");
    let zero = Instant::now();
    for i in 0..50_u32 {
        let colour = |x: u32, y: u32| Rgba([(x + 3 * i) as u8, (2 * y + i) as u8, (x ^ y) as u8, 255]);
        let pts = Duration::from_millis(40) * i;
        let pixels = Arc::new(RgbaImage::from_fn(192, 144, colour));
        recorder.push(RecordFrame { pixels, pts, captured_at: zero + pts }).expect("taken");
    }
    while recorder.status().frames < 50 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let growing = fs::read(folder.path().join("clip.mp4.part")).expect("the growing file");
    recorder.finish(|_| {}).expect("finished");
    Gradients { whole: fs::read(path).expect("the film"), growing }
}

#[needs(landmark_model)]
#[test]
fn bad_clips_are_refused_by_name() {
    let place = Place::new();
    let Gradients { whole, growing } = gradients();
    let (index, samples) = (first_box(&whole, *b"moov"), first_box(&whole, *b"mdat"));
    place.file("empty.mp4", "");
    place.file("text.mp4", "#EXTM3U\nother.ts\n");
    place.file("document.mp4", "%PDF-1.7\n\u{1}");
    place.file("cut.mp4", &whole[..index.start + index.len() / 2]);
    place.file("unfinished.mp4", [&whole[..index.start], &whole[samples.clone()]].concat());
    place.file("begun.mp4", &growing[..first_box(&growing, *b"moof").start]);
    fs::create_dir(place.path("folder.mp4")).expect("a folder");
    for (name, words) in [
        ("empty.mp4", ["zero bytes", "not copied"]),
        ("text.mp4", ["a text file", "give a video"]),
        ("document.mp4", ["a PDF document", "give a video"]),
        ("cut.mp4", ["cut off before its index", "copy it again"]),
        ("unfinished.mp4", ["cut off before its index", "copy it again"]),
        ("begun.mp4", ["has no frames", "choose another clip"]),
        ("folder.mp4", ["is a directory", "give one video file"]),
        ("absent.mp4", ["there is no file", "check the path"]),
    ] {
        place.refuses(1, &format!("track {name} --output out.jsonl"), &[name, words[0], words[1]]);
        place.refuses(1, &format!("animate garden --driver {name} --output out.mp4"), &[name, words[0], words[1]]);
    }
}

#[needs(landmark_model)]
#[test]
fn a_clip_without_a_face_makes_no_file_and_replaces_none() {
    let place = Place::new();
    place.file("nobody.mp4", gradients().whole);
    place.file("precious.mp4", "precious");
    place.file("precious.jsonl", "precious");
    fs::create_dir(place.path("folder")).expect("a folder");
    place.file("folder/precious.txt", "precious");
    let words = ["no face was found", "nobody.mp4", "choose a clip"];
    for output in ["out.gif", "precious.mp4 --overwrite", "folder --overwrite"] {
        place.refuses(1, &format!("animate garden --driver nobody.mp4 --seconds 0.4 --size 64 --output {output}"), &words);
    }
    place.refuses(1, "track nobody.mp4 --output precious.jsonl --overwrite", &words);
}

#[needs(landmark_model)]
#[test]
fn a_clip_cut_in_its_pictures_gives_those_that_are_there() {
    let place = Place::new();
    let made = place.say("animate garden --driver talk --seconds 0.6 --size 480 --output whole.mp4 --json");
    assert_eq!(made.json()["frames"], 15, "a film with a face: {}", made.stderr);
    let whole = fs::read(place.path("whole.mp4")).expect("the film");
    let samples = first_box(&whole, *b"mdat");
    assert!(first_box(&whole, *b"moov").start < samples.start, "the index stands first, so that a cut film can be played");
    place.file("cut.mp4", &whole[..samples.start + samples.len() * 9 / 10]);
    let ended = place.say("track cut.mp4 --output cut.jsonl --json");
    assert!(!ended.stderr.contains("panicked"), "no panic: {}", ended.stderr);
    let frames = ended.json()["frames_with_face"].as_u64().expect("a number");
    assert!((2..15).contains(&frames), "some of the 15 pictures are there: {frames}");
}
