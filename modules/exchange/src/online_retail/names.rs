//! Texts that occur many times are kept once and spoken of by number.
//!
//! A year of trade has half a million lines but only some thirty thousand different texts.

use rustc_hash::FxHashMap;
use std::ops::{Index, IndexMut};
use std::sync::Arc;

/// The number of a text (or of what the text names) in its [`Names`], from 0 without gaps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, serde::Serialize)]
pub struct Ix(u32);

impl Ix {
    /// As a position.
    pub fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }

    fn at(position: usize) -> Ix {
        // a file has at most `read::LINES_MAX` lines, so there are fewer texts than `u32` can count
        Ix(u32::try_from(position).unwrap_or(u32::MAX))
    }
}

/// Different texts in the order of their first occurrence.
#[derive(Debug, Default)]
pub(super) struct Names {
    texts: Vec<Arc<str>>,
    numbers: FxHashMap<Arc<str>, Ix>,
}

impl Names {
    /// The number of a text, new or known.
    pub(super) fn intern(&mut self, text: &str) -> Ix {
        if let Some(known) = self.numbers.get(text) {
            return *known;
        }
        let ix = Ix::at(self.texts.len());
        let text: Arc<str> = Arc::from(text);
        self.texts.push(Arc::clone(&text));
        self.numbers.insert(text, ix);
        ix
    }

    /// The text of a number; empty for a number of other names.
    pub(super) fn text(&self, ix: Ix) -> &str {
        self.texts.get(ix.index()).map_or("", |text| text)
    }

    /// The text of a number, shared.
    pub(super) fn shared(&self, ix: Ix) -> Arc<str> {
        self.texts.get(ix.index()).map_or_else(|| Arc::from(""), Arc::clone)
    }

    /// How many different texts there are.
    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    /// All numbers and texts in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Ix, &str)> {
        self.texts.iter().enumerate().map(|(position, text)| (Ix::at(position), &**text))
    }
}

/// Texts as written, each with the form that counts (a code in capitals, a text without outer blanks).
#[derive(Debug)]
pub(super) struct Folded<F> {
    written: Names,
    forms: Vec<Ix>,
    /// The forms that count.
    pub(super) names: Names,
    fold: F,
}

impl<F: Fn(&str) -> String> Folded<F> {
    pub(super) fn new(fold: F) -> Folded<F> {
        Folded { written: Names::default(), forms: Vec::new(), names: Names::default(), fold }
    }

    /// The number of the form that counts.
    pub(super) fn intern(&mut self, text: &str) -> Ix {
        let written = self.written.intern(text);
        if let Some(form) = self.forms.get(written.index()) {
            return *form;
        }
        let form = self.names.intern(&(self.fold)(text));
        self.forms.push(form);
        form
    }

    /// How many different texts were written.
    pub(super) fn written_count(&self) -> usize {
        self.written.len()
    }
}

/// One value for each number of some [`Names`].
#[derive(Debug)]
pub(super) struct PerName<T>(Vec<T>);

impl<T: Clone> PerName<T> {
    /// The same value for all.
    pub(super) fn filled(names: &Names, value: &T) -> PerName<T> {
        PerName(vec![value.clone(); names.len()])
    }
}

impl<T> PerName<Option<T>> {
    /// No value yet.
    pub(super) fn unset(names: &Names) -> PerName<Option<T>> {
        PerName(names.iter().map(|_| None).collect())
    }
}

impl<T> PerName<T> {
    /// All values, in the order of the numbers.
    pub(super) fn into_values(self) -> Vec<T> {
        self.0
    }
}

impl<T> Index<Ix> for PerName<T> {
    type Output = T;
    #[expect(clippy::indexing_slicing, reason = "made for the same names as the number")]
    fn index(&self, ix: Ix) -> &T {
        &self.0[ix.index()]
    }
}

impl<T> IndexMut<Ix> for PerName<T> {
    #[expect(clippy::indexing_slicing, reason = "made for the same names as the number")]
    fn index_mut(&mut self, ix: Ix) -> &mut T {
        &mut self.0[ix.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_number_however_often_it_comes() {
        let mut names = Names::default();
        let (first, second) = (names.intern("a"), names.intern("b"));
        assert_eq!(names.intern("a"), first);
        assert_eq!((names.text(second), names.len()), ("b", 2));
    }

    #[test]
    fn ways_of_writing_are_counted_apart_from_what_counts() {
        let mut codes = Folded::new(str::to_ascii_uppercase);
        assert_eq!(codes.intern("85123a"), codes.intern("85123A"));
        assert_eq!((codes.written_count(), codes.names.len()), (2, 1));
    }
}
