//! Performances, weights, caches and the face reader's model.

use std::sync::LazyLock;

use candle_core::Device;
use image::RgbaImage;
use retrato_core::data::Performance;
use retrato_core::runtime::FileCache;
use retrato_face::face::MeshModel;
use retrato_face::portrait::FaceCandidate;
use retrato_model::Tuned;
use retrato_nn::{read_metadata, read_tensors};
use retrato_plate::{Window, from_bytes, to_bytes};
use retrato_reader::{Reader, hostile};

use crate::numbers;

/// A performance; what was read can be written and read again.
pub(crate) fn performance(bytes: &[u8]) {
    let Ok(read) = Performance::read(bytes) else { return };
    for frame in &read.frames {
        _ = frame.motion(read.header.size());
    }
    _ = read.duration();
    let mut written = Vec::new();
    if read.write(&mut written).is_ok() {
        assert!(Performance::read(&written[..]).is_ok(), "what we write we read: {}", String::from_utf8_lossy(&written));
    }
}

/// Weights of networks and of the face's mesh.
pub(crate) fn weights(bytes: &[u8]) {
    _ = read_tensors(bytes, &Device::Cpu);
    _ = read_metadata(bytes);
    _ = MeshModel::parse(bytes);
    _ = Tuned::from_bytes(bytes);
}

/// An entry of the cache as it lies on the disk, and what the caches keep: plates, and faces that were found. The first byte says which.
pub(crate) fn cache(bytes: &[u8]) {
    let ([kind], bytes) = numbers(bytes);
    match kind % 3 {
        0 => {
            let ([left, top, width, height, step], bytes) = numbers(bytes);
            let window = Window { corner: [left as u32, top as u32], size: [width as u32, height as u32], step: step as u32 + 1 };
            let picture = picture();
            if let Some((matte, plate)) = from_bytes(bytes, picture, window) {
                assert!(
                    from_bytes(&to_bytes(&matte, picture, &plate.pixels), picture, window).is_some(),
                    "what was kept can be kept again"
                );
            }
        }
        1 => _ = serde_json::from_slice::<Vec<FaceCandidate>>(bytes).map(|faces| faces.iter().all(|face| face.place.is_sane())),
        _ => entry(bytes),
    }
}

/// A file in the cache's folder, with these bytes.
fn entry(bytes: &[u8]) {
    let folder = tempfile::tempdir_in(if std::path::Path::new("/dev/shm").is_dir() { "/dev/shm".into() } else { std::env::temp_dir() });
    let folder = folder.expect("a folder");
    let cache = FileCache::at(folder.path(), 1 << 20);
    cache.put("key", b"");
    let file = std::fs::read_dir(folder.path()).expect("listed").flatten().next().expect("one entry");
    std::fs::write(file.path(), bytes).expect("written");
    if let Some(content) = cache.get("key") {
        assert_eq!(&bytes[32..], content, "what is behind the digest");
    }
}

fn picture() -> &'static RgbaImage {
    static PICTURE: LazyLock<RgbaImage> =
        LazyLock::new(|| RgbaImage::from_fn(48, 40, |x, y| image::Rgba([x as u8, y as u8, (x ^ y) as u8, 255])));
    &PICTURE
}

/// The face reader's file: the bundle, a network in it, or the canonical face. The first byte says which.
pub(crate) fn reader_model(bytes: &[u8]) {
    let ([kind], bytes) = numbers(bytes);
    match kind % 3 {
        0 => _ = hostile::network(bytes),
        1 => _ = hostile::canonical_face(bytes),
        _ => _ = Reader::from_bytes(bytes),
    }
}
