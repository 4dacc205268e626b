//! How somebody wants to see pages: language, theme, how dense. It is kept with the user, and a cookie carries it,
//! so that the first byte of a page looks right.

use crate::words::Locale;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// The cookie of the look. It is no secret.
const COOKIE: &str = "look";
/// How long browsers keep it, in seconds: a year.
const KEPT_SECONDS: u32 = 31_536_000;

/// Light or dark.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Theme {
    /// As the system of the reader is set.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// How high the rows of tables are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Density {
    /// Room for two lines.
    #[default]
    Normal,
    /// As many rows as can be read.
    Compact,
    /// Easy to hit.
    Comfortable,
}

/// All of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Look {
    /// The language.
    pub locale: Locale,
    /// Light or dark.
    pub theme: Theme,
    /// How dense.
    pub density: Density,
    /// Whether single letters are no shortcuts, for whoever speaks to the machine.
    pub without_keys: bool,
}

/// The word of a look without shortcuts.
pub const KEYS_OFF: &str = "off";

impl Theme {
    /// The word in the cookie and in the page; `None` for that of the system.
    pub const fn word(self) -> Option<&'static str> {
        match self {
            Theme::System => None,
            Theme::Light => Some("light"),
            Theme::Dark => Some("dark"),
        }
    }

    /// The theme of a word; any other is that of the system.
    pub fn parse(word: &str) -> Theme {
        match word {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::System,
        }
    }
}

impl Density {
    /// The word in the cookie and in the page; `None` for the usual one.
    pub const fn word(self) -> Option<&'static str> {
        match self {
            Density::Normal => None,
            Density::Compact => Some("compact"),
            Density::Comfortable => Some("comfortable"),
        }
    }

    /// The density of a word; any other is the usual one.
    pub fn parse(word: &str) -> Density {
        match word {
            "compact" => Density::Compact,
            "comfortable" => Density::Comfortable,
            _ => Density::Normal,
        }
    }
}

impl Look {
    /// What a browser says: by the cookie, and for the language by what it asks for otherwise.
    pub fn of(headers: &HeaderMap) -> Look {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let text = pairs.find(|(name, _)| *name == COOKIE).map_or("", |(_, text)| text);
        let mut parts = text.split('.');
        let mut part = || parts.next().unwrap_or_default();
        let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Look {
            locale: Locale::parse(part()).unwrap_or_else(|| Locale::accepted(asked.unwrap_or_default())),
            theme: Theme::parse(part()),
            density: Density::parse(part()),
            without_keys: part() == KEYS_OFF,
        }
    }

    /// The header that gives it to a browser.
    pub fn cookie(self) -> Option<(HeaderName, HeaderValue)> {
        let Look { locale, theme, density, without_keys } = self;
        let keys = if without_keys { KEYS_OFF } else { "" };
        let (theme, density) = (theme.word().unwrap_or_default(), density.word().unwrap_or_default());
        let text = [locale.word(), theme, density, keys].join(".");
        let value = format!("{COOKIE}={text}; Path=/; Max-Age={KEPT_SECONDS}; SameSite=Lax; HttpOnly");
        Some((header::SET_COOKIE, HeaderValue::try_from(value).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_comes_back_as_it_was_given() {
        let looks = [
            Look::default(),
            Look { locale: Locale::De, theme: Theme::Dark, density: Density::Compact, without_keys: true },
            Look {
                locale: Locale::En,
                theme: Theme::Light,
                density: Density::Comfortable,
                without_keys: false,
            },
        ];
        for look in looks {
            let (_, value) = look.cookie().unwrap();
            let text = value.to_str().unwrap().split(';').next().unwrap().to_owned();
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::try_from(format!("a=b; {text}; c=d")).unwrap());
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("de"));
            assert_eq!(Look::of(&headers), look);
        }
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("look=xx.purple.."));
        assert_eq!(Look::of(&headers), Look::default());
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("de-AT"));
        assert_eq!(Look::of(&headers).locale, Locale::De);
    }
}
