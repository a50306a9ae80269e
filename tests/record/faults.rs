//! Recordings that go wrong: cut files, full disks, impossible places, two programs at once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use retrato::record::{AudioSource, RecordError, Recorder, find_interrupted, recover};
use test_needs::needs;

use super::support::{assert_decodes, clicks, frame, options, picture, probe};
use crate::shared::shared_media;

fn at(i: u32) -> Duration {
    Duration::from_secs_f64(f64::from(i) / 30.0)
}

/// Records six seconds and returns the bytes of the growing file shortly before the end, as a crash would leave them.
fn interrupted_bytes(folder: &Path) -> Vec<u8> {
    let recorder = Recorder::start(options(folder, "clip.mp4"), AudioSource::Pushed).expect("started");
    let zero = Instant::now();
    for i in 0..181 {
        recorder.push(frame(picture(96, 64, i), at(i), zero)).expect("taken");
        recorder.push_audio(clicks(at(i), at(1)), at(i)).expect("taken");
    }
    while recorder.status().frames < 181 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let part = folder.join("clip.mp4.part");
    let bytes = fs::read(&part).expect("the growing file");
    assert_eq!(find_interrupted(folder).expect("listed"), [], "a running recording is not an interrupted one");
    assert!(matches!(recover(&part), Err(RecordError::StillRecording { .. })), "nor can it be recovered");
    drop(recorder);
    assert!(folder.join("clip.mp4").exists() && !part.exists(), "a dropped recorder finishes its film");
    bytes
}

#[needs(ffmpeg)]
#[test]
fn a_recording_cut_anywhere_gives_back_its_complete_seconds() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = interrupted_bytes(folder.path());
    let fragments: Vec<usize> = whole.windows(4).enumerate().filter(|(_, name)| name == b"moof").map(|(i, _)| i - 4).collect();
    assert_eq!(fragments.len(), 6, "one fragment a second");
    let part = folder.path().join("cut.mp4.part");
    let ends = [&fragments[1..], &[whole.len()]].concat();
    for cut in (0..=whole.len()).step_by(whole.len() / 29) {
        fs::write(&part, &whole[..cut]).expect("written");
        let complete = ends.iter().filter(|end| **end <= cut).count();
        if complete == 0 {
            let error = recover(&part).expect_err("nothing is whole yet");
            assert!(matches!(error, RecordError::NotRecoverable { .. }), "cut at {cut}: {error}");
            assert_eq!(fs::read(&part).expect("still there"), &whole[..cut], "the file is kept as it is");
            continue;
        }
        assert_eq!(find_interrupted(folder.path()).expect("listed").len(), 1, "it is found");
        let film = recover(&part).expect("recovered");
        assert_eq!(film, folder.path().join("cut.mp4"), "under the name it would have got");
        assert!(!part.exists(), "the part is gone");
        assert_decodes(&film);
        let frames = probe(&film, "stream=nb_frames");
        assert_eq!(frames[0], (30 * complete).to_string(), "pictures of the complete seconds, cut at {cut}");
        assert_eq!(frames.len(), 2, "with sound");
        fs::remove_file(&film).expect("removed");
    }
}

#[needs(shared_media, landmark_model, ffmpeg)]
#[test]
fn a_recording_whose_program_is_killed_is_found_and_recovered() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut program = Command::new(env!("CARGO_BIN_EXE_retrato"))
        .arg("animate")
        .arg(shared_media("portraits/mona_lisa.jpg"))
        .arg("--driver")
        .arg(shared_media("clips/frown_354f.mp4"))
        .arg("-o")
        .arg(folder.path().join("clip.mp4"))
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the program starts");
    let part = folder.path().join("clip.mp4.part");
    let deadline = Instant::now() + Duration::from_mins(2);
    while fs::metadata(&part).map_or(0, |facts| facts.len()) < 300_000 {
        assert!(program.try_wait().expect("its state").is_none(), "the program ended before it was killed");
        assert!(Instant::now() < deadline, "the program records too slowly");
        std::thread::sleep(Duration::from_millis(20));
    }
    // The signal that no program can prepare for.
    program.kill().expect("killed");
    program.wait().expect("its end");
    let found = find_interrupted(folder.path()).expect("listed");
    assert_eq!(found.iter().map(|interrupted| &interrupted.part).collect::<Vec<_>>(), [&part], "it is found");
    let film = recover(&part).expect("recovered");
    assert_decodes(&film);
    let frames: u32 = probe(&film, "stream=nb_frames")[0].parse().expect("a number");
    assert!((30..354).contains(&frames) && frames.is_multiple_of(30), "whole seconds: {frames} pictures");
}

#[test]
fn a_gif_recording_cut_anywhere_gives_back_its_whole_pictures() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::start(options(folder.path(), "clip.gif"), AudioSource::None).expect("started");
    let zero = Instant::now();
    for i in 0..40 {
        recorder.push(frame(picture(48, 32, i), Duration::from_millis(40 * u64::from(i)), zero)).expect("taken");
    }
    while recorder.status().frames < 40 {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(find_interrupted(folder.path()).expect("listed"), [], "a running recording is not an interrupted one");
    let growing = fs::read(folder.path().join("clip.gif.part")).expect("the growing file");
    let film = recorder.finish(|_| {}).expect("finished").path;
    let read = |path: &Path| {
        let decoder = image::codecs::gif::GifDecoder::new(std::io::BufReader::new(fs::File::open(path).expect("opened"))).expect("a GIF");
        image::AnimationDecoder::into_frames(decoder).collect_frames().expect("whole pictures")
    };
    let whole = read(&film);
    fs::remove_file(&film).expect("removed");
    let part = folder.path().join("cut.gif.part");
    let mut most = 0;
    for cut in (0..=growing.len()).step_by(growing.len() / 29) {
        fs::write(&part, &growing[..cut]).expect("written");
        let Ok(film) = recover(&part) else {
            assert_eq!(
                (most, fs::read(&part).expect("still there")),
                (0, growing[..cut].to_vec()),
                "cut at {cut}: no picture is whole yet"
            );
            continue;
        };
        assert_eq!((film.clone(), part.exists()), (folder.path().join("cut.gif"), false), "under the name it would have got");
        let frames = read(&film);
        assert!(frames.len() >= most && (0..frames.len()).all(|i| frames[i].buffer() == whole[i].buffer()), "cut at {cut}: as recorded");
        most = frames.len();
        fs::remove_file(&film).expect("removed");
    }
    assert!(most > 20, "nearly all of it in the end: {most}");
    fs::write(&part, &growing).expect("written");
    assert_eq!(find_interrupted(folder.path()).expect("listed").len(), 1, "it is found");
}

#[test]
fn what_is_no_recording_is_refused_and_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = interrupted_bytes(folder.path());
    let huge_count = {
        // A fragment that claims four billion samples.
        let mut bytes = whole.clone();
        let run = bytes.windows(4).position(|name| name == b"trun").expect("a fragment");
        bytes[run + 8..run + 12].copy_from_slice(&u32::MAX.to_be_bytes());
        bytes
    };
    let huge_box = [&0xFFFF_FFF0_u32.to_be_bytes()[..], b"ftypisom"].concat();
    let noise: Vec<u8> = (0..5000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for (name, bytes) in [("empty", Vec::new()), ("noise", noise), ("text", b"hello".to_vec()), ("count", huge_count), ("box", huge_box)] {
        let part = folder.path().join(format!("{name}.mp4.part"));
        fs::write(&part, &bytes).expect("written");
        let error = recover(&part).expect_err("no recording");
        assert!(error.to_string().contains("cannot be recovered"), "{name}: {error}");
        assert_eq!(fs::read(&part).expect("still there"), bytes, "{name} is kept");
    }
    let film = folder.path().join("clip.mp4");
    assert!(matches!(recover(&film), Err(RecordError::NotRecoverable { .. })), "a finished film needs no recovery");
    assert!(film.exists(), "and stays");
}

#[test]
fn impossible_places_are_refused_before_anything_is_recorded() {
    let folder = tempfile::tempdir().expect("a folder");
    let start = |path: PathBuf| {
        let options = retrato::record::RecordOptions::new(path).expect("a format");
        Recorder::start(options, AudioSource::None).err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert!(start(folder.path().join("no/clip.mp4")).contains("does not exist"), "no such folder");
    fs::create_dir(folder.path().join("dir.mp4")).expect("made");
    // A folder with this ending means a folder of pictures only when nothing else is asked for.
    let mut inside = options(folder.path(), "clip.mp4");
    inside.path = folder.path().join("dir.mp4");
    let error = Recorder::start(inside, AudioSource::None).err().expect("refused");
    assert!(error.to_string().contains("is a folder"), "a folder: {error}");
    if cfg!(target_os = "linux") {
        assert!(start(PathBuf::from("/proc/clip.mp4")).contains("cannot write"), "no permission");
    }
    fs::write(folder.path().join("file"), "x").expect("written");
    assert!(start(folder.path().join("file/clip.mp4")).contains("does not exist"), "a file is no folder");
}

#[test]
fn recordings_never_replace_others_unless_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    let record = |overwrite| {
        let mut options = options(folder.path(), "clip.mp4");
        options.overwrite = overwrite;
        let recorder = Recorder::start(options, AudioSource::None).expect("started");
        recorder.push(frame(picture(64, 64, 0), Duration::ZERO, Instant::now())).expect("taken");
        recorder.finish(|_| {}).expect("finished").path
    };
    fs::write(folder.path().join("clip.mp4"), "precious").expect("written");
    assert_eq!(record(false), folder.path().join("clip (2).mp4"), "a free name");
    assert_eq!(fs::read(folder.path().join("clip.mp4")).expect("there"), b"precious", "untouched");
    assert_eq!(record(true), folder.path().join("clip.mp4"), "replaced on request");
}

#[test]
fn pictures_that_are_to_be_replaced_stay_until_there_are_new_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    let start = || {
        let replacing = retrato::record::RecordOptions { overwrite: true, ..options(folder.path(), "frames") };
        Recorder::start(replacing, AudioSource::None).expect("started")
    };
    let listed = || {
        let mut names: Vec<String> = fs::read_dir(folder.path().join("frames"))
            .expect("listed")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    let old = ["frame_000001.png", "frame_000002.png"];
    fs::create_dir(folder.path().join("frames")).expect("made");
    for name in old {
        fs::write(folder.path().join("frames").join(name), "old").expect("written");
    }
    start().discard().expect("nobody was found");
    assert_eq!(listed(), old, "nothing was made, so nothing is lost");
    let recorder = start();
    recorder.push(frame(picture(64, 64, 0), Duration::ZERO, Instant::now())).expect("taken");
    recorder.discard().expect("given up");
    assert_eq!(listed(), old, "nor by what was given up");
    assert!(matches!(start().finish(|_| {}), Err(RecordError::NothingRecorded)) && listed() == old, "nor by a recording without pictures");
    let recorder = start();
    recorder.push(frame(picture(64, 64, 0), Duration::ZERO, Instant::now())).expect("taken");
    recorder.finish(|_| {}).expect("finished");
    assert_eq!(listed(), old[..1], "the new one, and no old ones behind it");
    assert!(image::open(folder.path().join("frames").join(old[0])).is_ok(), "a picture");
}

#[test]
fn a_recording_without_a_picture_says_so_and_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["clip.mp4", "clip.gif", "clip"] {
        let recorder = Recorder::start(options(folder.path(), name), AudioSource::Pushed).expect("started");
        assert!(matches!(recorder.finish(|_| {}), Err(RecordError::NothingRecorded)), "{name}: nothing was recorded");
    }
    assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 0, "no empty files");
}

/// A small disk in memory, gone when dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(size_mib: u32) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let size = format!("size={size_mib}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "retrato-test"]).arg(folder.path()).output();
        let mounted = mounted.expect("mount starts");
        assert!(mounted.status.success(), "a small disk can be mounted: {}", String::from_utf8_lossy(&mounted.stderr));
        Self(folder)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Command::new("umount").arg(self.0.path()).output().ok();
    }
}

#[needs(mount, ffmpeg)]
#[test]
fn a_full_disk_ends_the_recording_early_and_keeps_it() {
    let disk = SmallDisk::mount(12);
    for name in ["clip.mp4", "clip.gif", "clip"] {
        let recorder = Recorder::start(options(disk.0.path(), name), AudioSource::None).expect("started");
        let zero = Instant::now();
        let noisy = |i: u32| {
            let mut seed = i.wrapping_mul(2_654_435_761) | 1;
            image::RgbaImage::from_fn(320, 240, |_, _| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let [a, b, c, _] = seed.to_be_bytes();
                image::Rgba([a, b, c, 255])
            })
        };
        let refused = (0..3000).find(|&i| recorder.push(frame(noisy(i), at(i), zero)).is_err());
        assert!(refused.is_some(), "{name}: 100 seconds of noise do not fit into 12 MiB");
        assert!(recorder.status().error.is_some_and(|error| error.contains("MiB are left")), "{name}: the status tells why");
        let error = recorder.finish(|_| {}).expect_err("stopped early");
        assert!(error.is_disk_full(), "{name}: {error}");
        let RecordError::StoppedEarly { kept_secs, path: Some(path), .. } = error else { panic!("{name}: nothing kept: {error}") };
        assert!(kept_secs > 0.5 && path.exists(), "{name}: {kept_secs} s are kept");
        if name != "clip" {
            assert_decodes(&path);
        }
        if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) }.expect("removed");
        assert_eq!(fs::read_dir(disk.0.path()).expect("listed").count(), 0, "{name}: nothing else is left");
    }
}
