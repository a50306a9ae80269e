//! The order of the stages, their threads and their links: the only place that knows all of them.
//!
//! [`Pipeline`] is the live one, which the window drives through the contract of [`session`](crate::session): capture → track → generate run on a thread
//! each, joined by links that keep the newest value; drivers, pictures and outputs are opened on threads of their own. [`animate`] is the one without a
//! window, which skips nothing. Both move the same [`Puppet`].

mod background;
mod camera_looks;
mod clip_sound;
mod command;
mod composed;
mod config;
mod driver_epoch;
mod driving;
mod enroll;
mod errands;
mod error;
mod fine_tuning;
mod further;
mod generating;
mod handle;
mod known_faces;
mod live_camera;
mod live_fine_tuning;
mod live_recording;
mod offline;
mod outputs;
mod panes;
mod picture_memory;
mod puppet;
mod returning;
mod shared;
mod tracking;

pub use background::BackgroundError;
pub use config::PipelineConfig;
pub use enroll::OpenedPicture;
pub use error::PipelineError;
pub use fine_tuning::{FINE_TUNED, FineTuneError, FineTuning, LIVE_STEPS, Learnt, fine_tune, fine_tune_once};
pub use handle::Pipeline;
pub use offline::{OfflineJob, OfflineReport, Progress, animate};
pub use picture_memory::PictureMemory;
pub use puppet::Puppet;
pub use tracking::tracker;
