//! Rules of the source tree that no compiler holds: who may name which library, and that every file says what it is for.

use std::path::{Path, PathBuf};

/// A library's name in code, and the only files or folders that may use it.
const OWNERS: [(&str, &[&str]); 11] = [
    ("nokhwa::", &["src/capture/webcam.rs"]),
    ("v4l::", &["src/capture/v4l2.rs", "src/virtual_camera/device.rs"]),
    ("dlib_face_recognition", &["src/track/dlib.rs"]),
    ("cpal::", &["src/record/microphone.rs"]),
    ("egui::", &["src/present/"]),
    ("eframe::", &["src/present/"]),
    ("wgpu::", &["src/gpu/", "src/compose/", "src/generate/gpu/", "src/present/preview/", "src/present/window.rs"]),
    ("fast_image_resize", &["src/scale.rs"]),
    ("clap::", &["src/cli/"]),
    (
        "candle_core::",
        &[
            "src/nn/",
            "src/model/",
            "src/train/",
            "src/generate/clean_plate.rs",
            "src/generate/motion_warp.rs",
            "src/generate/painter.rs",
            "src/generate/patches.rs",
            "src/cli/train/",
        ],
    ),
    ("pulp::", &["src/nn/ops/", "src/compose/row.rs"]),
];

/// The stages: none of them may name another.
const STAGES: [&str; 9] = ["capture", "track", "portrait", "retarget", "generate", "compose", "present", "record", "virtual_camera"];

/// Longest source file, in lines.
const MAX_LINES: usize = 500;

fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src"), root.join("tests")];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a readable folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    let named = |path: PathBuf| {
        let name = path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("readable");
        (name, text)
    };
    files.into_iter().map(named).collect()
}

/// Code lines only: prose may name what it likes.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}

/// Whether a line names a library, and not just another one whose name ends alike (`egui_wgpu::`).
fn names(line: &str, library: &str) -> bool {
    let starts_there = |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    line.match_indices(library).any(|(at, _)| starts_there(at))
}

#[test]
fn libraries_are_named_only_by_their_owners() {
    for (name, text) in sources().into_iter().filter(|(name, _)| name.starts_with("src/")) {
        for (library, owners) in OWNERS {
            let allowed = owners.iter().any(|owner| name.starts_with(owner));
            assert!(allowed || !code(&text).any(|line| names(line, library)), "{name} must not name {library}");
        }
    }
}

#[test]
fn stages_do_not_import_each_other() {
    for (name, text) in sources() {
        let Some(own) = STAGES.iter().find(|stage| name.starts_with(&format!("src/{stage}/"))) else { continue };
        for other in STAGES.iter().filter(|other| other != &own) {
            let import = format!("crate::{other}::");
            assert!(!code(&text).any(|line| line.contains(&import)), "{name} must not import the stage {other}");
        }
    }
}

#[test]
fn every_file_says_what_it_is_for_and_stays_readable() {
    for (name, text) in sources() {
        assert!(text.starts_with("//! "), "{name} begins with a line that says what it is for");
        let lines = text.lines().count();
        assert!(lines <= MAX_LINES, "{name} has {lines} lines, more than {MAX_LINES}: split it");
        let machine_path = ["tmp", "home", "work"].map(|folder| format!("/{folder}/")).into_iter().find(|path| text.contains(path));
        assert_eq!(machine_path, None, "{name} names a path of one machine");
    }
}
