//! A mark that everybody sees: the word SYNTHETIC in the lower right corner of a picture.

use image::{Rgba, RgbaImage};

/// The letters of the word, seven rows of five cells each, drawn for this.
const WORD: [[u8; 7]; 9] = [
    [0b01111, 0b10000, 0b10000, 0b01110, 0b00001, 0b00001, 0b11110],
    [0b10001, 0b10001, 0b01010, 0b00100, 0b00100, 0b00100, 0b00100],
    [0b10001, 0b11001, 0b11001, 0b10101, 0b10011, 0b10011, 0b10001],
    [0b11111, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100],
    [0b10001, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001],
    [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111],
    [0b11111, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b11111],
    [0b01110, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110],
    [0b01111, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b01111],
];
/// Cells of a letter with the gap behind it, and of its height.
const LETTER: u32 = 6;
const HEIGHT: u32 = 7;
/// Cells round the word, and between its plate and the picture's edge.
const PADDING: u32 = 3;
/// The plate takes about this share of the picture's width, or of a high picture's.
const SHARE: f32 = 0.22;
/// The plate is dark and lets the picture through, the letters are light.
const PLATE: [f32; 3] = [16.0; 3];
const PLATE_COVER: f32 = 0.62;
const LETTERS: [f32; 3] = [240.0; 3];
const LETTERS_COVER: f32 = 0.95;

/// Width and height of the plate in cells.
const fn plate_cells() -> [u32; 2] {
    [WORD.len() as u32 * LETTER - 1 + 2 * PADDING, HEIGHT + 2 * PADDING]
}

/// Draws the mark. A picture that is too small for legible letters gets them as large as it can have them.
pub fn mark(picture: &mut RgbaImage) {
    let size = <[u32; 2]>::from(picture.dimensions());
    let cells = plate_cells();
    let base = (size[0] as f32).min(size[1] as f32 * 16.0 / 9.0);
    let cell = ((base * SHARE / cells[0] as f32).round() as u32).max(1);
    let plate = cells.map(|cells| cells * cell);
    let corner = [0, 1].map(|axis| size[axis].saturating_sub(plate[axis] + PADDING * cell));
    for y in corner[1]..(corner[1] + plate[1]).min(size[1]) {
        for x in corner[0]..(corner[0] + plate[0]).min(size[0]) {
            let is_letter = is_lit((x - corner[0]) / cell, (y - corner[1]) / cell);
            let (colour, cover) = if is_letter { (LETTERS, LETTERS_COVER) } else { (PLATE, PLATE_COVER) };
            cover_pixel(picture.get_pixel_mut(x, y), colour, cover);
        }
    }
}

/// Whether a cell of the plate belongs to a letter.
fn is_lit(column: u32, row: u32) -> bool {
    let Some((column, row)) = column.checked_sub(PADDING).zip(row.checked_sub(PADDING)).filter(|(_, row)| *row < HEIGHT) else {
        return false;
    };
    let bit = column % LETTER;
    WORD.get((column / LETTER) as usize).is_some_and(|letter| bit < LETTER - 1 && letter[row as usize] >> (LETTER - 2 - bit) & 1 == 1)
}

/// Lays a colour over a pixel of straight alpha.
fn cover_pixel(pixel: &mut Rgba<u8>, colour: [f32; 3], cover: f32) {
    let below = f32::from(pixel[3]) / 255.0 * (1.0 - cover);
    let alpha = cover + below;
    for (value, colour) in pixel.0.iter_mut().zip(colour) {
        *value = ((colour * cover + f32::from(*value) * below) / alpha).round() as u8;
    }
    pixel[3] = (alpha * 255.0).round() as u8;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_stands_in_the_lower_right_corner_and_nothing_else_changes() {
        for (size, width) in [([1920, 1080], 413.0), ([480, 270], 118.0), ([1080, 1920], 236.0), ([64, 64], 59.0)] {
            let before = RgbaImage::from_pixel(size[0], size[1], Rgba([90, 120, 60, 255]));
            let mut after = before.clone();
            mark(&mut after);
            let changed: Vec<(u32, u32)> =
                after.enumerate_pixels().filter(|(x, y, pixel)| *pixel != before.get_pixel(*x, *y)).map(|(x, y, _)| (x, y)).collect();
            let span = |values: &dyn Fn(&(u32, u32)) -> u32| {
                let values = changed.iter().map(values);
                (values.clone().min().expect("some"), values.max().expect("some"))
            };
            let (across, down) = (span(&|at| at.0), span(&|at| at.1));
            let found = (across.1 - across.0 + 1) as f32;
            assert!((found - width).abs() < 0.1 * width, "{size:?}: {found} pixels wide");
            assert!(across.1 < size[0] && down.1 < size[1] && down.0 > size[1] / 2, "{size:?}: {across:?} {down:?}");
            let light = after.pixels().filter(|pixel| pixel[0] > 200).count() as f32 / changed.len() as f32;
            assert!((0.15..0.35).contains(&light), "{size:?}: letters on a plate, {light}");
        }
    }

    #[test]
    fn letters_are_right_way_round() {
        let rows: Vec<String> = (0..HEIGHT)
            .map(|row| (0..11).map(|column| if is_lit(column + PADDING, row + PADDING) { '#' } else { '.' }).collect())
            .collect();
        assert_eq!(rows, [".####.#...#", "#.....#...#", "#......#.#.", ".###....#..", "....#...#..", "....#...#..", "####....#.."], "S, Y");
    }

    #[test]
    fn transparent_places_become_a_plate() {
        let mut picture = RgbaImage::new(640, 360);
        mark(&mut picture);
        let corner = picture.get_pixel(640 - 8, 360 - 8);
        assert!(corner[3] > 100 && corner[0] < 40, "the plate alone: {corner:?}");
        assert_eq!(picture.get_pixel(5, 5)[3], 0, "elsewhere nothing");
        for (width, height) in [(1, 1), (3, 200), (200, 2)] {
            mark(&mut RgbaImage::new(width, height));
        }
    }
}
