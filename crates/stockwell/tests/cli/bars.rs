//! Bars that show how far long work has come: drawn where a terminal watches, and nowhere else.

use super::Shell;
use super::bench::some_lines;
use super::ended::Ended;
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Who watches a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Watcher {
    /// A terminal, which shows what goes to standard error.
    Terminal,
    /// A terminal whose command is to speak to programs.
    TerminalOfPrograms,
    /// A pipe.
    Nobody,
}

/// Runs a command before a terminal: what was drawn stands in its standard error.
fn before_a_terminal(mut command: Command) -> Ended {
    let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&screen).unwrap();
    unlockpt(&screen).unwrap();
    let name = ptsname(&screen, Vec::new()).unwrap();
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let line = rustix::fs::open(name.as_c_str(), flags, Mode::empty()).unwrap();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(line);
    let child = command.spawn().unwrap();
    // it holds the other end of the line too
    drop(command);
    let drawn = std::thread::spawn(move || {
        let (mut screen, mut drawn) = (File::from(screen), Vec::new());
        // a terminal that everybody has left says so by an error
        drop(screen.read_to_end(&mut drawn));
        drawn
    });
    let mut output = child.wait_with_output().unwrap();
    output.stderr = drawn.join().unwrap();
    output.into()
}

impl Watcher {
    fn run(self, shell: &Shell, arguments: &[&str]) -> Ended {
        let arguments = match self {
            Watcher::TerminalOfPrograms => [&["--json"], arguments].concat(),
            _ => arguments.to_vec(),
        };
        let mut command = shell.command(&arguments);
        command.env("TERM", "xterm");
        match self {
            Watcher::Nobody => command.output().unwrap().into(),
            _ => before_a_terminal(command),
        }
    }

    /// A command that is to end well; `words` are drawn of it where a terminal watches.
    fn sees(self, shell: &Shell, arguments: &[&str], words: &[&str]) {
        let drawn = self.run(shell, arguments).good().err;
        if self == Watcher::Terminal {
            for words in words {
                assert!(drawn.contains(words), "{arguments:?}: `{words}` in {drawn:?}");
            }
        } else {
            assert_eq!(drawn, "", "{arguments:?} {self:?}");
        }
    }
}

/// Each command that may take long, one after the other.
fn all(watcher: Watcher) {
    let shell = Shell::new();
    let lines = shell.path("lines.csv");
    std::fs::write(&lines, some_lines(300)).unwrap();
    // a database without a schema
    std::fs::create_dir(shell.path("data")).unwrap();
    File::create(shell.path("data").join("stockwell.db")).unwrap();
    let small = ["--seconds", "1", "--items", "20", "--bins", "2", "--clients", "2", "--movements", "500"];
    let bench = [&["bench", "post-single", "--data", "world"], &small[..]].concat();
    let list = shell.path("list.jsonl");
    let calls: [(&[&str], &[&str]); 7] = [
        (&["migrate"], &["steps of the schema"]),
        (&["import", "online-retail", text(&lines)], &["documents; after Ctrl-C"]),
        (&["verify"], &["I-01", "left: "]),
        (
            &["backup", "create", "copy.backup"],
            &["rows are written", "digest of the ledger", "read and checked"],
        ),
        (&["restore", "copy.backup", "--into", "again"], &["rows are carried over"]),
        (&["export", "--what", "items", "--out", text(&list)], &["are written to `"]),
        // what is over within the blink of an eye need not be drawn
        (&bench, &["rounds of `post-single`"]),
    ];
    for (arguments, words) in calls {
        watcher.sees(&shell, arguments, words);
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_terminal_sees_how_far_long_work_has_come() {
    all(Watcher::Terminal);
}

#[test]
fn nothing_is_drawn_into_a_pipe() {
    all(Watcher::Nobody);
}

#[test]
fn nothing_is_drawn_beside_json() {
    all(Watcher::TerminalOfPrograms);
}

#[test]
fn a_list_that_is_read_along_has_no_bar_in_it() {
    let shell = Shell::ready();
    let drawn = Watcher::Terminal.run(&shell, &["export", "--what", "locations"]).good();
    assert!(drawn.out.contains("\"code\""), "{}", drawn.out);
    assert_eq!(drawn.err, "", "its standard output is a pipe, as before a pager");
}

#[test]
fn what_was_drawn_is_gone_before_a_refusal_is_told() {
    let shell = Shell::ready();
    shell.run(&["backup", "create", "torn.backup"]).good();
    let whole = std::fs::read(shell.path("torn.backup")).unwrap();
    std::fs::write(shell.path("torn.backup"), &whole[..whole.len() - 1]).unwrap();
    let ended = Watcher::Terminal.run(&shell, &["restore", "torn.backup", "--into", "again"]);
    let (drawn, told) = ended.err.split_once("error: ").expect(&ended.err);
    assert_eq!(ended.code, 4);
    assert!(drawn.contains("read and checked"), "{drawn:?}");
    assert!(drawn.ends_with("\x1b[2K") || drawn.ends_with('\r'), "the line is empty again: {drawn:?}");
    assert!(told.contains("torn.backup"), "{told:?}");
}
