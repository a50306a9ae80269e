//! A long live run: memory stays flat and nothing stalls.

use std::io::Write as _;
use std::time::{Duration, Instant};

use retrato::generate::GeneratorChoice;
use retrato::session::{NewFile, Panes, RecordingRequest, Request, Session as _, Sound};

use super::{driven, scaled};

/// Growth of memory that is no leak, in megabytes: what caches and pools take in their first minutes.
const GROWTH_MB: f64 = 64.0;

/// Memory of this process that is in use, in megabytes.
#[cfg(target_os = "linux")]
fn memory_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux says");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its size");
    line.trim().trim_end_matches(" kB").trim().parse::<f64>().expect("a number") / 1024.0
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "needs /proc, which only Linux has")]
fn a_long_live_run_with_a_recording_stays_small_and_does_not_stall() {
    // Other tests run beside the short form, so it can say little about pauses.
    let (length, longest_pause) = (Duration::from_secs(scaled(8, 3600)), Duration::from_millis(scaled(2000, 250)));
    let folder = tempfile::tempdir().expect("a folder");
    let run = driven(GeneratorChoice::default());
    let file = NewFile { folder: folder.path().to_owned(), title: "long".to_owned(), mark: false };
    run.request(Request::StartRecording(RecordingRequest { file, own_size: false, sound: Sound::OfDriver, panes: Panes::Alone }));
    let begun = Instant::now();
    let warm_after = length / 8;
    let (mut newest, mut pause, mut frames, mut warm_mb) = (Instant::now(), Duration::ZERO, 0_u64, None);
    while begun.elapsed() < length {
        run.take_events();
        if run.wait_rendered(Duration::from_millis(50)).is_none() {
            continue;
        }
        frames += 1;
        let now = Instant::now();
        if begun.elapsed() > warm_after {
            warm_mb.get_or_insert_with(memory_mb);
            pause = pause.max(now - newest);
        }
        newest = now;
    }
    let (before, after) = (warm_mb.expect("frames came"), memory_mb());
    let status = run.recording().expect("it still records");
    let said = format!(
        "{frames} frames in {length:?}, longest pause {pause:?}, {before:.0} MB, then {after:.0} MB; {} recorded, {} lost",
        status.frames, status.dropped
    );
    writeln!(std::io::stdout(), "{said}").expect("written");
    assert!(status.error.is_none() && status.frames > 0, "the recording goes on: {:?}", status.error);
    assert!(pause < longest_pause, "nothing stalls: {said}");
    // Other tests in the same process take memory in the short form.
    assert!(scaled(true, after < before + GROWTH_MB), "memory stays flat: {said}");
}
