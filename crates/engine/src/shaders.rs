//! Every shader of the project is parsed and validated, and its structs lie where Rust writes them, without a GPU.

use std::collections::BTreeSet;
use std::path::Path;

use naga::valid::{Capabilities, ValidationFlags, Validator};

use crate::bench::ROOF;
use crate::compose::{COMPOSE, HEAD};
use crate::generate::gpu::{Precision, SHADERS};
use crate::wgsl::Shader;

/// The parsed shader, or what is wrong with it.
fn checked(source: &str) -> Result<naga::Module, String> {
    let module = naga::front::wgsl::parse_str(source).map_err(|error| error.emit_to_string(source))?;
    let valid = Validator::new(ValidationFlags::all(), Capabilities::all()).validate(&module);
    valid.map_err(|error| error.emit_to_string(source))?;
    Ok(module)
}

/// Every shader that the crate makes pipelines of, and its whole source in each precision.
fn sources() -> Vec<(&'static Shader, String)> {
    let networks = SHADERS.into_iter().chain([&ROOF]);
    let in_precisions = networks
        .flat_map(|shader| [Precision::Whole, Precision::Half].map(|precision| (shader, [precision.prelude(), &shader.source()].concat())));
    [&COMPOSE, &HEAD].map(|shader| (shader, shader.source())).into_iter().chain(in_precisions).collect()
}

#[test]
fn every_shader_is_valid_and_its_structs_lie_where_they_are_written() {
    let mut compared = 0;
    for (shader, source) in sources() {
        let module = checked(&source).unwrap_or_else(|fault| panic!("{} must be valid:\n{fault}", shader.file));
        for declared in shader.declarations().structs() {
            let found = module.types.iter().find(|(_, ty)| ty.name.as_deref() == Some(declared.name));
            let Some(naga::TypeInner::Struct { members, span }) = found.map(|(_, ty)| &ty.inner) else {
                panic!("{}: there is no struct {}", shader.file, declared.name)
            };
            assert_eq!(*span as usize, declared.size, "{}: size of {}", shader.file, declared.name);
            let found: Vec<_> = members.iter().map(|member| (member.name.as_deref().unwrap_or_default(), member.offset as usize)).collect();
            let written: Vec<_> = declared.members.iter().map(|member| (member.name, member.offset)).collect();
            assert_eq!(found, written, "{}: members of {}", shader.file, declared.name);
            compared += written.len();
        }
    }
    assert!(compared > 100, "there was something to compare: {compared} members");
}

/// Shaders of the window, which checks them itself.
const OF_WINDOW: [&str; 1] = ["stage.wgsl"];

#[test]
fn every_file_belongs_to_a_shader_or_stands_alone_and_says_what_it_is_for() {
    let used: BTreeSet<&str> = sources().iter().flat_map(|(shader, _)| shader.files()).map(|shader| shader.file).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shaders");
    let mut known = 0;
    for path in std::fs::read_dir(folder).expect("a readable folder").flatten().map(|entry| entry.path()) {
        let (name, text) = (path.file_name().unwrap_or_default().to_string_lossy(), std::fs::read_to_string(&path).expect("readable"));
        assert!(text.starts_with("// "), "{name} begins by saying what it is for");
        if used.contains(name.as_ref()) {
            known += 1;
        } else if !OF_WINDOW.contains(&name.as_ref())
            && let Err(fault) = checked(&text)
        {
            panic!("{name} belongs to no shader of this crate and must be valid by itself:\n{fault}");
        }
    }
    assert_eq!(known, used.len(), "every file of a shader is in the folder");
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
        assert!(checked(broken).is_err(), "must be refused: {broken}");
    }
}
