//! The record of a transfer as it is stored and as it is shown.

use super::decide::Counts;
use super::state::State;
use catalog::ItemFacts;
use db::{Conn, DbError};
use domain::when::Date;
use domain::{Delta, DocumentId, Instant, ItemId, LocationId, LotId, SiteId, Status};
use rustc_hash::FxHashMap;
use serde::Serialize;
use utoipa::ToSchema;

/// A transfer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Transfer {
    pub(crate) id: DocumentId,
    /// Its public handle.
    pub(crate) number: String,
    pub(crate) from_site: SiteId,
    pub(crate) to_site: SiteId,
    /// The location where its goods are between the sites.
    pub(crate) transit: LocationId,
    pub(crate) state: State,
    pub(crate) note: Option<String>,
    /// The day that the goods are expected at their site.
    pub(crate) expected_on: Option<Date>,
    pub(crate) created_at: Instant,
    pub(crate) created_by: i64,
    pub(crate) version: i64,
    pub(crate) lines: Vec<TransferLine>,
}

/// A line of a transfer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct TransferLine {
    /// From 1.
    pub(crate) line: i64,
    pub(crate) item: ItemId,
    /// The lot that is asked for; none leaves it open until it is shipped.
    pub(crate) lot: LotId,
    pub(crate) lot_code: Option<String>,
    pub(crate) counts: Counts,
}

/// What stands in transit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct InTransit {
    pub(crate) item: ItemId,
    pub(crate) lot: LotId,
    pub(crate) lot_code: Option<String>,
    pub(crate) status: Status,
    pub(crate) qty: i64,
}

impl Transfer {
    /// Who owns the claims of a line.
    pub(crate) fn owner(&self, line: &TransferLine) -> String {
        format!("{}/{}", self.number, line.line)
    }

    /// Whether an owner is one that [`Transfer::owner`] makes: such claims belong to the steps of a
    /// transfer, which releases and ships them.
    pub(crate) fn is_owner(owner: &str) -> bool {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let parts = owner.strip_prefix("T-").and_then(|rest| rest.split_once('/'));
        parts.is_some_and(|(number, line)| digits(number) && digits(line))
    }

    /// The sites that it concerns.
    pub(crate) const fn sites(&self) -> [i64; 2] {
        [self.from_site.get(), self.to_site.get()]
    }
}

/// A transfer as a list shows it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct TransferListed {
    /// Its number.
    pub(crate) number: String,
    /// The site that the goods leave.
    from_site: String,
    /// The site that they go to.
    to_site: String,
    /// `draft`, `allocated`, `shipped`, `partially_received`, `received`, `closed_short` or
    /// `cancelled`.
    state: &'static str,
    /// What a person should know.
    note: Option<String>,
    /// The day that the goods are expected at their site.
    #[schema(format = Date)]
    expected_on: Option<String>,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// Counts its changes, from 1; the `ETag`.
    pub(crate) version: i64,
}

/// A transfer as it is shown by itself.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct TransferShown {
    #[serde(flatten)]
    pub(crate) listed: TransferListed,
    /// Its lines.
    lines: Vec<LineShown>,
    /// What is on its way now.
    in_transit: Vec<InTransitShown>,
}

/// A line as it is shown; quantities in `unit`.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct LineShown {
    /// Its number, from 1.
    line: i64,
    /// The item.
    sku: String,
    /// The lot that is asked for.
    lot: Option<String>,
    /// The base unit of the item.
    unit: String,
    /// How much is to go.
    #[schema(value_type = String)]
    qty: Delta,
    /// How much has left.
    #[schema(value_type = String)]
    shipped: Delta,
    /// How much has arrived.
    #[schema(value_type = String)]
    received: Delta,
    /// How much was written off on the way.
    #[schema(value_type = String)]
    short: Delta,
}

/// Goods on their way.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct InTransitShown {
    /// The item.
    sku: String,
    /// The lot or serial.
    lot: Option<String>,
    /// The status.
    #[schema(value_type = String)]
    status: Status,
    /// How much, in `unit`.
    #[schema(value_type = String)]
    qty: Delta,
    /// The base unit of the item.
    unit: String,
}

/// Shows transfers in a list, with the names of their sites.
pub(crate) fn list(conn: &mut Conn<'_>, transfers: &[Transfer]) -> Result<Vec<TransferListed>, DbError> {
    let sites: FxHashMap<SiteId, String> =
        places::sites(conn)?.into_iter().map(|site| (site.id, site.code)).collect();
    let site = |site: SiteId| sites.get(&site).cloned().unwrap_or_else(|| site.to_string());
    let listed = transfers.iter().map(|transfer| TransferListed {
        number: transfer.number.clone(),
        from_site: site(transfer.from_site),
        to_site: site(transfer.to_site),
        state: transfer.state.word(),
        note: transfer.note.clone(),
        expected_on: transfer.expected_on.map(|day| day.to_string()),
        created_at: transfer.created_at,
        version: transfer.version,
    });
    Ok(listed.collect())
}

/// Shows a transfer with the names of what it is about, and what is on its way.
pub(crate) fn show(
    conn: &mut Conn<'_>,
    transfer: &Transfer,
    waiting: &[InTransit],
) -> Result<TransferShown, DbError> {
    let mut items: Vec<ItemId> = transfer.lines.iter().map(|line| line.item).collect();
    items.sort_unstable();
    items.dedup();
    let facts = catalog::facts_by_id(conn, &items)?;
    let items: FxHashMap<ItemId, ItemFacts> =
        facts.into_iter().flatten().map(|facts| (facts.id, facts)).collect();
    let sku = |item: ItemId| items.get(&item).map_or_else(|| item.to_string(), |facts| facts.sku.clone());
    let unit = |item: ItemId| items.get(&item).map(|facts| facts.base_unit.clone()).unwrap_or_default();
    let mut listed = list(conn, std::slice::from_ref(transfer))?;
    Ok(TransferShown {
        listed: listed.pop().ok_or(DbError::NoRow("stock.transfer.show"))?,
        lines: transfer.lines.iter().map(|line| shown_line(line, sku(line.item), unit(line.item))).collect(),
        in_transit: waiting
            .iter()
            .map(|there| InTransitShown {
                sku: sku(there.item),
                lot: there.lot_code.clone(),
                status: there.status,
                qty: Delta(there.qty),
                unit: unit(there.item),
            })
            .collect(),
    })
}

fn shown_line(line: &TransferLine, sku: String, unit: String) -> LineShown {
    let Counts { qty, shipped, received, short } = line.counts;
    LineShown {
        line: line.line,
        sku,
        lot: line.lot_code.clone(),
        unit,
        qty: Delta(qty),
        shipped: Delta(shipped),
        received: Delta(received),
        short: Delta(short),
    }
}
