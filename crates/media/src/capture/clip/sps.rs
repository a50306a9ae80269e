//! The sequence parameter set of H.264: size, kind of coding and colour of a stream, known before the first picture is decoded.
//!
//! Fields and their order are those of ITU-T H.264, sections 7.3.2.1.1 and E.1.1. Bits, codes and scaling lists are read by h264-reader. Its own
//! reader of whole sets is not used: it refuses sets whose level is too low for their size or whose buffer sizes contradict each other, which
//! decode well and which cameras and phones do write.

use h264_reader::nal::sps::{ChromaFormat, ChromaInfo};
use h264_reader::rbsp::{BitRead, BitReader, BitReaderError, ByteReader};

use crate::colour::YuvEncoding;

/// Aspect ratio code that is followed by the ratio itself.
const EXTENDED_ASPECT: u8 = 255;
/// Width and height of a pixel by their code (ITU-T H.264, table E-1), from code 1 on.
const PIXEL_ASPECTS: [[u32; 2]; 16] = [
    [1, 1],
    [12, 11],
    [10, 11],
    [16, 11],
    [40, 33],
    [24, 11],
    [20, 11],
    [32, 11],
    [80, 33],
    [18, 11],
    [15, 11],
    [64, 33],
    [160, 99],
    [4, 3],
    [3, 2],
    [2, 1],
];
/// Matrix code of a stream that does not name one.
const UNSPECIFIED_MATRIX: u8 = 2;
/// Most reference frames in a cycle of picture order counts.
const MAX_CYCLE_FRAMES: u32 = 255;

/// What a stream says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::capture) struct Sps {
    /// How much of the colour is stored.
    pub(in crate::capture) chroma_format: ChromaFormat,
    /// Bits of a luma sample.
    pub(in crate::capture) bit_depth: u8,
    /// Whether pictures may be coded as fields.
    pub(in crate::capture) interlaced: bool,
    /// Width and height in pixels, before cropping.
    pub(in crate::capture) coded_size: [u32; 2],
    /// Whether values use the full range of a byte.
    pub(in crate::capture) full_range: bool,
    /// Code of the colour matrix (ITU-T H.264, table E-5); 2 when not said.
    pub(in crate::capture) matrix: u8,
    /// Width and height of a pixel as it is shown, where the stream says so.
    pub(in crate::capture) pixel_aspect: Option<[u32; 2]>,
}

impl Sps {
    /// Reads a NAL unit that holds a sequence parameter set. `None` when it is damaged.
    pub(in crate::capture) fn parse(nal: &[u8]) -> Option<Self> {
        Self::read(&mut BitReader::new(ByteReader::skipping_h264_header(nal))).ok().flatten()
    }

    /// The outer error is an end in the middle or an impossible code, `None` a value that is out of range.
    fn read(bits: &mut impl BitRead) -> Result<Option<Self>, BitReaderError> {
        let profile: u8 = bits.read::<8, _>("profile_idc")?;
        bits.skip(16, "constraint flags and level_idc")?;
        bits.read_ue("seq_parameter_set_id")?;
        let Ok(chroma) = ChromaInfo::read(bits, profile.into()) else { return Ok(None) };
        skip_picture_order(bits)?;
        bits.read_ue("max_num_ref_frames")?;
        bits.read_bit("gaps_in_frame_num_value_allowed_flag")?;
        let width_in_blocks = u64::from(bits.read_ue("pic_width_in_mbs_minus1")?) + 1;
        let height_in_units = u64::from(bits.read_ue("pic_height_in_map_units_minus1")?) + 1;
        let interlaced = !bits.read_bit("frame_mbs_only_flag")?;
        bits.skip(if interlaced { 2 } else { 1 }, "mb_adaptive_frame_field_flag and direct_8x8_inference_flag")?;
        if bits.read_bit("frame_cropping_flag")? {
            for _ in 0..4 {
                bits.read_ue("frame_crop_offset")?;
            }
        }
        let has_usability = bits.read_bit("vui_parameters_present_flag")?;
        let pixel_aspect = if has_usability { pixel_aspect(bits)? } else { None };
        let (full_range, matrix) = if has_usability { colour(bits)? } else { (false, UNSPECIFIED_MATRIX) };
        let size = [width_in_blocks * 16, height_in_units * if interlaced { 32 } else { 16 }].map(u32::try_from);
        let [Ok(width), Ok(height)] = size else { return Ok(None) };
        Ok(Some(Self {
            chroma_format: chroma.chroma_format,
            bit_depth: 8 + chroma.bit_depth_luma_minus8.max(chroma.bit_depth_chroma_minus8),
            interlaced,
            coded_size: [width, height],
            full_range,
            matrix,
            pixel_aspect,
        }))
    }

    /// Why openh264 cannot decode it, if so.
    pub(in crate::capture) fn obstacle(&self) -> Option<String> {
        if self.bit_depth != 8 {
            Some(format!("it has {} bits a channel", self.bit_depth))
        } else if self.chroma_format != ChromaFormat::YUV420 {
            Some("its colours are not stored as 4:2:0".to_owned())
        } else if self.interlaced {
            Some("it is interlaced".to_owned())
        } else {
            None
        }
    }

    /// What its values mean.
    pub(in crate::capture) fn encoding(&self) -> YuvEncoding {
        YuvEncoding::from_code(self.matrix, self.full_range)
    }
}

fn skip_picture_order(bits: &mut impl BitRead) -> Result<(), BitReaderError> {
    bits.read_ue("log2_max_frame_num_minus4")?;
    match bits.read_ue("pic_order_cnt_type")? {
        0 => {
            bits.read_ue("log2_max_pic_order_cnt_lsb_minus4")?;
        }
        1 => {
            bits.read_bit("delta_pic_order_always_zero_flag")?;
            bits.read_se("offset_for_non_ref_pic")?;
            bits.read_se("offset_for_top_to_bottom_field")?;
            let frames = bits.read_ue("num_ref_frames_in_pic_order_cnt_cycle")?;
            for _ in 0..frames.min(MAX_CYCLE_FRAMES) {
                bits.read_se("offset_for_ref_frame")?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// The shape of a pixel, with which the usability information begins.
fn pixel_aspect(bits: &mut impl BitRead) -> Result<Option<[u32; 2]>, BitReaderError> {
    if !bits.read_bit("aspect_ratio_info_present_flag")? {
        return Ok(None);
    }
    match bits.read::<8, u8>("aspect_ratio_idc")? {
        EXTENDED_ASPECT => {
            let ratio = [bits.read::<16, u32>("sar_width")?, bits.read::<16, u32>("sar_height")?];
            Ok((!ratio.contains(&0)).then_some(ratio))
        }
        code => Ok(usize::from(code).checked_sub(1).and_then(|index| PIXEL_ASPECTS.get(index)).copied()),
    }
}

/// Range and colour matrix from the usability information, behind the aspect ratio.
fn colour(bits: &mut impl BitRead) -> Result<(bool, u8), BitReaderError> {
    if bits.read_bit("overscan_info_present_flag")? {
        bits.read_bit("overscan_appropriate_flag")?;
    }
    if !bits.read_bit("video_signal_type_present_flag")? {
        return Ok((false, UNSPECIFIED_MATRIX));
    }
    bits.skip(3, "video_format")?;
    let full_range = bits.read_bit("video_full_range_flag")?;
    if !bits.read_bit("colour_description_present_flag")? {
        return Ok((full_range, UNSPECIFIED_MATRIX));
    }
    bits.skip(16, "colour_primaries and transfer_characteristics")?;
    Ok((full_range, bits.read::<8, _>("matrix_coefficients")?))
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
        let wanted = Sps {
            chroma_format: ChromaFormat::YUV420,
            bit_depth: 8,
            interlaced: false,
            coded_size: [720, 1280],
            full_range: false,
            matrix: 2,
            pixel_aspect: None,
        };
        assert_eq!(plain, wanted, "a stream that says nothing about colour");
        assert_eq!(plain.encoding(), YuvEncoding::BT601, "is taken for BT.601");
        let bt709 = |bits: BitWriter| bits.bits(1, 1).bits(1, 1).bits(1, 8).bits(0, 1).bits(1, 1).bits(5, 3).bits(1, 1).bits(1, 1);
        let tagged = Sps::parse(&main_profile(false, |bits| bt709(bits).bits(1, 8).bits(1, 8).bits(1, 8))).expect("complete");
        assert_eq!((tagged.full_range, tagged.matrix), (true, 1), "BT.709 in full range");
        assert_eq!(tagged.pixel_aspect, Some([1, 1]), "with square pixels");
        let wide = |bits: BitWriter| bits.bits(1, 1).bits(1, 1).bits(255, 8).bits(64, 16).bits(45, 16).bits(0, 1).bits(0, 1);
        let wide = Sps::parse(&main_profile(false, wide)).expect("complete");
        assert_eq!((wide.pixel_aspect, wide.matrix), (Some([64, 45]), 2), "a ratio of its own");
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
    fn a_crafted_scaling_list_is_damage_and_no_panic() {
        // The standard allows changes of the scale from -128 to 127, which are the codes up to 256.
        let lists = |delta: u32| {
            let start = BitWriter::default().bits(100, 8).bits(0, 8).bits(31, 8).ue(0).ue(1).ue(0).ue(0).bits(0, 1).bits(1, 1);
            let list = start.bits(1, 1).ue(delta);
            (0..25).fold(list, |bits, _| bits.bits(0, 8)).nal()
        };
        for delta in [u32::MAX - 2, u32::MAX - 1, 0x7fff_ffff, 257] {
            assert_eq!(Sps::parse(&lists(delta)), None, "a change by code {delta}");
        }
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
                _ = (sps.obstacle(), sps.encoding());
            }
        }
    }
}
