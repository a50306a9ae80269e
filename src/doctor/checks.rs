//! Judges what was found: one small function a check.

use super::{Check, Desktop, Devices, ExecutorFacts, FolderFacts, Inventory, ModelFacts, Status, Surroundings};
use crate::gpu::{AdapterDescription, AdapterKind};

/// The landmark model of Debian's libdlib-data, which is dlib's own.
const KNOWN_MODEL_BLAKE3: &str = "2d315fda68079424c7d4296786e13a243de1bb0695960d2a2f067f0ba855429c";
/// Length of that file.
const KNOWN_MODEL_BYTES: u64 = 99_693_937;
/// With less space than this a recording of some minutes does not fit.
const LITTLE_SPACE_BYTES: u64 = 1 << 30;
/// With less space than this nothing can be recorded.
const NO_SPACE_BYTES: u64 = 50 << 20;
/// Tracking, composing and recording side by side want this many cores.
const ENOUGH_CORES: usize = 2;
/// The program takes about half of this at work.
const ENOUGH_MEMORY_MIB: u64 = 2048;

pub(super) fn all(inventory: &Inventory, found: &Surroundings) -> Vec<Check> {
    let mut checks = vec![
        adapters(&inventory.adapters),
        executor(&inventory.executor),
        processor(found),
        memory(found),
        face_reader(&inventory.face_reader),
        landmark_model(found.landmark_model.as_ref(), inventory),
        networks(&inventory.networks, &inventory.number_formats),
        cameras(&inventory.cameras, found),
        microphones(&inventory.microphones),
        display(found.desktop),
        ffmpeg(found.ffmpeg.as_deref()),
        heic_and_avif(found.heic_and_avif),
    ];
    if cfg!(target_os = "linux") {
        checks.push(devices("virtual camera", &inventory.virtual_cameras, inventory.make_virtual_camera));
    }
    checks.extend(found.folders.iter().map(folder));
    checks
}

fn check(name: &'static str, status: Status, detail: impl Into<String>, mend: Option<&str>) -> Check {
    Check { name, status, detail: detail.into(), mend: mend.map(str::to_owned) }
}

fn adapters(all: &[AdapterDescription]) -> Check {
    const DRIVER: &str = "with a graphics card: install its Vulkan driver (on Debian and Ubuntu: sudo apt-get install mesa-vulkan-drivers)";
    let name = "graphics adapters";
    if all.is_empty() {
        return check(name, Status::Warning, "none", Some(DRIVER));
    }
    let lines: Vec<String> = all.iter().map(describe).collect();
    let real = all.iter().any(|a| a.kind != AdapterKind::Software);
    let (status, mend) = if real { (Status::Ok, None) } else { (Status::Warning, Some(DRIVER)) };
    check(name, status, lines.join("\n"), mend)
}

fn describe(adapter: &AdapterDescription) -> String {
    let kind = match adapter.kind {
        AdapterKind::Discrete => "graphics card",
        AdapterKind::Integrated => "integrated",
        AdapterKind::Virtual => "virtual",
        AdapterKind::Unknown => "unknown kind",
        AdapterKind::Software => "software",
    };
    let features =
        [(adapter.compute, "compute"), (adapter.shader_f16, "f16"), (adapter.subgroups, "subgroups"), (adapter.timestamps, "timestamps")];
    let present = features.iter().filter(|(present, _)| *present).map(|(_, feature)| *feature);
    let inside: Vec<&str> = [adapter.backend.as_str(), kind].into_iter().chain(present).collect();
    format!("{} ({}, textures to {} px) driver {}", adapter.name, inside.join(", "), adapter.max_texture_side_px, adapter.driver)
}

fn executor(chosen: &ExecutorFacts) -> Check {
    let when = if chosen.remembered { "remembered from an earlier start" } else { "measured just now" };
    let told = |what: &str, ms: Option<[f64; 2]>| {
        ms.map(|[cpu, gpu]| format!("\n{what} took {cpu:.2} ms on the CPU and {gpu:.2} ms there, {when}"))
    };
    let figures = [told("a trial frame", chosen.measured_ms), told("the networks", chosen.networks_ms)].into_iter().flatten();
    check("executor", Status::Ok, format!("{}: {}{}", chosen.place, chosen.reason, figures.collect::<String>()), None)
}

fn processor(found: &Surroundings) -> Check {
    let name = "processor";
    let simd = if found.simd.is_empty() { "no vector instructions known".to_owned() } else { found.simd.join(", ") };
    let detail = format!("{} core{}, {simd}", found.cores, if found.cores == 1 { "" } else { "s" });
    if found.cores < ENOUGH_CORES {
        return check(
            name,
            Status::Warning,
            detail,
            Some("live use wants two cores or more: close other programs, lower the camera's resolution"),
        );
    }
    if cfg!(target_arch = "x86_64") && !found.simd.contains(&"AVX2") {
        return check(name, Status::Warning, detail, Some("without AVX2 the CPU code is slow: a graphics card helps most"));
    }
    check(name, Status::Ok, detail, None)
}

fn memory(found: &Surroundings) -> Check {
    let name = "memory";
    match found.memory_mib {
        None => check(name, Status::Ok, "not known on this system", None),
        Some((total, available)) => {
            let detail = format!("{total} MiB, of which {available} MiB are available");
            let enough = available >= ENOUGH_MEMORY_MIB;
            let mend = (!enough).then_some("close other programs");
            check(name, if enough { Status::Ok } else { Status::Warning }, detail, mend)
        }
    }
}

/// Without the face reader the program works, with dlib's landmarks: they see less of lids, brows and gaze.
fn face_reader(found: &Result<std::path::PathBuf, String>) -> Check {
    let name = "face reader";
    match found {
        Ok(path) => check(name, Status::Ok, format!("at work, from {}", path.display()), None),
        Err(why) => check(name, Status::Warning, format!("not at work, dlib reads faces: {why}"), Some("make reader-model")),
    }
}

fn landmark_model(found: Option<&ModelFacts>, inventory: &Inventory) -> Check {
    const INSTALL: &str = "sudo apt-get install libdlib-data, or get shape_predictor_68_face_landmarks.dat from the dlib project and set its path in the settings";
    let name = "landmark model";
    let Some(model) = found else {
        let places: Vec<String> = inventory.landmark_model.iter().map(|p| p.display().to_string()).collect();
        let detail = if places.is_empty() { "missing".to_owned() } else { format!("missing; looked for at {}", places.join(", ")) };
        return check(name, Status::Problem, detail, Some(INSTALL));
    };
    let place = format!("{} ({} bytes)", model.path.display(), model.bytes);
    match &model.blake3 {
        Err(cause) => check(name, Status::Problem, format!("{place} cannot be read: {cause}"), Some(INSTALL)),
        Ok(hash) if hash == KNOWN_MODEL_BLAKE3 => check(name, Status::Ok, format!("{place}\nBLAKE3 {hash}"), None),
        Ok(_) if model.bytes < KNOWN_MODEL_BYTES / 2 => {
            check(name, Status::Problem, format!("{place} is too short to be the model of 68 landmarks"), Some(INSTALL))
        }
        Ok(hash) => check(name, Status::Warning, format!("{place} is not the known file\nBLAKE3 {hash}"), Some(INSTALL)),
    }
}

fn networks(all: &[Result<String, String>], formats: &str) -> Check {
    let lines: Vec<&str> = all.iter().map(|network| network.as_deref().unwrap_or_else(|trouble| trouble)).collect();
    let damaged = all.is_empty() || all.iter().any(Result::is_err);
    let mend = damaged.then_some("build or install the program again: its weights are part of it");
    let detail = if lines.is_empty() { "none".to_owned() } else { format!("{}\nnumbers: {formats}", lines.join("\n")) };
    check("networks", if damaged { Status::Warning } else { Status::Ok }, detail, mend)
}

fn cameras(listed: &Devices, found: &Surroundings) -> Check {
    let name = "cameras";
    if !found.closed_cameras.is_empty() {
        let nodes: Vec<String> = found.closed_cameras.iter().map(|p| p.display().to_string()).collect();
        let detail = format!("you may not open {}", nodes.join(", "));
        return check(name, Status::Warning, detail, Some("sudo usermod -aG video $USER, then log in again"));
    }
    devices(name, listed, "plug in a webcam; without one a clip can drive the portrait")
}

fn microphones(listed: &Devices) -> Check {
    devices("microphones", listed, "plug in a microphone; without one recordings are silent or have the clip's sound")
}

fn devices(name: &'static str, listed: &Devices, mend: &str) -> Check {
    match listed {
        Devices::Listed(names) if names.is_empty() => check(name, Status::Warning, "none found", Some(mend)),
        Devices::Listed(names) => check(name, Status::Ok, names.join("\n"), None),
        Devices::Failed(cause) => check(name, Status::Warning, format!("cannot be listed: {cause}"), Some(mend)),
        Devices::NotBuilt => check(name, Status::Warning, "this build has no support for them", Some("build with the default features")),
    }
}

fn display(desktop: Desktop) -> Check {
    let name = "display";
    match desktop {
        Desktop::WithDrop => check(name, Status::Ok, "windows and dropped files work", None),
        Desktop::None => check(
            name,
            Status::Warning,
            "neither DISPLAY nor WAYLAND_DISPLAY is set: no window can be opened",
            Some("start it in a desktop session; the commands work without one (retrato animate --help)"),
        ),
        Desktop::WaylandOnly => check(
            name,
            Status::Warning,
            "Wayland: the window takes no dropped files there",
            Some("use Open or Ctrl+V; with XWayland installed, env -u WAYLAND_DISPLAY retrato takes them"),
        ),
        Desktop::WaylandWithX11 => check(
            name,
            Status::Warning,
            "Wayland: the window takes no dropped files there, but X11 is here too",
            Some("use Open or Ctrl+V, or start env -u WAYLAND_DISPLAY retrato"),
        ),
    }
}

fn ffmpeg(version: Option<&str>) -> Check {
    let name = "ffmpeg";
    match version {
        Some(version) => check(name, Status::Ok, version, None),
        None => check(
            name,
            Status::Warning,
            "not installed: MP4 with H.264 and GIF can be read, other clips cannot",
            Some("sudo apt-get install ffmpeg"),
        ),
    }
}

fn heic_and_avif(programs: [Option<&str>; 2]) -> Check {
    let name = "HEIC and AVIF";
    let how = |format: &str, program: Option<&str>| match program {
        Some(program) => format!("{format} pictures by {program}"),
        None => format!("{format} pictures cannot be read"),
    };
    let detail = format!("{}, {}; JPEG XL is built in", how("HEIC", programs[0]), how("AVIF", programs[1]));
    if programs.iter().all(Option::is_some) {
        check(name, Status::Ok, detail, None)
    } else {
        check(name, Status::Warning, detail, Some("sudo apt-get install libheif-examples"))
    }
}

fn folder(facts: &FolderFacts) -> Check {
    let place = facts.path.display();
    if let Some(cause) = &facts.refused {
        return check(
            facts.name,
            Status::Problem,
            format!("{place} cannot be written: {cause}"),
            Some("change its rights, or choose another in the settings"),
        );
    }
    let Some(free) = facts.free_bytes else { return check(facts.name, Status::Ok, place.to_string(), None) };
    let detail = format!("{place}, {} MiB free", free >> 20);
    let status = match free {
        ..NO_SPACE_BYTES => Status::Problem,
        NO_SPACE_BYTES..LITTLE_SPACE_BYTES => Status::Warning,
        _ => Status::Ok,
    };
    let mend = (status != Status::Ok).then_some("make space, or choose another folder in the settings");
    check(facts.name, status, detail, mend)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn model(bytes: u64, blake3: Result<&str, &str>) -> ModelFacts {
        ModelFacts { path: PathBuf::from("model.dat"), bytes, blake3: blake3.map(str::to_owned).map_err(str::to_owned) }
    }

    fn status_of_model(facts: &ModelFacts) -> Status {
        let inventory = Inventory {
            adapters: Vec::new(),
            executor: ExecutorFacts::cpu("no graphics adapter was found"),
            face_reader: Err("it is missing".to_owned()),
            landmark_model: vec![facts.path.clone()],
            networks: Vec::new(),
            number_formats: String::new(),
            cameras: Devices::NotBuilt,
            microphones: Devices::NotBuilt,
            virtual_cameras: Devices::NotBuilt,
            make_virtual_camera: "",
            folders: Vec::new(),
        };
        landmark_model(Some(facts), &inventory).status
    }

    #[test]
    fn a_damaged_network_is_a_warning_with_a_way_out() {
        let good = Ok("motion 1".to_owned());
        assert_eq!(networks(std::slice::from_ref(&good), "f32").status, Status::Ok, "usable");
        let damaged = networks(&[good, Err("motion: not those of the manifest".to_owned())], "f32");
        assert_eq!(damaged.status, Status::Warning, "the closed form still works");
        assert!(damaged.detail.contains("manifest") && damaged.mend.is_some(), "it says why and what to do");
    }

    #[test]
    fn the_executor_is_told_with_its_figures() {
        let plain = ExecutorFacts::cpu("the CPU was asked for");
        assert_eq!(executor(&plain).detail, "CPU: the CPU was asked for", "nothing was measured");
        let measured = ExecutorFacts { measured_ms: Some([3.25, 10.5]), ..plain.clone() };
        assert!(executor(&measured).detail.ends_with("3.25 ms on the CPU and 10.50 ms there, measured just now"), "figures");
        let networks = ExecutorFacts { networks_ms: Some([6.0, 1.5]), ..measured.clone() };
        assert!(
            executor(&networks).detail.contains("10.50 ms there, measured just now\nthe networks took 6.00 ms on the CPU and 1.50"),
            "both"
        );
        let known = ExecutorFacts { remembered: true, ..measured };
        assert!(executor(&known).detail.ends_with("remembered from an earlier start"), "and when");
    }

    #[test]
    fn only_the_known_model_is_ok() {
        assert_eq!(status_of_model(&model(KNOWN_MODEL_BYTES, Ok(KNOWN_MODEL_BLAKE3))), Status::Ok, "known");
        assert_eq!(status_of_model(&model(KNOWN_MODEL_BYTES, Ok("00"))), Status::Warning, "another of that size");
        assert_eq!(status_of_model(&model(1000, Ok("00"))), Status::Problem, "cut off");
        assert_eq!(status_of_model(&model(KNOWN_MODEL_BYTES, Err("denied"))), Status::Problem, "unreadable");
    }

    #[test]
    fn space_is_judged_by_what_a_recording_needs() {
        let facts = |free| FolderFacts { name: "recordings", path: PathBuf::from("here"), refused: None, free_bytes: free };
        for (free, expected) in [
            (None, Status::Ok),
            (Some(LITTLE_SPACE_BYTES), Status::Ok),
            (Some(LITTLE_SPACE_BYTES - 1), Status::Warning),
            (Some(NO_SPACE_BYTES - 1), Status::Problem),
        ] {
            assert_eq!(folder(&facts(free)).status, expected, "{free:?} bytes");
        }
    }

    #[test]
    fn a_camera_that_may_not_be_opened_is_told_from_none() {
        let closed = Surroundings { closed_cameras: vec![PathBuf::from("video7")], ..Surroundings::default() };
        let found = cameras(&Devices::Listed(vec!["Cam".to_owned()]), &closed);
        assert!(found.detail.contains("video7") && found.mend.is_some_and(|m| m.contains("usermod")), "says which and how");
        assert_eq!(cameras(&Devices::Listed(vec!["Cam".to_owned()]), &Surroundings::default()).status, Status::Ok, "one that works");
    }

    #[test]
    fn a_missing_program_for_telephones_pictures_is_told() {
        let both = heic_and_avif([Some("heif-dec"), Some("heif-dec")]);
        assert_eq!((both.status, both.mend), (Status::Ok, None), "both: {}", both.detail);
        let one = heic_and_avif([None, Some("avifdec")]);
        assert!(one.detail.starts_with("HEIC pictures cannot be read, AVIF pictures by avifdec"), "{}", one.detail);
        assert!(one.status == Status::Warning && one.mend.is_some_and(|mend| mend.contains("libheif-examples")), "with the package");
    }

    #[test]
    fn wayland_is_said_to_take_no_dropped_files() {
        for desktop in [Desktop::WaylandOnly, Desktop::WaylandWithX11] {
            assert!(display(desktop).detail.contains("no dropped files"), "{desktop:?}");
        }
        assert_eq!(display(Desktop::WithDrop).status, Status::Ok, "X11");
    }
}
