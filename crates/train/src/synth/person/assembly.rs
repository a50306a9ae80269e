//! Puts a person's pieces together: vertices at rest, how they look, and what moves them.

use glam::Vec3;

use super::super::surface::{PersonSurface, Vertex};
use super::shapes::{Mesh, smoothstep};
use crate::data::Part;

/// How a piece looks, before the vertices are told apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Material {
    pub(super) part: Part,
    pub(super) albedo: Vec3,
    pub(super) specular: f32,
    pub(super) texture_gain: f32,
    /// Cycles of the fine texture a cm.
    pub(super) texture_scale: f32,
}

impl Material {
    /// A vertex of this material at a place.
    pub(super) fn at(&self, place: Vec3) -> Vertex {
        Vertex {
            part: self.part,
            albedo: self.albedo,
            specular: self.specular,
            texture_at: place * self.texture_scale,
            texture_gain: self.texture_gain,
        }
    }

    /// The same with another colour.
    pub(super) fn coloured(mut self, albedo: Vec3) -> Self {
        self.albedo = albedo;
        self
    }
}

/// All pieces so far.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    pub(super) surface: PersonSurface,
    /// Places at rest in the sitter's own coordinates, in cm.
    pub(super) rest: Vec<Vec3>,
    /// 1 moves with the head, 0 with the body.
    pub(super) head_weight: Vec<f32>,
    /// Vertices that follow a vertex of the kit when the face moves: vertex, kit's vertex.
    pub(super) links: Vec<(u32, u32)>,
}

impl Assembly {
    /// Adds a piece; `weight` is how far a place moves with the head.
    pub(super) fn add(&mut self, mesh: &Mesh, vertex: impl Fn(usize, Vec3) -> Vertex, weight: impl Fn(Vec3) -> f32) {
        let first = self.rest.len() as u32;
        self.surface.vertices.extend(mesh.positions.iter().enumerate().map(|(i, p)| vertex(i, *p)));
        self.surface.triangles.extend(mesh.triangles.iter().map(|t| t.map(|i| i + first)));
        self.head_weight.extend(mesh.positions.iter().map(|p| weight(*p)));
        self.rest.extend_from_slice(&mesh.positions);
    }

    /// Adds a piece that is fixed to the head.
    pub(super) fn add_rigid(&mut self, mesh: &Mesh, material: &Material) {
        self.add(mesh, |_, p| material.at(p), |_| 1.0);
    }

    /// Adds a piece whose vertices follow the kit's vertices `bases`, one each.
    pub(super) fn add_linked(&mut self, mesh: &Mesh, bases: &[u32], vertex: impl Fn(usize, Vec3) -> Vertex) {
        let first = self.rest.len() as u32;
        self.links.extend(bases.iter().enumerate().map(|(i, base)| (first + i as u32, *base)));
        self.add(mesh, vertex, skin_weight);
    }

    /// A layer over some of the kit's skin: keeps the triangles of `triangles` whose vertices all have an offset, moved by it.
    pub(super) fn add_layer(&mut self, triangles: &[[u32; 3]], offsets: &[Option<Vec3>], vertex: impl Fn(usize, Vec3) -> Vertex) {
        let mut index = vec![u32::MAX; offsets.len()];
        let (mut mesh, mut bases) = (Mesh::default(), Vec::new());
        for triangle in triangles {
            if triangle.iter().any(|&i| offsets.get(i as usize).is_none_or(Option::is_none)) {
                continue;
            }
            let corner = triangle.map(|i| {
                let slot = &mut index[i as usize];
                if *slot == u32::MAX {
                    *slot = bases.len() as u32;
                    bases.push(i);
                    mesh.positions.push(self.rest[i as usize] + offsets[i as usize].unwrap_or_default());
                }
                *slot
            });
            mesh.triangles.push(corner);
        }
        let bases_of = bases.clone();
        self.add_linked(&mesh, &bases, |i, p| vertex(bases_of[i] as usize, p));
    }
}

/// How far a place of the skin moves with the head: the neck bends between y = -15 and -8 cm, the chin never.
pub(super) fn skin_weight(at: Vec3) -> f32 {
    smoothstep(-15.0, -8.0, at.y + 0.35 * at.z.clamp(0.0, 10.0))
}

/// The same for clothes and what lies on them.
pub(super) fn clothes_weight(at: Vec3) -> f32 {
    smoothstep(-15.0, -9.0, at.y)
}

/// The same for long hair and hanging cloth.
pub(super) fn hanging_weight(at: Vec3) -> f32 {
    smoothstep(-17.0, -5.0, at.y)
}
