//! What is told of the states of a site ends with the site as it is (I-26).

use super::findings::Findings;
use super::ground::Ground;
use db::{Conn, DbError, Statement};
use rustc_hash::FxHashMap;

/// What was told last of each site comes last.
const STATES: Statement = Statement::new(
    "verify.site_states",
    "select site_id, version, state from ck_site_state order by site_id, version",
);

/// What a site is of which nothing is told.
const LIVE: i64 = 3;

/// A site has the state that was told last, at a version that it has had, or has always been live.
pub(super) fn told(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut last: FxHashMap<i64, (i64, i64)> = FxHashMap::default();
    conn.for_each(&STATES, &[], |row| {
        last.insert(row.int(0)?, (row.int(1)?, row.int(2)?));
        Ok(())
    })?;
    let mut sites: Vec<_> = ground.locations.iter().filter(|(id, place)| place.site == **id).collect();
    sites.sort_unstable_by_key(|(id, _)| **id);
    for (id, site) in sites {
        findings.row();
        let (version, state) = last.get(id).copied().unwrap_or((1, LIVE));
        findings.hold(site.state == Some(state) && version <= site.version, || {
            let is = site.state.unwrap_or_default();
            format!(
                "{} is in state {is}, and state {state} at version {version} is what is told",
                ground.location(*id)
            )
        });
    }
    Ok(())
}
