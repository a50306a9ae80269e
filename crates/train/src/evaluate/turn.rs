//! Scores by turn: how much harder it gets the farther a head turns from where the source shows it.

use serde::Serialize;

use super::FrameScores;
use super::report::mean;

/// Where the bins begin, in degrees; the last one has no end.
const BINS_DEG: [u16; 4] = [0, 10, 20, 30];

/// Means over the targets whose head is turned about as far from the source's: its yaw less the source's, to either side.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TurnScores {
    /// Least turn, in degrees.
    pub from_deg: u16,
    /// What all turns are smaller than, in degrees; `None` (null) where any is.
    pub below_deg: Option<u16>,
    /// How many targets there are. `None` is mean of none below.
    pub targets: usize,
    /// Mean of [`Measures::face_ssim`](super::Measures::face_ssim).
    pub face_ssim: Option<f64>,
    /// Mean of [`Measures::ssim`](super::Measures::ssim).
    pub ssim: Option<f64>,
    /// Mean of [`Measures::l1`](super::Measures::l1).
    pub l1: Option<f64>,
}

impl TurnScores {
    /// Every bin, also those without a target.
    pub fn over_frames(frames: &[FrameScores]) -> Vec<Self> {
        let bin = |(from_deg, below_deg): (u16, Option<u16>)| {
            let is_inside = |turn: f64| turn >= f64::from(from_deg) && below_deg.is_none_or(|below| turn < f64::from(below));
            let inside: Vec<&FrameScores> = frames.iter().filter(|frame| is_inside(frame.turn_deg)).collect();
            Self {
                from_deg,
                below_deg,
                targets: inside.len(),
                face_ssim: mean(inside.iter().map(|frame| frame.picture.face_ssim)),
                ssim: mean(inside.iter().map(|frame| Some(frame.picture.ssim))),
                l1: mean(inside.iter().map(|frame| Some(frame.picture.l1))),
            }
        };
        bins().map(bin).collect()
    }

    /// The same bin of several clips as one, in which every target counts alike; `None` for no clip.
    pub fn together(clips: &[&Self]) -> Option<Self> {
        let first = clips.first()?;
        let weighted = |value: fn(&Self) -> Option<f64>| {
            let parts = clips.iter().filter_map(|bin| Some((value(bin)?, bin.targets as f64)));
            let (sum, count) = parts.fold((0.0, 0.0), |(sum, count), (value, targets)| (sum + value * targets, count + targets));
            (count > 0.0).then(|| sum / count)
        };
        Some(Self {
            targets: clips.iter().map(|bin| bin.targets).sum(),
            face_ssim: weighted(|bin| bin.face_ssim),
            ssim: weighted(|bin| bin.ssim),
            l1: weighted(|bin| bin.l1),
            ..**first
        })
    }

    /// The bin in words, such as `10-20` or `over 30`, in degrees.
    pub fn name(&self) -> String {
        self.below_deg.map_or_else(|| format!("over {}", self.from_deg), |below| format!("{}-{below}", self.from_deg))
    }
}

fn bins() -> impl Iterator<Item = (u16, Option<u16>)> {
    BINS_DEG.into_iter().zip(BINS_DEG.into_iter().skip(1).map(Some).chain([None]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::{Identity, Measures};

    fn frame(turn_deg: f64, ssim: f64, face_ssim: Option<f64>) -> FrameScores {
        let picture =
            Measures { ssim, l1: 1.0 - ssim, face_ssim, face_l1: None, mouth_eyes_ssim: None, mouth_eyes_l1: None, background: None };
        FrameScores { picture, turn_deg, detail: None, face_found: true, landmarks: None, identity: Identity::default() }
    }

    #[test]
    fn every_target_is_in_one_bin() {
        let turns = [0.0, 9.999, 10.0, 25.0, 29.0, 30.0, 88.0];
        let bins = TurnScores::over_frames(&turns.map(|turn| frame(turn, 0.5, None)));
        let names: Vec<(String, usize)> = bins.iter().map(|bin| (bin.name(), bin.targets)).collect();
        let expected = [("0-10", 2), ("10-20", 1), ("20-30", 2), ("over 30", 2)].map(|(name, count)| (name.to_owned(), count));
        assert_eq!(names, expected, "a turn at a bin's beginning belongs to it");
    }

    #[test]
    fn means_are_those_of_the_bin() {
        let frames = [frame(3.0, 0.9, Some(0.8)), frame(4.0, 0.7, None), frame(45.0, 0.25, Some(0.125))];
        let bins = TurnScores::over_frames(&frames);
        assert!(bins[0].ssim.is_some_and(|s| (s - 0.8).abs() < 1e-12) && bins[0].face_ssim == Some(0.8), "{:?}", bins[0]);
        assert_eq!((bins[1].targets, bins[1].ssim, bins[1].l1), (0, None, None), "no target, no mean");
        assert_eq!((bins[3].ssim, bins[3].l1, bins[3].face_ssim), (Some(0.25), Some(0.75), Some(0.125)), "{:?}", bins[3]);
    }

    #[test]
    fn together_every_target_counts_alike() {
        let one = TurnScores::over_frames(&[frame(3.0, 1.0, Some(1.0)), frame(3.0, 1.0, Some(1.0)), frame(3.0, 1.0, Some(1.0))]);
        let other = TurnScores::over_frames(&[frame(3.0, 0.0, None)]);
        let both = TurnScores::together(&[&one[0], &other[0]]).expect("two clips");
        assert_eq!((both.targets, both.ssim, both.l1), (4, Some(0.75), Some(0.25)), "three of four");
        assert_eq!(both.face_ssim, Some(1.0), "what was not measured does not count");
        assert_eq!(TurnScores::together(&[]), None, "no clip");
    }
}
