//! What the product is made of, on one page: the schema and the routes of every module, and the
//! state that they share. A new module adds one line to each list.

use access::{Access, Bounds};
use axum::extract::FromRef;
use db::{Conn, Db, DbError, MigrationSet, Tx};
use domain::{Ctx, LocationId};
use exchange::imports::Imports;
use files::Files;
use stock::Vault;
use web::{App, Categories, Failure, Feed, OrganisationSetUp, Routes};

/// The schema of every module, the lower rows first.
pub const MIGRATIONS: [MigrationSet; 6] = [
    access::MIGRATIONS,
    catalog::MIGRATIONS,
    places::MIGRATIONS,
    stock::MIGRATIONS,
    files::MIGRATIONS,
    exchange::MIGRATIONS,
];

/// What handlers can ask for with `State<…>`.
#[derive(Clone, Debug)]
pub struct Stockwell {
    /// The shared part of every request.
    pub app: App,
    /// Users, roles, keys.
    pub access: Access,
    /// The ledger.
    pub vault: Vault,
    /// Files of records.
    pub files: Files,
    /// Imports that are on their way.
    pub imports: Imports,
}

impl FromRef<Stockwell> for Access {
    fn from_ref(state: &Stockwell) -> Access {
        state.access.clone()
    }
}

impl FromRef<Stockwell> for Vault {
    fn from_ref(state: &Stockwell) -> Vault {
        state.vault.clone()
    }
}

impl FromRef<Stockwell> for Files {
    fn from_ref(state: &Stockwell) -> Files {
        state.files.clone()
    }
}

impl FromRef<Stockwell> for Imports {
    fn from_ref(state: &Stockwell) -> Imports {
        state.imports.clone()
    }
}

/// The routes of every module: the table of contents of the API.
pub fn routes() -> Routes<Stockwell> {
    web::system_routes()
        .and(access::routes())
        .and(catalog::routes())
        .and(places::routes())
        .and(stock::routes())
        .and(stock::document_routes())
        .and(stock::read_routes())
        .and(files::routes())
        .and(exchange::routes())
        .and(exchange::import_routes())
        .and(pages::routes())
}

/// What there is to listen to.
pub fn feed() -> Feed {
    let all: [&[&str]; 5] =
        [&access::EVENTS, &catalog::EVENTS, &files::EVENTS, &places::EVENTS, &stock::EVENTS];
    let mut kinds = all.concat();
    kinds.sort_unstable();
    Feed { kinds, any_site, without_costs: catalog::without_costs }
}

fn any_site(conn: &mut Conn<'_>, places: &[LocationId]) -> Result<bool, DbError> {
    let found = places::facts_by_id(conn, places)?;
    Ok(found.into_iter().flatten().any(|facts| facts.site.root() == facts.id))
}

/// `access`, which knows about locations, categories and books only what it is handed here.
pub fn access(db: &Db, settings: access::Settings) -> Access {
    Access::new(db.clone(), BOUNDS, organise, settings)
}

/// How `access` asks `places` and `catalog` what grants are bound to.
pub const BOUNDS: Bounds = Bounds {
    find,
    code,
    within: places::within,
    moves: places::moves,
    hold_category: catalog::hold_category,
    category_path: catalog::category_path,
    category_line: catalog::category_line,
    organisation: |conn| places::organisation(conn).map(|organisation| organisation.name.unwrap_or_default()),
};

/// How the doors ask `catalog` about the categories of items, and `catalog` asks `access` who has rights for them.
pub const CATEGORIES: Categories = Categories { of: catalog::categories_of, granted: access::granted };

/// How `stock` asks `access` for the people of a place.
pub fn staff(conn: &mut Conn<'_>, place: LocationId) -> Result<i64, DbError> {
    access::staff(conn, &BOUNDS, place)
}

fn find(conn: &mut Conn<'_>, code: &str) -> Result<Option<LocationId>, DbError> {
    let found = places::facts_by_code(conn, &[code])?;
    Ok(found.into_iter().flatten().next().map(|facts| facts.id))
}

fn code(conn: &mut Conn<'_>, id: LocationId) -> Result<Option<String>, DbError> {
    let found = places::facts_by_id(conn, &[id])?;
    Ok(found.into_iter().flatten().next().map(|facts| facts.code))
}

/// How the first set-up chooses the books.
fn organise(tx: &mut Tx<'_>, ctx: &Ctx, books: &OrganisationSetUp) -> Result<(), Failure> {
    stock::set_up_organisation(tx, ctx, books).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ledger::Kind;
    use web::Access;

    #[test]
    fn a_posting_by_its_own_route_needs_what_it_needs_in_a_bulk() {
        let routes = routes();
        let mut kinds = 0;
        for route in routes.table() {
            let kind = route.path.strip_prefix("/api/v1/postings/").map(|word| word.replace('-', "_"));
            let Some(kind) =
                kind.and_then(|word| Kind::parse(&word).ok()).filter(|kind| *kind != Kind::Reverse)
            else {
                continue;
            };
            kinds += 1;
            assert_eq!(route.access, Access::Needs(kind.permission()), "{}", route.path);
        }
        assert_eq!(kinds, 9);
    }
}
