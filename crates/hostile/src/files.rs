//! Films, recordings and what is in them. Their readers take files, which lie in memory here.

use std::path::{Path, PathBuf};

use retrato_media::capture::hostile;
use retrato_media::record::{Provenance, find_interrupted, recover};

/// Most frames and blocks of sound that are read of a film.
const MOST_FRAMES: usize = 40;
/// A folder in memory, where there is one.
const IN_MEMORY: &str = "/dev/shm";

thread_local! {
    static FOLDER: Option<tempfile::TempDir> = folder();
}

fn folder() -> Option<tempfile::TempDir> {
    let mut named = tempfile::Builder::new();
    named.prefix("retrato-hostile-");
    named.tempdir_in(IN_MEMORY).or_else(|_| named.tempdir()).ok()
}

/// Does something with a file of these bytes.
fn with_file(name: &str, bytes: &[u8], read: impl FnOnce(&Path)) {
    FOLDER.with(|folder| {
        let path: PathBuf = folder.as_ref().expect("a folder for the file").path().join(name);
        std::fs::write(&path, bytes).expect("there is room for a small file");
        read(&path);
        std::fs::remove_file(&path).ok();
    });
}

/// A GIF, PNG or WebP with several pictures, or a still, as a driver.
pub(crate) fn animation(bytes: &[u8]) {
    // The header's size is believed up to its limit; large ones take too long to be tried by the thousand.
    let size =
        image::ImageReader::new(std::io::Cursor::new(bytes)).with_guessed_format().ok().and_then(|reader| reader.into_dimensions().ok());
    if size.is_some_and(|(width, height)| u64::from(width) * u64::from(height) <= 1 << 18) {
        with_file("clip", bytes, |path| _ = hostile::film(path, MOST_FRAMES));
    }
}

/// A film as a driver, and its sound.
pub(crate) fn film(bytes: &[u8]) {
    with_file("clip.mp4", bytes, |path| {
        _ = hostile::film(path, MOST_FRAMES);
        _ = hostile::sound(path, MOST_FRAMES);
        _ = Provenance::of(path);
    });
}

/// An interrupted recording, as one of either kind; what is made of it must be a film.
pub(crate) fn recording(bytes: &[u8]) {
    for name in ["clip.mp4.part", "clip.gif.part"] {
        with_file(name, bytes, |part| {
            let found = find_interrupted(part.parent().unwrap_or(part)).expect("the folder can be listed");
            assert!(found.len() <= 1, "there is one file");
            if let Ok(film) = recover(part) {
                _ = hostile::film(&film, MOST_FRAMES);
                std::fs::remove_file(&film).expect("it is where it is said to be");
            }
        });
    }
}

/// A sequence parameter set of H.264.
pub(crate) fn parameter_set(bytes: &[u8]) {
    hostile::sequence_parameters(bytes);
}
