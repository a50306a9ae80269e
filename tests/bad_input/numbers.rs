//! Calls that make no sense: exit status 2 and the option's name.

use test_needs::needs;

use super::program::Place;

#[test]
fn bad_numbers_are_refused_with_what_is_allowed() {
    let place = Place::new();
    for (option, allowed) in [
        ("--seconds -1", "above 0"),
        ("--seconds 0", "above 0"),
        ("--seconds NaN", "above 0"),
        ("--seconds 1e300", "above 0"),
        ("--seconds soon", "above 0"),
        ("--head 99", "0 to 2"),
        ("--mouth=-1", "0 to 2"),
        ("--eyes NaN", "0 to 2"),
        ("--smoothing 1.01", "0 to 1"),
        ("--size 0", "16..=8192"),
        ("--size 99999999999999999999", "number too large"),
        ("--face 0", "1 for the largest"),
        ("--face-box 1,2,3", "four numbers"),
        ("--face-box 9,9,0,0", "four numbers"),
        ("--face-box NaN,0,99,99", "four numbers"),
        ("--face-box 1,oops,2,30,40", "\"oops\" is no number"),
        ("--size 64 --own-size", "cannot be used with"),
        ("--nonsense", "unexpected argument"),
    ] {
        let name = option.split([' ', '=']).next().expect("a name");
        place.refuses(2, &format!("animate garden --driver talk --output out.mp4 {option}"), &[name, allowed]);
    }
    place.refuses(2, "bench --seconds -3", &["--seconds", "above 0"]);
    place.refuses(2, "track clip.mp4 --seconds 0 --output out.jsonl", &["--seconds", "above 0"]);
    place.refuses(2, "animate garden", &["--driver", "--output"]);
    place.refuses(2, "enroll", &["<PORTRAITS>"]);
}

#[needs(landmark_model)]
#[test]
fn a_face_that_is_not_there_is_counted() {
    let place = Place::new();
    place.file("one.jpg", include_bytes!("../../assets/portraits/garden.jpg"));
    place.refuses(1, "animate one.jpg --driver talk --output out.mp4 --face 9", &["--face 9", "one.jpg shows 1 face"]);
    place.refuses(1, "animate one.jpg --driver talk --output out.mp4 --face-box=-900,-900,-800,-800", &["box", "draw it"]);
}
