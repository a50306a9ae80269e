//! Reading clips: which files there are, and the frames and faces of each.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::{DynamicImage, RgbImage};

use super::output::Bar;
use super::{Args, common};
use crate::capture::{self, CaptureError, OpenOptions, SourceSpec};
use crate::data::{Input, Landmarks, PixelBox};
use crate::evaluate::{EvaluationClip, SeenFace};
use crate::face::{FaceFinder as _, FaceFinders, FacePlace, MeshFinder, MeshModel};
use crate::portrait::{self, FaceCandidate};
use crate::runtime::StopFlag;
use crate::track::{self, DlibFinder, FaceDescriber, FaceModel, FaceReader, MeshReader};

/// The clips named, folders replaced by the video files in them.
pub(super) fn clip_files(named: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in named {
        if path.is_dir() {
            let inside = common::clips_in(path)?;
            if inside.is_empty() {
                anyhow::bail!("{} holds no clip: name the files, or a folder with MP4 files in it", path.display());
            }
            files.extend(inside);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

/// What a clip is called: its file's name without the ending.
pub(super) fn clip_name(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// The frames and faces of a clip; `None` when it was stopped.
pub(super) fn read_clip(
    path: &Path,
    args: &Args,
    detector: &mut FaceDetectors,
    stop: &StopFlag,
    bar: &Bar,
) -> anyhow::Result<Option<EvaluationClip>> {
    let spec = SourceSpec::Clip { path: path.to_owned(), looped: false };
    let source = capture::open(&spec, OpenOptions::full_size())?;
    let limit = args.max_frames.unwrap_or(usize::MAX);
    bar.begin(source.info().frames.map(|frames| frames.min(limit as u64)), "reading");
    let frames = Frames(source).take(limit).take_while(|_| !stop.is_set()).inspect(|_| bar.step());
    let most = args.shots.iter().max().map_or(0, |most| most - 1);
    let clip = EvaluationClip::read(&clip_name(path), most, frames, &mut |picture| detector.largest(picture));
    // Of a clip that was not read to its end the targets would be others.
    if stop.is_set() {
        return Ok(None);
    }
    let clip = clip?;
    let there_are = clip.shots(most).len();
    if there_are < most {
        bar.aside(|| tell!("retrato: {} has only {} frames that can be sources", clip.name, there_are + 1));
    }
    Ok(Some(clip))
}

/// The pictures of a clip, one after the other.
struct Frames(capture::BoxedSource);

impl Iterator for Frames {
    type Item = Result<Arc<RgbImage>, CaptureError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.0.next() {
                Ok(Some(Input::Frame(frame))) => return Some(Ok(frame.pixels)),
                Ok(Some(Input::Motion(..))) => {}
                Ok(None) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// dlib on the picture as it is, as the reference measures do, and the program's own reading of it.
pub(super) struct FaceDetectors {
    finder: DlibFinder,
    mesh: Option<MeshReader>,
    describer: Option<FaceDescriber>,
}

impl FaceDetectors {
    /// With `describer`, faces are described, too.
    pub(super) fn new(model: Arc<FaceModel>, describer: Option<FaceDescriber>, reader: FaceReader) -> Self {
        let mesh = match reader {
            FaceReader::Best => MeshReader::load().inspect_err(|error| tracing::warn!("{error}")).ok(),
            FaceReader::Dlib => None,
        };
        Self { finder: DlibFinder::new(model), mesh, describer }
    }

    /// What the models are shown, for people.
    pub(super) fn reader_name(&self) -> &'static str {
        if self.mesh.is_some() { "face reader, and by dlib where it sees no face" } else { "landmark model of dlib" }
    }

    /// The largest face in a picture.
    pub(super) fn largest(&mut self, picture: &RgbImage) -> Option<SeenFace> {
        let faces = self.finder.detect(picture);
        let largest = faces.into_iter().max_by(|a, b| a.area().total_cmp(&b.area()))?;
        let landmarks = self.finder.predict(picture, &[largest])?.pop()?;
        let descriptor = self.describer.as_ref().and_then(|describer| describer.describe(picture, &largest));
        let fine = portrait::read_in_box(&mut self.finders(), picture, &largest)?;
        Some(SeenFace { landmarks, descriptor, ..seen(fine) })
    }

    /// The largest face of a driver as the program follows it: by the face reader, and by dlib where that sees nobody.
    pub(super) fn driver(&mut self, picture: &RgbImage) -> Option<SeenFace> {
        let read = self.mesh.as_mut().and_then(|mesh| mesh.read_still(picture).into_iter().next());
        match read.and_then(|face| FacePlace::from_landmarks(&face.mesh.landmarks())) {
            Some(place) => portrait::read_in_box(&mut self.finders(), picture, &place.to_box()).map(seen),
            None => self.largest(picture),
        }
    }

    /// The largest face of a portrait: read as a driver's, so that a picture that drives itself does not move; where there is none, searched for as the program
    /// does, and at last in a box that a person would draw. Whether the box was needed.
    pub(super) fn portrait(&mut self, picture: &RgbImage, drawn: &PixelBox) -> Option<(SeenFace, bool)> {
        if let Some(face) = self.driver(picture) {
            return Some((face, false));
        }
        let pixels = DynamicImage::ImageRgb8(picture.clone()).into_rgba8();
        let mut finders = self.finders();
        match portrait::find_faces(&mut finders, &pixels).into_iter().next() {
            Some(found) => Some((seen(found), false)),
            None => portrait::fit_in_box(&mut finders, &pixels, drawn).ok().map(|fitted| (seen(fitted), true)),
        }
    }

    fn finders(&mut self) -> FaceFinders<'_> {
        let mesh = self.mesh.as_mut().map(|mesh| mesh as &mut dyn MeshFinder);
        FaceFinders { landmarks: Some(&mut self.finder), mesh }
    }
}

/// The face with the mesh that the program fits to a driver's landmarks where the reader saw none.
pub(super) fn with_mesh(face: SeenFace, picture: &RgbImage) -> SeenFace {
    let fit = || {
        let pupils = portrait::pupils(&DynamicImage::ImageRgb8(picture.clone()).into_rgba8(), &face.fine_landmarks);
        MeshModel::shipped()?.fit(&face.fine_landmarks, Some(pupils))
    };
    SeenFace { mesh: face.mesh.clone().or_else(fit), ..face }
}

/// A face as models are shown it.
fn seen(FaceCandidate { landmarks_in_image, mesh_in_image, .. }: FaceCandidate) -> SeenFace {
    let (landmarks, yaw_rad) = (landmarks_in_image.clone(), yaw_rad(&landmarks_in_image));
    SeenFace { landmarks, fine_landmarks: landmarks_in_image, mesh: mesh_in_image, yaw_rad, descriptor: None }
}

/// How far a head is turned to the side, in radians, by the rigid fit of a generic head to its landmarks that the tracker makes.
fn yaw_rad(landmarks_in_picture: &Landmarks) -> f32 {
    track::head_pose(landmarks_in_picture).yaw_rad
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::HeadPose;
    use crate::face::{rotation_from_pose, template};

    #[test]
    fn a_head_that_turns_by_known_angles_is_read_so() {
        for degrees in [-40.0_f32, -15.0, 0.0, 9.0, 35.0] {
            let pose = HeadPose { yaw_rad: degrees.to_radians(), pitch_rad: 0.1, roll_rad: -0.2 };
            let rotation = rotation_from_pose(pose);
            let landmarks = Landmarks(template().map(|p| (rotation * p).truncate() * 60.0 + 128.0));
            let read = yaw_rad(&landmarks).to_degrees();
            assert!((read - degrees).abs() < 0.5, "{read} instead of {degrees}");
        }
    }
}
