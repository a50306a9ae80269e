//! What stands behind a portrait's person.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What is seen behind the person of a portrait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Background {
    /// What the picture shows there.
    #[default]
    Own,
    /// The same, out of focus.
    Blurred,
    /// One colour: red, green and blue of sRGB.
    Colour([u8; 3]),
    /// Nothing: the picture is transparent there.
    Transparent,
}

impl Background {
    /// The green that other programs key out unless told otherwise.
    pub const GREEN: Self = Self::Colour([0, 255, 0]);
}

/// A word that names no background.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("give own, blurred, green, transparent, or a colour such as #204080")]
pub struct UnknownBackground;

impl FromStr for Background {
    type Err = UnknownBackground;

    /// `own`, `blurred`, `green`, `transparent`, or `#rrggbb` in hexadecimal.
    fn from_str(text: &str) -> Result<Self, UnknownBackground> {
        match text {
            "own" => Ok(Self::Own),
            "blurred" => Ok(Self::Blurred),
            "green" => Ok(Self::GREEN),
            "transparent" => Ok(Self::Transparent),
            _ => {
                let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()));
                let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).ok_or(UnknownBackground)?;
                let [_, red, green, blue] = number.to_be_bytes();
                Ok(Self::Colour([red, green, blue]))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backgrounds_are_understood_as_users_write_them() {
        let named = |text: &str| text.parse::<Background>();
        assert_eq!(named("own"), Ok(Background::Own), "the picture's own");
        assert_eq!(named("green"), Ok(Background::Colour([0, 255, 0])), "for keying");
        assert_eq!(named("#20A0ff"), Ok(Background::Colour([0x20, 0xa0, 0xff])), "a colour, in either case");
        for wrong in ["", "#", "#12345", "#1234567", "#+12345", "#é1234", "204080", "Blurred", "red"] {
            assert_eq!(named(wrong), Err(UnknownBackground), "{wrong:?} is none");
        }
        assert!(UnknownBackground.to_string().contains("#204080"), "says what is");
    }

    #[test]
    fn backgrounds_come_back_from_a_file() {
        for background in [Background::Own, Background::Blurred, Background::GREEN, Background::Transparent] {
            let written = serde_json::to_string(&background).expect("written");
            assert_eq!(serde_json::from_str::<Background>(&written).ok(), Some(background), "{written}");
        }
    }
}
