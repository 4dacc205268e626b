//! An event of a posting is told at the sites that the posting concerns (I-19): whoever sees one of them
//! learns of it, and nobody else.

use super::findings::Findings;
use super::ground::{Ground, posting};
use super::stood::Sites;
use super::values::CHUNK;
use db::{Conn, DbError, Statement};
use rustc_hash::FxHashMap;
use serde::Deserialize;

const MOVED: Statement = Statement::new(
    "verify.told.moved",
    "select seq, recorded_at, from_loc, to_loc from ck_movement where lane = ?1 and seq > ?2 and seq <= ?3",
);

const CLAIMS: Statement = Statement::new(
    "verify.told.claims",
    "select seq, claims from ck_posting where lane = ?1 and seq > ?2 and seq <= ?3 and claims is not null",
);

const TOLD: Statement = Statement::new(
    "verify.told.events",
    "select aggregate_seq, sites
     from ck_event
     where aggregate_type = 'stock' and aggregate_id = ?1 and aggregate_seq > ?2 and aggregate_seq <= ?3",
);

/// A change of a claim, as a posting keeps it.
#[derive(Deserialize)]
struct Entry {
    site: i64,
}

/// The sites at which the ends of movements may have stood: at the very instant at which a place is put
/// elsewhere there are two.
type Ends = Vec<Vec<i64>>;

/// I-19: deep only, because it reads the whole log.
pub(super) fn sites(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    if !ground.deep {
        return Ok(());
    }
    let stood = Sites::read(conn)?;
    let stretches: Vec<_> = ground.stretches(CHUNK).collect();
    for (lane, from, to) in stretches {
        let mut moved: FxHashMap<i64, Ends> = FxHashMap::default();
        conn.for_each(&MOVED, &[lane.into(), from.into(), to.into()], |row| {
            let (seq, at) = (row.int(0)?, row.int(1)?);
            let ends = moved.entry(seq).or_default();
            for place in [row.int(2)?, row.int(3)?] {
                let sites = stood.of(ground, place, at);
                if !sites.is_empty() && !ends.contains(&sites) {
                    ends.push(sites);
                }
            }
            Ok(())
        })?;
        let mut claimed: FxHashMap<i64, Vec<Entry>> = FxHashMap::default();
        conn.for_each(&CLAIMS, &[lane.into(), from.into(), to.into()], |row| {
            // claims that cannot be read are told of by their replay
            let claims = serde_json::from_str(row.opt_text(1)?.unwrap_or_default()).unwrap_or_default();
            claimed.insert(row.int(0)?, claims);
            Ok(())
        })?;
        let name = lane.to_string();
        conn.for_each(&TOLD, &[(&name).into(), from.into(), to.into()], |row| {
            let seq = row.int(0)?;
            // what moves nothing says by itself where it was
            let Some(ends) = moved.get(&seq) else { return Ok(()) };
            findings.row();
            let told = sites_of(row.text(1)?);
            let all = ends.iter().all(|sites| sites.iter().any(|site| told.contains(site)));
            findings.hold(all, || format!("the event of {} is not told where it moved", posting(lane, seq)));
            let claims = claimed.get(&seq).map(Vec::as_slice).unwrap_or_default();
            let is_there = |site: &i64| {
                ends.iter().any(|sites| sites.contains(site))
                    || claims.iter().any(|claim| claim.site == *site)
            };
            findings.hold(told.iter().all(is_there), || {
                format!("the event of {} is told where nothing of it was", posting(lane, seq))
            });
            Ok(())
        })?;
    }
    Ok(())
}

/// The sites of an event.
pub(super) fn sites_of(text: &str) -> Vec<i64> {
    text.split(',').filter_map(|site| site.parse().ok()).collect()
}
