//! The answers that are kept for idempotency keys: looked for before a batch is decided, stored
//! with what it decided.

use super::batch::refused;
use crate::input::{Request, RequestKey};
use db::idempotency::{self, KEPT_MICROS, Key as IdemKey, NewAnswer};
use db::{DbError, Tx};
use domain::{Code, Ctx, Problem};
use web::{Answer, replay};

/// The stored answer of each request that was answered before.
pub(super) fn load(tx: &mut Tx<'_>, requests: &[&Request]) -> Result<Vec<Option<Answer>>, DbError> {
    let mut keys = Vec::with_capacity(requests.len());
    let mut now = i64::MIN;
    for request in requests {
        if let Some(key) = &request.key {
            keys.push(IdemKey { principal: request.ctx.actor.id.get(), key: &key.key });
            now = now.max(request.ctx.now.0);
        }
    }
    if keys.is_empty() {
        return Ok(requests.iter().map(|_| None).collect());
    }
    let mut found = idempotency::load_many(tx, &keys, now)?.into_iter();
    let mut answers = Vec::with_capacity(requests.len());
    for request in requests {
        let stored = request.key.as_ref().and_then(|_| found.next().flatten());
        answers.push(match (stored, &request.key) {
            (Some(stored), Some(key)) => Some(
                replay(stored, &key.fingerprint)
                    .unwrap_or_else(|problem| Answer::refused(&problem, request.ctx.request_id)),
            ),
            _ => None,
        });
    }
    Ok(answers)
}

/// The answer of a key that came earlier in the same batch.
pub(super) fn again(first: Option<&Answer>, fingerprint: &[u8; 32], key: &RequestKey, ctx: &Ctx) -> Answer {
    let stored = first.map(|first| idempotency::Answer {
        fingerprint: *fingerprint,
        status: first.status.as_u16().into(),
        headers: first.headers_text(),
        body: first.body.to_vec(),
        created_at: ctx.now.0,
    });
    let lost = || Problem::new(Code::Internal, "an earlier answer of the batch is gone");
    let answer = stored.ok_or_else(lost).and_then(|stored| replay(stored, &key.fingerprint));
    answer.unwrap_or_else(|problem| refused(&problem, ctx))
}

/// Keeps the answers that are new and final.
pub(super) fn store(
    tx: &mut Tx<'_>,
    requests: &[&Request],
    answers: &[Answer],
    keep: &[bool],
) -> Result<(), DbError> {
    let headers: Vec<Option<String>> = answers.iter().map(Answer::headers_text).collect();
    let mut stored = Vec::with_capacity(requests.len());
    for (((request, answer), headers), keep) in requests.iter().zip(answers).zip(&headers).zip(keep) {
        let Some(key) = request.key.as_ref().filter(|_| *keep) else { continue };
        stored.push(NewAnswer {
            key: IdemKey { principal: request.ctx.actor.id.get(), key: &key.key },
            fingerprint: &key.fingerprint,
            status: answer.status.as_u16().into(),
            headers: headers.as_deref(),
            body: answer.kept_body(),
            created_at: request.ctx.now.0,
            expires_at: request.ctx.now.0 + KEPT_MICROS,
        });
    }
    if stored.is_empty() { Ok(()) } else { idempotency::store_many(tx, &stored) }
}
