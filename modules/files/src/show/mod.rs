//! Show the files of a record, and hand their bytes out. Nothing of what is handed out runs anything: it
//! goes out as an attachment of its own type, in a sandbox, under a name that ends as what it is.

pub(crate) mod api;
mod range;

use crate::blobs::BlobError;
use crate::file::{File, FilesOf, Record};
use crate::store;
use db::{Conn, DbError};
use domain::{Code, FileId, Problem, RecordKind};
use std::fmt::Write;
use std::io::ErrorKind;
use web::{App, Failure};

/// An item that files are attached to.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) id: i64,
    pub(crate) sku: String,
}

impl Item {
    pub(crate) fn record(&self) -> Record<'_> {
        Record { kind: RecordKind::Item, id: self.id, handle: &self.sku }
    }
}

/// The item of a SKU.
pub(crate) async fn item(app: &App, sku: &str) -> Result<Item, Failure> {
    let sku = sku.to_owned();
    app.db().read(move |conn| find(conn, &sku)).await
}

/// The same inside of a transaction.
pub(crate) fn find(conn: &mut Conn<'_>, sku: &str) -> Result<Item, Failure> {
    let found = catalog::facts_by_sku(conn, &[sku])?.into_iter().flatten().next();
    let facts = found.ok_or_else(|| Problem::not_found("item", sku))?;
    Ok(Item { id: facts.id.get(), sku: facts.sku })
}

/// The files of a record.
pub(crate) fn files_of(conn: &mut Conn<'_>, record: Record<'_>) -> Result<FilesOf, DbError> {
    Ok(FilesOf { files: store::of_record(conn, record)? })
}

/// One file of a record.
pub(crate) fn file_of(conn: &mut Conn<'_>, record: Record<'_>, id: FileId) -> Result<File, Failure> {
    let found = store::one(conn, record, id)?;
    found.ok_or_else(|| Problem::not_found("file of this record", id).into())
}

/// Where a file of an item is.
pub(crate) fn address(sku: &str, id: FileId) -> String {
    format!("/api/v1/items/{}/files/{id}", encoded(sku))
}

/// A text as it stands in an address, or in a header.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // writing to a string never fails
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// What a disk or a bucket that fails means for the caller.
pub(crate) fn failed(error: &BlobError) -> Failure {
    match error {
        BlobError::Io(error) if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => {
            let detail =
                "there is no room for the file; nothing was done, and nothing will be until there is";
            Problem::new(Code::StorageFull, detail).into()
        }
        BlobError::Away(why) => {
            tracing::warn!(%why, "files cannot be reached");
            let detail = "the store that holds the files does not answer as it should, and nothing was done: come \
                          again; the log and `stockwell doctor` say what it is";
            Problem::new(Code::FilesUnavailable, detail).into()
        }
        _ => Failure::fault(format!("the files cannot be reached: {error}")),
    }
}
