//! Fonts for languages that the program brings none for. The toolkit finds them on the system, for each character that it lacks; here it is found out before
//! whether there is one at all, and the toolkit is told which language's shapes are wanted.

use std::fmt;
use std::sync::Arc;

use egui::epaint::text::{FallbackRequest, FontProvider};
use egui::{Context, FontFamily, ViewportId};
use egui_system_font_provider::SystemFontProvider;

use crate::runtime::{Latest, LatestReader, Worker};
use crate::settings::Language;

/// A font of a language, as the toolkit takes it.
type Provider = Arc<dyn FontProvider>;
/// The languages that need a font, each with what was found for it.
type Found = Vec<(Language, Option<Provider>)>;

/// How a font for a language is found. May take long: it is called on a thread of its own.
#[derive(Clone)]
pub struct FontFinder(Arc<dyn Fn(Language) -> Option<Provider> + Send + Sync>);

impl fmt::Debug for FontFinder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FontFinder")
    }
}

impl Default for FontFinder {
    /// Among the system's.
    fn default() -> Self {
        Self::new(of_system)
    }
}

impl FontFinder {
    /// Finds by a function.
    pub fn new(find: impl Fn(Language) -> Option<Provider> + Send + Sync + 'static) -> Self {
        Self(Arc::new(find))
    }
}

/// What the fonts of the system can show.
#[derive(Default)]
pub(in crate::present) struct Fonts {
    finder: FontFinder,
    found: Option<Found>,
    under_way: Option<(Worker, LatestReader<Found>)>,
}

impl Fonts {
    pub(in crate::present) fn new(finder: FontFinder) -> Self {
        Self { finder, found: None, under_way: None }
    }

    /// Begins to look for fonts, once.
    pub(in crate::present) fn look(&mut self, ctx: &Context) {
        if self.found.is_some() || self.under_way.is_some() {
            return;
        }
        let (answer, answers) = Latest::new();
        let (finder, ctx) = (self.finder.clone(), ctx.clone());
        let body = move |_: &_| {
            let needy = Language::ALL.into_iter().filter(|language| language.needs_font());
            answer.put(needy.map(|language| (language, (finder.0)(language))).collect());
            ctx.request_repaint_of(ViewportId::ROOT);
        };
        match Worker::spawn("fonts", body, |error| tracing::error!("{error}")) {
            Ok(worker) => self.under_way = Some((worker, answers)),
            Err(error) => tracing::error!("no font is looked for: {error}"),
        }
    }

    /// Whether the search has ended since the last call.
    pub(in crate::present) fn has_answered(&mut self) -> bool {
        let Some((_, answers)) = &self.under_way else { return false };
        let found = answers.take();
        let is_over = found.is_some() || answers.is_finished();
        if is_over {
            self.under_way = None;
            self.found = Some(found.unwrap_or_default());
        }
        is_over
    }

    /// Whether a language can be shown; `None` as long as that is not known.
    pub(in crate::present) fn can_show(&self, language: Language) -> Option<bool> {
        if !language.needs_font() {
            return Some(true);
        }
        self.found.as_ref().map(|found| found.iter().any(|(known, font)| *known == language && font.is_some()))
    }

    /// Lets the toolkit take this language's shapes first, and what it finds for the others after them: the menu has all of their names.
    pub(in crate::present) fn use_for(&self, ctx: &Context, language: Language) {
        let Some(found) = &self.found else { return };
        let (first, others): (Vec<_>, Vec<_>) = found.iter().partition(|(known, _)| *known == language);
        let fonts: Vec<Provider> = first.into_iter().chain(others).filter_map(|(_, font)| font.clone()).collect();
        if !fonts.is_empty() {
            ctx.set_font_providers(fonts);
        }
    }
}

impl Drop for Fonts {
    fn drop(&mut self) {
        // A system with thousands of fonts must not keep the window open.
        if let Some((worker, _)) = self.under_way.take() {
            worker.abandon();
        }
    }
}

/// The system's font for a language: one that has characters which only this language writes so.
fn of_system(language: Language) -> Option<Provider> {
    let provider = SystemFontProvider::new().with_locale(Some(language.code()));
    shows(&provider, language).then(|| Arc::new(provider) as Provider)
}

fn shows(provider: &dyn FontProvider, language: Language) -> bool {
    let family = FontFamily::Proportional;
    let samples: &[&str] = if language == Language::Japanese { &["語", "あ", "ア"] } else { &["简", "体"] };
    samples.iter().all(|&cluster| provider.font_for(&FallbackRequest { cluster, family: &family }).is_some())
}
