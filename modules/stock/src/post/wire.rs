//! The bodies of postings as they come in, and their translation into inputs.

use crate::compile::check_length;
use crate::input::{CostInput, LineInput, LotInput, PostInput, QtyInput, ReverseInput, SaleInput};
use domain::ledger::Kind;
use domain::money::UnitCost;
use domain::{AsProblem, ClaimId, Code, Instant, PostingId, Problem, Qty, Status, when};
use serde::Deserialize;
use utoipa::ToSchema;

/// A posting: lines that happen together, all or none.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PostingBody {
    /// When it happened; now when left out. Never later than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    effective_at: Option<Instant>,
    /// Book it in the first open period when the one it falls in is closed.
    #[serde(default)]
    post_late: bool,
    /// The handle of the document behind it.
    document: Option<String>,
    /// Why, for adjustments and changes of status.
    reason: Option<String>,
    /// Anything else a person should know.
    note: Option<String>,
    /// What moves.
    lines: Vec<LineBody>,
}

/// One line of a posting.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LineBody {
    /// The item.
    sku: String,
    /// How much moves, in `unit`, as a decimal string.
    #[schema(value_type = Option<String>)]
    qty: Option<String>,
    /// How much was counted, in `unit`: the difference to the books is posted, as they were at
    /// `effective_at`.
    #[schema(value_type = Option<String>)]
    counted: Option<String>,
    /// The unit; it may be left out where the item has its base unit alone.
    unit: Option<String>,
    /// Where it comes in, goes out, or starts from.
    location: String,
    /// Its status there; `good` when left out.
    #[schema(value_type = Option<String>)]
    status: Option<Status>,
    /// Where a move ends.
    to_location: Option<String>,
    /// The status a change of status ends in.
    #[schema(value_type = Option<String>)]
    to_status: Option<Status>,
    /// The lot; made when goods come in under a new code.
    lot: Option<String>,
    /// The last sellable day of a new lot.
    expiry_on: Option<String>,
    /// The day a new lot was made.
    made_on: Option<String>,
    /// The serials, one for each unit.
    #[serde(default)]
    serials: Vec<String>,
    /// The claim whose goods these are: what is issued or consumed fulfils it, and a move takes an
    /// allocation along.
    #[schema(value_type = Option<String>)]
    claim: Option<ClaimId>,
    /// What one `unit` costs, when goods come in; for a count, each that was found beyond the books.
    unit_cost: Option<String>,
    /// The sale that returned goods were part of: they are worth what they were worth when they left, and
    /// are no more than what is left of it.
    sale: Option<SaleBody>,
}

/// A sale that goods come back from.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SaleBody {
    /// The goods issue.
    #[schema(value_type = String)]
    posting: PostingId,
    /// Its line, from zero. When left out, what comes back is taken from its lines with the same item and
    /// lot, one after the other.
    line: Option<u32>,
}

/// A reversal.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReverseBody {
    /// When it happens; now when left out.
    #[schema(value_type = Option<String>, format = DateTime)]
    effective_at: Option<Instant>,
    /// Book it in the first open period when the one it falls in is closed.
    #[serde(default)]
    post_late: bool,
    /// Why: one of the reasons.
    reason: Option<String>,
    /// Anything else a person should know.
    note: Option<String>,
}

impl PostingBody {
    /// As the vault takes it.
    pub(crate) fn input(&self, kind: Kind) -> Result<PostInput, Problem> {
        Ok(PostInput {
            kind,
            effective_at: self.effective_at,
            post_late: self.post_late,
            document: self.document.clone(),
            reason: self.reason.clone(),
            note: self.note.clone(),
            lines: lines(&self.lines, kind)?,
        })
    }
}

impl ReverseBody {
    /// As the vault takes it.
    pub(crate) fn input(&self, posting: PostingId) -> ReverseInput {
        ReverseInput {
            posting,
            effective_at: self.effective_at,
            post_late: self.post_late,
            reason: self.reason.clone(),
            note: self.note.clone(),
        }
    }
}

/// What goes out fulfils a claim, and a move takes an allocation along.
const fn takes_claims(kind: Kind) -> bool {
    matches!(kind, Kind::Issue | Kind::Consume | Kind::Move)
}

pub(super) fn lines(lines: &[LineBody], kind: Kind) -> Result<Vec<LineInput>, Problem> {
    let mut inputs = Vec::with_capacity(lines.len());
    for (number, line) in lines.iter().enumerate() {
        inputs.push(line.input(kind).map_err(|problem| problem.under(&format!("/lines/{number}")))?);
    }
    Ok(inputs)
}

impl SaleBody {
    fn input(self) -> SaleInput {
        let line = self.line.map(|line| usize::try_from(line).unwrap_or(usize::MAX));
        SaleInput { posting: self.posting, line }
    }
}

impl LineBody {
    fn input(&self, kind: Kind) -> Result<LineInput, Problem> {
        self.check_fields(kind)?;
        self.check_codes()?;
        let date = |text: &Option<String>, pointer: &str| match text {
            None => Ok(None),
            Some(text) => when::parse_date(text).map(Some).map_err(|error| error.problem(pointer)),
        };
        let (expiry_on, made_on) = (date(&self.expiry_on, "/expiry_on")?, date(&self.made_on, "/made_on")?);
        let lot = match &self.lot {
            Some(code) => Some(LotInput { code: code.clone(), expiry_on, made_on }),
            // serials may carry dates without naming a lot
            None if expiry_on.is_some() || made_on.is_some() => {
                Some(LotInput { code: String::new(), expiry_on, made_on })
            }
            None => None,
        };
        if lot.as_ref().is_some_and(|lot| lot.code.is_empty()) && self.serials.is_empty() {
            let detail = "a date belongs to a lot; name the lot";
            return Err(Problem::at(Code::LotRequired, "/lot", detail));
        }
        Ok(LineInput {
            sku: self.sku.clone(),
            qty: self.quantity(kind)?,
            unit: self.unit.clone(),
            location: self.location.clone(),
            status: self.status,
            to_location: self.to_location.clone(),
            to_status: self.to_status,
            lot,
            serials: self.serials.clone(),
            claim: self.claim,
            cost: self.cost()?,
            sale: self.sale.map(SaleBody::input),
        })
    }

    /// What a kind of posting does not take is not passed over, and no name is longer than names are.
    fn check_fields(&self, kind: Kind) -> Result<(), Problem> {
        let names = [
            (Some(&self.sku), "/sku"),
            (Some(&self.location), "/location"),
            (self.to_location.as_ref(), "/to_location"),
            (self.unit.as_ref(), "/unit"),
        ];
        for (name, pointer) in names {
            if let Some(name) = name {
                check_length(name, pointer)?;
            }
        }
        let comes_in =
            matches!(kind, Kind::Receive | Kind::Return | Kind::Opening | Kind::Produce | Kind::Adjust);
        let only = [
            (self.to_location.is_some() && kind != Kind::Move, "/to_location", "a move"),
            (self.to_status.is_some() && kind != Kind::SetStatus, "/to_status", "a change of status"),
            (
                self.claim.is_some() && !takes_claims(kind),
                "/claim",
                "a posting that takes goods out, or a move,",
            ),
            (self.sale.is_some() && kind != Kind::Return, "/sale", "a return"),
            (self.unit_cost.is_some() && !comes_in, "/unit_cost", "a posting that brings goods in"),
        ];
        match only.into_iter().find(|(given, ..)| *given) {
            None => Ok(()),
            Some((_, pointer, who)) => {
                let detail = format!("only {who} takes this field; leave it out");
                Err(Problem::at(Code::InvalidValue, pointer, detail))
            }
        }
    }

    /// Codes of lots and serials are held to their form, since a receipt may make new ones.
    fn check_codes(&self) -> Result<(), Problem> {
        if let Some(lot) = &self.lot {
            domain::code::LotCode::parse(lot).map_err(|error| error.problem("/lot"))?;
        }
        for (number, serial) in self.serials.iter().enumerate() {
            domain::code::SerialCode::parse(serial)
                .map_err(|error| error.problem(&format!("/serials/{number}")))?;
        }
        Ok(())
    }

    fn quantity(&self, kind: Kind) -> Result<QtyInput, Problem> {
        let read = |text: &str, pointer: &str| Qty::parse(text).map_err(|error| error.problem(pointer));
        match (&self.qty, &self.counted, kind) {
            (None, Some(counted), Kind::Adjust) => Ok(QtyInput::Counted(read(counted, "/counted")?)),
            (_, Some(_), Kind::Adjust) => {
                let detail = "a count replaces the quantity; leave `qty` out";
                Err(Problem::at(Code::InvalidValue, "/qty", detail))
            }
            (None, None, Kind::Adjust) => {
                let detail = "an adjustment says how much was `counted`";
                Err(Problem::at(Code::InvalidQuantity, "/counted", detail))
            }
            (Some(_), None, Kind::Adjust) => {
                let detail = "an adjustment says how much was `counted`, not how much moves";
                Err(Problem::at(Code::InvalidValue, "/qty", detail))
            }
            (_, Some(_), _) => {
                let detail = "only an adjustment takes a count";
                Err(Problem::at(Code::InvalidValue, "/counted", detail))
            }
            (Some(qty), None, _) => Ok(QtyInput::Moves(read(qty, "/qty")?)),
            (None, None, _) => match u32::try_from(self.serials.len()).ok().and_then(Qty::units) {
                Some(count) if !count.is_zero() => Ok(QtyInput::Moves(count)),
                _ => Err(Problem::at(Code::InvalidQuantity, "/qty", "a line says how much moves")),
            },
        }
    }

    fn cost(&self) -> Result<CostInput, Problem> {
        match &self.unit_cost {
            None => Ok(CostInput::Unknown),
            Some(text) => {
                let each = UnitCost::parse(text).map_err(|error| error.problem("/unit_cost"))?;
                Ok(CostInput::Each(each))
            }
        }
    }
}
