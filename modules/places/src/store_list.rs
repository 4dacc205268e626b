//! The statements that list locations, page by page, within the reach of the caller.

use crate::location::Location;
use crate::store::{record, select_record};
use db::{Conn, DbError, Statement};
use domain::{LocationId, LocationKind, Role, SiteId};

/// One page. A filter that is null is not asked for. Virtual and transit locations are shown only
/// to whoever asks for their kind and reaches everything: they stand below no root.
macro_rules! page {
    ($beyond:literal, $order:literal, $holds:literal, $reach:literal) => {
        concat!(
            select_record!("where "),
            $beyond,
            " and (l.site_id = ?2 or ?2 is null)
              and (l.kind = ?3 or (?3 is null and l.site_id <> 0))
              and (l.role = ?4 or ?4 is null)
              and (l.blocked = ?5 or ?5 is null)
              and (l.archived = ?9 or ?9 is null)
              and (l.type_id = ?10 or ?10 is null)
              and (l.id in (select t.descendant from places_tree t where t.ancestor = ?6) or ?6 is null)
              and (l.parent_id = ?11 or ?11 is null)
              and (",
            $holds,
            " or ?12 is null) and ",
            $reach,
            " order by ",
            $order,
            " limit ?8"
        )
    };
}

macro_rules! both {
    ($name:literal, $beyond:literal, $order:literal) => {
        Statement::per_engine(
            $name,
            page!(
                $beyond,
                $order,
                "instr(l.code_folded, ?12) > 0",
                "(?7 is null or l.id in (
                    select t.descendant from json_each(?7) r join places_tree t on t.ancestor = r.value))"
            ),
            page!(
                $beyond,
                $order,
                "strpos(l.code_folded, ?12::text) > 0",
                "(?7::text is null or l.id in (
                    select t.descendant from json_array_elements_text(?7::json) r(value)
                    join places_tree t on t.ancestor = r.value::bigint))"
            ),
        )
    };
}

const LIST: Statement = both!("places.location.list", "l.code_folded > ?1", "l.code_folded");

const LIST_DOWN: Statement = both!("places.location.list_down", "l.code_folded < ?1", "l.code_folded desc");

/// What nobody has put into the walking order comes behind the rest of it, by code.
const LIST_WALK: Statement =
    both!("places.location.list_walk", "(l.walk, l.code_folded) > (?13, ?1)", "l.walk, l.code_folded");

/// The order of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Order {
    /// From the first code to the last.
    #[default]
    Code,
    /// From the last code to the first.
    CodeDown,
    /// As they are walked to.
    Walk,
}

/// The filters of a list, already read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Beyond this folded code; none for the first page.
    pub(crate) after: Option<String>,
    pub(crate) order: Order,
    /// Of the walking order: the number of the last place before.
    pub(crate) after_walk: i64,
    pub(crate) site: Option<SiteId>,
    pub(crate) kind: Option<LocationKind>,
    pub(crate) role: Option<Role>,
    pub(crate) blocked: Option<bool>,
    pub(crate) archived: Option<bool>,
    /// The id of a type.
    pub(crate) location_type: Option<i64>,
    /// This location and everything below it.
    pub(crate) below: Option<LocationId>,
    /// What stands directly below this location.
    pub(crate) parent: Option<LocationId>,
    /// Codes that hold this, in small letters.
    pub(crate) holds: Option<String>,
    /// The roots that the caller reaches, as JSON; none for everything.
    pub(crate) roots: Option<String>,
    pub(crate) limit: i64,
}

/// One page of records in the order of their folded codes.
pub(crate) fn list(conn: &mut Conn<'_>, filter: &Filter) -> Result<Vec<Location>, DbError> {
    let Filter {
        after,
        order,
        after_walk,
        site,
        kind,
        role,
        blocked,
        archived,
        location_type,
        below,
        parent,
        holds,
        roots,
        limit,
    } = filter;
    let (statement, start) = match order {
        Order::Code => (&LIST, String::new()),
        Order::CodeDown => (&LIST_DOWN, char::MAX.to_string()),
        Order::Walk => (&LIST_WALK, String::new()),
    };
    let mut params = vec![
        after.as_ref().unwrap_or(&start).into(),
        site.map(SiteId::get).into(),
        kind.map(LocationKind::number).into(),
        role.map(Role::number).into(),
        (*blocked).into(),
        below.map(LocationId::get).into(),
        roots.as_deref().into(),
        (*limit).into(),
        (*archived).into(),
        (*location_type).into(),
        parent.map(LocationId::get).into(),
        holds.as_deref().into(),
    ];
    if *order == Order::Walk {
        params.push((if after.is_some() { *after_walk } else { -1 }).into());
    }
    conn.query(statement, &params, record)
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&LIST, &LIST_DOWN, &LIST_WALK];
