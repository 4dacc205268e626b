//! What came back of sales (I-31): the row of a line of a sale is what was shipped and what its returns
//! took back, and what a return says it took back is part of it.

use super::findings::Findings;
use super::ground::{Ground, movement};
use db::{Conn, DbError, Row, Statement};
use domain::ledger::Kind;
use domain::{Delta, PostingId};

/// Each line of a sale with its movement, and with what its returns that stand have taken back.
const SALES: Statement = Statement::new(
    "verify.returns.sales",
    "select s.posting_id, s.line_no, s.sku_id, s.lot_id, s.qty, s.value, s.returned, s.value_back,
       m.kind, m.sku_id, m.lot_id, m.qty, m.value,
       (select cast(sum(r.qty) as bigint)
        from ck_return r
        join ck_posting t on t.lane = r.lane and t.seq = r.seq
        where r.sale_id = s.posting_id and r.sale_line = s.line_no
          and not exists (select 1 from ck_posting u where u.reversal_of = t.posting_id)),
       (select cast(sum(r.value) as bigint)
        from ck_return r
        join ck_posting t on t.lane = r.lane and t.seq = r.seq
        where r.sale_id = s.posting_id and r.sale_line = s.line_no
          and not exists (select 1 from ck_posting u where u.reversal_of = t.posting_id)),
       (select count(*) from ck_posting u where u.reversal_of = s.posting_id)
     from ck_sale s
     left join ck_posting p on p.posting_id = s.posting_id
     left join ck_movement m on m.lane = p.lane and m.seq = p.seq and m.line_no = s.line_no
     order by s.posting_id, s.line_no",
);

/// What each line of a return took back, with its movement and with the sale.
const LINKS: Statement = Statement::new(
    "verify.returns.links",
    "select r.lane, r.seq, r.line_no, r.qty, m.kind, m.sku_id, m.lot_id, m.qty, s.sku_id, s.lot_id
     from ck_return r
     left join ck_movement m on m.lane = r.lane and m.seq = r.seq and m.line_no = r.line_no
     left join ck_sale s on s.posting_id = r.sale_id and s.line_no = r.sale_line
     order by r.lane, r.seq, r.line_no, r.sale_id, r.sale_line",
);

/// Item, lot and quantity.
type Goods = (i64, i64, i64);

/// What a row has of them from a column on; `None` when there is no such thing.
fn goods(row: &Row<'_>, item: usize) -> Result<Option<Goods>, DbError> {
    Ok(match (row.opt_int(item)?, row.opt_int(item + 1)?, row.opt_int(item + 2)?) {
        (Some(item), Some(lot), Some(qty)) => Some((item, lot, qty)),
        _ => None,
    })
}

/// No more came back of a line than was shipped on it, nor at more than it was worth; the row says what
/// was shipped, and is the sum of its returns that stand; of a reversed sale none does.
pub(super) fn sales(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&SALES, &[], |row| {
        findings.row();
        let (posting, line) = (PostingId::from_bytes(row.id16(0)?), row.int(1)?);
        let (value, returned, back) = (row.int(5)?, row.int(6)?, row.int(7)?);
        let shipped = goods(row, 2)?;
        let qty = shipped.map_or(0, |(.., qty)| qty);
        let call = || format!("line {line} of sale {posting}");
        let is_sale = row.opt_int(8)? == Some(Kind::Issue.number());
        let as_shipped = goods(row, 9)? == shipped && row.opt_int(12)?.unwrap_or(0) == value;
        findings.hold(is_sale && as_shipped, || format!("{} is not what its posting shipped", call()));
        let fits = (0..=qty).contains(&returned) && (0..=value).contains(&back);
        findings.hold(fits, || {
            let (returned, qty) = (Delta(returned), Delta(qty));
            format!("{returned} came back of {}, worth {back}; it shipped {qty}, worth {value}", call())
        });
        let sums = (row.opt_int(13)?.unwrap_or(0), row.opt_int(14)?.unwrap_or(0));
        findings.hold(sums == (returned, back), || {
            let (found, told) = (Delta(sums.0), Delta(returned));
            format!(
                "{} says that {told} came back, worth {back}; its returns say {found}, worth {}",
                call(),
                sums.1
            )
        });
        let reversed = row.int(15)? > 0;
        findings.hold(!reversed || sums.0 == 0, || format!("{} was reversed, and has returns", call()));
        Ok(())
    })
}

/// What a line of a return took back is of its own item and lot and of a line of a sale, and no more than
/// the line brought in.
pub(super) fn links(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let (mut at, mut sum) = ((0, 0, 0), 0_i64);
    conn.for_each(&LINKS, &[], |row| {
        findings.row();
        let line = (row.int(0)?, row.int(1)?, row.int(2)?);
        sum = row.int(3)?.saturating_add(if line == at { sum } else { 0 });
        at = line;
        let came =
            goods(row, 5)?.filter(|_| row.opt_int(4).is_ok_and(|kind| kind == Some(Kind::Return.number())));
        let (sold, lot) = (row.opt_int(8)?, row.opt_int(9)?);
        let wrong = match came {
            None => Some("is no line of a return, and took goods back"),
            Some((item, of, _)) if (Some(item), Some(of)) != (sold, lot) => {
                Some("took back what the sale was not of")
            }
            Some((.., qty)) if sum > qty => Some("took back more than it brought in"),
            Some(_) => None,
        };
        if let Some(wrong) = wrong {
            let place = movement(line.0, line.1, line.2);
            findings.add(|| format!("{place} {wrong}"));
        }
        Ok(())
    })
}
