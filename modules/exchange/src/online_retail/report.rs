//! The reconciliation as text for people; programs take its JSON.

use super::line::Totals;
use super::reconcile::{MistakeHandled, Reconciliation};
use std::fmt;

impl fmt::Display for Reconciliation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        row(f, ["reason", "lines", "plus", "minus", "quantity", "revenue in GBP", ""])?;
        for reason in &self.reasons {
            totals(f, &reason.reason.to_string(), &reason.totals, reason.meaning)?;
        }
        totals(f, "total", &self.total, "")?;
        let verdict = if self.balances { "the same: every line is counted once" } else { "NOT THE SAME" };
        totals(f, "file as read", &self.file, verdict)?;
        self.write_facts(f)?;
        for mistake in &self.mistakes {
            write_mistake(f, mistake)?;
        }
        self.write_documents(f)
    }
}

impl Reconciliation {
    fn write_facts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let masters = &self.masters;
        let n = |count: usize| grouped(&count.to_string());
        let some = |count: usize, one: &str, many: &str| {
            format!("{} {}", n(count), if count == 1 { one } else { many })
        };
        writeln!(f)?;
        writeln!(f, "{} exact repeats of an earlier line are kept", grouped(&self.repeats.to_string()))?;
        writeln!(
            f,
            "{} {}, {} of them services; {}, {}, {}",
            some(masters.codes, "code as written is", "codes as written are"),
            some(masters.items, "item", "items"),
            n(masters.services),
            some(masters.customers, "customer", "customers"),
            some(masters.countries, "country", "countries"),
            some(masters.invoices, "invoice", "invoices")
        )?;
        let returns = &self.returns;
        writeln!(
            f,
            "{} units came back out of earlier sales ({} pairs), {} out of none, {} from nobody known",
            grouped(&returns.matched.to_string()),
            n(returns.pairs),
            grouped(&returns.unmatched.to_string()),
            grouped(&returns.no_customer.to_string())
        )
    }

    fn write_documents(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f)?;
        writeln!(
            f,
            "{:<24} {:>9} {:>9} {:>11} {:>11}",
            "documents", "number", "lines", "units in", "units out"
        )?;
        for totals in &self.documents {
            let simulated = if totals.kind.is_simulated() { "  simulated" } else { "" };
            writeln!(
                f,
                "{:<24} {:>9} {:>9} {:>11} {:>11}{simulated}",
                totals.kind.to_string(),
                grouped(&totals.documents.to_string()),
                grouped(&totals.lines.to_string()),
                grouped(&totals.units_in.to_string()),
                grouped(&totals.units_out.to_string())
            )?;
        }
        let simulated = &self.simulated;
        writeln!(
            f,
            "simulated with seed {}: opening stock for {} GBP, receipts for {} GBP; {} units of {} items are left",
            simulated.seed,
            grouped(&simulated.opening_cost.to_string()),
            grouped(&simulated.receipts_cost.to_string()),
            grouped(&simulated.on_hand.to_string()),
            grouped(&simulated.items_on_hand.to_string())
        )?;
        writeln!(
            f,
            "{} items are kept by lot, in {} simulated lots",
            grouped(&simulated.items_by_lot.to_string()),
            grouped(&simulated.lots.to_string())
        )
    }
}

fn write_mistake(f: &mut fmt::Formatter<'_>, mistake: &MistakeHandled) -> fmt::Result {
    let MistakeHandled { sku, units, on_hand, order, cancellation, order_row, cancellation_row, .. } =
        mistake;
    writeln!(
        f,
        "mistake: {order} (row {order_row}) wanted {} of {sku} with {} on hand; {cancellation} (row \
         {cancellation_row}) undid it the same day; neither moves stock",
        grouped(&units.to_string()),
        grouped(&on_hand.to_string())
    )
}

fn totals(f: &mut fmt::Formatter<'_>, name: &str, totals: &Totals, remark: &str) -> fmt::Result {
    let Totals { lines, quantity_plus, quantity_minus, quantity, revenue } = totals;
    row(
        f,
        [
            name,
            &grouped(&lines.to_string()),
            &grouped(&quantity_plus.to_string()),
            &grouped(&quantity_minus.to_string()),
            &grouped(&quantity.to_string()),
            &grouped(&revenue.to_string()),
            remark,
        ],
    )
}

fn row(f: &mut fmt::Formatter<'_>, cells: [&str; 7]) -> fmt::Result {
    let [name, lines, plus, minus, quantity, revenue, remark] = cells;
    let line = format!("{name:<24} {lines:>9} {plus:>13} {minus:>13} {quantity:>11} {revenue:>15}  {remark}");
    writeln!(f, "{}", line.trim_end())
}

/// A number with commas between thousands: `-9,747,747.934`.
pub fn grouped(number: &str) -> String {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let mut grouped = String::with_capacity(number.len() + number.len() / 3);
    for (place, digit) in whole.chars().enumerate() {
        let left = whole.len() - place;
        if left % 3 == 0 && grouped.ends_with(|c: char| c.is_ascii_digit()) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if !fraction.is_empty() {
        grouped.push('.');
        grouped.push_str(fraction);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        for (number, expected) in [
            ("0", "0"),
            ("-999", "-999"),
            ("1000", "1,000"),
            ("-9747747.934", "-9,747,747.934"),
            ("-100000", "-100,000"),
        ] {
            assert_eq!(grouped(number), expected);
        }
    }
}
