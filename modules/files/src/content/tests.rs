//! What files are taken for, and the words of those that are refused.

use super::workbook::{PARTS_MAX, UNPACKED_BYTES_MAX};
use super::*;
use crate::samples::{jpeg, pdf, png, turned_jpeg, webp, xlsx, zip};
use domain::{AsProblem, Code};
use proptest::prelude::*;
use std::io::Cursor;

fn read(bytes: &[u8], name: &str, content_type: Option<&str>) -> Result<Media, BadFile> {
    match recognise(&mut Cursor::new(bytes), Claims::of(name, content_type)) {
        Ok(media) => Ok(media),
        Err(Unread::Bad(bad)) => Err(bad),
        Err(Unread::Io(error)) => panic!("{error}"),
    }
}

#[test]
fn the_content_says_what_it_is() {
    let long_xml = format!("<?xml version=\"1.0\"?><!-- {} --><a><b c='d'/></a>", "x".repeat(100_000));
    let rows: [(&[u8], &str, Option<&str>, Media); 24] = [
        (&png(), "a.png", Some("image/png"), Media::Png),
        (&png(), "a", None, Media::Png),
        (&png(), "a.bin", Some("application/octet-stream"), Media::Png),
        (&jpeg(), "a.jpeg", Some("image/jpg"), Media::Jpeg),
        (&turned_jpeg(6), "a.jpg", None, Media::Jpeg),
        (&[jpeg(), b"a film of the moment".to_vec()].concat(), "a.jpg", None, Media::Jpeg),
        (&webp(), "a.webp", Some("image/webp"), Media::Webp),
        (&pdf(), "a.pdf", Some("application/pdf"), Media::Pdf),
        (&xlsx(), "a.xlsx", None, Media::Xlsx),
        (b"a;b\n1;2\n", "a.csv", Some("text/plain"), Media::Csv),
        (b"a;b\n1;2\n", "a.csv", Some("application/vnd.ms-excel"), Media::Csv),
        (b"a;b\n1;2\n", "a", Some("text/csv"), Media::Csv),
        (b"a;b\n1;2\n", "a", None, Media::Txt),
        ("\u{feff}Größe\r\n\t5\u{c}".as_bytes(), "a.txt", None, Media::Txt),
        (b"# Notes\n<b>bold</b>", "a.md", Some("text/markdown"), Media::Txt),
        (b"5 < 6, and <html> is a word", "a.txt", None, Media::Txt),
        (b"<> not XML", "a", None, Media::Txt),
        (b"<order><line/></order>", "a", None, Media::Xml),
        (b"<order><line/></order>", "a.xml", Some("text/xml"), Media::Xml),
        (b"<order><line/></order>", "a.txt", None, Media::Txt),
        (
            b"<?xml version='1.0'?>\n<!-- x --><table xmlns='urn:x'>5 &lt; 6</table>\n",
            "a.xml",
            None,
            Media::Xml,
        ),
        (b"<?xml version='1.0'?><a/>", "a.txt", Some("text/plain"), Media::Txt),
        (long_xml.as_bytes(), "a.xml", None, Media::Xml),
        ("\u{feff}<?xml version='1.0'?><a/>".as_bytes(), "a.xml", None, Media::Xml),
    ];
    for (bytes, name, content_type, expected) in rows {
        let text = String::from_utf8_lossy(bytes.get(..40).unwrap_or(bytes));
        assert_eq!(read(bytes, name, content_type), Ok(expected), "{name} {content_type:?} {text}");
    }
}

#[test]
fn what_carries_scripts_is_refused_by_its_name_however_it_is_dressed() {
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>".as_slice();
    let rows: [(&[u8], BadFile); 22] = [
        (svg, BadFile::Svg),
        (&[b"\xef\xbb\xbf \n", svg].concat(), BadFile::Svg),
        (&[b"<?xml version='1.0'?>", svg].concat(), BadFile::Svg),
        (&[b"<!-- a picture -->\n<!-- of two -->", svg].concat(), BadFile::Svg),
        (b"<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"x\"><svg/>", BadFile::Svg),
        (b"<s:svg xmlns:s=\"http://www.w3.org/2000/svg\"/>", BadFile::Svg),
        (b"<?xml version='1.0'?><s:SVG xmlns:s='x'/>", BadFile::Svg),
        (b"<?xml version='1.0'?><a><x:b xmlns:x=\"http://www.w3.org/2000/svg\"/></a>", BadFile::Svg),
        (b"<?xml version='1.0'?><a><b xmlns='http://www.w3.org/1999/xhtml'/></a>", BadFile::Html),
        (b"<?xml version='1.0'?><html/>", BadFile::Html),
        (b"<!DOCTYPE html><p>x", BadFile::Html),
        (b"<!doctype HTML>", BadFile::Html),
        (b"  \r\n\t<HtMl>", BadFile::Html),
        (b"<script>alert(1)</script>", BadFile::Html),
        (b"<ScRiPt src=x>", BadFile::Html),
        (b"<img src=x onerror=alert(1)>", BadFile::Html),
        (b"<iframe>", BadFile::Html),
        (b"<body onload=x>", BadFile::Html),
        (b"<!-- a comment that never ends", BadFile::Html),
        (b"<!-- x --><script>1</script>", BadFile::Html),
        (b"<?php echo 1 ?><html>", BadFile::Html),
        (b"<a href='javascript:x'>", BadFile::Html),
    ];
    for (bytes, expected) in rows {
        for name in ["a", "a.txt", "a.csv", "a.png"] {
            let text = String::from_utf8_lossy(bytes);
            assert_eq!(read(bytes, name, Some("image/png")), Err(expected.clone()), "{name}: {text}");
        }
    }
    let long = [b"<?xml version='1.0'?><!--", "x".repeat(70_000).as_bytes(), b"-->", svg].concat();
    assert_eq!(read(&long, "a.xml", None), Err(BadFile::Svg));
    assert_eq!(BadFile::Svg.code(), Code::UnsupportedFile);
}

#[test]
fn a_claim_that_is_not_true_is_named() {
    let mismatch = |who, claimed, found| Err(BadFile::Mismatch { who, claimed, found });
    let rows: [(&[u8], &str, Option<&str>, _); 7] = [
        (&png(), "a.jpg", None, mismatch("its name", "image/jpeg", "image/png")),
        (&png(), "a.png", Some("image/webp"), mismatch("`Content-Type`", "image/webp", "image/png")),
        (&pdf(), "a.svg", None, mismatch("its name", "SVG", "application/pdf")),
        (&png(), "a.png.html", None, mismatch("its name", "HTML", "image/png")),
        (b"text", "a.pdf", None, mismatch("its name", "application/pdf", "text/plain")),
        (b"text", "a.html", None, mismatch("its name", "HTML", "text/plain")),
        (b"text", "a.txt", Some("image/png"), mismatch("`Content-Type`", "image/png", "text/plain")),
    ];
    for (bytes, name, content_type, expected) in rows {
        assert_eq!(read(bytes, name, content_type), expected, "{name}");
    }
    let words = read(&png(), "a.jpg", None).unwrap_err();
    assert_eq!(words.code(), Code::FileMismatch);
    assert_eq!(
        words.to_string(),
        "its name says `image/jpeg`, and the content is `image/png`: correct what it is called, or send the right file"
    );
}

#[test]
fn what_is_not_taken_is_called_by_its_name() {
    let xls = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
    let docx = zip(&[("[Content_Types].xml", 0), ("word/document.xml", 0)]);
    let rows: [(&[u8], &str); 9] = [
        (b"GIF89a...", "GIF"),
        (b"II*\0....", "TIFF"),
        (b"\0\0\0\x18ftypheic", "HEIC"),
        (xls, "a document of an old office program"),
        (b"\x7fELF\x02", "a program"),
        (&docx, "a document of Word"),
        (&zip(&[("evil.exe", 0)]), "a ZIP and no workbook"),
        (b"\xff\xfea\0b\0", "text in UTF-16, to be saved as UTF-8"),
        (b"\x01\x02\x03", "of a type that is not known"),
    ];
    for (bytes, what) in rows {
        assert_eq!(read(bytes, "a", None), Err(BadFile::NotTaken { what }), "{what}");
    }
    let macros = zip(&[("[Content_Types].xml", 0), ("xl/workbook.xml", 0), ("xl/vbaProject.bin", 0)]);
    assert_eq!(read(&macros, "a.xlsx", None), Err(BadFile::Macros));
    assert_eq!(read(b"", "a.txt", None), Err(BadFile::Empty));
    assert_eq!(BadFile::Empty.code(), Code::MalformedFile);
}

#[test]
fn what_was_cut_off_or_drags_something_along_is_damaged() {
    let (jpeg, pdf, xlsx) = (jpeg(), pdf(), xlsx());
    let behind = |bytes: &[u8], more: usize| [bytes, &vec![b' '; more]].concat();
    let rows: [(Vec<u8>, &str); 14] = [
        (jpeg[..jpeg.len() - 2].to_vec(), "ends before the picture does"),
        (jpeg[..20].to_vec(), "ends before the picture does"),
        ([&jpeg[..20], b"not a mark", &jpeg[20..]].concat(), "a mark is not where one has to stand"),
        (b"\xff\xd8\xff\xe0\0\x01".to_vec(), "a mark is not where one has to stand"),
        (pdf[..pdf.len() - 10].to_vec(), "the mark of its end"),
        (behind(&pdf, 1024), "the mark of its end"),
        (xlsx[..xlsx.len() - 1].to_vec(), "its table of contents is missing"),
        (behind(&xlsx, 1), "its table of contents is missing"),
        ([b"PK\x03\x04".as_slice(), &xlsx].concat(), "its table of contents is not where it says"),
        (b"<?xml version='1.0'?><a><b></a>".to_vec(), "at byte"),
        (b"<?xml version='1.0'?><a/><b/>".to_vec(), "not exactly one root"),
        (b"<?xml version='1.0'?><a>".to_vec(), "it ends before its elements do"),
        (b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>".to_vec(), "a document type"),
        (b"<?xml version='1.0'?>words<a/>".to_vec(), "text outside of its root"),
    ];
    for (bytes, why) in rows {
        let refused = read(&bytes, "a", None).unwrap_err();
        assert_eq!(refused.code(), Code::MalformedFile, "{refused}");
        assert!(refused.to_string().contains(why), "{refused}, expected {why}");
    }
    assert_eq!(read(&behind(&pdf, 1023 - 5), "a.pdf", None), Ok(Media::Pdf));
    let latin = read(b"Gr\xf6\xdfe", "a.csv", None).unwrap_err();
    assert!(latin.to_string().contains("byte 2 is no text in UTF-8"), "{latin}");
}

#[test]
fn limits_hold_at_their_number_and_not_one_beyond() {
    let deep = |depth: usize| format!("<?xml version='1.0'?>{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    assert_eq!(read(deep(super::xml::DEPTH_MAX).as_bytes(), "a", None), Ok(Media::Xml));
    assert!(read(deep(super::xml::DEPTH_MAX + 1).as_bytes(), "a", None).is_err());
    let book = |more: &[(&'static str, u32)]| {
        zip(&[&[("[Content_Types].xml", 0), ("xl/workbook.xml", 0)], more].concat())
    };
    let most = u32::try_from(UNPACKED_BYTES_MAX).unwrap();
    assert_eq!(read(&book(&[("xl/a", most)]), "a", None), Ok(Media::Xlsx));
    let bomb = read(&book(&[("xl/a", most), ("xl/b", 1)]), "a", None).unwrap_err();
    assert_eq!(bomb.code(), Code::LimitExceeded, "{bomb}");
    let parts = usize::try_from(PARTS_MAX).unwrap() - 2;
    assert_eq!(read(&book(&vec![("xl/a", 0); parts]), "a", None), Ok(Media::Xlsx));
    let many = read(&book(&vec![("xl/a", 0); parts + 1]), "a", None).unwrap_err();
    assert_eq!(many.code(), Code::LimitExceeded, "{many}");
    // what would not fit into the short form is told in the long one, and one that tells nothing is too large
    assert_eq!(read(&book(&[("xl/a", u32::MAX)]), "a", None).unwrap_err().code(), Code::LimitExceeded);
}

#[test]
fn a_character_that_lies_across_two_chunks_is_whole() {
    for before in (64 << 10) - 4..=(64 << 10) {
        let text = [vec![b'x'; before], "€😀".as_bytes().to_vec()].concat();
        assert_eq!(read(&text, "a", None), Ok(Media::Txt));
        let cut = read(&text[..text.len() - 1], "a.txt", None).unwrap_err();
        assert!(cut.to_string().contains(&format!("byte {}", before + 3)), "{cut}");
    }
}

proptest! {
    #[test]
    fn no_bytes_are_too_strange_to_be_judged(
        sample in 0_usize..6, cut in any::<prop::sample::Index>(), changes in prop::collection::vec(any::<(prop::sample::Index, u8)>(), 0..8),
    ) {
        let samples = [png(), turned_jpeg(3), webp(), pdf(), xlsx(), b"<?xml version='1.0'?><a b='c'>d</a>".to_vec()];
        let mut bytes = samples[sample].clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        if let Ok(media) = read(&bytes, "a", None) {
            prop_assert_eq!(read(&bytes, &format!("a.{}", media.ending()), Some(media.content_type())), Ok(media));
        }
    }

    #[test]
    fn any_text_is_text_unless_it_is_a_page(text in "[ -~\\n\u{a0}-\u{ffff}]{1,200}") {
        match read(text.as_bytes(), "a.txt", None) {
            Ok(media) => prop_assert_eq!(media, Media::Txt),
            Err(refused) => prop_assert!(text.trim_start_matches('\u{feff}').trim_start().starts_with(['<', '%', 'G', 'R', 'P', '{']), "{}", refused),
        }
    }
}
