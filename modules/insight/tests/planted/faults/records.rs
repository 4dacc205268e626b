//! Faults of records: the log, documents, events, references, and what is kept beside the log.

use super::Fault;
use db::Statement;

pub(super) const FAULTS: &[Fault] = &[
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
        "I-22",
        "the audit row of a change is that of another",
        ["I-15"],
        "update db_audit set payload_hash = (select a.payload_hash from db_audit a where a.n = 3) where n = 5",
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
        "a customer is said to have a posting that is not there",
        [],
        "update exchange_customer_posting set posting = (select a.id from stock_transfer a limit 1)",
    ),
    fault!(
        "I-26",
        "a customer is said to have bought at another time",
        [],
        "update exchange_customer_posting set effective_at = (select min(p.recorded_at) from stock_posting p)",
    ),
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
        ["I-27"],
        "update catalog_item set archived = true where sku = 'BOLT'",
    ),
    fault!(
        "I-26",
        "a bin with stock is archived",
        [],
        "update places_location set archived = true, archived_at = changed_at where code = 'L1'",
    ),
    fault!(
        "I-26",
        "a bin is archived with nothing above it",
        [],
        "update places_location set archived = true where code = 'M2'",
    ),
    fault!(
        "I-26",
        "a bin is in use below an archived site",
        [],
        "update places_location set archived = true, archived_at = changed_at where code = 'O'",
    ),
    fault!(
        "I-26",
        "a site of an open transfer is archived",
        [],
        "update places_location set archived = true, archived_at = changed_at where code = 'N'",
    ),
    fault!(
        "I-26",
        "nobody knows where a pallet stood for a while",
        [],
        "update stock_stood set since = (select max(p.recorded_at) from stock_posting p) where is_site
         and since > (select min(s.since) from stock_stood s) and place = (select l.id from places_location l
         where l.code = 'PALLET')",
    ),
    fault!(
        "I-26",
        "a pallet is said to stand where it stood",
        [],
        "update stock_stood set until = (select max(s.until) from stock_stood s) where not is_site and
         until < (select max(s.until) from stock_stood s) and place = (select l.id from places_location l
         where l.code = 'PALLET')",
    ),
    fault!(
        "I-26",
        "a pallet is said to have left where it stands",
        [],
        "update stock_stood set until = (select max(p.recorded_at) from stock_posting p) where not is_site
         and until = (select max(s.until) from stock_stood s) and place = (select l.id from places_location l
         where l.code = 'PALLET')",
    ),
    fault!(
        "I-26",
        "where an emptied bin stood is forgotten",
        [],
        "delete from stock_stood where place = (select l.id from places_location l where l.code = 'L9')",
    ),
    fault!(
        "I-26",
        "a bin is said to have gone before its goods came",
        [],
        "update stock_stood set until = (select p.recorded_at from stock_posting p where p.note = 'first')
         where is_site and since = (select min(s.since) from stock_stood s) and place = (select l.id from
         places_location l where l.code = 'L9')",
        "update stock_stood set since = (select p.recorded_at from stock_posting p where p.note = 'first')
         where is_site and until = (select max(s.until) from stock_stood s) and place = (select l.id from
         places_location l where l.code = 'L9')",
    ),
    fault!(
        "I-26",
        "a base unit is two of itself",
        ["I-27"],
        "update catalog_unit set num = 2 where unit = 'kg'",
    ),
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
];
