//! The card of a recording, which lies over the lower part of the stage.

use std::time::Duration;

use egui::{
    Align, Align2, Area, Color32, Context, CornerRadius, Frame, Id, Key, Layout, Margin, Order, Popup, Rect, RectAlign, RichText, Role,
    Sense, Stroke, StrokeKind, TextEdit, Ui, Vec2, WidgetInfo, vec2,
};

use super::{CardAction, CardView, Doing, FilmAction, GifSize, ReplayView, bar, clock, keyboard, trim};
use crate::present::action::Action;
use crate::present::icons::{self, Icon};
use crate::present::menus;
use crate::present::state::ViewState;
use crate::present::theme::{self, size};
use crate::present::widgets::{self, Weight};
use crate::present::words::{self, bytes, t};
use crate::recordings::{Output, Shape};

/// Widest card, its distance from the stage's edges, and the room inside its edge, in points.
const WIDTH: f32 = 700.0;
const AIR: f32 = 14.0;
const PADDING: i8 = 12;
/// The small picture, in points.
const PICTURE: Vec2 = vec2(148.0, 104.0);
const SMALL_PICTURE: Vec2 = vec2(92.0, 104.0);
/// Width of the button that opens the menu of formats, in points, where its words need no more.
const SAVE_AS_WIDTH: f32 = 94.0;
/// A card narrower than this has the small picture, in points.
const NARROW: f32 = 560.0;
/// Width of the line that says which part was chosen, in points.
const PART_WIDTH: f32 = 170.0;
/// Width of the menu of formats, in points.
const MENU_WIDTH: f32 = 236.0;

/// Draws the card that is open, or the line below its replay.
pub(in crate::present) fn show(ctx: &Context, stage: Rect, view: &ViewState) -> Vec<Action> {
    let Some(card) = view.shown_card() else {
        keyboard::goes_back(ctx);
        return Vec::new();
    };
    let takes_keyboard = keyboard::comes(ctx, area_id(), &view.films, view.dialog_is_open());
    let outer = (stage.width() - 2.0 * AIR).min(WIDTH);
    let frame = Frame::new()
        .fill(theme::RAISED)
        .stroke(Stroke::new(1.0, theme::LINE))
        .corner_radius(theme::ROUNDING_LARGE)
        .shadow(theme::dialog_shadow())
        .inner_margin(Margin::same(PADDING));
    let area = Area::new(area_id()).order(Order::Middle).pivot(Align2::CENTER_BOTTOM);
    let wanted = area.fixed_pos(stage.center_bottom() - vec2(0.0, AIR)).show(ctx, |ui| {
        frame
            .show(ui, |ui| {
                ui.set_width(outer - 2.0 * f32::from(PADDING));
                match &view.films.replay {
                    Some(replay) => replay_line(ui, replay, takes_keyboard),
                    None => whole_card(ui, card, takes_keyboard),
                }
            })
            .inner
    });
    wanted.inner.into_iter().map(Action::Film).collect()
}

/// How much of the stage's lower edge it covers, in points.
pub(in crate::present) fn covers(ctx: &Context, view: &ViewState) -> f32 {
    let area = view.shown_card().and_then(|_| ctx.memory(|memory| memory.area_rect(area_id())));
    area.map_or(0.0, |area| area.height() + AIR)
}

fn area_id() -> Id {
    Id::unique("film card")
}

fn whole_card(ui: &mut Ui, card: &CardView, takes_keyboard: bool) -> Vec<FilmAction> {
    let mut actions = Vec::new();
    let is_narrow = ui.available_width() < NARROW;
    ui.horizontal_top(|ui| {
        actions.extend(picture(ui, card, if is_narrow { SMALL_PICTURE } else { PICTURE }));
        ui.add_space(4.0);
        ui.vertical(|ui| {
            actions.extend(head(ui, card));
            actions.extend(what_is_done(ui, card, takes_keyboard));
            notes(ui, card);
        });
    });
    if let (Doing::Trimming, Some(facts)) = (&card.doing, &card.facts) {
        ui.add_space(2.0);
        actions.extend(trim::strip(ui, card, facts.duration));
        actions.extend(below_strip(ui, card, facts.duration));
    }
    actions
}

/// The small picture, which plays while it is pointed at; a click plays it large.
fn picture(ui: &mut Ui, card: &CardView, room: Vec2) -> Vec<FilmAction> {
    let (rect, response) = ui.allocate_exact_size(room, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, t!("film-play", name = card.name())));
    let rounding = CornerRadius::same(theme::ROUNDING);
    ui.painter().rect_filled(rect, rounding, theme::STAGE);
    if let Some(picture) = card.picture {
        let scale = (rect.width() / picture.size.x.max(1.0)).min(rect.height() / picture.size.y.max(1.0));
        let inner = Rect::from_center_size(rect.center(), picture.size * scale);
        egui::Image::from_texture(picture).corner_radius(rounding).paint_at(ui, inner);
    } else {
        icons::paint(ui.painter(), Icon::Film, rect.shrink(34.0), theme::TEXT_FAINT);
    }
    if !card.pointed_at {
        ui.painter().circle_filled(rect.center(), 17.0, Color32::from_black_alpha(150));
        icons::paint(ui.painter(), Icon::Play, Rect::from_center_size(rect.center(), Vec2::splat(17.0)), theme::TEXT);
    }
    ui.painter().rect_stroke(rect, rounding, Stroke::new(1.0, Color32::from_white_alpha(22)), StrokeKind::Inside);
    widgets::focus_ring(ui.painter(), &response, rect.shrink(2.0), theme::ROUNDING);
    let mut actions = Vec::new();
    let points = response.contains_pointer();
    // While the ends are chosen it shows the picture there.
    if points != card.pointed_at && card.doing != Doing::Trimming {
        actions.push(FilmAction::Card(CardAction::Point(points)));
    }
    if response.clicked() {
        actions.push(FilmAction::Replay);
    }
    actions
}

/// Name, facts, and the way out.
fn head(ui: &mut Ui, card: &CardView) -> Option<FilmAction> {
    let mut action = None;
    widgets::row(ui, 26.0, |ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if widgets::icon_button(ui, Icon::Close, &t!("close-tip"), Weight::Quiet).clicked() {
                action = Some(FilmAction::Close);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let name = RichText::new(card.name()).font(theme::semibold(size::BODY + 1.0)).color(theme::TEXT);
                ui.add(egui::Label::new(name).truncate());
            });
        });
    });
    let facts = card.facts.as_ref().map_or_else(String::new, |facts| {
        let sound = if facts.has_sound { t!("film-sound") } else { t!("film-silent") };
        let [width, height] = facts.size;
        format!("{}  ·  {width} × {height}  ·  {}  ·  {sound}", clock(facts.duration), bytes(facts.bytes))
    });
    ui.add(egui::Label::new(RichText::new(facts).size(size::SMALL).color(theme::TEXT_SOFT)).truncate());
    action
}

fn what_is_done(ui: &mut Ui, card: &CardView, takes_keyboard: bool) -> Vec<FilmAction> {
    ui.add_space(3.0);
    match &card.doing {
        Doing::Making { what, share } => {
            let mut action = None;
            ui.horizontal(|ui| {
                let cancel = t!("cancel");
                let aside = widgets::wide_enough(ui, &[&cancel], 104.0);
                let width = ui.available_width() - aside - theme::GAP;
                let text = t!("film-making", what = what.as_str(), percent = words::percent(*share));
                widgets::progress(ui, &text, *share, width.max(60.0));
                if widgets::button(ui, Icon::Close, &cancel, aside, Weight::Normal).clicked() {
                    action = Some(FilmAction::Card(CardAction::Cancel));
                }
            });
            action.into_iter().collect()
        }
        Doing::Renaming(text) => name_field(ui, text),
        Doing::Nothing | Doing::Trimming => buttons(ui, card, takes_keyboard),
    }
}

/// The buttons in as few lines as there is room for.
fn buttons(ui: &mut Ui, card: &CardView, takes_keyboard: bool) -> Vec<FilmAction> {
    let gap = 6.0;
    ui.spacing_mut().item_spacing = vec2(gap, gap);
    let room = ui.available_width();
    let mut lines: Vec<(f32, Vec<&Button>)> = Vec::new();
    let all = Button::all(card);
    for button in &all {
        let width = button.width(ui);
        match lines.last_mut().filter(|(taken, _)| taken + gap + width <= room) {
            Some((taken, line)) => {
                *taken += gap + width;
                line.push(button);
            }
            None => lines.push((width, vec![button])),
        }
    }
    let mut actions = Vec::new();
    for (_, line) in lines {
        ui.horizontal(|ui| line.into_iter().for_each(|button| actions.extend(button.show(ui, card, takes_keyboard))));
    }
    actions
}

/// A button of the card.
enum Button {
    /// With words: icon, words, width where these need no more, what it says when pointed at, what it does.
    Loud(Icon, String, f32, String, FilmAction),
    /// The menu of formats.
    SaveAs(String),
    /// With an icon only.
    Quiet(Icon, String, FilmAction),
}

impl Button {
    fn all(card: &CardView) -> [Self; 7] {
        let trims = card.doing == Doing::Trimming;
        [
            Self::Loud(Icon::Play, t!("film-replay"), 88.0, t!("film-replay-tip"), FilmAction::Replay),
            Self::Loud(Icon::Trim, t!("film-trim"), 74.0, t!("film-trim-tip"), FilmAction::Card(CardAction::Trim(!trims))),
            Self::SaveAs(t!("film-save-as")),
            Self::Quiet(Icon::Copy, t!("film-copy"), FilmAction::Card(CardAction::Copy)),
            Self::Quiet(Icon::Open, t!("film-show"), FilmAction::Card(CardAction::Show)),
            Self::Quiet(Icon::Rename, t!("rename"), FilmAction::Card(CardAction::Name(card.name()))),
            Self::Quiet(Icon::Trash, t!("film-trash"), FilmAction::Card(CardAction::Delete)),
        ]
    }

    fn width(&self, ui: &Ui) -> f32 {
        match self {
            Self::Loud(_, text, least, ..) => widgets::wide_enough(ui, &[text], *least),
            Self::SaveAs(text) => widgets::wide_enough(ui, &[text], SAVE_AS_WIDTH),
            Self::Quiet(..) => theme::BUTTON_HEIGHT,
        }
    }

    fn show(&self, ui: &mut Ui, card: &CardView, takes_keyboard: bool) -> Vec<FilmAction> {
        let clicked = match self {
            Self::Loud(icon, text, width, tip, action) => {
                let weight = if *action == FilmAction::Replay { Weight::Primary } else { Weight::Normal };
                let enabled = card.facts.is_some() || *action == FilmAction::Replay;
                let button = ui.add_enabled_ui(enabled, |ui| widgets::button(ui, *icon, text, *width, weight)).inner;
                if takes_keyboard && weight == Weight::Primary {
                    button.request_focus();
                }
                button.on_hover_text(tip).clicked().then(|| action.clone())
            }
            Self::SaveAs(text) => return ui.add_enabled_ui(card.facts.is_some(), |ui| save_as(ui, text, card)).inner,
            Self::Quiet(icon, text, action) => widgets::icon_button(ui, *icon, text, Weight::Normal).clicked().then(|| action.clone()),
        };
        clicked.into_iter().collect()
    }
}

/// The button that opens the formats. The size of the GIF is found out when it is opened.
fn save_as(ui: &mut Ui, text: &str, card: &CardView) -> Vec<FilmAction> {
    let button = widgets::button(ui, Icon::Save, text, SAVE_AS_WIDTH, Weight::Normal).on_hover_text(t!("film-save-as-tip"));
    let mut actions = Vec::new();
    let menu = Popup::menu(&button).align(RectAlign::TOP_START).width(MENU_WIDTH);
    let shown = menus::show(menu, &button, |ui| {
        ui.spacing_mut().button_padding = vec2(8.0, 5.0);
        let gif = match card.gif {
            GifSize::Unknown | GifSize::Guessing => t!("film-gif-guessing"),
            GifSize::About(size) => t!("film-gif-about", size = bytes(size)),
            GifSize::Untold => t!("film-gif"),
        };
        let films = [
            (t!("film-whole"), Output::Film(Shape::Whole)),
            (t!("film-square"), Output::Film(Shape::Square)),
            (t!("film-tall"), Output::Film(Shape::Tall)),
            (t!("film-back"), Output::BackAndForth),
        ];
        let still = (t!("film-still"), Output::Still);
        for (label, output) in films.into_iter().chain([(gif, Output::Gif), still]) {
            if widgets::entry(ui, false, label).clicked() {
                actions.push(FilmAction::Card(CardAction::Make(output)));
                ui.close();
            }
        }
        if card.real_part().is_some() {
            widgets::note(ui, t!("film-of-part"));
        }
    });
    if shown.is_some() && card.gif == GifSize::Unknown {
        actions.push(FilmAction::Card(CardAction::GuessGif));
    }
    actions
}

fn name_field(ui: &mut Ui, typed: &str) -> Vec<FilmAction> {
    let mut actions = Vec::new();
    ui.horizontal(|ui| {
        let mut text = typed.to_owned();
        let width = ui.available_width() - 2.0 * (theme::BUTTON_HEIGHT + theme::GAP);
        let field = TextEdit::singleline(&mut text).margin(vec2(10.0, 7.0)).desired_width(width - 20.0);
        let response = ui.add(field).accessible_name(t!("film-name"));
        if !response.has_focus() && !response.lost_focus() && ui.memory(|memory| memory.focused().is_none()) {
            response.request_focus();
        }
        if response.changed() {
            actions.push(FilmAction::Card(CardAction::Name(text)));
        }
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if widgets::icon_button(ui, Icon::Check, &t!("rename"), Weight::Primary).clicked() || entered {
            actions.push(FilmAction::Card(CardAction::Rename));
        }
        if widgets::icon_button(ui, Icon::Close, &t!("film-keep-name"), Weight::Normal).clicked() {
            actions.push(FilmAction::Card(CardAction::KeepName));
        }
    });
    actions
}

fn notes(ui: &mut Ui, card: &CardView) {
    let problem = card.problem.iter().map(|text| (text, theme::RECORD));
    for (text, colour) in problem.chain(card.notes.iter().map(|text| (text, theme::ACCENT))) {
        ui.add(egui::Label::new(RichText::new(text).size(size::SMALL).color(colour)).wrap());
    }
}

/// What the chosen part is, and what can be made of it.
fn below_strip(ui: &mut Ui, card: &CardView, whole: Duration) -> Vec<FilmAction> {
    let mut actions = Vec::new();
    let part = card.part.unwrap_or(super::Part { from: Duration::ZERO, to: whole });
    let tenths = part.to.saturating_sub(part.from).as_millis().div_ceil(100);
    let seconds = words::number(tenths as f64 / 10.0, usize::from(!tenths.is_multiple_of(10)));
    let text = t!("film-part", from = clock(part.from), to = clock(part.to), seconds = seconds);
    let [done, gif, again] = [t!("film-done"), t!("film-gif"), t!("film-save-again")];
    let gif_width = if card.is_gif() { 0.0 } else { widgets::wide_enough(ui, &[&gif], 66.0) };
    let widths = [widgets::wide_enough(ui, &[&done], 84.0), widgets::wide_enough(ui, &[&again], 116.0), gif_width];
    let length = RichText::new(text).size(size::SMALL).color(theme::TEXT_SOFT);
    // In a narrow window it has a line of its own.
    let is_tight = widths.iter().sum::<f32>() + PART_WIDTH > ui.available_width();
    if is_tight {
        ui.label(length.clone());
    }
    ui.horizontal(|ui| {
        if !is_tight {
            ui.label(length);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if widgets::button(ui, Icon::Check, &done, widths[0], Weight::Normal).clicked() {
                actions.push(FilmAction::Card(CardAction::Trim(false)));
            }
            let mut make = |ui: &mut Ui, label: &str, width: f32, weight: Weight, output: Output| {
                let button = widgets::button(ui, Icon::Save, label, width, weight);
                if button.on_hover_text(t!("film-save-again-tip")).clicked() {
                    actions.push(FilmAction::Card(CardAction::Make(output)));
                }
            };
            ui.add_enabled_ui(card.real_part().is_some(), |ui| {
                if card.is_gif() {
                    make(ui, &again, widths[1], Weight::Primary, Output::Gif);
                } else {
                    make(ui, &again, widths[1], Weight::Primary, Output::Film(Shape::Whole));
                    // What most people trim for: without the way through the menu.
                    make(ui, &gif, gif_width, Weight::Normal, Output::Gif);
                }
            });
        });
    });
    actions
}

/// What lies below a film that is played on the stage.
fn replay_line(ui: &mut Ui, replay: &ReplayView, takes_keyboard: bool) -> Vec<FilmAction> {
    let mut actions = Vec::new();
    ui.horizontal(|ui| {
        let volume_width = if replay.volume.is_some() { 118.0 } else { 0.0 };
        let width = ui.available_width() - volume_width - theme::BUTTON_HEIGHT - 2.0 * theme::GAP;
        let wish = bar::show(ui, replay.paused, [replay.position, replay.length], width, takes_keyboard);
        actions.extend(wish.map(|wish| match wish {
            bar::Wish::Pause(paused) => FilmAction::Pause(paused),
            bar::Wish::Seek(to) => FilmAction::Seek(to),
        }));
        if let Some(volume) = replay.volume {
            let (rect, _) = ui.allocate_exact_size(Vec2::splat(16.0), Sense::empty());
            icons::paint(ui.painter(), Icon::Sound, rect, theme::TEXT_SOFT);
            actions.extend(widgets::plain_slider(ui, &t!("film-volume"), volume, 1.0, 86.0).map(FilmAction::Volume));
        }
        if widgets::icon_button(ui, Icon::Close, &t!("film-end-replay"), Weight::Quiet).clicked() {
            actions.push(FilmAction::EndReplay);
        }
    });
    if let Some(why) = &replay.silent {
        widgets::note(ui, t!("film-no-sound", why = why.trim_end_matches('.')));
    }
    actions
}
