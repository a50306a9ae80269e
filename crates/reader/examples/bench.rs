//! Times the reader on a stored or made picture: `bench MODEL [WIDTH HEIGHT RGB-FILE] [--steps]`.
//!
//! Prints the wall time of a followed frame (crop, landmarks, coefficients, pose), of a search, and, with `--steps`, of each step of the networks.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::error::Error;
use std::time::{Duration, Instant};

use retrato_reader::{Reader, RgbView, Smoothing};

const FRAMES: u32 = 300;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let steps = arguments.iter().position(|argument| argument == "--steps").map(|at| arguments.remove(at)).is_some();
    let (model, width, height, pixels) = match &arguments[..] {
        [model] => (model, 640, 480, enlarged(include_bytes!("../tests/data/portrait.rgb"))),
        [model, width, height, file] => (model, width.parse()?, height.parse()?, std::fs::read(file)?),
        _ => return Err("bench MODEL [WIDTH HEIGHT RGB-FILE] [--steps]".into()),
    };
    let start = Instant::now();
    let mut reader = Reader::load(model.as_ref())?;
    println!("loaded in {:.1} ms", ms(start.elapsed()));
    let picture = RgbView::new(&pixels, width, height)?;
    for smoothing in [Smoothing::Off, Smoothing::OneEuro, Smoothing::ByParts] {
        reader.set_smoothing(smoothing);
        let mut frame = 0;
        let cpu = cpu_time();
        print_times(&format!("followed frame, smoothing {smoothing:?}"), || {
            frame += 1;
            reader.read(&picture, Duration::from_millis(33 * frame)).map(|reading| reading.presence)
        })?;
        if let (Some(before), Some(after)) = (cpu, cpu_time()) {
            println!("    CPU time {:.2} ms for each", ms(after.saturating_sub(before)) / f64::from(FRAMES));
        }
    }
    print_times("search of the whole picture", || reader.detect(&picture).first().map(|_| 1.0))?;
    let start = Instant::now();
    let faces = reader.read_still(&picture).len();
    println!("a single picture with {faces} faces: {:.1} ms", ms(start.elapsed()));
    if steps {
        print_steps(&mut reader);
    }
    Ok(())
}

/// The stored picture of 144 x 144 pixels, three times as large, in the middle of a grey one of 640 x 480.
fn enlarged(pixels: &[u8]) -> Vec<u8> {
    let pixel = |x: usize, y: usize| match (x.checked_sub(104), y.checked_sub(24)) {
        (Some(x), Some(y)) if x < 432 && y < 432 => &pixels[(y / 3 * 144 + x / 3) * 3..][..3],
        _ => &[128; 3],
    };
    (0..640 * 480).flat_map(|i| pixel(i % 640, i / 640)).copied().collect()
}

fn print_times(what: &str, mut of: impl FnMut() -> Option<f32>) -> Result<(), Box<dyn Error>> {
    let mut times = Vec::new();
    for _ in 0..FRAMES {
        let start = Instant::now();
        of().ok_or("there is no face in the picture")?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    let at = |percent: usize| ms(times[(times.len() - 1) * percent / 100]);
    println!("{what}: least {:.2}, p50 {:.2}, p95 {:.2} ms", at(0), at(50), at(95));
    Ok(())
}

/// The least time of each step in many runs.
fn print_steps(reader: &mut Reader) {
    let mut least = reader.profile();
    for _ in 0..100 {
        least.iter_mut().zip(reader.profile()).for_each(|(least, new)| least.2 = least.2.min(new.2));
    }
    for network in ["detector", "landmarks", "coefficients"] {
        let own = || least.iter().filter(|(name, ..)| *name == network);
        println!("{network}: {:.2} ms", ms(own().map(|(.., time)| *time).sum()));
        own().for_each(|(_, step, time)| println!("    {:7.1} us  {step}", ms(*time) * 1e3));
    }
}

/// The processor time that this process has used, where the system tells.
fn cpu_time() -> Option<Duration> {
    let schedule = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    schedule.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
