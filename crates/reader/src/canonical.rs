//! The canonical face: its vertices in centimetres, its triangles, and which vertices the head's pose is fitted to.
//!
//! The bundle holds it as a protocol buffers message; of that format only what occurs here is read.

use glam::DVec3;

use crate::error::GeometryError;
use crate::landmarks::MESH_POINTS;

/// Triangles of the mesh.
pub const TRIANGLES: usize = 898;
/// Numbers for each vertex: a position and texture coordinates.
const VERTEX_VALUES: usize = 5;

/// The canonical face.
#[derive(Clone, Debug)]
pub struct CanonicalFace {
    /// Vertices in centimetres: x to the face's left, y up, z out of the face.
    pub vertices: Vec<DVec3>,
    /// Texture coordinates of the vertices, between 0 and 1.
    pub texture: Vec<[f32; 2]>,
    /// Corners of the triangles.
    pub triangles: Vec<[u16; 3]>,
    /// Vertices that the pose is fitted to, with their weights.
    pub weights: Vec<(usize, f64)>,
}

impl CanonicalFace {
    /// Reads the message.
    ///
    /// # Errors
    /// Where it is damaged or belongs to another mesh.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, GeometryError> {
        let (mut vertex_values, mut corners, mut weights) = (Vec::new(), Vec::new(), Vec::new());
        for field in Fields::of(bytes) {
            match field? {
                (1, Value::Bytes(mesh)) => {
                    for field in Fields::of(mesh) {
                        match field? {
                            (3, value) => value.floats(&mut vertex_values)?,
                            (4, value) => value.integers(&mut corners)?,
                            _ => {}
                        }
                    }
                }
                (2, Value::Bytes(weight)) => weights.push(parse_weight(weight)?),
                _ => {}
            }
        }
        if vertex_values.len() != MESH_POINTS * VERTEX_VALUES || vertex_values.iter().any(|v| !v.is_finite()) {
            return Err(GeometryError::Count("vertices"));
        }
        let vertices = vertex_values.as_chunks::<VERTEX_VALUES>().0;
        let corner = |index: u64| u16::try_from(index).ok().filter(|index| usize::from(*index) < MESH_POINTS);
        let corners = corners.into_iter().map(corner).collect::<Option<Vec<_>>>();
        let corners = corners.filter(|corners| corners.len() == 3 * TRIANGLES).ok_or(GeometryError::Count("triangles"))?;
        let sound = |(index, weight): &(usize, f64)| *index < MESH_POINTS && weight.is_finite() && *weight >= 0.0;
        if weights.len() < 3 || weights.len() > MESH_POINTS || !weights.iter().all(sound) {
            return Err(GeometryError::Count("weights"));
        }
        Ok(Self {
            vertices: vertices.iter().map(|[x, y, z, ..]| DVec3::new(f64::from(*x), f64::from(*y), f64::from(*z))).collect(),
            texture: vertices.iter().map(|[.., u, v]| [*u, *v]).collect(),
            triangles: corners.as_chunks().0.to_vec(),
            weights,
        })
    }
}

/// A landmark and its weight. The number 0 is left out by encoders.
fn parse_weight(bytes: &[u8]) -> Result<(usize, f64), GeometryError> {
    let (mut index, mut weight) = (0, 0.0);
    for field in Fields::of(bytes) {
        match field? {
            (1, Value::Integer(value)) => index = usize::try_from(value).ok().ok_or(GeometryError::Count("weights"))?,
            (2, Value::Float(value)) => weight = f64::from(value),
            _ => {}
        }
    }
    Ok((index, weight))
}

enum Value<'a> {
    Integer(u64),
    Bytes(&'a [u8]),
    Float(f32),
}

impl Value<'_> {
    /// One float, or many in a packed field.
    fn floats(&self, to: &mut Vec<f32>) -> Result<(), GeometryError> {
        match self {
            Self::Float(value) => to.push(*value),
            Self::Bytes(packed) => to.extend(packed.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b))),
            Self::Integer(_) => return Err(GeometryError::Count("vertices")),
        }
        Ok(())
    }

    /// One integer, or many in a packed field.
    fn integers(&self, to: &mut Vec<u64>) -> Result<(), GeometryError> {
        match self {
            Self::Integer(value) => to.push(*value),
            Self::Bytes(packed) => {
                let mut fields = Fields::of(packed);
                while fields.at < packed.len() {
                    to.push(fields.integer()?);
                }
            }
            Self::Float(_) => return Err(GeometryError::Count("triangles")),
        }
        Ok(())
    }
}

/// The fields of a message, each with its number.
struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn integer(&mut self) -> Result<u64, GeometryError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = *self.bytes.get(self.at).ok_or(GeometryError::Damaged(self.at))?;
            self.at += 1;
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(GeometryError::Damaged(self.at))
    }

    fn part(&mut self, length: u64) -> Result<&'a [u8], GeometryError> {
        let end = usize::try_from(length).ok().and_then(|length| self.at.checked_add(length));
        let part = end.and_then(|end| self.bytes.get(self.at..end)).ok_or(GeometryError::Damaged(self.at))?;
        self.at += part.len();
        Ok(part)
    }

    fn field(&mut self) -> Result<(u64, Value<'a>), GeometryError> {
        let key = self.integer()?;
        let value = match key & 7 {
            0 => Value::Integer(self.integer()?),
            2 => {
                let length = self.integer()?;
                Value::Bytes(self.part(length)?)
            }
            5 => Value::Float(f32::from_le_bytes(self.part(4)?.first_chunk().copied().unwrap_or_default())),
            _ => return Err(GeometryError::Damaged(self.at)),
        };
        Ok((key >> 3, value))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Value<'a>), GeometryError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.bytes.len() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.at = self.bytes.len();
        }
        Some(field)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn field(number: u8, value: &[u8]) -> Vec<u8> {
        let mut length = value.len();
        let mut bytes = vec![number << 3 | 2];
        while length >= 0x80 {
            bytes.push(length as u8 | 0x80);
            length >>= 7;
        }
        bytes.push(length as u8);
        bytes.extend(value);
        bytes
    }

    /// A message with a mesh on a bent sheet, packed or field by field.
    fn message(packed: bool) -> Vec<u8> {
        let floats = (0..MESH_POINTS * VERTEX_VALUES).map(|i| ((i * i % 97) as f32 / 9.0).to_le_bytes());
        let corners = (0..3 * TRIANGLES).map(|i| i % MESH_POINTS);
        let varint = |v: usize| if v < 0x80 { vec![v as u8] } else { vec![v as u8 | 0x80, (v >> 7) as u8] };
        let mesh = if packed {
            let (floats, corners): (Vec<u8>, Vec<u8>) = (floats.flatten().collect(), corners.flat_map(varint).collect());
            [field(3, &floats), field(4, &corners)].concat()
        } else {
            let floats: Vec<u8> = floats.flat_map(|f| [&[3 << 3 | 5][..], &f].concat()).collect();
            let corners: Vec<u8> = corners.flat_map(|c| [vec![4 << 3], varint(c)].concat()).collect();
            [vec![1 << 3, 0], floats, corners].concat()
        };
        let weight = |index: u8| [&[1 << 3, index, 2 << 3 | 5][..], &0.25_f32.to_le_bytes()].concat();
        let without_index = [&[2 << 3 | 5][..], &0.5_f32.to_le_bytes()].concat();
        [field(1, &mesh), field(2, &weight(4)), field(2, &without_index), field(2, &weight(9)), vec![3 << 3, 1]].concat()
    }

    /// A canonical face that is none, for tests without the model file.
    pub(crate) fn stand_in() -> CanonicalFace {
        CanonicalFace::parse(&message(true)).unwrap()
    }

    #[test]
    fn both_ways_of_writing_lists_are_read() {
        for packed in [false, true] {
            let face = CanonicalFace::parse(&message(packed)).unwrap();
            assert_eq!((face.vertices.len(), face.triangles.len()), (MESH_POINTS, TRIANGLES));
            assert!((face.vertices[1].z - f64::from(49.0_f32 / 9.0)).abs() < 1e-6, "{}", face.vertices[1]);
            assert_eq!(face.triangles[1], [3, 4, 5]);
            assert_eq!(face.weights, [(4, 0.25), (0, 0.5), (9, 0.25)]);
        }
    }

    #[test]
    fn damage_is_an_error() {
        let whole = message(true);
        for length in 0..whole.len() {
            // The last field is one that is not needed.
            assert!(CanonicalFace::parse(&whole[..length]).is_err() || length >= whole.len() - 2, "cut at {length}");
        }
        let mut others = 0;
        for at in (0..whole.len()).chain(0..40) {
            let mut changed = whole.clone();
            changed[at] ^= 0x80;
            others += usize::from(CanonicalFace::parse(&changed).is_err());
        }
        assert!(others > 40, "changed lengths are noticed: {others}");
    }
}
