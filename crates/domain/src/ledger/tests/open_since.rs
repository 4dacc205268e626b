//! From where on the store looks for the oldest open layer: never behind one, whatever was loaded.

use crate::Instant;
use crate::costing::{Layer, LayerUse, Method, Stack};
use crate::ledger::Costs;
use proptest::prelude::*;

/// The layers as a store keeps them, with the head's word on where the open ones begin.
struct Store {
    layers: Vec<Layer>,
    next_seq: i64,
    since: Instant,
}

/// What is done to a stack, loaded as a store loads it.
#[derive(Clone, Debug)]
enum Step {
    Receive {
        at: i64,
        qty: i64,
    },
    /// So many thousandths of what there is, of at most so many layers at first.
    Use {
        share: i64,
        at_first: usize,
    },
    /// The last use that was not given back is.
    GiveBack,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..50_i64, 1..20_i64).prop_map(|(at, qty)| Step::Receive { at, qty }),
        3 => (1..=1_000_i64, 1..4_usize).prop_map(|(share, at_first)| Step::Use { share, at_first }),
        1 => Just(Step::GiveBack),
    ];
    proptest::collection::vec(step, 1..60)
}

impl Store {
    fn open(&self) -> impl Iterator<Item = Layer> {
        let mut open: Vec<Layer> = self.layers.iter().copied().filter(|layer| layer.qty > 0).collect();
        open.sort_unstable_by_key(|layer| (layer.effective_at, layer.seq));
        open.into_iter()
    }

    /// The oldest open ones, from where the head says.
    fn load(&self, most: usize) -> Costs {
        let (qty, value) = self.open().fold((0, 0), |sum, layer| (sum.0 + layer.qty, sum.1 + layer.value));
        let found = self.open().filter(|layer| layer.effective_at >= self.since).take(most);
        let stack = Stack::load_oldest(Method::Fifo, found, qty, value).unwrap();
        Costs::loaded(stack, self.next_seq, self.since)
    }

    fn store(&mut self, before: &Costs, now: &Costs) {
        for layer in before.stack.layers() {
            self.layers.iter_mut().filter(|stored| stored.seq == layer.seq).for_each(|stored| stored.qty = 0);
        }
        for layer in now.stack.layers() {
            self.layers.retain(|stored| stored.seq != layer.seq);
            self.layers.push(layer);
        }
        self.since = now.open_since(before);
    }

    fn run(&mut self, step: &Step, uses: &mut Vec<Vec<LayerUse>>) {
        match *step {
            Step::Receive { at, qty } => {
                let before = self.load(0);
                let mut now = before.clone();
                let layer = Layer { seq: self.next_seq, effective_at: Instant(at), qty, value: 0 };
                now.stack.receive(layer).unwrap();
                self.next_seq += 1;
                self.store(&before, &now);
            }
            Step::Use { share, at_first } => {
                let held: i64 = self.open().map(|layer| layer.qty).sum();
                let wanted = held * share / 1_000;
                if wanted == 0 {
                    return;
                }
                let mut before = self.load(at_first);
                if before.stack.layers().map(|layer| layer.qty).sum::<i64>() < wanted {
                    before = self.load(usize::MAX);
                }
                let mut now = before.clone();
                uses.push(now.stack.consume(wanted).unwrap().uses);
                self.store(&before, &now);
            }
            Step::GiveBack => {
                let Some(back) = uses.pop() else { return };
                let before = self.load(usize::MAX);
                let mut now = before.clone();
                now.stack.give_back(&back).unwrap();
                self.store(&before, &now);
            }
        }
    }
}

proptest! {
    #[test]
    fn no_open_layer_is_older_than_the_head_says(steps in steps()) {
        let mut store = Store { layers: Vec::new(), next_seq: 1, since: Instant::MIN };
        let mut uses = Vec::new();
        for step in &steps {
            store.run(step, &mut uses);
            let first = store.open().next();
            prop_assert!(first.is_none_or(|layer| store.since <= layer.effective_at), "{step:?}");
        }
    }
}

#[test]
fn it_follows_what_is_used_up() {
    let mut store = Store { layers: Vec::new(), next_seq: 1, since: Instant::MIN };
    let mut uses = Vec::new();
    let receive = |at| Step::Receive { at, qty: 10 };
    for (step, since) in [
        (receive(20), 20),
        (receive(30), 20),
        // told late
        (receive(10), 10),
        (Step::Use { share: 100, at_first: 2 }, 10),
        // 27 are left, 17 are used: the layers of 10 and 20, all that was loaded
        (Step::Use { share: 630, at_first: 2 }, 20),
        (receive(40), 20),
        (Step::Use { share: 50, at_first: 2 }, 30),
        (Step::GiveBack, 30),
        (Step::GiveBack, 10),
        (Step::Use { share: 1_000, at_first: 9 }, 40),
        (receive(35), 35),
    ] {
        store.run(&step, &mut uses);
        assert_eq!(store.since, Instant(since), "{step:?}");
    }
}
