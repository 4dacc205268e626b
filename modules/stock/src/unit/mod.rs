//! Handling units: totes, cartons and pallets, which are locations whose parent can change.
//!
//! Moving a unit is one chained fact with a history of its own, however much is in it: the stock
//! stays on the unit's location. Only when the contents would count otherwise (at another site, in
//! another valuation group, sellable or not) do they move: out of the unit into the location for
//! relocations and back into the unit, two postings of one transaction, the first with the place as
//! it was and the second with the place as it is. So quantity, value and the guards of both sites
//! are right, and no report takes it for a loss. Contents that are claimed where they stop counting
//! keep the unit where it is: somebody was promised them there.

pub(crate) mod api;
pub(crate) mod decide;
pub(crate) mod show;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use crate::inside::{Draft, Order, When, carry_out, claimed_line, line};
use crate::load;
use crate::record::{Change, change};
use crate::{gate, reach, room, stood};
use db::{Conn, DbError, Tx};
use decide::Meaning;
use domain::ledger::{ClaimChange, Kind, Line, Place, SiteKey};
use domain::{Code, LocationId, LocationKind, PostingId, Problem};
use places::{LocationFacts, NewHandlingUnit};
pub(crate) use show::UnitShown;
use show::{Contents, show};
use store::{Content, UnitMove};
use web::{Caller, Failure, IfMatch, Scope};

/// The code of the location that contents pass when their unit changes its site or its sellability.
const RELOCATION: &str = "~relocation";

/// Creates a unit; without a code it gets the next number.
pub(crate) fn create(
    tx: &mut Tx<'_>,
    caller: &Caller,
    code: Option<&str>,
    name: Option<&str>,
    parent: &str,
) -> Result<UnitShown, Failure> {
    let above = reached(tx, &caller.scope, parent)?.ok_or_else(|| unknown(parent, "/parent"))?;
    if !above.kind.is_real() {
        let detail = format!("`{parent}` is not a place with walls");
        return Err(Problem::at(Code::WrongLocationKind, "/parent", detail).into());
    }
    let code = match code {
        Some(code) => code.to_owned(),
        None => format!("LPN-{:06}", db::ids::take(tx, "stock.unit", 1)?),
    };
    decide::check_code(&code)?;
    let new = NewHandlingUnit { code: &code, name, parent: above.id };
    let made = places::create_handling_unit(tx, &caller.ctx, &new)?;
    show(tx, made.id, &Contents::first())
}

/// Moves a unit with everything in it.
pub(crate) fn set_parent(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (code, version): (&str, IfMatch),
    parent: &str,
) -> Result<UnitShown, Failure> {
    // a look ahead, to hold the gate alone only when the facts of the contents will change
    let (unit, above) = both(tx, caller, code, parent)?;
    let alone = decide::meaning(&unit, &above) != Meaning::Fact;
    if alone {
        gate::hold(tx)?;
    } else {
        gate::share(tx)?;
    }
    places::hold_tree(tx)?;
    let (unit, above) = both(tx, caller, code, parent)?;
    places::hold_location(tx, unit.id, version)?;
    let meaning = decide::meaning(&unit, &above);
    if meaning != Meaning::Fact && !alone {
        return Err(tx.again("the place of the unit has changed meanwhile").into());
    }
    decide::may_move(&unit, &above)?;
    if unit.parent == Some(above.id) {
        return show(tx, unit.id, &Contents::first());
    }
    room::units::may_enter(tx, &unit, &above)?;
    let from = name(tx, unit.parent)?;
    let told = Told { unit: unit.code.clone(), note: format!("from `{from}` to `{}`", above.code) };
    let contents = match meaning {
        Meaning::Contents => contents(tx, unit.id)?,
        Meaning::Fact | Meaning::Openness => Vec::new(),
    };
    let posting = if contents.is_empty() {
        stood::set_parent(tx, &caller.ctx, unit.id, above.id)?;
        told.fact(tx, caller, [unit.site.get(), above.site.get()])?
    } else {
        relocate(tx, caller, &unit, &above, &contents, &told)?
    };
    let (from_parent, to_parent) = (unit.parent.unwrap_or(unit.site.root()), above.id);
    let seq = store::add_move(tx, unit.id, posting, from_parent, to_parent, caller.ctx.now)?;
    let shown = show(tx, unit.id, &Contents::first())?;
    let mut sites = vec![unit.site.get(), above.site.get()];
    sites.dedup();
    let id = unit.id.to_string();
    let made = Change {
        action: "stock.unit.move",
        event: "stock.unit_moved",
        aggregate: "unit",
        id: &id,
        version: seq,
        sites: &sites,
    };
    let body = serde_json::json!({
        "unit": shown.code, "from": from, "to": above.code, "posting": posting,
        "contents": shown.contents, "next": shown.next,
    });
    change(tx, &caller.ctx, &unit.code, &made, &body);
    Ok(shown)
}

/// How a move is told in its postings.
struct Told {
    unit: String,
    note: String,
}

impl Told {
    fn document(&self) -> String {
        format!("unit {}", self.unit)
    }

    /// The fact alone.
    fn fact(&self, tx: &mut Tx<'_>, caller: &Caller, mut sites: [i64; 2]) -> Result<PostingId, Failure> {
        let id = PostingId(caller.ctx.ids.next());
        sites.sort_unstable();
        let (document, note) = (Some(self.document()), Some(self.note.clone()));
        carry_out(tx, &caller.ctx, vec![Order::Fact { id, document, note, sites }])?;
        Ok(id)
    }

    /// One half of a relocation.
    fn post(
        &self,
        tx: &mut Tx<'_>,
        caller: &Caller,
        lines: Vec<Line>,
        beside: Vec<Order>,
    ) -> Result<PostingId, Failure> {
        let draft = Draft {
            kind: Kind::Relocate,
            document: Some(self.document()),
            reason: None,
            note: Some(self.note.clone()),
            when: When::default(),
            lines: lines.into_iter().map(|line| (line, String::new())).collect(),
            says_hold: Vec::new(),
        };
        let orders = beside.into_iter().chain([draft.order(&caller.ctx)]).collect();
        let posted = carry_out(tx, &caller.ctx, orders)?;
        let posting = posted.first().ok_or(DbError::NoRow("stock.unit.relocate"))?;
        // what only gives to those who wait where it arrives takes from nobody
        if posting.claim_totals.iter().all(|total| total.change == ClaimChange::Covered.word()) {
            return Ok(posting.id);
        }
        let detail =
            format!("contents of `{}` are claimed where they stand; release the claims first", self.unit);
        Err(Problem::new(Code::StockClaimed, detail).into())
    }
}

/// Takes the contents out while the unit stands where it stood, and puts them back where it stands.
fn relocate(
    tx: &mut Tx<'_>,
    caller: &Caller,
    unit: &LocationFacts,
    above: &LocationFacts,
    contents: &[Content],
    told: &Told,
) -> Result<PostingId, Failure> {
    let between = match places::facts_by_code(tx, &[RELOCATION])?.pop().flatten() {
        Some(facts) => facts.id,
        None => places::create_transit(tx, &caller.ctx, RELOCATION)?,
    };
    let pass = |there: &Content| Place { location: between, status: there.key.status };
    let out = contents
        .iter()
        .map(|there| line(there.key.item, there.key.lot, there.key.place(), pass(there), there.on_hand));
    // the guards of where it goes are locked with those of where it leaves, in one order
    let site = above.site;
    let there = contents.iter().map(|there| Order::Sweep(SiteKey { item: there.key.item, site }));
    let there = if unit.site == site { Vec::new() } else { there.collect() };
    told.post(tx, caller, out.collect(), there)?;
    stood::set_parent(tx, &caller.ctx, unit.id, above.id)?;
    let back = contents
        .iter()
        .map(|there| line(there.key.item, there.key.lot, pass(there), there.key.place(), there.on_hand));
    told.post(tx, caller, back.collect(), Vec::new())
}

/// Moves everything out of a unit, to the place that it stands in or another one of the site.
/// Claims go along. The unit stays, empty, for its next use.
pub(crate) fn empty(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (code, version): (&str, IfMatch),
    to: Option<&str>,
) -> Result<UnitShown, Failure> {
    gate::hold(tx)?;
    let unit = find(tx, &caller.scope, code)?;
    places::hold_location(tx, unit.id, version)?;
    let to_named = to.is_some();
    let to = match to {
        Some(code) => reached(tx, &caller.scope, code)?.ok_or_else(|| unknown(code, "/to"))?.id,
        None => parent(tx, &caller.scope, &unit)?,
    };
    let mut lines = Vec::new();
    for there in contents(tx, unit.id)? {
        let to = Place { location: to, status: there.key.status };
        let whole = line(there.key.item, there.key.lot, there.key.place(), to, there.on_hand);
        lines.extend(with_claims(tx, caller, &there, &whole)?);
    }
    if !lines.is_empty() {
        let draft = Draft {
            kind: Kind::Move,
            document: Some(format!("unit {}", unit.code)),
            reason: None,
            note: Some("emptied".to_owned()),
            when: When::default(),
            lines: lines.into_iter().map(|line| (line, String::new())).collect(),
            says_hold: Vec::new(),
        };
        let done = carry_out(tx, &caller.ctx, vec![draft.order(&caller.ctx)]);
        done.map_err(|failure| if to_named { at_field(failure, "/to") } else { failure })?;
    }
    show(tx, unit.id, &Contents::first())
}

/// What a unit stands in. Whoever reaches the unit alone may not put anything there.
fn parent(conn: &mut Conn<'_>, scope: &Scope, unit: &LocationFacts) -> Result<LocationId, Failure> {
    let parent = unit.parent.unwrap_or(unit.site.root());
    if reach::location(conn, scope, parent)? {
        return Ok(parent);
    }
    let detail = format!("what `{}` stands in is out of your reach; name a place within it", unit.code);
    Err(Problem::at(Code::UnknownLocation, "/to", detail).into())
}

/// A refusal of the ledger about the one field of a command.
fn at_field(failure: Failure, pointer: &str) -> Failure {
    match failure {
        Failure::Refused(problem) if problem.errors.is_empty() => {
            Problem::at(problem.code, pointer, problem.detail).into()
        }
        other => other,
    }
}

/// A line for each claim on a key, and one for what nobody claims.
fn with_claims(
    tx: &mut Tx<'_>,
    caller: &Caller,
    there: &Content,
    whole: &Line,
) -> Result<Vec<Line>, DbError> {
    if there.allocated == 0 {
        return Ok(vec![*whole]);
    }
    let mut left = there.on_hand;
    let mut lines = Vec::new();
    for claim in load::claims_on(tx, there.key)? {
        left -= claim.qty;
        let part = line(there.key.item, there.key.lot, whole.from, whole.to, claim.qty);
        lines.push(claimed_line(part, claim.id, &caller.ctx));
    }
    if left > 0 {
        lines.push(line(there.key.item, there.key.lot, whole.from, whole.to, left));
    }
    Ok(lines)
}

/// A unit and its new parent, both within reach.
fn both(
    tx: &mut Tx<'_>,
    caller: &Caller,
    code: &str,
    parent: &str,
) -> Result<(LocationFacts, LocationFacts), Failure> {
    let unit = find(tx, &caller.scope, code)?;
    let above = reached(tx, &caller.scope, parent)?.ok_or_else(|| unknown(parent, "/parent"))?;
    Ok((unit, above))
}

fn unknown(code: &str, pointer: &str) -> Problem {
    Problem::at(Code::UnknownLocation, pointer, format!("there is no location `{code}`"))
}

fn reached(conn: &mut Conn<'_>, scope: &Scope, code: &str) -> Result<Option<LocationFacts>, DbError> {
    match places::facts_by_code(conn, &[code])?.pop().flatten() {
        Some(facts) if reach::location(conn, scope, facts.id)? => Ok(Some(facts)),
        _ => Ok(None),
    }
}

/// A handling unit within reach.
fn find(conn: &mut Conn<'_>, scope: &Scope, code: &str) -> Result<LocationFacts, Failure> {
    let found = reached(conn, scope, code)?.filter(|facts| facts.kind == LocationKind::HandlingUnit);
    Ok(found.ok_or_else(|| Problem::not_found("handling unit", code))?)
}

/// The moves of a unit within reach, the latest first.
pub(crate) fn moves(
    conn: &mut Conn<'_>,
    scope: &Scope,
    code: &str,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<UnitMove>, Failure> {
    let unit = find(conn, scope, code)?;
    let mut moves = store::moves(conn, unit.id, before, limit)?;
    for made in &mut moves {
        made.from = name(conn, Some(made.from_parent))?;
        made.to = name(conn, Some(made.to_parent))?;
    }
    Ok(moves)
}

fn name(conn: &mut Conn<'_>, id: Option<LocationId>) -> Result<String, DbError> {
    let Some(id) = id else { return Ok(String::new()) };
    let found = places::facts_by_id(conn, &[id])?.pop().flatten();
    Ok(found.map_or_else(|| id.to_string(), |facts| facts.code))
}

/// What stands in a unit and in the units inside of it.
fn contents(conn: &mut Conn<'_>, unit: LocationId) -> Result<Vec<Content>, DbError> {
    let units = places::subtree(conn, unit)?;
    store::contents(conn, &units)
}
