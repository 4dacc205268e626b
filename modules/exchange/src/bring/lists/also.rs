//! What people call fields that stand in several lists, folded: a title that is understood in one list is in all of
//! them. The guide names these words, and all that a list has besides.

pub(super) const ITEM: [&str; 5] = ["item", "itemno", "itemnumber", "artikel", "artikelnummer"];
pub(super) const NAME: [&str; 4] = ["description", "desc", "title", "bezeichnung"];
pub(super) const UNIT: [&str; 2] = ["uom", "einheit"];
pub(super) const CATEGORY: [&str; 2] = ["kategorie", "warengruppe"];
pub(super) const BARCODE: [&str; 3] = ["barcode", "ean", "gtin"];
pub(super) const LOCATION: [&str; 2] = ["bin", "lagerplatz"];
pub(super) const SUPPLIER: [&str; 1] = ["lieferant"];
pub(super) const QTY: [&str; 2] = ["quantity", "menge"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bring::List;

    #[test]
    fn a_field_is_called_the_same_in_every_list() {
        let words: [(&str, &[&str]); 6] = [
            ("sku", &ITEM),
            ("name", &NAME),
            ("unit", &UNIT),
            ("category", &CATEGORY),
            ("location", &LOCATION),
            ("supplier", &SUPPLIER),
        ];
        for (list, field) in
            List::ALL.iter().flat_map(|list| list.own_fields().iter().map(move |field| (list, field)))
        {
            let wanted =
                words.iter().find(|(name, _)| *name == field.name).map_or(&[][..], |(_, words)| words);
            assert!(wanted.iter().all(|word| field.also.contains(word)), "{}: {}", list.word(), field.name);
        }
    }

    #[test]
    fn the_guide_names_all_of_these_words() {
        let guide = include_str!("../../../../../docs/guide/import.md");
        for list in List::ALL {
            for field in list.own_fields() {
                let is_of = |line: &&str| {
                    let Some((name, rest)) =
                        line.strip_prefix("| `").and_then(|line| line.split_once("` | "))
                    else {
                        return false;
                    };
                    let (lists, words) = rest.split_once(" | ").unwrap_or_default();
                    let is_here = lists.starts_with("all") || lists.contains(&format!("`{}`", list.word()));
                    name == field.name
                        && is_here
                        && field.also.iter().all(|word| words.contains(&format!("`{word}`")))
                };
                let is_said = field.also.is_empty() || guide.lines().any(|line| is_of(&line));
                assert!(is_said, "{}: {} is {:?}", list.word(), field.name, field.also);
            }
        }
    }
}
