//! Files for the tests, made here: right ones, and what somebody hostile would send.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ImageEncoder, RgbImage, RgbaImage};

/// What no file that comes out may hold.
pub(crate) const SECRET: &str = "51.5007N 0.1246W taken by Ann";

/// Left red, right blue.
pub(crate) fn two_colours(width: u32, height: u32) -> DynamicImage {
    let colour = |x| if x < width / 2 { image::Rgb([250, 10, 10]) } else { image::Rgb([10, 10, 250]) };
    RgbImage::from_fn(width, height, |x, _| colour(x)).into()
}

/// The same, and transparent at the right.
pub(crate) fn half_seen(width: u32, height: u32) -> DynamicImage {
    let colour =
        |x| if x < width / 2 { image::Rgba([250, 10, 10, 255]) } else { image::Rgba([10, 10, 250, 0]) };
    RgbaImage::from_fn(width, height, |x, _| colour(x)).into()
}

pub(crate) fn png_of(image: &DynamicImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    image.write_with_encoder(PngEncoder::new(&mut bytes)).unwrap();
    bytes
}

pub(crate) fn png() -> Vec<u8> {
    png_of(&two_colours(40, 20))
}

pub(crate) fn jpeg() -> Vec<u8> {
    let mut bytes = Vec::new();
    two_colours(40, 20).write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 95)).unwrap();
    bytes
}

pub(crate) fn webp() -> Vec<u8> {
    let mut bytes = Vec::new();
    half_seen(40, 20).write_with_encoder(WebPEncoder::new_lossless(&mut bytes)).unwrap();
    bytes
}

/// A PNG whose colours are to be read by a profile.
pub(crate) fn png_with_profile(image: &RgbImage, profile: Vec<u8>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new(&mut bytes);
    encoder.set_icc_profile(profile).unwrap();
    let (width, height) = image.dimensions();
    encoder.write_image(image, width, height, image::ExtendedColorType::Rgb8).unwrap();
    bytes
}

/// EXIF with an orientation, and a secret behind it.
pub(crate) fn exif(orientation: u8) -> Vec<u8> {
    let mut bytes = b"II*\0\x08\0\0\0\x01\0".to_vec();
    bytes.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend(SECRET.as_bytes());
    bytes
}

/// A JPEG that a camera turned, with comment and place.
pub(crate) fn turned_jpeg(orientation: u8) -> Vec<u8> {
    let mut with = vec![0xff, 0xd8];
    for (mark, body) in
        [(0xe1, [b"Exif\0\0".as_slice(), &exif(orientation)].concat()), (0xfe, SECRET.as_bytes().to_vec())]
    {
        with.extend([0xff, mark]);
        with.extend(u16::try_from(body.len() + 2).unwrap().to_be_bytes());
        with.extend(body);
    }
    with.extend(&jpeg()[2..]);
    with
}

/// A part of a PNG with its check.
pub(crate) fn png_part(kind: &str, body: &[u8]) -> Vec<u8> {
    let sum = crc(&[kind.as_bytes(), body].concat());
    let length = u32::try_from(body.len()).unwrap();
    [&length.to_be_bytes(), kind.as_bytes(), body, &sum.to_be_bytes()].concat()
}

fn crc(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 };
        }
    }
    !sum
}

/// A PNG with one more part behind its header.
pub(crate) fn png_with(kind: &str, body: &[u8]) -> Vec<u8> {
    let plain = png();
    [&plain[..33], &png_part(kind, body), &plain[33..]].concat()
}

/// A PNG whose header claims another size: grey, so many bits a pixel.
pub(crate) fn png_claiming(width: u32, height: u32, bits: u8) -> Vec<u8> {
    let header = [&width.to_be_bytes(), height.to_be_bytes().as_slice(), &[bits, 0, 0, 0, 0]].concat();
    let plain = png();
    [&plain[..8], &png_part("IHDR", &header), &plain[33..]].concat()
}

/// A `WebP` with EXIF.
pub(crate) fn webp_with_exif(orientation: u8) -> Vec<u8> {
    let plain = webp();
    let chunk = |kind: &[u8; 4], body: &[u8]| {
        let mut chunk = [kind.as_slice(), &u32::try_from(body.len()).unwrap().to_le_bytes(), body].concat();
        chunk.resize(chunk.len() + body.len() % 2, 0);
        chunk
    };
    let extended = chunk(b"VP8X", &[0x18, 0, 0, 0, 39, 0, 0, 19, 0, 0]);
    let body = [b"WEBP", extended.as_slice(), &plain[12..], &chunk(b"EXIF", &exif(orientation))].concat();
    chunk(b"RIFF", &body)
}

pub(crate) fn pdf() -> Vec<u8> {
    b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n"
        .to_vec()
}

/// A ZIP of parts that are stored as they are, which may lie about the size that they have.
pub(crate) fn zip(parts: &[(&str, u32)]) -> Vec<u8> {
    let (mut bytes, mut table) = (Vec::new(), Vec::new());
    for (name, size) in parts {
        let length = u16::try_from(name.len()).unwrap().to_le_bytes();
        let begins = u32::try_from(bytes.len()).unwrap().to_le_bytes();
        let sizes = [0_u32.to_le_bytes(), size.to_le_bytes()].concat();
        bytes.extend(b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0");
        bytes.extend(&sizes);
        bytes.extend(length.iter().chain(&[0, 0]));
        bytes.extend(name.as_bytes());
        table.extend(b"PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0\0\0\0\0");
        table.extend(&sizes);
        table.extend(length.iter().chain(&[0; 12]));
        table.extend(begins);
        table.extend(name.as_bytes());
    }
    let count = u16::try_from(parts.len()).unwrap().to_le_bytes();
    let begins = u32::try_from(bytes.len()).unwrap().to_le_bytes();
    let size = u32::try_from(table.len()).unwrap().to_le_bytes();
    bytes.extend(table);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend(count.iter().chain(&count).chain(&size).chain(&begins).chain(&[0, 0]));
    bytes
}

pub(crate) fn xlsx() -> Vec<u8> {
    zip(&[("[Content_Types].xml", 0), ("xl/workbook.xml", 0), ("xl/worksheets/sheet1.xml", 0)])
}
