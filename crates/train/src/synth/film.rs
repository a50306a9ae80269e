//! Frames of one person, one after the other: backdrop, light, look and exposure are the same in all of them.

use super::look::PostProcessing;
use super::pair::{EXPOSED, Scratch, Shot, SynthFrame, exposure, find_places, frame, lighten, tint};
use super::person::Person;
use crate::random::Random;

/// What the frames share.
pub(super) struct Film {
    look: PostProcessing,
    /// Whether the exposure is made for the face of the first frame.
    is_exposed: bool,
    gain: f32,
    has_begun: bool,
}

impl Film {
    /// Before the first frame: draws the backdrop, and the look by `look`.
    pub(super) fn new(
        person: &Person,
        look: impl FnOnce(&mut Random) -> PostProcessing,
        random: &mut Random,
        scratch: &mut Scratch,
    ) -> Self {
        scratch.backdrop.redraw(random, tint(&person.lighting));
        let look = look(random);
        let hollow_strength = random.range(0.0, 0.45);
        let shadow_strength = if random.chance(0.5) { random.range(0.3, 0.9) } else { 0.0 };
        let is_exposed = random.chance(EXPOSED);
        for canvas in &mut scratch.canvases {
            (canvas.hollow_strength, canvas.shadow_strength) = (hollow_strength, shadow_strength);
        }
        Self { look, is_exposed, gain: 1.0, has_begun: false }
    }

    /// Which canvas and which positions of the scratch the next frame takes: the first frame keeps its own, since later ones get their texture from it.
    pub(super) fn slot(&self) -> usize {
        usize::from(self.has_begun)
    }

    /// The next frame; its vertices are in the positions of its slot.
    pub(super) fn draw(&mut self, person: &Person, shot: &Shot, random: &mut Random, scratch: &mut Scratch) -> SynthFrame {
        let slot = self.slot();
        let (canvas, positions) = (&mut scratch.canvases[slot], &scratch.positions[slot]);
        canvas.draw(&person.surface, positions, &person.lighting, &shot.camera, &scratch.backdrop);
        if !self.has_begun && self.is_exposed {
            self.gain = exposure(canvas);
        }
        lighten(canvas, self.gain);
        if !self.has_begun {
            self.look.prepare(&canvas.picture, random, &mut scratch.workshop);
        }
        let textured = self.has_begun && self.look.has_texture();
        if textured {
            let [first, other] = &scratch.canvases;
            find_places(other, first, &person.surface.triangles, &mut scratch.places);
        }
        let places = textured.then_some(scratch.places.as_slice());
        self.look.apply(&mut scratch.canvases[slot].picture, places, &mut scratch.workshop);
        self.has_begun = true;
        frame(&scratch.canvases[slot], shot)
    }
}
