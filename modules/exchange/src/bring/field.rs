//! Which column of a file is which field of a list. Invariant: nothing of a file is passed over in silence: a
//! column goes to a field, is named as one to leave out, or is refused.

use crate::table::Holds;
use domain::{Code, Problem};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A field of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// The name of its column in exports, such as `un_number`.
    pub name: Cow<'static, str>,
    /// Where it stands in a record, as a JSON pointer: `/hazard/un_number`.
    pub(crate) pointer: Cow<'static, str>,
    /// What it holds.
    pub(crate) holds: Holds,
    /// A row cannot do without it.
    pub needed: bool,
    /// Other titles that people give it, folded.
    pub(crate) also: &'static [&'static str],
}

impl Field {
    /// A field that stands in its record under its own name.
    pub(crate) const fn new(name: &'static str, pointer: &'static str, holds: Holds) -> Field {
        Field { name: Cow::Borrowed(name), pointer: Cow::Borrowed(pointer), holds, needed: false, also: &[] }
    }

    pub(crate) const fn needed(mut self) -> Field {
        self.needed = true;
        self
    }

    pub(crate) const fn also(mut self, also: &'static [&'static str]) -> Field {
        self.also = also;
        self
    }
}

/// Said of a column in place of a field: it is left out.
pub const LEFT_OUT: &str = "-";

/// What people said of columns: their titles, each with the name of a field or [`LEFT_OUT`].
pub type Said = BTreeMap<String, String>;

/// The columns of a file as fields.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mapping {
    /// For each column of the file its field; none for one that is left out.
    pub fields: Vec<Option<Field>>,
    /// The titles of the columns.
    pub titles: Vec<String>,
}

/// A title as it is compared: letters and digits only, small.
pub(crate) fn folded(title: &str) -> String {
    let letters: String = letters(title);
    // one of signs only is that sign
    if letters.is_empty() { title.trim().to_owned() } else { letters }
}

fn letters(title: &str) -> String {
    title.chars().filter(|c| c.is_alphanumeric() || *c == '.').flat_map(char::to_lowercase).collect()
}

/// Finds the field of each column: as it was said now, as it was said before, or by its title.
///
/// # Errors
/// `invalid_value` and `malformed_file`: a column goes nowhere, two go to one field, a field that is needed has
/// none, or what was said is of no column or no field.
pub(crate) fn map(
    titles: &[String],
    fields: &[Field],
    left_out: &[&str],
    (said, before): (&Said, &Said),
) -> Result<Mapping, Problem> {
    let refuse = |detail: String| Err(Problem::at(Code::InvalidValue, "row 1", detail));
    if titles.is_empty() {
        // a list with no rows, in a form that has no place for titles
        return Ok(Mapping { fields: Vec::new(), titles: Vec::new() });
    }
    if let Some(title) = said.keys().find(|title| titles.iter().all(|other| folded(other) != folded(title))) {
        return refuse(format!("the file has no column `{title}`; it has `{}`", titles.join("`, `")));
    }
    let mut mapped: Vec<Option<Field>> = Vec::with_capacity(titles.len());
    let mut lost: Vec<&str> = Vec::new();
    for title in titles {
        let field = match named(title, said, before) {
            Some(LEFT_OUT) => None,
            Some(name) => {
                let Some(field) = fields.iter().find(|field| field.name == name) else {
                    return refuse(format!("there is no field `{name}`; there are {}", names(fields)));
                };
                Some(field.clone())
            }
            None if title.is_empty() || left_out.contains(&folded(title).as_str()) => None,
            None => {
                let field = by_title(title, fields);
                if field.is_none() {
                    lost.push(title);
                }
                field.cloned()
            }
        };
        if let Some(field) = &field
            && let Some(at) = mapped.iter().position(|other| other.as_ref() == Some(field))
        {
            let first = titles.get(at).map_or("", String::as_str);
            return refuse(format!(
                "the columns `{first}` and `{title}` are both the field `{}`; leave one out: `{title}={LEFT_OUT}`",
                field.name
            ));
        }
        mapped.push(field);
    }
    let is_missing = |field: &&Field| field.needed && !mapped.iter().flatten().any(|one| one == *field);
    let missing: Vec<&str> = fields.iter().filter(is_missing).map(|field| field.name.as_ref()).collect();
    // all that has to be said of the columns, at once
    let faults = [nowhere(&lost, titles, fields), nobody(&missing)];
    let faults: Vec<String> = faults.into_iter().flatten().collect();
    if !faults.is_empty() {
        return refuse(faults.join("; besides, "));
    }
    Ok(Mapping { fields: mapped, titles: titles.to_vec() })
}

/// What is said of a column, now or else before.
fn named<'s>(title: &str, said: &'s Said, before: &'s Said) -> Option<&'s str> {
    let of = |said: &'s Said| said.iter().find(|(other, _)| folded(other) == folded(title));
    of(said).or_else(|| of(before)).map(|(_, field)| field.as_str())
}

/// What each column would be: the name of a field or [`LEFT_OUT`], none where nobody said and its title does not
/// tell.
pub(crate) fn propose(
    titles: &[String],
    fields: &[Field],
    left_out: &[&str],
    (said, before): (&Said, &Said),
) -> Vec<Option<String>> {
    let of = |title: &String| match named(title, said, before) {
        Some(name) => Some(name.to_owned()),
        None if title.is_empty() || left_out.contains(&folded(title).as_str()) => Some(LEFT_OUT.to_owned()),
        None => by_title(title, fields).map(|field| field.name.clone().into_owned()),
    };
    titles.iter().map(of).collect()
}

fn by_title<'f>(title: &str, fields: &'f [Field]) -> Option<&'f Field> {
    let title = folded(title);
    fields
        .iter()
        .find(|field| folded(&field.name) == title)
        .or_else(|| fields.iter().find(|field| field.also.contains(&title.as_str())))
}

/// What is said of a title that goes nowhere.
/// What is to be said of columns that are no field.
fn nowhere(lost: &[&str], titles: &[String], fields: &[Field]) -> Option<String> {
    let (title, more) = lost.split_first()?;
    if !more.is_empty() {
        return Some(format!(
            "the columns {} go nowhere: say which field each is, or `{title}={LEFT_OUT}` to leave one out; the fields are {}",
            listed(lost.iter().copied()),
            names(fields)
        ));
    }
    // a heading above the table
    let above = if titles.iter().filter(|title| !title.is_empty()).count() == 1 {
        "it is all that the first row has, and the titles of the columns have to stand there: \
         take out what is above them. Or "
    } else {
        ""
    };
    Some(format!(
        "the column `{title}` goes nowhere: {above}say which field it is, or `{title}={LEFT_OUT}` to leave it out; \
         the fields are {}",
        names(fields)
    ))
}

/// What is to be said of fields that no column is.
fn nobody(missing: &[&str]) -> Option<String> {
    match missing {
        [] => None,
        [field] => Some(format!("no column is the field `{field}`, which every row needs")),
        all => {
            let all = listed(all.iter().copied());
            Some(format!("no columns are the fields {all}, which every row needs"))
        }
    }
}

/// The names of fields, for a refusal.
fn names(fields: &[Field]) -> String {
    listed(fields.iter().map(|field| field.name.as_ref()))
}

fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    format!("`{}`", names.collect::<Vec<_>>().join("`, `"))
}

impl Mapping {
    /// The title of the column that a refusal is about, by its pointer.
    pub(crate) fn column(&self, pointer: &str) -> Option<&str> {
        let is_of = |field: &Field| {
            pointer
                .strip_prefix(field.pointer.as_ref())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let found =
            self.fields.iter().zip(&self.titles).filter(|(field, _)| field.as_ref().is_some_and(is_of));
        let longest =
            |(field, _): &(&Option<Field>, &String)| field.as_ref().map_or(0, |field| field.pointer.len());
        found.max_by_key(longest).map(|(_, title)| title.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Vec<Field> {
        vec![
            Field::new("sku", "/sku", Holds::Code).needed().also(&["artikelnummer", "item"]),
            Field::new("name", "/name", Holds::Text),
            Field::new("hazard_class", "/hazard/class", Holds::Text),
            Field::new("hazard", "/hazard", Holds::Json),
        ]
    }

    fn said(pairs: &[(&str, &str)]) -> Said {
        pairs.iter().map(|(title, field)| ((*title).to_owned(), (*field).to_owned())).collect()
    }

    fn mapped(titles: &[&str], now: &[(&str, &str)], before: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let titles: Vec<String> = titles.iter().map(|title| (*title).to_owned()).collect();
        let mapping = map(&titles, &fields(), &["version"], (&said(now), &said(before)));
        let name =
            |field: &Option<Field>| field.as_ref().map_or("-".to_owned(), |field| field.name.to_string());
        mapping
            .map(|mapping| mapping.fields.iter().map(name).collect())
            .map_err(|problem| problem.detail.to_string())
    }

    #[test]
    fn columns_find_their_fields_or_are_refused() {
        type Row<'a> = (
            &'a [&'a str],
            &'a [(&'a str, &'a str)],
            &'a [(&'a str, &'a str)],
            Result<&'a [&'a str], &'a str>,
        );
        let rows: [Row<'_>; 13] = [
            (&["sku", "name"], &[], &[], Ok(&["sku", "name"])),
            (&["SKU", " Name ", ""], &[], &[], Ok(&["sku", "name", "-"])),
            (&["Artikel-Nummer", "Hazard class"], &[], &[], Ok(&["sku", "hazard_class"])),
            (&["sku", "version"], &[], &[], Ok(&["sku", "-"])),
            (&["sku", "Farbe"], &[], &[], Err("the column `Farbe` goes nowhere")),
            (&["", "Our items"], &[], &[], Err("goes nowhere: it is all that the first row has")),
            (&["sku", "Farbe"], &[("farbe", "-")], &[], Ok(&["sku", "-"])),
            (&["sku", "Farbe"], &[], &[("Farbe", "name")], Ok(&["sku", "name"])),
            (&["sku", "Farbe"], &[("Farbe", "-")], &[("Farbe", "name")], Ok(&["sku", "-"])),
            (&["sku", "Farbe"], &[("Farbe", "colour")], &[], Err("there is no field `colour`")),
            (&["sku"], &[("Farbe", "name")], &[], Err("the file has no column `Farbe`")),
            (&["sku", "item"], &[], &[], Err("are both the field `sku`")),
            (&["name"], &[], &[], Err("no column is the field `sku`")),
        ];
        for (titles, now, before, wanted) in rows {
            match (mapped(titles, now, before), wanted) {
                (Ok(found), Ok(wanted)) => assert_eq!(found, wanted, "{titles:?}"),
                (Err(found), Err(wanted)) => assert!(found.contains(wanted), "{titles:?}: {found}"),
                (found, wanted) => panic!("{titles:?}: {found:?}, wanted {wanted:?}"),
            }
        }
    }

    #[test]
    fn columns_are_proposed_where_their_titles_tell() {
        let titles = ["SKU", "Farbe", "Grösse", "version", ""].map(str::to_owned);
        let before = said(&[("grösse", "name")]);
        let proposed = propose(&titles, &fields(), &["version"], (&Said::new(), &before));
        let proposed: Vec<Option<&str>> = proposed.iter().map(Option::as_deref).collect();
        assert_eq!(proposed, [Some("sku"), None, Some("name"), Some("-"), Some("-")]);
    }

    #[test]
    fn a_refusal_names_the_column_of_the_file() {
        let titles = ["Nr", "Gefahr", "Klasse"].map(str::to_owned);
        let now = said(&[("Nr", "sku"), ("Gefahr", "hazard"), ("Klasse", "hazard_class")]);
        let mapping = map(&titles, &fields(), &[], (&now, &Said::new())).unwrap();
        for (pointer, column) in [
            ("/sku", Some("Nr")),
            ("/skuller", None),
            ("/hazard/class", Some("Klasse")),
            ("/hazard/un_number", Some("Gefahr")),
            ("", None),
        ] {
            assert_eq!(mapping.column(pointer), column, "{pointer}");
        }
    }
}
