//! The answer of a bulk.

use super::answers::Earlier;
use super::batch::raw;
use crate::answer::{BulkAnswer, BulkEntry};
use crate::save::Entry;
use domain::ledger::Kind;
use domain::{Ctx, Problem};
use serde_json::value::to_raw_value;
use web::{Answer, Failure};

/// The answer of a bulk: for each posting the next of the entries, or why it was refused; for one that
/// was answered for good before, that answer.
pub(super) fn bulk_answer<'a>(
    entries: &'a [Entry],
    refusals: &[Option<Problem>],
    earlier: Option<&'a Earlier>,
    ctx: &Ctx,
) -> Result<BulkAnswer<'a>, Failure> {
    // nobody asks for what comes back from expired
    let mut accepted = entries.iter().filter(|entry| entry.posted.kind != Kind::Expire);
    let mut decided = refusals.iter().map(|refusal| {
        if let Some(problem) = refusal {
            let status = Answer::refused(problem, ctx.request_id).status.as_u16();
            let problem = to_raw_value(&web::problem_value(problem, ctx.request_id))?;
            return Ok::<_, Failure>(BulkEntry::Refused { status, problem });
        }
        let lost = || Failure::fault("a posting was accepted and not entered");
        Ok(BulkEntry::Accepted { status: 201, posting: raw(accepted.next().ok_or_else(lost)?) })
    });
    let mut postings = Vec::with_capacity(refusals.len());
    let mut done = refusals.iter().filter(|refusal| refusal.is_none()).count();
    for entry in earlier.into_iter().flat_map(|earlier| &earlier.entries) {
        if entry.is_final {
            done += usize::from(entry.is_accepted);
            postings.push(BulkEntry::Earlier(&entry.answer));
        } else {
            postings.extend(decided.next().transpose()?);
        }
    }
    for entry in decided {
        postings.push(entry?);
    }
    Ok(BulkAnswer { accepted: done, refused: postings.len() - done, postings })
}
