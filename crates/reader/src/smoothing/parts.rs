//! Smoothing by parts: the head's motion apart from the face's, and of the face lids, irises, brows, mouth and the rest each by themselves.
//!
//! A filter that judges each point by its own speed must wait until the speed stands out of the noise, and so lags. Here a whole part is judged at once, by
//! how far it lies from where it was: noise of many points averages out, motion does not. Within the noise a part is held almost still; farther out it is
//! followed at once. How strong the noise is is measured all the time, on points that hardly move by themselves.

use std::f64::consts::TAU;
use std::time::Duration;

use glam::{DQuat, DVec3, Vec3};
use retrato_core::data::Similarity;

use crate::canonical::CanonicalFace;
use crate::landmarks::{MESH_POINTS, POINTS};

/// Cut-off frequency within the noise, in hertz. Tuned on the clips frown, smile and `lively_turns` and on two portraits in noise, as are the
/// numbers below.
const REST_HZ: f64 = 0.4;
/// Distances, in multiples of the noise, up to which a part is held and from which it is followed at once.
const HELD: f64 = 2.0;
const FOLLOWED: f64 = 5.0;
/// Bounds of the noise, in centimetres of the canonical face, and how fast the estimate of it falls and rises with each picture: it follows the quietest
/// tenth, so that motion is not taken for noise.
const NOISE_CM: std::ops::RangeInclusive<f64> = 0.004..=0.022;
const NOISE_FALLS: f64 = 0.2;
const NOISE_RISES: f64 = 0.02;

/// What is smoothed by itself, besides the head's motion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SmoothedPart {
    RightLids,
    LeftLids,
    RightIris,
    LeftIris,
    RightBrow,
    LeftBrow,
    Mouth,
    /// Forehead, nose and cheeks.
    Rest,
}

const PARTS: [SmoothedPart; 8] = [
    SmoothedPart::RightLids,
    SmoothedPart::LeftLids,
    SmoothedPart::RightIris,
    SmoothedPart::LeftIris,
    SmoothedPart::RightBrow,
    SmoothedPart::LeftBrow,
    SmoothedPart::Mouth,
    SmoothedPart::Rest,
];

/// Noise of the head's motion, in multiples of that of hardly moving points.
const HEAD_NOISE: f64 = 1.6;

impl SmoothedPart {
    /// Noise of this part, in multiples of that of hardly moving points.
    fn noise(self) -> f64 {
        match self {
            Self::RightLids | Self::LeftLids => 1.0,
            Self::RightIris | Self::LeftIris => 2.5,
            Self::RightBrow | Self::LeftBrow => 1.3,
            Self::Mouth => 1.6,
            Self::Rest => 1.1,
        }
    }

    /// The part that a landmark belongs to.
    fn of(index: usize, canonical: &CanonicalFace) -> Self {
        let lists: [(&[u16], Self); 5] = [
            (&RIGHT_LIDS, Self::RightLids),
            (&LEFT_LIDS, Self::LeftLids),
            (&RIGHT_BROW, Self::RightBrow),
            (&LEFT_BROW, Self::LeftBrow),
            (&UPPER_LIP, Self::Mouth),
        ];
        let listed = lists.iter().find(|(list, _)| list.iter().any(|i| usize::from(*i) == index));
        match listed {
            Some((_, part)) => *part,
            None if index >= LEFT_IRIS => Self::LeftIris,
            None if index >= MESH_POINTS => Self::RightIris,
            None if canonical.vertices[index].y < MOUTH_BELOW_CM => Self::Mouth,
            None => Self::Rest,
        }
    }
}

/// Index of the first landmark of the left iris.
const LEFT_IRIS: usize = MESH_POINTS + 5;
/// Height below which the canonical face moves with mouth and jaw, in centimetres.
const MOUTH_BELOW_CM: f64 = -1.2;
const RIGHT_LIDS: [u16; 32] = [
    33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7, 247, 30, 29, 27, 28, 56, 190, 243, 112, 26, 22, 23, 24,
    110, 25, 130,
];
const LEFT_LIDS: [u16; 32] = [
    263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249, 467, 260, 259, 257, 258, 286, 414, 463, 341, 256, 252,
    253, 254, 339, 255, 359,
];
const RIGHT_BROW: [u16; 10] = [70, 63, 105, 66, 107, 55, 65, 52, 53, 46];
const LEFT_BROW: [u16; 10] = [336, 296, 334, 293, 300, 285, 295, 282, 283, 276];
/// Points of the lips that lie higher than the rest of the mouth.
const UPPER_LIP: [u16; 11] = [0, 11, 37, 39, 72, 73, 267, 269, 302, 303, 164];

/// The filter and its state.
#[derive(Clone, Debug)]
pub(crate) struct ByParts {
    canonical: Vec<(usize, DVec3, f64)>,
    members: [Vec<usize>; PARTS.len()],
    state: Option<State>,
}

#[derive(Clone, Debug)]
struct State {
    time: Duration,
    head: Head,
    face: Box<[DVec3; POINTS]>,
    /// The last two faces as they were read.
    read: [Box<[DVec3; POINTS]>; 2],
    pictures: usize,
    noise_cm: f64,
}

/// Where the canonical face lies in the picture: axes to the right, up, and towards the camera.
#[derive(Clone, Copy, Debug)]
struct Head {
    turn: DQuat,
    px_per_cm: f64,
    shift: DVec3,
}

impl Head {
    fn apply(&self, point: DVec3) -> DVec3 {
        self.px_per_cm * (self.turn * point) + self.shift
    }

    /// Part of the way to another place.
    fn towards(&self, other: &Self, share: f64) -> Self {
        Self {
            turn: self.turn.slerp(other.turn, share),
            px_per_cm: self.px_per_cm.powf(1.0 - share) * other.px_per_cm.powf(share),
            shift: self.shift.lerp(other.shift, share),
        }
    }
}

impl ByParts {
    pub(crate) fn new(canonical: &CanonicalFace) -> Self {
        let members = PARTS.map(|part| (0..POINTS).filter(|index| SmoothedPart::of(*index, canonical) == part).collect());
        let total: f64 = canonical.weights.iter().map(|(_, weight)| weight).sum();
        let weighted = canonical.weights.iter().map(|(index, weight)| (*index, canonical.vertices[*index], weight / total)).collect();
        Self { canonical: weighted, members, state: None }
    }

    pub(crate) fn reset(&mut self) {
        self.state = None;
    }

    /// The smoothed points. A time that is not later than the last one, and points that no head can have, are returned as they are.
    pub(crate) fn smooth(&mut self, points: &[Vec3; POINTS], time: Duration) -> [Vec3; POINTS] {
        let upright = points.map(|p| p.as_dvec3() * DVec3::new(1.0, -1.0, -1.0));
        let Some(head) = self.head(&upright) else { return *points };
        let back = head.turn.inverse();
        let face = Box::new(upright.map(|p| back * (p - head.shift) / head.px_per_cm));
        let Some(mut state) = self.state.take() else {
            let noise_cm = 2.0 * NOISE_CM.start();
            self.state = Some(State { time, head, face: face.clone(), read: [face.clone(), face], pictures: 1, noise_cm });
            return *points;
        };
        let Some(passed) = time.checked_sub(state.time).filter(|passed| !passed.is_zero()) else {
            self.state = Some(state);
            return *points;
        };
        self.measure_noise(&mut state, &face);
        let rate = 1.0 / passed.as_secs_f64();
        let least = 1.0 / (1.0 + rate / (TAU * REST_HZ));
        let share = |distance_cm: f64, noise: f64| {
            let x = ((distance_cm / (state.noise_cm * noise) - HELD) / (FOLLOWED - HELD)).clamp(0.0, 1.0);
            least + (1.0 - least) * x * x * (3.0 - 2.0 * x)
        };
        let moved = |(_, vertex, weight): &(usize, DVec3, f64)| (head.apply(*vertex) - state.head.apply(*vertex)).length_squared() * weight;
        let head_cm = self.canonical.iter().map(moved).sum::<f64>().sqrt() / head.px_per_cm;
        state.head = state.head.towards(&head, share(head_cm, HEAD_NOISE));
        for (part, members) in PARTS.iter().zip(&self.members) {
            let share = share(distance(members, |i| face[i] - state.face[i]), part.noise());
            for i in members {
                state.face[*i] = state.face[*i].lerp(face[*i], share);
            }
        }
        state.time = time;
        state.read.swap(0, 1);
        state.read[1] = face;
        state.pictures += 1;
        let smooth = state.face.map(|p| (state.head.apply(p) * DVec3::new(1.0, -1.0, -1.0)).as_vec3());
        self.state = Some(state);
        smooth
    }

    fn head(&self, upright: &[DVec3; POINTS]) -> Option<Head> {
        let found = Similarity::fit(self.canonical.iter().map(|(index, vertex, weight)| (*vertex, upright[*index], *weight)))?;
        Some(Head { turn: DQuat::from_mat3(&found.rotation).normalize(), px_per_cm: found.scale, shift: found.shift })
    }

    /// Noise shows as points that go back and forth: in three pictures, as the distance of the middle one from between the others.
    fn measure_noise(&self, state: &mut State, face: &[DVec3; POINTS]) {
        if state.pictures < 2 {
            return;
        }
        let [before, last] = &state.read;
        // The second difference of three numbers with the same noise has six times its variance.
        let noise = distance(&self.members[SmoothedPart::Rest as usize], |i| before[i] - 2.0 * last[i] + face[i]) / 6.0_f64.sqrt();
        let pace = if noise > state.noise_cm { NOISE_RISES } else { NOISE_FALLS };
        state.noise_cm = (state.noise_cm + pace * (noise - state.noise_cm)).clamp(*NOISE_CM.start(), *NOISE_CM.end());
    }
}

/// The root of the mean square of distances.
fn distance(members: &[usize], of: impl Fn(usize) -> DVec3) -> f64 {
    (members.iter().map(|i| of(*i).length_squared()).sum::<f64>() / members.len().max(1) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::tests::stand_in;
    use crate::kernels::noise;

    const PX_PER_CM: f32 = 12.0;
    /// Noise of each coordinate, in centimetres.
    const NOISE: f32 = 0.01;

    /// The stand-in face in a picture, turned about the vertical, with noise.
    fn points(picture: u32, angle: f32, lids_cm: f32) -> [Vec3; POINTS] {
        let face = stand_in();
        let jitter = noise(3 * POINTS, picture);
        std::array::from_fn(|i| {
            let vertex = face.vertices.get(i).map_or(Vec3::new(1.0, 2.0, 3.0), |v| v.as_vec3());
            let lifted = vertex + Vec3::Y * if SmoothedPart::of(i, &face) == SmoothedPart::LeftLids { lids_cm } else { 0.0 };
            let turned = glam::Quat::from_rotation_y(angle) * lifted + Vec3::from_slice(&jitter[3 * i..]) * NOISE * 3.0_f32.sqrt();
            turned * Vec3::new(1.0, -1.0, -1.0) * PX_PER_CM + Vec3::new(320.0, 240.0, 0.0)
        })
    }

    fn time(picture: u32) -> Duration {
        Duration::from_millis(33 * u64::from(picture))
    }

    /// The mean length of second differences.
    fn jitter(film: &[[Vec3; POINTS]]) -> f32 {
        let second = |w: &[[Vec3; POINTS]]| (0..POINTS).map(|i| (w[0][i] - 2.0 * w[1][i] + w[2][i]).length()).sum::<f32>() / POINTS as f32;
        film.windows(3).map(second).sum::<f32>() / (film.len() - 2) as f32
    }

    #[test]
    fn noise_is_held_and_a_blink_passes_in_the_same_picture() {
        let mut filter = ByParts::new(&stand_in());
        let raw: Vec<_> = (0..60).map(|i| points(i, 0.2, 0.0)).collect();
        let smooth: Vec<_> = raw.iter().zip(0..).map(|(points, i)| filter.smooth(points, time(i))).collect();
        assert!(jitter(&smooth[10..]) < 0.15 * jitter(&raw[10..]), "{} of {}", jitter(&smooth[10..]), jitter(&raw[10..]));
        let lid = usize::from(LEFT_LIDS[4]);
        let before = filter.smooth(&points(60, 0.2, 0.0), time(60))[lid];
        let shut = points(61, 0.2, 0.4);
        let passed = (filter.smooth(&shut, time(61))[lid] - before).length() / (shut[lid] - before).length();
        assert!(passed > 0.95, "{passed} of the blink is seen at once");
    }

    #[test]
    fn a_turning_head_is_followed_without_a_frame_of_lag() {
        let mut filter = ByParts::new(&stand_in());
        let angle = |i: u32| 0.4 * (i as f32 * 0.08).sin();
        let mut worst = 0.0_f32;
        for i in 0..120 {
            let smooth = filter.smooth(&points(i, angle(i), 0.0), time(i));
            let clean = |i| points_without_noise(angle(i));
            let distance =
                |other: [Vec3; POINTS]| (0..MESH_POINTS).map(|k| (smooth[k] - other[k]).length()).sum::<f32>() / MESH_POINTS as f32;
            // Where the head moves faster than a frame's lag is wide.
            if i > 5 && (angle(i) - angle(i - 1)).abs() > 0.02 {
                worst = worst.max(distance(clean(i)) / distance(clean(i - 1)));
            }
        }
        assert!(worst < 0.5, "the picture of now is {worst} times as far as the one before");
    }

    fn points_without_noise(angle: f32) -> [Vec3; POINTS] {
        let face = stand_in();
        std::array::from_fn(|i| {
            let vertex = face.vertices.get(i).map_or(Vec3::new(1.0, 2.0, 3.0), |v| v.as_vec3());
            glam::Quat::from_rotation_y(angle) * vertex * Vec3::new(1.0, -1.0, -1.0) * PX_PER_CM + Vec3::new(320.0, 240.0, 0.0)
        })
    }

    #[test]
    fn times_that_do_not_advance_and_points_of_no_head_pass_unchanged() {
        let mut filter = ByParts::new(&stand_in());
        filter.smooth(&points(0, 0.0, 0.0), time(5));
        let other = points(1, 0.3, 0.0);
        assert_eq!(filter.smooth(&other, time(5)), other);
        assert_eq!(filter.smooth(&other, time(2)), other);
        let flat = [Vec3::ONE; POINTS];
        assert_eq!(filter.smooth(&flat, time(7)), flat);
        filter.reset();
        assert_eq!(filter.smooth(&other, time(1)), other, "after a reset the first points pass");
    }

    #[test]
    fn every_landmark_belongs_to_one_part_and_sides_mirror_each_other() {
        let filter = ByParts::new(&stand_in());
        assert_eq!(filter.members.iter().map(Vec::len).sum::<usize>(), POINTS);
        for (right, left) in [
            (SmoothedPart::RightLids, SmoothedPart::LeftLids),
            (SmoothedPart::RightIris, SmoothedPart::LeftIris),
            (SmoothedPart::RightBrow, SmoothedPart::LeftBrow),
        ] {
            assert_eq!(filter.members[right as usize].len(), filter.members[left as usize].len());
        }
        for (i, part) in PARTS.iter().enumerate() {
            assert_eq!(*part as usize, i);
        }
    }
}
