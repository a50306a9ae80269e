//! Bad pictures and hostile performances.

use std::ffi::OsString;

use test_needs::needs;

use super::program::{Place, assert_refused};
use crate::shared::shared_media;

/// A picture with a face, of the program's own.
const GARDEN_JPEG: &[u8] = include_bytes!("../../assets/portraits/garden.jpg");

/// A PNG that claims 60,000 x 60,000 pixels: the header alone, or with the beginning of its pixels.
fn huge_png(with_pixels: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 60_000, 60_000);
    encoder.set_color(png::ColorType::Rgba);
    let mut writer = encoder.write_header().expect("a header");
    if with_pixels {
        writer.write_chunk(png::chunk::IDAT, &[0x78, 0x9C, 0x00]).expect("written");
    }
    drop(writer);
    bytes
}

#[needs(landmark_model)]
#[test]
fn bad_pictures_are_refused_by_name_and_do_not_hold_up_good_ones() {
    let place = Place::new();
    place.file("text.jpg", "not a picture\n");
    place.file("cut.jpg", &GARDEN_JPEG[..GARDEN_JPEG.len() / 2]);
    place.file("huge.png", huge_png(true));
    place.file("header.png", huge_png(false));
    place.file("empty.jpg", "");
    std::fs::create_dir(place.path("folder.jpg")).expect("a folder");
    image::RgbImage::from_fn(64, 64, |x, y| image::Rgb([x as u8, y as u8, 0])).save(place.path("nobody.png")).expect("saved");
    place.file("good.jpg", GARDEN_JPEG);
    let before = place.content();
    let pictures = ["text.jpg", "cut.jpg", "huge.png", "header.png", "empty.jpg", "folder.jpg", "absent.jpg", "nobody.png", "good.jpg"];
    let arguments: Vec<OsString> = ["enroll", "--json"].iter().chain(&pictures).map(OsString::from).collect();
    let expected = [
        ("text.jpg is not a picture", "give a JPEG, PNG"),
        ("cut.jpg is cut off", "copy or download it again"),
        ("huge.png has 60000 x 60000 pixels", "scale it down first"),
        ("header.png is damaged", "copy or download it again"),
        ("empty.jpg is empty (zero bytes)", "not copied"),
        ("folder.jpg is a directory", "give one picture in it"),
        ("there is no file absent.jpg", "check the path"),
        ("no face was found in nobody.png", "--face-box"),
    ];
    let ended = place.run(&arguments);
    assert_refused(&ended, 1, &[], "enrolling bad pictures");
    let complaints: Vec<&str> = ended.stderr.lines().filter(|line| line.starts_with("retrato: ")).collect();
    assert_eq!(complaints.len(), expected.len(), "one complaint for each bad picture:\n{}", ended.stderr);
    for ((what, remedy), complaint) in expected.iter().zip(complaints) {
        assert!(complaint.contains(what) && complaint.contains(remedy), "{what:?} and {remedy:?} in {complaint:?}");
    }
    assert_eq!(ended.json()["portrait"], "good.jpg", "the good picture is still enrolled");
    assert_eq!(place.content(), before, "no picture is touched");
}

#[needs(shared_media, landmark_model)]
#[test]
fn the_face_of_a_dog_is_none() {
    let place = Place::new();
    let dog = shared_media("portraits/dog_no_human_face.jpg");
    let ended = place.run([OsString::from("enroll"), dog.into()]);
    assert_refused(&ended, 1, &["no face was found", "dog_no_human_face.jpg", "--face-box"], "enrolling a dog");
}

#[test]
fn a_bad_portrait_stops_an_animation_before_anything_is_written() {
    let place = Place::new();
    place.file("text.jpg", "not a picture\n");
    place.file("huge.png", huge_png(true));
    place.refuses(1, "animate text.jpg --driver talk --output out.mp4", &["text.jpg is not a picture"]);
    place.refuses(1, "animate huge.png --driver talk --output out.gif", &["huge.png", "scale it down first"]);
    place.refuses(1, "animate no_such_face --driver talk --output frames", &["there is no file no_such_face"]);
}

#[needs(landmark_model)]
#[test]
fn what_is_no_descriptor_model_is_refused_before_the_clips_are_read() {
    let place = Place::new();
    place.file("model.dat", "no network at all\n");
    for model in ["missing.dat", "model.dat"] {
        let words = [model, "get dlib_face_recognition_resnet_model_v1.dat"];
        place.refuses(1, &format!("evaluate clip.mp4 --descriptor-model {model}"), &words);
    }
}

/// A performance of these lines behind a good header.
fn performance(lines: &str) -> String {
    format!("{{\"retrato_performance\":1,\"name\":\"hostile\",\"fps\":30.0,\"width\":512,\"height\":512}}\n{lines}")
}

fn landmarks(count: usize, point: &str) -> String {
    performance(&format!("{{\"t\":0.0,\"landmarks\":[{}]}}\n", vec![point; count].join(",")))
}

#[test]
fn hostile_performances_are_refused_with_the_line() {
    let place = Place::new();
    let header = performance("");
    let deep = performance(&format!("{{\"t\":0.0,\"x\":{}", "[".repeat(12_000)));
    let fat = performance(&format!("{{\"t\":0.0,\"pad\":\"{}\"}}\n", "x".repeat(100_000)));
    for (name, content, words) in [
        ("count", header.replacen("\"fps\"", "\"frames\":4000000000,\"fps\"", 1), ["line 1", "4000000000 frames"]),
        ("size", header.replacen("512", "4294967295", 1), ["line 1", "size 4294967295"]),
        ("rate", header.replacen("30.0", "1e308", 1), ["line 1", "frame"]),
        ("nan", landmarks(68, "[NaN,1]"), ["line 2", "expected"]),
        ("huge", landmarks(68, "[1e308,1e308]"), ["line 2", "landmark 0"]),
        ("infinite", landmarks(68, "[1e999,1]"), ["line 2", "out of range"]),
        ("few", landmarks(3, "[1,1]"), ["line 2", "68 landmarks"]),
        ("many", landmarks(1000, "[1,1]"), ["line 2", "68 landmarks"]),
        ("deep", deep, ["line 2", "not usable"]),
        ("fat", fat, ["line 2", "longer than"]),
        ("frameless", header.clone(), ["no frames", "retrato track"]),
    ] {
        let file = format!("{name}.jsonl");
        place.file(&file, content);
        place.refuses(1, &format!("animate garden --driver {file} --output out.mp4"), &[&file, words[0], words[1], "retrato track"]);
    }
}

#[test]
fn a_line_of_a_hundred_megabytes_is_not_read_to_its_end() {
    let place = Place::new();
    let path = place.file("endless.jsonl", performance(&"x".repeat(8192)));
    let file = std::fs::File::options().write(true).open(path).expect("opened");
    file.set_len(100 << 20).expect("a file with a long, empty rest");
    place.refuses(1, "animate garden --driver endless.jsonl --output out.mp4", &["endless.jsonl", "longer than 16384 bytes"]);
}

#[test]
fn a_performance_without_a_face_makes_no_film() {
    let place = Place::new();
    place.file("nobody.jsonl", performance("{\"t\":0.0,\"landmarks\":null}\n{\"t\":0.5,\"landmarks\":null}\n"));
    place.refuses(1, "animate garden --driver nobody.jsonl --output out.mp4", &["no face was found", "choose a clip"]);
}
