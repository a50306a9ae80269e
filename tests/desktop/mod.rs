//! The real window on a real X server (Xvfb): it opens, it lives, and a file dropped on it by the XDND protocol comes alive.

mod drag;
mod screen;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use screen::Screen;
use test_needs::needs;

use crate::shared::shared_media;

/// How long the window may take to show what is expected; software rendering on a busy machine is slow.
const PATIENCE: Duration = Duration::from_secs(90);

/// An X server of the test's own, ended with it.
struct Server {
    process: Child,
    display: String,
}

impl Server {
    fn start() -> Self {
        // The server chooses a free display and writes its number.
        let mut process = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x860x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb starts");
        let mut number = String::new();
        let out = process.stdout.take().expect("its output");
        std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut number).expect("the number of its display");
        assert_ne!(number.trim(), "", "Xvfb found a free display");
        Self { process, display: format!(":{}", number.trim()) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// The program in its window.
struct Window {
    process: Child,
    _home: tempfile::TempDir,
}

impl Window {
    fn open(server: &Server, arguments: &[&str]) -> Self {
        let home = tempfile::tempdir().expect("a home of its own");
        let process = Command::new(env!("CARGO_BIN_EXE_retrato"))
            .args(arguments)
            .env("DISPLAY", &server.display)
            .env_remove("WAYLAND_DISPLAY")
            .env("HOME", home.path())
            // The machine's language must not matter.
            .env("LC_ALL", "C")
            .env_remove("LANGUAGE")
            .env("XDG_CONFIG_HOME", home.path().join("config"))
            .env("XDG_RUNTIME_DIR", home.path())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the program starts");
        Self { process, _home: home }
    }

    fn is_running(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Keeps a picture for people to look at.
fn keep(picture: &image::RgbImage, name: &str) {
    picture.save(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)).expect("a screenshot can be written");
}

/// Two screenshots between which the middle of the window, where the portrait is, has changed.
fn wait_until_it_moves(screen: &Screen, window: &mut Window) -> (image::RgbImage, image::RgbImage) {
    let end = Instant::now() + PATIENCE;
    let mut last = screen.shot();
    while Instant::now() < end {
        std::thread::sleep(Duration::from_millis(400));
        assert!(window.is_running(), "the window is still open");
        let now = screen.shot();
        if moved_pixels(&last, &now) > 400 {
            return (last, now);
        }
        last = now;
    }
    keep(&last, "desktop_never_moved.png");
    panic!("nothing moved in the window within {PATIENCE:?}");
}

/// Pixels of the stage that differ visibly.
fn moved_pixels(a: &image::RgbImage, b: &image::RgbImage) -> usize {
    let stage = |p: &(u32, u32, &image::Rgb<u8>)| p.0 > 200 && p.0 < 780 && p.1 > 100 && p.1 < 700;
    let differs = |(p, q): (&image::Rgb<u8>, &image::Rgb<u8>)| p.0.iter().zip(q.0).any(|(x, y)| x.abs_diff(y) > 12);
    a.enumerate_pixels().filter(stage).filter(|(x, y, p)| differs((p, b.get_pixel(*x, *y)))).count()
}

#[needs(xvfb, gpu)]
#[test]
fn the_window_lives_at_once_on_built_in_material() {
    let server = Server::start();
    let mut window = Window::open(&server, &["--driver", "talk"]);
    let screen = Screen::open(&server.display);
    screen.wait_for_window("Retrato", PATIENCE);
    let (_, now) = wait_until_it_moves(&screen, &mut window);
    keep(&now, "desktop_built_in.png");
}

#[needs(xvfb, gpu, shared_media, landmark_model)]
#[test]
fn a_dropped_painting_comes_alive() {
    let server = Server::start();
    let (painting, clip) = (shared_media("portraits/mona_lisa.jpg"), shared_media("clips/frown_354f.mp4"));
    let folder = tempfile::tempdir().expect("a folder");
    // A space in the name, as people have.
    let dropped = folder.path().join("my painting.jpg");
    std::fs::copy(painting, &dropped).expect("a copy");
    let mut window = Window::open(&server, &["--driver", &clip.to_string_lossy()]);
    let screen = Screen::open(&server.display);
    let id = screen.wait_for_window("Retrato", PATIENCE);
    let (before, _) = wait_until_it_moves(&screen, &mut window);
    drag::drop_files(&screen, id, &[&dropped]).expect("the window takes the drop");
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end && !shows_painting(&screen.shot(), &dropped) {
        std::thread::sleep(Duration::from_millis(300));
    }
    let alive = screen.shot();
    keep(&alive, "desktop_dropped.png");
    assert!(shows_painting(&alive, &dropped), "the dropped painting is on the stage");
    assert!(moved_pixels(&before, &alive) > 20_000, "another picture than before");
    let (_, now) = wait_until_it_moves(&screen, &mut window);
    keep(&now, "desktop_alive.png");
}

/// Whether the stage has the painting's own colours: the mean over the middle of the stage is near the mean of the painting.
fn shows_painting(shot: &image::RgbImage, painting: &Path) -> bool {
    let painting = image::open(painting).expect("the painting").into_rgb8();
    let mean = |picture: &image::RgbImage, [left, top, right, bottom]: [u32; 4]| {
        let part = image::imageops::crop_imm(picture, left, top, right - left, bottom - top).to_image();
        let count = f64::from(part.width() * part.height());
        [0, 1, 2].map(|c| part.pixels().map(|p| f64::from(p.0[c])).sum::<f64>() / count)
    };
    let (width, height) = painting.dimensions();
    let expected = mean(&painting, [width / 4, height / 4, width * 3 / 4, height * 3 / 4]);
    // The stage is square-ish left of the panel; a square painting fills its middle.
    let seen = mean(shot, [330, 230, 650, 590]);
    expected.iter().zip(seen).all(|(a, b)| (a - b).abs() < 22.0)
}
