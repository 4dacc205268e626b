//! What the database holds, in numbers: whatever is written anywhere changes one of them. The
//! stored answers of refused writes stand apart, because those are kept.

use crate::world::{World, on_both_engines};
use db::{Conn, DbError, Statement};
use std::collections::{BTreeMap, BTreeSet};

/// How many rows a table has, and sums over what can change in a row, where the engines differ one for each.
/// Rows that were made ready to be locked, and then hold nothing, are none. All of them are one statement: it is asked
/// before and after each of thousands of requests.
macro_rules! tables {
    ($($table:literal: $sums:literal $(or $other:literal)?),* $(,)?) => {
        const TABLES: &[&str] = &[$($table),*];

        const ALL: Statement = Statement::per_engine(
            "test.trace.all",
            concat!("select '', 0, 0", $(tables!(@one $table, $sums)),*),
            concat!("select '', 0::bigint, 0::bigint", $(tables!(@other $table, $sums $(, $other)?)),*),
        );
    };
    (@one $table:literal, $sums:literal) => {
        concat!(
            " union all select '", $table, "', count(*), cast(coalesce(sum(", $sums, "), 0) as bigint) from ", $table
        )
    };
    (@other $table:literal, $sums:literal) => {
        tables!(@one $table, $sums)
    };
    (@other $table:literal, $sums:literal, $other:literal) => {
        tables!(@one $table, $other)
    };
}

tables! {
    "access_factor": "1 + step + 1000 * case when confirmed_at is null then 0 else 1 end",
    "access_generation": "generation",
    "access_grant": "1",
    "access_identity": "1 + case when follows_groups then 2 else 0 end",
    "access_key": "1",
    "access_passkey": "version + 7 * sign_count",
    "access_principal": "version",
    "access_recovery": "1 + case when used_at is null then 0 else 1 end",
    "access_role": "version",
    "access_session": "1 + 1000 * case when ended_at is null then 0 else 1 end",
    "access_setup": "1",
    "access_spent": "1",
    "access_user": "password_changed_at" or "extract(epoch from password_changed_at)",
    "catalog_attribute": "version",
    "catalog_barcode": "1",
    "catalog_bom": "yielded",
    "catalog_bom_line": "base_qty",
    "catalog_category": "version",
    "catalog_category_tree": "depth + 1",
    "catalog_family": "version",
    "catalog_family_option": "set_id",
    "catalog_item": "version + coalesce(merged_into, 0)",
    "catalog_option_set": "version",
    "catalog_option_value": "1 + position + length(name)",
    "catalog_price": "id + amount + case when valid_until is null then 0 else 1000 end + case when withdrawn then 5000 else 0 end",
    "catalog_rule": "2 + position",
    "catalog_rules": "changes",
    "catalog_supplier": "version",
    "catalog_supply": "id + 7 * rank + case when removed then 1000 else 0 end",
    "catalog_term": "weight",
    "catalog_typo": "1",
    "catalog_unit": "coalesce(weight_mg, 1)",
    "catalog_value": "1 + n + coalesce(number, 0)",
    "catalog_variant": "family_id",
    "catalog_variant_option": "set_id",
    "catalog_word": "1",
    "db_audit": "n",
    "db_audit_erased": "time",
    "db_held": "version",
    "db_job": "1 + attempts + 1000 * state",
    "db_outbox": "1",
    "exchange_column": "length(field)",
    "exchange_customer": "1",
    "exchange_customer_posting": "1",
    "exchange_import": "1 + documents_done",
    "exchange_import_sale": "value",
    "exchange_list_import": "version + 1000 * state + case when stop_asked then 7000 else 0 end",
    "exchange_list_import_part": "length(bytes)",
    "exchange_run": "1 + done_to + row_count",
    "files_blob": "generation + case when leaving then 1000 else 0 end",
    "files_file": "version + 7 * position + case when removed then 1000 else 0 end",
    "files_record": "1",
    "files_thumbnail": "side",
    "files_usage": "bytes",
    "places_address": "length(country)",
    "places_block": "version",
    "places_contact": "position",
    "places_day": "length(name)",
    "places_day_hours": "opens + 1440 * closes",
    "places_levels": "version",
    "places_location": "version + case when blocked then 1000 else 0 end + case when archived then 7000 else 0 end + case when sellable then 1000000 else 0 end",
    "places_organisation": "version",
    "places_site": "valuation_group + state",
    "places_site_state": "version",
    "places_training": "id",
    "places_tree": "depth + 1",
    "places_type": "version",
    "places_week": "opens + 1440 * closes",
    "stock_backorder": "version",
    "stock_balance where ver <> 0": "on_hand + 7 * allocated + 13 * ver",
    "stock_claim": "qty + state + 3 * backordered + 5 * told",
    "stock_digest": "n",
    "stock_held": "ver",
    "stock_home": "version",
    "stock_home_place": "rank + 7 * location",
    "stock_kept": "qty",
    "stock_layer": "qty_left + 7 * value_left",
    "stock_layer_use": "qty",
    "stock_lot": "version",
    "stock_minimum": "version",
    "stock_month": "qty_in + 7 * qty_out",
    "stock_month_value": "qty_in + 7 * qty_out + 13 * value_in + 17 * value_out",
    "stock_movement": "qty",
    "stock_period": "version",
    "stock_period_digest": "1 + version",
    "stock_posting": "number",
    "stock_reason": "version",
    "stock_released": "to_ver",
    "stock_return": "qty + 7 * value",
    "stock_room_rule": "version",
    "stock_sale": "qty + 7 * returned + 13 * value_back",
    "stock_serial where location is not null": "coalesce(location, 0)",
    "stock_settled": "at" or "extract(epoch from at)",
    "stock_site where at <> -9223372036854775808": "1 + sellable + 7 * reserved + 13 * allocated + 17 * backordered",
    "stock_stack where next_seq > 1": "qty + 7 * value",
    "stock_stood": "1",
    "stock_transfer": "version",
    "stock_transfer_line": "qty + 7 * shipped + 13 * received",
    "stock_unit_move": "seq",
}

/// Tables that change though nothing is written, or by design.
const LEFT_OUT: &[(&str, &str)] = &[
    ("db_audit_head", "it follows the audit log, which is traced"),
    ("db_block", "ids are taken in blocks, and those of a refused write are not given back"),
    ("db_feed", "positions are given after the commit; what is in the outbox is traced"),
    ("db_idempotency", "the answers of refused writes are kept; `answers` counts them"),
    ("db_lane", "it is leased by whoever serves; its postings and its events are traced"),
    ("db_migration", "the migrations that have run"),
    ("db_probe", "the measure of the disk, which holds nothing"),
];

const ANSWERS: Statement = Statement::new("test.trace.answers", "select count(*) from db_idempotency");

/// Rows and sums, by table.
pub(crate) type Trace = BTreeMap<&'static str, (i64, i64)>;

/// What stands in the tables now.
pub(crate) fn trace(world: &World) -> Trace {
    world.db.read_blocking(read).unwrap()
}

fn read(conn: &mut Conn<'_>) -> Result<Trace, DbError> {
    let rows = conn.query(&ALL, &[], |row| Ok((row.text(0)?.to_owned(), (row.int(1)?, row.int(2)?))))?;
    let named = |table: &str| TABLES.iter().find(|known| **known == table);
    Ok(rows.into_iter().filter_map(|(table, numbers)| Some((*named(&table)?, numbers))).collect())
}

/// How many answers are kept for their keys.
pub(crate) fn answers(world: &World) -> i64 {
    world.db.read_blocking(|conn| conn.query_opt(&ANSWERS, &[], |row| row.int(0))).unwrap().unwrap_or(0)
}

const HEARD: Statement =
    Statement::new("test.trace.heard", "select distinct kind from db_outbox order by kind");

/// The kinds of events that were written.
pub(crate) fn heard(world: &World) -> Vec<String> {
    world.db.read_blocking(|conn| conn.query(&HEARD, &[], |row| Ok(row.text(0)?.to_owned()))).unwrap()
}

/// The tables that differ.
pub(crate) fn difference(before: &Trace, after: &Trace) -> Vec<String> {
    let other = after.iter().filter(|(table, now)| before.get(*table) != Some(*now));
    other.map(|(table, now)| format!("{table}: {:?} became {now:?}", before.get(table))).collect()
}

const EVERY: Statement = Statement::per_engine(
    "test.trace.every",
    "select name from sqlite_master where type = 'table' and name not like 'sqlite!_%' escape '!' order by name",
    "select c.relname::text from pg_class c
     where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = current_schema()::regnamespace
     order by c.relname",
);

on_both_engines!(every_table_is_traced_or_left_out_for_a_reason);

fn every_table_is_traced_or_left_out_for_a_reason(world: &World) {
    assert_eq!(trace(world).len(), TABLES.len());
    let every = world.db.read_blocking(|conn| conn.query(&EVERY, &[], |row| Ok(row.text(0)?.to_owned())));
    let every: BTreeSet<String> = every.unwrap().into_iter().collect();
    let traced = TABLES.iter().filter_map(|table| table.split(' ').next());
    let mut known: BTreeSet<String> = BTreeSet::new();
    for table in traced.chain(LEFT_OUT.iter().map(|(table, _)| *table)) {
        assert!(known.insert(table.to_owned()), "{table} is named twice");
    }
    let lacking: Vec<&String> = every.difference(&known).collect();
    assert!(lacking.is_empty(), "neither traced nor left out: {lacking:?}");
    let gone: Vec<&String> = known.difference(&every).collect();
    // the disk is measured by one engine
    assert!(gone.iter().all(|table| *table == "db_probe"), "there is no such table: {gone:?}");
}
