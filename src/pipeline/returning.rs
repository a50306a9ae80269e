//! Finished pictures on their way to host memory: those that lie on the GPU come back a frame or two later, without anybody waiting.

use std::collections::VecDeque;
use std::sync::Arc;

use image::RgbaImage;

use crate::gpu::{Gpu, MappedPicture, ReadbackError, ReadbackRing, Texture};
use crate::session::{PicturePart, RenderedImage};

/// Pictures of one size that may be on their way from the GPU at once.
const READBACK_SLOTS: usize = 4;
/// Pictures of the CPU that may wait for older ones of the GPU, after a change from one to the other. A GPU that is so late has failed.
const MOST_HELD: usize = 8;

/// A picture that is there.
pub(super) enum Returned {
    /// Made on the CPU.
    Shared(Arc<RgbaImage>),
    /// Made on the GPU, and still to be copied out, on whatever thread has the time.
    Mapped(MappedPicture),
}

impl Returned {
    /// The pixels.
    pub(super) fn pixels(self) -> Result<Arc<RgbaImage>, ReadbackError> {
        match self {
            Self::Shared(pixels) => Ok(pixels),
            Self::Mapped(picture) => picture.read().map(Arc::new),
        }
    }

    /// The pixels of a part of it, or of all of it.
    pub(super) fn part(self, part: Option<PicturePart>) -> Result<Arc<RgbaImage>, ReadbackError> {
        let pixels = self.pixels()?;
        Ok(part.map_or_else(|| Arc::clone(&pixels), |part| Arc::new(part.cut(&pixels))))
    }
}

/// Brings pictures back in the order in which they were made, each with a tag, such as its time.
pub(super) struct Returning<T> {
    gpu: Option<Gpu>,
    /// The last one takes new pictures. Those before it were made for portraits of other sizes; they go when they are empty.
    rings: VecDeque<ReadbackRing<T>>,
    /// Pictures of the CPU that were made after those in the rings, and must come after them.
    held: VecDeque<(Arc<RgbaImage>, T)>,
    skipped: u64,
}

impl<T> Returning<T> {
    /// From this device, where there is one.
    pub(super) fn new(gpu: Option<&Gpu>) -> Self {
        Self { gpu: gpu.cloned(), rings: VecDeque::new(), held: VecDeque::new(), skipped: 0 }
    }

    /// Takes a picture on its way, and gives what has arrived. Never waits.
    pub(super) fn add(&mut self, image: &RenderedImage, tag: T, mut arrived: impl FnMut(Returned, T)) {
        match image {
            RenderedImage::Cpu(pixels) => {
                if self.held.len() >= MOST_HELD {
                    self.give_up_rings();
                }
                self.held.push_back((Arc::clone(pixels), tag));
                self.collect(arrived);
            }
            RenderedImage::Gpu(texture) => {
                // The CPU's pictures are older than this one, and what they still wait for is lost.
                self.collect(&mut arrived);
                if !self.held.is_empty() {
                    self.give_up_rings();
                    self.release_held(&mut arrived);
                }
                self.submit(texture, tag);
                self.collect(arrived);
            }
        }
    }

    /// Gives what has arrived. Never waits.
    pub(super) fn collect(&mut self, mut arrived: impl FnMut(Returned, T)) {
        self.take_each(ReadbackRing::try_take, &mut arrived);
        self.release_held(&mut arrived);
    }

    /// Waits for all pictures on their way, and gives them.
    pub(super) fn drain(&mut self, mut arrived: impl FnMut(Returned, T)) {
        self.take_each(ReadbackRing::take, &mut arrived);
        self.release_held(&mut arrived);
    }

    /// Whether pictures are on their way.
    pub(super) fn is_under_way(&self) -> bool {
        self.under_way() > 0
    }

    fn under_way(&self) -> usize {
        self.rings.iter().map(ReadbackRing::under_way).sum()
    }

    /// Gives the CPU's pictures, once all older ones have arrived.
    fn release_held(&mut self, arrived: &mut impl FnMut(Returned, T)) {
        if self.under_way() == 0 {
            self.held.drain(..).for_each(|(pixels, tag)| arrived(Returned::Shared(pixels), tag));
        }
    }

    /// Does without the GPU's pictures that are still on their way.
    fn give_up_rings(&mut self) {
        self.skipped += self.under_way() as u64;
        self.rings.clear();
    }

    /// How many pictures did not come back, since too many were on their way or the device failed.
    pub(super) fn skipped(&self) -> u64 {
        self.skipped
    }

    fn submit(&mut self, texture: &Texture, tag: T) {
        let Some(gpu) = &self.gpu else { return };
        let size = [texture.width(), texture.height()];
        if self.rings.back().is_none_or(|ring| ring.size() != size) {
            self.rings.push_back(ReadbackRing::new(gpu, size, READBACK_SLOTS));
        }
        let submitted = self.rings.back_mut().map(|ring| ring.submit(texture, tag));
        match submitted {
            Some(Ok(true)) | None => {}
            Some(Ok(false)) => self.skipped += 1,
            Some(Err(error)) => {
                tracing::warn!("a picture cannot be read back: {error}");
                self.skipped += 1;
            }
        }
    }

    /// Takes pictures from the oldest ring until `take` has none, then from the next one if the oldest is empty, and so on.
    fn take_each<U>(&mut self, take: impl Fn(&mut ReadbackRing<T>) -> Option<Result<(MappedPicture, T), ReadbackError>>, arrived: &mut U)
    where
        U: FnMut(Returned, T),
    {
        while let Some(ring) = self.rings.front_mut() {
            match take(ring) {
                Some(Ok((picture, tag))) => arrived(Returned::Mapped(picture), tag),
                Some(Err(error)) => {
                    tracing::warn!("a picture was lost: {error}");
                    self.skipped += 1;
                }
                None if ring.under_way() == 0 && self.rings.len() > 1 => drop(self.rings.pop_front()),
                None => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::testing::{gpu_for_test, texture};
    use image::Rgba;
    use test_needs::needs;

    fn picture(side: u32, value: u8) -> RgbaImage {
        RgbaImage::from_pixel(side, side, Rgba([value; 4]))
    }

    /// Pictures that arrived, by what their first byte says, with their tags.
    fn seen(arrived: &mut Vec<(u8, u32)>) -> impl FnMut(Returned, u32) + use<'_> {
        |picture, tag| arrived.push((picture.pixels().expect("a picture").as_raw()[0], tag))
    }

    #[test]
    fn pictures_of_the_cpu_are_handed_over_at_once_and_shared() {
        let mut returning = Returning::new(None);
        let pixels = Arc::new(picture(2, 7));
        let mut shared = false;
        returning.add(&RenderedImage::Cpu(Arc::clone(&pixels)), 3, |returned, tag: u32| {
            shared = tag == 3 && returned.pixels().is_ok_and(|got| Arc::ptr_eq(&got, &pixels));
        });
        assert!(shared, "the very picture, at once");
        assert!(!returning.is_under_way(), "nothing is left");
    }

    #[needs(gpu)]
    #[test]
    fn pictures_of_the_gpu_keep_their_order_across_portraits_of_other_sizes() {
        let gpu = gpu_for_test();
        let texture = |picture: &RgbaImage| RenderedImage::Gpu(texture(&gpu, picture));
        let mut returning = Returning::new(Some(&gpu));
        let mut arrived = Vec::new();
        for (tag, (side, value)) in (0..).zip([(8, 1), (8, 2), (20, 3), (8, 4), (20, 5)]) {
            returning.add(&texture(&picture(side, value)), tag, seen(&mut arrived));
        }
        returning.drain(seen(&mut arrived));
        assert_eq!(arrived, [(1, 0), (2, 1), (3, 2), (4, 3), (5, 4)], "all of them, in order");
        assert!(!returning.is_under_way() && returning.rings.len() == 1, "rings of other sizes are gone");
        returning.collect(|_, _| panic!("nothing is left"));
        assert_eq!(returning.skipped(), 0, "none was lost");
    }

    #[needs(gpu)]
    #[test]
    fn pictures_of_the_cpu_wait_for_older_ones_of_the_gpu() {
        let gpu = gpu_for_test();
        // Large ones, which are not there at once.
        let texture = |value: u8| RenderedImage::Gpu(texture(&gpu, &picture(2000, value)));
        let cpu = |value: u8| RenderedImage::Cpu(Arc::new(picture(4, value)));
        let mut returning = Returning::new(Some(&gpu));
        let mut arrived = Vec::new();
        for value in 1..=4 {
            returning.add(&texture(value), u32::from(value), seen(&mut arrived));
        }
        // The GPU is given up from here on.
        for value in 5..=6 {
            returning.add(&cpu(value), u32::from(value), seen(&mut arrived));
        }
        returning.drain(seen(&mut arrived));
        assert_eq!(arrived, [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6)], "in the order in which they were made");
        assert_eq!(returning.skipped(), 0, "none was lost");
    }

    #[needs(gpu)]
    #[test]
    fn a_gpu_that_gives_nothing_back_holds_nothing_up_for_long() {
        let gpu = gpu_for_test();
        let mut returning = Returning::new(Some(&gpu));
        let mut arrived = Vec::new();
        let last = RenderedImage::Gpu(texture(&gpu, &picture(8, 1)));
        gpu.device.destroy();
        returning.add(&last, 0, seen(&mut arrived));
        for tag in 1..=20 {
            returning.add(&RenderedImage::Cpu(Arc::new(picture(4, 7))), tag, seen(&mut arrived));
        }
        let tags: Vec<u32> = arrived.iter().map(|(_, tag)| *tag).collect();
        assert_eq!(tags, (1..=20).collect::<Vec<_>>(), "all of the CPU's, in order");
        assert_eq!(returning.skipped(), 1, "the lost one is counted");
    }

    #[needs(gpu)]
    #[test]
    fn a_full_ring_skips_and_counts() {
        let gpu = gpu_for_test();
        let texture = RenderedImage::Gpu(texture(&gpu, &picture(8, 9)));
        let mut returning = Returning::new(Some(&gpu));
        let mut held = Vec::new();
        for tag in 0..READBACK_SLOTS as u32 {
            returning.add(&texture, tag, |picture, _| held.push(picture));
        }
        returning.drain(|picture, _| held.push(picture));
        assert_eq!(held.len(), READBACK_SLOTS, "all arrived, none is read yet");
        returning.add(&texture, 9, |_, _| panic!("no buffer is free"));
        assert_eq!(returning.skipped(), 1, "skipped, without waiting");
        held.clear();
        returning.add(&texture, 10, |_, _| {});
        returning.drain(|_, tag| assert_eq!(tag, 10, "the next one comes"));
    }
}
