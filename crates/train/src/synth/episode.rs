//! Draws episodes: several frames of one of a fixed number of persons, as a clip of them would show. What few-shot learning is made of (Zakharov et al. 2019).

use std::sync::Arc;

use glam::{Vec2, Vec3};

use super::facekit::FaceKit;
use super::look::PostProcessing;
use super::motion::Motion;
use super::pair::{EXPOSED, Lens, Scratch, Shot, SynthFrame, exposure, eyes_in_crop, find_places, frame, lighten, tint};
use super::person::Person;
use crate::random::Random;

/// Most frames of an episode: eight sources and a target.
pub const MOST_FRAMES: usize = 9;
/// A frame is posed anew at most this often.
const ATTEMPTS: usize = 8;
/// Turns the seed into that of the persons, who are the same in every episode.
const PERSONS: u64 = 0x9E75_0215;

/// Frames of one person before one backdrop, in one light and look.
#[derive(Clone, Debug, PartialEq)]
pub struct Episode {
    /// Who it is, below the sampler's number of identities.
    pub identity: u32,
    /// 2 to [`MOST_FRAMES`]; the first is mostly near a neutral expression.
    pub frames: Vec<SynthFrame>,
}

/// Makes episodes: each is known by a seed and an index, and does not depend on the others.
#[derive(Clone, Debug)]
pub struct EpisodeSampler {
    kit: Arc<FaceKit>,
    identities: u32,
}

impl EpisodeSampler {
    /// Episodes of `identities` persons, at least one, from a kit's heads.
    pub fn new(kit: Arc<FaceKit>, identities: u32) -> Self {
        Self { kit, identities: identities.max(1) }
    }

    /// How many persons there are.
    pub fn identities(&self) -> u32 {
        self.identities
    }

    /// The episode number `index` of a seed.
    pub fn episode(&self, seed: u64, index: u64, scratch: &mut Scratch) -> Episode {
        let mut random = Random::new(seed, index);
        let identity = random.below(self.identities as usize) as u32;
        // The person, the picture's look and what stands behind belong together, as in a clip.
        let mut own = Random::new(seed ^ PERSONS, u64::from(identity));
        let person = Person::new(&self.kit, &mut own);
        scratch.backdrop.redraw(&mut own, tint(&person.lighting));
        let look = PostProcessing::new(&mut own);
        let hollow_strength = own.range(0.0, 0.45);
        let shadow_strength = if own.chance(0.5) { own.range(0.3, 0.9) } else { 0.0 };
        let exposed = own.chance(EXPOSED);
        for canvas in &mut scratch.canvases {
            (canvas.hollow_strength, canvas.shadow_strength) = (hollow_strength, shadow_strength);
        }
        let mut framing = CameraFraming { lens: Lens::new(&mut own), by_skull: own.unit(), eyes: eyes_in_crop(&mut own), shift: None };
        let count = 1 + sources(&mut random);
        let mut frames = Vec::with_capacity(count);
        let mut gain = 1.0;
        for k in 0..count {
            let slot = k.min(1);
            let shot = self.shot(&person, slot, &mut framing, &mut random, &mut scratch.positions[slot]);
            let (canvas, positions) = (&mut scratch.canvases[slot], &scratch.positions[slot]);
            canvas.draw(&person.surface, positions, &person.lighting, &shot.camera, &scratch.backdrop);
            if k == 0 && exposed {
                gain = exposure(canvas);
            }
            lighten(canvas, gain);
            if k == 0 {
                look.prepare(&canvas.picture, &mut own, &mut scratch.workshop);
            }
            let textured = k > 0 && look.has_texture();
            if textured {
                let [first, other] = &scratch.canvases;
                find_places(other, first, &person.surface.triangles, &mut scratch.places);
            }
            look.apply(&mut scratch.canvases[slot].picture, textured.then_some(scratch.places.as_slice()), &mut scratch.workshop);
            frames.push(frame(&scratch.canvases[slot], &shot));
        }
        Episode { identity, frames }
    }

    /// Poses the person for the first frame (`slot` 0) or a later one.
    fn shot(&self, person: &Person, slot: usize, framing: &mut CameraFraming, random: &mut Random, positions: &mut Vec<Vec3>) -> Shot {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let motion = Motion::new(&self.kit, random);
            let (expression, pose, scale) = (&motion.expressions[slot], &motion.poses[slot], motion.scales[slot]);
            let mut shot = Shot::new(&self.kit, person, expression, pose, &framing.lens, scale, positions);
            let shift = framing.shift.unwrap_or_else(|| framing.eyes - shot.anchor(framing.by_skull));
            shot.shift(shift);
            if shot.is_usable() || attempt == ATTEMPTS {
                framing.shift = Some(shift);
                return shot;
            }
        }
    }
}

/// Where the camera of an episode stands and points: by the first frame, for all of them.
struct CameraFraming {
    lens: Lens,
    by_skull: f32,
    eyes: Vec2,
    shift: Option<Vec2>,
}

/// How many sources an episode has: one or two mostly, now and then up to eight.
fn sources(random: &mut Random) -> usize {
    match random.below(10) {
        0..4 => 1,
        4..6 => 2,
        6..8 => 3,
        8 => 4,
        _ => 5 + random.below(MOST_FRAMES - 5),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_episode_depends_on_its_seed_and_index_only_and_shows_one_person() {
        let sampler = EpisodeSampler::new(Arc::new(FaceKit::stand_in()), 3);
        let mut scratch = Scratch::new();
        let episodes: Vec<Episode> = (0..6).map(|index| sampler.episode(2, index, &mut scratch)).collect();
        assert_eq!(sampler.episode(2, 4, &mut Scratch::new()), episodes[4], "used scratch does not matter");
        let (mut seen, mut twice) = (Vec::new(), 0);
        for episode in &episodes {
            assert!((2..=MOST_FRAMES).contains(&episode.frames.len()) && episode.identity < 3, "frames and identity in range");
            let corners: Vec<_> = episode.frames.iter().map(|f| *f.pixels.get_pixel(1, 1)).collect();
            twice += seen.iter().filter(|(identity, corner)| *identity == episode.identity && *corner == corners[0]).count();
            seen.push((episode.identity, corners[0]));
        }
        assert!(twice > 0, "the same person stands before the same backdrop again");
    }
}
