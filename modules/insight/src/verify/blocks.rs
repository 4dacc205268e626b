//! What is told of the blocks of a place ends with the place as it is (I-26).

use super::findings::Findings;
use super::ground::Ground;
use db::{Conn, DbError, Statement};
use rustc_hash::FxHashMap;

/// What was told last of each place comes last.
const BLOCKS: Statement =
    Statement::new("verify.blocks", "select loc_id, version, blocked from ck_block order by loc_id, version");

/// A place of which something is told is blocked by itself exactly if that is told last, at a version that it has had.
pub(super) fn told(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut last: FxHashMap<i64, (i64, bool)> = FxHashMap::default();
    conn.for_each(&BLOCKS, &[], |row| {
        last.insert(row.int(0)?, (row.int(1)?, row.bool(2)?));
        Ok(())
    })?;
    let mut places: Vec<_> = last.into_iter().collect();
    places.sort_unstable();
    for (id, (version, blocked)) in places {
        findings.row();
        let is_told = ground
            .locations
            .get(&id)
            .is_some_and(|place| place.blocked_here == blocked && version <= place.version);
        findings.hold(is_told, || {
            let state = if blocked { "blocked" } else { "opened" };
            format!(
                "{} was {state} at version {version}, as it is told, and is otherwise",
                ground.location(id)
            )
        });
    }
    Ok(())
}
