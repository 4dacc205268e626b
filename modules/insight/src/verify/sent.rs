//! Transfers against what was said and posted of them (I-16): their sites and lines are those of their last
//! event, and their postings are told at the site that goods leave, or at that where they arrive.

use super::findings::Findings;
use super::ground::Ground;
use db::{Conn, DbError, Statement};
use domain::Delta;
use domain::ledger::Kind;
use rustc_hash::FxHashMap;
use serde::Deserialize;

const DOCS: Statement = Statement::new("verify.sent.docs", "select number, state from ck_doc");

const LINES: Statement = Statement::new(
    "verify.sent.lines",
    "select d.number, l.line_no, l.qty_ordered, l.qty_shipped, l.qty_received, l.qty_short
     from ck_doc d
     join ck_doc_line l on l.doc_id = d.doc_id
     order by d.number, l.line_no",
);

const EVENTS: Statement = Statement::new(
    "verify.sent.events",
    "select payload from ck_event where aggregate_type = 'transfer' order by aggregate_id, aggregate_seq",
);

const POSTINGS: Statement = Statement::new(
    "verify.sent.postings",
    "select d.number, p.kind, d.from_site, d.to_site, e.sites
     from ck_doc d
     join ck_posting p on p.doc_id = d.number and p.kind in (?1, ?2)
     join ck_event e on e.aggregate_type = 'stock' and e.aggregate_id = cast(p.lane as text)
       and e.aggregate_seq = p.seq",
);

/// What an event says.
#[derive(Deserialize)]
struct Said {
    transfer: Transfer,
}

#[derive(Deserialize)]
struct Transfer {
    number: String,
    state: String,
    lines: Vec<Shown>,
}

#[derive(PartialEq, Eq, Deserialize)]
struct Shown {
    line: i64,
    qty: String,
    shipped: String,
    received: String,
    short: String,
}

/// I-16: a transfer is as its last event says. Its sites are held by their ids, with its postings: the code
/// of a site may change.
pub(super) fn said(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut said: FxHashMap<String, Transfer> = FxHashMap::default();
    conn.for_each(&EVENTS, &[], |row| {
        if let Ok(Said { transfer }) = serde_json::from_str(row.text(0)?) {
            said.insert(transfer.number.clone(), transfer);
        }
        Ok(())
    })?;
    let mut lines: FxHashMap<String, Vec<Shown>> = FxHashMap::default();
    conn.for_each(&LINES, &[], |row| {
        let qty = |column| row.int(column).map(|qty| Delta(qty).to_string());
        let line =
            Shown { line: row.int(1)?, qty: qty(2)?, shipped: qty(3)?, received: qty(4)?, short: qty(5)? };
        lines.entry(row.text(0)?.to_owned()).or_default().push(line);
        Ok(())
    })?;
    conn.for_each(&DOCS, &[], |row| {
        findings.row();
        let number = row.text(0)?;
        let Some(said) = said.remove(number) else {
            findings.add(|| format!("no event that can be read tells of transfer {number}"));
            return Ok(());
        };
        let stands = row.opt_text(1)? == Some(said.state.as_str());
        let same = stands && lines.remove(number).unwrap_or_default() == said.lines;
        findings.hold(same, || format!("transfer {number} is not as its last event says"));
        Ok(())
    })
}

/// I-16: what was sent is told at the site that it left, and what arrived at that where it is.
pub(super) fn postings(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let kinds = [Kind::Ship, Kind::Arrive].map(Kind::number);
    conn.for_each(&POSTINGS, &kinds.map(Into::into), |row| {
        findings.row();
        let is_sent = row.int(1)? == kinds[0];
        let site = row.int(if is_sent { 2 } else { 3 })?;
        let told = super::told::sites_of(row.text(4)?) == [site];
        findings.hold(told, || {
            let (number, site) = (row.text(0).unwrap_or_default(), ground.location(site));
            let what = if is_sent { "sent from" } else { "received at" };
            format!("a posting of transfer {number}, {what} {site}, is told at other sites")
        });
        Ok(())
    })
}
