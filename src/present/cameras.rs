//! Pictures of the cameras, while one is being chosen.

use egui::Context;
use egui::load::SizedTexture;

use super::app::App;
use super::state::CameraView;
use super::textures::InsetTexture;
use crate::session::{CameraInfo, CameraLook, CameraSight, Request};

/// A texture for each camera, kept while they can be chosen.
#[derive(Default)]
pub(super) struct CameraTextures(Vec<(CameraInfo, InsetTexture)>);

impl CameraTextures {
    fn of(&mut self, camera: &CameraInfo) -> &mut InsetTexture {
        let place = self.0.iter().position(|(known, _)| known == camera).unwrap_or_else(|| {
            self.0.push((camera.clone(), InsetTexture::default()));
            self.0.len() - 1
        });
        &mut self.0[place].1
    }
}

impl App {
    /// Looks at all cameras, or no more.
    pub(super) fn look_at_cameras(&mut self, on: bool) {
        self.view.driver.looks_at_cameras = on;
        if !on {
            // What was seen is old the next time.
            self.view.driver.seen.clear();
            self.cameras = CameraTextures::default();
        }
        self.session.request(Request::LookAtCameras(on));
    }

    /// Shows what was seen of a camera.
    pub(super) fn show_camera(&mut self, ctx: &Context, look: &CameraLook) {
        if !self.view.driver.looks_at_cameras || !self.view.driver.cameras.contains(&look.camera) {
            return;
        }
        let thumbnail: Option<SizedTexture> = match &look.sight {
            CameraSight::Picture(picture) => Some(self.cameras.of(&look.camera).show(ctx, picture)),
            _ => None,
        };
        let CameraLook { camera, formats, sight } = look.clone();
        let seen = &mut self.view.driver.seen;
        seen.retain(|seen| seen.camera != camera);
        seen.push(CameraView { camera, formats, sight, thumbnail });
    }
}
