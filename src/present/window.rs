//! Opens the window.

use std::sync::Arc;

use egui::{ViewportBuilder, ViewportId};

use super::app::{App, AppConfig};
use super::{desktop, preview, stage, theme, words};
use crate::gpu::Gpu;
use crate::session::Session;

/// The window's first size, in points.
const FIRST_SIZE: [f32; 2] = [1240.0, 820.0];
/// The smallest window, in points: at two pixels a point it still fits on a screen of 1366 by 768.
const SMALLEST: [f32; 2] = [600.0, 360.0];

/// What the pipeline needs of the window.
pub struct StartContext {
    /// To be called when there is something new to show.
    pub wake: Arc<dyn Fn() + Send + Sync>,
    /// The window's own device, for pictures that never leave it.
    pub gpu: Option<Gpu>,
}

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    /// There is no display.
    #[error(
        "there is no display to open a window on{}; set DISPLAY or WAYLAND_DISPLAY, or use `retrato animate`, which needs no window",
        .cause.as_ref().map(|cause| format!(" ({cause})")).unwrap_or_default()
    )]
    NoDisplay {
        /// What the system said.
        cause: Option<String>,
    },
    /// Nothing can draw.
    #[error(
        "nothing here can draw the window ({cause}); install a graphics driver, for instance with `apt-get install mesa-vulkan-drivers`"
    )]
    NoAdapter {
        /// What was tried.
        cause: String,
    },
    /// The pipeline did not start.
    #[error("{0}")]
    Start(Box<dyn std::error::Error + Send + Sync>),
    /// Anything else.
    #[error("the window failed: {0}. Use `retrato animate`, which needs no window")]
    Other(String),
}

/// Starts what the window drives.
pub type StartSession = Box<dyn FnOnce(StartContext) -> Result<Box<dyn Session>, Box<dyn std::error::Error + Send + Sync>>>;

/// Opens the window and returns when it is closed. `icon_png` is the program's icon; `start` makes the pipeline.
pub fn run_window(mut config: AppConfig, icon_png: &[u8], start: StartSession) -> Result<(), WindowError> {
    if !desktop::has_display() {
        return Err(WindowError::NoDisplay { cause: None });
    }
    if config.locales.is_empty() {
        config.locales = words::of_user();
    }
    let options = options(icon_png);
    let create = move |creation: &eframe::CreationContext<'_>| {
        config.no_drop |= is_wayland(creation);
        let ctx = creation.egui_ctx.clone();
        let render_state = creation.wgpu_render_state.as_ref();
        let waker = ctx.clone();
        let session = start(StartContext {
            wake: Arc::new(move || waker.request_repaint_of(ViewportId::ROOT)),
            gpu: render_state.map(preview::device),
        })?;
        Ok(Box::new(App::new(&ctx, render_state, session, config)) as Box<dyn eframe::App>)
    };
    eframe::run_native("retrato", options, Box::new(create)).map_err(WindowError::from)
}

/// How large a picture of this size is shown by a window of its first size, on a screen of one pixel per point: see [`Request::ShowAt`](crate::session::Request::ShowAt).
pub fn first_shown_at(size_px: [u32; 2]) -> f32 {
    let [width, height] = FIRST_SIZE;
    let stage = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(width - theme::PANEL_WIDTH, height));
    stage::in_steps(stage::placement(size_px, stage, false, 1.0).scale)
}

fn options(icon_png: &[u8]) -> eframe::NativeOptions {
    let mut viewport =
        ViewportBuilder::default().with_title("Retrato").with_app_id("retrato").with_inner_size(FIRST_SIZE).with_min_inner_size(SMALLEST);
    match eframe::icon_data::from_png_bytes(icon_png) {
        Ok(icon) => viewport = viewport.with_icon(icon),
        Err(error) => tracing::warn!("the icon cannot be read: {error}"),
    }
    // The toolkit would read the clipboard on the window's thread, which then stands still until its owner has answered.
    let clipboard_shortcuts = false;
    eframe::NativeOptions { viewport, wgpu_options: preview::wgpu_options(), clipboard_shortcuts, ..Default::default() }
}

/// Winit 0.30 delivers no dropped files on Wayland.
fn is_wayland(creation: &eframe::CreationContext<'_>) -> bool {
    preview::display_is_wayland(creation)
}

impl From<eframe::Error> for WindowError {
    fn from(error: eframe::Error) -> Self {
        match error {
            eframe::Error::AppCreation(cause) => Self::Start(cause),
            eframe::Error::WinitEventLoop(cause) => Self::NoDisplay { cause: Some(cause.to_string()) },
            eframe::Error::Wgpu(cause) => Self::NoAdapter { cause: cause.to_string() },
            eframe::Error::Winit(cause) => Self::Other(cause.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_to_do() {
        let display = WindowError::NoDisplay { cause: Some("no X server".to_owned()) }.to_string();
        assert!(display.contains("retrato animate") && display.contains("DISPLAY"), "two ways out: {display}");
        let adapter = WindowError::NoAdapter { cause: "nothing found".to_owned() }.to_string();
        assert!(adapter.contains("mesa-vulkan-drivers"), "names the package: {adapter}");
        let start = WindowError::from(eframe::Error::AppCreation("the landmark model is missing".into())).to_string();
        assert_eq!(start, "the landmark model is missing", "the pipeline's own words");
    }
}
