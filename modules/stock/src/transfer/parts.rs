//! The lines of a step: what each names of the transfer and of the places, as lines of the ledger.

use super::create::check_count;
use super::record::Transfer;
use super::wire::{StepBody, StepLine};
use crate::compile::Compiler;
use crate::input::{LINES_PER_POSTING_MAX, LineInput, LotInput, QtyInput};
use crate::{inside, pointer};
use db::{Conn, Tx};
use domain::ledger::{Amount, Kind, Line};
use domain::{AsProblem, Code, ItemId, LotId, Permission, Problem, Qty, SiteId};
use rustc_hash::FxHashMap;
use web::{Caller, Failure};

/// One part of a step: the ledger's line as it would leave the named location, and whose it is.
pub(super) struct Part {
    /// Which line of the transfer.
    pub(super) at: usize,
    /// Which line of the body.
    pub(super) pointer: String,
    /// The same, or the serial on it.
    pub(super) origin: String,
    pub(super) line: Line,
    pub(super) qty: i64,
}

/// Resolves the lines of a step. `left` says how much a line is about when it does not say so.
pub(super) fn parts(
    tx: &mut Tx<'_>,
    caller: &Caller,
    transfer: &Transfer,
    body: &StepBody,
    site: SiteId,
    left: &[i64],
) -> Result<Vec<Part>, Failure> {
    check_count(body.lines.len())?;
    check_size(body)?;
    let words = called(tx, transfer)?;
    let mut places = Vec::with_capacity(body.lines.len());
    let mut inputs = Vec::with_capacity(body.lines.len());
    for (number, line) in body.lines.iter().enumerate() {
        let (at, input) = input(transfer, &words, left, line)
            .map_err(|problem| problem.under(&format!("/lines/{number}")))?;
        places.push(at);
        inputs.push(input);
    }
    let (names, inputs) = inside::names_of(tx, caller, inputs)?;
    let compiler =
        Compiler { names: &names, ctx: &caller.ctx, principal: &caller.principal, minor_digits: 0 };
    let mut parts = Vec::with_capacity(inputs.len());
    for (number, (at, input)) in places.into_iter().zip(&inputs).enumerate() {
        let pointer = format!("/lines/{number}");
        let asked = transfer.lines.get(at).map_or(LotId::NONE, |line| line.lot);
        let made = compile(&compiler, input, asked, site).map_err(|problem| problem.under(&pointer))?;
        for (serial, (line, qty)) in made.into_iter().enumerate() {
            let listed = !input.serials.is_empty();
            let origin = if listed { pointer::of_serial(&pointer, serial) } else { pointer.clone() };
            parts.push(Part { at, pointer: pointer.clone(), origin, line, qty });
        }
    }
    Ok(parts)
}

/// A serial weighs as much as a line, and what is too large is refused before anything is looked up.
fn check_size(body: &StepBody) -> Result<(), Problem> {
    let count: usize = body.lines.iter().map(|line| line.serials.len().max(1)).sum();
    if count <= LINES_PER_POSTING_MAX {
        return Ok(());
    }
    let detail = format!("`{count}` lines and serials are more than `{LINES_PER_POSTING_MAX}`");
    Err(Problem::at(Code::TooMany, "/lines", detail))
}

/// The SKU and the base unit of each item.
type Called = FxHashMap<ItemId, (String, String)>;

fn called(conn: &mut Conn<'_>, transfer: &Transfer) -> Result<Called, Failure> {
    let ids: Vec<ItemId> = transfer.lines.iter().map(|line| line.item).collect();
    let facts = catalog::facts_by_id(conn, &ids)?;
    Ok(facts.into_iter().flatten().map(|facts| (facts.id, (facts.sku, facts.base_unit))).collect())
}

/// A line of the body as the vault takes it, and the place of its line in the transfer.
fn input(
    transfer: &Transfer,
    called: &Called,
    left: &[i64],
    line: &StepLine,
) -> Result<(usize, LineInput), Problem> {
    let at = transfer.lines.iter().position(|known| known.line == line.line);
    let (Some(at), Some(known)) = (at, at.and_then(|at| transfer.lines.get(at))) else {
        let detail = format!("the transfer has no line `{}`", line.line);
        return Err(Problem::at(Code::InvalidValue, "/line", detail));
    };
    let (sku, base_unit) = called.get(&known.item).cloned().unwrap_or_default();
    let count = u32::try_from(line.serials.len()).ok().and_then(Qty::units).filter(|qty| !qty.is_zero());
    let (qty, unit) = match (&line.qty, count) {
        (Some(text), _) => (Qty::parse(text).map_err(|error| error.problem("/qty"))?, line.unit.clone()),
        (None, Some(count)) => (count, line.unit.clone()),
        (None, None) => {
            let left = left.get(at).copied().and_then(Qty::from_millionths).filter(|left| !left.is_zero());
            let nothing = || Problem::at(Code::InvalidQuantity, "/qty", "nothing is left of the line");
            (left.ok_or_else(nothing)?, Some(base_unit))
        }
    };
    if qty.is_zero() {
        return Err(Problem::at(Code::InvalidQuantity, "/qty", "it is more than zero"));
    }
    let lot = line.lot.as_ref().or(known.lot_code.as_ref()).filter(|_| line.serials.is_empty());
    let input = LineInput {
        unit,
        status: line.status,
        lot: lot.map(|code| LotInput { code: code.clone(), expiry_on: None, made_on: None }),
        serials: line.serials.clone(),
        ..LineInput::new(sku, QtyInput::Moves(qty), &line.location)
    };
    Ok((at, input))
}

fn compile(
    compiler: &Compiler<'_>,
    input: &LineInput,
    asked: LotId,
    site: SiteId,
) -> Result<Vec<(Line, i64)>, Problem> {
    let lines = compiler.line(Kind::Issue, Permission::StockTransfer, input)?;
    let mut parts = Vec::with_capacity(lines.len());
    for line in lines {
        let here = compiler.names.location_facts.get(&line.from.location);
        if here.is_none_or(|facts| facts.site != site) {
            let detail = format!("`{}` stands in another site than the transfer says", input.location);
            return Err(Problem::at(Code::WrongLocationKind, "/location", detail));
        }
        if asked.is_some() && line.lot != asked {
            let detail = "the transfer asks for another lot";
            return Err(Problem::at(Code::InvalidValue, "/lot", detail));
        }
        let (Amount::Move(qty) | Amount::CountTo(qty)) = line.amount;
        parts.push((line, qty));
    }
    Ok(parts)
}
