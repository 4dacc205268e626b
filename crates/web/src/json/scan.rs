//! One scan over a text before it is parsed: what the parser would take and we do not.

use super::escape;
use domain::Problem;

/// How deep arrays and objects may stand in each other.
pub(super) const DEPTH_MAX: usize = 64;

/// Refuses what stands too deep, a key that stands twice, and the character nul. The text itself stands
/// `outer` deep in another.
pub(super) fn check(text: &str, outer: usize) -> Result<(), Problem> {
    Scan { outer, ..Scan::new(text.as_bytes()) }.run().map_err(|fault| fault.problem(text))
}

/// The pointer of the value that stands at a byte, as far as it can be told from what is before it: of
/// the object, when a key belongs there. Empty for the whole body, and for what stands too deep.
pub(super) fn place(bytes: &[u8], at: usize) -> String {
    let mut scan = Scan { judges: false, ..Scan::new(bytes.get(..at).unwrap_or(bytes)) };
    while let Ok(on) = scan.step() {
        if !on {
            return scan.pointer();
        }
    }
    String::new()
}

/// What the scan refuses, and at which byte. Anything else that is wrong is left to the parser.
#[derive(Debug, PartialEq, Eq)]
enum Fault<'a> {
    Deep {
        at: usize,
    },
    /// A text with the character U+0000, which no column of PostgreSQL takes.
    Nul {
        at: usize,
    },
    Twice {
        key: &'a [u8],
        at: usize,
    },
}

impl Fault<'_> {
    fn problem(&self, text: &str) -> Problem {
        let line = |at: usize| text.get(..at).map_or(0, |before| before.matches('\n').count()) + 1;
        let (at, detail) = match self {
            Fault::Deep { at } => {
                (*at, format!("arrays and objects stand more than {DEPTH_MAX} deep in each other"))
            }
            Fault::Nul { at } => (*at, format!("a text holds the character U+0000 (line {})", line(*at))),
            Fault::Twice { key, at } => {
                let key = unescape(key);
                let detail = format!("the key `{key}` stands twice in one object (line {})", line(*at));
                let path = format!("{}/{}", place(text.as_bytes(), *at), escape(&key));
                return super::malformed(path, detail);
            }
        };
        super::malformed(place(text.as_bytes(), at), detail)
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
    /// How deep the text stands in another.
    outer: usize,
    /// Whether texts and keys are judged, or only followed.
    judges: bool,
    /// The next string is a key.
    key_next: bool,
}

impl<'a> Scan<'a> {
    fn new(bytes: &'a [u8]) -> Scan<'a> {
        Scan { bytes, at: 0, open: Vec::new(), outer: 0, judges: true, key_next: false }
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
                    && let Some(text) = text
                    && let Some(Open::Object { keys, last }) = self.open.last_mut()
                {
                    *last = text;
                    if self.judges && !keys.insert(text) {
                        // before its quote
                        return Err(Fault::Twice { key: text, at: start - 1 });
                    }
                }
            }
            _ => {}
        }
        Ok(true)
    }

    fn enter(&mut self, open: Open<'a>) -> Result<(), Fault<'a>> {
        if self.outer + self.open.len() >= DEPTH_MAX {
            return Err(Fault::Deep { at: self.at - 1 });
        }
        self.key_next = matches!(open, Open::Object { .. });
        self.open.push(open);
        Ok(())
    }

    /// The inside of a string whose opening quote has been read; `None` when it does not end.
    fn string(&mut self) -> Result<Option<&'a [u8]>, Fault<'a>> {
        let start = self.at;
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b'"' => {
                    let text = self.bytes.get(start..self.at).unwrap_or_default();
                    self.at += 1;
                    return Ok(Some(text));
                }
                b'\\' => {
                    let at = self.at;
                    self.at += 2;
                    if self.judges && self.bytes.get(at + 1..at + 6) == Some(b"u0000") {
                        return Err(Fault::Nul { at });
                    }
                }
                _ => self.at += 1,
            }
        }
        Ok(None)
    }

    /// The pointer of where it is: of the object, when a key comes next.
    fn pointer(&self) -> String {
        let known = self.open.len() - usize::from(self.key_next && !self.open.is_empty());
        let part = |open: &Open<'_>| match open {
            Open::Array { index } => format!("/{index}"),
            Open::Object { last, .. } => format!("/{}", escape(&unescape(last))),
        };
        self.open.iter().take(known).map(part).collect()
    }
}
