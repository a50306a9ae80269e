//! A real microphone, where the environment variable `RETRATO_TEST_MICROPHONE` names one (`auto` for the first that opens). It has to hear
//! something, such as the tone that the script for the virtual machine plays.

use std::time::{Duration, Instant};

use retrato::record::{AudioSource, LiveSound as _, Microphone, Recorder, input_devices};
use test_needs::needs;

use super::support::{assert_decodes, frame, options, picture, probe};

#[needs(microphone, ffmpeg)]
#[test]
fn a_real_microphone_is_heard_at_the_speed_of_the_clock_and_recorded() {
    let wanted = std::env::var("RETRATO_TEST_MICROPHONE").expect("the variable names a microphone");
    let device = (wanted != "auto").then_some(wanted.as_str());
    let mut microphone = Microphone::start(device).unwrap_or_else(|error| panic!("{error}; there are {:?}", input_devices()));
    while microphone.read().expect("sound comes within two seconds").is_none() {
        std::thread::sleep(Duration::from_millis(10));
    }
    let (mut heard_secs, mut heard_until, mut loudest) = (0.0, None, 0.0_f32);
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(30));
        if let Some(run) = microphone.read().expect("sound goes on") {
            heard_secs += run.block.duration_secs();
            heard_until = Some(run.captured_at + Duration::from_secs_f64(run.block.duration_secs()));
            loudest = loudest.max(microphone.take_level());
        }
    }
    let lag = heard_until.expect("something was heard").elapsed();
    assert!(lag < Duration::from_millis(500), "of {heard_secs:.2} s heard, the last is {lag:?} old");
    assert!(loudest > 0.01, "the loudest sample was {loudest}");

    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::start(options(folder.path(), "spoken.mp4"), AudioSource::Live(Box::new(microphone))).expect("started");
    let zero = Instant::now();
    for i in 0..30 {
        let pts = Duration::from_millis(100) * i;
        std::thread::sleep((zero + pts).saturating_duration_since(Instant::now()));
        recorder.try_push(frame(picture(64, 64, i), pts, zero));
    }
    let finished = recorder.finish(|_| {}).expect("finished");
    assert_eq!(finished.warnings, Vec::<String>::new(), "no complaint");
    assert_decodes(&finished.path);
    assert!(probe(&finished.path, "stream=codec_name").contains(&"aac".to_owned()), "it has sound");
}
