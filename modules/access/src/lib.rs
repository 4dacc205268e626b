//! Access: who may do what, and where. Users, roles, grants, API keys, and the first set-up.
//!
//! Not here: what a route needs (each route says that itself) and what a scope means for a table.
//! Invariants: nobody hands out more than they hold; nobody changes those who hold more; accounts
//! and keys are ended, never deleted; only hashes of secrets are kept; every change has its audit
//! row and its event in the same transaction, and is felt by every process within a second.

mod audit_log;
mod authenticate;
mod authority;
mod grants;
mod keys;
mod me;
mod password;
mod record;
mod role;
mod roles;
mod second_factor;
mod sessions;
mod setup;
mod sign_in;
mod store;
mod store_factors;
mod store_keys;
mod store_roles;
mod store_sessions;
#[cfg(test)]
mod store_tests;
mod text;
mod token;
mod users;

use authenticate::Keys;
use axum::extract::FromRef;
use domain::Permission::{AccessRead, AccessWrite, AuditRead};
use sign_in::Tries;
use std::sync::Arc;
use tokio::sync::Semaphore;
use web::{
    Access as Needs, Answer, Authenticator, Caller, Failure, MasterKey, PublicReason, Reach, Routes, Stage,
    Unversioned, routes,
};

pub use authority::{By, Locations};
pub use grants::{NewGrant, make as make_grant, revoke as revoke_grant};
pub use keys::{
    GOOD_SECONDS, NewKey, PER_MINUTE, create as create_key, id_of as key_id, is_usable as is_usable_key,
    list as list_keys, parse_networks, revoke as revoke_key, role_of as permissions_of,
};
pub use password::{Password, PasswordPhc, verify as verify_password};
pub use role::{ADMINISTRATOR, BUILT_IN, BuiltIn, Role};
pub use roles::{NewRole, create as create_role, list as list_roles};
pub use second_factor::{Demand, remove_second_factor, unreadable_factors};
pub use sessions::{end_session, forget_old_sessions, list_sessions};
pub use setup::{FirstUser, Organise, first_user, new_token as new_setup_token, offer as offer_setup};
pub use store::UserRow;
pub use store_keys::{KeyRow, Owner};
pub use store_roles::GrantRow;
pub use store_sessions::SessionRow;
pub use token::{Token, base62 as random_text};
pub use users::{
    NewUser, User, create as create_user, end as end_user, find as find_user, list as list_users, login,
    name, set_password,
};

/// The tables of this module.
pub const MIGRATIONS: db::MigrationSet = db::MigrationSet {
    name: "access",
    migrations: &[
        db::Migration { number: 1, name: "first", text: include_str!("../migrations/0001_first.sql") },
        db::Migration { number: 2, name: "checks", text: include_str!("../migrations/0002_checks.sql") },
        db::Migration { number: 3, name: "roles", text: include_str!("../migrations/0003_roles.sql") },
        db::Migration { number: 4, name: "reopen", text: include_str!("../migrations/0004_reopen.sql") },
        db::Migration { number: 5, name: "sessions", text: include_str!("../migrations/0005_sessions.sql") },
        db::Migration { number: 6, name: "networks", text: include_str!("../migrations/0006_networks.sql") },
        db::Migration {
            number: 7,
            name: "second_factor",
            text: include_str!("../migrations/0007_second_factor.sql"),
        },
    ],
};

/// All kinds of events that this module writes.
pub const EVENTS: [&str; 10] = [
    "access.grant_made",
    "access.grant_revoked",
    "access.key_created",
    "access.key_revoked",
    "access.role_changed",
    "access.role_created",
    "access.role_removed",
    "access.user_changed",
    "access.user_created",
    "access.user_ended",
];

/// The module at work: its state in memory, cheap to clone.
#[derive(Clone)]
pub struct Access(Arc<Inner>);

struct Inner {
    keys: Arc<Keys>,
    organise: Organise,
    /// One hash of a password per core at a time.
    hashing: Semaphore,
    /// What those have tried who wanted to sign in.
    tries: Tries,
    /// What secrets are sealed with that have to be read again.
    master_key: MasterKey,
}

/// How people sign in.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What secrets are sealed with that have to be read again.
    pub master_key: MasterKey,
    /// Of whom a second factor is demanded.
    pub demand: Demand,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Access")
    }
}

impl Access {
    /// Over a database, with a way to ask about locations, and one to set up the organisation.
    pub fn new(db: db::Db, locations: Locations, organise: Organise, settings: Settings) -> Access {
        let Settings { master_key, demand } = settings;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let keys = Arc::new(Keys::new(db, locations, demand));
        let hashing = Semaphore::new(cores);
        Access(Arc::new(Inner { keys, organise, hashing, tries: Tries::new(), master_key }))
    }

    /// Who stands behind a key.
    pub fn authenticator(&self) -> Arc<dyn Authenticator> {
        Arc::<Keys>::clone(&self.0.keys)
    }

    /// Notices what other processes change, for as long as it is polled.
    pub async fn watch(&self) {
        self.0.keys.watch().await;
    }

    pub(crate) fn locations(&self) -> &Locations {
        self.0.keys.locations()
    }

    pub(crate) fn hashing(&self) -> &Semaphore {
        &self.0.hashing
    }

    pub(crate) fn tries(&self) -> &Tries {
        &self.0.tries
    }

    pub(crate) fn master_key(&self) -> &MasterKey {
        &self.0.master_key
    }

    pub(crate) fn demand(&self) -> Demand {
        self.0.keys.demand()
    }

    pub(crate) fn organise(&self) -> Organise {
        self.0.organise
    }

    /// Who carries out a command.
    pub(crate) fn by<'a>(&'a self, caller: &'a Caller) -> By<'a> {
        By { ctx: &caller.ctx, principal: &caller.principal, locations: self.locations() }
    }

    /// Hashes a password beside the event loop.
    pub(crate) async fn hash(&self, password: Password) -> Result<PasswordPhc, Failure> {
        let place = self.0.hashing.acquire().await;
        let hashed = tokio::task::spawn_blocking(move || password.hash()).await;
        drop(place);
        hashed.map_err(|error| Failure::fault(format!("hashing a password was cut off: {error}")))?
    }

    /// After a command: this process forgets at once what it knew.
    pub(crate) async fn after(&self, done: Result<Answer, Failure>) -> Result<Answer, Failure> {
        let answer = done?;
        self.0.keys.refresh().await?;
        Ok(answer)
    }
}

/// Whoever has signed in to the end.
const SESSION: Needs = Needs::Session(Stage::Whole);
/// Whoever has signed in, or has to set up a second factor before.
const ENROLS: Needs = Needs::Session(Stage::AwaitsFactor);
/// Whoever has begun to sign in.
const BEGUN: Needs = Needs::Session(Stage::AwaitsCode);

/// The routes of this module.
pub fn routes<S: web::State>() -> Routes<S>
where
    Access: FromRef<S>,
{
    Routes::new("access")
        .add(Needs::SignedIn, Reach::Whole, routes!(me::get_me))
        .add_unkept(Needs::Public(PublicReason::SignIn), Reach::Whole, routes!(sign_in::api::sign_in))
        .add(BEGUN, Reach::Whole, routes!(sessions::api::get_session))
        .add(SESSION, Reach::Whole, routes!(sessions::api::list_own_sessions))
        .add_unversioned(SESSION, Reach::Whole, Unversioned::Ending, routes!(sessions::api::end_own_session))
        .add(BEGUN, Reach::Whole, routes!(sessions::api::sign_out))
        .add_secret(SESSION, Reach::Whole, routes!(sign_in::api::change_own_password))
        .add_unkept(BEGUN, Reach::Whole, routes!(second_factor::api::give_code))
        .add(ENROLS, Reach::Whole, routes!(second_factor::api::get_second_factor))
        .add_secret(ENROLS, Reach::Whole, routes!(second_factor::api::begin_second_factor))
        .add_secret(ENROLS, Reach::Whole, routes!(second_factor::api::confirm_second_factor))
        .add_secret(SESSION, Reach::Whole, routes!(second_factor::api::new_recovery_codes))
        .add_secret(SESSION, Reach::Whole, routes!(second_factor::api::remove_own_second_factor))
        .add(AccessRead, Reach::Whole, routes!(sessions::api::list_sessions))
        .add_unversioned(AccessWrite, Reach::Whole, Unversioned::Ending, routes!(sessions::api::end_session))
        .add(Needs::SignedIn, Reach::Whole, routes!(roles::api::list_permissions))
        .add(AccessRead, Reach::Whole, routes!(users::api::list_users))
        .add_secret(AccessWrite, Reach::Whole, routes!(users::api::create_user))
        .add(AccessRead, Reach::Whole, routes!(users::api::get_user))
        .add(AccessWrite, Reach::Whole, routes!(users::api::change_user))
        .add(AccessWrite, Reach::Whole, routes!(users::api::end_user))
        .add_secret(AccessWrite, Reach::Whole, routes!(users::api::set_password))
        .add(AccessWrite, Reach::Whole, routes!(second_factor::api::remove_second_factor))
        .add(AccessWrite, Reach::Whole, routes!(grants::api::make_grant))
        .add(AccessWrite, Reach::Whole, routes!(grants::api::revoke_grant))
        .add(AccessRead, Reach::Whole, routes!(roles::api::list_roles))
        .add(AccessWrite, Reach::Whole, routes!(roles::api::create_role))
        .add(AccessRead, Reach::Whole, routes!(roles::api::get_role))
        .add(AccessWrite, Reach::Whole, routes!(roles::api::change_role))
        .add(AccessWrite, Reach::Whole, routes!(roles::api::remove_role))
        .add(AccessRead, Reach::Whole, routes!(keys::api::list_keys))
        .add(AccessWrite, Reach::Whole, routes!(keys::api::create_key))
        .add(AccessRead, Reach::Whole, routes!(keys::api::get_key))
        .add(AccessWrite, Reach::Whole, routes!(keys::api::revoke_key))
        .add(AuditRead, Reach::Everywhere, routes!(audit_log::api::list_audit))
        .add_secret(Needs::Public(PublicReason::SetUp), Reach::Whole, routes!(setup::api::set_up))
}
