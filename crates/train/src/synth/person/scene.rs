//! What is decided about a person before anything is painted: skin, hair, light and exposure, so that all colours belong to one scene.

use glam::Vec3;

use super::super::surface::{Light, Lighting};
use super::shapes::{brightness, interpolate, random_colour, smoothstep};
use crate::random::Random;

/// Skin colours from light to dark.
const SKIN_LINE: [Vec3; 6] = [
    Vec3::new(0.98, 0.86, 0.78),
    Vec3::new(0.92, 0.74, 0.62),
    Vec3::new(0.82, 0.60, 0.46),
    Vec3::new(0.60, 0.40, 0.29),
    Vec3::new(0.36, 0.22, 0.16),
    Vec3::new(0.20, 0.12, 0.09),
];
/// Hair colours: black, brown, light brown, fair, red, grey.
const HAIR_COLOURS: [Vec3; 6] = [
    Vec3::new(0.05, 0.04, 0.035),
    Vec3::new(0.20, 0.12, 0.07),
    Vec3::new(0.40, 0.26, 0.14),
    Vec3::new(0.75, 0.58, 0.35),
    Vec3::new(0.60, 0.25, 0.10),
    Vec3::new(0.70, 0.70, 0.70),
];
/// Terracotta, marble, bronze, sandstone, plaster, dark wood, jade.
const SCULPTURE_COLOURS: [Vec3; 7] = [
    Vec3::new(0.66, 0.47, 0.37),
    Vec3::new(0.90, 0.88, 0.84),
    Vec3::new(0.36, 0.29, 0.19),
    Vec3::new(0.72, 0.62, 0.47),
    Vec3::new(0.82, 0.82, 0.82),
    Vec3::new(0.34, 0.22, 0.14),
    Vec3::new(0.45, 0.58, 0.47),
];

/// Colours and light of one person.
#[derive(Debug)]
pub(super) struct Scene {
    /// Mean colour of the skin.
    pub(super) skin: Vec3,
    /// Colour of hair, brows, beard.
    pub(super) hair: Vec3,
    /// Of one material like a sculpture: eyes, lips and hair have the skin's colour.
    pub(super) is_sculpture: bool,
    /// Drawn figure rather than a real person: large eyes, flat colours.
    pub(super) is_cartoon: bool,
    /// How bright skin that faces the viewer appears in the picture, 0..1.
    pub(super) skin_level: f32,
    /// Brightness in the picture of a white surface that faces the viewer.
    pub(super) gain: f32,
    /// All light, exposed.
    pub(super) lighting: Lighting,
}

impl Scene {
    pub(super) fn new(random: &mut Random) -> Self {
        let is_sculpture = random.chance(0.10);
        let is_cartoon = !is_sculpture && random.chance(0.13);
        let skin = if is_sculpture { sculpture_colour(random) } else { skin_colour(random) };
        let hair = if is_sculpture { skin * random.range(0.75, 1.05) } else { hair_colour(random) };
        let mut lighting = light(random);
        let facing = facing_level(&lighting);
        let level = brightness(skin);
        let low = interpolate(&[(0.1, 0.14), (0.35, 0.25), (0.9, 0.40)], level);
        let high = interpolate(&[(0.1, 0.42), (0.35, 0.60), (0.9, 0.88)], level);
        let skin_level = random.range(low, high);
        let gain = skin_level / level.max(0.02);
        let exposure = gain / facing.max(0.02);
        lighting.ambient *= exposure;
        for lamp in &mut lighting.lights {
            lamp.colour *= exposure;
        }
        Self { skin, hair, is_sculpture, is_cartoon, skin_level, gain, lighting }
    }

    /// The colour that a white thing such as teeth or the white of an eye must have, so that it neither glows in a dark picture nor is blue in a warm one:
    /// its brightness in the picture is tied to the skin's, and a part of the skin's hue is mixed in. `share` is 0.5..1.
    pub(super) fn white(&self, random: &mut Random, share: f32) -> Vec3 {
        let wanted = self.skin_level.powf(0.65) * share;
        let hue = self.skin / brightness(self.skin).max(0.05);
        let tint = Vec3::ONE.lerp(hue, random.range(0.05, 0.25));
        (tint / brightness(tint) * (wanted / self.gain.max(0.05))).clamp(Vec3::ZERO, Vec3::splat(1.1))
    }

    /// A colour for cloth and things: that of a sculpture if the person is one. Cloth of a bright or saturated kind is as likely as a dark one.
    pub(super) fn cloth(&self, random: &mut Random) -> Vec3 {
        if self.is_sculpture {
            return self.skin * random.range(0.7, 1.05);
        }
        let saturation = random.range(0.1, 1.1);
        let colour = random_colour(random, saturation) * random.range(0.15, 1.0);
        // A strong exposure for dark skin must not make all cloth white.
        colour * (1.0 / self.gain.max(0.4)).min(1.0).powf(0.6)
    }
}

fn sculpture_colour(random: &mut Random) -> Vec3 {
    *random.pick(&SCULPTURE_COLOURS) * random.range(0.75, 1.1)
}

fn skin_colour(random: &mut Random) -> Vec3 {
    let along = random.unit().powf(1.1) * 4.6;
    let index = (along as usize).min(4);
    let tone = SKIN_LINE[index].lerp(SKIN_LINE[index + 1], along - index as f32);
    let tone = tone * Vec3::from_array(std::array::from_fn(|_| random.normal(1.0, 0.05)));
    match random.unit() {
        // Painted faces of any colour.
        u if u < 0.10 => tone.lerp(random_colour(random, 1.0), 0.4),
        // Black and white pictures.
        u if u < 0.16 => Vec3::splat(brightness(tone)),
        _ => tone,
    }
    .clamp(Vec3::splat(0.03), Vec3::ONE)
}

fn hair_colour(random: &mut Random) -> Vec3 {
    if random.chance(0.2) { random_colour(random, 0.5) * 0.4 } else { *random.pick(&HAIR_COLOURS) * random.range(0.6, 1.2) }
}

/// Light before exposure.
fn light(random: &mut Random) -> Lighting {
    let mut lights = Vec::new();
    let strength = random.range(0.35, 1.0);
    let tint = |random: &mut Random, deviation: f32| {
        let warm = random.normal(0.0, deviation);
        Vec3::new(1.0 + warm, 1.0 + random.normal(0.0, 0.3 * deviation), 1.0 - warm)
    };
    for index in 0..=random.below(3) {
        // The main light mostly comes from above at one side, as painters and photographers have it.
        let is_key = index == 0 && random.chance(0.6);
        let azimuth = if is_key { random.range(0.2, 1.1) * if random.chance(0.5) { 1.0 } else { -1.0 } } else { random.range(-1.5, 1.5) };
        let elevation = if is_key { random.range(0.2, 0.9) } else { random.range(-0.5, 1.2) };
        let share = random.range(0.3, 1.0) / if index == 0 { 1.0 } else { 2.5 };
        let colour = tint(random, 0.1) * (strength * share);
        lights.push(Light { direction: super::shapes::direction(azimuth, elevation), colour });
    }
    let ambient = tint(random, 0.06) * random.range(0.2, 0.75);
    Lighting { lights, ambient }
}

/// Brightness of a white surface that faces the viewer, under wrapped Lambert light.
fn facing_level(lighting: &Lighting) -> f32 {
    let wrapped = |lamp: &Light| ((lamp.direction.z + 0.15) / 1.15).max(0.0) * brightness(lamp.colour);
    0.75 * brightness(lighting.ambient) + lighting.lights.iter().map(wrapped).sum::<f32>()
}

/// How deep a place is in the mouth: 1 at the lips, `floor` far back.
pub(super) fn mouth_light(at: Vec3, floor: f32) -> f32 {
    smoothstep(2.5, 10.8, at.z).max(floor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_things_belong_to_the_picture() {
        for index in 0..300 {
            let mut random = Random::new(11, index);
            let scene = Scene::new(&mut random);
            let shown = brightness(scene.white(&mut random, 0.9)) * scene.gain;
            assert!(shown <= 1.0, "scene {index}: a white thing is at {shown}");
            assert!(shown < 4.0 * scene.skin_level + 0.05, "scene {index}: it glows, {shown} against skin at {}", scene.skin_level);
            assert!(
                scene.lighting.lights.iter().all(|l| (l.direction.length() - 1.0).abs() < 1e-4),
                "scene {index}: directions are unit vectors"
            );
        }
    }
}
