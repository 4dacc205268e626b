//! The statements of the location tree. `places_tree` holds a row for every location with itself
//! and with each location above it. Invariant: whoever adds below a location holds the tree shared,
//! whoever moves a subtree holds it alone, so no closure is ever computed from a half-moved tree.

use crate::location::Location;
use db::{Bundle, Conn, DbError, Rows, Statement, Tx};
use domain::{LocationId, LocationKind, SiteId};

const ANCESTORS: Statement = Statement::new(
    "places.tree.ancestors",
    "select t.ancestor from places_tree t where t.descendant = ?1 order by t.depth",
)
.hot();

const DESCENDANTS: Statement = Statement::new(
    "places.tree.descendants",
    "select t.descendant from places_tree t where t.ancestor = ?1 order by t.depth, t.descendant",
);

const SHARE: Statement = Statement::per_engine(
    "places.tree.share",
    "select o.id from places_organisation o where o.id = 1",
    "select o.id from places_organisation o where o.id = 1 for share",
);

const HOLD: Statement = Statement::per_engine(
    "places.tree.hold",
    "select o.id from places_organisation o where o.id = 1",
    "select o.id from places_organisation o where o.id = 1 for update",
);

const INSERT: Statement = Statement::per_engine(
    "places.tree.insert",
    "insert into places_tree (ancestor, descendant, depth) values (?1, ?2, ?3)",
    "insert into places_tree (ancestor, descendant, depth)
     select * from unnest(?1::bigint[], ?2::bigint[], ?3::smallint[])",
);

const DETACH: Statement = Statement::new(
    "places.tree.detach",
    "delete from places_tree
     where descendant in (select b.descendant from places_tree b where b.ancestor = ?1)
       and ancestor not in (select b.descendant from places_tree b where b.ancestor = ?1)",
);

const ATTACH: Statement = Statement::new(
    "places.tree.attach",
    "insert into places_tree (ancestor, descendant, depth)
     select a.ancestor, b.descendant, a.depth + b.depth + 1
     from places_tree a
     cross join places_tree b
     where a.descendant = ?2 and b.ancestor = ?1",
);

const SETTLE: Statement = Statement::new(
    "places.tree.settle",
    "update places_location
     set site_id = ?2, valuation_group = ?3
     where id in (select b.descendant from places_tree b where b.ancestor = ?1)",
);

const BLOCK: Statement = Statement::new(
    "places.tree.block",
    "update places_location
     set blocked = exists (
       select 1
       from places_tree t
       join places_location a on a.id = t.ancestor
       where t.descendant = places_location.id and a.block_reason is not null)
     where id in (select b.descendant from places_tree b where b.ancestor = ?1)",
);

const ARCHIVE: Statement = Statement::new(
    "places.tree.archive",
    "update places_location
     set archived = exists (
       select 1
       from places_tree t
       join places_location a on a.id = t.ancestor
       where t.descendant = places_location.id and a.archived_at is not null)
     where id in (select b.descendant from places_tree b where b.ancestor = ?1)",
);

/// Only the handling units that stand directly, or through each other, in the place itself.
const INHERIT: Statement = Statement::new(
    "places.tree.inherit",
    "update places_location
     set sellable = ?2, open_to_allocation = ?3
     where kind = 7
       and id in (
         select b.descendant
         from places_tree b
         where b.ancestor = ?1
           and not exists (
             select 1
             from places_tree m
             join places_location x on x.id = m.ancestor
             where m.descendant = b.descendant and m.depth > 0 and m.depth < b.depth and x.kind <> 7))",
);

const BLOCKED: Statement = Statement::new(
    "places.tree.blocked",
    "select l.id
     from places_tree t
     join places_location l on l.id = t.descendant
     where t.ancestor = ?1 and l.blocked
     order by l.id",
);

const UNITS_IN: Statement = Statement::new(
    "places.tree.units_in",
    "select b.descendant
     from places_tree b
     join places_location u on u.id = b.descendant
     where b.ancestor = ?1 and b.depth > 0 and u.kind = 7
       and not exists (
         select 1
         from places_tree m
         join places_location x on x.id = m.ancestor
         where m.descendant = b.descendant and m.depth > 0 and m.depth < b.depth and x.kind <> 7)
     order by b.depth, b.descendant",
);

/// Which kinds of places stand directly below which in a subtree, the nearest first, each with one that does.
const PAIRS: Statement = Statement::new(
    "places.tree.pairs",
    "select l.kind, p.kind, min(l.code)
     from places_tree t
     join places_location l on l.id = t.descendant
     join places_location p on p.id = l.parent_id
     where t.ancestor = ?1 and t.depth > 0
     group by l.kind, p.kind
     order by min(t.depth), l.kind, p.kind",
);

const HEIGHT: Statement =
    Statement::new("places.tree.height", "select max(t.depth) + 1 from places_tree t where t.ancestor = ?1");

/// Places of one kind directly below another kind.
pub(crate) struct Pair {
    pub(crate) kind: LocationKind,
    pub(crate) above: LocationKind,
    /// The first of them.
    pub(crate) code: String,
}

/// Which kinds of places stand directly below which in a subtree.
pub(crate) fn pairs(conn: &mut Conn<'_>, root: LocationId) -> Result<Vec<Pair>, DbError> {
    let kind = |column, number| {
        LocationKind::from_number(number).ok_or(DbError::Column { column, wanted: "a kind of location" })
    };
    conn.query(&PAIRS, &[root.get().into()], |row| {
        let (below, above) = (kind(0, row.int(0)?)?, kind(1, row.int(1)?)?);
        Ok(Pair { kind: below, above, code: row.text(2)?.to_owned() })
    })
}

/// The location itself and all above it, the nearest first.
pub(crate) fn ancestors(conn: &mut Conn<'_>, location: LocationId) -> Result<Vec<LocationId>, DbError> {
    conn.query(&ANCESTORS, &[location.get().into()], |row| row.int(0).map(LocationId))
}

/// The location itself and all below it, the nearest first.
pub(crate) fn descendants(conn: &mut Conn<'_>, root: LocationId) -> Result<Vec<LocationId>, DbError> {
    conn.query(&DESCENDANTS, &[root.get().into()], |row| row.int(0).map(LocationId))
}

/// Holds the tree against moves; others may add at the same time.
pub(crate) fn share(tx: &mut Tx<'_>) -> Result<(), DbError> {
    tx.query_opt(&SHARE, &[], |_| Ok(())).map(|_| ())
}

/// Holds the tree alone, for a move.
pub(crate) fn hold(tx: &mut Tx<'_>) -> Result<(), DbError> {
    tx.query_opt(&HOLD, &[], |_| Ok(())).map(|_| ())
}

/// The rows of new locations: each with itself, with those above it among the new ones, and with what all of them stand
/// below, the nearest first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Closure<'l> {
    /// All of them, their ids in a row, parents before their children.
    pub(crate) new: &'l [Location],
    /// What the first of them stands in, and what that stands in.
    pub(crate) above: &'l [LocationId],
}

impl Closure<'_> {
    /// Adds the rows of some of them, whose records are added before.
    pub(crate) fn add(self, bundle: &mut Bundle<'_, '_, '_>, part: &[Location]) -> Result<(), DbError> {
        let mut rows = Rows::with_capacity(3, part.len() * (self.above.len() + 2));
        for location in part {
            let mut ancestors = vec![location.id];
            let mut parent = location.parent_id;
            while let Some(new) = parent.and_then(|parent| self.find(parent)) {
                ancestors.push(new.id);
                parent = new.parent_id;
            }
            if parent != self.above.first().copied() {
                // nothing is stored of what stands elsewhere
                return Err(DbError::NoRow(ANCESTORS.name));
            }
            ancestors.extend(self.above);
            for (depth, ancestor) in (0_i64..).zip(ancestors) {
                rows.push(&[ancestor.get().into(), location.id.get().into(), depth.into()]);
            }
        }
        bundle.add(&INSERT, rows).map(drop)
    }

    fn find(&self, id: LocationId) -> Option<&Location> {
        let first = self.new.first()?.id.get();
        self.new.get(usize::try_from(id.get().checked_sub(first)?).ok()?).filter(|found| found.id == id)
    }
}

/// Takes a subtree from where it stands and puts it below another location outside of it.
pub(crate) fn replant(tx: &mut Tx<'_>, root: LocationId, parent: LocationId) -> Result<(), DbError> {
    tx.execute(&DETACH, &[root.get().into()])?;
    tx.execute(&ATTACH, &[root.get().into(), parent.get().into()]).map(|_| ())
}

/// Gives a whole subtree its site and valuation group.
pub(crate) fn settle(tx: &mut Tx<'_>, root: LocationId, site: SiteId, group: i64) -> Result<(), DbError> {
    tx.execute(&SETTLE, &[root.get().into(), site.get().into(), group.into()]).map(|_| ())
}

/// Sets for a whole subtree whether it is blocked, from the reasons on it and above it.
pub(crate) fn block(tx: &mut Tx<'_>, root: LocationId) -> Result<(), DbError> {
    tx.execute(&BLOCK, &[root.get().into()]).map(|_| ())
}

/// Sets for a whole subtree whether it is archived, from what was archived in it and above it.
pub(crate) fn archive(tx: &mut Tx<'_>, root: LocationId) -> Result<(), DbError> {
    tx.execute(&ARCHIVE, &[root.get().into()]).map(|_| ())
}

/// Gives the handling units of a subtree what the place they stand in has.
pub(crate) fn inherit(tx: &mut Tx<'_>, root: LocationId, sellable: bool, open: bool) -> Result<(), DbError> {
    tx.execute(&INHERIT, &[root.get().into(), sellable.into(), open.into()]).map(|_| ())
}

/// What is blocked of a location and everything below it, by id.
pub(crate) fn blocked_below(conn: &mut Conn<'_>, root: LocationId) -> Result<Vec<LocationId>, DbError> {
    conn.query(&BLOCKED, &[root.get().into()], |row| row.int(0).map(LocationId))
}

/// The handling units that stand in a place, directly or through each other.
pub(crate) fn units_in(conn: &mut Conn<'_>, place: LocationId) -> Result<Vec<LocationId>, DbError> {
    conn.query(&UNITS_IN, &[place.get().into()], |row| row.int(0).map(LocationId))
}

/// How many levels a subtree has, its root included.
pub(crate) fn height(conn: &mut Conn<'_>, root: LocationId) -> Result<usize, DbError> {
    let levels = conn.query_one(&HEIGHT, &[root.get().into()], |row| row.opt_int(0))?;
    Ok(levels.and_then(|levels| usize::try_from(levels).ok()).unwrap_or(0))
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[
    &ANCESTORS,
    &DESCENDANTS,
    &SHARE,
    &HOLD,
    &INSERT,
    &DETACH,
    &ATTACH,
    &SETTLE,
    &BLOCK,
    &ARCHIVE,
    &INHERIT,
    &BLOCKED,
    &UNITS_IN,
    &HEIGHT,
];
