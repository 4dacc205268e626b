//! A write happens once for one key: the answer is stored in the transaction that it answers, and
//! given again to whoever repeats the request. A refusal is stored too, although what the command
//! had done is undone; what may pass by itself (busy, a fault of ours) never is.

use crate::answer::Answer;
use crate::app::App;
use crate::body::Command;
use crate::failure::Failure;
use crate::second::{self, Need, Second};
use axum::http::StatusCode;
use bytes::Bytes;
use db::Tx;
use db::idempotency::{self, KEPT_MICROS, Key, NewAnswer};
use domain::{Code, Ctx, Instant, Kind, Problem, Worth};
use serde::{Deserialize, Serialize};

/// Whether a refusal is the answer for good, so that it is stored.
pub const fn is_final(problem: &Problem) -> bool {
    match problem.kind() {
        Kind::NotFound
        | Kind::Conflict
        | Kind::Stale
        | Kind::TooLarge
        | Kind::Unsupported
        | Kind::Invalid
        | Kind::Malformed
        | Kind::PreconditionRequired => true,
        Kind::Unauthenticated
        | Kind::Forbidden
        | Kind::Throttled
        | Kind::Internal
        | Kind::Busy
        | Kind::StorageFull => false,
    }
}

/// The same of one entry of an answer, which is known by its status.
pub const fn is_final_status(status: u16) -> bool {
    !matches!(status, 401 | 403 | 429 | 500 | 503 | 507)
}

/// The stored answer, for the same request only.
///
/// # Errors
/// `idempotency_mismatch` when the key was used with another request.
pub fn replay(stored: idempotency::Answer, fingerprint: &[u8; 32]) -> Result<Answer, Problem> {
    let idempotency::Answer { fingerprint: first, status, headers, body, created_at: _ } = stored;
    if first != *fingerprint {
        let detail =
            "the `Idempotency-Key` was used with another request: take a fresh one for every new request";
        return Err(Problem::new(Code::IdempotencyMismatch, detail));
    }
    let headers: Headers = headers.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    Ok(Answer {
        body: body.into(),
        version: headers.version,
        location: headers.location,
        replayed: true,
        ..Answer::empty(status.unwrap_or(StatusCode::OK))
    })
}

/// What is stored of the headers.
#[derive(Default, Serialize, Deserialize)]
struct Headers {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    location: Option<String>,
}

impl Answer {
    /// A refusal as an answer, to be stored with the others.
    pub fn refused(problem: &Problem, request_id: uuid::Uuid) -> Answer {
        let body = crate::problem::body(problem, request_id);
        Answer { body, ..Answer::empty(crate::problem::status(problem.code)) }.refusing([problem])
    }

    /// What is stored of the headers; `None` when there is nothing.
    pub fn headers_text(&self) -> Option<String> {
        let headers = Headers { version: self.version, location: self.location.clone() };
        let any = headers.version.is_some() || headers.location.is_some();
        any.then(|| serde_json::to_string(&headers).unwrap_or_default())
    }

    /// What is stored of the body.
    pub fn kept_body(&self) -> &Bytes {
        self.kept.as_ref().unwrap_or(&self.body)
    }

    /// Replays show this instead of the body, which holds a secret.
    ///
    /// # Errors
    /// When it cannot be written as JSON, which is a fault of ours.
    pub fn keep<T: Serialize + ?Sized>(mut self, body: &T) -> Result<Answer, Failure> {
        self.kept = Some(serde_json::to_vec(body)?.into());
        Ok(self)
    }
}

impl<T: Send + 'static> Command<T> {
    /// The answer that was given for its key before, for a command that refuses or costs something
    /// before it is run.
    ///
    /// # Errors
    /// `idempotency_mismatch`, and failures of the store.
    pub async fn earlier(&self, app: &App) -> Result<Option<Answer>, Failure> {
        let (principal, key, now) = (self.caller.ctx.actor.id.get(), self.key.clone(), self.caller.ctx.now);
        let stored = app.db().read(move |conn| {
            Ok::<_, Failure>(idempotency::load(conn, Key { principal, key: key.as_str() }, now.0)?)
        });
        Ok(stored.await?.map(|stored| replay(stored, &self.fingerprint)).transpose()?)
    }

    /// Runs the command once for its key. `decide` may run again when the store asks for it.
    ///
    /// # Errors
    /// What `decide` refuses, `idempotency_mismatch`, and failures of the store.
    pub async fn run(
        self,
        app: &App,
        mut decide: impl FnMut(&mut Tx<'_>, &Command<T>) -> Result<Answer, Failure> + Send + 'static,
    ) -> Result<Answer, Failure> {
        if self.dry_run {
            let answer = app.db().dry_run(move |tx| held_or_done(tx, &self, &mut decide)).await?;
            return Ok(Answer { dry_run: true, ..answer });
        }
        if let Second::Agreed(agreement) = self.second.clone() {
            return app
                .db()
                .write(move |tx| agreement.carry_out(tx, |tx| judged(tx, &self, &mut decide)))
                .await;
        }
        let answer = app.db().write(move |tx| once(tx, &self, &mut decide)).await?;
        if answer.replayed {
            app.count_replay();
        }
        Ok(answer)
    }
}

fn once<T>(
    tx: &mut Tx<'_>,
    command: &Command<T>,
    decide: &mut impl FnMut(&mut Tx<'_>, &Command<T>) -> Result<Answer, Failure>,
) -> Result<Answer, Failure> {
    let ctx = &command.caller.ctx;
    let key = Key { principal: ctx.actor.id.get(), key: command.key.as_str() };
    if let Some(stored) = idempotency::load(tx, key, ctx.now.0)? {
        return Ok(replay(stored, &command.fingerprint)?);
    }
    let answer = match held_or_done(tx, command, decide) {
        Ok(answer) => answer,
        Err(Failure::Refused(problem)) if is_final(&problem) => Answer::refused(&problem, ctx.request_id),
        Err(failure) => return Err(failure),
    };
    store(tx, ctx, key, &command.fingerprint, &answer)?;
    Ok(answer)
}

/// Runs a command, unless it needs somebody else: then it is undone, and waits.
fn held_or_done<T>(
    tx: &mut Tx<'_>,
    command: &Command<T>,
    decide: &mut impl FnMut(&mut Tx<'_>, &Command<T>) -> Result<Answer, Failure>,
) -> Result<Answer, Failure> {
    let ctx = &command.caller.ctx;
    let Some(need) = need(command) else { return tx.savepoint(|tx| decide(tx, command)) };
    let Some((sent, need)) = command.second.must_wait(need, 0)? else {
        return tx.savepoint(|tx| decide(tx, command));
    };
    // what would be refused is refused now
    let undone = undone(tx, |tx| decide(tx, command))?;
    if undone.is_secret() {
        // nobody would be told
        return Err(Second::required(need.permission).into());
    }
    let (held, answer) = sent.hold(ctx, &need)?;
    if let Some(held) = held {
        second::store_held(tx, ctx, &held)?;
    }
    Ok(answer)
}

/// What a command does that somebody else has agreed to, when they are free to do it.
fn judged<T>(
    tx: &mut Tx<'_>,
    command: &Command<T>,
    decide: &mut impl FnMut(&mut Tx<'_>, &Command<T>) -> Result<Answer, Failure>,
) -> Result<Answer, Failure> {
    if let Some(need) = need(command) {
        command.second.must_wait(need, 0)?;
    }
    decide(tx, command)
}

/// What the permission of a command asks for, wherever it is held: what a command is about is known to
/// itself alone, and its worth to nobody.
fn need<T>(command: &Command<T>) -> Option<Need> {
    let caller = &command.caller;
    let permission = caller.permission?;
    let condition = command.second.judged(&caller.principal).condition_anywhere(permission);
    condition.asks(Worth::Unknown, 0).then(|| Need {
        permission,
        condition,
        worth: Worth::Unknown,
        places: caller.scope.roots().map(<[_]>::to_vec),
    })
}

/// Runs something and undoes it; what it would have answered.
fn undone(
    tx: &mut Tx<'_>,
    run: impl FnOnce(&mut Tx<'_>) -> Result<Answer, Failure>,
) -> Result<Answer, Failure> {
    let mut answer = None;
    let done = tx.savepoint(|tx| {
        answer = Some(run(tx)?);
        Err::<(), Failure>(Failure::fault("undone"))
    });
    match (answer, done) {
        (Some(answer), _) => Ok(answer),
        (None, Err(failure)) => Err(failure),
        (None, Ok(())) => Err(Failure::fault("nothing was run")),
    }
}

/// Keeps the answer of a request in place of the one that was given for now, if there still is one.
pub(crate) fn keep_in_place(
    tx: &mut Tx<'_>,
    (principal, key, fingerprint): (i64, &str, &[u8; 32]),
    answer: &Answer,
    now: Instant,
) -> Result<(), Failure> {
    let key = Key { principal, key };
    let before = idempotency::load(tx, key, now.0)?.map(|stored| stored.created_at);
    let headers = answer.headers_text();
    idempotency::store(
        tx,
        &NewAnswer {
            key,
            fingerprint,
            status: answer.status.as_u16().into(),
            headers: headers.as_deref(),
            body: answer.kept_body(),
            created_at: before.map_or(now.0, |before| now.0.max(before.saturating_add(1))),
            expires_at: now.plus_micros(KEPT_MICROS).0,
            replaces: before,
        },
    )?;
    Ok(())
}

fn store(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    key: Key<'_>,
    fingerprint: &[u8; 32],
    answer: &Answer,
) -> Result<(), Failure> {
    let headers = answer.headers_text();
    idempotency::store(
        tx,
        &NewAnswer {
            key,
            fingerprint,
            status: answer.status.as_u16().into(),
            headers: headers.as_deref(),
            body: answer.kept_body(),
            created_at: ctx.now.0,
            expires_at: ctx.now.plus_micros(KEPT_MICROS).0,
            replaces: None,
        },
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_tells_what_is_final_as_its_code_does() {
        for code in Code::ALL {
            let status = crate::problem::status(*code).as_u16();
            assert_eq!(is_final_status(status), is_final(&Problem::new(*code, "")), "{code:?} {status}");
        }
        assert!(is_final_status(201));
    }
}
