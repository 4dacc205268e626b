//! Why stock was corrected, read from the note that stands where a description should.
//!
//! The shop's clerks wrote what came to mind ("wet pallet", "sold as set on dotcom", "?"). The
//! table below turns a note into a [`Cause`]: the first entry whose words stand in the note one
//! behind the other decides, so the order is part of the rule ("damages/dotcom?" is damage,
//! "wrongly sold sets" is about sets). A word that ends in `*` stands for all that begin so.
//! Punctuation and capitals do not count.

use std::fmt;

/// Why stock was corrected.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Cause {
    /// Broken, wet, rusty, thrown away.
    Damaged,
    /// Not where it should be, or never arrived.
    Lost,
    /// Turned up, was put aside, came back without papers.
    Found,
    /// A set was sold as single pieces, or pieces as a set.
    Sets,
    /// Booked or labelled under the code of another item.
    Coding,
    /// Sold through another channel's books (the web shop, a marketplace).
    Channel,
    /// Used as a sample or for display.
    Sample,
    /// Given away in a mailing or otherwise.
    Promotion,
    /// The count differed.
    Count,
    /// An entry was wrong and is put right.
    Correction,
    /// A note that no rule knows.
    Other,
    /// No note, question marks, or only the item's name.
    Unexplained,
}

impl Cause {
    /// All causes.
    pub const ALL: [Cause; 12] = [
        Cause::Damaged,
        Cause::Lost,
        Cause::Found,
        Cause::Sets,
        Cause::Coding,
        Cause::Channel,
        Cause::Sample,
        Cause::Promotion,
        Cause::Count,
        Cause::Correction,
        Cause::Other,
        Cause::Unexplained,
    ];

    /// The word for it, fit for a reason code.
    pub const fn word(self) -> &'static str {
        match self {
            Cause::Damaged => "damaged",
            Cause::Lost => "lost",
            Cause::Found => "found",
            Cause::Sets => "sets",
            Cause::Coding => "coding",
            Cause::Channel => "channel",
            Cause::Sample => "sample",
            Cause::Promotion => "promotion",
            Cause::Count => "count",
            Cause::Correction => "correction",
            Cause::Other => "other",
            Cause::Unexplained => "unexplained",
        }
    }

    /// The cause that a note gives.
    pub fn of(note: &str) -> Cause {
        let note = note.to_lowercase();
        let words: Vec<&str> =
            note.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        if words.is_empty() {
            return Cause::Unexplained;
        }
        let known = PHRASES.iter().find(|(phrases, _)| phrases.iter().any(|phrase| says(&words, phrase)));
        match known {
            Some((_, cause)) => *cause,
            None if is_a_code(&words) => Cause::Coding,
            None => Cause::Other,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What stands in the notes, in the order in which it is looked for.
const PHRASES: [(&[&str], Cause); 10] = [
    (
        &[
            "damag*",
            "dagamed",
            "wet",
            "water",
            "mould*",
            "rust*",
            "smash*",
            "smudge*",
            "crush*",
            "crack*",
            "broken",
            "break*",
            "faulty",
            "throw*",
            "thrown",
            "unsaleable",
            "destroyed",
        ],
        Cause::Damaged,
    ),
    (&["missing", "lost", "mia", "can t find", "mystery", "not rcvd"], Cause::Lost),
    (&["found", "put aside", "returned"], Cause::Found),
    (&["set", "sets", "sold as 1", "sold in 6"], Cause::Sets),
    (
        &[
            "wrongly coded",
            "wrongly m*",
            "wrongly sold",
            "wrong code",
            "barcode",
            "coded",
            "marked as",
            "wrongly marked",
            "mix*",
            "sold as",
        ],
        Cause::Coding,
    ),
    (&["dotcom*", "amazon", "ebay", "fba", "online", "website"], Cause::Channel),
    (&["sample*", "showroom", "show", "display"], Cause::Sample),
    (&["mailout", "given away"], Cause::Promotion),
    (&["check", "counted", "stock check"], Cause::Count),
    (
        &[
            "adjust*",
            "readjust*",
            "incorrect*",
            "incorr",
            "revers*",
            "error",
            "credit*",
            "oops",
            "wrongly",
            "difference",
            "temp",
            "test",
        ],
        Cause::Correction,
    ),
];

/// Whether the words of a phrase stand in a note, one behind the other.
fn says(words: &[&str], phrase: &str) -> bool {
    (0..words.len()).any(|start| {
        let mut here = words.iter().skip(start);
        phrase.split(' ').all(|wanted| here.next().is_some_and(|word| is(word, wanted)))
    })
}

fn is(word: &str, wanted: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(beginning) => word.starts_with(beginning),
        None => word == wanted,
    }
}

/// Whether a note is nothing but the code of another item.
fn is_a_code(words: &[&str]) -> bool {
    matches!(words, [code] if code.len() >= 5 && code.bytes().take(5).all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_and_their_causes() {
        let cases = [
            ("", Cause::Unexplained),
            ("???", Cause::Unexplained),
            ("damages", Cause::Damaged),
            ("Dagamed", Cause::Damaged),
            ("damages/dotcom?", Cause::Damaged),
            ("Thrown away-rusty", Cause::Damaged),
            ("printing smudges/thrown away", Cause::Damaged),
            ("WET/MOULDY", Cause::Damaged),
            ("????missing", Cause::Lost),
            ("can't find", Cause::Lost),
            ("Not rcvd in 10/11/2010 delivery", Cause::Lost),
            ("Found in w/hse", Cause::Found),
            ("Had been put aside.", Cause::Found),
            ("returned", Cause::Found),
            ("sold as set on dotcom and amazon", Cause::Sets),
            ("sold as set/6 by dotcom", Cause::Sets),
            ("wrongly sold sets", Cause::Sets),
            ("Sold as 1 on dotcom", Cause::Sets),
            ("Dotcom sold in 6's", Cause::Sets),
            ("sold as 22467", Cause::Coding),
            ("wrongly sold (22719) barcode", Cause::Coding),
            ("Wrongly mrked had 85123a in box", Cause::Coding),
            ("20713 wrongly marked", Cause::Coding),
            ("came coded as 20713", Cause::Coding),
            ("label mix up", Cause::Coding),
            ("20713", Cause::Coding),
            ("amazon adjust", Cause::Channel),
            ("dotcomstock", Cause::Channel),
            ("FBA", Cause::Channel),
            ("website fixed", Cause::Channel),
            ("Show Samples", Cause::Sample),
            ("?display?", Cause::Sample),
            ("mailout", Cause::Promotion),
            ("Given away", Cause::Promotion),
            ("CHECK", Cause::Count),
            ("stock check", Cause::Count),
            ("re-adjustment", Cause::Correction),
            ("stock creditted wrongly", Cause::Correction),
            ("incorrectly credited C550456 see 47", Cause::Correction),
            ("michel oops", Cause::Correction),
            ("Lighthouse Trading zero invc incorr", Cause::Correction),
            ("John Lewis", Cause::Other),
            ("on cargo order", Cause::Other),
            ("1234", Cause::Other),
        ];
        for (note, cause) in cases {
            assert_eq!(Cause::of(note), cause, "{note}");
        }
    }

    #[test]
    fn a_phrase_is_found_as_words_only() {
        assert_eq!(Cause::of("sweet"), Cause::Other, "`wet` is not a word of it");
        assert_eq!(Cause::of("put it aside"), Cause::Other);
    }

    #[test]
    fn words_of_causes_are_unique() {
        let words: std::collections::BTreeSet<_> = Cause::ALL.iter().map(|cause| cause.word()).collect();
        assert_eq!(words.len(), Cause::ALL.len());
    }
}
