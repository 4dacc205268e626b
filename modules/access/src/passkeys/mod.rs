//! Passkeys: a key that a device keeps and uses for this site alone, so that no page that looks like ours gets anything of it.
//! It stands beside a password as the second factor, or in its place when it has made sure who uses it.
//!
//! Invariants: what was asked of a passkey counts once, for ten minutes; a passkey is of one user; one whose counter goes
//! back is refused and told of; only public halves are kept.

pub(crate) mod api;
mod cbor;
mod decide;

use crate::Access;
use crate::record::Change;
use crate::second_factor::RecoveryCodes;
use crate::sessions::{self, Why};
use crate::store;
use crate::store_factors;
use crate::store_passkeys::{self, CREDENTIAL_INDEX, PasskeyRow};
use crate::text::check_length;
use crate::ticket::Ticket;
use crate::users::{self, User};
use db::{Conn, Tx};
use decide::{Asked, Given, Known, Made, Unheld};
use domain::{Code, Ctx, PrincipalId, Problem};
use serde_json::{Value, json};
use web::{Failure, IfMatch};

/// Passkeys that one user has at most.
pub(crate) const PASSKEYS_MAX: i64 = 20;
/// Characters of the name of a passkey at most.
const NAME_CHARS_MAX: usize = 60;

/// The site that passkeys are made for.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// Its pages, as in `https://stock.example`.
    pub(crate) origin: String,
    /// Its name, as in `stock.example`.
    pub(crate) name: String,
}

impl Site {
    /// Of the address that browsers show.
    pub(crate) fn of(public_url: &str) -> Site {
        let host = public_url.split_once("://").map_or(public_url, |(_, host)| host);
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        Site { origin: public_url.to_owned(), name: name.to_owned() }
    }
}

impl Access {
    /// The site.
    ///
    /// # Errors
    /// `sign_in_not_offered` when nobody has said its address.
    pub(crate) fn site(&self) -> Result<&Site, Problem> {
        self.public_site().ok_or_else(|| {
            let detail = "this server knows no address of its own, to which passkeys are bound: `public_url` in its settings says it";
            Problem::new(Code::SignInNotOffered, detail)
        })
    }
}

/// A name that somebody gives a passkey.
fn name(text: &str) -> Result<String, Problem> {
    let name = text.trim();
    check_length("/name", "a name", name, NAME_CHARS_MAX)?;
    if name.is_empty() || name.chars().any(char::is_control) {
        let detail = format!("a name has 1 to {NAME_CHARS_MAX} characters on one line");
        return Err(Problem::at(Code::InvalidValue, "/name", detail));
    }
    Ok(name.to_owned())
}

fn refused(why: Unheld) -> Problem {
    Problem::at(Code::PasskeyRefused, "/credential", why.to_string())
}

fn unknown() -> Problem {
    Problem::at(Code::PasskeyRefused, "/credential", "this passkey is not known here, or was taken away")
}

/// What a user is called to their devices: nothing that says anything of them.
fn handle(of: PrincipalId) -> [u8; 8] {
    of.get().to_be_bytes()
}

/// Adds a passkey that was made. With the first factor of somebody come the recovery codes, and all sessions end, which
/// were begun without it.
fn add(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (user, ticket): (&User, &Ticket),
    (made, name): (&Made, &str),
    codes: &RecoveryCodes,
) -> Result<(PasskeyRow, bool), Failure> {
    ticket.spend(tx, ctx.now)?;
    let of = user.row.id;
    let has = i64::try_from(store_passkeys::of(tx, of, PASSKEYS_MAX)?.len()).unwrap_or(PASSKEYS_MAX);
    if has >= PASSKEYS_MAX {
        let detail = format!("you have {PASSKEYS_MAX} passkeys already: remove one that you do not use");
        return Err(Problem::new(Code::TooMany, detail).into());
    }
    let is_first = !store_factors::is_set(tx, of)?;
    let new = PasskeyRow {
        id: 0,
        of,
        login: user.row.login.clone(),
        name: name.to_owned(),
        credential_id: made.id.clone(),
        public_key: made.key.clone(),
        count: i64::from(made.count),
        verified: made.verified,
        version: 1,
        created_at: ctx.now,
        last_used_at: None,
    };
    let id = match store_passkeys::insert(tx, &new) {
        Err(error) if error.is_unique(CREDENTIAL_INDEX) => {
            return Err(Problem::at(Code::InUse, "/credential", "this passkey is known here already").into());
        }
        done => done?,
    };
    if is_first {
        store_factors::set_codes(tx, of, &codes.hashes())?;
        sessions::end_all(tx, ctx, of, Why::SecondFactor)?;
    }
    changed(tx, ctx, user, ("access.user.add_passkey", &json!({ "passkey": { "id": id, "name": name } })))?;
    Ok((PasskeyRow { id, ..new }, is_first))
}

/// One of one's own, to be changed at the version that was read.
fn lock(tx: &mut Tx<'_>, user: &User, id: i64, version: IfMatch) -> Result<PasskeyRow, Failure> {
    let row = store_passkeys::by_id(tx, id, user.row.id)?.ok_or_else(|| Problem::not_found("passkey", id))?;
    version.check(row.version)?;
    Ok(row)
}

/// Gives one another name.
fn rename(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (user, row): (&User, PasskeyRow),
    name: &str,
) -> Result<PasskeyRow, Failure> {
    store_passkeys::rename(tx, row.id, name)?;
    let what = json!({ "passkey": { "id": row.id, "name": { "before": row.name, "after": name } } });
    changed(tx, ctx, user, ("access.user.rename_passkey", &what))?;
    Ok(PasskeyRow { name: name.to_owned(), version: row.version + 1, ..row })
}

/// Removes one. With the last factor of somebody go the recovery codes.
fn remove(tx: &mut Tx<'_>, ctx: &Ctx, user: &User, row: &PasskeyRow) -> Result<(), Failure> {
    store_passkeys::remove(tx, row.id)?;
    if !store_factors::is_set(tx, user.row.id)? {
        store_factors::set_codes(tx, user.row.id, &[])?;
    }
    let what = json!({ "passkey": { "id": row.id, "removed": row.name } });
    changed(tx, ctx, user, ("access.user.remove_passkey", &what))
}

fn changed(tx: &mut Tx<'_>, ctx: &Ctx, user: &User, (action, what): (&str, &Value)) -> Result<(), Failure> {
    store::count_up(tx, user.row.id)?;
    let after = users::find(tx, &user.row.login)?;
    let change: Change<'_> = users::change_of(&after.row, action, "access.user_changed");
    Ok(change.record(tx, ctx, what)?)
}

/// A signature as a browser sent it.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    id: Vec<u8>,
    client_data: Vec<u8>,
    authenticator_data: Vec<u8>,
    signature: Vec<u8>,
    handle: Option<Vec<u8>>,
}

/// Whose passkey has signed: it is used up with its ticket, and its user is held.
fn accept(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    signed: &Signed,
    (ticket, asked): (&Ticket, Asked<'_>),
) -> Result<User, Failure> {
    ticket.spend(tx, ctx.now)?;
    let found = store_passkeys::by_credential(tx, &signed.id)?.ok_or_else(unknown)?;
    let user = users::lock_own(tx, &found.login)?;
    // as it is now that the user is held
    let row = store_passkeys::by_credential(tx, &signed.id)?.ok_or_else(unknown)?;
    if signed.handle.as_ref().is_some_and(|given| *given != handle(row.of)) {
        return Err(unknown().into());
    }
    if user.row.ended_at.is_some() {
        return Err(unknown().into());
    }
    let given = Given {
        client_data: &signed.client_data,
        authenticator_data: &signed.authenticator_data,
        signature: &signed.signature,
    };
    let known = Known { key: &row.public_key, count: u32::try_from(row.count).unwrap_or(u32::MAX) };
    let count = decide::used(given, known, asked).map_err(refused)?;
    store_passkeys::used(tx, row.id, count, ctx.now)?;
    Ok(user)
}

/// Tells the audit log of a passkey that does not hold; the refusal has undone everything else.
fn note(tx: &mut Tx<'_>, ctx: &Ctx, signed: &Signed, why: &Problem) -> Result<(), Failure> {
    let target = match store_passkeys::by_credential(tx, &signed.id)? {
        Some(row) => format!("user:{}", row.login),
        None => return Ok(()),
    };
    let details = json!({ "why": why.detail });
    web::audit(tx, ctx, "access.passkey_refused", target, &details);
    Ok(())
}

/// The names by which devices know the passkeys of somebody.
fn credentials(conn: &mut Conn<'_>, of: PrincipalId) -> Result<Vec<Vec<u8>>, Failure> {
    let rows = store_passkeys::of(conn, of, PASSKEYS_MAX)?;
    Ok(rows.into_iter().map(|row| row.credential_id).collect())
}
