//! The recorder from outside: files checked with ffmpeg, clocks, faults, and the formats without sound.

mod faults;
mod films;
mod pictures;
mod support;
