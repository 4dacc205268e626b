//! The statements of levels: one row for the organisation, and one for each site that says something.

use crate::levels::Levels;
use crate::levels::decide::Below;
use db::{Conn, DbError, Statement, Tx};
use domain::{Instant, LocationKind, SiteId};

const LOAD: Statement = Statement::new(
    "places.levels.load",
    "select below, version, changed_at from places_levels where scope = ?1",
);

const SAVE: Statement = Statement::new(
    "places.levels.save",
    "insert into places_levels (scope, below, version, changed_at) values (?1, ?2, ?3, ?4)
     on conflict (scope) do update set below = excluded.below, version = excluded.version,
       changed_at = excluded.changed_at",
);

/// What is kept of somebody's levels.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) below: Option<Below>,
    version: i64,
    changed_at: Instant,
}

impl Kept {
    /// Under the name of who says it.
    pub(crate) fn of(self, of: &str) -> Levels {
        let Kept { below, version, changed_at } = self;
        Levels { of: of.to_owned(), below, version, changed_at: Some(changed_at) }
    }
}

/// Reads what [`save`] has written.
fn read(text: &str) -> Option<Below> {
    let kinds: std::collections::BTreeMap<String, Vec<String>> = serde_json::from_str(text).ok()?;
    let kind = |word: &String| LocationKind::parse(word).ok();
    let pair = |(word, above): (&String, &Vec<String>)| {
        Some((kind(word)?, above.iter().map(kind).collect::<Option<_>>()?))
    };
    kinds.iter().map(pair).collect()
}

/// What a site says, or the organisation when it is none; `None` when that never said anything.
pub(crate) fn load(conn: &mut Conn<'_>, scope: SiteId) -> Result<Option<Kept>, DbError> {
    conn.query_opt(&LOAD, &[scope.get().into()], |row| {
        let bad = DbError::Column { column: 0, wanted: "levels" };
        let below = row.opt_text(0)?.map(|text| read(text).ok_or(bad)).transpose()?;
        Ok(Kept { below, version: row.int(1)?, changed_at: Instant(row.int(2)?) })
    })
}

/// Stores what a site or the organisation says.
pub(crate) fn save(tx: &mut Tx<'_>, scope: SiteId, levels: &Levels) -> Result<(), DbError> {
    let Levels { of: _, below, version, changed_at } = levels;
    let words = |below: &Below| serde_json::to_string(below).unwrap_or_default();
    let below = below.as_ref().map(words);
    let params = [
        scope.get().into(),
        below.as_deref().into(),
        (*version).into(),
        changed_at.map_or(0, |at| at.0).into(),
    ];
    tx.execute(&SAVE, &params).map(|_| ())
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&LOAD, &SAVE];
