//! What tests may need of a machine, and how to find out whether it is there.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Something that tests may need.
#[derive(Clone, Copy)]
pub(crate) struct Need {
    /// Its name in the attribute.
    pub(crate) name: &'static str,
    /// What it is, behind "needs".
    pub(crate) what: &'static str,
    /// `None` without it; else the files that say that it is there, of which there may be none.
    pub(crate) found: fn(&Machine) -> Option<Vec<PathBuf>>,
}

const fn need(name: &'static str, what: &'static str, found: fn(&Machine) -> Option<Vec<PathBuf>>) -> Need {
    Need { name, what, found }
}

/// All of them.
pub(crate) const NEEDS: [Need; 21] = [
    need("shared_media", "the shared media (../shared/media, or RETRATO_SHARED names another folder than ../shared)", |machine| {
        all(["media/portraits", "media/clips"].map(|folder| machine.shared.join(folder)))
    }),
    need(
        "facekit",
        "ICT-FaceKit (../shared/data/ict-facekit.tar.xz, or RETRATO_SHARED names another folder than ../shared) and tar",
        |machine| all([machine.shared.join("data/ict-facekit.tar.xz"), machine.program("tar")?]),
    ),
    need("ffmpeg", "ffmpeg and ffprobe with the usual encoders (Debian's package ffmpeg)", |machine| {
        let found = all([machine.program("ffmpeg")?, machine.program("ffprobe")?])?;
        has_encoders(&found[0]).then_some(found)
    }),
    need("heif_tools", "heif-enc and heif-convert (Debian's package libheif-examples)", |machine| {
        all([machine.program("heif-enc")?, machine.program("heif-dec").or_else(|| machine.program("heif-convert"))?])
    }),
    need("avif_tools", "avifenc and avifdec (Debian's package libavif-bin)", |machine| {
        all([machine.program("avifenc")?, machine.program("avifdec")?])
    }),
    need("cjxl", "cjxl (Debian's package libjxl-tools)", |machine| all([machine.program("cjxl")?])),
    need("landmark_model", "dlib's landmark model (Debian's package libdlib-data)", |machine| first(&machine.landmark_models)),
    need("face_model", "the face reader's models (make reader-model)", |machine| first(&machine.face_models)),
    need("gpu", "a graphics adapter, if only a software one (Debian's package mesa-vulkan-drivers)", |machine| {
        if cfg!(target_os = "linux") { machine.drivers(|_| true) } else { Some(Vec::new()) }
    }),
    need("software_gpu", "a software graphics adapter (Debian's package mesa-vulkan-drivers)", |machine| {
        if cfg!(windows) { Some(Vec::new()) } else { machine.drivers(|name| name.contains("lvp") || name.contains("swiftshader")) }
    }),
    need("pair_products", "a processor with AVX512-BF16", |_| has_pair_products().then(Vec::new)),
    need("avx2", "a processor with AVX2 and FMA", |_| has_avx2().then(Vec::new)),
    need("xvfb", "the X server Xvfb (Debian's package xvfb)", |machine| all([machine.program("Xvfb")?])),
    need("cjk_font", "a font for Japanese and Chinese (Debian's package fonts-noto-cjk)", |machine| {
        machine.font(|name| ["cjk", "droidsansfallback", "wqy", "hansans"].iter().any(|part| name.contains(part)))
    }),
    need("noto_cjk", "Noto Sans CJK (Debian's package fonts-noto-cjk)", |machine| machine.font(|name| name == "notosanscjk-regular.ttc")),
    need("strace", "strace, and the right to trace (Debian's package strace)", |machine| {
        let strace = machine.program("strace")?;
        can_trace(&strace).then(|| vec![strace])
    }),
    need("mount", "the right to mount a small disk (root on Linux)", |machine| machine.may_mount.then(Vec::new)),
    need("no_camera", "a Linux machine without a camera", |machine| machine.is_without("dev", |name| name.starts_with("video"))),
    need("no_microphone", "a Linux machine without a microphone", |machine| {
        machine.is_without("dev/snd", |name| name.starts_with("pcm") && name.ends_with('c'))
    }),
    need("no_virtual_camera", "a Linux machine without a virtual camera", |machine| {
        machine.is_without("dev", |name| name.starts_with("video"))
    }),
    need("microphone", "RETRATO_TEST_MICROPHONE to name a microphone (auto for the first one)", |machine| {
        machine.microphone.then(Vec::new)
    }),
];

/// Where things are on a machine.
pub(crate) struct Machine {
    /// Folder of what is shared by everybody who works on the project.
    shared: PathBuf,
    /// Where programs are.
    programs: Vec<PathBuf>,
    /// Where the landmark model may be.
    landmark_models: Vec<PathBuf>,
    /// Where the face reader's models may be.
    face_models: Vec<PathBuf>,
    /// Folders with manifests of Vulkan drivers, or the manifests themselves.
    vulkan: Vec<PathBuf>,
    /// The folder in which everything else is.
    root: PathBuf,
    /// Whether this process may mount.
    may_mount: bool,
    /// Whether a microphone was named.
    microphone: bool,
}

impl Machine {
    /// This machine, and the workspace in this folder.
    pub(crate) fn this(workspace: &Path) -> Self {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let paths = |name: &str| variable(name).map(|value| std::env::split_paths(&value).collect::<Vec<_>>());
        let data = variable("XDG_DATA_HOME").map(PathBuf::from).or_else(|| Some(Path::new(&variable("HOME")?).join(".local/share")));
        let vulkan = ["/etc", "/usr/share", "/usr/local/share", "/usr/local/etc"].map(PathBuf::from).into_iter().chain(data.clone());
        let models =
            data.map(|data| data.join("retrato")).into_iter().chain(["/usr/share/dlib", "/usr/local/share/dlib"].map(PathBuf::from));
        let models = models.map(|folder| folder.join("shape_predictor_68_face_landmarks.dat"));
        Self {
            shared: variable("RETRATO_SHARED").map_or_else(|| workspace.join("../shared"), PathBuf::from),
            programs: paths("PATH").unwrap_or_default(),
            landmark_models: variable("RETRATO_LANDMARKS").map(PathBuf::from).into_iter().chain(models).collect(),
            face_models: vec![variable("RETRATO_FACE_MODEL").map_or_else(|| workspace.join("assets/face_landmarker.task"), PathBuf::from)],
            vulkan: paths("VK_DRIVER_FILES")
                .or_else(|| paths("VK_ICD_FILENAMES"))
                .unwrap_or_else(|| vulkan.map(|folder| folder.join("vulkan/icd.d")).collect()),
            root: PathBuf::from("/"),
            may_mount: may_mount(&std::fs::read_to_string("/proc/self/status").unwrap_or_default()),
            microphone: variable("RETRATO_TEST_MICROPHONE").is_some(),
        }
    }

    /// Where a program is.
    fn program(&self, name: &str) -> Option<PathBuf> {
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        self.programs.iter().map(|folder| folder.join(&file)).find(|path| path.is_file())
    }

    /// The manifests of Vulkan drivers whose names are among the wanted ones.
    fn drivers(&self, is_wanted: fn(&str) -> bool) -> Option<Vec<PathBuf>> {
        let inside = |path: &PathBuf| match std::fs::read_dir(path) {
            Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
            Err(_) => vec![path.clone()],
        };
        let is_manifest = |path: &PathBuf| path.is_file() && path.extension().is_some_and(|extension| extension == "json");
        let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let mut found: Vec<PathBuf> =
            self.vulkan.iter().flat_map(inside).filter(|path| is_manifest(path) && is_wanted(&name(path))).collect();
        found.sort();
        (!found.is_empty()).then_some(found)
    }

    /// The first font whose name is wanted, in the usual folders of Linux.
    fn font(&self, is_wanted: fn(&str) -> bool) -> Option<Vec<PathBuf>> {
        let mut folders: Vec<PathBuf> = ["usr/share/fonts", "usr/local/share/fonts"].map(|folder| self.root.join(folder)).into();
        let mut found = Vec::new();
        while let Some(folder) = folders.pop() {
            for path in std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
                let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
                if path.is_dir() {
                    folders.push(path);
                } else if is_wanted(&name) {
                    found.push(path);
                }
            }
        }
        found.sort();
        found.into_iter().next().map(|font| vec![font])
    }

    /// Whether a folder of devices has none of a kind; only Linux has such folders.
    fn is_without(&self, folder: &str, is_one: fn(&str) -> bool) -> Option<Vec<PathBuf>> {
        let entries = std::fs::read_dir(self.root.join(folder)).into_iter().flatten().flatten();
        let has_one = entries.map(|entry| entry.file_name()).any(|name| is_one(&name.to_string_lossy()));
        (cfg!(target_os = "linux") && !has_one).then(Vec::new)
    }
}

/// These paths, if all of them are there.
fn all<const N: usize>(paths: [PathBuf; N]) -> Option<Vec<PathBuf>> {
    paths.iter().all(|path| path.exists()).then(|| paths.into())
}

/// The first of these paths that is there.
fn first(paths: &[PathBuf]) -> Option<Vec<PathBuf>> {
    paths.iter().find(|path| path.exists()).map(|path| vec![path.clone()])
}

/// Whether a process with this `/proc/self/status` may mount: bit 21 of the effective capabilities, `CAP_SYS_ADMIN`.
fn may_mount(status: &str) -> bool {
    let capabilities = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let bits = capabilities.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok());
    bits.is_some_and(|bits| bits >> 21 & 1 == 1)
}

/// Whether this strace may watch a program.
fn can_trace(strace: &Path) -> bool {
    let null = || std::process::Stdio::null();
    let traced = Command::new(strace).args(["-qq", "-o", "/dev/null", "true"]).stdin(null()).stdout(null()).stderr(null()).status();
    traced.is_ok_and(|status| status.success())
}

/// Whether this ffmpeg has the encoders that make the test clips.
fn has_encoders(ffmpeg: &Path) -> bool {
    let listed = Command::new(ffmpeg).args(["-hide_banner", "-encoders"]).output();
    let listed = listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let names: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    ["libx264", "libx265", "libvpx-vp9", "mpeg4", "aac", "libopus", "flac"].iter().all(|encoder| names.contains(encoder))
}

#[cfg(target_arch = "x86_64")]
fn has_pair_products() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has!("avx512f") && has!("avx512bw") && has!("avx512vl") && has!("avx512bf16")
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_pair_products() -> bool {
    false
}

#[cfg(not(target_arch = "x86_64"))]
fn has_avx2() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of the test's own, gone when dropped.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("test-needs-{}-{name}", std::process::id()));
            std::fs::create_dir_all(&path).expect("a folder");
            Self(path)
        }

        fn file(&self, name: &str) -> PathBuf {
            let path = self.0.join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(&path, "").expect("a file");
            path
        }

        /// A machine that has nothing but this folder.
        fn machine(&self) -> Machine {
            Machine {
                shared: self.0.join("shared"),
                programs: vec![self.0.join("bin")],
                landmark_models: vec![self.0.join("own.dat"), self.0.join("system.dat")],
                face_models: vec![self.0.join("assets/face.task")],
                vulkan: vec![self.0.join("icd.d")],
                root: self.0.clone(),
                may_mount: false,
                microphone: false,
            }
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.0).ok();
        }
    }

    fn found(machine: &Machine, name: &str) -> Option<Vec<PathBuf>> {
        let need = NEEDS.into_iter().find(|need| need.name == name).expect("a need");
        (need.found)(machine)
    }

    #[test]
    fn an_empty_machine_has_nothing() {
        let folder = Folder::new("empty");
        for name in ["shared_media", "facekit", "ffmpeg", "landmark_model", "face_model", "xvfb", "mount", "microphone", "cjk_font"] {
            assert_eq!(found(&folder.machine(), name), None, "{name}");
        }
        if cfg!(target_os = "linux") {
            assert_eq!(found(&folder.machine(), "gpu"), None, "no driver");
            assert_eq!(found(&folder.machine(), "no_camera"), Some(Vec::new()), "nor a camera");
        }
    }

    #[test]
    fn what_is_there_is_found_and_watched() {
        let folder = Folder::new("full");
        folder.file("shared/media/portraits/a.jpg");
        assert_eq!(found(&folder.machine(), "shared_media"), None, "portraits without clips");
        folder.file("shared/media/clips/a.mp4");
        let media = ["portraits", "clips"].map(|name| folder.0.join("shared/media").join(name));
        assert_eq!(found(&folder.machine(), "shared_media"), Some(media.into()), "both folders");
        let model = folder.file("system.dat");
        assert_eq!(found(&folder.machine(), "landmark_model"), Some(vec![model]), "at the second place");
        let xvfb = folder.file(&format!("bin/Xvfb{}", std::env::consts::EXE_SUFFIX));
        assert_eq!(found(&folder.machine(), "xvfb"), Some(vec![xvfb]), "a program");
        let font = folder.file("usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc");
        folder.file("usr/share/fonts/truetype/DejaVuSans.ttf");
        assert_eq!(
            [found(&folder.machine(), "cjk_font"), found(&folder.machine(), "noto_cjk")],
            [Some(vec![font.clone()]), Some(vec![font])],
            "a font"
        );
        folder.file("dev/video3");
        folder.file("dev/snd/pcmC0D0c");
        for name in ["no_camera", "no_virtual_camera", "no_microphone"] {
            assert_eq!(found(&folder.machine(), name), None, "{name}: there is one");
        }
    }

    #[test]
    fn drivers_are_known_by_their_manifests() {
        let folder = Folder::new("drivers");
        folder.file("icd.d/readme.txt");
        assert_eq!(folder.machine().drivers(|_| true), None, "no manifest");
        let card = folder.file("icd.d/radeon_icd.json");
        assert_eq!(folder.machine().drivers(|_| true), Some(vec![card.clone()]), "a card's");
        assert_eq!(folder.machine().drivers(|name| name.contains("lvp")), None, "which is no software");
        let named = Machine { vulkan: vec![card.clone(), folder.0.join("absent.json")], ..folder.machine() };
        assert_eq!(named.drivers(|_| true), Some(vec![card]), "manifests named one by one");
    }

    #[test]
    fn the_right_to_mount_is_a_capability() {
        assert!(may_mount("Name:\tx\nCapEff:\t000001fffeffffff\n"), "root");
        assert!(!may_mount("CapEff:\t00000000a80425fb\n"), "root in a usual container");
        assert!(!may_mount("CapEff:\t0000000000000000\n") && !may_mount(""), "others");
    }
}
