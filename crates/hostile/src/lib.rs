//! What reads strangers' bytes: one function for each kind of file, for the fuzzer (`make fuzz`) and for the replay of what it found, which is part of the tests.
//!
//! A target must come back from any bytes, with a result or an error: a panic, an overflow, a hang or a huge allocation is a fault.

mod files;
mod pictures;
pub mod seeds;
mod stored;

/// A reader of strangers' bytes.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: of its folder in the corpus, and for `make fuzz TARGET=`.
    pub name: &'static str,
    /// Longest input that is tried, in bytes.
    pub longest: usize,
    /// Reads the bytes and drops what comes of it.
    pub read: fn(&[u8]),
}

const fn target(name: &'static str, longest: usize, read: fn(&[u8])) -> Target {
    Target { name, longest, read }
}

/// All of them.
pub const TARGETS: [Target; 12] = [
    target("pictures", 4096, pictures::opened),
    target("pictures-of-any-size", 4096, pictures::opened_at_any_size),
    target("stills", 4096, pictures::averaged),
    target("animations", 4096, files::animation),
    target("films", 8192, files::film),
    target("recordings", 8192, files::recording),
    target("parameter-sets", 256, files::parameter_set),
    target("camera-frames", 4096, pictures::camera_frame),
    target("performances", 16_384, stored::performance),
    target("weights", 4096, stored::weights),
    target("caches", 4096, stored::cache),
    target("reader-models", 4096, stored::reader_model),
];

/// The target of this name.
pub fn by_name(name: &str) -> Option<Target> {
    TARGETS.into_iter().find(|target| target.name == name)
}

/// The first bytes as small numbers that say how to read the rest; missing ones are 0.
fn numbers<const N: usize>(bytes: &[u8]) -> ([usize; N], &[u8]) {
    let (head, rest) = bytes.split_at(N.min(bytes.len()));
    (std::array::from_fn(|at| head.get(at).copied().map_or(0, usize::from)), rest)
}
