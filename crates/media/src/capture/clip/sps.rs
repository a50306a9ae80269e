//! The sequence parameter set of H.264: size, kind of coding and colour of a stream, known before the first picture is decoded.
//!
//! Fields and their order are those of ITU-T H.264, sections 7.3.2.1 and E.1.1.

use crate::capture::yuv::YuvToRgb;

/// Profiles that carry chroma format and bit depth.
const HIGH_PROFILES: [u32; 12] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134];
/// Aspect ratio code that is followed by the ratio itself.
const EXTENDED_ASPECT: u32 = 255;

/// What a stream says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sps {
    /// 1 for 4:2:0.
    pub(super) chroma_format: u32,
    /// Bits of a luma sample.
    pub(super) bit_depth: u32,
    /// Whether pictures may be coded as fields.
    pub(super) interlaced: bool,
    /// Width and height in pixels, before cropping.
    pub(super) coded_size: [u32; 2],
    /// Whether values use the full range of a byte.
    pub(super) full_range: bool,
    /// Code of the colour matrix; 2 when not said.
    pub(super) matrix: u32,
}

impl Sps {
    /// Reads a NAL unit that holds a sequence parameter set. `None` when it is damaged.
    pub(super) fn parse(nal: &[u8]) -> Option<Self> {
        let payload = without_emulation_prevention(nal.get(1..)?);
        let mut bits = Bits { bytes: &payload, position: 0 };
        let profile = bits.take(8)?;
        bits.take(16)?;
        bits.exp_golomb()?;
        let (chroma_format, bit_depth) = if HIGH_PROFILES.contains(&profile) { high_profile(&mut bits)? } else { (1, 8) };
        skip_frame_numbers(&mut bits)?;
        bits.exp_golomb()?;
        bits.take(1)?;
        let width_in_blocks = bits.exp_golomb()?.checked_add(1)?;
        let height_in_units = bits.exp_golomb()?.checked_add(1)?;
        let interlaced = bits.take(1)? == 0;
        bits.take(if interlaced { 2 } else { 1 })?;
        if bits.take(1)? == 1 {
            (0..4).try_for_each(|_| bits.exp_golomb().map(drop))?;
        }
        let (full_range, matrix) = if bits.take(1)? == 1 { colour(&mut bits)? } else { (false, 2) };
        let rows = height_in_units.checked_mul(if interlaced { 32 } else { 16 })?;
        let coded_size = [width_in_blocks.checked_mul(16)?, rows];
        Some(Self { chroma_format, bit_depth, interlaced, coded_size, full_range, matrix })
    }

    /// Why openh264 cannot decode it, if so.
    pub(super) fn obstacle(&self) -> Option<String> {
        if self.bit_depth != 8 {
            Some(format!("it has {} bits a channel", self.bit_depth))
        } else if self.chroma_format != 1 {
            Some("its colours are not stored as 4:2:0".to_owned())
        } else if self.interlaced {
            Some("it is interlaced".to_owned())
        } else {
            None
        }
    }

    /// How its values become RGB. Streams that do not say are taken for BT.601, as ffmpeg does.
    pub(super) fn yuv_to_rgb(&self) -> YuvToRgb {
        let (red_weight, blue_weight) = match self.matrix {
            1 => (0.2126, 0.0722),
            4 => (0.30, 0.11),
            7 => (0.212, 0.087),
            9 | 10 => (0.2627, 0.0593),
            _ => (0.299, 0.114),
        };
        YuvToRgb::new(red_weight, blue_weight, self.full_range)
    }
}

/// Chroma format and bit depth; skips the rest of what only high profiles have.
fn high_profile(bits: &mut Bits<'_>) -> Option<(u32, u32)> {
    let chroma_format = bits.exp_golomb()?;
    if chroma_format == 3 {
        bits.take(1)?;
    }
    let bit_depth = bits.exp_golomb()?.checked_add(8)?;
    bits.exp_golomb()?;
    bits.take(1)?;
    if bits.take(1)? == 1 {
        for list in 0..if chroma_format == 3 { 12 } else { 8 } {
            if bits.take(1)? == 1 {
                skip_scaling_list(bits, if list < 6 { 16 } else { 64 })?;
            }
        }
    }
    Some((chroma_format, bit_depth))
}

fn skip_scaling_list(bits: &mut Bits<'_>, size: usize) -> Option<()> {
    let (mut last, mut next) = (8, 8);
    for _ in 0..size {
        if next != 0 {
            next = (last + bits.signed_exp_golomb()?).rem_euclid(256);
        }
        last = if next == 0 { last } else { next };
    }
    Some(())
}

fn skip_frame_numbers(bits: &mut Bits<'_>) -> Option<()> {
    bits.exp_golomb()?;
    match bits.exp_golomb()? {
        0 => bits.exp_golomb().map(drop),
        1 => {
            bits.take(1)?;
            bits.exp_golomb()?;
            bits.exp_golomb()?;
            let cycle = bits.exp_golomb()?;
            (0..cycle.min(255)).try_for_each(|_| bits.exp_golomb().map(drop))
        }
        _ => Some(()),
    }
}

/// Range and colour matrix from the usability information.
fn colour(bits: &mut Bits<'_>) -> Option<(bool, u32)> {
    if bits.take(1)? == 1 && bits.take(8)? == EXTENDED_ASPECT {
        bits.take(32)?;
    }
    if bits.take(1)? == 1 {
        bits.take(1)?;
    }
    let (mut full_range, mut matrix) = (false, 2);
    if bits.take(1)? == 1 {
        bits.take(3)?;
        full_range = bits.take(1)? == 1;
        if bits.take(1)? == 1 {
            bits.take(16)?;
            matrix = bits.take(8)?;
        }
    }
    Some((full_range, matrix))
}

/// The bytes without the 3 that keeps start codes from appearing inside.
fn without_emulation_prevention(nal: &[u8]) -> Vec<u8> {
    let mut zeros = 0;
    let mut kept = Vec::with_capacity(nal.len());
    for &byte in nal {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        kept.push(byte);
    }
    kept
}

/// Reads bit by bit, highest first.
struct Bits<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            let byte = *self.bytes.get(self.position / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.position % 8) & 1);
            self.position += 1;
        }
        Some(value)
    }

    fn exp_golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.take(1)? == 0 {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1_u32 << zeros) - 1 + self.take(zeros)?)
    }

    fn signed_exp_golomb(&mut self) -> Option<i32> {
        let code = self.exp_golomb()?;
        let magnitude = i32::try_from(code.div_ceil(2)).ok()?;
        Some(if code % 2 == 1 { magnitude } else { -magnitude })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes bits as the standard says, to check the reader against.
    #[derive(Default)]
    struct BitWriter(Vec<bool>);

    impl BitWriter {
        fn bits(mut self, value: u32, count: u32) -> Self {
            self.0.extend((0..count).rev().map(|i| value >> i & 1 == 1));
            self
        }

        fn ue(self, value: u32) -> Self {
            let length = (value + 1).ilog2();
            self.bits(0, length).bits(value + 1, length + 1)
        }

        fn nal(self) -> Vec<u8> {
            let mut nal = vec![0x67];
            nal.extend(self.0.chunks(8).map(|byte| (0..8).fold(0, |sum, i| sum << 1 | u8::from(byte.get(i).copied().unwrap_or(false)))));
            nal
        }
    }

    fn main_profile(interlaced: bool, vui: impl Fn(BitWriter) -> BitWriter) -> Vec<u8> {
        let start = BitWriter::default().bits(77, 8).bits(0, 8).bits(31, 8).ue(0).ue(4).ue(0).ue(2).ue(3).bits(0, 1);
        let size = start.ue(44).ue(79).bits(u32::from(!interlaced), 1);
        let size = if interlaced { size.bits(1, 1) } else { size };
        vui(size.bits(1, 1).bits(0, 1)).bits(1, 1).nal()
    }

    #[test]
    fn size_colour_and_coding_are_read() {
        let plain = Sps::parse(&main_profile(false, |bits| bits.bits(0, 1))).expect("complete");
        let wanted = Sps { chroma_format: 1, bit_depth: 8, interlaced: false, coded_size: [720, 1280], full_range: false, matrix: 2 };
        assert_eq!(plain, wanted, "a stream that says nothing about colour");
        assert_eq!(plain.yuv_to_rgb(), YuvToRgb::BT601_LIMITED, "is taken for BT.601");
        let bt709 = |bits: BitWriter| bits.bits(1, 1).bits(1, 1).bits(1, 8).bits(0, 1).bits(1, 1).bits(5, 3).bits(1, 1).bits(1, 1);
        let tagged = Sps::parse(&main_profile(false, |bits| bt709(bits).bits(1, 8).bits(1, 8).bits(1, 8))).expect("complete");
        assert_eq!((tagged.full_range, tagged.matrix), (true, 1), "BT.709 in full range");
        assert_eq!(tagged.obstacle(), None, "which can be decoded");
    }

    #[test]
    fn what_cannot_be_decoded_is_named() {
        let fields = Sps::parse(&main_profile(true, |bits| bits.bits(0, 1))).expect("complete");
        assert_eq!(fields.obstacle().as_deref(), Some("it is interlaced"), "fields");
        assert_eq!(fields.coded_size, [720, 2560], "height counts in pairs of rows");
        let deep = BitWriter::default().bits(110, 8).bits(0, 8).bits(31, 8).ue(0).ue(1).ue(2).ue(2).bits(0, 1).bits(0, 1);
        let deep = deep.ue(4).ue(2).ue(3).bits(0, 1).ue(39).ue(29).bits(1, 1).bits(1, 1).bits(0, 1).bits(0, 1).bits(1, 1);
        let deep = Sps::parse(&deep.nal()).expect("complete");
        assert_eq!((deep.bit_depth, deep.coded_size), (10, [640, 480]), "ten bits");
        assert!(deep.obstacle().is_some_and(|why| why.contains("10 bits")), "and says so");
    }

    #[test]
    fn damage_gives_nothing_and_never_panics() {
        let good = main_profile(false, |bits| bits.bits(0, 1));
        for end in 0..8 {
            assert_eq!(Sps::parse(&good[..end]), None, "cut after {end} bytes");
        }
        let mut state = 1_u32;
        for _ in 0..20_000 {
            let random: Vec<u8> = (0..40)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 24) as u8
                })
                .collect();
            if let Some(sps) = Sps::parse(&random) {
                _ = (sps.obstacle(), sps.yuv_to_rgb());
            }
        }
    }
}
