//! The expression network: 52 coefficients.

use glam::Vec3;
use pulp::Arch;
use retrato_core::data::COEFFICIENTS;

use crate::error::TfliteError;
use crate::landmarks::POINTS;
use crate::model::Model;
use crate::plan::Plan;

/// The landmarks that the network looks at.
const LOOKED_AT: [u16; 146] = [
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67, 70, 78, 80, 81, 82, 84, 87, 88,
    91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148, 149, 150, 152, 153, 154, 155, 157, 158, 159, 160, 161, 162,
    163, 168, 172, 173, 176, 178, 181, 185, 191, 195, 197, 234, 246, 249, 251, 263, 267, 269, 270, 276, 282, 283, 284, 285, 288, 291, 293,
    295, 296, 297, 300, 308, 310, 311, 312, 314, 317, 318, 321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378,
    379, 380, 381, 382, 384, 385, 386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454, 466, 468, 469, 470, 471, 472, 473, 474,
    475, 476, 477,
];

/// The expression network.
pub(crate) struct CoefficientNet {
    pub(crate) plan: Plan,
}

impl CoefficientNet {
    /// # Errors
    /// Where the network has other inputs or outputs than this one.
    pub(crate) fn new(model: &Model, arch: Arch) -> Result<Self, TfliteError> {
        let plan = Plan::new(model, arch)?;
        let fits = plan.lengths() == (2 * LOOKED_AT.len(), vec![COEFFICIENTS]);
        if fits { Ok(Self { plan }) } else { Err(TfliteError::OtherNetwork) }
    }

    /// The coefficients of a face, each between 0 and 1. Its place and size do not matter, but width and height must be in the same unit.
    pub(crate) fn read(&mut self, points: &[Vec3; POINTS]) -> [f32; COEFFICIENTS] {
        for (to, index) in self.plan.input_mut().as_chunks_mut().0.iter_mut().zip(LOOKED_AT) {
            *to = points[usize::from(index)].truncate().to_array();
        }
        self.plan.run();
        self.plan.output(0).first_chunk().map_or([0.0; COEFFICIENTS], |values| *values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_points_that_are_looked_at_exist() {
        assert!(LOOKED_AT.is_sorted() && LOOKED_AT.iter().all(|index| usize::from(*index) < POINTS));
    }
}
