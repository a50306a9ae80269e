//! Synthetic heads and training through the real program, on a crude head of its own; with ICT-FaceKit where it is shared.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use test_needs::needs;

use crate::shared::shared;

fn retrato(arguments: &[&str], folder: &Path) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_retrato")).args(arguments).current_dir(folder).output().expect("the program starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "retrato {arguments:?} failed: {errors}");
    output
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).expect("the result is JSON")
}

#[test]
fn training_from_nothing_learns_and_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().expect("a folder");
    let small =
        ["--batch", "4", "--block", "16", "--visits", "4", "--validation", "2", "--channels", "8,16,16,24", "--rate", "2e-3", "--json"];
    let train = |steps: &str| {
        let arguments = ["train", "motion", "--stand-in", "-o", "run", "--steps", steps];
        json(&retrato(&[&arguments[..], &small].concat(), folder.path()))
    };
    let report = train("200");
    let loss = |key: &str| report[key].as_f64().unwrap_or(f64::NAN);
    let factor = loss("last_loss") / loss("first_loss");
    assert!(factor < 0.75, "after 200 steps the loss is under 0.75 of that of the first 50: {factor}");
    assert_eq!((report["samples"].as_u64(), report["finished"].as_bool()), (Some(800), Some(true)), "all samples were seen");
    let lines = |name: &str| std::fs::read_to_string(folder.path().join("run").join(name)).expect("the curve").lines().count();
    assert_eq!(lines("curve.jsonl"), 4, "a point every 50 steps");
    assert!(folder.path().join("run/curve.svg").is_file(), "and a picture");
    let longer = train("210");
    assert_eq!(longer["steps"].as_u64(), Some(210), "the run is gone on with");
    assert_eq!(lines("curve.jsonl"), 5, "and so is its curve");
}

#[test]
fn the_few_shot_generator_trains_goes_on_and_its_weights_move_a_portrait() {
    let folder = tempfile::tempdir().expect("a folder");
    let small = ["--batch", "2", "--side", "32", "--block", "4", "--turns", "4", "--validation", "2", "--identities", "4", "--json"];
    let train = |steps: &str| {
        let arguments = ["train", "few-shot", "--stand-in", "-o", "run", "--adversarial-from", "4", "--steps", steps];
        json(&retrato(&[&arguments[..], &small].concat(), folder.path()))
    };
    let report = train("8");
    assert_eq!((report["samples"].as_u64(), report["finished"].as_bool()), (Some(48), Some(true)), "three crops of each example");
    assert!(report["validation"]["warped_error"].as_f64().is_some_and(|e| e > 0.0), "held-out heads were looked at: {report}");
    assert_eq!(train("10")["steps"].as_u64(), Some(10), "the run is gone on with");
    // In this time the mouth opens.
    let animated = |name: &str, weights: &[&str]| {
        let animate =
            ["animate", "lady", "-d", "laugh", "-o", name, "--seconds", "2", "--size", "256", "--generator", "few-shot", "--json"];
        let report = json(&retrato(&[&animate[..], weights].concat(), folder.path()));
        assert_eq!(report["frames"].as_u64(), Some(50), "every frame: {report}");
        pictures(&folder.path().join(name))
    };
    let trained = animated("trained", &["--few-shot-weights", "run/few_shot.safetensors"]);
    let shipped = animated("shipped", &[]);
    assert_eq!((trained.len(), shipped.len()), (50, 50), "a picture for every frame");
    assert!(unlike(&trained[0], &trained[20]) > 500, "the portrait moves: {} pixels", unlike(&trained[0], &trained[20]));
    let otherwise = trained.iter().zip(&shipped).map(|(a, b)| unlike(a, b)).max().unwrap_or(0);
    assert!(otherwise > 100, "these weights paint otherwise: {otherwise} pixels");
}

/// The pictures in a folder, in order.
fn pictures(folder: &Path) -> Vec<image::RgbImage> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "png"));
    files.sort();
    files.iter().map(|file| image::open(file).expect("a picture").into_rgb8()).collect()
}

/// How many pixels differ visibly.
fn unlike(a: &image::RgbImage, b: &image::RgbImage) -> usize {
    a.pixels().zip(b.pixels()).filter(|(a, b)| a.0.iter().zip(b.0).any(|(a, b)| a.abs_diff(b) > 4)).count()
}

/// A clip of a built-in portrait that is moved by a built-in performance: its face is found as a person's would be.
fn clip_of_a_painting(folder: &Path) {
    std::fs::create_dir_all(folder.join("clips")).expect("a folder");
    retrato(&["animate", "lady", "-d", "talk", "-o", "clips/lady.mp4", "--seconds", "1.08", "--size", "256"], folder);
}

/// The only file in a folder.
fn only_file(folder: &Path) -> PathBuf {
    let files: Vec<PathBuf> = std::fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()).collect();
    let [file] = files.as_slice() else { panic!("one file in {}, not {files:?}", folder.display()) };
    file.clone()
}

const FEW: [&str; 13] =
    ["--clips", "clips", "--batch", "2", "--sources", "2", "--block", "2", "--turns", "2", "--validation", "2", "--json"];

#[needs(landmark_model)]
#[test]
fn the_papers_networks_learn_from_clips_that_are_prepared_once() {
    let folder = tempfile::tempdir().expect("a folder");
    clip_of_a_painting(folder.path());
    std::fs::write(folder.path().join("clips/notes.mp4"), b"no video").expect("a file");
    let train = |steps: &str| {
        let arguments = ["train", "few-shot", "--preset", "paper", "--width", "quarter", "--side", "64", "-o", "run", "--steps", steps];
        retrato(&[&arguments[..], &FEW].concat(), folder.path())
    };
    let first = train("1");
    let (report, words) = (json(&first), String::from_utf8_lossy(&first.stderr).into_owned());
    assert_eq!(report["samples"].as_u64(), Some(2), "a whole picture of each example");
    assert!(report["validation"]["memory_ssim"].as_f64().is_some_and(|ssim| ssim > 0.0), "what it learns from is looked at: {report}");
    assert!(report["validation"]["given_ssim"].as_f64().is_some_and(|ssim| ssim > 0.5), "held-out frames resemble others: {report}");
    assert!(words.contains("notes.mp4"), "what is no clip is named: {words}");
    let prepared = only_file(&folder.path().join("run/prepared"));
    let made = std::fs::read(&prepared).expect("readable");
    let written = || std::fs::metadata(&prepared).and_then(|about| about.modified()).expect("a time");
    let time = written();
    assert_eq!(json(&train("2"))["steps"].as_u64(), Some(2), "the run is gone on with");
    assert_eq!(written(), time, "and its clips are not prepared again");
    let mut damaged = made.clone();
    damaged[made.len() / 2] ^= 1;
    std::fs::write(&prepared, damaged).expect("writable");
    let third = train("3");
    assert_eq!(json(&third)["steps"].as_u64(), Some(3), "a damaged file does not stop the run");
    assert!(String::from_utf8_lossy(&third.stderr).contains("damaged"), "but is named");
    assert_eq!(std::fs::read(&prepared).expect("readable"), made, "and made again, the same");
}

#[needs(landmark_model)]
#[test]
fn the_generator_that_mends_warps_learns_from_clips_too() {
    let folder = tempfile::tempdir().expect("a folder");
    clip_of_a_painting(folder.path());
    let report = json(&retrato(&[&["train", "few-shot", "--side", "32", "-o", "run", "--steps", "1"][..], &FEW].concat(), folder.path()));
    assert_eq!(report["samples"].as_u64(), Some(6), "three crops of each example");
    assert!(report["validation"]["warped_error"].as_f64().is_some_and(|error| error > 0.0), "sources are warped: {report}");
}

#[needs(landmark_model)]
#[test]
fn calls_of_few_shot_training_that_cannot_work_say_what_would() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("clips")).expect("a folder");
    let refused = |arguments: &[&str]| {
        let arguments = [&["train", "few-shot", "-o", "run"], arguments].concat();
        let output = Command::new(env!("CARGO_BIN_EXE_retrato")).args(&arguments).current_dir(folder.path()).output().expect("it starts");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for (arguments, code, words) in [
        (&[][..], 2, "--facekit <FOLDER>|--stand-in|--clips <FOLDER>"),
        (&["--stand-in", "--clips", "clips"], 2, "cannot be used with"),
        (&["--stand-in", "--clip-frames", "20"], 2, "--clip-frames"),
        (&["--clips", "clips", "--preset", "paper", "--side", "96"], 1, "64, 128 or 256"),
        (&["--clips", "clips", "--width", "half"], 1, "--preset paper"),
        (&["--clips", "clips", "--preset", "paper", "--motion-weights", "x"], 1, "leave it out"),
        (&["--clips", "clips"], 1, "holds no clip"),
        (&["--clips", "nowhere"], 1, "cannot be read"),
    ] {
        let (status, errors) = refused(arguments);
        assert!(status == Some(code) && errors.contains(words), "{arguments:?}: {status:?}, {errors}");
    }
    std::fs::write(folder.path().join("clips/a.mp4"), b"no video").expect("a file");
    let (status, errors) = refused(&["--clips", "clips"]);
    assert!(status == Some(1) && errors.contains("a.mp4") && errors.contains("no clip in clips can be learnt from"), "{errors}");
}

#[test]
fn sheets_of_synthetic_heads_are_written_and_repeat() {
    let folder = tempfile::tempdir().expect("a folder");
    let sheet = |name: &str, seed: &str| {
        let report = json(&retrato(&["synth", "--stand-in", "--pairs", "2", "--seed", seed, "--preview", name, "--json"], folder.path()));
        let path = report["sheets"][0].as_str().map(|p| folder.path().join(p)).expect("a sheet");
        image::open(path).expect("a picture").into_rgb8()
    };
    let first = sheet("a", "5");
    assert!(first.width() >= 4 * 256 && first.height() >= 256, "source, target, warp and parts side by side: {:?}", first.dimensions());
    assert_eq!(first, sheet("b", "5"), "the same seed makes the same pictures");
    assert_ne!(first, sheet("c", "6"), "another seed makes others");
}

#[test]
fn a_missing_kit_is_a_clear_error() {
    let output = Command::new(env!("CARGO_BIN_EXE_retrato")).args(["synth", "--facekit", "nowhere"]).output().expect("the program starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && errors.contains("FaceXModel"), "it says what is needed: {errors}");
}

/// The kit, unpacked from where it is shared.
fn kit(folder: &Path) -> PathBuf {
    let archive = shared().join("data/ict-facekit.tar.xz");
    let unpacked = Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(folder).status().expect("tar starts");
    assert!(unpacked.success(), "tar cannot unpack {}", archive.display());
    folder.join("FaceXModel")
}

#[needs(facekit)]
#[test]
fn the_real_kit_is_read_and_drawn() {
    let folder = tempfile::tempdir().expect("a folder");
    let kit = kit(folder.path()).to_string_lossy().into_owned();
    let report = json(&retrato(&["synth", "--facekit", &kit, "--pairs", "4", "--preview", "sheets", "--json"], folder.path()));
    assert_eq!(report["pairs"].as_u64(), Some(4), "four pairs were made");
}
