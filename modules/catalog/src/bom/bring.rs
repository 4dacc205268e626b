//! A bill of materials that comes part by part, as out of a list.

use super::decide::{NewAlternative, NewBom, NewBomLine};
use super::{Bom, Choice, Parts, bom, set};
use db::Tx;
use domain::bom::Percent;
use domain::{Code, Ctx, Problem};
use serde::Deserialize;
use web::{Failure, IfMatch};

/// A component of a bill, or what may stand in for one. What is left out stays as it is.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BomPart {
    /// The component.
    pub component: String,
    /// How much goes into one yield.
    pub qty: String,
    /// The unit of the quantity.
    #[serde(default)]
    pub unit: Option<String>,
    /// How much more of it goes in for what is lost on the way, in percent of what is needed: of 200 with `10` go 220 in.
    #[serde(default)]
    pub scrap_percent: Option<String>,
    /// The component that it may stand in for.
    #[serde(default)]
    pub instead_of: Option<String>,
    /// Of the bill: `kit`, `phantom` or `made`. A new bill needs it.
    #[serde(default)]
    pub kind: Option<String>,
    /// Of the bill: how much of the item is made at a time.
    #[serde(default, rename = "yield")]
    pub yielded: Option<String>,
    /// Of the bill: what those who make it should know.
    #[serde(default)]
    pub note: Option<String>,
}

/// What became of a part out of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PartBrought {
    /// It did not go in before.
    Created,
    /// It went in otherwise, or something of the bill was other.
    Changed,
    /// It went in just so.
    Unchanged,
}

/// Adds a part to the bill of an item, or changes the one that is there. The first makes the bill. A bill that was
/// kept goes in with what is archived since.
///
/// # Errors
/// As [`super::set_bom`], at the fields of the part; `invalid_value` at `/instead_of` for what does not go in.
pub fn bring_bom_part(tx: &mut Tx<'_>, ctx: &Ctx, sku: &str, part: &BomPart) -> Result<PartBrought, Failure> {
    let present = bom(tx, sku)?;
    let version = present.as_ref().map(|(item, _)| item.version);
    let mut new = present.map(|(_, bom)| said(&bom)).unwrap_or_default();
    let (at, is_new) = lay(&mut new, part)?;
    let (item, _) =
        set(tx, ctx, (sku, IfMatch::Any), &new, Parts::Kept).map_err(|failure| at_field(failure, &at))?;
    Ok(match version {
        _ if is_new => PartBrought::Created,
        Some(version) if version == item.version => PartBrought::Unchanged,
        _ => PartBrought::Changed,
    })
}

/// A bill as a command would say it.
fn said(bom: &Bom) -> NewBom {
    let alternative = |choice: &Choice| NewAlternative {
        sku: choice.sku.clone(),
        qty: choice.qty.to_string(),
        unit: Some(choice.unit.to_string()),
        scrap_percent: Some(Percent(choice.scrap).to_string()),
    };
    let lines = bom.lines.iter().map(|line| {
        let NewAlternative { sku, qty, unit, scrap_percent } = alternative(&line.component);
        let alternatives = line.alternatives.iter().map(alternative).collect();
        NewBomLine { sku, qty, unit, scrap_percent, alternatives }
    });
    NewBom {
        kind: bom.kind.word().to_owned(),
        yielded: Some(bom.yielded.to_string()),
        note: Some(bom.note.clone()),
        lines: lines.collect(),
    }
}

/// Lays a part over a bill; where it stands now, and whether it is new.
fn lay(new: &mut NewBom, part: &BomPart) -> Result<(String, bool), Problem> {
    let BomPart { component, qty, unit, scrap_percent, instead_of, kind, yielded, note } = part.clone();
    if new.lines.is_empty() && kind.is_none() {
        let detail = "the first row of a bill says what it is for: `kit`, `phantom` or `made`";
        return Err(Problem::at(Code::InvalidValue, "/kind", detail));
    }
    new.kind = kind.unwrap_or(std::mem::take(&mut new.kind));
    new.yielded = yielded.or(new.yielded.take());
    new.note = note.or(new.note.take());
    let is = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
    let line_of = |new: &NewBom, sku: &str| new.lines.iter().position(|line| is(&line.sku, sku));
    let Some(first) = instead_of else {
        let found = line_of(new, &component);
        if let Some(line) = found.and_then(|place| new.lines.get_mut(place)) {
            line.qty = qty;
            line.unit = unit.or(line.unit.take());
            line.scrap_percent = scrap_percent.or(line.scrap_percent.take());
        } else {
            new.lines.push(NewBomLine { sku: component, qty, unit, scrap_percent, alternatives: Vec::new() });
        }
        return Ok((format!("/lines/{}", found.unwrap_or(new.lines.len() - 1)), found.is_none()));
    };
    let missing = || {
        let detail = format!("`{first}` does not go in; let its row come before those that stand in for it");
        Problem::at(Code::InvalidValue, "/instead_of", detail)
    };
    let place = line_of(new, &first).ok_or_else(missing)?;
    let alternatives = new.lines.get_mut(place).map(|line| &mut line.alternatives).ok_or_else(missing)?;
    let found = alternatives.iter().position(|other| is(&other.sku, &component));
    if let Some(other) = found.and_then(|at| alternatives.get_mut(at)) {
        other.qty = qty;
        other.unit = unit.or(other.unit.take());
        other.scrap_percent = scrap_percent.or(other.scrap_percent.take());
    } else {
        alternatives.push(NewAlternative { sku: component, qty, unit, scrap_percent });
    }
    let at = found.unwrap_or(alternatives.len() - 1);
    Ok((format!("/lines/{place}/alternatives/{at}"), found.is_none()))
}

/// A refusal of a bill at the fields of the part that it is about.
fn at_field(mut failure: Failure, at: &str) -> Failure {
    if let Failure::Refused(problem) = &mut failure {
        for error in &mut problem.errors {
            match error.pointer.strip_prefix(at) {
                Some("/sku") => "/component".clone_into(&mut error.pointer),
                Some(field) => error.pointer = field.to_owned(),
                None if error.pointer == "/lines" => "/component".clone_into(&mut error.pointer),
                None => {}
            }
        }
    }
    failure
}
