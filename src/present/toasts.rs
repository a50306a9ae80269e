//! Short messages over the stage: what happened, and what to do.
//!
//! Written for this window because a message here may be a long sentence (so it wraps), is read out by screen readers, and must not
//! keep the window repainting while it is on show.

use egui::{Align2, Area, Context, Frame, Id, Margin, Order, Popup, Rect, RichText, Sense, Stroke, UiBuilder, accesskit, pos2, vec2};

use super::action::{Action, ViewAction};
use super::icons::{self, Icon};
use super::stage;
use super::state::ViewState;
use super::theme::{self, size};
use super::widgets::{self, Weight};
use super::words::t;

/// How many are shown at once; older ones make room.
const MAX_SHOWN: usize = 4;
/// Width of the text, and of what stands beside it, in points.
const TEXT_WIDTH: f32 = 330.0;
const BESIDE_TEXT: f32 = 86.0;
/// Distance from the stage's edges and from what can be clicked there, in points.
const AIR: f32 = 14.0;
/// Where less than this is left beside the stage's buttons, in points, they lie below these.
const NARROWEST: f32 = 300.0;
/// How much of the stage's height they have at most, and how high one is before it was drawn, in points.
const MOST_OF_STAGE: f32 = 0.36;
const USUAL_HEIGHT: f32 = 54.0;
/// Width of an offer's button, in points.
const OFFER_WIDTH: f32 = 190.0;

/// How long an offer stands, in seconds.
const OFFER_SECS: f64 = 15.0;

/// The words with which this program's errors go on behind the name of a file.
const VERBS: [&str; 17] = [
    "is", "has", "was", "were", "are", "can", "cannot", "could", "must", "would", "needs", "does", "ends", "insists", "takes", "stopped",
    "failed",
];

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
        use std::mem::discriminant;
        let is_same = |offered: &Action| match (offered, action) {
            (Action::Film(offered), Action::Film(action)) => discriminant(offered) == discriminant(action),
            _ => discriminant(offered) == discriminant(action),
        };
        self.offer.as_ref().is_some_and(|offer| is_same(&offer.action))
    }
}

/// Why something did not work, as a person writes it. Errors begin with a small letter, since they may follow a colon elsewhere; names of files keep theirs.
pub(super) fn sentence(text: String) -> String {
    let first = text.split_whitespace().next().unwrap_or_default();
    let is_word = !first.is_empty() && first.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '\'' | ','));
    if !is_word || begins_with_file(&text) {
        return text;
    }
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |letter| letter.to_uppercase().chain(letters).collect())
}

/// Whether a message begins with the name of a file: its first words, up to what is said of them, end as names of files do.
fn begins_with_file(text: &str) -> bool {
    let subject: Vec<&str> = text.split_whitespace().take_while(|word| !VERBS.contains(word)).collect();
    let Some(ending) = subject.last().and_then(|last| last.trim_end_matches([':', ',']).rsplit_once('.')).map(|(_, ending)| ending) else {
        return false;
    };
    // A path, which only messages of this program's own wording bring in behind a word such as "the", is no such name.
    let has_path = subject.iter().any(|word| word.contains(std::path::is_separator));
    !has_path && (1..=5).contains(&ending.len()) && ending.chars().all(|c| c.is_ascii_alphanumeric())
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

/// Draws them at the top of `stage`, one below the other, beside what can be clicked there.
pub(super) fn show(ctx: &Context, stage: Rect, view: &ViewState) -> Vec<Action> {
    let mut actions = Vec::new();
    if view.toasts.shown.is_empty() {
        return actions;
    }
    let room = room(stage, view);
    let width = TEXT_WIDTH.min(room.width() - BESIDE_TEXT);
    let half = 0.5 * (width + BESIDE_TEXT);
    let top = pos2(stage.center().x.max(room.left() + half).min(room.right() - half), room.top());
    // A menu that is open lies above them.
    let order = if Popup::is_any_open(ctx) { Order::Middle } else { Order::Tooltip };
    let area = Area::new(area_id()).order(order).fade_in(false).pivot(Align2::CENTER_TOP).fixed_pos(top);
    let shown = area.show(ctx, |ui| {
        for toast in fitting(ctx, &view.toasts.shown, room.height()) {
            let (action, height) = card(ui, toast, width);
            actions.extend(action);
            ctx.data_mut(|data| data.insert_temp(height_id(toast), height));
        }
    });
    let covers = shown.response.rect.bottom() - stage.top();
    ctx.data_mut(|data| data.insert_temp(area_id(), covers));
    actions
}

/// How much of the stage's upper edge they cover, in points.
pub(super) fn covers(ctx: &Context, view: &ViewState) -> f32 {
    if view.toasts.shown.is_empty() || view.shows_picture_alone() {
        return 0.0;
    }
    ctx.data(|data| data.get_temp(area_id())).unwrap_or_default()
}

fn area_id() -> Id {
    Id::unique("toasts")
}

fn height_id(toast: &Toast) -> Id {
    Id::unique(("height of a toast", toast.id))
}

/// Where they may lie.
fn room(stage: Rect, view: &ViewState) -> Rect {
    let mut room = stage.shrink(AIR);
    if let Some(buttons) = stage::corner_buttons(stage, view) {
        if buttons.left() - AIR - room.left() < NARROWEST {
            room.min.y = buttons.bottom() + theme::GAP;
        } else {
            room.max.x = buttons.left() - AIR;
        }
    }
    if !view.shown.panel && view.record.running.is_some() {
        room.min.x = stage::mark_of_recording(stage).right() + AIR;
    }
    let most = (MOST_OF_STAGE * stage.height()).min(stage.bottom() - view.covered[1] - theme::GAP - room.top());
    room.with_max_y(room.top() + most)
}

/// The newest that fit into `room` points, at least one. The others wait, as long as they stand.
fn fitting<'a>(ctx: &Context, toasts: &'a [Toast], room: f32) -> &'a [Toast] {
    let height = |toast: &Toast| ctx.data(|data| data.get_temp::<f32>(height_id(toast))).unwrap_or(USUAL_HEIGHT);
    let fit = how_many_fit(toasts.iter().rev().map(height), room);
    &toasts[toasts.len() - fit.clamp(1, toasts.len())..]
}

/// How many of these heights lie one below the other in `room` points.
fn how_many_fit(heights: impl Iterator<Item = f32>, room: f32) -> usize {
    let mut left = room + theme::GAP;
    let fit = heights.take_while(|height| {
        left -= height + theme::GAP;
        left >= 0.0
    });
    fit.count()
}

/// One message. What is done with it, and its height.
fn card(ui: &mut egui::Ui, toast: &Toast, width: f32) -> (Option<Action>, f32) {
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
    (inner.inner, inner.response.rect.height())
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
                    Action::PutBack | Action::Film(_) => Icon::Undo,
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
    fn messages_lie_below_each_other_with_gaps_between_them() {
        let fit = |room: f32| how_many_fit([50.0; 4].into_iter(), room);
        let two = 2.0 * 50.0 + theme::GAP;
        assert_eq!([fit(49.0), fit(50.0), fit(two - 1.0), fit(two), fit(1e4)], [0, 1, 1, 2, 4]);
    }

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
            ("mona lisa 1.mp4 could not be put into the trash", "mona lisa 1.mp4 could not be put into the trash"),
            ("the old man.jpg is no picture", "the old man.jpg is no picture"),
            ("the folder /data/no.such is not there", "The folder /data/no.such is not there"),
            ("settings cannot be kept", "Settings cannot be kept"),
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
        assert_eq!(toasts.shown()[3].text, "message 8", "the newest are kept, as they were written");
        let first = toasts.shown()[0].id;
        toasts.dismiss(first);
        assert_eq!(toasts.shown().len(), MAX_SHOWN - 1, "one was put away");
    }
}
