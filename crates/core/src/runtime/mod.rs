//! What the stages run on: links between threads, workers that own a thread, and timing statistics.

mod awake;
mod background;
mod file_cache;
mod files;
mod latest;
mod memory;
mod processor;
mod stats;
mod worker;

pub use awake::AwakeClock;
pub use background::in_background;
pub use file_cache::FileCache;
pub use files::{is_forbidden_in_name, is_same_file, is_special, is_temporary, rename_without_replacing, temporary_in, write_whole};
pub use latest::{Latest, LatestReader, LatestWriter};
pub use memory::{peak_memory_mb, share_arenas};
pub use processor::{Instructions, UnknownInstructions, arch, vectorized};
pub use stats::{Percentiles, StageTimes, Timings};
pub use worker::{StopFlag, Worker, WorkerError, contain, is_contained};
