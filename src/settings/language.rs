//! Which language the window speaks.

use serde::{Deserialize, Serialize};

/// A language that the window can speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English, which stands in where anything is missing.
    #[default]
    English,
    /// Spanish.
    Spanish,
    /// German.
    German,
    /// French.
    French,
    /// Portuguese, as in Brazil.
    Portuguese,
    /// Italian.
    Italian,
    /// Japanese.
    Japanese,
    /// Chinese in simplified characters.
    Chinese,
}

impl Language {
    /// All of them, in the order of the menu.
    pub const ALL: [Self; 8] =
        [Self::English, Self::Spanish, Self::German, Self::French, Self::Portuguese, Self::Italian, Self::Japanese, Self::Chinese];

    /// Its code in BCP 47, which also names its folder in `assets/languages`.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
            Self::German => "de",
            Self::French => "fr",
            Self::Portuguese => "pt",
            Self::Italian => "it",
            Self::Japanese => "ja",
            Self::Chinese => "zh",
        }
    }

    /// What it calls itself.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Spanish => "Español",
            Self::German => "Deutsch",
            Self::French => "Français",
            Self::Portuguese => "Português",
            Self::Italian => "Italiano",
            Self::Japanese => "日本語",
            Self::Chinese => "简体中文",
        }
    }

    /// The language of a code as the settings have it.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// The language of a locale such as `es-MX` or `zh-Hans-CN`. `None` for one that is not spoken; traditional Chinese is none of ours.
    pub fn of_locale(locale: &str) -> Option<Self> {
        let mut parts = locale.split(['-', '_', '.', '@']);
        let first = parts.next()?.to_ascii_lowercase();
        let is_traditional = parts.any(|part| ["hant", "tw", "hk", "mo"].contains(&part.to_ascii_lowercase().as_str()));
        Self::of_code(&first).filter(|language| *language != Self::Chinese || !is_traditional)
    }

    /// The first language of these locales that is spoken, the dearest first; English for none. The locale `C` is that of no language: English, too.
    pub fn of_locales(locales: &[String]) -> Self {
        let known = |locale: &String| if matches!(locale.as_str(), "C" | "POSIX") { Some(Self::English) } else { Self::of_locale(locale) };
        locales.iter().find_map(known).unwrap_or_default()
    }

    /// Whether its characters are in none of the fonts that the program brings, so that the system must have one.
    pub fn needs_font(self) -> bool {
        matches!(self, Self::Japanese | Self::Chinese)
    }

    /// What stands before the decimals of a number.
    pub fn decimal_mark(self) -> char {
        if matches!(self, Self::English | Self::Japanese | Self::Chinese) { '.' } else { ',' }
    }
}

/// What the user wants of the language, in the settings `"system"` or a code such as `"es"`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum LanguageChoice {
    /// The system's.
    #[default]
    System,
    /// This one.
    Of(Language),
    /// Something that this version does not know: the system's. It stays in the file, since another version may know it.
    Unknown(String),
}

impl From<String> for LanguageChoice {
    fn from(text: String) -> Self {
        match Language::of_code(&text) {
            _ if text == "system" => Self::System,
            Some(language) => Self::Of(language),
            None => Self::Unknown(text),
        }
    }
}

impl From<LanguageChoice> for String {
    fn from(choice: LanguageChoice) -> Self {
        match choice {
            LanguageChoice::System => "system".to_owned(),
            LanguageChoice::Of(language) => language.code().to_owned(),
            LanguageChoice::Unknown(text) => text,
        }
    }
}

impl LanguageChoice {
    /// The language, for a user whose system has these locales.
    pub fn language(&self, locales: &[String]) -> Language {
        if let Self::Of(language) = self { *language } else { Language::of_locales(locales) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_locale_chooses_and_the_user_overrides() {
        let of = |locales: &[&str]| Language::of_locales(&locales.iter().map(|&locale| locale.to_owned()).collect::<Vec<_>>());
        for (locales, expected) in [
            (&["es-MX"][..], Language::Spanish),
            (&["de_AT.UTF-8"], Language::German),
            (&["pt-PT"], Language::Portuguese),
            (&["zh-Hans-CN"], Language::Chinese),
            (&["zh-TW", "ja-JP"], Language::Japanese),
            (&["ko-KR", "fr"], Language::French),
            (&["C", "de-DE"], Language::English),
            (&["tlh", ""], Language::English),
            (&[], Language::English),
        ] {
            assert_eq!(of(locales), expected, "{locales:?}");
        }
        let german = ["de-DE".to_owned()];
        assert_eq!(LanguageChoice::System.language(&german), Language::German, "the system");
        assert_eq!(LanguageChoice::Of(Language::Italian).language(&german), Language::Italian, "the user");
        assert_eq!(LanguageChoice::Unknown("tlh".to_owned()).language(&german), Language::German, "what nobody knows");
    }

    #[test]
    fn every_language_goes_through_the_settings_and_back() {
        let choices = Language::ALL.map(LanguageChoice::Of).into_iter();
        for choice in choices.chain([LanguageChoice::System, LanguageChoice::Unknown("tlh".to_owned())]) {
            assert_eq!(LanguageChoice::from(String::from(choice.clone())), choice, "{choice:?}");
        }
    }
}
