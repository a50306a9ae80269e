//! What a person is made of for the rasteriser: triangles with appearance, light, camera, and the way the finished picture looks.

use glam::{Vec2, Vec3};

use crate::data::Part;

/// Appearance of one vertex.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vertex {
    /// What it belongs to.
    pub part: Part,
    /// Diffuse colour, linear in the picture's own values, 0..1.2.
    pub albedo: Vec3,
    /// Strength of the highlight.
    pub specular: f32,
    /// Where the fine texture is looked up in the noise: moves with the surface.
    pub texture_at: Vec3,
    /// How strongly the fine texture modulates the colour, 0..0.6.
    pub texture_gain: f32,
}

/// One person's surface: constant over frames, only positions change.
#[derive(Clone, Debug, Default)]
pub struct PersonSurface {
    /// Appearance per vertex.
    pub vertices: Vec<Vertex>,
    /// Vertex indices, counter-clockwise seen from outside.
    pub triangles: Vec<[u32; 3]>,
}

/// A distant light.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Light {
    /// Unit vector towards the light; x to the picture's right, y up, z to the viewer.
    pub direction: Vec3,
    /// Its colour and strength.
    pub colour: Vec3,
}

/// All light of a scene.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lighting {
    /// Directional lights.
    pub lights: Vec<Light>,
    /// Light from everywhere, a little stronger from above.
    pub ambient: Vec3,
}

/// A pinhole camera that looks along -z, for pictures of [`crate::data::PICTURE_PX`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// Focal length in pixels.
    pub focal_px: f32,
    /// Distance of the camera from the head's plane z = 5 cm, in cm. Scale there is `focal_px / distance_cm`.
    pub distance_cm: f32,
    /// Picture position of the point x = y = 0, in pixel-index coordinates (centre of pixel i at i).
    pub centre_px: Vec2,
}

impl Camera {
    /// Depth from the camera of a point in world coordinates, in cm.
    pub fn depth_cm(&self, at: Vec3) -> f32 {
        self.distance_cm + 5.0 - at.z
    }

    /// Where a world point (cm; x right, y up, z to the viewer) is seen, in pixel-index coordinates.
    pub fn project(&self, at: Vec3) -> Vec2 {
        let scale = self.focal_px / self.depth_cm(at);
        self.centre_px + Vec2::new(at.x, -at.y) * scale
    }
}
