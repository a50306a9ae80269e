//! MP4 recordings that go well: sizes, times, sound, metadata.

use std::time::{Duration, Instant};

use retrato::data::AudioBlock;
use retrato::record::{AudioSource, LiveSound, MatteColour, RecordError, Recorder, SourceType, TimedSound};
use test_needs::needs;

use super::support::{assert_decodes, assert_in_sync, clicks, flash, frame, options, picture, probe};

fn seconds(secs: f64) -> Duration {
    Duration::from_secs_f64(secs)
}

#[needs(ffmpeg)]
#[test]
fn a_film_has_its_frames_size_length_sound_and_metadata() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut options = options(folder.path(), "film.mp4");
    options.source_type = SourceType::TrainedAlgorithmicMedia;
    let recorder = Recorder::start(options, AudioSource::Pushed).expect("started");
    let zero = Instant::now();
    // The clock of the pictures starts anywhere.
    let start = seconds(7.25);
    for i in 0..105 {
        let at = start + seconds(f64::from(i) / 30.0);
        recorder.push(frame(picture(603, 402, i), at, zero)).expect("taken");
        recorder.push_audio(clicks(at, seconds(1.0 / 30.0)), at).expect("taken");
    }
    let mut progress = Vec::new();
    let finished = recorder.finish(|done| progress.push(done)).expect("finished");
    assert_eq!((finished.frames, finished.dropped, finished.warnings.len()), (105, 0, 0), "all pictures, no complaint");
    assert!((finished.duration.as_secs_f64() - 3.5).abs() < 0.001, "length {:?}", finished.duration);
    assert!(progress.is_sorted() && progress.last() == Some(&1.0), "progress goes up to the end: {progress:?}");

    let bytes = std::fs::read(&finished.path).expect("the file");
    assert_eq!(bytes.len() as u64, finished.bytes, "the size that was told");
    let place = |what: &[u8]| bytes.windows(what.len()).position(|window| window == what);
    assert!(place(b"moov") < place(b"mdat"), "the index comes first");
    assert!(place(b"<Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org").is_some(), "an XMP packet");
    assert_decodes(&finished.path);
    let video = "stream=codec_name,width,height,color_space,color_range,nb_read_frames";
    let facts = probe(&finished.path, video);
    assert_eq!(facts[..5], ["h264", "602", "402", "tv", "bt709"], "video stream: {facts:?}");
    assert!(facts.contains(&"aac".to_owned()), "sound stream: {facts:?}");
    let durations = probe(&finished.path, "stream=duration");
    for duration in &durations {
        assert!((duration.parse::<f64>().expect("a number") - 3.5).abs() < 0.025, "stream lengths {durations:?}");
    }
    let tags = probe(&finished.path, "format_tags=comment,encoder");
    assert!(tags.iter().any(|tag| tag.contains("trainedAlgorithmicMedia")), "comment: {tags:?}");
    assert!(tags.iter().any(|tag| tag.starts_with("Retrato ")), "tool: {tags:?}");
}

#[needs(ffmpeg)]
#[test]
fn flashes_and_clicks_stay_together_with_uneven_pictures_and_sound_in_odd_pieces() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::start(options(folder.path(), "sync.mp4"), AudioSource::Pushed).expect("started");
    let zero = Instant::now();
    let (mut sound_at, mut i) = (Duration::ZERO, 0_u32);
    while i < 200 {
        // 25 a second with a hole of a third of a second in every third second; flashes last 80 ms.
        let at = seconds(f64::from(i) / 25.0);
        let in_hole = i % 75 > 60 && i % 75 < 69;
        if !in_hole {
            recorder.push(frame(flash(64, i >= 25 && i % 25 < 2), at, zero)).expect("taken");
        }
        let length = seconds(0.0371);
        while sound_at < at {
            recorder.push_audio(clicks(sound_at, length), sound_at).expect("taken");
            sound_at += length;
        }
        i += 1;
    }
    let finished = recorder.finish(|_| {}).expect("finished");
    assert!((finished.duration.as_secs_f64() - 8.0).abs() < 0.001, "holes count: {:?}", finished.duration);
    assert_eq!(assert_in_sync(&finished.path, 0.010), 7, "flashes from 1 to 7 s");
    assert_decodes(&finished.path);
}

/// Plays the part of a microphone: its sound is there in time, in blocks of 10 ms, and begins before the first picture.
struct Metronome {
    zero: Instant,
    next: Duration,
    end: Duration,
    lead: Duration,
}

impl LiveSound for Metronome {
    fn read(&mut self) -> Result<Option<TimedSound>, RecordError> {
        if self.next >= self.end {
            return Ok(None);
        }
        let length = Duration::from_millis(100);
        let block = clicks(self.next, length);
        let at = (self.zero + self.next).checked_sub(self.lead);
        let captured_at = at.unwrap_or(self.zero);
        self.next += length;
        Ok(Some(TimedSound { block, captured_at }))
    }

    fn take_level(&self) -> f32 {
        0.5
    }
}

#[needs(ffmpeg)]
#[test]
fn live_sound_starts_with_the_first_picture() {
    let folder = tempfile::tempdir().expect("a folder");
    let zero = Instant::now();
    // Sound has been running for 300 ms when the first picture is captured.
    let first_at = seconds(0.3);
    let live = Metronome { zero, next: Duration::ZERO, end: seconds(5.3), lead: Duration::ZERO };
    let recorder = Recorder::start(options(folder.path(), "live.mp4"), AudioSource::Live(Box::new(live))).expect("started");
    for i in 0..150 {
        let at = first_at + seconds(f64::from(i) / 30.0);
        let second = at.as_secs_f64() + 1e-6;
        let mut shown = frame(flash(64, second >= 1.0 && second.fract() < 0.06), seconds(f64::from(i) / 30.0), zero);
        shown.captured_at = zero + at;
        recorder.push(shown).expect("taken");
        std::thread::sleep(Duration::from_millis(2));
    }
    assert_eq!(recorder.status().audio_level, Some(0.5), "the level is shown");
    // Lets the metronome run to its end.
    std::thread::sleep(Duration::from_millis(1200));
    let finished = recorder.finish(|_| {}).expect("finished");
    assert_eq!(finished.warnings, Vec::<String>::new(), "nothing to complain about");
    assert_eq!(assert_in_sync(&finished.path, 0.010), 5, "clicks at 0.7, 1.7 … 4.7 s of the film");
}

/// A microphone that breaks.
struct Broken;

impl LiveSound for Broken {
    fn read(&mut self) -> Result<Option<TimedSound>, RecordError> {
        Err(RecordError::MicrophoneSilent { device: "pulse".to_owned(), waited_secs: 2.0 })
    }

    fn take_level(&self) -> f32 {
        0.0
    }
}

#[needs(ffmpeg)]
#[test]
fn without_its_microphone_a_recording_goes_on_and_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::start(options(folder.path(), "mute.mp4"), AudioSource::Live(Box::new(Broken))).expect("started");
    let zero = Instant::now();
    for i in 0..45 {
        recorder.push(frame(picture(64, 64, i), seconds(f64::from(i) / 30.0), zero)).expect("taken");
    }
    let finished = recorder.finish(|_| {}).expect("finished");
    assert_eq!(finished.frames, 45, "all pictures are there");
    assert!(finished.warnings.iter().any(|warning| warning.contains("no sound within 2 seconds")), "told: {:?}", finished.warnings);
    assert_decodes(&finished.path);
}

#[needs(ffmpeg)]
#[test]
fn ten_minutes_stay_in_sync() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::start(options(folder.path(), "long.mp4"), AudioSource::Pushed).expect("started");
    let zero = Instant::now();
    let rate = 30_000.0 / 1001.0;
    let count = (600.0 * rate) as u32;
    for i in 0..count {
        let at = seconds(f64::from(i) / rate);
        // The picture during which the second begins.
        let is_on = at.as_secs_f64() >= 0.99 && (at.as_secs_f64() + 0.5 / rate).fract() < 1.0 / rate;
        recorder.push(frame(flash(32, is_on), at, zero)).expect("taken");
        if i % 10 == 0 {
            recorder.push_audio(clicks(at, seconds(10.0 / rate)), at).expect("taken");
        }
    }
    let finished = recorder.finish(|_| {}).expect("finished");
    assert_eq!(finished.frames, u64::from(count), "every picture");
    assert!((finished.duration.as_secs_f64() - f64::from(count) / rate).abs() < 0.001, "length {:?}", finished.duration);
    // A picture is only shown at its own time, up to half of its length away from the click.
    assert!(assert_in_sync(&finished.path, 0.5 / rate + 0.002) >= 598, "a flash and a click a second");
}

#[needs(ffmpeg)]
#[test]
fn large_and_transparent_pictures_are_scaled_and_laid_over_the_matte() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut options = options(folder.path(), "small.mp4");
    options.max_long_side_px = Some(320);
    options.matte = MatteColour::White;
    let recorder = Recorder::start(options, AudioSource::None).expect("started");
    for i in 0..3 {
        let clear = image::RgbaImage::from_pixel(1000, 500, image::Rgba([200, 0, 0, 0]));
        recorder.push(frame(clear, seconds(f64::from(i)), Instant::now())).expect("taken");
    }
    // Sound that nobody asked for is no trouble.
    recorder.push_audio(AudioBlock::default(), Duration::ZERO).expect("taken");
    let finished = recorder.finish(|_| {}).expect("finished");
    assert_eq!(probe(&finished.path, "stream=codec_type,width,height"), ["video", "320", "160"], "one stream, scaled");
    let grey = super::support::decode(&finished.path, &["-pix_fmt", "gray", "-f", "rawvideo"]);
    assert!(grey.iter().all(|&level| level > 250), "all white, since nothing covers the matte");
}

#[test]
fn live_pictures_are_dropped_and_counted_never_waited_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::start(options(folder.path(), "busy.mp4"), AudioSource::None).expect("started");
    let zero = Instant::now();
    let shown = picture(1280, 720, 0);
    let start = Instant::now();
    let taken = (0..60).filter(|&i| recorder.try_push(frame(shown.clone(), seconds(f64::from(i) / 30.0), zero))).count() as u64;
    assert!(start.elapsed() < seconds(2.0), "handing over does not wait");
    assert!(taken < 60, "nobody codes 60 large pictures at once");
    let finished = recorder.finish(|_| {}).expect("finished");
    assert_eq!((finished.frames, finished.dropped), (taken, 60 - taken), "what was taken is there, the rest is counted");
}
