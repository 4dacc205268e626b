//! The statements that take the names of people away from what is told of places.

use db::{DbError, Statement, Tx};

const BLOCKS: Statement = Statement::new(
    "places.privacy.blocks",
    "update places_block set actor_name = ?2 where actor_id = ?1 and actor_name <> ?2",
);

const STATES: Statement = Statement::new(
    "places.privacy.states",
    "update places_site_state set actor_name = ?2 where actor_id = ?1 and actor_name <> ?2",
);

/// Puts another name in the place of that of whoever blocked and opened locations and took sites into use; what they
/// did stays told. How often.
///
/// # Errors
/// Failures of the store, which lets nothing but a name of somebody erased be put there.
pub fn erase_actor(tx: &mut Tx<'_>, actor_id: i64, name: &str) -> Result<u64, DbError> {
    let params = [actor_id.into(), name.into()];
    Ok(tx.execute(&BLOCKS, &params)?.saturating_add(tx.execute(&STATES, &params)?))
}
