//! Expression coefficients: how strongly each of 52 movements of a face is made, with the names that ARKit gave them.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::exactly::exactly;

/// Expression coefficients, in the order in which the face reader gives them. Left and right are the person's own.
#[expect(missing_docs, reason = "the names are those of a published convention and say what they mean")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum Coefficient {
    Neutral,
    BrowDownLeft,
    BrowDownRight,
    BrowInnerUp,
    BrowOuterUpLeft,
    BrowOuterUpRight,
    CheekPuff,
    CheekSquintLeft,
    CheekSquintRight,
    EyeBlinkLeft,
    EyeBlinkRight,
    EyeLookDownLeft,
    EyeLookDownRight,
    EyeLookInLeft,
    EyeLookInRight,
    EyeLookOutLeft,
    EyeLookOutRight,
    EyeLookUpLeft,
    EyeLookUpRight,
    EyeSquintLeft,
    EyeSquintRight,
    EyeWideLeft,
    EyeWideRight,
    JawForward,
    JawLeft,
    JawOpen,
    JawRight,
    MouthClose,
    MouthDimpleLeft,
    MouthDimpleRight,
    MouthFrownLeft,
    MouthFrownRight,
    MouthFunnel,
    MouthLeft,
    MouthLowerDownLeft,
    MouthLowerDownRight,
    MouthPressLeft,
    MouthPressRight,
    MouthPucker,
    MouthRight,
    MouthRollLower,
    MouthRollUpper,
    MouthShrugLower,
    MouthShrugUpper,
    MouthSmileLeft,
    MouthSmileRight,
    MouthStretchLeft,
    MouthStretchRight,
    MouthUpperUpLeft,
    MouthUpperUpRight,
    NoseSneerLeft,
    NoseSneerRight,
}

/// How many coefficients there are.
pub const COEFFICIENTS: usize = 52;

/// The names of the coefficients, as ARKit and MediaPipe write them.
pub const COEFFICIENT_NAMES: [&str; COEFFICIENTS] = [
    "_neutral",
    "browDownLeft",
    "browDownRight",
    "browInnerUp",
    "browOuterUpLeft",
    "browOuterUpRight",
    "cheekPuff",
    "cheekSquintLeft",
    "cheekSquintRight",
    "eyeBlinkLeft",
    "eyeBlinkRight",
    "eyeLookDownLeft",
    "eyeLookDownRight",
    "eyeLookInLeft",
    "eyeLookInRight",
    "eyeLookOutLeft",
    "eyeLookOutRight",
    "eyeLookUpLeft",
    "eyeLookUpRight",
    "eyeSquintLeft",
    "eyeSquintRight",
    "eyeWideLeft",
    "eyeWideRight",
    "jawForward",
    "jawLeft",
    "jawOpen",
    "jawRight",
    "mouthClose",
    "mouthDimpleLeft",
    "mouthDimpleRight",
    "mouthFrownLeft",
    "mouthFrownRight",
    "mouthFunnel",
    "mouthLeft",
    "mouthLowerDownLeft",
    "mouthLowerDownRight",
    "mouthPressLeft",
    "mouthPressRight",
    "mouthPucker",
    "mouthRight",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
    "mouthSmileLeft",
    "mouthSmileRight",
    "mouthStretchLeft",
    "mouthStretchRight",
    "mouthUpperUpLeft",
    "mouthUpperUpRight",
    "noseSneerLeft",
    "noseSneerRight",
];

impl Coefficient {
    /// The name that ARKit and MediaPipe use.
    pub fn name(self) -> &'static str {
        COEFFICIENT_NAMES[self as usize]
    }

    /// The place of the same movement on the other side of the face: that of the movement itself where it has no side.
    pub fn partner(index: usize) -> usize {
        let name = COEFFICIENT_NAMES[index];
        let other = match (name.strip_suffix("Left"), name.strip_suffix("Right")) {
            (Some(stem), _) => format!("{stem}Right"),
            (_, Some(stem)) => format!("{stem}Left"),
            _ => return index,
        };
        COEFFICIENT_NAMES.iter().position(|name| *name == other).unwrap_or(index)
    }
}

/// The coefficients of one face, each between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coefficients(pub [f32; COEFFICIENTS]);

impl Default for Coefficients {
    fn default() -> Self {
        Self([0.0; COEFFICIENTS])
    }
}

impl std::ops::Index<Coefficient> for Coefficients {
    type Output = f32;

    fn index(&self, coefficient: Coefficient) -> &f32 {
        &self.0[coefficient as usize]
    }
}

impl Coefficients {
    /// The coefficients of the mirrored face: left and right exchanged.
    #[must_use]
    pub fn mirrored(&self) -> Self {
        Self(std::array::from_fn(|i| self.0[Coefficient::partner(i)]))
    }
}

impl Serialize for Coefficients {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter())
    }
}

impl<'de> Deserialize<'de> for Coefficients {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        exactly(deserializer, "52 coefficients").map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_where_their_coefficients_do() {
        for (coefficient, name) in [
            (Coefficient::Neutral, "_neutral"),
            (Coefficient::EyeBlinkRight, "eyeBlinkRight"),
            (Coefficient::JawOpen, "jawOpen"),
            (Coefficient::MouthPucker, "mouthPucker"),
            (Coefficient::NoseSneerRight, "noseSneerRight"),
        ] {
            assert_eq!(coefficient.name(), name);
        }
        assert_eq!(Coefficient::NoseSneerRight as usize, COEFFICIENTS - 1);
        assert!(COEFFICIENT_NAMES.is_sorted(), "the order is alphabetical");
    }

    #[test]
    fn a_mirrored_face_winks_with_the_other_eye() {
        let mut face = Coefficients::default();
        face.0[Coefficient::EyeBlinkLeft as usize] = 0.75;
        face.0[Coefficient::MouthRight as usize] = 0.5;
        face.0[Coefficient::JawOpen as usize] = 0.25;
        let mirrored = face.mirrored();
        assert_eq!((mirrored[Coefficient::EyeBlinkRight], mirrored[Coefficient::EyeBlinkLeft]), (0.75, 0.0));
        assert_eq!((mirrored[Coefficient::MouthLeft], mirrored[Coefficient::JawOpen]), (0.5, 0.25));
        assert_eq!(mirrored.mirrored(), face);
    }
}
