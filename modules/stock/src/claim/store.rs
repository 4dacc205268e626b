//! The statements that find claims: by owner, among the open ones, or all, in the order they were
//! made.

use db::{Conn, DbError, Row, Statement, Value};
use domain::ledger::ClaimState;
use domain::{ClaimId, Instant, ItemId, LocationId, LotId, SiteId};

/// A claim with the names of what it is on.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) id: ClaimId,
    pub(crate) owner: String,
    pub(crate) item: ItemId,
    pub(crate) sku: String,
    pub(crate) unit: String,
    pub(crate) site: SiteId,
    pub(crate) site_code: String,
    /// The bin of an allocation.
    pub(crate) bin: Option<(LocationId, String)>,
    pub(crate) lot: Option<LotId>,
    pub(crate) lot_code: Option<String>,
    /// The lot that the serial was made in.
    pub(crate) parent: Option<LotId>,
    pub(crate) qty: i64,
    pub(crate) backordered: i64,
    pub(crate) lost: i64,
    pub(crate) priority: i64,
    pub(crate) made_at: Instant,
    pub(crate) expires_at: Option<Instant>,
    pub(crate) state: ClaimState,
}

macro_rules! select {
    ($claims:literal, $condition:expr) => {
        concat!(
            "select c.id, c.owner, c.item, i.sku, i.base_unit,
               c.site, (select s.code from stock_known_place s where s.id = c.site),
               c.location, (select p.code from stock_known_place p where p.id = c.location),
               c.lot, l.code, c.qty, c.priority, c.made_at, c.expires_at, c.state, c.backordered, c.lost, l.parent
             from ",
            $claims,
            " join stock_known_item i on i.id = c.item
              left join stock_lot l on l.id = c.lot
              where ",
            $condition
        )
    };
}

/// A page in both directions; on SQLite along an index that is named.
macro_rules! pages {
    ($up:literal, $down:literal, $index:literal, $condition:literal) => {
        [
            Statement::per_engine(
                $up,
                select!($index, concat!($condition, "c.id > ?1 order by c.id limit ?2")),
                select!("stock_claim c", concat!($condition, "c.id > ?1 order by c.id limit ?2")),
            ),
            Statement::per_engine(
                $down,
                select!($index, concat!($condition, "c.id < ?1 order by c.id desc limit ?2")),
                select!("stock_claim c", concat!($condition, "c.id < ?1 order by c.id desc limit ?2")),
            ),
        ]
    };
}

const ALL_CLAIMS: [Statement; 2] = pages!("stock.claim.all", "stock.claim.all_down", "stock_claim c", "");

const OF_OWNER: [Statement; 2] = pages!(
    "stock.claim.owner",
    "stock.claim.owner_down",
    "stock_claim c indexed by stock_claim_owner",
    "c.owner = ?3 and "
);

/// All that are open, of which there are few beside those that ever were.
const OPEN: [Statement; 2] = pages!(
    "stock.claim.open",
    "stock.claim.open_down",
    "stock_claim c indexed by stock_claim_open",
    "c.state = 1 and "
);

const OPEN_OF_ITEM: [Statement; 2] = pages!(
    "stock.claim.open_of_item",
    "stock.claim.open_of_item_down",
    "stock_claim c indexed by stock_claim_open",
    "c.state = 1 and c.item = ?3 and "
);

const OPEN_OF_ITEM_AT_SITE: [Statement; 2] = pages!(
    "stock.claim.open_of_item_at_site",
    "stock.claim.open_of_item_at_site_down",
    "stock_claim c indexed by stock_claim_open",
    "c.state = 1 and c.item = ?3 and c.site = ?4 and "
);

/// All that a loss has ever taken something of.
const LOST: [Statement; 2] = pages!(
    "stock.claim.lost",
    "stock.claim.lost_down",
    "stock_claim c indexed by stock_claim_lost",
    "c.lost > 0 and "
);

const BY_ID: Statement = Statement::new("stock.claim.by_id", select!("stock_claim c", "c.id = ?1")).hot();

#[cfg(test)]
pub(crate) const ALL: [&[Statement]; 7] =
    [&ALL_CLAIMS, &OF_OWNER, &OPEN, &OPEN_OF_ITEM, &OPEN_OF_ITEM_AT_SITE, &LOST, &[BY_ID]];

/// Which claims are looked at.
#[derive(Clone, Debug)]
pub(crate) enum Along {
    All,
    Owner(String),
    Open,
    OpenOfItem(ItemId),
    OpenOfItemAtSite(ItemId, SiteId),
    Lost,
}

/// The next claims after one, or the first; in the order they were made, or the newest first.
pub(crate) fn page(
    conn: &mut Conn<'_>,
    along: &Along,
    (after, down): (Option<ClaimId>, bool),
    most: usize,
) -> Result<Vec<Named>, DbError> {
    let end = ClaimId::from_bytes(if down { [u8::MAX; 16] } else { [0; 16] });
    let after = after.unwrap_or(end);
    let limit = Value::Int(i64::try_from(most).unwrap_or(i64::MAX));
    let first = after.bytes().into();
    let of = |[up, other]: &[Statement; 2]| if down { *other } else { *up };
    match along {
        Along::All => conn.query(&of(&ALL_CLAIMS), &[first, limit], named),
        Along::Owner(owner) => conn.query(&of(&OF_OWNER), &[first, limit, owner.into()], named),
        Along::Open => conn.query(&of(&OPEN), &[first, limit], named),
        Along::Lost => conn.query(&of(&LOST), &[first, limit], named),
        Along::OpenOfItem(item) => conn.query(&of(&OPEN_OF_ITEM), &[first, limit, item.get().into()], named),
        Along::OpenOfItemAtSite(item, site) => {
            let params = [first, limit, item.get().into(), site.get().into()];
            conn.query(&of(&OPEN_OF_ITEM_AT_SITE), &params, named)
        }
    }
}

/// One claim.
pub(crate) fn by_id(conn: &mut Conn<'_>, id: ClaimId) -> Result<Option<Named>, DbError> {
    conn.query_opt(&BY_ID, &[id.bytes().into()], named)
}

fn named(row: &Row<'_>) -> Result<Named, DbError> {
    let bin = match (row.opt_int(7)?, row.opt_text(8)?) {
        (Some(location), Some(code)) => Some((LocationId(location), code.to_owned())),
        _ => None,
    };
    Ok(Named {
        id: ClaimId::from_bytes(row.id16(0)?),
        owner: row.text(1)?.to_owned(),
        item: ItemId(row.int(2)?),
        sku: row.text(3)?.to_owned(),
        unit: row.text(4)?.to_owned(),
        site: SiteId(row.int(5)?),
        site_code: row.text(6)?.to_owned(),
        bin,
        lot: row.opt_int(9)?.map(LotId),
        lot_code: row.opt_text(10)?.map(str::to_owned),
        parent: row.opt_int(18)?.map(LotId),
        qty: row.int(11)?,
        backordered: row.int(16)?,
        lost: row.int(17)?,
        priority: row.int(12)?,
        made_at: Instant(row.int(13)?),
        expires_at: row.opt_int(14)?.map(Instant),
        state: ClaimState::from_number(row.int(15)?)
            .ok_or(DbError::Column { column: 15, wanted: "the state of a claim" })?,
    })
}
