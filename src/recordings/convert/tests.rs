//! Files made of a film that this program has recorded.

use image::Rgba;

use super::*;
use crate::data::{AudioBlock, SAMPLE_RATE_HZ};
use crate::recordings::{facts, gif_bytes, strip};

const FPS: u32 = 25;

/// A film of so many pictures at 25 a second, each with its number as its brightness in the middle, with a tone from the first second on.
fn film(folder: &Path, size: [u32; 2], pictures: u32, with_sound: bool) -> PathBuf {
    let mut options = RecordOptions::new(folder.join("film.mp4")).expect("a format");
    options.source_type = SourceType::TrainedAlgorithmicMedia;
    let audio = if with_sound { AudioSource::Pushed } else { AudioSource::None };
    let recorder = Recorder::start(options, audio).expect("started");
    let zero = Instant::now();
    for number in 0..pictures {
        let pts = Duration::from_millis(u64::from(number * 1000 / FPS));
        if with_sound {
            let samples = SAMPLE_RATE_HZ / FPS;
            let loud = if number >= FPS { 0.5 } else { 0.0 };
            let tone = |i: u32| loud * ((number * samples + i) as f32 * 0.06).sin();
            let left: Vec<f32> = (0..samples).map(tone).collect();
            recorder.push_audio(AudioBlock { right: left.clone(), left }, pts).expect("taken");
        }
        let level = level_of(number);
        let pixels = RgbaImage::from_fn(size[0], size[1], |x, y| {
            // A mark of another colour at the left and upper edge.
            if x < size[0] / 8 || y < size[1] / 8 { Rgba([220, 30, 30, 255]) } else { Rgba([level, level, level, 255]) }
        });
        recorder.push(RecordFrame { pixels: Arc::new(pixels), pts, captured_at: zero + pts }).expect("taken");
    }
    recorder.finish(|_| {}).expect("finished").path
}

fn level_of(number: u32) -> u8 {
    (20 + 2 * number) as u8
}

fn job(source: &Path, output: Output) -> Conversion {
    Conversion { source: source.to_owned(), from: Duration::ZERO, to: None, output, focus: [0.5, 0.5] }
}

fn made(job: &Conversion) -> PathBuf {
    let mut told = Vec::new();
    let made = convert(job, &StopFlag::default(), |share| told.push(share)).expect("it is made");
    assert!(made.warnings.is_empty(), "without a warning: {:?}", made.warnings);
    assert!(told.is_sorted() && told.iter().all(|share| (0.0..=1.0).contains(share)), "progress only grows: {told:?}");
    made.path
}

/// Brightness in the middle, and time in milliseconds, of all pictures.
fn levels(path: &Path) -> Vec<(u8, u128)> {
    let mut source = film::open(path, None).expect("a film");
    let picture =
        |(pixels, at): (Arc<RgbImage>, Duration)| (pixels.get_pixel(pixels.width() * 3 / 4, pixels.height() * 3 / 4).0[1], at.as_millis());
    std::iter::from_fn(|| film::next(&mut source).expect("undamaged").map(picture)).collect()
}

fn is_near(got: u8, number: u32) -> bool {
    got.abs_diff(level_of(number)) <= 2
}

#[test]
fn a_part_of_a_film_is_exactly_that_part_and_the_film_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = film(folder.path(), [160, 120], 75, true);
    let before = std::fs::read(&source).expect("the film");
    let part =
        Conversion { from: Duration::from_millis(800), to: Some(Duration::from_millis(1600)), ..job(&source, Output::Film(Shape::Whole)) };
    let path = made(&part);
    assert_eq!(path.file_name().unwrap_or_default(), "film trimmed.mp4", "named after it");
    let pictures = levels(&path);
    assert_eq!(pictures.len(), 20, "0.8 seconds at 25 a second");
    for (index, (level, at)) in pictures.iter().enumerate() {
        assert!(is_near(*level, 20 + index as u32), "picture {index} is the film's {}: {level}", 20 + index);
        assert!(at.abs_diff(40 * index as u128) <= 1, "picture {index} at {at} ms");
    }
    let facts = facts(&path).expect("a film");
    assert!(facts.has_sound && facts.size == [160, 120], "with the sound, as large: {facts:?}");
    let heard = loudness(&path);
    assert!(heard[0] < 0.01 && heard[2] > 0.2, "the tone begins 0.2 seconds later, as in the film: {heard:?}");
    assert_eq!(std::fs::read(&source).expect("the film"), before, "the film is as it was");
    assert_eq!(source_type(&path), SourceType::TrainedAlgorithmicMedia, "and the part says how it was made");
    assert_eq!(made(&part).file_name().unwrap_or_default(), "film trimmed (2).mp4", "once more is another file");
}

/// Loudness of every tenth of a second.
fn loudness(path: &Path) -> Vec<f32> {
    let mut reader = crate::capture::SoundReader::open(path).expect("readable").expect("with sound");
    let mut left = Vec::new();
    while let Some(block) = reader.next_block().expect("undamaged") {
        left.extend(block.left);
    }
    left.chunks(SAMPLE_RATE_HZ as usize / 10).map(|part| part.iter().map(|sample| sample.abs()).sum::<f32>() / part.len() as f32).collect()
}

#[test]
fn other_shapes_keep_the_face_in_view() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = film(folder.path(), [240, 160], 6, false);
    let red = |path: &Path| film::picture_at(path, Duration::ZERO, None).expect("a picture").get_pixel(1, 80).0[0] > 150;
    let square = Conversion { focus: [1.0, 0.5], ..job(&source, Output::Film(Shape::Square)) };
    let path = made(&square);
    assert_eq!(facts(&path).expect("a film").size, [160, 160], "a square");
    assert!(!red(&path), "of the right end, where the face is");
    let tall = Conversion { focus: [0.0, 0.5], ..job(&source, Output::Film(Shape::Tall)) };
    let path = made(&tall);
    assert_eq!(facts(&path).expect("a film").size, [90, 160], "9 to 16");
    assert!(red(&path), "of the left end");
    for (size, shape) in [([17, 400], Shape::Square), ([400, 17], Shape::Tall), ([2, 2], Shape::Tall), ([1, 1], Shape::Square)] {
        if let Some(part) = shape.part(size, [f32::NAN, 7.0]) {
            assert!(part.left + part.width <= size[0].max(2) && part.top + part.height <= size[1].max(2), "inside of {size:?}: {part:?}");
        }
    }
}

#[test]
fn forth_and_back_shows_every_picture_twice_but_the_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = film(folder.path(), [64, 64], 10, true);
    let path = made(&job(&source, Output::BackAndForth));
    assert_eq!(path.file_name().unwrap_or_default(), "film boomerang.mp4", "named after it");
    let numbers: Vec<u32> = (0..10).chain((1..9).rev()).collect();
    let pictures = levels(&path);
    assert_eq!(pictures.len(), numbers.len(), "{pictures:?}");
    for ((level, at), (index, number)) in pictures.iter().zip(numbers.into_iter().enumerate()) {
        assert!(is_near(*level, number) && at.abs_diff(40 * index as u128) <= 1, "picture {index} is the film's {number}: {level} at {at}");
    }
    let long = film(folder.path(), [32, 32], 6 * FPS, false);
    let refused = convert(&job(&long, Output::BackAndForth), &StopFlag::default(), |_| {}).expect_err("too long").to_string();
    assert!(refused.contains("5 seconds") && refused.contains("trim"), "says what to do: {refused}");
}

#[test]
fn gifs_and_stills_are_made_and_the_size_is_known_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = film(folder.path(), [320, 240], 75, false);
    let guessed = gif_bytes(&job(&source, Output::Gif), &StopFlag::default()).expect("a guess");
    let path = made(&job(&source, Output::Gif));
    let facts = facts(&path).expect("a film");
    assert!(facts.duration.abs_diff(Duration::from_secs(3)) < Duration::from_millis(100), "as long: {facts:?}");
    let real = facts.bytes;
    assert!(guessed > real * 6 / 10 && guessed < real * 16 / 10, "about as large as was said: {guessed} and {real}");
    let still = made(&Conversion { from: Duration::from_secs(2), ..job(&source, Output::Still) });
    let picture = image::open(&still).expect("a picture").into_rgb8();
    assert!(picture.dimensions() == (320, 240) && is_near(picture.get_pixel(300, 200).0[1], 50), "of the moment that was asked for");
    assert_eq!(source_type(&still), SourceType::TrainedAlgorithmicMedia, "and says how it was made");
}

#[test]
fn what_is_cancelled_or_impossible_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = film(folder.path(), [64, 64], 50, true);
    let stop = StopFlag::default();
    let seen = stop.clone();
    let cancelled = convert(&job(&source, Output::Film(Shape::Whole)), &stop, move |_| seen.set());
    assert!(matches!(cancelled, Err(RecordingsError::Cancelled)), "cancelled: {cancelled:?}");
    let empty = Conversion { from: Duration::from_secs(1), to: Some(Duration::from_secs(1)), ..job(&source, Output::Gif) };
    assert!(matches!(convert(&empty, &StopFlag::default(), |_| {}), Err(RecordingsError::Empty)), "nothing lies in between");
    let missing = job(&folder.path().join("missing.mp4"), Output::Gif);
    let why = convert(&missing, &StopFlag::default(), |_| {}).expect_err("not there").to_string();
    assert!(why.contains("missing.mp4"), "says which: {why}");
    let left = std::fs::read_dir(folder.path()).expect("the folder").count();
    assert_eq!(left, 1, "the film alone");
}

#[test]
fn a_strip_shows_the_film_from_its_beginning_to_its_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = film(folder.path(), [320, 240], 100, false);
    let mut seen = Vec::new();
    let sink = |picture: Arc<RgbImage>| seen.push((picture.width(), picture.get_pixel(60, 45).0[1]));
    strip(&source, Duration::from_secs(4), 5, 80, &StopFlag::default(), sink).expect("a strip");
    assert_eq!(seen.len(), 5, "as many as asked for");
    for (index, (width, level)) in seen.into_iter().enumerate() {
        assert!(width == 80 && is_near(level, 10 + 20 * index as u32), "picture {index}: {level}");
    }
}
