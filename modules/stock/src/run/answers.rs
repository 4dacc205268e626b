//! The answers that are kept for idempotency keys: looked for before a batch is decided, stored
//! with what it decided.

use super::batch::refused;
use crate::input::{Request, RequestKey};
use db::Question;
use db::idempotency::{self, KEPT_MICROS, Key as IdemKey, NewAnswer};
use domain::{Code, Ctx, Problem};
use web::{Answer, replay};

/// The answers that are kept for the keys of the requests, as a question.
pub(super) fn kept<'r>(requests: &[&'r Request]) -> Question<'r, idempotency::Answer> {
    let keyed = || requests.iter().filter_map(|request| Some((request, request.key.as_ref()?)));
    let keys: Vec<IdemKey<'_>> = keyed()
        .map(|(request, key)| IdemKey { principal: request.ctx.actor.id.get(), key: &key.key })
        .collect();
    let now = keyed().map(|(request, _)| request.ctx.now.0).max().unwrap_or(i64::MIN);
    idempotency::kept(&keys, now)
}

/// The stored answer of each request that was answered before.
pub(super) fn stored(requests: &[&Request], kept: Question<'_, idempotency::Answer>) -> Vec<Option<Answer>> {
    let mut kept = kept.answers().into_iter();
    let stored = |request: &&Request| {
        let key = request.key.as_ref()?;
        let stored = kept.next().flatten()?;
        let answer = replay(stored, &key.fingerprint);
        Some(answer.unwrap_or_else(|problem| Answer::refused(&problem, request.ctx.request_id)))
    };
    requests.iter().map(stored).collect()
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

/// The answers that are new and final, with their headers as they are kept.
pub(super) fn new<'a>(
    requests: &[&'a Request],
    answers: &'a [Answer],
    headers: &'a [Option<String>],
    keep: &[bool],
) -> Vec<NewAnswer<'a>> {
    let all = requests.iter().zip(answers).zip(headers).zip(keep).filter(|(_, keep)| **keep);
    let keyed = all.filter_map(|(asked, _)| Some((asked, asked.0.0.key.as_ref()?)));
    keyed
        .map(|(((request, answer), headers), key)| NewAnswer {
            key: IdemKey { principal: request.ctx.actor.id.get(), key: &key.key },
            fingerprint: &key.fingerprint,
            status: answer.status.as_u16().into(),
            headers: headers.as_deref(),
            body: answer.kept_body(),
            created_at: request.ctx.now.0,
            expires_at: request.ctx.now.0 + KEPT_MICROS,
        })
        .collect()
}
