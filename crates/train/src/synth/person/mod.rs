//! One random person: a head of the kit with painted skin, hair, clothes and things worn, and where all of it is in any frame.

mod assembly;
mod beard;
mod body;
mod drape;
mod eyes;
mod hair;
mod headwear;
mod jewellery;
mod locks;
mod mouth;
mod scene;
mod shapes;
mod skin;
mod skull;
mod warp;

use glam::{Mat3, Quat, Vec2, Vec3};

use super::expression::Expression;
use super::facekit::FaceKit;
use super::pose::{Pose, rotation};
use super::surface::{Lighting, PersonSurface};
use crate::data::Part;
use crate::random::Random;
use assembly::{Assembly, skin_weight};
use body::Torso;
use eyes::EyeMesh;
use scene::Scene;
use shapes::smoothstep;
use skin::SkinPaint;
use warp::Warp;

/// The point that head and body turn about, in cm.
const NECK: Vec3 = Vec3::new(0.0, -7.0, -1.0);
/// Eye pitch of a lid shape at full weight, in radians.
const LID_PITCH: f32 = 0.4;
/// Eye yaw of a sideways lid shape at full weight, in radians.
const LID_YAW: f32 = 0.6;
/// Lashes below this height in the mean head are those of the lower lids, in cm.
const LOWER_LASHES_CM: f32 = 3.2;
/// Between head and body the neck is bent in this many steps.
const NECK_STEPS: usize = 32;
/// Kit triangles of neck and bust below this are left out: the body has its own skin there, in cm.
const NECK_CUT_CM: f32 = -11.6;

/// A random person. Only [`Person::positions`] changes from frame to frame.
#[derive(Debug)]
pub struct Person {
    /// Triangles and appearance.
    pub surface: PersonSurface,
    /// Light that the person stands in, exposed for the picture.
    pub lighting: Lighting,
    /// Of one material like a sculpture.
    pub is_sculpture: bool,
    /// Drawn like a cartoon: large eyes, flat colours.
    pub is_cartoon: bool,
    /// Vertices that mark the pupils; no triangle uses them.
    pub(super) pupils: [u32; 2],
    rest: Vec<Vec3>,
    head_weight: Vec<f32>,
    links: Vec<(u32, u32)>,
    eyes: [EyeMesh; 2],
    warp: Option<Warp>,
    /// One past the last vertex that [`Warp`] acts on.
    warped_end: usize,
}

impl Person {
    /// A random person.
    pub fn new(kit: &FaceKit, random: &mut Random) -> Self {
        let scene = Scene::new(random);
        let shape = identity(kit, random);
        let mut painting = SkinPaint::new(kit, &scene, &shape, random);
        painting.paint_skin(random);
        painting.paint_eyes(random);
        painting.paint_mouth(random);
        let plan = hair::HairStyle::new(&scene, random);
        plan.paint(&mut painting, random);
        let landmarks = painting.landmarks;
        let torso = Torso::fit(kit, &shape, random);
        let mut assembly = Assembly::default();
        let eyes = std::array::from_fn(|index| EyeMesh::new(kit, &shape, index));
        let pupils = add_head(&mut assembly, kit, painting, &eyes, random);
        hair::add(&mut assembly, kit, &scene, &plan, &torso, random);
        beard::add(&mut assembly, kit, &scene, &plan, &landmarks, random);
        headwear::add(&mut assembly, &scene, &plan, &torso, random);
        jewellery::add_glasses(&mut assembly, &scene, &landmarks, random);
        jewellery::add_earrings(&mut assembly, kit, &scene, random);
        let warped_end = assembly.rest.len();
        body::add(&mut assembly, &scene, &torso, random);
        jewellery::add_necklace(&mut assembly, &scene, &torso, random);
        let warp = Warp::random(scene.is_cartoon, &eyes.each_ref().map(|eye| eye.centre), random);
        Self {
            surface: assembly.surface,
            lighting: scene.lighting,
            is_sculpture: scene.is_sculpture,
            is_cartoon: scene.is_cartoon,
            pupils,
            rest: assembly.rest,
            head_weight: assembly.head_weight,
            links: assembly.links,
            eyes,
            warp,
            warped_end,
        }
    }

    /// World positions of all vertices of [`Self::surface`] in one frame, in cm.
    pub fn positions(&self, kit: &FaceKit, expression: &Expression, pose: &Pose, out: &mut Vec<Vec3>) {
        out.clear();
        out.extend_from_slice(&self.rest);
        for (index, weight) in expression.weights().iter().chain(&lids(kit, expression, pose.gaze)) {
            let Some(shape) = kit.expressions.get(*index) else { continue };
            for (&vertex, delta) in shape.vertices.iter().zip(&shape.deltas) {
                out[vertex as usize] += *delta * *weight;
            }
        }
        let looking = rotation([pose.gaze.x, -pose.gaze.y, 0.0]);
        for (eye, pupil) in self.eyes.iter().zip(self.pupils) {
            eye.look(&looking, pupil as usize, out);
            eye.lift_lids(&looking, out);
        }
        for &(vertex, base) in &self.links {
            let moved = out[base as usize] - self.rest[base as usize];
            out[vertex as usize] += moved;
        }
        if let Some(warp) = &self.warp {
            for p in &mut out[..self.warped_end] {
                *p = warp.apply(*p);
            }
        }
        self.turn(pose, out);
    }

    /// Turns head and body and bends the neck between them.
    fn turn(&self, pose: &Pose, out: &mut [Vec3]) {
        let (head, body) = (rotation(pose.head), rotation(pose.body));
        let (head_quat, body_quat) = (Quat::from_mat3(&head), Quat::from_mat3(&body));
        let shift = |t: f32| pose.body_shift_cm.lerp(pose.head_shift_cm, t).extend(0.0) + NECK;
        // Turning the neck evenly keeps its width; a mixture of two far positions would thin it.
        let steps: Vec<(Mat3, Vec3)> = (0..=NECK_STEPS)
            .map(|i| i as f32 / NECK_STEPS as f32)
            .map(|t| (Mat3::from_quat(body_quat.slerp(head_quat, t)), shift(t)))
            .collect();
        for (p, &weight) in out.iter_mut().zip(&self.head_weight) {
            let at = *p - NECK;
            let place = |(turn, shift): &(Mat3, Vec3)| *turn * at + *shift;
            let step = weight * NECK_STEPS as f32;
            let index = (step as usize).min(NECK_STEPS - 1);
            let rest = step - index as f32;
            *p = if rest <= 0.0 {
                place(&steps[index])
            } else if rest >= 1.0 {
                place(&steps[index + 1])
            } else {
                place(&steps[index]).lerp(place(&steps[index + 1]), rest)
            };
        }
    }
}

/// A random head shape.
fn identity(kit: &FaceKit, random: &mut Random) -> Vec<Vec3> {
    let scale = *random.pick(&[0.8, 1.0, 1.2]);
    let weights: Vec<f32> = (0..kit.identity_count()).map(|_| random.normal(0.0, 1.0).clamp(-2.5, 2.5) * scale).collect();
    let mut shape = kit.identity(&weights);
    draw_back_gums(kit, &mut shape);
    shape
}

/// Gums and the roots of teeth lie a little further back than in the kit: there they stick through thin lips that are raised.
fn draw_back_gums(kit: &FaceKit, shape: &mut [Vec3]) {
    const FURTHER_BACK_CM: f32 = 0.4;
    for i in kit.range_of(Part::Gums).chain(kit.range_of(Part::Teeth)) {
        let at = kit.neutral[i];
        let root = match kit.parts[i] {
            Part::Teeth => smoothstep(-2.4, -1.5, at.y).max(smoothstep(-4.4, -5.0, at.y)),
            _ => 1.0,
        };
        shape[i].z -= FURTHER_BACK_CM * root * smoothstep(8.0, 10.0, at.z);
    }
}

/// Adds the kit's head as painted, and the two pupil markers, whose vertices it returns.
fn add_head(assembly: &mut Assembly, kit: &FaceKit, painting: SkinPaint<'_>, eyes: &[EyeMesh; 2], random: &mut Random) -> [u32; 2] {
    let has_lashes = random.chance(0.6) && !painting.scene.is_sculpture;
    let shape = painting.shape;
    assembly.rest = shape.to_vec();
    assembly.head_weight = shape.iter().map(|p| skin_weight(*p)).collect();
    assembly.surface.vertices = painting.vertices;
    let is_low = |t: &&[u32; 3]| t.iter().any(|&i| shape[i as usize].y > NECK_CUT_CM);
    assembly.surface.triangles = kit.triangles.iter().filter(is_low).copied().collect();
    if has_lashes {
        // The kit's lashes are cards for transparent pictures: drawn whole they would be bars, so only what is near the lids is.
        let (length, lower_too) = (random.range(0.12, 0.42), random.chance(0.2));
        let is_upper = |t: &[u32; 3]| t.iter().map(|&i| kit.neutral[i as usize].y).sum::<f32>() / 3.0 > LOWER_LASHES_CM;
        let lashes = kit.lash_triangles.iter().zip(&kit.lash_reach);
        let wanted = lashes.filter(|(t, reach)| **reach < length && (lower_too || is_upper(t)));
        assembly.surface.triangles.extend(wanted.map(|(t, _)| *t));
    }
    std::array::from_fn(|eye| {
        let vertex = assembly.surface.vertices[eyes[eye].range.start];
        assembly.surface.vertices.push(vertex);
        assembly.rest.push(eyes[eye].front());
        assembly.head_weight.push(1.0);
        assembly.rest.len() as u32 - 1
    })
}

/// Lids follow the eyes; a shut lid follows less.
fn lids(kit: &FaceKit, expression: &Expression, gaze: Vec2) -> Vec<(usize, f32)> {
    let mut weights = Vec::with_capacity(8);
    let mut push = |name: String, weight: f32| {
        if let Some(index) = kit.expression(&name).filter(|_| weight > 1e-3) {
            weights.push((index, weight.min(1.2)));
        }
    };
    for (side, outwards) in [("_L", 1.0), ("_R", -1.0)] {
        let opened = 1.0 - expression.weight(kit, &format!("eyeBlink{side}")).clamp(0.0, 1.0);
        push(format!("eyeLookUp{side}"), gaze.y / LID_PITCH * opened);
        push(format!("eyeLookDown{side}"), -gaze.y / LID_PITCH * opened);
        push(format!("eyeLookOut{side}"), outwards * gaze.x / LID_YAW);
        push(format!("eyeLookIn{side}"), -outwards * gaze.x / LID_YAW);
    }
    weights
}

/// Which of the kit's skin triangles a layer over the skin may use.
fn skin_triangles(kit: &FaceKit) -> impl Iterator<Item = [u32; 3]> {
    let end = kit.end_of(Part::Head) as u32;
    kit.triangles.iter().copied().filter(move |t| t.iter().all(|&i| i < end))
}

#[cfg(test)]
mod tests {
    use super::super::surface::Camera;
    use super::*;

    fn people(count: u64) -> (FaceKit, Vec<Person>) {
        let kit = FaceKit::stand_in();
        let people = (0..count).map(|i| Person::new(&kit, &mut Random::new(3, i))).collect();
        (kit, people)
    }

    fn placed(kit: &FaceKit, person: &Person, expression: &Expression, pose: &Pose) -> Vec<Vec3> {
        let mut out = Vec::new();
        person.positions(kit, expression, pose, &mut out);
        out
    }

    #[test]
    fn surfaces_are_whole_and_the_same_for_the_same_seed() {
        let (_, people) = people(60);
        let (_, again) = self::people(60);
        for (index, (person, same)) in people.iter().zip(&again).enumerate() {
            let count = person.rest.len();
            assert_eq!(count, person.surface.vertices.len(), "person {index}: a look for every vertex");
            assert_eq!(count, person.head_weight.len(), "person {index}: a weight for every vertex");
            assert!(
                person.surface.triangles.iter().flatten().all(|&i| (i as usize) < count),
                "person {index}: triangles use vertices that exist"
            );
            assert!(person.rest.iter().all(|p| p.is_finite()), "person {index}: places are numbers");
            let is_sane = |v: &super::super::surface::Vertex| {
                v.albedo.is_finite() && v.albedo.min_element() >= 0.0 && v.specular >= 0.0 && v.texture_at.is_finite()
            };
            assert!(person.surface.vertices.iter().all(is_sane), "person {index}: looks are sane");
            assert!(person.rest == same.rest && person.surface.vertices == same.surface.vertices, "person {index}: twice the same");
        }
    }

    #[test]
    fn head_and_body_turn_about_the_neck() {
        let (kit, people) = people(6);
        for person in &people {
            let still = placed(&kit, person, &Expression::default(), &Pose::default());
            let turned = placed(&kit, person, &Expression::default(), &Pose { head: [0.5, 0.0, 0.0], ..Pose::default() });
            let nose = kit.landmarks[30] as usize;
            assert!(turned[nose].x - still[nose].x > 3.0, "the nose goes to the picture's right");
            let low = person.rest.iter().position(|p| p.y < -25.0).expect("there is a body");
            assert!(turned[low].distance(still[low]) < 1e-3, "the body stays");
            let moved = placed(&kit, person, &Expression::default(), &Pose { body_shift_cm: Vec2::new(1.0, 2.0), ..Pose::default() });
            assert!((moved[low] - still[low]).distance(Vec3::new(1.0, 2.0, 0.0)) < 1e-3, "the body moves when told");
            assert!(moved[nose].distance(still[nose]) < 1e-3, "the head does not");
        }
    }

    #[test]
    fn hair_and_beards_follow_the_face() {
        let (kit, people) = people(40);
        let mut open = Expression::default();
        open.set(&kit, "jawOpen", 1.0);
        let mut followed = 0;
        for person in people.iter().filter(|p| p.warp.is_none()) {
            let (still, moved) =
                (placed(&kit, person, &Expression::default(), &Pose::default()), placed(&kit, person, &open, &Pose::default()));
            for &(vertex, base) in &person.links {
                let [a, b] = [vertex, base].map(|i| moved[i as usize] - still[i as usize]);
                assert!(a.distance(b) < 0.05 || person.head_weight[vertex as usize] < 1.0, "a linked vertex moved by {a}, its skin by {b}");
                followed += usize::from(a.length() > 0.5);
            }
        }
        assert!(followed > 0, "some beards moved with the jaw");
    }

    #[test]
    fn pupils_follow_the_gaze_and_landmarks_the_pose() {
        let (kit, people) = people(8);
        let camera = Camera { focal_px: 700.0, distance_cm: 90.0, centre_px: Vec2::splat(128.0) };
        for person in &people {
            let see = |pose: &Pose| person.landmarks(&kit, &placed(&kit, person, &Expression::default(), pose), &camera);
            let (points, pupils) = see(&Pose::default());
            let (_, looking) = see(&Pose { gaze: Vec2::new(0.3, 0.2), ..Pose::default() });
            for (before, after) in pupils.iter().zip(&looking) {
                assert!(after.x > before.x + 1.0 && after.y < before.y - 1.0, "from {before} to {after} when looking right and up");
            }
            assert!(pupils[0].x < pupils[1].x, "the pupil at landmark 36 comes first");
            assert!(points[0].x < points[8].x && points[8].x < points[16].x, "jaw points go from left to right");
            assert!(points[27].y < points[8].y, "the chin is below the nose");
        }
    }
}
