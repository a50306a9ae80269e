//! How the window looks: colours, sizes, type. Everything drawn takes its values from here.

use egui::{Color32, CornerRadius, FontId, Shadow, Stroke, Style, TextStyle, Visuals, vec2};

/// Edge of the stage, darkest of all so that the picture is the brightest thing in the window.
pub(super) const STAGE: Color32 = Color32::from_rgb(13, 12, 12);
/// Middle of the stage.
pub(super) const STAGE_GLOW: Color32 = Color32::from_rgb(38, 35, 33);
/// The side panel.
pub(super) const PANEL: Color32 = Color32::from_rgb(24, 23, 22);
/// Dialogs, toasts and menus.
pub(super) const RAISED: Color32 = Color32::from_rgb(34, 32, 30);
/// Controls at rest.
pub(super) const CONTROL: Color32 = Color32::from_rgb(41, 39, 37);
/// Controls under the pointer.
pub(super) const CONTROL_HOVER: Color32 = Color32::from_rgb(51, 48, 45);
/// Controls being pressed.
pub(super) const CONTROL_PRESSED: Color32 = Color32::from_rgb(60, 56, 52);
/// Hairlines.
pub(super) const LINE: Color32 = Color32::from_rgb(46, 43, 41);
/// Text that is read.
pub(super) const TEXT: Color32 = Color32::from_rgb(236, 231, 224);
/// Text that accompanies.
pub(super) const TEXT_SOFT: Color32 = Color32::from_rgb(171, 163, 153);
/// Text that is looked up; still 5.5 to 1 against the panel.
pub(super) const TEXT_FAINT: Color32 = Color32::from_rgb(155, 147, 137);
/// The one warm accent: gilt, as of a picture frame.
pub(super) const ACCENT: Color32 = Color32::from_rgb(226, 168, 96);
/// Accent as a quiet surface.
pub(super) const ACCENT_DIM: Color32 = Color32::from_rgb(70, 54, 35);
/// Recording, and nothing else but errors.
pub(super) const RECORD: Color32 = Color32::from_rgb(228, 86, 68);
/// All is well.
pub(super) const GOOD: Color32 = Color32::from_rgb(140, 184, 130);

/// Shadow that lifts the picture off the stage: width of its penumbra in points, and darkness from 0 to 1.
pub(super) const PICTURE_SHADOW: (f32, f32) = (56.0, 0.75);

/// Width of the side panel, in points.
pub(super) const PANEL_WIDTH: f32 = 292.0;
/// Margin of the panel's contents, in points.
pub(super) const MARGIN: f32 = 16.0;
/// Space between neighbours that belong together, in points.
pub(super) const GAP: f32 = 8.0;
/// Height of a button, in points.
pub(super) const BUTTON_HEIGHT: f32 = 32.0;
/// Rounding of buttons and fields, in points.
pub(super) const ROUNDING: u8 = 7;
/// Rounding of dialogs and the camera inset, in points.
pub(super) const ROUNDING_LARGE: u8 = 12;

/// Text sizes, in points.
pub(super) mod size {
    /// Titles of the empty state and of dialogs.
    pub(in super::super) const TITLE: f32 = 24.0;
    /// The name of the program, heads of dialogs.
    pub(in super::super) const HEAD: f32 = 16.0;
    /// Everything else.
    pub(in super::super) const BODY: f32 = 13.5;
    /// Notes, section heads, read-outs.
    pub(in super::super) const SMALL: f32 = 12.5;
}

/// The font for running text at a size in points.
pub(super) fn regular(size: f32) -> FontId {
    FontId::proportional(size)
}

/// The font for titles and section heads at a size in points: there is one weight, so size alone sets them apart.
pub(super) fn semibold(size: f32) -> FontId {
    FontId::proportional(size + 1.0)
}

/// Gives a context our style; also used by the tests.
pub fn apply(ctx: &egui::Context) {
    ctx.set_theme(egui::Theme::Dark);
    ctx.all_styles_mut(style);
}

fn style(style: &mut Style) {
    style.text_styles = [
        (TextStyle::Heading, semibold(size::HEAD)),
        (TextStyle::Body, regular(size::BODY)),
        (TextStyle::Button, regular(size::BODY)),
        (TextStyle::Small, regular(size::SMALL)),
        (TextStyle::Monospace, FontId::monospace(size::SMALL)),
    ]
    .into();
    style.spacing.item_spacing = vec2(GAP, GAP);
    style.spacing.button_padding = vec2(11.0, 6.0);
    style.spacing.interact_size = vec2(32.0, BUTTON_HEIGHT);
    style.spacing.slider_rail_height = 4.0;
    style.spacing.menu_margin = egui::Margin::same(5);
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.6;
    style.animation_time = 0.12;
    visuals(&mut style.visuals);
}

fn visuals(v: &mut Visuals) {
    v.panel_fill = PANEL;
    v.window_fill = RAISED;
    v.window_stroke = Stroke::new(1.0, LINE);
    v.window_corner_radius = CornerRadius::same(ROUNDING_LARGE);
    v.menu_corner_radius = CornerRadius::same(ROUNDING + 2);
    v.window_shadow = dialog_shadow();
    v.popup_shadow = Shadow { offset: [0, 6], blur: 20, spread: 0, color: Color32::from_black_alpha(120) };
    v.extreme_bg_color = Color32::from_rgb(17, 16, 15);
    v.faint_bg_color = CONTROL;
    v.selection.bg_fill = ACCENT;
    v.selection.stroke = Stroke::new(1.0, STAGE);
    v.hyperlink_color = ACCENT;
    v.weak_text_color = Some(TEXT_FAINT);
    v.error_fg_color = RECORD;
    v.warn_fg_color = ACCENT;
    v.text_cursor.stroke = Stroke::new(1.5, ACCENT);
    v.slider_trailing_fill = true;
    v.handle_shape = egui::style::HandleShape::Circle;
    widgets(&mut v.widgets);
}

fn widgets(w: &mut egui::style::Widgets) {
    for (state, fill, stroke, text) in [
        (&mut w.noninteractive, PANEL, Stroke::new(1.0, LINE), TEXT),
        (&mut w.inactive, CONTROL, Stroke::NONE, TEXT),
        (&mut w.hovered, CONTROL_HOVER, Stroke::NONE, TEXT),
        (&mut w.active, CONTROL_PRESSED, Stroke::new(1.5, ACCENT), TEXT),
        (&mut w.open, CONTROL_HOVER, Stroke::NONE, TEXT),
    ] {
        state.bg_fill = fill;
        state.weak_bg_fill = fill;
        state.bg_stroke = stroke;
        state.fg_stroke = Stroke::new(1.0, text);
        state.corner_radius = CornerRadius::same(ROUNDING);
        state.expansion = 0.0;
    }
}

/// Shadow under dialogs and toasts.
pub(super) fn dialog_shadow() -> Shadow {
    Shadow { offset: [0, 10], blur: 36, spread: 0, color: Color32::from_black_alpha(150) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance of the web content accessibility guidelines.
    fn luminance(c: Color32) -> f32 {
        let linear = egui::Rgba::from(c);
        0.2126 * linear.r() + 0.7152 * linear.g() + 0.0722 * linear.b()
    }

    #[test]
    fn text_can_be_read_on_everything_it_stands_on() {
        for (text, surface) in
            [(TEXT, CONTROL_PRESSED), (TEXT_SOFT, CONTROL), (TEXT_FAINT, PANEL), (TEXT_FAINT, CONTROL), (ACCENT, PANEL), (TEXT, RAISED)]
        {
            let contrast = (luminance(text) + 0.05) / (luminance(surface) + 0.05);
            assert!(contrast >= 4.5, "{text:?} on {surface:?} has a contrast of only {contrast:.2}");
        }
    }
}
