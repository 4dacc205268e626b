//! Opening stock, counts and movements: a row is a posting of one line, decided by the vault like any other.
//!
//! Each row has an idempotency key made of the list, the file and its number, so that nothing is posted twice; of a
//! row that is refused nothing is kept.

use super::also;
use crate::bring::field::Field;
use crate::bring::lists::List;
use crate::bring::row::Row;
use crate::bring::run::Bring;
use crate::bring::{Taken, Who};
use crate::table::Holds;
use db::{DbError, Tx};
use domain::ledger::{Kind, NOTHING_CHANGES};
use domain::{AsProblem, Instant, Problem, Zone, hex};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use stock::{Request, RequestKey, Work};
use web::{Answer, Failure};

const SKU: Field = Field::new("sku", "/lines/0/sku", Holds::Code).needed().also(&also::ITEM);
const LOCATION: Field =
    Field::new("location", "/lines/0/location", Holds::Code).needed().also(&also::LOCATION);
const LOT: Field = Field::new("lot", "/lines/0/lot", Holds::Code).also(&["batch", "charge"]);
const SERIALS: Field = Field::new("serials", "/lines/0/serials", Holds::List).also(&["serial"]);
const UNIT: Field = Field::new("unit", "/lines/0/unit", Holds::Text).also(&also::UNIT);
const STATUS: Field = Field::new("status", "/lines/0/status", Holds::Text);
const EXPIRY: Field = Field::new("expiry_on", "/lines/0/expiry_on", Holds::Date);
const MADE: Field = Field::new("made_on", "/lines/0/made_on", Holds::Date);
const COST: Field = Field::new("unit_cost", "/lines/0/unit_cost", Holds::Decimal).also(&["cost"]);
const QTY: Field = Field::new("qty", "/lines/0/qty", Holds::Decimal).also(&["quantity", "onhand", "menge"]);
const COUNTED: Field =
    Field::new("counted", "/lines/0/counted", Holds::Decimal).also(&["qty", "quantity", "menge"]);
const AT: Field = Field::new("effective_at", "/effective_at", Holds::Instant).also(&["at", "date"]);
const LATE: Field = Field::new("post_late", "/post_late", Holds::Truth).also(&["late"]);
const DOCUMENT: Field = Field::new("document", "/document", Holds::Text);
const REASON: Field = Field::new("reason", "/reason", Holds::Text);
const NOTE: Field = Field::new("note", "/note", Holds::Text);

pub(super) static OPENING_FIELDS: [Field; 14] =
    [SKU, LOCATION, QTY.needed(), UNIT, LOT, SERIALS, STATUS, EXPIRY, MADE, COST, AT, LATE, DOCUMENT, NOTE];

pub(super) static COUNT_FIELDS: [Field; 14] = [
    SKU,
    LOCATION,
    COUNTED.needed(),
    UNIT,
    LOT,
    SERIALS,
    STATUS,
    EXPIRY,
    COST,
    AT,
    LATE,
    DOCUMENT,
    REASON,
    NOTE,
];

pub(super) static MOVEMENT_FIELDS: [Field; 19] = [
    Field::new("kind", "/kind", Holds::Text).needed().also(&["type"]),
    SKU,
    LOCATION,
    QTY,
    Field::new("counted", "/lines/0/counted", Holds::Decimal),
    UNIT,
    Field::new("to_location", "/lines/0/to_location", Holds::Code),
    Field::new("to_status", "/lines/0/to_status", Holds::Text),
    LOT,
    SERIALS,
    STATUS,
    EXPIRY,
    MADE,
    COST,
    AT,
    LATE,
    DOCUMENT,
    REASON,
    NOTE,
];

pub(super) fn take(tx: &mut Tx<'_>, who: &Who, bring: &Bring, rows: &[Row]) -> Result<Vec<Taken>, Failure> {
    let zone = places::organisation(tx)?.zone;
    let mut taken: Vec<Option<Taken>> = rows.iter().map(|_| None).collect();
    let (mut places, mut requests) = (Vec::new(), Vec::new());
    for (row, taken) in rows.iter().zip(taken.iter_mut()) {
        match request(who, bring, row, &zone) {
            Ok(request) => {
                requests.push(request);
                places.push(taken);
            }
            Err(problem) => *taken = Some(Taken::Refused(problem)),
        }
    }
    let answers = decide(tx, &requests)?;
    for (place, answer) in places.into_iter().zip(&answers) {
        *place = Some(match outcome(answer)? {
            // what was counted is what the books have
            Taken::Refused(problem) if bring.list == List::Counts && problem.detail == NOTHING_CHANGES => {
                Taken::Unchanged
            }
            taken => taken,
        });
    }
    let missing = || Failure::fault("a row of an import was neither posted nor refused");
    taken.into_iter().map(|taken| taken.ok_or_else(missing)).collect()
}

/// What the vault answers. Of a refusal nothing stays: kept under its key, it would be given again to whoever
/// has mended what it was about.
fn decide(tx: &mut Tx<'_>, requests: &[Request]) -> Result<Vec<Answer>, Failure> {
    let part = |tx: &mut Tx<'_>, requests: &[Request]| {
        let answers = tx.savepoint(|tx| {
            let answers = stock::run_in(tx, requests)?;
            let is_taken = answers.iter().all(|answer| answer.status.is_success());
            if is_taken { Ok(answers) } else { Err(Undone::Refused(answers)) }
        });
        match answers {
            Ok(answers) => Ok((answers, true)),
            Err(Undone::Refused(answers)) => Ok((answers, false)),
            Err(Undone::Failed(error)) => Err(error),
        }
    };
    if let (answers, true) = part(tx, requests)? {
        return Ok(answers);
    }
    let mut answers = Vec::with_capacity(requests.len());
    for request in requests {
        answers.extend(part(tx, std::slice::from_ref(request))?.0);
    }
    Ok(answers)
}

/// Why a part of the transaction is undone.
enum Undone {
    Refused(Vec<Answer>),
    Failed(DbError),
}

impl From<DbError> for Undone {
    fn from(error: DbError) -> Undone {
        Undone::Failed(error)
    }
}

/// A row as a request to the vault.
fn request(who: &Who, bring: &Bring, row: &Row, zone: &Zone) -> Result<Request, Problem> {
    let mut body = row.body.clone();
    match bring.list {
        List::OpeningStock => drop(body.insert("kind".to_owned(), json!(Kind::Opening.word()))),
        List::Counts => drop(body.insert("kind".to_owned(), json!(Kind::Adjust.word()))),
        _ => {}
    }
    as_line(&mut body);
    if let Some(Value::String(text)) = body.get_mut("effective_at")
        && Instant::parse(text).is_err()
    {
        let at = zone.parse_civil(text).map_err(|error| error.problem("/effective_at"))?;
        *text = at.to_string();
    }
    if bring.list == List::Counts {
        body.entry("reason").or_insert_with(|| json!("count"));
    }
    let post = stock::read_posting(&Value::Object(body))?;
    let mut hash = Sha256::new();
    hash.update(bring.list.word());
    hash.update(serde_json::to_vec(&row.body).unwrap_or_default());
    let file = hex::digits(bring.digest.first_chunk::<10>().unwrap_or(&[0; 10]));
    let key = format!("import-{}-{file}-{}-{}", bring.list.word(), bring.run, row.number);
    Ok(Request {
        ctx: who.ctx.clone(),
        principal: Arc::clone(&who.principal),
        key: Some(RequestKey { key, fingerprint: hash.finalize().into() }),
        work: Work::Post(post),
        second: web::Second::Cannot,
    })
}

/// Pointers of fields stand in a line; a row makes an object of `lines`, which is the only one of its list.
fn as_line(body: &mut Map<String, Value>) {
    if let Some(Value::Object(mut lines)) = body.remove("lines") {
        let line = lines.remove("0").unwrap_or_default();
        body.insert("lines".to_owned(), json!([line]));
    }
}

/// What the vault has answered.
fn outcome(answer: &Answer) -> Result<Taken, Failure> {
    if answer.status.is_success() {
        return Ok(if answer.replayed { Taken::Unchanged } else { Taken::Created });
    }
    match answer.problem() {
        Some(problem) => Ok(Taken::Refused(problem)),
        None => Err(Failure::fault("the vault refused a row without a problem")),
    }
}
