//! The one file that names the face reader: where its model file lies, and a film's frames read by it.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use glam::{DVec2, Vec2};
use image::RgbImage;
use retrato_reader::{FaceReading, Reader, ReaderError, Region, RgbView, Smoothing};

use crate::data::{Coefficients, FaceMesh, HeadPose};
use crate::face::{MeshFace, MeshFinder};

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

/// Most bytes of a model file that are looked at.
const LARGEST_FILE: u64 = 1 << 26;

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// Where the face reader's model is looked for, in this order: the environment, the user's data folder, the system's, where an unpacked package has it, and
/// `assets` beside the program or in a folder above it, where `make` puts it.
pub fn reader_places() -> Vec<PathBuf> {
    let named = std::env::var_os(READER_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
    let own = directories::ProjectDirs::from("", "", "retrato").map(|dirs| dirs.data_dir().join(READER_FILE));
    let system = ["/usr/share/retrato", "/usr/local/share/retrato"].map(|folder| Path::new(folder).join(READER_FILE));
    let program = std::env::current_exe().unwrap_or_default();
    let beside = program.ancestors().skip(1).take(4).map(|folder| folder.join("assets").join(READER_FILE));
    let unpacked = program.ancestors().nth(2).map(|folder| folder.join("share/retrato").join(READER_FILE));
    named.into_iter().chain(own).chain(system).chain(unpacked).chain(beside).collect()
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

/// What a reading says of a face; `None` where it has no pose or points that are no numbers.
fn face_of(reading: &FaceReading) -> Option<MeshFace> {
    let pose = reading.pose?;
    Some(MeshFace {
        mesh: FaceMesh::from_points(&reading.points)?,
        coefficients: Coefficients(reading.coefficients),
        pose: pose_of(&pose),
        presence: reading.presence,
        followed: reading.followed,
    })
}

/// Places of faces are one when their middles are no further apart than this share of their size.
const SAME_PLACE: f64 = 0.6;
/// How often it is looked whether the face that was followed first is back while another one is followed, and after what time that one's place is given up.
const LOOKS_BACK: Duration = Duration::from_millis(300);
const GIVES_UP: Duration = Duration::from_secs(30);

/// Where the face is that is followed first, and since when another one is followed.
#[derive(Clone, Copy, Debug, Default)]
struct Home {
    place: Option<Place>,
    away: Option<Duration>,
    looked: Duration,
}

/// Middle and size of a face, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Place {
    middle: DVec2,
    size: f64,
}

impl Place {
    fn of(reading: &FaceReading) -> Self {
        let (low, high) = reading.points.iter().fold((DVec2::INFINITY, DVec2::NEG_INFINITY), |(low, high), point| {
            let point = point.truncate().as_dvec2();
            (low.min(point), high.max(point))
        });
        Self { middle: 0.5 * (low + high), size: (high - low).max_element() }
    }

    fn is_near(&self, middle: DVec2) -> bool {
        self.middle.distance(middle) < SAME_PLACE * self.size
    }
}

impl Home {
    /// Takes note of a reading at `now`. Whether it should be looked for the first face.
    fn note(&mut self, now: Duration, reading: &FaceReading) -> bool {
        let here = Place::of(reading);
        let is_home = self.place.is_none_or(|home| home.is_near(here.middle));
        let is_elsewhere = self.away.is_some() || !reading.followed;
        match (is_home, is_elsewhere) {
            // A face that moves on takes its place along.
            (true, _) | (false, false) => *self = Self { place: Some(here), ..Self::default() },
            (false, true) => {
                let since = *self.away.get_or_insert(now);
                if now.saturating_sub(since) > GIVES_UP {
                    *self = Self { place: Some(here), ..Self::default() };
                }
            }
        }
        let looks = self.away.is_some() && now.saturating_sub(self.looked) >= LOOKS_BACK;
        if looks {
            self.looked = now;
        }
        looks
    }
}

/// Reads the frames of one film.
pub struct MeshReader {
    reader: Reader,
    home: Home,
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
        Ok(Self { reader, home: Home::default() })
    }

    /// What tells the installed model from all others: for what is kept about faces. `None` without a model.
    pub fn identity() -> Option<String> {
        let file = std::fs::File::open(reader_file().ok()?).ok()?;
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(file.take(LARGEST_FILE)).ok()?;
        Some(hasher.finalize().to_hex().to_string())
    }

    /// Smooths from the next frame on, or not at all.
    pub fn set_smoothed(&mut self, smoothed: bool) {
        self.reader.set_smoothing(if smoothed { Smoothing::ByParts } else { Smoothing::Off });
    }

    /// Forgets the face: for a new film.
    pub fn reset(&mut self) {
        self.reader.forget();
        self.home = Home::default();
    }

    /// The face in the next frame of the film; `None` where there is none.
    pub fn read(&mut self, picture: &RgbImage, at: Duration) -> Option<MeshFace> {
        let view = view(picture)?;
        let reading = self.reader.read(&view, at)?;
        if self.home.note(at, &reading)
            && let Some(home) = self.home.place
            && let Some(region) = self.reader.detect(&view).into_iter().find(|region| home.is_near(region.centre))
        {
            // From the next frame on.
            self.reader.follow(region);
        }
        face_of(&reading)
    }

    /// The faces in a single picture, the largest first. Does not touch the film.
    pub fn read_still(&mut self, picture: &RgbImage) -> Vec<MeshFace> {
        view(picture).map_or_else(Vec::new, |view| self.reader.read_still(&view).iter().filter_map(face_of).collect())
    }

    /// What the reader would say of a face that is not read but made: its mesh lies in a picture of this size. `None` for what is no face.
    pub fn measure(&mut self, mesh: &FaceMesh, picture: [u32; 2]) -> Option<(Coefficients, HeadPose)> {
        let size = glam::UVec2::from_array(picture).as_dvec2();
        let (coefficients, pose) = self.reader.measure(&mesh.0, size);
        Some((Coefficients(coefficients), pose_of(&pose?)))
    }

    /// The face of a single picture in a square around `centre`, in pixels. Does not touch the film.
    pub fn read_square(&mut self, picture: &RgbImage, centre: Vec2, side_px: f32) -> Option<MeshFace> {
        let square = Region::square(centre.as_dvec2(), f64::from(side_px));
        face_of(&self.reader.read_region(&view(picture)?, &square)?)
    }
}

impl MeshFinder for MeshReader {
    fn faces(&mut self, picture: &RgbImage) -> Vec<MeshFace> {
        self.read_still(picture)
    }

    fn face_in(&mut self, picture: &RgbImage, centre: Vec2, side_px: f32) -> Option<MeshFace> {
        self.read_square(picture, centre, side_px)
    }
}

/// The reader's pose in the terms of [`HeadPose`].
fn pose_of(pose: &retrato_reader::FaceTransform) -> HeadPose {
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

    fn reading(middle: DVec2, followed: bool) -> FaceReading {
        let mut points = [middle.as_vec2().extend(0.0); 478];
        points[0].x -= 40.0;
        points[1].x += 40.0;
        let region = Region::square(middle, 120.0);
        FaceReading { points, raw: points, presence: 1.0, tongue: 0.0, coefficients: [0.0; 52], pose: None, region, followed }
    }

    #[test]
    fn the_first_face_is_looked_for_while_another_is_followed() {
        let mut home = Home::default();
        let (sitter, painting) = (DVec2::new(300.0, 200.0), DVec2::new(80.0, 60.0));
        let mut looks = |ms: u64, at: DVec2, followed: bool| home.note(Duration::from_millis(ms), &reading(at, followed));
        assert!(!looks(0, sitter, false) && !looks(33, sitter + 30.0, true) && !looks(66, sitter + 60.0, true), "the face itself moves on");
        assert!(looks(500, painting, false), "another face: the first is looked for");
        assert!(!looks(533, painting, true) && looks(833, painting, true), "now and then");
        assert!(!looks(866, sitter + 70.0, false) && !looks(1300, sitter + 70.0, true), "it is back");
        assert!(looks(2000, painting, false) && !looks(40_000, painting, true), "the other one is at home after a while");
    }

    #[test]
    fn the_model_is_looked_for_beside_the_program_and_above_it() {
        let places = reader_places();
        assert!(places.iter().all(|place| place.ends_with(READER_FILE)), "each is a file: {places:?}");
        let beside = std::env::current_exe().expect("a program").with_file_name("assets").join(READER_FILE);
        assert!(places.contains(&beside), "{} in {places:?}", beside.display());
    }
}
