//! Capture on real files: the shared clips against ffmpeg's own decoding, files made by ffmpeg for every odd case, and files that are bad.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use image::RgbImage;
use retrato::capture::{
    CaptureError, CaptureEvent, CaptureOptions, CaptureWorker, OpenOptions, Pace, SoundReader, SourceInfo, SourceKind, SourceSpec, open,
};
use retrato::data::{Input, SAMPLE_RATE_HZ};
use test_needs::needs;

use crate::shared::shared_media;

/// The four shared clips: name, frames, size, whether there is sound.
const CLIPS: [(&str, u64, [u32; 2], bool); 4] = [
    ("smile_78f.mp4", 78, [512, 512], false),
    ("frown_354f.mp4", 354, [512, 512], true),
    ("phone_talk_352f.mp4", 352, [720, 1280], false),
    ("mouth_wide_216f.mp4", 216, [480, 480], true),
];

fn shared_clip(name: &str) -> PathBuf {
    shared_media(&format!("clips/{name}"))
}

/// Makes a file with ffmpeg.
fn make(arguments: &str, path: &Path) {
    let made = Command::new("ffmpeg").args(["-v", "error", "-y"]).args(arguments.split(' ')).arg(path).output().expect("ffmpeg starts");
    assert!(made.status.success(), "ffmpeg cannot make {}: {}", path.display(), String::from_utf8_lossy(&made.stderr));
}

/// Chosen frames of a file as ffmpeg decodes them.
fn ffmpeg_frames(path: &Path, size: [u32; 2], numbers: &[u64]) -> Vec<RgbImage> {
    let select = numbers.iter().map(|n| format!("eq(n\\,{n})")).collect::<Vec<_>>().join("+");
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(path)
        .args(["-vf", &format!("select={select}"), "-vsync", "0", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
        .output()
        .expect("ffmpeg starts");
    let bytes = size[0] as usize * size[1] as usize * 3;
    output.stdout.chunks_exact(bytes).map(|frame| RgbImage::from_raw(size[0], size[1], frame.to_vec()).expect("whole frames")).collect()
}

fn clip(path: &Path) -> SourceSpec {
    SourceSpec::Clip { path: path.to_owned(), looped: false }
}

/// Everything that a clip gives: its facts, its frames and their times.
fn decode(path: &Path, options: OpenOptions) -> Result<(SourceInfo, Vec<RgbImage>, Vec<f64>), CaptureError> {
    let mut source = open(&clip(path), options)?;
    let (mut frames, mut times) = (Vec::new(), Vec::new());
    while let Some(input) = source.next()? {
        let Input::Frame(frame) = input else { panic!("clips give frames") };
        assert_eq!(frame.time.index, frames.len() as u64, "frames are numbered without gaps");
        times.push(frame.time.media_time.as_secs_f64());
        frames.push(Arc::unwrap_or_clone(frame.pixels));
    }
    Ok((source.info().clone(), frames, times))
}

fn mean_difference(a: &RgbImage, b: &RgbImage) -> f64 {
    assert_eq!(a.dimensions(), b.dimensions(), "pictures of one size");
    a.iter().zip(b.iter()).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / a.len() as f64
}

#[needs(shared_media, ffmpeg)]
#[test]
fn shared_clips_are_decoded_in_process_as_ffmpeg_does() {
    for (name, count, size, has_sound) in CLIPS {
        let path = shared_clip(name);
        let (info, frames, times) = decode(&path, OpenOptions::full_size()).expect("a good clip");
        assert_eq!(
            (info.decoder.as_str(), info.kind, info.size, info.has_sound),
            ("in-process", SourceKind::Clip, size, has_sound),
            "{name}"
        );
        assert_eq!((info.frames, frames.len() as u64), (Some(count), count), "{name}: all frames, as announced");
        let interval = 1.0 / info.fps;
        let even = times.iter().enumerate().all(|(i, time)| (time - i as f64 * interval).abs() < 0.002);
        assert!(even, "{name}: B-frames are back in order, a frame every {interval} s");
        let numbers = [0, 1, count / 3, count / 2, count - 2, count - 1];
        let wanted = ffmpeg_frames(&path, size, &numbers);
        assert_eq!(wanted.len(), numbers.len(), "{name}: ffmpeg has these frames too");
        for (number, wanted) in numbers.iter().zip(&wanted) {
            let difference = mean_difference(&frames[*number as usize], wanted);
            assert!(difference < 1.5, "{name}: frame {number} differs by {difference} levels");
        }
    }
}

#[needs(ffmpeg)]
#[test]
fn other_containers_and_codecs_go_through_ffmpeg() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let source = "-f lavfi -i testsrc2=s=320x180:r=25:d=1.2";
    for (name, codec) in [
        ("a.mkv", "-c:v libx264 -bf 3 -pix_fmt yuv420p"),
        ("b.webm", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8"),
        ("c.avi", "-c:v mpeg4 -q:v 2"),
        ("ten_bits.mp4", "-c:v libx264 -pix_fmt yuv420p10le"),
        ("hevc.mp4", "-c:v libx265 -x265-params log-level=none"),
        ("interlaced.mp4", "-c:v libx264 -flags +ilme+ildct -x264opts tff=1 -pix_fmt yuv420p"),
        ("fragments.mp4", "-c:v libx264 -pix_fmt yuv420p -movflags frag_keyframe+empty_moov"),
        ("-i : odd name.mkv", "-c:v mpeg4 -q:v 2"),
    ] {
        let path = folder.path().join(name);
        make(&format!("{source} {codec}"), &path);
        let (info, frames, times) = decode(&path, OpenOptions::full_size()).expect(name);
        assert_eq!((info.decoder.as_str(), info.size, frames.len()), ("ffmpeg", [320, 180], 30), "{name}");
        assert!((times[29] - 29.0 / 25.0).abs() < 0.001, "{name}: at the clip's pace");
        let wanted = ffmpeg_frames(&path, [320, 180], &[0, 17]);
        assert!(mean_difference(&frames[17], &wanted[1]) < 1.5, "{name}: frame 17 is the one that ffmpeg has");
    }
}

#[needs(ffmpeg)]
#[test]
fn phone_videos_are_upright_and_late_or_trimmed_tracks_in_place() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let upright = folder.path().join("upright.mp4");
    make("-f lavfi -i testsrc=s=320x192:r=30:d=1 -c:v libx264 -bf 2 -pix_fmt yuv420p", &upright);
    for degrees in ["90", "180", "270"] {
        let path = folder.path().join(format!("turned{degrees}.mp4"));
        let input = upright.to_str().expect("a plain name");
        make(&format!("-i {input} -c copy -metadata:s:v rotate={degrees}"), &path);
        let (info, frames, _) = decode(&path, OpenOptions::full_size()).expect("a turned clip");
        let wanted = &ffmpeg_frames(&path, info.size, &[7])[0];
        assert_eq!(info.decoder, "in-process", "turning is no reason for ffmpeg");
        assert!(mean_difference(&frames[7], wanted) < 1.5, "{degrees} degrees: turned as ffmpeg turns it");
    }
    let late = folder.path().join("late.mp4");
    let input = upright.to_str().expect("a plain name");
    let sound = "-f lavfi -i sine=d=2";
    make(&format!("{sound} -itsoffset 0.5 -i {input} -map 1:v -map 0:a -c:v copy -c:a aac"), &late);
    let (_, frames, times) = decode(&late, OpenOptions::full_size()).expect("a late clip");
    assert_eq!((frames.len(), times[0]), (45, 0.0), "half a second that shows the first picture, then its second of pictures");
    assert!(frames[..15].iter().all(|frame| frame == &frames[15]) && frames[16] != frames[15], "which begin to move after that");
    assert!((times[15] - 0.5).abs() < 0.002, "with their sound: {}", times[15]);
}

#[needs(ffmpeg)]
#[test]
fn sizes_ranges_and_colours_match_ffmpeg() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, options, size) in [
        ("odd", "-vf crop=318:178 -pix_fmt yuv420p", [318, 178]),
        ("full range", "-pix_fmt yuvj420p", [320, 180]),
        (
            "bt709",
            "-vf scale=out_color_matrix=bt709 -colorspace bt709 -color_primaries bt709 -color_trc bt709 -pix_fmt yuv420p",
            [320, 180],
        ),
    ] {
        let path = folder.path().join(format!("{name}.mp4"));
        make(&format!("-f lavfi -i testsrc2=s=320x180:r=25:d=0.4 {options} -c:v libx264 -qp 10"), &path);
        let (info, frames, _) = decode(&path, OpenOptions::full_size()).expect(name);
        assert_eq!((info.decoder.as_str(), info.size), ("in-process", size), "{name}");
        let difference = mean_difference(&frames[4], &ffmpeg_frames(&path, size, &[4])[0]);
        assert!(difference < 1.5, "{name}: colours differ by {difference} levels");
    }
    let large = folder.path().join("large.mp4");
    make("-f lavfi -i testsrc2=s=1920x1080:r=25:d=0.2 -c:v libx264 -preset ultrafast -pix_fmt yuv420p", &large);
    let (info, frames, _) = decode(&large, OpenOptions::default()).expect("a large clip");
    assert_eq!((info.size, frames[0].dimensions()), ([1280, 720], (1280, 720)), "scaled down for tracking");
}

#[needs(shared_media)]
#[test]
fn repeating_runs_on_without_a_seam() {
    let path = shared_clip("smile_78f.mp4");
    let mut source = open(&SourceSpec::Clip { path, looped: true }, OpenOptions { max_side_px: Some(128) }).expect("a good clip");
    let mut first = Vec::new();
    for index in 0..180_u64 {
        let Ok(Some(Input::Frame(frame))) = source.next() else { panic!("a looped clip does not end") };
        assert_eq!(frame.time.index, index, "numbers run on");
        let wanted = index as f64 / 25.0;
        assert!((frame.time.media_time.as_secs_f64() - wanted).abs() < 0.002, "frame {index} is at {:?}", frame.time.media_time);
        assert_eq!(source.loops(), index / 78, "counts its repetitions");
        if index < 78 {
            first.push(frame.pixels);
        } else {
            assert!(*frame.pixels == *first[index as usize % 78], "every repetition is the same");
        }
    }
}

#[needs(ffmpeg)]
#[test]
fn a_cut_file_plays_as_far_as_it_goes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (front, back) = (folder.path().join("front.mp4"), folder.path().join("back.mp4"));
    let source = "-f lavfi -i testsrc2=s=320x180:r=25:d=2 -c:v libx264 -bf 2 -pix_fmt yuv420p";
    make(&format!("{source} -movflags faststart"), &front);
    make(source, &back);
    for path in [&front, &back] {
        let bytes = std::fs::read(path).expect("the file");
        std::fs::write(path, &bytes[..bytes.len() / 2]).expect("the cut file");
    }
    let (info, frames, _) = decode(&front, OpenOptions::default()).expect("its index is there");
    assert_eq!(info.decoder, "in-process", "no other decoder is needed");
    assert!((10..50).contains(&frames.len()), "about half of 50 frames: {}", frames.len());
    assert!(matches!(decode(&back, OpenOptions::default()), Err(CaptureError::Unfinished { .. })), "without index it says so");
}

/// A file with these bytes.
fn file(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("a file");
    path
}

/// What is said of a clip that must be refused.
fn error(path: &Path) -> CaptureError {
    decode(path, OpenOptions::default()).expect_err("must be refused")
}

#[test]
fn bad_files_give_distinct_errors() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str, bytes: &[u8]| file(&folder, name, bytes);
    assert!(matches!(error(&folder.path().join("absent.mp4")), CaptureError::NotFound { .. }), "absent");
    assert!(matches!(error(folder.path()), CaptureError::Directory { .. }), "directory");
    assert!(matches!(error(&file("zero.mp4", b"")), CaptureError::Empty { .. }), "zero bytes");
    assert!(matches!(error(&file("text.mp4", b"just text\n")), CaptureError::NotAVideo { .. }), "text");
    assert!(matches!(error(&file("cut.mp4", b"\0\0\0\x10ftypisom\0\0\0\0\0\0\0\x10mdat")), CaptureError::Unfinished { .. }), "no index");
}

#[needs(ffmpeg)]
#[test]
fn bad_files_that_ffmpeg_is_asked_about_give_distinct_errors() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let noise: Vec<u8> = (0..5000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let noise = error(&file(&folder, "noise.mkv", &noise));
    assert!(matches!(noise, CaptureError::Ffmpeg { .. }), "noise: {noise}");
    let music = folder.path().join("music.m4a");
    make("-f lavfi -i sine=d=1 -c:a aac", &music);
    assert!(matches!(error(&music), CaptureError::NoVideo { .. }), "sound only");
    let empty = folder.path().join("no_frames.mp4");
    make("-f lavfi -i color=s=64x64:d=1 -frames:v 0 -c:v libx264", &empty);
    let error = error(&empty);
    assert!(matches!(error, CaptureError::NoFrames { .. } | CaptureError::NoVideo { .. }), "0 frames: {error}");
}

/// The left channel of a clip's sound, as this program reads it.
fn our_sound(path: &Path) -> (Vec<f32>, &'static str) {
    let mut reader = SoundReader::open(path).expect("readable").expect("with sound");
    let mut left = Vec::new();
    while let Some(block) = reader.next_block().expect("undamaged") {
        assert_eq!(block.left.len(), block.right.len(), "both channels are as long");
        left.extend(block.left);
    }
    assert_eq!(reader.position(), left.len() as u64, "position counts samples");
    (left, reader.decoder())
}

/// The same as ffmpeg decodes it, from the clip's time zero on.
fn ffmpeg_sound(path: &Path) -> Vec<f32> {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(path)
        .args([
            "-map",
            "0:a",
            "-af",
            "aformat=channel_layouts=stereo,pan=mono|c0=c0,aresample=48000:async=1:first_pts=0",
            "-f",
            "f32le",
            "-",
        ])
        .output()
        .expect("ffmpeg starts");
    output.stdout.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

/// The shift in samples at which `a` resembles `b` most, and how much it does: 1 is the same.
fn best_shift(a: &[f32], b: &[f32]) -> (isize, f64) {
    let length = a.len().min(b.len());
    let window = (length / 4)..(length * 3 / 4);
    let at = |shift: isize| {
        let (mut product, mut energy_a, mut energy_b) = (0.0, 1e-12, 1e-12);
        for i in window.clone().step_by(3) {
            let x = f64::from(a[i]);
            let y = i.checked_add_signed(shift).and_then(|i| b.get(i)).map_or(0.0, |&y| f64::from(y));
            product += x * y;
            energy_a += x * x;
            energy_b += y * y;
        }
        product / (energy_a * energy_b).sqrt()
    };
    (-1500..=1500).map(|shift| (shift, at(shift))).max_by(|a, b| a.1.total_cmp(&b.1)).expect("there are shifts")
}

fn assert_same_sound(path: &Path, decoder: &str) {
    let ((ours, ours_by), theirs) = (our_sound(path), ffmpeg_sound(path));
    assert_eq!(ours_by, decoder, "{}", path.display());
    let (shift, likeness) = best_shift(&ours, &theirs);
    assert!(shift.unsigned_abs() <= SAMPLE_RATE_HZ as usize / 1000, "{}: off by {shift} samples, likeness {likeness}", path.display());
    assert!(likeness > 0.99, "{}: likeness {likeness}", path.display());
    let longer = (ours.len() as f64 - theirs.len() as f64) / f64::from(SAMPLE_RATE_HZ);
    assert!(longer.abs() < 0.06, "{}: {longer} s longer than ffmpeg's", path.display());
}

#[needs(shared_media, ffmpeg)]
#[test]
fn sound_of_the_shared_clips_is_decoded_in_process() {
    for name in ["frown_354f.mp4", "mouth_wide_216f.mp4"] {
        let path = shared_clip(name);
        let (ours, by) = our_sound(&path);
        assert_eq!(by, "in-process", "{name}");
        // These recordings are silent; what counts is their length. Made ones below are compared in time.
        let loudest = ours.iter().fold(0.0_f32, |most, sample| most.max(sample.abs()));
        assert!(loudest < 1e-3, "{name}: silence stays silent, not {loudest}");
        let longer = ours.len() as f64 - ffmpeg_sound(&path).len() as f64;
        assert!(longer.abs() < 0.03 * f64::from(SAMPLE_RATE_HZ), "{name}: {longer} samples longer than ffmpeg's");
    }
    let silent = shared_clip("smile_78f.mp4");
    assert!(SoundReader::open(&silent).expect("readable").is_none(), "no sound is no error");
}

#[needs(ffmpeg)]
#[test]
fn sound_with_edits_rates_and_other_codecs_is_in_time() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // A sweep has one right place only.
    let sweep = "-f lavfi -i aevalsrc=0.5*sin(2*PI*(150*t+200*t*t))";
    let picture = "-f lavfi -i testsrc2=s=64x64:r=25:d=3 -c:v libx264 -pix_fmt yuv420p";
    for (name, sound, decoder) in [
        ("stereo48.mp4", "s=48000:d=3 PICTURE -ac 2 -c:a aac", "in-process"),
        ("stereo44.mp4", "s=44100:d=3 PICTURE -ac 2 -c:a aac", "in-process"),
        ("mono22.mp4", "s=22050:d=3 PICTURE -ac 1 -c:a aac", "in-process"),
        ("surround.mp4", "s=48000:d=3 PICTURE -ac 6 -c:a aac", "in-process"),
        ("opus.mkv", "s=48000:d=3 PICTURE -ac 2 -c:a libopus", "ffmpeg"),
        ("flac.mp4", "s=44100:d=3 PICTURE -ac 2 -c:a flac -strict -2", "ffmpeg"),
    ] {
        let path = folder.path().join(name);
        make(&format!("{sweep}:{}", sound.replace("PICTURE", picture)), &path);
        assert_same_sound(&path, decoder);
    }
    let late = folder.path().join("late.mp4");
    let arguments =
        format!("-f lavfi -i testsrc2=s=64x64:r=25:d=3 -itsoffset 0.7 {sweep}:s=44100:d=2 -map 0:v -map 1:a -c:v libx264 -c:a aac");
    make(&arguments, &late);
    assert_same_sound(&late, "in-process");
    let quiet = our_sound(&late).0.iter().take_while(|sample| sample.abs() < 0.02).count();
    assert!((0.68..0.74).contains(&(quiet as f64 / f64::from(SAMPLE_RATE_HZ))), "silence comes first: {quiet} samples");
}

/// Events of a worker, as words.
fn word(event: &CaptureEvent) -> String {
    match event {
        CaptureEvent::Opened(info) => format!("opened {}", info.name),
        CaptureEvent::Looped(count) => format!("looped {count}"),
        CaptureEvent::Stalled { .. } => "stalled".to_owned(),
        CaptureEvent::Recovered => "recovered".to_owned(),
        CaptureEvent::Ended => "ended".to_owned(),
        CaptureEvent::Failed(error) => format!("failed: {error}"),
    }
}

type Log = Arc<Mutex<Vec<String>>>;

fn run(spec: SourceSpec, pace: Pace) -> (CaptureWorker, mpsc::Receiver<(u64, f64, Instant)>, Log) {
    let (sender, frames) = mpsc::channel();
    let log = Log::default();
    let events = Arc::clone(&log);
    let options = CaptureOptions { open: OpenOptions { max_side_px: Some(128) }, pace };
    let sink = move |input: Input| match input {
        Input::Frame(frame) => sender.send((frame.time.index, frame.time.media_time.as_secs_f64(), frame.time.captured_at)).is_ok(),
        Input::Motion(time, _) => sender.send((time.index, time.media_time.as_secs_f64(), time.captured_at)).is_ok(),
    };
    let hear = move |event| events.lock().expect("not poisoned").push(word(&event));
    (CaptureWorker::start(spec, options, sink, hear).expect("a thread"), frames, log)
}

#[needs(shared_media)]
#[test]
fn a_worker_plays_a_clip_at_its_pace_or_as_fast_as_it_can() {
    let path = shared_clip("smile_78f.mp4");
    let (worker, frames, log) = run(clip(&path), Pace::AsFastAsPossible);
    let all: Vec<_> = frames.iter().collect();
    assert_eq!(all.iter().map(|frame| frame.0).collect::<Vec<_>>(), (0..78).collect::<Vec<_>>(), "every frame in order");
    drop(worker);
    assert_eq!(*log.lock().expect("not poisoned"), ["opened smile_78f.mp4", "ended"], "and its events");

    let (worker, frames, log) = run(SourceSpec::Clip { path, looped: true }, Pace::RealTime);
    let first = frames.recv_timeout(Duration::from_secs(20)).expect("a first frame");
    let mut last = first;
    while last.1 < 3.5 {
        last = frames.recv_timeout(Duration::from_secs(20)).expect("it goes on");
        let early = last.1 - (last.2 - first.2).as_secs_f64();
        assert!(early < 0.005, "frame {} came {early} s early", last.0);
    }
    let late = (last.2 - first.2).as_secs_f64() - last.1;
    assert!(late < 0.5, "{late} s late after {} s of playing", last.1);
    let start = Instant::now();
    drop(worker);
    assert!(start.elapsed() < Duration::from_millis(200), "stops at once: {:?}", start.elapsed());
    assert!(log.lock().expect("not poisoned").contains(&"looped 1".to_owned()), "the seam is told");
}

#[test]
fn a_worker_reports_a_bad_file_once() {
    let (worker, frames, log) = run(clip(Path::new("no such file.mp4")), Pace::RealTime);
    assert!(frames.recv_timeout(Duration::from_secs(10)).is_err(), "there is nothing to deliver");
    let end = Instant::now() + Duration::from_secs(10);
    while !worker.is_finished() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(5));
    }
    let log = log.lock().expect("not poisoned");
    assert!(log.len() == 1 && log[0].contains("no such file"), "one clear failure: {log:?}");
}
