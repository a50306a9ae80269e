//! Outputs that cannot be written, and disks that are full.

use std::fs;
use std::path::Path;
use std::process::Command;

use test_needs::needs;

use super::program::{Place, assert_refused};

#[test]
fn impossible_outputs_are_refused_before_the_work() {
    let place = Place::new();
    place.file("file", "x");
    fs::create_dir(place.path("folder.mp4")).expect("a folder");
    place.file("folder.mp4/inside", "x");
    for (output, words) in [
        ("file/out.mp4", ["the folder file does not exist, or is not a folder", "choose another place"]),
        ("absent/out.gif", ["the folder absent does not exist", "create it"]),
        ("folder.mp4", ["folder.mp4 is a folder", "a file name inside it"]),
        ("out.avi", ["out.avi", ".mp4, .gif"]),
    ] {
        place.refuses(1, &format!("animate garden --driver talk --seconds 1 --output {output}"), &words);
    }
    for (output, words) in [
        ("file/out.jsonl", ["the folder file does not exist, or is not a folder", "another output"]),
        ("absent/out.jsonl", ["the folder absent does not exist", "create it"]),
        ("folder.mp4 --overwrite", ["folder.mp4 is a folder", "a file name inside it"]),
        ("file", ["file exists already", "--overwrite"]),
    ] {
        // A picture is a clip of one frame, and nobody should look for its face in vain.
        fs::write(place.path("clip.jpg"), include_bytes!("../../assets/portraits/lady.jpg")).expect("written");
        place.refuses(1, &format!("track clip.jpg --output {output}"), &words);
    }
}

#[test]
fn films_without_a_background_and_backgrounds_that_are_none_are_refused() {
    let place = Place::new();
    let ask = "animate garden --driver talk --seconds 1 --output out.mp4 --background";
    place.refuses(1, &format!("{ask} transparent"), &["MP4 files have no transparency", "folder for PNGs", ".gif", "green"]);
    place.refuses(2, &format!("{ask} beige"), &["own, blurred, green, transparent", "#204080"]);
    let unknown = format!("{ask} blurred --generator landmark-warp");
    place.refuses(1, &unknown, &["landmark-warp does not know where the person ends", "head-3d"]);
}

#[cfg_attr(not(target_os = "linux"), ignore = "needs /proc, which only Linux has")]
#[test]
fn a_place_that_allows_no_files_is_named() {
    // Not even the superuser may make files there.
    let place = Place::new();
    place.refuses(1, "animate garden --driver talk --seconds 1 --output /proc/out.mp4", &["cannot write /proc/out.mp4", "permissions"]);
    place.refuses(1, "animate garden --driver talk --seconds 1 --output /proc/frames", &["cannot write /proc/frames", "permissions"]);
}

#[test]
fn an_existing_film_is_kept_and_a_free_name_taken() {
    let place = Place::new();
    place.file("out.gif", "precious");
    let ended = place.say("animate garden --driver talk --seconds 0.2 --size 64 --output out.gif --json");
    assert_eq!(ended.json()["output"], "out (2).gif", "a free name: {}", ended.stderr);
    assert_eq!(fs::read(place.path("out.gif")).expect("there"), b"precious", "the other film is untouched");
}

/// A small disk in memory, gone when dropped.
struct SmallDisk<'a>(&'a Path);

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        Command::new("umount").arg(self.0).output().ok();
    }
}

#[needs(mount)]
#[test]
fn a_full_disk_ends_the_film_early_and_keeps_it() {
    let place = Place::new();
    let folder = place.path("disk");
    fs::create_dir(&folder).expect("a folder");
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=6m", "retrato-test"]).arg(&folder).output();
    assert!(mounted.is_ok_and(|output| output.status.success()), "a small disk can be mounted");
    let _disk = SmallDisk(&folder);
    let ended = place.say("animate garden --driver look_around --size 800 --output disk/out.gif");
    assert_refused(&ended, 1, &["stopped early", "free some space", "were kept in disk/out.gif"], "filling the disk");
    let names: Vec<_> = fs::read_dir(&folder).expect("listed").map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(names, ["out.gif"], "the film under its own name, and nothing else");
    let film = std::io::BufReader::new(fs::File::open(folder.join("out.gif")).expect("opened"));
    let pictures = image::AnimationDecoder::into_frames(image::codecs::gif::GifDecoder::new(film).expect("a GIF"));
    let pictures = pictures.collect_frames().expect("whole pictures");
    assert!(pictures.len() > 5, "which can be seen: {}", pictures.len());
    place.refuses(
        1,
        "animate garden --driver talk --output disk/more.mp4",
        &["MiB are left on the disk", "disk/more.mp4", "free some space"],
    );
}
