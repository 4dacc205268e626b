//! The statements of what only sites have: addresses, contacts and calendars.

use crate::site::Site;
use crate::site::calendar::Named;
use crate::site::decide::{Address, Contact};
use crate::store::state;
use db::{Conn, DbError, Row, Rows, Statement, Tx};
use domain::calendar::{Hours, Minute, Span, Week};
use domain::{Date, Instant, SiteId, SiteState, Weekday};
use std::collections::BTreeMap;

macro_rules! select_site {
    ($rest:expr) => {
        concat!(
            "select z.id, l.code, l.name, z.zone, a.lines, a.city, a.region, a.postcode, a.country,
                    z.around_the_clock, l.blocked, l.archived, l.version, l.changed_at, z.state
             from places_location l
             join places_site z on z.id = l.id
             left join places_address a on a.site_id = z.id ",
            $rest
        )
    };
}

const LOAD: Statement = Statement::new("places.site.load", select_site!("where z.id = ?1"));

macro_rules! page {
    ($reach:literal) => {
        select_site!(concat!(
            "where l.code_folded > ?1 and l.kind = 1
               and (a.country = ?2 or ?2 is null)
               and (l.archived = ?3 or ?3 is null)
               and (z.state = ?6 or ?6 is null)
               and ",
            $reach,
            " order by l.code_folded limit ?5"
        ))
    };
}

const LIST: Statement = Statement::per_engine(
    "places.site.list",
    page!(
        "(?4 is null or z.id in (
            select t.descendant from json_each(?4) r join places_tree t on t.ancestor = r.value))"
    ),
    page!(
        "(?4::text is null or z.id in (
            select t.descendant from json_array_elements_text(?4::json) r(value)
            join places_tree t on t.ancestor = r.value::bigint))"
    ),
);

const CONTACTS: Statement = Statement::per_engine(
    "places.site.contacts",
    "select site_id, label, name, phone, email from places_contact where site_id = ?1 order by position",
    "select site_id, label, name, phone, email from places_contact where site_id = any(?1::bigint[])
     order by site_id, position",
);

const CLEAR_ADDRESS: Statement =
    Statement::new("places.site.clear_address", "delete from places_address where site_id = ?1");

const INSERT_ADDRESS: Statement = Statement::new(
    "places.site.insert_address",
    "insert into places_address (site_id, lines, city, region, postcode, country)
     values (?1, ?2, ?3, ?4, ?5, ?6)",
);

const CLEAR_CONTACTS: Statement =
    Statement::new("places.site.clear_contacts", "delete from places_contact where site_id = ?1");

const INSERT_CONTACT: Statement = Statement::new(
    "places.site.insert_contact",
    "insert into places_contact (site_id, position, label, name, phone, email)
     values (?1, ?2, ?3, ?4, ?5, ?6)",
);

const AROUND_THE_CLOCK: Statement = Statement::new(
    "places.site.around_the_clock",
    "select z.around_the_clock from places_site z where z.id = ?1",
);

const WEEK: Statement = Statement::new(
    "places.site.week",
    "select weekday, opens, closes from places_week where site_id = ?1 order by weekday, opens",
);

const DAYS: Statement = Statement::new(
    "places.site.days",
    "select d.on_date, d.name, h.opens, h.closes
     from places_day d
     left join places_day_hours h on h.site_id = d.site_id and h.on_date = d.on_date
     where d.site_id = ?1
     order by d.on_date, h.opens",
);

const SET_CLOCK: Statement =
    Statement::new("places.site.set_clock", "update places_site set around_the_clock = ?2 where id = ?1");

const CLEAR_WEEK: Statement =
    Statement::new("places.site.clear_week", "delete from places_week where site_id = ?1");

const CLEAR_DAY_HOURS: Statement =
    Statement::new("places.site.clear_day_hours", "delete from places_day_hours where site_id = ?1");

const CLEAR_DAYS: Statement =
    Statement::new("places.site.clear_days", "delete from places_day where site_id = ?1");

const INSERT_WEEK: Statement = Statement::per_engine(
    "places.site.insert_week",
    "insert into places_week (site_id, weekday, opens, closes) values (?1, ?2, ?3, ?4)",
    "insert into places_week (site_id, weekday, opens, closes)
     select * from unnest(?1::bigint[], ?2::smallint[], ?3::smallint[], ?4::smallint[])",
);

const INSERT_DAY: Statement = Statement::per_engine(
    "places.site.insert_day",
    "insert into places_day (site_id, on_date, name) values (?1, ?2, ?3)",
    "insert into places_day (site_id, on_date, name)
     select * from unnest(?1::bigint[], ?2::date[], ?3::text[])",
);

const INSERT_DAY_HOURS: Statement = Statement::per_engine(
    "places.site.insert_day_hours",
    "insert into places_day_hours (site_id, on_date, opens, closes) values (?1, ?2, ?3, ?4)",
    "insert into places_day_hours (site_id, on_date, opens, closes)
     select * from unnest(?1::bigint[], ?2::date[], ?3::smallint[], ?4::smallint[])",
);

/// A site without its contacts.
fn site(row: &Row<'_>) -> Result<Site, DbError> {
    let text = |column| Ok::<_, DbError>(row.opt_text(column)?.map(str::to_owned));
    let lines = |lines: &str| lines.split('\n').map(str::to_owned).collect();
    let address = match (row.opt_text(4)?, row.opt_text(8)?) {
        (Some(above), Some(country)) => Some(Address {
            lines: lines(above),
            city: text(5)?,
            region: text(6)?,
            postcode: text(7)?,
            country: country.to_owned(),
        }),
        _ => None,
    };
    Ok(Site {
        id: SiteId(row.int(0)?),
        code: row.text(1)?.to_owned(),
        name: row.text(2)?.to_owned(),
        zone: row.text(3)?.to_owned(),
        address,
        contacts: Vec::new(),
        around_the_clock: row.bool(9)?,
        blocked: row.bool(10)?,
        archived: row.bool(11)?,
        version: row.int(12)?,
        changed_at: Instant(row.int(13)?),
        state: state(row, 14)?,
    })
}

/// Gives sites their contacts.
fn with_contacts(conn: &mut Conn<'_>, mut sites: Vec<Site>) -> Result<Vec<Site>, DbError> {
    let mut ids = Rows::with_capacity(1, sites.len());
    for site in &sites {
        ids.push(&[site.id.get().into()]);
    }
    let text = |row: &Row<'_>, column| Ok::<_, DbError>(row.opt_text(column)?.map(str::to_owned));
    let found = conn.query_many(&CONTACTS, &ids, |row| {
        let contact = Contact {
            label: row.text(1)?.to_owned(),
            name: text(row, 2)?,
            phone: text(row, 3)?,
            email: text(row, 4)?,
        };
        Ok((SiteId(row.int(0)?), contact))
    })?;
    let mut of: BTreeMap<SiteId, Vec<Contact>> = BTreeMap::new();
    for (id, contact) in found {
        of.entry(id).or_default().push(contact);
    }
    for site in &mut sites {
        site.contacts = of.remove(&site.id).unwrap_or_default();
    }
    Ok(sites)
}

/// The site of an id.
pub(crate) fn load(conn: &mut Conn<'_>, id: SiteId) -> Result<Option<Site>, DbError> {
    let found = conn.query_opt(&LOAD, &[id.get().into()], site)?;
    Ok(with_contacts(conn, found.into_iter().collect())?.pop())
}

/// The filters of a list, already read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Beyond this folded code; none for the first page.
    pub(crate) after: Option<String>,
    pub(crate) country: Option<&'static str>,
    pub(crate) archived: Option<bool>,
    pub(crate) state: Option<SiteState>,
    /// The roots that the caller reaches, as JSON; none for everything.
    pub(crate) roots: Option<String>,
    pub(crate) limit: i64,
}

/// One page of sites in the order of their folded codes.
pub(crate) fn list(conn: &mut Conn<'_>, filter: &Filter) -> Result<Vec<Site>, DbError> {
    let Filter { after, country, archived, state, roots, limit } = filter;
    let params = [
        after.as_deref().unwrap_or_default().into(),
        (*country).into(),
        (*archived).into(),
        roots.as_deref().into(),
        (*limit).into(),
        state.map(SiteState::number).into(),
    ];
    let sites = conn.query(&LIST, &params, site)?;
    with_contacts(conn, sites)
}

/// Stores an address in place of the one that is there, or takes it away.
pub(crate) fn save_address(tx: &mut Tx<'_>, site: SiteId, address: Option<&Address>) -> Result<(), DbError> {
    tx.execute(&CLEAR_ADDRESS, &[site.get().into()])?;
    let Some(Address { lines, city, region, postcode, country }) = address else { return Ok(()) };
    let lines = lines.join("\n");
    let params = [
        site.get().into(),
        (&lines).into(),
        city.as_deref().into(),
        region.as_deref().into(),
        postcode.as_deref().into(),
        country.into(),
    ];
    tx.execute(&INSERT_ADDRESS, &params).map(|_| ())
}

/// Stores contacts in place of those that are there.
pub(crate) fn save_contacts(tx: &mut Tx<'_>, site: SiteId, contacts: &[Contact]) -> Result<(), DbError> {
    tx.execute(&CLEAR_CONTACTS, &[site.get().into()])?;
    for (position, Contact { label, name, phone, email }) in (1_i64..).zip(contacts) {
        let params = [
            site.get().into(),
            position.into(),
            label.into(),
            name.as_deref().into(),
            phone.as_deref().into(),
            email.as_deref().into(),
        ];
        tx.execute(&INSERT_CONTACT, &params)?;
    }
    Ok(())
}

/// The span of two columns; none when they are null.
fn span(row: &Row<'_>, column: usize) -> Result<Option<Span>, DbError> {
    let bad = DbError::Column { column, wanted: "a span of a day" };
    let (Some(opens), Some(closes)) = (row.opt_int(column)?, row.opt_int(column + 1)?) else {
        return Ok(None);
    };
    let minutes = Minute::from_number(opens).zip(Minute::from_number(closes));
    let span = minutes.and_then(|(from, to)| Span::new(from, to).ok());
    span.map(Some).ok_or(bad)
}

fn hours(spans: Vec<Span>) -> Result<Hours, DbError> {
    Hours::new(spans).map_err(|_| DbError::Column { column: 1, wanted: "spans that do not overlap" })
}

/// When a site works, with the names of the days that are different.
pub(crate) fn calendar(conn: &mut Conn<'_>, site: SiteId) -> Result<Named, DbError> {
    let id = [site.get().into()];
    let around_the_clock = conn.query_opt(&AROUND_THE_CLOCK, &id, |row| row.bool(0))?.unwrap_or(true);
    let mut named = Named::default();
    if !around_the_clock {
        let mut days: BTreeMap<Weekday, Vec<Span>> = BTreeMap::new();
        conn.for_each(&WEEK, &id, |row| {
            let bad = DbError::Column { column: 0, wanted: "a weekday" };
            let day = Weekday::from_number(row.int(0)?).ok_or(bad)?;
            days.entry(day).or_default().extend(span(row, 1)?);
            Ok(())
        })?;
        let week: Result<Week, DbError> =
            days.into_iter().map(|(day, spans)| Ok((day, hours(spans)?))).collect();
        named.calendar.week = Some(week?);
    }
    let mut spans: BTreeMap<Date, Vec<Span>> = BTreeMap::new();
    conn.for_each(&DAYS, &id, |row| {
        let on = row.date(0)?;
        named.names.insert(on, row.text(1)?.to_owned());
        spans.entry(on).or_default().extend(span(row, 2)?);
        Ok(())
    })?;
    for (on, spans) in spans {
        named.calendar.days.insert(on, hours(spans)?);
    }
    Ok(named)
}

/// Stores a calendar in place of the one that is there.
pub(crate) fn save_calendar(tx: &mut Tx<'_>, site: SiteId, named: &Named) -> Result<(), DbError> {
    let id = site.get();
    for clear in [&CLEAR_WEEK, &CLEAR_DAY_HOURS, &CLEAR_DAYS] {
        tx.execute(clear, &[id.into()])?;
    }
    tx.execute(&SET_CLOCK, &[id.into(), named.calendar.week.is_none().into()])?;
    let minute = |minute: Minute| i64::from(minute.number());
    let mut week = Rows::with_capacity(4, 16);
    for (day, hours) in named.calendar.week.iter().flatten() {
        for span in hours.spans() {
            let (from, to) = (minute(span.from()), minute(span.to()));
            week.push(&[id.into(), day.number().into(), from.into(), to.into()]);
        }
    }
    tx.execute_many(&INSERT_WEEK, &week)?;
    let mut days = Rows::with_capacity(3, named.names.len());
    for (on, name) in &named.names {
        days.push(&[id.into(), (*on).into(), name.into()]);
    }
    tx.execute_many(&INSERT_DAY, &days)?;
    let mut spans = Rows::with_capacity(4, named.names.len());
    for (on, hours) in &named.calendar.days {
        for span in hours.spans() {
            let (from, to) = (minute(span.from()), minute(span.to()));
            spans.push(&[id.into(), (*on).into(), from.into(), to.into()]);
        }
    }
    tx.execute_many(&INSERT_DAY_HOURS, &spans).map(|_| ())
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[
    &LOAD,
    &LIST,
    &CONTACTS,
    &CLEAR_ADDRESS,
    &INSERT_ADDRESS,
    &CLEAR_CONTACTS,
    &INSERT_CONTACT,
    &AROUND_THE_CLOCK,
    &WEEK,
    &DAYS,
    &SET_CLOCK,
    &CLEAR_WEEK,
    &CLEAR_DAY_HOURS,
    &CLEAR_DAYS,
    &INSERT_WEEK,
    &INSERT_DAY,
    &INSERT_DAY_HOURS,
];
