//! Numbers, days and money as people of a language write them. What comes in is what the API gives: decimal strings
//! and RFC 3339; what cannot be read is shown as it is.

use crate::words::Locale;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Between groups of three digits, in both languages: it is narrow, and no line breaks there.
const GROUP: char = '\u{202f}';
const MINUS: char = '−';
/// What does not apply.
pub const NONE: &str = "–";

const fn decimal_mark(locale: Locale) -> char {
    match locale {
        Locale::De => ',',
        Locale::En | Locale::Pseudo => '.',
    }
}

/// A decimal number, such as `-1277.50` as `−1 277.50`.
pub fn number(locale: Locale, text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, part) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    if whole.is_empty() || !whole.bytes().chain(part.unwrap_or_default().bytes()).all(|b| b.is_ascii_digit())
    {
        return text.to_owned();
    }
    let mut made = String::with_capacity(text.len() + 8);
    if !sign.is_empty() {
        made.push(MINUS);
    }
    for (index, digit) in whole.chars().enumerate() {
        // four digits stand together, as in 1277
        if index > 0 && (whole.len() - index) % 3 == 0 {
            made.push(GROUP);
        }
        made.push(digit);
    }
    if let Some(part) = part {
        made.push(decimal_mark(locale));
        made.push_str(part);
    }
    made
}

/// The same with a sign for what comes in, such as `+450`.
pub fn change(locale: Locale, text: &str) -> String {
    let made = number(locale, text);
    let is_plus = !text.starts_with('-') && text.bytes().any(|digit| (b'1'..=b'9').contains(&digit));
    if is_plus { format!("+{made}") } else { made }
}

/// An amount of money, such as `€13 633 262.00`.
pub fn money(locale: Locale, amount: &str, currency: &str) -> String {
    let (sign, amount) = amount.strip_prefix('-').map_or(("", amount), |rest| ("−", rest));
    let amount = number(locale, amount);
    let mark = match currency {
        "EUR" => "€",
        "GBP" => "£",
        "USD" => "$",
        other => other,
    };
    match locale {
        Locale::De => format!("{sign}{amount}\u{a0}{mark}"),
        Locale::En | Locale::Pseudo if mark.len() == 3 && mark.is_ascii() => {
            format!("{sign}{mark}\u{a0}{amount}")
        }
        Locale::En | Locale::Pseudo => format!("{sign}{mark}{amount}"),
    }
}

/// A day, such as `21 Nov 2026`.
pub fn day(locale: Locale, text: &str) -> String {
    let Ok(date) = text.parse::<Date>() else { return text.to_owned() };
    date.strftime(day_form(locale)).to_string()
}

const fn day_form(locale: Locale) -> &'static str {
    match locale {
        Locale::De => "%d.%m.%Y",
        Locale::En | Locale::Pseudo => "%-d\u{a0}%b\u{a0}%Y",
    }
}

/// An instant at a place, to the minute.
pub fn instant(locale: Locale, text: &str, zone: &TimeZone) -> String {
    let Ok(instant) = text.parse::<Timestamp>() else { return text.to_owned() };
    let there = instant.to_zoned(zone.clone());
    format!("{} {}", there.strftime(day_form(locale)), there.strftime("%H:%M"))
}

/// Bytes as people say them.
pub fn bytes(locale: Locale, bytes: u64) -> String {
    let (unit, size) = match bytes {
        0..1_000 => return format!("{bytes}\u{a0}B"),
        1_000..1_000_000 => ("kB", 1_000),
        1_000_000..1_000_000_000 => ("MB", 1_000_000),
        _ => ("GB", 1_000_000_000),
    };
    let tenths = bytes / (size / 10);
    format!("{}\u{a0}{unit}", number(locale, &format!("{}.{}", tenths / 10, tenths % 10)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_they_are_written_there() {
        let rows = [
            ("0", "0", "0"),
            ("999", "999", "999"),
            ("1277", "1\u{202f}277", "1\u{202f}277"),
            ("-26", "−26", "−26"),
            ("13633262.50", "13\u{202f}633\u{202f}262.50", "13\u{202f}633\u{202f}262,50"),
            ("-0.001", "−0.001", "−0,001"),
            ("A-7", "A-7", "A-7"),
            ("", "", ""),
        ];
        for (given, english, german) in rows {
            assert_eq!(number(Locale::En, given), english);
            assert_eq!(number(Locale::De, given), german);
        }
        assert_eq!(
            [change(Locale::En, "450"), change(Locale::En, "-4"), change(Locale::En, "0.000")],
            ["+450", "−4", "0.000"]
        );
    }

    #[test]
    fn money_has_its_mark() {
        assert_eq!(money(Locale::En, "5574.00", "EUR"), "€5\u{202f}574.00");
        assert_eq!(money(Locale::De, "-5574.00", "EUR"), "−5\u{202f}574,00\u{a0}€");
        assert_eq!(money(Locale::En, "3", "CHF"), "CHF\u{a0}3");
    }

    #[test]
    fn days_and_instants_are_those_of_the_place() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(day(Locale::En, "2026-11-21"), "21\u{a0}Nov\u{a0}2026");
        assert_eq!(day(Locale::De, "2026-01-02"), "02.01.2026");
        assert_eq!(day(Locale::En, "soon"), "soon");
        assert_eq!(instant(Locale::De, "2026-11-21T23:30:00Z", &berlin), "22.11.2026 00:30");
    }

    #[test]
    fn bytes_are_counted_in_thousands() {
        assert_eq!(
            [0, 999, 1_000, 1_550, 64_000_000, 2_900_000_000].map(|count| bytes(Locale::En, count)),
            ["0\u{a0}B", "999\u{a0}B", "1.0\u{a0}kB", "1.5\u{a0}kB", "64.0\u{a0}MB", "2.9\u{a0}GB"]
        );
    }
}
