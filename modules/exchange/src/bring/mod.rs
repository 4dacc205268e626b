//! Lists out of files into the product: master records, opening stock, counts and movements.
//!
//! ```text
//! field     which column is which field, and what nobody said of     ← store (what was said before)
//! row       a line as the body of a command; what of it differs from what is there
//! lists     for each list: its fields, and what makes a record of a row, by the commands of its module
//! run       all rows or none, or each by itself; tried, or for good  ← store (what was imported)
//! refused   the file again, with what is wrong beside each row
//! ```
//!
//! A row names its record by its code. What is not there is made; what is there and differs is changed; what is
//! the same is left alone, so that an export can be imported as it is. An empty cell says nothing: it changes
//! nothing, and of a new record the product's own default holds. An import does not remove anything.

mod field;
mod lists;
mod refused;
mod row;
mod run;
mod store;
#[cfg(test)]
mod tests;

pub use field::{Field, LEFT_OUT, Mapping, Said};
pub use lists::List;
pub use refused::write_refused;
pub use row::Refusal;
pub(crate) use run::look;
pub use run::{Bring, Brought, Watch, bring, keep_columns};
pub(crate) use store::imported;

use domain::{Condition, Ctx, Permission, Problem};
use std::sync::Arc;
use web::{Caller, Principal, Scope};

/// Who imports.
#[derive(Clone, Debug)]
pub struct Who {
    /// Actor, time and ids.
    pub ctx: Ctx,
    /// What they may do, and where.
    pub principal: Arc<Principal>,
}

impl Who {
    /// As the caller of a command that needs a permission.
    ///
    /// # Errors
    /// `forbidden`.
    pub(crate) fn caller(&self, permission: Permission) -> Result<Caller, Problem> {
        let scope: Scope = self.principal.scope(permission).cloned().ok_or_else(|| {
            let detail = format!("this needs the permission `{}`", permission.word());
            Problem::new(domain::Code::Forbidden, detail)
        })?;
        // a row cannot wait for somebody, while the others do not
        if self.principal.condition_anywhere(permission) != Condition::Free {
            return Err(web::Second::required(permission));
        }
        let (principal, permission) = (Arc::clone(&self.principal), Some(permission));
        Ok(Caller {
            whole: Arc::clone(&principal),
            principal,
            scope,
            categories: None,
            permission,
            ctx: self.ctx.clone(),
        })
    }
}

/// What became of a row.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Taken {
    /// Something new was made of it.
    Created,
    /// What was there was changed.
    Changed,
    /// It says what is there already.
    Unchanged,
    /// It was not taken.
    Refused(Problem),
}
