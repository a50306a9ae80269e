//! The recorder from outside: files checked with ffmpeg, clocks, faults, and the formats without sound.

mod faults;
mod films;
#[cfg(feature = "audio")]
mod microphone;
mod pictures;
mod support;
