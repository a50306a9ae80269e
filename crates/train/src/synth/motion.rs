//! What changes between the two frames of a pair: head, body, gaze, expression, distance.

use glam::Vec2;

use super::expression::Expression;
use super::facekit::FaceKit;
use super::pose::Pose;
use crate::random::Random;

/// Share of pairs with a yaw beyond [`TURNED`] in at least one frame.
const TURNED_SHARE: f32 = 1.0 / 3.0;

/// 30 degrees, in radians.
const TURNED: f32 = std::f32::consts::FRAC_PI_6;

/// 60 degrees: the largest yaw.
const LARGEST_YAW: f32 = std::f32::consts::FRAC_PI_3;

/// Shares of the hard families among all pairs; the rest is speech and free mixtures.
const MOUTH_SHARE: f32 = 0.25;
const BLINK_SHARE: f32 = 0.15;
const SPEECH_SHARE: f32 = 0.25;

/// Two frames' poses, expressions and sizes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Motion {
    pub(super) poses: [Pose; 2],
    pub(super) expressions: [Expression; 2],
    /// Size of each frame against the pair's scale.
    pub(super) scales: [f32; 2],
    /// How much of the head's motion the body takes part in, 0..=1.
    pub(super) body_follow: f32,
}

impl Motion {
    /// A random motion.
    pub(super) fn new(kit: &FaceKit, random: &mut Random) -> Self {
        // Most pairs move as a speaker or more, the others hardly.
        let size = if random.chance(0.7) { 1.0 } else { 0.25 };
        let body_follow = match random.below(5) {
            0 => 0.0,
            1 => 1.0,
            _ => random.unit(),
        };
        let poses = poses(random, size, body_follow);
        let expressions = expressions(kit, random);
        // A body that stays also keeps its distance.
        let scale = (random.normal(0.0, 0.05) * size * body_follow).exp();
        Self { poses, expressions, scales: [1.0, scale], body_follow }
    }
}

/// Yaw of the head in both frames.
fn yaws(random: &mut Random, size: f32) -> [f32; 2] {
    let small = random.normal(0.0, 0.16).clamp(-0.5, 0.5);
    let change = random.normal(0.0, 0.2);
    if !random.chance(TURNED_SHARE) {
        return [small, (small + size * change).clamp(-0.5, 0.5)];
    }
    let side = if random.chance(0.5) { 1.0 } else { -1.0 };
    let large = side * random.range(TURNED, LARGEST_YAW);
    match random.below(4) {
        0 | 1 => [small, large],
        2 => [large, small],
        _ => [large, (large + change).clamp(-LARGEST_YAW, LARGEST_YAW)],
    }
}

fn poses(random: &mut Random, size: f32, body_follow: f32) -> [Pose; 2] {
    let yaws = yaws(random, size);
    let tilt = [random.normal(0.0, 0.1).clamp(-0.45, 0.45), random.normal(0.0, 0.07).clamp(-0.5, 0.5)];
    let head = [yaws[0], tilt[0], tilt[1]];
    let pitch = (tilt[0] + size * random.normal(0.0, 0.12)).clamp(-0.45, 0.45);
    let roll = (tilt[1] + size * random.normal(0.0, 0.11)).clamp(-0.5, 0.5);
    let turned = [yaws[1], pitch, roll];
    let far = if random.chance(0.12) { 2.0 } else { 1.0 };
    let shift = Vec2::new(random.normal(0.0, 1.1), random.normal(0.0, 0.7)) * size * far;
    // Shoulders stand partly with the head; what follows later is told by `body_follow`, but for a little.
    let along = random.range(0.0, 0.5);
    let body = head.map(|angle| along * angle + random.normal(0.0, 0.04));
    let unrest = body_follow.min(0.2);
    let followed =
        std::array::from_fn(|axis| body[axis] + 0.5 * body_follow * (turned[axis] - head[axis]) + unrest * random.normal(0.0, 0.05));
    let body_shift = shift * body_follow + Vec2::new(random.normal(0.0, 0.4), random.normal(0.0, 0.2)) * unrest;
    let gazes = gazes(random, head, turned);
    [
        Pose { head, body, head_shift_cm: Vec2::ZERO, body_shift_cm: Vec2::ZERO, gaze: gazes[0] },
        Pose { head: turned, body: followed, head_shift_cm: shift, body_shift_cm: body_shift, gaze: gazes[1] },
    ]
}

/// Gaze of both frames: the eyes stay, wander, or keep looking at something while the head turns.
fn gazes(random: &mut Random, head: [f32; 3], turned: [f32; 3]) -> [Vec2; 2] {
    let first = Vec2::new(random.normal(0.0, 0.14), random.normal(0.0, 0.08));
    let limit = Vec2::new(0.6, 0.35);
    let second = match random.below(10) {
        0..4 => first,
        4..8 => first + Vec2::new(random.normal(0.0, 0.16), random.normal(0.0, 0.09)),
        // Positive pitch nods down, positive gaze looks up.
        _ => first + Vec2::new(head[0] - turned[0], turned[1] - head[1]) * random.range(0.4, 1.0),
    };
    // A sitter in three-quarter view often looks out of the picture.
    let outward = if random.chance(0.35) { random.range(0.3, 0.8) } else { 0.0 };
    let [first, second] = [(first, head), (second, turned)].map(|(gaze, head)| gaze - Vec2::new(outward * head[0], 0.0));
    [first.clamp(-limit, limit), second.clamp(-limit, limit)]
}

fn expressions(kit: &FaceKit, random: &mut Random) -> [Expression; 2] {
    let kind = random.unit();
    let calm = random.range(0.0, 0.25);
    if kind < MOUTH_SHARE {
        let first = Expression::random(kit, random, calm);
        let second = match random.below(4) {
            0 => Expression::grin(kit, random, true),
            1 => Expression::grin(kit, random, false),
            _ => Expression::open_mouth(kit, random),
        };
        return [first, second];
    }
    if kind < MOUTH_SHARE + BLINK_SHARE {
        let first = Expression::random(kit, random, calm).with_blink(kit, 0.0);
        let strength = random.range(0.0, 0.8);
        let closed = if random.chance(0.7) { random.range(0.85, 1.0) } else { random.range(0.3, 0.85) };
        let other = if random.chance(0.5) { first.clone() } else { Expression::random(kit, random, strength) };
        return [first, other.with_blink(kit, closed)];
    }
    let strength = if random.chance(0.65) { calm } else { random.range(0.5, 1.0) };
    let first = Expression::random(kit, random, strength);
    if kind < MOUTH_SHARE + BLINK_SHARE + SPEECH_SHARE {
        return [first, Expression::speech(kit, random)];
    }
    let strength = if random.chance(0.75) { random.range(0.6, 1.1) } else { random.range(0.0, 0.3) };
    [first, Expression::random(kit, random, strength)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(count: u64) -> Vec<([Pose; 2], f32)> {
        (0..count)
            .map(|i| {
                let mut random = Random::new(11, i);
                let follow = random.unit();
                (poses(&mut random, 1.0, follow), follow)
            })
            .collect()
    }

    #[test]
    fn a_third_of_the_pairs_is_turned_far_and_none_too_far() {
        let drawn = drawn(6000);
        let yaw = |pose: &Pose| pose.head[0].abs();
        let turned = drawn.iter().filter(|(p, _)| p.iter().any(|p| yaw(p) > TURNED)).count() as f32 / 6000.0;
        assert!((turned - 1.0 / 3.0).abs() < 0.03, "share of turned pairs {turned}");
        assert!(drawn.iter().flat_map(|(p, _)| p).all(|p| yaw(p) <= LARGEST_YAW + 1e-5), "none beyond 60 degrees");
    }

    #[test]
    fn the_body_follows_as_much_as_it_says() {
        for (poses, follow) in drawn(300) {
            let [first, second] = poses;
            let moved = second.body_shift_cm - first.body_shift_cm;
            let told = (second.head_shift_cm - first.head_shift_cm) * follow;
            assert!(moved.distance(told) < 0.5, "moved {moved}, told {told}");
            let turned = second.body[0] - first.body[0] - 0.5 * follow * (second.head[0] - first.head[0]);
            assert!(turned.abs() < 0.06, "turned by {turned} more than told");
        }
        let mut random = Random::new(1, 1);
        let [first, second] = poses(&mut random, 1.0, 0.0);
        assert_eq!((first.body, first.body_shift_cm), (second.body, second.body_shift_cm), "at 0 it stands still");
    }

    #[test]
    fn eyes_stay_within_their_lids() {
        assert!(drawn(500).iter().flat_map(|(p, _)| p).all(|p| p.gaze.x.abs() <= 0.6 && p.gaze.y.abs() <= 0.35), "gaze is bounded");
    }
}
