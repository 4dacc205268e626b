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
    fault!("I-15", "the salt of an audit row is gone", [], "update db_audit set target_salt = null where n = 5",),
    fault!(
        "I-15",
        "a row is said to be erased",
        [],
        "insert into db_audit_erased (n, time, request_id, remains)
         select a.n, 1, a.request_id, a.hash from db_audit a where a.n = 5",
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
        "I-16",
        "a transfer goes to another site",
        [],
        "update stock_transfer set to_site = (select l.id from places_location l where l.code = 'N') where
         number = 'T-000001'",
    ),
    fault!(
        "I-16",
        "more is to be sent than was asked for",
        [],
        "update stock_transfer_line set qty = qty + 1000000 where transfer = (select t.id from stock_transfer t
         where t.number = 'T-000005')",
    ),
    fault!(
        "I-17",
        "an answer cannot be read",
        [],
        "update db_idempotency set body = substr(body, 2) where key = (select p.idem_key from stock_posting p
         where p.note = 'issue')",
    ),
    fault!(
        "I-17",
        "an answer names another posting",
        [],
        "update db_idempotency set body = (select i.body from db_idempotency i where i.key = (select p.idem_key
         from stock_posting p where p.note = 'first')) where key = (select p.idem_key from stock_posting p
         where p.note = 'issue')",
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
        "an event is told at another site",
        [],
        "update db_outbox set sites = ',999,' where aggregate_type = 'stock' and (aggregate_id, aggregate_seq) =
         (select cast(p.lane as text), p.number from stock_posting p where p.note = 'two lines')",
    ),
    fault!(
        "I-19",
        "an event is told at one site more",
        [],
        "update db_outbox set sites = sites || '999,' where aggregate_type = 'stock' and (aggregate_id, aggregate_seq) =
         (select cast(p.lane as text), p.number from stock_posting p where p.note = 'two lines')",
    ),
    fault!(
        "I-19",
        "an event of an item is skipped",
        ["I-27"],
        "update db_outbox set aggregate_seq = 7 where aggregate_type = 'item' and aggregate_seq = 2
         and aggregate_id <> (select cast(i.id as text) from catalog_item i where i.sku = 'HOOK')",
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
        "I-20",
        "a restore tells an event",
        [],
        "update db_feed set number_to = 1, number_from = 1 where lane = 0",
    ),
    fault!(
        "I-20",
        "a restore goes back",
        [],
        "update db_feed set position_from = 2 where lane = 0",
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
        "update db_audit set details = (select a.details from db_audit a where a.n = 3) where n = 5",
    ),
    fault!(
        "I-23",
        "the digest of a closed period is another",
        [],
        "update stock_period_digest set hash = (select p.hash from stock_posting p where p.note = 'first')",
    ),
    fault!("I-23", "a closed period has no digest", [], "delete from stock_period_digest"),
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
        ["I-16"],
        "update stock_transfer set number = 'T-000009' where state = 4",
    ),
    fault!(
        "I-25",
        "more was shipped than is on its way",
        ["I-16"],
        "update stock_transfer_line set received = received - 1000000 where received = 2000000 and short
         = 0",
    ),
];
