//! How people write numbers and dates in a file: the decimal sign, what groups thousands, and the order of
//! day, month and year. Nothing is guessed from the values: `1.234` is read by the convention that was
//! chosen, and what contradicts it is refused in words.

use domain::when::{BadWhen, Date, parse_date};

/// A convention of numbers and dates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Locale {
    /// Its name, such as `de`.
    pub name: &'static str,
    /// The decimal sign.
    decimal: char,
    /// What may stand between groups of three digits.
    groups: &'static [char],
    /// The order of the parts of a date that does not begin with the year.
    order: Order,
    /// What stands between the parts of a date when it is written.
    between: char,
}

/// Which part of a date comes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Order {
    /// Only dates that begin with the year are read.
    Year,
    Day,
    Month,
}

/// Spaces that do not break a line stand between groups in several languages.
const SPACES: [char; 3] = [' ', '\u{a0}', '\u{202f}'];

impl Locale {
    /// The convention of programs: a decimal point, no groups, `2026-11-30`.
    pub const ISO: Locale =
        Locale { name: "iso", decimal: '.', groups: &[], order: Order::Year, between: '-' };

    /// All conventions.
    pub const ALL: [Locale; 8] = [
        Locale::ISO,
        Locale { name: "en-gb", decimal: '.', groups: &[','], order: Order::Day, between: '/' },
        Locale { name: "en-us", decimal: '.', groups: &[','], order: Order::Month, between: '/' },
        Locale { name: "de", decimal: ',', groups: &['.'], order: Order::Day, between: '.' },
        Locale { name: "de-ch", decimal: '.', groups: &['\'', '’'], order: Order::Day, between: '.' },
        Locale { name: "fr", decimal: ',', groups: &SPACES, order: Order::Day, between: '/' },
        Locale { name: "es", decimal: ',', groups: &['.'], order: Order::Day, between: '/' },
        Locale { name: "nl", decimal: ',', groups: &['.'], order: Order::Day, between: '-' },
    ];

    /// The convention of a name, whatever the case of its letters.
    pub fn parse(name: &str) -> Option<Locale> {
        Locale::ALL.into_iter().find(|locale| locale.name.eq_ignore_ascii_case(name))
    }

    /// The names of all conventions, for a refusal.
    pub fn names() -> String {
        Locale::ALL.map(|locale| locale.name).join("`, `")
    }

    /// A number as programs write it: `1.234,50` of `de` is `1234.50`.
    ///
    /// # Errors
    /// In words, what is wrong with it.
    pub fn number(&self, text: &str) -> Result<String, String> {
        let (sign, unsigned) = match text.strip_prefix(['-', '−']) {
            Some(rest) => ("-", rest),
            None => ("", text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = match unsigned.split_once(self.decimal) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (unsigned, None),
        };
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let whole = self.ungrouped(whole).filter(|whole| digits(whole));
        match (whole, fraction) {
            (Some(whole), None) => Ok(format!("{sign}{whole}")),
            (Some(whole), Some(fraction)) if digits(fraction) => Ok(format!("{sign}{whole}.{fraction}")),
            _ => Err(self.no_number(text)),
        }
    }

    fn no_number(&self, text: &str) -> String {
        let example = if self.decimal == ',' { "1234,5" } else { "1234.5" };
        format!("`{text}` is not a number as `{}` writes it: `{example}`", self.name)
    }

    /// The digits of a whole number without what groups them; none where a group has not three digits.
    fn ungrouped(&self, whole: &str) -> Option<String> {
        let Some(group) = self.groups.iter().find(|group| whole.contains(**group)) else {
            return Some(whole.to_owned());
        };
        let parts: Vec<&str> = whole.split(*group).collect();
        let (first, rest) = parts.split_first()?;
        let right = (1..=3).contains(&first.len()) && rest.iter().all(|part| part.len() == 3);
        right.then(|| parts.concat())
    }

    /// A date; one that begins with the year is read by every convention.
    ///
    /// # Errors
    /// In words, what is wrong with it.
    pub fn date(&self, text: &str) -> Result<Date, String> {
        let there_is_none = || format!("`{text}`: {}", BadWhen::NoSuchDay);
        match parse_date(text) {
            Ok(date) => return Ok(date),
            Err(BadWhen::NoSuchDay) => return Err(there_is_none()),
            Err(_) => {}
        }
        if let Some((year, month, day)) = self.parts(text) {
            return Date::new(year, month, day).map_err(|_| there_is_none());
        }
        let example = parse_date("2026-11-30").map(|date| self.show_date(date)).unwrap_or_default();
        let year_first = if self.order == Order::Year { "" } else { " or `2026-11-30`" };
        Err(format!("`{text}` is not a date as `{}` writes it: `{example}`{year_first}", self.name))
    }

    /// Year, month and day as they stand there.
    fn parts(&self, text: &str) -> Option<(i16, i8, i8)> {
        let parts: Vec<&str> = text.split(['.', '/', '-']).map(str::trim).collect();
        let [first, second, year] = parts.as_slice() else { return None };
        let year = if year.len() == 4 { year.parse::<i16>().ok()? } else { return None };
        let [first, second] = [first, second].map(|part| {
            let short = (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
            short.then(|| part.parse::<i8>().ok()).flatten()
        });
        let (day, month) = match self.order {
            Order::Year => return None,
            Order::Day => (first?, second?),
            Order::Month => (second?, first?),
        };
        Some((year, month, day))
    }

    /// A number of the product as people of this convention write it.
    pub fn show_number(&self, number: &str) -> String {
        if self.decimal == '.' { number.to_owned() } else { number.replace('.', &self.decimal.to_string()) }
    }

    /// A date as people of this convention write it.
    pub fn show_date(&self, date: Date) -> String {
        let (year, month, day, between) = (date.year(), date.month(), date.day(), self.between);
        match self.order {
            Order::Year => format!("{year:04}-{month:02}-{day:02}"),
            Order::Day => format!("{day:02}{between}{month:02}{between}{year:04}"),
            Order::Month => format!("{month:02}{between}{day:02}{between}{year:04}"),
        }
    }

    /// What separates the cells of a file of people of this convention.
    pub const fn separator(&self) -> u8 {
        if self.decimal == ',' { b';' } else { b',' }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locale(name: &str) -> Locale {
        Locale::parse(name).unwrap()
    }

    #[test]
    fn numbers_are_read_as_their_convention_writes_them() {
        for (name, text, number) in [
            ("iso", "1234.5", Some("1234.5")),
            ("iso", "1,234.5", None),
            ("iso", "1234,5", None),
            ("iso", "-0.50", Some("-0.50")),
            ("iso", "+7", Some("7")),
            ("iso", "", None),
            ("iso", ".5", None),
            ("iso", "5.", None),
            ("iso", "1e3", None),
            ("en-gb", "1,234,567.50", Some("1234567.50")),
            ("en-us", "1,23", None),
            ("en-us", "12,34,567", None),
            ("de", "1.234,50", Some("1234.50")),
            ("de", "1.234", Some("1234")),
            ("de", "1.5", None),
            ("de", "0,5", Some("0.5")),
            ("de-ch", "1'234.50", Some("1234.50")),
            ("de-ch", "1’234.50", Some("1234.50")),
            ("fr", "1 234,5", Some("1234.5")),
            ("fr", "1\u{a0}234,5", Some("1234.5")),
            ("fr", "1\u{202f}234", Some("1234")),
            ("fr", "12 34", None),
            ("de", "−3", Some("-3")),
        ] {
            assert_eq!(locale(name).number(text).ok().as_deref(), number, "{name} {text}");
        }
    }

    #[test]
    fn dates_are_read_as_their_convention_writes_them() {
        for (name, text, date) in [
            ("iso", "2026-11-30", Some("2026-11-30")),
            ("iso", "30.11.2026", None),
            ("de", "30.11.2026", Some("2026-11-30")),
            ("de", "1.2.2026", Some("2026-02-01")),
            ("de", "2026-02-01", Some("2026-02-01")),
            ("en-gb", "01/02/2026", Some("2026-02-01")),
            ("en-us", "01/02/2026", Some("2026-01-02")),
            ("en-us", "13/02/2026", None),
            ("de", "31.02.2026", None),
            ("de", "1.2.26", None),
            ("fr", "+1/02/2026", None),
        ] {
            let read = locale(name).date(text).ok().map(|date| date.to_string());
            assert_eq!(read.as_deref(), date, "{name} {text}");
        }
        for (name, text) in [("iso", "2026-02-30"), ("de", "31.02.2026"), ("en-us", "13/02/2026")] {
            let words = format!("`{text}`: there is no such day in the calendar");
            assert_eq!(locale(name).date(text), Err(words), "{name}");
        }
    }

    #[test]
    fn what_a_convention_writes_it_reads() {
        let date = parse_date("2011-03-09").unwrap();
        for locale in Locale::ALL {
            assert_eq!(locale.date(&locale.show_date(date)), Ok(date), "{}", locale.name);
            assert_eq!(locale.number(&locale.show_number("-1234.75")).as_deref(), Ok("-1234.75"));
        }
    }
}
