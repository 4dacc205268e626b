//! How far long work has come, drawn on standard error while a terminal watches. Nothing is drawn into a
//! pipe or a file, nor beside JSON; and what was drawn is gone when the work ends, however it ends.

use indicatif::{ProgressBar, ProgressStyle};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often it is drawn anew while nothing is told.
const TICK: Duration = Duration::from_millis(250);

/// The bar of one command. Its clones are the same bar, and the last one takes it away.
#[derive(Clone, Debug)]
pub(crate) struct Progress(Arc<Bar>);

#[derive(Debug)]
struct Bar {
    drawn: ProgressBar,
    /// What is shown; nothing before the first word.
    form: Mutex<Option<Form>>,
}

/// What is known of the length of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Nothing: only that it goes on.
    Waiting,
    /// How much was written, but not how much there is.
    Written,
    /// The whole.
    Counted(u64),
}

impl Form {
    const fn template(self) -> &'static str {
        match self {
            Form::Waiting => "{spinner} {elapsed} {wide_msg}",
            Form::Written => "{spinner} {elapsed} {binary_bytes} {wide_msg}",
            Form::Counted(_) => "{bar:30} {human_pos} of {human_len}, {eta} left: {wide_msg}",
        }
    }
}

impl Progress {
    /// One that is drawn on standard error. Where that is no terminal, or one that cannot move its cursor,
    /// nothing is.
    pub(crate) fn on_terminal() -> Progress {
        Progress::drawn_by(ProgressBar::no_length())
    }

    /// One that is not drawn.
    pub(crate) fn hidden() -> Progress {
        Progress::drawn_by(ProgressBar::hidden())
    }

    fn drawn_by(drawn: ProgressBar) -> Progress {
        Progress(Arc::new(Bar { drawn, form: Mutex::new(None) }))
    }

    /// Something goes on of which nobody knows how long it takes.
    pub(crate) fn waits(&self, what: &str) {
        self.show(Form::Waiting, 0, what);
    }

    /// So many bytes were written, of a whole that nobody knows.
    pub(crate) fn has_written(&self, bytes: u64, what: &str) {
        self.show(Form::Written, bytes, what);
    }

    /// So many of so many are done.
    pub(crate) fn counts<N>(&self, done: N, total: N, what: &str)
    where
        u64: TryFrom<N>,
    {
        let [done, total] = [done, total].map(|count| u64::try_from(count).unwrap_or(u64::MAX));
        self.show(Form::Counted(total), done, what);
    }

    /// Does what writes on the terminal, above what is drawn.
    pub(crate) fn above(&self, write: impl FnOnce()) {
        self.0.drawn.suspend(write);
    }

    fn show(&self, form: Form, done: u64, what: &str) {
        let Bar { drawn, form: last } = &*self.0;
        if drawn.is_hidden() {
            return;
        }
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if *last != Some(form) {
            if let Ok(style) = ProgressStyle::with_template(form.template()) {
                drawn.set_style(style);
            }
            // the time that is left is reckoned by the pace of this part alone
            drawn.reset();
            match form {
                Form::Counted(total) => drawn.set_length(total),
                Form::Waiting | Form::Written => drawn.unset_length(),
            }
        }
        drawn.set_position(done);
        if drawn.message() != what {
            drawn.set_message(what.to_owned());
        }
        if last.replace(form).is_none() {
            drawn.enable_steady_tick(TICK);
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.drawn.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use indicatif::{ProgressDrawTarget, TermLike};
    use std::io;

    /// What stands on the line of a terminal.
    #[derive(Clone, Debug, Default)]
    struct Screen(Arc<Mutex<String>>);

    impl Screen {
        fn contents(&self) -> String {
            self.0.lock().unwrap().clone()
        }
    }

    impl TermLike for Screen {
        fn width(&self) -> u16 {
            80
        }

        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)
        }

        fn write_str(&self, text: &str) -> io::Result<()> {
            self.0.lock().unwrap().push_str(text);
            Ok(())
        }

        fn clear_line(&self) -> io::Result<()> {
            self.0.lock().unwrap().clear();
            Ok(())
        }

        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    fn seen() -> (Progress, Screen) {
        let screen = Screen::default();
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(screen.clone()), 255);
        (Progress::drawn_by(ProgressBar::with_draw_target(None, target)), screen)
    }

    #[test]
    fn it_says_how_much_is_done_of_what_and_leaves_nothing_behind() {
        let (progress, screen) = seen();
        let other = progress.clone();
        assert_eq!(screen.contents(), "", "nothing was told yet");
        progress.counts(1_500_usize, 6_000, "pages are copied");
        let shown = screen.contents();
        assert!(shown.contains("1,500 of 6,000") && shown.contains("left: pages are copied"), "{shown}");
        drop(progress);
        assert!(screen.contents().contains("pages"), "somebody goes on with it");
        drop(other);
        assert_eq!(screen.contents(), "");
    }

    #[test]
    fn a_part_of_unknown_length_follows_one_that_was_counted() {
        let (progress, screen) = seen();
        progress.counts(3_u64, 3, "steps");
        progress.waits("the copy is checked");
        let shown = screen.contents();
        assert!(shown.contains("the copy is checked") && !shown.contains("of 3"), "{shown}");
        progress.has_written(2 << 20, "to `items.csv`");
        let shown = screen.contents();
        assert!(shown.contains("2.00 MiB to `items.csv`"), "{shown}");
    }

    #[test]
    fn the_templates_can_be_read() {
        for form in [Form::Waiting, Form::Written, Form::Counted(1)] {
            ProgressStyle::with_template(form.template()).unwrap();
        }
    }
}
