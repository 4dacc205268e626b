//! Cost layers against stock and against their own uses (I-09, and the sums of I-10 and I-11).

use super::findings::Findings;
use super::ground::Ground;
use super::passes::{self, Pass, passes};
use db::{Conn, DbError, Statement};
use domain::Delta;
use rustc_hash::FxHashMap;

const LAYERS: Statement = Statement::new(
    "verify.costs.layers",
    "select sku_id, valuation_group, layer_id, qty_in, qty_left, value_in, value_left, effective_at from ck_layer",
);

const STACKS: Statement = Statement::new(
    "verify.costs.stacks",
    "select sku_id, valuation_group, qty, value, next_layer, open_since from ck_stack",
);

const ON_HAND: Statement = Statement::new(
    "verify.costs.on_hand",
    "select sku_id, loc_id, on_hand from ck_balance where on_hand <> 0",
);

const USES: Statement = Statement::new(
    "verify.costs.uses",
    "select sku_id, valuation_group, layer_id, qty, cost, made, layer_at from ck_layer_use",
);

/// A layer's key: item, group, number.
pub(super) type LayerKey = (i64, i64, i64);

/// What there is of an item in a group.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Sum {
    qty: i128,
    value: i128,
    last_layer: i64,
    /// When the goods of its oldest open layer came.
    open_since: Option<i64>,
}

type Sums = FxHashMap<(i64, i64), Sum>;

fn call(ground: &Ground, (item, group): (i64, i64)) -> String {
    format!("{} in valuation group {group}", ground.item(item))
}

fn layer_sums(conn: &mut Conn<'_>, mut each: impl FnMut(LayerKey, [i64; 4])) -> Result<Sums, DbError> {
    let mut sums = Sums::default();
    conn.for_each(&LAYERS, &[], |row| {
        let key = (row.int(0)?, row.int(1)?, row.int(2)?);
        let figures = [row.int(3)?, row.int(4)?, row.int(5)?, row.int(6)?];
        let [_, qty_left, _, value_left] = figures;
        let sum = sums.entry((key.0, key.1)).or_default();
        sum.qty += i128::from(qty_left);
        sum.value += i128::from(value_left);
        sum.last_layer = sum.last_layer.max(key.2);
        if qty_left > 0 {
            let at = row.int(7)?;
            sum.open_since = Some(sum.open_since.map_or(at, |since| since.min(at)));
        }
        each(key, figures);
        Ok(())
    })?;
    Ok(sums)
}

/// I-09: what the layers of a group have left is what is on hand in its locations, and no layer has
/// more left than came in.
pub(super) fn layers(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut sums = layer_sums(conn, |(item, group, layer), [qty_in, qty_left, value_in, value_left]| {
        findings.row();
        let fits = (0..=qty_in).contains(&qty_left) && (0..=value_in).contains(&value_left);
        findings.hold(fits && (qty_left > 0 || value_left == 0), || {
            let (left, came) = (Delta(qty_left), Delta(qty_in));
            let layer = format!("layer {layer} of {}", call(ground, (item, group)));
            format!("{layer} has {left} of {came} left, worth {value_left} of {value_in}")
        });
    })?;
    conn.for_each(&ON_HAND, &[], |row| {
        findings.row();
        let (item, group) = (row.int(0)?, ground.group(row.int(1)?));
        if group != 0 {
            sums.entry((item, group)).or_default().qty -= i128::from(row.int(2)?);
        }
        Ok(())
    })?;
    let mut wrong: Vec<_> = sums.into_iter().filter(|(_, sum)| sum.qty != 0).collect();
    wrong.sort_unstable_by_key(|(key, _)| *key);
    for (key, sum) in wrong {
        let more = sum.qty;
        findings
            .add(|| format!("{}: the layers hold {more} millionths more than is on hand", call(ground, key)));
    }
    Ok(())
}

/// I-09: the head of a group's layers says what they have left, and none that is open lies before where it has
/// them looked for.
pub(super) fn stacks(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut sums = layer_sums(conn, |_, _| {})?;
    conn.for_each(&STACKS, &[], |row| {
        findings.row();
        let key = (row.int(0)?, row.int(1)?);
        let (qty, value, next, since) = (row.int(2)?, row.int(3)?, row.int(4)?, row.int(5)?);
        let sum = sums.remove(&key).unwrap_or_default();
        let fits = sum.qty == i128::from(qty) && sum.value == i128::from(value) && sum.last_layer < next;
        findings.hold(fits, || {
            let (qty, value_left) = (Delta(qty), sum.value);
            let stack = call(ground, key);
            format!("{stack}: the head says {qty} worth {value}, the layers are worth {value_left}")
        });
        findings.hold(sum.open_since.is_none_or(|oldest| since <= oldest), || {
            format!("{}: an open layer is older than the head says", call(ground, key))
        });
        Ok(())
    })?;
    let mut headless: Vec<_> = sums.into_keys().collect();
    headless.sort_unstable();
    for key in headless {
        findings.add(|| format!("{}: there are layers without a head", call(ground, key)));
    }
    Ok(())
}

/// What the log says of a layer.
#[derive(Clone, Copy, Default)]
struct Logged {
    qty_in: i64,
    value_in: i64,
    qty_used: i64,
    value_used: i64,
    /// When its goods came, as each of its lines says; `None` where two differ.
    at: Option<i64>,
}

fn logged(conn: &mut Conn<'_>, pass: Pass) -> Result<FxHashMap<LayerKey, Logged>, DbError> {
    let mut found: FxHashMap<LayerKey, Logged> = FxHashMap::default();
    conn.for_each(&USES, &[], |row| {
        let key = (row.int(0)?, row.int(1)?, row.int(2)?);
        if pass.contains(key.0) {
            let (qty, cost, at) = (row.int(3)?, row.int(4)?, row.int(6)?);
            let layer = found.entry(key).or_insert_with(|| Logged { at: Some(at), ..Logged::default() });
            layer.at = layer.at.filter(|said| *said == at);
            if row.int(5)? == 1 {
                layer.qty_in = layer.qty_in.wrapping_sub(qty);
                layer.value_in = layer.value_in.wrapping_sub(cost);
            } else {
                layer.qty_used = layer.qty_used.wrapping_add(qty);
                layer.value_used = layer.value_used.wrapping_add(cost);
            }
        }
        Ok(())
    })?;
    Ok(found)
}

/// Which of the figures of a layer are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Figures {
    Quantities,
    Values,
}

/// I-10: what came into a layer and what was used of it is what its log says.
pub(super) fn quantities(
    conn: &mut Conn<'_>,
    ground: &Ground,
    findings: &mut Findings,
) -> Result<(), DbError> {
    held_to_log(conn, ground, findings, Figures::Quantities)
}

/// I-11: value in = value used + value left, for every layer.
pub(super) fn worth(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    held_to_log(conn, ground, findings, Figures::Values)
}

fn held_to_log(
    conn: &mut Conn<'_>,
    ground: &Ground,
    findings: &mut Findings,
    figures: Figures,
) -> Result<(), DbError> {
    for pass in passes(conn, &passes::LAYERS, ground.keys_max)? {
        let mut log = logged(conn, pass)?;
        conn.for_each(&LAYERS, &[], |row| {
            let key = (row.int(0)?, row.int(1)?, row.int(2)?);
            if !pass.contains(key.0) {
                return Ok(());
            }
            findings.row();
            let said = log.remove(&key).unwrap_or_default();
            let (came, left, log_in, log_used) = match figures {
                Figures::Quantities => (row.int(3)?, row.int(4)?, said.qty_in, said.qty_used),
                Figures::Values => (row.int(5)?, row.int(6)?, said.value_in, said.value_used),
            };
            let same_at = figures == Figures::Values || said.at == Some(row.int(7)?);
            findings.hold(same_at, || {
                let layer = format!("layer {} of {}", key.2, call(ground, (key.0, key.1)));
                format!("{layer} lies at another instant than its log says")
            });
            findings.hold(came == log_in && came.wrapping_sub(left) == log_used, || {
                let of = if figures == Figures::Quantities { "quantities" } else { "values" };
                let layer = format!("layer {} of {}", key.2, call(ground, (key.0, key.1)));
                format!(
                    "{layer}: {of} of {came} in and {left} left; by its log {log_in} in and {log_used} used"
                )
            });
            Ok(())
        })?;
        let mut lacking: Vec<LayerKey> = log.into_keys().collect();
        lacking.sort_unstable();
        for (item, group, layer) in lacking {
            findings
                .add(|| format!("layer {layer} of {} is used and is not there", call(ground, (item, group))));
        }
    }
    Ok(())
}
