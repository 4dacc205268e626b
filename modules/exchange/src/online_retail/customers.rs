//! The customers that the file implies: one for each number.
//!
//! A few changed their country during the year; the one of the latest invoice stands.

use super::invoice::Invoice;
use super::line::Table;
use domain::Instant;
use std::collections::BTreeMap;

/// A customer of the shop.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Customer {
    /// The number, which is all the name there is.
    pub number: u32,
    /// The country of the latest invoice.
    pub country: String,
    /// The first invoice.
    pub first: Instant,
    /// The latest invoice.
    pub last: Instant,
    /// How many invoices, cancellations included.
    pub invoices: u32,
}

/// All customers by number.
pub(super) fn build(table: &Table, invoices: &[Invoice]) -> Vec<Customer> {
    let mut customers: BTreeMap<u32, Customer> = BTreeMap::new();
    // invoices stand in effective order, so the last one to speak is the latest
    for invoice in invoices {
        let Some((_, line)) = invoice.lines(table).next() else { continue };
        let Some(number) = line.customer else { continue };
        let customer = customers.entry(number).or_insert_with(|| Customer {
            number,
            country: String::new(),
            first: invoice.at,
            last: invoice.at,
            invoices: 0,
        });
        customer.last = invoice.at;
        customer.invoices += 1;
        table.countries.text(line.country).clone_into(&mut customer.country);
    }
    customers.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::year;

    #[test]
    fn the_latest_country_stands() {
        let year = year(
            "3,A1,THE THING,1,2011-01-05 10:00:00,2.0,12370,Austria\n\
             1,A1,THE THING,1,2011-01-03 10:00:00,2.0,12370,Cyprus\n\
             1,A1,THE THING,2,2011-01-03 10:00:00,2.0,12370,Cyprus\n\
             2,A1,THE THING,1,2011-01-04 10:00:00,2.0,7,Norway\n\
             4,A1,THE THING,1,2011-01-06 10:00:00,2.0,,Norway\n",
        );
        let found: Vec<_> = year.customers.iter().map(|c| (c.number, &*c.country, c.invoices)).collect();
        assert_eq!(found, [(7, "Norway", 1), (12_370, "Austria", 2)]);
        assert_eq!(year.customers[1].first.to_string(), "2011-01-03T10:00:00Z");
        assert_eq!(year.customers[1].last.to_string(), "2011-01-05T10:00:00Z");
    }
}
