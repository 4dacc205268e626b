//! The part of CBOR (RFC 8949) in which authenticators write: whole numbers, bytes, texts, lists, maps, and the words for
//! true, false and nothing, all of a length that is said before. Fractions, tags and lengths that are not said
//! are refused.

/// How deep lists and maps stand in each other.
const DEPTH_MAX: usize = 4;

/// A value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Value {
    Int(i64),
    Bytes(Vec<u8>),
    Text(String),
    List(Vec<Value>),
    /// In the order in which they stand; no key twice.
    Map(Vec<(Value, Value)>),
    /// True, false, or nothing.
    Word(u8),
}

impl Value {
    /// What stands under a key of a map.
    pub(crate) fn get(&self, key: &Value) -> Option<&Value> {
        let Value::Map(pairs) = self else { return None };
        pairs.iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    /// What stands under a text.
    pub(crate) fn named(&self, name: &str) -> Option<&Value> {
        self.get(&Value::Text(name.to_owned()))
    }

    /// What stands under a number.
    pub(crate) fn numbered(&self, number: i64) -> Option<&Value> {
        self.get(&Value::Int(number))
    }

    /// As bytes.
    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        if let Value::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    /// As a whole number.
    pub(crate) fn int(&self) -> Option<i64> {
        if let Value::Int(number) = self { Some(*number) } else { None }
    }
}

/// Reads one value; what stands behind it is given back.
pub(crate) fn read(bytes: &[u8]) -> Option<(Value, &[u8])> {
    value(bytes, 0)
}

fn value(bytes: &[u8], depth: usize) -> Option<(Value, &[u8])> {
    let (kind, argument, rest) = head(bytes)?;
    let length = || usize::try_from(argument).ok();
    match kind {
        0 => Some((Value::Int(i64::try_from(argument).ok()?), rest)),
        1 => Some((Value::Int(-1 - i64::try_from(argument).ok()?), rest)),
        2 => rest.split_at_checked(length()?).map(|(own, rest)| (Value::Bytes(own.to_vec()), rest)),
        3 => {
            let (own, rest) = rest.split_at_checked(length()?)?;
            Some((Value::Text(std::str::from_utf8(own).ok()?.to_owned()), rest))
        }
        4 => list(rest, length()?, depth),
        5 => map(rest, length()?, depth),
        7 => Some((Value::Word(u8::try_from(argument).ok().filter(|word| (20..=23).contains(word))?), rest)),
        _ => None,
    }
}

/// The kind of a value, and the number that says how much of it there is.
fn head(bytes: &[u8]) -> Option<(u8, u64, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let (kind, short) = (first >> 5, first & 31);
    let more = match short {
        0..24 => return Some((kind, u64::from(short), rest)),
        24 => 1,
        25 => 2,
        26 => 4,
        27 => 8,
        _ => return None,
    };
    // the words are written short, and fractions are not read
    if kind == 7 {
        return None;
    }
    let (digits, rest) = rest.split_at_checked(more)?;
    let number = digits.iter().fold(0, |number: u64, digit| number << 8 | u64::from(*digit));
    Some((kind, number, rest))
}

fn list(mut rest: &[u8], length: usize, depth: usize) -> Option<(Value, &[u8])> {
    // each takes a byte at least, so that no number that is told takes memory
    if depth >= DEPTH_MAX || length > rest.len() {
        return None;
    }
    let mut all = Vec::new();
    for _ in 0..length {
        let (one, behind) = value(rest, depth + 1)?;
        all.push(one);
        rest = behind;
    }
    Some((Value::List(all), rest))
}

fn map(mut rest: &[u8], length: usize, depth: usize) -> Option<(Value, &[u8])> {
    if depth >= DEPTH_MAX || length > rest.len() {
        return None;
    }
    let mut all: Vec<(Value, Value)> = Vec::new();
    for _ in 0..length {
        let (key, behind) = value(rest, depth + 1)?;
        let (one, behind) = value(behind, depth + 1)?;
        if all.iter().any(|(known, _)| *known == key) {
            return None;
        }
        all.push((key, one));
        rest = behind;
    }
    Some((Value::Map(all), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::hex;

    fn bytes(text: &str) -> Vec<u8> {
        (0..text.len() / 2).map(|at| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).unwrap()).collect()
    }

    /// Examples of RFC 8949, appendix A.
    #[test]
    fn the_examples_of_the_standard_are_read() {
        let int = Value::Int;
        let table: [(&str, Value); 15] = [
            ("00", int(0)),
            ("17", int(23)),
            ("1818", int(24)),
            ("1903e8", int(1_000)),
            ("1a000f4240", int(1_000_000)),
            ("1b000000e8d4a51000", int(1_000_000_000_000)),
            ("20", int(-1)),
            ("3903e7", int(-1_000)),
            ("40", Value::Bytes(Vec::new())),
            ("4401020304", Value::Bytes(vec![1, 2, 3, 4])),
            ("6449455446", Value::Text("IETF".into())),
            ("f5", Value::Word(21)),
            (
                "8301820203820405",
                Value::List(vec![
                    int(1),
                    Value::List(vec![int(2), int(3)]),
                    Value::List(vec![int(4), int(5)]),
                ]),
            ),
            ("a201020304", Value::Map(vec![(int(1), int(2)), (int(3), int(4))])),
            ("a161626163", Value::Map(vec![(Value::Text("b".into()), Value::Text("c".into()))])),
        ];
        for (text, expected) in table {
            assert_eq!(read(&bytes(text)), Some((expected.clone(), &[][..])), "{text}");
            let longer = bytes(&format!("{text}ff"));
            assert_eq!(read(&longer), Some((expected, &[0xff][..])), "{text}");
            for length in 0..bytes(text).len() {
                assert_eq!(read(&bytes(text)[..length]), None, "{text} cut to {length}");
            }
        }
        assert_eq!(hex::digits(&[0xff]), "ff");
    }

    #[test]
    fn what_is_not_plain_is_refused() {
        for text in [
            "1bffffffffffffffff", // larger than a number of ours
            "3bffffffffffffffff",
            "f90000", // a fraction
            "fa47c35000",
            "c11a514b67b0",       // a tag
            "5f42010243030405ff", // lengths that are not said
            "9fff",
            "bf61610161629f0203ffff",
            "f8ff",
            "f0",
            "1c",
            "62c328",             // no text
            "a201010102",         // a key twice
            "9bffffffffffffffff", // more than there is
            "5bffffffffffffffff",
            "bb7fffffffffffffff",
            "818181818100", // too deep
        ] {
            assert_eq!(read(&bytes(text)), None, "{text}");
        }
        assert!(read(&bytes("8181818100")).is_some(), "as deep as it may be");
    }
}
