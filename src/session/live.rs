//! What can be read of a running pipeline at any time.

use std::sync::Arc;

use image::RgbaImage;

use super::RequestId;
use crate::data::FrameTime;

/// Speed, executor, generator and face reader of a running pipeline.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LiveStats {
    /// Portrait frames finished during the last second.
    pub frames_per_sec: f64,
    /// Median time from a driving frame's arrival to the finished portrait frame, over the last second, in milliseconds.
    pub latency_ms_p50: f64,
    /// `CPU`, or `GPU:` and the adapter's name.
    pub executor: String,
    /// Name of the generator, such as `few-shot`.
    pub generator: String,
    /// What reads the driver's face, such as `face reader`; empty while nothing does yet.
    pub reader: &'static str,
}

/// One finished frame.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// Time of the driving frame.
    pub time: FrameTime,
    /// Number of the request that opened the portrait which it shows.
    pub portrait: RequestId,
    /// The whole picture, at most as large as [`Request::ShowAt`](super::Request::ShowAt) says it is shown.
    pub image: RenderedImage,
    /// Width and height of the portrait's own picture, in pixels.
    pub size_px: [u32; 2],
}

/// A whole picture, sRGB-encoded with straight alpha, in main memory or on the GPU.
#[derive(Clone, Debug)]
pub enum RenderedImage {
    /// In main memory.
    Cpu(Arc<RgbaImage>),
    /// On the GPU: format `Rgba8Unorm`, usage `TEXTURE_BINDING`, rewritten by every later frame of the same portrait.
    Gpu(crate::gpu::Texture),
}

impl RenderedImage {
    /// Width and height, in pixels.
    pub fn size_px(&self) -> [u32; 2] {
        match self {
            Self::Cpu(pixels) => pixels.dimensions().into(),
            Self::Gpu(texture) => [texture.width(), texture.height()],
        }
    }
}
