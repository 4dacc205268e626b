//! Out of use and back. Whether something still stands there is for `stock` to ask; here the flag and
//! its trace are kept. Invariant: a location is archived when it or something above it was archived
//! by itself, and below an archived location nothing is made or moved.

use super::load;
use crate::change::decide::touch;
use crate::create::refuse_unreal;
use crate::location::Location;
use crate::record::{self, Change};
use crate::{store, store_tree};
use db::{DbError, Tx};
use domain::{Code, Ctx, LocationId, Problem, SiteId};
use web::Failure;

/// Archives a location with everything below it, or takes it back into use; what was archived by
/// itself stays so. One that is so already stays as it is.
///
/// # Errors
/// When the location is virtual or in transit, or what is to be restored stands below something
/// archived.
pub fn set_archived(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    location: LocationId,
    archived: bool,
) -> Result<Location, Failure> {
    store_tree::hold(tx)?;
    let mut after = load(tx, location)?;
    refuse_unreal(&after)?;
    if !archived && let Some(above) = highest_archived(tx, &after)? {
        let detail =
            format!("`{}` stands below `{}`, which is archived; restore that first", after.code, above.code);
        return Err(Problem::new(Code::LocationArchived, detail).into());
    }
    if after.archived_at.is_some() == archived {
        return Ok(after);
    }
    after.archived = archived;
    after.archived_at = archived.then_some(ctx.now);
    touch(&mut after, ctx.now);
    store::update(tx, &after)?;
    store_tree::archive(tx, after.id)?;
    let (action, event) = if archived {
        ("places.location.archive", "places.location_archived")
    } else {
        ("places.location.restore", "places.location_restored")
    };
    let change = Change { action, event, fields: &["archived", "archived_at"], left: SiteId::NONE };
    record::change(tx, ctx, &after, &change)?;
    Ok(after)
}

/// The highest above a location that is archived by itself; a site stands below nothing.
fn highest_archived(tx: &mut Tx<'_>, location: &Location) -> Result<Option<Location>, DbError> {
    if !location.archived {
        return Ok(None);
    }
    for above in store_tree::ancestors(tx, location.id)?.into_iter().rev() {
        match store::by_id(tx, above)? {
            Some(found) if found.archived_at.is_some() => {
                return Ok((found.id != location.id).then_some(found));
            }
            _ => {}
        }
    }
    Ok(None)
}
