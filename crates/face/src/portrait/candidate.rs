//! A face that was found in a picture, and which of two readings of it counts.

use crate::data::{FaceMesh, Landmarks};
use crate::face::{FacePlace, MeshFace, parts_in_order, shape_distance};

/// Furthest distance from the shape of the generic head at which there is a face, in inter-ocular distances.
pub(super) const MOST_SHAPE_DISTANCE: f32 = 0.22;
/// Overlap from which two candidates are one face.
pub(super) const SAME_FACE: f32 = 0.3;
/// Presence from which a mesh is a face although nothing else was found there, and its furthest distance from the shape of the generic head. Measured on the
/// shared and the built-in portraits: people, painted, drawn and modelled ones too, have 0.999 and more and lie within 0.09; a dog has 0.96 and 0.16.
const PRESENT_ALONE: f32 = 0.99;
const SHAPED_ALONE: f32 = 0.12;
/// Distance of landmarks up to which two readings agree, in inter-ocular distances. Measured on the shared and the built-in
/// portraits: 0.02 to 0.08 where both are right, 0.2 where a moustache was taken for the mouth.
const AGREE: f32 = 0.12;

/// A face that was found in a picture.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct FaceCandidate {
    /// Its landmarks, in pixels of the picture.
    pub landmarks_in_image: Landmarks,
    /// The square around it.
    pub place: FacePlace,
    /// The face in 3D where it was read so, in pixels of the picture; else it is fitted to the landmarks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mesh_in_image: Option<FaceMesh>,
}

impl FaceCandidate {
    /// A face of which nothing is known but its landmarks. `None` when these span nothing.
    pub fn of_landmarks(landmarks_in_image: Landmarks) -> Option<Self> {
        let place = FacePlace::from_landmarks(&landmarks_in_image).filter(FacePlace::is_sane)?;
        Some(Self { landmarks_in_image, place, mesh_in_image: None })
    }

    /// A face that was read as a mesh. `None` when that does not look like one.
    pub(super) fn of_mesh(face: &MeshFace) -> Option<Self> {
        let mesh = face.mesh.clone();
        let candidate = Self::of_landmarks(mesh.landmarks())?;
        let landmarks = &candidate.landmarks_in_image;
        let plausible = parts_in_order(landmarks) && shape_distance(landmarks) < MOST_SHAPE_DISTANCE;
        plausible.then_some(Self { mesh_in_image: Some(mesh), ..candidate })
    }

    /// Whether another candidate is of the same face.
    pub(super) fn is_at(&self, other: &Self) -> bool {
        self.place.to_box().overlap(&other.place.to_box()) > SAME_FACE
    }

    fn distance(&self, other: &Self) -> f32 {
        let pairs = self.landmarks_in_image.0.iter().zip(&other.landmarks_in_image.0);
        let mean = pairs.map(|(a, b)| a.distance(*b)).sum::<f32>() / Landmarks::COUNT as f32;
        mean / self.landmarks_in_image.inter_ocular().max(1e-3)
    }
}

/// A face that was read as a mesh, and how certain it is that there is one, 0 to 1.
pub(super) struct Seen {
    pub(super) face: FaceCandidate,
    presence: f32,
}

impl Seen {
    /// Those of the readings that look like faces.
    pub(super) fn of(readings: &[MeshFace]) -> Vec<Self> {
        let seen = |reading| Some(Self { face: FaceCandidate::of_mesh(reading)?, presence: reading.presence });
        readings.iter().filter_map(seen).collect()
    }

    /// Whether it counts although nothing else was found there.
    pub(super) fn is_sure(&self) -> bool {
        self.presence >= PRESENT_ALONE && shape_distance(&self.face.landmarks_in_image) < SHAPED_ALONE
    }
}

/// The faces that were seen as meshes and those that were found by their landmarks, each once.
///
/// Where both ways found a face and agree, the mesh counts: it is finer. Where they do not agree, the one that looks more like a face does.
pub(super) fn merged(seen: Vec<Seen>, mut found: Vec<FaceCandidate>) -> Vec<FaceCandidate> {
    for seen in seen {
        let (is_sure, face) = (seen.is_sure(), seen.face);
        match found.iter().position(|other| other.is_at(&face)) {
            Some(at) => {
                let other = &mut found[at];
                let likelier = shape_distance(&face.landmarks_in_image) <= shape_distance(&other.landmarks_in_image);
                // What was seen before, and larger, stays.
                if other.mesh_in_image.is_none() && (likelier || face.distance(other) < AGREE) {
                    *other = face;
                }
            }
            None if is_sure => found.push(face),
            None => {}
        }
    }
    found.sort_by(|a, b| b.place.side_px.total_cmp(&a.place.side_px));
    found
}

#[cfg(test)]
mod tests {
    use glam::{Vec2, Vec3};

    use super::*;
    use crate::data::{Coefficients, HeadPose};
    use crate::face::{MeshModel, template};

    fn landmarks(scale: f32, at: Vec2) -> Landmarks {
        Landmarks(template().map(|p| p.truncate() * scale + at))
    }

    fn found(scale: f32, at: Vec2) -> FaceCandidate {
        FaceCandidate::of_landmarks(landmarks(scale, at)).expect("the generic face")
    }

    fn seen(scale: f32, at: Vec2, presence: f32) -> Vec<Seen> {
        let mesh = MeshModel::shipped().and_then(|model| model.fit(&landmarks(scale, at), None)).expect("the generic face has a mesh");
        let (coefficients, pose) = (Coefficients::default(), HeadPose::default());
        Seen::of(&[MeshFace { mesh, coefficients, pose, presence, followed: false }])
    }

    #[test]
    fn a_mesh_takes_the_place_of_landmarks_that_agree() {
        let at = Vec2::splat(200.0);
        let both = merged(seen(60.0, at + 3.0, 0.7), vec![found(61.0, at)]);
        assert!(both.len() == 1 && both[0].mesh_in_image.is_some(), "one face, with its mesh");
        let apart = merged(seen(80.0, at, 0.999), vec![found(60.0, Vec2::new(500.0, 200.0))]);
        assert_eq!(apart.iter().map(|f| f.mesh_in_image.is_some()).collect::<Vec<_>>(), [true, false], "two faces, the larger one first");
    }

    #[test]
    fn an_uncertain_mesh_alone_is_no_face() {
        let at = Vec2::splat(200.0);
        assert!(merged(seen(60.0, at, 0.96), Vec::new()).is_empty(), "nobody else saw it");
        assert_eq!(merged(seen(60.0, at, 0.999), Vec::new()).len(), 1, "a certain one is enough");
    }

    #[test]
    fn where_they_disagree_the_likelier_face_counts() {
        let at = Vec2::splat(200.0);
        // The jaw and the mouth of a beard that was read in its place.
        let mut bent = found(60.0, at);
        for i in (3..14).chain(48..68) {
            bent.landmarks_in_image.0[i] += Vec2::new(25.0, 25.0);
        }
        let of = |seen: Vec<Seen>, found: FaceCandidate| merged(seen, vec![found]).remove(0).mesh_in_image.is_some();
        assert!(of(seen(60.0, at, 0.8), bent.clone()), "the mesh looks like a face");
        let mut askew = seen(60.0, at, 0.8);
        askew[0].face.landmarks_in_image = bent.landmarks_in_image;
        assert!(!of(askew, found(60.0, at)), "here the landmarks do");
    }

    #[test]
    fn a_mesh_that_is_no_face_is_not_seen() {
        let (coefficients, pose) = (Coefficients::default(), HeadPose::default());
        let mesh = FaceMesh(Box::new(std::array::from_fn(|i| Vec3::new((i * 37 % 101) as f32, (i * 53 % 97) as f32, 0.0))));
        assert!(Seen::of(&[MeshFace { mesh, coefficients, pose, presence: 1.0, followed: false }]).is_empty(), "scattered points");
    }
}
