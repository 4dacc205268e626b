//! Which state a site may go into, and what it lacks before. Pure.
//!
//! | from \ to | set-up | pilot | live |
//! |---|---|---|---|
//! | set-up | is it | on | on |
//! | pilot | back, by its own permission | is it | on |
//! | live | never | never | is it |
//!
//! What is lacking keeps a site from going on, unless whoever takes it there says by name that it does without.

use domain::word::echo;
use domain::{Code, Problem, SiteState};
use serde::Serialize;
use utoipa::ToSchema;

/// What was counted at a site.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Counted {
    /// Places in use below the site.
    pub(crate) places: i64,
    /// Items of which anything stands there.
    pub(crate) items: i64,
    /// Items of which some stands on the site itself, in no place of it.
    pub(crate) unplaced: i64,
    /// Users beside administrators who may receive there; none where nobody can be asked.
    pub(crate) people: Option<i64>,
}

/// A point of the list of what a site needs before it goes on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct Point {
    /// `places`, `opening_stock`, `placed` or `people`.
    pub(crate) name: &'static str,
    /// Nothing lacks.
    pub(crate) ready: bool,
    /// How many of them there are; of `placed`, how many items are in no place.
    pub(crate) count: i64,
    /// What it is about, and what to do where something lacks.
    pub(crate) says: String,
}

/// What each point says when it is not ready, and what it says when it is.
const POINTS: [(&str, &str, &str); 4] = [
    ("places", "places are in use below the site", "there is no place below the site; make its bins"),
    ("opening_stock", "items have stock there", "nothing has been taken up there; post its opening stock"),
    (
        "placed",
        "items stand in no place of the site",
        "items stand on the site itself and in no place of it; take them up where they are",
    ),
    (
        "people",
        "users beside administrators may receive there",
        "nobody beside administrators may receive there; grant somebody a role",
    ),
];

/// What a site needs before it goes on, in the order of the work.
pub(crate) fn points(counted: &Counted) -> Vec<Point> {
    let Counted { places, items, unplaced, people } = *counted;
    let counts = [Some(places), Some(items), Some(unplaced), people];
    let each = POINTS.iter().zip(counts).filter_map(|((point, is, lacks), count)| {
        let count = count?;
        let ready = if *point == "placed" { count == 0 } else { count > 0 };
        let says = match (ready, count) {
            (true, _) => format!("`{count}` {is}"),
            (false, 0) => (*lacks).to_owned(),
            (false, _) => format!("`{count}` {lacks}"),
        };
        Some(Point { name: point, ready, count, says })
    });
    each.collect()
}

/// Whether a site may go on into a state; backwards is another command.
pub(crate) fn on(code: &str, from: SiteState, to: SiteState) -> Result<(), Problem> {
    let detail = match (from, to) {
        (SiteState::SetUp, SiteState::Pilot | SiteState::Live) | (SiteState::Pilot, SiteState::Live) => {
            return Ok(());
        }
        (SiteState::Pilot, SiteState::SetUp) => {
            format!("`{code}` goes back to its set-up by `POST /api/v1/sites/{code}/set-back`")
        }
        (SiteState::Live, SiteState::Pilot | SiteState::SetUp) => {
            format!("`{code}` is live and stays so; block it, or archive it when it is not used any more")
        }
        _ => format!("`{code}` is `{to}` already"),
    };
    Err(Problem::at(Code::SiteStateRefused, "/state", detail))
}

/// Whether a site may go back to its set-up.
pub(crate) fn back(code: &str, from: SiteState) -> Result<(), Problem> {
    let detail = match from {
        SiteState::Pilot => return Ok(()),
        SiteState::SetUp => format!("`{code}` is being set up already"),
        SiteState::Live => {
            format!("`{code}` is live and stays so; block it, or archive it when it is not used any more")
        }
    };
    Err(Problem::new(Code::SiteStateRefused, detail))
}

/// What is lacking and done without, as it is told; or a refusal that names what is not done without.
pub(crate) fn despite(
    code: &str,
    points: &[Point],
    accepted: &[String],
) -> Result<Vec<&'static str>, Problem> {
    for (number, word) in accepted.iter().enumerate() {
        if !POINTS.iter().any(|(point, ..)| point == word) {
            let words: Vec<&str> = POINTS.iter().map(|(point, ..)| *point).collect();
            let detail = format!("`{}` is no point; they are `{}`", echo(word), words.join("`, `"));
            return Err(Problem::at(Code::InvalidValue, format!("/despite/{number}"), detail));
        }
    }
    let lacking = points.iter().filter(|point| !point.ready);
    let (without, refused): (Vec<&Point>, Vec<&Point>) =
        lacking.partition(|point| accepted.iter().any(|word| word == point.name));
    if refused.is_empty() {
        return Ok(without.into_iter().map(|point| point.name).collect());
    }
    let told: Vec<String> =
        refused.iter().map(|point| format!("{} (`{}`)", point.says, point.name)).collect();
    let detail = format!("`{code}`: {}; or name it in `despite` to go on without", told.join("; "));
    Err(Problem::at(Code::SiteNotReady, "/despite", detail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use SiteState::{Live, Pilot, SetUp};

    #[test]
    fn a_site_goes_on_and_only_a_pilot_goes_back() {
        let refused = |done: Result<(), Problem>| done.err().map(|problem| problem.code);
        for from in [SetUp, Pilot, Live] {
            for to in [SetUp, Pilot, Live] {
                let may = matches!((from, to), (SetUp, Pilot | Live) | (Pilot, Live));
                let expected = (!may).then_some(Code::SiteStateRefused);
                assert_eq!(refused(on("L", from, to)), expected, "{from} to {to}");
            }
            let expected = (from != Pilot).then_some(Code::SiteStateRefused);
            assert_eq!(refused(back("L", from)), expected, "{from} back");
        }
    }

    #[test]
    fn what_is_lacking_is_named_unless_it_is_done_without() {
        // places, items, items without a place, people; what is accepted; what is told or refused
        type Words = &'static [&'static str];
        let cases: &[([i64; 4], Words, Result<Words, Words>)] = &[
            ([3, 2, 0, 1], &[], Ok(&[])),
            ([3, 2, 0, 1], &["people", "places"], Ok(&[])),
            ([3, 0, 0, 1], &[], Err(&["`opening_stock`"])),
            ([3, 0, 0, 1], &["opening_stock"], Ok(&["opening_stock"])),
            ([0, 0, 0, 0], &["opening_stock"], Err(&["`places`", "`people`"])),
            ([0, 1, 1, 0], &["people", "placed", "places"], Ok(&["places", "placed", "people"])),
            ([1, 1, 2, 1], &[], Err(&["`2` items stand", "`placed`"])),
        ];
        for ([places, items, unplaced, people], accepted, expected) in cases.iter().copied() {
            let counted = Counted { places, items, unplaced, people: Some(people) };
            let accepted: Vec<String> = accepted.iter().map(|&word| word.to_owned()).collect();
            match (despite("L", &points(&counted), &accepted), expected) {
                (Ok(told), Ok(expected)) => assert_eq!(told, expected),
                (Err(problem), Err(words)) => {
                    assert_eq!(problem.code, Code::SiteNotReady);
                    for word in words {
                        assert!(problem.detail.contains(word), "{word} in {}", problem.detail);
                    }
                }
                (got, _) => panic!("{counted:?} with {accepted:?}: {got:?}"),
            }
        }
    }

    #[test]
    fn a_word_that_is_no_point_is_refused_and_who_is_not_known_is_not_asked() {
        let counted = Counted { places: 1, items: 1, unplaced: 0, people: None };
        assert_eq!(points(&counted).len(), 3);
        let problem = despite("L", &points(&counted), &["people".to_owned(), "bins".to_owned()]).unwrap_err();
        assert_eq!((problem.code, problem.errors[0].pointer.as_str()), (Code::InvalidValue, "/despite/1"));
    }
}
