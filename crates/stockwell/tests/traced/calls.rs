//! System calls as `strace -f -y -xx` writes them down, and what they say of a log of SQLite.
//!
//! The log is a row of frames, each a head of 24 bytes and a page. The second number of a head is the size
//! of the database where the frame is the last of its transaction, and zero otherwise.

use std::collections::HashMap;

const FRAME_HEAD: usize = 24;
/// The head of the log itself.
const LOG_HEAD: usize = 32;

/// A call: when it began and ended, counted in lines.
#[derive(Clone, Debug)]
struct Call {
    name: String,
    /// What the first descriptor is open on.
    target: String,
    bytes: Vec<u8>,
    begun: usize,
    /// Never, when the process ended in it.
    ended: usize,
    /// What it returned.
    result: i64,
}

/// What a server has done, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    calls: Vec<Call>,
}

impl Trace {
    /// Reads a trace. A call that others interrupt is written down in two parts.
    pub(crate) fn read(text: &str) -> Trace {
        let mut calls: Vec<Call> = Vec::new();
        let mut open: HashMap<&str, usize> = HashMap::new();
        for (at, line) in text.lines().enumerate() {
            let Some((process, rest)) = line.split_once(' ') else { continue };
            let rest = rest.trim_start();
            if rest.starts_with("<... ") {
                if let Some(call) = open.remove(process).and_then(|call| calls.get_mut(call)) {
                    (call.ended, call.result) = (at, result(rest));
                }
                continue;
            }
            let Some((name, arguments)) = rest.split_once('(') else { continue };
            let target = arguments.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
            let is_open = rest.ends_with("<unfinished ...>");
            if is_open {
                open.insert(process, calls.len());
            }
            calls.push(Call {
                name: name.to_owned(),
                target: target.map_or(String::new(), |(target, _)| plain(target)),
                bytes: bytes(arguments),
                begun: at,
                ended: if is_open { usize::MAX } else { at },
                result: if is_open { -1 } else { result(rest) },
            });
        }
        Trace { calls }
    }

    fn on_log(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter().filter(|call| call.target.ends_with("-wal"))
    }

    /// Transactions in the order of the log: all their pages, and when the last of them was written.
    fn transactions(&self) -> Vec<(Vec<u8>, usize)> {
        let mut done = Vec::new();
        let (mut pages, mut is_last) = (Vec::new(), false);
        for call in self.on_log().filter(|call| call.name == "pwrite64") {
            match call.bytes.len() {
                LOG_HEAD => {}
                FRAME_HEAD => is_last = call.bytes.get(4..8).is_some_and(|size| size != [0; 4]),
                _ => {
                    pages.extend_from_slice(&call.bytes);
                    if std::mem::take(&mut is_last) {
                        done.push((std::mem::take(&mut pages), call.ended));
                    }
                }
            }
        }
        done
    }
}

/// What was answered before it was on the disk, or not at all, of the postings with these marks.
pub(crate) fn too_early(trace: &Trace, marks: &[String]) -> Vec<String> {
    let transactions = trace.transactions();
    let syncs: Vec<&Call> =
        trace.on_log().filter(|call| call.name.ends_with("sync") && call.result == 0).collect();
    let answers: Vec<&Call> =
        trace.calls.iter().filter(|call| call.bytes.starts_with(b"HTTP/1.1 201")).collect();
    let judge = |mark: &String| {
        let holds = |bytes: &[u8]| bytes.windows(mark.len()).any(|part| part == mark.as_bytes());
        let Some(answer) = answers.iter().find(|call| holds(&call.bytes)) else {
            return Some(format!("{mark} was never answered"));
        };
        let Some((_, written)) = transactions.iter().find(|(pages, _)| holds(pages)) else {
            return Some(format!("{mark} was never written"));
        };
        let is_synced = syncs.iter().any(|sync| sync.begun > *written && sync.ended < answer.begun);
        (!is_synced).then(|| format!("{mark} was answered before it was synced"))
    };
    marks.iter().filter_map(judge).collect()
}

/// What a call returned; -1 when that cannot be read.
fn result(rest: &str) -> i64 {
    let returned = rest.rsplit_once(" = ").map(|(_, returned)| returned);
    let number = returned.and_then(|returned| returned.split(' ').next());
    number.and_then(|number| number.parse().ok()).unwrap_or(-1)
}

/// All texts among the arguments, which are written as `\x41`, one behind the other.
fn bytes(arguments: &str) -> Vec<u8> {
    let texts = arguments.split('"').skip(1).step_by(2);
    texts
        .flat_map(|text| text.split("\\x").skip(1))
        .filter_map(|digits| u8::from_str_radix(digits, 16).ok())
        .collect()
}

/// A path, which is written like a text.
fn plain(target: &str) -> String {
    if !target.starts_with("\\x") {
        return target.to_owned();
    }
    let digits = target.split("\\x").skip(1).filter_map(|digits| u8::from_str_radix(digits, 16).ok());
    String::from_utf8_lossy(&digits.collect::<Vec<u8>>()).into_owned()
}

mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        use std::fmt::Write as _;
        bytes.iter().fold(String::new(), |mut text, byte| {
            write!(text, "\\x{byte:02x}").unwrap();
            text
        })
    }

    /// `head`, `last`, `page A`, `sync`, `sync…` and `…sync`, `answer A`, `failed`: a line each.
    fn trace(calls: &[&str]) -> Trace {
        let wal = "7</tmp/stockwell.db-wal>";
        let frame = |last: u8| {
            let mut head = [0_u8; FRAME_HEAD];
            head[7] = last;
            format!("1 pwrite64({wal}, \"{}\", 24, 32) = 24", hex(&head))
        };
        let line = |call: &&str| match call.split_once(' ').unwrap_or((*call, "")) {
            ("head", _) => frame(0),
            ("last", _) => frame(9),
            ("page", mark) => format!("1 pwrite64({wal}, \"{}\", 4096, 56) = 4096", hex(mark.as_bytes())),
            ("sync", _) => format!("2 fdatasync({wal}) = 0"),
            ("failed", _) => format!("2 fdatasync({wal}) = -1 EIO (Input/output error)"),
            ("sync…", _) => format!("2 fdatasync({wal} <unfinished ...>"),
            ("…sync", _) => "2 <... fdatasync resumed>) = 0".to_owned(),
            (_, mark) => {
                let text = format!("HTTP/1.1 201 Created {mark}");
                format!(
                    "3 writev(9<socket:[1]>, [{{iov_base=\"{}\", iov_len=9}}], 1) = 9",
                    hex(text.as_bytes())
                )
            }
        };
        Trace::read(&calls.iter().map(line).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn an_answer_is_too_early_without_a_sync_behind_the_last_frame() {
        let cases: [(&[&str], &str); 9] = [
            (&["head", "page A", "last", "page", "sync", "answer A"], ""),
            (&["head", "page A", "last", "page", "sync…", "…sync", "answer A"], ""),
            (&["head", "page A", "last", "page", "answer A", "sync"], "A was answered before it was synced"),
            (&["head", "page A", "sync", "last", "page", "answer A"], "A was answered before it was synced"),
            (
                &["head", "page A", "sync…", "last", "page", "…sync", "answer A"],
                "A was answered before it was synced",
            ),
            (&["last", "page A", "sync…", "answer A", "…sync"], "A was answered before it was synced"),
            (&["last", "page A", "failed", "answer A"], "A was answered before it was synced"),
            (&["head", "page A", "sync", "answer A"], "A was never written"),
            (&["last", "page A", "sync"], "A was never answered"),
        ];
        for (calls, expected) in cases {
            assert_eq!(too_early(&trace(calls), &["A".to_owned()]).join(""), expected, "{calls:?}");
        }
    }
}
