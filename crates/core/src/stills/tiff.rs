//! TIFF as scanners, editors and museums write it: every depth, palettes, grey with alpha, printing inks, L*a*b*, strips, tiles, planes, and `BigTIFF`.
//!
//! The library decodes numbers; what they mean is read here. Where it refuses a meaning, it is told that they are shades of grey.

use std::borrow::Cow;
use std::io::Cursor;

use image::metadata::Orientation;
use tiff::decoder::{Decoder, Limits};
use tiff::tags::Tag;
use tiff::{ColorType, TiffError, TiffUnsupportedError};

use super::canvas::Canvas;
use super::ink::{rgb_from_cmyk, rgb_from_lab, rgb_from_ycbcr};
use super::tiff_samples::Samples;
use super::{Colours, MAX_PIECE_BYTES, StepFor, Still, StillError};

/// Most bytes of a single field, such as a profile or the places of all strips.
const MAX_FIELD_BYTES: usize = 64 << 20;
/// Number of the field that says what the numbers mean, and its value for shades of grey.
const MEANING: u16 = 262;
const GREY: u16 = 1;
/// Field of pictures that come straight from a camera's sensor.
const DNG_VERSION: u16 = 50_706;
/// Floating-point numbers up to this are shares of full light, some of them brighter than paper; larger ones count to 255, 65535 or to the largest.
const BRIGHTEST: f32 = 16.0;

/// Whether a file begins as a TIFF, of either kind and byte order.
pub fn is_tiff(bytes: &[u8]) -> bool {
    [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"].iter().any(|magic| bytes.starts_with(*magic))
}

/// What the numbers of a pixel are.
#[derive(Clone, Debug, PartialEq)]
enum Meaning {
    Grey { inverted: bool },
    Rgb,
    Cmyk,
    YCbCr,
    Lab { is_icc: bool, bits: u8 },
    Palette(Vec<[u8; 3]>),
}

impl Meaning {
    /// How many numbers make a colour.
    fn colours(&self) -> usize {
        match self {
            Self::Grey { .. } | Self::Palette(_) => 1,
            Self::Rgb | Self::YCbCr | Self::Lab { .. } => 3,
            Self::Cmyk => 4,
        }
    }

    /// Red, green and blue, 0 to 1 where they can be shown.
    fn rgb(&self, v: &[f32]) -> [f32; 3] {
        match self {
            Self::Grey { inverted } => [if *inverted { 1.0 - v[0] } else { v[0] }; 3],
            Self::Rgb => [v[0], v[1], v[2]],
            Self::Cmyk => rgb_from_cmyk([v[0], v[1], v[2], v[3]]),
            Self::YCbCr => rgb_from_ycbcr([v[0], v[1], v[2]]),
            Self::Lab { is_icc, bits } => {
                // Chroma is a signed number, whose upper byte counts whole steps; in the profile consortium's way the middle is at 128.
                let steps = |share: f32| if *bits == 8 { 255.0 * share } else { 65_535.0 / 256.0 * share };
                let chroma = |share: f32| match steps(share) {
                    steps if *is_icc => steps - 128.0,
                    steps if steps >= 127.999 => steps - 256.0,
                    steps => steps,
                };
                rgb_from_lab([100.0 * v[0], chroma(v[1]), chroma(v[2])])
            }
            Self::Palette(colours) => {
                let most = colours.len().saturating_sub(1);
                let colour = colours.get((v[0] * most as f32).round() as usize).copied().unwrap_or_default();
                colour.map(|value| f32::from(value) / 255.0)
            }
        }
    }
}

/// Reads the first picture of a TIFF.
///
/// # Errors
/// Everything in [`StillError`].
pub fn read_tiff(bytes: &[u8], step_for: StepFor<'_>) -> Result<Still, StillError> {
    let field = Fields::new(bytes).and_then(|fields| fields.meaning()).ok_or(StillError::CutOff)?;
    if let Some(words) = refused(&field) {
        return Err(StillError::Kind(words));
    }
    let told = told_as_grey(bytes, &field)?;
    let mut decoder = Decoder::new(Cursor::new(&*told)).map_err(why)?.with_limits(limits());
    let (width, height) = decoder.dimensions().map_err(why)?;
    let full = [width, height];
    let step = step_for(full).ok_or(StillError::TooLarge(full))?;
    let colour = decoder.colortype().map_err(why)?;
    let layout = Layout::new(&mut decoder, colour, &field)?;
    let scale = brightest(&mut decoder, &layout)?;
    let mut canvas = Canvas::new(full, step);
    for piece in 0..layout.pieces() {
        layout.put(&mut decoder, piece, scale, &mut canvas)?;
    }
    let orientation = decoder.find_tag_unsigned::<u8>(Tag::Orientation).ok().flatten().and_then(Orientation::from_exif);
    let profile = decoder.get_tag_u8_vec(Tag::IccProfile).ok().filter(|_| matches!(layout.meaning, Meaning::Rgb | Meaning::Grey { .. }));
    Ok(Still {
        pixels: canvas.finish(),
        full_size: full,
        is_grey: matches!(layout.meaning, Meaning::Grey { .. }),
        orientation: orientation.unwrap_or(Orientation::NoTransforms),
        colours: profile.map(Colours::Profile),
    })
}

type Reader<'a> = Decoder<Cursor<&'a [u8]>>;

fn limits() -> Limits {
    let mut limits = Limits::default();
    (limits.decoding_buffer_size, limits.intermediate_buffer_size) = (MAX_PIECE_BYTES, MAX_PIECE_BYTES);
    limits.ifd_value_size = MAX_FIELD_BYTES;
    limits
}

/// What the brightest number stands for.
fn brightest(decoder: &mut Reader<'_>, layout: &Layout) -> Result<f32, StillError> {
    let mut largest = 0.0_f32;
    for piece in 0..layout.pieces() * layout.planes {
        match layout.samples(decoder, piece)?.largest_float() {
            Some(value) => largest = largest.max(value),
            // Whole numbers have a largest value of their own.
            None => return Ok(1.0),
        }
    }
    Ok(match largest {
        _ if largest <= BRIGHTEST => 1.0,
        _ if largest <= 255.0 => 255.0,
        _ if largest <= 65_535.0 => 65_535.0,
        _ => largest,
    })
}

/// How the picture is cut into pieces, and what its numbers are.
struct Layout {
    meaning: Meaning,
    full: [u32; 2],
    piece: [u32; 2],
    bits: u8,
    /// Numbers of a pixel that are next to each other.
    together: usize,
    /// How often all pieces come, each time with another number of every pixel; 1 where all are together.
    planes: u32,
    /// Which of a pixel's numbers says how much of it is seen, and whether the colours were multiplied by it.
    alpha: Option<(usize, bool)>,
}

impl Layout {
    fn new(decoder: &mut Reader<'_>, colour: ColorType, field: &MeaningField) -> Result<Self, StillError> {
        let tag = |decoder: &mut Reader<'_>, tag| decoder.find_tag_unsigned::<u16>(tag).ok().flatten();
        let samples = tag(decoder, Tag::SamplesPerPixel).unwrap_or(1);
        let is_planar = tag(decoder, Tag::PlanarConfiguration) == Some(2) && samples > 1;
        let meaning = meaning_of(decoder, colour, field)?;
        let extra = decoder.find_tag_unsigned_vec::<u16>(Tag::ExtraSamples).ok().flatten().unwrap_or_default();
        let colours = meaning.colours();
        let given = if is_planar { usize::from(samples) } else { usize::from(colour.num_samples()) };
        if given < colours {
            return Err(StillError::Damaged(format!("a pixel has {given} numbers where {colours} are needed")));
        }
        // 1: the colours were multiplied by it; 2: they were not.
        let alpha = extra.first().filter(|kind| (1..=2).contains(*kind) && given > colours).map(|kind| (colours, *kind == 1));
        let (piece_width, piece_height) = decoder.chunk_dimensions();
        let (width, height) = decoder.dimensions().map_err(why)?;
        let piece = [piece_width.clamp(1, width.max(1)), piece_height.clamp(1, height.max(1))];
        let piece = if piece_width > width { [piece_width, piece[1]] } else { piece };
        Ok(Self {
            meaning,
            full: [width, height],
            piece,
            bits: colour.bit_depth(),
            together: if is_planar { 1 } else { given },
            planes: if is_planar { u32::from(samples) } else { 1 },
            alpha,
        })
    }

    fn across(&self) -> u32 {
        self.full[0].div_ceil(self.piece[0])
    }

    /// Pieces of a plane.
    fn pieces(&self) -> u32 {
        self.across() * self.full[1].div_ceil(self.piece[1])
    }

    fn samples(&self, decoder: &mut Reader<'_>, piece: u32) -> Result<Samples, StillError> {
        let (width, _) = decoder.chunk_data_dimensions(piece);
        let samples = Samples::new(decoder.read_chunk(piece).map_err(why)?, self.bits, width as usize * self.together);
        if samples.is_readable() { Ok(samples) } else { Err(StillError::Kind("of signed numbers".to_owned())) }
    }

    /// Puts a piece at its place.
    fn put(&self, decoder: &mut Reader<'_>, piece: u32, scale: f32, canvas: &mut Canvas) -> Result<(), StillError> {
        let wanted = self.alpha.map_or(self.meaning.colours(), |(at, _)| at + 1);
        let planes = if self.planes == 1 { 1 } else { wanted as u32 };
        let planes = (0..planes).map(|plane| self.samples(decoder, plane * self.pieces() + piece)).collect::<Result<Vec<_>, _>>()?;
        let (width, height) = decoder.chunk_data_dimensions(piece);
        let (left, top) = (piece % self.across() * self.piece[0], piece / self.across() * self.piece[1]);
        let mut rows = vec![Vec::new(); planes.len()];
        let (mut pixel, mut colours) = (vec![0.0; wanted], Vec::with_capacity(width as usize));
        for y in 0..height {
            planes.iter().zip(&mut rows).for_each(|(samples, row)| samples.row(y as usize, row));
            colours.clear();
            for x in 0..width as usize {
                for (i, value) in pixel.iter_mut().enumerate() {
                    *value = if rows.len() > 1 { rows[i][x] } else { rows[0][x * self.together + i] } / scale;
                }
                colours.push(self.colour(&pixel));
            }
            canvas.put(left, top + y, &colours);
        }
        Ok(())
    }

    fn colour(&self, pixel: &[f32]) -> [u8; 4] {
        let alpha = self.alpha.map_or(1.0, |(at, _)| pixel[at].clamp(0.0, 1.0));
        let share = match self.alpha {
            Some((_, true)) if alpha > 0.0 => alpha,
            _ => 1.0,
        };
        let [r, g, b] = self.meaning.rgb(pixel).map(|value| (value / share * 255.0 + 0.5).clamp(0.0, 255.0) as u8);
        [r, g, b, (alpha * 255.0 + 0.5) as u8]
    }
}

/// What the numbers mean, by the field's own value and not the one that the library was told.
fn meaning_of(decoder: &mut Reader<'_>, colour: ColorType, field: &MeaningField) -> Result<Meaning, StillError> {
    match field.value {
        0 => Ok(Meaning::Grey { inverted: true }),
        GREY => Ok(Meaning::Grey { inverted: false }),
        2 => Ok(Meaning::Rgb),
        3 => Ok(Meaning::Palette(palette(decoder, colour.bit_depth())?)),
        5 => Ok(Meaning::Cmyk),
        6 if has_less_colour(decoder) => Err(StillError::Kind("with less colour than brightness (subsampled YCbCr)".to_owned())),
        6 => Ok(Meaning::YCbCr),
        _ if matches!(colour.bit_depth(), 8 | 16) => Ok(Meaning::Lab { is_icc: field.value == 9, bits: colour.bit_depth() }),
        _ => Err(StillError::Kind(format!("in L*a*b* of {} bits", colour.bit_depth()))),
    }
}

/// What a picture is that is not read because of what its numbers mean.
fn refused(field: &MeaningField) -> Option<String> {
    match field.value {
        _ if field.is_raw => Some("straight from a camera's sensor (RAW)".to_owned()),
        0..=3 | 5 | 6 | 8 | 9 => None,
        4 => Some("that is a mask for another one".to_owned()),
        10 => Some("in ITU L*a*b*".to_owned()),
        32_844 | 32_845 => Some("in LogLuv (high dynamic range)".to_owned()),
        32_803 | 34_892 => Some("straight from a camera's sensor (RAW)".to_owned()),
        other => Some(format!("in colours of the unknown kind {other}")),
    }
}

/// Whether there is less of the colour than of the brightness, which only JPEG inside a TIFF undoes by itself.
fn has_less_colour(decoder: &mut Reader<'_>) -> bool {
    let is_jpeg = decoder.find_tag_unsigned::<u16>(Tag::Compression).ok().flatten() == Some(7);
    let steps = decoder.find_tag_unsigned_vec::<u16>(Tag::Unknown(530)).ok().flatten();
    !is_jpeg && steps.is_none_or(|steps| steps.iter().any(|step| *step != 1))
}

fn palette(decoder: &mut Reader<'_>, bits: u8) -> Result<Vec<[u8; 3]>, StillError> {
    if bits > 8 {
        return Err(StillError::Kind(format!("with a palette of {bits} bits")));
    }
    let values = decoder.get_tag_u16_vec(Tag::ColorMap).map_err(why)?;
    let count = 1 << bits;
    if values.len() < 3 * count {
        return Err(StillError::Damaged("its palette is too short".to_owned()));
    }
    // Some programs write bytes where two are due.
    let shift = if values.iter().all(|value| *value < 256) { 0 } else { 8 };
    Ok((0..count).map(|i| [0, 1, 2].map(|channel| (values[channel * count + i] >> shift) as u8)).collect())
}

fn why(error: TiffError) -> StillError {
    match error {
        TiffError::IoError(cause) if cause.kind() == std::io::ErrorKind::UnexpectedEof => StillError::CutOff,
        TiffError::UnsupportedError(TiffUnsupportedError::UnsupportedCompressionMethod(method)) => {
            StillError::Kind(format!("compressed by a method that is not read ({method:?})"))
        }
        TiffError::UnsupportedError(what) => StillError::Kind(format!("that is not read ({what})")),
        TiffError::LimitsExceeded => StillError::Kind("in pieces of more than a gigabyte".to_owned()),
        error => StillError::Damaged(error.to_string()),
    }
}

/// The bytes with the meaning of the numbers replaced by grey, where the library refuses it.
fn told_as_grey<'a>(bytes: &'a [u8], field: &MeaningField) -> Result<Cow<'a, [u8]>, StillError> {
    // Grey that begins with white is turned round here: the library does that for single numbers only.
    if !matches!(field.value, 0 | 3 | 8 | 9) {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut changed = bytes.to_vec();
    let place = changed.get_mut(field.at..field.at + 2).ok_or(StillError::CutOff)?;
    place.copy_from_slice(&if field.is_little { GREY.to_le_bytes() } else { GREY.to_be_bytes() });
    Ok(Cow::Owned(changed))
}

/// What the numbers mean, and where that is said.
struct MeaningField {
    value: u16,
    at: usize,
    is_little: bool,
    is_raw: bool,
}

/// The fields of the first picture.
struct Fields<'a> {
    bytes: &'a [u8],
    is_little: bool,
    is_big: bool,
    /// Place of the first field, and their number.
    first: usize,
    count: usize,
}

impl<'a> Fields<'a> {
    fn new(bytes: &'a [u8]) -> Option<Self> {
        let is_little = bytes.starts_with(b"II");
        let is_big = bytes.get(2..4)?.contains(&b'+');
        let mut fields = Self { bytes, is_little, is_big, first: 0, count: 0 };
        let start = if is_big { fields.number(8, 8)? } else { fields.number(4, 4)? };
        let count_bytes = if is_big { 8 } else { 2 };
        fields.count = fields.number(start, count_bytes)?.min(65_535);
        fields.first = start.checked_add(count_bytes)?;
        Some(fields)
    }

    fn number(&self, at: usize, count: usize) -> Option<usize> {
        let bytes = self.bytes.get(at..at.checked_add(count)?)?;
        let add = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        let value = if self.is_little { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) };
        usize::try_from(value).ok()
    }

    /// What the numbers mean; grey when that is not said.
    fn meaning(&self) -> Option<MeaningField> {
        let (size, value_at) = if self.is_big { (20, 12) } else { (12, 8) };
        let mut meaning = MeaningField { value: GREY, at: 0, is_little: self.is_little, is_raw: self.bytes.get(8..10)? == b"CR" };
        for entry in (0..self.count).map(|i| self.first + i * size) {
            match self.number(entry, 2)? as u16 {
                MEANING => {
                    meaning.at = entry + value_at;
                    meaning.value = self.number(meaning.at, 2)? as u16;
                }
                DNG_VERSION => meaning.is_raw = true,
                _ => {}
            }
        }
        Some(meaning)
    }
}

#[cfg(test)]
mod tests;
