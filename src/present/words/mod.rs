//! What the window says, in the language of its user.
//!
//! The texts are Fluent messages in `assets/languages`, one folder for each language, and part of the program. `fluent-bundle` reads them by itself: it is what
//! fluent-templates and i18n-embed stand on, which would add macros, folders that are walked and state that all threads share, for eight files that are
//! embedded anyway.
//!
//! `t!(key)` and `t!(key, name = value)` give a text. The language belongs to the thread, as the window does: [`speak`] sets it, and what other threads
//! show to people, such as the file dialog, takes its texts along. A text that a language lacks comes in English, which a test does not let pass.
//!
//! What the pipeline says in enumerated types is translated here. What it says of files, devices and the system comes as an English sentence, and stays one,
//! inside a translated frame (the keys `trouble…`). The command line speaks English.

mod fonts;
pub(super) mod menu;

use std::borrow::Cow;
use std::cell::RefCell;

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

pub use fonts::FontFinder;
pub(super) use fonts::Fonts;

use crate::settings::Language;

/// A text by its key, with what stands in it.
macro_rules! t {
    ($key:literal) => {
        $crate::present::words::text($key, [])
    };
    ($key:literal, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::present::words::text($key, [$((stringify!($name), ($value).into())),+])
    };
}

pub(super) use t;

/// The texts of a language.
fn source(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../../../assets/languages/en/window.ftl"),
        Language::Spanish => include_str!("../../../assets/languages/es/window.ftl"),
        Language::German => include_str!("../../../assets/languages/de/window.ftl"),
        Language::French => include_str!("../../../assets/languages/fr/window.ftl"),
        Language::Portuguese => include_str!("../../../assets/languages/pt/window.ftl"),
        Language::Italian => include_str!("../../../assets/languages/it/window.ftl"),
        Language::Japanese => include_str!("../../../assets/languages/ja/window.ftl"),
        Language::Chinese => include_str!("../../../assets/languages/zh/window.ftl"),
    }
}

/// A language that is spoken, and English for what it lacks.
struct Voice {
    language: Language,
    own: FluentBundle<FluentResource>,
    english: Option<FluentBundle<FluentResource>>,
}

impl Voice {
    fn of(language: Language) -> Self {
        let english = (language != Language::English).then(|| bundle(Language::English));
        Self { language, own: bundle(language), english }
    }

    fn text(&self, key: &str, values: &FluentArgs<'_>) -> Option<String> {
        std::iter::once(&self.own).chain(&self.english).find_map(|bundle| {
            let pattern = bundle.get_message(key)?.value()?;
            let mut faults = Vec::new();
            let text = bundle.format_pattern(pattern, Some(values), &mut faults);
            for fault in faults {
                tracing::error!("the text {key}: {fault}");
            }
            Some(text.into_owned())
        })
    }
}

thread_local! {
    static VOICE: RefCell<Voice> = RefCell::new(Voice::of(Language::English));
}

fn bundle(language: Language) -> FluentBundle<FluentResource> {
    let (resource, faults) = parsed(source(language));
    for fault in faults {
        tracing::error!("the texts of {language:?}: {fault}");
    }
    let locale: LanguageIdentifier = language.code().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new(vec![locale]);
    // Marks that set a part of another direction apart: none of these languages needs them, and fonts draw them as boxes.
    bundle.set_use_isolating(false);
    if let Err(faults) = bundle.add_resource(resource) {
        for fault in faults {
            tracing::error!("the texts of {language:?}: {fault}");
        }
    }
    bundle
}

fn parsed(text: &str) -> (FluentResource, Vec<String>) {
    match FluentResource::try_new(text.to_owned()) {
        Ok(resource) => (resource, Vec::new()),
        Err((resource, faults)) => (resource, faults.iter().map(ToString::to_string).collect()),
    }
}

/// The locales of the user, the dearest first.
pub(super) fn of_user() -> Vec<String> {
    sys_locale::get_locales().collect()
}

/// Lets this thread speak a language from now on.
pub(super) fn speak(language: Language) {
    if spoken() != language {
        VOICE.set(Voice::of(language));
    }
}

/// The language that this thread speaks.
pub(super) fn spoken() -> Language {
    VOICE.with_borrow(|voice| voice.language)
}

/// The text with this key; use `t!`.
pub(super) fn text<const N: usize>(key: &'static str, values: [(&'static str, FluentValue<'_>); N]) -> String {
    let values: FluentArgs<'_> = values.into_iter().collect();
    VOICE.with_borrow(|voice| voice.text(key, &values)).unwrap_or_else(|| {
        tracing::error!("there is no text {key}");
        key.to_owned()
    })
}

/// A number with so many decimals.
pub(super) fn number(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    match spoken().decimal_mark() {
        '.' => text,
        mark => text.replace('.', &mark.to_string()),
    }
}

/// A share of 1 in whole percent, for texts that have the sign.
pub(super) fn percent(share: f32) -> u32 {
    (share * 100.0).round().max(0.0) as u32
}

/// A number of megabytes or kilobytes for people.
pub(super) fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => t!("kilobytes", number = bytes.div_ceil(1000)),
        1_000_000..10_000_000 => t!("megabytes", number = number(bytes as f64 / 1e6, 1)),
        _ => t!("megabytes", number = number(bytes as f64 / 1e6, 0)),
    }
}

/// A name as people see it: those that the program itself gives are translated, others stay.
pub(super) fn name(given: &str) -> Cow<'_, str> {
    Cow::Owned(match given {
        "Straw Hat, Noon" => t!("portrait-garden"),
        "Lady in Umber" => t!("portrait-lady"),
        "The Crimson Cap" => t!("portrait-dutch"),
        "The Old Pilot" => t!("portrait-chalk"),
        "Talk" => t!("performance-talk"),
        "Laugh" => t!("performance-laugh"),
        "Doubt" => t!("performance-doubt"),
        "Look around" => t!("performance-look-around"),
        "face reader" => t!("reader-face"),
        other => return Cow::Borrowed(other),
    })
}

#[cfg(test)]
mod tests;
