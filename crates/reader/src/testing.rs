//! What the tests of this crate share: where the models are. It is compiled always, so that tests and program share one build.

use std::path::{Path, PathBuf};

/// The file that `RETRATO_FACE_MODEL` names, or where `make reader-model` puts it: for tests that say `#[needs(face_model)]`.
pub fn model_file() -> PathBuf {
    let fetched = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/face_landmarker.task");
    std::env::var_os("RETRATO_FACE_MODEL").filter(|path| !path.is_empty()).map_or_else(fetched, PathBuf::from)
}
