//! What a rule says. Pure.

use domain::{AsProblem, Code, Problem, Qty};

/// How much of an item may wait at a site.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rule {
    /// As the rule of the site says; never the rule of a site.
    AsSite,
    /// Nothing: what is not there is refused, and what a loss takes is broken.
    Nothing,
    /// Up to so much, in millionths of the base unit; at zero, only what a loss takes.
    UpTo(i64),
}

impl Rule {
    /// Reads the two fields that a caller sets.
    pub(crate) fn read(accepts: &str, cap: Option<&str>, of_item: bool) -> Result<Rule, Problem> {
        let rule = match (accepts, cap) {
            ("cap", Some(cap)) => {
                let cap = Qty::parse(cap).map_err(|error| error.problem("/cap"))?;
                return Ok(Rule::UpTo(cap.millionths()));
            }
            ("cap", None) => {
                let detail = "say how much may wait, `0` for no more than a loss takes";
                return Err(Problem::at(Code::InvalidValue, "/cap", detail));
            }
            ("none", _) => Rule::Nothing,
            ("as_site", _) if of_item => Rule::AsSite,
            _ => {
                let words = if of_item { "`none`, `cap` or `as_site`" } else { "`none` or `cap`" };
                let detail = format!("`accepts` is {words}");
                return Err(Problem::at(Code::InvalidValue, "/accepts", detail));
            }
        };
        if cap.is_some() {
            let detail = "only a rule that accepts up to a `cap` has one; leave it out";
            return Err(Problem::at(Code::InvalidValue, "/cap", detail));
        }
        Ok(rule)
    }

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Rule::AsSite => "as_site",
            Rule::Nothing => "none",
            Rule::UpTo(_) => "cap",
        }
    }

    pub(crate) const fn cap(self) -> Option<i64> {
        match self {
            Rule::UpTo(cap) => Some(cap),
            Rule::AsSite | Rule::Nothing => None,
        }
    }

    /// The cap that holds, beside the rule of the site.
    pub(crate) const fn effective(self, of_site: Rule) -> Option<i64> {
        match self {
            Rule::AsSite => of_site.cap(),
            rule => rule.cap(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_said() {
        let read = |accepts, cap, of_item| Rule::read(accepts, cap, of_item);
        assert_eq!(read("cap", Some("2.5"), false).unwrap(), Rule::UpTo(2_500_000));
        assert_eq!(read("cap", Some("0"), true).unwrap(), Rule::UpTo(0));
        assert_eq!(read("none", None, false).unwrap(), Rule::Nothing);
        assert_eq!(read("as_site", None, true).unwrap(), Rule::AsSite);
        for (accepts, cap, of_item, pointer) in [
            ("cap", None, false, "/cap"),
            ("cap", Some("-1"), false, "/cap"),
            ("cap", Some("1000000001"), false, "/cap"),
            ("cap", Some("1.0000001"), false, "/cap"),
            ("none", Some("1"), false, "/cap"),
            ("as_site", Some("1"), true, "/cap"),
            ("as_site", None, false, "/accepts"),
            ("", None, true, "/accepts"),
            ("everything", None, true, "/accepts"),
        ] {
            let problem = read(accepts, cap, of_item).unwrap_err();
            assert_eq!(problem.errors[0].pointer, pointer, "{accepts} {cap:?}");
        }
    }

    #[test]
    fn the_rule_of_an_item_beats_that_of_its_site() {
        let site = Rule::UpTo(7);
        assert_eq!(Rule::AsSite.effective(site), Some(7));
        assert_eq!(Rule::Nothing.effective(site), None);
        assert_eq!(Rule::UpTo(0).effective(site), Some(0));
        assert_eq!(Rule::AsSite.effective(Rule::Nothing), None);
    }
}
