//! Grants, keys, sessions, second factors, roles and approvals name what exists (I-28).

use super::findings::Findings;
use super::ground::Ground;
use db::{Conn, DbError, Statement};
use domain::network::Network;
use domain::{ApprovalId, Permission};

const GRANTS: Statement = Statement::new(
    "verify.rights.grants",
    "select g.grant_id, g.principal_id, g.role_id, g.loc_id, p.principal_id, r.role_id,
            case when c.category_id is null and p.ended_at is null then g.category_id else 0 end
     from ck_grant g
     left join ck_principal p on p.principal_id = g.principal_id
     left join ck_role r on r.role_id = g.role_id
     left join ck_category c on c.category_id = g.category_id
     order by g.grant_id",
);

const KEYS: Statement = Statement::new(
    "verify.rights.keys",
    "select k.principal_id, k.owner_id, k.permissions, k.locations, p.kind, o.kind, k.networks
     from ck_key k
     left join ck_principal p on p.principal_id = k.principal_id
     left join ck_principal o on o.principal_id = k.owner_id
     order by k.principal_id",
);

const SESSIONS: Statement = Statement::new(
    "verify.rights.sessions",
    "select s.session_id, p.kind, s.ended_at, p.ended_at
     from ck_session s
     left join ck_principal p on p.principal_id = s.principal_id
     order by s.session_id",
);

const FACTORS: Statement = Statement::new(
    "verify.rights.factors",
    "select f.principal_id, p.kind, f.confirmed_at, f.recovery_codes, f.passkeys
     from ck_second_factor f
     left join ck_principal p on p.principal_id = f.principal_id
     order by f.principal_id",
);

/// Recovery codes that whoever has a second factor is given, used or not.
const RECOVERY_CODES: i64 = 10;

const ROLES: Statement =
    Statement::new("verify.rights.roles", "select name, permissions, built_in from ck_role order by role_id");

const APPROVALS: Statement = Statement::new(
    "verify.rights.approvals",
    "select a.approval_id, a.asked_by, a.state, a.decided_by, a.decided_at, a.status, p.principal_id
     from ck_approval a
     left join ck_principal p on p.principal_id = a.asked_by
     order by a.approval_id",
);

/// The first word of a JSON list that is no permission; `Some` as well when it is no list.
fn unknown(permissions: &str) -> Option<String> {
    let Ok(words) = serde_json::from_str::<Vec<String>>(permissions) else {
        return Some(permissions.to_owned());
    };
    words.into_iter().find(|word| Permission::parse(word).is_none())
}

/// The first entry of a JSON list that is no network; `Some` as well when it is no list.
fn no_network(networks: &str) -> Option<String> {
    let Ok(texts) = serde_json::from_str::<Vec<String>>(networks) else {
        return Some(networks.to_owned());
    };
    texts.into_iter().find(|text| Network::parse(text).is_err())
}

/// A grant names a principal, a role, a place and a category.
pub(super) fn grants(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&GRANTS, &[], |row| {
        findings.row();
        let (grant, principal, role, location) = (row.int(0)?, row.int(1)?, row.int(2)?, row.int(3)?);
        let lost = [
            row.opt_int(4)?.is_none().then(|| format!("principal {principal}")),
            row.opt_int(5)?.is_none().then(|| format!("role {role}")),
            (location != 0 && !ground.locations.contains_key(&location))
                .then(|| format!("location {location}")),
            // those of who was ended hold nothing any more, and keep no category
            Some(row.int(6)?)
                .filter(|category| *category != 0)
                .map(|category| format!("category {category}")),
        ];
        for lost in lost.into_iter().flatten() {
            findings.add(|| format!("grant {grant} names {lost}, which is not there"));
        }
        Ok(())
    })
}

/// A key belongs to a principal of its kind, acts for a user if for anybody, and is held to
/// permissions and places that are there.
pub(super) fn keys(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&KEYS, &[], |row| {
        findings.row();
        let (key, owner) = (row.int(0)?, row.opt_int(1)?);
        let places = row.opt_text(3)?.map(serde_json::from_str::<Vec<i64>>);
        let lost_place = match places {
            Some(Ok(ids)) => ids.into_iter().find(|id| !ground.locations.contains_key(id)),
            Some(Err(_)) => Some(0),
            None => None,
        };
        let wrong = [
            (row.opt_text(4)? != Some("key")).then(|| "has no principal".to_owned()),
            owner
                .filter(|_| row.opt_text(5).ok().flatten() != Some("user"))
                .map(|owner| format!("acts for {owner}, which is no user")),
            row.opt_text(2)?.and_then(unknown).map(|word| format!("names the permission `{word}`")),
            lost_place.map(|place| format!("names the location {place}")),
            row.opt_text(6)?.and_then(no_network).map(|text| format!("names the network `{text}`")),
        ];
        for wrong in wrong.into_iter().flatten() {
            findings.add(|| format!("key {key} {wrong}, which is not there"));
        }
        Ok(())
    })
}

/// A session belongs to a user, and goes on only while the account does.
pub(super) fn sessions(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&SESSIONS, &[], |row| {
        findings.row();
        let session = row.int(0)?;
        if row.opt_text(1)? != Some("user") {
            findings.add(|| format!("session {session} belongs to no user"));
        }
        if row.opt_int(2)?.is_none() && row.opt_int(3)?.is_some() {
            findings.add(|| format!("session {session} goes on, and the account of its user was ended"));
        }
        Ok(())
    })
}

/// A second factor belongs to a user, and has its recovery codes from the moment on from which it is asked for.
pub(super) fn factors(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&FACTORS, &[], |row| {
        findings.row();
        let (of, codes) = (row.int(0)?, row.int(3)?);
        if row.opt_text(1)? != Some("user") {
            findings.add(|| format!("the second factor of {of} belongs to no user"));
        }
        let has_any = row.opt_int(2)?.is_some() || row.int(4)? > 0;
        let due = if has_any { RECOVERY_CODES } else { 0 };
        if codes != due {
            findings.add(|| {
                format!("the second factor of {of} has {codes} recovery codes, where {due} were given")
            });
        }
        Ok(())
    })
}

/// A role of one's own allows only what there is to allow.
pub(super) fn roles(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&ROLES, &[], |row| {
        findings.row();
        let name = row.text(0)?;
        if let Some(word) = unknown(row.text(1)?) {
            findings.add(|| format!("the role `{name}` names the permission `{word}`, which is not there"));
        }
        Ok(())
    })
}

/// A command that waited for a second person was asked for by somebody and decided by somebody else, and
/// when it was agreed to it has its answer.
pub(super) fn approvals(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&APPROVALS, &[], |row| {
        findings.row();
        let id = ApprovalId::from_bytes(row.id16(0)?);
        let (asked_by, decided_by) = (row.int(1)?, row.opt_int(3)?);
        let (state, is_decided) = (row.int(2)?, row.opt_int(4)?.is_some());
        let by_somebody_else = decided_by.is_some_and(|by| by != asked_by);
        let wrong = [
            row.opt_int(6)?.is_none().then(|| format!("was asked for by {asked_by}, who is not there")),
            (matches!(state, 2 | 3) && !by_somebody_else).then(|| "was decided by nobody else".to_owned()),
            ((state == 1) == is_decided).then(|| "was decided and waits, or neither".to_owned()),
            ((state == 2) != row.opt_int(5)?.is_some())
                .then(|| "has not the answer that it should".to_owned()),
        ];
        for wrong in wrong.into_iter().flatten() {
            findings.add(|| format!("the approval `{id}` {wrong}"));
        }
        Ok(())
    })
}
