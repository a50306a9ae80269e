//! The parts of a head that a label plane tells apart, and the size of the pictures and planes that networks learn from.

/// What a cell of a label plane shows.
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

    /// All of them, in the order of their labels.
    const ALL: [Self; Self::COUNT] = [
        Self::Background,
        Self::Face,
        Self::Head,
        Self::MouthInterior,
        Self::EyeSocket,
        Self::Gums,
        Self::Teeth,
        Self::Eyeball,
        Self::Lash,
        Self::Hair,
        Self::Headwear,
        Self::Glasses,
        Self::Jewellery,
        Self::Clothes,
    ];

    /// The part of a label; `None` for a number that is none.
    pub fn of_label(label: u8) -> Option<Self> {
        Self::ALL.get(usize::from(label)).copied()
    }

    /// Whether both sides of its triangles are drawn: thin things.
    pub fn is_double_sided(self) -> bool {
        matches!(self, Self::Lash | Self::Hair | Self::Headwear | Self::Glasses | Self::Jewellery | Self::Clothes)
    }

    /// Whether it moves with the head and is not skin: what must follow the head without being told by landmarks.
    pub fn is_worn(self) -> bool {
        matches!(self, Self::Hair | Self::Headwear | Self::Glasses | Self::Jewellery)
    }

    /// Whether it belongs to the head in a matte: neck and what is worn do, clothes do not.
    pub fn is_head(self) -> bool {
        !matches!(self, Self::Background | Self::Clothes)
    }

    /// Whether it is part of the opened mouth's inside.
    pub fn is_mouth_interior(self) -> bool {
        matches!(self, Self::MouthInterior | Self::Gums | Self::Teeth)
    }
}

/// Side of a picture that networks learn from, in pixels.
pub const PICTURE_PX: usize = 256;

/// Cells along each side of the flow, visibility and label planes: 2 pixels a cell, centred as in [`crate::data::FlowField`].
pub const PLANE_CELLS: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_stands_for_its_part() {
        for label in 0..Part::COUNT as u8 {
            assert_eq!(Part::of_label(label).map(|part| part as u8), Some(label), "label {label}");
        }
        assert_eq!(Part::of_label(Part::COUNT as u8), None, "there are no more");
    }
}
