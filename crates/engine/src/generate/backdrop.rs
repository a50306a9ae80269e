//! A portrait before another background: its person is cut out once, and laid over whatever is wanted.

use std::sync::{Arc, OnceLock};

use image::RgbaImage;
use retrato_head::HeadShape;
use retrato_plate::{Backed, CoarseShares, Cutout, CutoutParts, SoftMatte, Window};

use super::clean_plate::MovingShares;
use super::seen::SeenPicture;
use super::shoulders::Shoulders;
use crate::data::{Background, Crop, Portrait};
use crate::model::MatteNet;

/// Lays a portrait's person over backgrounds. What takes a second or two is done once, when the first is wanted. Cheap to clone.
#[derive(Clone)]
pub struct Backdrops {
    pub(super) net: Arc<MatteNet>,
    pub(super) portrait: Portrait,
    pub(super) soft: Arc<SoftMatte>,
    pub(super) plate: Arc<RgbaImage>,
    pub(super) head: Option<Arc<HeadShape>>,
    pub(super) cutout: Arc<OnceLock<Cutout>>,
}

/// A portrait before a background, for a compositor. On none, all colours are premultiplied with their alpha.
#[derive(Clone, Debug)]
pub struct Backdrop {
    /// Which background.
    pub background: Background,
    /// The portrait.
    pub portrait: Portrait,
    /// What stands behind its head, of the picture's size.
    pub plate: Arc<RgbaImage>,
    /// Its head in 3D, where it has one.
    pub head: Option<Arc<HeadShape>>,
}

impl Backdrops {
    /// The portrait before a background; `None` for its own, which needs nothing.
    ///
    /// # Errors
    /// A network that fails.
    pub fn make(&self, background: Background) -> candle_core::Result<Option<Backdrop>> {
        if background == Background::Own {
            return Ok(None);
        }
        let cutout = if let Some(cutout) = self.cutout.get() {
            cutout
        } else {
            let cutout = self.cut_out()?;
            self.cutout.get_or_init(|| cutout)
        };
        let Some(Backed { picture, plate }) = cutout.before(background) else { return Ok(None) };
        let (picture, plate) = (Arc::new(picture), Arc::new(plate));
        let head = self.head.as_ref().map(|head| Arc::new(head.before(&picture, &plate)));
        Ok(Some(Backdrop { background, portrait: Portrait { pixels: picture, ..self.portrait.clone() }, plate, head }))
    }

    fn cut_out(&self) -> candle_core::Result<Cutout> {
        let picture = &*self.portrait.pixels;
        let seen = SeenPicture::new(&self.net, &self.portrait)?;
        let shoulders = Shoulders::of(&self.portrait.landmarks_in_image);
        let person = |at| {
            let [head, body] = seen.shares(at);
            let body = shoulders.expect(at, body);
            [1.0 - (1.0 - head) * (1.0 - body), body]
        };
        let longer = picture.width().max(picture.height()) as f32;
        let window = Window::of([picture.width(), picture.height()], &Crop { origin_px: [0.0; 2], side_px: longer });
        let whole = CoarseShares { at: &person, uncovered: &|_| 0.0, cell_px: seen.cell_px() };
        let whole = window.map(|window| SoftMatte::of(picture, window, &whole));
        let layer = self.head.as_ref().map(|head| (&head.layer, [head.region.left, head.region.top]));
        Ok(MovingShares::new(&|at| seen.near().shares(at), &self.portrait).with_coarse(|coarse| {
            let whole = whole.as_ref().unwrap_or(&self.soft);
            let is_body = |at| person(at)[1];
            Cutout::of(&CutoutParts { picture, plate: &self.plate, close: &self.soft, coarse, whole, is_body: &is_body, layer })
        }))
    }
}
