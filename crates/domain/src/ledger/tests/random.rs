//! Random histories, in the language of the tables.

use proptest::prelude::*;

/// What can happen; what more depends on happens more often.
const KINDS: &[&str] = &[
    "receive",
    "receive",
    "receive",
    "issue",
    "issue",
    "return",
    "count",
    "move",
    "set_status",
    "ship",
    "arrive",
    "shortage",
    "opening",
    "produce",
    "consume",
    "loss",
    "found",
    "relocate",
    "both",
    "reserve",
    "allocate",
    "bind",
    "release",
    "part",
    "lapse",
    "lapse",
    "lapse",
    "fulfil",
    "carry",
    "reverse",
    "stand",
    "misname",
    "rule",
    "rule",
    "shut",
    "open",
    "midnight",
    "yesterday",
    "expire",
    "expire",
    "told",
    "late",
];

/// One random command, as a line of the tables' language.
pub(super) fn command() -> impl Strategy<Value = String> {
    let item =
        prop::sample::select(vec!["BOLT", "WIRE", "SOUP:fresh", "SOUP:last-day", "DRILL:S1", "DRILL:S2"]);
    let bin = prop::sample::select(vec!["A1", "A2", "STAGE", "CAGE", "B1"]);
    let status = prop::sample::select(vec!["", "/hold", "/damaged"]);
    let kind = prop::sample::select(KINDS);
    let claim =
        prop::sample::select(vec!["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9", "c10", "c11", "c12"]);
    (kind, item, bin.clone(), bin, status, 1..9_i64, claim, 0..400_i64, 0..20_i64).prop_map(
        |(kind, item, bin, other, status, qty, claim, cents, days)| {
            let site = if bin == "B1" { "YRK" } else { "LON" };
            let at = format!("at=2026-06-{:02}T00:00:00Z", 1 + days.min(13));
            let qty = if item.starts_with("DRILL") { 1 } else { qty };
            let plain = item.split(':').next().unwrap_or_default();
            match kind {
                "count" => count(item, qty, &format!("{bin}{status}"), &at, cents),
                "receive" => {
                    format!("receive {item} {qty} {bin}{status} each={}.{:02} {at}", cents / 100, cents % 100)
                }
                "move" => format!("move {item} {qty} {bin} {other}"),
                "set_status" => format!("set_status {item} {qty} {bin} {bin}{status}"),
                "ship" => format!("ship {item} {qty} {bin} transit"),
                "arrive" => format!("arrive {item} {qty} transit {bin}"),
                "shortage" => format!("shortage {item} {qty} transit loss"),
                "opening" | "produce" => format!("{kind} {item} {qty} {bin}{status} total={cents}"),
                "loss" => format!("adjust {item} {qty} {bin}{status} loss"),
                "found" => format!("adjust {item} {qty} adjustment {bin}{status}"),
                "relocate" => format!("relocate {item} {qty} {bin} {other}"),
                // two lines on one key: what the first takes, the second has not
                "both" => format!("issue {item} {qty} {bin} + {item} {qty} {bin}"),
                "reserve" => {
                    format!("reserve {plain} {site} {qty} {claim} priority={} {}", days % 3, wait(days))
                }
                "rule" if days % 4 == 0 => format!("rule {plain} {site} none"),
                "rule" => format!("rule {plain} {site} {}", cents % 12),
                "allocate" => format!("allocate {item} {bin} {qty} {claim}x {}", wait(days)),
                "bind" => format!("allocate {item} {bin} {qty} {claim}x from={claim}"),
                "release" => format!("release {claim}{}", half(days)),
                "part" => format!("release {claim}{} {qty}", half(days)),
                "lapse" => format!("lapse {claim}{}", half(days)),
                "fulfil" => format!("issue {item} {qty} {bin} claim={claim}"),
                "misname" => format!("move {item} {qty} {bin} {other} claim={claim}"),
                "carry" => format!("move {item} {qty} {bin} {other} claim={claim}x split={claim}y"),
                "reverse" => format!("reverse p{}", days % 5),
                "shut" | "open" => format!("{kind} {bin}"),
                "midnight" | "yesterday" => kind.to_owned(),
                "expire" => format!("expire SOUP:last-day {qty} {bin} {bin}/expired"),
                "told" => format!("issue SOUP:last-day {qty} {bin} {at}"),
                "late" => late(item, qty, bin, cents),
                "stand" => format!("stand {bin} {}", if days % 2 == 0 { "LON" } else { "YRK" }),
                kind => format!("{kind} {item} {qty} {bin}{status} {at}"),
            }
        },
    )
}

/// Which of the claims of a name: the reservation, what is bound of it, or what was split off that.
const fn half(days: i64) -> &'static str {
    match days % 6 {
        4 => "x",
        5 => "y",
        _ => "",
    }
}

/// What happened in May and is told in June; most of it may be booked late.
fn late(item: &str, qty: i64, bin: &str, cents: i64) -> String {
    let late = if cents % 5 == 0 { "" } else { "late=yes" };
    let kind = if cents % 2 == 0 { "receive" } else { "issue" };
    format!("{kind} {item} {qty} {bin} at=2026-05-{:02}T12:00:00Z {late}", 1 + cents % 31)
}

/// Some claims do not wait.
const fn wait(days: i64) -> &'static str {
    if days % 5 == 0 { "now" } else { "" }
}

/// A count. Most are dated, and every other one says what a find is worth.
fn count(item: &str, qty: i64, place: &str, at: &str, cents: i64) -> String {
    let counted = if item.starts_with("DRILL") { cents % 2 } else { qty - 1 };
    let at = if cents % 5 == 0 { "" } else { at };
    let each =
        if cents % 2 == 0 { format!("each={}.{:02}", cents / 100, cents % 100) } else { String::new() };
    format!("count {item} {counted} {place} {at} {each}")
}

/// A history: commands, some of them named so that they can be reversed. Claim names are used
/// once only, since an id is given out once only.
pub(super) fn history() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(command(), 1..60)
}
