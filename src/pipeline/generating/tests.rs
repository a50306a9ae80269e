//! What the generating thread does when parts of the machine or of the program fail.

use crossbeam::channel::{Receiver, Sender, unbounded};
use image::RgbaImage;
use test_needs::needs;

use super::*;
use crate::builtin;
use crate::data::{Crop, FaceMotion, PictureChange, PuppetMotion, Tuning};
use crate::generate::Generator;
use crate::gpu::testing::gpu_for_test;
use crate::pipeline::command::PictureToAdd;
use crate::runtime::Latest;
use crate::session::{PortraitOrigin, RequestId};

/// The thread's work without the thread.
struct Bench {
    generating: Generating,
    events: Receiver<Event>,
    _rendered: LatestReader<Rendered>,
    _links: (LatestWriter<FromDriver<TrackedFrame>>, Sender<Command>),
}

impl Bench {
    fn new(generator: GeneratorChoice, gpu: Option<Gpu>) -> Self {
        let (events_out, events) = unbounded();
        let shared = Arc::new(PipelineState::new(events_out, || {}));
        let (tracked_out, tracked) = Latest::new();
        let (to_generate, commands) = unbounded();
        let (rendered, rendered_in) = Latest::new();
        let mut executors = Executors::of_window(gpu, Vec::new());
        let start = Start {
            executor: executors.choose(ExecutorChoice::Cpu),
            executors,
            generator,
            controls: Controls { absolute: true, ..Controls::default() },
            fine_tuning: FineTuning::default(),
            known_plates: None,
            began: Instant::now(),
        };
        let generating = Generating::new(Links { tracked, commands, rendered }, start, shared);
        Self { generating, events, _rendered: rendered_in, _links: (tracked_out, to_generate) }
    }

    fn show(&mut self, id: u64, portrait: Portrait) {
        let live = LivePortrait { id: RequestId(id), origin: PortraitOrigin::Memory, portrait: Arc::new(portrait) };
        self.generating.obey(Command::Portrait(Box::new(live)));
    }

    fn read_out(&self) -> (String, String) {
        let stats = self.generating.shared.live_stats();
        (stats.executor, stats.generator)
    }

    fn degraded(&self) -> Vec<Degraded> {
        self.events.try_iter().filter_map(|event| if let Event::Degraded(degraded) = event { Some(degraded) } else { None }).collect()
    }
}

fn portrait() -> Portrait {
    builtin::PORTRAITS[0].portrait().expect("a built-in portrait")
}

/// Networks that give nothing usable from the second frame of every portrait on.
#[derive(Default)]
struct Failing {
    frames: usize,
}

impl Generator for Failing {
    fn name(&self) -> &'static str {
        if self.uses_networks() { "few-shot" } else { "landmark-warp" }
    }

    fn uses_networks(&self) -> bool {
        self.frames < 2
    }

    fn networks_fault(&self) -> Option<&str> {
        (!self.uses_networks()).then_some("no usable flow")
    }

    fn can_adopt(&self) -> bool {
        self.uses_networks()
    }

    fn set_portrait(&mut self, _: &Portrait) {
        self.frames = 0;
    }

    fn generate(&mut self, _: &PuppetMotion, _: &mut PictureChange) {
        self.frames += 1;
    }
}

#[test]
fn networks_that_fail_are_reported_once_shown_and_tried_again() {
    let mut bench = Bench::new(GeneratorChoice::default(), None);
    bench.generating.puppet = Puppet::new(Box::new(Failing::default()), None, bench.generating.shared.timings.clone());
    bench.show(1, portrait());
    assert_eq!(bench.read_out().1, "few-shot", "the networks are at work");
    bench.events.try_iter().for_each(drop);
    for _ in 0..3 {
        bench.generating.frame_again();
    }
    let events: Vec<Event> = bench.events.try_iter().collect();
    let degraded: Vec<&Degraded> = events.iter().filter_map(|event| if let Event::Degraded(d) = event { Some(d) } else { None }).collect();
    assert!(
        matches!(degraded[..], [Degraded::Networks { generator, .. }] if generator == "landmark-warp"),
        "once, with what moves the portrait now: {events:?}"
    );
    assert!(events.iter().any(|event| matches!(event, Event::FineTuning(Tuning::Impossible))), "nothing can be learnt: {events:?}");
    assert_eq!(bench.read_out().1, "landmark-warp", "the read-out follows");
    bench.show(2, portrait());
    assert_eq!(bench.read_out().1, "few-shot", "the next portrait tries again");
    let ready = bench.events.try_iter().find_map(|event| if let Event::PortraitReady(ready) = event { Some(ready.tuning) } else { None });
    assert_eq!(ready, Some(Tuning::Possible), "and can be learnt");
    bench.generating.frame_again();
    assert_eq!(bench.degraded().len(), 1, "should it fail on this one, too, that is reported again");
}

#[test]
fn nothing_is_learnt_of_a_new_driver_from_the_one_before() {
    let mut bench = Bench::new(GeneratorChoice::default(), None);
    bench.generating.puppet = Puppet::new(Box::new(Failing::default()), None, bench.generating.shared.timings.clone());
    let sitter = portrait();
    let width = sitter.pixels.width() as f32;
    let frame = |epoch: DriverEpoch, index: u64, shift: f32| {
        let mesh = sitter.mesh_in_image.as_ref().expect("it has a mesh").map(|p| p + glam::Vec3::X * shift);
        let size = sitter.pixels.dimensions().into();
        let face = FaceMotion { mesh_in_frame: Some(Arc::new(mesh.clone())), ..FaceMotion::of_landmarks(mesh.landmarks(), size) };
        let time = FrameTime { index, media_time: Duration::from_millis(33 * index), captured_at: Instant::now() };
        FromDriver { epoch, value: TrackedFrame { time, pixels: None, face: Some(face) } }
    };
    let first = DriverEpoch::default().next();
    bench.show(1, sitter.clone());
    (0..3).for_each(|index| bench.generating.follow(frame(first, index, 0.0)));
    let second = first.next();
    bench.generating.obey(Command::NewDriver(second));
    bench.generating.obey(Command::ShowAt(0.5));
    // The window was resized before the new driver sent anything, and a frame of the old one comes late.
    bench.generating.frame_again();
    bench.generating.follow(frame(first, 3, 0.0));
    assert!(bench.generating.last.is_none(), "the old driver's frames are past");
    let drives_at_once = |bench: &mut Bench, from: u64, shift: f32| {
        bench.events.try_iter().for_each(drop);
        (from..from + 50).for_each(|index| bench.generating.follow(frame(second, index, shift)));
        bench.events.try_iter().any(|event| matches!(event, Event::Calibrated))
    };
    assert!(drives_at_once(&mut bench, 0, width), "the new driver, who sits elsewhere, drives from the first frame on");
    bench.generating.obey(Command::Calibrate);
    bench.generating.frame_again();
    assert!(drives_at_once(&mut bench, 50, 2.0 * width), "and so does whoever is there once the neutral is to be found anew");
}

#[test]
fn a_further_picture_is_its_own_portraits_alone() {
    let mut bench = Bench::new(GeneratorChoice::default(), None);
    bench.generating.puppet = Puppet::new(Box::new(Failing::default()), None, bench.generating.shared.timings.clone());
    let [sitter, other] = [0, 1].map(|number| builtin::PORTRAITS[number].portrait().expect("a built-in portrait"));
    bench.show(1, sitter.clone());
    bench.show(2, sitter);
    bench.events.try_iter().for_each(drop);
    let other = Arc::new(other);
    let mut add = |id: u64, portrait: u64| {
        let picture = PictureToAdd { id: RequestId(id), portrait: RequestId(portrait), picture: Arc::clone(&other) };
        bench.generating.obey(Command::AddPicture(picture));
        bench.events.try_iter().find(|event| !matches!(event, Event::FineTuning(_)))
    };
    let late = add(3, 1);
    assert!(late.is_none(), "the first portrait's picture comes too late, and nobody waits for it: {late:?}");
    let early = add(5, 4);
    assert!(matches!(&early, Some(Event::PictureFailed { id: RequestId(5), .. })), "one that could not be opened has none: {early:?}");
    let added = add(6, 2);
    assert!(matches!(&added, Some(Event::FurtherPictures { pictures, .. }) if pictures.len() == 1), "the second's is used: {added:?}");
}

#[needs(gpu)]
#[test]
fn a_switch_to_a_gpu_that_cannot_hold_the_picture_is_reported_as_refused() {
    let gpu = gpu_for_test();
    let too_tall = RgbaImage::new(8, gpu.info.max_texture_side_px + 2);
    let mut bench = Bench::new(GeneratorChoice::LandmarkWarp, Some(gpu));
    bench.show(1, Portrait { pixels: Arc::new(too_tall), crop: Crop::whole(8.0), ..portrait() });
    bench.events.try_iter().for_each(drop);
    bench.generating.obey(Command::UseExecutor(ExecutorChoice::Gpu));
    let events: Vec<Event> = bench.events.try_iter().collect();
    let chosen: Vec<&Decision> =
        events.iter().filter_map(|event| if let Event::ExecutorChosen(d) = event { Some(d) } else { None }).collect();
    assert!(matches!(chosen[..], [decision] if !decision.fulfils(ExecutorChoice::Gpu)), "not the GPU, and said so: {events:?}");
    assert!(chosen[0].reason.contains("cannot go on"), "with the reason: {}", chosen[0].reason);
    assert_eq!(bench.read_out().0, "CPU", "the read-out agrees");
    bench.show(2, portrait());
    bench.generating.obey(Command::UseExecutor(ExecutorChoice::Gpu));
    assert!(bench.read_out().0.starts_with("GPU: "), "another picture fits: {:?}", bench.read_out());
    assert!(bench.degraded().is_empty(), "nothing was given up");
}

#[needs(gpu)]
#[test]
fn a_gpu_that_is_lost_is_given_up_and_the_read_out_follows() {
    let gpu = gpu_for_test();
    let device = gpu.device.clone();
    let mut bench = Bench::new(GeneratorChoice::LandmarkWarp, Some(gpu));
    bench.show(1, portrait());
    bench.generating.obey(Command::UseExecutor(ExecutorChoice::Gpu));
    assert!(bench.read_out().0.starts_with("GPU: "), "at work: {:?}", bench.read_out());
    device.destroy();
    let start = Instant::now();
    while bench.read_out().0 != "CPU" {
        assert!(start.elapsed() < Duration::from_secs(20), "the loss is seen");
        bench.generating.frame_again();
    }
    assert!(matches!(bench.degraded()[..], [Degraded::Executor { .. }]), "reported once");
    bench.generating.frame_again();
    assert!(matches!(bench.generating.puppet.last_frame(), Some(RenderedImage::Cpu(_))), "the CPU makes the pictures");
    bench.generating.obey(Command::UseExecutor(ExecutorChoice::Gpu));
    assert_eq!(bench.read_out().0, "CPU", "a device that is lost is not taken up again");
    let refused = bench.events.try_iter().any(|event| matches!(event, Event::ExecutorChosen(d) if !d.fulfils(ExecutorChoice::Gpu)));
    assert!(refused, "which is reported");
}
