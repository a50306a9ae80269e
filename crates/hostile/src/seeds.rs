//! Small whole files of every kind, made anew: what the fuzzer begins with. Each must be read without an error.

#[expect(clippy::cast_possible_wrap, reason = "the format counts in 32 bits with sign, and these networks are tiny")]
mod networks;
mod pictures;
mod recorded;

use std::collections::{BTreeMap, HashMap};

use candle_core::{DType, Device, Tensor};
use retrato_core::data::{FaceMotion, Performance, PerformanceFrame, PerformanceHeader};
use retrato_face::face::{MeshModel, template};
use retrato_face::portrait::FaceCandidate;

/// A file by its name.
type Named = (&'static str, Vec<u8>);

/// A whole file.
#[derive(Clone, Debug)]
pub struct Seed {
    /// Name of the target that reads it.
    pub target: &'static str,
    /// Its own name.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// All of them.
///
/// # Errors
/// Where an encoder fails.
pub fn all() -> Result<Vec<Seed>, Box<dyn std::error::Error>> {
    let pictures = pictures::files()?;
    let mut seeds = Vec::new();
    let mut add = |target, name: &str, bytes| seeds.push(Seed { target, name: name.to_owned(), bytes });
    for (name, bytes) in &pictures {
        add("pictures", name, bytes.clone());
        add("pictures-of-any-size", name, bytes.clone());
        if ["jpeg", "png", "tiff"].iter().any(|kind| name.starts_with(kind)) {
            for step in [1, 3] {
                add("stills", &format!("{name}-by-{step}"), [&[step][..], bytes].concat());
            }
        }
        if !name.starts_with("tiff") {
            add("animations", name, bytes.clone());
        }
        if name.starts_with("jpeg") {
            add("camera-frames", name, [&[0, 40, 36, 0, 0, 0][..], bytes].concat());
        }
    }
    for (format, pixel) in [(1, 2), (2, 2), (3, 1), (4, 3), (5, 3)] {
        let bytes: Vec<u8> = (0..17 * 12 * pixel).map(|at| (at * 37 % 251) as u8).collect();
        add("camera-frames", &format!("format-{format}"), [&[format, 16, 10, 0, 0, 0][..], &bytes].concat());
    }
    for (name, film) in recorded::films()? {
        let target = if name.starts_with("part") { "recordings" } else { "films" };
        if let Some(parameters) = recorded::sequence_parameters(&film) {
            add("parameter-sets", &name, parameters);
        }
        if target == "recordings" {
            add("films", &name, film.clone());
        }
        add(target, &name, film);
    }
    for (name, text) in performances()? {
        add("performances", name, text);
    }
    for (name, bytes) in weights()? {
        add("weights", name, bytes);
    }
    let plate = [&[0, 4, 4, 8, 8, 1][..], &[255; 32], &[0; 32], &[0x0f, 0], &[9; 64]].concat();
    add("caches", "plate", plate);
    let face = FaceCandidate::of_landmarks(retrato_core::data::Landmarks(template().map(|p| p.truncate() * 40.0 + 150.0)));
    add("caches", "faces", [&[1][..], &serde_json::to_vec(&[face.ok_or("the generic face has a place")?])?].concat());
    add("caches", "entry", [&[2][..], blake3::hash(b"kept").as_bytes(), b"kept"].concat());
    for (name, network) in networks::all() {
        add("reader-models", name, [&[0][..], &network].concat());
    }
    add(
        "reader-models",
        "face",
        [&[1, 0x0a, 12, 0x1a, 4][..], &1.5_f32.to_le_bytes(), &[0x22, 3, 1, 2, 0x83, 1, 0x12, 4, 8, 3, 0x15, 0]].concat(),
    );
    add("reader-models", "bundle", [&[2][..], &bundle()].concat());
    Ok(seeds)
}

/// A performance of each version.
fn performances() -> Result<Vec<Named>, Box<dyn std::error::Error>> {
    let landmarks = retrato_core::data::Landmarks(template().map(|p| p.truncate() * 60.0 + 128.0));
    let mesh = MeshModel::shipped().and_then(|model| model.fit(&landmarks, None)).ok_or("the generic face has a mesh")?;
    let face = FaceMotion {
        mesh_in_frame: Some(std::sync::Arc::new(mesh)),
        coefficients: Some(retrato_core::data::Coefficients::default()),
        ..FaceMotion::of_landmarks(landmarks.clone(), [256, 256])
    };
    let frames = [Some(&face), None].into_iter().enumerate().map(|(at, face)| PerformanceFrame::of_motion(at as f64 / 30.0, face));
    let frames: Vec<PerformanceFrame> = frames.collect();
    let mut second = Vec::new();
    Performance { header: PerformanceHeader::new("seed", 30.0, [256, 256], Some(2)), frames }.write(&mut second)?;
    let line = serde_json::json!({ "t": 0.0, "landmarks": landmarks, "gaze": [0.25, -0.5] });
    let first =
        format!("{{\"retrato_performance\":1,\"fps\":25,\"width\":256,\"height\":256}}\n{line}\n{{\"t\":0.04,\"landmarks\":null}}\n");
    Ok(vec![("version-1", first.into_bytes()), ("version-2", second)])
}

fn weights() -> Result<Vec<Named>, Box<dyn std::error::Error>> {
    let tensors = BTreeMap::from([
        ("generator.kernel".to_owned(), Tensor::new(&[[1.0_f32, -2.5], [0.25, 4.0]], &Device::Cpu)?),
        ("style".to_owned(), Tensor::new(&[0.5_f32, 0.0, 1.0], &Device::Cpu)?),
    ]);
    let about = || HashMap::from([("made".to_owned(), "here".to_owned())]);
    Ok(vec![("f32", retrato_nn::to_bytes(&tensors, DType::F32, about())?), ("f16", retrato_nn::to_bytes(&tensors, DType::F16, about())?)])
}

/// A zip file with one stored member, as the reader's bundle is one.
fn bundle() -> Vec<u8> {
    let (name, data) = (b"123", b"123456789");
    // The check sum of these nine digits is the published check value of CRC-32.
    let sums = [0xCBF4_3926_u32, 9, 9].map(u32::to_le_bytes).concat();
    let local = [&b"PK\x03\x04"[..], &[0; 10], &sums, &[3, 0, 0, 0], name, data].concat();
    let directory = [&b"PK\x01\x02"[..], &[0; 12], &sums, &[3, 0], &[0; 12], &[0; 4], name].concat();
    let place = [directory.len() as u32, local.len() as u32].map(u32::to_le_bytes).concat();
    [&local[..], &directory, b"PK\x05\x06", &[0; 4], &[1, 0, 1, 0], &place, &[0; 2]].concat()
}
