//! Thumbnails of portraits, made on a thread of their own, which also opens the built-in ones.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use crossbeam::channel::{Receiver, Sender, unbounded};
use egui::load::SizedTexture;
use egui::{Context, TextureHandle};
use image::RgbaImage;

use super::app::App;
use super::textures;
use crate::data::Portrait;
use crate::runtime::{StopFlag, Worker};

/// Where a thumbnail is shown.
pub(super) enum Place {
    /// In the gallery, by its place there.
    Gallery(usize),
    /// Among the further pictures.
    Further(Arc<Portrait>),
    /// Among the earlier recordings, by its file.
    Film(PathBuf),
}

type Order = (Place, Box<dyn FnOnce(&Context) -> TextureHandle + Send>);

/// The thread that makes thumbnails. They are few and each is wanted, so its links have no bound. Fields are dropped in this order: the end of the link ends
/// the thread.
pub(super) struct Thumbnails {
    orders: Sender<Order>,
    made: Receiver<(Place, TextureHandle)>,
    /// Keeps the gallery's textures alive.
    gallery: Vec<TextureHandle>,
    _worker: Option<Worker>,
}

impl Thumbnails {
    pub(super) fn start(ctx: &Context) -> Self {
        let (orders, wanted) = unbounded::<Order>();
        let (finished, made) = unbounded();
        let ctx = ctx.clone();
        let body = move |stop: &StopFlag| {
            for (place, make) in wanted.into_iter().take_while(|_| !stop.is_set()) {
                // The window may be gone by now.
                finished.send((place, make(&ctx))).ok();
                ctx.request_repaint();
            }
        };
        let worker = Worker::spawn("thumbnails", body, |error| tracing::error!("{error}"));
        // Without it a frame with a head stands for every portrait.
        let worker = worker.inspect_err(|error| tracing::error!("there are no thumbnails: {error}")).ok();
        Self { orders, made, gallery: Vec::new(), _worker: worker }
    }

    /// Has the thumbnail of a picture made; `pixels` are opened there, too.
    pub(super) fn make<P: Deref<Target = RgbaImage>>(&self, place: Place, title: &str, pixels: impl FnOnce() -> P + Send + 'static) {
        let title = title.to_owned();
        // A thread that is gone has said why.
        self.orders.send((place, Box::new(move |ctx: &Context| textures::thumbnail(ctx, &title, &pixels())))).ok();
    }
}

impl App {
    /// Shows the thumbnails that were made since the last call.
    pub(super) fn show_thumbnails(&mut self) {
        let made: Vec<(Place, TextureHandle)> = self.thumbnails.made.try_iter().collect();
        for (place, texture) in made {
            match place {
                Place::Gallery(index) => {
                    if let Some(item) = self.view.gallery.get_mut(index) {
                        item.thumbnail = Some(SizedTexture::from_handle(&texture));
                    }
                    self.thumbnails.gallery.push(texture);
                }
                Place::Film(path) => self.show_film_thumbnail(path, texture),
                Place::Further(portrait) => {
                    for ((_, own), view) in
                        self.person.thumbnails.iter_mut().zip(&mut self.view.further).filter(|((of, _), _)| Arc::ptr_eq(of, &portrait))
                    {
                        view.thumbnail = Some(SizedTexture::from_handle(&texture));
                        *own = Some(texture.clone());
                    }
                }
            }
        }
    }
}
