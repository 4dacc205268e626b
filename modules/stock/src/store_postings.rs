//! The statements that read postings and movements back.

use db::Statement;

pub(crate) const READ_POSTING_HEAD: Statement = Statement::new(
    "stock.read_posting_head",
    "select p.lane, p.number, p.kind, p.document,
       (select count(*) from stock_posting r where r.reversal_of = p.id)
     from stock_posting p
     where p.id = ?1",
)
.hot();

pub(crate) const READ_POSTING_MOVEMENTS: Statement = Statement::new(
    "stock.read_posting_movements",
    "select line, item, lot, from_location, from_status, to_location, to_status, qty, from_after, from_ver,
       to_after, to_ver, from_group, to_group, value
     from stock_movement
     where lane = ?1 and number = ?2
     order by line",
)
.hot();

pub(crate) const READ_POSTING_USES: Statement = Statement::new(
    "stock.read_posting_uses",
    "select u.line, u.grp, u.seq, l.effective_at, u.qty, u.value, u.made
     from stock_layer_use u
     join stock_layer l on l.item = u.item and l.grp = u.grp and l.seq = u.seq
     where u.lane = ?1 and u.number = ?2
     order by u.line, u.seq",
)
.hot();
