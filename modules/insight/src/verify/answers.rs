//! A request has one effect and one stored answer (I-17).

use super::findings::Findings;
use super::ground::{Ground, posting};
use db::{Conn, DbError, Statement};
use domain::Instant;
use rustc_hash::FxHashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

const KEYS: Statement = Statement::new(
    "verify.answers.keys",
    "select lane, seq, recorded_at, actor_id, idem_key
     from ck_posting
     where idem_key is not null
     order by lane, seq",
);

const UNANSWERED: Statement = Statement::new(
    "verify.answers.unanswered",
    "select p.lane, p.seq, p.idem_key, i.status
     from ck_posting p
     left join ck_idem i on i.principal_id = p.actor_id and i.key = p.idem_key
     where p.idem_key is not null and p.recorded_at > ?1
       and (i.status is null or i.status not between 200 and 299)
     order by p.lane, p.seq",
);

const UNFIT: Statement = Statement::new(
    "verify.answers.unfit",
    "select principal_id, key, status from ck_idem where status not between 200 and 499 or expires_at <= created_at",
);

const COUNT: Statement = Statement::new("verify.answers.count", "select count(*) from ck_idem");

/// Postings of one key stand together, as those of one request do, unless the key was forgotten in
/// between and used anew.
pub(super) fn one_effect(
    conn: &mut Conn<'_>,
    ground: &Ground,
    findings: &mut Findings,
) -> Result<(), DbError> {
    let parts = u64::try_from(ground.postings() / ground.keys_max).unwrap_or(0).saturating_add(1);
    for part in 0..parts {
        let mut last: FxHashMap<u64, (i64, i64, i64)> = FxHashMap::default();
        conn.for_each(&KEYS, &[], |row| {
            let (lane, seq, at, key) = (row.int(0)?, row.int(1)?, row.int(2)?, row.text(4)?);
            let mut hasher = DefaultHasher::new();
            (row.int(3)?, key).hash(&mut hasher);
            let hash = hasher.finish();
            if hash % parts != part {
                return Ok(());
            }
            findings.row();
            if let Some((other, number, when)) = last.insert(hash, (lane, seq, at)) {
                let together = other == lane && number.saturating_add(1) == seq;
                let apart = at.saturating_sub(when).saturating_abs() >= db::idempotency::KEPT_MICROS;
                findings.hold(together || apart, || {
                    let (one, two) = (posting(other, number), posting(lane, seq));
                    format!("the key `{key}` has two effects: {one} and {two}")
                });
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Since when a posting that was made under a key has its answer. A day of doubt: a posting is recorded a
/// little after its request came.
pub(super) fn kept_since(ground: &Ground) -> Instant {
    let kept = db::idempotency::KEPT_MICROS.saturating_sub(86_400_000_000);
    ground.now.plus_micros(kept.saturating_neg())
}

/// A posting whose key is still kept has its answer, and no answer is kept that is not final.
pub(super) fn answered(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let answers = u64::try_from(conn.query_one(&COUNT, &[], |row| row.int(0))?).unwrap_or(0);
    findings.rows = findings.rows.saturating_add(answers);
    let since = kept_since(ground);
    conn.for_each(&UNANSWERED, &[since.0.into()], |row| {
        let (place, key, status) = (posting(row.int(0)?, row.int(1)?), row.text(2)?, row.opt_int(3)?);
        findings.add(|| match status {
            None => format!("{place} was made under the key `{key}`, which has no answer"),
            Some(status) => format!("{place} was made under the key `{key}`, whose answer is {status}"),
        });
        Ok(())
    })?;
    conn.for_each(&UNFIT, &[], |row| {
        let (principal, key, status) = (row.int(0)?, row.text(1)?, row.int(2)?);
        findings.add(|| {
            format!("the answer {status} to the key `{key}` of principal {principal} is not one to keep")
        });
        Ok(())
    })
}
