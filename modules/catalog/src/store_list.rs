//! The statements of the list of items: page by page by SKU, with filters. A list that asks for the value of
//! an attribute begins with the items that have it.

use crate::find::terms::Terms;
use crate::item::Item;
use crate::store::{record, record_columns};
use crate::store_search::among_json;
use db::{Conn, DbError, Statement, Value};
use domain::{CategoryId, ItemClass, Tracking};

/// Whether an item is of the categories of a parameter, which is a JSON array of ids, or of some below.
macro_rules! among {
    (sqlite $param:literal) => {
        concat!(
            "i.category_id in (
               select t.descendant
               from json_each(",
            $param,
            ") j
               join catalog_category_tree t on t.ancestor = j.value)"
        )
    };
    (postgres $param:literal) => {
        concat!(
            "i.category_id in (
               select t.descendant
               from catalog_category_tree t
               where t.ancestor = any (array(
                 select j.value::bigint
                 from json_array_elements_text(",
            $param,
            "::text::json) as j (value))))"
        )
    };
}

pub(crate) use among;

/// One page. The text bounds are half-open ranges; a filter that is null is not asked for. Terms are
/// offended by an item that has what they refuse, or has not what they ask for.
macro_rules! page {
    ($beyond:expr, $terms:literal, $among:expr, $order:literal) => {
        concat!(
            "select ",
            record_columns!(),
            " from catalog_item i
              where ",
            $beyond,
            "   and (i.class = ?2 or ?2 is null)
                and (i.tracking = ?3 or ?3 is null)
                and (i.archived = ?4 or ?4 is null)
                and ((i.category_id is null and ?5 = '[0]') or ?5 is null or ",
            $among,
            "   )
                and ((i.sku_folded >= ?6 and i.sku_folded < ?7)
                     or (i.name_folded >= ?6 and i.name_folded < ?7) or ?6 is null)
                and not exists (
                  select 1 from ",
            $terms,
            "     where exists (
                    select 1
                    from catalog_value v
                    where v.item_id = i.id and v.key = t.key
                      and case t.op
                            when 'has' then true
                            when '=' then (v.text = t.text and v.text <> '') or v.number = t.number
                            when '<' then case when t.number is null then v.text <> '' and v.text < t.text else v.number < t.number end
                            when '<=' then case when t.number is null then v.text <> '' and v.text <= t.text else v.number <= t.number end
                            when '>' then case when t.number is null then v.text <> '' and v.text > t.text else v.number > t.number end
                            when '>=' then case when t.number is null then v.text <> '' and v.text >= t.text else v.number >= t.number end
                          end
                  ) = t.refused)
              order by ",
            $order,
            " limit ?9"
        )
    };
}

macro_rules! on_both {
    ($name:literal, $beyond:expr, $order:literal) => {
        Statement::per_engine(
            $name,
            page!(
                $beyond,
                "(select j.value ->> 'key' as key, j.value ->> 'op' as op, j.value ->> 'text' as text,
                         j.value ->> 'number' as number, j.value ->> 'refused' as refused
                  from json_each(?8) j) t ",
                among!(sqlite "?5"),
                $order
            ),
            page!(
                $beyond,
                "jsonb_to_recordset(?8::jsonb)
                   as t (key text, op text, text text, number bigint, refused boolean) ",
                among!(postgres "?5"),
                $order
            ),
        )
    };
}

const LIST: Statement = on_both!("catalog.item.list", "i.sku_folded > ?1", "i.sku_folded");

const LIST_DOWN: Statement = on_both!("catalog.item.list_down", "i.sku_folded < ?1", "i.sku_folded desc");

/// The items that have the value, then what else is asked: the text that nothing is added to keeps the index
/// of SKUs out of it.
macro_rules! having {
    ($beyond:literal) => {
        concat!(
            "i.id in (
               select h.item_id from catalog_value h where h.key = ?10 and h.text = ?11
               union
               select h.item_id from catalog_value h where h.key = ?10 and h.number = ?12)
             and i.sku_folded || '' ",
            $beyond
        )
    };
}

const HAVING: Statement = on_both!("catalog.item.list_having", having!("> ?1"), "i.sku_folded");

const HAVING_DOWN: Statement =
    on_both!("catalog.item.list_having_down", having!("< ?1"), "i.sku_folded desc");

/// Which categories a list is of.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) enum Among {
    /// All, and items that are in none.
    #[default]
    All,
    /// Only items that are in none.
    Uncategorised,
    /// These, each with everything below it.
    Below(Vec<CategoryId>),
}

impl Among {
    /// As the statements take it. No category has the number 0.
    fn json(&self) -> Option<String> {
        match self {
            Among::All => None,
            Among::Uncategorised => Some("[0]".to_owned()),
            Among::Below(categories) => Some(among_json(categories)),
        }
    }
}

/// The filters of a list, already read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Beyond this folded SKU; none for the first page.
    pub(crate) after: Option<String>,
    /// From the last SKU to the first.
    pub(crate) down: bool,
    pub(crate) class: Option<ItemClass>,
    pub(crate) tracking: Option<Tracking>,
    pub(crate) archived: Option<bool>,
    /// The categories, each with everything below it.
    pub(crate) among: Among,
    /// How the folded SKU or name begins.
    pub(crate) begins: Option<String>,
    /// What the attributes are.
    pub(crate) terms: Terms,
    pub(crate) limit: i64,
}

/// One page of records in the order of their folded SKUs.
pub(crate) fn list(conn: &mut Conn<'_>, filter: &Filter) -> Result<Vec<Item>, DbError> {
    let Filter { after, down, class, tracking, archived, among, begins, terms, limit } = filter;
    let start = if *down { char::MAX.to_string() } else { String::new() };
    let end = begins.as_deref().map(|text| format!("{text}{}", char::MAX));
    let (json, among) = (terms.json(), among.json());
    let mut params: Vec<Value<'_>> = vec![
        after.as_ref().unwrap_or(&start).into(),
        class.map(ItemClass::number).into(),
        tracking.map(Tracking::number).into(),
        (*archived).into(),
        among.as_deref().into(),
        begins.as_deref().into(),
        end.as_deref().into(),
        json.as_deref().into(),
        (*limit).into(),
    ];
    match terms.leading() {
        None => conn.query(if *down { &LIST_DOWN } else { &LIST }, &params, record),
        Some(term) => {
            let value: [Value<'_>; 3] =
                [term.key.as_str().into(), term.text.as_deref().into(), term.number.into()];
            params.extend(value);
            conn.query(if *down { &HAVING_DOWN } else { &HAVING }, &params, record)
        }
    }
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&LIST, &LIST_DOWN, &HAVING, &HAVING_DOWN];
