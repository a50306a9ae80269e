//! HEIC, AVIF and JPEG XL pictures, made by the encoders of distributions, against what they were made of.

use std::path::{Path, PathBuf};
use std::process::Command;

use image::metadata::Orientation;
use image::{DynamicImage, Rgb, RgbImage, RgbaImage};
use moxcms::{ColorProfile, Layout, TransformOptions};
use retrato_face::portrait::{OpenLimits, Picture, PortraitError, open_bytes, open_picture};
use test_needs::needs;

/// A picture whose corners and directions cannot be mistaken: smooth, so that encoders keep it.
fn source([width, height]: [u32; 2]) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let (across, down) = (x as f32 / width as f32, y as f32 / height as f32);
        let is_disc = (across - 0.25).hypot(down - 0.3) < 0.15;
        let blue = if is_disc { 200.0 } else { 60.0 + 60.0 * (across * 3.0).sin() };
        Rgb([(40.0 + 190.0 * across) as u8, (50.0 + 160.0 * down) as u8, blue as u8])
    })
}

/// Saves it as PNG, with a profile.
fn saved(folder: &Path, picture: &RgbImage, profile: Option<&[u8]>) -> PathBuf {
    let path = folder.join("source.png");
    let mut info = png::Info::with_size(picture.width(), picture.height());
    info.color_type = png::ColorType::Rgb;
    info.bit_depth = png::BitDepth::Eight;
    info.icc_profile = profile.map(|profile| profile.to_vec().into());
    let file = std::fs::File::create(&path).expect("a file");
    let mut writer = png::Encoder::with_info(file, info).expect("a header").write_header().expect("written");
    writer.write_image_data(picture.as_raw()).expect("written");
    writer.finish().expect("written");
    path
}

fn run(program: &str, arguments: &[&str], files: &[&Path]) {
    let output = Command::new(program).args(arguments).args(files).output().expect("it is installed");
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
}

fn heic(folder: &Path, name: &str, png: &Path) -> PathBuf {
    let path = folder.join(name);
    run("heif-enc", &["-q", "92", "-o"], &[&path, png]);
    path
}

fn opened(path: &Path) -> Picture {
    open_picture(path, OpenLimits::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// Checks size, orientation and colours. The mean difference may be so large, and so large that of one value in two hundred: the disc's edge is where encoders smear.
fn assert_same(found: &RgbaImage, wanted: &RgbImage, most: (f64, u8), what: &str) {
    assert_eq!(found.dimensions(), wanted.dimensions(), "{what}: size");
    let mut differences: Vec<u8> = found.pixels().zip(wanted.pixels()).flat_map(|(a, b)| [0, 1, 2].map(|i| a[i].abs_diff(b[i]))).collect();
    differences.sort_unstable();
    let mean = differences.iter().map(|d| f64::from(*d)).sum::<f64>() / differences.len() as f64;
    let large = differences[differences.len() * 199 / 200];
    assert!(mean <= most.0 && large <= most.1, "{what}: mean {mean:.2}, one in 200 above {large}");
}

fn turned(picture: &RgbImage, orientations: &[Orientation]) -> RgbImage {
    let mut picture = DynamicImage::ImageRgb8(picture.clone());
    for orientation in orientations {
        picture.apply_orientation(*orientation);
    }
    picture.into_rgb8()
}

/// Numbers that mean in Display P3 what those of a picture mean in sRGB, and the profile.
fn in_display_p3(picture: &RgbImage) -> (RgbImage, Vec<u8>) {
    let p3 = ColorProfile::new_display_p3();
    let transform = ColorProfile::new_srgb().create_transform_8bit(Layout::Rgb, &p3, Layout::Rgb, TransformOptions::default());
    let mut numbers = picture.clone();
    transform.expect("a transform").transform(picture.as_raw(), &mut numbers).expect("transformed");
    let mut profile = p3.encode().expect("a profile");
    // Strict readers want whole words, and the white of the exchange space, D50, which the library leaves out.
    profile.resize(profile.len().next_multiple_of(4), 0);
    let length = profile.len() as u32;
    profile[..4].copy_from_slice(&length.to_be_bytes());
    profile[68..80].copy_from_slice(&[0, 0, 0xf6, 0xd6, 0, 1, 0, 0, 0, 0, 0xd3, 0x2d]);
    (numbers, profile)
}

#[needs(heif_tools)]
#[test]
fn heic_is_read_in_right_colours() {
    let folder = tempfile::tempdir().expect("a folder");
    let picture = source([640, 400]);
    let plain = heic(folder.path(), "plain.heic", &saved(folder.path(), &picture, None));
    let misnamed = folder.path().join("misnamed.jpg");
    std::fs::rename(plain, &misnamed).expect("renamed");
    let found = opened(&misnamed);
    assert_same(&found.pixels, &picture, (3.0, 14), "whatever its name says");
    assert_eq!((found.own_size, found.name.as_str()), ([640, 400], "misnamed"), "facts");
    let (numbers, profile) = in_display_p3(&picture);
    let wide = heic(folder.path(), "wide.heic", &saved(folder.path(), &numbers, Some(&profile)));
    assert_same(&opened(&wide).pixels, &picture, (4.0, 18), "Display P3");
}

#[needs(avif_tools, heif_tools)]
#[test]
fn avif_is_upright() {
    use Orientation::{FlipHorizontal, FlipVertical, Rotate90, Rotate180, Rotate270};
    let folder = tempfile::tempdir().expect("a folder");
    let picture = source([640, 400]);
    let png = saved(folder.path(), &picture, None);
    for (name, arguments, orientations) in [
        ("plain", &[][..], &[][..]),
        ("left", &["--irot", "1"], &[Rotate270]),
        ("down", &["--irot", "2"], &[Rotate180]),
        ("right", &["--irot", "3"], &[Rotate90]),
        ("vertical", &["--imir", "0"], &[FlipVertical]),
        ("horizontal", &["--imir", "1"], &[FlipHorizontal]),
        ("both", &["--irot", "1", "--imir", "1"], &[Rotate270, FlipHorizontal]),
        ("tiles", &["--grid", "2x2"], &[]),
    ] {
        let avif = folder.path().join(format!("{name}.avif"));
        run("avifenc", &[&["--speed", "9", "--min", "4", "--max", "12"], arguments].concat(), &[&png, &avif]);
        assert_same(&opened(&avif).pixels, &turned(&picture, orientations), (3.0, 16), name);
    }
}

#[needs(avif_tools, heif_tools)]
#[test]
fn a_profile_that_breaks_a_rule_is_no_hindrance() {
    let folder = tempfile::tempdir().expect("a folder");
    let picture = source([640, 400]);
    let (numbers, mut profile) = in_display_p3(&picture);
    profile[68..80].fill(0);
    let [icc, avif] = ["odd.icc", "odd.avif"].map(|name| folder.path().join(name));
    std::fs::write(&icc, profile).expect("written");
    let icc = icc.to_str().expect("text");
    run("avifenc", &["--speed", "9", "--min", "4", "--max", "12", "--icc", icc], &[&saved(folder.path(), &numbers, None), &avif]);
    assert_same(&opened(&avif).pixels, &picture, (4.0, 20), "its colours are told all the same");
}

#[needs(cjxl)]
#[test]
fn jpeg_xl_is_upright_and_in_right_colours() {
    let folder = tempfile::tempdir().expect("a folder");
    let picture = source([640, 400]);
    let (numbers, profile) = in_display_p3(&picture);
    for (name, arguments, pixels, profile, most) in [
        ("lossless", &["-d", "0"][..], &picture, None, (0.0, 0)),
        ("lossy", &["-d", "0.5"], &picture, None, (2.5, 12)),
        ("boxed", &["-d", "0.5", "--container=1"], &picture, None, (2.5, 12)),
        ("progressive", &["-d", "0.5", "-p"], &picture, None, (2.5, 12)),
        ("wide and lossless", &["-d", "0"], &numbers, Some(&*profile), (1.5, 4)),
        ("wide and lossy", &["-d", "0.5"], &numbers, Some(&*profile), (3.0, 14)),
    ] {
        let jxl = folder.path().join(format!("{name}.jxl"));
        let png = saved(folder.path(), pixels, profile);
        let output = Command::new("cjxl").args([&png, &jxl]).args(arguments).output().expect("it is installed");
        assert!(output.status.success(), "cjxl: {}", String::from_utf8_lossy(&output.stderr));
        assert_same(&opened(&jxl).pixels, &picture, most, name);
    }
    // Colours by their names.
    let [ppm, jxl] = ["numbers.ppm", "named.jxl"].map(|name| folder.path().join(name));
    std::fs::write(&ppm, [format!("P6 {} {} 255\n", numbers.width(), numbers.height()).as_bytes(), numbers.as_raw()].concat())
        .expect("written");
    for distance in ["0", "0.5"] {
        run("cjxl", &["-x", "color_space=RGB_D65_DCI_Rel_SRG", "-d", distance], &[&ppm, &jxl]);
        assert_same(&opened(&jxl).pixels, &picture, (3.0, 14), &format!("named, at a distance of {distance}"));
    }
    // A JPEG with an orientation keeps it as its own.
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 97).encode_image(&picture).expect("a JPEG");
    let exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    bytes.splice(2..2, [&[0xff, 0xe1][..], &(exif.len() as u16 + 2).to_be_bytes(), exif].concat());
    let [jpeg, jxl] = ["turned.jpg", "turned.jxl"].map(|name| folder.path().join(name));
    std::fs::write(&jpeg, bytes).expect("written");
    run("cjxl", &[], &[&jpeg, &jxl]);
    assert_same(&opened(&jxl).pixels, &turned(&picture, &[Orientation::Rotate90]), (3.0, 14), "turned");
}

#[needs(cjxl)]
#[test]
fn damage_to_jpeg_xl_is_an_error_and_no_panic() {
    let folder = tempfile::tempdir().expect("a folder");
    let jxl = folder.path().join("whole.jxl");
    run("cjxl", &[], &[&saved(folder.path(), &source([96, 64]), None), &jxl]);
    let whole = std::fs::read(&jxl).expect("a file");
    let open = |bytes: &[u8]| open_bytes("damaged", bytes, OpenLimits::default());
    for end in (0..whole.len()).step_by(whole.len() / 40 + 1) {
        assert!(open(&whole[..end]).is_err(), "cut off after {end} of {} bytes", whole.len());
    }
    let mut state = 1_u32;
    for _ in 0..300 {
        let mut bytes = whole.clone();
        for _ in 0..3 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = (state >> 8) as usize % bytes.len();
            bytes[at] ^= 1 << (state >> 29);
        }
        // Some of these are pictures still.
        drop(open(&bytes));
    }
}

#[needs(heif_tools)]
#[test]
fn what_is_no_whole_heic_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = heic(folder.path(), "a.heic", &saved(folder.path(), &source([320, 200]), None));
    let whole = std::fs::read(whole).expect("a file");
    let open = |bytes: &[u8]| open_bytes("a.heic", bytes, OpenLimits::default());
    assert!(matches!(open(&whole[..60]), Err(PortraitError::Truncated(_))), "the beginning alone");
    let half = open(&whole[..whole.len() / 2]).err().map(|error| error.to_string()).expect("half of it is no picture");
    assert!(half.starts_with("a.heic ") && half.contains("download it again"), "says what to do: {half}");
}

mod tiles {
    //! A HEIC as telephones write it: a grid of tiles, turned, in Display P3.

    use super::*;

    fn boxed(name: [u8; 4], contents: &[&[u8]]) -> Vec<u8> {
        let body = contents.concat();
        [&(body.len() as u32 + 8).to_be_bytes()[..], &name, &body].concat()
    }

    /// The contents of the first box of this name, wherever it stands.
    fn contents<'a>(bytes: &'a [u8], name: &[u8]) -> &'a [u8] {
        let at = bytes.windows(name.len()).position(|window| window == name).expect("a box");
        let length = u32::from_be_bytes(bytes[at - 4..at].try_into().expect("four bytes")) as usize;
        &bytes[at + 4..at - 4 + length]
    }

    /// Puts four tiles of one size together. `rotation` counts quarter turns to the left.
    fn grid(tiles: &[Vec<u8>], tile: [u32; 2], rotation: u8) -> Vec<u8> {
        let be16 = |number: u32| (number as u16).to_be_bytes();
        let size = |size: [u32; 2]| boxed(*b"ispe", &[&[0; 4], &size[0].to_be_bytes(), &size[1].to_be_bytes()]);
        let data: Vec<&[u8]> = tiles.iter().map(|tile| contents(tile, b"mdat")).collect();
        let whole = tile.map(|side| 2 * side);
        let descriptor = [&[0, 0, 1, 1][..], &be16(whole[0]), &be16(whole[1])].concat();
        let colour = boxed(*b"colr", &[b"nclx", &be16(12), &be16(13), &be16(6), &[0x80]]);
        let properties =
            [boxed(*b"hvcC", &[contents(&tiles[0], b"hvcC")]), size(tile), size(whole), boxed(*b"irot", &[&[rotation]]), colour];
        let of_tiles: Vec<u8> = (1..=4).flat_map(|item| [0, item, 3, 0x81, 2, 5]).collect();
        let ipma = boxed(*b"ipma", &[&[0; 4], &5_u32.to_be_bytes(), &of_tiles, &[0, 5, 3, 3, 0x84, 5]]);
        let item = |id: u8, kind: &[u8; 4], hidden: u8| boxed(*b"infe", &[&[2, 0, 0, hidden, 0, id, 0, 0], kind, &[0]]);
        let items: Vec<u8> = (1..=4).flat_map(|id| item(id, b"hvc1", 1)).chain(item(5, b"grid", 0)).collect();
        let parts = boxed(*b"dimg", &[&[0, 5, 0, 4, 0, 1, 0, 2, 0, 3, 0, 4]]);
        let meta = |first: u32| {
            let mut at = first;
            let mut places = Vec::new();
            for (number, data) in data.iter().enumerate() {
                places
                    .extend([&[0, number as u8 + 1, 0, 0, 0, 0, 0, 1][..], &at.to_be_bytes(), &(data.len() as u32).to_be_bytes()].concat());
                at += data.len() as u32;
            }
            // The grid's own description is in the box idat.
            places.extend([&[0, 5, 0, 1, 0, 0, 0, 1][..], &[0; 4], &(descriptor.len() as u32).to_be_bytes()].concat());
            let iloc = boxed(*b"iloc", &[&[1, 0, 0, 0, 0x44, 0, 0, 5], &places]);
            let handler = boxed(*b"hdlr", &[&[0; 8], b"pict", &[0; 13]]);
            let iprp = boxed(*b"iprp", &[&boxed(*b"ipco", &[&properties.concat()]), &ipma]);
            let iinf = boxed(*b"iinf", &[&[0; 4], &be16(5), &items]);
            let iref = boxed(*b"iref", &[&[0; 4], &parts]);
            let pitm = boxed(*b"pitm", &[&[0, 0, 0, 0, 0, 5]]);
            boxed(*b"meta", &[&[0; 4], &handler, &pitm, &iloc, &iinf, &iref, &iprp, &boxed(*b"idat", &[&descriptor])])
        };
        let ftyp = boxed(*b"ftyp", &[b"heic\0\0\0\0mif1heic"]);
        let first = (ftyp.len() + meta(0).len() + 8) as u32;
        [ftyp, meta(first), boxed(*b"mdat", &data)].concat()
    }

    #[needs(heif_tools)]
    #[test]
    fn a_telephones_tiles_are_put_together_upright_and_in_right_colours() {
        use Orientation::{NoTransforms, Rotate90, Rotate180, Rotate270};
        let folder = tempfile::tempdir().expect("a folder");
        let picture = source([768, 512]);
        let (numbers, _) = in_display_p3(&picture);
        let tile = [384, 256];
        let encoded = |[x, y]: [u32; 2]| {
            let part = image::imageops::crop_imm(&numbers, x, y, tile[0], tile[1]).to_image();
            std::fs::read(heic(folder.path(), "tile.heic", &saved(folder.path(), &part, None))).expect("a tile")
        };
        let tiles = [[0, 0], [384, 0], [0, 256], [384, 256]].map(encoded);
        for (rotation, orientation) in [NoTransforms, Rotate270, Rotate180, Rotate90].into_iter().enumerate() {
            // No name is an option, wherever it comes from.
            let path = folder.path().join(format!("-o; grid {rotation}.heic"));
            std::fs::write(&path, grid(&tiles, tile, rotation as u8)).expect("written");
            let wanted = turned(&picture, &[orientation]);
            assert_same(&opened(&path).pixels, &wanted, (4.0, 20), &format!("{rotation} quarter turns"));
        }
    }
}
