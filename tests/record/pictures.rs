//! The formats without sound: animated GIF and a folder of PNGs.

use std::time::{Duration, Instant};

use image::{AnimationDecoder as _, Rgba, RgbaImage};
use retrato::record::{AudioSource, MatteColour, RecordOptions, Recorder};
use test_needs::needs;

use super::support::{assert_decodes, frame, options, picture};

fn record(options: RecordOptions, pictures: impl Iterator<Item = (RgbaImage, f64)>) -> std::path::PathBuf {
    let recorder = Recorder::start(options, AudioSource::None).expect("started");
    let zero = Instant::now();
    for (picture, at_secs) in pictures {
        recorder.push(frame(picture, Duration::from_secs_f64(at_secs), zero)).expect("taken");
    }
    recorder.finish(|_| {}).expect("finished").path
}

fn gif_frames(path: &std::path::Path) -> Vec<image::Frame> {
    let file = std::io::BufReader::new(std::fs::File::open(path).expect("opened"));
    let decoder = image::codecs::gif::GifDecoder::new(file).expect("a GIF");
    decoder.into_frames().collect_frames().expect("whole frames")
}

fn mean_error(a: &RgbaImage, b: &RgbaImage) -> f64 {
    let sum: u64 = a.as_raw().iter().zip(b.as_raw()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / a.as_raw().len() as f64
}

#[needs(ffmpeg)]
#[test]
fn a_gif_keeps_length_look_and_origin_at_25_pictures_a_second() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = record(options(folder.path(), "loop.gif"), (0..90).map(|i| (picture(200, 120, i), f64::from(i) / 30.0)));
    let frames = gif_frames(&path);
    assert!(frames.len() >= 45 && frames.len() <= 75, "between 15 and 25 pictures a second: {}", frames.len());
    let total_ms: f64 = frames.iter().map(|frame| Duration::from(frame.delay()).as_secs_f64() * 1e3).sum();
    assert!((total_ms - 3000.0).abs() <= 10.0, "three seconds, not {total_ms} ms");
    let mut at_secs = 0.0;
    for (i, frame) in frames.iter().enumerate() {
        let original = picture(200, 120, (at_secs * 30.0_f64).round() as u32);
        let error = mean_error(&original, frame.buffer());
        assert!(error < 6.0, "picture {i} differs by {error:.1} steps on average");
        at_secs += Duration::from(frame.delay()).as_secs_f64();
    }
    let bytes = std::fs::read(&path).expect("the file");
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("digitalsourcetype/compositeSynthetic"), "says that it is synthetic");
    assert_decodes(&path);
}

#[test]
fn what_stands_still_costs_nothing_and_a_new_scene_gets_its_own_colours() {
    let folder = tempfile::tempdir().expect("a folder");
    let still = picture(300, 300, 0);
    let one = record(options(folder.path(), "one.gif"), std::iter::once((still.clone(), 0.0)));
    let many = record(options(folder.path(), "many.gif"), (0..50).map(|i| (still.clone(), f64::from(i) / 25.0)));
    let size = |path: &std::path::Path| std::fs::metadata(path).expect("a file").len();
    assert!(size(&many) < size(&one) + 50 * 60, "49 repetitions add {} bytes", size(&many) - size(&one));

    let blue = |i: u32| RgbaImage::from_fn(300, 300, |x, y| Rgba([(x / 9) as u8, (y / 9) as u8, (180 + (x + i) % 70) as u8, 255]));
    let scenes = (0..60).map(|i| (if i < 40 { picture(300, 300, i) } else { blue(i) }, f64::from(i) / 25.0));
    let frames = gif_frames(&record(options(folder.path(), "scenes.gif"), scenes));
    let error = mean_error(&blue(59), frames[59].buffer());
    assert!(error < 6.0, "the new scene differs by {error:.1} steps on average");
}

#[test]
fn a_gif_is_transparent_where_its_pictures_are() {
    let folder = tempfile::tempdir().expect("a folder");
    // A disc that moves, with a soft edge; each picture has places that the one before had filled.
    let shown = |i: u32| {
        RgbaImage::from_fn(120, 90, move |x, y| {
            let far = (x as f32 - 30.0 - 4.0 * i as f32).hypot(y as f32 - 45.0);
            Rgba([200, 60, 40, ((25.0 - far) * 30.0).clamp(0.0, 255.0) as u8])
        })
    };
    let options = RecordOptions { matte: MatteColour::Nothing, ..options(folder.path(), "disc.gif") };
    let frames = gif_frames(&record(options, (0..10).map(|i| (shown(i), f64::from(i) / 25.0))));
    assert_eq!(frames.len(), 10, "all of them");
    for (frame, i) in frames.iter().zip(0..) {
        for (got, wanted) in frame.buffer().pixels().zip(shown(i).pixels()) {
            assert_eq!(got[3] == 255, wanted[3] >= 128, "picture {i}: a pixel is there or not");
            assert!(got[3] == 0 || got[0].abs_diff(200) < 12, "picture {i}: in the disc's colour, without anything behind it: {got:?}");
        }
    }
}

#[test]
fn large_gifs_are_scaled_down() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = record(options(folder.path(), "large.gif"), std::iter::once((picture(960, 480, 0), 0.0)));
    let frames = gif_frames(&path);
    assert_eq!((frames.len(), frames[0].buffer().dimensions()), (1, (480, 240)), "480 pixels on the long side");
}

#[test]
fn a_folder_of_pictures_is_lossless_numbered_and_never_mixed_with_another() {
    let folder = tempfile::tempdir().expect("a folder");
    let shown = |i: u32| RgbaImage::from_fn(51, 33, move |x, y| Rgba([(x * i) as u8, y as u8, 7, (200 + i) as u8]));
    let first = record(options(folder.path(), "frames"), (0..12).map(|i| (shown(i), f64::from(i))));
    assert_eq!(first, folder.path().join("frames"), "the name that was asked for");
    for i in 0..12 {
        let read = image::open(first.join(format!("frame_{:06}.png", i + 1))).expect("a picture").to_rgba8();
        assert_eq!(read, shown(i), "every pixel of picture {i}, with transparency");
    }
    let second = record(options(folder.path(), "frames"), (0..2).map(|i| (shown(i), f64::from(i))));
    assert_eq!(second, folder.path().join("frames (2)"), "a free name");

    std::fs::write(first.join("notes.txt"), "mine").expect("written");
    let mut replacing = options(folder.path(), "frames");
    replacing.overwrite = true;
    record(replacing, (0..3).map(|i| (shown(i), f64::from(i))));
    assert_eq!(std::fs::read_dir(&first).expect("listed").count(), 4, "three new pictures and the notes, no old ones");
}
