//! Decision tables and laws of cost layers, against a model that is too simple to be wrong.

use super::*;
use crate::word::assert_words;
use crate::{AsProblem, Code, Instant};
use proptest::prelude::*;

const UNIT: i64 = 1_000_000;

fn layer(seq: i64, at: i64, qty: i64, value: i64) -> Layer {
    Layer { seq, effective_at: Instant(at), qty, value }
}

fn used(seq: i64, at: i64, qty: i64, value: i64) -> LayerUse {
    LayerUse { seq, effective_at: Instant(at), qty, value }
}

fn fifo(layers: &[Layer]) -> Stack {
    Stack::load(Method::Fifo, layers.iter().copied()).unwrap()
}

#[test]
fn words_and_numbers_read_back() {
    assert_words!(Method);
}

#[test]
fn three_units_for_ten_cost_333_334_and_the_rest() {
    for method in [Method::Fifo, Method::MovingAverage] {
        let mut stack = Stack::new(method);
        stack.receive(layer(1, 0, 3 * UNIT, 1000)).unwrap();
        let costs: Vec<i64> = (0..3).map(|_| stack.consume(UNIT).unwrap().value).collect();
        assert_eq!(costs, [333, 334, 333], "{method}");
        assert_eq!((stack.qty(), stack.value(), stack.layers().count()), (0, 0, 0));
    }
}

#[test]
fn a_backdated_receipt_is_used_before_younger_goods() {
    let mut stack = fifo(&[layer(1, 100, UNIT, 10), layer(2, 50, UNIT, 20), layer(3, 50, UNIT, 30)]);
    let consumed = stack.consume(3 * UNIT).unwrap();
    assert_eq!(consumed.uses, [used(2, 50, UNIT, 20), used(3, 50, UNIT, 30), used(1, 100, UNIT, 10)]);
}

#[test]
fn a_moving_average_has_one_layer_whatever_came() {
    let mut stack = Stack::new(Method::MovingAverage);
    let made = stack.receive(layer(7, 100, 10 * UNIT, 1000)).unwrap();
    assert_eq!((made.seq, made.effective_at), (POOL_SEQ, Instant::MIN));
    stack.receive(layer(8, 50, 10 * UNIT, 1300)).unwrap();
    assert_eq!(stack.layers().count(), 1);
    assert_eq!(stack.consume(15 * UNIT).unwrap().value, 1725);
    assert_eq!((stack.qty(), stack.value()), (5 * UNIT, 575));
}

#[test]
fn goods_may_cost_nothing() {
    let mut stack = fifo(&[layer(1, 0, UNIT, 0), layer(2, 1, UNIT, 5)]);
    assert_eq!(stack.consume(UNIT).unwrap().value, 0);
    assert_eq!(stack.value(), 5);
}

#[test]
fn nothing_costs_nothing() {
    let mut stack = fifo(&[layer(1, 0, UNIT, 7)]);
    assert_eq!(stack.consume(0), Ok(Consumed::default()));
    assert_eq!(stack.consume_from(1, Instant(0), 0), Ok(Consumed::default()));
    assert_eq!(Stack::new(Method::Fifo).consume(0), Ok(Consumed::default()));
}

#[test]
fn taking_back_a_receipt_uses_its_own_layer_and_then_the_oldest() {
    let mut stack = fifo(&[layer(1, 0, UNIT, 10), layer(2, 1, UNIT, 20), layer(3, 2, UNIT, 30)]);
    let consumed = stack.consume_from(3, Instant(2), 2 * UNIT).unwrap();
    assert_eq!(consumed.uses, [used(3, 2, UNIT, 30), used(1, 0, UNIT, 10)]);
    let consumed = stack.consume_from(3, Instant(2), UNIT).unwrap();
    assert_eq!(consumed.uses, [used(2, 1, UNIT, 20)], "its layer is closed");
}

type Refused = fn(&mut Stack) -> Option<CostError>;

#[test]
fn what_is_refused_changes_nothing() {
    let before = fifo(&[layer(1, 0, 2 * UNIT, i64::MAX - 1)]);
    let refusals: [(&str, Refused); 11] = [
        ("the cost layers hold `2`, not `2.000001`", |s| s.consume(2 * UNIT + 1).err()),
        ("the cost layers hold `2`, not `2.000001`", |s| s.consume_from(1, Instant(0), 2 * UNIT + 1).err()),
        ("a cost layer takes a quantity above zero, not `-0.000001`", |s| s.consume(-1).err()),
        ("a cost layer takes a quantity above zero, not `0`", |s| s.receive(layer(2, 0, 0, 0)).err()),
        ("goods come in at a cost of zero or more, not `-1` minor units", |s| {
            s.receive(layer(2, 0, 1, -1)).err()
        }),
        ("all layers together hold at most `9223372036854.775807`", |s| {
            s.receive(layer(2, 0, i64::MAX - 2 * UNIT + 1, 0)).err()
        }),
        ("all layers together are worth at most `9223372036854775807` minor units", |s| {
            s.give_back(&[used(2, 0, 1, 1), used(3, 0, 1, 1)]).err()
        }),
        ("cost layer `1` is open already", |s| s.receive(layer(1, 0, 1, 1)).err()),
        ("cost layer `9` does not hold `0.000001` at `1` minor units any more", |s| {
            s.take_back(used(9, 0, 1, 1)).err()
        }),
        ("cost layer `1` does not hold `2` at `1` minor units any more", |s| {
            s.take_back(used(1, 0, 2 * UNIT, 1)).err()
        }),
        ("cost layer `1` does not hold `0` at `0` minor units any more", |s| {
            s.take_back(used(1, 0, 0, 0)).err()
        }),
    ];
    for (detail, refused) in refusals {
        let mut stack = before.clone();
        assert_eq!(refused(&mut stack).map(|error| error.to_string()).as_deref(), Some(detail));
        assert_eq!(stack, before, "{detail}");
    }
}

#[test]
fn the_largest_quantity_and_value_fit_and_one_more_is_refused() {
    let mut stack = fifo(&[layer(1, 0, i64::MAX, i64::MAX)]);
    assert_eq!(stack.receive(layer(2, 0, 1, 0)), Err(CostError::QuantityTooLarge));
    let consumed = stack.consume(i64::MAX - 1).unwrap();
    assert_eq!(consumed.value, i64::MAX - 1);
    assert_eq!(stack.consume(1).unwrap().value, 1);
    let mut stack = fifo(&[layer(1, 0, 1, i64::MAX)]);
    assert_eq!(stack.receive(layer(2, 0, 1, 1)), Err(CostError::ValueTooLarge));
    stack.receive(layer(2, 0, 1, 0)).unwrap();
}

#[test]
fn refusals_have_codes() {
    let cases = [
        (CostError::Short { held: 0, wanted: 1 }, Code::InsufficientStock),
        (CostError::NotPositive { qty: 0 }, Code::InvalidQuantity),
        (CostError::NegativeValue { value: -1 }, Code::InvalidValue),
        (CostError::QuantityTooLarge, Code::LimitExceeded),
        (CostError::ValueTooLarge, Code::LimitExceeded),
        (CostError::LayerTwice { seq: 1 }, Code::Internal),
        (CostError::LayerLacks { seq: 1, qty: 1, value: 1 }, Code::Internal),
    ];
    for (error, code) in cases {
        assert_eq!(error.problem("/lines/0").code, code);
    }
}

#[test]
fn the_oldest_layers_are_enough_for_what_they_hold() {
    let whole = fifo(&[layer(1, 0, UNIT, 10), layer(2, 1, UNIT, 20), layer(3, 2, UNIT, 30)]);
    let mut part = Stack::load_oldest(Method::Fifo, [layer(1, 0, UNIT, 10)], 3 * UNIT, 60).unwrap();
    assert_eq!((part.qty(), part.value()), (whole.qty(), whole.value()));
    assert_eq!(part.at_average(UNIT), whole.at_average(UNIT));
    part.receive(layer(4, 3, UNIT, 40)).unwrap();
    assert_eq!(part.consume(UNIT).unwrap().value, 10);
    assert_eq!(part.consume(2 * UNIT), Err(CostError::Unloaded { loaded: UNIT, wanted: 2 * UNIT }));
    assert_eq!(part.consume(4 * UNIT), Err(CostError::Short { held: 3 * UNIT, wanted: 4 * UNIT }));
    assert_eq!((part.qty(), part.value()), (3 * UNIT, 90));
    let more = Stack::load_oldest(Method::Fifo, [layer(1, 0, 2, 10)], 1, 10);
    assert_eq!(more, Err(CostError::Short { held: 1, wanted: 2 }));
}

#[test]
fn the_average_of_nothing_is_unknown() {
    assert_eq!(Stack::new(Method::Fifo).at_average(UNIT), None);
    assert_eq!(fifo(&[layer(1, 0, 3 * UNIT, 1000)]).at_average(UNIT), Some(333));
    assert_eq!(fifo(&[layer(1, 0, 1, i64::MAX)]).at_average(2), None);
}

/// A step of a random life.
#[derive(Clone, Copy, Debug)]
enum Step {
    Receive { at: i64, qty: i64, value: i64 },
    Consume { qty: i64 },
    GiveBack { which: usize },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // small numbers meet each other often; large ones come near the limit of a line
    let qty = || prop_oneof![1..=9_i64, 1..=9 * UNIT, 1..=1_000_000_000 * UNIT];
    let value = prop_oneof![Just(0_i64), 0..=20_i64, 0..=10_000_000_000_000_000_i64];
    let step = prop_oneof![
        3 => (0..5_i64, qty(), value).prop_map(|(at, qty, value)| Step::Receive { at, qty, value }),
        4 => qty().prop_map(|qty| Step::Consume { qty }),
        2 => any::<usize>().prop_map(|which| Step::GiveBack { which }),
    ];
    prop::collection::vec(step, 0..60)
}

/// The model: a list of all layers ever, sorted and searched from the start each time. Fields are
/// instant, number, quantity and value.
#[derive(Default)]
struct Model(Vec<(i64, i64, i128, i128)>);

impl Model {
    fn receive(&mut self, pool: bool, (at, seq): (i64, i64), qty: i64, value: i64) {
        let (at, seq) = if pool { (Instant::MIN.0, POOL_SEQ) } else { (at, seq) };
        match self.0.iter_mut().find(|layer| (layer.0, layer.1) == (at, seq)) {
            Some(layer) => (layer.2, layer.3) = (layer.2 + i128::from(qty), layer.3 + i128::from(value)),
            None => self.0.push((at, seq, qty.into(), value.into())),
        }
    }

    fn consume(&mut self, qty: i64) -> Option<Vec<(i64, i128, i128)>> {
        let mut wanted = i128::from(qty);
        if self.0.iter().map(|layer| layer.2).sum::<i128>() < wanted {
            return None;
        }
        self.0.sort_unstable();
        let mut uses = Vec::new();
        for (_, seq, left, worth) in &mut self.0 {
            let qty = wanted.min(*left);
            if qty == 0 {
                continue;
            }
            let (quotient, rest) = (*worth * qty / *left, *worth * qty % *left);
            let up = rest * 2 > *left || (rest * 2 == *left && quotient % 2 == 1);
            let value = quotient + i128::from(up);
            uses.push((*seq, qty, value));
            (*left, *worth, wanted) = (*left - qty, *worth - value, wanted - qty);
        }
        Some(uses)
    }
}

fn live(method: Method, steps: &[Step]) -> Result<(), TestCaseError> {
    let (mut stack, mut model, mut open_uses) = (Stack::new(method), Model::default(), Vec::new());
    let (mut qty_held, mut value_in, mut value_used) = (0_i64, 0_i64, 0_i64);
    for (seq, step) in (1..).zip(steps) {
        match *step {
            Step::Receive { at, qty, value } => {
                stack.receive(layer(seq, at, qty, value)).unwrap();
                model.receive(method == Method::MovingAverage, (at, seq), qty, value);
                (qty_held, value_in) = (qty_held + qty, value_in + value);
            }
            Step::Consume { qty } => {
                let before = stack.clone();
                let consumed = stack.consume(qty);
                let expected = model.consume(qty);
                let Ok(consumed) = consumed else {
                    prop_assert_eq!(consumed, Err(CostError::Short { held: qty_held, wanted: qty }));
                    prop_assert_eq!(expected, None);
                    continue;
                };
                let uses: Vec<_> =
                    consumed.uses.iter().map(|u| (u.seq, i128::from(u.qty), i128::from(u.value))).collect();
                prop_assert_eq!(Some(uses), expected);
                let mut undone = stack.clone();
                undone.give_back(&consumed.uses).unwrap();
                prop_assert_eq!(undone, before, "giving back at once is as if nothing had been used");
                (qty_held, value_used) = (qty_held - qty, value_used + consumed.value);
                open_uses.push(consumed);
            }
            Step::GiveBack { which } if !open_uses.is_empty() => {
                let consumed: Consumed = open_uses.swap_remove(which % open_uses.len());
                stack.give_back(&consumed.uses).unwrap();
                for u in &consumed.uses {
                    model.receive(false, (u.effective_at.0, u.seq), u.qty, u.value);
                    qty_held += u.qty;
                }
                value_used -= consumed.value;
            }
            Step::GiveBack { .. } => {}
        }
        prop_assert_eq!(stack.qty(), qty_held, "layers equal the quantity on hand");
        prop_assert_eq!(stack.value(), value_in - value_used, "value in = used + left");
        prop_assert!(stack.qty() != 0 || stack.value() == 0, "quantity zero means value zero");
        prop_assert_eq!(stack.layers().map(|l| l.qty).sum::<i64>(), stack.qty());
        prop_assert_eq!(stack.layers().map(|l| l.value).sum::<i64>(), stack.value());
        prop_assert!(stack.layers().all(|l| l.qty > 0 && l.value >= 0));
        prop_assert_eq!(&Stack::load(method, stack.layers()).unwrap(), &stack, "it can be stored");
    }
    Ok(())
}

proptest! {
    #[test]
    fn fifo_does_what_the_model_does_and_loses_no_cent(steps in steps()) {
        live(Method::Fifo, &steps)?;
    }

    #[test]
    fn a_moving_average_does_what_the_model_does_and_loses_no_cent(steps in steps()) {
        live(Method::MovingAverage, &steps)?;
    }

    #[test]
    fn taking_back_undoes_receiving(value in 0..1_000_i64, qty in 1..1_000_i64, pool: bool) {
        let method = if pool { Method::MovingAverage } else { Method::Fifo };
        let mut stack = Stack::load(method, [layer(1, 5, 7, 11)]).unwrap();
        let before = stack.clone();
        let made = stack.receive(layer(2, 1, qty, value)).unwrap();
        stack.take_back(made).unwrap();
        prop_assert_eq!(stack, before);
    }
}
