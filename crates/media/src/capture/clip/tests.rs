//! Files as phones, editors and screen recorders make them, made here by ffmpeg.

use std::path::{Path, PathBuf};
use std::process::Command;

use test_needs::needs;

use super::*;
use crate::capture::sound::SoundReader;
use crate::data::SAMPLE_RATE_HZ;

/// A folder for the files of a test.
struct Made(tempfile::TempDir);

impl Made {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Makes a file with ffmpeg.
    fn ffmpeg(&self, arguments: &str, name: &str) -> PathBuf {
        let path = self.path(name);
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args(["-v", "error", "-y"]).args(arguments.split(' ')).arg(&path).current_dir(self.0.path());
        let made = ffmpeg.output().expect("ffmpeg starts");
        assert!(made.status.success(), "ffmpeg cannot make {name}: {}", String::from_utf8_lossy(&made.stderr));
        path
    }
}

/// What a clip announces, and all its frames with their times in seconds.
fn decoded(path: &Path) -> (SourceInfo, Vec<(Arc<RgbImage>, f64)>) {
    let mut source = ClipSource::open(path, false, OpenOptions::full_size()).expect("a clip");
    let frames = std::iter::from_fn(|| match source.next().expect("undamaged") {
        Some(Input::Frame(frame)) => Some((frame.pixels, frame.time.media_time.as_secs_f64())),
        _ => None,
    });
    let frames = frames.collect();
    (source.info().clone(), frames)
}

/// Who decodes a clip's sound, its length in seconds and its pitch in Hz.
fn heard(path: &Path) -> (&'static str, f64, f64) {
    let mut reader = SoundReader::open(path).expect("readable").expect("with sound");
    let mut left = Vec::new();
    while let Some(block) = reader.next_block().expect("undamaged") {
        left.extend(block.left);
    }
    let secs = left.len() as f64 / f64::from(SAMPLE_RATE_HZ);
    let crossings = left.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
    (reader.decoder(), secs, crossings as f64 / secs)
}

fn assert_even(frames: &[(Arc<RgbImage>, f64)], fps: f64) {
    for (i, (_, secs)) in frames.iter().enumerate() {
        assert!((secs - i as f64 / fps).abs() < 0.002, "frame {i} comes at {secs} s");
    }
}

#[needs(ffmpeg)]
#[test]
fn the_last_picture_is_held_as_long_as_the_clip_shows_it() {
    let made = Made::new();
    // The last picture but one is held for a second, the last one for a frame's time. Then they change places.
    let source = "-f lavfi -i testsrc2=s=64x64:r=25:d=1 -vf setpts=if(eq(N\\,24)\\,PTS+24/25/TB\\,PTS) -vsync vfr";
    let path = made.ffmpeg(&format!("{source} -c:v libx264 -bf 0 -pix_fmt yuv420p"), "held.mp4");
    let mut bytes = std::fs::read(&path).expect("the file");
    let table = bytes.windows(4).position(|name| name == b"stts").expect("a table of times") + 4;
    assert_eq!(bytes[table + 4..][..4], [0, 0, 0, 3], "three kinds of duration");
    let (left, right) = bytes[table + 16..][..16].split_at_mut(8);
    left.swap_with_slice(right);
    std::fs::write(&path, &bytes).expect("a file");
    let (info, frames) = decoded(&path);
    assert_eq!((info.decoder.as_str(), frames.len()), ("in-process", 49), "a second of pictures, then one is held for a second");
    assert_eq!(info.frames, Some(49), "as announced");
    assert_even(&frames, 25.0);
    assert!(Arc::ptr_eq(&frames[24].0, &frames[48].0) && frames[23].0 != frames[24].0, "the last one is held");
    let mut looped = ClipSource::open(&path, true, OpenOptions::full_size()).expect("a clip");
    let again = std::iter::from_fn(|| looped.next().expect("undamaged")).nth(49).expect("it begins again");
    let Input::Frame(again) = again else { panic!("a frame") };
    assert!(*again.pixels == *frames[0].0 && (again.time.media_time.as_secs_f64() - 1.96).abs() < 0.002, "after the hold");
}

#[needs(ffmpeg)]
#[test]
fn pictures_of_another_size_midway_stand_between_bars_and_keep_their_time() {
    let made = Made::new();
    for (size, begins_secs, name) in [("160x160", "0", "a.ts"), ("160x80", "1.08", "b.ts")] {
        let source = format!("-f lavfi -i color=white:s={size}:r=25:d=1 -c:v libx264 -bf 2 -pix_fmt yuv420p");
        made.ffmpeg(&format!("{source} -output_ts_offset {begins_secs}"), name);
    }
    let path = made.ffmpeg("-i concat:a.ts|b.ts -c copy", "both.mp4");
    let (info, frames) = decoded(&path);
    assert_eq!((info.decoder.as_str(), info.size, frames.len()), ("in-process", [160, 160], 50), "all pictures of both parts");
    let start = frames[0].1;
    for (i, (pixels, secs)) in frames.iter().enumerate() {
        assert!((secs - start - i as f64 / 25.0).abs() < 0.002, "frame {i} comes at {secs} s");
        let column = [10, 80, 150].map(|y| pixels.get_pixel(80, y).0[1] > 128);
        assert_eq!(column, [i < 25, true, i < 25], "frame {i}: bars above and below the wide part only");
    }
}

#[needs(ffmpeg)]
#[test]
fn a_title_picture_before_the_film_is_passed_over() {
    let made = Made::new();
    let title = "-f lavfi -i testsrc=s=96x96:r=25:d=0.04";
    let film = "-f lavfi -i testsrc2=s=64x48:r=25:d=1";
    for (codec, decoder) in [("libx264 -pix_fmt:v:1 yuv420p", "in-process"), ("mpeg4", "ffmpeg")] {
        let arguments = format!("{title} {film} -map 0 -map 1 -c:v:0 mjpeg -pix_fmt:v:0 yuvj420p -c:v:1 {codec}");
        let path = made.ffmpeg(&arguments, "title.mp4");
        let (info, frames) = decoded(&path);
        assert_eq!((info.decoder.as_str(), info.size, frames.len()), (decoder, [64, 48], 25), "the track that moves");
    }
}

#[needs(ffmpeg)]
#[test]
fn quicktime_sound_is_read_in_process() {
    let made = Made::new();
    let picture = "-f lavfi -i testsrc2=s=64x64:r=25:d=2 -c:v libx264 -pix_fmt yuv420p";
    let path = made.ffmpeg(&format!("-f lavfi -i sine=f=600:d=2 {picture} -c:a aac"), "quicktime.mov");
    let bytes = std::fs::read(&path).expect("the file");
    let entry = bytes.windows(4).position(|name| name == b"mp4a").expect("a sound description");
    assert_eq!(bytes[entry + 4 + 8..][..2], [0, 1], "ffmpeg writes version 1 into MOV files");
    let (info, frames) = decoded(&path);
    assert_eq!((info.decoder.as_str(), info.has_sound, frames.len()), ("in-process", true, 50), "the picture");
    let (decoder, secs, hz) = heard(&path);
    assert!(decoder == "in-process" && (secs - 2.0).abs() < 0.05 && (hz - 600.0).abs() < 5.0, "{decoder}: {secs} s of {hz} Hz");
}

#[needs(ffmpeg)]
#[test]
fn of_several_sound_tracks_the_first_that_can_be_decoded_is_taken() {
    let made = Made::new();
    let tones = "-f lavfi -i sine=f=300:d=2 -f lavfi -i sine=f=900:d=2 -map 0 -map 1 -map 2";
    let picture = "-f lavfi -i testsrc2=s=64x64:r=25:d=2";
    let coded = "-c:v libx264 -pix_fmt yuv420p -c:a aac";
    let path = made.ffmpeg(&format!("{picture} {tones} {coded}"), "two.mp4");
    let plain = heard(&path);
    assert!((plain.2 - 300.0).abs() < 5.0, "of two good ones the first: {plain:?}");
    let mut bytes = std::fs::read(&path).expect("the file");
    // The first description that is still known becomes one that neither this program nor ffmpeg knows.
    let mut make_unknown = || {
        for (known, unknown) in [(b"mp4a", b"apac"), (b"esds", b"free")] {
            let at = bytes.windows(4).position(|name| name == known).expect("a sound description");
            bytes[at..][..4].copy_from_slice(unknown);
        }
        std::fs::write(&path, &bytes).expect("a file");
    };
    make_unknown();
    let (info, frames) = decoded(&path);
    assert_eq!((info.decoder.as_str(), info.has_sound, frames.len()), ("in-process", true, 50), "the picture");
    let (decoder, secs, hz) = heard(&path);
    assert!(decoder == "in-process" && (secs - 2.0).abs() < 0.05 && (hz - 900.0).abs() < 5.0, "{decoder}: {secs} s of {hz} Hz");
    // Now nobody knows any of it: the film is there all the same, and the sound says why it is not.
    make_unknown();
    assert_eq!(decoded(&path).1.len(), 50, "the picture");
    let error = SoundReader::open(&path).expect_err("nobody knows it").to_string();
    assert!(error.contains("the picture still works"), "says what is left: {error}");
}

#[needs(ffmpeg)]
#[test]
fn sound_that_needs_ffmpeg_says_so_and_costs_no_picture() {
    let made = Made::new();
    let arguments = "-f lavfi -i testsrc2=s=64x64:r=25:d=1 -f lavfi -i sine=d=1 -c:v libx264 -pix_fmt yuv420p -c:a libopus -strict -2";
    let path = made.ffmpeg(arguments, "opus.mp4");
    let (info, frames) = decoded(&path);
    assert_eq!((info.decoder.as_str(), info.has_sound, frames.len()), ("in-process", true, 25), "the picture");
    let absent = Tools { ffmpeg: "no-such-ffmpeg".into(), ffprobe: "no-such-ffprobe".into(), ..Tools::installed() };
    let error = SoundReader::open_with(&absent, &path).expect_err("nobody decodes it").to_string();
    assert!(error.contains("apt install ffmpeg"), "says what to do: {error}");
    assert_eq!(heard(&path).0, "ffmpeg", "which then decodes it");
}

#[needs(ffmpeg)]
#[test]
fn quicktime_sound_of_version_2_is_read_in_process() {
    let made = Made::new();
    let picture = "-f lavfi -i testsrc2=s=64x64:r=25:d=2 -c:v libx264 -pix_fmt yuv420p";
    // More samples a second than two bytes can say need the second version.
    let path = made.ffmpeg(&format!("-f lavfi -i sine=f=600:r=96000:d=2 {picture} -c:a aac -ar 96000"), "quicktime.mov");
    let bytes = std::fs::read(&path).expect("the file");
    let entry = bytes.windows(4).position(|name| name == b"mp4a").expect("a sound description");
    assert_eq!(bytes[entry + 4 + 8..][..2], [0, 2], "ffmpeg writes version 2 here");
    assert_eq!(decoded(&path).1.len(), 50, "the picture");
    let (decoder, secs, hz) = heard(&path);
    assert!(decoder == "in-process" && (secs - 2.0).abs() < 0.05 && (hz - 600.0).abs() < 5.0, "{decoder}: {secs} s of {hz} Hz");
}

#[needs(ffmpeg)]
#[test]
fn a_picture_that_comes_late_is_shown_from_the_beginning_and_the_sound_stays_in_time() {
    let made = Made::new();
    let picture = "-f lavfi -itsoffset 0.8 -i testsrc2=s=64x64:r=25:d=1 -f lavfi -i sine=f=600:d=1.8";
    for (codec, name, decoder) in [
        ("-c:v libx264 -bf 2 -pix_fmt yuv420p -c:a aac", "late.mp4", "in-process"),
        ("-c:v libx264 -bf 0 -pix_fmt yuv420p -c:a aac", "late.mov", "in-process"),
        ("-c:v mpeg4 -c:a aac", "late.mp4", "ffmpeg"),
    ] {
        let path = made.ffmpeg(&format!("{picture} -vsync passthrough {codec}"), name);
        let (info, frames) = decoded(&path);
        assert_eq!((info.decoder.as_str(), frames.len()), (decoder, 45), "{codec}: a second of pictures, and the first one before it");
        assert_even(&frames, 25.0);
        let is_first = |i: usize| *frames[i].0 == *frames[0].0;
        assert!((0..=20).all(is_first) && !is_first(44), "{codec}: the first picture waits for its time");
        if decoder == "in-process" {
            assert_eq!(info.frames, Some(45), "{codec}: as announced");
        }
        let (_, secs, _) = heard(&path);
        assert!((secs - 1.8).abs() < 0.06, "{codec}: {secs} s of sound, from the beginning on");
    }
    let path = made.path("late.mov");
    let mut looped = ClipSource::open(&path, true, OpenOptions::full_size()).expect("a clip");
    let times: Vec<f64> = std::iter::from_fn(|| looped.next().expect("undamaged"))
        .take(92)
        .map(|input| if let Input::Frame(frame) = input { frame.time.media_time.as_secs_f64() } else { 0.0 })
        .collect();
    assert!(times.windows(2).all(|pair| (pair[1] - pair[0] - 0.04).abs() < 0.002), "and every time that it is repeated");
}

#[needs(ffmpeg)]
#[test]
fn pixels_that_are_not_square_are_shown_as_they_are_meant() {
    let made = Made::new();
    // A disc in square pixels, stored in narrow ones.
    let disc = "-f lavfi -i color=black:s=320x160:r=25:d=0.4 -vf geq=lum='if(lt(hypot(X-160\\,Y-80)\\,60)\\,235\\,16)':cb=128:cr=128,scale=160:160,setsar=2";
    for (codec, name, decoder) in [
        ("-c:v libx264 -pix_fmt yuv420p", "wide.mp4", "in-process"),
        ("-c:v libx264 -pix_fmt yuv420p", "wide.mkv", "ffmpeg"),
        ("-c:v mpeg4", "wide.avi", "ffmpeg"),
    ] {
        let path = made.ffmpeg(&format!("{disc} {codec}"), name);
        let (info, frames) = decoded(&path);
        assert_eq!((info.decoder.as_str(), info.size), (decoder, [320, 160]), "{name}: twice as wide as stored");
        let picture = &frames[3].0;
        assert_eq!(picture.dimensions(), (320, 160), "{name}: as announced");
        let is_light = |x: u32, y: u32| picture.get_pixel(x, y).0[1] > 128;
        let across = (0..320).filter(|x| is_light(*x, 80)).count();
        let down = (0..160).filter(|y| is_light(160, *y)).count();
        assert!(across.abs_diff(120) <= 4 && down.abs_diff(120) <= 4, "{name}: the disc is round, {across} x {down}");
        let mut small = ClipSource::open(&path, false, OpenOptions { max_side_px: Some(160) }).expect("a clip");
        let Ok(Some(Input::Frame(frame))) = small.next() else { panic!("a frame") };
        assert_eq!(frame.pixels.dimensions(), (160, 80), "{name}: scaled down in that shape");
    }
    // The stream itself says it where the container does not.
    let path = made.ffmpeg(&format!("{disc} -c:v libx264 -pix_fmt yuv420p"), "stream.mp4");
    let mut bytes = std::fs::read(&path).expect("the file");
    let at = bytes.windows(4).position(|name| name == b"pasp").expect("a ratio in the container");
    bytes[at..][..4].copy_from_slice(b"free");
    std::fs::write(&path, &bytes).expect("a file");
    assert_eq!(decoded(&path).0.size, [320, 160], "by the sequence parameter set");
}

#[test]
fn a_still_is_one_picture_and_goes_on_for_ever_when_it_is_repeated() {
    let made = Made::new();
    let path = made.path("still.png");
    RgbImage::from_pixel(40, 30, image::Rgb([9, 8, 7])).save(&path).expect("a picture");
    let (info, frames) = decoded(&path);
    assert_eq!((info.kind, info.frames, frames.len()), (SourceKind::Still, Some(1), 1), "once");
    let mut looped = ClipSource::open(&path, true, OpenOptions::full_size()).expect("a still");
    std::fs::remove_file(&path).expect("it is read");
    for i in 0..200 {
        let Ok(Some(Input::Frame(frame))) = looped.next() else { panic!("frame {i}") };
        assert!((frame.time.media_time.as_secs_f64() - 0.04 * f64::from(i)).abs() < 1e-6, "frame {i}: {:?}", frame.time.media_time);
    }
}
