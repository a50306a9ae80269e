//! Clips become material for training: tracked, cut out around the face, and kept in the run's folder, so that a resumed run finds them ready.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use glam::Vec2;
use image::RgbImage;

use super::run::RunArgs;
use crate::capture::{self, OpenOptions, SourceSpec};
use crate::cli::common;
use crate::data::{CROP_PX, Crop, FaceMotion, Input};
use crate::face::{FacePlace, UprightCut};
use crate::pipeline::Progress;
use crate::portrait;
use crate::track::{FaceModel, FaceReader, TrackOptions, Tracker};
use crate::train::{ClipDataset, ClipFrame, FEWEST_CLIP_FRAMES, MOST_CLIP_FRAMES, PreparedClip};

/// Clips to learn from.
#[derive(clap::Args)]
pub(super) struct ClipArgs {
    /// Clips to learn from instead of synthetic heads: every video in the folder is a person, and so is every folder of videos in it
    #[arg(long, value_name = "FOLDER")]
    pub(super) clips: Option<PathBuf>,
    /// Most frames that are kept of a clip; of a longer one every second, fourth, … is
    #[arg(long, default_value = "128", value_name = "COUNT", conflicts_with_all = ["facekit", "stand_in"],
        value_parser = clap::value_parser!(u64).range(FEWEST_CLIP_FRAMES as u64..=MOST_CLIP_FRAMES as u64))]
    clip_frames: u64,
    #[command(flatten)]
    model: common::ModelArgs,
}

/// Folder of the prepared clips in the run's.
const PREPARED: &str = "prepared";
/// Another way of preparing gets another number, so that older files are not taken for new ones.
const WAY: u32 = 1;
/// How far outside the cut landmarks may lie, in its pixels: farther out the face has left it.
const OUTSIDE_PX: f32 = 12.0;

/// The clips of a folder, prepared now or before.
pub(super) fn clips(folder: &Path, args: &ClipArgs, run: &RunArgs) -> anyhow::Result<ClipDataset> {
    let persons = persons_in(folder)?;
    let prepared = run.output.join(PREPARED);
    std::fs::create_dir_all(&prepared).with_context(|| format!("{} cannot be made", prepared.display()))?;
    let mut preparer = Preparer { prepared, most: args.clip_frames as usize, args, model: None, quiet: run.json };
    let mut found = Vec::with_capacity(persons.len());
    for files in persons {
        let mut clips = Vec::with_capacity(files.len());
        for file in files {
            clips.extend(preparer.clip(&file)?);
        }
        found.push(clips);
    }
    let source = ClipDataset::new(found).with_context(|| {
        format!(
            "no clip in {} can be learnt from: each must show a face from near enough in at least {FEWEST_CLIP_FRAMES} frames; \
             give clips of one person each, the face not much turned away",
            folder.display()
        )
    })?;
    if !run.json {
        let [frames, clips, held_out] = source.frames();
        say!("{clips} clip(s) of {} person(s), {frames} frames, {held_out} of them held out", source.identities());
    }
    Ok(source)
}

/// The files of each person: a clip by itself, or all clips of a folder.
fn persons_in(folder: &Path) -> anyhow::Result<Vec<Vec<PathBuf>>> {
    let mut persons: Vec<Vec<PathBuf>> = common::clips_in(folder)?.into_iter().map(|clip| vec![clip]).collect();
    let entries = std::fs::read_dir(folder).with_context(|| format!("the folder {} cannot be read", folder.display()))?;
    let mut folders: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir()).collect();
    folders.sort();
    for folder in folders {
        persons.push(common::clips_in(&folder)?);
    }
    persons.retain(|clips| !clips.is_empty());
    if persons.is_empty() {
        anyhow::bail!(
            "{} holds no clip: put videos (MP4, MOV, WebM, MKV, AVI) into it, or into a folder for each person",
            folder.display()
        );
    }
    Ok(persons)
}

struct Preparer<'a> {
    prepared: PathBuf,
    most: usize,
    args: &'a ClipArgs,
    /// Loaded when the first clip has to be tracked.
    model: Option<Arc<FaceModel>>,
    quiet: bool,
}

impl Preparer<'_> {
    /// The clip from its prepared file, which is made when there is none or a damaged one. `None`, with a warning, for a clip that cannot be learnt from.
    fn clip(&mut self, path: &Path) -> anyhow::Result<Option<PreparedClip>> {
        let hash = match content_hash(path) {
            Ok(hash) => hash,
            Err(cause) => {
                tracing::warn!("{} cannot be read ({cause}); it is left out", path.display());
                return Ok(None);
            }
        };
        let stored = self.prepared.join(format!("{hash}-{WAY}-{}.clip", self.most));
        let opened = PreparedClip::open(&stored);
        let clip = match opened {
            Ok(clip) => clip,
            Err(cause) => {
                if stored.exists() {
                    tracing::warn!("{}: {cause}; it is made again", stored.display());
                }
                let Some(frames) = self.frames(path)? else { return Ok(None) };
                PreparedClip::write(&stored, &frames)?;
                PreparedClip::open(&stored).with_context(|| format!("{} cannot be read", stored.display()))?
            }
        };
        if clip.frames() < FEWEST_CLIP_FRAMES {
            tracing::warn!(
                "{}: a face in {} of the frames, {FEWEST_CLIP_FRAMES} are needed; it is left out",
                path.display(),
                clip.frames()
            );
            return Ok(None);
        }
        Ok(Some(clip))
    }

    /// What is worth keeping of a clip. `None`, with a warning, when it cannot be decoded: that may change with the decoder.
    fn frames(&mut self, path: &Path) -> anyhow::Result<Option<Vec<ClipFrame>>> {
        let model = match &self.model {
            Some(model) => Arc::clone(model),
            None => Arc::clone(self.model.insert(common::load_model(&self.args.model)?)),
        };
        match cut_out(path, model, self.most, self.quiet) {
            Ok(frames) => Ok(Some(frames)),
            Err(cause) => {
                tracing::warn!("{cause:#}; {} is left out", path.display());
                Ok(None)
            }
        }
    }
}

/// BLAKE3 of a file's bytes.
fn content_hash(path: &Path) -> std::io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(std::fs::File::open(path)?)?;
    Ok(hasher.finalize().to_hex().as_str()[..32].to_owned())
}

/// Frames of a clip cut out by one square that stays the same, as a camera on a stand would see the head.
///
/// The clip is read twice, since the square is known only when all faces are and the pictures would fill the memory.
fn cut_out(path: &Path, model: Arc<FaceModel>, most: usize, quiet: bool) -> anyhow::Result<Vec<ClipFrame>> {
    // As they are: smoothed landmarks lag behind the picture.
    let mut tracker = Tracker::new(Some(model), TrackOptions { smoothing: 0.0, reader: FaceReader::Dlib, ..TrackOptions::default() });
    let bar = common::ProgressLine::new(quiet);
    let mut tracked = Thinned::new(most);
    read(path, |index, total, input| {
        bar.show(Progress { frames: index as u64 + 1, total, finishing: None });
        if tracked.wants(index) {
            tracked.keep(index, tracker.track(input).face);
        }
    })?;
    bar.clear();
    let mut wanted: Vec<(usize, FaceMotion)> = tracked.kept.into_iter().filter_map(|(index, face)| Some((index, face?))).collect();
    let Some(crop) = steady_crop(wanted.iter().map(|(_, face)| face)) else { return Ok(Vec::new()) };
    wanted.retain(|(_, face)| stays_inside(&crop, face));
    let mut frames = Vec::with_capacity(wanted.len());
    let mut next = wanted.iter().peekable();
    read(path, |index, _, input| {
        if let Input::Frame(frame) = input
            && let Some((_, face)) = next.next_if(|(at, _)| *at == index)
        {
            frames.extend(cut(&frame.pixels, &crop, face));
        }
    })?;
    Ok(frames)
}

/// Hands over every frame of a clip with its number and, where it is known, their count.
fn read(path: &Path, mut each: impl FnMut(usize, Option<u64>, Input)) -> anyhow::Result<()> {
    let spec = SourceSpec::Clip { path: path.to_owned(), looped: false };
    let mut source = capture::open(&spec, OpenOptions::default())?;
    let total = source.info().frames;
    let mut index = 0;
    while let Some(input) = source.next().map_err(|cause| anyhow!("cannot read {}: {cause}", path.display()))? {
        each(index, total, input);
        index += 1;
    }
    Ok(())
}

/// Keeps at most so many of a sequence, evenly: every one first, then every second, every fourth and so on.
struct Thinned<T> {
    most: usize,
    step: usize,
    kept: Vec<(usize, T)>,
}

impl<T> Thinned<T> {
    fn new(most: usize) -> Self {
        Self { most: most.max(1), step: 1, kept: Vec::new() }
    }

    fn wants(&self, index: usize) -> bool {
        index.is_multiple_of(self.step)
    }

    fn keep(&mut self, index: usize, item: T) {
        self.kept.push((index, item));
        while self.kept.len() > self.most {
            self.step *= 2;
            let step = self.step;
            self.kept.retain(|(index, _)| index.is_multiple_of(step));
        }
    }
}

/// The middle one of the faces' crops, in place and in size. `None` without a face.
fn steady_crop<'a>(faces: impl Iterator<Item = &'a FaceMotion>) -> Option<Crop> {
    let crops: Vec<Crop> = faces.filter_map(|face| portrait::crop_around(&face.landmarks_in_frame)).collect();
    let middle = |value: fn(&Crop) -> f32| {
        let mut values: Vec<f32> = crops.iter().map(value).collect();
        values.sort_by(f32::total_cmp);
        values.get(values.len() / 2).copied()
    };
    let side_px = middle(|crop| crop.side_px)?;
    let centre = [middle(|crop| crop.origin_px[0] + 0.5 * crop.side_px)?, middle(|crop| crop.origin_px[1] + 0.5 * crop.side_px)?];
    Some(Crop { origin_px: centre.map(|c| (c - 0.5 * side_px).round()), side_px })
}

/// Whether all of a face lies in a crop, or nearly.
fn stays_inside(crop: &Crop, face: &FaceMotion) -> bool {
    let inside = |p: Vec2| p.cmpge(Vec2::splat(-OUTSIDE_PX)).all() && p.cmple(Vec2::splat(CROP_PX + OUTSIDE_PX)).all();
    face.landmarks_in_frame.0.iter().all(|p| inside(crop.crop_from_image(*p)))
}

/// The crop of a frame at the networks' size, with its face; the picture's border is repeated beyond its edges.
fn cut(picture: &RgbImage, crop: &Crop, face: &FaceMotion) -> Option<ClipFrame> {
    let centre = Vec2::from_array(crop.origin_px) + 0.5 * crop.side_px - 0.5;
    let square = FacePlace { centre, side_px: crop.side_px, roll_rad: 0.0 };
    let pixels = UprightCut::new(picture, &square, CROP_PX as u32, 0.0)?.pixels;
    let landmarks = face.landmarks_in_frame.0.map(|p| crop.crop_from_image(p));
    let pupils = face.pupils_in_frame.map(|pupils| pupils.map(|p| crop.crop_from_image(p)));
    Some(ClipFrame { pixels, landmarks, pupils })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Landmarks;
    use crate::face::template;

    fn face(shift: Vec2) -> FaceMotion {
        let landmarks_in_frame = Landmarks(template().map(|p| p.truncate() * 60.0 + Vec2::new(400.0, 300.0) + shift));
        let pupils_in_frame = Some(landmarks_in_frame.eye_centres());
        FaceMotion { pupils_in_frame, ..FaceMotion::of_landmarks(landmarks_in_frame, [800, 600]) }
    }

    #[test]
    fn long_clips_are_thinned_evenly() {
        let mut thinned = Thinned::new(10);
        (0..75).for_each(|index| {
            if thinned.wants(index) {
                thinned.keep(index, ());
            }
        });
        let kept: Vec<usize> = thinned.kept.iter().map(|(index, ())| *index).collect();
        assert_eq!(kept, [0, 8, 16, 24, 32, 40, 48, 56, 64, 72], "every eighth");
    }

    #[test]
    fn the_crop_stays_where_the_head_mostly_is_and_cuts_faces_out_in_their_place() {
        let mut faces: Vec<FaceMotion> = (0..9).map(|k| face(Vec2::new(k as f32 - 4.0, 0.0))).collect();
        faces.push(face(Vec2::new(900.0, 0.0)));
        let Some(crop) = steady_crop(faces.iter()) else { panic!("there are faces") };
        let alone = portrait::crop_around(&faces[5].landmarks_in_frame);
        assert_eq!(Some(crop), alone, "that of the middle one, whatever one runaway does");
        assert!(stays_inside(&crop, &faces[0]) && !stays_inside(&crop, &faces[9]), "the runaway is outside");
        assert!(steady_crop(std::iter::empty()).is_none(), "nobody");
        // A white dot on the tip of the nose.
        let nose = faces[4].landmarks_in_frame.0[30].round();
        let mut picture = RgbImage::new(800, 600);
        for (x, y) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            picture.put_pixel(nose.x as u32 + x, nose.y as u32 + y, image::Rgb([255; 3]));
        }
        let Some(frame) = cut(&picture, &crop, &faces[4]) else { panic!("a crop") };
        let brightest = frame.pixels.enumerate_pixels().max_by_key(|(_, _, p)| p.0[0]).map(|(x, y, _)| Vec2::new(x as f32, y as f32));
        let off = brightest.map_or(f32::INFINITY, |at| at.distance(frame.landmarks[30]));
        assert!(off < 1.6, "the landmark is {off} pixels off the dot");
        assert!(frame.pupils.is_some_and(|p| p[0].distance(frame.landmarks[37]) < 8.0), "pupils move along");
    }

    #[test]
    fn every_clip_is_a_person_and_so_is_every_folder_of_clips() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        assert!(persons_in(folder.path()).is_err_and(|e| e.to_string().contains("holds no clip")), "an empty folder");
        std::fs::create_dir_all(folder.path().join("ann"))?;
        std::fs::create_dir_all(folder.path().join("empty"))?;
        for name in ["b.mp4", "a.MOV", "notes.txt", "ann/2.webm", "ann/1.mkv"] {
            std::fs::write(folder.path().join(name), b"")?;
        }
        let names = |clips: &Vec<PathBuf>| -> Vec<String> {
            clips.iter().map(|p| p.file_name().unwrap_or_default().to_string_lossy().into_owned()).collect()
        };
        let found: Vec<Vec<String>> = persons_in(folder.path())?.iter().map(names).collect();
        assert_eq!(found, [vec!["a.MOV"], vec!["b.mp4"], vec!["1.mkv", "2.webm"]], "sorted, folders behind");
        assert!(persons_in(&folder.path().join("nowhere")).is_err_and(|e| e.to_string().contains("cannot be read")), "no folder");
        Ok(())
    }
}
