//! Bounds that no driver can break.

/// `value` itself in the middle, bending over so that it never passes `limit`. Smooth and odd.
pub(super) fn soft_limit(value: f32, limit: f32) -> f32 {
    let free = 0.6 * limit;
    let size = value.abs();
    if size <= free {
        return value;
    }
    let bent = free + (limit - free) * ((size - free) / (limit - free)).tanh();
    bent.copysign(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soft_limit_is_identity_in_the_middle_and_never_passes_the_limit() {
        assert!((soft_limit(0.3, 1.0) - 0.3).abs() < 1e-6, "small values pass unchanged");
        assert!(soft_limit(1e9, 1.0) <= 1.0 && soft_limit(-1e9, 1.0) >= -1.0, "huge values stay inside");
        let mut last = 0.0;
        for i in 0..200 {
            let now = soft_limit(i as f32 * 0.02, 1.0);
            assert!(now >= last, "monotone at {i}");
            last = now;
        }
    }
}
