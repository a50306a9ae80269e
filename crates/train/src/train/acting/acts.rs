//! The acts themselves: what a face does in each of the performances that come with the program.

use super::score::{Channel, Score};
use crate::data::Coefficient as C;
use crate::random::Random;

/// A performance to be acted.
#[derive(Clone, Copy, Debug)]
pub struct Act {
    /// Name of its file.
    pub name: &'static str,
    /// Title for people.
    pub title: &'static str,
    write: fn() -> Score,
}

impl Act {
    pub(super) fn score(&self) -> Score {
        (self.write)()
    }
}

/// All of them.
pub static ACTS: [Act; 4] = [
    Act { name: "talk", title: "Talk", write: talk },
    Act { name: "laugh", title: "Laugh", write: laugh },
    Act { name: "doubt", title: "Doubt", write: doubt },
    Act { name: "look_around", title: "Look around", write: look_around },
];

const BROWS_INNER: Channel = Channel::Of(C::BrowInnerUp);
const BROWS_OUTER: Channel = Channel::Both(C::BrowOuterUpLeft, C::BrowOuterUpRight);
const BROWS_DOWN: Channel = Channel::Both(C::BrowDownLeft, C::BrowDownRight);
const SMILE: Channel = Channel::Both(C::MouthSmileLeft, C::MouthSmileRight);
const UPPER_UP: Channel = Channel::Both(C::MouthUpperUpLeft, C::MouthUpperUpRight);
const LOWER_DOWN: Channel = Channel::Both(C::MouthLowerDownLeft, C::MouthLowerDownRight);
const STRETCH: Channel = Channel::Both(C::MouthStretchLeft, C::MouthStretchRight);
const PRESS: Channel = Channel::Both(C::MouthPressLeft, C::MouthPressRight);
const FROWN: Channel = Channel::Both(C::MouthFrownLeft, C::MouthFrownRight);
const SQUINT: Channel = Channel::Both(C::EyeSquintLeft, C::EyeSquintRight);
const CHEEKS: Channel = Channel::Both(C::CheekSquintLeft, C::CheekSquintRight);
const WIDE: Channel = Channel::Both(C::EyeWideLeft, C::EyeWideRight);
const JAW: Channel = Channel::Of(C::JawOpen);

/// Mouth shapes of groups of sounds.
const SOUNDS: [&[(Channel, f32)]; 7] = [
    &[(PRESS, 0.5), (Channel::Of(C::MouthRollLower), 0.25)],                 // m, b, p
    &[(Channel::Of(C::MouthRollLower), 0.5), (UPPER_UP, 0.25), (JAW, 0.05)], // f, v
    &[(JAW, 0.42), (LOWER_DOWN, 0.35), (UPPER_UP, 0.2)],                     // a
    &[(JAW, 0.14), (SMILE, 0.3), (STRETCH, 0.35), (LOWER_DOWN, 0.35)],       // e, i
    &[(JAW, 0.26), (Channel::Of(C::MouthFunnel), 0.6)],                      // o
    &[(JAW, 0.08), (Channel::Of(C::MouthPucker), 0.75)],                     // u, w
    &[(JAW, 0.07), (LOWER_DOWN, 0.45), (UPPER_UP, 0.3), (STRETCH, 0.15)],    // s, t, l
];

/// Says something between two times: a sound every sixth of a second or so, each with its own strength, and an opening one after every closed one.
fn say(score: &mut Score, random: &mut Random, from: f32, to: f32) {
    const OPENING: [usize; 4] = [2, 3, 4, 5];
    const CLOSING: [usize; 3] = [0, 1, 6];
    let mut keys: Vec<(Channel, Vec<(f32, f32)>)> = Vec::new();
    let mut time = from;
    let mut opens = false;
    while time < to - 0.2 {
        let length = random.range(0.13, 0.2);
        let sound = SOUNDS[if opens { *random.pick(&OPENING) } else { *random.pick(&CLOSING) }];
        let strength = random.range(0.7, 1.1);
        for (part, curve) in &mut keys {
            let value = sound.iter().find(|(other, _)| other == part).map_or(0.0, |(_, value)| value * strength);
            curve.push((time + 0.5 * length, value));
        }
        for (part, value) in sound {
            if !keys.iter().any(|(known, _)| known == part) {
                keys.push((*part, vec![(from, 0.0), ((time - 0.5 * length).max(from), 0.0), (time + 0.5 * length, value * strength)]));
            }
        }
        time += length;
        opens = !opens;
    }
    for (part, mut curve) in keys {
        curve.push((to, 0.0));
        score.play(part, &curve);
    }
}

/// Three sentences, with brows that stress words, nods, and glances aside.
fn talk() -> Score {
    let mut score = Score::new(9.0);
    let mut random = Random::new(11, 0);
    for (from, to) in [(0.5, 3.0), (3.5, 5.6), (6.1, 8.4)] {
        say(&mut score, &mut random, from, to);
    }
    score
        .play(BROWS_OUTER, &[(0.6, 0.0), (0.9, 0.55), (1.5, 0.1), (4.3, 0.0), (4.6, 0.7), (5.2, 0.0)])
        .play(BROWS_INNER, &[(0.6, 0.0), (0.9, 0.5), (1.5, 0.0), (4.3, 0.0), (4.6, 0.6), (5.2, 0.0), (7.0, 0.0), (7.4, 0.5), (8.2, 0.0)])
        .play(BROWS_DOWN, &[(1.7, 0.0), (2.1, 0.5), (2.8, 0.0), (6.2, 0.0), (6.5, 0.45), (6.9, 0.0)])
        .play(WIDE, &[(4.3, 0.0), (4.6, 0.45), (5.2, 0.0)])
        .play(SMILE, &[(7.9, 0.0), (8.3, 0.45), (8.7, 0.35), (9.0, 0.0)])
        .play(Channel::Yaw, &[(0.4, 0.0), (1.2, 9.0), (2.4, 5.0), (3.2, -6.0), (4.6, -10.0), (5.8, 2.0), (7.0, 8.0), (8.6, 0.0)])
        .play(
            Channel::Pitch,
            &[(0.6, 0.0), (0.95, 5.0), (1.4, -2.0), (2.1, 6.0), (2.8, 0.0), (4.4, -5.0), (5.0, 4.0), (6.4, 6.0), (7.2, -1.0), (8.6, 0.0)],
        )
        .play(Channel::Roll, &[(1.0, 0.0), (2.0, -4.0), (3.4, 2.0), (4.8, 6.0), (6.2, -3.0), (8.6, 0.0)])
        .play(Channel::Aside, &[(3.0, 0.0), (3.12, 0.75), (3.75, 0.75), (3.87, 0.0), (5.7, 0.0), (5.82, -0.7), (6.3, -0.7), (6.42, 0.0)])
        .play(Channel::Down, &[(3.0, 0.0), (3.12, -0.25), (3.75, -0.25), (3.87, 0.0), (5.7, 0.0), (5.82, 0.3), (6.3, 0.3), (6.42, 0.0)])
        .blink(&[0.2, 2.95, 3.8, 5.65, 7.5]);
    score
}

/// A smile that breaks into laughter, head back, eyes narrow, and dies away.
fn laugh() -> Score {
    let mut score = Score::new(7.0);
    let from = 1.7;
    // The jaw bounces with the breath, four times and a half a second, less and less.
    let bounces = (0..26).map(|i| (from + i as f32 / 9.0, i)).map(|(time, i)| {
        let fading = 1.0 - (i as f32 / 26.0).powi(2);
        (time, fading * if i % 2 == 0 { 0.55 } else { 0.3 })
    });
    let jaw: Vec<(f32, f32)> = std::iter::once((1.45, 0.0)).chain(bounces).chain([(4.9, 0.05), (5.6, 0.0)]).collect();
    let nods: Vec<(f32, f32)> = (0..26).map(|i| (from + i as f32 / 9.0, if i % 2 == 0 { 1.6 } else { -1.2 })).collect();
    let nods: Vec<(f32, f32)> = std::iter::once((1.5, 0.0)).chain(nods).chain([(5.0, 0.0)]).collect();
    score
        .play(JAW, &jaw)
        .play(Channel::Pitch, &nods)
        .play(Channel::Pitch, &[(1.3, 0.0), (2.3, -13.0), (3.4, -8.0), (4.2, 5.0), (5.4, 0.0)])
        .play(SMILE, &[(0.4, 0.0), (1.3, 0.6), (1.9, 0.95), (4.6, 0.85), (5.6, 0.4), (6.7, 0.0)])
        .play(CHEEKS, &[(1.0, 0.0), (1.9, 0.8), (4.6, 0.6), (6.0, 0.0)])
        .play(UPPER_UP, &[(1.4, 0.0), (1.9, 0.45), (4.4, 0.3), (5.4, 0.0)])
        .play(LOWER_DOWN, &[(1.4, 0.0), (1.9, 0.35), (4.4, 0.2), (5.4, 0.0)])
        .play(SQUINT, &[(1.0, 0.0), (2.0, 0.75), (4.6, 0.5), (6.0, 0.0)])
        .play(Channel::Both(C::EyeBlinkLeft, C::EyeBlinkRight), &[(1.8, 0.0), (2.2, 0.4), (2.9, 0.85), (3.5, 0.35), (4.4, 0.0)])
        .play(BROWS_INNER, &[(1.4, 0.0), (2.0, 0.45), (3.6, 0.2), (5.0, 0.0)])
        .play(Channel::Roll, &[(1.6, 0.0), (2.6, -6.0), (3.8, 4.0), (5.4, 0.0)])
        .play(Channel::Yaw, &[(1.6, 0.0), (2.8, 8.0), (4.2, -4.0), (5.6, 0.0)])
        .play(Channel::Down, &[(4.0, 0.0), (4.2, 0.4), (5.0, 0.4), (5.15, 0.0)])
        .blink(&[0.3, 4.5, 5.9]);
    score
}

/// One brow goes up, the mouth to one side; a look away, lips pursed, and a slow shake of the head.
fn doubt() -> Score {
    let mut score = Score::new(7.0);
    score
        .play(Channel::Of(C::BrowOuterUpLeft), &[(0.4, 0.0), (0.9, 0.95), (2.9, 0.85), (3.4, 0.0)])
        .play(Channel::Of(C::BrowDownRight), &[(0.4, 0.0), (0.9, 0.8), (2.9, 0.7), (3.4, 0.2), (5.6, 0.35), (6.4, 0.0)])
        .play(Channel::Of(C::BrowDownLeft), &[(3.2, 0.0), (3.7, 0.45), (5.6, 0.35), (6.4, 0.0)])
        .play(Channel::Of(C::EyeSquintRight), &[(0.5, 0.0), (1.0, 0.7), (2.9, 0.6), (3.5, 0.25), (6.2, 0.0)])
        .play(Channel::Of(C::EyeWideLeft), &[(0.5, 0.0), (0.9, 0.3), (2.8, 0.2), (3.3, 0.0)])
        .play(Channel::Of(C::MouthLeft), &[(1.0, 0.0), (1.5, 0.7), (2.9, 0.6), (3.5, 0.0)])
        .play(Channel::Of(C::MouthDimpleLeft), &[(1.0, 0.0), (1.5, 0.6), (2.9, 0.5), (3.5, 0.0)])
        .play(PRESS, &[(1.0, 0.0), (1.5, 0.45), (2.9, 0.4), (3.5, 0.0)])
        .play(Channel::Of(C::MouthPucker), &[(3.5, 0.0), (4.0, 0.6), (4.6, 0.5), (5.0, 0.0)])
        .play(FROWN, &[(4.6, 0.0), (5.1, 0.65), (5.8, 0.5), (6.5, 0.0)])
        .play(Channel::Of(C::MouthShrugLower), &[(4.6, 0.0), (5.1, 0.6), (5.8, 0.45), (6.5, 0.0)])
        .play(Channel::Roll, &[(0.5, 0.0), (1.3, 9.0), (2.9, 8.0), (4.0, -2.0), (6.5, 0.0)])
        .play(
            Channel::Yaw,
            &[
                (0.5, 0.0),
                (1.3, -8.0),
                (2.9, -10.0),
                (3.6, 0.0),
                (4.7, 0.0),
                (5.0, 7.0),
                (5.35, -7.0),
                (5.7, 5.0),
                (6.05, -3.0),
                (6.5, 0.0),
            ],
        )
        .play(Channel::Pitch, &[(0.5, 0.0), (1.3, 4.0), (2.9, 3.0), (4.0, -4.0), (6.5, 0.0)])
        .play(Channel::Aside, &[(3.0, 0.0), (3.12, 0.9), (4.3, 0.8), (4.42, 0.0)])
        .play(Channel::Down, &[(3.0, 0.0), (3.12, -0.5), (4.3, -0.4), (4.42, 0.0)])
        .blink(&[0.25, 2.95, 4.35, 6.3]);
    score
}

/// The head turns by 35 degrees to either side, eyes first, then nods and tilts.
fn look_around() -> Score {
    let mut score = Score::new(10.0);
    score
        .play(Channel::Yaw, &[(0.6, 0.0), (1.7, 35.0), (2.4, 35.0), (4.0, -35.0), (4.7, -35.0), (5.7, 0.0)])
        .play(
            Channel::Pitch,
            &[(1.0, 0.0), (2.0, -4.0), (4.2, 5.0), (5.6, 0.0), (6.3, -18.0), (6.7, -18.0), (7.5, 18.0), (7.9, 18.0), (8.5, 0.0)],
        )
        .play(Channel::Roll, &[(1.0, 0.0), (2.0, 4.0), (4.2, -4.0), (5.7, 0.0), (8.4, 0.0), (8.9, 15.0), (9.1, 15.0), (9.7, 0.0)])
        .play(Channel::Roll, &[(5.6, 0.0), (6.5, -7.0), (7.6, -3.0), (8.4, 0.0)])
        .play(
            Channel::Aside,
            &[(0.5, 0.0), (0.63, 0.8), (1.7, 0.25), (2.25, 0.2), (2.38, -0.85), (3.9, -0.25), (4.6, -0.2), (4.73, 0.6), (5.6, 0.0)],
        )
        .play(Channel::Down, &[(5.6, 0.0), (5.73, -0.55), (6.6, -0.2), (6.73, 0.6), (7.8, 0.25), (7.93, -0.3), (8.5, 0.0)])
        .play(BROWS_OUTER, &[(5.6, 0.0), (6.2, 0.5), (6.7, 0.3), (7.3, 0.0)])
        .play(BROWS_INNER, &[(5.6, 0.0), (6.2, 0.4), (6.7, 0.2), (7.3, 0.0)])
        .play(SMILE, &[(8.5, 0.0), (9.0, 0.5), (9.4, 0.4), (9.9, 0.0)])
        .blink(&[0.5, 2.3, 4.65, 6.65, 7.85, 9.6]);
    score
}
