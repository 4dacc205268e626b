//! Sorts more lines than fit into memory: runs of lines are sorted in memory and written to
//! temporary files without a name, and the runs are merged.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, Write};

/// Bytes of lines that are held in memory.
const RUN_BYTES: usize = 16 << 20;

/// Takes lines in any order.
#[derive(Debug)]
pub(super) struct Sorter {
    run_bytes: usize,
    lines: Vec<Box<str>>,
    bytes: usize,
    runs: Vec<File>,
}

impl Sorter {
    pub(super) fn new() -> Sorter {
        Sorter::with_runs_of(RUN_BYTES)
    }

    fn with_runs_of(run_bytes: usize) -> Sorter {
        Sorter { run_bytes, lines: Vec::new(), bytes: 0, runs: Vec::new() }
    }

    /// Takes a line, which has no line end.
    pub(super) fn push(&mut self, line: String) -> io::Result<()> {
        // what a short line takes beside its text counts too
        self.bytes += line.len() + size_of::<Box<str>>() + 16;
        self.lines.push(line.into_boxed_str());
        if self.bytes < self.run_bytes { Ok(()) } else { self.spill() }
    }

    fn spill(&mut self) -> io::Result<()> {
        self.lines.sort_unstable();
        let mut run = BufWriter::new(tempfile::tempfile()?);
        for line in self.lines.drain(..) {
            run.write_all(line.as_bytes())?;
            run.write_all(b"\n")?;
        }
        self.bytes = 0;
        let mut run = run.into_inner().map_err(io::IntoInnerError::into_error)?;
        run.rewind()?;
        self.runs.push(run);
        Ok(())
    }

    /// Writes all lines in the order of their bytes. How many there were.
    pub(super) fn write(mut self, out: &mut dyn Write) -> io::Result<u64> {
        let mut out = BufWriter::new(out);
        if !self.lines.is_empty() {
            self.spill()?;
        }
        let mut runs: Vec<BufReader<File>> = self.runs.into_iter().map(BufReader::new).collect();
        let mut heads = BinaryHeap::with_capacity(runs.len());
        for (number, run) in runs.iter_mut().enumerate() {
            heads.extend(next(run)?.map(|line| Reverse((line, number))));
        }
        let mut count = 0_u64;
        while let Some(Reverse((line, number))) = heads.pop() {
            out.write_all(&line)?;
            count = count.saturating_add(1);
            if let Some(run) = runs.get_mut(number) {
                heads.extend(next(run)?.map(|line| Reverse((line, number))));
            }
        }
        out.flush()?;
        Ok(count)
    }
}

/// The next line of a run, with its end.
fn next(run: &mut BufReader<File>) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    Ok((run.read_until(b'\n', &mut line)? > 0).then_some(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_out_in_order_however_many_runs_they_were_in() {
        let lines: Vec<String> =
            (0..500_u32).map(|n| format!("{:x}", n.wrapping_mul(2_654_435_761))).collect();
        let mut expected = lines.clone();
        expected.sort();
        for run_bytes in [1, 100, 5_000, 1 << 20] {
            let mut sorter = Sorter::with_runs_of(run_bytes);
            for line in &lines {
                sorter.push(line.clone()).unwrap();
            }
            let mut out = Vec::new();
            assert_eq!(sorter.write(&mut out).unwrap(), 500);
            assert_eq!(String::from_utf8(out).unwrap(), expected.join("\n") + "\n");
        }
    }

    #[test]
    fn nothing_is_nothing() {
        let mut out = Vec::new();
        assert_eq!(Sorter::new().write(&mut out).unwrap(), 0);
        assert!(out.is_empty());
    }
}
