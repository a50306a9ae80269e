//! What a person is made of for the rasteriser: triangles with appearance, light, camera, and the way the finished picture looks.

use glam::{Vec2, Vec3};

/// What a vertex belongs to; drawn into the label plane of every picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Part {
    /// Nothing: the background.
    #[default]
    Background = 0,
    /// The face's skin.
    Face,
    /// Scalp, ears and neck.
    Head,
    /// Inside of the mouth.
    MouthInterior,
    /// Inside of the eye sockets.
    EyeSocket,
    /// Gums and tongue.
    Gums,
    /// Teeth.
    Teeth,
    /// Eyeball with iris and pupil.
    Eyeball,
    /// Eyelashes.
    Lash,
    /// Hair and beard that stand off the skin.
    Hair,
    /// Hats, turbans, scarves, veils.
    Headwear,
    /// Glasses.
    Glasses,
    /// Earrings and necklaces.
    Jewellery,
    /// Shoulders and clothes.
    Clothes,
}

impl Part {
    /// How many labels there are.
    pub const COUNT: usize = 14;

    /// Whether both sides of its triangles are drawn: thin things.
    pub fn is_double_sided(self) -> bool {
        matches!(self, Self::Lash | Self::Hair | Self::Headwear | Self::Glasses | Self::Jewellery | Self::Clothes)
    }

    /// Whether it moves with the head and is not skin: what must follow the head without being told by landmarks.
    pub fn is_worn(self) -> bool {
        matches!(self, Self::Hair | Self::Headwear | Self::Glasses | Self::Jewellery)
    }

    /// Whether it is part of the opened mouth's inside.
    pub fn is_mouth_interior(self) -> bool {
        matches!(self, Self::MouthInterior | Self::Gums | Self::Teeth)
    }
}

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
pub struct Surface {
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

/// A pinhole camera that looks along -z, for pictures of [`PICTURE_PX`].
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

/// Side of a synthetic picture in pixels.
pub const PICTURE_PX: usize = 256;

/// Cells along each side of the flow, visibility and label planes: 2 pixels a cell, centred as in [`crate::data::FlowField`].
pub const PLANE_CELLS: usize = 128;
