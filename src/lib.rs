//! Retrato brings a portrait to life with your own face: this page is its architecture.
//!
//! # The way of the data
//!
//! ```text
//! camera | clip | performance        portrait picture
//!        | Input                            | once per portrait
//!      track                             enroll
//!        | TrackedFrame                     | Portrait
//!      retarget ----------------------------+
//!        | PuppetMotion
//!      generate
//!        | PictureChange
//!      compose
//!        | RenderedImage
//!      present, record, virtual camera
//! ```
//!
//! Every arrow is a type in [`data`]; every stage is a plain function of its input. Only [`pipeline`] knows the order, the threads and the links.
//!
//! | stage | module | in → out |
//! |---|---|---|
//! | capture | [`capture`] | device or file → [`data::Input`] |
//! | track | [`track`] | [`data::Input`] → [`data::TrackedFrame`] |
//! | enroll | [`portrait`] | picture → [`data::Portrait`] |
//! | retarget | [`retarget`] | [`data::TrackedFrame`] → [`data::PuppetMotion`] |
//! | generate | [`generate`] | [`data::PuppetMotion`] → [`data::PictureChange`]: flow and paint |
//! | compose | [`compose`] | [`data::PictureChange`] → picture, on the GPU or the CPU |
//! | present | [`present`] | pictures and events → window |
//! | record | [`record`] | pictures and sound → file |
//! | virtual camera | [`virtual_camera`] | pictures → device that other programs read as a camera |
//!
//! Stages never import each other, and a library is named only by the module that owns it; the integration test `tidy` holds both rules.
//!
//! # Threads
//!
//! Drivers, capture, track, generate, enroll, fine-tune, outputs, record and the virtual camera each run on a worker of their own ([`runtime::Worker`]), which stops
//! when dropped and turns a panic into an error that the user sees. Live links keep the newest value and never wait ([`runtime::Latest`]); the recording's link is bounded and in order, and
//! counts what it drops. The window's thread never waits for any of them.
//!
//! # One pipeline, two front ends
//!
//! A front end drives a live [`pipeline::Pipeline`] through the contract of [`session`]: one set of requests and events, which the window, `retrato bench` and the
//! tests' double share. `retrato animate` runs [`pipeline::animate`], which skips no frame. Both move the same [`pipeline::Puppet`]. The composed picture stays on the window's own device when a graphics processor makes it; only recordings, snapshots and the
//! virtual camera read it back, in [`gpu`].
//!
//! A puppet has one portrait and any number of further pictures of the same person, from which the generator takes what the portrait does not show. Whether the
//! graphics processor or the CPU makes the pictures is chosen at the start and can be changed while the portrait lives: [`executor`] measures what
//! each makes of a picture and of the networks, the settings remember that, and one pure function decides.
//!
//! # Networks
//!
//! The networks of [`model`] stand on the operations of [`nn`] and are trained by [`train`] on the heads of [`synth`], which do not exist anywhere: the
//! program makes its own training data. At run time [`generate`] takes them frozen, with the weights that the program carries: the motion net says where
//! every pixel comes from; the matte net finds the head, so that what stands behind it can be filled in once; the embedder says who the portrait is; and the
//! few-shot generator, made that person's by scale and shift in every layer, paints what no pixel of the portrait can show. In a mouth it mends what
//! anatomy says is there ([`model::MouthPrior`]). For live work its layers are
//! packed once per person ([`model::FrozenGenerator`]) and reuse their memory from frame to frame; of a face only the parts that change are made. On a graphics
//! processor all of a frame runs as kernels of `shaders/`, from the landmarks to the compositor's own buffers: landmark images, motion net, warp, generator and paint.
//! What goes up are some kilobytes of landmarks and gates, and up to two megabytes of what is drawn into mouth and eyes; what comes back is one number that says whether all is well.
//!
//! # Strangers' files
//!
//! Pictures, clips and performances are bounded before they are decoded: sizes from headers are checked first, nothing is allocated by a claimed count,
//! other formats than the known ones are refused, and a child process never gets more than a local file. The program opens no network connection.

pub mod cli;
pub mod doctor;
pub mod executor;
pub mod pipeline;
pub mod present;
pub mod retarget;
pub mod session;
pub mod settings;

pub use retrato_builtin as builtin;
pub use retrato_core::{data, random, runtime, scale};
pub use retrato_engine::{compose, generate, gpu};
pub use retrato_face::{face, portrait, track};
pub use retrato_learn as learn;
pub use retrato_media::{capture, record, virtual_camera};
pub use retrato_model as model;
pub use retrato_nn as nn;
#[cfg(feature = "train")]
pub use retrato_train::{evaluate, synth, train};
