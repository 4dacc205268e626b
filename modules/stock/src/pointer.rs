//! Which field of a request a refusal is about. The ledger speaks of lines and of what they have;
//! the caller wrote lists of serials, counts, new statuses and places under names of their own.

use crate::compile::Compiled;
use crate::lots::{Naming, Way};
use domain::Code;
use domain::ledger::{Kind, Place, Refusal, Why};

/// What stands between the pointer of a line and the number of a serial on it.
const SERIALS: &str = "/serials/";

/// The origin of the line that one serial of an input line became.
pub(crate) fn of_serial(line: &str, number: usize) -> String {
    format!("{line}{SERIALS}{number}")
}

/// The field of a posting; `None` when nobody wrote one, as for the postings of documents.
pub(crate) fn of_posting(compiled: &Compiled, refusal: &Refusal) -> Option<String> {
    let Some(number) = refusal.line else {
        return match refusal.why {
            Why::InFuture { .. } | Why::PeriodClosed { .. } => Some("/effective_at".to_owned()),
            Why::Nothing => Some("/lines".to_owned()),
            _ => None,
        };
    };
    let origin = compiled.origins.get(number).filter(|origin| !origin.is_empty())?;
    if matches!(refusal.why, Why::BeforeSale { .. }) && compiled.post.effective_at.is_some() {
        return Some("/effective_at".to_owned());
    }
    if matches!(refusal.why, Why::BeyondSale { .. }) && origin.contains(SERIALS) {
        return Some(origin.clone());
    }
    let kind = compiled.post.kind;
    let field = match (&refusal.why, place(&refusal.why), compiled.post.lines.get(number)) {
        (Why::SamePlace | Why::OtherSite | Why::NoRoom(_), ..) => destination(kind),
        (_, Some(place), Some(line)) if line.to == place && kind == Kind::Move => destination(kind),
        (_, Some(_), _) => "/location",
        _ => refusal.why.field(),
    };
    Some(of_field(kind, origin, field))
}

/// The field of a line that a refusal of its lot is about: its day, its name, the serial that the line
/// came from, or the parent beside the serials.
pub(crate) fn of_lot(compiled: &Compiled, naming: &Naming, code: Code) -> String {
    let origin = compiled.origins.get(naming.line).map_or("", String::as_str);
    match (code, &naming.way) {
        (Code::Expiry, _) => of_field(compiled.post.kind, origin, "/expiry_on"),
        (_, Way::Parent) => {
            let line = origin.rsplit_once(SERIALS).map_or(origin, |(line, _)| line);
            of_field(compiled.post.kind, line, "/lot")
        }
        _ => of_field(compiled.post.kind, origin, "/lot"),
    }
}

/// The field of a reservation, an allocation or a release.
pub(crate) fn of_claim(kind: Kind, why: &Why) -> Option<&'static str> {
    match (kind, place(why), why.field()) {
        (_, Some(_), _) => Some("/location"),
        (_, None, "") => None,
        // the address names the claim, the body only how much of it
        (Kind::Release, None, "/claim") => matches!(why, Why::ClaimSmaller { .. }).then_some("/qty"),
        (Kind::Reserve, None, "/claim") => Some("/expires_at"),
        (_, None, "/claim") => Some("/reservation"),
        // the serial is named as the lot that it is
        (_, None, "/serial" | "/serials") => Some("/lot"),
        (_, None, field) => Some(field),
    }
}

/// The field of a reversal; its lines are those of the original, which the caller did not write.
pub(crate) fn of_reversal(why: &Why) -> Option<&'static str> {
    match why {
        Why::InFuture { .. } | Why::PeriodClosed { .. } | Why::StoodElsewhereThen { .. } => {
            Some("/effective_at")
        }
        _ => None,
    }
}

/// The end that a refusal is about, when it is about one.
fn place(why: &Why) -> Option<Place> {
    match why {
        Why::Blocked { place }
        | Why::Archived { place }
        | Why::InSetUp { place }
        | Why::NotAllocatable { place }
        | Why::WrongKind { place, .. }
        | Why::StoodElsewhereThen { place, .. } => Some(*place),
        _ => None,
    }
}

/// The field that names where a line ends.
const fn destination(kind: Kind) -> &'static str {
    match kind {
        Kind::Move => "/to_location",
        Kind::SetStatus => "/to_status",
        _ => "/location",
    }
}

/// The field at fault, by the origin of the line and the ledger's name of the field.
fn of_field(kind: Kind, origin: &str, field: &str) -> String {
    let (line, listed) = match origin.rsplit_once(SERIALS) {
        Some((line, _)) => (line, true),
        None => (origin, false),
    };
    match (kind, field) {
        (_, "/serial" | "/lot") if listed => origin.to_owned(),
        // a serial that was named as the lot that it is
        (_, "/serial") => format!("{line}/lot"),
        (Kind::Adjust, "/qty") => format!("{line}/counted"),
        (Kind::SetStatus, "/status") => format!("{line}/to_status"),
        _ => format!("{line}{field}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Instant, LocationId, PostingId};

    #[test]
    fn a_field_is_the_one_that_was_written() {
        let serial = of_serial("/lines/1", 2);
        let cases = [
            (Kind::Receive, "/lines/0", "/qty", "/lines/0/qty"),
            (Kind::Adjust, "/lines/0", "/qty", "/lines/0/counted"),
            (Kind::SetStatus, "/lines/0", "/status", "/lines/0/to_status"),
            (Kind::Receive, "/lines/0", "/status", "/lines/0/status"),
            (Kind::Issue, &serial, "/serial", "/lines/1/serials/2"),
            (Kind::Issue, &serial, "/lot", "/lines/1/serials/2"),
            (Kind::Issue, &serial, "/qty", "/lines/1/qty"),
            (Kind::Issue, "/lines/0", "/serial", "/lines/0/lot"),
            (Kind::Issue, "/lines/0", "/serials", "/lines/0/serials"),
            (Kind::Issue, "/lines/0", "", "/lines/0"),
        ];
        for (kind, origin, field, expected) in cases {
            assert_eq!(of_field(kind, origin, field), expected, "{} {origin} {field}", kind.word());
        }
    }

    #[test]
    fn a_claim_names_its_own_fields() {
        let place = Place::good(LocationId(1));
        let (allocate, reserve, release) = (Kind::Allocate, Kind::Reserve, Kind::Release);
        let cases = [
            (allocate, Why::Blocked { place }, Some("/location")),
            (allocate, Why::ClaimElsewhere, Some("/reservation")),
            (allocate, Why::Unavailable { available: 0, wanted: 1 }, Some("/qty")),
            (allocate, Why::SerialRequired, Some("/lot")),
            (reserve, Why::ClaimPast { expired: Instant(0) }, Some("/expires_at")),
            (release, Why::ClaimSmaller { claimed: 1, wanted: 2 }, Some("/qty")),
            (release, Why::ClaimClosed { state: "released" }, None),
            (release, Why::AlreadyReversed { by: PostingId::from_bytes([7; 16]) }, None),
        ];
        for (kind, why, expected) in cases {
            assert_eq!(of_claim(kind, &why), expected, "{why:?}");
        }
    }
}
