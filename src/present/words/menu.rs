//! The menu of languages, and what happens when one is chosen.

use egui::{Context, Popup, RectAlign, Ui, vec2};

use super::t;
use crate::present::action::Action;
use crate::present::app::{App, now_secs};
use crate::present::icons::Icon;
use crate::present::menus;
use crate::present::state::ViewState;
use crate::present::toasts::Severity;
use crate::present::widgets::{self, Weight};
use crate::settings::{Language, LanguageChoice};

/// Width of the menu, in points.
const MENU_WIDTH: f32 = 200.0;

/// What the menu shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LanguageView {
    /// What the user wants.
    pub choice: LanguageChoice,
    /// The system's language.
    pub system: Language,
    /// Whether fonts for all languages are looked for, or were.
    pub looked: bool,
    /// Languages that need a font of the system, and have one.
    pub with_font: Vec<Language>,
    /// Languages that need one, and have none.
    pub without_font: Vec<Language>,
}

/// The button that opens the menu: a globe, since who cannot read the words has to find it, too.
pub(in crate::present) fn button(ui: &mut Ui, view: &ViewState) -> Option<Action> {
    let response = widgets::icon_button(ui, Icon::Globe, &t!("language"), Weight::Quiet);
    let mut action = None;
    let menu = Popup::menu(&response).align(RectAlign::BOTTOM_END).width(MENU_WIDTH);
    let shown = menus::show(menu, &response, |ui| {
        ui.spacing_mut().button_padding = vec2(8.0, 4.0);
        action = entries(ui, &view.language);
        if action.is_some() {
            ui.close();
        }
    });
    action.or_else(|| (shown.is_some() && !view.language.looked).then_some(Action::LookForFonts))
}

fn entries(ui: &mut Ui, languages: &LanguageView) -> Option<Action> {
    let mut chosen = None;
    let follows = !matches!(languages.choice, LanguageChoice::Of(_));
    let system = t!("language-system", name = name(languages, languages.system));
    if widgets::entry(ui, follows, system).clicked() {
        chosen = Some(LanguageChoice::System);
    }
    for language in Language::ALL {
        let is_chosen = languages.choice == LanguageChoice::Of(language);
        let can_show = !languages.without_font.contains(&language);
        let entry = ui.add_enabled_ui(can_show, |ui| widgets::entry(ui, is_chosen, name(languages, language))).inner;
        if entry.on_disabled_hover_text(t!("language-no-font")).clicked() {
            chosen = Some(LanguageChoice::Of(language));
        }
    }
    chosen.map(Action::UseLanguage)
}

/// What a language calls itself, or what others call it where its characters cannot be shown, or not yet.
fn name(languages: &LanguageView, language: Language) -> String {
    let can_be_shown = !language.needs_font() || languages.with_font.contains(&language);
    if can_be_shown { language.own_name().to_owned() } else { foreign_name(language) }
}

fn foreign_name(language: Language) -> String {
    match language {
        Language::Japanese => t!("language-japanese"),
        Language::Chinese => t!("language-chinese"),
        other => other.own_name().to_owned(),
    }
}

impl App {
    /// Speaks what the user wants from now on.
    pub(in crate::present) fn use_language(&mut self, ctx: &Context, choice: LanguageChoice) {
        self.settings.language = choice;
        self.keeper.touch(now_secs(ctx));
        self.speak(ctx);
    }

    /// Speaks the language of the settings, or English where no font can show it.
    pub(in crate::present) fn speak(&mut self, ctx: &Context) {
        let wanted = self.settings.language.language(&self.locales);
        self.view.language.choice = self.settings.language.clone();
        self.view.language.system = Language::of_locales(&self.locales);
        if wanted.needs_font() {
            self.look_for_fonts(ctx);
        }
        if self.fonts.can_show(wanted) == Some(false) {
            super::speak(Language::English);
            self.say(Severity::Warning, t!("language-no-font-start", language = foreign_name(wanted)), ctx);
        } else {
            super::speak(wanted);
            self.fonts.use_for(ctx, wanted);
        }
    }

    /// Finds out which languages can be shown.
    pub(in crate::present) fn look_for_fonts(&mut self, ctx: &Context) {
        self.view.language.looked = true;
        self.fonts.look(ctx);
    }

    /// Takes what was found out of the fonts.
    pub(in crate::present) fn watch_fonts(&mut self, ctx: &Context) {
        if self.fonts.has_answered() {
            let needy = Language::ALL.into_iter().filter(|language| language.needs_font());
            let (with_font, without_font) = needy.partition(|language| self.fonts.can_show(*language) == Some(true));
            (self.view.language.with_font, self.view.language.without_font) = (with_font, without_font);
            self.speak(ctx);
        }
    }
}
