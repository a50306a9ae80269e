//! Disks that fill at every stage, below everything that the program writes.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use image::RgbaImage;
use retrato::collection::{Change, CollectionFile, Source};
use retrato::record::{AudioSource, RecordError, RecordFrame, RecordOptions, Recorder, SourceType, find_interrupted, recover, snapshot};
use retrato::runtime::FileCache;
use retrato::settings::{Settings, SettingsFile};
use test_needs::needs;

use super::{Dice, scaled};

/// Size of the disk, in MiB: a film of these pictures fits twice, as finishing it needs.
const DISK_MIB: u32 = 24;
/// Pictures of a film, 30 a second.
const PICTURES: u32 = 75;
/// What may be lost: a fragment, and the pictures that wait for the encoder.
const LOST_SECS: f64 = 1.4;

/// A small disk in memory, gone when dropped.
pub(super) struct Disk(tempfile::TempDir);

impl Disk {
    pub(super) fn mount(options: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", options, "retrato-test"]).arg(folder.path()).output();
        let mounted = mounted.expect("mount starts");
        assert!(mounted.status.success(), "a small disk can be mounted: {}", String::from_utf8_lossy(&mounted.stderr));
        Self(folder)
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }

    /// Takes all the room that is left but for some bytes.
    fn fill(&self, but: u64) {
        let mut file = fs::File::create(self.ballast()).expect("an empty file always fits");
        let block = vec![0x5a; 1 << 16];
        while file.write_all(&block).is_ok() {}
        while file.write_all(&block[..4096]).is_ok() {}
        let length = file.metadata().expect("its length").len();
        file.set_len(length.saturating_sub(but)).expect("it can be shorter");
    }

    fn clear(&self) {
        fs::remove_file(self.ballast()).expect("there was ballast");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        Command::new("umount").arg(self.0.path()).output().ok();
    }
}

/// When the disk becomes full.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    BeforeTheStart,
    /// After so many pictures.
    After(u32),
    BeforeTheEnd,
    /// When so much of it is finished.
    Finishing(f32),
}

fn noise(dice: &mut Dice) -> Arc<RgbaImage> {
    let block: Vec<[u8; 3]> = (0..64).map(|_| [0; 3].map(|_: u8| dice.below(256) as u8)).collect();
    Arc::new(RgbaImage::from_fn(160, 120, |x, y| {
        let [r, g, b] = block[((x / 3 + 7 * (y / 3)) % 64) as usize];
        image::Rgba([r, g, b, 255])
    }))
}

/// Records onto the disk, which becomes full at a stage. Returns the seconds that the recorder had when it ended, and its result.
fn record(disk: &Disk, stage: Stage, left: u64, dice: &mut Dice) -> (f64, Result<PathBuf, RecordError>) {
    if stage == Stage::BeforeTheStart {
        disk.fill(left);
    }
    let options = RecordOptions::new(disk.path().join("film.mp4")).expect("a format");
    let recorder = match Recorder::start(options, AudioSource::None) {
        Ok(recorder) => recorder,
        Err(error) => return (0.0, Err(error)),
    };
    let (zero, step) = (Instant::now(), Duration::from_secs(1) / 30);
    for at in 0..PICTURES {
        if stage == Stage::After(at) {
            disk.fill(left);
        }
        let frame = RecordFrame { pixels: noise(dice), pts: step * at, captured_at: zero + step * at };
        if recorder.push(frame).is_err() {
            break;
        }
    }
    if stage == Stage::BeforeTheEnd {
        disk.fill(left);
    }
    let mut secs = recorder.status().elapsed.as_secs_f64();
    let mut is_filled = false;
    let ended = recorder.finish(|share| {
        if let Stage::Finishing(from) = stage
            && share >= from
            && !std::mem::replace(&mut is_filled, true)
        {
            disk.fill(left);
        }
    });
    secs = secs.max(ended.as_ref().map_or(0.0, |finished| finished.duration.as_secs_f64()));
    (secs, ended.map(|finished| finished.path))
}

/// Pictures of a film as ffmpeg counts them, which must have nothing to complain about.
fn pictures(film: &Path) -> u32 {
    let mut ask = Command::new("ffprobe");
    ask.args(["-v", "error", "-count_frames", "-select_streams", "v", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0"]);
    let mut counted = ask.arg(film).output().expect("ffprobe runs");
    assert_eq!(String::from_utf8_lossy(&counted.stderr), "", "{} is whole", film.display());
    counted.stdout.retain(u8::is_ascii_digit);
    String::from_utf8_lossy(&counted.stdout).parse().expect("a number of pictures")
}

#[needs(mount, ffmpeg)]
#[test]
fn a_disk_that_fills_at_any_stage_costs_a_second_of_the_film_at_most() {
    let mut dice = Dice(11);
    let mut stages = vec![Stage::BeforeTheStart, Stage::After(0), Stage::After(45), Stage::BeforeTheEnd, Stage::Finishing(0.0)];
    for _ in 0..scaled(0, 40) {
        stages.push(Stage::After(dice.below(PICTURES)));
        stages.push(Stage::Finishing(dice.below(100) as f32 / 100.0));
    }
    for stage in stages {
        for left in [0, 100_000, 900_000] {
            let disk = Disk::mount(&format!("size={DISK_MIB}m"));
            let (secs, ended) = record(&disk, stage, left, &mut dice);
            let what = format!("{stage:?}, {left} bytes left, {secs:.2} s recorded: {ended:?}");
            if let Err(error) = &ended {
                assert!(error.is_disk_full() || matches!(error, RecordError::NothingRecorded), "says why: {what}");
            }
            if disk.ballast().exists() {
                disk.clear();
            }
            let kept = match ended {
                Ok(path) | Err(RecordError::StoppedEarly { path: Some(path), .. }) => Some(path),
                Err(_) => find_interrupted(disk.path()).expect("listed").first().and_then(|found| recover(&found.part).ok()),
            };
            let kept_secs = kept.as_ref().map_or(0.0, |film| f64::from(pictures(film)) / 30.0);
            assert!(kept_secs >= secs - LOST_SECS, "{kept_secs:.2} s are kept: {what}");
            let names: Vec<_> = fs::read_dir(disk.path()).expect("listed").flatten().map(|entry| entry.file_name()).collect();
            assert!(names.len() <= 1, "nothing else is left: {names:?}, {what}");
        }
    }
}

#[needs(mount)]
#[test]
fn what_is_kept_stays_as_it_was_when_the_disk_is_full() {
    let disk = Disk::mount("size=4m");
    let settings = SettingsFile::at(disk.path().join("config/settings.toml"));
    let list = CollectionFile::at(disk.path().join("data"));
    let cache = FileCache::at(disk.path().join("cache"), 1 << 20);
    let before = Settings { camera: Some("before".to_owned()), ..Settings::default() };
    let opened = |name: &str| [Change::Opened(Source::File(PathBuf::from("/").join(name)), 1)];
    settings.save(&before).expect("there is room");
    list.update(&opened("first.png")).expect("there is room");
    cache.put("first", &[1; 5000]);
    disk.fill(0);
    let why = settings.save(&Settings { camera: Some("after".to_owned()), ..Settings::default() }).expect_err("full").to_string();
    assert!(why.contains("check the free space"), "what to do: {why}");
    let why = list.update(&opened("second.png")).expect_err("full").to_string();
    assert!(why.contains("check the free space"), "what to do: {why}");
    cache.put("second", &vec![2; 50_000]);
    let still = snapshot(&disk.path().join("still.png"), &noise(&mut Dice(1)), SourceType::default()).expect_err("full");
    assert!(still.is_disk_full(), "named for what it is: {still}");
    disk.clear();
    let (read, trouble) = settings.load();
    assert!(read == before && trouble.is_none(), "the old settings: {trouble:?}");
    let (portraits, trouble) = list.load();
    assert!(portraits.iter().count() == 1 && trouble.is_none(), "the old list: {trouble:?}");
    assert_eq!(cache.get("first").as_deref(), Some(&[1; 5000][..]), "what was in the cache");
    assert_eq!(cache.get("second"), None, "and nothing half");
    let left: Vec<_> = fs::read_dir(disk.path()).expect("listed").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left.len(), 3, "no half files: {left:?}");
    settings.save(&Settings::default()).expect("there is room again");
}
