//! Several pictures of one person, through the real pipeline: files are opened, their faces found, and what is painted changes.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use glam::Vec2;
use image::RgbaImage;
use retrato::builtin;
use retrato::data::{Portrait, region};
use retrato::generate::{GeneratorChoice, WeightFiles};
use retrato::pipeline::{Pipeline, PipelineConfig};
use retrato::session::{DriverChoice, Event, PictureInput, PortraitChoice, RenderedImage, Request, RequestId, Session as _};
use retrato::settings::{Controls, ExecutorChoice};
use test_needs::needs;

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_mins(2);
/// A picture that is the same for so long will not change any more.
const SETTLED: Duration = Duration::from_millis(1500);

/// Built-in pictures that stand for those of one person.
fn built_in(number: usize) -> &'static builtin::BuiltinPortrait {
    &builtin::PORTRAITS[[1, 0, 2][number]]
}

fn portrait(number: usize) -> Arc<Portrait> {
    Arc::new(built_in(number).portrait().expect("a built-in portrait"))
}

/// A performance that holds the portrait's own face with the mouth wide open.
fn speaking(folder: &Path, portrait: &Portrait) -> DriverChoice {
    let mut opened = portrait.landmarks_in_image.clone();
    // The lower lip, its inner edge and the chin go down.
    for index in (5..12).chain(55..60).chain(65..68) {
        opened.0[index].y += 0.06 * portrait.crop.side_px;
    }
    let points: Vec<[f32; 2]> = opened.0.iter().map(glam::Vec2::to_array).collect();
    let (width, height) = portrait.pixels.dimensions();
    let mut text = format!(r#"{{"retrato_performance":1,"name":"open","fps":30.0,"width":{width},"height":{height}}}"#);
    for frame in 0..30 {
        let time = f64::from(frame) / 30.0;
        write!(text, "\n{{\"t\":{time},\"landmarks\":{points:?}}}").expect("text can be written");
    }
    let path = folder.join("open.jsonl");
    std::fs::write(&path, text).expect("the performance is written");
    DriverChoice::File(path)
}

fn pipeline() -> Pipeline {
    let config = PipelineConfig {
        controls: Controls { absolute: true, ..Controls::default() },
        generator: GeneratorChoice::FewShot(WeightFiles::default()),
        ..PipelineConfig::default()
    };
    Pipeline::start(config, || {}).expect("a pipeline")
}

fn open(pipeline: &Pipeline, id: u64, choice: PortraitChoice) {
    pipeline.request(Request::OpenPortrait { id: RequestId(id), choice });
}

/// Adds a picture to the portrait that was opened by the first request.
fn add(pipeline: &Pipeline, id: u64, picture: PictureInput) {
    pipeline.request(Request::AddPicture { id: RequestId(id), portrait: RequestId(1), picture });
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

/// Number of the request, and the portrait's name.
fn ready(event: &Event) -> Option<(u64, String)> {
    if let Event::PortraitReady(ready) = event { Some((ready.id.0, ready.portrait.name.clone())) } else { None }
}

/// Name of the portrait that may be joined, or nothing.
fn replaced(event: &Event) -> Option<String> {
    if let Event::PortraitReady(ready) = event { Some(ready.replaced.clone().unwrap_or_default()) } else { None }
}

fn further(event: &Event) -> Option<Vec<String>> {
    let Event::FurtherPictures { pictures, .. } = event else { return None };
    Some(pictures.iter().map(|picture| picture.name.clone()).collect())
}

fn failed(event: &Event) -> Option<(u64, String)> {
    if let Event::PictureFailed { id, why } = event { Some((id.0, why.clone())) } else { None }
}

/// The picture when it has come to rest.
fn settled(pipeline: &Pipeline) -> Arc<RgbaImage> {
    let start = Instant::now();
    let mut last: Option<(Arc<RgbaImage>, Instant)> = None;
    while start.elapsed() < PATIENCE {
        let Some(rendered) = pipeline.wait_rendered(Duration::from_millis(100)) else { continue };
        let RenderedImage::Cpu(picture) = rendered.image else { panic!("there is no graphics processor in this test") };
        match &last {
            Some((same, since)) if *same == picture && since.elapsed() > SETTLED => return picture,
            Some((same, _)) if *same == picture => {}
            _ => last = Some((picture, Instant::now())),
        }
    }
    panic!("the picture never came to rest");
}

fn unlike(a: &RgbaImage, b: &RgbaImage) -> usize {
    a.pixels().zip(b.pixels()).filter(|(a, b)| a.0.iter().zip(b.0).any(|(a, b)| a.abs_diff(b) > 2)).count()
}

/// The mouth, where further pictures are seen; what stands behind the head may become better at any time.
fn mouth(picture: &RgbaImage) -> RgbaImage {
    let lips = &portrait(0).landmarks_in_image.0[region::MOUTH];
    let low = lips.iter().copied().reduce(Vec2::min).expect("lips").as_uvec2();
    let high = lips.iter().copied().reduce(Vec2::max).expect("lips").as_uvec2();
    image::imageops::crop_imm(picture, low.x, low.y, high.x - low.x, high.y - low.y).to_image()
}

fn file_of(folder: &Path, number: usize) -> PathBuf {
    let path = folder.join(format!("picture {number}.jpg"));
    std::fs::write(&path, built_in(number).file()).expect("a picture's file");
    path
}

#[needs(landmark_model)]
#[test]
fn what_is_painted_follows_the_pictures_of_the_person() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let first = portrait(0);
    let run = pipeline();
    open(&run, 1, PortraitChoice::Enrolled(Arc::clone(&first)));
    until(&run, ready);
    run.request(Request::Drive(speaking(folder.path(), &first)));
    let alone = settled(&run);
    add(&run, 2, PictureInput::Path(file_of(folder.path(), 1)));
    add(&run, 3, PictureInput::Path(file_of(folder.path(), 2)));
    assert_eq!(until(&run, further), ["picture 1"], "the first is opened and its face found");
    assert_eq!(until(&run, further), ["picture 1", "picture 2"], "then the second");
    let three = settled(&run);
    assert!(unlike(&alone, &three) > 100, "other paint: {} pixels", unlike(&alone, &three));
    // What cannot be used is told and changes nothing.
    let no_face = RgbaImage::from_fn(320, 240, |x, y| image::Rgba([x as u8, y as u8, 90, 255]));
    add(&run, 4, PictureInput::Pixels { name: "Hills".to_owned(), pixels: Arc::new(no_face) });
    let (id, why) = until(&run, failed);
    assert!(id == 4 && why.contains("No face was found in Hills"), "no face: {id} {why}");
    let broken = folder.path().join("broken.jpg");
    std::fs::write(&broken, b"\xff\xd8 and no more").expect("a file");
    add(&run, 5, PictureInput::Path(broken));
    assert!(until(&run, failed).1.contains("broken"), "unreadable");
    add(&run, 6, PictureInput::Path(file_of(folder.path(), 1)));
    assert!(until(&run, failed).1.contains("used already"), "twice");
    assert!(mouth(&settled(&run)) == mouth(&three), "as it was");
    // Elsewhere and back, which lets the generator start anew.
    run.request(Request::UseExecutor(ExecutorChoice::Gpu));
    until(&run, |event| matches!(event, Event::ExecutorChosen(_)).then_some(()));
    assert!(mouth(&settled(&run)) == mouth(&three), "another executor is shown the same pictures");
    run.request(Request::RemovePicture(0));
    assert_eq!(until(&run, further), ["picture 2"], "one is removed");
    run.request(Request::RemovePicture(0));
    assert_eq!(until(&run, further), Vec::<String>::new(), "and the other");
    assert!(mouth(&settled(&run)) == mouth(&alone), "as at the beginning");
}

#[needs(landmark_model)]
#[test]
fn a_new_portrait_begins_by_itself_and_can_be_joined_to_the_one_before() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let run = pipeline();
    let file = |number: usize| PortraitChoice::file(file_of(folder.path(), number));
    open(&run, 1, file(0));
    add(&run, 2, PictureInput::Path(file_of(folder.path(), 1)));
    assert_eq!((until(&run, ready), until(&run, further)), ((1, "picture 0".to_owned()), vec!["picture 1".to_owned()]), "in this order");
    open(&run, 3, file(2));
    assert_eq!(until(&run, replaced), "picture 0", "another portrait, which may show the same person");
    run.request(Request::RemovePicture(0));
    run.request(Request::JoinBefore);
    assert_eq!(until(&run, ready), (1, "picture 0".to_owned()), "the first is back, under its own number");
    assert_eq!(until(&run, further), ["picture 1"], "with what it had");
    assert_eq!(until(&run, further), ["picture 1", "picture 2"], "and the one that was taken for a new portrait");
    run.request(Request::JoinBefore);
    run.request(Request::RemovePicture(1));
    assert_eq!(until(&run, further), ["picture 1"], "there is no portrait before that to go back to");
}

#[needs(landmark_model)]
#[test]
fn a_copy_of_the_portrait_and_a_built_in_one_are_nobody_to_join() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let run = pipeline();
    open(&run, 1, PortraitChoice::BuiltIn(3));
    assert_eq!(until(&run, replaced), "", "the first portrait");
    let first = file_of(folder.path(), 0);
    open(&run, 2, PortraitChoice::file(&first));
    assert_eq!(until(&run, replaced), "", "a built-in portrait is nobody's");
    open(&run, 3, PortraitChoice::file(file_of(folder.path(), 1)));
    assert_eq!(until(&run, replaced), "picture 0", "a picture of the user's may be");
    let copy = folder.path().join("copy.jpg");
    std::fs::copy(folder.path().join("picture 1.jpg"), &copy).expect("a copy");
    open(&run, 4, PortraitChoice::file(copy));
    assert_eq!(until(&run, replaced), "", "a copy under another name brings back nobody else");
}
