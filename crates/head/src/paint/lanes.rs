//! Pixels that are drawn together, as many as a vector has numbers.

use glam::Vec2;

use super::{FULL, moves};
use crate::sample::{LANES, Picture, byte, channel};

/// Some pixels next to each other on their way. Plain loops, as in [`Picture::bilinear_lanes`].
pub(super) struct Lanes {
    colours: [[f32; LANES]; 4],
    shares: [f32; LANES],
    moved: [f32; LANES],
}

impl Default for Lanes {
    #[inline(always)]
    fn default() -> Self {
        Self { colours: [[0.0; LANES]; 4], shares: [0.0; LANES], moved: [0.0; LANES] }
    }
}

impl Lanes {
    /// A surface behind what there is, with sources and covers; `corner` is where its picture begins, `at` the first pixel. It covers by the alpha of its picture unless
    /// it is `opaque`.
    #[inline(always)]
    pub(super) fn behind(&mut self, look: &Picture<'_>, [x, y, cover]: [[f32; LANES]; 3], corner: [f32; 2], at: [f32; 2], opaque: bool) {
        let mut places = [[0.0; LANES]; 2];
        for n in 0..LANES {
            let moved = moves(Vec2::new(x[n] - (at[0] + n as f32), y[n] - at[1]));
            self.moved[n] = if moved > self.moved[n] { moved } else { self.moved[n] };
            (places[0][n], places[1][n]) = (x[n] - corner[0], y[n] - corner[1]);
        }
        let colours = look.bilinear_lanes([&places[0], &places[1]]);
        let mut rest = [0.0; LANES];
        for n in 0..LANES {
            rest[n] = (1.0 - self.shares[n]) * cover[n];
            // As one by one: what is covered wholly shows nothing more.
            rest[n] = if self.shares[n] < FULL { rest[n] } else { 0.0 };
            self.shares[n] += rest[n] * if opaque { 1.0 } else { colours[3][n] / 255.0 };
        }
        for (sum, colour) in self.colours.iter_mut().zip(&colours) {
            for n in 0..LANES {
                sum[n] += rest[n] * colour[n];
            }
        }
    }

    /// What stands behind all: the picture's own, or so much of the plate. Where there is nothing before it, `alone`, it counts as moved.
    #[inline(always)]
    pub(super) fn end(&mut self, own: &[u32; LANES], plate: &[u32; LANES], disocclusion: f32, alone: bool) {
        for (number, sum) in self.colours.iter_mut().enumerate() {
            for n in 0..LANES {
                let (own, plate) = (channel(own[n], number), channel(plate[n], number));
                let rest = if self.shares[n] < FULL { 1.0 - self.shares[n] } else { 0.0 };
                sum[n] += rest * (own + disocclusion * (plate - own));
            }
        }
        if alone {
            self.moved = [1.0; LANES];
        }
    }

    /// Whether all of them are covered.
    #[inline(always)]
    pub(super) fn are_full(&self) -> bool {
        let mut full = true;
        for share in &self.shares {
            full &= *share >= FULL;
        }
        full
    }

    /// The pixels, as far as they moved.
    #[inline(always)]
    pub(super) fn write(&self, own: &[u32; LANES], out: &mut [[u8; 4]; LANES]) {
        let mut bytes = [0; LANES];
        for (number, colours) in self.colours.iter().enumerate() {
            for n in 0..LANES {
                let own = channel(own[n], number);
                let value = if self.moved[n] >= 1.0 { colours[n] } else { own + self.moved[n] * (colours[n] - own) };
                bytes[n] |= byte(value) << (8 * number);
            }
        }
        for (out, bytes) in out.iter_mut().zip(bytes) {
            *out = bytes.to_le_bytes();
        }
    }
}
