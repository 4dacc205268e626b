//! What a list shows to its caller: places below some roots, each asked for once.

use db::{Conn, DbError};
use domain::LocationId;
use rustc_hash::FxHashMap;
use web::{Reached, Scope};

/// Remembers which places are within reach.
pub(crate) struct Sight {
    /// The subtrees that a place must be in; none for everywhere.
    roots: Option<Vec<LocationId>>,
    known: FxHashMap<LocationId, bool>,
}

impl Sight {
    /// Whatever is below a place, which itself is within reach; or whatever is within reach.
    pub(crate) fn new(scope: &Scope, within: Option<LocationId>) -> Sight {
        let roots = match (within, scope.reached()) {
            (Some(place), _) => Some(vec![place]),
            (None, Reached::Within(roots)) => Some(roots.to_vec()),
            (None, Reached::All) => None,
        };
        Sight { roots, known: FxHashMap::default() }
    }

    /// Whether every place is seen.
    pub(crate) const fn is_everything(&self) -> bool {
        self.roots.is_none()
    }

    /// Whether one of some places is seen.
    pub(crate) fn sees(&mut self, conn: &mut Conn<'_>, places: &[LocationId]) -> Result<bool, DbError> {
        let Some(roots) = &self.roots else { return Ok(true) };
        for place in places {
            let inside = match self.known.get(place) {
                Some(inside) => *inside,
                None => places::within(conn, *place, roots)?,
            };
            self.known.insert(*place, inside);
            if inside {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
