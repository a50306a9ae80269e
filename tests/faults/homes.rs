//! A home in which nothing can be written, as in a kiosk or a live system.

use std::process::Command;

use test_needs::needs;

use super::disks::Disk;

/// Runs the program with a home of its own. What it said on standard error.
fn run(home: &std::path::Path, place: &std::path::Path, arguments: &str) -> String {
    let ended = Command::new(env!("CARGO_BIN_EXE_retrato"))
        .args(arguments.split(' '))
        .current_dir(place)
        .env("HOME", home)
        .env("RUST_BACKTRACE", "1")
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("XDG_CACHE_HOME")
        .env_remove("XDG_DATA_HOME")
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .expect("the program starts");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(ended.status.success(), "{arguments}: {said}");
    assert!(!said.contains("panicked"), "{arguments}: {said}");
    said
}

#[needs(mount, landmark_model)]
#[test]
fn a_home_that_cannot_be_written_stops_nothing() {
    let place = tempfile::tempdir().expect("a folder");
    std::fs::write(place.path().join("lady.jpg"), include_bytes!("../../assets/portraits/lady.jpg")).expect("a picture");
    // One that is read-only, and one without any room.
    for options in ["ro", "size=4k,nr_inodes=2"] {
        let home = Disk::mount(options);
        run(home.path(), place.path(), "animate lady.jpg --driver talk --seconds 0.2 --size 64 --overwrite --output out.gif");
        assert!(place.path().join("out.gif").exists(), "{options}: the film is there");
        run(home.path(), place.path(), "enroll lady.jpg");
        let left = std::fs::read_dir(home.path()).expect("listed").flatten().filter(|entry| entry.path().is_file()).count();
        assert_eq!(left, 0, "{options}: no half file was left there");
    }
}
