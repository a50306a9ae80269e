//! Turns a portrait's head and writes what comes of it as one picture, to be looked at; says how long it takes.
//!
//! `sheet OUTPUT.png FOLDER…`: each folder holds `picture.png`, `plate.png`, `matte.png` (grey, of the same size) and `mesh.f32`: left and upper edge of the crop
//! and its side, then the 478 points, in pixels of the picture, as little-endian numbers of 32 bits.

#![expect(clippy::print_stdout, reason = "an example talks to the terminal")]

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use glam::{EulerRot, Mat3, Vec2, Vec3};
use image::{Rgba, RgbaImage, imageops};
use retrato_core::data::{Crop, FaceMesh, HeadMotion, MeshMotion, MouthPicture};
use retrato_head::{HeadPainter, HeadPicture, HeadShape, PosedHead};

/// A portrait of a folder.
struct Sitter {
    shape: HeadShape,
    mesh: FaceMesh,
    picture: Arc<RgbaImage>,
}

/// What a portrait shall do: degrees of yaw, pitch and roll, and the expression.
struct Act {
    name: &'static str,
    degrees: [f32; 3],
    expression: fn(&mut FaceMesh, f32),
}

const ACTS: [Act; 20] = [
    Act { name: "yaw -40", degrees: [-40.0, 0.0, 0.0], expression: neutral },
    Act { name: "yaw -25", degrees: [-25.0, 0.0, 0.0], expression: neutral },
    Act { name: "rest", degrees: [0.0; 3], expression: neutral },
    Act { name: "yaw 25", degrees: [25.0, 0.0, 0.0], expression: neutral },
    Act { name: "yaw 40", degrees: [40.0, 0.0, 0.0], expression: neutral },
    Act { name: "pitch -15", degrees: [0.0, -15.0, 0.0], expression: neutral },
    Act { name: "pitch 15", degrees: [0.0, 15.0, 0.0], expression: neutral },
    Act { name: "roll 20", degrees: [0.0, 0.0, 20.0], expression: neutral },
    Act { name: "roll -20", degrees: [0.0, 0.0, -20.0], expression: neutral },
    Act { name: "all", degrees: [20.0, -8.0, 10.0], expression: |m, u| lids(m, u, 0.5) },
    Act { name: "half shut", degrees: [0.0; 3], expression: |m, u| lids(m, u, 0.5) },
    Act { name: "shut", degrees: [0.0; 3], expression: |m, u| lids(m, u, 1.0) },
    Act { name: "shut, turned", degrees: [20.0, 0.0, 0.0], expression: |m, u| lids(m, u, 1.0) },
    Act { name: "wide", degrees: [0.0; 3], expression: |m, u| lids(m, u, -0.35) },
    Act { name: "left", degrees: [0.0; 3], expression: |m, u| look(m, Vec2::new(-0.13 * u, 0.0)) },
    Act { name: "right", degrees: [0.0; 3], expression: |m, u| look(m, Vec2::new(0.13 * u, 0.0)) },
    Act { name: "up", degrees: [0.0; 3], expression: |m, u| look(m, Vec2::new(0.0, -0.06 * u)) },
    Act { name: "down", degrees: [0.0; 3], expression: |m, u| look(m, Vec2::new(0.0, 0.06 * u)) },
    Act { name: "brows up", degrees: [0.0; 3], expression: brows },
    Act { name: "mouth open", degrees: [0.0; 3], expression: jaw },
];

fn neutral(_: &mut FaceMesh, _: f32) {}

/// Lids on their way to each other by a share of their distance.
fn lids(mesh: &mut FaceMesh, _: f32, share: f32) {
    let rest = mesh.clone();
    for edge in FaceMesh::EYES {
        for i in 1..8 {
            let [upper, lower] = [edge[i], edge[16 - i]].map(usize::from);
            mesh.0[upper] = rest.0[upper].lerp(rest.0[lower], share * 0.92);
            mesh.0[lower] = rest.0[lower].lerp(rest.0[upper], share * 0.08);
        }
    }
    // The skin over the upper lid follows its edge.
    for (ring, edge, part) in [
        ([247, 30, 29, 27, 28, 56, 190], [246, 161, 160, 159, 158, 157, 173], 0.45),
        ([467, 260, 259, 257, 258, 286, 414], [466, 388, 387, 386, 385, 384, 398], 0.45),
    ] {
        for (i, edge) in ring.into_iter().zip(edge) {
            mesh.0[i] += part * (mesh.0[edge] - rest.0[edge]);
        }
    }
}

fn look(mesh: &mut FaceMesh, travel: Vec2) {
    mesh.0[FaceMesh::SKIN..].iter_mut().for_each(|p| *p += travel.extend(0.0));
}

/// Moves points near others by a share that falls off with the distance.
fn pull(mesh: &mut FaceMesh, near: &[usize], by: Vec3, reach: f32) {
    let rest = mesh.clone();
    for p in &mut mesh.0[..FaceMesh::SKIN] {
        let distance = near.iter().map(|i| rest.0[*i].distance(*p)).fold(f32::MAX, f32::min);
        *p += by * (-(distance / reach).powi(2)).exp();
    }
}

fn brows(mesh: &mut FaceMesh, unit: f32) {
    let up = (mesh.0[10] - mesh.0[152]).normalize();
    pull(mesh, &[70, 63, 105, 66, 107, 336, 296, 334, 293, 300], up * (0.14 * unit), 0.22 * unit);
}

fn jaw(mesh: &mut FaceMesh, unit: f32) {
    let down = (mesh.0[152] - mesh.0[10]).normalize();
    let rest = mesh.clone();
    let seam = rest.0[13].midpoint(rest.0[14]);
    let lower: Vec<u16> = FaceMesh::INNER_LIPS[11..].to_vec();
    for i in 0..FaceMesh::SKIN {
        let p = rest.0[i];
        let below = (p - seam).dot(down) / unit;
        let aside = (p - seam).truncate().perp_dot(down.truncate()).abs() / unit;
        let is_lower = lower.contains(&(i as u16)) || below > 0.03;
        let is_upper = FaceMesh::INNER_LIPS[..=10].contains(&(i as u16));
        if is_lower && !is_upper {
            mesh.0[i] += down * (0.3 * unit * (1.0 - (aside / 1.0).powi(2)).max(0.0));
        }
    }
}

fn load(folder: &Path) -> anyhow::Result<Sitter> {
    let open = |name: &str| -> anyhow::Result<RgbaImage> {
        let path = folder.join(name);
        Ok(image::open(&path).with_context(|| format!("{} cannot be read", path.display()))?.into_rgba8())
    };
    let (picture, plate, matte) = (Arc::new(open("picture.png")?), Arc::new(open("plate.png")?), open("matte.png")?);
    let bytes = std::fs::read(folder.join("mesh.f32"))?;
    let numbers: Vec<f32> = bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
    let crop = Crop { origin_px: [numbers[0], numbers[1]], side_px: numbers[2] };
    let in_crop = |p: &[f32]| crop.crop_from_image(Vec2::new(p[0], p[1])).extend(p[2] / crop.scale());
    let mesh = FaceMesh::from_points(&numbers[3..].chunks_exact(3).map(in_crop).collect::<Vec<_>>()).context("no whole face")?;
    let share = |at: Vec2| {
        let at = crop.image_from_crop(at).max(Vec2::ZERO);
        let [x, y] = [at.x.round() as u32, at.y.round() as u32];
        if x < matte.width() && y < matte.height() { f32::from(matte.get_pixel(x, y).0[0]) / 255.0 } else { 0.0 }
    };
    let start = Instant::now();
    let shape = HeadShape::new(HeadPicture {
        pixels: &picture,
        plate: Some(&plate),
        crop,
        mesh_in_crop: &mesh,
        attached: &retrato_head::Attachment::of(&mesh.landmarks(), &crop, picture.dimensions().into(), &share),
        matte: &share,
        foreground: None,
    })?;
    let triangles = shape.face.triangles.len() + shape.front.triangles.len() + shape.back.triangles.len();
    println!(
        "{}: {:?} {:?}, made in {:.0} ms, {triangles} triangles",
        folder.display(),
        shape.region,
        crop,
        start.elapsed().as_secs_f64() * 1e3
    );
    Ok(Sitter { shape, mesh, picture })
}

/// The picture for an act, and how long it takes in milliseconds.
fn play(sitter: &Sitter, act: &Act) -> (RgbaImage, f64) {
    let mut mesh = sitter.mesh.clone();
    let unit = mesh.inter_ocular();
    (act.expression)(&mut mesh, unit);
    let rim = 0.5 * (sitter.mesh.0[234].z + sitter.mesh.0[454].z);
    let ears = sitter.mesh.0[234].midpoint(sitter.mesh.0[454]);
    let pivot = Vec3::new(ears.x, sitter.mesh.0[152].y - 0.1 * unit, rim + 0.75 * unit);
    let [yaw, pitch, roll] = act.degrees.map(f32::to_radians);
    let rotation = Mat3::from_euler(EulerRot::ZXY, roll, pitch, -yaw);
    let head = HeadMotion::about(pivot, rotation, 1.0, Vec3::ZERO);
    let motion = MeshMotion { expression_in_crop: Arc::new(mesh), head };
    let (mut painter, mut posed, mut target) = (HeadPainter::default(), PosedHead::default(), (*sitter.picture).clone());
    let mut ms = f64::MAX;
    let mut changed = 0..0;
    for _ in 0..4 {
        let start = Instant::now();
        sitter.shape.pose(&motion, &mut posed);
        changed = painter.paint(&sitter.shape, &posed, &MouthPicture::default(), &sitter.shape.plate, &mut target, &changed);
        ms = ms.min(start.elapsed().as_secs_f64() * 1e3);
    }
    (target, ms)
}

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let output = arguments.next().context("give an output file and folders")?;
    let cell: u32 = std::env::var("CELL").ok().and_then(|v| v.parse().ok()).unwrap_or(420);
    let only = std::env::var("ONLY").unwrap_or_default();
    let zoom: f32 = std::env::var("ZOOM").ok().and_then(|v| v.parse().ok()).unwrap_or(1.0);
    let columns: u32 = std::env::var("COLUMNS").ok().and_then(|v| v.parse().ok()).unwrap_or(10);
    let mut cells = Vec::new();
    for folder in arguments {
        let sitter = load(Path::new(&folder))?;
        let mut times = Vec::new();
        for act in ACTS.iter().filter(|act| only.is_empty() || only.split(',').any(|name| name == act.name)) {
            let (picture, ms) = play(&sitter, act);
            times.push(format!("{} {ms:.1}", act.name));
            if act.name == "rest" && picture != *sitter.picture {
                println!("AT REST THE PICTURE IS NOT THE PORTRAIT");
            }
            let crop = sitter.shape.crop;
            let side = crop.side_px * 1.25 / zoom;
            let eyes = sitter.mesh.pupils();
            let middle = crop.image_from_crop(if zoom > 1.0 { eyes[0].midpoint(eyes[1]) } else { Vec2::new(128.0, 105.0) });
            let cut = RgbaImage::from_fn(side as u32, side as u32, |x, y| {
                let at = Vec2::new(x as f32, y as f32) + middle - side / 2.0;
                let is_in = at.min_element() >= 0.0 && at.x < picture.width() as f32 && at.y < picture.height() as f32;
                if is_in { *picture.get_pixel(at.x as u32, at.y as u32) } else { Rgba([90, 90, 90, 255]) }
            });
            cells.push(imageops::resize(&cut, cell, cell, imageops::FilterType::CatmullRom));
        }
        println!("  ms: {}", times.join(", "));
    }
    let rows = (cells.len() as u32).div_ceil(columns);
    let mut sheet = RgbaImage::new(cell * columns, cell * rows);
    for (n, picture) in cells.iter().enumerate() {
        imageops::replace(&mut sheet, picture, i64::from(n as u32 % columns * cell), i64::from(n as u32 / columns * cell));
    }
    sheet.save(&output)?;
    Ok(())
}
