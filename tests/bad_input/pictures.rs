//! Pictures as scanners and people make them: very long, enormous, on their side.

use image::{Rgb, RgbImage, imageops};
use serde_json::Value;
use test_needs::needs;

use super::program::Place;

const LADY_JPEG: &[u8] = include_bytes!("../../assets/portraits/lady.jpg");

fn lady() -> RgbImage {
    image::load_from_memory(LADY_JPEG).expect("a picture of the program's own").into_rgb8()
}

/// What is found in a picture that was stored under this name.
fn enrolled(place: &Place, name: &str) -> Value {
    let ended = place.say(&format!("enroll --json {name}"));
    assert!(ended.status.success(), "{name}: {}", ended.stderr);
    ended.json()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is a number"))
}

/// Left, top, right and bottom of the first face.
fn first_box(found: &Value) -> [f64; 4] {
    ["left", "top", "right", "bottom"].map(|side| number(&found["faces"][0][side]))
}

fn assert_near(found: [f64; 4], wanted: [f64; 4], what: &str) {
    let side = wanted[2] - wanted[0];
    assert!(found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 0.2 * side), "{what}: {found:?} for {wanted:?}");
}

#[needs(landmark_model, face_model)]
#[test]
fn a_face_in_a_very_tall_picture_is_found_and_boxes_count_in_its_own_pixels() {
    let place = Place::new();
    let lady = lady();
    let (width, height) = lady.dimensions();
    lady.save(place.path("lady.png")).expect("saved");
    let alone = first_box(&enrolled(&place, "lady.png"));
    let mut tall = RgbImage::from_pixel(width, 10 * width, Rgb([120, 110, 100]));
    let down = 6 * width;
    imageops::replace(&mut tall, &lady, 0, i64::from(down));
    tall.save(place.path("tall.png")).expect("saved");
    let found = enrolled(&place, "tall.png");
    assert_eq!(found["size"], serde_json::json!([width, 10 * width]), "its own size");
    let offset = f64::from(down);
    let wanted = [alone[0], alone[1] + offset, alone[2], alone[3] + offset];
    assert_near(first_box(&found), wanted, "the same face further down");
    // A box by hand, as any other program shows it.
    let given = format!("--face-box={},{},{},{}", wanted[0].round(), wanted[1].round(), wanted[2].round(), wanted[3].round());
    let placed = place.say(&format!("enroll --json {given} tall.png"));
    let nose = placed.json()["landmarks"][30].clone();
    let (x, y) = (number(&nose[0]), number(&nose[1]));
    assert!(x > wanted[0] && x < wanted[2] && y > wanted[1] && y < wanted[3], "the nose is in the box: {x}, {y} in {wanted:?}");
    assert!(height > 100, "a whole picture");
}

#[needs(landmark_model, face_model)]
#[test]
fn faces_on_their_side_and_upside_down_are_found() {
    let place = Place::new();
    let lady = lady();
    for (name, turned) in
        [("right.png", imageops::rotate90(&lady)), ("left.png", imageops::rotate270(&lady)), ("down.png", imageops::rotate180(&lady))]
    {
        turned.save(place.path(name)).expect("saved");
        let found = enrolled(&place, name);
        assert_eq!(found["faces"].as_array().map(Vec::len), Some(1), "{name}: one face");
    }
}

#[needs(landmark_model, face_model)]
#[test]
fn an_enormous_picture_is_made_smaller_while_it_is_decoded() {
    let place = Place::new();
    // A hundred and twenty megapixels, most of them empty, row by row.
    let (side, lady) = (11_000_u32, lady());
    let path = place.path("enormous.png");
    let mut encoder = png::Encoder::new(std::io::BufWriter::new(std::fs::File::create(&path).expect("a file")), side, side);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::Fastest);
    let mut writer = encoder.write_header().expect("a header");
    let mut stream = writer.stream_writer().expect("a stream");
    let enlarged = 8;
    for y in 0..side {
        let mut row = vec![90_u8; 3 * side as usize];
        if y / enlarged < lady.height() {
            for (x, pixel) in row.as_chunks_mut::<3>().0.iter_mut().enumerate() {
                if (x as u32 / enlarged) < lady.width() {
                    *pixel = lady.get_pixel(x as u32 / enlarged, y / enlarged).0;
                }
            }
        }
        std::io::Write::write_all(&mut stream, &row).expect("a row");
    }
    stream.finish().expect("the end");
    drop(writer);
    let found = enrolled(&place, "enormous.png");
    assert_eq!(found["size"], serde_json::json!([side, side]), "its own size");
    let [left, _, right, _] = first_box(&found);
    assert!(right - left > 500.0, "a face of its own size: {left} to {right}");
}
