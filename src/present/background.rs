//! What stands behind the portrait's person: entries of the framing menu, and what is kept with each portrait.

use egui::{
    Color32, Context, Id, Painter, Rect, Role, Sense, Stroke, StrokeKind, TextEdit, Ui, Vec2, WidgetInfo, color_picker, pos2, vec2,
};

use super::action::Action;
use super::app::App;
use super::state::ViewState;
use super::toasts::Severity;
use super::words::t;
use super::{theme, widgets};
use crate::collection::Change;
use crate::data::Background;
use crate::session::Request;

/// Plain colours that the menu offers, from dark to light.
const COLOURS: [[u8; 3]; 6] = [[28, 27, 26], [84, 64, 48], [36, 64, 94], [140, 133, 123], [239, 233, 220], [255, 255, 255]];
/// Side of a colour in the menu, in points.
const SWATCH: f32 = 22.0;
/// Width of the picker of other colours, in points.
const PICKER_WIDTH: f32 = 150.0;
/// Side of the squares that stand for nothing, in points, and their two greys.
const SQUARE: f32 = 10.0;
const GREYS: [Color32; 2] = [Color32::from_gray(58), Color32::from_gray(78)];

/// The entries of the menu.
pub(super) fn entries(ui: &mut Ui, view: &ViewState) -> Option<Action> {
    let mut chosen = None;
    let mut entry = |ui: &mut Ui, background: Background, label: String| {
        if widgets::entry(ui, view.background == background, label).clicked() {
            chosen = Some(background);
            ui.close();
        }
    };
    entry(ui, Background::Own, t!("background-own"));
    entry(ui, Background::Blurred, t!("background-blurred"));
    entry(ui, Background::GREEN, t!("background-green"));
    entry(ui, Background::Transparent, t!("background-transparent"));
    if view.background == Background::Transparent {
        widgets::note(ui, t!("background-transparent-note"));
    }
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        for colour in COLOURS {
            if swatch(ui, colour, view.background == Background::Colour(colour)) {
                chosen = Some(Background::Colour(colour));
                ui.close();
            }
        }
    });
    if let Some(colour) = other_colour(ui, view.background) {
        chosen = Some(Background::Colour(colour));
    }
    chosen.map(Action::SetBackground)
}

/// Any other colour, by a picker and by its number; the menu stays open meanwhile. Gives the colour when it becomes another one.
fn other_colour(ui: &mut Ui, background: Background) -> Option<[u8; 3]> {
    let is_other = matches!(background, Background::Colour(colour) if background != Background::GREEN && !COLOURS.contains(&colour));
    let id = Id::unique("other background colour");
    let mut is_open = ui.data(|data| data.get_temp(id)).unwrap_or(false);
    if widgets::entry(ui, is_other || is_open, t!("background-other")).clicked() {
        is_open = !is_open;
        ui.data_mut(|data| data.insert_temp(id, is_open));
    }
    if !is_open {
        return None;
    }
    let before = match background {
        Background::Colour(colour) => colour,
        _ => COLOURS[2],
    };
    let [r, g, b] = before;
    let mut picked = Color32::from_rgb(r, g, b);
    ui.spacing_mut().slider_width = PICKER_WIDTH;
    let changed = color_picker::color_picker_color32(ui, &mut picked, color_picker::Alpha::Opaque);
    let typed = number_field(ui, id.with("number"), before);
    typed.or(changed.then_some([picked.r(), picked.g(), picked.b()])).filter(|colour| *colour != before)
}

/// A colour in hexadecimal, as it is written elsewhere, too.
fn number([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// A field with a colour's number, such as #204080. Gives the colour that was typed, once it is one.
fn number_field(ui: &mut Ui, id: Id, colour: [u8; 3]) -> Option<[u8; 3]> {
    let mut text = ui.data(|data| data.get_temp::<String>(id)).unwrap_or_else(|| number(colour));
    let field = TextEdit::singleline(&mut text).id(id).char_limit(7).desired_width(80.0);
    let response = ui.add(field).accessible_name(t!("background-number"));
    // What is being typed stays as it is; else it is the colour's own.
    if response.has_focus() {
        ui.data_mut(|data| data.insert_temp(id, text.clone()));
    } else {
        ui.data_mut(|data| data.remove_temp::<String>(id));
    }
    match text.parse() {
        Ok(Background::Colour(typed)) if response.changed() => Some(typed),
        _ => None,
    }
}

fn swatch(ui: &mut Ui, [r, g, b]: [u8; 3], is_chosen: bool) -> bool {
    let (slot, response) = ui.allocate_exact_size(Vec2::splat(SWATCH + 8.0), Sense::click());
    let name = t!("background-colour", colour = number([r, g, b]));
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, is_chosen, &name));
    let rect = Rect::from_center_size(slot.center(), Vec2::splat(SWATCH));
    ui.painter().rect_filled(rect, 4, Color32::from_rgb(r, g, b));
    let edge = if is_chosen { Stroke::new(2.0, theme::ACCENT) } else { Stroke::new(1.0, theme::LINE) };
    ui.painter().rect_stroke(rect, 4, edge, StrokeKind::Outside);
    widgets::focus_ring(ui.painter(), &response, rect.expand(1.0), 5);
    response.on_hover_text(name).clicked()
}

/// What is seen where there is nothing: squares, as picture editors have them.
pub(super) fn nothing(painter: &Painter, rect: Rect) {
    let painter = painter.with_clip_rect(rect.intersect(painter.clip_rect()));
    painter.rect_filled(rect, 0, GREYS[0]);
    let count = |length: f32| (length / SQUARE).ceil() as usize;
    for row in 0..count(rect.height()) {
        for column in (row % 2..count(rect.width())).step_by(2) {
            let corner = pos2(rect.left() + SQUARE * column as f32, rect.top() + SQUARE * row as f32);
            painter.rect_filled(Rect::from_min_size(corner, vec2(SQUARE, SQUARE)), 0, GREYS[1]);
        }
    }
}

impl App {
    /// Shows the portrait before another background, and keeps that with it.
    pub(super) fn set_background(&mut self, ctx: &Context, background: Background) {
        if self.no_film_has(background) {
            return self.say(Severity::Info, t!("background-no-film"), ctx);
        }
        self.use_background(background);
        if let Some(source) = self.source_on_stage() {
            self.shelf.change(Change::Background(source, background));
        }
    }

    /// Another portrait is on the stage: it has the background that belongs to it, or else takes over the one before.
    pub(super) fn recall_background(&mut self, ctx: &Context) {
        let Some(source) = self.source_on_stage() else { return };
        match self.shelf.list().get(&source).and_then(|known| known.background) {
            // The film goes on before the background that it has.
            Some(background) if self.no_film_has(background) => self.say(Severity::Info, t!("background-no-film"), ctx),
            Some(background) if background != self.view.background => self.use_background(background),
            Some(_) => {}
            None => self.shelf.change(Change::Background(source, self.view.background)),
        }
    }

    /// Whether a film is being made, or counted down, that cannot be made before this background.
    fn no_film_has(&self, background: Background) -> bool {
        background == Background::Transparent && (self.view.record.running.is_some() || self.view.countdown.is_some())
    }

    fn use_background(&mut self, background: Background) {
        self.view.background = background;
        self.session.request(Request::SetBackground(background));
    }
}
