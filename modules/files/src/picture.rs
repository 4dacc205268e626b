//! Draws an image anew: what comes out holds its pixels and nothing else. Place, time, camera and whatever
//! hid behind the picture are gone; it stands upright, and its colours are those of sRGB.
//!
//! Invariant: no image takes more memory than the limits say, whatever its header claims. One that would is
//! refused before its first pixel is read.

use crate::bad::{BadFile, Unread, damaged};
use crate::icc;
use domain::Media;
use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::codecs::png::{CompressionType, FilterType, PngDecoder, PngEncoder};
use image::codecs::webp::{WebPDecoder, WebPEncoder};
use image::{DynamicImage, ImageDecoder, ImageError, Limits};
use std::io::{BufRead, Read, Seek, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Pixels of an image at most: what the largest common cameras make.
pub const PIXELS_MAX: u64 = 50_000_000;
/// Bytes that the pixels of an image take at most. Upright, it may need them twice for a moment.
pub const PIXEL_BYTES_MAX: u64 = 200_000_000;
/// The lengths that thumbnails have on their longer side.
pub const THUMBNAIL_SIDES: [u32; 3] = [96, 320, 1024];

/// How much of a photo is kept: nobody sees the difference.
const QUALITY: u8 = 90;

/// An image as it will be kept.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    pixels: DynamicImage,
    media: Media,
}

impl Picture {
    /// Reads an image of a type that was recognised.
    ///
    /// # Errors
    /// What it is refused for, or why it could not be read.
    pub(crate) fn read(mut file: impl BufRead + Seek, media: Media) -> Result<Picture, Unread> {
        let lossy = media == Media::Webp && is_lossy(&mut file)?;
        file.rewind()?;
        // a library that fails at a hostile file says so by an error, and here also by a panic
        let pixels = catch_unwind(AssertUnwindSafe(|| decode(file, media)))
            .unwrap_or_else(|_| damaged(media, "its pixels make no sense"))?;
        // what was lossy and is made anew without loss would grow tenfold
        let media = if lossy && !pixels.color().has_alpha() { Media::Jpeg } else { media };
        Ok(Picture { pixels, media })
    }

    /// What it is kept as.
    pub(crate) fn media(&self) -> Media {
        self.media
    }

    /// Pixels from left to right.
    pub(crate) fn width(&self) -> u32 {
        self.pixels.width()
    }

    /// Pixels from top to bottom.
    pub(crate) fn height(&self) -> u32 {
        self.pixels.height()
    }

    /// The same, smaller: no side is longer. An image that is small already stays as it is.
    #[must_use]
    pub(crate) fn thumbnail(&self, side: u32) -> Picture {
        if self.width() <= side && self.height() <= side {
            return self.clone();
        }
        let media = if self.pixels.color().has_alpha() { Media::Png } else { Media::Jpeg };
        Picture { pixels: self.pixels.thumbnail(side, side), media }
    }

    /// Writes it. The same image gives the same bytes.
    ///
    /// # Errors
    /// What the writer fails with.
    pub(crate) fn write(&self, to: &mut impl Write) -> Result<(), std::io::Error> {
        let done = match self.media {
            Media::Jpeg => self.pixels.write_with_encoder(JpegEncoder::new_with_quality(to, QUALITY)),
            Media::Webp => self.pixels.write_with_encoder(WebPEncoder::new_lossless(to)),
            _ => {
                let encoder =
                    PngEncoder::new_with_quality(to, CompressionType::Default, FilterType::Adaptive);
                self.pixels.write_with_encoder(encoder)
            }
        };
        done.map_err(|error| match error {
            ImageError::IoError(error) => error,
            other => std::io::Error::other(other),
        })
    }
}

fn decode(file: impl BufRead + Seek, media: Media) -> Result<DynamicImage, Unread> {
    let limits = limits();
    match media {
        Media::Png => {
            let decoder = PngDecoder::with_limits(file, limits).map_err(|error| of(media, error))?;
            if decoder.is_apng().map_err(|error| of(media, error))? {
                return Err(BadFile::Animated.into());
            }
            pixels(decoder, media)
        }
        Media::Webp => {
            let decoder = WebPDecoder::new(file).map_err(|error| of(media, error))?;
            if decoder.has_animation() {
                return Err(BadFile::Animated.into());
            }
            pixels(decoder, media)
        }
        _ => pixels(JpegDecoder::new(file).map_err(|error| of(media, error))?, media),
    }
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_alloc = Some(PIXEL_BYTES_MAX);
    limits
}

fn pixels(mut decoder: impl ImageDecoder, media: Media) -> Result<DynamicImage, Unread> {
    let (width, height) = decoder.dimensions();
    let count = u64::from(width) * u64::from(height);
    if count > PIXELS_MAX || decoder.total_bytes() > PIXEL_BYTES_MAX {
        return Err(BadFile::Pixels { width, height, most: PIXELS_MAX / 1_000_000 }.into());
    }
    decoder.set_limits(limits()).map_err(|error| of(media, error))?;
    let orientation = decoder.orientation().map_err(|error| of(media, error))?;
    let profile = decoder.icc_profile().map_err(|error| of(media, error))?;
    let mut pixels = eight_bits(DynamicImage::from_decoder(decoder).map_err(|error| of(media, error))?);
    if let Some(profile) = profile {
        icc::to_srgb(&mut pixels, &profile);
    }
    pixels.apply_orientation(orientation);
    Ok(pixels)
}

/// As many bits as a screen shows.
fn eight_bits(pixels: DynamicImage) -> DynamicImage {
    match pixels {
        DynamicImage::ImageLuma16(_) => pixels.into_luma8().into(),
        DynamicImage::ImageLumaA16(_) => pixels.into_luma_alpha8().into(),
        DynamicImage::ImageRgb16(_) => pixels.into_rgb8().into(),
        DynamicImage::ImageRgba16(_) => pixels.into_rgba8().into(),
        other => other,
    }
}

fn of(media: Media, error: ImageError) -> Unread {
    let why = match error {
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            "it ends before the picture does".to_owned()
        }
        ImageError::Limits(_) => "its header claims more than is taken".to_owned(),
        other => other.to_string(),
    };
    BadFile::Damaged { media, why }.into()
}

/// Whether a `WebP` has lost something already.
fn is_lossy(file: &mut (impl Read + Seek)) -> Result<bool, std::io::Error> {
    file.seek(std::io::SeekFrom::Start(12))?;
    loop {
        let mut head = [0; 8];
        match file.read_exact(&mut head) {
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(false),
            other => other?,
        }
        let [a, b, c, d, length @ ..] = head;
        match &[a, b, c, d] {
            b"VP8 " => return Ok(true),
            b"VP8L" => return Ok(false),
            _ => {
                let length = u32::from_le_bytes(length);
                file.seek_relative(i64::from(length) + i64::from(length % 2))?;
            }
        }
    }
}

#[cfg(test)]
mod tests;
