//! Fine-tuning of a portrait that is alive, through the real pipeline, in very few steps.

use std::sync::Arc;
use std::time::{Duration, Instant};

use retrato::builtin;
use retrato::data::{Portrait, Tuning};
use retrato::generate::{GeneratorChoice, WeightFiles};
use retrato::learn::FineTuneOptions;
use retrato::pipeline::{FineTuning, Pipeline, PipelineConfig};
use retrato::runtime::FileCache;
use retrato::session::{Event, PictureInput, PortraitChoice, Request, RequestId, Session as _};
use test_needs::needs;

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_mins(2);

fn portrait(number: usize) -> Arc<Portrait> {
    Arc::new(builtin::PORTRAITS[number].portrait().expect("a built-in portrait"))
}

fn pipeline(options: FineTuneOptions, cache: Option<FileCache>) -> Pipeline {
    let config = PipelineConfig {
        fine_tuning: FineTuning { options, cache },
        generator: GeneratorChoice::FewShot(WeightFiles::default()),
        ..PipelineConfig::default()
    };
    Pipeline::start(config, || {}).expect("a pipeline")
}

fn show(pipeline: &Pipeline, portrait: Arc<Portrait>) {
    pipeline.request(Request::OpenPortrait { id: RequestId::default(), choice: PortraitChoice::Enrolled(portrait) });
}

/// Waits for the first event that `wanted` takes, and gives all until then in words.
fn until(pipeline: &Pipeline, wanted: impl Fn(&Event) -> bool) -> Vec<String> {
    let start = Instant::now();
    let mut seen = Vec::new();
    while start.elapsed() < PATIENCE {
        for event in pipeline.take_events() {
            let found = wanted(&event);
            seen.push(match event {
                // Told once at the start.
                Event::ExecutorChosen(_) => continue,
                Event::PortraitReady(ready) => format!("{} {:?}", ready.portrait.name, ready.tuning),
                Event::FineTuning(tuning) => format!("{tuning:?}"),
                Event::FineTuned { before, after, kept } => format!("better={} kept={kept}", after < before),
                other => format!("{other:?}"),
            });
            if found {
                return seen;
            }
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("it did not come; only {seen:?}");
}

fn is_ready(event: &Event) -> bool {
    matches!(event, Event::PortraitReady(_))
}

#[needs(landmark_model)]
#[test]
fn a_portrait_is_learnt_once_and_known_from_then_on() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let options = FineTuneOptions { steps: 12, rate: 1e-3, ..FineTuneOptions::default() };
    let start = || pipeline(options.clone(), Some(FileCache::at(folder.path(), 64 << 20)));
    let entries = || std::fs::read_dir(folder.path()).map_or(0, Iterator::count);
    let (first, name) = (portrait(0), portrait(0).name.clone());
    let run = start();
    show(&run, Arc::clone(&first));
    assert_eq!(until(&run, is_ready), [format!("{name} Possible")], "not learnt yet");
    run.request(Request::FineTune);
    let told = until(&run, |event| matches!(event, Event::FineTuned { .. }));
    let steps = (0..=12).map(|step| format!("Running {{ step: {step}, steps: 12 }}"));
    let expected: Vec<String> = steps.chain(["Done", "better=true kept=true"].map(str::to_owned)).collect();
    assert_eq!(told, expected, "every step, and the end");
    drop(run);
    assert_eq!(entries(), 1, "it is kept");
    let run = start();
    show(&run, Arc::clone(&first));
    assert_eq!(until(&run, is_ready), [format!("{name} Done")], "known at the next start");
    show(&run, portrait(1));
    assert!(until(&run, is_ready)[0].ends_with("Possible"), "that is no other portrait's");
    show(&run, Arc::clone(&first));
    until(&run, is_ready);
    let is_tuning = |event: &Event| matches!(event, Event::FineTuning(_));
    let picture = folder.path().join("another.jpg");
    std::fs::write(&picture, builtin::PORTRAITS[1].file()).expect("a picture's file");
    run.request(Request::AddPicture {
        id: RequestId::default(),
        portrait: RequestId::default(),
        picture: PictureInput::Path(picture.clone()),
    });
    assert_eq!(until(&run, is_tuning).last().map(String::as_str), Some("Possible"), "nothing was learnt of both pictures");
    run.request(Request::RemovePicture(0));
    assert_eq!(until(&run, is_tuning).last().map(String::as_str), Some("Done"), "but of the one");
    std::fs::remove_file(picture).expect("it is there");
    run.request(Request::UndoFineTuning);
    assert_eq!(until(&run, |event| matches!(event, Event::FineTuning(_))), ["Possible"], "undone");
    assert_eq!(entries(), 0, "and forgotten");
    show(&run, first);
    assert_eq!(until(&run, is_ready), [format!("{name} Possible")], "for good");
}

#[test]
fn another_portrait_cancels_and_nothing_waits_for_the_end() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let options = FineTuneOptions { steps: 100_000, ..FineTuneOptions::default() };
    let run = pipeline(options, Some(FileCache::at(folder.path(), 64 << 20)));
    let is_under_way = |event: &Event| matches!(event, Event::FineTuning(Tuning::Running { step: 1.., .. }));
    show(&run, portrait(0));
    until(&run, is_ready);
    run.request(Request::FineTune);
    until(&run, is_under_way);
    show(&run, portrait(1));
    let told = until(&run, is_ready);
    assert!(told.last().is_some_and(|last| last.ends_with("Possible")), "the other one is not being learnt: {told:?}");
    run.request(Request::FineTune);
    assert_eq!(
        until(&run, is_under_way)[..2],
        ["Running { step: 0, steps: 100000 }", "Running { step: 1, steps: 100000 }"],
        "from the start"
    );
    run.request(Request::StopFineTuning);
    let told = until(&run, |event| matches!(event, Event::FineTuning(Tuning::Possible)));
    assert!(told.iter().all(|line| !line.contains("kept")), "cancelled, with no result: {told:?}");
    run.request(Request::FineTune);
    until(&run, is_under_way);
    let start = Instant::now();
    drop(run);
    assert!(start.elapsed() < Duration::from_secs(20), "a step may be finished, but no more: {:?}", start.elapsed());
    assert_eq!(std::fs::read_dir(folder.path()).map_or(0, Iterator::count), 0, "nothing was kept");
}
