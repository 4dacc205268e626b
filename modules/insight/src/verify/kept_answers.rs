//! What kept answers say (I-17): each can be read, the postings that it names are there, and a posting that
//! was made under a key is named by the answer to it.

use super::findings::Findings;
use super::ground::{Ground, posting};
use db::{Conn, DbError, Statement};
use domain::PostingId;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;
use serde_json::value::RawValue;

const BODIES: Statement =
    Statement::new("verify.kept_answers.bodies", "select principal_id, key, status, body from ck_idem");

const COUNT: Statement = Statement::new("verify.kept_answers.count", "select count(*) from ck_idem");

const POSTINGS: Statement = Statement::new(
    "verify.kept_answers.postings",
    "select posting_id, actor_id, idem_key, lane, seq, recorded_at from ck_posting",
);

/// An answer that may name postings: one by itself, one beside what it has changed, or those of
/// a bulk or of reservations that were made together.
#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    posting: Option<&'a RawValue>,
    #[serde(borrow, default)]
    postings: Vec<Entry<'a>>,
    #[serde(borrow, default)]
    reservations: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    posting: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Shown<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
}

/// An id, or a posting that shows one.
fn id(value: &RawValue) -> Option<PostingId> {
    let text = value.get();
    match serde_json::from_str::<Shown<'_>>(text) {
        Ok(shown) => shown.id.and_then(id),
        Err(_) => serde_json::from_str::<&str>(text).ok().and_then(|text| PostingId::parse(text).ok()),
    }
}

/// The postings that an answer names; none when it cannot be read.
fn named(body: &[u8]) -> Option<Vec<PostingId>> {
    if body.is_empty() {
        return Some(Vec::new());
    }
    // an answer is an object, a list or a word; only an object names a posting
    serde_json::from_slice::<&RawValue>(body).ok()?;
    let Ok(body) = serde_json::from_slice::<Body<'_>>(body) else { return Some(Vec::new()) };
    let own = body.id.into_iter().chain(body.posting);
    let of_bulk = body.postings.iter().chain(&body.reservations).filter_map(|entry| entry.posting);
    Some(own.chain(of_bulk).filter_map(id).collect())
}

/// Which part of the answers a principal's key belongs to.
fn part_of(principal: i64, key: &str, parts: u64) -> u64 {
    let start = principal.unsigned_abs();
    key.bytes().fold(start, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte))) % parts
}

/// I-17: what is kept as the answer to a key names what was done under it.
pub(super) fn bodies(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let since = super::answers::kept_since(ground);
    let count = conn.query_one(&COUNT, &[], |row| row.int(0))?;
    let parts = u64::try_from(count / ground.keys_max).unwrap_or(0).saturating_add(1);
    for part in 0..parts {
        let mut unseen: FxHashMap<PostingId, String> = FxHashMap::default();
        let mut answered: FxHashSet<(i64, String)> = FxHashSet::default();
        conn.for_each(&BODIES, &[], |row| {
            let (principal, key, status) = (row.int(0)?, row.text(1)?, row.int(2)?);
            if part_of(principal, key, parts) != part {
                return Ok(());
            }
            findings.row();
            match named(row.opt_blob(3)?.unwrap_or_default()) {
                None => findings.add(|| format!("the answer to the key `{key}` cannot be read")),
                Some(ids) if (200..300).contains(&status) => {
                    unseen.extend(ids.into_iter().map(|id| (id, key.to_owned())));
                    answered.insert((principal, key.to_owned()));
                }
                Some(_) => {}
            }
            Ok(())
        })?;
        let named: FxHashSet<PostingId> = unseen.keys().copied().collect();
        conn.for_each(&POSTINGS, &[], |row| {
            let id = PostingId::from_bytes(row.id16(0)?);
            unseen.remove(&id);
            let Some(key) = row.opt_text(2)? else { return Ok(()) };
            let of = (row.int(1)?, key.to_owned());
            // what was made before the answer could be forgotten, and its key used anew, is not looked at
            let is_recent = row.int(5)? > since.0;
            if is_recent && answered.contains(&of) && !named.contains(&id) {
                let place = posting(row.int(3)?, row.int(4)?);
                findings
                    .add(|| format!("{place} was made under the key `{key}`, whose answer does not name it"));
            }
            Ok(())
        })?;
        let mut unseen: Vec<(PostingId, String)> = unseen.into_iter().collect();
        unseen.sort_unstable();
        for (id, key) in unseen {
            findings
                .add(|| format!("the answer to the key `{key}` names the posting {id}, which is not there"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_names_its_postings() {
        let one = "pst_00000000000000000000000000000001";
        let two = "pst_00000000000000000000000000000002";
        let cases = [
            (format!(r#"{{"id": "{one}", "reversal_of": "{two}"}}"#), Some(vec![one])),
            (
                format!(r#"{{"id": "clm_00000000000000000000000000000001", "posting": "{two}"}}"#),
                Some(vec![two]),
            ),
            (format!(r#"{{"sku": "A", "posting": {{"id": "{one}", "note": "{two}"}}}}"#), Some(vec![one])),
            (r#"{"sku": "A", "posting": null}"#.to_owned(), Some(vec![])),
            (
                format!(
                    r#"{{"postings": [{{"status": 201, "posting": {{"id": "{one}"}}}}, {{"problem": {{}}}}]}}"#
                ),
                Some(vec![one]),
            ),
            (r#"{"id": 7}"#.to_owned(), Some(vec![])),
            ("[1, 2]".to_owned(), Some(vec![])),
            (String::new(), Some(vec![])),
            ("{".to_owned(), None),
            ("{} and more".to_owned(), None),
        ];
        for (body, expected) in cases {
            let found =
                named(body.as_bytes()).map(|ids| ids.iter().map(PostingId::to_string).collect::<Vec<_>>());
            let expected = expected.map(|ids| ids.into_iter().map(str::to_owned).collect());
            assert_eq!(found, expected, "{body}");
        }
    }
}
