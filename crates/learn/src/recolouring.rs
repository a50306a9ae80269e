//! Augmentation by colour: other light, other pigments, even other skins than people have.

use image::RgbImage;

use crate::data::PICTURE_PX;
use crate::random::Random;

/// Share of samples whose colours are changed, and of those whose channels are exchanged too.
const RECOLOURED: f32 = 0.5;
const EXCHANGED: f32 = 0.3;

/// The same change of colour for all pictures of a sample.
pub struct Recolouring {
    order: [usize; 3],
    gain: [f32; 3],
    offset: f32,
}

impl Recolouring {
    /// No change.
    pub const NONE: Self = Self { order: [0, 1, 2], gain: [1.0; 3], offset: 0.0 };

    /// A change for some samples, none for the others.
    pub fn sometimes(random: &mut Random) -> Self {
        if random.chance(RECOLOURED) { Self::draw(random) } else { Self::NONE }
    }

    fn draw(random: &mut Random) -> Self {
        let mut order = [0, 1, 2];
        if random.chance(EXCHANGED) {
            order.swap(2, random.below(3));
            order.swap(1, random.below(2));
        }
        Self { order, gain: [0; 3].map(|_| random.range(0.75, 1.2)), offset: random.range(-0.08, 0.08) }
    }

    /// The picture at `cells` x `cells`, each the mean of a square of pixels, RGB in 0..1.
    pub fn shrink(&self, picture: &RgbImage, cells: usize) -> Vec<f32> {
        let factor = PICTURE_PX / cells;
        let scale = 1.0 / (255 * factor * factor) as f32;
        let bytes = picture.as_raw();
        let mut out = Vec::with_capacity(cells * cells * 3);
        for y in 0..cells {
            for x in 0..cells {
                let mut sum = [0_u32; 3];
                for row in y * factor..(y + 1) * factor {
                    for pixel in bytes[(row * PICTURE_PX + x * factor) * 3..][..factor * 3].chunks_exact(3) {
                        sum.iter_mut().zip(pixel).for_each(|(s, p)| *s += u32::from(*p));
                    }
                }
                out.extend((0..3).map(|c| (sum[self.order[c]] as f32 * scale * self.gain[c] + self.offset).clamp(0.0, 1.0)));
            }
        }
        out
    }
}
