//! What a training copy is not given of this module: whatever somebody signs in by, or has signed in with.

use crate::sign_in::NOBODY;
use db::Value;
use db::copy::{What, Withheld};

const fn rows(table: &'static str) -> Withheld {
    Withheld { table, what: What::Rows }
}

/// Rows that stay out of a copy, and columns that hold something else there: nothing is the hash of no key, and a
/// password nobody has.
pub const WITHHELD: &[Withheld] = &[
    rows("access_factor"),
    rows("access_identity"),
    rows("access_passkey"),
    rows("access_recovery"),
    rows("access_session"),
    rows("access_setup"),
    rows("access_spent"),
    Withheld { table: "access_key", what: What::Column("secret_hash", Value::Blob(&[0; 32])) },
    Withheld { table: "access_key", what: What::Column("networks", Value::Null) },
    Withheld { table: "access_user", what: What::Column("password", Value::Text(NOBODY)) },
];
