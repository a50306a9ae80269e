//! Faces that leave, jump or are replaced, in real clips.

use std::path::PathBuf;

use glam::Vec3;
use retrato::capture::{self, OpenOptions, SourceSpec};
use retrato::data::{FaceMesh, Input};
use retrato::retarget::Retargeter;
use retrato::track::FaceReader;
use retrato::{builtin, pipeline};
use test_needs::needs;

/// What a driven portrait does over a clip.
struct Driven {
    /// How far its farthest point goes from frame to frame, in distances between the eyes.
    steps: Vec<f32>,
    /// How far its farthest point is from rest in each frame, in the same.
    away: Vec<f32>,
    /// Whether a face was read in each frame.
    read: Vec<bool>,
}

fn driven(clip: &str) -> Driven {
    let shared = std::env::var_os("RETRATO_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let spec = SourceSpec::Clip { path: shared.join("cases").join(clip), looped: false };
    let mut source = capture::open(&spec, OpenOptions::default()).expect("the clip opens");
    let mut tracker = pipeline::tracker(None, 0.5, FaceReader::Best);
    let portrait = builtin::PORTRAITS[0].portrait().expect("a built-in portrait");
    let mut retargeter = Retargeter::default();
    retargeter.set_portrait(&portrait);
    let rest = portrait.mesh_in_crop().expect("it has a mesh");
    let unit = rest.inter_ocular();
    let far = |a: &FaceMesh, b: &FaceMesh| a.0.iter().zip(b.0.iter()).map(|(a, b)| flat(*a - *b)).fold(0.0, f32::max) / unit;
    let (mut driven, mut last) = (Driven { steps: Vec::new(), away: Vec::new(), read: Vec::new() }, rest.clone());
    while let Some(input) = source.next().expect("the clip is sound") {
        if matches!(input, Input::Motion(..)) {
            continue;
        }
        let tracked = tracker.track(input);
        driven.read.push(tracked.face.is_some());
        let mesh = retargeter.retarget(&tracked).and_then(|motion| motion.mesh).expect("a portrait is set").mesh_in_crop();
        driven.steps.push(far(&mesh, &last));
        driven.away.push(far(&mesh, &rest));
        last = mesh;
    }
    driven
}

fn flat(offset: Vec3) -> f32 {
    offset.truncate().length()
}

fn worst(values: &[f32]) -> f32 {
    values.iter().copied().fold(0.0, f32::max)
}

#[needs(shared_media, face_model)]
#[test]
fn faces_that_leave_jump_or_are_replaced_never_tear_the_portrait() {
    for clip in ["lost_middle.mp4", "cut_jump.mp4", "cut_painting_behind.mp4"] {
        let driven = driven(clip);
        assert!(worst(&driven.steps) < 0.25, "{clip}: a step of {}", worst(&driven.steps));
        // The sitter lifts the head in the last second.
        assert!(driven.away.last().is_some_and(|away| *away > 0.4), "{clip}: the driver drives again: {:?}", driven.away);
        if clip == "cut_painting_behind.mp4" {
            // All the while a face is read: the one in the painting.
            assert!(driven.read.iter().all(|read| *read), "{clip}: {:?}", driven.read);
            assert!(worst(&driven.away[53..59]) < 0.02, "{clip}: at rest while only the painting is there: {:?}", driven.away);
        }
    }
}
