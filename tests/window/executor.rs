//! What makes the pictures, in the panel under More: told, and chosen.

use egui_kittest::kittest::{NodeT as _, Queryable as _};
use retrato::executor::{Decision, Executor};
use retrato::present::AppConfig;
use retrato::session::{Degraded, Event, RecordStatus};
use retrato::settings::{ExecutorChoice, MeasuredAdapter, Settings, SettingsFile};

use super::Window;

impl Window {
    fn choose_executor(&mut self, entry: &str) {
        self.scroll_to("Speed: ");
        self.harness.get_by_label_contains("Speed: ").click();
        self.harness.run_steps(3);
        self.harness.get_by_label(entry).click();
        self.harness.run_steps(3);
    }

    fn scroll_to(&mut self, part: &str) {
        self.harness.get_by_label_contains(part).scroll_to_me();
        self.harness.run_steps(4);
    }
}

fn chosen(reason: &str) -> Event {
    Event::ExecutorChosen(Decision { reason: reason.to_owned(), ..Decision::default() })
}

#[test]
fn the_executor_is_chosen_under_more() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    window.double.report(chosen("Radeon 780M is a graphics processor"));
    window.harness.run_steps(2);
    assert!(!window.has_text("Radeon 780M is a graphics"), "nothing is said at the start");
    window.click("More");
    window.scroll_to("Speed: ");
    window.harness.get_by_label("Speed: GPU: Radeon 780M").click();
    window.harness.run_steps(3);
    assert!(window.has_text("Now: Radeon 780M is a graphics processor."), "the reason stands below the choice");
    window.look("executor");
    window.harness.get_by_label("CPU").click();
    window.harness.run_steps(3);
    assert_eq!(window.double.calls(), ["executor Cpu"], "the pipeline is asked");
    window.double.report(chosen("the CPU was asked for"));
    window.harness.run_steps(3);
    assert!(window.has_text("Now: the CPU was asked for"), "and its answer is told");
    window.double.0.borrow_mut().recording = Some(RecordStatus::default());
    window.harness.run_steps(2);
    assert!(window.harness.get_by_label_contains("Speed: ").accesskit_node().is_disabled(), "not while something is recorded");
}

#[test]
fn choice_and_measurements_are_kept_in_the_settings() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let file = SettingsFile::at(folder.path().join("settings.toml"));
    let config = AppConfig {
        settings_file: Some(file.clone()),
        executor: Some(ExecutorChoice::Cpu),
        settings: Settings { executor: ExecutorChoice::Gpu, ..Settings::default() },
        ..AppConfig::default()
    };
    let mut window = Window::with(1200.0, 780.0, 1.0, config);
    assert_eq!(window.harness.state().view().executor.choice, ExecutorChoice::Cpu, "the command line counts for this run");
    let [adapter, driver, program] = ["llvmpipe (vulkan)", "Mesa", "0.1.0"].map(str::to_owned);
    let measured = MeasuredAdapter { adapter, driver, program, cpu_ms: 3.0, gpu_ms: 9.0, networks_ms: None };
    window.double.report(Event::ExecutorChosen(Decision { measured: Some(measured.clone()), ..Decision::default() }));
    window.harness.run_steps(2);
    let kept = |file: &SettingsFile| file.load().0;
    window.click("More");
    window.choose_executor("Automatic");
    assert_eq!(window.double.calls(), ["executor Auto"], "the pipeline is asked");
    drop(window);
    let kept = kept(&file);
    assert_eq!((kept.executor, kept.measured_adapters), (ExecutorChoice::Auto, vec![measured]), "for the next start");
}

#[test]
fn a_switch_that_fails_and_what_is_given_up_stand_in_the_menu() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    window.click("More");
    window.choose_executor("GPU");
    let gpu = Executor::Gpu { adapter: "Radeon 780M".to_owned(), runs_networks: true };
    let decision = Decision { executor: gpu, ..Decision::default() }.refused("out of memory");
    window.double.report(Event::ExecutorChosen(decision));
    window.harness.run_steps(3);
    assert!(window.has_text("The GPU is not used: Radeon 780M cannot go on (out of memory)"), "a failure, not a success");
    window.double.report(Event::Degraded(Degraded::Executor { why: "device lost".to_owned() }));
    let generator = "landmark-warp".to_owned();
    window.double.report(Event::Degraded(Degraded::Networks { why: "no usable flow".to_owned(), generator, takes_pictures: false }));
    window.harness.run_steps(3);
    assert!(window.has_text("The graphics adapter cannot go on (device lost)"), "told");
    window.harness.get_by_label_contains("Speed: ").click();
    window.harness.run_steps(3);
    assert!(window.has_text("Now: the graphics adapter cannot go on (device lost), so the CPU"), "the reason follows");
    assert!(window.has_text("The networks are not used for this portrait: no usable flow."), "and so do the networks");
    window.look("degraded");
}

#[test]
fn escape_closes_the_list_of_executors_at_once() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    window.click("More");
    window.scroll_to("Speed: ");
    window.harness.get_by_label_contains("Speed: ").click();
    window.harness.run_steps(3);
    assert!(window.has("Automatic"), "the list is open");
    window.press(egui::Key::Escape);
    assert!(!window.has("Automatic"), "one key closes it");
    assert!(window.has("More"), "and nothing else");
}
