//! Programs of the system that decode pictures: run on a copy under a name of our own, in a folder of their own, with bounds for time, memory and output.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use image::{DynamicImage, ImageFormat, ImageReader, Limits};

use super::StillError;
use super::heif_header::Codec;

/// How long a program may take: a picture of 100 megapixels takes a quarter of it on a slow machine.
const PATIENCE: Duration = Duration::from_secs(90);
/// Most memory that it may take.
const MAX_MEMORY_BYTES: u64 = 6 << 30;
/// Longest file that it may write.
const MAX_OUTPUT_BYTES: u64 = 1 << 30;
/// Most memory that its picture may take here.
const MAX_DECODED_BYTES: u64 = 1 << 30;
/// The names that it is given.
const INPUT: &str = "picture.heif";
const OUTPUT: &str = "out.png";
/// What it writes where a file holds several pictures; the first is the main one in all but bursts.
const FIRST_OUTPUT: &str = "out-1.png";
const COMPLAINTS: &str = "complaints.txt";

/// A program that makes a PNG of a picture, called with the names of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Converter {
    /// Its name on the search path.
    program: &'static str,
    /// Whether its picture is upright already.
    pub(super) turns: bool,
}

/// The picture that a program made.
pub(super) struct Converted {
    pub(super) pixels: DynamicImage,
    pub(super) by: Converter,
}

/// libheif's program, under its newer and its older name.
const LIBHEIF: [Converter; 2] = [Converter { program: "heif-dec", turns: true }, Converter { program: "heif-convert", turns: true }];
const LIBAVIF: Converter = Converter { program: "avifdec", turns: false };

fn converters(codec: Codec) -> Vec<Converter> {
    match codec {
        Codec::Hevc => LIBHEIF.to_vec(),
        Codec::Av1 => [&LIBHEIF[..], &[LIBAVIF]].concat(),
    }
}

/// The programs of this machine that read HEIC and AVIF, in this order.
pub fn programs_of() -> [Option<&'static str>; 2] {
    let is_there = |converter: &Converter| Command::new(converter.program).arg("--version").output().is_ok();
    [Codec::Hevc, Codec::Av1].map(|codec| converters(codec).into_iter().find(is_there).map(|converter| converter.program))
}

/// What to say where none of them is installed.
fn needs(codec: Codec) -> StillError {
    StillError::Needs(match codec {
        Codec::Hevc => "a HEIC picture, which Retrato reads with the program heif-convert: install it (on Debian and Ubuntu: sudo apt install libheif-examples)"
            .to_owned(),
        Codec::Av1 => "an AVIF picture, which Retrato reads with the program heif-convert or avifdec: install one of them (on Debian and Ubuntu: sudo apt \
                       install libheif-examples)"
            .to_owned(),
    })
}

/// Decodes a file.
///
/// # Errors
/// [`StillError::Needs`] where no program is installed, [`StillError::Failed`] with what the last one said, [`StillError::TooLarge`].
pub(super) fn convert(bytes: &[u8], codec: Codec) -> Result<Converted, StillError> {
    convert_by(&converters(codec), bytes, PATIENCE).unwrap_or_else(|| Err(needs(codec)))
}

/// `None` where no program is there.
fn convert_by(converters: &[Converter], bytes: &[u8], patience: Duration) -> Option<Result<Converted, StillError>> {
    let folder = match prepared(bytes) {
        Ok(folder) => folder,
        Err(cause) => {
            return Some(Err(StillError::Failed(format!("it cannot be decoded: no copy of it can be kept for a moment ({cause})"))));
        }
    };
    let mut result = None;
    for &by in converters {
        match run(by, folder.path(), patience) {
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {}
            Err(cause) => result = Some(Err(StillError::Failed(format!("{} cannot be started: {cause}", by.program)))),
            Ok(ended) => {
                let pixels = outcome(by, ended, folder.path(), patience);
                let succeeded = pixels.is_ok();
                result = Some(pixels.map(|pixels| Converted { pixels, by }));
                if succeeded {
                    break;
                }
            }
        }
    }
    result
}

fn prepared(bytes: &[u8]) -> std::io::Result<tempfile::TempDir> {
    let folder = tempfile::Builder::new().prefix(".retrato-").tempdir()?;
    std::fs::write(folder.path().join(INPUT), bytes)?;
    Ok(folder)
}

/// Runs a program to its end; `None` when it had to be ended.
fn run(converter: Converter, folder: &Path, patience: Duration) -> std::io::Result<Option<ExitStatus>> {
    let mut command = Command::new(converter.program);
    command.args([INPUT, OUTPUT]).current_dir(folder).env("LC_ALL", "C");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(folder.join(COMPLAINTS))?);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn()?;
    bound(&child, patience);
    let deadline = Instant::now() + patience;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= deadline {
            end(&mut child);
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A picture of a stranger must not take all memory or the whole disk.
#[cfg(target_os = "linux")]
fn bound(child: &Child, patience: Duration) {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let seconds = patience.as_secs().saturating_mul(8).max(8);
    for (resource, most) in [(Resource::As, MAX_MEMORY_BYTES), (Resource::Fsize, MAX_OUTPUT_BYTES), (Resource::Cpu, seconds)] {
        if let Err(error) = prlimit(pid, resource, Rlimit { current: Some(most), maximum: Some(most) }) {
            tracing::debug!("a bound was not set: {error}");
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn bound(_child: &Child, _patience: Duration) {}

/// Ends a program and what it started.
fn end(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw)
        && let Err(error) = rustix::process::kill_process_group(group, rustix::process::Signal::KILL)
    {
        tracing::debug!("a program was gone already: {error}");
    }
    if let Err(error) = child.kill().and_then(|()| child.wait()) {
        tracing::debug!("a program was gone already: {error}");
    }
}

fn outcome(by: Converter, ended: Option<ExitStatus>, folder: &Path, patience: Duration) -> Result<DynamicImage, StillError> {
    match ended {
        None => Err(StillError::Failed(format!("{} did not decode it within {} seconds", by.program, patience.as_secs()))),
        Some(status) if status.success() => [OUTPUT, FIRST_OUTPUT]
            .iter()
            .find_map(|name| File::open(folder.join(name)).ok())
            .map_or_else(|| Err(StillError::Failed(format!("{} made no picture of it", by.program))), decode),
        Some(status) => {
            let mut said = Vec::new();
            if let Ok(file) = File::open(folder.join(COMPLAINTS))
                && let Err(error) = file.take(4096).read_to_end(&mut said)
            {
                tracing::debug!("what {} said cannot be read: {error}", by.program);
            }
            let said = String::from_utf8_lossy(&said);
            let last = said.lines().rev().find(|line| !line.trim().is_empty()).map(|line| line.replace(char::is_control, ""));
            Err(StillError::Failed(format!("{} cannot decode it: {}", by.program, last.unwrap_or_else(|| status.to_string()))))
        }
    }
}

fn decode(file: File) -> Result<DynamicImage, StillError> {
    let mut reader = ImageReader::with_format(BufReader::new(file), ImageFormat::Png);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    reader.limits(limits);
    reader.decode().map_err(|error| StillError::Failed(format!("the decoded picture cannot be read: {error}")))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A program that runs these lines of a shell.
    fn program(folder: &Path, name: &str, script: &str) -> Converter {
        let path = folder.join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a script");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("made a program");
        Converter { program: path.to_string_lossy().into_owned().leak(), turns: true }
    }

    fn failure(converters: &[Converter], patience: Duration) -> Option<String> {
        convert_by(converters, b"bytes", patience).map(|result| result.err().map_or_else(|| "none".to_owned(), |error| error.to_string()))
    }

    #[test]
    fn each_way_to_fail_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let none = Converter { program: "no-such-heif-convert", turns: true };
        let second = Duration::from_secs(5);
        assert_eq!(failure(&[none], second), None, "nothing is installed");
        let complains = program(folder.path(), "complains", "echo first >&2; echo 'no AV1 decoder' >&2; exit 1");
        assert!(
            failure(&[none, complains], second).is_some_and(|said| said.ends_with("cannot decode it: no AV1 decoder")),
            "its last words"
        );
        let lazy = program(folder.path(), "lazy", "exit 0");
        assert!(failure(&[lazy], second).is_some_and(|said| said.ends_with("made no picture of it")), "no picture");
        let liar = program(folder.path(), "liar", "echo nonsense > out.png");
        assert!(failure(&[liar], second).is_some_and(|said| said.contains("cannot be read")), "no PNG");
        let start = Instant::now();
        let stuck = program(folder.path(), "stuck", "sleep 600 & sleep 600");
        assert!(failure(&[stuck], Duration::from_millis(300)).is_some_and(|said| said.contains("within")), "ended");
        assert!(start.elapsed() < Duration::from_secs(5), "at once: {:?}", start.elapsed());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_program_is_bounded() {
        let folder = tempfile::tempdir().expect("a folder");
        // The bounds come a moment after the start.
        let tells =
            program(folder.path(), "tells", "sleep 0.3; ulimit -v >&2; ulimit -f >&2; echo \"$(ulimit -v) $(ulimit -t)\" >&2; exit 1");
        let said = failure(&[tells], Duration::from_secs(10)).expect("it ran");
        assert!(said.ends_with(&format!("{} 80", MAX_MEMORY_BYTES >> 10)), "memory in KiB, seconds: {said}");
    }

    #[test]
    fn the_next_program_is_tried_and_the_first_picture_is_taken() {
        let folder = tempfile::tempdir().expect("a folder");
        let png = folder.path().join("ready.png");
        image::RgbImage::from_pixel(40, 30, image::Rgb([9, 8, 7])).save(&png).expect("a PNG");
        let fails = program(folder.path(), "fails", "exit 3");
        let several =
            program(folder.path(), "several", &format!("[ \"$*\" = 'picture.heif out.png' ] && cp '{}' out-1.png", png.display()));
        let converted = convert_by(&[fails, several], b"bytes", Duration::from_secs(5)).expect("there").map_err(|error| error.to_string());
        let converted = converted.expect("a picture");
        assert_eq!((converted.pixels.width(), converted.by), (40, several), "of the second");
    }
}
