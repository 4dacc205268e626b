//! Random histories of everything that moves goods or stands in their way, for the laws that fold them.

use super::laws::{Chance, HOUR};
use crate::input::{
    AllocateInput, LineInput, PostInput, QtyInput, ReleaseInput, ReserveInput, ReverseInput, Work,
};
use crate::lot::hold::set_hold;
use crate::testing::{World, caller, claim_of, code_of, parse, posting, posting_of};
use crate::{period, upkeep};
use domain::ledger::Kind;
use domain::when::plus_days;
use domain::{ClaimId, Delta, Instant, PostingId, Qty, Zone};
use std::collections::BTreeMap;
use web::IfMatch;

/// What can happen; what more depends on happens more often.
pub(crate) const KINDS: [&str; 36] = [
    "receive", "receive", "receive", "receive", "issue", "issue", "move", "move", "hold", "hold", "hold",
    "count", "count", "return", "short", "short", "told", "told", "serial", "serial", "reserve", "together",
    "allocate", "allocate", "fulfil", "fulfil", "part", "part", "release", "release", "lapse", "reverse",
    "reverse", "lot", "lot", "month",
];

/// A lot that is put on hold and released again.
const LOT: (&str, &str) = ("MILK", "A");

/// What a history has made, and may come back to.
#[derive(Default)]
pub(crate) struct History {
    /// The bins it happens in.
    bins: Vec<&'static str>,
    postings: Vec<PostingId>,
    reservations: Vec<ClaimId>,
    /// Allocations, with what they bind and where.
    bound: Vec<(ClaimId, String)>,
    /// Lots that keep for two days, by their last: the code, and where one came.
    short: Vec<(Instant, String)>,
    /// The version of the lot that is held and released, and whether it is on hold.
    lot: (i64, bool),
    /// How often each thing was accepted.
    pub(crate) happened: BTreeMap<&'static str, usize>,
}

impl History {
    /// One in these bins.
    pub(crate) fn new(bins: &[&'static str]) -> History {
        History { bins: bins.to_vec(), lot: (1, false), ..History::default() }
    }

    /// Lets something happen: what it was, and `accepted` or the code of the refusal.
    pub(crate) fn step(&mut self, world: &World, chance: &mut Chance) -> (&'static str, String) {
        let what = chance.one_of(&KINDS);
        let code = self.happen(world, chance, what);
        if code == "accepted" {
            *self.happened.entry(what).or_default() += 1;
        }
        (what, code)
    }

    /// Fails when something never happened.
    pub(crate) fn saw_everything(&self) {
        let never: Vec<&str> =
            KINDS.iter().copied().filter(|kind| !self.happened.contains_key(kind)).collect();
        assert!(never.is_empty(), "never happened: {never:?} of {:?}", self.happened);
    }

    fn happen(&mut self, world: &World, chance: &mut Chance, what: &str) -> String {
        let bin = chance.one_of(&self.bins);
        let beside: Vec<&str> =
            self.bins.iter().copied().filter(|other| *other != bin && other[..1] == bin[..1]).collect();
        let other = chance.one_of(if beside.is_empty() { &self.bins } else { &beside });
        let qty = chance.below(9) + 1;
        let goods =
            chance.one_of(&["BOLT", "BOLT", "MILK lot A until 2027-01-01", "MILK lot B until 2027-02-01"]);
        let line = format!("{qty} {goods} at {bin}");
        let at = back(world, chance);
        match what {
            "receive" => self.post(world, Kind::Receive, parse(&line), at),
            "issue" => self.post(world, Kind::Issue, parse(&line), at),
            "return" => self.post(world, Kind::Return, parse(&line), at),
            "move" => self.post(world, Kind::Move, parse(&format!("{line} to {other}")), at),
            "hold" => self.post(world, Kind::SetStatus, parse(&format!("{line} becomes hold")), at),
            "count" => {
                let status = chance.one_of(&["good", "good", "hold"]);
                let counted = QtyInput::Counted(Qty::units(u32::try_from(qty).unwrap() / 2).unwrap());
                let line = LineInput { qty: counted, ..parse(&format!("{line} status {status}")) };
                self.post(world, Kind::Adjust, line, None)
            }
            "short" => self.short(world, bin, qty),
            "told" => self.told(world, chance),
            "serial" => {
                let line = format!("1 DRILL serials {} at {bin}", chance.one_of(&["S1", "S2", "S3"]));
                let kind = [Kind::Receive, Kind::Issue, Kind::Return][below(chance, 3)];
                self.post(world, kind, parse(&line), None)
            }
            "lot" => self.turn_lot(world),
            "month" => month(world, chance),
            "reverse" => self.reverse(world, chance),
            what => self.claim(world, chance, (what, bin, goods)),
        }
    }

    fn post(&mut self, world: &World, kind: Kind, line: LineInput, effective_at: Option<Instant>) -> String {
        let input = PostInput { lines: vec![line], effective_at, post_late: true, ..posting(kind) };
        let answer = world.ask(Work::Post(input));
        let code = code_of(&answer);
        if code == "accepted" {
            self.postings.push(posting_of(&answer));
        }
        code
    }

    /// Goods that keep for two days come in.
    fn short(&mut self, world: &World, bin: &str, qty: u64) -> String {
        let last = plus_days(Zone::UTC.date(world.ctx.now), 2).unwrap();
        let line = format!("{qty} MILK lot {last} until {last} at {bin}");
        let code = self.post(world, Kind::Receive, parse(&line), None);
        let over = Zone::UTC.midnight(plus_days(last, 1).unwrap());
        self.short.push((over, format!("1 MILK lot {last} at {bin}")));
        code
    }

    /// Some of them were sold on their last day, and it is told after it.
    fn told(&mut self, world: &World, chance: &mut Chance) -> String {
        let over: Vec<_> = self.short.iter().filter(|(over, _)| *over < world.ctx.now).cloned().collect();
        let Some((over, line)) = over.last() else { return "nothing".to_owned() };
        let at = over.0 - i64::try_from(chance.below(12) + 1).unwrap() * HOUR;
        self.post(world, Kind::Issue, parse(line), Some(Instant(at)))
    }

    /// A reversal of one of the latest postings, now or at an instant of before.
    fn reverse(&mut self, world: &World, chance: &mut Chance) -> String {
        let latest = self.postings.len().saturating_sub(20);
        let latest = &self.postings[latest..];
        if latest.is_empty() {
            return "nothing".to_owned();
        }
        let posting = latest[below(chance, latest.len())];
        let effective_at = back(world, chance).filter(|_| chance.below(3) == 0);
        let input = ReverseInput { posting, effective_at, post_late: true, reason: None, note: None };
        code_of(&world.ask(Work::Reverse(input)))
    }

    /// Puts a lot on hold, or releases it.
    fn turn_lot(&mut self, world: &World) -> String {
        let (version, on_hold) = self.lot;
        let turned = world.run(move |tx, ctx| {
            let why = ("recall", None);
            set_hold(tx, &caller(ctx, None), LOT, IfMatch::Version(version), !on_hold, why).map(|_| ())
        });
        if turned.is_err() {
            return "not there yet".to_owned();
        }
        self.lot = (version + 1, !on_hold);
        "accepted".to_owned()
    }

    fn claim(
        &mut self,
        world: &World,
        chance: &mut Chance,
        (what, bin, goods): (&str, &str, &str),
    ) -> String {
        let line = parse(&format!("1 {goods} at {bin}"));
        let pick = |chance: &mut Chance, of: usize| (of > 0).then(|| below(chance, of));
        match what {
            "reserve" => {
                let answer = world.ask(Work::Reserve(reserve(world, chance, &line)));
                if code_of(&answer) == "accepted" {
                    self.reservations.push(claim_of(&answer));
                }
                code_of(&answer)
            }
            "together" => {
                let both = vec![reserve(world, chance, &line), reserve(world, chance, &line)];
                code_of(&world.ask(Work::ReserveTogether(both)))
            }
            "allocate" => {
                let answer = world.ask(Work::Allocate(allocate(&line)));
                if code_of(&answer) == "accepted" {
                    self.bound.push((claim_of(&answer), format!("1 {goods} at {bin}")));
                }
                code_of(&answer)
            }
            "fulfil" => {
                let Some(at) = pick(chance, self.bound.len()) else { return "nothing".to_owned() };
                let (claim, line) = self.bound[at].clone();
                self.post(world, Kind::Issue, LineInput { claim: Some(claim), ..parse(&line) }, None)
            }
            "lapse" => {
                let done = upkeep::upkeep(&world.db, &world.ctx).unwrap();
                if done.claims_expired > 0 { "accepted".to_owned() } else { "nothing".to_owned() }
            }
            _ => {
                let Some(at) = pick(chance, self.reservations.len()) else { return "nothing".to_owned() };
                let qty = (what == "part").then_some(Delta(1_000_000));
                let claim = self.reservations[at];
                code_of(&world.ask(Work::Release(ReleaseInput { claim, kind: None, qty, expired: false })))
            }
        }
    }
}

/// Every third time some hours back, up to two weeks.
fn back(world: &World, chance: &mut Chance) -> Option<Instant> {
    let back = i64::try_from(chance.below(400)).unwrap();
    (chance.below(3) == 0).then(|| Instant(world.ctx.now.0 - back * HOUR))
}

fn below(chance: &mut Chance, most: usize) -> usize {
    usize::try_from(chance.below(u64::try_from(most).unwrap())).unwrap()
}

/// Closes the first month that is open, or opens the last one that is closed.
fn month(world: &World, chance: &mut Chance) -> String {
    let today = domain::when::Period::of(Zone::UTC.date(world.ctx.now));
    let before = domain::when::Period::of(plus_days(today.first_day(), -1).unwrap());
    let (first, last) = world.read(move |conn| {
        Ok::<_, db::DbError>((period::store::first_open(conn, today)?, period::store::last_closed(conn)?))
    });
    let closes = chance.below(3) > 0;
    let named = if closes { first } else { last }.unwrap_or(before).to_string();
    let done = world.run(move |tx, ctx| {
        let named = (named.as_str(), IfMatch::Any);
        let done = if closes { period::close(tx, ctx, named) } else { period::reopen(tx, ctx, named) };
        done.map(|_| ())
    });
    if done.is_ok() { "accepted".to_owned() } else { "closed or open".to_owned() }
}

/// A reservation at a site; every other one ends by itself.
fn reserve(world: &World, chance: &mut Chance, line: &LineInput) -> ReserveInput {
    let hours = i64::try_from(chance.below(60)).unwrap() + 1;
    ReserveInput {
        sku: line.sku.clone(),
        site: chance.one_of(&["L", "M"]).to_owned(),
        qty: Qty::units(2).unwrap(),
        unit: None,
        owner: "order-1".to_owned(),
        priority: i64::try_from(chance.below(3)).unwrap(),
        expires_at: (chance.below(2) == 0).then(|| world.ctx.now.plus_micros(hours * HOUR)),
        backorder: true,
    }
}

fn allocate(line: &LineInput) -> AllocateInput {
    AllocateInput {
        sku: line.sku.clone(),
        location: line.location.clone(),
        lot: line.lot.as_ref().map(|lot| lot.code.clone()),
        qty: line.qty.qty(),
        unit: None,
        owner: Some("order-2".to_owned()),
        reservation: None,
        priority: 0,
        backorder: true,
    }
}
