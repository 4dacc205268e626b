//! Access: who may do what, and where. Users, roles, grants, API keys, and the first set-up.
//!
//! Not here: what a route needs (each route says that itself) and what a scope means for a table.
//! Invariants: nobody hands out more than they hold; nobody changes those who hold more; accounts
//! and keys are ended, never deleted; only hashes of secrets are kept; every change has its audit
//! row and its event in the same transaction, and is felt by every process within a second.

mod approvals;
mod audit_log;
mod authenticate;
mod authority;
mod condition;
mod grants;
mod keys;
mod me;
mod oidc;
mod passkeys;
mod password;
mod privacy;
mod record;
mod role;
mod roles;
mod second_factor;
mod sessions;
mod setup;
mod sign_in;
mod signature;
mod store;
mod store_factors;
mod store_identities;
mod store_keys;
mod store_passkeys;
mod store_privacy;
mod store_roles;
mod store_sessions;
#[cfg(test)]
mod store_tests;
mod store_tickets;
mod store_training;
mod text;
mod ticket;
mod token;
mod training;
mod users;

use authenticate::Keys;
use axum::extract::FromRef;
use domain::Permission::{AccessRead, AccessWrite, AuditRead};
use passkeys::Site;
use sign_in::Tries;
use std::sync::Arc;
use tokio::sync::Semaphore;
use web::{
    Access as Needs, Answer, Authenticator, Caller, Failure, MasterKey, PublicReason, Reach, Routes, Stage,
    Unversioned, routes,
};

pub use approvals::expire_approvals;
pub use authority::{Bounds, By};
pub use grants::{NewGrant, granted, make as make_grant, revoke as revoke_grant, staff};
pub use keys::{
    GOOD_SECONDS, NewKey, PER_MINUTE, create as create_key, id_of as key_id, is_usable as is_usable_key,
    list as list_keys, parse_networks, revoke as revoke_key, role_of as permissions_of,
};
pub use oidc::{ClientSecret, Factor, GroupRole, IdentityProvider, Oidc};
pub use password::{Password, PasswordPhc, verify as verify_password};
pub use privacy::{ErasedUser, erase_user, is_mark, known_of, record_erased, subject};
pub use role::{ADMINISTRATOR, BUILT_IN, BuiltIn, Role};
pub use roles::{NewRole, create as create_role, list as list_roles};
pub use second_factor::{Demand, remove_second_factor, unreadable_factors};
pub use sessions::{end_session, forget_old_sessions, list_sessions};
pub use setup::{FirstUser, Organise, first_user, new_token as new_setup_token, offer as offer_setup};
pub use store::{UserRow, name as principal_name};
pub use store_keys::{KeyRow, Owner};
pub use store_roles::GrantRow;
pub use store_sessions::SessionRow;
pub use store_training::WITHHELD;
pub use token::{Token, base62 as random_text};
pub use training::{Prepared, prepare as prepare_training};
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
        db::Migration {
            number: 8,
            name: "identities",
            text: include_str!("../migrations/0008_identities.sql"),
        },
        db::Migration { number: 9, name: "passkeys", text: include_str!("../migrations/0009_passkeys.sql") },
        db::Migration {
            number: 10,
            name: "approvals",
            text: include_str!("../migrations/0010_approvals.sql"),
        },
        db::Migration {
            number: 11,
            name: "categories",
            text: include_str!("../migrations/0011_categories.sql"),
        },
    ],
};

/// All kinds of events that this module writes.
pub const EVENTS: [&str; 16] = [
    "access.approval_agreed",
    "access.approval_asked",
    "access.approval_expired",
    "access.approval_refused",
    "access.approval_withdrawn",
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
    "access.user_erased",
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
    /// Where else people sign in.
    identity_provider: Option<IdentityProvider>,
    /// What passkeys are made for.
    site: Option<Site>,
}

/// How people sign in.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What secrets are sealed with that have to be read again.
    pub master_key: MasterKey,
    /// Of whom a second factor is demanded.
    pub demand: Demand,
    /// Where else people sign in.
    pub identity_provider: Option<IdentityProvider>,
    /// The address of the server as browsers show it, to which passkeys are bound.
    pub public_url: Option<String>,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Access")
    }
}

impl Access {
    /// Over a database, with a way to ask about what grants are bound to, and one to set up the organisation.
    pub fn new(db: db::Db, bounds: Bounds, organise: Organise, settings: Settings) -> Access {
        let Settings { master_key, demand, identity_provider, public_url } = settings;
        let site = public_url.as_deref().map(Site::of);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let keys = Arc::new(Keys::new(db, bounds, demand));
        let hashing = Semaphore::new(cores);
        let tries = Tries::new();
        Access(Arc::new(Inner { keys, organise, hashing, tries, master_key, identity_provider, site }))
    }

    /// Who stands behind a key.
    pub fn authenticator(&self) -> Arc<dyn Authenticator> {
        Arc::<Keys>::clone(&self.0.keys)
    }

    /// Notices what other processes change, for as long as it is polled.
    pub async fn watch(&self) {
        self.0.keys.watch().await;
    }

    pub(crate) fn bounds(&self) -> &Bounds {
        self.0.keys.bounds()
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

    pub(crate) fn identity_provider(&self) -> Option<&IdentityProvider> {
        self.0.identity_provider.as_ref()
    }

    pub(crate) fn public_site(&self) -> Option<&Site> {
        self.0.site.as_ref()
    }

    pub(crate) fn demand(&self) -> Demand {
        self.0.keys.demand()
    }

    pub(crate) fn organise(&self) -> Organise {
        self.0.organise
    }

    /// Who carries out a command.
    pub(crate) fn by<'a>(&'a self, caller: &'a Caller) -> By<'a> {
        By { ctx: &caller.ctx, principal: &caller.principal, bounds: self.bounds() }
    }

    /// Reads a new password of a login, in an organisation that is called so or as it is stored, and hashes it beside
    /// the event loop.
    ///
    /// # Errors
    /// `weak_password`; `limit_exceeded`; failures of the store.
    pub(crate) async fn password(
        &self,
        db: &db::Db,
        (text, login): (&str, &str),
        called: Option<&str>,
    ) -> Result<PasswordPhc, Failure> {
        let read = self.bounds().organisation;
        let name = match called {
            Some(name) => name.to_owned(),
            None => db.read(read).await?,
        };
        let (text, login) = (text.to_owned(), login.to_owned());
        let place = self.0.hashing.acquire().await;
        let read = move || Password::parse(&text, &[&login, &name])?.hash();
        let hashed = tokio::task::spawn_blocking(read).await;
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
        .add(Needs::Public(PublicReason::SignIn), Reach::Whole, routes!(oidc::api::ways_to_sign_in))
        .add_unkept(Needs::Public(PublicReason::SignIn), Reach::Whole, routes!(oidc::api::begin_at_provider))
        .add_unkept(
            Needs::Public(PublicReason::SignIn),
            Reach::Whole,
            routes!(oidc::api::sign_in_by_identity),
        )
        .add(SESSION, Reach::Whole, routes!(oidc::api::get_own_identity))
        .add_unkept(SESSION, Reach::Whole, routes!(oidc::api::begin_link))
        .add_unkept(SESSION, Reach::Whole, routes!(oidc::api::finish_link))
        .add(SESSION, Reach::Whole, routes!(oidc::api::sign_out_there))
        .add_secret(SESSION, Reach::Whole, routes!(oidc::api::remove_own_identity))
        .add(AccessRead, Reach::Whole, routes!(oidc::api::get_identity))
        .add(AccessWrite, Reach::Whole, routes!(oidc::api::set_identity))
        .add(AccessWrite, Reach::Whole, routes!(oidc::api::remove_identity))
        .add(
            Needs::Public(PublicReason::SignIn),
            Reach::Whole,
            routes!(passkeys::api::passkey_sign_in_options),
        )
        .add_unkept(
            Needs::Public(PublicReason::SignIn),
            Reach::Whole,
            routes!(passkeys::api::sign_in_by_passkey),
        )
        .add(BEGUN, Reach::Whole, routes!(passkeys::api::passkey_factor_options))
        .add_unkept(BEGUN, Reach::Whole, routes!(passkeys::api::give_passkey))
        .add(ENROLS, Reach::Whole, routes!(passkeys::api::list_passkeys))
        .add(ENROLS, Reach::Whole, routes!(passkeys::api::passkey_options))
        .add_secret(ENROLS, Reach::Whole, routes!(passkeys::api::add_passkey))
        .add(SESSION, Reach::Whole, routes!(passkeys::api::get_passkey))
        .add(SESSION, Reach::Whole, routes!(passkeys::api::rename_passkey))
        .add_secret(SESSION, Reach::Whole, routes!(passkeys::api::remove_passkey))
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
        .add_secret(Needs::Public(PublicReason::SetUp), Reach::Whole, routes!(setup::api::set_up))
        .and(approval_routes())
}

/// Those of what waits for a second person, and of the audit log.
fn approval_routes<S: web::State>() -> Routes<S>
where
    Access: FromRef<S>,
{
    Routes::new("access")
        .add(AuditRead, Reach::Everywhere, routes!(audit_log::api::list_audit))
        .add(Needs::SignedIn, Reach::Filtered, routes!(approvals::api::list_approvals))
        .add(Needs::SignedIn, Reach::Named, routes!(approvals::api::get_approval))
        .add_sending(Needs::SignedIn, Reach::Named, routes!(approvals::api::agree))
        .add_unversioned(Needs::SignedIn, Reach::Named, Unversioned::Ending, routes!(approvals::api::refuse))
        .add_unversioned(
            Needs::SignedIn,
            Reach::Named,
            Unversioned::Ending,
            routes!(approvals::api::withdraw),
        )
}
