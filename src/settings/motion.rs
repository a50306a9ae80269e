//! How the portrait follows: strengths, smoothing, switches, and presets of them.

use serde::{Deserialize, Serialize};

use super::FaceReader;

/// How many presets of their own somebody can have.
const MAX_PRESETS: usize = 24;
/// Longest name of a preset, in letters.
const MAX_NAME: usize = 32;

/// How strongly each part of the face follows the driver: 0 is still, 1 as the driver does, 2 twice as much.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Strengths {
    /// Turning, nodding and tilting the head.
    pub head: f32,
    /// Blinking, squinting and opening the eyes wide.
    pub eyes: f32,
    /// Looking around.
    pub gaze: f32,
    /// Raising and knitting the brows.
    pub brows: f32,
    /// Lips and jaw.
    pub mouth: f32,
}

impl Strengths {
    /// The greatest strength that the window offers.
    pub const MAX: f32 = 2.0;
}

impl Default for Strengths {
    fn default() -> Self {
        Self { head: 1.0, eyes: 1.0, gaze: 1.0, brows: 1.0, mouth: 1.0 }
    }
}

/// What of the controls belongs to a portrait: another face may need another strength.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Motion {
    /// Strength of every part of the face.
    pub strengths: Strengths,
    /// From 0, every frame as tracked, to 1, very calm and a little late.
    pub smoothing: f32,
}

impl Default for Motion {
    fn default() -> Self {
        Self { strengths: Strengths::default(), smoothing: 0.5 }
    }
}

impl Motion {
    /// The same with every number brought into its range, and numbers that are none replaced by the default.
    #[must_use]
    pub fn sanitised(&self) -> Self {
        let within = |value: f32, max: f32, default: f32| if value.is_finite() { value.clamp(0.0, max) } else { default };
        let d = Self::default();
        let s = &self.strengths;
        Self {
            strengths: Strengths {
                head: within(s.head, Strengths::MAX, d.strengths.head),
                eyes: within(s.eyes, Strengths::MAX, d.strengths.eyes),
                gaze: within(s.gaze, Strengths::MAX, d.strengths.gaze),
                brows: within(s.brows, Strengths::MAX, d.strengths.brows),
                mouth: within(s.mouth, Strengths::MAX, d.strengths.mouth),
            },
            smoothing: within(self.smoothing, 1.0, d.smoothing),
        }
    }
}

/// What the user can turn while the portrait is alive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Controls {
    /// Strength of every part of the face.
    pub strengths: Strengths,
    /// From 0, every frame as tracked, to 1, very calm and a little late.
    pub smoothing: f32,
    /// Whether the portrait moves like the driver's mirror image.
    pub mirror: bool,
    /// Whether the driver's landmarks are used as they are, without a neutral calibration: for self-reenactment.
    pub absolute: bool,
    /// What reads the driver's face.
    pub reader: FaceReader,
}

impl Default for Controls {
    fn default() -> Self {
        let Motion { strengths, smoothing } = Motion::default();
        Self { strengths, smoothing, mirror: false, absolute: false, reader: FaceReader::Best }
    }
}

impl Controls {
    /// What of them belongs to the portrait.
    pub fn motion(&self) -> Motion {
        Motion { strengths: self.strengths, smoothing: self.smoothing }
    }

    /// The same with another portrait's motion.
    #[must_use]
    pub fn with_motion(&self, motion: Motion) -> Self {
        Self { strengths: motion.strengths, smoothing: motion.smoothing, ..self.clone() }
    }

    /// The same with every number brought into its range, and numbers that are none replaced by the default.
    #[must_use]
    pub fn sanitised(&self) -> Self {
        self.with_motion(self.motion().sanitised())
    }
}

/// A motion of the user's own, by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MotionPreset {
    /// What the user calls it.
    pub name: String,
    /// The motion.
    pub motion: Motion,
}

impl MotionPreset {
    /// The name as it is kept: one line, without space around it, not too long. `None` where nothing is left of it.
    pub fn clean_name(typed: &str) -> Option<String> {
        let printable: String = typed.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let name: String = printable.trim().chars().take(MAX_NAME).collect();
        let name = name.trim_end().to_owned();
        (!name.is_empty() && !PRESETS.iter().any(|preset| preset.name == name)).then_some(name)
    }

    /// Puts a motion into a list under a name. A preset of that name is replaced; one with the very same motion is renamed, since two names for one thing
    /// help nobody. Returns whether there was room.
    pub fn keep(list: &mut Vec<Self>, name: String, motion: Motion) -> bool {
        let same = list.iter().position(|known| known.name == name).or_else(|| list.iter().position(|known| known.motion == motion));
        let new = Self { name, motion };
        match same {
            Some(index) => list[index] = new,
            None if list.len() >= MAX_PRESETS => return false,
            None => list.push(new),
        }
        true
    }
}

pub(super) fn sanitised_presets(presets: Vec<MotionPreset>) -> Vec<MotionPreset> {
    let mut sound: Vec<MotionPreset> = Vec::new();
    for preset in presets {
        if let Some(name) = MotionPreset::clean_name(&preset.name)
            && !sound.iter().any(|known| known.name == name)
            && sound.len() < MAX_PRESETS
        {
            sound.push(MotionPreset { name, motion: preset.motion.sanitised() });
        }
    }
    sound
}

/// A motion that the program brings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BuiltInPreset {
    /// Its name.
    pub name: &'static str,
    /// What it is good for.
    pub hint: &'static str,
    /// The motion.
    pub motion: Motion,
}

/// The motions that the program brings, the calm ones first. None goes as far as the sliders: at twice the driver's motion most faces break.
pub const PRESETS: [BuiltInPreset; 4] = [
    BuiltInPreset {
        name: "Natural",
        hint: "Everything as you do it",
        motion: Motion { strengths: Strengths { head: 1.0, eyes: 1.0, gaze: 1.0, brows: 1.0, mouth: 1.0 }, smoothing: 0.5 },
    },
    BuiltInPreset {
        name: "Lively",
        hint: "A little more of everything, for somebody who sits still",
        motion: Motion { strengths: Strengths { head: 1.15, eyes: 1.1, gaze: 1.1, brows: 1.35, mouth: 1.2 }, smoothing: 0.4 },
    },
    BuiltInPreset {
        name: "Theatre",
        hint: "Large gestures that are seen from the last row",
        motion: Motion { strengths: Strengths { head: 1.3, eyes: 1.25, gaze: 1.2, brows: 1.7, mouth: 1.45 }, smoothing: 0.35 },
    },
    BuiltInPreset {
        name: "Eyes only",
        hint: "The head keeps still, the eyes follow you",
        motion: Motion { strengths: Strengths { head: 0.0, eyes: 1.0, gaze: 1.0, brows: 0.0, mouth: 0.0 }, smoothing: 0.5 },
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preset_is_replaced_by_its_name_and_renamed_by_its_motion() {
        let [calm, wild] = [0.5, 1.5].map(|head| Motion { strengths: Strengths { head, ..Strengths::default() }, smoothing: 0.5 });
        let mut list = Vec::new();
        let names = |list: &[MotionPreset]| list.iter().map(|known| known.name.clone()).collect::<Vec<_>>();
        assert!(MotionPreset::keep(&mut list, "A".to_owned(), calm) && MotionPreset::keep(&mut list, "B".to_owned(), wild), "two");
        assert!(MotionPreset::keep(&mut list, "Calm".to_owned(), calm), "the same motion again");
        assert_eq!(names(&list), ["Calm", "B"], "is a new name for it");
        let other = Motion { smoothing: 0.1, ..wild };
        assert!(MotionPreset::keep(&mut list, "B".to_owned(), other), "the same name again");
        assert_eq!((names(&list), list[1].motion), (vec!["Calm".to_owned(), "B".to_owned()], other), "is a new motion for it");
        for n in 0..50 {
            MotionPreset::keep(&mut list, n.to_string(), Motion { smoothing: n as f32 / 100.0, ..calm });
        }
        assert_eq!(list.len(), MAX_PRESETS, "not for ever");
        assert!(!MotionPreset::keep(&mut list, "one more".to_owned(), Motion { smoothing: 0.999, ..calm }), "which is told");
    }

    #[test]
    fn names_are_one_short_line_and_not_those_of_the_program() {
        let clean = MotionPreset::clean_name;
        assert_eq!(clean("  for\nMum ").as_deref(), Some("for Mum"), "one line");
        assert_eq!(clean(&"x".repeat(99)).map(|name| name.len()), Some(MAX_NAME), "short");
        assert_eq!((clean(" \t"), clean("Natural")), (None, None), "nothing, and a name that is taken");
    }

    #[test]
    fn presets_of_the_program_are_within_the_sliders_and_all_different() {
        for (index, preset) in PRESETS.iter().enumerate() {
            assert_eq!(preset.motion, preset.motion.sanitised(), "{}", preset.name);
            assert!(PRESETS[..index].iter().all(|other| other.motion != preset.motion), "{}", preset.name);
        }
        assert_eq!(PRESETS[0].motion, Motion::default(), "the first one changes nothing");
    }
}
