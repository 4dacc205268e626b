//! The statements of customers.

use super::Customer;
use db::{Conn, DbError, Row, Rows, Statement, Tx};
use domain::{Instant, ItemId, LotId, PostingId};
use rustc_hash::FxHashMap;

const INSERT: Statement = Statement::per_engine(
    "exchange.insert_customers",
    "insert into exchange_customer (number, country, first_at, last_at, invoices) values (?1, ?2, ?3, ?4, ?5)",
    "insert into exchange_customer (number, country, first_at, last_at, invoices)
     select * from unnest(?1::bigint[], ?2::text[], ?3::timestamptz[], ?4::timestamptz[], ?5::bigint[])",
);

const LINK: Statement = Statement::per_engine(
    "exchange.link_customers",
    "insert into exchange_customer_posting (customer, effective_at, posting) values (?1, ?2, ?3)",
    "insert into exchange_customer_posting (customer, effective_at, posting)
     select * from unnest(?1::bigint[], ?2::timestamptz[], ?3::uuid[])",
);

const LIST: Statement = Statement::new(
    "exchange.list_customers",
    "select c.number, c.country, c.first_at, c.last_at, c.invoices
     from exchange_customer c
     where c.number > ?1
     order by c.number
     limit ?2",
);

const ONE: Statement = Statement::new(
    "exchange.customer",
    "select c.number, c.country, c.first_at, c.last_at, c.invoices
     from exchange_customer c
     where c.number = ?1",
);

/// What of the invoices of some customers moved goods at places below the roots.
macro_rules! reached {
    ($customers:literal, $roots:literal) => {
        concat!(
            "select s.customer, min(s.effective_at), max(s.effective_at),
               count(distinct p.doc_id) + count(*) filter (where p.doc_id is null)
             from ",
            $customers,
            " join ck_posting p on p.posting_id = s.posting
             where exists (
               select 1 from ck_movement m
               where m.lane = p.lane and m.seq = p.seq
                 and (m.from_loc in (",
            $roots,
            ") or m.to_loc in (",
            $roots,
            ")))
             group by s.customer"
        )
    };
}

const REACHED: Statement = Statement::per_engine(
    "exchange.invoices_reached",
    reached!(
        "json_each(?1) c cross join exchange_customer_posting s on s.customer = c.value",
        "select t.descendant from json_each(?2) r join ck_tree t on t.ancestor = r.value"
    ),
    reached!(
        "json_array_elements_text(?1::json) as c (value)
         join exchange_customer_posting s on s.customer = c.value::bigint",
        "select t.descendant from json_array_elements_text(?2::json) as r (value)
         join ck_tree t on t.ancestor = r.value::bigint"
    ),
);

/// Customers who got goods by issues that stand, from places below the roots.
macro_rules! who_got {
    ($goods:literal, $roots:literal, $is_null:literal) => {
        concat!(
            "select c.number, c.country, c.first_at, c.last_at, c.invoices
             from exchange_customer c
             where c.number > ?1 and c.number in (
               select s.customer
               from ck_movement m
               join exchange_customer_posting s on s.posting = m.posting_id
               where m.kind = 5 and ",
            $goods,
            " and not exists (select 1 from ck_posting r where r.reversal_of = m.posting_id)
               and (",
            $is_null,
            " is null or m.from_loc in (
                 select t.descendant from ",
            $roots,
            ")))
             order by c.number
             limit ?2"
        )
    };
    ($name:literal, $goods:literal) => {
        Statement::per_engine(
            $name,
            who_got!($goods, "json_each(?4) r join ck_tree t on t.ancestor = r.value", "?4"),
            who_got!(
                $goods,
                "json_array_elements_text(?4::json) as r (value) join ck_tree t on t.ancestor = r.value::bigint",
                "?4::text"
            ),
        )
    };
}

const WHO_GOT_ITEM: Statement = who_got!("exchange.customers_of_item", "m.sku_id = ?3");
/// A parent stands for the serials that were made in it.
const WHO_GOT_LOT: Statement = who_got!(
    "exchange.customers_of_lot",
    "m.lot_id in (select l.lot_id from ck_lot l where l.lot_id = ?3 union all
       select l.lot_id from ck_lot l where l.parent = ?3)"
);

/// The postings of a customer, the latest first.
const POSTINGS: Statement = Statement::new(
    "exchange.postings_of_customer",
    "select s.effective_at, s.posting
     from exchange_customer_posting s
     where s.customer = ?1 and (s.effective_at, s.posting) < (?2, ?3)
     order by s.effective_at desc, s.posting desc
     limit ?4",
)
.hot();

/// All statements, for the tests that prepare each and look at its plan.
#[cfg(test)]
pub(crate) const STATEMENTS: [&Statement; 8] =
    [&INSERT, &LINK, &LIST, &ONE, &REACHED, &WHO_GOT_ITEM, &WHO_GOT_LOT, &POSTINGS];

/// Goods that were sold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Goods {
    /// Any of an item.
    Item(ItemId),
    /// A lot, or the serials that were made in it.
    Lot(LotId),
}

fn customer(row: &Row<'_>) -> Result<Customer, DbError> {
    Ok(Customer {
        number: row.int(0)?,
        country: row.text(1)?.to_owned(),
        first_at: Instant(row.int(2)?),
        last_at: Instant(row.int(3)?),
        invoices: row.int(4)?,
    })
}

/// How many rows, as a statement is told.
fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Keeps customers that are not there yet.
pub(crate) fn insert(tx: &mut Tx<'_>, customers: &[Customer]) -> Result<(), DbError> {
    let mut rows = Rows::with_capacity(5, customers.len());
    for Customer { number, country, first_at, last_at, invoices } in customers {
        rows.push(&[
            (*number).into(),
            country.into(),
            first_at.0.into(),
            last_at.0.into(),
            (*invoices).into(),
        ]);
    }
    if !rows.is_empty() {
        tx.execute_many(&INSERT, &rows)?;
    }
    Ok(())
}

/// Whose a posting is, and when it took effect.
pub(crate) type Link = (i64, Instant, PostingId);

/// Keeps whose some postings are.
pub(crate) fn link(tx: &mut Tx<'_>, links: &[Link]) -> Result<(), DbError> {
    let mut rows = Rows::with_capacity(3, links.len());
    for (customer, effective_at, posting) in links {
        rows.push(&[(*customer).into(), effective_at.0.into(), posting.bytes().into()]);
    }
    if !rows.is_empty() {
        tx.execute_many(&LINK, &rows)?;
    }
    Ok(())
}

pub(crate) fn list(conn: &mut Conn<'_>, after: i64, limit: usize) -> Result<Vec<Customer>, DbError> {
    conn.query(&LIST, &[after.into(), count(limit).into()], customer)
}

pub(crate) fn one(conn: &mut Conn<'_>, number: i64) -> Result<Option<Customer>, DbError> {
    conn.query_opt(&ONE, &[number.into()], customer)
}

/// Those of some customers whose invoices moved goods at places below the roots, given as a JSON list: what is
/// told of these invoices alone.
pub(crate) fn reached(
    conn: &mut Conn<'_>,
    customers: Vec<Customer>,
    roots: &str,
) -> Result<Vec<Customer>, DbError> {
    let numbers: Vec<String> = customers.iter().map(|customer| customer.number.to_string()).collect();
    let mut told: FxHashMap<i64, (Instant, Instant, i64)> = FxHashMap::default();
    let numbers = format!("[{}]", numbers.join(","));
    conn.for_each(&REACHED, &[(&numbers).into(), roots.into()], |row| {
        told.insert(row.int(0)?, (Instant(row.int(1)?), Instant(row.int(2)?), row.int(3)?));
        Ok(())
    })?;
    let narrowed = |customer: Customer| {
        let (first_at, last_at, invoices) = told.get(&customer.number).copied()?;
        Some(Customer { first_at, last_at, invoices, ..customer })
    };
    Ok(customers.into_iter().filter_map(narrowed).collect())
}

/// The customers who got goods from below the roots, given as a JSON list; none for everywhere.
pub(crate) fn who_got(
    conn: &mut Conn<'_>,
    goods: Goods,
    roots: Option<&str>,
    after: i64,
    limit: usize,
) -> Result<Vec<Customer>, DbError> {
    let (statement, id) = match goods {
        Goods::Item(item) => (&WHO_GOT_ITEM, item.get()),
        Goods::Lot(lot) => (&WHO_GOT_LOT, lot.get()),
    };
    conn.query(statement, &[after.into(), count(limit).into(), id.into(), roots.into()], customer)
}

/// The postings of a customer before a place in their order, the latest first.
pub(crate) fn postings(
    conn: &mut Conn<'_>,
    number: i64,
    (effective_at, posting): (Instant, PostingId),
    most: i64,
) -> Result<Vec<(Instant, PostingId)>, DbError> {
    let values = [number.into(), effective_at.0.into(), posting.bytes().into(), most.into()];
    conn.query(&POSTINGS, &values, |row| Ok((Instant(row.int(0)?), PostingId::from_bytes(row.id16(1)?))))
}
