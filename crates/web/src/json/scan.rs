//! One scan over a text before it is parsed: what the parser would take and we do not.

use super::escape;
use domain::{Code, Problem};

/// How deep arrays and objects may stand in each other.
pub(super) const DEPTH_MAX: usize = 64;

/// Refuses what stands too deep, a key that stands twice, and the character nul.
pub(super) fn check(text: &str) -> Result<(), Problem> {
    Scan::new(text.as_bytes()).run().map_err(|fault| fault.problem(text))
}

/// What the scan refuses. Anything else that is wrong is left to the parser.
#[derive(Debug, PartialEq, Eq)]
enum Fault<'a> {
    Deep,
    /// A text with the character U+0000, which no column of PostgreSQL takes.
    Nul {
        line: usize,
    },
    Twice {
        key: &'a [u8],
        at: usize,
    },
}

impl Fault<'_> {
    fn problem(&self, text: &str) -> Problem {
        match self {
            Fault::Deep => {
                let detail = format!("arrays and objects stand more than {DEPTH_MAX} deep in each other");
                Problem::new(Code::MalformedBody, detail)
            }
            Fault::Nul { line } => {
                let detail = format!("a text holds the character U+0000 (line {line})");
                Problem::new(Code::MalformedBody, detail)
            }
            Fault::Twice { key, at } => {
                let key = unescape(key);
                let line = text.get(..*at).map_or(0, |before| before.matches('\n').count()) + 1;
                let mut path = path_to(text.as_bytes(), *at);
                path.push('/');
                path.push_str(&escape(&key));
                Problem::at(
                    Code::MalformedBody,
                    path,
                    format!("the key `{key}` stands twice in one object (line {line})"),
                )
            }
        }
    }
}

/// The text of a key as JSON means it.
fn unescape(raw: &[u8]) -> String {
    let mut quoted = Vec::with_capacity(raw.len() + 2);
    quoted.push(b'"');
    quoted.extend_from_slice(raw);
    quoted.push(b'"');
    serde_json::from_slice(&quoted).unwrap_or_else(|_| String::from_utf8_lossy(raw).into_owned())
}

/// One open array or object.
enum Open<'a> {
    Array { index: usize },
    Object { keys: Keys<'a>, last: &'a [u8] },
}

/// The keys of one object: few are compared one by one, many are hashed.
#[derive(Default)]
struct Keys<'a> {
    few: Vec<std::borrow::Cow<'a, [u8]>>,
    many: std::collections::HashSet<std::borrow::Cow<'a, [u8]>>,
}

impl<'a> Keys<'a> {
    const FEW: usize = 24;

    /// Whether the key is new.
    fn insert(&mut self, raw: &'a [u8]) -> bool {
        let key: std::borrow::Cow<'a, [u8]> =
            if raw.contains(&b'\\') { unescape(raw).into_bytes().into() } else { raw.into() };
        if self.few.len() < Self::FEW {
            let new = !self.few.contains(&key);
            self.few.push(key);
            return new;
        }
        !self.few.contains(&key) && self.many.insert(key)
    }
}

/// A scan over brackets, strings and commas.
struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    open: Vec<Open<'a>>,
    /// The next string is a key.
    key_next: bool,
}

impl<'a> Scan<'a> {
    fn new(bytes: &'a [u8]) -> Scan<'a> {
        Scan { bytes, at: 0, open: Vec::new(), key_next: false }
    }

    fn run(mut self) -> Result<(), Fault<'a>> {
        while self.step()? {}
        Ok(())
    }

    /// One byte, or one string. `false` at the end.
    fn step(&mut self) -> Result<bool, Fault<'a>> {
        let Some(byte) = self.bytes.get(self.at) else { return Ok(false) };
        self.at += 1;
        match byte {
            b'{' => self.enter(Open::Object { keys: Keys::default(), last: &[] })?,
            b'[' => self.enter(Open::Array { index: 0 })?,
            b'}' | b']' => {
                self.open.pop();
                self.key_next = false;
            }
            b',' => match self.open.last_mut() {
                Some(Open::Array { index }) => *index += 1,
                Some(Open::Object { .. }) => self.key_next = true,
                None => {}
            },
            b':' => self.key_next = false,
            b'"' => {
                let start = self.at;
                let text = self.string()?;
                if self.key_next
                    && let Some(Open::Object { keys, last }) = self.open.last_mut()
                {
                    *last = text;
                    if !keys.insert(text) {
                        return Err(Fault::Twice { key: text, at: start });
                    }
                }
            }
            _ => {}
        }
        Ok(true)
    }

    fn enter(&mut self, open: Open<'a>) -> Result<(), Fault<'a>> {
        if self.open.len() >= DEPTH_MAX {
            return Err(Fault::Deep);
        }
        self.key_next = matches!(open, Open::Object { .. });
        self.open.push(open);
        Ok(())
    }

    /// The inside of a string whose opening quote has been read.
    fn string(&mut self) -> Result<&'a [u8], Fault<'a>> {
        let start = self.at;
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b'"' => break,
                b'\\' => {
                    if self.bytes.get(self.at + 1..self.at + 6) == Some(b"u0000") {
                        let before = self.bytes.get(..self.at).unwrap_or_default();
                        let line = before.split(|byte| *byte == b'\n').count();
                        return Err(Fault::Nul { line });
                    }
                    self.at += 2;
                }
                _ => self.at += 1,
            }
        }
        let text = self.bytes.get(start..self.at.min(self.bytes.len())).unwrap_or_default();
        self.at += 1;
        Ok(text)
    }
}

/// The pointer of the object that is open at a byte.
fn path_to(bytes: &[u8], at: usize) -> String {
    let mut scan = Scan::new(bytes);
    while scan.at < at && matches!(scan.step(), Ok(true)) {}
    let outer = scan.open.len().saturating_sub(1);
    scan.open
        .iter()
        .take(outer)
        .map(|open| match open {
            Open::Array { index } => format!("/{index}"),
            Open::Object { last, .. } => format!("/{}", escape(&unescape(last))),
        })
        .collect()
}
