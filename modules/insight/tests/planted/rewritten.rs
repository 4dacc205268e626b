//! History that was changed by somebody who knows how it is kept: everything that follows from the
//! change is changed too, and the chain is computed anew. Only a digest from before tells.

use crate::faults::GUARDS;
use crate::world::{World, broken};
use db::{DbError, Engine, Statement, Tx};
use domain::ledger::chain::{self, MovementRecord, Record, ReturnRecord};
use insight::digest::Head;
use insight::verify;

const POSTINGS: Statement = Statement::new(
    "test.postings",
    "select lane, seq, posting_id, kind, recorded_at, effective_at, late_from, actor_id, doc_id, reason, note,
       reversal_of, claims, idem_key
     from ck_posting
     order by lane, seq",
);
const MOVEMENTS: Statement = Statement::new(
    "test.movements",
    "select line_no, sku_id, lot_id, from_loc, from_status, to_loc, to_status, qty, from_after, from_ver, to_after,
       to_ver, from_group, to_group, value
     from ck_movement
     where lane = ?1 and seq = ?2
     order by line_no",
);
const RETURNS: Statement = Statement::new(
    "test.returns",
    "select line_no, sale_id, sale_line, qty, value
     from ck_return
     where lane = ?1 and seq = ?2
     order by line_no, sale_id, sale_line",
);
const SET_HASH: Statement =
    Statement::new("test.set_hash", "update stock_posting set hash = ?3 where lane = ?1 and number = ?2");
const SET_HEAD: Statement = Statement::new("test.set_head", "update db_lane set hash = ?2 where lane = ?1");
const HEADS: Statement = Statement::new("test.heads", "select heads from stock_digest");
const SET_HEADS: Statement = Statement::new("test.set_heads", "update stock_digest set heads = ?1");
const HASH: Statement =
    Statement::new("test.hash", "select hash from stock_posting where lane = ?1 and number = ?2");
const FORGET: Statement = Statement::new("test.forget", "delete from stock_digest");

/// A posting is said to have had another document.
const DOCUMENT: &[Statement] =
    &[Statement::new("test.document", "update stock_posting set document = 'PO-9' where note = 'first'")];

/// A receipt is said to have been of one more.
const QUANTITY: &[Statement] = &[
    Statement::new(
        "test.movement",
        "update stock_movement
         set qty = qty + 1000000, from_after = from_after - 1000000, to_after = to_after + 1000000
         where (lane, number) = (select p.lane, p.number from stock_posting p where p.note = 'soup')",
    ),
    Statement::new(
        "test.balance",
        "update stock_balance set on_hand = on_hand + case when location < 0 then -1000000 else 1000000 end
         where item = (select i.id from catalog_item i where i.sku = 'SOUP')",
    ),
    Statement::new(
        "test.site",
        "update stock_site set sellable = sellable + 1000000
         where item = (select i.id from catalog_item i where i.sku = 'SOUP')",
    ),
    Statement::new(
        "test.stack",
        "update stock_stack set qty = qty + 1000000
         where item = (select i.id from catalog_item i where i.sku = 'SOUP')",
    ),
    Statement::new(
        "test.layer",
        "update stock_layer set qty_in = qty_in + 1000000, qty_left = qty_left + 1000000
         where item = (select i.id from catalog_item i where i.sku = 'SOUP')",
    ),
    Statement::new(
        "test.use",
        "update stock_layer_use set qty = qty - 1000000
         where item = (select i.id from catalog_item i where i.sku = 'SOUP')",
    ),
    Statement::new(
        "test.month",
        "update stock_month
         set qty_in = qty_in + case when qty_in > 0 then 1000000 else 0 end,
           qty_out = qty_out + case when qty_out > 0 then 1000000 else 0 end
         where item = (select i.id from catalog_item i where i.sku = 'SOUP')",
    ),
    Statement::new(
        "test.month_value",
        "update stock_month_value set qty_in = qty_in + 1000000
         where item = (select i.id from catalog_item i where i.sku = 'SOUP')",
    ),
];

/// A record that owns its texts.
struct Posted {
    numbers: [i64; 6],
    late_from: Option<i64>,
    ids: ([u8; 16], Option<[u8; 16]>),
    texts: [Option<String>; 5],
}

impl Posted {
    fn record(&self) -> Record<'_> {
        let [lane, number, kind, recorded_at, effective_at, actor] = self.numbers;
        let [document, reason, note, claims, idem_key] = self.texts.each_ref().map(Option::as_deref);
        let ((id, reversal_of), late_from) = (self.ids, self.late_from);
        Record {
            lane,
            number,
            id,
            kind,
            recorded_at,
            effective_at,
            late_from,
            actor,
            document,
            reason,
            note,
            reversal_of,
            claims,
            idem_key,
        }
    }
}

/// Computes every hash anew, and moves the heads of the lanes.
fn chain_anew(tx: &mut Tx<'_>) -> Result<(), DbError> {
    let postings = tx.query(&POSTINGS, &[], |row| {
        let text = |column| Ok::<_, DbError>(row.opt_text(column)?.map(str::to_owned));
        Ok(Posted {
            numbers: [row.int(0)?, row.int(1)?, row.int(3)?, row.int(4)?, row.int(5)?, row.int(7)?],
            late_from: row.opt_int(6)?,
            ids: (row.id16(2)?, row.opt_id16(11)?),
            texts: [text(8)?, text(9)?, text(10)?, text(12)?, text(13)?],
        })
    })?;
    let (mut at, mut before, mut scratch) = (0, [0; 32], Vec::new());
    for posting in &postings {
        let [lane, number, ..] = posting.numbers;
        if lane != at {
            (at, before) = (lane, [0; 32]);
        }
        let movements = tx.query(&MOVEMENTS, &[lane.into(), number.into()], |row| {
            Ok(MovementRecord {
                line: row.int(0)?,
                item: row.int(1)?,
                lot: row.int(2)?,
                from_location: row.int(3)?,
                from_status: row.int(4)?,
                to_location: row.int(5)?,
                to_status: row.int(6)?,
                qty: row.int(7)?,
                from_after: row.int(8)?,
                from_ver: row.int(9)?,
                to_after: row.int(10)?,
                to_ver: row.int(11)?,
                from_group: row.int(12)?,
                to_group: row.int(13)?,
                value: row.opt_int(14)?,
            })
        })?;
        let returns = tx.query(&RETURNS, &[lane.into(), number.into()], |row| {
            Ok(ReturnRecord {
                line: row.int(0)?,
                sale: row.id16(1)?,
                sale_line: row.int(2)?,
                qty: row.int(3)?,
                value: row.int(4)?,
            })
        })?;
        before = chain::hash(&before, &posting.record(), &movements, &returns, &mut scratch);
        tx.execute(&SET_HASH, &[lane.into(), number.into(), (&before).into()])?;
        tx.execute(&SET_HEAD, &[lane.into(), (&before).into()])?;
    }
    Ok(())
}

/// Writes the new heads into the digest as well.
fn digest_anew(tx: &mut Tx<'_>) -> Result<(), DbError> {
    let heads = tx.query_one(&HEADS, &[], |row| Ok(row.text(0)?.to_owned()))?;
    let mut heads = Head::list(&heads).unwrap();
    for head in &mut heads {
        head.hash = tx.query_one(&HASH, &[head.lane.into(), head.number.into()], |row| row.hash(0))?;
    }
    tx.execute(&SET_HEADS, &[Head::text(&heads).as_str().into()]).map(drop)
}

/// What becomes of the digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Digest {
    Kept,
    Moved,
    Gone,
}

/// What is told of a rewritten history, which is gone afterwards.
fn told(world: &World, changes: &'static [Statement], digest: Digest) -> Vec<String> {
    let options = world.options(true);
    let told = world.db.write_blocking(move |tx| {
        for statement in GUARDS.iter().chain(changes) {
            tx.execute(statement, &[])?;
        }
        chain_anew(tx)?;
        match digest {
            Digest::Kept => {}
            Digest::Moved => digest_anew(tx)?,
            Digest::Gone => drop(tx.execute(&FORGET, &[])?),
        }
        Err::<(), _>(crate::Told(Ok(verify::check(tx, &options)?)))
    });
    broken(&told.unwrap_err().0.unwrap())
}

fn ids(told: &[String]) -> Vec<&str> {
    told.iter().filter_map(|told| told.split(' ').next()).collect()
}

fn only_a_digest_tells_of_a_rewritten_history(engine: Engine) {
    let world = World::filled(engine);
    for changes in [DOCUMENT, QUANTITY] {
        assert_eq!(told(&world, changes, Digest::Gone), Vec::<String>::new(), "consistent by itself");
    }
    assert_eq!(ids(&told(&world, DOCUMENT, Digest::Kept)), ["I-15"]);
    let told_of = told(&world, QUANTITY, Digest::Kept);
    assert_eq!(ids(&told_of), ["I-15", "I-30"], "{told_of:?}");
    // whoever changes the heads in the digest cannot make the state fit
    let told_of = told(&world, QUANTITY, Digest::Moved);
    assert_eq!(ids(&told_of), ["I-30"], "{told_of:?}");
}

#[test]
fn only_a_digest_tells_of_a_rewritten_history_on_sqlite() {
    only_a_digest_tells_of_a_rewritten_history(Engine::Sqlite);
}

#[test]
fn only_a_digest_tells_of_a_rewritten_history_on_postgres() {
    only_a_digest_tells_of_a_rewritten_history(Engine::Postgres);
}
