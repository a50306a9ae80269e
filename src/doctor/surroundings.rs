//! Looks at the machine and judges nothing: processor, memory, display, files, folders, helper programs.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::Inventory;
use crate::stills;

/// A file longer than this is no landmark model and is not read.
const LONGEST_MODEL_BYTES: u64 = 512 << 20;
/// A helper program that has not told its version by then hangs.
const PATIENCE: Duration = Duration::from_secs(5);

/// The kind of desktop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Desktop {
    /// None: no window can be opened.
    #[default]
    None,
    /// X11, macOS or Windows, where files can be dropped on the window.
    WithDrop,
    /// Wayland alone, where the window toolkit takes no dropped files.
    WaylandOnly,
    /// Wayland, with X11 beside it.
    WaylandWithX11,
}

/// The landmark model as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFacts {
    /// Where it is.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// Its BLAKE3 hash in hexadecimal, or why there is none.
    pub blake3: Result<String, String>,
}

/// A folder as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderFacts {
    /// What to call it.
    pub name: &'static str,
    /// Where it is or will be.
    pub path: PathBuf,
    /// Why nothing can be written there, if so.
    pub refused: Option<String>,
    /// Space left for this user, in bytes.
    pub free_bytes: Option<u64>,
}

/// What was found on the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Processor cores at our disposal; 0 when unknown.
    pub cores: usize,
    /// Vector instructions that the CPU code makes use of.
    pub simd: Vec<&'static str>,
    /// Main memory in MiB: all of it, and what is available now.
    pub memory_mib: Option<(u64, u64)>,
    /// The desktop.
    pub desktop: Desktop,
    /// First line of what ffmpeg says about its version.
    pub ffmpeg: Option<String>,
    /// The programs that read HEIC and AVIF.
    pub heic_and_avif: [Option<&'static str>; 2],
    /// The first landmark model found.
    pub landmark_model: Option<ModelFacts>,
    /// The folders of the inventory.
    pub folders: Vec<FolderFacts>,
    /// Camera devices that exist, but that this user may not open.
    pub closed_cameras: Vec<PathBuf>,
}

impl Surroundings {
    /// Looks at the machine. Takes a moment, since the landmark model is hashed.
    pub fn gather(inventory: &Inventory) -> Self {
        Self {
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            simd: simd(),
            memory_mib: std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| memory_mib(&text)),
            desktop: desktop(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty())),
            ffmpeg: version_of("ffmpeg"),
            heic_and_avif: stills::programs_of(),
            landmark_model: inventory.landmark_model.iter().find_map(|path| model_facts(path)),
            folders: inventory.folders.iter().map(|(name, path)| folder_facts(name, path)).collect(),
            closed_cameras: closed_cameras(),
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn simd() -> Vec<&'static str> {
    let known = [
        ("SSE4.1", std::arch::is_x86_feature_detected!("sse4.1")),
        ("AVX", std::arch::is_x86_feature_detected!("avx")),
        ("AVX2", std::arch::is_x86_feature_detected!("avx2")),
        ("FMA", std::arch::is_x86_feature_detected!("fma")),
        ("F16C", std::arch::is_x86_feature_detected!("f16c")),
        ("AVX-512", std::arch::is_x86_feature_detected!("avx512f")),
        ("AVX-512 BF16", std::arch::is_x86_feature_detected!("avx512bf16")),
    ];
    known.into_iter().filter_map(|(name, present)| present.then_some(name)).collect()
}

#[cfg(target_arch = "aarch64")]
fn simd() -> Vec<&'static str> {
    if std::arch::is_aarch64_feature_detected!("neon") { vec!["NEON"] } else { Vec::new() }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn simd() -> Vec<&'static str> {
    Vec::new()
}

/// Total and available memory from the text of Linux' `meminfo`.
fn memory_mib(text: &str) -> Option<(u64, u64)> {
    let mib = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    Some((mib("MemTotal:")? / 1024, mib("MemAvailable:")? / 1024))
}

/// The desktop, from which environment variables are set.
fn desktop(is_set: impl Fn(&str) -> bool) -> Desktop {
    if !cfg!(target_os = "linux") {
        return Desktop::WithDrop;
    }
    match (is_set("DISPLAY"), is_set("WAYLAND_DISPLAY")) {
        (true, true) => Desktop::WaylandWithX11,
        (true, false) => Desktop::WithDrop,
        (false, true) => Desktop::WaylandOnly,
        (false, false) => Desktop::None,
    }
}

/// First line that a program prints for `-version`; `None` when it is not installed or hangs.
fn version_of(program: &str) -> Option<String> {
    let spawned = Command::new(program).arg("-version").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = spawned.ok()?;
    let output = child.stdout.take()?;
    // The output is small enough for the pipe, so the program ends without being read from.
    if !ends_in_time(&mut child) {
        return None;
    }
    let mut text = String::new();
    output.take(4096).read_to_string(&mut text).ok()?;
    text.lines().next().map(str::to_owned)
}

/// Waits for a child; kills it when it takes too long.
fn ends_in_time(child: &mut Child) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if let Ok(Some(status)) = child.try_wait() {
            return status.success();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    // It may have ended by itself in this very moment, which is just as well.
    drop(child.kill());
    drop(child.wait());
    false
}

fn model_facts(path: &Path) -> Option<ModelFacts> {
    let bytes = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?.len();
    let blake3 = if bytes > LONGEST_MODEL_BYTES { Err("too long".to_owned()) } else { hash(path).map_err(|e| e.to_string()) };
    Some(ModelFacts { path: path.to_owned(), bytes, blake3 })
}

fn hash(path: &Path) -> std::io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?.take(LONGEST_MODEL_BYTES))?;
    Ok(hasher.finalize().to_hex().to_string())
}

fn folder_facts(name: &'static str, path: &Path) -> FolderFacts {
    // A folder that is not there yet will be made in the nearest one that is.
    let existing = path.ancestors().find(|p| p.exists());
    let refused = match existing {
        None => Some("there is no such place".to_owned()),
        Some(folder) => tempfile::tempfile_in(folder).err().map(|e| e.to_string()),
    };
    FolderFacts { name, path: path.to_owned(), refused, free_bytes: existing.and_then(free_bytes) }
}

#[cfg(unix)]
fn free_bytes(folder: &Path) -> Option<u64> {
    let space = rustix::fs::statvfs(folder).ok()?;
    space.f_bavail.checked_mul(space.f_frsize)
}

#[cfg(not(unix))]
fn free_bytes(_: &Path) -> Option<u64> {
    None
}

/// Camera devices of Linux that exist, but cannot be opened by this user.
fn closed_cameras() -> Vec<PathBuf> {
    let nodes = (0..64).map(|n| PathBuf::from(format!("/dev/video{n}"))).filter(|p| p.exists());
    nodes.filter(|p| File::open(p).is_err_and(|e| e.kind() == std::io::ErrorKind::PermissionDenied)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_from_meminfo_and_nonsense_is_not() {
        let text = "MemTotal:       16384000 kB\nMemFree: 5 kB\nMemAvailable:    8192000 kB\n";
        assert_eq!(memory_mib(text), Some((16_000, 8_000)), "MiB");
        assert_eq!(memory_mib("MemTotal: lots\n"), None, "nonsense");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn desktop_follows_the_environment() {
        let with = |set: &'static [&'static str]| desktop(|name| set.contains(&name));
        assert_eq!(with(&[]), Desktop::None, "neither");
        assert_eq!(with(&["DISPLAY"]), Desktop::WithDrop, "X11");
        assert_eq!(with(&["WAYLAND_DISPLAY"]), Desktop::WaylandOnly, "Wayland");
        assert_eq!(with(&["DISPLAY", "WAYLAND_DISPLAY"]), Desktop::WaylandWithX11, "both");
    }

    #[test]
    fn programs_that_do_not_exist_have_no_version() {
        assert_eq!(version_of("retrato-no-such-program"), None, "not installed");
    }

    #[test]
    fn model_is_hashed_and_a_folder_is_no_model() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("model.dat");
        std::fs::write(&file, b"abc").expect("a small file");
        let facts = model_facts(&file).expect("a file");
        assert_eq!(facts.bytes, 3, "length");
        let of_abc = "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85";
        assert_eq!(facts.blake3.as_deref(), Ok(of_abc), "the published hash of abc");
        assert_eq!(model_facts(folder.path()), None, "a folder");
        assert_eq!(model_facts(&folder.path().join("missing")), None, "nothing");
    }

    #[test]
    fn folders_are_tried_where_they_would_be_made() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let facts = folder_facts("cache", &folder.path().join("not/yet/there"));
        assert_eq!(facts.refused, None, "can be made");
        assert!(!folder.path().join("not").exists(), "looking changes nothing");
        assert!(cfg!(not(unix)) || facts.free_bytes.is_some_and(|b| b > 0), "space is known");
        let file = folder.path().join("file");
        std::fs::write(&file, b"x").expect("a small file");
        assert!(folder_facts("cache", &file.join("below")).refused.is_some(), "nothing can be made below a file");
    }
}
