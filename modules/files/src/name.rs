//! The name of a file: what people call it, never where it lies.

use crate::bad::BadFile;
use crate::claim::Claim;
use crate::content::Claims;
use domain::text::BadText;
use domain::{Media, Name};

/// The name of a file as it was sent: one line without slashes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct FileName(String);

impl FileName {
    /// Reads a name.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<FileName, BadText> {
        let name = Name::parse(text)?;
        let what = "the name of a file";
        if matches!(name.as_str(), "." | "..") {
            return Err(BadText::Dots { what, given: name.as_str().to_owned() });
        }
        match (1..).zip(name.as_str().chars()).find(|(_, c)| matches!(c, '/' | '\\')) {
            Some((position, character)) => {
                Err(BadText::Character { what, takes: "takes no slash", character, position })
            }
            None => Ok(FileName(name.as_str().to_owned())),
        }
    }

    /// Refuses a name whose ending says something else than the file is.
    ///
    /// # Errors
    /// `file_mismatch`.
    pub(crate) fn check(&self, media: Media) -> Result<(), BadFile> {
        let claims = Claims { name: Claim::of_name(&self.0), content_type: None };
        crate::content::true_claims(media, claims)
    }

    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The name under which it is handed out: it ends as what the file is, so that no program takes it for
    /// something else.
    pub(crate) fn to_hand_out(&self, media: Media) -> String {
        let said = Claim::of_name(&self.0);
        if said == Some(Claim::Taken(media)) {
            return self.0.clone();
        }
        // a photo that is kept as another type has the ending of that; any other name is kept whole
        let stem = match (said, self.0.rsplit_once('.')) {
            (Some(Claim::Taken(_)), Some((stem, _))) if !stem.is_empty() => stem,
            _ => &self.0,
        };
        format!("{stem}.{}", media.ending())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_without_slashes() {
        for good in ["photo.jpg", "Größe 5 (neu).pdf", "a'b\"c;d.txt", ".hidden", "..."] {
            assert_eq!(FileName::parse(good).unwrap().as_str(), good);
        }
        for wrong in ["", " ", ".", "..", "a/b", "C:\\a", "../x", "a\nb", "a\0b", "a\u{202e}gpj.exe"] {
            assert!(FileName::parse(wrong).is_err(), "{wrong:?}");
        }
        assert!(FileName::parse(&"x".repeat(200)).is_ok());
        assert!(FileName::parse(&"x".repeat(201)).is_err());
    }

    #[test]
    fn what_is_handed_out_ends_as_what_it_is() {
        let rows = [
            ("photo.jpg", Media::Jpeg, "photo.jpg"),
            ("photo.JPEG", Media::Jpeg, "photo.JPEG"),
            ("photo.webp", Media::Jpeg, "photo.jpg"),
            ("notes", Media::Txt, "notes.txt"),
            ("setup.exe", Media::Txt, "setup.exe.txt"),
            (".png", Media::Jpeg, ".png.jpg"),
        ];
        for (name, media, expected) in rows {
            assert_eq!(FileName::parse(name).unwrap().to_hand_out(media), expected);
        }
    }
}
