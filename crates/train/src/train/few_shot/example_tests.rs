//! What examples are made of synthetic heads.

use std::sync::Arc;

use glam::Vec2;
use retrato_learn::examples::{BEHIND_WEIGHT, EYE_WEIGHT, SKIN_WEIGHT, View, example};
use retrato_learn::{FewShotOptions, HeadEpisode, HeadFrame, Sample};

use super::tests::{options, paper};
use crate::data::{PICTURE_PX, PLANE_CELLS, region};
use crate::synth::{EpisodeSampler, FaceKit, Scratch};

#[test]
fn sources_are_sorted_and_crops_lie_inside() {
    let sampler = EpisodeSampler::new(Arc::new(FaceKit::stand_in()), 4);
    let mut scratch = Scratch::new();
    let (mut most, mut with_first, mut with_target) = (0, 0, 0);
    for index in 0..24 {
        let sample = Sample { item: Arc::new(HeadEpisode::from(sampler.episode(3, index, &mut scratch))), turn: 0, number: index };
        let example = example(&sample, &FewShotOptions { side: 96, ..options() }, false);
        most = most.max(example.sources.len());
        let frames = &sample.item.frames;
        let same = |view: &View, frame: &HeadFrame| view.landmarks == frame.landmarks;
        with_first += usize::from(example.sources.iter().any(|view| same(view, &frames[0])));
        with_target += usize::from(example.sources.iter().any(|view| view.landmarks == example.target.landmarks));
        let far: Vec<f32> =
            example.sources.iter().map(|view| retrato_model::landmark_distance(&view.landmarks, &example.target.landmarks)).collect();
        assert!(far.is_sorted(), "the nearest first: {far:?}");
        assert!(example.crops.iter().flatten().all(|c| c % 2 == 0 && c + 96 <= PICTURE_PX), "crops lie inside, at even pixels");
        let eye =
            (example.target.landmarks[region::RIGHT_EYE].iter().sum::<Vec2>() / 6.0 * (PLANE_CELLS as f32 / PICTURE_PX as f32)).as_uvec2();
        assert!(example.weights[eye.y as usize * PLANE_CELLS + eye.x as usize] >= EYE_WEIGHT, "an eye counts, open or shut");
        let (low, high) = example.weights.iter().fold((9.0_f32, 0.0_f32), |(l, h), w| (l.min(*w), h.max(*w)));
        assert!(low >= BEHIND_WEIGHT && high >= SKIN_WEIGHT, "the face counts more than the rest: {low} to {high}");
    }
    assert!(most > 1 && with_first > 10, "several sources at times, the first frame among them mostly");
    assert!((1..10).contains(&with_target), "the target is rarely a source itself: {with_target} of 24");
}

#[test]
fn the_paper_sees_whole_pictures_few_sources_and_the_target_that_was_set() {
    let sampler = EpisodeSampler::new(Arc::new(FaceKit::stand_in()), 4);
    for index in 0..8 {
        let mut episode = HeadEpisode::from(sampler.episode(3, index, &mut Scratch::new()));
        episode.target = Some(0);
        let sample = Sample { item: Arc::new(episode), turn: 0, number: index };
        let example = example(&sample, &FewShotOptions { most_sources: 2, ..paper() }, false);
        assert_eq!(example.target.landmarks, sample.item.frames[0].landmarks, "the target that was set");
        assert!((1..=2).contains(&example.sources.len()), "one or two sources");
        assert_eq!(
            (example.crops.as_slice(), example.target.picture.len()),
            ([[0, 0]].as_slice(), 64 * 64 * 3),
            "all of it, averaged down"
        );
        assert!(example.target.small.is_empty(), "nothing for a motion net");
    }
}
