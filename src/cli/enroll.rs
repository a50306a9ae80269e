//! `retrato enroll`: what the program sees in a picture.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::anyhow;
use glam::Vec2;
use serde::Serialize;

use super::common;
use crate::data::{Crop, FaceMesh, Landmarks, PixelBox};
use crate::pipeline::OpenedPicture;
use crate::session::PictureInput;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The pictures
    #[arg(required = true)]
    portraits: Vec<PathBuf>,
    /// Where the face is, if none is found: LEFT,TOP,RIGHT,BOTTOM in the picture's own pixels
    #[arg(long, value_name = "BOX", value_parser = common::parse_box)]
    face_box: Option<PixelBox>,
    #[command(flatten)]
    model: common::ModelArgs,
    /// Print the result as JSON: one object per picture, with the largest face's landmarks, mesh and crop
    #[arg(long)]
    json: bool,
}

/// What was found in one picture, all of it in the picture's own pixels, upright. `landmarks`, `mesh` and `crop` belong to the first face.
#[derive(Serialize)]
struct Found {
    #[serde(serialize_with = "common::serialize_path")]
    portrait: PathBuf,
    content_hash: String,
    size: [u32; 2],
    faces: Vec<PixelBox>,
    landmarks: Landmarks,
    #[serde(skip_serializing_if = "Option::is_none")]
    mesh: Option<FaceMesh>,
    crop: Crop,
    milliseconds: f64,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let model = common::load_model(&args.model)?;
    let mut failed = 0;
    for path in &args.portraits {
        match find(args, path, &model) {
            Ok(found) => print(args, &found)?,
            Err(error) => {
                failed += 1;
                tell!("retrato: {error:#}");
            }
        }
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn find(args: &Args, path: &std::path::Path, model: &std::sync::Arc<crate::track::FaceModel>) -> anyhow::Result<Found> {
    let start = Instant::now();
    let opened = OpenedPicture::open(PictureInput::Path(path.to_owned()), Some(model), None)?;
    let portrait = match args.face_box {
        Some(face_box) => opened.place_in_own(face_box, Some(model))?,
        None => opened.choose(0).ok_or_else(|| anyhow!("no face was found in {}: say where it is with --face-box", path.display()))?,
    };
    let own = Own(opened.picture.own_from_working);
    Ok(Found {
        portrait: path.to_owned(),
        content_hash: portrait.content_hash.clone(),
        size: opened.picture.own_size,
        faces: opened.faces.iter().map(|face| own.box_of(&face.place.to_box())).collect(),
        landmarks: portrait.landmarks_in_image.map(|p| own.place(p)),
        mesh: portrait.mesh_in_image.as_deref().map(|mesh| own.mesh(mesh)),
        crop: Crop { origin_px: portrait.crop.origin_px.map(|side| side * own.0), side_px: portrait.crop.side_px * own.0 },
        milliseconds: start.elapsed().as_secs_f64() * 1e3,
    })
}

/// From the picture at working resolution to its own pixels, of which one there is so many long.
#[derive(Clone, Copy)]
struct Own(f32);

impl Own {
    /// A place in pixel indices: the middle of the first pixel is 0.
    fn place(self, working: Vec2) -> Vec2 {
        (working + 0.5) * self.0 - 0.5
    }

    fn mesh(self, mesh: &FaceMesh) -> FaceMesh {
        FaceMesh(Box::new(mesh.0.map(|p| self.place(p.truncate()).extend(p.z * self.0))))
    }

    fn box_of(self, place: &PixelBox) -> PixelBox {
        let [left, top, right, bottom] = [place.left, place.top, place.right, place.bottom].map(|side| side * self.0);
        PixelBox { left, top, right, bottom }
    }
}

fn print(args: &Args, found: &Found) -> anyhow::Result<()> {
    if args.json {
        say!("{}", serde_json::to_string(found)?);
        return Ok(());
    }
    let [width, height] = found.size;
    say!("{}: {width} x {height}, {} face(s), {:.0} ms", found.portrait.display(), found.faces.len(), found.milliseconds);
    for (number, face) in found.faces.iter().enumerate() {
        say!("  {}: {:.0} x {:.0} pixels at {:.0}, {:.0}", number + 1, face.width(), face.height(), face.left, face.top);
    }
    Ok(())
}
