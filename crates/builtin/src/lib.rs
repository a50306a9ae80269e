//! Material that comes with the program: portraits with their landmarks, and performances. Made by the program's own authors.

use std::io::Cursor;
use std::sync::Arc;

use image::RgbaImage;
use serde::Deserialize;

use retrato_core::data::{Crop, FaceMesh, Landmarks, Performance, PerformanceError, Portrait};
use retrato_core::scale::{FilterType, Scaler};
use retrato_media::capture::SourceSpec;

/// Width of a gallery picture, in pixels.
const THUMBNAIL_PX: u32 = 192;

/// A portrait inside the program. Its landmarks come with it, so that it lives without the landmark model.
#[derive(Clone, Copy, Debug)]
pub struct BuiltinPortrait {
    /// Name on the command line.
    pub name: &'static str,
    /// Title for people.
    pub title: &'static str,
    jpeg: &'static [u8],
    face: &'static str,
}

/// A performance inside the program.
#[derive(Clone, Copy, Debug)]
pub struct BuiltinPerformance {
    /// Name on the command line.
    pub name: &'static str,
    /// Title for people.
    pub title: &'static str,
    json_lines: &'static [u8],
}

macro_rules! builtin_portrait {
    ($name:literal, $title:literal) => {
        BuiltinPortrait {
            name: $name,
            title: $title,
            jpeg: include_bytes!(concat!("../../../assets/portraits/", $name, ".jpg")),
            face: include_str!(concat!("../../../assets/portraits/", $name, ".json")),
        }
    };
}

macro_rules! builtin_performance {
    ($name:literal, $title:literal) => {
        BuiltinPerformance {
            name: $name,
            title: $title,
            json_lines: include_bytes!(concat!("../../../assets/performances/", $name, ".jsonl")),
        }
    };
}

/// The built-in portraits, the first one shown at start.
pub static PORTRAITS: [BuiltinPortrait; 4] = [
    builtin_portrait!("lady", "Lady in Umber"),
    builtin_portrait!("garden", "Straw Hat, Noon"),
    builtin_portrait!("dutch", "The Crimson Cap"),
    builtin_portrait!("chalk", "The Old Pilot"),
];

/// The built-in performances, the first one played at start.
pub static PERFORMANCES: [BuiltinPerformance; 4] = [
    builtin_performance!("talk", "Talk"),
    builtin_performance!("laugh", "Laugh"),
    builtin_performance!("doubt", "Doubt"),
    builtin_performance!("look_around", "Look around"),
];

/// What is stored beside a built-in portrait: the output of `retrato enroll --json` on it.
#[derive(Deserialize)]
struct StoredFace {
    landmarks: Landmarks,
    mesh: FaceMesh,
    crop: Crop,
    content_hash: String,
}

/// Why built-in material cannot be used: a defect of the build.
#[derive(Debug, thiserror::Error)]
pub enum BuiltinError {
    /// The picture is damaged.
    #[error("the built-in picture is damaged ({0}): this build of Retrato is broken, build it again")]
    Picture(#[from] image::ImageError),
    /// The landmarks are damaged.
    #[error("the built-in landmarks are damaged ({0}): this build of Retrato is broken, build it again")]
    Face(#[from] serde_json::Error),
    /// The performance is damaged.
    #[error("the built-in performance is damaged ({0}): this build of Retrato is broken, build it again")]
    Performance(#[from] PerformanceError),
}

impl BuiltinPortrait {
    /// The picture's file.
    pub fn file(&self) -> &'static [u8] {
        self.jpeg
    }

    /// The picture alone.
    ///
    /// # Errors
    /// [`BuiltinError`] for a broken build.
    pub fn pixels(&self) -> Result<RgbaImage, BuiltinError> {
        Ok(image::ImageReader::with_format(Cursor::new(self.jpeg), image::ImageFormat::Jpeg).decode()?.to_rgba8())
    }

    /// The picture small, for a gallery.
    ///
    /// # Errors
    /// [`BuiltinError`] for a broken build.
    pub fn thumbnail(&self) -> Result<RgbaImage, BuiltinError> {
        let pixels = self.pixels()?;
        let height = THUMBNAIL_PX * pixels.height() / pixels.width().max(1);
        Ok(Scaler::new().rgba(&pixels, [THUMBNAIL_PX, height], FilterType::CatmullRom).unwrap_or(pixels))
    }

    /// The portrait, ready to live.
    ///
    /// # Errors
    /// [`BuiltinError`] for a broken build.
    pub fn portrait(&self) -> Result<Portrait, BuiltinError> {
        let face: StoredFace = serde_json::from_str(self.face)?;
        let pixels = self.pixels()?;
        Ok(Portrait {
            name: self.title.to_owned(),
            pupils_in_image: face.mesh.pupils(),
            mesh_in_image: Some(Arc::new(face.mesh)),
            pixels: Arc::new(pixels),
            landmarks_in_image: face.landmarks,
            crop: face.crop,
            content_hash: face.content_hash,
        })
    }
}

impl BuiltinPerformance {
    /// The motion.
    ///
    /// # Errors
    /// [`BuiltinError`] for a broken build.
    pub fn performance(&self) -> Result<Performance, BuiltinError> {
        Ok(Performance::read(self.json_lines)?)
    }

    /// The motion as a source.
    ///
    /// # Errors
    /// [`BuiltinError`] for a broken build.
    pub fn source(&self, looped: bool) -> Result<SourceSpec, BuiltinError> {
        Ok(SourceSpec::Performance { name: self.title.to_owned(), data: Arc::new(self.performance()?), looped })
    }
}

/// The built-in portrait with a name or title.
pub fn portrait(name: &str) -> Option<BuiltinPortrait> {
    PORTRAITS.iter().find(|p| p.name == name || p.title == name).copied()
}

/// The built-in performance with a name or title.
pub fn performance(name: &str) -> Option<BuiltinPerformance> {
    PERFORMANCES.iter().find(|p| p.name == name || p.title == name).copied()
}
