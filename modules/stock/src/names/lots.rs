//! The lots and serials that requests name, with their parents.

use super::{Names, postings};
use crate::input::{Request, Work};
use crate::load::{self, KnownLot};
use db::{Conn, DbError, Tx};
use domain::code::fold;
use domain::when::Date;
use domain::{ItemId, Kin, LotId, Tracking};
use rustc_hash::{FxHashMap, FxHashSet};

/// What a stored lot of an item that is traced by serial is, beside what the ledger knows of it.
#[derive(Clone, Debug)]
pub(crate) struct Lineage {
    pub(crate) kin: Kin,
    /// How its parent is called.
    pub(crate) parent_code: Option<String>,
    pub(crate) made_on: Option<Date>,
}

/// The lots that are named.
type Asked<'a> = FxHashMap<(ItemId, String), Wanted<'a>>;

/// A lot that requests name.
struct Wanted<'a> {
    /// As one of them spells it.
    code: &'a str,
    /// Whether a line may make it.
    makes: bool,
}

impl Names {
    /// Adds the facts of lots that are known by id only.
    pub(crate) fn add_lots(
        &mut self,
        conn: &mut Conn<'_>,
        ids: impl IntoIterator<Item = LotId>,
    ) -> Result<(), DbError> {
        let lacking: FxHashSet<LotId> =
            ids.into_iter().filter(|id| id.is_some() && !self.lot_facts.contains_key(id)).collect();
        let lacking: Vec<LotId> = lacking.into_iter().collect();
        for lot in load::lots(conn, &lacking)? {
            self.know(lot);
        }
        Ok(())
    }

    fn know(&mut self, lot: KnownLot) {
        let KnownLot { id, facts, kin, parent_code, made_on } = lot;
        self.lot_facts.insert(id, facts);
        let item = self.item_facts.get(&facts.item);
        if item.is_none_or(|item| item.tracking == Tracking::Serial) {
            self.lineage.insert(id, Lineage { kin, parent_code, made_on });
        }
    }

    /// Reads the lots that requests name, and gives ids to those that goods may come in under for the
    /// first time.
    pub(super) fn read_lots(&mut self, tx: &mut Tx<'_>, requests: &[&Request]) -> Result<(), DbError> {
        let mut wanted = self.lots_of_lines(requests);
        for request in requests {
            if let Work::Allocate(input) = &request.work
                && let (Some(item), Some(lot)) = (self.items.get(&input.sku), &input.lot)
            {
                wanted.entry((*item, fold(lot))).or_insert(Wanted { code: lot, makes: false });
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let keys: Vec<(ItemId, String)> = wanted.keys().cloned().collect();
        for (key, lot) in load::lots_by_code(tx, &keys)? {
            if let Some(wanted) = wanted.remove(&key) {
                self.lot_codes.insert(lot.id, wanted.code.to_owned());
            }
            self.lots.insert(key, lot.id);
            self.know(lot);
        }
        self.plan_lots(tx, wanted)
    }

    fn lots_of_lines<'a>(&self, requests: &[&'a Request]) -> Asked<'a> {
        let mut wanted = Asked::default();
        for post in requests.iter().flat_map(|request| postings(request)) {
            let makes = crate::compile::makes_lots(post.kind);
            for line in &post.lines {
                let Some(item) = self.item(&line.sku) else { continue };
                let days = line.lot.as_ref().map_or((None, None), |lot| (lot.expiry_on, lot.made_on));
                let dated = makes && item.expiry.last_sellable_day(days.0, days.1).is_ok();
                if let Some(lot) = line.named_lot() {
                    let code = &lot.code;
                    wanted.entry((item.id, fold(code))).or_insert(Wanted { code, makes: false }).makes |=
                        dated;
                }
                // under a parent a serial needs no day of its own
                let makes = if line.parent().is_some() { makes } else { dated };
                for code in &line.serials {
                    wanted.entry((item.id, fold(code))).or_insert(Wanted { code, makes: false }).makes |=
                        makes;
                }
            }
        }
        wanted
    }

    fn plan_lots(&mut self, tx: &mut Tx<'_>, wanted: Asked<'_>) -> Result<(), DbError> {
        let new = wanted.into_iter().filter(|(_, wanted)| wanted.makes);
        let mut new: Vec<_> = new.map(|(key, wanted)| (key, wanted.code)).collect();
        let Some(count) = i64::try_from(new.len()).ok().filter(|count| *count > 0) else { return Ok(()) };
        new.sort_unstable();
        let first = db::ids::take(tx, "stock_lot", count)?;
        for (id, (key, code)) in (first..).map(LotId).zip(new) {
            self.lots.insert(key, id);
            self.lot_codes.insert(id, code.to_owned());
            self.new_lots.insert(id);
        }
        Ok(())
    }

    /// The lot of an item by its code.
    pub(crate) fn lot(&self, item: ItemId, code: &str) -> Option<LotId> {
        self.lots.get(&(item, fold(code))).copied()
    }

    /// Whether a lot was not in the store when the batch began.
    pub(crate) fn is_new(&self, lot: LotId) -> bool {
        self.new_lots.contains(&lot)
    }

    /// What a stored lot of an item that is traced by serial is.
    pub(crate) fn lineage(&self, lot: LotId) -> Option<&Lineage> {
        self.lineage.get(&lot)
    }

    /// Whether a lot was neither a serial nor a parent when the batch began, and may become one.
    pub(crate) fn is_open(&self, lot: LotId) -> bool {
        self.lineage.get(&lot).is_some_and(|lineage| lineage.kin.role.is_none())
    }
}
