//! The faults, each with the invariant that it breaks.

use db::Statement;

/// A fault.
pub(crate) struct Fault {
    /// What is wrong, in words.
    pub(crate) name: &'static str,
    /// The invariant that it breaks.
    pub(crate) breaks: &'static str,
    /// Those that are broken with it: a hash covers what it was changed in, or two of them say the
    /// same of it.
    pub(crate) also: &'static [&'static str],
    /// How it is planted, with the guards of the tables out of the way.
    pub(crate) plant: &'static [Statement],
}

macro_rules! fault {
    ($breaks:literal, $name:literal, [$($also:literal),*], $($text:literal),+ $(,)?) => {
        Fault {
            name: $name,
            breaks: $breaks,
            also: &[$($also),*],
            plant: &[$(Statement::new($name, $text)),+],
        }
    };
}

/// What keeps faults out: taken away in a transaction that is thrown away afterwards.
pub(crate) const GUARDS: &[Statement] = &[
    guard("drop trigger stock_movement_never_updated", "alter table stock_movement disable trigger user"),
    guard("drop trigger stock_movement_never_deleted", "select 1"),
    guard("drop trigger stock_posting_never_updated", "alter table stock_posting disable trigger user"),
    guard("drop trigger stock_posting_never_deleted", "select 1"),
    guard("drop trigger stock_layer_use_never_updated", "alter table stock_layer_use disable trigger user"),
    guard("drop trigger stock_layer_use_never_deleted", "select 1"),
    guard("drop trigger stock_digest_never_updated", "alter table stock_digest disable trigger user"),
    guard("drop trigger stock_digest_never_deleted", "select 1"),
    guard("drop trigger db_outbox_no_update", "alter table db_outbox disable trigger user"),
    guard("drop trigger db_outbox_no_delete", "select 1"),
    guard("drop trigger db_audit_no_update", "alter table db_audit disable trigger user"),
    guard("drop trigger db_audit_no_delete", "select 1"),
];

const fn guard(sqlite: &'static str, postgres: &'static str) -> Statement {
    Statement::per_engine("test.guard", sqlite, postgres)
}

/// All of them. Postings are named by the notes that `World` gives them.
pub(crate) const FAULTS: &[Fault] = &[
    // balances and their history
    fault!(
        "I-01",
        "a balance outside is one too high",
        ["I-02"],
        "update stock_balance set on_hand = on_hand + 1000000 where location < 0 and lot = 0",
    ),
    fault!(
        "I-01",
        "a movement is gone",
        ["I-03", "I-11", "I-15", "I-30"],
        "delete from stock_movement where (lane, number) = (select p.lane, p.number from stock_posting p
         where p.note = 'first')",
    ),
    fault!(
        "I-01",
        "a movement has another quantity",
        ["I-11", "I-15", "I-30"],
        "update stock_movement set qty = qty + 1 where (lane, number) = (select p.lane, p.number from
         stock_posting p where p.note = 'issue')",
    ),
    fault!(
        "I-01",
        "a version is skipped",
        [],
        "update stock_balance set ver = ver + 1 where location < 0 and lot = 0",
    ),
    fault!(
        "I-01",
        "a running balance is wrong",
        ["I-15"],
        "update stock_movement set to_after = to_after + 1 where (lane, number) = (select p.lane,
         p.number from stock_posting p where p.note = 'first')",
    ),
    fault!("I-01", "a balance is gone", ["I-02"], "delete from stock_balance where location < 0 and lot = 0",),
    fault!(
        "I-02",
        "stock comes from nowhere",
        ["I-01"],
        "update stock_balance set on_hand = on_hand + 1 where location < 0 and lot = 0",
    ),
    fault!(
        "I-03",
        "an issue was before its receipt",
        ["I-15", "I-23"],
        "update stock_movement set effective_at = (select p.effective_at from stock_posting p where
         p.note = 'nails-2') where (lane, number) = (select p.lane, p.number from stock_posting p where
         p.note = 'issue')",
        "update stock_posting set effective_at = (select p.effective_at from stock_posting p where
         p.note = 'nails-2') where note = 'issue'",
    ),
    fault!(
        "I-03",
        "a movement leaves less than nothing",
        ["I-01", "I-15"],
        "update stock_movement set from_after = -1 where (lane, number) = (select p.lane, p.number from
         stock_posting p where p.note = 'issue')",
    ),
    // claims
    fault!(
        "I-04",
        "held stock is allocated",
        ["I-05"],
        "update stock_balance set allocated = 1 where status <> 1 and on_hand > 0",
    ),
    fault!(
        "I-04",
        "what is not ours is allocated",
        ["I-05"],
        "update stock_balance set allocated = 1 where location < 0 and lot = 0",
    ),
    fault!(
        "I-05",
        "an allocation counter is lifted",
        [],
        "update stock_balance set allocated = allocated + 1000000 where location > 0 and on_hand >
         2000000 and lot = 0 and status = 1",
    ),
    fault!("I-05", "an allocation is gone", ["I-30"], "delete from stock_claim where owner = 'order-2'",),
    fault!("I-06", "a claim has no owner", [], "update stock_claim set owner = '' where owner = 'order-1'",),
    fault!(
        "I-06",
        "a line of a document claims more than it needs",
        [],
        "update stock_claim set owner = (select c.owner from stock_claim c where c.owner like '%/%')
         where owner = 'order-2'",
    ),
    // lots and serials
    fault!("I-07", "a serial is said to be elsewhere", [], "update stock_serial set location = -2",),
    fault!(
        "I-07",
        "a serial is said to be out",
        [],
        "update stock_serial set location = null, status = null",
    ),
    fault!(
        "I-08",
        "a lot has left its movement",
        ["I-01", "I-15", "I-30"],
        "update stock_movement set lot = 0 where (lane, number) = (select p.lane, p.number from
         stock_posting p where p.note = 'soup')",
    ),
    fault!(
        "I-08",
        "a lot belongs to another item",
        ["I-26"],
        "update stock_lot set item = (select item from stock_movement where (lane, number) = (select
         p.lane, p.number from stock_posting p where p.note = 'first')) where code = 'A'",
    ),
    // cost
    fault!(
        "I-09",
        "a layer has less left",
        ["I-10"],
        "update stock_layer set qty_left = qty_left - 1 where qty_left > 1 and seq = 1",
    ),
    fault!("I-09", "the head of the layers is off", [], "update stock_stack set qty = qty + 1 where qty > 0",),
    fault!(
        "I-10",
        "a layer is used twice",
        ["I-11", "I-30"],
        "update stock_layer_use set qty = qty + 1 where (lane, number) = (select p.lane, p.number from
         stock_posting p where p.note = 'issue')",
    ),
    fault!(
        "I-10",
        "a younger layer is used before an older one",
        ["I-30"],
        "update stock_layer_use set seq = 2 where (lane, number) = (select p.lane, p.number from
         stock_posting p where p.note = 'issue')",
        "update stock_layer set qty_left = qty_left + 4000000, value_left = value_left + 200 where seq =
         1 and item = (select item from stock_movement where (lane, number) = (select p.lane, p.number
         from stock_posting p where p.note = 'issue')) and grp = (select from_group from stock_movement
         where (lane, number) = (select p.lane, p.number from stock_posting p where p.note = 'issue'))",
        "update stock_layer set qty_left = qty_left - 4000000, value_left = value_left - 200 where seq =
         2 and item = (select item from stock_movement where (lane, number) = (select p.lane, p.number
         from stock_posting p where p.note = 'issue')) and grp = (select from_group from stock_movement
         where (lane, number) = (select p.lane, p.number from stock_posting p where p.note = 'issue'))",
    ),
    fault!(
        "I-11",
        "a layer is worth less than it was",
        ["I-09"],
        "update stock_layer set value_left = value_left - 1 where value_left > 1 and seq = 1",
    ),
    fault!(
        "I-11",
        "a movement is worth more",
        ["I-15", "I-30"],
        "update stock_movement set value = value + 1 where (lane, number) = (select p.lane, p.number
         from stock_posting p where p.note = 'issue')",
    ),
    // the log
    fault!(
        "I-14",
        "a reversal points at another posting",
        ["I-15"],
        "update stock_posting set reversal_of = (select p.id from stock_posting p where p.note =
         'first') where note = 'the wrong bin'",
    ),
    fault!(
        "I-14",
        "a reversal does not say of what",
        ["I-15"],
        "update stock_posting set reversal_of = null where note = 'the wrong bin'",
    ),
    fault!(
        "I-15",
        "a posting is renumbered",
        ["I-19"],
        "update stock_posting set number = 900 where note = 'two lines'",
    ),
    fault!(
        "I-15",
        "a posting has another document",
        [],
        "update stock_posting set document = 'PO-9' where note = 'first'",
    ),
    fault!(
        "I-15",
        "two hashes are swapped",
        [],
        "update stock_posting set hash = (select p.hash from stock_posting p where p.note in ('first',
         'two lines') and p.note <> stock_posting.note) where note in ('first', 'two lines')",
    ),
    fault!(
        "I-15",
        "a posting has another kind",
        [],
        "update stock_posting set kind = 3 where note = 'first'",
    ),
    fault!(
        "I-15",
        "a posting has another actor",
        ["I-17"],
        "update stock_posting set actor = 9 where note = 'hold'",
    ),
    fault!(
        "I-15",
        "the head of a lane is moved",
        [],
        "update db_lane set hash = (select p.hash from stock_posting p where p.note = 'nails-2') where
         number > 0",
    ),
    fault!(
        "I-15",
        "a digest names another head",
        [],
        "update stock_digest set heads = replace(heads, '\"number\":13', '\"number\":12'), postings = 12",
    ),
    fault!("I-15", "an audit row says something else", [], "update db_audit set target = 'SOUP' where n = 5",),
    fault!(
        "I-15",
        "the hash of an audit row is another",
        [],
        "update db_audit set hash = (select a.hash from db_audit a where a.n = 3) where n = 5",
    ),
    // documents
    fault!(
        "I-16",
        "a transfer is said to have arrived",
        [],
        "update stock_transfer set state = 5 where state = 4",
    ),
    fault!(
        "I-16",
        "a draft is said to have been shipped",
        [],
        "update stock_transfer set state = 3 where state = 2",
    ),
    fault!("I-16", "a transfer has no lines", [], "delete from stock_transfer_line where shipped = 0",),
    fault!(
        "I-16",
        "a line says that more was lost than was",
        [],
        "update stock_transfer_line set received = received - 1000000, short = short + 1000000 where
         short > 0",
    ),
    fault!(
        "I-17",
        "an answer is gone",
        [],
        "delete from db_idempotency where key = (select p.idem_key from stock_posting p where p.note =
         'issue')",
    ),
    fault!(
        "I-17",
        "a posting was answered with a refusal",
        [],
        "update db_idempotency set status = 404 where key = (select p.idem_key from stock_posting p
         where p.note = 'issue')",
    ),
    fault!(
        "I-17",
        "a key has two effects",
        ["I-15"],
        "update stock_posting set idem_key = (select p.idem_key from stock_posting p where p.note =
         'first') where note = 'drill'",
    ),
    // events and audit
    fault!(
        "I-19",
        "an event is gone",
        [],
        "delete from db_outbox where aggregate_type = 'stock' and (aggregate_id, aggregate_seq) =
         (select cast(p.lane as text), p.number from stock_posting p where p.note = 'first')",
    ),
    fault!(
        "I-19",
        "an event is that of another posting",
        [],
        "update db_outbox set payload = (select o.payload from db_outbox o where o.aggregate_type =
         'stock' and (o.aggregate_id, o.aggregate_seq) = (select cast(p.lane as text), p.number from
         stock_posting p where p.note = 'two lines')) where aggregate_type = 'stock' and (aggregate_id,
         aggregate_seq) = (select cast(p.lane as text), p.number from stock_posting p where p.note =
         'first')",
    ),
    fault!(
        "I-19",
        "an event of an item is skipped",
        ["I-27"],
        "update db_outbox set aggregate_seq = 7 where aggregate_type = 'item' and aggregate_seq = 2",
    ),
    fault!(
        "I-20",
        "a run of the feed is moved",
        [],
        "update db_feed set position_from = position_from + 500 where position_from = (select
         max(f.position_from) from db_feed f)",
    ),
    fault!(
        "I-20",
        "a run of the feed is gone",
        [],
        "update db_feed set number_from = number_from + 1 where position_from = 1",
    ),
    fault!(
        "I-22",
        "the last audit row is gone",
        [],
        "delete from db_audit where n = (select max(a.n) from db_audit a)",
    ),
    fault!(
        "I-22",
        "a change was never audited",
        [],
        "update db_audit_head set n = n - 1, hash = (select a.prev_hash from db_audit a where a.n =
         (select max(l.n) from db_audit l))",
        "delete from db_audit where n = (select max(a.n) from db_audit a)",
    ),
    fault!(
        "I-23",
        "a movement came into a closed period",
        [],
        "update stock_period set changed_at = (select min(p.recorded_at) from stock_posting p) where
         state = 2",
    ),
    fault!(
        "I-23",
        "a movement is in another period than its date",
        ["I-30"],
        "update stock_movement set period = 202602 where (lane, number) = (select p.lane, p.number from
         stock_posting p where p.note = 'last')",
    ),
    fault!(
        "I-23",
        "a movement is dated another week",
        [],
        "update stock_movement set effective_on = (select max(m.effective_on) from stock_movement m)
         where (lane, number) = (select p.lane, p.number from stock_posting p where p.note = 'nails-1')",
    ),
    fault!(
        "I-24",
        "a number is skipped",
        [],
        "update stock_transfer set number = 'T-000009' where state = 4",
    ),
    fault!(
        "I-25",
        "more was shipped than is on its way",
        ["I-16"],
        "update stock_transfer_line set received = received - 1000000 where received = 2000000 and short
         = 0",
    ),
    // references
    fault!(
        "I-26",
        "a movement leads nowhere",
        ["I-01", "I-03", "I-15", "I-30"],
        "update stock_movement set to_location = 999999 where (lane, number) = (select p.lane, p.number
         from stock_posting p where p.note = 'first')",
    ),
    fault!(
        "I-26",
        "a site stands below its own bin",
        [],
        "update places_location set parent_id = (select l.id from places_location l where l.code = 'L1')
         where code = 'L'",
    ),
    fault!(
        "I-26",
        "a step of the tree is gone",
        [],
        "delete from places_tree where depth = 1 and descendant = (select l.id from places_location l
         where l.code = 'L1')",
    ),
    fault!(
        "I-26",
        "an item with stock is archived",
        [],
        "update catalog_item set archived = true where sku = 'BOLT'",
    ),
    fault!("I-26", "a base unit is two of itself", [], "update catalog_unit set num = 2 where unit = 'kg'",),
    fault!(
        "I-26",
        "a bin is blocked without a reason",
        [],
        "update places_location set blocked = true where code = 'M2'",
    ),
    fault!(
        "I-27",
        "an item was changed without a trace",
        [],
        "update catalog_item set version = version + 1 where sku = 'NAIL'",
    ),
    fault!(
        "I-27",
        "a location was changed without a trace",
        [],
        "update places_location set version = version + 1 where code = 'M2'",
    ),
    fault!(
        "I-27",
        "a document was changed without a trace",
        [],
        "update stock_transfer set version = version + 1 where state = 4",
    ),
    fault!(
        "I-28",
        "a grant is for a place that is not there",
        [],
        "update access_grant set location_id = 999999",
    ),
    fault!(
        "I-28",
        "a role allows what there is not",
        [],
        "update access_role set permissions = '[\"stock.conjure\"]' where name = 'counter'",
    ),
    fault!(
        "I-28",
        "a key is held to a place that is not there",
        [],
        "update access_key set locations = '[999999]'",
    ),
    // what is kept beside the log
    fault!("I-30", "a guard promises more", [], "update stock_site set sellable = sellable + 1000000",),
    fault!("I-30", "a guard forgets a promise", [], "update stock_site set reserved = 0 where reserved > 0",),
    fault!(
        "I-30",
        "a guard does not know what expires",
        [],
        "update stock_site set next_expiry = null where next_expiry is not null",
    ),
    fault!("I-30", "a reservation is gone", [], "delete from stock_claim where owner = 'order-1'",),
    fault!(
        "I-30",
        "a reservation is for less",
        [],
        "update stock_claim set qty = qty - 1 where owner = 'order-1'",
    ),
    fault!("I-30", "a month is off", [], "update stock_month set qty_in = qty_in + 1",),
    fault!("I-30", "a month is gone", [], "delete from stock_month where location < 0",),
    fault!("I-30", "a month's value is off", [], "update stock_month_value set value_out = value_out + 1",),
    fault!("I-30", "a span is too short", [], "update stock_span set last_number = last_number - 1",),
    fault!(
        "I-30",
        "a digest was made of another state",
        [],
        "update stock_digest set state_hash = (select p.hash from stock_posting p where p.note =
         'nails-2')",
    ),
    fault!(
        "I-30",
        "a digest counts other movements",
        [],
        "update stock_digest set movements = movements + 1",
    ),
];
