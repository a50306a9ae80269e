//! Composes a portrait's pictures on either processor; on the CPU also as small as they are shown.

use std::sync::Arc;

use image::RgbaImage;

use crate::compose::{CpuCompositor, GpuCompositor, straight};
use crate::data::PictureChange;
use crate::session::RenderedImage;

/// Where a portrait's pictures are composed.
pub(super) enum Compositor {
    Cpu(Box<CpuPictures>),
    Gpu(Box<GpuCompositor>),
}

/// Compositors of one portrait on the CPU.
pub(super) struct CpuPictures {
    whole: CpuCompositor,
    /// The one for another scale, and which.
    smaller: Option<(f32, CpuCompositor)>,
    /// Whether what is composed has no background, and its colours are premultiplied.
    clear: bool,
}

impl CpuPictures {
    pub(super) fn new(whole: CpuCompositor, clear: bool) -> Self {
        Self { whole, smaller: None, clear }
    }

    fn compose(&mut self, change: &PictureChange, scale: f32) -> Arc<RgbaImage> {
        let composed = if scale < 1.0 {
            let kept = self.smaller.take().filter(|(kept, _)| kept.total_cmp(&scale).is_eq());
            let (_, smaller) = self.smaller.insert(kept.unwrap_or_else(|| (scale, self.whole.smaller(scale))));
            smaller.compose(change)
        } else {
            self.whole.compose(change)
        };
        if self.clear { Arc::new(straight(&composed)) } else { composed }
    }
}

impl Compositor {
    /// The picture with a change. On the CPU it is smaller by `scale`, up to 1; a graphics processor makes all of it in less time than that is worth.
    pub(super) fn compose(&mut self, change: &PictureChange, scale: f32) -> RenderedImage {
        match self {
            Self::Cpu(pictures) => RenderedImage::Cpu(pictures.compose(change, scale)),
            Self::Gpu(gpu) => {
                gpu.compose(change);
                RenderedImage::Gpu(gpu.target().clone())
            }
        }
    }

    /// Shows another plate from now on, of the picture's size.
    pub(super) fn set_plate(&mut self, plate: Arc<RgbaImage>) {
        match self {
            Self::Cpu(pictures) => {
                pictures.whole.set_plate(plate);
                pictures.smaller = None;
            }
            Self::Gpu(gpu) => gpu.set_plate(&plate),
        }
    }
}
