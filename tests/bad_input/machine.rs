//! Machines that lack something: a camera, a microphone, a display, the landmark model.

use std::fs;

use retrato::track::MODEL_VARIABLE;
use test_needs::needs;

use super::program::Place;

#[needs(no_camera)]
#[test]
fn without_a_camera_a_clip_is_proposed() {
    let place = Place::new();
    for arguments in ["animate garden --driver camera --output out.mp4", "track camera --output out.jsonl"] {
        place.refuses(1, arguments, &["no camera", "clip"]);
    }
}

#[cfg(feature = "audio")]
#[test]
fn without_the_microphone_that_was_named_a_silent_film_is_proposed() {
    let place = Place::new();
    let film = "animate garden --driver talk --seconds 1 --output out.mp4 --microphone";
    place.refuses(1, &format!("{film} nonesuch"), &["no microphone found called \"nonesuch\"", "record without sound"]);
    place.refuses(1, "animate garden --driver talk --output out.gif --microphone", &["only MP4 files have sound"]);
}

#[cfg(feature = "audio")]
#[needs(no_microphone)]
#[test]
fn without_any_microphone_one_is_asked_for() {
    let film = "animate garden --driver talk --seconds 1 --output out.mp4 --microphone";
    Place::new().refuses(1, film, &["no microphone found", "plug one in", "record without sound"]);
}

#[cfg(all(feature = "camera", target_os = "linux"))]
#[test]
fn a_virtual_camera_that_is_none_is_refused() {
    let place = Place::new();
    place.file("film.mp4", "no device");
    place.refuses(1, "bench --virtual-camera absent", &["there is no device absent", "retrato doctor"]);
    place.refuses(1, "bench --virtual-camera film.mp4", &["film.mp4 takes no pictures", "retrato doctor"]);
    place.refuses(2, "bench --virtual-camera absent --virtual-camera-size 641x480", &["the width is even"]);
}

#[cfg(all(feature = "camera", target_os = "linux"))]
#[needs(no_virtual_camera)]
#[test]
fn without_any_virtual_camera_device_the_way_to_one_is_told() {
    let words = ["sudo apt install v4l2loopback-dkms", "sudo modprobe v4l2loopback exclusive_caps=1"];
    Place::new().refuses(1, "bench --virtual-camera", &words);
}

#[cfg_attr(any(windows, target_os = "macos"), ignore = "needs a system that can do without a display")]
#[test]
fn without_a_display_the_commands_are_proposed() {
    let place = Place::new();
    place.refuses_command(1, &mut place.command([""; 0]), &["no display", "DISPLAY or WAYLAND_DISPLAY", "retrato animate"]);
    let unreachable = &mut place.command([""; 0]);
    place.refuses_command(1, unreachable.env("DISPLAY", ":987"), &["display"]);
}

#[test]
fn without_the_landmark_model_the_package_is_named() {
    let place = Place::new();
    place.file("face.jpg", include_bytes!("../../assets/portraits/lady.jpg"));
    place.file("garbage.dat", "garbage");
    let absent = ["absent.dat", "is missing", "apt-get install libdlib-data"];
    let garbage = ["garbage.dat", "is damaged or another version", "apt-get install --reinstall libdlib-data"];
    for command in ["enroll face.jpg", "animate face.jpg --driver talk --output out.mp4", "track face.jpg --output out.jsonl"] {
        for words in [absent, garbage] {
            place.refuses(1, &format!("{command} --landmark-model {}", words[0]), &words);
            let of_environment = &mut place.command(command.split(' '));
            place.refuses_command(1, of_environment.env(MODEL_VARIABLE, words[0]), &words);
        }
    }
}

#[test]
fn built_in_material_needs_no_model() {
    let place = Place::new();
    let film = "animate garden --driver talk --seconds 0.2 --size 64 --output out.gif --landmark-model absent.dat";
    let ended = place.say(film);
    assert!(ended.status.success(), "stored motion on a stored face: {}", ended.stderr);
    assert!(fs::metadata(place.path("out.gif")).is_ok_and(|facts| facts.len() > 100), "a film is there");
}
