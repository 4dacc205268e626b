//! Damage: bodies and files as strangers send them, made from right ones by chance, and the same in each
//! run. What reads them refuses or takes them; it never falls over.

use std::ops::Range;

/// Pieces that readers have fallen over elsewhere: marks, ends, numbers at their edge, text that is none.
const PIECES: [&[u8]; 24] = [
    b"\xef\xbb\xbf",
    b"\x00",
    b"\xff",
    b"\xc0\xaf",
    b"\xed\xa0\x80",
    b"\\ud800",
    b"\\u0000",
    b"\r",
    b"\r\n",
    b"\n\n",
    b"\"",
    b"'",
    b",",
    b";",
    b":",
    b"{",
    b"}",
    b"[[[[[[[[",
    b"null",
    b"NaN",
    b"-0",
    b"1e309",
    b"99999999999999999999",
    b"0.0000001",
];

/// The most changes that one damaged text has.
const CHANGES_MAX: usize = 4;

/// A source of damage.
#[derive(Clone, Copy, Debug)]
pub struct Damage(u64);

impl Damage {
    /// The same for the same seed.
    pub const fn new(seed: u64) -> Damage {
        Damage(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// How many cases a test takes: as many as a law, which the long run raises.
    #[expect(clippy::disallowed_methods, reason = "a setting of the tests, which the laws read too")]
    pub fn cases() -> usize {
        std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(0).max(256)
    }

    /// The text with one to [`CHANGES_MAX`] changes: bytes replaced, taken out or said twice, its end cut off,
    /// or a piece put in that readers have fallen over.
    pub fn of(&mut self, right: &[u8]) -> Vec<u8> {
        let mut text = right.to_vec();
        for _ in 0..=self.below(CHANGES_MAX) {
            let some = self.some_of(&text);
            match self.below(6) {
                0 => {
                    let byte = u8::try_from(self.below(256)).unwrap_or_default();
                    text.splice(some, [byte]);
                }
                1 => drop(text.drain(some)),
                2 => {
                    let twice = text.get(some.clone()).unwrap_or_default().to_vec();
                    text.splice(some.end..some.end, twice);
                }
                3 => text.truncate(some.start),
                _ => {
                    let piece = PIECES.get(self.below(PIECES.len())).copied().unwrap_or_default();
                    text.splice(some, piece.iter().copied());
                }
            }
        }
        text
    }

    /// A short part of a text, perhaps none of it.
    fn some_of(&mut self, text: &[u8]) -> Range<usize> {
        let start = self.below(text.len() + 1);
        let most = (text.len() - start).min(8);
        start..start + self.below(most + 1)
    }

    fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let sides = u64::try_from(sides).unwrap_or(1).max(1);
        usize::try_from((self.0 >> 11) % sides).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn damage_is_of_every_kind_and_the_same_each_time() {
        let right = br#"{"sku":"BOLT"}"#;
        let made = |seed| {
            let mut damage = Damage::new(seed);
            (0..200).map(|_| damage.of(right)).collect::<Vec<_>>()
        };
        assert_eq!(made(1), made(1));
        let different: BTreeSet<Vec<u8>> = made(1).into_iter().chain(made(2)).collect();
        assert!(different.len() > 300, "{}", different.len());
        let shorter = different.iter().filter(|text| text.len() < right.len()).count();
        assert!(shorter > 50 && different.len() - shorter > 50, "{shorter}");
        assert!(Damage::new(3).of(b"").len() < 100, "nothing can be damaged too");
    }
}
