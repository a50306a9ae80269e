//! The inside of a mouth: teeth, gums and tongue of a template where the head and the jaw have them, in the light that falls in between the lips.
//!
//! No pixel of a portrait with closed lips says what is behind them, but anatomy does: the upper teeth are fast in the skull, the lower ones move with the jaw, and the tongue half as far. How
//! light a place is follows from how much of the opening it sees: the irradiance of a polygon (Lambert 1760), here the inner lips, behind which it is evenly light.

mod blur;
mod cheek;
mod template;

use std::f32::consts::PI;
use std::ops::Range;

use glam::{Mat3, Vec2, Vec3, Vec4};
use image::RgbaImage;
use retrato_core::data::{FaceMesh, Landmarks, MeshMotion, MouthPicture};

pub use blur::blur_of;
pub use template::{MouthTemplate, MouthTissue, MouthVertex};

use self::cheek::Cheeks;
use crate::template::{TemplateError, similarity};

/// Landmarks that say where the skull is: nose, eyes, ends of the jaw line.
const FITTED: [Range<usize>; 3] = [27..48, 0..1, 16..17];
/// Landmarks: middle of the upper and of the lower inner lip, chin.
const UPPER_LIP: usize = 62;
const LOWER_LIP: usize = 66;
const CHIN: usize = 8;
/// Farthest that a portrait's lips may lie from where the skull has them, in distances between the eyes: a smile lifts them and leaves the teeth. Derived: upper
/// lips are lifted by up to about 1 cm, of which half is taken for the sitter's build.
const BUILD: f32 = 0.08;
/// So much lower than in the template's head teeth stand behind the lips, in cm: smiles then bare the upper ones and hide the lower ones. Tuned by eye on five portraits
/// moved by `lively_turns` and `glances`.
const LOWER_CM: f32 = 0.15;
/// Share of its colour that the light loses: veins and lids are read with the whites, and nobody knows how pale a skin is. Tuned with the above.
const PALER: f32 = 0.4;
/// Widest that jaws open, against the template's.
const WIDEST: f32 = 1.3;
/// Samples along each side of a cell.
const FINER: usize = 2;

/// Reflectances, linear, of a tooth with its wet shine, of gums, of a tongue, and of the white of an eye as pictures show it, in the shade of its lids. Tuned by eye on
/// five portraits moved by `lively_turns`, `glances` and smile, from where photographs have them.
const TOOTH: Vec3 = Vec3::new(0.58, 0.51, 0.40);
const GUM: Vec3 = Vec3::new(0.38, 0.15, 0.13);
const TONGUE: Vec3 = Vec3::new(0.45, 0.23, 0.21);
const WHITE: Vec3 = Vec3::new(0.46, 0.42, 0.38);
/// Skin's, where no white is seen: between light and dark skin. Tuned with the above.
const SKIN: Vec3 = Vec3::new(0.38, 0.25, 0.19);
/// Light that has been reflected inside of the mouth, against that of the opening; its colour is the walls' own. Tuned with the above.
const REFLECTED: f32 = 0.10;
/// Way behind the incisors on which the light falls to 1/e, in cm: cheeks, tongue and teeth stand between the opening and what lies deep. Tuned by eye on `mona_lisa` and
/// `long_hair_waterfall` moved by `lively_turns`.
const LIGHT_FALLS_CM: f32 = 3.5;
/// Share of the jaw's way that the tongue goes: its root hangs from the skull, and its back is held up in speech. Tuned by eye on `mona_lisa` and `long_hair_waterfall`
/// moved by `lively_turns` and `mouth_wide`.
const TONGUE_GOES: f32 = 0.7;
/// How much farther to the side the tongue's rims lie when the jaw is wide open, in cm: it sinks and spreads, and fills the lower teeth's arch. Tuned with [`TONGUE_GOES`].
const TONGUE_SPREADS_CM: f32 = 0.6;
/// Way behind the incisors on which the light on a tongue falls to 1/e, in cm: it stands up from the floor into what comes in. Tuned with [`TONGUE_GOES`], and by the lips that an
/// independent reader finds in five portraits by `lively_turns` and `glances`: a light tongue is taken for one.
const LIGHT_FALLS_ON_TONGUE_CM: f32 = 5.0;
/// The same of a cheek: it begins at the lips, and nothing stands before it. Tuned by eye on `mona_lisa` and `long_hair_waterfall` moved by `smile` and `mouth_wide`.
const LIGHT_FALLS_ON_CHEEKS_CM: f32 = 6.0;
/// Share of the opening's light that falls on a cheek: light comes from the front more than from the sides, and a cheek's inside lies along it. Tuned by eye on the built-in
/// portraits `dutch` and `chalk` and on `terracotta_warrior` moved by `smile`, whose cheeks were as light as their skin.
const LIGHT_ON_CHEEKS: f32 = 0.15;
/// Light where nothing is seen in a mouth, reflected twice by its walls. Measured: the darkest hundredth of open mouths has 0.06 to 0.12 of the luminance of the skin in
/// `mouth_wide` and `lively_turns`, and 0.002 in the hard light of `smile`; with this it is 0.02, over the picture's own black.
const DARK: f32 = 0.12;
/// Ways of the jaw from which on a place of the soft parts goes with it, in cm: palate and throat do not.
const GOES_CM: f32 = 0.3;
/// Bounds of the light in which a white seems to lie, against that of the skin: a white that is read wrongly must not make teeth of another picture.
const WHITE_AGAINST_SKIN: Range<f32> = 0.7..1.5;

/// Brightest that a picture's black is, against its skin: where nothing in a face is dark, its darkest is no black. Derived: with [`DARK`] over it the inside of a mouth is
/// then no lighter than real ones are.
const MOST_BLACK: f32 = 0.06;

/// What red, green and blue count in luminance (ITU-R BT.709).
const LUMINANCE: Vec3 = Vec3::new(0.2126, 0.7152, 0.0722);

/// Points on the red of the lips.
const RED_OF_LIPS: [usize; 6] = [73, 11, 303, 90, 16, 320];

/// The light that falls on a face in a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaceLight {
    /// What white paint would show, linear.
    colour: Vec3,
    /// How colourful the picture shows flesh, 0 to 1: nothing in a grey or brown photograph.
    flesh: f32,
    /// What the picture shows of lips, linear, of luminance 1: tongue and gums are as they are.
    lips: Vec3,
    /// The darkest that the picture shows in the face, linear: paper, varnish and haze make its black.
    black: Vec3,
}

impl FaceLight {
    /// As the whites of the eyes tell it, and the skin where they are not seen: `mesh` is given in pixels of the picture, `skin` is its colour, 0 to 1.
    pub fn of(picture: &RgbaImage, mesh: &FaceMesh, skin: Vec3) -> Self {
        let by_skin = linear(skin) / SKIN;
        let redness = |colour: Vec3| colour.x / colour.y.max(1e-6);
        // What is redder than the skin is a lid or a corner of the eye, and no white.
        let white = white_of_eyes(picture, mesh).filter(|white| redness(linear(*white)) <= redness(linear(skin)));
        let by_white = white.map(|white| {
            let light = linear(white) / WHITE;
            let [white, skin] = [light, by_skin].map(|light| light.element_sum().max(1e-6));
            light * ((white / skin).clamp(WHITE_AGAINST_SKIN.start, WHITE_AGAINST_SKIN.end) * skin / white)
        });
        let paler = |light: Vec3| light.lerp(Vec3::splat(light.element_sum() / 3.0), PALER);
        let colour = paler(by_white.unwrap_or(by_skin));
        let skin = linear(skin);
        let black = darkest(picture, mesh).map_or(0.0, |dark| linear(dark).dot(LUMINANCE)).min(MOST_BLACK * skin.dot(LUMINANCE));
        // As dark as that, and of the skin's colour: blacks of paintings and of JPEG are often purple or green.
        let black = of_luminance_1(skin) * black;
        let red: Vec<Vec3> = RED_OF_LIPS.iter().filter_map(|i| pixel(picture, mesh.0[*i].truncate())).map(linear).collect();
        if red.is_empty() {
            return Self { colour, flesh: 1.0, lips: of_luminance_1(colour * GUM), black };
        }
        let count = red.len() as f32;
        let saturated = red.iter().map(|lip| saturation(*lip / colour.max(Vec3::splat(1e-3)))).sum::<f32>() / count;
        let lips = of_luminance_1(red.iter().sum::<Vec3>() / count);
        Self { colour, flesh: (saturated / saturation(GUM)).clamp(0.0, 1.0), lips, black }
    }

    /// What a reflectance looks like, linear, in all of the light.
    fn shows(&self, reflects: Vec3) -> Vec3 {
        let grey = Vec3::splat(reflects.dot(LUMINANCE));
        self.colour * grey.lerp(reflects, self.flesh)
    }

    /// A linear colour as the picture shows it, 0 to 1: over its black.
    fn pictured(&self, colour: Vec3) -> Vec3 {
        shown(self.black + (Vec3::ONE - self.black) * colour)
    }

    /// The same of tongue or gums: of the lips' colour in the picture, with which they are of one kind, and as much redder as they are. Whites are often painted, and read,
    /// bluer than the light on a face.
    fn shows_flesh(&self, reflects: Vec3) -> Vec3 {
        let luminance = self.shows(reflects).max(Vec3::ZERO).dot(LUMINANCE);
        let redder = of_luminance_1(reflects) / of_luminance_1(TONGUE);
        of_luminance_1(self.lips * Vec3::ONE.lerp(redder, self.flesh)) * luminance
    }
}

/// The same colour, linear, as bright as white.
fn of_luminance_1(colour: Vec3) -> Vec3 {
    colour / colour.dot(LUMINANCE).max(1e-6)
}

/// 0 of a grey, 1 of a pure colour.
fn saturation(colour: Vec3) -> f32 {
    1.0 - colour.min_element().max(0.0) / colour.max_element().max(1e-6)
}

/// The colour, 0 to 1, of the pixel at a place; `None` outside.
fn pixel(picture: &RgbaImage, at: Vec2) -> Option<Vec3> {
    let image::Rgba([r, g, b, _]) =
        picture.get_pixel_checked(at.x.round() as u32, at.y.round() as u32).filter(|_| at.min_element() >= 0.0)?;
    Some(Vec3::new(f32::from(*r), f32::from(*g), f32::from(*b)) / 255.0)
}

/// The darkest colour, 0 to 1, of the part of the picture with the face: the mean of its darkest hundredth. Pupils, lashes and nostrils are some of that.
fn darkest(picture: &RgbaImage, mesh: &FaceMesh) -> Option<Vec3> {
    /// Samples along each side.
    const SIDE: usize = 128;
    const SHARE: usize = 100;
    let (low, high) = mesh.0.iter().fold((Vec2::MAX, Vec2::MIN), |(low, high), p| (low.min(p.truncate()), high.max(p.truncate())));
    let at = |n: usize| low + (high - low) * (Vec2::new((n % SIDE) as f32, (n / SIDE) as f32) + 0.5) / SIDE as f32;
    let mut found: Vec<Vec3> = (0..SIDE * SIDE).filter_map(|n| pixel(picture, at(n))).collect();
    let count = found.len() / SHARE;
    (count > 0).then(|| {
        let (dark, ..) = found.select_nth_unstable_by(count, |a, b| a.dot(LUMINANCE).total_cmp(&b.dot(LUMINANCE)));
        dark.iter().sum::<Vec3>() / count as f32
    })
}

/// Colour of the whites: lighter than three quarters of what lies between lids and iris, well inside of both, since lids and lashes are read as some of that.
fn white_of_eyes(picture: &RgbaImage, mesh: &FaceMesh) -> Option<Vec3> {
    /// Radii of the iris up to which nothing counts, and the share of the lids' distance at each of them.
    const IRIS: f32 = 1.15;
    const LIDS: f32 = 0.2;
    /// Pixels that must be found.
    const LEAST: usize = 8;
    let mut found: Vec<Vec3> = Vec::new();
    for (edge, pupil) in FaceMesh::EYES.iter().zip(FaceMesh::PUPILS) {
        let at = |i: usize| mesh.0[i].truncate();
        let radius = (1..5).map(|k| at(pupil + k).distance(at(pupil))).sum::<f32>() / 4.0;
        let pairs: Vec<[Vec2; 2]> = (1..8).map(|i| [edge[i], edge[16 - i]].map(|i| at(usize::from(i)))).collect();
        for pair in pairs.windows(2) {
            let steps = pair[0][0].distance(pair[1][0]).ceil().clamp(1.0, 64.0) as usize;
            for step in 0..steps {
                let part = step as f32 / steps as f32;
                let [upper, lower] = [0, 1].map(|side| pair[0][side].lerp(pair[1][side], part));
                let deep = upper.distance(lower).ceil().clamp(1.0, 64.0) as usize;
                for down in 0..=deep {
                    let share = down as f32 / deep as f32;
                    let place = upper.lerp(lower, share);
                    let inside = (LIDS..=1.0 - LIDS).contains(&share) && place.distance(at(pupil)) > IRIS * radius;
                    if inside {
                        found.extend(pixel(picture, place));
                    }
                }
            }
        }
    }
    let light = found.len() * 3 / 4;
    (found.len() >= LEAST).then(|| {
        let (_, white, _) = found.select_nth_unstable_by(light, |a, b| a.element_sum().total_cmp(&b.element_sum()));
        *white
    })
}

/// From sRGB, and back; the powers are near enough to the standard's curve.
fn linear(colour: Vec3) -> Vec3 {
    colour.max(Vec3::ZERO).powf(2.2)
}

fn shown(linear: Vec3) -> Vec3 {
    linear.clamp(Vec3::ZERO, Vec3::ONE).powf(1.0 / 2.2)
}

/// One portrait's mouth, in the pixels of its mesh.
#[derive(Clone, Debug)]
pub struct MouthInside {
    vertices: Vec<PlacedVertex>,
    triangles: Vec<[u16; 3]>,
    /// Skull to picture: turn with scale.
    turn: Mat3,
    shift: Vec3,
    /// Way of the jaw until it is wide open, where its rearmost teeth are, in pixels.
    jaw_drop: Vec3,
    /// Depth of the incisors in the template, in cm.
    front: f32,
    /// The portrait's landmarks at rest.
    rest: [Vec3; Landmarks::COUNT],
    /// Way of lower lip and chin until the jaw is wide open, in pixels.
    lips_open: f32,
    chin_open: f32,
    /// Vertices at the biting edges of the upper and the lower incisors.
    edges: [usize; 2],
    light: FaceLight,
    /// Standard deviation by which the picture is blurred, in its pixels.
    blur_px: f32,
    // Memory of a frame.
    cheeks: Cheeks,
    seen: Vec<Seen>,
    samples: Vec<(f32, Vec3)>,
}

#[derive(Clone, Copy, Debug)]
struct PlacedVertex {
    /// With the jaws together, and the way of the jaw, in pixels.
    at: Vec3,
    drop: Vec3,
    /// Away from the tissue.
    normal: Vec3,
    /// What it reflects, less what does not reach its depth.
    reflects: Vec3,
    /// Whether it is tongue or gums, and no tooth.
    is_flesh: bool,
    /// Whether light reaches it between the teeth only.
    behind_teeth: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    at: Vec3,
    colour: Vec3,
}

impl MouthInside {
    /// Most cells along each side of a picture.
    pub const MOST_CELLS: usize = 512;

    /// Of a face at rest, in a picture that is blurred by a standard deviation of `blur_px` pixels.
    ///
    /// # Errors
    /// A damaged build.
    pub fn new(mesh: &FaceMesh, light: FaceLight, blur_px: f32) -> Result<Self, TemplateError> {
        let template = MouthTemplate::own()?;
        let rest = mesh.landmarks_in_space();
        let pairs: Vec<(Vec3, Vec3)> = FITTED.into_iter().flatten().map(|i| (template.landmarks[i], rest[i])).collect();
        let (turn, shift) = similarity(&pairs);
        let seam = turn * template.landmarks[UPPER_LIP] + shift;
        let shift = shift + (rest[UPPER_LIP] - seam).clamp_length_max(BUILD * mesh.inter_ocular()) + turn.y_axis * LOWER_CM;
        let mut normals = vec![Vec3::ZERO; template.vertices.len()];
        for triangle in &template.triangles {
            let [a, b, c] = triangle.map(|i| template.vertices[usize::from(i)].at);
            let normal = (b - a).cross(c - a);
            for i in triangle {
                normals[usize::from(*i)] += normal;
            }
        }
        let front = template.vertices.iter().map(|vertex| vertex.at.z).fold(f32::INFINITY, f32::min);
        let half_width = template.vertices.iter().map(|vertex| vertex.at.x.abs()).fold(f32::MIN_POSITIVE, f32::max);
        let place = |(vertex, normal): (&MouthVertex, &Vec3)| {
            let behind_teeth = vertex.tissue == MouthTissue::Tongue;
            let is_tongue = behind_teeth && vertex.drop.length() > GOES_CM;
            let reflects = match vertex.tissue {
                MouthTissue::Tooth => TOOTH,
                MouthTissue::Gum => GUM,
                MouthTissue::Tongue => TONGUE,
            };
            let (drop, falls_cm) = if is_tongue {
                // Most of all the rims, and not the cheeks.
                let spread = TONGUE_SPREADS_CM * (PI * vertex.at.x / half_width).sin();
                (TONGUE_GOES * vertex.drop + Vec3::X * spread, LIGHT_FALLS_ON_TONGUE_CM)
            } else {
                (vertex.drop, LIGHT_FALLS_CM)
            };
            let light = (-(vertex.at.z - front) / falls_cm).exp();
            PlacedVertex {
                at: turn * vertex.at + shift,
                drop: turn * drop,
                normal: (turn * *normal).normalize_or_zero(),
                // What reaches the depth has met the walls on its way, and is red.
                reflects: reflects * light * Vec3::ONE.lerp(GUM / GUM.x, (1.0 - light).powf(1.5)),
                is_flesh: vertex.tissue != MouthTissue::Tooth,
                behind_teeth,
            }
        };
        let lower = template.vertices.iter().filter(|v| v.tissue == MouthTissue::Tooth && v.drop.length() > GOES_CM);
        let jaw_drop = lower.max_by(|a, b| a.at.z.total_cmp(&b.at.z)).map_or(Vec3::ZERO, |molar| molar.drop);
        let down = turn.y_axis.normalize_or(Vec3::Y);
        let way = |i: usize| (turn * template.landmark_drops[i]).dot(down);
        Ok(Self {
            vertices: template.vertices.iter().zip(&normals).map(place).collect(),
            triangles: template.triangles,
            turn,
            shift,
            jaw_drop: turn * jaw_drop,
            front,
            rest,
            lips_open: (way(LOWER_LIP) - way(UPPER_LIP)).max(1e-3),
            chin_open: way(CHIN).max(1e-3),
            edges: biting_edges(&template.vertices),
            light,
            blur_px,
            cheeks: Cheeks::default(),
            seen: Vec::new(),
            samples: Vec::new(),
        })
    }

    /// How far the jaw is open in an expression, against the template's: 0 with the teeth together.
    fn open(&self, expression: &FaceMesh) -> f32 {
        let now = expression.landmarks_in_space();
        let down = self.turn.y_axis.normalize_or(Vec3::Y);
        let parted = |face: &[Vec3; Landmarks::COUNT]| ((face[LOWER_LIP] - face[UPPER_LIP]).dot(down) / self.lips_open).max(0.0);
        let lips = parted(&now);
        let chin = parted(&self.rest) + (now[CHIN] - self.rest[CHIN]).dot(down) / self.chin_open;
        // The chin goes with the jaw; lips also part with the teeth together, and a jaw that opens behind closed lips is not seen.
        let open = chin.min(lips);
        if open.is_finite() { open.clamp(0.0, WIDEST) } else { 0.0 }
    }

    /// The part of the lips' opening that the teeth leave: its corners are brought between the two biting edges.
    fn between_teeth(&self, lips: &[Vec3], down: Vec3, posed: impl Fn(&PlacedVertex) -> Vec3) -> Vec<Vec3> {
        let [upper, lower] = self.edges.map(|i| self.vertices.get(i).map_or(0.0, |vertex| posed(vertex).dot(down)));
        let within = |p: &Vec3| *p + down * (p.dot(down).clamp(upper, upper.max(lower)) - p.dot(down));
        lips.iter().map(within).collect()
    }

    /// Draws what is seen between the lips into cells over a part of the picture: its corner and size in pixels, and so many cells along each side of a pixel.
    pub fn draw(&mut self, motion: &MeshMotion, corner: [usize; 2], size: [usize; 2], per_px: usize, picture: &mut MouthPicture) {
        let cells = size.map(|px| (px * per_px).min(Self::MOST_CELLS));
        (picture.corner, picture.per_px, picture.size) = (corner, per_px, cells);
        picture.cells.clear();
        let dark = self.light.pictured(self.light.shows_flesh(GUM * GUM * DARK)).extend(1.0);
        picture.cells.resize(cells[0] * cells[1], dark);
        let mesh = motion.mesh_in_crop();
        let lips: Vec<Vec3> = FaceMesh::INNER_LIPS.iter().step_by(2).map(|i| mesh.0[usize::from(*i)]).collect();
        if picture.cells.is_empty() || !lips.iter().all(|p| p.is_finite()) {
            return;
        }
        let open = self.open(&motion.expression_in_crop);
        let posed = |vertex: &PlacedVertex| motion.head.apply(vertex.at + open * vertex.drop);
        let between_teeth = self.between_teeth(&lips, motion.head.rotation * self.turn.y_axis.normalize_or(Vec3::Y), posed);
        let fine = [0, 1].map(|n| cells[n] * FINER);
        let from = Vec2::new(corner[0] as f32, corner[1] as f32) - 0.5;
        let finer = (per_px * FINER) as f32;
        let bounds = Vec2::new(fine[0] as f32, fine[1] as f32);
        let light = &self.light;
        let see = |at: Vec3, [lit, normal]: [Vec3; 2], opening: &[Vec3], share: f32, reflects: Vec3, is_flesh: bool| {
            let place = (at.truncate() - from) * finer - 0.5;
            let near = place.cmpgt(Vec2::splat(-finer)).all() && place.cmplt(bounds + finer).all();
            let colour = if near {
                let received = share * irradiance(opening, lit, normal);
                let reflects = reflects * (Vec3::splat(received) + REFLECTED * GUM / GUM.x);
                light.pictured(if is_flesh { light.shows_flesh(reflects) } else { light.shows(reflects) })
            } else {
                Vec3::ZERO
            };
            Seen { at: place.extend(at.z), colour }
        };
        self.seen.clear();
        self.seen.extend(self.vertices.iter().map(|vertex| {
            let opening = if vertex.behind_teeth { &between_teeth } else { &lips };
            let at = posed(vertex);
            see(at, [at, motion.head.rotation * vertex.normal], opening, 1.0, vertex.reflects, vertex.is_flesh)
        }));
        self.samples.clear();
        self.samples.resize(fine[0] * fine[1], (f32::INFINITY, dark.truncate()));
        for triangle in &self.triangles {
            fill(triangle.map(|i| self.seen[usize::from(i)]), fine, &mut self.samples);
        }
        self.cheeks.pose(&mesh, |at, jaw| motion.head.apply(self.turn * at + self.shift + jaw * open * self.jaw_drop));
        self.seen.clear();
        let to_skull = (motion.head.rotation * self.turn).z_axis;
        let deep = to_skull.normalize_or(Vec3::Z) / (motion.head.scale * to_skull.length()).max(1e-6);
        let incisors = motion.head.apply(self.turn * Vec3::new(0.0, 0.0, self.front) + self.shift);
        self.seen.extend(self.cheeks.places().map(|[at, lit, normal]| {
            let depth_cm = (at - incisors).dot(deep).max(0.0);
            see(at, [lit, normal], &lips, LIGHT_ON_CHEEKS, GUM * (-depth_cm / LIGHT_FALLS_ON_CHEEKS_CM).exp(), true)
        }));
        for triangle in Cheeks::triangles() {
            let corners = triangle.map(|i| self.seen[i]);
            let [a, b, c] = corners;
            // From either side: what is blurred at the lips' edge takes from beyond it, too.
            fill([a, b, c], fine, &mut self.samples);
            fill([a, c, b], fine, &mut self.samples);
        }
        for (index, cell) in picture.cells.iter_mut().enumerate() {
            let (x, y) = (index % cells[0] * FINER, index / cells[0] * FINER);
            let sum: Vec3 = (0..FINER * FINER).map(|k| self.samples[(y + k / FINER) * fine[0] + x + k % FINER].1).sum();
            *cell = (sum / (FINER * FINER) as f32).extend(1.0);
        }
        blur::blur(&mut picture.cells, cells[0], self.blur_px * per_px as f32);
    }
}

/// The lowest vertex of the upper incisors and the highest of the lower ones.
fn biting_edges(vertices: &[MouthVertex]) -> [usize; 2] {
    /// Half the width of both middle incisors, and ways of the jaw from which on a tooth is a lower one, in cm.
    const INCISORS: f32 = 0.9;
    const LOWER: f32 = 0.3;
    let row = |is_lower: bool| {
        let incisors = vertices.iter().enumerate();
        incisors.filter(move |(_, v)| v.tissue == MouthTissue::Tooth && v.at.x.abs() < INCISORS && (v.drop.length() > LOWER) == is_lower)
    };
    let upper = row(false).max_by(|a, b| a.1.at.y.total_cmp(&b.1.at.y));
    let lower = row(true).min_by(|a, b| a.1.at.y.total_cmp(&b.1.at.y));
    [upper, lower].map(|found| found.map_or(0, |(index, _)| index))
}

/// Share of the light of an opening, evenly light, that falls on a place with a normal: 1 where it fills all that the place sees. The opening's corners go
/// clockwise (y down) as seen from outside (Lambert's formula for polygons).
fn irradiance(opening: &[Vec3], at: Vec3, normal: Vec3) -> f32 {
    let Some(last) = opening.last() else { return 0.0 };
    let mut before = (*last - at).normalize_or_zero();
    let mut sum = 0.0;
    for corner in opening {
        let next = (*corner - at).normalize_or_zero();
        let across = next.cross(before);
        let sine = across.length();
        if sine > 1e-6 {
            sum += angle(before.dot(next)) / sine * across.dot(normal);
        }
        before = next;
    }
    (sum / std::f32::consts::TAU).clamp(0.0, 1.0)
}

/// The angle of a cosine, to 7e-5 (Abramowitz and Stegun 1964, 4.4.45).
fn angle(cosine: f32) -> f32 {
    let x = cosine.abs().min(1.0);
    let angle = (1.0 - x).sqrt() * (1.570_728_8 + x * (-0.212_114_4 + x * (0.074_261 - x * 0.018_729_3)));
    if cosine < 0.0 { PI - angle } else { angle }
}

/// Draws a triangle that faces the viewer where nothing nearer is.
fn fill(corners: [Seen; 3], [width, height]: [usize; 2], samples: &mut [(f32, Vec3)]) {
    let [a, b, c] = corners.map(|corner| corner.at.truncate());
    let area = (b - a).perp_dot(c - a);
    // Clockwise (y down) is the far side.
    if !area.is_finite() || area >= 0.0 {
        return;
    }
    let (low, high) = (a.min(b).min(c), a.max(b).max(c));
    let span = |low: f32, high: f32, size: usize| (low.ceil().max(0.0) as usize)..((high.floor() + 1.0).clamp(0.0, size as f32) as usize);
    for y in span(low.y, high.y, height) {
        for x in span(low.x, high.x, width) {
            let at = Vec2::new(x as f32, y as f32);
            let shares = Vec3::new((b - at).perp_dot(c - at), (c - at).perp_dot(a - at), (a - at).perp_dot(b - at)) / area;
            if shares.min_element() < 0.0 {
                continue;
            }
            let mixed: Vec4 = corners.iter().zip(shares.to_array()).map(|(corner, share)| corner.colour.extend(corner.at.z) * share).sum();
            let sample = &mut samples[y * width + x];
            if mixed.w < sample.0 {
                *sample = (mixed.w, mixed.truncate());
            }
        }
    }
}

#[cfg(test)]
mod tests;
