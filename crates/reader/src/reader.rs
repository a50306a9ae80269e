//! The whole reader: a face found, followed, measured.

use std::path::Path;
use std::time::Duration;

use glam::{DVec2, Vec3};
use pulp::Arch;
use retrato_core::data::COEFFICIENTS;

use crate::bundle::Bundle;
use crate::canonical::CanonicalFace;
use crate::coefficients::CoefficientNet;
use crate::detector::{Detection, Detector};
use crate::error::{ReaderError, TfliteError};
use crate::landmarks::{LandmarkNet, LandmarkOutput, POINTS};
use crate::model::Model;
use crate::picture::RgbView;
use crate::pose::FaceTransform;
use crate::region::{Region, bounds, overlap};
use crate::smoothing::{MeshSmoother, Smoothing};
use crate::still;

/// The largest file that is taken for a face model. Google's has 3.8 MB.
const LARGEST_FILE: u64 = 1 << 26;
/// Squares that are searched for small faces in each picture of a film that shows no face.
const SEARCHED_AT_ONCE: usize = 4;
/// The presence from which there is a face.
pub(crate) const PRESENT: f32 = 0.5;

/// What is read from one face.
#[derive(Clone, Debug)]
pub struct FaceReading {
    /// Landmarks in pixels of the picture; z is in the same unit, smaller towards the camera.
    pub points: [Vec3; POINTS],
    /// Landmarks before smoothing.
    pub raw: [Vec3; POINTS],
    /// How sure the network is that there is a face, between 0 and 1.
    pub presence: f32,
    /// How far the tongue is out, between 0 and 1.
    pub tongue: f32,
    /// Expression coefficients between 0 and 1, in the order of [`retrato_core::data::Coefficient`].
    pub coefficients: [f32; COEFFICIENTS],
    /// The head's pose. None where the landmarks are nearly one point.
    pub pose: Option<FaceTransform>,
    /// Where the face was looked for.
    pub region: Region,
    /// Whether it is the face of the film's last picture, as opposed to one that was searched for: that can be another person's.
    pub followed: bool,
}

/// Reads faces in films and in single pictures.
pub struct Reader {
    pub(crate) detector: Detector,
    pub(crate) landmarks: LandmarkNet,
    coefficients: CoefficientNet,
    canonical: CanonicalFace,
    smoother: MeshSmoother,
    /// Where the face of the film is expected in the next picture.
    region: Option<Region>,
    /// Squares that have been searched in vain.
    searched: usize,
}

impl Reader {
    /// Loads the bundle of models, Google's `face_landmarker.task`.
    ///
    /// # Errors
    /// Where the file cannot be read, is damaged, or is another one.
    pub fn load(path: &Path) -> Result<Self, ReaderError> {
        let file = |source| ReaderError::File { path: path.to_owned(), source };
        let bytes = std::fs::metadata(path).map_err(file)?.len();
        if bytes > LARGEST_FILE {
            return Err(ReaderError::TooLarge { path: path.to_owned(), bytes, limit: LARGEST_FILE });
        }
        Self::from_bytes(&std::fs::read(path).map_err(file)?)
    }

    /// Loads the bundle from memory.
    ///
    /// # Errors
    /// Where it is damaged or another file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ReaderError> {
        Self::for_processor(bytes, retrato_core::runtime::arch())
    }

    pub(crate) fn for_processor(bytes: &[u8], arch: Arch) -> Result<Self, ReaderError> {
        let bundle = Bundle::parse(bytes)?;
        let canonical = CanonicalFace::parse(bundle.member("geometry_pipeline_metadata_landmarks.binarypb")?)?;
        Ok(Self {
            detector: network(&bundle, "face_detector.tflite", |model| Detector::new(model, arch))?,
            landmarks: network(&bundle, "face_landmarks_detector.tflite", |model| LandmarkNet::new(model, arch))?,
            coefficients: network(&bundle, "face_blendshapes.tflite", |model| CoefficientNet::new(model, arch))?,
            smoother: MeshSmoother::new(&canonical),
            canonical,
            region: None,
            searched: 0,
        })
    }

    /// Chooses how films are smoothed.
    pub fn set_smoothing(&mut self, smoothing: Smoothing) {
        self.smoother.choose(smoothing);
    }

    /// Reads the next picture of a film, taken at `time`. The face that was read in the last one is followed.
    ///
    /// None where there is no face. A face that is lost is looked for again in the same picture; where it is small in it, that takes some pictures.
    pub fn read(&mut self, picture: &RgbView<'_>, time: Duration) -> Option<FaceReading> {
        let followed = self.region.take().and_then(|region| Some((self.present(picture, &region)?, region)));
        if followed.is_none() {
            self.forget();
        }
        let is_followed = followed.is_some();
        let (found, region) = followed.or_else(|| self.search(picture))?;
        self.region = Some(Region::around_points(&found.points));
        let points = self.smoother.smooth(&found.points, time);
        Some(FaceReading { followed: is_followed, ..self.reading(&found, &points, region, picture.size()) })
    }

    /// Looks for a face in the whole picture, then in some of the squares in which a small one would be seen: in other ones each time.
    fn search(&mut self, picture: &RgbView<'_>) -> Option<(LandmarkOutput, Region)> {
        let squares: Vec<Region> = still::squares(picture.size()).collect();
        let (whole, parts) = squares.split_first()?;
        let first = self.searched;
        let some = parts.iter().cycle().skip(first % parts.len().max(1)).take(SEARCHED_AT_ONCE.min(parts.len()));
        for square in std::iter::once(whole).chain(some) {
            let mut faces = self.detector.detect(picture, square);
            // The one before the camera, not one behind it.
            faces.sort_by(|a, b| b.size.element_product().total_cmp(&a.size.element_product()));
            for region in faces.iter().map(Detection::region) {
                if let Some(found) = self.present(picture, &region) {
                    self.searched = 0;
                    return Some((found, region));
                }
            }
        }
        self.searched = first.wrapping_add(SEARCHED_AT_ONCE);
        None
    }

    /// Looks for the face of the film in this region of the next picture, for instance around another of the faces that [`Self::detect`] sees.
    pub fn follow(&mut self, region: Region) {
        self.forget();
        self.region = Some(region);
    }

    /// Forgets the face of the film: the next picture is searched anew.
    pub fn forget(&mut self) {
        self.region = None;
        self.smoother.reset();
    }

    /// Reads the faces of a single picture, the largest first. Does not touch the film.
    pub fn read_still(&mut self, picture: &RgbView<'_>) -> Vec<FaceReading> {
        still::faces(self, picture).into_iter().map(|(found, region)| self.reading(&found, &found.points, region, picture.size())).collect()
    }

    /// Reads the face in a region of a single picture, if there is one. Does not touch the film.
    pub fn read_region(&mut self, picture: &RgbView<'_>, region: &Region) -> Option<FaceReading> {
        let found = self.present(picture, region)?;
        Some(self.reading(&found, &found.points, *region, picture.size()))
    }

    /// The regions of faces in a single picture that the detector sees at once, the surest first.
    pub fn detect(&mut self, picture: &RgbView<'_>) -> Vec<Region> {
        self.detector.detect(picture, &Region::whole(picture.size())).iter().map(Detection::region).collect()
    }

    /// Coefficients and pose of a face that is not read but made, from its points in pixels of a picture of this size.
    pub fn measure(&mut self, points: &[Vec3; POINTS], picture: DVec2) -> ([f32; COEFFICIENTS], Option<FaceTransform>) {
        (self.coefficients.read(points), FaceTransform::fit(&self.canonical, points, picture))
    }

    /// Runs each network once on what it was run on last, and says what its steps took. For benchmarks.
    pub fn profile(&mut self) -> Vec<(&'static str, String, Duration)> {
        let networks =
            [("detector", &mut self.detector.plan), ("landmarks", &mut self.landmarks.plan), ("coefficients", &mut self.coefficients.plan)];
        networks.into_iter().flat_map(|(name, plan)| plan.profile().into_iter().map(move |(step, time)| (name, step, time))).collect()
    }

    /// The landmarks in a region, if it holds a face.
    pub(crate) fn present(&mut self, picture: &RgbView<'_>, region: &Region) -> Option<LandmarkOutput> {
        self.landmarks.read(picture, region).filter(|found| found.presence > PRESENT)
    }

    fn reading(&mut self, found: &LandmarkOutput, points: &[Vec3; POINTS], region: Region, picture: DVec2) -> FaceReading {
        let coefficients = self.coefficients.read(points);
        let pose = FaceTransform::fit(&self.canonical, points, picture);
        FaceReading {
            points: *points,
            raw: found.points,
            presence: found.presence,
            tongue: found.tongue,
            coefficients,
            pose,
            region,
            followed: false,
        }
    }
}

fn network<T>(bundle: &Bundle<'_>, name: &'static str, of: impl FnOnce(&Model) -> Result<T, TfliteError>) -> Result<T, ReaderError> {
    let model = Model::parse(bundle.member(name)?);
    model.and_then(|model| of(&model)).map_err(|source| ReaderError::Network { name, source })
}

/// Whether two sets of landmarks are of the same face.
pub(crate) fn same_face(a: &LandmarkOutput, b: &LandmarkOutput) -> bool {
    overlap(bounds(&a.points), bounds(&b.points)) > 0.3
}

#[cfg(test)]
mod tests {
    use test_needs::needs;

    use super::*;
    use crate::error::BundleError;
    use crate::kernels::{every_width, noise};
    use crate::plan::Plan;

    fn bundle() -> Vec<u8> {
        std::fs::read(crate::testing::model_file()).unwrap()
    }

    fn floats(bytes: &[u8]) -> Vec<f32> {
        bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
    }

    /// The largest difference between recorded values and what a network makes of its input, on the narrowest vectors or the widest.
    fn worst(plan: &mut Plan, input: &[f32], pick: impl Fn(&Plan) -> Vec<f32>, wanted: &[u8]) -> f32 {
        plan.input_mut().copy_from_slice(input);
        plan.run();
        let (got, wanted) = (pick(plan), floats(wanted));
        assert_eq!(got.len(), wanted.len());
        got.iter().zip(wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn a_reader_may_move_to_another_thread() {
        fn assert_send<T: Send>() {}
        assert_send::<Reader>();
    }

    #[test]
    fn a_file_that_is_missing_or_no_model_says_what_to_do() {
        let missing = Reader::load("/no/such/file".as_ref()).err().unwrap().to_string();
        assert!(missing.contains("make reader-model") && missing.contains("/no/such/file"), "{missing}");
        for bytes in [&b""[..], b"not a zip file at all, but longer than the end record of one"] {
            let damaged = Reader::from_bytes(bytes).err().unwrap().to_string();
            assert!(damaged.contains("damaged") && damaged.contains("make reader-model"), "{damaged}");
        }
    }

    #[needs(face_model)]
    #[test]
    fn networks_give_the_recorded_values_on_every_vector_width() {
        let bytes = bundle();
        for arch in every_width() {
            let mut reader = Reader::for_processor(&bytes, arch).unwrap();
            let boxes_and_scores = |plan: &Plan| plan.output(0).iter().step_by(8).chain(plan.output(1)).copied().collect();
            let plan = &mut reader.detector.plan;
            let detector = worst(plan, &noise(3 * 128 * 128, 1), boxes_and_scores, include_bytes!("../tests/data/detector_of_noise.f32"));
            assert!(detector < 2e-3, "detector: {detector}");

            let all = |plan: &Plan| [0, 1, 2].map(|i| plan.output(i)).concat();
            let plan = &mut reader.landmarks.plan;
            let input: Vec<f32> = noise(3 * 256 * 256, 2).iter().map(|v| (v + 1.0) / 2.0).collect();
            let landmarks = worst(plan, &input, all, include_bytes!("../tests/data/landmarks_of_noise.f32"));
            assert!(landmarks < 1e-3, "landmarks of noise: {landmarks}");

            let pixels = include_bytes!("../tests/data/portrait.rgb");
            let picture = RgbView::new(pixels, 144, 144).unwrap();
            let mut input = vec![0.0; 3 * 256 * 256];
            let whole = Region::whole(picture.size());
            picture.sample(&whole, 256, crate::picture::Outside::Edge, [1.0 / 255.0, 0.0], &mut input);
            let landmarks = worst(plan, &input, all, include_bytes!("../tests/data/landmarks_of_portrait.f32"));
            assert!(landmarks < 1e-3, "landmarks of a face: {landmarks}");

            let points: Vec<f32> = noise(2 * 146, 3).iter().map(|v| v * 100.0).collect();
            let values = |plan: &Plan| plan.output(0).to_vec();
            let coefficients =
                worst(&mut reader.coefficients.plan, &points, values, include_bytes!("../tests/data/coefficients_of_noise.f32"));
            assert!(coefficients < 1e-4, "coefficients: {coefficients}");
        }
    }

    #[needs(face_model)]
    #[test]
    fn cut_and_changed_files_are_refused_or_read_without_harm() {
        let bytes = bundle();
        for length in (0..bytes.len()).step_by(97_003).chain([bytes.len() - 1]) {
            assert!(Reader::from_bytes(&bytes[..length]).is_err(), "cut at {length}");
        }
        let mut changed = bytes.clone();
        changed[1_000_000] ^= 1;
        assert!(matches!(Reader::from_bytes(&changed), Err(ReaderError::Bundle(BundleError::CheckSum))), "a weight was changed");
    }

    /// Networks are changed here behind the check sum, as a stranger's file could be.
    #[needs(face_model)]
    #[test]
    fn changed_networks_are_refused_or_run_without_harm() {
        let bytes = bundle();
        let bundle = Bundle::parse(&bytes).unwrap();
        let (mut refused, mut run) = (0, 0);
        for name in ["face_blendshapes.tflite", "face_detector.tflite"] {
            let member = bundle.member(name).unwrap();
            for length in (0..member.len()).step_by(member.len() / 40) {
                assert!(Model::parse(&member[..length]).is_err(), "{name} cut at {length}");
            }
            // The structure of these files, as opposed to their weights, lies near their start and their end.
            let random = noise(600, 5);
            for (i, r) in random.iter().enumerate() {
                let near = (r.abs() * 24_000.0) as usize;
                let at = if i % 2 == 0 { near } else { member.len() - 1 - near };
                let mut changed = member.to_vec();
                changed[at] ^= [1, 0x10, 0x80, 0xFF][i % 4];
                let Ok(plan) = Model::parse(&changed).and_then(|model| Plan::new(&model, Arch::new())) else {
                    refused += 1;
                    continue;
                };
                let mut plan = plan;
                plan.run();
                run += 1;
            }
        }
        assert!(refused > 100 && run > 100, "{refused} refused, {run} run");
    }
}
