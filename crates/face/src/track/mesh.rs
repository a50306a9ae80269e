//! The one file that names the face reader: where its model file lies, and a film's frames read by it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use glam::Vec2;
use image::RgbImage;
use retrato_reader::{Reader, ReaderError, Reading, Region, RgbView, Smoothing};

use crate::data::{Coefficients, FaceMesh, HeadPose};

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

/// A face as the face reader sees it, in pixels of the picture.
#[derive(Clone, Debug)]
pub struct MeshFace {
    /// The face in 3D; smoothed in films.
    pub mesh: FaceMesh,
    /// How strongly each movement is made.
    pub coefficients: Coefficients,
    /// Orientation of the head relative to the camera.
    pub pose: HeadPose,
    /// How certain it is that there is a face, 0 to 1.
    pub presence: f32,
    /// Whether it is the face of the film's last frame, as opposed to one that was searched for: that can be another person's.
    pub followed: bool,
}

impl MeshFace {
    fn of(reading: &Reading) -> Option<Self> {
        let pose = reading.pose?;
        Some(Self {
            mesh: FaceMesh::from_points(&reading.points)?,
            coefficients: Coefficients(reading.coefficients),
            pose: head_pose(&pose),
            presence: reading.presence,
            followed: reading.followed,
        })
    }
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
    pub fn set_smoothed(&mut self, smoothed: bool) {
        self.reader.set_smoothing(if smoothed { Smoothing::ByParts } else { Smoothing::Off });
    }

    /// Forgets the face: for a new film.
    pub fn reset(&mut self) {
        self.reader.forget();
    }

    /// The face in the next frame of the film; `None` where there is none.
    pub fn read(&mut self, picture: &RgbImage, at: Duration) -> Option<MeshFace> {
        MeshFace::of(&self.reader.read(&view(picture)?, at)?)
    }

    /// The faces in a single picture, the largest first. Does not touch the film.
    pub fn read_still(&mut self, picture: &RgbImage) -> Vec<MeshFace> {
        let Some(view) = view(picture) else { return Vec::new() };
        self.reader.read_still(&view).iter().filter_map(MeshFace::of).collect()
    }

    /// What the reader would say of a face that is not read but made: its mesh lies in a picture of this size. `None` for what is no face.
    pub fn measure(&mut self, mesh: &FaceMesh, picture: [u32; 2]) -> Option<(Coefficients, HeadPose)> {
        let size = glam::UVec2::from_array(picture).as_dvec2();
        let (coefficients, pose) = self.reader.measure(&mesh.0, size);
        Some((Coefficients(coefficients), head_pose(&pose?)))
    }

    /// The face of a single picture in a square around `centre`, in pixels. Does not touch the film.
    pub fn read_square(&mut self, picture: &RgbImage, centre: Vec2, side_px: f32) -> Option<MeshFace> {
        let square = Region::square(centre.as_dvec2(), f64::from(side_px));
        MeshFace::of(&self.reader.read_region(&view(picture)?, &square)?)
    }
}

fn head_pose(pose: &retrato_reader::HeadPose) -> HeadPose {
    let [yaw_rad, pitch_rad, roll_rad] = [pose.yaw(), pose.pitch(), -pose.roll()].map(|angle| angle as f32);
    HeadPose { yaw_rad, pitch_rad, roll_rad }
}

fn view(picture: &RgbImage) -> Option<RgbView<'_>> {
    RgbView::new(picture.as_raw(), picture.width() as usize, picture.height() as usize).ok()
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
