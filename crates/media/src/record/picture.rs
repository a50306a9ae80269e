//! Brings every picture to the recording's size and, where the format has no transparency, lays it over its matte.

use image::{Rgba, RgbaImage};

use super::mark::mark;
use super::{MatteColour, RecordError};
use crate::scale::{FilterType, Scaler, inner_size};

/// The size of a recording whose first picture has `size`: at most `max_long_side_px` on the long side, at most `largest` (long and short
/// side) in any case, and even if asked.
pub(super) fn recording_size(size: [u32; 2], max_long_side_px: Option<u32>, largest: [u32; 2], even: bool) -> [u32; 2] {
    let [long, short] = [size[0].max(size[1]), size[0].min(size[1])].map(|side| f64::from(side.max(1)));
    let wanted = max_long_side_px.map_or(f64::INFINITY, f64::from).min(f64::from(largest[0]));
    let scale = (wanted / long).min(f64::from(largest[1]) / short).min(1.0);
    size.map(|side| {
        let scaled = ((f64::from(side) * scale).round() as u32).max(1);
        if even { scaled & !1 } else { scaled }
    })
}

/// Fits pictures into one size. Buffers are kept from picture to picture.
pub(super) struct Fitter {
    size: [u32; 2],
    matte: Option<MatteColour>,
    has_mark: bool,
    scaler: Scaler,
    fitted: RgbaImage,
}

impl Fitter {
    /// A fitter into `size` (width, height); without a `matte` transparency is kept.
    pub(super) fn new(size: [u32; 2], matte: Option<MatteColour>) -> Self {
        Self { size, matte, has_mark: false, scaler: Scaler::new(), fitted: RgbaImage::new(size[0], size[1]) }
    }

    /// Draws the mark into every picture, or not: at its final size, so that it stays legible.
    #[must_use]
    pub(super) fn marking(self, has_mark: bool) -> Self {
        Self { has_mark, ..self }
    }

    /// The size pictures are brought to.
    pub(super) fn size(&self) -> [u32; 2] {
        self.size
    }

    /// The picture at the fitter's size, or up to one row and column larger when its own size was odd. A picture of another shape is
    /// centred between bars. Opaque pictures of the right size pass untouched where no mark is wanted.
    ///
    /// # Errors
    /// [`RecordError::Encoder`] when resizing fails.
    pub(super) fn fit<'a>(&'a mut self, picture: &'a RgbaImage) -> Result<&'a RgbaImage, RecordError> {
        let needs_matte = self.matte.is_some() && !is_opaque(picture);
        let has_size =
            picture.width() & !1 == self.size[0] && picture.height() & !1 == self.size[1] || picture.dimensions() == self.size.into();
        if has_size && !needs_matte && !self.has_mark {
            return Ok(picture);
        }
        if has_size {
            self.fitted.clone_from(&image::imageops::crop_imm(picture, 0, 0, self.size[0], self.size[1]).to_image());
        } else {
            self.resize(picture)?;
        }
        if let Some(matte) = self.matte {
            lay_over(&mut self.fitted, matte);
        }
        if self.has_mark {
            mark(&mut self.fitted);
        }
        Ok(&self.fitted)
    }

    fn resize(&mut self, picture: &RgbaImage) -> Result<(), RecordError> {
        let inner = inner_size(picture.dimensions().into(), self.size);
        let scaled = self.scaler.rgba(picture, inner, FilterType::CatmullRom);
        let scaled = scaled.ok_or_else(|| RecordError::encoder("picture")("the picture is empty"))?;
        if inner == self.size {
            self.fitted = scaled;
        } else {
            let bars = Rgba([0, 0, 0, 0]);
            self.fitted.pixels_mut().for_each(|pixel| *pixel = bars);
            let offset = [0, 1].map(|i| i64::from((self.size[i] - inner[i]) / 2));
            image::imageops::replace(&mut self.fitted, &scaled, offset[0], offset[1]);
        }
        Ok(())
    }
}

fn is_opaque(picture: &RgbaImage) -> bool {
    picture.as_raw().chunks_exact(4).all(|pixel| pixel[3] == 255)
}

fn lay_over(picture: &mut RgbaImage, matte: MatteColour) {
    let ground: u16 = match matte {
        MatteColour::Black | MatteColour::Nothing => 0,
        MatteColour::White => 255,
    };
    for Rgba([r, g, b, a]) in picture.pixels_mut() {
        let alpha = u16::from(*a);
        for channel in [r, g, b] {
            *channel = ((u16::from(*channel) * alpha + ground * (255 - alpha) + 127) / 255) as u8;
        }
        *a = 255;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_LIMIT: [u32; 2] = [u32::MAX, u32::MAX];

    #[test]
    fn sizes_shrink_to_the_limits_and_never_grow() {
        assert_eq!(recording_size([603, 401], None, NO_LIMIT, true), [602, 400], "odd sides lose a pixel");
        assert_eq!(recording_size([603, 401], Some(1920), NO_LIMIT, false), [603, 401], "small pictures stay");
        assert_eq!(recording_size([3000, 4000], Some(1920), NO_LIMIT, true), [1440, 1920], "the long side decides");
        assert_eq!(recording_size([3000, 3000], None, [3840, 2160], true), [2160, 2160], "the encoder's short side decides");
    }

    #[test]
    fn opaque_pictures_of_the_right_size_are_not_copied() {
        let picture = RgbaImage::from_pixel(21, 16, Rgba([9, 8, 7, 255]));
        let mut fitter = Fitter::new([20, 16], Some(MatteColour::Black));
        let fitted = fitter.fit(&picture).expect("fitted");
        assert!(std::ptr::eq(fitted, &raw const picture), "the encoder leaves out the odd column itself");
    }

    #[test]
    fn transparency_shows_the_matte() {
        let picture = RgbaImage::from_pixel(16, 16, Rgba([200, 100, 0, 128]));
        let over = |matte| Fitter::new([16, 16], Some(matte)).fit(&picture).expect("fitted").get_pixel(3, 3).0;
        assert_eq!(over(MatteColour::Black), [100, 50, 0, 255], "half over black");
        assert_eq!(over(MatteColour::White), [227, 177, 127, 255], "half over white");
        let kept = Fitter::new([16, 16], None).fit(&picture).expect("fitted").get_pixel(3, 3).0;
        assert_eq!(kept, [200, 100, 0, 128], "kept without a matte");
    }

    #[test]
    fn another_shape_is_centred_between_bars() {
        let picture = RgbaImage::from_pixel(40, 20, Rgba([255; 4]));
        let mut fitter = Fitter::new([20, 20], Some(MatteColour::Black));
        let fitted = fitter.fit(&picture).expect("fitted");
        assert_eq!(fitted.get_pixel(10, 2).0, [0, 0, 0, 255], "bar above");
        assert_eq!(fitted.get_pixel(10, 10).0, [255; 4], "picture in the middle");
        assert_eq!(fitted.dimensions(), (20, 20), "the recording's size");
    }
}
