//! Several pictures of one person, through the real pipeline: files are opened, their faces found, and what is painted changes.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use image::RgbaImage;
use retrato::builtin;
use retrato::capture::SourceSpec;
use retrato::data::Portrait;
use retrato::generate::GeneratorChoice;
use retrato::pipeline::{Event, FineTuning, PictureInput, PictureMemory, Pipeline, PipelineConfig, RenderedImage};
use retrato::settings::{Controls, ExecutorChoice};
use test_needs::needs;

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_mins(2);
/// A picture that is the same for so long will not change any more.
const SETTLED: Duration = Duration::from_millis(1500);

fn portrait(number: usize) -> Arc<Portrait> {
    Arc::new(builtin::PORTRAITS[number].portrait().expect("a built-in portrait"))
}

/// A performance that holds the portrait's own face with the mouth wide open.
fn speaking(folder: &Path, portrait: &Portrait) -> SourceSpec {
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
    SourceSpec::from_path(&path, true).expect("a performance")
}

fn pipeline() -> Pipeline {
    let config = PipelineConfig {
        landmark_model: None,
        gpu: None,
        generator: GeneratorChoice::default(),
        controls: Controls { absolute: true, ..Controls::default() },
        fine_tuning: FineTuning::default(),
        memory: PictureMemory::default(),
    };
    Pipeline::start(config, || {}).expect("a pipeline")
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

fn ready(event: &Event) -> Option<String> {
    if let Event::PortraitReady { portrait, .. } = event { Some(portrait.name.clone()) } else { None }
}

fn further(event: &Event) -> Option<Vec<String>> {
    if let Event::FurtherPictures(pictures) = event { Some(pictures.iter().map(|picture| picture.name.clone()).collect()) } else { None }
}

fn failed(event: &Event) -> Option<String> {
    if let Event::PictureFailed(why) = event { Some(why.clone()) } else { None }
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

fn file_of(folder: &Path, number: usize) -> PathBuf {
    let path = folder.join(format!("picture {number}.jpg"));
    std::fs::write(&path, builtin::PORTRAITS[number].file()).expect("a picture's file");
    path
}

#[needs(landmark_model)]
#[test]
fn what_is_painted_follows_the_pictures_of_the_person() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let first = portrait(0);
    let mut run = pipeline();
    run.set_portrait(Arc::clone(&first));
    until(&run, ready);
    run.set_source(speaking(folder.path(), &first));
    let alone = settled(&run);
    run.add_picture(PictureInput::Path(file_of(folder.path(), 1)));
    run.add_picture(PictureInput::Path(file_of(folder.path(), 2)));
    assert_eq!(until(&run, further), ["picture 1"], "the first is opened and its face found");
    assert_eq!(until(&run, further), ["picture 1", "picture 2"], "then the second");
    let three = settled(&run);
    assert!(unlike(&alone, &three) > 100, "other paint: {} pixels", unlike(&alone, &three));
    // What cannot be used is told and changes nothing.
    let no_face = RgbaImage::from_fn(320, 240, |x, y| image::Rgba([x as u8, y as u8, 90, 255]));
    run.add_picture(PictureInput::Pixels { name: "Hills".to_owned(), pixels: Arc::new(no_face) });
    assert!(until(&run, failed).contains("No face was found in Hills"), "no face");
    let broken = folder.path().join("broken.jpg");
    std::fs::write(&broken, b"\xff\xd8 and no more").expect("a file");
    run.add_picture(PictureInput::Path(broken));
    assert!(until(&run, failed).contains("broken"), "unreadable");
    run.add_picture(PictureInput::Path(file_of(folder.path(), 1)));
    assert!(until(&run, failed).contains("used already"), "twice");
    assert_eq!(settled(&run), three, "as it was");
    // Elsewhere and back, which lets the generator start anew.
    run.use_executor(ExecutorChoice::Gpu, None, Vec::new());
    until(&run, |event| matches!(event, Event::ExecutorChosen(_)).then_some(()));
    assert_eq!(settled(&run), three, "another executor is shown the same pictures");
    run.remove_picture(0);
    assert_eq!(until(&run, further), ["picture 2"], "one is removed");
    run.remove_picture(0);
    assert_eq!(until(&run, further), Vec::<String>::new(), "and the other");
    assert_eq!(settled(&run), alone, "as at the beginning");
}

#[needs(landmark_model)]
#[test]
fn a_new_portrait_begins_by_itself_and_can_be_joined_to_the_one_before() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let run = pipeline();
    run.open_portrait(PictureInput::Path(file_of(folder.path(), 0)));
    run.add_picture(PictureInput::Path(file_of(folder.path(), 1)));
    assert_eq!((until(&run, ready).as_str(), until(&run, further)), ("picture 0", vec!["picture 1".to_owned()]), "in this order");
    run.open_portrait(PictureInput::Path(file_of(folder.path(), 2)));
    assert_eq!(until(&run, ready), "picture 2", "another portrait");
    run.remove_picture(0);
    run.join_before();
    assert_eq!(until(&run, ready), "picture 0", "the first is back");
    assert_eq!(until(&run, further), ["picture 1"], "with what it had");
    assert_eq!(until(&run, further), ["picture 1", "picture 2"], "and the one that was taken for a new portrait");
    run.join_before();
    run.remove_picture(1);
    assert_eq!(until(&run, further), ["picture 1"], "there is no portrait before that to go back to");
}
