//! Lists: a limit, a place, an order from a closed list, and filters from a closed list.

use crate::answer::Page;
use crate::cursor;
use crate::failure::Failure;
use crate::params;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::{Code, Problem};
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{KnownFormat, Required, SchemaFormat};

/// Entries of a page when nothing is said.
pub const LIMIT_DEFAULT: usize = 50;
/// Entries of a page at most.
pub const LIMIT_MAX: usize = 500;

/// The orders of a list. Made by [`crate::sorts!`].
pub trait Sort: Copy + Send + 'static {
    /// All of them with their words; the first is the default.
    const ALL: &'static [(&'static str, Self)];
    /// The first.
    const DEFAULT: Self;

    /// The word of this one.
    fn word(self) -> &'static str;
}

/// The closed list of the orders of one route; the first is the default. A leading `-` in a word
/// means descending. Each has its own keyset statement.
///
/// ```
/// web::sorts! {
///     /// The orders of the list of items.
///     pub enum ItemSort { Sku = "sku", SkuDown = "-sku", Newest = "-created_at" }
/// }
/// ```
#[macro_export]
macro_rules! sorts {
    ($(#[$doc:meta])* $vis:vis enum $name:ident {
        $first:ident = $first_word:literal $(, $variant:ident = $word:literal)* $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        $vis enum $name {
            #[doc = concat!("`", $first_word, "`")]
            $first,
            $(#[doc = concat!("`", $word, "`")] $variant,)*
        }

        impl $crate::Sort for $name {
            const ALL: &'static [(&'static str, Self)] = &[($first_word, $name::$first) $(, ($word, $name::$variant))*];
            const DEFAULT: Self = $name::$first;

            fn word(self) -> &'static str {
                match self { $name::$first => $first_word, $($name::$variant => $word,)* }
            }
        }
    };
}

/// The question of a list route: an extractor. `F` is a struct of optional filters with
/// `#[serde(deny_unknown_fields)]`.
#[derive(Clone, Debug)]
pub struct List<F, S> {
    /// The filters.
    pub filter: F,
    /// The order.
    pub sort: S,
    /// Entries wanted, 1 to 500.
    pub limit: usize,
    cursor: Option<String>,
}

impl<F: Default, S: Sort> List<F, S> {
    /// The page that is given to whoever says nothing: for answers that show a list and are not asked
    /// for one.
    pub fn first() -> List<F, S> {
        List { filter: F::default(), sort: S::DEFAULT, limit: LIMIT_DEFAULT, cursor: None }
    }
}

impl<F, S: Sort> List<F, S> {
    /// The key after which the page begins; `None` at the beginning.
    ///
    /// # Errors
    /// `malformed_parameter` when the cursor is not one of this list in this order.
    pub fn after<K: DeserializeOwned>(&self) -> Result<Option<K>, Problem> {
        self.cursor.as_deref().map(|text| cursor::read(self.sort.word(), text)).transpose()
    }

    /// The same for a key of which the type does not say all: where `fits` says no, no entry can have it.
    ///
    /// # Errors
    /// As [`List::after`].
    pub fn after_if<K: DeserializeOwned>(&self, fits: impl FnOnce(&K) -> bool) -> Result<Option<K>, Problem> {
        match self.after()? {
            Some(key) if !fits(&key) => Err(cursor::no_cursor()),
            key => Ok(key),
        }
    }

    /// How many rows to read: one more than wanted, to know whether there are more.
    pub fn fetch(&self) -> i64 {
        i64::try_from(self.limit).unwrap_or(i64::MAX).saturating_add(1)
    }

    /// The page of the rows that were read with [`List::fetch`]; `key` gives the cursor key of a row.
    ///
    /// # Errors
    /// When the key cannot be written as JSON, which is a fault of ours.
    pub fn page<T, K: Serialize>(
        &self,
        mut rows: Vec<T>,
        key: impl FnOnce(&T) -> K,
    ) -> Result<Page<T>, Failure> {
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        let next = match rows.last() {
            Some(last) if more => Some(cursor::write(self.sort.word(), &key(last))?),
            _ => None,
        };
        Ok(Page { items: rows, next })
    }

    /// The page of rows that know themselves where the next page begins, if there is one. It may be
    /// shorter than what was asked for: a list that is thinned out on the way stops after so much work
    /// and goes on from there.
    ///
    /// # Errors
    /// When the key cannot be written as JSON, which is a fault of ours.
    pub fn part<T, K: Serialize>(&self, items: Vec<T>, next: Option<&K>) -> Result<Page<T>, Failure> {
        Ok(Page { items, next: self.next(next)? })
    }

    /// The cursor of the page that begins after a key, for an answer that is more than a page.
    ///
    /// # Errors
    /// When the key cannot be written as JSON, which is a fault of ours.
    pub fn next<K: Serialize>(&self, after: Option<&K>) -> Result<Option<String>, Failure> {
        Ok(after.map(|key| cursor::write(self.sort.word(), key)).transpose()?)
    }

    /// Reads the question of an address, without the `?`.
    ///
    /// # Errors
    /// `malformed_parameter` for what this list does not take.
    pub fn read(query: &str) -> Result<Self, Problem>
    where
        F: DeserializeOwned,
    {
        let (mut limit, mut after, mut order) = (None, None, None);
        let mut filters = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let place = match &*name {
                "limit" => &mut limit,
                "cursor" => &mut after,
                "sort" => &mut order,
                _ => {
                    filters.append_pair(&name, &value);
                    continue;
                }
            };
            if place.replace(value.into_owned()).is_some() {
                let detail = format!("the parameter `{name}` stands more than once");
                return Err(Problem::at(Code::MalformedParameter, format!("?{name}"), detail));
            }
        }
        params::require_utf8(query)?;
        Ok(List {
            filter: params::read_beside(&filters.finish(), &["limit", "cursor", "sort"])?,
            sort: sort_of(order.as_deref())?,
            limit: limit_of(limit.as_deref())?,
            cursor: after,
        })
    }
}

fn limit_of(text: Option<&str>) -> Result<usize, Problem> {
    let Some(text) = text else { return Ok(LIMIT_DEFAULT) };
    match text.parse() {
        Ok(limit) if (1..=LIMIT_MAX).contains(&limit) => Ok(limit),
        _ => {
            let detail = format!("`limit` is a number from 1 to {LIMIT_MAX}, not `{text}`");
            Err(Problem::at(Code::MalformedParameter, "?limit", detail))
        }
    }
}

fn sort_of<S: Sort>(text: Option<&str>) -> Result<S, Problem> {
    let found = S::ALL.iter().find(|(word, _)| text.is_none_or(|text| text == *word));
    found.map(|(_, sort)| *sort).ok_or_else(|| {
        let words: Vec<String> = S::ALL.iter().map(|(word, _)| format!("`{word}`")).collect();
        Problem::at(Code::MalformedParameter, "?sort", format!("`sort` is one of {}", words.join(", ")))
    })
}

impl<St: Send + Sync, F: DeserializeOwned, S: Sort> FromRequestParts<St> for List<F, S> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &St) -> Result<Self, Failure> {
        Ok(List::read(parts.uri.query().unwrap_or_default())?)
    }
}

impl<F: utoipa::IntoParams, S: Sort> utoipa::IntoParams for List<F, S> {
    fn into_params(parameter_in_provider: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let parameter = |name: &str, about: String, schema: ObjectBuilder| {
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Query)
                .required(Required::False)
                .description(Some(about))
                .schema(Some(schema))
                .build()
        };
        let words: Vec<&str> = S::ALL.iter().map(|(word, _)| *word).collect();
        let number = || {
            ObjectBuilder::new()
                .schema_type(SchemaType::new(Type::Integer))
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
        };
        let text = || ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
        let mut parameters = F::into_params(parameter_in_provider);
        parameters.push(parameter(
            "limit",
            format!("Entries of a page, {LIMIT_DEFAULT} when not given, at most {LIMIT_MAX}"),
            number().minimum(Some(1)).maximum(Some(LIMIT_MAX)),
        ));
        parameters.push(parameter("cursor", "`next` of the page before".into(), text()));
        parameters.push(parameter(
            "sort",
            format!("The order; `{}` when not given", words.first().copied().unwrap_or_default()),
            text().enum_values(Some(words)),
        ));
        parameters
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    sorts! {
        enum Order { Name = "name", NameDown = "-name" }
    }

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    struct Filter {
        least: Option<i64>,
    }

    type Names = List<Filter, Order>;

    #[test]
    fn a_list_has_defaults() {
        let list = Names::read("").unwrap();
        assert_eq!((list.limit, list.sort, list.fetch()), (50, Order::Name, 51));
        assert_eq!(list.after::<i64>(), Ok(None));
    }

    #[test]
    fn a_page_leads_to_the_next_one() {
        let list = Names::read("limit=2&sort=-name&least=4").unwrap();
        assert_eq!((list.filter.least, list.sort), (Some(4), Order::NameDown));
        let page = list.page(vec![9, 8, 7], |number| *number).unwrap();
        assert_eq!(page.items, [9, 8]);
        let next = Names::read(&format!("limit=2&sort=-name&cursor={}", page.next.unwrap())).unwrap();
        assert_eq!(next.after::<i64>(), Ok(Some(8)));
        assert_eq!(next.page(vec![7, 6], |number| *number).unwrap().next, None);
    }

    #[test]
    fn what_no_list_takes_is_refused() {
        let rows = [
            ("limit=0", "?limit"),
            ("limit=501", "?limit"),
            ("limit=x", "?limit"),
            ("limit=1&limit=2", "?limit"),
            ("sort=colour", "?sort"),
            ("colour=red", "?colour"),
            ("least=x", "?least"),
        ];
        for (query, pointer) in rows {
            let problem = Names::read(query).unwrap_err();
            assert_eq!(problem.errors[0].pointer, pointer, "{query}: {problem}");
        }
        let told = Names::read("colour=red").unwrap_err().detail;
        assert_eq!(told, "there is no parameter `colour` here, only `least`, `limit`, `cursor`, `sort`");
        assert_eq!(Names::read("limit=500").unwrap().limit, 500);
    }
}
