//! The one file that names the face reader: where its model file lies, and a film's frames read by it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use glam::Vec2;
use image::RgbImage;
use retrato_reader::{PUPILS, Reader, ReaderError, RgbView, Smoothing, landmarks68};

use crate::data::Landmarks;

/// Name of the face reader's model file.
pub const READER_FILE: &str = "face_landmarker.task";
/// Environment variable with the path of the face reader's model file.
pub const READER_VARIABLE: &str = "RETRATO_FACE_MODEL";

/// Why the face reader cannot be used; faces are read with dlib then.
#[derive(Debug, thiserror::Error)]
pub enum MeshReaderError {
    /// No file in any of the usual places.
    #[error("the face reader's model {READER_FILE} is missing: `make reader-model` fetches it, or name its path in {READER_VARIABLE}; until then faces are read with dlib (looked in {})", list(.looked_in))]
    Missing {
        /// Where it was looked for.
        looked_in: Vec<PathBuf>,
    },
    /// The file is not usable.
    #[error("the face reader's model {} cannot be used: {cause}; delete it, and `make reader-model` fetches it again; until then faces are read with dlib", .path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: ReaderError,
    },
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// Where the face reader's model is looked for, in this order: the environment, the user's data folder, the system's, and `assets` beside the program or in
/// a folder above it, where `make` puts it.
pub fn reader_places() -> Vec<PathBuf> {
    let named = std::env::var_os(READER_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
    let own = directories::ProjectDirs::from("", "", "retrato").map(|dirs| dirs.data_dir().join(READER_FILE));
    let system = ["/usr/share/retrato", "/usr/local/share/retrato"].map(|folder| Path::new(folder).join(READER_FILE));
    let program = std::env::current_exe().unwrap_or_default();
    let beside = program.ancestors().skip(1).take(4).map(|folder| folder.join("assets").join(READER_FILE));
    named.into_iter().chain(own).chain(system).chain(beside).collect()
}

/// The file that [`MeshReader::load`] would take.
///
/// # Errors
/// [`MeshReaderError::Missing`].
pub fn reader_file() -> Result<PathBuf, MeshReaderError> {
    let places = reader_places();
    let found = places.iter().find(|path| path.is_file()).cloned();
    found.ok_or(MeshReaderError::Missing { looked_in: places })
}

/// A face as the mesh shows it in one frame, in pixels of the frame.
#[derive(Clone, Debug)]
pub(super) struct MeshFace {
    /// The 68 landmarks, smoothed.
    pub(super) landmarks: Landmarks,
    /// Middles of the right and the left iris, smoothed.
    pub(super) pupils: [Vec2; 2],
}

/// Reads the frames of one film.
pub struct MeshReader {
    reader: Reader,
}

impl std::fmt::Debug for MeshReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MeshReader").finish_non_exhaustive()
    }
}

impl MeshReader {
    /// Loads the model from the first of the usual places that has it. Takes a few milliseconds.
    ///
    /// # Errors
    /// [`MeshReaderError`] when there is no model, or none that can be used.
    pub fn load() -> Result<Self, MeshReaderError> {
        let path = reader_file()?;
        let reader = Reader::load(&path).map_err(|cause| MeshReaderError::Unusable { path, cause })?;
        Ok(Self { reader })
    }

    /// Smooths from the next frame on, or not at all.
    pub(super) fn set_smoothed(&mut self, smoothed: bool) {
        self.reader.set_smoothing(if smoothed { Smoothing::ByParts } else { Smoothing::Off });
    }

    /// Forgets the face: for a new film.
    pub(super) fn reset(&mut self) {
        self.reader.forget();
    }

    /// The face in the next frame of the film; `None` where there is none.
    pub(super) fn read(&mut self, picture: &RgbImage, at: Duration) -> Option<MeshFace> {
        let view = RgbView::new(picture.as_raw(), picture.width() as usize, picture.height() as usize).ok()?;
        let reading = self.reader.read(&view, at)?;
        let landmarks = Landmarks(landmarks68(&reading.points).map(glam::Vec3::truncate));
        let pupils = PUPILS.map(|index| reading.points[index].truncate());
        let finite = landmarks.0.iter().chain(&pupils).all(|point| point.is_finite());
        finite.then_some(MeshFace { landmarks, pupils })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_file_the_message_says_how_to_get_one() {
        let missing = MeshReaderError::Missing { looked_in: vec!["/nowhere/face_landmarker.task".into()] }.to_string();
        for words in ["make reader-model", READER_VARIABLE, "dlib", "/nowhere/face_landmarker.task"] {
            assert!(missing.contains(words), "{words} in: {missing}");
        }
    }

    #[test]
    fn the_model_is_looked_for_beside_the_program_and_above_it() {
        let places = reader_places();
        assert!(places.iter().all(|place| place.ends_with(READER_FILE)), "each is a file: {places:?}");
        let beside = std::env::current_exe().expect("a program").with_file_name("assets").join(READER_FILE);
        assert!(places.contains(&beside), "{} in {places:?}", beside.display());
    }
}
