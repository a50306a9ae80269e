//! The shared portraits and clips, which are never part of the project. Tests that use them say so with `#[needs(shared_media)]`.

use std::path::{Path, PathBuf};

/// A file of the shared media.
///
/// # Panics
/// When it is not there.
pub(crate) fn shared_media(file: &str) -> PathBuf {
    let path = shared().join("media").join(file);
    assert!(path.exists(), "{} is missing", path.display());
    path
}

/// The folder beside the checkout, or the one that `RETRATO_SHARED` names.
pub(crate) fn shared() -> PathBuf {
    std::env::var_os("RETRATO_SHARED").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from)
}
