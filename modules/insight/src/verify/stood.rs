//! What places are said to have stood below (I-26): it ends in what the tree says, leaves no time out
//! where it says a site, and every movement was booked at the site where its place stood.

use super::findings::Findings;
use super::ground::{Ground, movement};
use super::shape::{DEPTH_MAX, above};
use db::{Conn, DbError, Statement};
use domain::Instant;
use rustc_hash::FxHashMap;

const STOOD: Statement = Statement::new(
    "verify.stood.spans",
    "select loc_id, above, since, until, is_site from ck_stood order by loc_id, above, since",
);

const BOOKED: Statement = whole_log!(
    "verify.stood.booked",
    "select lane, seq, line_no, recorded_at, from_loc, from_group, to_loc, to_group from ck_movement"
);

/// From when until when a place stood at a site.
#[derive(Clone, Copy, Debug)]
struct Span {
    since: i64,
    until: i64,
    site: i64,
}

/// Where each place stood that was ever put elsewhere, each in the order of time.
#[derive(Default)]
pub(super) struct Sites(FxHashMap<i64, Vec<Span>>);

impl Sites {
    /// All of them.
    pub(super) fn read(conn: &mut Conn<'_>) -> Result<Sites, DbError> {
        let mut sites = Sites::default();
        conn.for_each(&STOOD, &[], |row| {
            if row.bool(4)? {
                let span = Span { since: row.int(2)?, until: row.int(3)?, site: row.int(1)? };
                sites.0.entry(row.int(0)?).or_default().push(span);
            }
            Ok(())
        })?;
        Ok(sites)
    }

    /// The sites at which a place may have stood at an instant: at the very instant at which it was put
    /// elsewhere, both. None where it belongs to no site.
    pub(super) fn of(&self, ground: &Ground, place: i64, at: i64) -> Vec<i64> {
        match self.0.get(&place) {
            None => ground
                .locations
                .get(&place)
                .map(|place| place.site)
                .filter(|site| *site != 0)
                .into_iter()
                .collect(),
            Some(spans) => {
                let then = spans.iter().filter(|span| span.since <= at && at <= span.until);
                then.map(|span| span.site).collect()
            }
        }
    }
}

/// A place and one of what it stood below, until when.
#[derive(Clone, Copy)]
struct Last {
    place: i64,
    above: i64,
    until: i64,
}

/// What is written down of where places stood follows one from the other, and ends in the tree.
pub(super) fn spans(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut last: Option<Last> = None;
    let mut sites = Sites::default();
    conn.for_each(&STOOD, &[], |row| {
        findings.row();
        let (place, above, since, until) = (row.int(0)?, row.int(1)?, row.int(2)?, row.int(3)?);
        match last {
            Some(before) if (before.place, before.above) == (place, above) => {
                findings.hold(before.until <= since, || {
                    let (place, above) = (ground.location(place), ground.location(above));
                    format!(
                        "{place} is said to have stood below {above} twice at once, at {}",
                        Instant(since)
                    )
                });
            }
            Some(before) => ends_in_the_tree(ground, before, findings),
            None => {}
        }
        last = Some(Last { place, above, until });
        if row.bool(4)? {
            sites.0.entry(place).or_default().push(Span { since, until, site: above });
        }
        Ok(())
    })?;
    if let Some(last) = last {
        ends_in_the_tree(ground, last, findings);
    }
    let mut places: Vec<(i64, Vec<Span>)> = sites.0.into_iter().collect();
    places.sort_unstable_by_key(|(place, _)| *place);
    for (place, mut spans) in places {
        spans.sort_unstable_by_key(|span| (span.since, span.until));
        if let Some(wrong) = torn(&spans) {
            findings.add(|| {
                let place = ground.location(place);
                format!("where {place} stood is not known, or known twice, at {}", Instant(wrong))
            });
        }
    }
    Ok(())
}

/// What still holds is in the tree, and what has ended is not.
fn ends_in_the_tree(ground: &Ground, last: Last, findings: &mut Findings) {
    let stands = above(ground, last.place).skip(1).take(DEPTH_MAX).any(|(id, _)| id == last.above);
    let is_said = last.until == Instant::MAX.0;
    findings.hold(stands == is_said, || {
        let (place, above) = (ground.location(last.place), ground.location(last.above));
        if is_said {
            format!("{place} is said to stand below {above}, and does not")
        } else {
            format!("{place} is said to stand below {above} no more, and does")
        }
    });
}

/// Where spans that should follow one from the other do not.
fn torn(spans: &[Span]) -> Option<i64> {
    let mut end = Instant::MIN.0;
    for span in spans {
        if span.since != end {
            return Some(end.min(span.since));
        }
        end = span.until;
    }
    (end != Instant::MAX.0).then_some(end)
}

/// Every movement is booked in the groups of the sites where its places stood when it was recorded.
pub(super) fn booked(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let sites = Sites::read(conn)?;
    conn.for_each(&BOOKED, &[], |row| {
        findings.row();
        let at = row.int(3)?;
        for (place, group) in [(row.int(4)?, row.int(5)?), (row.int(6)?, row.int(7)?)] {
            // that a place is not there is another finding
            if ground.locations.contains_key(&place) && !fits(ground, &sites, place, group, at) {
                let name = movement(row.int(0)?, row.int(1)?, row.int(2)?);
                findings.add(|| {
                    let place = ground.location(place);
                    format!(
                        "{name} is booked in group {group}, where {place} did not stand at {}",
                        Instant(at)
                    )
                });
            }
        }
        Ok(())
    })
}

/// Whether a group is that of a place at an instant; at the very instant at which it was put elsewhere,
/// both are.
fn fits(ground: &Ground, sites: &Sites, place: i64, group: i64, at: i64) -> bool {
    match sites.0.get(&place) {
        None => ground.group(place) == group,
        Some(spans) => {
            spans.iter().any(|span| span.since <= at && at <= span.until && ground.group(span.site) == group)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Span, torn};
    use domain::Instant;

    #[test]
    fn spans_leave_no_time_out_and_none_twice() {
        let (first, last) = (Instant::MIN.0, Instant::MAX.0);
        let torn = |ends: &[(i64, i64)]| {
            let spans: Vec<Span> =
                ends.iter().map(|(since, until)| Span { since: *since, until: *until, site: 1 }).collect();
            torn(&spans)
        };
        assert_eq!(torn(&[(first, 5), (5, 9), (9, last)]), None);
        assert_eq!(torn(&[(first, 5), (6, last)]), Some(5));
        assert_eq!(torn(&[(first, 5), (4, last)]), Some(4));
        assert_eq!(torn(&[(3, last)]), Some(first));
        assert_eq!(torn(&[(first, 5)]), Some(5));
        assert_eq!(torn(&[]), Some(first));
    }
}
