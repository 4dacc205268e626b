//! Why a file is not taken, each reason in its own words.

use domain::{AsProblem, Code, Media};

/// A file that is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum BadFile {
    /// Nothing came.
    #[error("the file is empty")]
    Empty,
    /// A drawing with scripts in it is a program.
    #[error("the file is an SVG, which can carry scripts and is not taken: save the drawing as PNG or PDF")]
    Svg,
    /// So is a page.
    #[error("the file is HTML, which can carry scripts and is not taken: print the page to a PDF")]
    Html,
    /// So is a workbook with macros.
    #[error("the workbook has macros, which are programs and are not taken: save it as `.xlsx` without them")]
    Macros,
    /// Another type.
    #[error(
        "the file is {what}, which is not taken: send PNG, JPEG, WebP, PDF, CSV, XLSX, XML or plain text"
    )]
    NotTaken {
        /// The type, with its article where it has one.
        what: &'static str,
    },
    /// It moves.
    #[error("the image is animated, and only its first picture would be left: send that one alone")]
    Animated,
    /// A name or header that is not true.
    #[error(
        "{who} says `{claimed}`, and the content is `{found}`: correct what it is called, or send the right file"
    )]
    Mismatch {
        /// What made the claim.
        who: &'static str,
        /// What it claims.
        claimed: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// The right type, and broken.
    #[error("the file begins as `{media}` and cannot be read: {why}")]
    Damaged {
        /// What it begins as.
        media: Media,
        /// Where it breaks.
        why: String,
    },
    /// An image that would take too much memory.
    #[error("the image has {width} × {height} pixels, and at most {most} million are taken: make it smaller")]
    Pixels {
        /// From left to right.
        width: u32,
        /// From top to bottom.
        height: u32,
        /// Millions of pixels at most.
        most: u64,
    },
    /// A workbook that would take too much memory of whoever opens it.
    #[error(
        "the workbook has {parts} parts of {bytes} bytes together, and at most {parts_max} of {bytes_max} are taken"
    )]
    Unpacked {
        /// Files inside of it.
        parts: u64,
        /// What they say they take.
        bytes: u64,
        /// Files at most.
        parts_max: u64,
        /// Bytes at most.
        bytes_max: u64,
    },
}

impl AsProblem for BadFile {
    fn code(&self) -> Code {
        match self {
            BadFile::Svg | BadFile::Html | BadFile::Macros | BadFile::NotTaken { .. } | BadFile::Animated => {
                Code::UnsupportedFile
            }
            BadFile::Mismatch { .. } => Code::FileMismatch,
            BadFile::Empty | BadFile::Damaged { .. } => Code::MalformedFile,
            BadFile::Pixels { .. } | BadFile::Unpacked { .. } => Code::LimitExceeded,
        }
    }
}

/// Why a file was not read to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unread {
    /// It is refused.
    #[error(transparent)]
    Bad(#[from] BadFile),
    /// It could not be looked at.
    #[error("a file that was received cannot be read again: {0}")]
    Io(#[from] std::io::Error),
}

/// A file that begins right and goes wrong.
pub(crate) fn damaged<T>(media: Media, why: impl Into<String>) -> Result<T, Unread> {
    Err(BadFile::Damaged { media, why: why.into() }.into())
}
