//! What a file that is attached to a record may be: a closed list, known by content alone.

use crate::word::words;

words! {
    /// What a file is, by its content.
    Media, "type of file" {
        /// A picture that loses nothing.
        Png = 1, "image/png";
        /// A photo.
        Jpeg = 2, "image/jpeg";
        /// A picture of the web.
        Webp = 3, "image/webp";
        /// A document for print.
        Pdf = 4, "application/pdf";
        /// A table as text.
        Csv = 5, "text/csv";
        /// A workbook without macros.
        Xlsx = 6, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        /// A document for machines.
        Xml = 7, "application/xml";
        /// Plain text.
        Txt = 8, "text/plain";
    }
}

words! {
    /// How a file is shown.
    FileKind, "kind of file" {
        /// A picture, which has thumbnails.
        Image = 1, "image";
        /// Everything else.
        Document = 2, "document";
    }
}

words! {
    /// What a file is attached to.
    RecordKind, "kind of record" {
        /// An item.
        Item = 1, "item";
    }
}

impl Media {
    /// The ending of its name.
    pub const fn ending(self) -> &'static str {
        match self {
            Media::Png => "png",
            Media::Jpeg => "jpg",
            Media::Webp => "webp",
            Media::Pdf => "pdf",
            Media::Csv => "csv",
            Media::Xlsx => "xlsx",
            Media::Xml => "xml",
            Media::Txt => "txt",
        }
    }

    /// How it is shown.
    pub const fn kind(self) -> FileKind {
        match self {
            Media::Png | Media::Jpeg | Media::Webp => FileKind::Image,
            Media::Pdf | Media::Csv | Media::Xlsx | Media::Xml | Media::Txt => FileKind::Document,
        }
    }

    /// The value of `Content-Type`: texts are UTF-8, which was looked at.
    pub const fn content_type(self) -> &'static str {
        match self {
            Media::Csv => "text/csv; charset=utf-8",
            Media::Txt => "text/plain; charset=utf-8",
            other => other.word(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::word::assert_words;

    #[test]
    fn the_lists_read_back() {
        assert_words!(Media, FileKind, RecordKind);
        for media in Media::ALL {
            assert!(media.content_type().starts_with(media.word()), "{media}");
        }
    }
}
