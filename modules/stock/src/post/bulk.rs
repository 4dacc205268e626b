//! The body of a bulk: postings that name their kinds, each read for itself.

use super::wire::{LineBody, lines};
use crate::compile::too_many_postings;
use crate::input::{BulkInput, POSTINGS_PER_BULK_MAX, PostInput};
use domain::ledger::Kind;
use domain::{Code, Instant, Problem};
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Entries, FromJson};

/// A posting of a bulk: it names its kind.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BulkPosting {
    /// The kind: `receive`, `issue`, `move`, `set_status`, `adjust`, `return`, `opening`,
    /// `produce` or `consume`.
    kind: String,
    /// When it happens; now when left out.
    #[schema(value_type = Option<String>, format = DateTime)]
    effective_at: Option<Instant>,
    /// Book it in the first open period when the one it falls in is closed.
    #[serde(default)]
    post_late: bool,
    /// The document behind it, such as an order.
    document: Option<String>,
    /// Why: one of the reasons. An adjustment and a change of status must say.
    reason: Option<String>,
    /// Anything else a person should know.
    note: Option<String>,
    /// What moves, line by line.
    lines: Vec<LineBody>,
}

/// Up to 1,000 postings in one request.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkBody {
    /// All or none. When false, each is accepted or refused by itself.
    #[serde(default)]
    atomic: bool,
    /// The postings, decided in this order.
    postings: Vec<BulkPosting>,
}

/// A bulk as it was read: postings, and in place of those that could not be read, why.
#[derive(Debug)]
pub(crate) struct Bulk {
    atomic: bool,
    postings: Vec<Result<BulkPosting, Problem>>,
}

/// A bulk whose postings are read later.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LooseBulk<'t> {
    #[serde(default)]
    atomic: bool,
    #[serde(borrow)]
    postings: Entries<'t, POSTINGS_PER_BULK_MAX>,
}

/// How deep a posting stands in its bulk: in the list, which is in the body.
const OUTER: usize = 2;

impl FromJson for Bulk {
    /// Reads a bulk at once when all of it is right. Otherwise its postings are read one by one, but for an
    /// atomic one, which is refused as it is.
    fn from_json(bytes: &[u8]) -> Result<Bulk, Problem> {
        let problem = match BulkBody::from_json(bytes) {
            Ok(BulkBody { atomic, postings }) => {
                return Ok(Bulk { atomic, postings: postings.into_iter().map(Ok).collect() });
            }
            Err(problem) => problem,
        };
        let LooseBulk { atomic, postings } = web::read_loosely(bytes)?;
        if atomic {
            return Err(problem);
        }
        if postings.count > POSTINGS_PER_BULK_MAX {
            return Err(too_many_postings(postings.count));
        }
        let read = postings.first.into_iter().map(|posting| web::read_entry(posting, OUTER));
        Ok(Bulk { atomic, postings: read.collect() })
    }
}

impl Bulk {
    /// As the vault takes it. A posting that cannot be read is refused by itself, or with all.
    pub(crate) fn input(&self) -> Result<BulkInput, Problem> {
        let mut postings = Vec::with_capacity(self.postings.len());
        let mut refused = Vec::new();
        for (number, body) in self.postings.iter().enumerate() {
            match body.as_ref().map_err(Problem::clone).and_then(BulkPosting::input) {
                Ok(posting) => postings.push(posting),
                Err(problem) if self.atomic => return Err(problem.under(&format!("/postings/{number}"))),
                Err(problem) => refused.push((number, problem)),
            }
        }
        Ok(BulkInput { postings, refused, atomic: self.atomic })
    }
}

/// Reads a posting that names its kind, as a bulk has them.
///
/// # Errors
/// What is wrong with it, by the pointers of its fields.
pub fn read_posting(body: &serde_json::Value) -> Result<PostInput, Problem> {
    BulkPosting::from_json(body.to_string().as_bytes())?.input()
}

impl BulkPosting {
    fn input(&self) -> Result<PostInput, Problem> {
        let kind = Kind::parse(&self.kind).ok().filter(|kind| BY_HAND.contains(kind)).ok_or_else(|| {
            let detail = format!("`{}` is not a kind of posting; take one of {}", self.kind, by_hand());
            Problem::at(Code::InvalidValue, "/kind", detail)
        })?;
        Ok(PostInput {
            kind,
            effective_at: self.effective_at,
            post_late: self.post_late,
            document: self.document.clone(),
            reason: self.reason.clone(),
            note: self.note.clone(),
            lines: lines(&self.lines, kind)?,
        })
    }
}

/// The kinds that people and programs post; the others follow from documents.
const BY_HAND: [Kind; 9] = [
    Kind::Receive,
    Kind::Issue,
    Kind::Move,
    Kind::SetStatus,
    Kind::Adjust,
    Kind::Return,
    Kind::Opening,
    Kind::Produce,
    Kind::Consume,
];

fn by_hand() -> String {
    BY_HAND.map(|kind| format!("`{}`", kind.word())).join(", ")
}
