//! Find transfers: one by its number, or page by page.

use super::may::Reader;
use super::record::{self, Transfer, TransferListed, TransferShown};
use super::state::State;
use super::store;
use crate::walk::{Part, part};
use crate::{asked as names, reach};
use db::{Conn, DbError};
use domain::{Code, Problem, SiteId};
use web::{Failure, Scope};

/// The filters of the list as they were given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) state: Option<String>,
    pub(crate) from_site: Option<String>,
    pub(crate) to_site: Option<String>,
    pub(crate) after: Option<String>,
    pub(crate) down: bool,
    pub(crate) limit: usize,
}

/// A transfer within reach.
pub(crate) fn find(conn: &mut Conn<'_>, scope: &Scope, number: &str) -> Result<TransferShown, Failure> {
    let missing = || Failure::from(Problem::not_found("transfer", number));
    let transfer = store::by_number(conn, number)?.ok_or_else(missing)?;
    if !Reader::new(scope).sees(conn, &transfer)? {
        return Err(missing());
    }
    let waiting = store::in_transit(conn, &transfer)?;
    Ok(record::show(conn, &transfer, &waiting)?)
}

/// One page.
pub(crate) fn page(
    conn: &mut Conn<'_>,
    scope: &Scope,
    asked: &Asked,
) -> Result<Part<TransferListed, String>, Failure> {
    let state = match asked.state.as_deref() {
        None => None,
        Some(word) => {
            let refused = || names::one_of("?state", State::ALL.iter().map(|state| state.word()));
            Some(State::parse(word).ok_or_else(refused)?)
        }
    };
    let reach = reach::sites_json(conn, scope)?;
    let everything = store::Filter {
        after: None,
        reach,
        state: None,
        from_site: None,
        to_site: None,
        down: false,
        limit: 1,
    };
    let from = |site| store::Filter { from_site: Some(site), ..everything.clone() };
    let to = |site| store::Filter { to_site: Some(site), ..everything.clone() };
    let from_site = site(conn, scope, asked.from_site.as_deref(), "?from_site", from)?;
    let to_site = site(conn, scope, asked.to_site.as_deref(), "?to_site", to)?;
    let filter = store::Filter { state, from_site, to_site, down: asked.down, ..everything };
    let Part { rows, next } = seen(conn, scope, &filter, asked.after.clone(), asked.limit)?;
    Ok(Part { rows: record::list(conn, &rows)?, next })
}

/// Transfers that are seen, in the order of a filter.
fn seen(
    conn: &mut Conn<'_>,
    scope: &Scope,
    filter: &store::Filter,
    after: Option<String>,
    limit: usize,
) -> Result<Part<Transfer, String>, DbError> {
    let mut reader = Reader::new(scope);
    part(limit, after, |after, most| {
        let limit = i64::try_from(most).unwrap_or(i64::MAX);
        let filter = store::Filter { after: after.cloned(), limit, ..filter.clone() };
        let mut found = Vec::new();
        for mut transfer in store::list(conn, &filter)? {
            let number = transfer.number.clone();
            // the sites are the statement's
            if reader.is_by_item() {
                transfer = store::complete(conn, transfer)?;
                let seen = reader.sees(conn, &transfer)?;
                found.push((number, seen.then_some(transfer)));
            } else {
                found.push((number, Some(transfer)));
            }
        }
        Ok(found)
    })
}

/// The site of a parameter: one within reach, or one that a transfer within reach leaves or goes to. Of any
/// other a caller learns nothing, not even that it is there.
fn site(
    conn: &mut Conn<'_>,
    scope: &Scope,
    code: Option<&str>,
    pointer: &str,
    of: impl FnOnce(SiteId) -> store::Filter,
) -> Result<Option<SiteId>, Failure> {
    let Some(code) = code else { return Ok(None) };
    if let Some(site) = places::site_facts_by_code(conn, &[code])?.pop().flatten()
        && (reach::any(conn, scope, &[site.id])?
            || !seen(conn, scope, &of(site.id), None, 1)?.rows.is_empty())
    {
        return Ok(Some(site.id));
    }
    Err(Problem::at(Code::UnknownLocation, pointer, format!("there is no site `{code}`")).into())
}
