//! What a move of a handling unit means for what is in it. Pure.

use domain::barcode::check_digit;
use domain::{Code, Problem};
use places::LocationFacts;

/// What a move of a unit asks of the ledger.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Meaning {
    /// It stands elsewhere, and nothing counts otherwise: one fact.
    Fact,
    /// New allocations may choose it, or may not any more; the stock counts as before.
    Openness,
    /// Its contents count at another site, in another group, or start or stop selling: they move.
    Contents,
}

/// Compares where a unit stands with where it will stand.
pub(crate) fn meaning(unit: &LocationFacts, parent: &LocationFacts) -> Meaning {
    let counts = |facts: &LocationFacts| facts.sellable && !facts.blocked && !facts.in_set_up;
    if unit.site != parent.site
        || unit.valuation_group != parent.valuation_group
        || counts(unit) != counts(parent)
    {
        Meaning::Contents
    } else if unit.open_to_allocation != parent.open_to_allocation || unit.sellable != parent.sellable {
        Meaning::Openness
    } else {
        Meaning::Fact
    }
}

/// A unit neither leaves a place that is blocked or out of use nor enters one, and stands in real
/// places only.
pub(crate) fn may_move(unit: &LocationFacts, parent: &LocationFacts) -> Result<(), Problem> {
    let blocked = |facts: &LocationFacts| format!("`{}` is blocked; unblock it first", facts.code);
    let archived = |facts: &LocationFacts| {
        format!("`{}` is archived; restore it first, or choose another location", facts.code)
    };
    if unit.archived {
        return Err(Problem::new(Code::LocationArchived, archived(unit)));
    }
    if parent.archived {
        return Err(Problem::at(Code::LocationArchived, "/parent", archived(parent)));
    }
    let in_set_up = |facts: &LocationFacts| {
        format!("the site of `{}` is being set up; begin its pilot first", facts.code)
    };
    if unit.in_set_up {
        return Err(Problem::new(Code::SiteInSetUp, in_set_up(unit)));
    }
    if parent.in_set_up {
        return Err(Problem::at(Code::SiteInSetUp, "/parent", in_set_up(parent)));
    }
    if unit.blocked {
        return Err(Problem::new(Code::LocationBlocked, blocked(unit)));
    }
    if parent.blocked {
        return Err(Problem::at(Code::LocationBlocked, "/parent", blocked(parent)));
    }
    if !parent.kind.is_real() {
        let detail = format!("`{}` is not a place with walls; ship the contents by a transfer", parent.code);
        return Err(Problem::at(Code::WrongLocationKind, "/parent", detail));
    }
    Ok(())
}

/// A code of 18 digits is a serial shipping container code, and its last digit proves the others.
pub fn check_code(code: &str) -> Result<(), Problem> {
    if code.len() != 18 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    let (digits, last) = code.split_at(17);
    match check_digit(digits) {
        Some(right) if last.parse() != Ok(right) => {
            let detail = format!("`{code}` is no SSCC: its check digit would be `{right}`");
            Err(Problem::at(Code::InvalidValue, "/code", detail))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{LocationId, LocationKind, SiteId};

    /// Reads `1 soba`: the site, then sellable, open, blocked, archived and in set-up.
    fn place(text: &str) -> LocationFacts {
        let (site, flags) = text.split_once(' ').unwrap();
        let site: i64 = site.parse().unwrap();
        LocationFacts {
            id: LocationId(9),
            code: "P".to_owned(),
            kind: LocationKind::Bin,
            site: SiteId(site),
            parent: None,
            valuation_group: site,
            sellable: flags.contains('s'),
            blocked: flags.contains('b'),
            open_to_allocation: flags.contains('o'),
            archived: flags.contains('a'),
            in_set_up: flags.contains('n'),
            negative_allowed: false,
            version: 1,
        }
    }

    #[test]
    fn what_a_move_means() {
        let cases = [
            ("1 so", "1 so", Meaning::Fact),
            ("1 so", "1 s", Meaning::Openness),
            ("1 s", "1 so", Meaning::Openness),
            ("1 so", "1 .", Meaning::Contents),
            ("1 .", "1 so", Meaning::Contents),
            ("1 .", "1 .", Meaning::Fact),
            ("1 so", "2 so", Meaning::Contents),
            ("1 .", "2 .", Meaning::Contents),
        ];
        for (from, to, expected) in cases {
            assert_eq!(meaning(&place(from), &place(to)), expected, "{from} to {to}");
        }
    }

    #[test]
    fn closed_places_let_no_unit_in_or_out() {
        let refused = |from, to| may_move(&place(from), &place(to)).map_err(|problem| problem.code);
        assert_eq!(refused("1 so", "2 so"), Ok(()));
        assert_eq!(refused("1 sob", "1 so"), Err(Code::LocationBlocked));
        assert_eq!(refused("1 so", "1 sob"), Err(Code::LocationBlocked));
        assert_eq!(refused("1 son", "2 so"), Err(Code::SiteInSetUp));
        assert_eq!(refused("1 so", "2 son"), Err(Code::SiteInSetUp));
        assert_eq!(refused("1 soa", "1 so"), Err(Code::LocationArchived));
        assert_eq!(refused("1 so", "1 soba"), Err(Code::LocationArchived));
        let transit = LocationFacts { kind: LocationKind::Transit, ..place("0 .") };
        let refused = may_move(&place("1 so"), &transit).unwrap_err();
        assert_eq!(refused.code, Code::WrongLocationKind);
    }

    #[test]
    fn an_sscc_proves_itself() {
        for (code, right) in [
            ("340123450000000000", true),
            ("340123450000000001", false),
            ("TOTE-1", true),
            ("34012345", true),
        ] {
            assert_eq!(check_code(code).is_ok(), right, "{code}");
        }
    }
}
