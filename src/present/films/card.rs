//! The card of a recording, which lies over the lower part of the stage.

use std::time::Duration;

use egui::{
    Align, Align2, Area, Color32, Context, CornerRadius, Frame, Id, Key, Layout, Margin, Order, Popup, Rect, RectAlign, RichText, Role,
    Sense, Stroke, StrokeKind, TextEdit, Ui, Vec2, WidgetInfo, vec2,
};

use super::{CardView, Doing, FilmAction, GifSize, ReplayView, bar, bytes, clock, trim};
use crate::present::action::Action;
use crate::present::icons::{self, Icon};
use crate::present::state::ViewState;
use crate::present::theme::{self, size};
use crate::present::widgets::{self, Weight};
use crate::recordings::{Output, Shape};

/// Widest card, its distance from the stage's edges, and the room inside its edge, in points.
const WIDTH: f32 = 700.0;
const AIR: f32 = 14.0;
const PADDING: i8 = 12;
/// The small picture, in points.
const PICTURE: Vec2 = vec2(148.0, 104.0);
const SMALL_PICTURE: Vec2 = vec2(92.0, 104.0);
/// A card narrower than this has the small picture, and its buttons in two rows, in points.
const NARROW: f32 = 560.0;
/// Width of the menu of formats, in points.
const MENU_WIDTH: f32 = 236.0;

/// Draws the card that is open, or the line below its replay.
pub(in crate::present) fn show(ctx: &Context, stage: Rect, view: &ViewState) -> Vec<Action> {
    let Some(card) = &view.films.card else { return Vec::new() };
    let outer = (stage.width() - 2.0 * AIR).min(WIDTH);
    let frame = Frame::new()
        .fill(theme::RAISED)
        .stroke(Stroke::new(1.0, theme::LINE))
        .corner_radius(theme::ROUNDING_LARGE)
        .shadow(theme::dialog_shadow())
        .inner_margin(Margin::same(PADDING));
    let area = Area::new(Id::unique("film card")).order(Order::Middle).pivot(Align2::CENTER_BOTTOM);
    let wanted = area.fixed_pos(stage.center_bottom() - vec2(0.0, AIR)).show(ctx, |ui| {
        frame
            .show(ui, |ui| {
                ui.set_width(outer - 2.0 * f32::from(PADDING));
                match &view.films.replay {
                    Some(replay) => replay_line(ui, replay),
                    None => whole_card(ui, card),
                }
            })
            .inner
    });
    wanted.inner.into_iter().map(Action::Film).collect()
}

fn whole_card(ui: &mut Ui, card: &CardView) -> Vec<FilmAction> {
    let mut actions = Vec::new();
    let is_narrow = ui.available_width() < NARROW;
    ui.horizontal_top(|ui| {
        actions.extend(picture(ui, card, if is_narrow { SMALL_PICTURE } else { PICTURE }));
        ui.add_space(4.0);
        ui.vertical(|ui| {
            actions.extend(head(ui, card));
            actions.extend(what_is_done(ui, card, is_narrow));
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
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Play {}", card.name())));
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
        actions.push(FilmAction::Point(points));
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
            if widgets::icon_button(ui, Icon::Close, "Close (Esc)", Weight::Quiet).clicked() {
                action = Some(FilmAction::Close);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let name = RichText::new(card.name()).font(theme::semibold(size::BODY + 1.0)).color(theme::TEXT);
                ui.add(egui::Label::new(name).truncate());
            });
        });
    });
    let facts = card.facts.as_ref().map_or_else(String::new, |facts| {
        let sound = if facts.has_sound { "with sound" } else { "silent" };
        let [width, height] = facts.size;
        format!("{}  ·  {width} × {height}  ·  {}  ·  {sound}", clock(facts.duration), bytes(facts.bytes))
    });
    ui.add(egui::Label::new(RichText::new(facts).size(size::SMALL).color(theme::TEXT_SOFT)).truncate());
    action
}

fn what_is_done(ui: &mut Ui, card: &CardView, is_narrow: bool) -> Vec<FilmAction> {
    ui.add_space(3.0);
    match &card.doing {
        Doing::Making { what, share } => {
            let mut action = None;
            ui.horizontal(|ui| {
                let width = ui.available_width() - 104.0 - theme::GAP;
                widgets::progress(ui, &format!("{what}   {:.0} %", share * 100.0), *share, width.max(60.0));
                if widgets::button(ui, Icon::Close, "Cancel", 104.0, Weight::Normal).clicked() {
                    action = Some(FilmAction::Cancel);
                }
            });
            action.into_iter().collect()
        }
        Doing::Renaming(text) => name_field(ui, text),
        Doing::Nothing | Doing::Trimming => buttons(ui, card, is_narrow),
    }
}

fn buttons(ui: &mut Ui, card: &CardView, is_narrow: bool) -> Vec<FilmAction> {
    ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
    let row = ui.horizontal(|ui| {
        let mut actions = loud_buttons(ui, card);
        if !is_narrow {
            actions.extend(quiet_buttons(ui, card));
        }
        actions
    });
    let mut actions = row.inner;
    if is_narrow {
        actions.extend(ui.horizontal(|ui| quiet_buttons(ui, card)).inner);
    }
    actions
}

fn loud_buttons(ui: &mut Ui, card: &CardView) -> Vec<FilmAction> {
    let mut actions = Vec::new();
    if widgets::button(ui, Icon::Play, "Replay", 88.0, Weight::Primary).on_hover_text("Play it here, with its sound").clicked() {
        actions.push(FilmAction::Replay);
    }
    ui.add_enabled_ui(card.facts.is_some(), |ui| {
        let trims = card.doing == Doing::Trimming;
        if widgets::button(ui, Icon::Trim, "Trim", 74.0, Weight::Normal).on_hover_text("Choose where it begins and ends").clicked() {
            actions.push(FilmAction::Trim(!trims));
        }
        actions.extend(save_as(ui, card));
    });
    actions
}

fn quiet_buttons(ui: &mut Ui, card: &CardView) -> Option<FilmAction> {
    let mut wanted = None;
    for (icon, label, action) in [
        (Icon::Copy, "Copy the file, to paste it into a message or a folder", FilmAction::Copy),
        (Icon::Open, "Show it in its folder", FilmAction::Show),
        (Icon::Rename, "Rename", FilmAction::Name(card.name())),
        (Icon::Trash, "Put it into the trash", FilmAction::Delete),
    ] {
        if widgets::icon_button(ui, icon, label, Weight::Normal).clicked() {
            wanted = Some(action);
        }
    }
    wanted
}

/// The button that opens the formats. The size of the GIF is found out when it is opened.
fn save_as(ui: &mut Ui, card: &CardView) -> Vec<FilmAction> {
    let button = widgets::button(ui, Icon::Save, "Save as", 94.0, Weight::Normal).on_hover_text("A new file; this one stays");
    let mut actions = Vec::new();
    let shown = Popup::menu(&button).align(RectAlign::TOP_START).width(MENU_WIDTH).show(|ui| {
        ui.spacing_mut().button_padding = vec2(8.0, 5.0);
        let gif = match card.gif {
            GifSize::Unknown | GifSize::Guessing => "GIF (finding out how large)".to_owned(),
            GifSize::About(size) => format!("GIF, about {}", bytes(size)),
            GifSize::Untold => "GIF".to_owned(),
        };
        let films = [
            ("Film, whole picture (MP4)", Output::Film(Shape::Whole)),
            ("Film, square (MP4)", Output::Film(Shape::Square)),
            ("Film, tall for telephones (MP4)", Output::Film(Shape::Tall)),
            ("Film, forth and back (MP4)", Output::BackAndForth),
        ];
        let still = ("Still picture, the one shown (PNG)", Output::Still);
        for (label, output) in films.into_iter().chain([(gif.as_str(), Output::Gif), still]) {
            if ui.selectable_label(false, label).clicked() {
                actions.push(FilmAction::Make(output));
                ui.close();
            }
        }
        if card.real_part().is_some() {
            widgets::note(ui, "Of the part that you have chosen.");
        }
    });
    if shown.is_some() && card.gif == GifSize::Unknown {
        actions.push(FilmAction::GuessGif);
    }
    actions
}

fn name_field(ui: &mut Ui, typed: &str) -> Vec<FilmAction> {
    let mut actions = Vec::new();
    ui.horizontal(|ui| {
        let mut text = typed.to_owned();
        let width = ui.available_width() - 2.0 * (theme::BUTTON_HEIGHT + theme::GAP);
        let field = TextEdit::singleline(&mut text).margin(vec2(10.0, 7.0)).desired_width(width - 20.0);
        let response = ui.add(field).accessible_name("New name");
        if !response.has_focus() && !response.lost_focus() && ui.memory(|memory| memory.focused().is_none()) {
            response.request_focus();
        }
        if response.changed() {
            actions.push(FilmAction::Name(text));
        }
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if widgets::icon_button(ui, Icon::Check, "Rename", Weight::Primary).clicked() || entered {
            actions.push(FilmAction::Rename);
        }
        if widgets::icon_button(ui, Icon::Close, "Keep the name", Weight::Normal).clicked() {
            actions.push(FilmAction::KeepName);
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
    ui.horizontal(|ui| {
        let text = format!(
            "{} – {}   ({} s)",
            clock(part.from),
            clock(part.to),
            part.to.saturating_sub(part.from).as_millis().div_ceil(100) as f32 / 10.0
        );
        ui.label(RichText::new(text).size(size::SMALL).color(theme::TEXT_SOFT));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if widgets::button(ui, Icon::Check, "Done", 84.0, Weight::Normal).clicked() {
                actions.push(FilmAction::Trim(false));
            }
            let output = if card.is_gif() { Output::Gif } else { Output::Film(Shape::Whole) };
            ui.add_enabled_ui(card.real_part().is_some(), |ui| {
                let button = widgets::button(ui, Icon::Save, "Save again", 116.0, Weight::Primary);
                if button.on_hover_text("A new file of this part; the recording stays as it is").clicked() {
                    actions.push(FilmAction::Make(output));
                }
            });
        });
    });
    actions
}

/// What lies below a film that is played on the stage.
fn replay_line(ui: &mut Ui, replay: &ReplayView) -> Vec<FilmAction> {
    let mut actions = Vec::new();
    ui.horizontal(|ui| {
        let volume_width = if replay.volume.is_some() { 118.0 } else { 0.0 };
        let width = ui.available_width() - volume_width - theme::BUTTON_HEIGHT - 2.0 * theme::GAP;
        actions.extend(bar::show(ui, replay.paused, replay.position, replay.length, width).map(|wish| match wish {
            bar::Wish::Pause(paused) => FilmAction::Pause(paused),
            bar::Wish::Seek(to) => FilmAction::Seek(to),
        }));
        if let Some(volume) = replay.volume {
            let (rect, _) = ui.allocate_exact_size(Vec2::splat(16.0), Sense::empty());
            icons::paint(ui.painter(), Icon::Sound, rect, theme::TEXT_SOFT);
            actions.extend(widgets::plain_slider(ui, "Volume", volume, 1.0, 86.0).map(FilmAction::Volume));
        }
        if widgets::icon_button(ui, Icon::Close, "End the replay (Esc)", Weight::Quiet).clicked() {
            actions.push(FilmAction::EndReplay);
        }
    });
    if let Some(why) = &replay.silent {
        widgets::note(ui, format!("Silent: {}.", why.trim_end_matches('.')));
    }
    actions
}
