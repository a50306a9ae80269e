//! Reads a film of raw RGB pictures from standard input and writes what it reads as 32-bit floats, for comparison with other programs.
//!
//! `readings MODEL WIDTH HEIGHT RATE off|one-euro|by-parts|still < pictures > readings`
//!
//! For each picture: presence (0 without a face), tongue, 478 raw points, 478 smoothed points, 52 coefficients, the 16 numbers of the pose's matrix by
//! columns, and centre, width, height and angle of the region.

use std::error::Error;
use std::io::{Read as _, Write as _};
use std::time::Duration;

use retrato_reader::{FaceReading, POINTS, Reader, RgbView, Smoothing};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, width, height, rate, mode] = &arguments[..] else {
        return Err("readings MODEL WIDTH HEIGHT RATE off|one-euro|by-parts|still".into());
    };
    let (width, height, rate): (usize, usize, f64) = (width.parse()?, height.parse()?, rate.parse()?);
    let mut reader = Reader::load(model.as_ref())?;
    match &mode[..] {
        "off" | "still" => reader.set_smoothing(Smoothing::Off),
        "one-euro" => reader.set_smoothing(Smoothing::OneEuro),
        "by-parts" => reader.set_smoothing(Smoothing::ByParts),
        other => return Err(format!("{other} is no smoothing").into()),
    }
    let mut pixels = vec![0; width * height * 3];
    let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
    let mut index = 0;
    while input.read_exact(&mut pixels).is_ok() {
        let picture = RgbView::new(&pixels, width, height)?;
        let reading = if mode == "still" {
            reader.read_still(&picture).into_iter().next()
        } else {
            reader.read(&picture, Duration::from_secs_f64(f64::from(index) / rate))
        };
        let bytes: Vec<u8> = record(reading.as_ref()).into_iter().flat_map(f32::to_le_bytes).collect();
        output.write_all(&bytes)?;
        index += 1;
    }
    Ok(())
}

fn record(reading: Option<&FaceReading>) -> Vec<f32> {
    let Some(reading) = reading else { return vec![0.0; 2 + 6 * POINTS + 52 + 16 + 5] };
    let matrix = reading.pose.map_or([0.0; 16], |pose| pose.matrix().to_cols_array());
    let region = reading.region;
    let tail = matrix.into_iter().chain([region.centre.x, region.centre.y, region.size.x, region.size.y, region.angle]);
    let points = reading.raw.iter().chain(&reading.points).flat_map(glam::Vec3::to_array);
    [reading.presence, reading.tongue].into_iter().chain(points).chain(reading.coefficients).chain(tail.map(|v| v as f32)).collect()
}
