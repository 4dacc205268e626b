//! What the lines of a transfer allow, and what they make of its state. Pure.

use super::state::State;
use domain::ledger::{Claim, Line};
use domain::{ClaimId, Code, Delta, LotId, Problem, Status};

/// The quantities of a line, in millionths of the base unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) qty: i64,
    pub(crate) shipped: i64,
    pub(crate) received: i64,
    pub(crate) short: i64,
}

impl Counts {
    /// What may still be shipped.
    pub(crate) const fn unshipped(&self) -> i64 {
        self.qty - self.shipped
    }

    /// What is on its way.
    pub(crate) const fn in_transit(&self) -> i64 {
        self.shipped - self.received - self.short
    }

    /// Ships so much more.
    pub(crate) fn ship(&mut self, qty: i64) -> Result<(), Problem> {
        if qty > self.unshipped() {
            let detail = format!(
                "`{}` of `{}` are still to be shipped, and `{}` are more",
                Delta(self.unshipped()),
                Delta(self.qty),
                Delta(qty)
            );
            return Err(Problem::at(Code::InvalidQuantity, "/qty", detail));
        }
        self.shipped += qty;
        Ok(())
    }

    /// Receives so much more, never more than was shipped.
    pub(crate) fn receive(&mut self, qty: i64) -> Result<(), Problem> {
        if qty > self.in_transit() {
            let detail = format!(
                "`{}` of the line are in transit and `{}` are more; receive what came beyond as a find",
                Delta(self.in_transit()),
                Delta(qty)
            );
            return Err(Problem::at(Code::InsufficientStock, "/qty", detail));
        }
        self.received += qty;
        Ok(())
    }
}

/// The state after goods have moved.
pub(crate) fn moved<'a>(lines: impl Iterator<Item = &'a Counts>) -> State {
    let (mut all, mut any) = (true, false);
    for line in lines {
        all &= line.received == line.qty;
        any |= line.received > 0;
    }
    if all {
        State::Received
    } else if any {
        State::PartiallyReceived
    } else {
        State::Shipped
    }
}

/// Closes the lines: what is in transit is short. The state it leads to.
pub(crate) fn close<'a>(lines: impl Iterator<Item = &'a mut Counts>) -> State {
    let mut state = State::Received;
    for line in lines {
        let missing = line.in_transit();
        if missing > 0 {
            line.short += missing;
            state = State::ClosedShort;
        }
    }
    state
}

/// Goods in transit: a lot in a status.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Waiting {
    pub(crate) lot: LotId,
    pub(crate) status: Status,
    pub(crate) qty: i64,
}

/// Takes a quantity out of what waits in transit of an item: of the named lot, or of the only one.
pub(crate) fn take(waiting: &mut [Waiting], lot: LotId, qty: i64) -> Result<Vec<Waiting>, Problem> {
    let fits = |there: &Waiting| there.qty > 0 && (!lot.is_some() || there.lot == lot);
    let found: Vec<&Waiting> = waiting.iter().filter(|there| fits(there)).collect();
    let total: i64 = found.iter().map(|there| there.qty).sum();
    if total < qty {
        let detail = format!("`{}` are in transit and `{}` are wanted", Delta(total), Delta(qty));
        return Err(Problem::at(Code::InsufficientStock, "/qty", detail));
    }
    let first = found.first().map(|there| there.lot);
    if total > qty && found.iter().any(|there| Some(there.lot) != first) {
        let detail = "several lots are in transit; name the one that arrived";
        return Err(Problem::at(Code::LotRequired, "/lot", detail));
    }
    let mut left = qty;
    let mut taken = Vec::new();
    for there in waiting.iter_mut().filter(|there| fits(there)) {
        let part = there.qty.min(left);
        if part > 0 {
            taken.push(Waiting { qty: part, ..*there });
            there.qty -= part;
            left -= part;
        }
    }
    Ok(taken)
}

/// What is known of a lot when goods of it arrive.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct LotThen {
    /// Past its last sellable day where it arrives.
    pub(crate) past: bool,
    /// On hold as a whole.
    pub(crate) on_hold: bool,
}

/// The status that goods arrive in: the named one, or the one they were shipped in. Good stock whose
/// last sellable day has passed on the way arrives expired, and that of a lot that was put on hold
/// on the way arrives on hold.
pub(crate) fn arrives_as(named: Option<Status>, shipped: Status, lot: LotThen) -> Result<Status, Problem> {
    let LotThen { past, on_hold } = lot;
    match named {
        Some(Status::Good) if past => {
            let detail = "the lot is past its last sellable day; leave the status out, or name another one";
            Err(Problem::at(Code::LotExpired, "/status", detail))
        }
        Some(Status::Good) if on_hold => {
            let detail = "the lot is on hold; leave the status out, or name another one";
            Err(Problem::at(Code::LotOnHold, "/status", detail))
        }
        Some(status) if status != shipped && !shipped.may_become(status) => {
            let detail = format!("stock does not go from `{shipped}` to `{status}`");
            Err(Problem::at(Code::StatusChangeRefused, "/status", detail))
        }
        Some(status) => Ok(status),
        None if past && shipped == Status::Good => Ok(Status::Expired),
        None if on_hold && shipped == Status::Good => Ok(Status::Hold),
        None => Ok(shipped),
    }
}

/// Splits a line over the claims that its owner has on the key, first come first served; what is
/// left takes unclaimed stock. `claims` is reduced by what was used.
pub(crate) fn with_claims(
    line: &Line,
    qty: i64,
    owner: &str,
    claims: &mut [Claim],
) -> Vec<(Option<ClaimId>, i64)> {
    let mut left = qty;
    let mut parts = Vec::new();
    let here = Some((line.from.location, line.lot));
    let good = line.from.status == Status::Good;
    for claim in claims.iter_mut().filter(|claim| good && claim.owner == owner && claim.bin == here) {
        let part = claim.qty.min(left);
        if part > 0 {
            claim.qty -= part;
            left -= part;
            parts.push((Some(claim.id), part));
        }
    }
    if left > 0 {
        parts.push((None, left));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `qty shipped received short`.
    fn counts(text: &str) -> Counts {
        let n: Vec<i64> = text.split(' ').map(|word| word.parse().unwrap()).collect();
        Counts { qty: n[0], shipped: n[1], received: n[2], short: n[3] }
    }

    #[test]
    fn what_the_lines_make_of_the_state() {
        let cases = [
            ("5 5 0 0", State::Shipped),
            ("5 2 0 0", State::Shipped),
            ("5 5 3 0", State::PartiallyReceived),
            ("5 5 5 0", State::Received),
            ("5 3 3 0", State::PartiallyReceived),
            ("5 5 5 0,2 2 0 0", State::PartiallyReceived),
            ("5 5 5 0,2 2 2 0", State::Received),
        ];
        for (text, expected) in cases {
            let lines: Vec<Counts> = text.split(',').map(counts).collect();
            assert_eq!(moved(lines.iter()), expected, "{text}");
        }
    }

    #[test]
    fn closing_writes_off_what_is_in_transit() {
        let cases = [
            ("5 5 3 0", "5 5 3 2", State::ClosedShort),
            ("5 3 3 0", "5 3 3 0", State::Received),
            ("5 5 0 0", "5 5 0 5", State::ClosedShort),
        ];
        for (before, after, state) in cases {
            let mut lines = [counts(before)];
            assert_eq!(close(lines.iter_mut()), state, "{before}");
            assert_eq!(lines[0], counts(after), "{before}");
        }
    }

    #[test]
    fn never_more_than_was_asked_for_or_shipped() {
        let cases = [
            ("5 0 0 0", 5, 0, "ok -"),
            ("5 0 0 0", 6, 0, "over -"),
            ("5 3 0 0", 2, 5, "ok ok"),
            ("5 3 0 0", 2, 6, "ok over"),
            ("5 5 2 1", 0, 2, "- ok"),
            ("5 5 2 1", 0, 3, "- over"),
        ];
        for (text, ship, receive, expected) in cases {
            let mut line = counts(text);
            let word = |done: Result<(), Problem>| if done.is_ok() { "ok" } else { "over" };
            let shipped = if ship > 0 { word(line.ship(ship)) } else { "-" };
            let received = if receive > 0 { word(line.receive(receive)) } else { "-" };
            assert_eq!(format!("{shipped} {received}"), expected, "{text}");
        }
    }

    #[test]
    fn in_which_status_goods_arrive() {
        use Status::{Damaged, Expired, Good, Hold};
        let cases = [
            (None, Good, "", Ok(Good)),
            (None, Hold, "", Ok(Hold)),
            (None, Good, "past", Ok(Expired)),
            (None, Damaged, "past", Ok(Damaged)),
            (None, Good, "held", Ok(Hold)),
            (None, Damaged, "held", Ok(Damaged)),
            (None, Good, "past held", Ok(Expired)),
            (Some(Damaged), Good, "", Ok(Damaged)),
            (Some(Damaged), Good, "held", Ok(Damaged)),
            (Some(Hold), Good, "held", Ok(Hold)),
            (Some(Good), Hold, "", Ok(Good)),
            (Some(Good), Hold, "past", Err(Code::LotExpired)),
            (Some(Good), Good, "held", Err(Code::LotOnHold)),
            (Some(Good), Hold, "held", Err(Code::LotOnHold)),
            (Some(Expired), Good, "", Err(Code::StatusChangeRefused)),
            (Some(Good), Expired, "", Err(Code::StatusChangeRefused)),
        ];
        for (named, shipped, lot, expected) in cases {
            let then = LotThen { past: lot.contains("past"), on_hold: lot.contains("held") };
            let shown = arrives_as(named, shipped, then).map_err(|problem| problem.code);
            assert_eq!(shown, expected, "{named:?} {shipped} {lot}");
        }
    }

    #[test]
    fn which_lots_arrive() {
        let there = |lot, qty| Waiting { lot: LotId(lot), status: Status::Good, qty };
        let cases = [
            (vec![(0, 5)], 0, 3, "0:3"),
            (vec![(1, 5)], 0, 3, "1:3"),
            (vec![(1, 5), (2, 4)], 0, 3, "lot_required"),
            (vec![(1, 5), (2, 4)], 0, 9, "1:5 2:4"),
            (vec![(1, 5), (2, 4)], 2, 4, "2:4"),
            (vec![(1, 5), (2, 4)], 2, 5, "insufficient_stock"),
            (vec![(1, 5)], 3, 1, "insufficient_stock"),
        ];
        for (waiting, lot, qty, expected) in cases {
            let mut waiting: Vec<Waiting> = waiting.into_iter().map(|(lot, qty)| there(lot, qty)).collect();
            let shown = match take(&mut waiting, LotId(lot), qty) {
                Ok(taken) => {
                    let parts: Vec<String> =
                        taken.iter().map(|part| format!("{}:{}", part.lot, part.qty)).collect();
                    parts.join(" ")
                }
                Err(problem) => problem.code.to_string(),
            };
            assert_eq!(shown, expected, "lot {lot} qty {qty}");
        }
    }
}
