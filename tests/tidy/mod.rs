//! Rules of the source tree that no compiler holds: which parts may name which, who may name which library, and that every file says what it is for.

mod paths;

use std::path::{Path, PathBuf};

use paths::{Import, Named, Root, named, taken_in};

/// The crates, each of which may depend only on those before it; the program, in `src/`, on all of them. Cargo holds what each one says that it needs.
const CRATES: [&str; 13] =
    ["core", "nn", "reader", "head", "plate", "face", "model", "parts", "media", "builtin", "engine", "learn", "train"];

/// Crates that are one part as a whole. The others have a part in every module.
const WHOLE: [&str; 8] = ["nn", "reader", "head", "plate", "model", "parts", "builtin", "learn"];

/// Macros stand in the root of their crate; these are the parts that they belong to.
const MACROS: [(&str, &str); 2] = [("wgsl_struct", "wgsl"), ("wgsl_constants", "wgsl")];

/// The parts of the program from the ground up. A part may name only those on lower floors.
const FLOORS: [&[&str]; 20] = [
    &["data", "math", "random", "runtime", "wgsl", "jpeg"],
    &["scale", "stills", "nn", "colour", "resampler", "reader", "head", "plate"],
    &["face"],
    &["model"],
    &["gpu"],
    &["capture", "track", "portrait", "record", "speaker", "virtual_camera"],
    &["builtin", "learn", "parts"],
    &["generate", "compose"],
    &["bench"],
    &["shaders"],
    &["synth"],
    &["evaluate"],
    &["train"],
    &["settings"],
    &["executor"],
    &["session"],
    &["retarget", "collection"],
    &["pipeline", "recordings"],
    &["present", "doctor"],
    &["cli"],
];

/// The stages: none of them may name another, whatever their floors.
const STAGES: [&str; 9] = ["capture", "track", "portrait", "retarget", "generate", "compose", "present", "record", "virtual_camera"];

/// Training and what belongs to it: running depends on none of it, so only the command line may name it.
const TRAINING: [&str; 3] = ["synth", "evaluate", "train"];

/// A library's name in code, and the only files or folders that may use it.
const OWNERS: [(&str, &[&str]); 39] = [
    ("nokhwa", &["crates/media/src/capture/webcam.rs"]),
    ("v4l", &["crates/media/src/capture/v4l2.rs", "crates/media/src/virtual_camera/device.rs"]),
    ("zune_jpeg", &["crates/media/src/capture/pixels.rs"]),
    ("tiff", &["crates/core/src/stills/"]),
    ("jpeg_decoder", &["crates/core/src/stills/jpeg.rs"]),
    ("jxl_oxide", &["crates/core/src/stills/jxl.rs"]),
    ("openh264", &["crates/media/src/capture/clip/h264.rs", "crates/media/src/record/video.rs"]),
    ("shiguredo_mp4", &["crates/media/src/capture/", "crates/media/src/record/"]),
    ("syom", &["crates/media/src/capture/sound/aac.rs", "crates/media/src/record/aac.rs"]),
    ("rubato", &["crates/media/src/resampler.rs", "crates/media/src/capture/sound/resample.rs", "crates/media/src/record/drift.rs"]),
    ("yuv", &["crates/media/src/colour.rs"]),
    ("h264_reader", &["crates/media/src/capture/clip/sps.rs"]),
    ("signal_hook", &["crates/media/src/record/files.rs"]),
    ("cpal", &["crates/media/src/record/microphone.rs", "crates/media/src/speaker/device.rs"]),
    ("rtrb", &["crates/media/src/record/microphone.rs", "crates/media/src/speaker/device.rs"]),
    ("dlib_face_recognition", &["crates/face/src/track/dlib.rs"]),
    ("moxcms", &["crates/face/src/portrait/"]),
    ("fast_image_resize", &["crates/core/src/scale.rs"]),
    ("rand_xoshiro", &["crates/core/src/random.rs"]),
    ("safetensors", &["crates/nn/src/weights.rs", "crates/face/src/face/mesh_model.rs"]),
    (
        "candle_core",
        &[
            "crates/nn/src/",
            "crates/model/src/",
            "crates/model/examples/",
            "crates/learn/src/",
            "crates/train/src/train/",
            "crates/parts/src/painter.rs",
            "crates/engine/src/generate/backdrop.rs",
            "crates/engine/src/generate/embedding.rs",
            "crates/engine/src/generate/head_turn.rs",
            "crates/engine/src/generate/known_plates.rs",
            "crates/engine/src/generate/motion_warp.rs",
            "crates/engine/src/generate/painter.rs",
            "crates/engine/src/generate/patches.rs",
            "crates/engine/src/generate/seen.rs",
            "crates/engine/src/bench/",
            "src/cli/train/",
        ],
    ),
    (
        "pulp",
        &[
            "crates/nn/src/ops/",
            "crates/reader/src/",
            "crates/core/src/runtime/processor.rs",
            "crates/engine/src/compose/row.rs",
            "crates/engine/src/bench/roof.rs",
        ],
    ),
    (
        "wgpu",
        &[
            "crates/engine/src/gpu/",
            "crates/engine/src/compose/",
            "crates/engine/src/generate/gpu/",
            "crates/engine/src/bench/",
            "src/present/preview/",
            "src/present/window.rs",
        ],
    ),
    ("egui", &["src/present/"]),
    ("eframe", &["src/present/"]),
    ("egui_wgpu", &["src/present/"]),
    ("egui_system_font_provider", &["src/present/words/fonts.rs"]),
    ("fluent_bundle", &["src/present/words/"]),
    ("unic_langid", &["src/present/words/"]),
    ("sys_locale", &["src/present/words/"]),
    ("rfd", &["src/present/dialogs.rs"]),
    ("arboard", &["src/present/clipboard.rs", "src/present/films/clipboard.rs"]),
    ("trash", &["src/recordings/keep.rs"]),
    ("toml", &["src/settings/file.rs"]),
    ("clap", &["src/cli/"]),
    ("clap_complete", &["src/cli/write_docs.rs"]),
    ("clap_mangen", &["src/cli/write_docs.rs"]),
    ("ctrlc", &["src/cli/common.rs"]),
    ("tracing_subscriber", &["src/cli/log.rs"]),
];

/// Longest source file, in lines.
const MAX_LINES: usize = 500;

/// A source file: its path in the tree, and its text.
struct Source {
    name: String,
    text: String,
}

/// Every Rust file of the tree.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<PathBuf> = ["src", "crates", "tests", "benches"].map(|folder| root.join(folder)).into();
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
    let source = |path: PathBuf| {
        let name = path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
        Source { name, text: std::fs::read_to_string(&path).expect("readable") }
    };
    files.into_iter().map(source).collect()
}

/// Where a file of the program stands: the name of its crate (that of the program is empty) and the path of its module. `None` for tests and tools.
fn place(name: &str) -> Option<(&str, Vec<&str>)> {
    let (own, file) = match name.strip_prefix("crates/") {
        Some(rest) => rest.split_once("/src/").filter(|(own, _)| CRATES.contains(own))?,
        None => ("", name.strip_prefix("src/")?),
    };
    let file = file.strip_suffix(".rs")?;
    let mut module: Vec<&str> = if matches!(file, "lib" | "main") { Vec::new() } else { file.split('/').collect() };
    if module.last() == Some(&"mod") {
        module.pop();
    }
    Some((own, module))
}

/// The part that something belongs to, by its crate and its path in there; `None` for the root of a crate that has several parts.
fn part<'a>(own: &'a str, first: Option<&'a str>) -> Option<&'a str> {
    let of_macro = |name: &'a str| MACROS.iter().find(|(own, _)| *own == name).map_or(name, |(_, part)| *part);
    if WHOLE.contains(&own) { Some(own) } else { first.map(of_macro) }
}

/// Names in the root of a crate that stand for something in another one, by what its `lib.rs` says.
fn known_in_root(lib: &str) -> Vec<(String, String)> {
    let known = |path: Named| {
        let own = path.names.first()?.strip_prefix("retrato_")?.to_owned();
        let leads_to = part(&own, path.names.get(1).map(String::as_str))?.to_owned();
        match path.import? {
            Import::Plain => Some((path.names.last()?.clone(), leads_to)),
            Import::As(name) => Some((name, leads_to)),
            Import::All => None,
        }
    };
    named(lib, &[]).into_iter().filter_map(known).collect()
}

/// The part that a path of a file leads to, or what is wrong with the path. `None` where it leads to no part: to its own one, another library, a local name.
fn leads_to(path: &Named, own: &str, module: &[&str], root: &[(String, String)]) -> Option<Result<String, String>> {
    let spelled = path.names.join("::");
    let whole = |what: &str| Some(Err(format!("takes in {what} as a whole, which hides what it needs")));
    let opens = matches!(path.import, Some(Import::All | Import::As(_)));
    let first = path.names.first().map(String::as_str);
    let (crate_name, first) = match path.from {
        Root::Own if first.is_none() && WHOLE.contains(&own) => return None,
        Root::Own if first.is_none() => return if path.import.is_some() { whole("the root of its crate") } else { None },
        Root::Own => (own, first),
        Root::Name => match first?.strip_prefix("retrato_") {
            Some(other) => (other, path.names.get(1).map(String::as_str)),
            None => return None,
        },
    };
    if WHOLE.contains(&crate_name) {
        return (crate_name != own).then(|| Ok(crate_name.to_owned()));
    }
    let Some(first) = first else { return if opens || path.import.is_some() { whole(&spelled) } else { None } };
    if crate_name == own && module.first() == Some(&first) {
        return None;
    }
    let known = root.iter().find(|(name, _)| crate_name == own && name == first).map(|(_, part)| part.clone());
    let part = known.or_else(|| part(crate_name, Some(first)).map(str::to_owned)).unwrap_or_default();
    if floor(&part).is_none() {
        return Some(Err(format!("names {spelled}, which is in no part that this test knows: FLOORS has the list")));
    }
    Some(Ok(part))
}

fn floor(part: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&part))
}

/// What a file of the program does that it may not.
fn violations(name: &str, text: &str, lib: &str) -> Vec<String> {
    let Some((own, module)) = place(name) else { return Vec::new() };
    let mut found: Vec<String> = libraries(name, text);
    let is_elsewhere = |path: &&String| path.contains(['/', '\\']);
    found.extend(taken_in(text).iter().filter(is_elsewhere).map(|path| format!("takes in {path}, a file of another module")));
    // The root of a crate says what there is, and is no part itself.
    let Some(part) = part(own, module.first().copied()).filter(|_| !module.is_empty()) else { return found };
    let Some(own_floor) = floor(part) else {
        found.push(format!("is of {part}, which this test does not know: put it on a floor of FLOORS"));
        return found;
    };
    let root = known_in_root(lib);
    for path in named(text, &module) {
        match leads_to(&path, own, &module, &root) {
            None => {}
            Some(Err(why)) => found.push(why),
            Some(Ok(other)) => {
                let two_stages = STAGES.contains(&part) && STAGES.contains(&other.as_str());
                let training = TRAINING.contains(&other.as_str()) && !TRAINING.contains(&part) && part != "cli";
                let upwards = floor(&other).is_none_or(|floor| floor >= own_floor);
                if other != part && (two_stages || training || upwards) {
                    found.push(format!("is of {part} and must not name {other}"));
                }
            }
        }
    }
    found
}

/// Libraries that a file names without being their owner, also through another library that hands them on.
fn libraries(name: &str, text: &str) -> Vec<String> {
    let named: Vec<Named> = named(text, &[]).into_iter().filter(|path| path.from == Root::Name).collect();
    let names = |library: &str| named.iter().any(|path| path.names.iter().any(|name| name == library));
    let foreign = OWNERS.iter().filter(|(_, owners)| !owners.iter().any(|owner| name.starts_with(owner)));
    foreign.filter(|(library, _)| names(library)).map(|(library, _)| format!("must not name {library}")).collect()
}

fn lib_of<'a>(sources: &'a [Source], own: &str) -> &'a str {
    let name = if own.is_empty() { "src/lib.rs".to_owned() } else { format!("crates/{own}/src/lib.rs") };
    sources.iter().find(|source| source.name == name).map(|source| source.text.as_str()).expect("every crate has a root")
}

#[test]
fn parts_name_only_those_below_and_libraries_only_their_owners() {
    let sources = sources();
    let mut found = Vec::new();
    for Source { name, text } in &sources {
        let Some((own, _)) = place(name) else { continue };
        found.extend(violations(name, text, lib_of(&sources, own)).into_iter().map(|what| format!("{name} {what}")));
    }
    found.dedup();
    assert_eq!(found, Vec::<String>::new(), "the ways of the tree lead downwards");
}

#[test]
fn every_crate_is_known_and_depends_on_lower_ones() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut there: Vec<String> = std::fs::read_dir(root.join("crates"))
        .expect("a folder")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into())
        .collect();
    there.sort();
    let mut known: Vec<&str> = [&CRATES[..], &["hostile", "test-needs"]].concat();
    known.sort_unstable();
    assert_eq!(there, known, "CRATES has all of them");
    for (n, name) in CRATES.iter().enumerate() {
        let manifest = std::fs::read_to_string(root.join("crates").join(name).join("Cargo.toml")).expect("a manifest");
        for other in depended_on(&manifest) {
            assert!(CRATES[..n].contains(&other.as_str()), "crates/{name} must not depend on {other}");
        }
    }
    let program = std::fs::read_to_string(root.join("Cargo.toml")).expect("a manifest");
    assert!(program.contains("retrato-train = { workspace = true, optional = true }"), "running does without training");
}

/// The crates of this workspace that a manifest needs for more than its tests.
fn depended_on(manifest: &str) -> Vec<String> {
    let mut is_inside = false;
    let mut found = Vec::new();
    for line in manifest.lines() {
        if let Some(heading) = line.strip_prefix('[') {
            is_inside = heading.trim_end_matches(']').ends_with("dependencies") && !heading.contains("dev-dependencies");
        } else if is_inside && let Some(rest) = line.strip_prefix("retrato-") {
            found.push(rest.chars().take_while(|c| c.is_alphanumeric()).collect());
        }
    }
    found
}

#[test]
fn every_file_says_what_it_is_for_and_stays_readable() {
    for Source { name, text } in sources() {
        assert!(text.starts_with("//! "), "{name} begins with a line that says what it is for");
        let lines = text.lines().count();
        assert!(lines <= MAX_LINES, "{name} has {lines} lines, more than {MAX_LINES}: split it");
        let machine_path = ["tmp", "home", "work"].map(|folder| format!("/{folder}/")).into_iter().find(|path| text.contains(path));
        assert_eq!(machine_path, None, "{name} names a path of one machine");
    }
}

/// A root of a crate with several parts.
const LIB: &str = "pub mod cli; pub mod pipeline; pub mod present; pub use retrato_core::{data, runtime}; pub use retrato_learn as learn;
    pub use retrato_media::{capture, record}; pub use retrato_train::train;";

#[test]
fn no_spelling_of_a_forbidden_way_passes() {
    for text in [
        "use crate::capture::open;",
        "use crate::capture;",
        "use crate::{capture, data};",
        "use crate::{data::{Frame, Input}, capture as cam};",
        "use super::super::capture;",
        "use self::super::super::{data, capture::{self}};",
        "use retrato_media::capture;",
        "use ::retrato_media::{capture::open};",
        "use crate as root;",
        "use super::super as root;",
        "use crate::*;",
        "use super::super::*;",
        "use retrato_media as media;",
        "use retrato_media::*;",
        "extern crate retrato_media;",
        "fn f() { crate::capture::open(); }",
        "fn f() -> Option<super::super::capture::Frame> { None }",
        "mod tests { use super::super::super::capture; }",
        "macro_rules! m { () => { $crate::capture::open() }; }",
        "#[path = \"../capture/open.rs\"] mod open;",
        "include!(\"../capture/open.rs\");",
        "use crate::pipeline::Event;",
        "use crate::train;",
        "use crate::somewhere;",
        "use wgpu::Device;",
        "use wgpu;",
        "use {std::fs, wgpu as gpu};",
        "fn f(device: &egui_wgpu::wgpu::Device) {}",
        "#[derive(clap::Args)] struct A;",
    ] {
        // The window's stage is drawn by a part that owns egui, but neither the devices nor the command line.
        let found = violations("src/present/stage/mod.rs", text, LIB);
        let expected = if text.contains("pipeline") { Vec::new() } else { vec![1] };
        assert_eq!(found.iter().map(|_| 1).collect::<Vec<_>>(), expected, "{text}: {found:?}");
    }
}

#[test]
fn allowed_ways_pass() {
    for (name, text) in [
        (
            "src/present/stage/mod.rs",
            "use super::panel; use super::super::present::theme; use crate::{data::Frame, present, runtime}; use egui::Ui;",
        ),
        ("src/present/stage/mod.rs", "mod tests { use super::*; } // use crate::capture;\nconst A: &str = \"crate::capture\";"),
        ("src/pipeline.rs", "use crate::{capture, record, learn::FineTuner}; use retrato_engine::gpu;"),
        ("src/cli/mod.rs", "use crate::train; use crate::pipeline; use clap::Parser;"),
        (
            "crates/engine/src/generate/painter.rs",
            "use crate::gpu::Gpu; use retrato_nn::ops; use retrato_model as model; use candle_core::Tensor;",
        ),
        ("crates/nn/src/ops/mod.rs", "use crate::weights; use super::*; use pulp::Simd; use retrato_core::random::Random;"),
        ("tests/window/mod.rs", "use retrato::capture; use egui_wgpu::wgpu; use crate::anything;"),
    ] {
        assert_eq!(violations(name, text, LIB), Vec::<String>::new(), "{name}: {text}");
    }
    let lower =
        violations("crates/media/src/record/mp4.rs", "use crate::capture; use retrato_core::data;", "pub mod capture; pub mod record;");
    assert_eq!(lower, ["is of record and must not name capture"], "stages of another crate, too");
    let unknown = violations("crates/media/src/sound/mod.rs", "use std::fs;", "pub mod sound;");
    assert!(unknown.len() == 1 && unknown[0].contains("FLOORS"), "a part that nobody put on a floor: {unknown:?}");
    assert_eq!(depended_on("[dependencies]\nretrato-nn.workspace = true\n[dev-dependencies]\nretrato-train = 1\n"), ["nn"], "dependencies");
    assert_eq!(depended_on("[target.'cfg(unix)'.dependencies]\nretrato-face = { path = \"x\" }\n"), ["face"], "of one system, too");
}
