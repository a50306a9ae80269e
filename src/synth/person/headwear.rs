//! What is worn on the head.

use super::super::facekit::FaceKit;
use super::super::random::Random;
use super::assembly::Assembly;
use super::body::Torso;
use super::hair::Plan;
use super::scene::Scene;

/// Adds headwear if the plan says so.
pub(super) fn add(_assembly: &mut Assembly, _kit: &FaceKit, _scene: &Scene, _plan: &Plan, _torso: &Torso, _random: &mut Random) {}
