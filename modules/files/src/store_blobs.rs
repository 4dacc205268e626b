//! The statements of bytes: which are wanted, and which are on their way out. Invariant: bytes are taken
//! away only while their row says `leaving`, and whoever wants them then gets a generation that no bytes had before.

use crate::blobs::{BlobName, Hash};
use db::{Conn, DbError, Statement, Tx};
use domain::Instant;

const WANT: Statement = Statement::new(
    "files.blob.want",
    "insert into files_blob (hash, generation, bytes, leaving, wanted_until)
     values (?1, ?5, ?2, ?3, ?4)
     on conflict (hash) do update
     set generation = case when files_blob.leaving then excluded.generation else files_blob.generation end,
         leaving = excluded.leaving,
         wanted_until =
           case when files_blob.wanted_until > excluded.wanted_until then files_blob.wanted_until
                else excluded.wanted_until end
     returning generation",
);

const HOLD: Statement = Statement::per_engine(
    "files.blob.hold",
    "select b.generation from files_blob b where b.hash = ?1 and not b.leaving",
    "select b.generation from files_blob b where b.hash = ?1 and not b.leaving for update",
);

const NAME: Statement = Statement::new(
    "files.blob.name",
    "select b.generation from files_blob b where b.hash = ?1 and not b.leaving",
);

const KEEP: Statement = Statement::new(
    "files.blob.keep",
    "update files_blob set wanted_until = ?2 where hash = ?1 and not leaving and wanted_until < ?2",
);

/// What nobody has wanted for long. Who refers to it is asked when its row is held.
const UNWANTED: Statement = Statement::per_engine(
    "files.blob.unwanted",
    "select b.hash, b.generation, b.leaving
     from files_blob b
     where b.hash > ?2
       and (b.leaving or b.wanted_until < ?1 and not exists
         (select 1 from files_file f where f.hash = b.hash and not f.removed)
       and not exists (select 1 from files_thumbnail t where t.hash = b.hash))
     order by b.hash
     limit 100",
    "select b.hash, b.generation, b.leaving
     from files_blob b
     where b.hash > ?2
       and (b.leaving or b.wanted_until < ?1 and not exists
         (select 1 from files_file f where f.hash = b.hash and not f.removed)
       and not exists (select 1 from files_thumbnail t where t.hash = b.hash))
     order by b.hash
     limit 100
     for update of b skip locked",
);

const REFERRED: Statement = Statement::new(
    "files.blob.referred",
    "select 1
     where exists (select 1 from files_file f where f.hash = ?1 and not f.removed)
        or exists (select 1 from files_thumbnail t where t.hash = ?1)",
);

const LEAVE: Statement = Statement::new(
    "files.blob.leave",
    "update files_blob set leaving = ?3 where hash = ?1 and generation = ?2",
);

const GONE: Statement = Statement::new(
    "files.blob.gone",
    "delete from files_blob where hash = ?1 and generation = ?2 and leaving",
);

const KEPT: Statement = Statement::new(
    "files.blob.kept",
    "select b.hash, b.generation, b.bytes,
            exists (select 1 from files_file f where f.hash = b.hash and not f.removed)
              or exists (select 1 from files_thumbnail t where t.hash = b.hash)
     from files_blob b
     where b.hash > ?1 and not b.leaving
     order by b.hash
     limit 1000",
);

/// Says that bytes are about to be put and referred to; the name to put them under.
pub(crate) fn want(tx: &mut Tx<'_>, hash: &Hash, bytes: i64, until: Instant) -> Result<BlobName, DbError> {
    let number = db::ids::take(tx, "files.blob", 1)?;
    let params = [hash.into(), bytes.into(), false.into(), until.0.into(), number.into()];
    let generation = tx.query_one(&WANT, &params, |row| row.int(0))?;
    Ok(BlobName { hash: *hash, generation })
}

/// The name that the bytes of a hash have, held until the transaction ends.
pub(crate) fn hold(tx: &mut Tx<'_>, hash: &Hash) -> Result<Option<BlobName>, DbError> {
    tx.query_opt(&HOLD, &[hash.into()], |row| Ok(BlobName { hash: *hash, generation: row.int(0)? }))
}

/// The name that the bytes of a hash have.
pub(crate) fn name(conn: &mut Conn<'_>, hash: &Hash) -> Result<Option<BlobName>, DbError> {
    conn.query_opt(&NAME, &[hash.into()], |row| Ok(BlobName { hash: *hash, generation: row.int(0)? }))
}

/// Lets bytes stay at least until then, although nothing may refer to them any more.
pub(crate) fn keep(tx: &mut Tx<'_>, hash: &Hash, until: Instant) -> Result<(), DbError> {
    tx.execute(&KEEP, &[hash.into(), until.0.into()]).map(|_| ())
}

/// Marks bytes that nobody wants as leaving; their names, and the hash to go on from.
pub(crate) fn leave(
    tx: &mut Tx<'_>,
    now: Instant,
    after: &Hash,
) -> Result<(Vec<BlobName>, Option<Hash>), DbError> {
    let found = tx.query(&UNWANTED, &[now.0.into(), after.into()], |row| {
        Ok((BlobName { hash: row.hash(0)?, generation: row.int(1)? }, row.bool(2)?))
    })?;
    let last = found.last().map(|(name, _)| name.hash);
    let mut leaving = Vec::new();
    for (name, was_leaving) in found {
        if was_leaving {
            leaving.push(name);
            continue;
        }
        // somebody may have come to refer to it before its row was held
        if tx.query_opt(&REFERRED, &[(&name.hash).into()], |_| Ok(()))?.is_none() {
            tx.execute(&LEAVE, &[(&name.hash).into(), name.generation.into(), true.into()])?;
            leaving.push(name);
        }
    }
    Ok((leaving, last))
}

/// Forgets bytes that were taken away, unless they are wanted anew.
pub(crate) fn gone(tx: &mut Tx<'_>, name: &BlobName) -> Result<(), DbError> {
    tx.execute(&GONE, &[(&name.hash).into(), name.generation.into()]).map(|_| ())
}

/// Bytes that are kept, after a hash: how many they are, and whether something refers to them.
pub(crate) fn kept(conn: &mut Conn<'_>, after: &Hash) -> Result<Vec<(BlobName, i64, bool)>, DbError> {
    conn.query(&KEPT, &[after.into()], |row| {
        Ok((BlobName { hash: row.hash(0)?, generation: row.int(1)? }, row.int(2)?, row.bool(3)?))
    })
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] =
    &[&WANT, &HOLD, &NAME, &KEEP, &UNWANTED, &REFERRED, &LEAVE, &GONE, &KEPT];
