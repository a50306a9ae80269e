//! Every shader of the project is parsed and validated, without a GPU.

use std::path::{Path, PathBuf};

use naga::valid::{Capabilities, ValidationFlags, Validator};

/// What is wrong with a shader, if anything is.
fn fault_of(source: &str) -> Option<String> {
    match naga::front::wgsl::parse_str(source) {
        Err(error) => Some(error.emit_to_string(source)),
        Ok(module) => {
            let checked = Validator::new(ValidationFlags::all(), Capabilities::all()).validate(&module);
            checked.err().map(|error| error.emit_to_string(source))
        }
    }
}

/// A shader with what it needs before it, as one of its first lines says: `// Needs frame.wgsl.`
fn whole(path: &Path, source: &str) -> String {
    let needed =
        source.lines().take_while(|line| line.starts_with("//")).find_map(|line| line.strip_prefix("// Needs ")?.strip_suffix('.'));
    let before = needed.map(|name| std::fs::read_to_string(path.with_file_name(name)).expect("the shader that is needed"));
    [before.unwrap_or_default(), source.to_owned()].join("\n")
}

/// All `.wgsl` files in a folder and below it, in order.
fn shaders_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).map(|entries| entries.flatten().map(|e| e.path()).collect::<Vec<_>>()).unwrap_or_default();
    let (folders, files): (Vec<_>, Vec<_>) = entries.into_iter().partition(|p| p.is_dir());
    let mut found: Vec<PathBuf> = files.into_iter().filter(|p| p.extension().is_some_and(|e| e == "wgsl")).collect();
    found.extend(folders.iter().flat_map(|f| shaders_in(f)));
    found.sort();
    found
}

#[test]
fn every_shader_is_valid() {
    let shaders = shaders_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders"));
    assert!(!shaders.is_empty(), "the project has shaders");
    for path in shaders {
        let source = std::fs::read_to_string(&path).expect("a readable shader");
        assert_eq!(fault_of(&whole(&path, &source)), None, "{} must be valid", path.display());
        assert!(source.trim_start().starts_with("//"), "{} begins by saying what it is for", path.display());
    }
}

#[test]
fn the_validator_refuses_broken_shaders() {
    let not_wgsl = "@compute fn main( {";
    let unknown_name = "@compute @workgroup_size(1) fn main() { let x = missing; }";
    // Parses, but only the validator sees that a workgroup cannot be empty.
    let empty_workgroup = "@compute @workgroup_size(0) fn main() {}";
    // Parses, but both buffers claim the same binding.
    let same_binding = "@group(0) @binding(0) var<storage> a: array<f32>; @group(0) @binding(0) var<storage, read_write> b: array<f32>;
        @compute @workgroup_size(1) fn main() { b[0] = a[0]; }";
    for broken in [not_wgsl, unknown_name, empty_workgroup, same_binding] {
        assert!(fault_of(broken).is_some(), "must be refused: {broken}");
    }
}

#[test]
fn the_validator_takes_what_the_kernels_use() {
    let kernel = "enable f16;
        @group(0) @binding(0) var<storage, read> values: array<f16>;
        @group(0) @binding(1) var picture: texture_storage_2d<rgba8unorm, write>;
        @compute @workgroup_size(8, 8) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
            textureStore(picture, id.xy, vec4<f32>(f32(values[id.x])));
        }";
    assert_eq!(fault_of(kernel), None, "half precision and storage textures are valid");
}
