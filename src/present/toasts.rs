//! Short messages over the stage: what happened, and what to do.
//!
//! Written for this window because a message here may be a long sentence (so it wraps), is read out by screen readers, and must not
//! keep the window repainting while it is on show.

use egui::{Align2, Area, Context, Frame, Id, Margin, Order, Rect, RichText, Sense, Stroke, UiBuilder, accesskit, vec2};

use super::action::{Action, ViewAction};
use super::icons::{self, Icon};
use super::theme::{self, size};
use super::widgets::{self, Weight};
use super::words::t;

/// How many are shown at once; older ones make room.
const MAX_SHOWN: usize = 4;
/// Width of the text, in points.
const TEXT_WIDTH: f32 = 330.0;
/// Width of an offer's button, in points.
const OFFER_WIDTH: f32 = 190.0;

/// How long an offer stands, in seconds.
const OFFER_SECS: f64 = 15.0;

/// How serious a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Something went as wished.
    Done,
    /// Good to know.
    Info,
    /// Not quite as wished.
    Warning,
    /// It did not work.
    Error,
}

impl Severity {
    /// How long it stays, in seconds.
    fn lifetime_secs(self) -> f64 {
        match self {
            Self::Done => 4.0,
            Self::Info => 6.0,
            Self::Warning => 9.0,
            Self::Error => 15.0,
        }
    }

    fn icon(self) -> (Icon, egui::Color32) {
        match self {
            Self::Done => (Icon::Check, theme::GOOD),
            Self::Info => (Icon::Info, theme::TEXT_SOFT),
            Self::Warning => (Icon::Alert, theme::ACCENT),
            Self::Error => (Icon::Alert, theme::RECORD),
        }
    }
}

/// What a message offers to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// What the button says.
    pub label: String,
    /// What it does.
    pub action: Action,
}

/// One message.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    id: u64,
    /// How serious it is.
    pub severity: Severity,
    /// What it says.
    pub text: String,
    /// What it offers.
    pub offer: Option<Offer>,
    /// When it goes, in seconds of the window's clock.
    until_secs: f64,
}

impl Toast {
    fn offers(&self, action: &Action) -> bool {
        self.offer.as_ref().is_some_and(|offer| std::mem::discriminant(&offer.action) == std::mem::discriminant(action))
    }
}

/// A message as a person writes it. Errors begin with a small letter, since they may follow a colon elsewhere; names of files keep theirs.
pub(super) fn sentence(text: String) -> String {
    let first = text.split_whitespace().next().unwrap_or_default();
    if !first.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '\'' | ',')) || text.is_empty() {
        return text;
    }
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |letter| letter.to_uppercase().chain(letters).collect())
}

/// The messages that are on show.
#[derive(Debug, Default)]
pub struct Toasts {
    shown: Vec<Toast>,
    next_id: u64,
}

impl Toasts {
    /// Shows a message from `now_secs` on. The same message again only stays longer.
    pub fn push(&mut self, severity: Severity, text: impl Into<String>, now_secs: f64) {
        self.add(severity, text.into(), None, now_secs + severity.lifetime_secs());
    }

    /// Shows a message with a button, in the place of an earlier one that offers the same kind of thing.
    pub fn push_offer(&mut self, text: impl Into<String>, offer: Offer, now_secs: f64) {
        self.push_help(Severity::Info, text, offer, now_secs + OFFER_SECS - Severity::Info.lifetime_secs());
    }

    /// The same for something that went wrong: the button helps.
    pub fn push_help(&mut self, severity: Severity, text: impl Into<String>, offer: Offer, now_secs: f64) {
        self.withdraw(&offer.action);
        self.add(severity, text.into(), Some(offer), now_secs + severity.lifetime_secs());
    }

    /// Puts away what offers to do such a thing, whatever exactly: it is done, or its occasion is gone.
    pub fn withdraw(&mut self, action: &Action) {
        self.shown.retain(|toast| !toast.offers(action));
    }

    /// Whether such a thing is offered.
    pub fn offers(&self, action: &Action) -> bool {
        self.shown.iter().any(|toast| toast.offers(action))
    }

    fn add(&mut self, severity: Severity, text: String, offer: Option<Offer>, until_secs: f64) {
        let text = sentence(text);
        if let Some(known) = self.shown.iter_mut().find(|toast| toast.text == text) {
            known.until_secs = until_secs;
            return;
        }
        if self.shown.len() == MAX_SHOWN {
            self.shown.remove(0);
        }
        self.shown.push(Toast { id: self.next_id, severity, text, offer, until_secs });
        self.next_id += 1;
    }

    /// Puts one away.
    pub fn dismiss(&mut self, id: u64) {
        self.shown.retain(|toast| toast.id != id);
    }

    /// Puts those away whose time is over. Returns in how many seconds the next one goes.
    pub fn expire(&mut self, now_secs: f64) -> Option<f64> {
        self.shown.retain(|toast| toast.until_secs > now_secs);
        self.shown.iter().map(|toast| toast.until_secs - now_secs).min_by(f64::total_cmp)
    }

    /// The messages on show, the oldest first.
    pub fn shown(&self) -> &[Toast] {
        &self.shown
    }
}

/// Draws them at the top of `stage`, one below the other.
pub(super) fn show(ctx: &Context, stage: Rect, toasts: &Toasts) -> Vec<Action> {
    let mut actions = Vec::new();
    if toasts.shown.is_empty() {
        return actions;
    }
    let width = TEXT_WIDTH.min(stage.width() - 110.0);
    Area::new(Id::unique("toasts")).order(Order::Tooltip).pivot(Align2::CENTER_TOP).fixed_pos(stage.center_top() + vec2(0.0, 14.0)).show(
        ctx,
        |ui| {
            for toast in &toasts.shown {
                actions.extend(card(ui, toast, width));
            }
        },
    );
    actions
}

fn card(ui: &mut egui::Ui, toast: &Toast, width: f32) -> Option<Action> {
    let frame = Frame::new()
        .fill(theme::RAISED)
        .stroke(Stroke::new(1.0, theme::LINE))
        .corner_radius(theme::ROUNDING + 2)
        .shadow(theme::dialog_shadow())
        .inner_margin(Margin { left: 12, right: 6, top: 6, bottom: 6 });
    let builder = UiBuilder::new().id_salt(toast.id).accessibility_role(accesskit::Role::Alert).accessibility_label(toast.text.clone());
    let inner = ui.scope_builder(builder, |ui| {
        announce(ui, toast.severity);
        frame.show(ui, |ui| content(ui, toast, width)).inner
    });
    inner.inner
}

/// Lets screen readers speak the message when it comes.
fn announce(ui: &egui::Ui, severity: Severity) {
    let live = if severity == Severity::Error { accesskit::Live::Assertive } else { accesskit::Live::Polite };
    ui.ctx().accesskit_node_builder(ui.unique_id(), |node| node.set_live(live));
}

fn content(ui: &mut egui::Ui, toast: &Toast, width: f32) -> Option<Action> {
    let mut action = None;
    ui.horizontal_top(|ui| {
        let (icon, colour) = toast.severity.icon();
        let (rect, _) = ui.allocate_exact_size(vec2(18.0, 30.0), Sense::empty());
        icons::paint(ui.painter(), icon, rect, colour);
        ui.vertical(|ui| {
            ui.set_width(width);
            ui.add_space(6.0);
            ui.add(egui::Label::new(RichText::new(&toast.text).size(size::BODY).color(theme::TEXT)).wrap());
            if let Some(offer) = &toast.offer {
                let icon = match offer.action {
                    Action::CopyText(_) => Icon::Copy,
                    Action::PutBack => Icon::Undo,
                    _ => Icon::Add,
                };
                let button = widgets::button(ui, icon, &offer.label, OFFER_WIDTH, Weight::Normal);
                action = button.clicked().then(|| offer.action.clone());
            }
        });
        let close = widgets::icon_button(ui, Icon::Close, &t!("dismiss"), Weight::Quiet);
        if close.clicked() {
            action = Some(Action::View(ViewAction::DismissToast(toast.id)));
        }
    });
    action
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_message_is_shown_once_and_stays_longer() {
        let mut toasts = Toasts::default();
        toasts.push(Severity::Done, "Saved", 0.0);
        toasts.push(Severity::Done, "Saved", 3.0);
        assert_eq!(toasts.shown().len(), 1, "no doubles");
        assert_eq!(toasts.expire(5.0), Some(2.0), "counted from the second time");
        assert_eq!(toasts.expire(7.5), None, "then it goes");
    }

    #[test]
    fn one_thing_is_offered_at_a_time() {
        let mut toasts = Toasts::default();
        let offer = |label: &str| Offer { label: label.to_owned(), action: Action::JoinBefore };
        toasts.push(Severity::Info, "Plain", 0.0);
        toasts.push_offer("One?", offer("One"), 0.0);
        toasts.push_offer("Two?", offer("Two"), 1.0);
        let texts = |toasts: &Toasts| toasts.shown().iter().map(|toast| toast.text.clone()).collect::<Vec<_>>();
        assert_eq!(texts(&toasts), ["Plain", "Two?"], "the newer offer replaces the older");
        toasts.push_help(Severity::Error, "Broken", Offer { label: "Copy".to_owned(), action: Action::CopyText("x".to_owned()) }, 1.0);
        toasts.expire(1.0 + OFFER_SECS - 0.1);
        assert_eq!(texts(&toasts), ["Two?", "Broken"], "it stands for a while");
        toasts.withdraw(&Action::JoinBefore);
        assert_eq!(texts(&toasts), ["Broken"], "and is withdrawn, but not what offers something else");
        assert!(toasts.offers(&Action::CopyText(String::new())) && !toasts.offers(&Action::JoinBefore), "which is known");
    }

    #[test]
    fn messages_begin_like_sentences_and_files_keep_their_names() {
        for (text, shown) in [
            ("the settings file was damaged", "The settings file was damaged"),
            ("photo.jpg is no picture", "photo.jpg is no picture"),
            ("/dev/video9 cannot be used", "/dev/video9 cannot be used"),
            ("me_laughing is not used", "me_laughing is not used"),
            ("“garden” is off the list", "“garden” is off the list"),
            ("3 pictures were lost", "3 pictures were lost"),
            ("", ""),
        ] {
            assert_eq!(sentence(text.to_owned()), shown, "{text:?}");
        }
    }

    #[test]
    fn errors_stay_longest_and_old_ones_make_room() {
        let mut toasts = Toasts::default();
        toasts.push(Severity::Error, "Broken", 0.0);
        toasts.push(Severity::Done, "Fine", 0.0);
        toasts.expire(10.0);
        assert_eq!(toasts.shown()[0].text, "Broken", "the error is still there");
        for i in 0..9 {
            toasts.push(Severity::Info, format!("message {i}"), 10.0);
        }
        assert_eq!(toasts.shown().len(), MAX_SHOWN, "never a wall of messages");
        assert_eq!(toasts.shown()[3].text, "Message 8", "the newest are kept");
        let first = toasts.shown()[0].id;
        toasts.dismiss(first);
        assert_eq!(toasts.shown().len(), MAX_SHOWN - 1, "one was put away");
    }
}
