//! Frames of people whom no training has seen, in poses that are known exactly: what `evaluate --synthetic` measures on.

use std::sync::Arc;

use glam::{Vec2, Vec3};
use serde::Serialize;

use super::expression::Expression;
use super::facekit::FaceKit;
use super::film::Film;
use super::look::PostProcessing;
use super::pair::{Lens, Scratch, Shot, SynthFrame};
use super::person::Person;
use super::pose::Pose;
use crate::random::Random;

/// Turns the seed of a training into that of the heads it is validated on, whose persons are nobody's in training.
pub const HELD_OUT: u64 = 0x5EED_0FF5;
/// Turns a seed into that of the people of tests, who are nobody's in training or validation.
const TESTED: u64 = 0x7E57_ED01_9E09_1E5E;
/// A person who is no human being, or does not fit into the picture, is drawn anew at most this often.
const ATTEMPTS: u64 = 64;
/// Turns one index into those of further attempts: indices stay far below 2^56.
const ATTEMPT_BIT: u32 = 56;
/// How far a three-quarter source is turned, in degrees.
const THREE_QUARTER_DEG: f32 = 30.0;
/// How far the shoulders are turned with the source's head.
const BODY_SHARE: f32 = 0.3;
/// Turns of the targets against the source's head: yaw, pitch and roll, in degrees. The expression is neutral.
const TURNS_DEG: [[i16; 3]; 11] = [
    [0, 0, 0],
    [15, 0, 0],
    [-15, 0, 0],
    [30, 0, 0],
    [-30, 0, 0],
    [45, 0, 0],
    [-45, 0, 0],
    [0, 15, 0],
    [0, -15, 0],
    [0, 0, 25],
    [0, 0, -25],
];

/// How the pictures are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TestLook {
    /// Photographs, new and old.
    Realistic,
    /// Oil paintings, watercolours, engravings, pencil drawings.
    Painted,
}

impl TestLook {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Realistic, Self::Painted];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Realistic => "realistic",
            Self::Painted => "painted",
        }
    }

    fn draw(self, random: &mut Random) -> PostProcessing {
        match self {
            Self::Realistic => PostProcessing::photographed(random),
            Self::Painted => PostProcessing::painted(random),
        }
    }
}

/// From where the source shows the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TestView {
    /// From the front.
    Frontal,
    /// Turned by 30 degrees, half of the people to either side.
    ThreeQuarter,
}

impl TestView {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Frontal, Self::ThreeQuarter];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Frontal => "frontal",
            Self::ThreeQuarter => "three-quarter",
        }
    }
}

/// What a target shows beside its source. Turns to either side are in one bin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TestBin {
    /// The source again.
    Yaw0,
    /// The head turned to the side by 15 degrees.
    Yaw15,
    /// By 30 degrees.
    Yaw30,
    /// By 45 degrees.
    Yaw45,
    /// Nodding up or down, by 15 degrees.
    Pitch,
    /// Tilted by 25 degrees.
    Roll,
    /// The head as in the source, with a strong expression.
    Expression,
}

impl TestBin {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 7] = [Self::Yaw0, Self::Yaw15, Self::Yaw30, Self::Yaw45, Self::Pitch, Self::Roll, Self::Expression];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Yaw0 => "yaw 0",
            Self::Yaw15 => "yaw 15",
            Self::Yaw30 => "yaw 30",
            Self::Yaw45 => "yaw 45",
            Self::Pitch => "pitch 15",
            Self::Roll => "roll 25",
            Self::Expression => "expression",
        }
    }

    /// The bin of a head turned so against its source, in degrees; with a strong expression whatever the turn.
    fn of([yaw, pitch, roll]: [i16; 3], is_strong: bool) -> Self {
        match yaw.abs() {
            _ if is_strong => Self::Expression,
            _ if roll != 0 => Self::Roll,
            _ if pitch != 0 => Self::Pitch,
            0..8 => Self::Yaw0,
            8..23 => Self::Yaw15,
            23..38 => Self::Yaw30,
            _ => Self::Yaw45,
        }
    }
}

/// One frame and its true matte.
#[derive(Clone, Debug, PartialEq)]
pub struct TestFrame {
    /// What it shows, and where.
    pub shown: SynthFrame,
    /// Share of head, 0 to 1, in every cell: [`PLANE_CELLS`](crate::data::PLANE_CELLS) squared, row by row.
    pub matte: Vec<f32>,
    /// How far the head is turned to the picture's right, in radians.
    pub yaw_rad: f32,
}

/// A source and its targets: one person before one backdrop, in one light and look. Shoulders stay as they are in the source.
#[derive(Clone, Debug, PartialEq)]
pub struct TestFilm {
    /// The picture that is to be moved, with a neutral expression.
    pub source: TestFrame,
    /// What it is to become.
    pub targets: Vec<(TestBin, TestFrame)>,
}

/// Makes such films: each person is known by a seed and an index, and is the same in every look and view.
#[derive(Clone, Debug)]
pub struct TestSampler {
    kit: Arc<FaceKit>,
}

/// What one frame shows, before it is drawn.
type Posed = (TestBin, Pose, Expression);

impl TestSampler {
    /// Of a kit's heads.
    pub fn new(kit: Arc<FaceKit>) -> Self {
        Self { kit }
    }

    /// The film of person number `index` of a seed.
    pub fn film(&self, seed: u64, index: u64, look: TestLook, view: TestView, scratch: &mut Scratch) -> TestFilm {
        let mut attempt = 0;
        loop {
            let mut random = stream(seed, index, attempt);
            attempt += 1;
            let person = Person::new(&self.kit, &mut random);
            let mut framing = Framing::new(&mut random);
            let frames = self.frames(view, &mut random);
            let is_human = !person.is_sculpture && !person.is_cartoon;
            if attempt < ATTEMPTS && !(is_human && self.fits(&person, &frames, &mut framing, scratch)) {
                continue;
            }
            let mut film = Film::new(&person, |random| look.draw(random), &mut random, scratch);
            let drawn = frames.iter().map(|posed| {
                let slot = film.slot();
                let shot = self.shot(&person, posed, &mut framing, &mut scratch.positions[slot]);
                let shown = film.draw(&person, &shot, &mut random, scratch);
                (posed.0, TestFrame { shown, matte: scratch.canvases[slot].head_shares(), yaw_rad: posed.1.head[0] })
            });
            let mut drawn = drawn.collect::<Vec<_>>().into_iter();
            if let Some((_, source)) = drawn.next() {
                return TestFilm { source, targets: drawn.collect() };
            }
        }
    }

    /// Source and targets.
    fn frames(&self, view: TestView, random: &mut Random) -> Vec<Posed> {
        let strong = [
            Expression::open_mouth(&self.kit, random),
            Expression::grin(&self.kit, random, false),
            Expression::random(&self.kit, random, 1.0),
        ];
        let side = if random.chance(0.5) { 1.0 } else { -1.0 };
        let yaw_deg = match view {
            TestView::Frontal => 0.0,
            TestView::ThreeQuarter => side * THREE_QUARTER_DEG,
        };
        let pose = |turn_deg: [i16; 3]| {
            let head = [yaw_deg, 0.0, 0.0].map(f32::to_radians);
            let turned = std::array::from_fn(|axis| head[axis] + f32::from(turn_deg[axis]).to_radians());
            Pose { head: turned, body: head.map(|angle| BODY_SHARE * angle), ..Pose::default() }
        };
        let still = [0; 3];
        let neutral = |turn| (TestBin::of(turn, false), pose(turn), Expression::default());
        let strong = strong.into_iter().map(|expression| (TestBin::of(still, true), pose(still), expression));
        [neutral(still)].into_iter().chain(TURNS_DEG.map(neutral)).chain(strong).collect()
    }

    /// Whether the face stays in the picture; in a profile some landmarks of the far side may leave it.
    fn fits(&self, person: &Person, frames: &[Posed], framing: &mut Framing, scratch: &mut Scratch) -> bool {
        frames.iter().all(|posed| self.shot(person, posed, framing, &mut scratch.positions[0]).is_usable(1.0))
    }

    /// Poses the person.
    fn shot(&self, person: &Person, (_, pose, expression): &Posed, framing: &mut Framing, positions: &mut Vec<Vec3>) -> Shot {
        let mut shot = Shot::new(&self.kit, person, expression, pose, &framing.lens, 1.0, positions);
        let by = *framing.shift.get_or_insert_with(|| framing.middle - shot.anchor(1.0));
        shot.shift(by);
        shot
    }
}

/// Where the camera stands and points: by the source, for all frames.
struct Framing {
    lens: Lens,
    /// Where the middle of the source's head comes to lie, and the height of the root of its nose, in pixels.
    middle: Vec2,
    shift: Option<Vec2>,
}

impl Framing {
    fn new(random: &mut Random) -> Self {
        let lens = Lens::of_whole_head(random);
        Self { lens, middle: Vec2::new(random.normal(127.5, 4.0), random.normal(106.0, 4.0)), shift: None }
    }
}

/// The random numbers of a person.
fn stream(seed: u64, index: u64, attempt: u64) -> Random {
    Random::new(seed ^ TESTED, index | attempt << ATTEMPT_BIT)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::episode::PERSONS;
    use super::*;
    use crate::data::{PICTURE_PX, PLANE_CELLS};

    fn film(index: u64, look: TestLook, view: TestView) -> TestFilm {
        TestSampler::new(Arc::new(FaceKit::stand_in())).film(4, index, look, view, &mut Scratch::new())
    }

    #[test]
    fn targets_are_in_the_bins_of_their_turns() {
        for (turn, expected) in [
            ([0, 0, 0], TestBin::Yaw0),
            ([15, 0, 0], TestBin::Yaw15),
            ([-15, 0, 0], TestBin::Yaw15),
            ([-30, 0, 0], TestBin::Yaw30),
            ([45, 0, 0], TestBin::Yaw45),
            ([0, -15, 0], TestBin::Pitch),
            ([0, 15, 0], TestBin::Pitch),
            ([0, 0, -25], TestBin::Roll),
            ([0, 0, 25], TestBin::Roll),
        ] {
            assert_eq!(TestBin::of(turn, false), expected, "{turn:?}");
            assert_eq!(TestBin::of(turn, true), TestBin::Expression, "{turn:?} with a strong expression");
        }
        let film = film(1, TestLook::Realistic, TestView::ThreeQuarter);
        let counts = TestBin::ALL.map(|bin| film.targets.iter().filter(|(of, _)| *of == bin).count());
        assert_eq!(counts, [1, 2, 2, 2, 2, 2, 3], "targets of each bin");
        let source = film.source.yaw_rad.to_degrees();
        assert!((source.abs() - 30.0).abs() < 1e-3, "three-quarter: {source}");
        for (bin, frame) in &film.targets {
            let expected = match bin {
                TestBin::Yaw15 => 15.0,
                TestBin::Yaw30 => 30.0,
                TestBin::Yaw45 => 45.0,
                _ => 0.0,
            };
            let turned = (frame.yaw_rad.to_degrees() - source).abs();
            assert!((turned - expected).abs() < 1e-3, "{bin:?} is turned by {turned}");
        }
    }

    #[test]
    fn a_target_without_any_turn_is_the_source() {
        for look in TestLook::ALL {
            let film = film(2, look, TestView::Frontal);
            let (bin, same) = &film.targets[0];
            assert_eq!(*bin, TestBin::Yaw0, "the first");
            assert_eq!(same.matte, film.source.matte, "the same matte in {look:?}");
            let (a, b) = (same.shown.pixels.as_raw(), film.source.shown.pixels.as_raw());
            let difference = a.iter().zip(b).map(|(a, b)| f32::from(a.abs_diff(*b))).sum::<f32>() / a.len() as f32;
            assert!(difference < 0.2, "the same picture in {look:?}, but for textures between two pixels: {difference} levels");
        }
    }

    #[test]
    fn a_person_is_the_same_in_every_look_and_the_matte_is_where_the_head_is() {
        let [realistic, painted] = TestLook::ALL.map(|look| film(3, look, TestView::Frontal));
        assert_eq!(realistic, film(3, TestLook::Realistic, TestView::Frontal), "repeatable");
        assert!(realistic.source.shown.pixels != painted.source.shown.pixels, "looks differ");
        for ((_, a), (bin, b)) in realistic.targets.iter().zip(&painted.targets) {
            assert!(a.matte == b.matte && a.shown.landmarks == b.shown.landmarks, "but nothing else in {bin:?}");
            let face = a.shown.landmarks.iter().sum::<Vec2>() / 68.0;
            let cell = (face.y as usize / 2) * PLANE_CELLS + face.x as usize / 2;
            assert!(a.matte[cell] > 0.99 && a.matte[0] < 0.01, "head in the middle of the face, {face}, none in the corner of {bin:?}");
            let size = a.matte.iter().sum::<f32>() / a.matte.len() as f32;
            assert!((0.08..0.7).contains(&size), "a head of {size} of the picture in {bin:?}");
            assert!(a.shown.pixels.dimensions() == (PICTURE_PX as u32, PICTURE_PX as u32), "a whole picture");
        }
    }

    #[test]
    fn nobody_here_is_seen_in_training() {
        // Whose streams trainings take: those of their seed, of its held-out heads, and of the persons of episodes.
        let of_training = [0, HELD_OUT, PERSONS, HELD_OUT ^ PERSONS];
        let known = |mut random: Random| [random.bits(), random.bits()];
        let mut tested = HashSet::new();
        for (seed, index, attempt) in
            (0..20).flat_map(|seed| (0..64).flat_map(move |index| (0..8).map(move |attempt| (seed, index, attempt))))
        {
            assert!(tested.insert(known(stream(seed, index, attempt))), "everyone once: {seed} {index} {attempt}");
        }
        for (seed, salt) in (0..5_u64).flat_map(|seed| of_training.map(|salt| (seed, salt))) {
            for index in 0..60_000 {
                assert!(!tested.contains(&known(Random::new(seed ^ salt, index))), "seed {seed}, {salt:#x}, number {index} is tested, too");
            }
        }
    }
}
