//! Looks for what tests need, and hands the answers to the attribute as an environment variable of its compilation.
//!
//! The look is repeated when something that was found changes, when one of the variables that name a place changes, and, while something is missing,
//! when packages are installed. Whatever else appears later (a shared folder beside the checkout, a camera) is seen after `touch crates/test-needs/build.rs`.

#[path = "src/probe.rs"]
mod probe;

use std::path::Path;

/// Variables that say where something is, or who runs the tests.
const VARIABLES: [&str; 7] =
    ["RETRATO_SHARED", "RETRATO_LANDMARKS", "RETRATO_FACE_MODEL", "RETRATO_TEST_MICROPHONE", "VK_DRIVER_FILES", "VK_ICD_FILENAMES", "USER"];
/// Debian's list of installed packages.
const PACKAGES: &str = "/var/lib/dpkg/status";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/probe.rs");
    for variable in VARIABLES {
        println!("cargo:rerun-if-env-changed={variable}");
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    // Where what `make` fetches appears. A file that is missing may not be watched itself: cargo would take it for changed every time.
    println!("cargo:rerun-if-changed={}", workspace.join("assets").display());
    let machine = probe::Machine::this(&workspace);
    let answers = probe::NEEDS.map(|need| (need, (need.found)(&machine)));
    for path in answers.iter().filter_map(|(_, found)| found.as_ref()).flatten() {
        println!("cargo:rerun-if-changed={}", path.display());
    }
    if answers.iter().any(|(_, found)| found.is_none()) && Path::new(PACKAGES).exists() {
        println!("cargo:rerun-if-changed={PACKAGES}");
    }
    let lines = answers.map(|(need, found)| format!("{}={}={}", need.name, u8::from(found.is_some()), need.what));
    println!("cargo:rustc-env=TEST_NEEDS={}", lines.join(";"));
}
