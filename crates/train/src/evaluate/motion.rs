//! How faithfully one face's motion follows another's: by coefficients and pose, channel by channel over time.

use crate::data::{Coefficient as C, Coefficients, HeadPose};

/// What is compared, in the order in which it is printed.
pub const CHANNELS: [&str; 15] = [
    "yaw",
    "pitch",
    "roll",
    "gaze_x",
    "gaze_y",
    "blink_left",
    "blink_right",
    "jaw_open",
    "smile",
    "pucker",
    "mouth_side",
    "upper_lip",
    "lower_lip",
    "brow_up",
    "brow_down",
];
/// How many of the channels are angles, in degrees; the rest are coefficients, or differences of them.
const ANGLES: usize = 3;
/// Channels that move less than this, as a standard deviation, say nothing: in degrees, and as a coefficient.
const STILL: [f64; 2] = [1.5, 0.03];
/// Values from which both eyes are shut, and frames by which two blinks may miss each other.
const SHUT: f64 = 0.5;
const NEAR: usize = 3;
/// Fewer frames than this say nothing.
const LEAST_FRAMES: usize = 9;

/// A face's channels in one frame.
pub type Channels = [f64; CHANNELS.len()];

/// The channels of a face.
pub fn channels(coefficients: &Coefficients, pose: &HeadPose) -> Channels {
    let c = |coefficient: C| f64::from(coefficients[coefficient]);
    let mean = |left: C, right: C| 0.5 * (c(left) + c(right));
    let degrees = [pose.yaw_rad, pose.pitch_rad, -pose.roll_rad].map(|angle| f64::from(angle).to_degrees());
    [
        degrees[0],
        degrees[1],
        degrees[2],
        0.5 * (c(C::EyeLookOutLeft) - c(C::EyeLookInLeft) + c(C::EyeLookInRight) - c(C::EyeLookOutRight)),
        mean(C::EyeLookDownLeft, C::EyeLookDownRight) - mean(C::EyeLookUpLeft, C::EyeLookUpRight),
        c(C::EyeBlinkLeft),
        c(C::EyeBlinkRight),
        c(C::JawOpen),
        mean(C::MouthSmileLeft, C::MouthSmileRight),
        c(C::MouthPucker),
        c(C::MouthLeft) - c(C::MouthRight),
        mean(C::MouthUpperUpLeft, C::MouthUpperUpRight),
        mean(C::MouthLowerDownLeft, C::MouthLowerDownRight),
        c(C::BrowInnerUp),
        mean(C::BrowDownLeft, C::BrowDownRight),
    ]
}

/// How one channel follows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Following {
    /// Correlation over time, -1 to 1.
    pub correlation: f64,
    /// Slope of what follows on what leads.
    pub gain: f64,
}

/// How a film follows another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FollowingReport {
    /// For each channel, where the leading one moves.
    pub channels: [Option<Following>; CHANNELS.len()],
    /// Blinks of the leading face, how many of them the other shares, and its own that the leading one has not.
    pub blinks: [usize; 3],
}

/// Compares frame by frame what leads with what follows; frames in which either is `None` are left out.
pub fn following(leading: &[Option<Channels>], follower: &[Option<Channels>]) -> FollowingReport {
    let both: Vec<(Channels, Channels)> = leading.iter().zip(follower).filter_map(|(a, b)| (*a).zip(*b)).collect();
    let channels = std::array::from_fn(|channel| {
        let pairs: Vec<(f64, f64)> = both.iter().map(|(a, b)| (a[channel], b[channel])).collect();
        one_channel(&pairs, STILL[usize::from(channel >= ANGLES)])
    });
    let shut = |face: &Channels| face[5].min(face[6]) > SHUT;
    let leads = runs(both.iter().map(|(a, _)| shut(a)));
    let follows = runs(both.iter().map(|(_, b)| shut(b)));
    let near = |a: &[usize; 2], others: &[[usize; 2]]| others.iter().any(|b| a[0] < b[1] + NEAR && b[0] < a[1] + NEAR);
    let hit = leads.iter().filter(|a| near(a, &follows)).count();
    let false_ones = follows.iter().filter(|b| !near(b, &leads)).count();
    FollowingReport { channels, blinks: [leads.len(), hit, false_ones] }
}

fn one_channel(pairs: &[(f64, f64)], still: f64) -> Option<Following> {
    let n = pairs.len() as f64;
    let mean = |of: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(&|p| p.0), mean(&|p| p.1));
    let [xx, yy, xy] = [mean(&|p| (p.0 - x).powi(2)), mean(&|p| (p.1 - y).powi(2)), mean(&|p| (p.0 - x) * (p.1 - y))];
    if pairs.len() < LEAST_FRAMES || xx.sqrt() <= still {
        return None;
    }
    let correlation = if yy.sqrt() > 1e-4 { xy / (xx * yy).sqrt() } else { 0.0 };
    Some(Following { correlation, gain: xy / xx })
}

/// First frames of runs, and the frames after them.
fn runs(shut: impl Iterator<Item = bool>) -> Vec<[usize; 2]> {
    let mut runs: Vec<[usize; 2]> = Vec::new();
    for (at, _) in shut.enumerate().filter(|(_, shut)| *shut) {
        match runs.last_mut() {
            Some(run) if run[1] == at => run[1] = at + 1,
            _ => runs.push([at, at + 1]),
        }
    }
    runs
}

/// Means of the correlations and medians of the gains over many films, with the number of films in which the channel moves; sums of the blinks.
pub fn mean_following(reports: &[FollowingReport]) -> ([Option<(Following, usize)>; CHANNELS.len()], [usize; 3]) {
    let channels = std::array::from_fn(|channel| {
        let all: Vec<Following> = reports.iter().filter_map(|report| report.channels[channel]).collect();
        let mut gains: Vec<f64> = all.iter().map(|following| following.gain).collect();
        gains.sort_by(f64::total_cmp);
        let median = 0.5 * (gains.get((gains.len().max(1) - 1) / 2)? + gains.get(gains.len() / 2)?);
        let correlation = all.iter().map(|following| following.correlation).sum::<f64>() / all.len() as f64;
        Some((Following { correlation, gain: median }, all.len()))
    });
    let blinks = [0, 1, 2].map(|i| reports.iter().map(|report| report.blinks[i]).sum());
    (channels, blinks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(of: impl Fn(usize) -> Channels) -> Vec<Option<Channels>> {
        (0..60).map(|i| Some(of(i))).collect()
    }

    #[test]
    fn gain_and_correlation_are_those_of_the_motion() {
        let wave = |i: usize| (i as f64 * 0.3).sin();
        let leading = frames(|i| [20.0 * wave(i); CHANNELS.len()]);
        let half = frames(|i| [10.0 * wave(i) + 4.0; CHANNELS.len()]);
        let report = following(&leading, &half);
        for channel in report.channels {
            let following = channel.expect("it moves");
            assert!((following.correlation - 1.0).abs() < 1e-9 && (following.gain - 0.5).abs() < 1e-9, "{following:?}");
        }
        let still = frames(|_| [0.3; CHANNELS.len()]);
        assert!(following(&still, &half).channels.iter().all(Option::is_none), "nothing leads");
        let (mean, _) = mean_following(&[report.clone(), report]);
        assert_eq!(mean[0].map(|(_, films)| films), Some(2));
    }

    #[test]
    fn blinks_are_counted_hit_and_invented() {
        let blinking = |at: &[usize]| {
            frames(|i| {
                let shut = if at.iter().any(|b| (*b..b + 3).contains(&i)) { 0.8 } else { 0.1 };
                std::array::from_fn(|channel| if channel == 5 || channel == 6 { shut } else { 0.0 })
            })
        };
        assert_eq!(following(&blinking(&[10, 30]), &blinking(&[11, 50])).blinks, [2, 1, 1]);
        let mut lost = blinking(&[10]);
        lost[10..13].fill(None);
        assert_eq!(following(&blinking(&[10]), &lost).blinks, [0, 0, 0], "frames without a face are left out");
    }
}
