//! Random facial expressions: weights of the kit's blend shapes.

use super::facekit::FaceKit;
use crate::random::Random;

/// Weights of blend shapes, 0 where not named.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expression {
    /// Index into [`FaceKit::expressions`] and weight; each index at most once.
    weights: Vec<(usize, f32)>,
}

impl Expression {
    /// The mixture of the recipe, all weights times `strength` (1 is full).
    pub fn random(kit: &FaceKit, random: &mut Random, strength: f32) -> Self {
        let mut e = ExpressionBuilder::new(kit, random);
        e.mouth();
        e.mouth_rare();
        e.brows();
        e.eyes();
        e.finish(strength)
    }

    /// A grin of a closed or hardly opened mouth with the teeth bare. `closed_teeth`: the teeth touch.
    pub fn grin(kit: &FaceKit, random: &mut Random, closed_teeth: bool) -> Self {
        let mut e = ExpressionBuilder::new(kit, random);
        e.pair_range("mouthSmile", 0.3, 1.0, 0.12);
        e.pair_range("mouthUpperUp", 0.3, 1.0, 0.12);
        e.pair_range("mouthLowerDown", if closed_teeth { 0.35 } else { 0.2 }, 1.0, 0.12);
        let opened = if closed_teeth { 0.015 } else { 0.2 };
        e.range("jawOpen", 0.0, opened);
        if e.chance(0.5) {
            e.pair_range("mouthStretch", 0.0, 0.7, 0.1);
        }
        if e.chance(0.5) {
            e.pair_range("cheekSquint", 0.0, 0.9, 0.1);
        }
        e.brows();
        e.finish(1.0)
    }

    /// A wide open mouth.
    pub fn open_mouth(kit: &FaceKit, random: &mut Random) -> Self {
        let mut e = ExpressionBuilder::new(kit, random);
        e.range("jawOpen", 0.25, 0.95);
        e.pair_range("mouthLowerDown", 0.0, 0.8, 0.12);
        e.pair_range("mouthUpperUp", 0.0, 0.8, 0.12);
        if e.chance(0.3) {
            e.pair_range("mouthSmile", 0.0, 0.8, 0.12);
        }
        if e.chance(0.2) {
            e.range("mouthFunnel", 0.0, 0.8);
        }
        e.brows();
        e.finish(1.0)
    }

    /// Mouth shapes as in speech: the rough groups of sounds, mixed.
    pub fn speech(kit: &FaceKit, random: &mut Random) -> Self {
        let mut e = ExpressionBuilder::new(kit, random);
        match e.random.below(7) {
            // m, b, p
            0 => {
                e.pair_range("mouthPress", 0.2, 0.8, 0.05);
                e.range("mouthRollLower", 0.0, 0.4);
            }
            // f, v
            1 => {
                e.range("mouthRollLower", 0.3, 0.8);
                e.pair_range("mouthUpperUp", 0.1, 0.5, 0.1);
                e.range("jawOpen", 0.02, 0.1);
            }
            // a
            2 => {
                e.range("jawOpen", 0.2, 0.55);
                e.pair_range("mouthLowerDown", 0.1, 0.6, 0.1);
                e.pair_range("mouthUpperUp", 0.0, 0.4, 0.1);
            }
            // e, i
            3 => {
                e.range("jawOpen", 0.03, 0.2);
                e.pair_range("mouthSmile", 0.1, 0.6, 0.1);
                e.pair_range("mouthStretch", 0.1, 0.6, 0.1);
                e.pair_range("mouthLowerDown", 0.1, 0.7, 0.1);
            }
            // o
            4 => {
                e.range("jawOpen", 0.1, 0.4);
                e.range("mouthFunnel", 0.3, 0.9);
            }
            // u, w
            5 => {
                e.range("jawOpen", 0.02, 0.15);
                e.range("mouthPucker", 0.4, 1.0);
            }
            // s, t, l
            _ => {
                e.range("jawOpen", 0.02, 0.12);
                e.pair_range("mouthLowerDown", 0.2, 0.8, 0.1);
                e.pair_range("mouthUpperUp", 0.1, 0.5, 0.1);
                e.pair_range("mouthDimple", 0.0, 0.5, 0.1);
            }
        }
        if e.chance(0.4) {
            e.brows();
        }
        e.finish(1.0)
    }

    /// The same expression with both lids at `closed` (0 open, 1 shut) in place of what they were.
    #[must_use]
    pub fn with_blink(&self, kit: &FaceKit, closed: f32) -> Self {
        let mut blinked = self.clone();
        for name in ["eyeBlink_L", "eyeBlink_R"] {
            blinked.set(kit, name, closed);
        }
        for name in ["eyeWide_L", "eyeWide_R", "eyeSquint_L", "eyeSquint_R"] {
            blinked.set(kit, name, 0.0);
        }
        blinked
    }

    /// Sets one weight; a shape that the kit lacks is passed over.
    pub fn set(&mut self, kit: &FaceKit, name: &str, weight: f32) {
        if let Some(index) = kit.expression(name) {
            self.weights.retain(|(i, _)| *i != index);
            if weight.abs() > 1e-4 {
                self.weights.push((index, weight));
            }
        }
    }

    /// The weight of a shape; 0 when not set.
    pub fn weight(&self, kit: &FaceKit, name: &str) -> f32 {
        let index = kit.expression(name);
        self.weights.iter().find(|(i, _)| Some(*i) == index).map_or(0.0, |(_, w)| *w)
    }

    /// All weights that are not 0: index into [`FaceKit::expressions`], weight.
    pub fn weights(&self) -> &[(usize, f32)] {
        &self.weights
    }

    /// `self` at `t` = 0, `other` at 1.
    #[must_use]
    pub fn mix(&self, other: &Self, t: f32) -> Self {
        let mut weights: Vec<(usize, f32)> = self.weights.iter().map(|(i, w)| (*i, w * (1.0 - t))).collect();
        for (index, weight) in &other.weights {
            match weights.iter_mut().find(|(i, _)| i == index) {
                Some((_, w)) => *w += weight * t,
                None => weights.push((*index, weight * t)),
            }
        }
        Self { weights }
    }
}

/// Collects random weights.
struct ExpressionBuilder<'a> {
    kit: &'a FaceKit,
    random: &'a mut Random,
    expression: Expression,
}

impl<'a> ExpressionBuilder<'a> {
    fn new(kit: &'a FaceKit, random: &'a mut Random) -> Self {
        Self { kit, random, expression: Expression::default() }
    }

    fn chance(&mut self, probability: f32) -> bool {
        self.random.chance(probability)
    }

    fn range(&mut self, name: &str, low: f32, high: f32) {
        let weight = self.random.range(low, high);
        self.expression.set(self.kit, name, weight);
    }

    /// Left and right shape with one weight, made unequal by a factor of the given deviation.
    fn pair_range(&mut self, name: &str, low: f32, high: f32, asymmetry: f32) {
        let weight = self.random.range(low, high);
        self.pair(name, weight, asymmetry);
    }

    fn pair(&mut self, name: &str, weight: f32, asymmetry: f32) {
        let a = self.random.normal(0.0, asymmetry);
        self.expression.set(self.kit, &format!("{name}_L"), weight * (1.0 + a).clamp(0.0, 1.5));
        self.expression.set(self.kit, &format!("{name}_R"), weight * (1.0 - a).clamp(0.0, 1.5));
    }

    fn maybe(&mut self, probability: f32, name: &str, high: f32) {
        if self.chance(probability) {
            self.range(name, 0.0, high);
        }
    }

    fn maybe_pair(&mut self, probability: f32, name: &str, high: f32) {
        if self.chance(probability) {
            self.pair_range(name, 0.0, high, 0.15);
        }
    }

    fn mouth(&mut self) {
        if self.chance(0.5) {
            let high = if self.chance(0.6) { 0.75 } else { 0.25 };
            self.range("jawOpen", 0.0, high);
        }
        self.maybe_pair(0.35, "mouthSmile", 1.0);
        self.maybe(0.15, "mouthPucker", 1.0);
        self.maybe(0.15, "mouthFunnel", 1.0);
        self.maybe_pair(0.12, "mouthFrown", 1.0);
        self.maybe_pair(0.15, "mouthStretch", 0.8);
        self.maybe_pair(0.3, "mouthLowerDown", 1.0);
        self.maybe_pair(0.3, "mouthUpperUp", 1.0);
    }

    fn mouth_rare(&mut self) {
        let side = if self.chance(0.5) { "Left" } else { "Right" };
        self.maybe(0.1, &format!("mouth{side}"), 0.6);
        self.maybe(0.08, &format!("jaw{side}"), 0.6);
        for name in ["mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper"] {
            self.maybe(0.1, name, 0.8);
        }
        for name in ["mouthPress", "mouthDimple", "cheekSquint", "noseSneer", "cheekPuff"] {
            self.maybe_pair(0.1, name, 0.8);
        }
        // The lips shut over a lowered jaw.
        let opened = self.expression.weight(self.kit, "jawOpen");
        if self.chance(0.08) {
            self.range("mouthClose", 0.5 * opened, opened);
        }
    }

    fn brows(&mut self) {
        self.maybe_pair(0.2, "browDown", 1.0);
        self.maybe_pair(0.3, "browInnerUp", 1.0);
        self.maybe_pair(0.25, "browOuterUp", 1.0);
    }

    fn eyes(&mut self) {
        if self.chance(0.3) {
            let (low, high) = if self.chance(0.55) { (0.7, 1.0) } else { (0.0, 0.7) };
            self.pair_range("eyeBlink", low, high, 0.04);
        } else if self.chance(0.06) {
            let name = if self.chance(0.5) { "eyeBlink_L" } else { "eyeBlink_R" };
            self.range(name, 0.7, 1.0);
        }
        self.maybe_pair(0.2, "eyeSquint", 1.0);
        self.maybe_pair(0.25, "eyeWide", 1.0);
    }

    fn finish(mut self, strength: f32) -> Expression {
        for (_, weight) in &mut self.expression.weights {
            *weight *= strength;
        }
        self.expression
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hard_families_are_what_they_are_called() {
        let kit = FaceKit::stand_in();
        for index in 0..50 {
            let mut random = Random::new(2, index);
            let grin = Expression::grin(&kit, &mut random, true);
            assert!(
                grin.weight(&kit, "jawOpen") < 0.02 && grin.weight(&kit, "mouthSmile_L") > 0.1,
                "{index}: a grin with the teeth closed"
            );
            assert!(Expression::open_mouth(&kit, &mut random).weight(&kit, "jawOpen") >= 0.25, "{index}: an open mouth");
            let blinked = grin.with_blink(&kit, 0.9);
            assert!((blinked.weight(&kit, "eyeBlink_R") - 0.9).abs() < 1e-6, "{index}: the lid is where it was put");
            let calm = Expression::random(&kit, &mut random, 0.1);
            assert!(calm.weights().iter().all(|(_, w)| w.abs() < 0.16), "{index}: strength scales all weights");
        }
    }

    #[test]
    fn mixing_goes_from_one_to_the_other() {
        let a = Expression { weights: vec![(0, 1.0), (3, 0.5)] };
        let b = Expression { weights: vec![(3, 1.0), (5, 0.2)] };
        let mixed = a.mix(&b, 0.5);
        let at = |i: usize| mixed.weights.iter().find(|(k, _)| *k == i).map_or(0.0, |(_, w)| *w);
        assert!((at(0) - 0.5).abs() < 1e-6, "half of what only the first has");
        assert!((at(3) - 0.75).abs() < 1e-6, "the mean of what both have");
        assert!((at(5) - 0.1).abs() < 1e-6, "half of what only the second has");
    }
}
