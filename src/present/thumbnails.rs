//! Thumbnails of portraits, made on a thread of their own, which also opens the built-in ones and remembers those of the user's.

use std::io::Cursor;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossbeam::channel::{Receiver, Sender, unbounded};
use egui::load::SizedTexture;
use egui::{Context, TextureHandle, ViewportId};
use image::{ImageFormat, ImageReader, RgbaImage, imageops};

use super::app::App;
use super::textures;
use crate::data::{Crop, Portrait};
use crate::runtime::{FileCache, StopFlag, Worker};
use crate::session::PortraitOrigin;

/// Larger files are not opened for their thumbnail alone.
const MAX_FILE_BYTES: u64 = 24 << 20;
/// A thumbnail shows this many times the square in which the face moves.
const AIR: f32 = 1.1;
/// Longest side of a remembered thumbnail, in pixels; a stranger's may claim more.
const MAX_SIDE_PX: u32 = 1024;

/// Where a thumbnail is shown.
pub(super) enum Place {
    /// In the gallery.
    Gallery(PortraitOrigin),
    /// Among the further pictures.
    Further(Arc<Portrait>),
    /// Among the earlier recordings, by its file.
    Film(PathBuf),
}

/// How a picture file is opened for its thumbnail; on the thumbnails' thread.
pub type OpenPicture = Arc<dyn Fn(&Path) -> Option<RgbaImage> + Send + Sync>;

/// What came of an order.
struct Made {
    place: Place,
    texture: Option<TextureHandle>,
    /// Whether the file is not there.
    is_missing: bool,
}

type Order = Box<dyn FnOnce(&Context) -> Made + Send>;

/// The thread that makes thumbnails. They are few and each is wanted, so its links have no bound. Fields are dropped in this order: the end of the link ends
/// the thread.
pub(super) struct Thumbnails {
    orders: Sender<Order>,
    made: Receiver<Made>,
    /// Where those of the user's portraits are remembered.
    memory: Option<FileCache>,
    open: Option<OpenPicture>,
    /// Keeps the gallery's textures alive.
    gallery: Vec<(PortraitOrigin, TextureHandle)>,
    _worker: Option<Worker>,
}

impl Thumbnails {
    pub(super) fn start(ctx: &Context, memory: Option<FileCache>, open: Option<OpenPicture>) -> Self {
        let (orders, wanted) = unbounded::<Order>();
        let (finished, made) = unbounded();
        let ctx = ctx.clone();
        let body = move |stop: &StopFlag| {
            for make in wanted.into_iter().take_while(|_| !stop.is_set()) {
                // The window may be gone by now.
                finished.send(make(&ctx)).ok();
                ctx.request_repaint_of(ViewportId::ROOT);
            }
        };
        let worker = Worker::spawn("thumbnails", body, |error| tracing::error!("{error}"));
        // Without it a frame with a head stands for every portrait.
        let worker = worker.inspect_err(|error| tracing::error!("there are no thumbnails: {error}")).ok();
        Self { orders, made, memory, open, gallery: Vec::new(), _worker: worker }
    }

    /// Has the thumbnail of a picture made; `pixels` are opened there, too.
    pub(super) fn make<P: Deref<Target = RgbaImage>>(&self, place: Place, title: &str, pixels: impl FnOnce() -> P + Send + 'static) {
        let title = title.to_owned();
        self.order(Box::new(move |ctx| {
            let texture = Some(textures::thumbnail(ctx, &title, &pixels()));
            Made { place, texture, is_missing: false }
        }));
    }

    /// Has the thumbnail of the user's portrait made, of its face, and remembers it.
    pub(super) fn make_own(&self, file: &Path, portrait: &Arc<Portrait>) {
        let (file, portrait, memory) = (file.to_owned(), Arc::clone(portrait), self.memory.clone());
        self.order(Box::new(move |ctx| {
            let small = textures::small(&around_face(&portrait.pixels, &portrait.crop));
            if let Some(memory) = memory {
                remember(&memory, &file, &small);
            }
            Made {
                texture: Some(textures::upload(ctx, &portrait.name, &small)),
                place: Place::Gallery(PortraitOrigin::File(file)),
                is_missing: false,
            }
        }));
    }

    /// Has the thumbnail of a portrait shown that was opened before: the remembered one, else one of the whole picture. Says whether its file is there.
    pub(super) fn recall(&self, file: &Path, title: &str) {
        let (file, title, memory, open) = (file.to_owned(), title.to_owned(), self.memory.clone(), self.open.clone());
        self.order(Box::new(move |ctx| {
            let about = std::fs::metadata(&file).ok().filter(std::fs::Metadata::is_file);
            let may_open = about.as_ref().is_some_and(|about| about.len() <= MAX_FILE_BYTES);
            let known = memory.as_ref().and_then(|memory| recalled(memory, &file));
            let small = known.or_else(|| {
                let small = textures::small(&open.filter(|_| may_open)?(&file)?);
                if let Some(memory) = memory {
                    remember(&memory, &file, &small);
                }
                Some(small)
            });
            let texture = small.map(|small| textures::upload(ctx, &title, &small));
            Made { texture, place: Place::Gallery(PortraitOrigin::File(file)), is_missing: about.is_none() }
        }));
    }

    fn order(&self, order: Order) {
        // A thread that is gone has said why.
        self.orders.send(order).ok();
    }
}

/// The part of a picture that shows the face.
fn around_face(pixels: &RgbaImage, crop: &Crop) -> RgbaImage {
    let [width, height] = [pixels.width(), pixels.height()].map(|side| side as f32);
    let side = crop.side_px * AIR;
    let middle = crop.origin_px.map(|corner| corner + crop.side_px / 2.0);
    let from = |middle: f32, limit: f32| (middle - side / 2.0).clamp(0.0, (limit - 1.0).max(0.0));
    let to = |middle: f32, from: f32, limit: f32| (middle + side / 2.0).clamp((from + 1.0).min(limit), limit);
    let (left, top) = (from(middle[0], width), from(middle[1], height));
    let (right, bottom) = (to(middle[0], left, width), to(middle[1], top, height));
    imageops::crop_imm(pixels, left as u32, top as u32, (right - left) as u32, (bottom - top) as u32).to_image()
}

fn key(file: &Path) -> String {
    format!("thumbnail 1 {}", file.display())
}

fn remember(memory: &FileCache, file: &Path, small: &RgbaImage) {
    let mut png = Vec::new();
    match small.write_to(&mut Cursor::new(&mut png), ImageFormat::Png) {
        Ok(()) => memory.put(&key(file), &png),
        Err(error) => tracing::warn!("a thumbnail cannot be encoded: {error}"),
    }
}

fn recalled(memory: &FileCache, file: &Path) -> Option<RgbaImage> {
    let png = memory.get(&key(file))?;
    let mut reader = ImageReader::with_format(Cursor::new(png), ImageFormat::Png);
    let mut limits = image::Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(MAX_SIDE_PX), Some(MAX_SIDE_PX));
    reader.limits(limits);
    reader.decode().ok().map(image::DynamicImage::into_rgba8)
}

impl App {
    /// Shows the thumbnails that were made since the last call.
    pub(super) fn show_thumbnails(&mut self) {
        let made: Vec<Made> = self.thumbnails.made.try_iter().collect();
        for Made { place, texture, is_missing } in made {
            match place {
                Place::Gallery(origin) => {
                    let Some(item) = self.view.gallery.iter_mut().find(|item| item.origin == origin) else { continue };
                    item.is_missing = is_missing;
                    let Some(texture) = texture else { continue };
                    item.thumbnail = Some(SizedTexture::from_handle(&texture));
                    self.thumbnails.gallery.retain(|(known, _)| *known != origin);
                    self.thumbnails.gallery.push((origin, texture));
                }
                Place::Film(path) => {
                    if let Some(texture) = texture {
                        self.show_film_thumbnail(path, texture);
                    }
                }
                Place::Further(portrait) => {
                    let Some(texture) = texture else { continue };
                    for (own, view) in
                        self.person.further.iter_mut().zip(&mut self.view.further).filter(|(own, _)| Arc::ptr_eq(&own.portrait, &portrait))
                    {
                        view.thumbnail = Some(SizedTexture::from_handle(&texture));
                        own.thumbnail = Some(texture.clone());
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;

    #[test]
    fn a_thumbnail_shows_the_face_wherever_the_crop_lies() {
        let pixels = RgbaImage::from_fn(300, 200, |x, y| Rgba([x as u8, y as u8, 0, 255]));
        for (origin_px, side_px) in [([100.0, 50.0], 60.0), ([-40.0, -40.0], 80.0), ([280.0, 190.0], 90.0), ([-900.0, 900.0], 10.0)] {
            let cut = around_face(&pixels, &Crop { origin_px, side_px });
            assert!(cut.width() >= 1 && cut.height() >= 1, "something of {origin_px:?}");
            assert!(cut.width() <= 1 + (side_px * AIR) as u32, "no more than the face: {:?}", cut.dimensions());
        }
        let cut = around_face(&pixels, &Crop { origin_px: [100.0, 50.0], side_px: 60.0 });
        assert_eq!(cut.get_pixel(0, 0).0, [97, 47, 0, 255], "with a little air");
    }

    #[test]
    fn a_thumbnail_is_remembered_and_nothing_else_is_taken_for_one() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let memory = FileCache::at(folder.path(), 1 << 20);
        let file = Path::new("art").join("me.jpg");
        assert!(recalled(&memory, &file).is_none(), "not yet");
        let small = RgbaImage::from_pixel(20, 30, Rgba([1, 2, 3, 255]));
        remember(&memory, &file, &small);
        assert_eq!(recalled(&memory, &file), Some(small), "as it was");
        for nonsense in [b"no picture".to_vec(), Vec::new()] {
            memory.put(&key(&file), &nonsense);
            assert!(recalled(&memory, &file).is_none(), "refused");
        }
        let mut huge = Vec::new();
        RgbaImage::new(MAX_SIDE_PX + 1, 2).write_to(&mut Cursor::new(&mut huge), ImageFormat::Png).expect("a picture");
        memory.put(&key(&file), &huge);
        assert!(recalled(&memory, &file).is_none(), "larger than any thumbnail");
    }
}
