//! Images are drawn anew: upright, in their colours, and with nothing else in them.

use super::*;
use crate::samples::{
    SECRET, half_seen, jpeg, png, png_claiming, png_of, png_part, png_with, png_with_profile, turned_jpeg,
    two_colours, webp, webp_with_exif,
};
use domain::{AsProblem, Code};
use proptest::prelude::*;
use std::io::Cursor;

fn read(bytes: &[u8], media: Media) -> Result<Picture, BadFile> {
    match Picture::read(Cursor::new(bytes), media) {
        Ok(picture) => Ok(picture),
        Err(Unread::Bad(bad)) => Err(bad),
        Err(Unread::Io(error)) => panic!("{error}"),
    }
}

fn written(picture: &Picture) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.write(&mut bytes).unwrap();
    bytes
}

/// Where the red half is: its corner, as left or right and top or bottom.
fn red_at(picture: &Picture) -> Vec<(bool, bool)> {
    let pixels = picture.pixels.to_rgb8();
    let (right, bottom) = (pixels.width() - 1, pixels.height() - 1);
    let corners = [(0, 0), (right, 0), (0, bottom), (right, bottom)];
    let red = corners.into_iter().filter(|(x, y)| pixels.get_pixel(*x, *y).0[0] > 128);
    red.map(|(x, y)| (x == 0, y == 0)).collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|part| part == text.as_bytes())
}

#[test]
fn what_a_camera_turned_stands_upright() {
    let (left, top, right, bottom) = (
        [(true, true), (true, false)],
        [(true, true), (false, true)],
        [(false, true), (false, false)],
        [(true, false), (false, false)],
    );
    let rows = [
        (1, (40, 20), left),
        (2, (40, 20), right),
        (3, (40, 20), right),
        (4, (40, 20), left),
        (5, (20, 40), top),
        (6, (20, 40), top),
        (7, (20, 40), bottom),
        (8, (20, 40), bottom),
        // there is no ninth
        (9, (40, 20), left),
    ];
    for (orientation, size, red) in rows {
        let samples = [(turned_jpeg(orientation), Media::Jpeg), (webp_with_exif(orientation), Media::Webp)];
        for (bytes, media) in samples {
            let picture = read(&bytes, media).unwrap();
            assert_eq!((picture.width(), picture.height()), size, "{media} {orientation}");
            assert_eq!(red_at(&picture), red, "{media} {orientation}");
            // it is turned once, not again by whoever shows it
            let again = read(&written(&picture), picture.media()).unwrap();
            assert_eq!(red_at(&again), red, "{media} {orientation}");
        }
    }
}

#[test]
fn nothing_but_pixels_comes_out() {
    let behind = |bytes: Vec<u8>| [bytes.as_slice(), b"PK\x03\x04<script>", SECRET.as_bytes()].concat();
    let text = [b"Comment\0", SECRET.as_bytes()].concat();
    let samples = [
        (behind(turned_jpeg(1)), Media::Jpeg),
        (behind(png_with("tEXt", &text)), Media::Png),
        (png_with("eXIf", &crate::samples::exif(1)), Media::Png),
        (webp_with_exif(1), Media::Webp),
    ];
    for (bytes, media) in samples {
        assert!(holds(&bytes, SECRET));
        let clean = written(&read(&bytes, media).unwrap());
        assert!(!holds(&clean, SECRET) && !holds(&clean, "Exif") && !holds(&clean, "script"), "{media}");
        assert_eq!(clean, written(&read(&bytes, media).unwrap()), "the same image gives the same bytes");
    }
}

#[test]
fn each_type_is_kept_as_what_loses_least() {
    let rows = [(png(), Media::Png), (jpeg(), Media::Jpeg), (webp(), Media::Webp)];
    for (bytes, media) in rows {
        let picture = read(&bytes, media).unwrap();
        assert_eq!(picture.media(), media);
        let kept =
            crate::content::recognise(&mut Cursor::new(written(&picture)), crate::content::Claims::default())
                .unwrap();
        assert_eq!(kept, media);
    }
    let pixels = half_seen(40, 20);
    for (bytes, media) in [(png_of(&pixels), Media::Png), (webp(), Media::Webp)] {
        assert_eq!(
            read(&bytes, media).unwrap().pixels.to_rgba8(),
            pixels.to_rgba8(),
            "{media} loses nothing"
        );
    }
    // sixteen bits become eight
    let deep = DynamicImage::from(two_colours(40, 20).to_rgb16());
    assert_eq!(read(&png_of(&deep), Media::Png).unwrap().pixels.color(), image::ColorType::Rgb8);
}

#[test]
fn colours_of_a_camera_become_those_of_a_screen() {
    let wide = image::RgbImage::from_pixel(4, 4, image::Rgb([200, 100, 50]));
    let profile = |profile: moxcms::ColorProfile| profile.encode().unwrap();
    let read_with = |profile| {
        let bytes = png_with_profile(&wide, profile);
        let picture = read(&bytes, Media::Png).unwrap();
        assert!(holds(&bytes, "iCCP") && !holds(&written(&picture), "iCCP"));
        picture.pixels.to_rgb8().get_pixel(0, 0).0
    };
    let [red, green, blue] = read_with(profile(moxcms::ColorProfile::new_display_p3()));
    assert!(red > 205 && green < 100 && blue < 50, "{red} {green} {blue}");
    let same = read_with(profile(moxcms::ColorProfile::new_srgb()));
    assert!(same.iter().zip([200, 100, 50]).all(|(is, was)| is.abs_diff(was) <= 1), "{same:?}");
    assert_eq!(read_with(b"no profile".to_vec()), [200, 100, 50]);
}

#[test]
fn a_bomb_is_refused_by_its_header() {
    for (width, height, bits) in
        [(65_535, 65_535, 1), (10_000, 5_001, 8), (7_000, 7_200, 16), (1, 50_000_001, 1)]
    {
        let refused = read(&png_claiming(width, height, bits), Media::Png).unwrap_err();
        assert!(matches!(refused, BadFile::Pixels { .. }), "{refused}");
        assert_eq!(refused.code(), Code::LimitExceeded);
    }
    let refused = read(&png_claiming(10_000, 5_001, 8), Media::Png).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the image has 10000 × 5001 pixels, and at most 50 million are taken: make it smaller"
    );
    // at the limit it is read, and found to have less in it than it says
    let refused = read(&png_claiming(10_000, 5_000, 8), Media::Png).unwrap_err();
    assert_eq!(refused.code(), Code::MalformedFile, "{refused}");
    assert!(read(&png_claiming(0, 10, 8), Media::Png).is_err());
}

#[test]
fn the_largest_image_is_read() {
    let grey = DynamicImage::from(image::GrayImage::new(10_000, 5_000));
    let picture = read(&png_of(&grey), Media::Png).unwrap();
    assert_eq!(u64::from(picture.width()) * u64::from(picture.height()), PIXELS_MAX);
    assert_eq!(picture.thumbnail(96).height(), 48);
}

#[test]
fn what_moves_is_refused() {
    let moving = png_with("acTL", &[0, 0, 0, 2, 0, 0, 0, 0]);
    assert_eq!(read(&moving, Media::Png).unwrap_err(), BadFile::Animated);
    assert_eq!(BadFile::Animated.code(), Code::UnsupportedFile);
}

#[test]
fn what_was_cut_off_is_damaged() {
    for (bytes, media) in [(png(), Media::Png), (webp(), Media::Webp)] {
        for cut in [bytes.len() / 2, 40, 20] {
            let refused = read(&bytes[..cut], media).unwrap_err();
            assert_eq!(refused.code(), Code::MalformedFile, "{media} {cut}: {refused}");
        }
    }
    // pixels that unpack to less than the header says
    let short =
        [&png()[..33], &png_part("IDAT", &[0x78, 0x9c, 3, 0, 0, 0, 0, 1]), &png_part("IEND", &[])].concat();
    assert_eq!(read(&short, Media::Png).unwrap_err().code(), Code::MalformedFile);
}

#[test]
fn thumbnails_keep_the_shape_and_grow_nothing() {
    let picture = read(&png_of(&two_colours(2_000, 500)), Media::Png).unwrap();
    let sizes: Vec<_> = THUMBNAIL_SIDES.iter().map(|side| picture.thumbnail(*side)).collect();
    let sizes: Vec<_> = sizes.iter().map(|small| (small.width(), small.height(), small.media())).collect();
    assert_eq!(sizes, [(96, 24, Media::Jpeg), (320, 80, Media::Jpeg), (1024, 256, Media::Jpeg)]);
    let small = read(&png(), Media::Png).unwrap();
    assert_eq!((small.thumbnail(96).width(), small.thumbnail(96).media()), (40, Media::Png));
    let seen = read(&png_of(&half_seen(400, 400)), Media::Png).unwrap().thumbnail(96);
    assert_eq!((seen.media(), seen.pixels.color().has_alpha()), (Media::Png, true));
    let thin = read(&png_of(&two_colours(3_000, 2)), Media::Png).unwrap().thumbnail(96);
    assert_eq!((thin.width(), thin.height()), (96, 1));
}

proptest! {
    #[test]
    fn no_image_is_too_strange_to_be_judged(
        sample in 0_usize..4, cut in any::<prop::sample::Index>(), changes in prop::collection::vec(any::<(prop::sample::Index, u8)>(), 0..6),
    ) {
        let samples = [(png(), Media::Png), (turned_jpeg(6), Media::Jpeg), (webp(), Media::Webp), (webp_with_exif(6), Media::Webp)];
        let (mut bytes, media) = samples[sample].clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        if let Ok(picture) = read(&bytes, media) {
            prop_assert!(u64::from(picture.width()) * u64::from(picture.height()) <= PIXELS_MAX);
            prop_assert!(read(&written(&picture), picture.media()).is_ok());
        }
    }

    #[test]
    fn a_thumbnail_is_never_longer_than_its_side(width in 1_u32..400, height in 1_u32..400, side in 1_u32..300) {
        let picture = Picture { pixels: two_colours(width, height), media: Media::Png };
        let small = picture.thumbnail(side);
        prop_assert!(small.width() <= side.max(1) && small.height() <= side.max(1));
        prop_assert!(small.width() >= 1 && small.height() >= 1);
    }
}
