//! Teeth, gums and tongue of a neutral head, and how the jaw moves them.

use glam::Vec3;
use retrato_core::data::Landmarks;

use crate::template::{TemplateError, counts_of};

const BYTES: &[u8] = include_bytes!("../../../../models/mouth_template.bin");
/// What a file of a template begins with.
const MAGIC: &[u8; 8] = b"RETMOUT1";
/// Steps of a stored coordinate in a centimetre.
const STEPS: f32 = 800.0;
/// Most vertices that 16 bits can number.
const MOST: usize = u16::MAX as usize;
/// Numbers of 16 bits of a vertex, of a triangle and of a landmark.
const VERTEX_WORDS: usize = 7;
const TRIANGLE_WORDS: usize = 3;
const LANDMARK_WORDS: usize = 6;

/// What a place inside a mouth belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MouthTissue {
    /// A tooth.
    Tooth,
    /// Gums.
    Gum,
    /// The tongue, the palate and the floor of the mouth.
    Tongue,
}

impl MouthTissue {
    const ALL: [Self; 3] = [Self::Tooth, Self::Gum, Self::Tongue];
}

/// A vertex of the inside of a mouth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MouthVertex {
    /// Where it is with the jaws together, in cm.
    pub at: Vec3,
    /// How far it goes until the jaw is wide open, in cm.
    pub drop: Vec3,
    /// What it belongs to.
    pub tissue: MouthTissue,
}

/// The inside of a neutral head's mouth: x to the picture's right, y down, z away from the viewer, in cm.
#[derive(Clone, Debug, PartialEq)]
pub struct MouthTemplate {
    /// Its vertices.
    pub vertices: Vec<MouthVertex>,
    /// Its triangles, anticlockwise where they are seen from outside.
    pub triangles: Vec<[u16; 3]>,
    /// Where the head's 68 landmarks lie with the jaws together.
    pub landmarks: [Vec3; Landmarks::COUNT],
    /// How far they go until the jaw is wide open.
    pub landmark_drops: [Vec3; Landmarks::COUNT],
}

impl MouthTemplate {
    /// The program's own.
    ///
    /// # Errors
    /// A damaged build.
    pub fn own() -> Result<Self, TemplateError> {
        Self::read(BYTES)
    }

    /// From the bytes of a file.
    ///
    /// # Errors
    /// What [`Self::bytes`] does not write.
    pub fn read(bytes: &[u8]) -> Result<Self, TemplateError> {
        let ([vertices, triangles], rest) = counts_of(*MAGIC, bytes)?;
        let lengths = [VERTEX_WORDS * vertices, TRIANGLE_WORDS * triangles, LANDMARK_WORDS * Landmarks::COUNT];
        if rest.len() != 2 * lengths.iter().sum::<usize>() {
            return Err(TemplateError("its length is not what it says"));
        }
        let words: Vec<u16> = rest.as_chunks::<2>().0.iter().map(|w| u16::from_le_bytes(*w)).collect();
        let (vertex_words, words) = words.split_at(lengths[0]);
        let (triangle_words, landmark_words) = words.split_at(lengths[1]);
        let point = |w: &[u16]| Vec3::from_array(std::array::from_fn(|n| f32::from(w[n].cast_signed()) / STEPS));
        let vertex = |w: &[u16; VERTEX_WORDS]| {
            let tissue = MouthTissue::ALL.get(usize::from(w[6])).ok_or(TemplateError("a vertex belongs to nothing known"))?;
            Ok(MouthVertex { at: point(&w[..3]), drop: point(&w[3..6]), tissue: *tissue })
        };
        let vertices: Vec<MouthVertex> =
            vertex_words.as_chunks::<VERTEX_WORDS>().0.iter().map(vertex).collect::<Result<_, TemplateError>>()?;
        let triangles = triangle_words.as_chunks::<TRIANGLE_WORDS>().0.to_vec();
        if triangles.as_flattened().iter().any(|i| usize::from(*i) >= vertices.len()) {
            return Err(TemplateError("a triangle has a corner that there is not"));
        }
        let (mut landmarks, mut landmark_drops) = ([Vec3::ZERO; Landmarks::COUNT], [Vec3::ZERO; Landmarks::COUNT]);
        for ((at, drop), w) in landmarks.iter_mut().zip(&mut landmark_drops).zip(landmark_words.as_chunks::<LANDMARK_WORDS>().0) {
            (*at, *drop) = (point(&w[..3]), point(&w[3..]));
        }
        Ok(Self { vertices, triangles, landmarks, landmark_drops })
    }

    /// As a file holds it.
    ///
    /// # Errors
    /// More vertices or triangles than 16 bits can number.
    pub fn bytes(&self) -> Result<Vec<u8>, TemplateError> {
        if self.vertices.len().max(self.triangles.len()) > MOST {
            return Err(TemplateError("it has more vertices or triangles than 65,535"));
        }
        let steps = |p: Vec3| {
            p.to_array().map(|v| (v * STEPS).round().clamp(f32::from(i16::MIN), f32::from(i16::MAX)) as i16).map(i16::cast_unsigned)
        };
        let mut words = vec![self.vertices.len() as u16, self.triangles.len() as u16];
        for MouthVertex { at, drop, tissue } in &self.vertices {
            words.extend(steps(*at).into_iter().chain(steps(*drop)).chain([*tissue as u16]));
        }
        words.extend(self.triangles.as_flattened());
        for (at, drop) in self.landmarks.iter().zip(&self.landmark_drops) {
            words.extend(steps(*at).into_iter().chain(steps(*drop)));
        }
        Ok(MAGIC.iter().copied().chain(words.into_iter().flat_map(u16::to_le_bytes)).collect())
    }

    /// The same with fewer vertices: those of gums and tongue that lie in a cube of `side_cm` and go nearly the same way become one. Teeth keep theirs.
    #[must_use]
    pub fn simplified(self, side_cm: f32) -> Self {
        let key = |index: usize, vertex: &MouthVertex| {
            let number = if vertex.tissue == MouthTissue::Tooth { index + 1 } else { 0 };
            let cube = |p: Vec3| (p / side_cm).round().to_array().map(|v| v as i32);
            (number, cube(vertex.at), cube(vertex.drop), vertex.tissue as u8)
        };
        let mut cubes = std::collections::BTreeMap::new();
        let mut merged: Vec<(MouthVertex, f32)> = Vec::new();
        let mut numbers = Vec::with_capacity(self.vertices.len());
        for (index, vertex) in self.vertices.iter().enumerate() {
            let number = *cubes.entry(key(index, vertex)).or_insert_with(|| {
                merged.push((MouthVertex { at: Vec3::ZERO, drop: Vec3::ZERO, ..*vertex }, 0.0));
                merged.len() - 1
            });
            let (sum, count) = &mut merged[number];
            (sum.at, sum.drop, *count) = (sum.at + vertex.at, sum.drop + vertex.drop, *count + 1.0);
            numbers.push(number as u16);
        }
        let vertices = merged.into_iter().map(|(sum, count)| MouthVertex { at: sum.at / count, drop: sum.drop / count, ..sum }).collect();
        let triangles = self.triangles.iter().map(|t| t.map(|i| numbers[usize::from(i)]));
        let triangles = triangles.filter(|[a, b, c]| a != b && b != c && c != a).collect();
        Self { vertices, triangles, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_template_is_in_order_and_survives_its_file() -> Result<(), TemplateError> {
        let own = MouthTemplate::own()?;
        for tissue in MouthTissue::ALL {
            assert!(own.vertices.iter().filter(|v| v.tissue == tissue).count() > 100, "{tissue:?}");
        }
        assert_eq!(MouthTemplate::read(&own.bytes()?)?, own, "written and read");
        let bytes = own.bytes()?;
        let (mut wrong_corner, mut wrong_tissue) = (bytes.clone(), bytes.clone());
        let corner = MAGIC.len() + 4 + 2 * VERTEX_WORDS * own.vertices.len();
        wrong_corner[corner..corner + 2].copy_from_slice(&u16::MAX.to_le_bytes());
        wrong_tissue[MAGIC.len() + 4 + 12] = 9;
        for wrong in [&bytes[..bytes.len() - 1], &bytes[1..], b"", &wrong_corner, &wrong_tissue] {
            assert!(MouthTemplate::read(wrong).is_err(), "{} bytes that are none", wrong.len());
        }
        Ok(())
    }

    #[test]
    fn the_own_template_is_the_one_that_its_manifest_describes() -> anyhow::Result<()> {
        let manifest: serde_json::Value = serde_json::from_str(include_str!("../../../../models/mouth_template.json"))?;
        let own = MouthTemplate::own()?;
        assert_eq!(manifest["blake3"], blake3::hash(BYTES).to_hex().as_str(), "the file");
        assert_eq!(manifest["vertices"], own.vertices.len(), "vertices");
        assert_eq!(manifest["triangles"], own.triangles.len(), "triangles");
        Ok(())
    }

    #[test]
    fn the_jaw_takes_the_lower_teeth_with_it() -> Result<(), TemplateError> {
        let own = MouthTemplate::own()?;
        let teeth = own.vertices.iter().filter(|v| v.tissue == MouthTissue::Tooth);
        let (upper, lower): (Vec<&MouthVertex>, Vec<_>) = teeth.partition(|v| v.drop.length() < 0.1);
        assert!(upper.len() > 400 && lower.len() > 400, "both rows: {} and {}", upper.len(), lower.len());
        assert!(lower.iter().all(|v| v.drop.y > 0.8), "down");
        let mean = |row: &[&MouthVertex]| row.iter().map(|v| v.at.y).sum::<f32>() / row.len() as f32;
        assert!(mean(&upper) < mean(&lower), "the upper ones lie higher in the picture");
        Ok(())
    }
}
