//! The landmark network: 478 points of a face in 3D.
//!
//! Grishchenko et al., Attention mesh: High-fidelity face mesh prediction in real-time, 2020; the model is Google's "Face Mesh V2".

use glam::{DVec2, Vec3};
use pulp::Arch;

use crate::error::TfliteError;
use crate::model::Model;
use crate::picture::{Outside, RgbView};
use crate::plan::Plan;
use crate::region::Region;

/// Points of a face: 468 of the mesh, then five of each iris.
pub const POINTS: usize = 478;
/// Points of the mesh.
pub const MESH_POINTS: usize = 468;
/// Side of the square that the network looks at, in pixels.
pub(crate) const SIDE: usize = 256;

/// What the network says of a square.
#[derive(Clone, Debug)]
pub(crate) struct LandmarkOutput {
    /// Points in pixels of the picture; z is in the same unit, smaller towards the camera.
    pub points: [Vec3; POINTS],
    /// How sure it is that there is a face, between 0 and 1.
    pub presence: f32,
    /// How far the tongue is out, between 0 and 1.
    pub tongue: f32,
}

/// The landmark network.
pub(crate) struct LandmarkNet {
    pub(crate) plan: Plan,
}

impl LandmarkNet {
    /// # Errors
    /// Where the network has other inputs or outputs than this one.
    pub(crate) fn new(model: &Model, arch: Arch) -> Result<Self, TfliteError> {
        let plan = Plan::new(model, arch)?;
        let fits = plan.lengths() == (3 * SIDE * SIDE, vec![3 * POINTS, 1, 1]);
        if fits { Ok(Self { plan }) } else { Err(TfliteError::OtherNetwork) }
    }

    /// Looks at a region of a picture. None where the region cannot hold a face.
    pub(crate) fn read(&mut self, picture: &RgbView<'_>, region: &Region) -> Option<LandmarkOutput> {
        if !region.is_sensible(picture.size()) {
            return None;
        }
        picture.sample(region, SIDE, Outside::Edge, [1.0 / 255.0, 0.0], self.plan.input_mut());
        self.plan.run();
        let mut points = [Vec3::ZERO; POINTS];
        for (point, [x, y, z]) in points.iter_mut().zip(self.plan.output(0).as_chunks().0) {
            let in_picture = region.place(DVec2::new(f64::from(*x), f64::from(*y)) / SIDE as f64);
            *point = in_picture.as_vec2().extend((f64::from(*z) / SIDE as f64 * region.size.x) as f32);
        }
        let presence = 1.0 / (1.0 + (-self.plan.output(1)[0]).exp());
        let tongue = self.plan.output(2)[0];
        points.iter().all(|p| p.is_finite()).then_some(LandmarkOutput { points, presence, tongue })
    }
}
