//! A face mesh as it is stored: in whole steps round its middle, as text of 64 signs.
//!
//! `{"origin":[x,y],"unit":u,"points":"..."}`: the points are three whole numbers each, x, y and z, little-endian in 16 bits with sign, in base64 (RFC 4648, with
//! padding). A point lies at the origin plus its numbers times the unit; the unit is a thousandth of the distance between the irises, or more where the
//! face reaches further than 16 bits.

use glam::{Vec2, Vec3};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::FaceMesh;

/// Steps between the irises.
const STEPS: f32 = 1000.0;
/// Bytes of all points.
const BYTES: usize = FaceMesh::COUNT * 6;
/// Signs of all points.
const SIGNS: usize = BYTES.div_ceil(3) * 4;
/// The signs, by their value.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[derive(Serialize)]
struct Written<'a> {
    origin: [f32; 2],
    unit: f32,
    points: &'a str,
}

#[derive(Deserialize)]
struct Read<'a> {
    origin: [f32; 2],
    unit: f32,
    #[serde(borrow)]
    points: std::borrow::Cow<'a, str>,
}

impl Serialize for FaceMesh {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let [right, left] = self.pupils();
        let origin = (0.5 * (right + left) * 100.0).round() / 100.0;
        let from = |p: &Vec3| *p - origin.extend(0.0);
        let reach = self.0.iter().map(|p| from(p).abs().max_element()).fold(0.0, f32::max);
        let unit = (self.inter_ocular() / STEPS).max(reach / f32::from(i16::MAX)).max(1e-6);
        if !(unit.is_finite() && origin.is_finite()) {
            return Err(serde::ser::Error::custom("a face mesh with points that are no numbers"));
        }
        let steps = self.0.iter().flat_map(|p| (from(p) / unit).round().to_array());
        let bytes: Vec<u8> = steps.flat_map(|step| (step as i16).to_le_bytes()).collect();
        Written { origin: origin.to_array(), unit, points: &to_base64(&bytes) }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for FaceMesh {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Read { origin, unit, points } = Read::deserialize(deserializer)?;
        let wrong = |why: &str| serde::de::Error::custom(format!("a face mesh {why}"));
        if points.len() != SIGNS {
            return Err(wrong("has 478 points"));
        }
        let bytes = from_base64(points.as_bytes()).ok_or_else(|| wrong("is written in base64"))?;
        let steps: Vec<f32> = bytes.as_chunks::<2>().0.iter().map(|b| f32::from(i16::from_le_bytes(*b))).collect();
        let origin = Vec2::from_array(origin).extend(0.0);
        let points: Vec<Vec3> = steps.as_chunks::<3>().0.iter().map(|p| origin + Vec3::from_array(*p) * unit).collect();
        Self::from_points(&points).filter(|_| unit > 0.0).ok_or_else(|| wrong("has 478 points that are numbers"))
    }
}

/// Three bytes as four signs.
fn to_base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let all = group.iter().chain(&[0, 0]).take(3).fold(0_u32, |all, byte| all << 8 | u32::from(*byte));
        for sign in 0..4 {
            let value = (all >> (18 - 6 * sign) & 63) as usize;
            text.push(if sign <= group.len() { char::from(ALPHABET[value]) } else { '=' });
        }
    }
    text
}

/// The bytes of signs in groups of four; `None` where there are other ones.
fn from_base64(text: &[u8]) -> Option<Vec<u8>> {
    let value = |sign: u8| {
        Some(match sign {
            b'A'..=b'Z' => sign - b'A',
            b'a'..=b'z' => sign - b'a' + 26,
            b'0'..=b'9' => sign - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        })
    };
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let groups = text.len() / 4;
    for (index, group) in text.as_chunks::<4>().0.iter().enumerate() {
        let padding = if index + 1 == groups { group.iter().rev().take_while(|sign| **sign == b'=').count().min(2) } else { 0 };
        let mut all = 0_u32;
        for sign in &group[..4 - padding] {
            all = all << 6 | u32::from(value(*sign)?);
        }
        all <<= 6 * padding;
        bytes.extend_from_slice(&all.to_be_bytes()[1..4 - padding]);
    }
    text.len().is_multiple_of(4).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face() -> FaceMesh {
        let point = |i: usize| {
            let turn = i as f32 * 0.37;
            Vec3::new(812.3 + 140.0 * turn.sin(), 455.7 + 190.0 * (1.7 * turn).cos(), 60.0 * (0.6 * turn).sin())
        };
        FaceMesh(Box::new(std::array::from_fn(point)))
    }

    #[test]
    fn base64_is_that_of_everybody() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(to_base64(bytes.as_bytes()), text);
            assert_eq!(from_base64(text.as_bytes()).as_deref(), Some(bytes.as_bytes()));
        }
        assert_eq!(to_base64(&[251, 255, 191]), "+/+/");
        for bad in ["Zg=", "Z===", "Zg==Zg==", "Z g=", "Zm9\u{e9}"] {
            assert_eq!(from_base64(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn a_face_comes_back_to_half_a_thousandth_of_its_eyes_distance() {
        let face = face();
        let text = serde_json::to_string(&face).unwrap();
        assert!(text.len() < 4000, "{} bytes", text.len());
        let back: FaceMesh = serde_json::from_str(&text).unwrap();
        let step = face.inter_ocular() / 1000.0;
        let furthest = face.0.iter().zip(back.0.iter()).map(|(a, b)| (*a - *b).abs().max_element()).fold(0.0, f32::max);
        assert!(furthest <= 0.51 * step + 1e-4, "off by {furthest} at steps of {step}");
        let again: FaceMesh = serde_json::from_str(&serde_json::to_string(&back).unwrap()).unwrap();
        let moved = again.0.iter().zip(back.0.iter()).map(|(a, b)| a.distance(*b)).fold(0.0, f32::max);
        assert!(moved < step, "and does not wander when it is stored again: {moved}");
    }

    #[test]
    fn what_is_no_face_is_refused() {
        let good = serde_json::to_string(&face()).unwrap();
        let signs = good.split("\"points\":\"").nth(1).unwrap().trim_end_matches("\"}").to_owned();
        for bad in [
            good.replace(&signs, &signs[4..]),
            good.replace(&signs, &format!("{signs}AAAA")),
            good.replace(&signs, &format!("*{}", &signs[1..])),
            good.replace("\"unit\":", "\"unit\":-"),
            good.replace("\"unit\":", "\"unit\":1e39,\"old\":"),
            good.replace("\"origin\":[", "\"origin\":[1e39,"),
        ] {
            assert!(serde_json::from_str::<FaceMesh>(&bad).is_err(), "{bad:.90}");
        }
        let endless = FaceMesh(Box::new([Vec3::INFINITY; FaceMesh::COUNT]));
        assert!(serde_json::to_string(&endless).is_err(), "nor is one written");
    }
}
