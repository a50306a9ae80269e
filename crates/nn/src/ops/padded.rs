//! Pictures with a zero border, in memory that is used again and again.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Mutex;

use rayon::prelude::*;

/// Pictures with a zero border: `batch` of `[height + 2 pad, width + 2 pad, channels]`. Memory of its own goes back to a shelf when the value is dropped.
pub(super) struct Padded<'a> {
    pub values: Cow<'a, [f32]>,
    pub row: usize,
    pub image: usize,
    layout: Layout,
}

/// What memory on the shelf was laid out for: batch, height, width, numbers per pixel, distance of pixels, border.
type Layout = [usize; 6];

/// Memory that was used before, by layout. Whatever lies between and around the pixels is still zero there, since only pixels are ever written: neither
/// clearing nor new pages are paid for again.
static SHELF: Mutex<BTreeMap<Layout, Vec<Vec<f32>>>> = Mutex::new(BTreeMap::new());
/// Vectors kept for each layout.
const SHELVED: usize = 4;

impl<'a> Padded<'a> {
    /// Pictures of `[batch, height, width]` pixels with `channels` numbers, `stride` numbers apart; `fill` writes the pixels of a row, given its number.
    pub(super) fn new(
        [batch, height, width]: [usize; 3],
        [channels, stride]: [usize; 2],
        pad: usize,
        fill: impl Fn(usize, &mut [f32]) + Sync,
    ) -> Self {
        let layout = [batch, height, width, channels, stride, pad];
        let row = (width + 2 * pad) * stride;
        let image = (height + 2 * pad) * row;
        let shelved = SHELF.lock().ok().and_then(|mut shelf| shelf.get_mut(&layout)?.pop());
        let mut values = shelved.unwrap_or_else(|| vec![0.0; batch * image]);
        if image > 0 {
            values.par_chunks_mut(image).enumerate().for_each(|(b, picture)| {
                let rows = picture[pad * row..].chunks_mut(row).take(height);
                for (y, line) in rows.enumerate() {
                    fill(b * height + y, &mut line[pad * stride..][..width * stride]);
                }
            });
        }
        Self { values: Cow::Owned(values), row, image, layout }
    }

    /// A picture that has its border already, in rows of `row` numbers.
    pub(super) fn bordered(values: &'a [f32], row: usize) -> Self {
        Self { values: Cow::Borrowed(values), row, image: values.len(), layout: [0; 6] }
    }

    /// A copy of pictures with a border, or the pictures themselves where none is needed.
    pub(super) fn of(pictures: &'a [f32], pixels: [usize; 3], channels: usize, pad: usize) -> Self {
        let [batch, height, width] = pixels;
        let line = width * channels;
        if pad == 0 {
            let layout = [batch, height, width, channels, channels, 0];
            return Self { values: Cow::Borrowed(pictures), row: line, image: height * line, layout };
        }
        Self::new(pixels, [channels; 2], pad, |row, to| to.copy_from_slice(&pictures[row * line..][..line]))
    }
}

impl Drop for Padded<'_> {
    fn drop(&mut self) {
        let Cow::Owned(values) = &mut self.values else { return };
        if let Ok(mut shelf) = SHELF.lock() {
            let place = shelf.entry(self.layout).or_default();
            if place.len() < SHELVED {
                place.push(std::mem::take(values));
            }
        }
    }
}
