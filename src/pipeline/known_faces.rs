//! Faces that were found before: looking for them is most of the time that opening a picture takes.

use glam::Vec2;

use crate::portrait::{FaceCandidate, Picture};
use crate::runtime::FileCache;

/// Changes with the search, so that what an older program found is looked for again.
const VERSION: &str = "faces 4";
/// More faces than this are not kept.
const MOST_FACES: usize = 256;
/// Landmarks may lie this many times the picture's size away from it, when a face is cut by its edge.
const FAR: f32 = 4.0;

/// The faces of a picture as the cache has them, or else as `find` finds them by the models of that identity.
pub(super) fn faces(
    cache: Option<&FileCache>,
    picture: &Picture,
    models: &str,
    find: impl FnOnce() -> Vec<FaceCandidate>,
) -> Vec<FaceCandidate> {
    let key = format!("{VERSION} {} {models}", picture.content_hash);
    let (width, height) = picture.pixels.dimensions();
    let usable = |faces: &Vec<FaceCandidate>| faces.len() <= MOST_FACES && faces.iter().all(|face| is_sane(face, width.max(height) as f32));
    let stored = cache.and_then(|cache| cache.get(&key)).and_then(|stored| serde_json::from_slice(&stored).ok()).filter(usable);
    stored.unwrap_or_else(|| {
        let found = find();
        if let Some(cache) = cache
            && let Ok(text) = serde_json::to_vec(&found)
            && usable(&found)
        {
            cache.put(&key, &text);
        }
        found
    })
}

fn is_sane(face: &FaceCandidate, size_px: f32) -> bool {
    let is_near = |p: Vec2| p.is_finite() && p.abs().max_element() < FAR * size_px;
    let mesh = face.mesh_in_image.iter().flat_map(|mesh| mesh.0.iter());
    face.place.is_sane() && face.landmarks_in_image.0.iter().all(|p| is_near(*p)) && mesh.into_iter().all(|p| is_near(p.truncate()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::data::Landmarks;
    use crate::face::{MeshModel, template};

    fn face(at: Vec2) -> FaceCandidate {
        let landmarks_in_image = Landmarks(template().map(|p| p.truncate() * 40.0 + at));
        FaceCandidate::of_landmarks(landmarks_in_image).expect("the generic face has a place")
    }

    fn with_mesh(face: FaceCandidate) -> FaceCandidate {
        // Stored and read once, so that it does not change any more.
        let mesh = MeshModel::shipped().and_then(|model| model.fit(&face.landmarks_in_image, None)).expect("and a mesh");
        let stored = serde_json::to_string(&mesh).expect("it can be stored");
        let mesh = serde_json::from_str(&stored).expect("and read");
        FaceCandidate { mesh_in_image: Some(mesh), ..face }
    }

    #[test]
    fn a_picture_is_searched_once_for_each_model() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let cache = FileCache::at(folder.path(), 1 << 20);
        let picture = |hash: &str| Picture::unscaled("test".to_owned(), Arc::new(image::RgbaImage::new(300, 300)), hash.to_owned());
        let found = vec![face(Vec2::splat(150.0)), with_mesh(face(Vec2::splat(90.0)))];
        let look = |picture: &Picture, model: &str| {
            let mut searched = false;
            let faces = faces(Some(&cache), picture, model, || {
                searched = true;
                found.clone()
            });
            assert_eq!(faces, found, "the faces themselves");
            searched
        };
        assert!(look(&picture("a"), "model"), "first");
        assert!(!look(&picture("a"), "model"), "known then");
        assert!(look(&picture("b"), "model") && look(&picture("a"), "another"), "another picture, another model");
        for nonsense in ["no JSON".to_owned(), serde_json::to_string(&[face(Vec2::splat(1e5))])?] {
            cache.put(&format!("{VERSION} a model"), nonsense.as_bytes());
            assert!(look(&picture("a"), "model"), "{nonsense:.20} is looked for again");
        }
        Ok(())
    }
}
