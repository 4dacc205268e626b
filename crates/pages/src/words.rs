//! The words that people read, in their language: Fluent messages by their keys, compiled in.
//!
//! Invariant: every key that a page names is in every language, which a test holds; no page has words of its own.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::borrow::Cow;
use std::sync::LazyLock;
use unic_langid::LanguageIdentifier;

/// A language of the pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// German.
    De,
    /// English made longer and stranger, to see what is not translated and what does not fit.
    Pseudo,
}

/// The files of a language, in the same order for each.
macro_rules! files {
    ($($name:literal),* $(,)?) => {
        const EN: &[&str] = &[$(include_str!(concat!("../locales/en/", $name, ".ftl"))),*];
        const DE: &[&str] = &[$(include_str!(concat!("../locales/de/", $name, ".ftl"))),*];
    };
}

files!(
    "kit",
    "shell",
    "home",
    "sign_in",
    "items",
    "lots",
    "people",
    "account",
    "approvals",
    "audit",
    "keys",
    "permissions",
    "places",
    "sites",
    "roles",
    "problems"
);

impl Locale {
    /// Those that people choose from, with what they call themselves.
    pub const ALL: [(Locale, &'static str); 2] = [(Locale::En, "English"), (Locale::De, "Deutsch")];

    /// The word in cookies and in `lang`.
    pub const fn word(self) -> &'static str {
        match self {
            Locale::En => "en",
            Locale::De => "de",
            Locale::Pseudo => "en-XA",
        }
    }

    /// The locale of a word.
    pub fn parse(word: &str) -> Option<Locale> {
        match word {
            "en" => Some(Locale::En),
            "de" => Some(Locale::De),
            // for tests, and for whoever writes pages
            "en-XA" if cfg!(debug_assertions) => Some(Locale::Pseudo),
            _ => None,
        }
    }

    /// The first of the languages that a browser asks for that there is.
    pub fn accepted(header: &str) -> Locale {
        let words = header.split(',').filter_map(|part| part.split([';', '-']).next());
        words.map(str::trim).find_map(Locale::parse).unwrap_or_default()
    }

    fn bundle(self) -> &'static Bundle {
        static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| bundle(Locale::En));
        static GERMAN: LazyLock<Bundle> = LazyLock::new(|| bundle(Locale::De));
        static STRANGE: LazyLock<Bundle> = LazyLock::new(|| bundle(Locale::Pseudo));
        match self {
            Locale::En => &ENGLISH,
            Locale::De => &GERMAN,
            Locale::Pseudo => &STRANGE,
        }
    }

    /// The message of a key.
    pub fn say(self, key: &str) -> Cow<'static, str> {
        self.say_with(key, &[])
    }

    /// The message of a key with what it is about.
    pub fn say_with(self, key: &str, values: &[(&str, FluentValue<'_>)]) -> Cow<'static, str> {
        self.find(key, values).unwrap_or_else(|| {
            tracing::error!(key, locale = self.word(), "a page has no words");
            Cow::Owned(format!("[{key}]"))
        })
    }

    /// The same where there may be none.
    pub fn find(self, key: &str, values: &[(&str, FluentValue<'_>)]) -> Option<Cow<'static, str>> {
        let bundle = self.bundle();
        let pattern = bundle.get_message(key)?.value()?;
        let mut given = FluentArgs::new();
        for (name, value) in values {
            given.set((*name).to_owned(), value.clone());
        }
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&given), &mut errors).into_owned();
        if let Some(error) = errors.first() {
            tracing::error!(key, %error, "a message lacks a value");
        }
        Some(Cow::Owned(text))
    }
}

type Bundle = FluentBundle<FluentResource>;

fn bundle(locale: Locale) -> Bundle {
    let id: LanguageIdentifier = locale.word().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    // what surrounds a value in a sentence are marks of direction, which both languages do without
    bundle.set_use_isolating(false);
    let files = if locale == Locale::De { DE } else { EN };
    for file in files {
        // what cannot be read is seen by the test of this file
        let resource = FluentResource::try_new((*file).to_owned()).unwrap_or_else(|(part, _)| part);
        bundle.add_resource_overriding(resource);
    }
    if locale == Locale::Pseudo {
        bundle.set_transform(Some(strange));
    }
    bundle
}

/// English that is longer by two fifths and has no plain vowel.
fn strange(text: &str) -> Cow<'_, str> {
    let mut made: String = text
        .chars()
        .map(|letter| match letter {
            'a' => 'á',
            'e' => 'é',
            'i' => 'í',
            'o' => 'ó',
            'u' => 'ú',
            'A' => 'Á',
            'E' => 'É',
            'I' => 'Í',
            'O' => 'Ó',
            'U' => 'Ú',
            other => other,
        })
        .collect();
    let letters = text.chars().filter(|letter| letter.is_alphabetic()).count();
    made.extend(std::iter::repeat_n('~', letters * 2 / 5));
    Cow::Owned(made)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    fn keys(files: &[&str]) -> BTreeSet<String> {
        let lines = files.iter().flat_map(|file| file.lines());
        lines
            .filter_map(|line| line.split_once(" =").or_else(|| line.split_once(" =\n")))
            .map(|(key, _)| key)
            .filter(|key| !key.starts_with([' ', '#', '-']))
            .map(str::to_owned)
            .collect()
    }

    /// The text of all files of a folder.
    fn sources(folder: &Path, found: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else {
                found.push_str(&std::fs::read_to_string(&path).unwrap());
            }
        }
    }

    #[test]
    fn all_languages_have_the_same_messages_and_each_can_be_read() {
        for file in EN.iter().chain(DE) {
            if let Err((_, errors)) = FluentResource::try_new((*file).to_owned()) {
                panic!("{errors:?} in {file}");
            }
        }
        assert_eq!(keys(EN), keys(DE));
    }

    #[test]
    fn every_message_is_said_somewhere() {
        let mut text = String::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut text);
        // said by `Reader::word`, and by refusals
        let made = ["problem-", "class-", "expiry-rule-", "storage-", "level-", "permission-"];
        let silent: Vec<String> = keys(EN)
            .into_iter()
            .filter(|key| !made.iter().any(|start| key.starts_with(start)))
            .filter(|key| !text.contains(&format!("\"{key}\"")))
            .collect();
        assert_eq!(silent, [""; 0], "messages that no page says");
    }

    #[test]
    fn every_key_that_a_page_names_is_there() {
        let mut text = String::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut text);
        let known = keys(EN);
        let named = text.split(".t(\"").skip(1).chain(text.split(".tell(\"").skip(1));
        let named = named.filter_map(|rest| rest.split('"').next());
        let lacking: BTreeSet<&str> = named.filter(|key| !known.contains(*key)).collect();
        assert!(lacking.is_empty(), "{lacking:?}");
    }

    #[test]
    fn every_refusal_has_a_title() {
        let known = keys(EN);
        let titled: BTreeSet<String> =
            domain::Code::ALL.iter().map(|code| format!("problem-{}", code.word())).collect();
        let told: BTreeSet<String> = known.into_iter().filter(|key| key.starts_with("problem-")).collect();
        assert_eq!(told, titled);
    }

    #[test]
    fn a_browser_is_answered_in_a_language_that_it_asks_for() {
        for (header, expected) in [
            ("de-DE,de;q=0.9,en;q=0.8", Locale::De),
            ("fr,de;q=0.5", Locale::De),
            ("fr-FR, en-GB", Locale::En),
            ("fr", Locale::En),
            ("", Locale::En),
        ] {
            assert_eq!(Locale::accepted(header), expected, "{header}");
        }
    }

    #[test]
    fn the_strange_language_is_longer() {
        assert_eq!(strange("Sign out"), "Sígn óút~~");
    }
}
