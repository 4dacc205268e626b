//! Attach a file to a record. Its bytes come first: they are received, looked at and put under their hash
//! before the transaction that refers to them, and `files_blob` says that they are wanted until then.
//! What is refused leaves nothing that anybody could see, and its bytes are swept.

pub(crate) mod api;
pub(crate) mod decide;
pub(crate) mod prepare;
#[cfg(test)]
mod tests;

use crate::blobs::BlobName;
use crate::file::{File, Record, Thumbnail};
use crate::name::FileName;
use crate::{record, store, store_blobs};
use db::Tx;
use decide::{Demand, Holding};
use domain::{Code, Ctx, FileId, Instant, Problem};
use prepare::Prepared;
use web::Failure;

/// How long bytes stay that nothing refers to: for whoever has begun to attach them, and for a backup that
/// copies the database first.
pub(crate) const GRACE_HOURS: i64 = 24;

/// Until when bytes stay that are wanted now.
pub(crate) fn grace(now: Instant) -> Instant {
    now.plus_seconds(GRACE_HOURS * 3600)
}

/// What is to be attached.
#[derive(Clone, Debug)]
pub(crate) struct NewFile {
    /// What it is called.
    pub(crate) name: FileName,
    /// What is to be seen in it.
    pub(crate) caption: String,
    /// What it is, and under which hashes its bytes are.
    pub(crate) prepared: Prepared,
    /// The names under which they were put; none when they were not.
    pub(crate) names: Vec<BlobName>,
}

/// Refuses what would be one file too many, or too many bytes.
fn check(tx: &mut Tx<'_>, ctx: &Ctx, record: Record<'_>, new: &NewFile, quota: i64) -> Result<i64, Failure> {
    store::lock_record(tx, record)?;
    let (files, last) = store::count(tx, record)?;
    let bytes = new.prepared.bytes_kept();
    let used = store::add_usage(tx, ctx.actor.id, bytes)?;
    Ok(decide::plan(Holding { files, last, used, quota }, Demand { bytes })?)
}

/// Says that the bytes of a file are about to be put, and under which names; nothing when the file would
/// be refused.
pub(crate) fn want(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    record: Record<'_>,
    new: &NewFile,
    quota: i64,
) -> Result<Option<Vec<BlobName>>, Failure> {
    // what this adds is undone, and said again by the command itself
    let fits = tx.savepoint(|tx| {
        check(tx, ctx, record, new, quota)?;
        Err::<(), Failure>(Problem::new(Code::Busy, "it fits").into())
    });
    match fits {
        Err(Failure::Refused(problem)) if problem.code == Code::Busy => {}
        Err(Failure::Refused(_)) => return Ok(None),
        Err(other) => return Err(other),
        Ok(()) => {}
    }
    let until = grace(ctx.now);
    let names =
        new.prepared.blobs().into_iter().map(|(hash, bytes)| store_blobs::want(tx, &hash, bytes, until));
    Ok(Some(names.collect::<Result<_, _>>()?))
}

/// Attaches a file whose bytes are there.
pub(crate) fn attach(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    record: Record<'_>,
    new: &NewFile,
    quota: i64,
) -> Result<File, Failure> {
    let position = check(tx, ctx, record, new, quota)?;
    for (hash, _) in new.prepared.blobs() {
        // bytes under another name are those of somebody who may not have put them yet
        if store_blobs::hold(tx, &hash)?.is_none_or(|name| !new.names.contains(&name)) {
            let detail = "the bytes of the file were not kept for long enough to be attached: send it again";
            return Err(Problem::new(Code::Busy, detail).into());
        }
    }
    let file = made(ctx, record, new, FileId(db::ids::take(tx, "files.file", 1)?), position);
    store::insert(tx, &file)?;
    let change = record::Change { action: "files.file.attach", event: "files.file_attached", fields: &[] };
    record::change(tx, ctx, (record, None, &file), change)?;
    Ok(file)
}

fn made(ctx: &Ctx, record: Record<'_>, new: &NewFile, id: FileId, position: i64) -> File {
    let NewFile { name, caption, prepared, names: _ } = new;
    let thumbnails = prepared.thumbnails.iter().map(|(side, part)| Thumbnail {
        side: i64::from(*side),
        media_type: part.media,
        width: part.width.unwrap_or_default(),
        height: part.height.unwrap_or_default(),
        bytes: part.bytes,
        hash: part.hash,
    });
    File {
        id,
        record_kind: record.kind,
        record_id: record.id,
        name: name.as_str().to_owned(),
        caption: caption.clone(),
        kind: prepared.main.media.kind(),
        media_type: prepared.main.media,
        position,
        bytes: prepared.main.bytes,
        sha256: prepared.main.hash,
        sent_sha256: prepared.sent,
        width: prepared.main.width,
        height: prepared.main.height,
        thumbnails: thumbnails.collect(),
        bytes_kept: prepared.bytes_kept(),
        added_by: ctx.actor.id,
        added_at: ctx.now,
        changed_at: ctx.now,
        version: 1,
    }
}
