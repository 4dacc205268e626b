//! The answers that are kept for idempotency keys: looked for before a batch is decided, stored
//! with what it decided.

use super::batch::refused;
use crate::input::{Request, RequestKey, Work};
use db::Question;
use db::idempotency::{self, KEPT_MICROS, Key as IdemKey, NewAnswer};
use domain::{Code, Ctx, Problem};
use serde::Deserialize;
use serde_json::value::RawValue;
use web::{Answer, is_final_status, replay};

/// The answers that are kept for the keys of the requests, as a question.
pub(super) fn kept<'r>(requests: &[&'r Request]) -> Question<'r, idempotency::Answer> {
    let keyed = || requests.iter().filter_map(|request| Some((request, request.key.as_ref()?)));
    let keys: Vec<IdemKey<'_>> = keyed()
        .map(|(request, key)| IdemKey { principal: request.ctx.actor.id.get(), key: &key.key })
        .collect();
    let now = keyed().map(|(request, _)| request.ctx.now.0).max().unwrap_or(i64::MIN);
    idempotency::kept(&keys, now)
}

/// What is known of a request from before.
pub(super) enum Stored {
    /// It is new.
    Nothing,
    /// It was answered.
    Whole(Answer),
    /// It is a bulk, and some of its entries were not answered for good.
    Part(Earlier),
}

/// The answer of a bulk some of which may pass by now: what was accepted is never posted again, and what
/// was refused for good stays so; the rest is decided anew.
pub(super) struct Earlier {
    /// When it was given.
    pub(super) given_at: i64,
    pub(super) entries: Vec<EarlierEntry>,
}

/// What was answered for one posting of a bulk.
pub(super) struct EarlierEntry {
    pub(super) is_accepted: bool,
    pub(super) is_final: bool,
    pub(super) answer: Box<RawValue>,
}

impl Earlier {
    /// Reads an answer; `None` when nothing of it is to be decided anew, or it is none of a bulk.
    fn read(answer: &Answer, given_at: i64) -> Option<Earlier> {
        #[derive(Deserialize)]
        struct Body {
            postings: Vec<Box<RawValue>>,
        }
        #[derive(Deserialize)]
        struct Entry {
            status: u16,
        }
        let body: Body = serde_json::from_slice(&answer.body).ok()?;
        let entry = |answer: Box<RawValue>| {
            let Entry { status } = serde_json::from_str(answer.get()).ok()?;
            Some(EarlierEntry { is_accepted: status < 400, is_final: is_final_status(status), answer })
        };
        let entries = body.postings.into_iter().map(entry).collect::<Option<Vec<EarlierEntry>>>()?;
        entries.iter().any(|entry| !entry.is_final).then_some(Earlier { given_at, entries })
    }
}

/// What is kept of each request.
pub(super) fn stored(requests: &[&Request], kept: Question<'_, idempotency::Answer>) -> Vec<Stored> {
    let mut kept = kept.answers().into_iter();
    let stored = |request: &&Request| {
        let Some(key) = request.key.as_ref() else { return Stored::Nothing };
        let Some(stored) = kept.next().flatten() else { return Stored::Nothing };
        let given_at = stored.created_at;
        match replay(stored, &key.fingerprint) {
            Ok(answer) if matches!(request.work, Work::Bulk(_)) => match Earlier::read(&answer, given_at) {
                Some(earlier) => Stored::Part(earlier),
                None => Stored::Whole(answer),
            },
            Ok(answer) => Stored::Whole(answer),
            Err(problem) => Stored::Whole(Answer::refused(&problem, request.ctx.request_id)),
        }
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
    replaces: &[Option<i64>],
) -> Vec<NewAnswer<'a>> {
    let all = requests.iter().zip(answers).zip(headers).zip(replaces).zip(keep);
    let keyed = all.filter(|(_, keep)| **keep).filter_map(|(asked, _)| {
        let (((request, _), _), _) = asked;
        Some((asked, request.key.as_ref()?))
    });
    keyed
        .map(|((((request, answer), headers), replaces), key)| {
            let now = request.ctx.now.0;
            NewAnswer {
                key: IdemKey { principal: request.ctx.actor.id.get(), key: &key.key },
                fingerprint: &key.fingerprint,
                status: answer.status.as_u16().into(),
                headers: headers.as_deref(),
                body: answer.kept_body(),
                // later than the one in whose place it comes, whatever the clock says
                created_at: replaces.map_or(now, |before| now.max(before.saturating_add(1))),
                expires_at: now + KEPT_MICROS,
                replaces: *replaces,
            }
        })
        .collect()
}
