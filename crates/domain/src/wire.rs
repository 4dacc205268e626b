//! Test of the wire: every value is a string that reads back, and what its reader refuses is
//! refused there too.

use crate::*;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, MapDeserializer};
use serde::{Deserialize, Serialize};
use std::fmt;

struct Wire<T>(T);

/// The standard library's formatter takes strings and numbers from serde.
impl<T: Serialize> fmt::Display for Wire<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.serialize(f)
    }
}

fn read<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, Error> {
    T::deserialize(IntoDeserializer::<Error>::into_deserializer(text))
}

fn reads_back<T: for<'de> Deserialize<'de> + Serialize>(text: &str) {
    assert_eq!(read::<T>(text).map(|value| Wire(value).to_string()), Ok(text.to_owned()));
}

fn refuses<T: for<'de> Deserialize<'de> + fmt::Debug>(text: &str, detail: &str) {
    assert_eq!(read::<T>(text).map_err(|error| error.to_string()).unwrap_err(), detail);
}

#[test]
fn values_are_strings_that_read_back() {
    reads_back::<Qty>("12.5");
    reads_back::<Delta>("-12.5");
    reads_back::<UnitCost>("0.333333");
    reads_back::<Ratio>("1/3");
    reads_back::<Currency>("GBP");
    reads_back::<Sku>("85123A");
    reads_back::<LotCode>("L2024/05");
    reads_back::<SerialCode>("SN 1");
    reads_back::<LocationCode>("LON-A-01-02");
    reads_back::<ReasonCode>("damage");
    reads_back::<Barcode>("4006381333931");
    reads_back::<Barcode>("4006381333932");
    reads_back::<UnitCode>("case");
    reads_back::<Name>("Bolt M8");
    reads_back::<Note>("one\ntwo");
    reads_back::<Tracking>("serial");
    reads_back::<ItemClass>("mro");
    reads_back::<ItemState>("archived");
    reads_back::<LocationKind>("handling_unit");
    reads_back::<Role>("pick_face");
    reads_back::<costing::Method>("moving_average");
    reads_back::<barcode::Symbology>("ean_13");
}

#[test]
fn what_a_reader_refuses_the_wire_refuses_in_the_same_words() {
    refuses::<Qty>("-1", "a quantity here is never below zero");
    refuses::<UnitCost>("-1", "a cost is never below zero");
    refuses::<Ratio>("0", "a ratio is above zero, `0/1` is not");
    refuses::<Currency>(
        "gbp",
        "`gbp` is no currency in use; it is three capital letters of ISO 4217 such as `GBP`",
    );
    refuses::<Sku>("", "a SKU is 1 to 64 characters long, this one is empty");
    refuses::<LocationCode>("A/1", "a location code takes no slash, so not `/` at character 2");
    refuses::<Tracking>("batch", "`batch` is no tracking; it is one of `none`, `lot`, `serial`");
    refuses::<Name>(" ", "a name is 1 to 200 characters long, this one is empty");
}

#[test]
fn money_is_an_amount_and_a_currency() {
    let wire = |amount, currency| {
        let fields = [("amount", amount), ("currency", currency)];
        Money::deserialize(MapDeserializer::<_, Error>::new(fields.into_iter()))
    };
    assert_eq!(wire("12.50", "GBP").map(|money| money.to_string()), Ok("12.50 GBP".to_owned()));
    assert_eq!(wire("12.50", "JPY").unwrap_err().to_string(), "an amount of `JPY` has at most 0 decimals");
}
