//! Value noise in three dimensions: the texture of skin, hair, cloth and walls.

use glam::Vec3;

/// Smooth random value in -1..1 at a point; features are about one unit wide.
pub(super) fn value_noise(at: Vec3) -> f32 {
    let cell = floor(at);
    let t = at - cell;
    let t = t * t * (Vec3::splat(3.0) - 2.0 * t);
    let (x, y, z) = (cell.x as i32, cell.y as i32, cell.z as i32);
    let along_x = |y: i32, z: i32| mix(corner(x, y, z), corner(x.wrapping_add(1), y, z), t.x);
    let plane = |z: i32| mix(along_x(y, z), along_x(y.wrapping_add(1), z), t.y);
    mix(plane(z), plane(z.wrapping_add(1)), t.z)
}

/// Two octaves of [`value_noise`], 0.6 and 0.4 strong, the second 2.1 times as fine.
pub(super) fn two_octaves(at: Vec3) -> f32 {
    0.6 * value_noise(at) + 0.4 * value_noise(at * 2.1 + Vec3::new(7.0, 0.0, 0.0))
}

/// Rounds down; far quicker than the library's call where the processor is not known to have an instruction for it.
fn floor(at: Vec3) -> Vec3 {
    let down = |v: f32| {
        let whole = v as i32 as f32;
        if whole > v { whole - 1.0 } else { whole }
    };
    Vec3::new(down(at.x), down(at.y), down(at.z))
}

fn mix(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

/// The random value at a lattice point.
fn corner(x: i32, y: i32, z: i32) -> f32 {
    let mut h = (x as u32).wrapping_mul(374_761_393) ^ (y as u32).wrapping_mul(668_265_263) ^ (z as u32).wrapping_mul(2_147_483_629);
    h = (h ^ (h >> 13)).wrapping_mul(1_274_126_177);
    h ^= h >> 16;
    (h & 0xffff) as f32 / 32_768.0 - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_bounded_smooth_and_not_constant() {
        let at = |i: usize| value_noise(Vec3::new(i as f32 * 0.01, 3.3, -2.7));
        let values: Vec<f32> = (0..4000).map(at).collect();
        assert!(values.iter().all(|v| (-1.0..=1.0).contains(v)), "bounded");
        assert!(values.windows(2).all(|w| (w[1] - w[0]).abs() < 0.05), "smooth");
        let (low, high) = values.iter().fold((1.0_f32, -1.0_f32), |(l, h), v| (l.min(*v), h.max(*v)));
        assert!(high - low > 0.8, "it varies: {low} to {high}");
    }
}
