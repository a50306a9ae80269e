//! The contract between front end and pipeline, on the real pipeline: nothing waits, every outcome is an event, and files say what made them.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use image::{RgbaImage, imageops};
use retrato::executor::Executors;
use retrato::generate::{GeneratorChoice, WeightFiles};
use retrato::pipeline::{Pipeline, PipelineConfig};
use retrato::portrait::{OpenLimits, open_picture};
use retrato::recordings;
use retrato::session::{
    DriverChoice, Event, FaceShare, Framing, NewFile, Panes, PictureInput, PlayRequest, Playback, PortraitChoice, RecordingRequest,
    Request, RequestId, Session as _, Sound,
};
use retrato::settings::ExecutorChoice;
use test_needs::needs;

use crate::shared::shared_media;

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_mins(2);
/// A request that takes longer has waited for something.
const AT_ONCE: Duration = Duration::from_millis(50);

fn pipeline(generator: GeneratorChoice) -> Pipeline {
    Pipeline::start(PipelineConfig { generator, ..PipelineConfig::default() }, || {}).expect("a pipeline")
}

/// Asks, and checks that nothing was waited for.
fn ask(pipeline: &Pipeline, request: Request) {
    let (start, what) = (Instant::now(), format!("{request:.60?}"));
    pipeline.request(request);
    assert!(start.elapsed() < AT_ONCE, "{what} took {:?}", start.elapsed());
}

/// Waits for the first event that `wanted` makes something of.
fn until<T>(pipeline: &Pipeline, wanted: impl Fn(&Event) -> Option<T>) -> T {
    let start = Instant::now();
    let mut seen = Vec::new();
    while start.elapsed() < PATIENCE {
        for event in pipeline.take_events() {
            if let Some(found) = wanted(&event) {
                return found;
            }
            seen.push(format!("{event:.200?}"));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("it did not come; only {seen:?}");
}

fn file(folder: &Path, title: &str) -> NewFile {
    NewFile { folder: folder.to_owned(), title: title.to_owned(), mark: false }
}

fn recording(folder: &Path) -> Request {
    Request::StartRecording(RecordingRequest { file: file(folder, "portrait"), own_size: true, sound: Sound::Silent, panes: Panes::Alone })
}

fn recording_failed(event: &Event) -> Option<String> {
    if let Event::RecordingFailed(why) = event { Some(why.clone()) } else { None }
}

/// A built-in portrait, driven by a built-in performance.
/// A built-in portrait that shows more than the head.
const PORTRAIT: usize = 1;

fn come_alive(run: &Pipeline) {
    ask(run, Request::OpenPortrait { id: RequestId(1), choice: PortraitChoice::BuiltIn(PORTRAIT) });
    ask(run, Request::Drive(DriverChoice::BuiltIn(0)));
    until(run, |event| matches!(event, Event::SourceOpened(_)).then_some(()));
    let start = Instant::now();
    while run.wait_rendered(Duration::from_millis(100)).is_none_or(|frame| frame.portrait != RequestId(1)) {
        assert!(start.elapsed() < PATIENCE, "no frame came");
    }
}

#[test]
fn a_large_performance_is_read_while_the_front_end_goes_on() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut text = r#"{"retrato_performance":1,"name":"long","fps":30.0,"width":64,"height":64}"#.to_owned();
    let points: Vec<[f32; 2]> = (0..68_u8).map(|point| [f32::from(point), 1.0]).collect();
    // 25 MiB.
    for frame in 0..30_000 {
        write!(text, "\n{{\"t\":{},\"landmarks\":{points:?}}}", f64::from(frame) / 30.0).expect("text can be written");
    }
    let path = folder.path().join("long.jsonl");
    std::fs::write(&path, text).expect("the performance is written");
    let run = pipeline(GeneratorChoice::LandmarkWarp);
    let start = Instant::now();
    ask(&run, Request::Drive(DriverChoice::File(path)));
    let name = until(&run, |event| if let Event::SourceOpened(info) = event { Some(info.name.clone()) } else { None });
    assert_eq!(name, "long", "it is opened");
    assert!(start.elapsed() > AT_ONCE, "although reading it takes longer than a request may: {:?}", start.elapsed());
    ask(&run, Request::Drive(DriverChoice::File(folder.path().join("missing.mp4"))));
    let why = until(&run, |event| if let Event::SourceFailed(why) = event { Some(why.clone()) } else { None });
    assert!(why.contains("missing.mp4"), "what cannot be opened is an event, too: {why}");
}

#[test]
fn a_recording_that_cannot_start_is_an_event() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let run = pipeline(GeneratorChoice::LandmarkWarp);
    ask(&run, Request::OpenPortrait { id: RequestId(1), choice: PortraitChoice::BuiltIn(0) });
    ask(&run, recording(folder.path()));
    assert!(run.recording().is_some(), "it is under way at once");
    let why = until(&run, recording_failed);
    assert!(why.contains("nothing drives the portrait"), "there would be nothing in the file: {why}");
    assert!(run.recording().is_none() && folder.path().read_dir().is_ok_and(|mut all| all.next().is_none()), "and nothing is left");
    come_alive(&run);
    let blocked = folder.path().join("a file");
    std::fs::write(&blocked, b"").expect("a file");
    ask(&run, recording(&blocked));
    let why = until(&run, recording_failed);
    assert!(why.contains("a file") && run.recording().is_none(), "no folder: {why}");
    ask(&run, Request::OpenPortrait { id: RequestId(2), choice: PortraitChoice::BuiltIn(99) });
    let failed = until(&run, |event| if let Event::PortraitFailed { id, why } = event { Some((*id, why.clone())) } else { None });
    assert!(failed.0 == RequestId(2) && failed.1.contains("99"), "nor is there such a portrait: {failed:?}");
}

#[test]
fn recordings_and_snapshots_say_what_made_them() {
    let trained = (GeneratorChoice::FewShot(WeightFiles::default()), "trainedAlgorithmicMedia", "compositeSynthetic");
    let closed_form = (GeneratorChoice::LandmarkWarp, "compositeSynthetic", "trainedAlgorithmicMedia");
    for (generator, says, does_not_say) in [trained, closed_form] {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let run = pipeline(generator);
        come_alive(&run);
        ask(&run, recording(folder.path()));
        ask(&run, Request::Snapshot(file(folder.path(), "still")));
        let still = until(&run, |event| if let Event::SnapshotSaved(path) = event { Some(path.clone()) } else { None });
        let start = Instant::now();
        while run.recording().is_none_or(|status| status.frames < 10) {
            assert!(start.elapsed() < PATIENCE, "nothing is recorded: {:?}", run.take_events());
            std::thread::sleep(Duration::from_millis(20));
        }
        ask(&run, Request::StopRecording);
        let finished = until(&run, |event| if let Event::RecordingFinished(finished) = event { Some(finished.clone()) } else { None });
        assert_eq!(finished.path, folder.path().join("portrait 1.mp4"), "named by its title and the first free number");
        for path in [still, finished.path] {
            let bytes = std::fs::read(&path).expect("the file");
            let has = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
            assert!(has(says) && !has(does_not_say), "{} says {says} alone", path.display());
        }
    }
}

#[test]
fn a_switch_to_a_gpu_that_is_not_there_is_no_success() {
    let mut executors = Executors::of_window(None, Vec::new());
    let executor = executors.choose(ExecutorChoice::Auto);
    let run = Pipeline::start(PipelineConfig { executors, executor, ..PipelineConfig::default() }, || {}).expect("a pipeline");
    let chosen = |event: &Event| if let Event::ExecutorChosen(decision) = event { Some(decision.clone()) } else { None };
    assert!(until(&run, chosen).reason.contains("not drawn"), "told at the start");
    ask(&run, Request::UseExecutor(ExecutorChoice::Gpu));
    let decision = until(&run, chosen);
    assert!(!decision.fulfils(ExecutorChoice::Gpu), "the front end can tell: {decision:?}");
    assert_eq!(run.live_stats().executor, "CPU", "and so does the read-out");
}

/// Waits until the driver is played so.
fn until_played(run: &Pipeline, what: &str, holds: impl Fn(&Playback) -> bool) -> Playback {
    let start = Instant::now();
    loop {
        if let Some(playback) = run.playback().filter(&holds) {
            return playback;
        }
        assert!(start.elapsed() < PATIENCE, "{what}: {:?}", run.playback());
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_clip_waits_for_the_portrait_and_is_paused_and_gone_through() {
    let run = pipeline(GeneratorChoice::LandmarkWarp);
    assert_eq!(run.playback(), None, "nothing drives");
    ask(&run, Request::Drive(DriverChoice::BuiltIn(0)));
    until(&run, |event| matches!(event, Event::SourceOpened(_)).then_some(()));
    std::thread::sleep(Duration::from_millis(400));
    let waiting = run.playback().expect("it is played");
    assert!(waiting.waiting && waiting.position.is_zero() && waiting.length.is_some(), "at its first picture: {waiting:?}");
    ask(&run, Request::OpenPortrait { id: RequestId(1), choice: PortraitChoice::BuiltIn(0) });
    until_played(&run, "it goes on with the portrait", |playback| !playback.waiting && playback.position > Duration::from_millis(200));
    ask(&run, Request::Play(PlayRequest::Pause(true)));
    let mut still = until_played(&run, "it is paused", |playback| playback.paused).position;
    while let Some(playback) = run.playback().filter(|playback| playback.position != still) {
        still = playback.position;
        std::thread::sleep(Duration::from_millis(200));
    }
    while run.take_rendered().is_some() {}
    ask(&run, Request::Play(PlayRequest::Seek(Duration::from_millis(1500))));
    assert!(run.wait_rendered(PATIENCE).is_some(), "the picture there is shown");
    let there =
        until_played(&run, "the place", |playback| playback.position.abs_diff(Duration::from_millis(1500)) < Duration::from_millis(60));
    assert!(there.paused, "still paused: {there:?}");
    run.take_events();
    ask(&run, Request::CalibrateHere);
    until(&run, |event| matches!(event, Event::Calibrated).then_some(()));
    ask(&run, Request::Play(PlayRequest::Pause(false)));
    until_played(&run, "it goes on from there", |playback| playback.position > Duration::from_millis(1700));
}

#[test]
fn what_is_framed_is_recorded_and_saved() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let run = pipeline(GeneratorChoice::LandmarkWarp);
    come_alive(&run);
    ask(&run, Request::Frame(Framing::Head));
    ask(&run, recording(folder.path()));
    ask(&run, Request::Snapshot(file(folder.path(), "still")));
    let still = until(&run, |event| if let Event::SnapshotSaved(path) = event { Some(path.clone()) } else { None });
    let start = Instant::now();
    while run.recording().is_none_or(|status| status.frames < 5) {
        assert!(start.elapsed() < PATIENCE, "nothing is recorded: {:?}", run.take_events());
        std::thread::sleep(Duration::from_millis(20));
    }
    ask(&run, Request::StopRecording);
    let finished = until(&run, |event| if let Event::RecordingFinished(finished) = event { Some(finished.clone()) } else { None });
    let portrait = retrato::builtin::PORTRAITS[PORTRAIT].portrait().expect("a portrait");
    let part = Framing::Head.part(&portrait).expect("less than the whole picture");
    assert_eq!(recordings::facts(&finished.path).expect("a film").size, [part.width, part.height], "the film");
    let still = image::image_dimensions(&still).expect("a picture");
    assert_eq!(still, (part.width, part.height), "and the picture show the head");
}

#[test]
fn what_is_shown_small_is_made_small_and_saved_whole() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let run = pipeline(GeneratorChoice::LandmarkWarp);
    come_alive(&run);
    ask(&run, Request::ShowAt(0.5));
    let size = |half: bool| {
        let start = Instant::now();
        loop {
            let frame = run.wait_rendered(PATIENCE).expect("a picture");
            let [width, height] = frame.size_px;
            let wanted = if half { [width / 2, height / 2] } else { [width, height] };
            if frame.image.size_px() == wanted {
                return (width, height);
            }
            assert!(start.elapsed() < PATIENCE, "{:?} for {wanted:?}", frame.image.size_px());
        }
    };
    let whole = size(true);
    ask(&run, Request::Snapshot(file(folder.path(), "still")));
    let still = until(&run, |event| if let Event::SnapshotSaved(path) = event { Some(path.clone()) } else { None });
    assert_eq!(image::image_dimensions(&still).expect("a picture"), whole, "a still has all of it");
    ask(&run, recording(folder.path()));
    size(false);
    ask(&run, Request::StopRecording);
    until(&run, |event| matches!(event, Event::RecordingFinished(_)).then_some(()));
    size(true);
}

/// A picture file with a large face on the left and a smaller one on the right, so many pixels high.
fn two_people(folder: &Path, height: u32) -> PictureInput {
    let people = [("mona_lisa.jpg", 1.0), ("photo_1904.jpg", 0.7)].map(|(name, scale)| {
        let picture = open_picture(&shared_media(&format!("portraits/{name}")), OpenLimits::default()).expect("a shared portrait");
        let height = (f64::from(height) * scale) as u32;
        let width = (u64::from(picture.pixels.width()) * u64::from(height) / u64::from(picture.pixels.height())) as u32;
        imageops::resize(&*picture.pixels, width, height, imageops::FilterType::Triangle)
    });
    let mut both = RgbaImage::new(people[0].width() + people[1].width(), height);
    imageops::overlay(&mut both, &people[0], 0, 0);
    imageops::overlay(&mut both, &people[1], i64::from(people[0].width()), 0);
    let path = folder.join(format!("{height}.png"));
    both.save(&path).expect("the picture is written");
    PictureInput::Path(path)
}

#[needs(shared_media, landmark_model)]
#[test]
fn a_face_that_was_chosen_before_is_taken_without_a_question() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let run = pipeline(GeneratorChoice::LandmarkWarp);
    ask(&run, Request::OpenPortrait { id: RequestId(1), choice: PortraitChoice::Picture(two_people(folder.path(), 900)) });
    let question = until(&run, |event| if let Event::FaceAsked(question) = event { Some(question.clone()) } else { None });
    assert_eq!(question.faces.len(), 2, "two people, so it is asked");
    let right = question.faces.iter().position(|face| face.centre().x > 0.5 * question.pixels.width() as f32).expect("one is on the right");
    assert_ne!(right, 0, "who is not the one that is taken by itself");
    let face = FaceShare::of(&question.faces[right], question.pixels.dimensions().into());
    // The same picture at another resolution, and a box that no found face has.
    let loose = FaceShare { left: face.left - 0.02, top: (face.top - 0.02).max(0.0), right: face.right + 0.02, bottom: face.bottom + 0.03 };
    for (id, height, face) in [(2, 900, face), (3, 700, face), (4, 700, loose)] {
        let choice = PortraitChoice::PictureWithFace(two_people(folder.path(), height), face);
        ask(&run, Request::OpenPortrait { id: RequestId(id), choice });
        let mut asked = false;
        let start = Instant::now();
        let ready = loop {
            let events = run.take_events();
            asked |= events.iter().any(|event| matches!(event, Event::FaceAsked(_)));
            let ready = events.into_iter().find_map(|event| if let Event::PortraitReady(ready) = event { Some(ready) } else { None });
            match ready.filter(|ready| ready.id == RequestId(id)) {
                Some(ready) => break ready,
                None => assert!(start.elapsed() < PATIENCE, "it comes alive"),
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        std::thread::sleep(Duration::from_millis(300));
        asked |= run.take_events().iter().any(|event| matches!(event, Event::FaceAsked(_)));
        assert!(!asked, "nothing is asked");
        let middle = ready.portrait.landmarks_in_image.centre(36..48) / ready.portrait.pixels.width() as f32;
        assert!((face.left..face.right).contains(&middle.x), "the face on the right, not the one at {middle}");
    }
}
