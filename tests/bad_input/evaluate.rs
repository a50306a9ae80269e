//! Evaluations of clips that cannot be used, and evaluations that are interrupted.

use std::fs;

use rustix::process::Signal;
use serde_json::Value;
use test_needs::needs;

use super::interruptions::signal;
use super::program::{Place, start};

/// A folder of clips: paintings that were brought to life, and what is no clip.
fn place_with_clips(paintings: &[&str]) -> Place {
    let place = Place::new();
    fs::create_dir(place.path("clips")).expect("a folder");
    for painting in paintings {
        let made = place.say(&format!("animate {painting} --driver look_around --seconds 0.72 --size 256 --output clips/{painting}.mp4"));
        assert!(made.status.success(), "a clip of a painting: {}", made.stderr);
    }
    place.file("clips/begun.mp4", "");
    place.file("clips/notes.mp4", "no clip\n");
    place
}

/// Clip, model and targets of every result.
fn rows(results: &Value) -> Vec<(String, String, u64)> {
    let text = |value: &Value| value.as_str().expect("a name").to_owned();
    let row = |result: &Value| (text(&result["clip"]), text(&result["model"]), result["targets"].as_u64().expect("a number"));
    results.as_array().expect("an array").iter().map(row).collect()
}

#[needs(landmark_model)]
#[test]
fn clips_that_cannot_be_used_are_told_and_left_out() {
    let place = place_with_clips(&["garden"]);
    let ended = place.say("evaluate clips clips/absent.mp4 --json");
    assert!(ended.status.success(), "one clip is enough: {}", ended.stderr);
    let models = ["copy", "landmark-warp", "motion-net", "few-shot", "head-3d"].map(|model| ("garden".to_owned(), model.to_owned(), 2));
    let results = ended.json();
    assert_eq!(rows(&results), models, "all models on the good clip, which comes behind a bad one");
    for (bad, why) in [("begun.mp4", "zero bytes"), ("notes.mp4", "a text file"), ("absent.mp4", "there is no file")] {
        let told = ended.stderr.lines().any(|line| line.contains(bad) && line.contains("left out") && line.contains(why));
        assert!(told, "{bad} is left out, because {why}:\n{}", ended.stderr);
    }
    let copy = &results[0];
    let turned: u64 = copy["by_turn"].as_array().expect("bins").iter().filter_map(|bin| bin["targets"].as_u64()).sum();
    assert_eq!(turned, 2, "every target is in one bin: {copy}");
    assert!(
        copy["sharpness"].as_f64().is_some_and(|sharpness| (0.3..3.0).contains(&sharpness)),
        "the source is a picture like them: {copy}"
    );
    let table = place.say("evaluate clips --max-frames 6");
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let lines: Vec<Vec<String>> = table.stdout.lines().map(words).collect();
    assert!(
        lines[0].starts_with(&["clip".to_owned(), "model".to_owned()]) && lines[1].len() == 2 + 12,
        "heading and row:\n{}",
        table.stdout
    );
    assert!(lines.iter().any(|line| line.first().is_some_and(|word| word == "0-10")), "by turn:\n{}", table.stdout);
}

#[needs(landmark_model)]
#[test]
fn an_evaluation_without_any_clip_fails() {
    let place = place_with_clips(&[]);
    place.refuses(1, "evaluate clips", &["begun.mp4 is left out", "notes.mp4 is left out", "no clip could be used"]);
    let ended = place.say("evaluate clips --json");
    assert!(!ended.status.success() && rows(&ended.json()).is_empty(), "an empty array is JSON, too: {}", ended.stdout);
}

#[test]
fn calls_for_synthetic_people_that_cannot_work_say_what_would() {
    let place = Place::new();
    place.refuses(1, "evaluate --synthetic", &["--facekit", "FaceXModel"]);
    place.refuses(2, "evaluate --synthetic --stand-in clip.mp4", &["--synthetic", "cannot be used with"]);
    place.refuses(2, "evaluate clip.mp4 --people 3", &["--people", "cannot be used with"]);
    place.refuses(2, "evaluate clip.mp4 --stand-in", &["--stand-in", "cannot be used with"]);
    place.refuses(2, "evaluate --synthetic --stand-in --people 0", &["--people"]);
}

#[needs(landmark_model)]
#[test]
fn ctrl_c_keeps_the_results_that_are_there() {
    let place = place_with_clips(&["garden", "lady"]);
    // Fine-tuning on every clip takes longer than anybody waits.
    let mut command = place.command("evaluate clips --fine-tune 5000 --json".split(' '));
    let mut program = start(&mut command);
    let results = |text: &str| text.matches("\"clip\"").count();
    program.wait_until_said("the first results", |stdout| results(stdout) >= 2);
    signal(&program, Signal::INT);
    let ended = program.end();
    assert!(ended.status.success() && !ended.stderr.contains("panicked"), "a clean end: {}", ended.stderr);
    let rows = rows(&ended.json());
    assert!(rows.len() >= 2 && rows.len() < 10, "what was measured, and no more: {rows:?}");
    assert!(rows.iter().all(|(clip, _, targets)| clip == "garden" && *targets == 2), "whole results: {rows:?}");
}
