//! What stands in a cell of a file, and how a field reads it.

use super::Locale;
use domain::when::Date;
use serde_json::Value;
use std::borrow::Cow;

/// What stands in a cell.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Cell {
    /// Nothing, or only blanks.
    #[default]
    Empty,
    /// A text; in a CSV file everything is one.
    Text(String),
    /// A number of a spreadsheet, as programs write it.
    Number(String),
    /// A truth value.
    Truth(bool),
    /// A day of a spreadsheet.
    Date(Date),
    /// A day and a time of a spreadsheet, in no zone: `2026-11-30T14:05:00`.
    Civil(String),
    /// A list or an object of a JSON line.
    Json(Value),
    /// What no field reads, in words: an error of a formula, a number that was not kept exactly.
    Bad(String),
}

/// What a field holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holds {
    /// A text, blanks at its ends taken away.
    Text,
    /// A code: a text that spreadsheets like to take for a number.
    Code,
    /// A whole number.
    Whole,
    /// A number with decimals, handed on as a JSON number.
    Number,
    /// A number with decimals, handed on as text.
    Decimal,
    /// How many of one are another: `12`, `0.5` or `1/3`.
    Factor,
    /// Yes or no.
    Truth,
    /// A day.
    Date,
    /// A day and a time; without an offset it is in the zone of the organisation.
    Instant,
    /// Texts with `|` between them.
    List,
    /// Codes with `|` between them, each perhaps behind its unit: `case:14006381333938`.
    Codes,
    /// A JSON text: an object or a list.
    Json,
    /// Whatever it is: an attribute, which its definition reads.
    Any,
}

/// Words for yes and no in the languages of [`Locale::ALL`], in small letters.
const YES: [&str; 9] = ["true", "yes", "y", "1", "x", "ja", "oui", "sí", "wahr"];
const NO: [&str; 8] = ["false", "no", "n", "0", "nein", "non", "nee", "falsch"];

impl Cell {
    /// A text as a cell.
    pub fn of_text(text: &str) -> Cell {
        if text.trim().is_empty() { Cell::Empty } else { Cell::Text(text.to_owned()) }
    }

    /// What a person sees in the cell.
    pub fn shown(&self) -> Cow<'_, str> {
        match self {
            Cell::Empty => Cow::Borrowed(""),
            Cell::Text(text) | Cell::Number(text) | Cell::Civil(text) => Cow::Borrowed(text.trim()),
            Cell::Truth(truth) => Cow::Borrowed(if *truth { "true" } else { "false" }),
            Cell::Date(date) => Cow::Owned(date.to_string()),
            Cell::Json(value) => Cow::Owned(value.to_string()),
            Cell::Bad(words) => Cow::Borrowed(words),
        }
    }
}

impl Holds {
    /// The value of a field; none of an empty cell.
    ///
    /// # Errors
    /// In words, what is wrong with the cell.
    pub fn read(self, cell: &Cell, locale: &Locale) -> Result<Option<Value>, String> {
        match cell {
            Cell::Empty => return Ok(None),
            Cell::Bad(words) => return Err(words.clone()),
            _ => {}
        }
        let text = cell.shown();
        let value = match self {
            Holds::Text => Value::from(text.into_owned()),
            Holds::Code => Value::from(code(cell, &text)?),
            Holds::Whole => whole(cell, &text, locale)?,
            Holds::Number => exact(&number(cell, &text, locale)?)?,
            Holds::Decimal => Value::from(number(cell, &text, locale)?),
            Holds::Factor => Value::from(factor(cell, &text, locale)?),
            Holds::Truth => Value::from(truth(&text)?),
            Holds::Date => Value::from(date(cell, &text, locale)?.to_string()),
            Holds::Instant => Value::from(instant(cell, &text, locale)?),
            Holds::List => list(cell, &text),
            Holds::Codes => codes(cell, &text)?,
            Holds::Json => json(cell, &text)?,
            Holds::Any => any(cell, &text),
        };
        Ok(Some(value))
    }
}

fn number(cell: &Cell, text: &str, locale: &Locale) -> Result<String, String> {
    match cell {
        Cell::Number(number) => Ok(number.clone()),
        Cell::Text(_) => locale.number(text),
        _ => Err(format!("`{text}` is not a number")),
    }
}

fn exact(number: &str) -> Result<Value, String> {
    serde_json::from_str(number.strip_prefix('+').unwrap_or(number))
        .map_err(|_| format!("`{number}` is not a number"))
}

fn whole(cell: &Cell, text: &str, locale: &Locale) -> Result<Value, String> {
    let number = number(cell, text, locale)?;
    let digits = match number.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|byte| byte == b'0') => whole,
        _ => &number,
    };
    digits.parse::<i64>().map(Value::from).map_err(|_| format!("`{text}` is not a whole number"))
}

fn factor(cell: &Cell, text: &str, locale: &Locale) -> Result<String, String> {
    match text.split_once('/') {
        Some(_) => Ok(text.to_owned()),
        None => number(cell, text, locale),
    }
}

fn truth(text: &str) -> Result<bool, String> {
    let word = text.to_lowercase();
    if YES.contains(&word.as_str()) {
        Ok(true)
    } else if NO.contains(&word.as_str()) {
        Ok(false)
    } else {
        Err(format!("`{text}` is neither `true` nor `false`"))
    }
}

fn date(cell: &Cell, text: &str, locale: &Locale) -> Result<Date, String> {
    match cell {
        Cell::Date(date) => Ok(*date),
        // a spreadsheet that was told of a day only keeps midnight
        Cell::Civil(civil) => match civil.split_once('T') {
            Some((day, "00:00:00")) => locale.date(day),
            _ => Err(format!("`{civil}` is a day and a time, and this is a day")),
        },
        Cell::Text(_) => locale.date(text),
        _ => Err(format!("`{text}` is not a date")),
    }
}

/// An instant with its offset, or a day and a time of the organisation's zone.
fn instant(cell: &Cell, text: &str, locale: &Locale) -> Result<String, String> {
    let text = match cell {
        Cell::Date(date) => return Ok(format!("{date}T00:00:00")),
        Cell::Civil(civil) => return Ok(civil.clone()),
        Cell::Text(_) => text,
        _ => return Err(format!("`{text}` is not a day and a time")),
    };
    if text.contains('T') {
        return Ok(text.to_owned());
    }
    let (day, time) = text.split_once(' ').unwrap_or((text, "00:00"));
    let day = locale.date(day)?;
    let time = time.trim();
    let time = if time.len() == 5 { format!("{time}:00") } else { time.to_owned() };
    Ok(format!("{day}T{time}"))
}

/// A code, unless a spreadsheet has made a number of it.
fn code<'t>(cell: &Cell, text: &'t str) -> Result<&'t str, String> {
    if !matches!(cell, Cell::Text(_) | Cell::Number(_)) {
        return Err(format!(
            "`{text}` is a day or a truth value, and this is a code; format the column as text, and enter it again"
        ));
    }
    if is_mangled(text) { Err(mangled(text)) } else { Ok(text) }
}

/// Whether a text looks as a spreadsheet shows a long number: `4.00638E+12`.
fn is_mangled(text: &str) -> bool {
    text.split_once(['E', 'e']).is_some_and(|(mantissa, exponent)| {
        !mantissa.is_empty()
            && mantissa.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b',')
            && exponent
                .strip_prefix('+')
                .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

fn mangled(text: &str) -> String {
    format!(
        "`{text}` is what a spreadsheet made of a long number; format the column as text, and enter it again"
    )
}

/// Codes, none of which a spreadsheet has made a number of.
fn codes(cell: &Cell, text: &str) -> Result<Value, String> {
    if !matches!(cell, Cell::Json(_)) {
        code(cell, text)?;
    }
    let list = list(cell, text);
    for entry in list.as_array().into_iter().flatten() {
        let entry = entry.as_str().ok_or_else(|| format!("`{entry}` is not a text, and a code is one"))?;
        let behind_unit = entry.rsplit_once(':').map_or(entry, |(_, code)| code);
        if let Some(code) = [entry, behind_unit].map(str::trim).into_iter().find(|code| is_mangled(code)) {
            return Err(mangled(code));
        }
    }
    Ok(list)
}

fn list(cell: &Cell, text: &str) -> Value {
    match cell {
        Cell::Json(value @ Value::Array(_)) => value.clone(),
        // texts with `|` in them
        _ if text.starts_with('[') && serde_json::from_str::<Vec<String>>(text).is_ok() => {
            serde_json::from_str(text).unwrap_or_default()
        }
        _ => text.split('|').map(str::trim).filter(|part| !part.is_empty()).collect(),
    }
}

fn json(cell: &Cell, text: &str) -> Result<Value, String> {
    if let Cell::Json(value) = cell {
        return Ok(value.clone());
    }
    serde_json::from_str(text).map_err(|error| format!("not a JSON text: {error}"))
}

/// A value whose kind its definition knows.
fn any(cell: &Cell, text: &str) -> Value {
    match cell {
        Cell::Truth(truth) => Value::from(*truth),
        Cell::Json(value) => value.clone(),
        _ => Value::from(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_read_cells_or_say_what_is_wrong() {
        let text = |text: &str| Cell::of_text(text);
        let number = |number: &str| Cell::Number(number.to_owned());
        let de = Locale::parse("de").unwrap();
        let day = domain::when::parse_date("2026-11-30").unwrap();
        let civil = |text: &str| Cell::Civil(text.to_owned());
        for (holds, cell, read) in [
            (Holds::Text, text("  a b "), Some(json!("a b"))),
            (Holds::Text, number("123"), Some(json!("123"))),
            (Holds::Code, text("00123"), Some(json!("00123"))),
            (Holds::Code, text("4.00638E+12"), None),
            (Holds::Code, text("4,00638E+12"), None),
            (Holds::Code, text("12E+5"), None),
            (Holds::Code, text("12E5"), Some(json!("12E5"))),
            (Holds::Code, Cell::Date(day), None),
            (Holds::Code, Cell::Truth(true), None),
            (Holds::Factor, text("1.000"), Some(json!("1000"))),
            (Holds::Factor, text("0,5"), Some(json!("0.5"))),
            (Holds::Factor, text("1/3"), Some(json!("1/3"))),
            (Holds::List, text("[\"a|b\",\"c\"]"), Some(json!(["a|b", "c"]))),
            (Holds::Codes, text("00123| case:X:12E5"), Some(json!(["00123", "case:X:12E5"]))),
            (Holds::Codes, number("4006381333931"), Some(json!(["4006381333931"]))),
            (Holds::Codes, text("4.00638E+12"), None),
            (Holds::Codes, text("00123|1,23457E+11"), None),
            (Holds::Codes, text("00123|case: 4.0E+12"), None),
            (Holds::Codes, Cell::Json(json!(["A", "B"])), Some(json!(["A", "B"]))),
            (Holds::Codes, Cell::Json(json!(["4.0E+12"])), None),
            (Holds::Codes, Cell::Json(json!([4_006_381_333_931_i64])), None),
            (Holds::Codes, Cell::Date(day), None),
            (Holds::Whole, text("1.000"), Some(json!(1000))),
            (Holds::Whole, text("1,0"), Some(json!(1))),
            (Holds::Whole, text("1,5"), None),
            (Holds::Whole, number("7"), Some(json!(7))),
            (Holds::Number, text("1.234,5"), Some(json!(1234.5))),
            (Holds::Number, text("12"), Some(json!(12))),
            (Holds::Number, text("007"), None),
            (Holds::Decimal, text("1.234,50"), Some(json!("1234.50"))),
            (Holds::Decimal, number("0.1"), Some(json!("0.1"))),
            (Holds::Decimal, Cell::Truth(true), None),
            (Holds::Truth, text("Ja"), Some(json!(true))),
            (Holds::Truth, Cell::Truth(false), Some(json!(false))),
            (Holds::Truth, text("maybe"), None),
            (Holds::Date, text("30.11.2026"), Some(json!("2026-11-30"))),
            (Holds::Date, Cell::Date(day), Some(json!("2026-11-30"))),
            (Holds::Date, civil("2026-11-30T00:00:00"), Some(json!("2026-11-30"))),
            (Holds::Date, civil("2026-11-30T10:00:00"), None),
            (Holds::Date, number("46000"), None),
            (Holds::Instant, text("30.11.2026 14:05"), Some(json!("2026-11-30T14:05:00"))),
            (Holds::Instant, text("30.11.2026"), Some(json!("2026-11-30T00:00:00"))),
            (Holds::Instant, text("2026-11-30T14:05:00Z"), Some(json!("2026-11-30T14:05:00Z"))),
            (Holds::Instant, Cell::Date(day), Some(json!("2026-11-30T00:00:00"))),
            (Holds::List, text("a| b |"), Some(json!(["a", "b"]))),
            (Holds::Json, text("{\"a\":1}"), Some(json!({ "a": 1 }))),
            (Holds::Json, text("{"), None),
            (Holds::Any, text("12,5"), Some(json!("12,5"))),
            (Holds::Text, Cell::Bad("#REF!".to_owned()), None),
        ] {
            assert_eq!(holds.read(&cell, &de).ok().flatten(), read, "{holds:?} {cell:?}");
        }
        assert_eq!(Holds::Text.read(&text("   "), &de), Ok(None));
    }
}
