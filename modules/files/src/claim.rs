//! What the name of a file and its `Content-Type` say that it is. Nobody is believed: see `content`.

use domain::Media;

/// What a name or a caller says that a file is. Nobody is believed; a claim that is not true is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Claim {
    /// Something that is taken.
    Taken(Media),
    /// Something that is not, and what it is called.
    Refused(&'static str),
}

/// Endings beside those of [`Media::ending`], and what they claim.
const ENDINGS: [(&str, Claim); 22] = [
    ("jpeg", Claim::Taken(Media::Jpeg)),
    ("jpe", Claim::Taken(Media::Jpeg)),
    ("log", Claim::Taken(Media::Txt)),
    ("md", Claim::Taken(Media::Txt)),
    ("text", Claim::Taken(Media::Txt)),
    ("svg", SVG),
    ("svgz", SVG),
    ("htm", HTML),
    ("html", HTML),
    ("xht", HTML),
    ("xhtml", HTML),
    ("gif", Claim::Refused("GIF")),
    ("bmp", Claim::Refused("BMP")),
    ("tif", Claim::Refused("TIFF")),
    ("tiff", Claim::Refused("TIFF")),
    ("heic", Claim::Refused("HEIC")),
    ("avif", Claim::Refused("AVIF")),
    ("doc", Claim::Refused("a document of Word")),
    ("docx", Claim::Refused("a document of Word")),
    ("xls", Claim::Refused("a workbook of the old kind")),
    ("xlsm", MACROS),
    ("zip", Claim::Refused("ZIP")),
];

/// Media types beside those of [`Media::word`], and what they claim.
const TYPES: [(&str, Claim); 13] = [
    ("image/jpg", Claim::Taken(Media::Jpeg)),
    ("image/pjpeg", Claim::Taken(Media::Jpeg)),
    ("text/xml", Claim::Taken(Media::Xml)),
    ("text/markdown", Claim::Taken(Media::Txt)),
    ("image/svg+xml", SVG),
    ("text/html", HTML),
    ("application/xhtml+xml", HTML),
    ("image/gif", Claim::Refused("GIF")),
    ("image/heic", Claim::Refused("HEIC")),
    ("image/avif", Claim::Refused("AVIF")),
    ("image/tiff", Claim::Refused("TIFF")),
    ("application/zip", Claim::Refused("ZIP")),
    // the body is the file itself; a form wraps it, and its borders would be kept as text
    ("multipart/form-data", Claim::Refused("a form: send the file itself as the body")),
];

/// A drawing that can carry scripts.
pub(crate) const SVG: Claim = Claim::Refused("SVG");
/// A page that can carry scripts.
pub(crate) const HTML: Claim = Claim::Refused("HTML");
/// A workbook that runs programs.
pub(crate) const MACROS: Claim = Claim::Refused("a workbook with macros");

impl Claim {
    /// What the ending of a name claims; none for an ending that says nothing.
    pub(crate) fn of_name(name: &str) -> Option<Claim> {
        let (_, ending) = name.rsplit_once('.')?;
        let ending = ending.to_ascii_lowercase();
        let taken = Media::ALL.iter().find(|media| media.ending() == ending);
        taken.map(|media| Claim::Taken(*media)).or_else(|| find(&ENDINGS, &ending))
    }

    /// What a `Content-Type` claims; none for one that says nothing, such as `application/octet-stream`.
    pub(crate) fn of_type(content_type: &str) -> Option<Claim> {
        let word = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let taken = Media::ALL.iter().find(|media| media.word() == word);
        taken.map(|media| Claim::Taken(*media)).or_else(|| find(&TYPES, &word))
    }
}

fn find(list: &[(&str, Claim)], wanted: &str) -> Option<Claim> {
    list.iter().find(|(word, _)| *word == wanted).map(|(_, claim)| *claim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_types_claim_what_they_say_and_others_nothing() {
        let rows = [
            ("a.png", Some(Claim::Taken(Media::Png))),
            ("A.JPEG", Some(Claim::Taken(Media::Jpeg))),
            ("notes.md", Some(Claim::Taken(Media::Txt))),
            ("drawing.svg", Some(SVG)),
            ("a.png.html", Some(HTML)),
            ("sums.xlsm", Some(MACROS)),
            ("data.bin", None),
            ("png", None),
            ("", None),
        ];
        for (name, expected) in rows {
            assert_eq!(Claim::of_name(name), expected, "{name}");
        }
        let rows = [
            ("image/png", Some(Claim::Taken(Media::Png))),
            ("Text/Plain; charset=utf-8", Some(Claim::Taken(Media::Txt))),
            ("image/svg+xml", Some(SVG)),
            (
                "multipart/form-data; boundary=x",
                Some(Claim::Refused("a form: send the file itself as the body")),
            ),
            ("application/octet-stream", None),
            ("", None),
        ];
        for (text, expected) in rows {
            assert_eq!(Claim::of_type(text), expected, "{text}");
        }
    }

    #[test]
    fn every_type_is_claimed_by_its_own_ending_and_word() {
        for media in Media::ALL {
            assert_eq!(Claim::of_name(&format!("x.{}", media.ending())), Some(Claim::Taken(*media)));
            assert_eq!(Claim::of_type(media.content_type()), Some(Claim::Taken(*media)));
        }
    }
}
