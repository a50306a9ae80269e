//! The enrolling thread: a picture from the user becomes a portrait, beside the live work.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use crossbeam::channel::{Receiver, Sender};

use super::command::{Command, LivePortrait, PictureToAdd};
use super::error::PipelineError;
use super::known_faces;
use super::shared::PipelineState;
use crate::builtin;
use crate::data::{PixelBox, Portrait};
use crate::face::{FaceFinder, FaceFinders, MeshFinder};
use crate::portrait::{self, FaceCandidate, OpenLimits, Picture, PortraitError};
use crate::runtime::{FileCache, StopFlag, Worker};
use crate::session::{Event, FaceQuestion, FaceShare, PictureInput, PortraitChoice, PortraitOrigin, RequestId};
use crate::track::{DlibFinder, FaceModel, MeshReader};

/// Two boxes with at least this overlap (area of the intersection over that of the union) are round one face: neighbours in a crowd overlap less.
const SAME_PLACE: f32 = 0.4;

/// An opened picture and the faces in it, the largest first.
#[derive(Debug)]
pub struct OpenedPicture {
    /// The picture.
    pub picture: Picture,
    /// Its faces; may be empty.
    pub faces: Vec<FaceCandidate>,
}

impl OpenedPicture {
    /// Opens a picture and looks for faces, or takes them from the `known` ones. Faces are read by the face reader and found by the landmark model; with neither,
    /// none are found.
    ///
    /// # Errors
    /// A picture that cannot be opened.
    pub fn open(input: PictureInput, model: Option<&Arc<FaceModel>>, known: Option<&FileCache>) -> Result<Self, PortraitError> {
        Self::open_with_early(input, model, known, |_, _| {})
    }

    /// The same; where faces have to be looked for, calls `early` with the largest one before the search is over.
    fn open_with_early(
        input: PictureInput,
        model: Option<&Arc<FaceModel>>,
        known: Option<&FileCache>,
        early: impl FnOnce(&Picture, &FaceCandidate),
    ) -> Result<Self, PortraitError> {
        let limits = OpenLimits::default();
        let picture = match input {
            PictureInput::Path(path) => portrait::open_picture(&path, limits)?,
            PictureInput::Bytes { name, bytes } => portrait::open_bytes(&name, &bytes, limits)?,
            PictureInput::Pixels { name, pixels } => portrait::open_pixels(&name, Arc::unwrap_or_clone(pixels), limits)?,
            PictureInput::Deferred { name, pixels } => portrait::open_pixels(&name, pixels.convert(), limits)?,
        };
        let readers = [model.map(|model| model.identity().to_owned()), MeshReader::identity()];
        let faces = if readers.iter().all(Option::is_none) {
            Vec::new()
        } else {
            let readers = readers.map(|identity| identity.unwrap_or_else(|| "none".to_owned())).join(" ");
            known_faces::faces(known, &picture, &readers, || {
                with_finders(model, |finders| portrait::find_faces_telling(finders, &picture.pixels, |face| early(&picture, face)))
            })
        };
        Ok(Self { picture, faces })
    }

    /// The portrait of one of the faces.
    pub fn choose(&self, index: usize) -> Option<Arc<Portrait>> {
        self.portrait_of(self.faces.get(index)?)
    }

    /// The portrait of the face in a box, in pixels of the picture.
    ///
    /// # Errors
    /// [`PortraitError::NoFaceInBox`] when no face fits there.
    pub fn place(&self, face_box: PixelBox, model: Option<&Arc<FaceModel>>) -> Result<Arc<Portrait>, PortraitError> {
        let face = with_finders(model, |finders| portrait::fit_in_box(finders, &self.picture.pixels, &face_box))?;
        self.portrait_of(&face).ok_or(PortraitError::NoFaceInBox)
    }

    /// The portrait of the face in a box, in pixels of the picture as it is stored, upright: those that other programs count.
    ///
    /// # Errors
    /// As for [`Self::place`].
    pub fn place_in_own(&self, own: PixelBox, model: Option<&Arc<FaceModel>>) -> Result<Arc<Portrait>, PortraitError> {
        let per_pixel = self.picture.own_from_working;
        let [left, top, right, bottom] = [own.left, own.top, own.right, own.bottom].map(|side| side / per_pixel);
        self.place(PixelBox { left, top, right, bottom }, model)
    }

    /// The portrait of the face that somebody chose before: the one that was found there, else one that can be fitted there. `None` when there is none.
    fn known(&self, face: FaceShare, model: Option<&Arc<FaceModel>>) -> Option<Arc<Portrait>> {
        let wanted = face.in_picture(self.picture.pixels.dimensions().into());
        let overlap = |face: &FaceCandidate| face.place.to_box().overlap(&wanted);
        let best = self.faces.iter().max_by(|a, b| overlap(a).total_cmp(&overlap(b))).filter(|best| overlap(best) > SAME_PLACE);
        match best {
            Some(best) => self.portrait_of(best),
            None => self.place(wanted, model).ok(),
        }
    }

    fn portrait_of(&self, face: &FaceCandidate) -> Option<Arc<Portrait>> {
        portrait_of(&self.picture, face)
    }
}

fn portrait_of(picture: &Picture, face: &FaceCandidate) -> Option<Arc<Portrait>> {
    portrait::portrait(picture.clone(), face).map(Arc::new)
}

/// Works with what is there to find faces: the face reader where it is installed, and the landmark model.
fn with_finders<T>(model: Option<&Arc<FaceModel>>, work: impl FnOnce(&mut FaceFinders<'_>) -> T) -> T {
    // The tracker has said already where it is missing.
    let mut mesh = MeshReader::load().inspect_err(|error| tracing::debug!("{error}")).ok();
    let mut landmarks = model.map(|model| DlibFinder::new(Arc::clone(model)));
    work(&mut FaceFinders {
        landmarks: landmarks.as_mut().map(|finder| finder as &mut dyn FaceFinder),
        mesh: mesh.as_mut().map(|finder| finder as &mut dyn MeshFinder),
    })
}

/// What the thread is asked for.
pub(super) enum EnrollJob {
    /// Open a portrait; of a picture the largest face.
    Open(RequestId, PortraitChoice),
    /// Take another of the faces that were asked about.
    Choose(RequestId, usize),
    /// Take the face in a box of the picture that was asked about.
    Place(RequestId, PixelBox),
    /// Open another picture of the portrait's person.
    Add { id: RequestId, portrait: RequestId, picture: PictureInput },
}

/// The landmark model, loaded once on a thread of its own and shared by tracking and enrolling.
#[derive(Clone)]
pub(super) struct SharedModel(Arc<Loading>);

struct Loading {
    model: Arc<OnceLock<Result<Arc<FaceModel>, String>>>,
    _loader: Worker,
}

impl SharedModel {
    /// Starts loading.
    pub(super) fn load(path_in_settings: Option<PathBuf>) -> Result<Self, PipelineError> {
        let model = Arc::new(OnceLock::new());
        let (loaded, failed) = (Arc::clone(&model), Arc::clone(&model));
        let loader = Worker::spawn(
            "load model",
            move |_| {
                let result = FaceModel::load(path_in_settings.as_deref()).map(Arc::new).map_err(|error| error.to_string());
                let model = result.as_ref().ok().cloned();
                // Nobody else sets it while this body runs.
                loaded.set(result).ok();
                // The tracker makes its own detector meanwhile; this one is for the first picture that is dropped.
                if let Some(model) = model {
                    model.prepare();
                }
            },
            move |error| {
                failed.set(Err(error.to_string())).ok();
            },
        )?;
        Ok(Self(Arc::new(Loading { model, _loader: loader })))
    }

    /// The model, if it is loaded.
    pub(super) fn get(&self) -> Option<Arc<FaceModel>> {
        self.0.model.get().and_then(|result| result.as_ref().ok().cloned())
    }

    /// Waits for the model, or for the reason why there is none.
    fn wait(&self) -> Result<Arc<FaceModel>, String> {
        self.0.model.wait().clone()
    }
}

/// Starts the thread.
pub(super) fn spawn(
    jobs: Receiver<EnrollJob>,
    model: SharedModel,
    to_generate: Sender<Command>,
    known: Option<FileCache>,
    shared: Arc<PipelineState>,
) -> Result<Worker, PipelineError> {
    let panicked = Arc::clone(&shared);
    let enroller = Enroller { jobs, model, to_generate, shared, known, asked: None };
    let worker = Worker::spawn(
        "enroll",
        move |stop| enroller.run(stop),
        move |error| panicked.report(Event::Warning(format!("{error}. Restart Retrato to open other portraits."))),
    )?;
    Ok(worker)
}

struct Enroller {
    jobs: Receiver<EnrollJob>,
    model: SharedModel,
    to_generate: Sender<Command>,
    shared: Arc<PipelineState>,
    known: Option<FileCache>,
    /// The picture that the user is asked about.
    asked: Option<Asked>,
}

struct Asked {
    id: RequestId,
    origin: PortraitOrigin,
    opened: OpenedPicture,
}

impl Enroller {
    fn run(mut self, stop: &StopFlag) {
        let mut waiting = VecDeque::new();
        while !stop.is_set() {
            waiting.extend(self.jobs.try_iter());
            drop_superseded(&mut waiting);
            let job = waiting.pop_front().or_else(|| self.jobs.recv_timeout(std::time::Duration::from_millis(50)).ok());
            let Some(job) = job else { continue };
            match job {
                EnrollJob::Open(id, choice) => self.open(id, choice),
                EnrollJob::Choose(id, index) => {
                    self.answer(id, |asked| asked.opened.choose(index).ok_or_else(|| "there is no such face in the picture".to_owned()));
                }
                EnrollJob::Place(id, face_box) => {
                    let model = self.model.wait().ok();
                    self.answer(id, |asked| asked.opened.place(face_box, model.as_ref()).map_err(|e| e.to_string()));
                }
                EnrollJob::Add { id, portrait, picture } => self.add(id, portrait, picture),
            }
        }
    }

    fn open(&mut self, id: RequestId, choice: PortraitChoice) {
        self.asked = None;
        let origin = choice.origin();
        let outcome = match choice {
            PortraitChoice::Picture(input) => return self.open_picture(id, origin, input),
            PortraitChoice::PictureWithFace(input, face) => return self.open_known(id, origin, input, face),
            PortraitChoice::Enrolled(portrait) => Ok(portrait),
            PortraitChoice::BuiltIn(index) => match builtin::PORTRAITS.get(index) {
                Some(portrait) => portrait.portrait().map(Arc::new).map_err(|error| error.to_string()),
                None => Err(format!("there is no built-in portrait with the number {index}")),
            },
        };
        self.finish(id, &origin, outcome);
    }

    fn open_picture(&mut self, id: RequestId, origin: PortraitOrigin, input: PictureInput) {
        let start = Instant::now();
        let model = self.model.wait();
        // The largest face is alive while smaller ones are still looked for.
        let mut shown = None;
        let show_early = |picture: &Picture, face: &FaceCandidate| {
            if let Some(portrait) = portrait_of(picture, face) {
                self.shared.timings.add("open", start.elapsed());
                self.show(id, &origin, portrait);
                shown = Some(face.clone());
            }
        };
        let opened = match OpenedPicture::open_with_early(input, model.as_ref().ok(), self.known.as_ref(), show_early) {
            Ok(opened) => opened,
            Err(error) => return self.finish(id, &origin, Err(error.to_string())),
        };
        match (opened.choose(0), model) {
            (Some(portrait), _) => {
                if shown.as_ref() != opened.faces.first() {
                    self.shared.timings.add("open", start.elapsed());
                    self.show(id, &origin, portrait);
                }
                if opened.faces.len() > 1 {
                    self.ask(Asked { id, origin, opened });
                }
            }
            (None, Ok(_)) => self.ask(Asked { id, origin, opened }),
            (None, Err(why)) => self.finish(id, &origin, Err(why)),
        }
    }

    /// Opens a picture in which the user has said before where the face is. Asks as for any other picture where there is no face any more.
    fn open_known(&mut self, id: RequestId, origin: PortraitOrigin, input: PictureInput, face: FaceShare) {
        let start = Instant::now();
        let model = self.model.wait();
        let opened = match OpenedPicture::open(input, model.as_ref().ok(), self.known.as_ref()) {
            Ok(opened) => opened,
            Err(error) => return self.finish(id, &origin, Err(error.to_string())),
        };
        if let Some(portrait) = opened.known(face, model.as_ref().ok()).or_else(|| opened.choose(0)) {
            self.shared.timings.add("open", start.elapsed());
            return self.show(id, &origin, portrait);
        }
        match model {
            Ok(_) => self.ask(Asked { id, origin, opened }),
            Err(why) => self.finish(id, &origin, Err(why)),
        }
    }

    fn ask(&mut self, asked: Asked) {
        let OpenedPicture { picture, faces } = &asked.opened;
        self.shared.report(Event::FaceAsked(FaceQuestion {
            id: asked.id,
            name: picture.name.clone(),
            pixels: Arc::clone(&picture.pixels),
            faces: faces.iter().map(|face| face.place.to_box()).collect(),
        }));
        self.asked = Some(asked);
    }

    /// Shows what an answer of the user's makes of the picture that was asked about.
    fn answer(&self, id: RequestId, portrait: impl FnOnce(&Asked) -> Result<Arc<Portrait>, String>) {
        match self.asked.as_ref().filter(|asked| asked.id == id) {
            Some(asked) => self.finish(id, &asked.origin, portrait(asked)),
            None => self.finish(id, &PortraitOrigin::Memory, Err("The picture is not open any more: open it again.".to_owned())),
        }
    }

    fn add(&self, id: RequestId, portrait: RequestId, input: PictureInput) {
        let model = self.model.wait();
        let opened = OpenedPicture::open(input, model.as_ref().ok(), self.known.as_ref()).map_err(|error| error.to_string());
        let picture = opened.and_then(|opened| {
            let name = &opened.picture.name;
            if opened.faces.len() > 1 {
                self.shared.report(Event::Warning(format!("{name} shows {} faces: the largest is used.", opened.faces.len())));
            }
            let nobody = || format!("No face was found in {name}, so it is not used. Add a picture that shows the face.");
            opened.choose(0).ok_or_else(|| model.err().unwrap_or_else(nobody))
        });
        match picture {
            // The generating thread ends only after this one.
            Ok(picture) => drop(self.to_generate.send(Command::AddPicture(PictureToAdd { id, portrait, picture }))),
            Err(why) => self.shared.report(Event::PictureFailed { id, why }),
        }
    }

    fn finish(&self, id: RequestId, origin: &PortraitOrigin, outcome: Result<Arc<Portrait>, String>) {
        match outcome {
            Ok(portrait) => self.show(id, origin, portrait),
            Err(why) => self.shared.report(Event::PortraitFailed { id, why }),
        }
    }

    fn show(&self, id: RequestId, origin: &PortraitOrigin, portrait: Arc<Portrait>) {
        let live = LivePortrait { id, origin: origin.clone(), portrait };
        // The generating thread ends only after this one.
        self.to_generate.send(Command::Portrait(Box::new(live))).ok();
    }
}

/// Only the newest portrait counts: somebody who drops two wants the second. What was to be added to an earlier one goes with it.
fn drop_superseded(waiting: &mut VecDeque<EnrollJob>) {
    if let Some(newest) = waiting.iter().rposition(|job| !matches!(job, EnrollJob::Add { .. })) {
        waiting.drain(..newest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_portrait_and_what_is_added_to_it_are_left() {
        let id = RequestId::default();
        let open = |name: &str| EnrollJob::Open(id, PortraitChoice::file(name));
        let add = |name: &str| EnrollJob::Add { id, portrait: id, picture: PictureInput::Path(PathBuf::from(name)) };
        let left = |jobs: Vec<EnrollJob>| {
            let mut waiting = VecDeque::from(jobs);
            drop_superseded(&mut waiting);
            let name = |job: &EnrollJob| match job {
                EnrollJob::Open(_, PortraitChoice::Picture(PictureInput::Path(path)))
                | EnrollJob::Add { picture: PictureInput::Path(path), .. } => path.display().to_string(),
                _ => String::new(),
            };
            waiting.iter().map(name).collect::<Vec<_>>()
        };
        assert_eq!(left(vec![add("a"), add("b")]), ["a", "b"], "all that is added");
        assert_eq!(left(vec![open("a"), add("b"), open("c"), add("d"), add("e")]), ["c", "d", "e"], "but only to the last portrait");
        assert!(left(Vec::new()).is_empty(), "nothing");
    }
}
