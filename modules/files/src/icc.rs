//! Colours as every screen shows them. A camera may write colours of its own, and says in a profile how to
//! read them; the profile goes with the other metadata, so the colours are rewritten first.

use image::DynamicImage;
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

/// Rewrites the colours of a profile to sRGB. A profile that cannot be read, or is of something else than
/// red, green and blue, leaves them as they are.
pub(crate) fn to_srgb(pixels: &mut DynamicImage, profile: &[u8]) {
    let (layout, width) = match pixels {
        DynamicImage::ImageRgb8(_) => (Layout::Rgb, 3),
        DynamicImage::ImageRgba8(_) => (Layout::Rgba, 4),
        _ => return,
    };
    let Ok(profile) = ColorProfile::new_from_slice(profile) else { return };
    if profile.color_space != DataColorSpace::Rgb {
        return;
    }
    let srgb = ColorProfile::new_srgb();
    let Ok(transform) = profile.create_transform_8bit(layout, &srgb, layout, TransformOptions::default())
    else {
        return;
    };
    let row = usize::try_from(pixels.width()).unwrap_or_default() * width;
    let bytes: &mut [u8] = match pixels {
        DynamicImage::ImageRgb8(pixels) => pixels,
        DynamicImage::ImageRgba8(pixels) => pixels,
        _ => return,
    };
    let mut written = vec![0; row];
    for row in bytes.chunks_exact_mut(row.max(1)) {
        // one that fails leaves its row as it is
        if transform.transform(row, &mut written).is_ok() {
            row.copy_from_slice(&written);
        }
    }
}
