//! The statements of location and site records: load, insert, update. Lists are in `store_list`,
//! the closure table in `store_tree`, the organisation in `store_organisation`.

use crate::facts::{LocationFacts, SiteFacts};
use crate::layout::position::Position;
use crate::location::Location;
use crate::store_tree::Closure;
use db::{Bundle, Conn, DbError, Row, Rows, Statement, Tx};
use domain::{Instant, LocationId, LocationKind, Role, SiteId, SiteState, Zone};

/// The unique index of location codes.
pub(crate) const CODE_INDEX: &str = "places_location_code";

macro_rules! facts {
    () => {
        "l.id, l.code, l.kind, l.site_id, l.parent_id, l.valuation_group, l.sellable, l.blocked, \
         l.open_to_allocation, l.version, l.archived, \
         exists (select 1 from places_site z where z.id = l.site_id and z.state = 1)"
    };
}

/// The columns of a whole record, and where they come from.
macro_rules! select_record {
    ($rest:literal) => {
        concat!(
            "select l.id, l.code, l.name, l.kind, l.role, l.parent_id, p.code, l.site_id, s.code, z.zone, \
                    l.valuation_group, l.sellable, l.blocked, l.block_reason, l.open_to_allocation, \
                    l.version, l.created_at, l.changed_at, l.archived, l.archived_at, l.type_id, y.code,
                    l.x_mm, l.y_mm, l.z_mm, l.walk, l.made_together, z.state
             from places_location l
             left join places_location p on p.id = l.parent_id
             left join places_location s on s.id = l.site_id
             left join places_site z on z.id = l.id
             left join places_type y on y.id = l.type_id ",
            $rest
        )
    };
}
pub(crate) use select_record;

pub(crate) const FACTS_BY_CODE: Statement = Statement::per_engine(
    "places.location.facts_by_code",
    concat!("select ?2, ", facts!(), " from places_location l where l.code_folded = ?1"),
    concat!(
        "select k.position, ",
        facts!(),
        " from unnest(?1::text[], ?2::bigint[]) as k (code, position)
          join places_location l on l.code_folded = k.code"
    ),
)
.hot();

pub(crate) const FACTS_BY_ID: Statement = Statement::per_engine(
    "places.location.facts_by_id",
    concat!("select ?2, ", facts!(), " from places_location l where l.id = ?1"),
    concat!(
        "select k.position, ",
        facts!(),
        " from unnest(?1::bigint[], ?2::bigint[]) as k (id, position)
          join places_location l on l.id = k.id"
    ),
)
.hot();

pub(crate) const SITE_BY_CODE: Statement = Statement::per_engine(
    "places.site.by_code",
    "select ?2, l.id, l.code, z.zone, z.valuation_group, l.archived, z.state
     from places_location l
     join places_site z on z.id = l.id
     where l.code_folded = ?1",
    "select k.position, l.id, l.code, z.zone, z.valuation_group, l.archived, z.state
     from unnest(?1::text[], ?2::bigint[]) as k (code, position)
     join places_location l on l.code_folded = k.code
     join places_site z on z.id = l.id",
)
.hot();

pub(crate) const SITE_BY_ID: Statement = Statement::per_engine(
    "places.site.by_id",
    "select ?2, l.id, l.code, z.zone, z.valuation_group, l.archived, z.state
     from places_site z
     join places_location l on l.id = z.id
     where z.id = ?1",
    "select k.position, l.id, l.code, z.zone, z.valuation_group, l.archived, z.state
     from unnest(?1::bigint[], ?2::bigint[]) as k (id, position)
     join places_site z on z.id = k.id
     join places_location l on l.id = z.id",
)
.hot();

pub(crate) const SITES: Statement = Statement::new(
    "places.site.all",
    "select 0, l.id, l.code, z.zone, z.valuation_group, l.archived, z.state
     from places_site z
     join places_location l on l.id = z.id
     order by z.id",
);

const BY_CODE: Statement =
    Statement::new("places.location.by_code", select_record!("where l.code_folded = ?1"));

const BY_ID: Statement = Statement::new("places.location.by_id", select_record!("where l.id = ?1"));

/// Holds a row. The record is read after it, so that it is the one that others left.
const LOCK: Statement = Statement::per_engine(
    "places.location.lock",
    "select l.id from places_location l where l.id = ?1",
    "select l.id from places_location l where l.id = ?1 for update",
);

const TAKEN: Statement = Statement::per_engine(
    "places.location.taken",
    "select l.code_folded from places_location l where l.code_folded = ?1",
    "select l.code_folded from places_location l where l.code_folded = any(?1::text[])",
);

const INSERT: Statement = Statement::per_engine(
    "places.location.insert",
    "insert into places_location
       (id, code, code_folded, name, kind, role, parent_id, site_id, valuation_group, sellable, blocked,
        block_reason, open_to_allocation, version, created_at, changed_at, type_id, x_mm, y_mm, z_mm, walk,
        made_together)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
             ?22)",
    "insert into places_location
       (id, code, code_folded, name, kind, role, parent_id, site_id, valuation_group, sellable, blocked,
        block_reason, open_to_allocation, version, created_at, changed_at, type_id, x_mm, y_mm, z_mm, walk,
        made_together)
     select *
     from unnest(?1::bigint[], ?2::text[], ?3::text[], ?4::text[], ?5::smallint[], ?6::smallint[],
                 ?7::bigint[], ?8::bigint[], ?9::bigint[], ?10::boolean[], ?11::boolean[], ?12::text[],
                 ?13::boolean[], ?14::bigint[], ?15::timestamptz[], ?16::timestamptz[], ?17::bigint[],
                 ?18::bigint[], ?19::bigint[], ?20::bigint[], ?21::bigint[], ?22::boolean[])",
);

const INSERT_SITE: Statement = Statement::new(
    "places.site.insert",
    "insert into places_site (id, zone, valuation_group, state)
     values (?1, ?2, ?3, ?4)",
);

/// Kind, zone and creation stay; what follows for what stands below is changed in `store_tree`.
const UPDATE: Statement = Statement::new(
    "places.location.update",
    "update places_location
     set code = ?2, code_folded = ?3, name = ?4, role = ?5, sellable = ?6, open_to_allocation = ?7,
         block_reason = ?8, parent_id = ?9, version = ?10, changed_at = ?11, archived = ?12, archived_at = ?13,
         type_id = ?14, x_mm = ?15, y_mm = ?16, z_mm = ?17, walk = ?18
     where id = ?1",
);

/// The facts, from the second column on.
pub(crate) fn facts(row: &Row<'_>) -> Result<LocationFacts, DbError> {
    let kind = kind(row, 3)?;
    Ok(LocationFacts {
        id: LocationId(row.int(1)?),
        code: row.text(2)?.to_owned(),
        kind,
        site: SiteId(row.int(4)?),
        parent: row.opt_int(5)?.map(LocationId),
        valuation_group: row.int(6)?,
        sellable: row.bool(7)?,
        blocked: row.bool(8)?,
        open_to_allocation: row.bool(9)?,
        negative_allowed: kind.may_be_negative(),
        version: row.int(10)?,
        archived: row.bool(11)?,
        in_set_up: row.bool(12)?,
    })
}

fn kind(row: &Row<'_>, column: usize) -> Result<LocationKind, DbError> {
    LocationKind::from_number(row.int(column)?).ok_or(DbError::Column { column, wanted: "a location kind" })
}

/// How far a site is.
pub(crate) fn state(row: &Row<'_>, column: usize) -> Result<SiteState, DbError> {
    SiteState::from_number(row.int(column)?).ok_or(DbError::Column { column, wanted: "a state of a site" })
}

/// A site, from the second column on.
pub(crate) fn site(row: &Row<'_>) -> Result<SiteFacts, DbError> {
    Ok(SiteFacts {
        id: SiteId(row.int(1)?),
        code: row.text(2)?.to_owned(),
        zone: Zone::parse(row.text(3)?).map_err(|_| DbError::Column { column: 3, wanted: "a time zone" })?,
        valuation_group: row.int(4)?,
        archived: row.bool(5)?,
        state: state(row, 6)?,
    })
}

/// The whole record.
pub(crate) fn record(row: &Row<'_>) -> Result<Location, DbError> {
    let role = row
        .opt_int(4)?
        .map(|number| Role::from_number(number).ok_or(DbError::Column { column: 4, wanted: "a role" }))
        .transpose()?;
    Ok(Location {
        id: LocationId(row.int(0)?),
        code: row.text(1)?.to_owned(),
        name: row.text(2)?.to_owned(),
        kind: kind(row, 3)?,
        role,
        parent_id: row.opt_int(5)?.map(LocationId),
        parent: row.opt_text(6)?.map(str::to_owned),
        site_id: SiteId(row.int(7)?),
        site: row.opt_text(8)?.map(str::to_owned),
        zone: row.opt_text(9)?.map(str::to_owned),
        valuation_group: row.int(10)?,
        sellable: row.bool(11)?,
        blocked: row.bool(12)?,
        block_reason: row.opt_text(13)?.map(str::to_owned),
        open_to_allocation: row.bool(14)?,
        version: row.int(15)?,
        created_at: Instant(row.int(16)?),
        changed_at: Instant(row.int(17)?),
        archived: row.bool(18)?,
        archived_at: row.opt_int(19)?.map(Instant),
        type_id: row.opt_int(20)?,
        location_type: row.opt_text(21)?.map(str::to_owned),
        position: position(row, 22)?,
        walk: Some(row.int(25)?).filter(|walk| *walk != NO_WALK),
        made_together: row.bool(26)?,
        state: row.opt_int(27)?.map(|_| state(row, 27)).transpose()?,
    })
}

/// Stands for no number in the walking order, behind all others.
pub(crate) const NO_WALK: i64 = 2_147_483_647;

/// A position of three columns; all of them are null or none is.
fn position(row: &Row<'_>, column: usize) -> Result<Option<Position>, DbError> {
    let Some(x_mm) = row.opt_int(column)? else { return Ok(None) };
    Ok(Some(Position { x_mm, y_mm: row.int(column + 1)?, z_mm: row.int(column + 2)? }))
}

/// The record of a folded code.
pub(crate) fn by_code(conn: &mut Conn<'_>, folded: &str) -> Result<Option<Location>, DbError> {
    conn.query_opt(&BY_CODE, &[folded.into()], record)
}

/// The record of an id.
pub(crate) fn by_id(conn: &mut Conn<'_>, id: LocationId) -> Result<Option<Location>, DbError> {
    conn.query_opt(&BY_ID, &[id.get().into()], record)
}

/// The record of an id, held until the transaction ends.
pub(crate) fn lock(tx: &mut Tx<'_>, id: LocationId) -> Result<Option<Location>, DbError> {
    tx.query_opt(&LOCK, &[id.get().into()], |row| row.int(0))?;
    by_id(tx, id)
}

/// Which of these folded codes exist.
pub(crate) fn taken(conn: &mut Conn<'_>, folded: &[String]) -> Result<Vec<String>, DbError> {
    let mut rows = Rows::with_capacity(1, folded.len());
    for code in folded {
        rows.push(&[code.into()]);
    }
    conn.query_many(&TAKEN, &rows, |row| Ok(row.text(0)?.to_owned()))
}

fn key(location: &Location) -> String {
    crate::code::key(&location.code).unwrap_or_default()
}

/// Stores new records with their rows in the tree: those of some are gathered while the server stores the ones before.
pub(crate) fn insert(tx: &mut Tx<'_>, closure: Closure<'_>) -> Result<(), DbError> {
    let folded: Vec<String> = closure.new.iter().map(key).collect();
    let mut bundle = Bundle::new(tx);
    for (part, folded) in closure.new.chunks(ROWS_PER_STATEMENT).zip(folded.chunks(ROWS_PER_STATEMENT)) {
        bundle.add(&INSERT, rows(part, folded))?;
        closure.add(&mut bundle, part)?;
    }
    bundle.end().map(drop)
}

/// So many that a statement answers long before the server takes it for stuck.
const ROWS_PER_STATEMENT: usize = 5_000;

fn rows<'l>(locations: &'l [Location], folded: &'l [String]) -> Rows<'l> {
    let mut rows = Rows::with_capacity(22, locations.len());
    for (location, folded) in locations.iter().zip(folded) {
        let Location {
            id,
            code,
            name,
            kind,
            type_id,
            location_type: _,
            role,
            parent_id,
            parent: _,
            position,
            walk,
            made_together,
            site_id,
            site: _,
            zone: _,
            state: _,
            valuation_group,
            sellable,
            blocked,
            block_reason,
            open_to_allocation,
            // nothing is made archived
            archived: _,
            archived_at: _,
            version,
            created_at,
            changed_at,
        } = location;
        rows.push(&[
            id.get().into(),
            code.into(),
            folded.into(),
            name.into(),
            kind.number().into(),
            role.map(Role::number).into(),
            parent_id.map(LocationId::get).into(),
            site_id.get().into(),
            (*valuation_group).into(),
            (*sellable).into(),
            (*blocked).into(),
            block_reason.as_deref().into(),
            (*open_to_allocation).into(),
            (*version).into(),
            created_at.0.into(),
            changed_at.0.into(),
            (*type_id).into(),
            position.map(|at| at.x_mm).into(),
            position.map(|at| at.y_mm).into(),
            position.map(|at| at.z_mm).into(),
            walk.unwrap_or(NO_WALK).into(),
            (*made_together).into(),
        ]);
    }
    rows
}

/// Stores what only a site has.
pub(crate) fn insert_site(
    tx: &mut Tx<'_>,
    site: SiteId,
    zone: &str,
    group: i64,
    state: SiteState,
) -> Result<(), DbError> {
    let params = [site.get().into(), zone.into(), group.into(), state.number().into()];
    tx.execute(&INSERT_SITE, &params).map(|_| ())
}

/// Stores a changed record.
pub(crate) fn update(tx: &mut Tx<'_>, location: &Location) -> Result<(), DbError> {
    let folded = key(location);
    let params = [
        location.id.get().into(),
        (&location.code).into(),
        (&folded).into(),
        (&location.name).into(),
        location.role.map(Role::number).into(),
        location.sellable.into(),
        location.open_to_allocation.into(),
        location.block_reason.as_deref().into(),
        location.parent_id.map(LocationId::get).into(),
        location.version.into(),
        location.changed_at.0.into(),
        location.archived.into(),
        location.archived_at.map(|at| at.0).into(),
        location.type_id.into(),
        location.position.map(|at| at.x_mm).into(),
        location.position.map(|at| at.y_mm).into(),
        location.position.map(|at| at.z_mm).into(),
        location.walk.unwrap_or(NO_WALK).into(),
    ];
    match tx.execute(&UPDATE, &params)? {
        1 => Ok(()),
        _ => Err(DbError::NoRow(UPDATE.name)),
    }
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[
    &FACTS_BY_CODE,
    &FACTS_BY_ID,
    &SITE_BY_CODE,
    &SITE_BY_ID,
    &SITES,
    &BY_CODE,
    &BY_ID,
    &LOCK,
    &TAKEN,
    &INSERT,
    &INSERT_SITE,
    &UPDATE,
];
