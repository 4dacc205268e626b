//! Create a transfer.

use super::decide::Counts;
use super::record::{Transfer, TransferLine, TransferShown};
use super::state::State;
use super::wire::{NewTransfer, NewTransferLine};
use super::{store, trace};
use crate::compile::Compiler;
use crate::input::{LineInput, LotInput, QtyInput};
use crate::lots::{Way, check_kin};
use crate::{gate, inside, reach};
use db::{Conn, Tx};
use domain::item::Tracking;
use domain::ledger::Kind;
use domain::when::{self, Date};
use domain::{AsProblem, Code, DocumentId, Note, Permission, Problem, Qty, SiteId, SiteState};
use places::SiteFacts;
use web::{Caller, Failure};

/// The most lines of a transfer, and of one step of it.
pub(crate) const LINES_MAX: usize = 1_000;

/// Creates a transfer. Whoever may work in one of the two sites may ask for it.
pub(crate) fn create(
    tx: &mut Tx<'_>,
    caller: &Caller,
    new: &NewTransfer,
) -> Result<(String, TransferShown), Failure> {
    gate::share(tx)?;
    check_count(new.lines.len())?;
    let from_site = site(tx, &new.from_site, "/from_site");
    let to_site = site(tx, &new.to_site, "/to_site");
    // whoever works in neither learns of neither
    let known: Vec<SiteId> = [&from_site, &to_site].into_iter().flatten().map(|site| site.id).collect();
    if !reach::any(tx, &caller.scope, &known)? {
        return Err(unknown_site(&new.from_site, "/from_site").into());
    }
    let (from_site, to_site) = (in_use(&from_site?, "/from_site")?, in_use(&to_site?, "/to_site")?);
    if from_site == to_site {
        let detail = "the goods stay at the site; move them";
        return Err(Problem::at(Code::SamePlace, "/to_site", detail).into());
    }
    let note = new.note.as_deref().map(Note::parse).transpose().map_err(|error| error.problem("/note"))?;
    let expected_on = day(new.expected_on.as_deref())?;
    let lines = lines(tx, caller, &new.lines)?;
    let number = format!("T-{:06}", db::ids::take(tx, "stock.transfer", 1)?);
    let transfer = Transfer {
        id: DocumentId(caller.ctx.ids.next()),
        transit: places::create_transit(tx, &caller.ctx, &format!("~{number}"))?,
        number,
        from_site,
        to_site,
        state: State::Draft,
        note: note.map(|note| note.to_string()),
        expected_on,
        created_at: caller.ctx.now,
        created_by: caller.ctx.actor.id.get(),
        version: 1,
        lines,
    };
    store::insert(tx, &transfer)?;
    let shown = trace(tx, &caller.ctx, &transfer, "stock.transfer.create", "stock.transfer_created")?;
    Ok((transfer.number, shown))
}

/// The day of `/expected_on`.
pub(super) fn day(text: Option<&str>) -> Result<Option<Date>, Problem> {
    text.map(when::parse_date).transpose().map_err(|error| error.problem("/expected_on"))
}

pub(super) fn check_count(count: usize) -> Result<(), Problem> {
    match count {
        0 => Err(Problem::at(Code::InvalidValue, "/lines", "there is at least one line")),
        1..=LINES_MAX => Ok(()),
        _ => {
            Err(Problem::at(Code::TooMany, "/lines", format!("`{count}` lines are more than `{LINES_MAX}`")))
        }
    }
}

fn site(conn: &mut Conn<'_>, code: &str, pointer: &str) -> Result<SiteFacts, Failure> {
    let found = places::site_facts_by_code(conn, &[code])?.pop().flatten();
    Ok(found.ok_or_else(|| unknown_site(code, pointer))?)
}

/// A site that takes part in new transfers.
fn in_use(site: &SiteFacts, pointer: &str) -> Result<SiteId, Problem> {
    if site.archived {
        let detail = format!("the site `{}` is archived; restore it first, or choose another one", site.code);
        return Err(Problem::at(Code::LocationArchived, pointer, detail));
    }
    if site.state == SiteState::SetUp {
        let detail = format!("the site `{}` is being set up; begin its pilot first", site.code);
        return Err(Problem::at(Code::SiteInSetUp, pointer, detail));
    }
    Ok(site.id)
}

fn unknown_site(code: &str, pointer: &str) -> Problem {
    Problem::at(Code::UnknownLocation, pointer, format!("there is no site `{code}`"))
}

fn lines(tx: &mut Tx<'_>, caller: &Caller, new: &[NewTransferLine]) -> Result<Vec<TransferLine>, Failure> {
    let mut inputs = Vec::with_capacity(new.len());
    for (number, line) in new.iter().enumerate() {
        let qty = Qty::parse(&line.qty).map_err(|error| error.problem(&format!("/lines/{number}/qty")))?;
        inputs.push(LineInput {
            unit: line.unit.clone(),
            lot: line.lot.clone().map(|code| LotInput { code, expiry_on: None, made_on: None }),
            ..LineInput::new(&line.sku, QtyInput::Moves(qty), "")
        });
    }
    let (names, inputs) = inside::names_of(tx, caller, inputs)?;
    let compiler =
        Compiler { names: &names, ctx: &caller.ctx, principal: &caller.principal, minor_digits: 0 };
    let mut lines = Vec::with_capacity(inputs.len());
    for (number, input) in (1..).zip(&inputs) {
        let pointer = format!("/lines/{}", number - 1);
        lines.push(line(&compiler, number, input).map_err(|problem| problem.under(&pointer))?);
    }
    Ok(lines)
}

fn line(compiler: &Compiler<'_>, number: i64, input: &LineInput) -> Result<TransferLine, Problem> {
    let item = compiler.item(Permission::StockTransfer, &input.sku)?;
    if !item.stocked {
        return Err(Problem::at(Code::NotStockable, "/sku", "the item is a service and is never stocked"));
    }
    let qty = compiler.to_base(item, input.qty.qty(), input.unit.as_deref(), input.qty.field())?;
    let whole = Qty::from_millionths(qty).is_some_and(Qty::is_whole);
    match qty {
        ..=0 => return Err(Problem::at(Code::InvalidQuantity, "/qty", "it is more than zero")),
        _ if item.whole && !whole => {
            let detail = format!("item `{}` is kept in whole units", item.sku);
            return Err(Problem::at(Code::FractionRefused, "/qty", detail));
        }
        _ => {}
    }
    let lot = compiler.lot(Kind::Issue, item, input.lot.as_ref())?;
    if let Some(named) = input.lot.as_ref().filter(|_| item.tracking == Tracking::Serial) {
        check_kin(compiler.names, lot, &named.code, &Way::Serial(None))?;
    }
    Ok(TransferLine {
        line: number,
        item: item.id,
        lot,
        lot_code: input.lot.as_ref().map(|lot| lot.code.clone()),
        counts: Counts { qty, ..Counts::default() },
    })
}
