//! Pictures side by side in one recording: the painting beside the living one, and whoever drives beside both.

use std::sync::Arc;

use image::{RgbImage, Rgba, RgbaImage, imageops};

use crate::data::{FrameTime, PixelBox, Portrait, TrackedFrame};
use crate::scale::{FilterType, Scaler};
use crate::session::{Panes, PicturePart};

/// Highest pane, in pixels, and the gap between two of them.
const HIGHEST_PX: u32 = 720;
const GAP_PX: u32 = 8;
/// What lies between them, and in the place of a driver without pictures.
const GROUND: Rgba<u8> = Rgba([13, 12, 12, 255]);

/// When a living picture was made, and all that may be recorded with it. Cheap to clone.
#[derive(Clone)]
pub(super) struct Moment {
    pub(super) time: FrameTime,
    /// The part of the picture that is wanted; `None` for all of it.
    pub(super) part: Option<PicturePart>,
    /// The portrait's picture as it was opened.
    pub(super) original: Arc<RgbaImage>,
    /// The driver's picture; a performance has none.
    pub(super) driver: Option<Arc<RgbImage>>,
    /// Whether the portrait moves like the driver's mirror image.
    pub(super) mirror: bool,
}

impl Moment {
    /// Of a tracked frame and the portrait that it moves.
    pub(super) fn of(tracked: &TrackedFrame, portrait: &Portrait, part: Option<PicturePart>, mirror: bool) -> Self {
        let (original, driver) = (Arc::clone(&portrait.pixels), tracked.pixels.clone());
        Self { time: tracked.time, part, original, driver, mirror }
    }
}

/// Lays pictures side by side, of one height.
pub(super) struct SideBySide {
    panes: Panes,
    scaler: Scaler,
    /// The painting at its pane's size, and what it was made from.
    painting: Option<(Arc<RgbaImage>, Option<PicturePart>, RgbaImage)>,
}

impl SideBySide {
    pub(super) fn new(panes: Panes) -> Self {
        Self { panes, scaler: Scaler::new(), painting: None }
    }

    /// The living picture, of which the part was cut out already, with what belongs beside it; itself where nothing does.
    pub(super) fn compose(&mut self, living: Arc<RgbaImage>, moment: &Moment) -> Arc<RgbaImage> {
        if self.panes == Panes::Alone || living.is_empty() {
            return living;
        }
        let height = (living.height().min(HIGHEST_PX) & !1).max(2);
        let width = even_width(living.dimensions(), height);
        let size = [width, height];
        let mut panes = Vec::with_capacity(3);
        if self.panes == Panes::Triptych {
            panes.push(self.driver(moment, height));
        }
        panes.extend(self.painting(moment, size));
        panes.extend(self.scaler.rgba(&living, size, FilterType::Bilinear));
        let whole_width = panes.iter().map(|pane| pane.width() + GAP_PX).sum::<u32>() - GAP_PX;
        let mut whole = RgbaImage::from_pixel(whole_width, height, GROUND);
        let mut left = 0;
        for pane in panes {
            imageops::overlay(&mut whole, &pane, i64::from(left), 0);
            left += pane.width() + GAP_PX;
        }
        Arc::new(whole)
    }

    fn painting(&mut self, moment: &Moment, size: [u32; 2]) -> Option<RgbaImage> {
        let is_known = |(of, part, pane): &(Arc<RgbaImage>, Option<PicturePart>, RgbaImage)| {
            Arc::ptr_eq(of, &moment.original) && *part == moment.part && <[u32; 2]>::from(pane.dimensions()) == size
        };
        if !self.painting.as_ref().is_some_and(is_known) {
            let cut = moment.part.map(|part| part.cut(&moment.original));
            let pane = self.scaler.rgba(cut.as_ref().unwrap_or(&moment.original), size, FilterType::Bilinear)?;
            self.painting = Some((Arc::clone(&moment.original), moment.part, pane));
        }
        self.painting.as_ref().map(|(.., pane)| pane.clone())
    }

    /// The middle of the driver's picture, as wide as high at most, turned as the portrait moves; a dark pane for one without pictures, so that the film keeps its
    /// shape.
    fn driver(&mut self, moment: &Moment, height: u32) -> RgbaImage {
        let dark = || RgbaImage::from_pixel(height, height, GROUND);
        let Some(picture) = moment.driver.as_ref().filter(|picture| !picture.is_empty()) else { return dark() };
        let across = picture.width().min(picture.height()) as f32;
        let left = 0.5 * (picture.width() as f32 - across);
        let part = PixelBox { left, top: 0.0, right: left + across, bottom: picture.height() as f32 };
        let width = even_width((across as u32, picture.height()), height);
        let Some(pane) = self.scaler.rgb(picture, Some(part), [width, height], FilterType::Bilinear) else { return dark() };
        let mut pane = image::DynamicImage::ImageRgb8(pane).into_rgba8();
        if moment.mirror {
            imageops::flip_horizontal_in_place(&mut pane);
        }
        pane
    }
}

/// The width at which a picture of this size is `height` high.
fn even_width((width, was): (u32, u32), height: u32) -> u32 {
    let scaled = f64::from(width) * f64::from(height) / f64::from(was.max(1));
    ((scaled.round() as u32) & !1).max(2)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use image::Rgb;

    use super::*;

    const LIVING: Rgba<u8> = Rgba([200, 0, 0, 255]);
    const PAINTING: Rgba<u8> = Rgba([0, 200, 0, 255]);

    fn moment(driver: Option<RgbImage>, mirror: bool) -> Moment {
        let time = FrameTime { index: 0, media_time: Duration::ZERO, captured_at: Instant::now() };
        let original = Arc::new(RgbaImage::from_pixel(100, 200, PAINTING));
        Moment { time, part: None, original, driver: driver.map(Arc::new), mirror }
    }

    fn composed(panes: Panes, moment: &Moment) -> Arc<RgbaImage> {
        SideBySide::new(panes).compose(Arc::new(RgbaImage::from_pixel(100, 200, LIVING)), moment)
    }

    #[test]
    fn panes_stand_in_their_order_and_the_living_one_is_the_last() {
        let alone = composed(Panes::Alone, &moment(None, false));
        assert_eq!((alone.dimensions(), *alone.get_pixel(50, 100)), ((100, 200), LIVING), "nothing beside it");
        let two = composed(Panes::BeforeAndAfter, &moment(None, false));
        assert_eq!(two.dimensions(), (208, 200), "two and a gap");
        assert_eq!([*two.get_pixel(50, 100), *two.get_pixel(103, 100), *two.get_pixel(150, 100)], [PAINTING, GROUND, LIVING], "in order");
        let blue_left = RgbImage::from_fn(640, 400, |x, _| if x < 320 { Rgb([0, 0, 200]) } else { Rgb([90, 90, 90]) });
        let three = composed(Panes::Triptych, &moment(Some(blue_left.clone()), false));
        assert_eq!(three.dimensions(), (416, 200), "the driver as wide as high");
        assert_eq!([three.get_pixel(50, 100).0[2], three.get_pixel(150, 100).0[2]], [200, 90], "the driver");
        assert_eq!([*three.get_pixel(258, 100), *three.get_pixel(366, 100)], [PAINTING, LIVING], "then both portraits");
        let mirrored = composed(Panes::Triptych, &moment(Some(blue_left), true));
        assert_eq!([mirrored.get_pixel(50, 100).0[2], mirrored.get_pixel(150, 100).0[2]], [90, 200], "as in a mirror");
        let without = composed(Panes::Triptych, &moment(None, false));
        assert_eq!((without.dimensions(), *without.get_pixel(100, 100)), ((416, 200), GROUND), "a dark pane keeps the shape");
    }

    #[test]
    fn the_painting_shows_the_same_part_and_follows_it() {
        let mut side_by_side = SideBySide::new(Panes::BeforeAndAfter);
        let painting = RgbaImage::from_fn(100, 200, |_, y| if y < 100 { PAINTING } else { GROUND });
        let at = |top| Some(PicturePart { left: 0, top, width: 100, height: 100 });
        let mut moment = Moment { original: Arc::new(painting), ..moment(None, false) };
        let mut left = |part| {
            moment.part = part;
            *side_by_side.compose(Arc::new(RgbaImage::from_pixel(100, 100, LIVING)), &moment).get_pixel(50, 50)
        };
        assert_eq!([left(at(0)), left(at(100)), left(at(0))], [PAINTING, GROUND, PAINTING], "the part that the living one shows");
    }
}
