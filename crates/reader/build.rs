//! Tells the tests whether the model file is there: without it, those that need it are ignored, not passed.

use std::path::PathBuf;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(face_model)");
    println!("cargo::rerun-if-env-changed=RETRATO_FACE_MODEL");
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../assets/face_landmarker.task");
    println!("cargo::rerun-if-changed={}", beside.display());
    let path = std::env::var_os("RETRATO_FACE_MODEL").map_or(beside, PathBuf::from);
    if path.is_file() {
        println!("cargo::rustc-cfg=face_model");
    }
    println!("cargo::rustc-env=RETRATO_FACE_MODEL_FOUND={}", path.display());
}
