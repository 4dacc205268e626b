//! `stockwell verify`: holds the invariants against the database, also beside a running server, and looks
//! whether the files of records are where the database says.

use super::Operator;
use crate::cli::Call;
use crate::exit::{Done, Stop};
use crate::out::table;
use clap::Args;
use insight::verify::{self, Begun, Invariant, Options, Record, Report, SAMPLE_MAX, Status};
use serde::Serialize;

/// What to check.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// All invariants, as when nothing is said
    #[arg(long, conflicts_with = "check")]
    all: bool,
    /// Only this invariant, such as I-05; may stand more than once
    #[arg(long, value_name = "NUMBER", value_parser = invariant)]
    check: Vec<Invariant>,
    /// Compute every hash and every history anew, which takes about twice as long
    #[arg(long)]
    deep: bool,
}

fn invariant(text: &str) -> Result<Invariant, String> {
    Invariant::parse(text).ok_or_else(|| {
        let ends = Invariant::all().next().zip(Invariant::all().last());
        let known = ends.map_or_else(String::new, |(first, last)| format!(", from `{first}` to `{last}`"));
        let meant = text.parse().ok().and_then(|number: u8| Invariant::parse(&format!("I-{number}")));
        let meant = meant.map_or_else(String::new, |id| format!("; is `{id}` meant?"));
        format!("`{text}` is no invariant: they are named by `I-` and a number{known}{meant}")
    })
}

pub(crate) fn run(call: Call<'_>, verify: Verify) -> Done {
    let Verify { all: _, check: only, deep } = verify;
    let operator = Operator::open_to_read(call.config)?;
    let options = Options { only, deep, now: operator.ctx.now, keys_max: Options::KEYS_MAX };
    let progress = call.out.progress();
    let report = verify::run_watched(&operator.db, &options, |begun: Begun| {
        progress.counts(begun.ended, begun.total, &format!("{} {}", begun.id, begun.title));
    });
    drop(progress);
    let report = report?;
    let files = if options.only.is_empty() { Some(files(call, &operator, deep)?) } else { None };
    let checked = Checked { report, files };
    call.out.show(&checked, |checked| {
        text(&checked.report) + &checked.files.as_ref().map_or_else(String::new, lost)
    })?;
    let whole = checked.files.is_none_or(|files| files.wrong == 0);
    if checked.report.is_sound() && whole { Ok(()) } else { Err(Stop::Violated) }
}

/// What was checked.
#[derive(Debug, Serialize)]
struct Checked {
    #[serde(flatten)]
    report: Report,
    /// The bytes of files; null when only some invariants were asked for.
    files: Option<Bytes>,
}

/// The bytes of files of records.
#[derive(Debug, Serialize)]
struct Bytes {
    /// How many pieces were looked for.
    checked: u64,
    /// How many are missing or damaged.
    wrong: u64,
    /// The first of them.
    sample: Vec<String>,
}

/// Looks for the bytes of files, and reads them anew when that is asked for.
fn files(call: Call<'_>, operator: &Operator, deep: bool) -> Result<Bytes, Stop> {
    let blobs = super::settings_for(call.config, &operator.db)?.blobs()?;
    let place = blobs.survey().map_err(Stop::cannot_run)?;
    let mut found = Bytes { checked: 0, wrong: 0, sample: Vec::new() };
    for kept in files::kept(&operator.db)?.iter().filter(|kept| kept.referred) {
        found.checked += 1;
        if let Some(fault) = kept.fault(&place, deep).map_err(Stop::cannot_run)? {
            found.wrong += 1;
            if found.sample.len() < SAMPLE_MAX {
                found.sample.push(fault);
            }
        }
    }
    Ok(found)
}

/// The files in a sentence, and what is wrong with them.
fn lost(files: &Bytes) -> String {
    let Bytes { checked, wrong, sample } = files;
    match (checked, wrong) {
        (0, _) => String::new(),
        (_, 0) => format!("\n{} pieces of files are there", grouped(*checked)),
        _ => {
            let (wrong, checked) = (grouped(*wrong), grouped(*checked));
            let sample = sample.join("\n  ");
            format!("\n{wrong} of {checked} pieces of files are lost; look for them in a backup\n  {sample}")
        }
    }
}

/// The report for people: a line for each check, then what is wrong, then the whole in a sentence.
fn text(report: &Report) -> String {
    let rows: Vec<Vec<String>> = report.records.iter().map(row).collect();
    let mut text = table(&["check", "", "rows", "wrong", "time", "what holds"], &rows);
    for record in report.records.iter().filter(|record| record.violations > 0) {
        text += &wrong(record);
    }
    text + "\n" + &summary(report)
}

fn row(record: &Record) -> Vec<String> {
    let Record { id, title, status, rows_checked, violations, ms, reason, .. } = record;
    let mut row = vec![id.to_string(), status.word().to_owned()];
    row.extend(match reason {
        Some(reason) => [String::new(), String::new(), String::new(), format!("{title}: {reason}")],
        None => [grouped(*rows_checked), grouped(*violations), time(*ms), (*title).to_owned()],
    });
    row
}

/// What is wrong with one invariant: the first examples, and how many there are.
fn wrong(record: &Record) -> String {
    let Record { id, title, violations, sample, .. } = record;
    let told = u64::try_from(sample.len()).unwrap_or(u64::MAX);
    let more = match violations.saturating_sub(told) {
        0 => None,
        more => Some(format!("  and {} more\n", grouped(more))),
    };
    let head = format!("\n{id} {title}: {} wrong\n", grouped(*violations));
    let sample = sample.iter().map(|sentence| format!("  {sentence}\n"));
    std::iter::once(head).chain(sample).chain(more).collect()
}

fn summary(report: &Report) -> String {
    let count = |status| report.records.iter().filter(|record| record.status == status).count();
    let (pass, fail, skipped) = (count(Status::Pass), count(Status::Fail), count(Status::Skipped));
    let how = if report.deep { "deep, " } else { "" };
    let time = time(report.ms);
    let found = match fail {
        0 => format!("{pass} hold, {skipped} skipped ({how}{time})"),
        _ => format!("{fail} broken, {pass} hold, {skipped} skipped ({how}{time})"),
    };
    let advice = "\nWhat it means and what to do: docs/reference/checks.md";
    if fail == 0 { found } else { found + advice }
}

/// A number with a comma at the thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Milliseconds, or seconds when they are many.
fn time(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        _ => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(number: &str, status: Status, violations: u64, sample: &[&str]) -> Record {
        Record {
            id: Invariant::parse(number).unwrap(),
            title: "Something holds",
            status,
            rows_checked: 1_234_567,
            violations,
            sample: sample.iter().map(|&sentence| sentence.to_owned()).collect(),
            ms: 1_250,
            reason: (status == Status::Skipped).then_some("there is nothing to hold"),
        }
    }

    #[test]
    fn a_sound_report_is_a_table_and_a_sentence() {
        let records = vec![record("I-01", Status::Pass, 0, &[]), record("I-12", Status::Skipped, 0, &[])];
        let told = text(&Report { deep: true, records, ms: 61_049 });
        let expected = "\
check           rows       wrong  time   what holds
I-01   pass     1,234,567  0      1.2 s  Something holds
I-12   skipped                           Something holds: there is nothing to hold

1 hold, 1 skipped (deep, 61.0 s)";
        assert_eq!(told, expected);
    }

    #[test]
    fn what_is_wrong_is_told_with_examples_and_counted() {
        let records = vec![record("I-05", Status::Fail, 1_003, &["one is off", "another too", "and this"])];
        let told = text(&Report { deep: false, records, ms: 12 });
        let expected = "\
check        rows       wrong  time   what holds
I-05   fail  1,234,567  1,003  1.2 s  Something holds

I-05 Something holds: 1,003 wrong
  one is off
  another too
  and this
  and 1,000 more

1 broken, 0 hold, 0 skipped (12 ms)
What it means and what to do: docs/reference/checks.md";
        assert_eq!(told, expected);
    }

    #[test]
    fn an_invariant_that_there_is_not_is_refused_by_name() {
        assert!(invariant("I-05").is_ok());
        assert!(invariant("I-99").unwrap_err().contains("`I-99` is no invariant"));
        let bare = invariant("5").unwrap_err();
        assert!(bare.contains("from `I-01` to") && bare.ends_with("is `I-05` meant?"), "{bare}");
        assert!(!invariant("500").unwrap_err().contains("meant"));
    }
}
