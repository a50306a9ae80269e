//! Which part of the picture is on the stage: a menu, and the pointer over the picture itself. Recordings, snapshots and the virtual camera show the same.

use std::sync::Arc;

use egui::{Context, Popup, PopupCloseBehavior, Rect, RectAlign, Response, ScrollArea, Ui, Vec2, vec2};

use super::action::{Action, Purpose, RecordAction, ViewAction};
use super::app::{App, now_secs};
use super::icons::Icon;
use super::state::ViewState;
use super::widgets::{self, Weight};
use super::words::t;
use super::{background, menus, theme};
use crate::collection::Change;
use crate::data::Portrait;
use crate::session::{Framing, Panes, PictureShare, RenderedImage, Request};

/// Points of the wheel that bring the picture twice as near.
const WHEEL_DOUBLES: f32 = 320.0;
/// The original is shown when its key is held for so long, in seconds.
const HELD_SECS: f64 = 0.35;
/// Width of the menu, in points.
const MENU_WIDTH: f32 = 262.0;

/// What the menu offers.
fn choices() -> [(Framing, String); 3] {
    [(Framing::Head, t!("framing-head")), (Framing::Bust, t!("framing-bust")), (Framing::Whole, t!("framing-whole"))]
}

/// What recordings show, which the menu offers, too.
fn panes() -> [(Panes, String); 3] {
    [(Panes::Alone, t!("panes-alone")), (Panes::BeforeAndAfter, t!("panes-before-after")), (Panes::Triptych, t!("panes-triptych"))]
}

/// The button in the stage's corner that opens the menu.
pub(super) fn button(ui: &mut Ui, corner: Rect, view: &ViewState) -> Option<Action> {
    let mut action = None;
    ui.scope_builder(egui::UiBuilder::new().id_salt("framing").max_rect(corner), |ui| {
        let response = widgets::icon_button(ui, Icon::Frame, &t!("framing-tip"), Weight::Quiet);
        let room = ui.ctx().content_rect().bottom() - response.rect.bottom() - 24.0;
        let menu = Popup::menu(&response).align(RectAlign::BOTTOM_END).width(MENU_WIDTH);
        // Colours are tried while it is open.
        let menu = menu.close_behavior(PopupCloseBehavior::CloseOnClickOutside);
        menus::show(menu, &response, |ui| {
            // Where the window is low, it scrolls.
            ScrollArea::vertical().max_height(room).min_scrolled_height(room).show(ui, |ui| action = entries(ui, view));
        });
    });
    action
}

/// The entries of the menu.
fn entries(ui: &mut Ui, view: &ViewState) -> Option<Action> {
    let mut action = None;
    ui.spacing_mut().button_padding = vec2(8.0, 2.0);
    ui.spacing_mut().item_spacing.y = 2.0;
    for (framing, label) in choices() {
        if widgets::entry(ui, view.framing == framing, label).clicked() {
            action = Some(Action::Frame(framing));
            ui.close();
        }
    }
    widgets::note(ui, t!("framing-note"));
    ui.separator();
    if let Some(chosen) = background::entries(ui, view) {
        action = Some(chosen);
    }
    ui.separator();
    for (panes, label) in panes() {
        if widgets::entry(ui, view.record.panes == panes, label).clicked() {
            action = Some(Action::Record(RecordAction::SetPanes(panes)));
            ui.close();
        }
    }
    if view.record.panes == Panes::Triptych {
        widgets::note(ui, t!("panes-triptych-note"));
    }
    if widgets::entry(ui, view.record.mark, t!("mark")).on_hover_text(t!("mark-tip")).clicked() {
        action = Some(Action::Record(RecordAction::SetMark(!view.record.mark)));
        ui.close();
    }
    ui.separator();
    if widgets::entry(ui, view.shown.output, t!("output")).on_hover_text(t!("output-tip")).clicked() {
        action = Some(Action::View(ViewAction::ToggleOutput));
        ui.close();
    }
    action
}

/// The button's place: in the upper right corner of the stage, beside the one that shows the panel again.
pub(super) fn corner(stage: Rect, view: &ViewState) -> Rect {
    let right = if view.shown.panel { 46.0 } else { 84.0 };
    Rect::from_min_size(stage.right_top() + vec2(-right, 12.0), Vec2::splat(theme::BUTTON_HEIGHT))
}

/// What the pointer over the picture asks for.
pub(super) fn gestures(ui: &Ui, response: &Response, view: &ViewState) -> Option<Action> {
    let now = share(view)?;
    if response.double_clicked() {
        return (view.framing != Framing::Whole).then_some(Action::Frame(Framing::Whole));
    }
    let rect = response.rect;
    if response.dragged() && view.part.is_some() {
        let by = response.drag_delta() / rect.size();
        let moved = now.moved([-by.x * now.width, -by.y * now.height]);
        return (moved != now).then_some(Action::Frame(Framing::ByHand(moved)));
    }
    let wheel = ui.input(|input| input.smooth_scroll_delta.y);
    let pointer = response.hover_pos().filter(|_| response.contains_pointer() && wheel.abs() > 0.0)?;
    let at = (pointer - rect.min) / rect.size();
    let zoomed = now.zoomed((wheel / WHEEL_DOUBLES).exp2(), [at.x, at.y]);
    let framing = if zoomed == PictureShare::WHOLE { Framing::Whole } else { Framing::ByHand(zoomed) };
    (framing != view.framing).then_some(Action::Frame(framing))
}

/// The part that is shown now, in shares of the picture.
fn share(view: &ViewState) -> Option<PictureShare> {
    if let Framing::ByHand(share) = view.framing {
        return Some(share.sanitised());
    }
    let size = view.picture.as_ref()?.size_px;
    Some(view.part.map_or(PictureShare::WHOLE, |part| part.share(size)))
}

impl App {
    /// Shows, records and sends another part of the picture, and keeps that with the portrait.
    pub(super) fn frame(&mut self, framing: Framing) {
        if let Some(source) = self.source_on_stage() {
            self.shelf.change(Change::Framing(source, framing));
        }
        self.view.part = self.original.as_ref().and_then(|portrait| framing.part(portrait));
        if framing != self.view.framing {
            self.view.framing = framing;
            self.session.request(Request::Frame(framing));
        }
    }

    /// Another portrait is on the stage: it shows the part that belongs to it. Where there is none, head and bust are found in it, too; a part that was chosen by
    /// hand belongs to the last one.
    pub(super) fn frame_portrait(&mut self, portrait: &Arc<Portrait>) {
        self.original = Some(Arc::clone(portrait));
        self.view.original = None;
        let kept = self.source_on_stage().and_then(|source| self.shelf.list().get(&source)?.framing);
        let framing = match (kept, self.view.framing) {
            (Some(kept), _) => kept,
            (None, Framing::ByHand(_)) => Framing::Whole,
            (None, framing) => framing,
        };
        if framing != self.view.framing || kept.is_none() {
            self.frame(framing);
        }
        self.view.part = framing.part(portrait);
    }

    /// The key that shows the original went down or up: when it is let go at once, a portrait is opened.
    pub(super) fn hold_original(&mut self, ctx: &Context, held: bool) {
        if held {
            self.original_asked_at_secs.get_or_insert(now_secs(ctx));
            return;
        }
        let asked = self.original_asked_at_secs.take();
        if self.view.original.take().is_none() && asked.is_some() {
            self.browse(ctx, Purpose::Portrait);
        }
    }

    /// Shows the original once the key is held long enough. Returns in how many seconds to look again.
    pub(super) fn watch_original(&mut self, ctx: &Context) -> Option<f64> {
        let asked_at = self.original_asked_at_secs?;
        if !ctx.input(|input| input.focused) {
            // The key may have been let go elsewhere.
            (self.original_asked_at_secs, self.view.original) = (None, None);
            return None;
        }
        let left = asked_at + HELD_SECS - now_secs(ctx);
        if left > 0.0 {
            return Some(left);
        }
        if self.view.original.is_none()
            && let (Some(portrait), Some(painter)) = (&self.original, &self.painter)
        {
            self.view.original = Some(self.original_slot.show(painter, &RenderedImage::Cpu(Arc::clone(&portrait.pixels))));
            ctx.request_repaint();
        }
        None
    }
}
