//! Synthetic heads: pictures of people who do not exist, with exact landmarks, labels, flow and visibility, to train the networks on.
//!
//! Geometry comes from ICT-FaceKit's morphable head (Li et al. 2020), read from its own folder; everything worn, painted or standing behind is made here.
//! One seed and one index give the same pair of pictures on every machine with the same arithmetic, whatever the number of threads.

mod backdrop;
mod close_up;
mod episode;
mod expression;
mod facekit;
mod film;
mod flow;
mod landmarks;
mod look;
mod motion;
mod noise;
mod pair;
mod person;
mod planes;
mod pose;
mod raster;
mod shade;
mod shadow;
mod sheet;
mod study;
mod surface;
mod test_film;

pub use close_up::{CLOSE_UP_FRAMES, CloseUp, CloseUpFrame, CloseUpSampler, CloseView};
pub use episode::{Episode, EpisodeSampler, MOST_FRAMES};
pub use expression::Expression;
pub use facekit::{FaceKit, FaceKitError};
pub use pair::{BackwardFlow, FramePair, PairSampler, Scratch, SynthFrame};
pub use person::Person;
pub use pose::Pose;
pub use sheet::sheet;
pub use surface::{Camera, Light, Lighting, PersonSurface, Vertex};
pub use test_film::{HELD_OUT, TestBin, TestFilm, TestFrame, TestLook, TestSampler, TestView};
