//! The chooser of cameras: each by its picture, with what it can deliver, or why nothing is seen of it.

use egui::{
    Align2, Color32, ComboBox, CornerRadius, Rect, Role, Sense, Stroke, StrokeKind, TextWrapMode, Ui, WidgetInfo, WidgetText, vec2,
};

use crate::present::action::Action;
use crate::present::icons::Icon;
use crate::present::menus;
use crate::present::state::{CameraView, DriverView, ViewState};
use crate::present::theme::{self, size};
use crate::present::widgets::{self, Weight};
use crate::present::words::{self, t};
use crate::session::{CameraChoice, CameraFormat, CameraInfo, CameraSight, DriverChoice};

/// Size of a camera's picture, and the room round it, in points.
const PICTURE: egui::Vec2 = vec2(76.0, 57.0);
const MARGIN: f32 = 5.0;
/// Width of the list, and its height at most, in points.
const WIDTH: f32 = 320.0;
const HEIGHT: f32 = 4.5 * (PICTURE.y + 2.0 * MARGIN);

pub(super) fn show(ui: &mut Ui, view: &ViewState) -> Vec<Action> {
    let driver = &view.driver;
    let mut actions = Vec::new();
    let chosen = match &driver.source {
        Some(DriverChoice::Camera(choice)) => choice.find(&driver.cameras),
        _ => None,
    };
    let text = match (chosen, driver.cameras.len(), driver.listing) {
        (Some(camera), _, _) => label(camera, &driver.cameras),
        (None, 0, true) => t!("driver-cameras-looking"),
        (None, 0, false) => t!("driver-cameras-none"),
        (None, _, _) => t!("driver-cameras-choose"),
    };
    ui.horizontal(|ui| {
        let width = ui.available_width() - theme::BUTTON_HEIGHT - theme::GAP;
        let combo = ComboBox::from_id_salt("camera").width(width).height(HEIGHT).truncate().selected_text(text);
        let response = combo.show_ui(ui, |ui| {
            ui.set_min_width(WIDTH);
            for camera in &driver.cameras {
                if entry(ui, view, camera, chosen == Some(camera)) {
                    let choice = CameraChoice::Listed { index: camera.index, name: camera.name.clone() };
                    actions.push(Action::UseDriver(DriverChoice::Camera(choice)));
                    ui.close();
                }
            }
            if driver.cameras.is_empty() {
                widgets::note(ui, t!("driver-cameras-plug"));
            }
            menus::steer(ui);
        });
        menus::settle(&response.response);
        // While it is open, all of them are looked at.
        let is_open = response.inner.is_some();
        if is_open != driver.looks_at_cameras {
            actions.push(Action::LookAtCameras(is_open));
        }
        response.response.accessible_name(t!("driver-camera")).on_hover_text(t!("driver-camera-tip"));
        if widgets::icon_button(ui, Icon::Refresh, &t!("driver-cameras-again"), Weight::Normal).clicked() {
            actions.push(Action::RefreshDevices);
        }
    });
    actions
}

/// A camera that can be chosen. Says whether it is.
fn entry(ui: &mut Ui, view: &ViewState, camera: &CameraInfo, is_chosen: bool) -> bool {
    let driver = &view.driver;
    let seen = driver.seen.iter().find(|seen| seen.camera == *camera);
    let (name, says) = (label(camera, &driver.cameras), says(seen));
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), PICTURE.y + 2.0 * MARGIN), Sense::click());
    let spoken = if seen.is_some_and(CameraView::is_trouble) { format!("{name}: {says}") } else { name.clone() };
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, is_chosen, &spoken));
    let visuals = ui.style().interact_selectable(&response, is_chosen);
    if is_chosen || response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, theme::ROUNDING, visuals.weak_bg_fill);
    }
    let picture = Rect::from_min_size(rect.min + vec2(MARGIN, MARGIN), PICTURE);
    thumbnail(ui, view, seen, picture);
    let left = picture.right() + 2.0 * MARGIN;
    let room = rect.right() - left - MARGIN;
    let line = |text: &str, size: f32, colour: Color32, y: f32, anchor: Align2| {
        let text = egui::RichText::new(text).size(size).color(colour);
        let galley = WidgetText::from(text).into_galley(ui, Some(TextWrapMode::Truncate), room, egui::FontSelection::Default);
        let place = anchor.anchor_size(egui::pos2(left, y), galley.size());
        ui.painter().galley(place.min, galley, colour);
    };
    let (strong, soft) = if is_chosen { (visuals.text_color(), visuals.text_color()) } else { (theme::TEXT, theme::TEXT_SOFT) };
    line(&name, size::BODY, strong, rect.center().y - 1.0, Align2::LEFT_BOTTOM);
    let colour = if seen.is_some_and(CameraView::is_trouble) { theme::ACCENT } else { soft };
    line(&says, size::SMALL, colour, rect.center().y + 2.0, Align2::LEFT_TOP);
    widgets::focus_ring(ui.painter(), &response, rect, theme::ROUNDING);
    let clicked = response.clicked();
    if let Some(seen) = seen {
        response.on_hover_text(hint(seen));
    }
    clicked
}

/// What is seen of a camera: of the one that drives, what the inset shows.
fn thumbnail(ui: &Ui, view: &ViewState, seen: Option<&CameraView>, rect: Rect) {
    let rounding = CornerRadius::same(4);
    ui.painter().rect_filled(rect, rounding, theme::STAGE);
    let of_driver = || view.inset.as_ref().and_then(|inset| inset.frame);
    let texture = seen.and_then(|seen| if seen.sight == CameraSight::Drives { of_driver() } else { seen.thumbnail });
    if let Some(texture) = texture {
        let scale = (rect.width() / texture.size.x.max(1.0)).max(rect.height() / texture.size.y.max(1.0));
        let part = rect.size() / (texture.size * scale);
        let uv = Rect::from_center_size(egui::pos2(0.5, 0.5), part);
        egui::Image::from_texture(texture).uv(uv).corner_radius(rounding).paint_at(ui, rect);
    } else if seen.is_none() {
        egui::Spinner::new().color(theme::TEXT_FAINT).paint_at(ui, Rect::from_center_size(rect.center(), vec2(16.0, 16.0)));
    } else {
        let icon = Rect::from_center_size(rect.center(), vec2(20.0, 20.0));
        crate::present::icons::paint(ui.painter(), Icon::Alert, icon, theme::TEXT_FAINT);
    }
    ui.painter().rect_stroke(rect, rounding, Stroke::new(1.0, theme::LINE), StrokeKind::Inside);
}

/// One line about a camera.
fn says(seen: Option<&CameraView>) -> String {
    let Some(seen) = seen else { return t!("camera-looking") };
    match &seen.sight {
        CameraSight::Picture(_) => formats(&seen.formats),
        CameraSight::Drives => t!("camera-drives"),
        CameraSight::Busy => t!("camera-busy"),
        CameraSight::Forbidden => t!("camera-forbidden"),
        CameraSight::Fails(_) => t!("camera-fails"),
    }
}

/// The format that is used, and the largest one.
fn formats(formats: &[CameraFormat]) -> String {
    let Some(used) = formats.first() else { return String::new() };
    let size = |[width, height]: [u32; 2]| format!("{width} × {height}");
    let most = formats.iter().map(|format| format.size).max_by_key(|[width, height]| u64::from(*width) * u64::from(*height));
    let (own, rate) = (size(used.size), words::number(used.fps, 0));
    match most.filter(|most| *most != used.size) {
        Some(most) => t!("camera-formats-most", size = own, rate = rate, most = size(most)),
        None => t!("camera-formats", size = own, rate = rate),
    }
}

/// Everything about a camera: its formats, or what can be done.
fn hint(seen: &CameraView) -> String {
    const MOST_LINES: usize = 14;
    match &seen.sight {
        CameraSight::Busy => t!("camera-busy-tip"),
        CameraSight::Forbidden => t!("camera-forbidden-tip"),
        CameraSight::Fails(why) => t!("trouble", why = crate::present::toasts::sentence(why.clone())),
        CameraSight::Drives => t!("camera-drives"),
        CameraSight::Picture(_) => seen.formats.iter().take(MOST_LINES).map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    }
}

/// A camera's name, with its number where another one has the same name.
fn label(camera: &CameraInfo, all: &[CameraInfo]) -> String {
    let namesakes = all.iter().filter(|other| other.name == camera.name).count();
    if namesakes > 1 { format!("{} ({})", camera.name, camera.index) } else { camera.name.clone() }
}

impl CameraView {
    /// Whether nothing can be seen of it.
    fn is_trouble(&self) -> bool {
        matches!(self.sight, CameraSight::Busy | CameraSight::Forbidden | CameraSight::Fails(_))
    }
}

impl DriverView {
    /// Forgets cameras that are not there any more.
    pub(in crate::present) fn keep_listed(&mut self) {
        let cameras = &self.cameras;
        self.seen.retain(|seen| cameras.contains(&seen.camera));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_cameras_of_one_name_read_differently() {
        let camera = |index, name: &str| CameraInfo { index, name: name.to_owned(), detail: String::new() };
        let all = [camera(0, "Webcam"), camera(2, "Webcam"), camera(4, "Desk")];
        let labels: Vec<String> = all.iter().map(|camera| label(camera, &all)).collect();
        assert_eq!(labels, ["Webcam (0)", "Webcam (2)", "Desk"], "the number is there only where it is needed");
    }

    #[test]
    fn the_format_that_is_used_is_named_and_a_larger_one_too() {
        let format = |size, fps| CameraFormat { pixel_format: "YUYV".to_owned(), size, fps };
        assert_eq!(formats(&[format([640, 480], 30.0)]), "640 × 480, 30 fps", "the only one");
        let both = [format([640, 480], 30.0), format([1920, 1080], 5.0), format([320, 240], 30.0)];
        assert_eq!(formats(&both), "640 × 480, 30 fps, up to 1920 × 1080", "and what it could");
        assert_eq!(formats(&[]), "", "nothing is known");
    }
}
