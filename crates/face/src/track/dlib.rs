//! The one file that names dlib: the model of 68 landmarks, shared by all threads, a finder for each thread, and the network that tells persons apart.
//!
//! dlib trusts what it is given and its errors would end the program, so everything is checked before it crosses over: the model files by their
//! hashes, pictures and boxes by their size.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use dlib_face_recognition::{
    FaceDetector, FaceDetectorTrait as _, FaceEncoderNetwork, FaceEncoderTrait as _, ImageMatrix, LandmarkPredictor,
    LandmarkPredictorTrait as _, Rectangle,
};
use glam::Vec2;
use image::RgbImage;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use crate::data::{Landmarks, PixelBox};
use crate::face::{FaceDescriptor, FaceFinder};

/// Name of the model's file.
pub const MODEL_FILE: &str = "shape_predictor_68_face_landmarks.dat";
/// Environment variable with the path of the model file.
pub const MODEL_VARIABLE: &str = "RETRATO_LANDMARKS";

/// Name of the descriptor model's file.
pub const DESCRIPTOR_FILE: &str = "dlib_face_recognition_resnet_model_v1.dat";

/// A model file as it was published: there is one version of it, and dlib would read past its memory on a damaged one.
struct Published {
    bytes: u64,
    blake3: &'static str,
}

const LANDMARKS: Published = Published { bytes: 99_693_937, blake3: "2d315fda68079424c7d4296786e13a243de1bb0695960d2a2f067f0ba855429c" };
const DESCRIPTOR: Published = Published { bytes: 22_466_066, blake3: "f3a1c4b40afba648dcf7586afdef8843da07a039692f12267e0c9ff2fd0f9424" };

/// Sides dlib accepts, in pixels; far beyond what this program asks for.
const SIDES_PX: std::ops::RangeInclusive<u32> = 16..=8192;

/// Why the landmark model could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum TrackError {
    /// No file in any of the usual places.
    #[error("the face landmark model {MODEL_FILE} is missing; install it with `apt-get install libdlib-data`, or name its path in the settings or in {MODEL_VARIABLE} (looked in {})", list(.looked_in))]
    Missing {
        /// Where it was looked for.
        looked_in: Vec<PathBuf>,
    },
    /// The file is there but cannot be read.
    #[error("cannot read the face landmark model {}: {cause}; check its permissions, or install it again with `apt-get install --reinstall libdlib-data`", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The file is not the published model.
    #[error("the face landmark model {} is damaged or another version; install it again with `apt-get install --reinstall libdlib-data`", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
}

/// Why the descriptor model could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum DescriptorError {
    /// The file is not there or cannot be read.
    #[error("cannot read the face descriptor model {}: {cause}; get {DESCRIPTOR_FILE} from the dlib project and name its path", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The file is not the published model.
    #[error("{} is not the face descriptor model, or it is damaged; get {DESCRIPTOR_FILE} from the dlib project", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// The landmark model: about 100 MB in memory, loaded once and shared.
pub struct FaceModel {
    predictor: LandmarkPredictor,
    identity: String,
    /// Detectors of finders that are gone: making one takes a third of a second.
    spare: Mutex<Vec<FaceDetector>>,
}

impl std::fmt::Debug for FaceModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FaceModel").finish_non_exhaustive()
    }
}

impl FaceModel {
    /// Loads the model from the path in the settings, if any, else from the first of the usual places that has it.
    /// Takes a good part of a second.
    ///
    /// # Errors
    /// [`TrackError`] when there is no model, or none that may be used.
    pub fn load(path_in_settings: Option<&Path>) -> Result<Self, TrackError> {
        let places = model_places(path_in_settings);
        match places.iter().find(|p| p.exists()) {
            Some(path) => Self::load_file(path),
            None => Err(TrackError::Missing { looked_in: places }),
        }
    }

    fn load_file(path: &Path) -> Result<Self, TrackError> {
        let predictor = LANDMARKS.open(path, |path| LandmarkPredictor::open(path)).map_err(|unfit| match unfit {
            Unfit::Unreadable(cause) => TrackError::Unreadable { path: path.to_owned(), cause },
            Unfit::Damaged => TrackError::Damaged { path: path.to_owned() },
        })?;
        let about = std::fs::metadata(path).map_err(|cause| TrackError::Unreadable { path: path.to_owned(), cause })?;
        Ok(Self { predictor, identity: format!("{} of {} bytes", path.display(), about.len()), spare: Mutex::default() })
    }

    /// Makes a detector beforehand, so that the next finder is there at once.
    pub fn prepare(self: &Arc<Self>) {
        DlibFinder::new(Arc::clone(self)).detector();
    }

    /// Tells models apart: what one of them found is not what another would find.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    fn landmarks(&self, matrix: &ImageMatrix, face: &Rectangle) -> Option<Landmarks> {
        let points = self.predictor.face_landmarks(matrix, face);
        let points: Vec<Vec2> = points.iter().map(|p| Vec2::new(p.x() as f32, p.y() as f32)).collect();
        points.try_into().ok().map(Landmarks)
    }
}

/// Where the model is looked for, in this order.
pub fn model_places(path_in_settings: Option<&Path>) -> Vec<PathBuf> {
    let named = path_in_settings.map(Path::to_owned).into_iter().chain(std::env::var_os(MODEL_VARIABLE).map(PathBuf::from));
    let own = directories::ProjectDirs::from("", "", "retrato").map(|dirs| dirs.data_dir().join(MODEL_FILE));
    let shared = ["/usr/share/dlib", "/usr/local/share/dlib"].map(|folder| Path::new(folder).join(MODEL_FILE));
    named.chain(own).chain(shared).collect()
}

/// What is wrong with a model file.
enum Unfit {
    /// It cannot be read.
    Unreadable(std::io::Error),
    /// It is not the published one.
    Damaged,
}

impl Published {
    /// Lets dlib `open` the file, if it is this one.
    fn open<T>(&self, path: &Path, open: impl FnOnce(&Path) -> Result<T, String>) -> Result<T, Unfit> {
        self.check(path)?;
        // dlib takes the path as a C string and the binding panics on one that is not UTF-8.
        path.to_str().filter(|p| !p.contains('\0')).ok_or(Unfit::Damaged)?;
        open(path).map_err(|message| {
            tracing::warn!(message, "dlib refused a model");
            Unfit::Damaged
        })
    }

    fn check(&self, path: &Path) -> Result<(), Unfit> {
        // Looked at before it is opened: opening a pipe would wait for somebody to write into it.
        let about = std::fs::metadata(path).map_err(Unfit::Unreadable)?;
        if !about.is_file() || about.len() != self.bytes {
            return Err(Unfit::Damaged);
        }
        let file = std::fs::File::open(path).map_err(Unfit::Unreadable)?;
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(file.take(self.bytes)).map_err(Unfit::Unreadable)?;
        if hasher.finalize().to_hex().as_str() == self.blake3 { Ok(()) } else { Err(Unfit::Damaged) }
    }
}

/// Detector and predictor for one thread.
pub struct DlibFinder {
    model: Arc<FaceModel>,
    /// From the first picture on: beside a reader that sees the face none is ever asked for.
    detector: Option<FaceDetector>,
}

impl std::fmt::Debug for DlibFinder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DlibFinder").finish_non_exhaustive()
    }
}

impl DlibFinder {
    /// A finder that shares the model.
    pub fn new(model: Arc<FaceModel>) -> Self {
        Self { model, detector: None }
    }

    fn detector(&mut self) -> &FaceDetector {
        let spare = || self.model.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        self.detector.get_or_insert_with(|| spare().unwrap_or_default())
    }
}

impl Drop for DlibFinder {
    fn drop(&mut self) {
        self.model.spare.lock().unwrap_or_else(PoisonError::into_inner).extend(self.detector.take());
    }
}

impl FaceFinder for DlibFinder {
    fn detect(&mut self, picture: &RgbImage) -> Vec<PixelBox> {
        let Some(matrix) = matrix(picture) else { return Vec::new() };
        self.detector().face_locations(&matrix).iter().map(pixel_box).collect()
    }

    fn predict(&mut self, picture: &RgbImage, boxes: &[PixelBox]) -> Option<Vec<Landmarks>> {
        let matrix = matrix(picture)?;
        let model = &self.model;
        boxes.par_iter().map(|face| model.landmarks(&matrix, &rectangle(face, picture)?)).collect()
    }
}

/// Tells persons apart: the network of dlib's face recognition, on the chip of 150 pixels that dlib cuts out around the 68 landmarks. For one thread.
pub struct FaceDescriber {
    network: FaceEncoderNetwork,
    model: Arc<FaceModel>,
}

impl std::fmt::Debug for FaceDescriber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FaceDescriber").finish_non_exhaustive()
    }
}

impl FaceDescriber {
    /// Loads the network; the landmarks are those of `model`.
    ///
    /// # Errors
    /// [`DescriptorError`].
    pub fn load(path: &Path, model: Arc<FaceModel>) -> Result<Self, DescriptorError> {
        let network = DESCRIPTOR.open(path, |path| FaceEncoderNetwork::open(path)).map_err(|unfit| match unfit {
            Unfit::Unreadable(cause) => DescriptorError::Unreadable { path: path.to_owned(), cause },
            Unfit::Damaged => DescriptorError::Damaged { path: path.to_owned() },
        })?;
        Ok(Self { network, model })
    }

    /// The descriptor of the face in a box, in pixels of the picture; `None` where dlib cannot look.
    pub fn describe(&self, picture: &RgbImage, face: &PixelBox) -> Option<FaceDescriptor> {
        let matrix = matrix(picture)?;
        let landmarks = self.model.predictor.face_landmarks(&matrix, &rectangle(face, picture)?);
        // Once, as it is: jittered copies would make it random.
        let described = self.network.get_face_encodings(&matrix, &[landmarks], 0);
        FaceDescriptor::new(described.first()?.as_ref())
    }
}

/// A copy in dlib's own layout; `None` for pictures it must not see.
fn matrix(picture: &RgbImage) -> Option<ImageMatrix> {
    let (width, height) = picture.dimensions();
    let bytes = width as usize * height as usize * 3;
    if !SIDES_PX.contains(&width) || !SIDES_PX.contains(&height) || picture.as_raw().len() < bytes {
        return None;
    }
    #[expect(unsafe_code, reason = "the binding's only constructor for pictures of image 0.25 takes a bare pointer")]
    // SAFETY: the buffer holds width * height * 3 bytes, checked above, and dlib copies them before `new` returns.
    Some(unsafe { ImageMatrix::new(width as usize, height as usize, picture.as_raw().as_ptr()) })
}

fn pixel_box(found: &Rectangle) -> PixelBox {
    PixelBox { left: found.left as f32, top: found.top as f32, right: found.right as f32 + 1.0, bottom: found.bottom as f32 + 1.0 }
}

/// dlib's whole-pixel rectangle; `None` for a box that is not finite, too small, or far larger than the picture or away from it.
fn rectangle(face: &PixelBox, picture: &RgbImage) -> Option<Rectangle> {
    let reach = 4.0 * picture.width().max(picture.height()) as f32;
    let edges = [face.left, face.top, face.right - 1.0, face.bottom - 1.0];
    let sane = edges.iter().all(|edge| edge.is_finite() && edge.abs() < reach) && face.width() >= 8.0 && face.height() >= 8.0;
    let [left, top, right, bottom] = edges.map(|edge| edge.round() as std::ffi::c_long);
    sane.then_some(Rectangle { left, top, right, bottom })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finder() -> DlibFinder {
        DlibFinder::new(Arc::new(FaceModel::load(None).expect("the tests need the model of libdlib-data")))
    }

    #[test]
    fn a_detector_is_made_for_the_first_picture_and_kept_for_others() {
        let mut first = finder();
        assert!(first.detector.is_none(), "nothing was asked for");
        first.detect(&RgbImage::new(64, 64));
        assert!(first.detector.is_some(), "now it was");
        let model = Arc::clone(&first.model);
        let spare = || model.spare.lock().unwrap_or_else(PoisonError::into_inner).len();
        drop(first);
        assert_eq!(spare(), 1, "it is kept");
        DlibFinder::new(Arc::clone(&model)).detector();
        assert_eq!(spare(), 1, "and lent");
    }

    #[test]
    fn a_missing_model_names_the_package_to_install() {
        let error = TrackError::Missing { looked_in: model_places(Some(Path::new("nowhere/model.dat"))) };
        let message = error.to_string();
        assert!(message.contains("apt-get install libdlib-data"), "no remedy in: {message}");
        assert!(message.contains("nowhere/model.dat") && message.contains("/usr/share/dlib"), "no places in: {message}");
    }

    #[test]
    fn a_damaged_model_never_reaches_dlib() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join(MODEL_FILE);
        for length in [0, 1000, LANDMARKS.bytes] {
            std::fs::File::create(&path).and_then(|f| f.set_len(length)).expect("a sparse file");
            assert!(matches!(FaceModel::load_file(&path), Err(TrackError::Damaged { .. })), "{length} zero bytes were loaded");
        }
        assert!(matches!(FaceModel::load_file(folder.path()), Err(TrackError::Damaged { .. })), "a folder was loaded");
        assert!(
            matches!(FaceModel::load_file(&folder.path().join("none")), Err(TrackError::Unreadable { .. })),
            "a missing file was loaded"
        );
    }

    #[test]
    fn what_is_no_descriptor_model_never_reaches_dlib() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join(DESCRIPTOR_FILE);
        let model = Arc::clone(&finder().model);
        let load = |path: &Path| FaceDescriber::load(path, Arc::clone(&model)).map(|_| ()).expect_err("no such model");
        for length in [0, 1000, DESCRIPTOR.bytes] {
            std::fs::File::create(&path).and_then(|f| f.set_len(length)).expect("a sparse file");
            let error = load(&path);
            assert!(matches!(error, DescriptorError::Damaged { .. }) && error.to_string().contains(DESCRIPTOR_FILE), "{length}: {error}");
        }
        let landmarks = model_places(None).into_iter().find(|place| place.exists()).expect("the tests need the model of libdlib-data");
        assert!(matches!(load(&landmarks), DescriptorError::Damaged { .. }), "another model of dlib's");
        assert!(matches!(load(folder.path()), DescriptorError::Damaged { .. }), "a folder");
        let missing = load(&folder.path().join("none"));
        assert!(matches!(missing, DescriptorError::Unreadable { .. }) && missing.to_string().contains("none"), "a missing file: {missing}");
    }

    #[test]
    fn pictures_and_boxes_that_dlib_must_not_see_are_held_back() {
        let mut finder = finder();
        let square = PixelBox { left: 10.0, top: 10.0, right: 90.0, bottom: 90.0 };
        assert!(finder.detect(&RgbImage::new(0, 0)).is_empty(), "an empty picture has a face");
        assert!(finder.detect(&RgbImage::new(5, 900)).is_empty(), "a sliver has a face");
        assert!(finder.predict(&RgbImage::new(0, 7), &[square]).is_none(), "landmarks in an empty picture");
        let picture = RgbImage::new(100, 100);
        assert_eq!(finder.predict(&picture, &[square, square]).map(|found| found.len()), Some(2), "one answer for each box");
        for wild in [f32::NAN, f32::INFINITY, 1e9, -4000.0] {
            assert!(finder.predict(&picture, &[square, PixelBox { right: wild, ..square }]).is_none(), "a box that ends at {wild}");
        }
    }
}
