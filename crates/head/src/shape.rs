//! A portrait's head as it is made once.

use std::sync::Arc;

use glam::{Vec2, Vec3};
use image::RgbaImage;
use rayon::prelude::*;
use retrato_core::data::{Crop, FaceMesh, PasteRegion};

use crate::attached::Attachment;
use crate::depth::HeadDepth;
use crate::eye::RestEye;
use crate::grid::smooth_step;
use crate::sample::{Picture, between_bytes, part_smaller};
use crate::surface::{Surface, SurfaceMaker};
use crate::template::{SkullTemplate, TemplateError};
use crate::topology::Joined;

/// Distances inside of the head's outline, in distances between the eyes, over which it becomes solid whatever the matte says: a hole in it would let the
/// background through.
const INSIDE: std::ops::Range<f32> = 0.3..0.6;
/// What is so little behind a surface lies on it, in distances between the eyes.
const NEAR: f32 = 0.02;
/// Reach of the mean that the back of the head shows, in distances between the eyes. Tuned by eye on `cartoon_boy`, `terracotta_warrior` and the built-in `chalk` at turns
/// of 40 degrees: with less, mirrored strands are seen as the grain of wood.
const BACK_BLUR: f32 = 0.1;
/// Farthest that the colour of the light on the far side is from that on the near one, as a ratio of its parts to their mean: what is more is paint. Chosen on `chalk`, whose
/// red chalk on one side only made a grey beard blue on the other.
const TINT: std::ops::RangeInclusive<f32> = 0.9..=1.1;
/// Bounds of how much lighter the far side is than the near one.
const FAR_LIGHT: std::ops::RangeInclusive<f32> = 0.4..=1.6;
/// Points on both cheeks, for the colour of the skin.
const CHEEKS: [usize; 6] = [50, 280, 205, 425, 101, 330];

/// What a head is made of.
#[derive(Clone, Copy)]
pub struct HeadPicture<'a> {
    /// The portrait's picture.
    pub pixels: &'a Arc<RgbaImage>,
    /// What stands behind the head, of the same size; without it the picture itself is taken for that.
    pub plate: Option<&'a Arc<RgbaImage>>,
    /// The portrait's crop.
    pub crop: Crop,
    /// The face, in crop pixels.
    pub mesh_in_crop: &'a FaceMesh,
    /// How far its places go with the head.
    pub attached: &'a Attachment,
    /// Share of the person, 0 to 1, at a point in crop pixels, anywhere in the crop's reach.
    pub matte: &'a (dyn Fn(Vec2) -> f32 + Sync),
    /// The head's own colours at a pixel without what is behind it, where they are known: they are taken out of the picture otherwise.
    pub foreground: Option<&'a (dyn Fn([u32; 2]) -> Option<[u8; 4]> + Sync)>,
}

/// A portrait's head: surfaces for any processor, and what they are drawn with.
#[derive(Clone)]
pub struct HeadShape {
    /// The face's own triangles, the openings closed.
    pub face: Surface,
    /// The far side of the face with the look of the near one.
    pub far_side: Surface,
    /// What is seen round the face.
    pub front: Surface,
    /// The far side of that with the look of the near one.
    pub far_front: Surface,
    /// The back of the head.
    pub back: Surface,
    /// The part of the picture in which the head may come to be.
    pub region: PasteRegion,
    /// The head without its background in that part: premultiplied with the share of head.
    pub layer: RgbaImage,
    /// The portrait's picture.
    pub picture: Arc<RgbaImage>,
    /// What stands behind the head, of the same size.
    pub plate: Arc<RgbaImage>,
    /// The far side's light against the near side's, for red, green and blue.
    pub far_light: Vec3,
    /// The skin's colour, 0 to 1.
    pub skin: Vec3,
    /// The portrait's crop.
    pub crop: Crop,
    pub(crate) mesh: FaceMesh,
    pub(crate) eyes: [RestEye; 2],
    pub(crate) unit_px: f32,
}

impl std::fmt::Debug for HeadShape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HeadShape").field("region", &self.region).finish_non_exhaustive()
    }
}

impl HeadShape {
    /// Makes the head of a portrait.
    ///
    /// # Errors
    /// A damaged build.
    pub fn new(portrait: HeadPicture<'_>) -> Result<Self, TemplateError> {
        let HeadPicture { pixels, plate, crop, mesh_in_crop: mesh, attached, matte, foreground } = portrait;
        let skull = SkullTemplate::own()?;
        let joined = Joined::new();
        let depth = HeadDepth::of(mesh, &joined, &skull, attached, matte);
        let maker = SurfaceMaker { mesh, joined: &joined, depth: &depth, crop };
        let region = PasteRegion::new(&crop.reach(), pixels.dimensions());
        let plate = plate.filter(|plate| plate.dimensions() == pixels.dimensions()).unwrap_or(pixels);
        let look = Picture::new(pixels);
        let colour = |i: usize| {
            let [r, g, b, _] = look.bilinear(crop.image_from_crop(mesh.0[i].truncate()));
            Vec3::new(r, g, b) / 255.0
        };
        let mut front = maker.front();
        let far_front = maker.far_front(&front);
        maker.keep_inside(&mut front);
        Ok(Self {
            face: maker.face(),
            far_side: maker.far_side(),
            far_front,
            front,
            back: maker.back(),
            region,
            layer: layer(
                [pixels, plate],
                region,
                &|at| {
                    let point = crop.crop_from_image(at);
                    matte(point).max(smooth_step(&INSIDE, depth.solid.at(point) / depth.unit_px))
                },
                foreground,
            ),
            picture: Arc::clone(pixels),
            plate: Arc::clone(plate),
            far_light: far_light(mesh, &joined, colour),
            skin: CHEEKS.map(colour).into_iter().sum::<Vec3>() / CHEEKS.len() as f32,
            crop,
            mesh: mesh.clone(),
            eyes: rest_eyes(mesh, crop, &look),
            unit_px: depth.unit_px,
        })
    }
}

impl HeadShape {
    /// The face alone, without hair, back and far side, before the picture itself: for what is drawn of a part of it.
    pub(crate) fn of_face(pixels: &Arc<RgbaImage>, crop: Crop, mesh: &FaceMesh) -> Self {
        let look = Picture::new(pixels);
        let colour = |i: usize| {
            let [r, g, b, _] = look.bilinear(crop.image_from_crop(mesh.0[i].truncate()));
            Vec3::new(r, g, b) / 255.0
        };
        Self {
            face: crate::surface::face(mesh, &Joined::new(), crop),
            far_side: Surface::default(),
            far_front: Surface::default(),
            front: Surface::default(),
            back: Surface::default(),
            region: PasteRegion::new(&crop.reach(), pixels.dimensions()),
            layer: RgbaImage::new(1, 1),
            picture: Arc::clone(pixels),
            plate: Arc::clone(pixels),
            far_light: Vec3::ONE,
            skin: CHEEKS.map(colour).into_iter().sum::<Vec3>() / CHEEKS.len() as f32,
            crop,
            mesh: mesh.clone(),
            eyes: rest_eyes(mesh, crop, &look),
            unit_px: mesh.inter_ocular(),
        }
    }

    /// The same head before another background: its picture and its plate as they are there, each of the picture's size.
    #[must_use]
    pub fn before(&self, picture: &Arc<RgbaImage>, plate: &Arc<RgbaImage>) -> Self {
        Self { picture: Arc::clone(picture), plate: Arc::clone(plate), ..self.clone() }
    }

    /// The same head in a picture that is smaller by `scale`, 0 to 1: its picture and its plate as [`crate::smaller`] makes them.
    #[must_use]
    pub fn smaller(&self, scale: f32, picture: &Arc<RgbaImage>, plate: &Arc<RgbaImage>) -> Self {
        let crop = self.crop.smaller(scale);
        let region = PasteRegion::new(&crop.reach(), picture.dimensions());
        let surface = |surface: &Surface| {
            let mut surface = surface.clone();
            surface.vertices.iter_mut().for_each(|vertex| vertex.source = scale * (vertex.source + 0.5) - 0.5);
            surface
        };
        Self {
            face: surface(&self.face),
            far_side: surface(&self.far_side),
            front: surface(&self.front),
            far_front: surface(&self.far_front),
            back: surface(&self.back),
            region,
            layer: part_smaller(&self.layer, self.region, scale, region),
            picture: Arc::clone(picture),
            plate: Arc::clone(plate),
            crop,
            ..self.clone()
        }
    }

    /// What is so little behind a surface lies on it, in pixels of the picture.
    pub fn near_px(&self) -> f32 {
        NEAR * self.unit_px * self.crop.scale()
    }

    /// Reach of the mean that the back of the head shows, in pixels of the picture.
    pub fn back_px(&self) -> f32 {
        BACK_BLUR * self.unit_px * self.crop.scale()
    }

    /// Distance between the eyes, in crop pixels.
    pub fn unit_px(&self) -> f32 {
        self.unit_px
    }
}

/// Both eyes as the picture shows them.
fn rest_eyes(mesh: &FaceMesh, crop: Crop, look: &Picture<'_>) -> [RestEye; 2] {
    [0, 1].map(|eye| {
        RestEye::of(mesh, eye, |at| {
            let [r, g, b, _] = look.bilinear(crop.image_from_crop(at));
            Vec3::new(r, g, b)
        })
    })
}

/// The picture without what stands behind it: where the matte is soft, the background's share is taken out of a pixel.
fn layer(
    [picture, plate]: [&RgbaImage; 2],
    region: PasteRegion,
    share: &(dyn Fn(Vec2) -> f32 + Sync),
    foreground: Option<&(dyn Fn([u32; 2]) -> Option<[u8; 4]> + Sync)>,
) -> RgbaImage {
    let PasteRegion { left, top, width, height } = region;
    let mut layer = RgbaImage::new(width.max(1), height.max(1));
    layer.as_mut().par_chunks_exact_mut(4 * width.max(1) as usize).take(height as usize).enumerate().for_each(|(row, out)| {
        let y = top + row as u32;
        for (column, out) in out.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            let x = left + column as u32;
            let share = share(Vec2::new(x as f32, y as f32)).clamp(0.0, 1.0);
            let (own, behind) = (picture.get_pixel(x, y).0, plate.get_pixel(x, y).0);
            let front = foreground.and_then(|colour| colour([x, y]));
            let unmixed = |c: usize| match front {
                Some(front) => share * f32::from(front[c]),
                None => (f32::from(own[c]) - (1.0 - share) * f32::from(behind[c])).clamp(0.0, 255.0 * share),
            };
            *out = between_bytes([unmixed(0), unmixed(1), unmixed(2), 255.0 * share]);
        }
    });
    layer
}

/// How light falls on the far side of a face against the near one: the ratio of colours where both sides are seen, next to what is hidden.
fn far_light(mesh: &FaceMesh, joined: &Joined, colour: impl Fn(usize) -> Vec3) -> Vec3 {
    let partners = FaceMesh::partners();
    let facing: Vec<f32> = joined.normals(mesh).iter().map(|normal| -normal.z).collect();
    let pairs = (0..FaceMesh::SKIN).filter(|i| {
        let partner = usize::from(partners[*i]);
        // Seen, but less than the other side's.
        (0.3..0.7).contains(&facing[*i]) && facing[partner] > facing[*i]
    });
    let (far, near, count) = pairs
        .fold((Vec3::ZERO, Vec3::ZERO, 0), |(far, near, count), i| (far + colour(i), near + colour(usize::from(partners[i])), count + 1));
    if count < 4 {
        return Vec3::ONE;
    }
    let ratio = far / near.max(Vec3::splat(1e-3));
    let mean = ratio.element_sum() / 3.0;
    let tint = (ratio / mean.max(1e-3)).clamp(Vec3::splat(*TINT.start()), Vec3::splat(*TINT.end()));
    mean.clamp(*FAR_LIGHT.start(), *FAR_LIGHT.end()) * tint
}

#[cfg(test)]
pub(crate) mod testing {
    //! A head for tests: a portrait of our own with its mesh, as the reader's tests have them.

    use super::*;

    const STORED: u32 = 144;
    /// The picture is taken larger, so that eyes have some pixels.
    const LARGER: u32 = 3;
    pub(crate) const SIDE: u32 = STORED * LARGER;
    const PIXELS: &[u8] = include_bytes!("../../reader/tests/data/portrait.rgb");
    const RECORD: &[u8] = include_bytes!("../../reader/tests/data/mediapipe_picture.f32");

    /// The crop of the whole picture.
    pub(crate) fn crop() -> Crop {
        Crop::whole(SIDE as f32)
    }

    /// The face in crop pixels.
    pub(crate) fn mesh() -> FaceMesh {
        let numbers: Vec<f32> = RECORD.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
        let points: Vec<Vec3> = numbers[..3 * FaceMesh::COUNT].chunks_exact(3).map(Vec3::from_slice).collect();
        let larger = LARGER as f32;
        let in_crop = |p: &Vec3| {
            let at = (p.truncate() + 0.5) * larger - 0.5;
            crop().crop_from_image(at).extend(p.z * larger / crop().scale())
        };
        FaceMesh::from_points(&points.iter().map(in_crop).collect::<Vec<_>>()).expect("a whole face")
    }

    /// The picture.
    pub(crate) fn picture() -> Arc<RgbaImage> {
        let pixel = |x: u32, y: u32| {
            let first = 3 * (y / LARGER * STORED + x / LARGER) as usize;
            image::Rgba([PIXELS[first], PIXELS[first + 1], PIXELS[first + 2], 255])
        };
        Arc::new(RgbaImage::from_fn(SIDE, SIDE, pixel))
    }

    /// A head that fills an ellipse round the face, over a green background.
    pub(crate) fn head() -> HeadShape {
        let mesh = mesh();
        let middle = mesh.0[168].truncate();
        let unit = mesh.inter_ocular();
        let matte = move |at: Vec2| {
            let away = ((at - middle) / (unit * Vec2::new(1.5, 2.2))).length();
            ((1.0 - away) * 8.0).clamp(0.0, 1.0)
        };
        let plate = Arc::new(RgbaImage::from_pixel(SIDE, SIDE, image::Rgba([0, 200, 0, 255])));
        HeadShape::new(HeadPicture {
            pixels: &picture(),
            plate: Some(&plate),
            crop: crop(),
            mesh_in_crop: &mesh,
            attached: &Attachment::of(&mesh.landmarks(), &crop(), [SIDE; 2], &matte),
            matte: &matte,
            foreground: None,
        })
        .expect("a template")
    }
}
