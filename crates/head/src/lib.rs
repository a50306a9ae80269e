//! A portrait's head in 3D.
//!
//! [`HeadShape`] is made once of a portrait: its face's mesh lies over a skull from a template, and hair and hat are inflated from the matte. [`HeadShape::pose`]
//! says where all of it goes in a frame, and [`HeadPainter`] draws that with the portrait's own pixels over what stands behind. A graphics processor draws the
//! same surfaces.

mod attached;
mod depth;
mod eye;
mod grid;
mod lid;
mod limit;
mod mouth;
mod paint;
mod part;
mod patch;
mod pose;
mod raster;
mod sample;
mod shape;
mod surface;
mod template;
mod topology;
mod triangles;

pub use attached::Attachment;
pub use eye::{EyeLook, EyeMap, LID_SAMPLES};
pub use lid::LidLook;
pub use mouth::{FaceLight, MouthInside, MouthTemplate, MouthTissue, MouthVertex, blur_of};
pub use paint::{HeadLook, HeadPainter};
pub use part::{FacePart, PartView, PosedPart};
pub use patch::{Patch, PatchVertex};
pub use pose::{PosedHead, PosedSurface};
pub use sample::smaller;
pub use shape::{HeadPicture, HeadShape};
pub use surface::{BOUND, ShapeVertex, Surface};
pub use template::{SkullTemplate, TemplateError};
