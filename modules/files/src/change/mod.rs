//! Change what is said about a file, or take it from its record. Its bytes never change. One that was
//! removed stays in history: in its row, its events and the audit log; its bytes are swept when nothing
//! else refers to them.

pub(crate) mod api;
pub(crate) mod decide;
#[cfg(test)]
mod tests;

use crate::attach::grace;
use crate::file::{File, Record};
use crate::{record, store, store_blobs};
use db::Tx;
use decide::ChangeFile;
use domain::{Ctx, FileId, Problem};
use web::{Failure, IfMatch};

/// The file of a record at the version that the caller read, held until the transaction ends.
fn lock_at(tx: &mut Tx<'_>, record: Record<'_>, id: FileId, version: IfMatch) -> Result<File, Failure> {
    store::lock_record(tx, record)?;
    let file = store::one(tx, record, id)?.ok_or_else(|| Problem::not_found("file of this record", id))?;
    version.check(file.version)?;
    Ok(file)
}

/// Changes the given fields of a file.
pub(crate) fn change(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (record, id, version): (Record<'_>, FileId, IfMatch),
    change: &ChangeFile,
) -> Result<File, Failure> {
    let before = lock_at(tx, record, id, version)?;
    let (after, fields) = decide::plan(&before, change, ctx.now)?;
    if !fields.is_empty() {
        store::update(tx, &after, false)?;
        let change =
            record::Change { action: "files.file.change", event: "files.file_changed", fields: &fields };
        record::change(tx, ctx, (record, Some(&before), &after), change)?;
    }
    Ok(after)
}

/// Takes a file from its record.
pub(crate) fn remove(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (record, id, version): (Record<'_>, FileId, IfMatch),
) -> Result<(), Failure> {
    let before = lock_at(tx, record, id, version)?;
    let mut file = before.clone();
    decide::touch(&mut file, ctx.now);
    let until = grace(ctx.now);
    // in the order in which an attachment holds them
    store::take_usage(tx, file.added_by, file.bytes_kept)?;
    let mut hashes: Vec<_> = file.thumbnails.iter().map(|small| small.hash).chain([file.sha256]).collect();
    hashes.sort_unstable();
    hashes.dedup();
    for hash in &hashes {
        store_blobs::keep(tx, hash, until)?;
    }
    store::update(tx, &file, true)?;
    store::delete_thumbnails(tx, id)?;
    let change =
        record::Change { action: "files.file.remove", event: "files.file_removed", fields: &["removed"] };
    record::change(tx, ctx, (record, Some(&before), &file), change)
}
