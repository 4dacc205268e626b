//! What many checks ask: the items and locations, the lanes, and how things are called.

use super::Options;
use db::{Conn, DbError, Statement};
use domain::item::Tracking;
use domain::{Date, Instant, Zone};
use rustc_hash::FxHashMap;

const LOCATIONS: Statement = Statement::new(
    "verify.locations",
    "select loc_id, allow_negative, code, site_id, valuation_group, sellable, blocked, parent_id, kind,
       blocked_here, version, archived, archived_here, made_together, state
     from ck_location",
);

const ITEMS: Statement = Statement::new(
    "verify.items",
    "select sku_id, sku, tracking, stocked, whole, archived, version from ck_item",
);

const LANES: Statement =
    Statement::new("verify.lanes", "select lane, number, hash, event_number from ck_lane order by lane");

const LOTS: Statement = Statement::new("verify.lots", "select lot_id, sku_id, expiry_on from ck_lot");

const ZONE: Statement = Statement::new("verify.zone", "select zone from ck_organisation");

/// The state of a site of which nothing is for sale yet.
const SET_UP: i64 = 1;

/// A location.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of the view")]
pub(super) struct Location {
    pub(super) code: Box<str>,
    /// The stock there is ours: inside, or in transit.
    pub(super) owned: bool,
    pub(super) site: i64,
    pub(super) group: i64,
    pub(super) sellable: bool,
    pub(super) blocked: bool,
    /// It has a reason of its own to be blocked.
    pub(super) blocked_here: bool,
    /// It, or something above it, is out of use.
    pub(super) archived: bool,
    /// It was archived by itself.
    pub(super) archived_here: bool,
    pub(super) transit: bool,
    pub(super) parent: Option<i64>,
    pub(super) version: i64,
    /// That of its site; none where there is no site.
    pub(super) state: Option<i64>,
    /// It was made with others, by one event of the whole.
    pub(super) made_together: bool,
}

impl Location {
    /// Whether good stock there is part of its site's sellable number.
    pub(super) const fn counts(&self) -> bool {
        self.sellable && !self.blocked && self.site != 0 && !matches!(self.state, Some(SET_UP))
    }
}

/// An item.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) sku: Box<str>,
    pub(super) tracking: Tracking,
    pub(super) stocked: bool,
    pub(super) whole: bool,
    pub(super) archived: bool,
    pub(super) version: i64,
}

/// A lane and where it says that it ends.
#[derive(Debug)]
pub(super) struct LaneEnd {
    pub(super) lane: i64,
    pub(super) number: i64,
    pub(super) hash: [u8; 32],
    pub(super) event_number: i64,
}

/// A lot or serial.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lot {
    pub(super) item: i64,
    pub(super) expiry: Option<Date>,
}

/// What many checks ask.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) deep: bool,
    /// How many keys are folded at a time.
    pub(super) keys_max: i64,
    pub(super) now: Instant,
    pub(super) locations: FxHashMap<i64, Location>,
    pub(super) items: FxHashMap<i64, Item>,
    pub(super) lanes: Vec<LaneEnd>,
    /// The organisation's calendar, which has the periods.
    pub(super) zone: Zone,
}

impl Ground {
    pub(super) fn read(conn: &mut Conn<'_>, options: &Options) -> Result<Ground, DbError> {
        Ok(Ground {
            deep: options.deep,
            keys_max: options.keys_max.max(1),
            now: options.now,
            locations: locations(conn)?,
            items: items(conn)?,
            lanes: conn.query(&LANES, &[], |row| {
                let (lane, number) = (row.int(0)?, row.int(1)?);
                Ok(LaneEnd { lane, number, hash: row.hash(2)?, event_number: row.int(3)? })
            })?,
            zone: conn.query_one(&ZONE, &[], |row| {
                let wanted = "a time zone";
                Zone::parse(row.text(0)?).map_err(|_| DbError::Column { column: 0, wanted })
            })?,
        })
    }

    /// Whether stock at a location is ours. What nobody knows is; that it is unknown is another
    /// finding.
    pub(super) fn is_owned(&self, location: i64) -> bool {
        self.locations.get(&location).is_none_or(|location| location.owned)
    }

    /// Whether a location is out of use.
    pub(super) fn is_archived(&self, location: i64) -> bool {
        self.locations.get(&location).is_some_and(|location| location.archived)
    }

    /// The group that stock at a location is valued in; 0 for none.
    pub(super) fn group(&self, location: i64) -> i64 {
        self.locations.get(&location).map_or(0, |location| location.group)
    }

    /// How an item is called.
    pub(super) fn item(&self, id: i64) -> String {
        self.items.get(&id).map_or_else(|| format!("item {id}"), |item| format!("`{}`", item.sku))
    }

    /// How a location is called.
    pub(super) fn location(&self, id: i64) -> String {
        self.locations
            .get(&id)
            .map_or_else(|| format!("location {id}"), |location| format!("`{}`", location.code))
    }

    /// How a key is called.
    pub(super) fn key(&self, key: &Key) -> String {
        let Key { item, location, lot, status } = *key;
        let lot = if lot == 0 { String::new() } else { format!(" lot {lot}") };
        let status = match domain::Status::from_number(status) {
            Some(domain::Status::Good) => String::new(),
            Some(status) => format!(" ({status})"),
            None => format!(" (status {status})"),
        };
        format!("{}{lot} at {}{status}", self.item(item), self.location(location))
    }

    /// The lanes in stretches of so many postings: the lane, the posting before the first, the last.
    pub(super) fn stretches(&self, len: i64) -> impl Iterator<Item = (i64, i64, i64)> {
        self.lanes.iter().flat_map(move |end| {
            let next = move |from: &i64| Some(from.saturating_add(len)).filter(|from| *from < end.number);
            let from = std::iter::successors((end.number > 0).then_some(0), next);
            from.map(move |from| (end.lane, from, from.saturating_add(len)))
        })
    }

    /// How many postings the lanes say they hold.
    pub(super) fn postings(&self) -> i64 {
        self.lanes.iter().fold(0, |sum, lane| sum.saturating_add(lane.number))
    }
}

fn locations(conn: &mut Conn<'_>) -> Result<FxHashMap<i64, Location>, DbError> {
    let mut found = FxHashMap::default();
    conn.for_each(&LOCATIONS, &[], |row| {
        let location = Location {
            owned: !row.bool(1)?,
            code: row.text(2)?.into(),
            site: row.int(3)?,
            group: row.int(4)?,
            sellable: row.bool(5)?,
            blocked: row.bool(6)?,
            parent: row.opt_int(7)?,
            transit: row.opt_text(8)? == Some("transit"),
            blocked_here: row.bool(9)?,
            version: row.int(10)?,
            archived: row.bool(11)?,
            archived_here: row.bool(12)?,
            made_together: row.bool(13)?,
            state: row.opt_int(14)?,
        };
        found.insert(row.int(0)?, location);
        Ok(())
    })?;
    Ok(found)
}

fn items(conn: &mut Conn<'_>) -> Result<FxHashMap<i64, Item>, DbError> {
    let mut found = FxHashMap::default();
    conn.for_each(&ITEMS, &[], |row| {
        let item = Item {
            sku: row.text(1)?.into(),
            tracking: Tracking::parse(row.text(2)?).unwrap_or(Tracking::None),
            stocked: row.bool(3)?,
            whole: row.bool(4)?,
            archived: row.bool(5)?,
            version: row.int(6)?,
        };
        found.insert(row.int(0)?, item);
        Ok(())
    })?;
    Ok(found)
}

/// All lots and serials.
pub(super) fn lots(conn: &mut Conn<'_>) -> Result<FxHashMap<i64, Lot>, DbError> {
    let mut found = FxHashMap::default();
    conn.for_each(&LOTS, &[], |row| {
        found.insert(row.int(0)?, Lot { item: row.int(1)?, expiry: row.opt_date(2)? });
        Ok(())
    })?;
    Ok(found)
}

/// The key of a balance.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct Key {
    pub(super) item: i64,
    pub(super) location: i64,
    pub(super) lot: i64,
    pub(super) status: i64,
}

/// How a movement is called.
pub(super) fn movement(lane: i64, seq: i64, place: i64) -> String {
    format!("movement {seq} of lane {lane}, line {place}")
}

/// How a posting is called.
pub(super) fn posting(lane: i64, seq: i64) -> String {
    format!("posting {seq} of lane {lane}")
}
