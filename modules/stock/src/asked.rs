//! The names in the filters of lists, resolved: what is not there, or out of reach, is refused by
//! the name of its parameter.

use crate::sight::Sight;
use crate::{load, reach};
use catalog::ItemFacts;
use db::{Conn, DbError};
use domain::code::fold;
use domain::{Code, Instant, LocationId, LotId, Problem, Status, when};
use places::SiteFacts;
use web::{Failure, Scope};

fn unknown(code: Code, pointer: &str, what: &str, name: &str) -> Failure {
    Problem::at(code, pointer, format!("there is no {what} `{name}`")).into()
}

/// The item of `?sku`, which is within reach anywhere.
pub(crate) fn item(
    conn: &mut Conn<'_>,
    scope: &Scope,
    sku: Option<&str>,
) -> Result<Option<ItemFacts>, Failure> {
    let Some(sku) = sku else { return Ok(None) };
    match catalog::facts_by_sku(conn, &[sku])?.pop().flatten() {
        Some(item) if !scope.is_limited() || Sight::new(scope, None).knows(conn, item.id)? => Ok(Some(item)),
        _ => Err(unknown(Code::UnknownItem, "?sku", "item", sku)),
    }
}

/// A location within reach.
pub(crate) fn place(
    conn: &mut Conn<'_>,
    scope: &Scope,
    code: Option<&str>,
    pointer: &str,
) -> Result<Option<LocationId>, Failure> {
    let Some(code) = code else { return Ok(None) };
    let found = places::facts_by_code(conn, &[code])?.pop().flatten().map(|place| place.id);
    match found {
        Some(id) if reach::location(conn, scope, id)? => Ok(Some(id)),
        _ => Err(unknown(Code::UnknownLocation, pointer, "location", code)),
    }
}

/// The site of `?site`, some of which is within reach.
pub(crate) fn site(
    conn: &mut Conn<'_>,
    scope: &Scope,
    code: Option<&str>,
) -> Result<Option<SiteFacts>, Failure> {
    let Some(code) = code else { return Ok(None) };
    match places::site_facts_by_code(conn, &[code])?.pop().flatten() {
        Some(site) if reach::any(conn, scope, &[site.id])? => Ok(Some(site)),
        _ => Err(unknown(Code::UnknownLocation, "?site", "site", code)),
    }
}

/// The site of an address, all of which is within reach, and its item.
pub(crate) fn site_and_item(
    conn: &mut Conn<'_>,
    scope: &Scope,
    site: &str,
    sku: &str,
) -> Result<(SiteFacts, ItemFacts), Failure> {
    let site = whole_site(conn, scope, site)?;
    let item = catalog::facts_by_sku(conn, &[sku])?.pop().flatten();
    Ok((site, item.ok_or_else(|| Problem::not_found("item", sku))?))
}

/// The site of an address, all of which is within reach.
pub(crate) fn whole_site(conn: &mut Conn<'_>, scope: &Scope, site: &str) -> Result<SiteFacts, Failure> {
    match places::site_facts_by_code(conn, &[site])?.pop().flatten() {
        Some(facts) if reach::location(conn, scope, facts.id.root())? => Ok(facts),
        _ => Err(Problem::not_found("site", site).into()),
    }
}

/// A lot that is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Lot {
    pub(crate) id: LotId,
    /// It stands for the serials that were made in it.
    pub(crate) is_parent: bool,
}

/// The lot of `?lot`, which belongs to an item.
pub(crate) fn lot(
    conn: &mut Conn<'_>,
    item: Option<&ItemFacts>,
    code: Option<&str>,
) -> Result<Option<Lot>, Failure> {
    lot_at(conn, item, code, "?lot")
}

/// The lot of a parameter, which belongs to an item.
pub(crate) fn lot_at(
    conn: &mut Conn<'_>,
    item: Option<&ItemFacts>,
    code: Option<&str>,
    pointer: &str,
) -> Result<Option<Lot>, Failure> {
    let Some(code) = code else { return Ok(None) };
    let Some(item) = item else {
        let detail = "a lot belongs to an item; name its `sku` too";
        return Err(Problem::at(Code::InvalidValue, pointer, detail).into());
    };
    let key = (item.id, fold(code));
    let lots = load::lots_by_code(conn, std::slice::from_ref(&key))?;
    let found = lots.get(&key).map(|lot| Some(Lot { id: lot.id, is_parent: lot.facts.is_parent }));
    found.ok_or_else(|| unknown(Code::UnknownLot, pointer, "lot", code))
}

/// The status of `?status`.
pub(crate) fn status(word: Option<&str>) -> Result<Option<Status>, Problem> {
    let read = |word: &str| {
        Status::parse(word).ok_or_else(|| one_of("?status", Status::ALL.iter().map(|status| status.word())))
    };
    word.map(read).transpose()
}

/// The refusal of a word that is not one of a closed list.
pub(crate) fn one_of<'a>(pointer: &str, words: impl Iterator<Item = &'a str>) -> Problem {
    let words: Vec<String> = words.map(|word| format!("`{word}`")).collect();
    let name = pointer.trim_start_matches('?');
    Problem::at(Code::MalformedParameter, pointer, format!("`{name}` is one of {}", words.join(", ")))
}

/// An instant.
pub(crate) fn instant(text: Option<&str>, pointer: &str) -> Result<Option<Instant>, Problem> {
    let wrong = |error: when::BadWhen| Problem::at(Code::MalformedParameter, pointer, error.to_string());
    text.map(Instant::parse).transpose().map_err(wrong)
}

/// A date.
pub(crate) fn date(text: Option<&str>, pointer: &str) -> Result<Option<when::Date>, Problem> {
    let wrong = |error: when::BadWhen| Problem::at(Code::MalformedParameter, pointer, error.to_string());
    text.map(when::parse_date).transpose().map_err(wrong)
}

/// Where a list looks: everywhere, in few places, or below many.
#[derive(Clone, Debug, Default)]
pub(crate) struct Below {
    /// The roots as a JSON list; none for everywhere.
    pub(crate) roots: Option<String>,
    /// The places below them, when they are few.
    pub(crate) few: Option<Vec<LocationId>>,
    /// What of it is for which items; none where all of it is for all.
    pub(crate) by_item: Option<Scope>,
}

/// So many places are asked one by one; more are found on the way.
const FEW_PLACES: i64 = 64;

impl Below {
    /// Below a place within reach, or below everything within reach.
    pub(crate) fn read(
        conn: &mut Conn<'_>,
        scope: &Scope,
        place: Option<LocationId>,
    ) -> Result<Below, DbError> {
        Below::looked_up(conn, scope, place, crate::store_below::places)
    }

    /// The same of the past: among few places are those that were put elsewhere since.
    pub(crate) fn read_past(
        conn: &mut Conn<'_>,
        scope: &Scope,
        place: Option<LocationId>,
    ) -> Result<Below, DbError> {
        Below::looked_up(conn, scope, place, crate::store_below::places_ever)
    }

    fn looked_up(
        conn: &mut Conn<'_>,
        scope: &Scope,
        place: Option<LocationId>,
        places: impl FnOnce(&mut Conn<'_>, &str, i64) -> Result<Vec<LocationId>, DbError>,
    ) -> Result<Below, DbError> {
        let by_item = scope.is_limited().then(|| scope.clone());
        let roots = place.map_or_else(|| scope.roots_json(), |place| Some(format!("[{place}]")));
        let Some(json) = &roots else { return Ok(Below { by_item, ..Below::default() }) };
        let places = places(conn, json, FEW_PLACES + 1)?;
        let few = i64::try_from(places.len()).is_ok_and(|count| count <= FEW_PLACES);
        Ok(Below { roots, few: few.then_some(places), by_item })
    }

    /// The few places as a JSON list.
    pub(crate) fn few_json(&self) -> Option<String> {
        self.few.as_ref().map(|places| {
            let places: Vec<String> = places.iter().map(ToString::to_string).collect();
            format!("[{}]", places.join(","))
        })
    }
}
