//! What a new last sellable day and a hold mean for the status of stock. Pure.

use domain::Status;
use domain::when::Date;

/// Whether stock in a status comes back to good: it was expired by the rule, and by the rule as it
/// is now it is not past its last sellable day.
pub(crate) fn comes_back(status: Status, expiry: Option<Date>, today: Date) -> bool {
    status == Status::Expired && sellable_on(expiry, today)
}

/// Whether a day is not after the last sellable one.
pub(crate) fn sellable_on(expiry: Option<Date>, today: Date) -> bool {
    expiry.is_none_or(|last| today <= last)
}

/// The status of stock that nothing is wrong with, of a lot that is on hold or not.
pub(crate) const fn usable(on_hold: bool) -> Status {
    if on_hold { Status::Hold } else { Status::Good }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::when::parse_date;

    #[test]
    fn what_comes_back() {
        let cases = [
            (Status::Expired, Some("2026-03-01"), true),
            (Status::Expired, Some("2026-02-28"), false),
            (Status::Expired, None, true),
            (Status::Damaged, Some("2026-03-02"), false),
            (Status::Good, Some("2026-03-02"), false),
        ];
        let today = parse_date("2026-03-01").unwrap();
        for (status, expiry, expected) in cases {
            let expiry = expiry.map(|day| parse_date(day).unwrap());
            assert_eq!(comes_back(status, expiry, today), expected, "{status} {expiry:?}");
        }
    }
}
