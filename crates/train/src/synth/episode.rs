//! Draws episodes: several frames of one of a fixed number of persons, as a clip of them would show. What few-shot learning is made of (Zakharov et al. 2019).

use std::sync::Arc;

use glam::{Vec2, Vec3};

use super::facekit::FaceKit;
use super::film::Film;
use super::look::PostProcessing;
use super::motion::Motion;
use super::pair::{Lens, Scratch, Shot, SynthFrame, eyes_in_crop};
use super::person::Person;
use crate::random::Random;

/// Most frames of an episode: eight sources and a target.
pub const MOST_FRAMES: usize = 9;
/// A frame is posed anew at most this often.
const ATTEMPTS: usize = 8;
/// Turns the seed into that of the persons, who are the same in every episode.
pub(super) const PERSONS: u64 = 0x9E75_0215;

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
        let mut film = Film::new(&person, PostProcessing::new, &mut own, scratch);
        let mut framing = CameraFraming { lens: Lens::new(&mut own), by_skull: own.unit(), eyes: eyes_in_crop(&mut own), shift: None };
        let count = 1 + sources(&mut random);
        let mut frames = Vec::with_capacity(count);
        for _ in 0..count {
            let slot = film.slot();
            let shot = self.shot(&person, slot, &mut framing, &mut random, &mut scratch.positions[slot]);
            frames.push(film.draw(&person, &shot, &mut own, scratch));
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
            if shot.is_usable(1.0) || attempt == ATTEMPTS {
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
