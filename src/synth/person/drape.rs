//! Cloth that hangs from the head: turbans, veils, hoods.
