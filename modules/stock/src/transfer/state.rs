//! The states of a transfer and the table of what each allows. Pure.

use domain::{Code, Problem};

/// The state of a transfer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    /// Written down; nothing has happened.
    Draft,
    /// Some of it is bound to bins.
    Allocated,
    /// Some of it is on its way, nothing has arrived.
    Shipped,
    /// Some of it has arrived, and more may.
    PartiallyReceived,
    /// All of it has arrived, or all of what was ever shipped.
    Received,
    /// Ended, and not all that was shipped has arrived.
    ClosedShort,
    /// Given up before anything happened.
    Cancelled,
}

/// What is done to a transfer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// Bind stock of named bins.
    Allocate,
    /// Give all of that up again.
    Release,
    /// Goods leave.
    Ship,
    /// Goods arrive.
    Receive,
    /// Nothing more will arrive.
    Close,
    /// It will not happen.
    Cancel,
    /// Say when the goods are expected.
    Expect,
}

impl State {
    /// All states, in stored order.
    pub(crate) const ALL: [State; 7] = [
        State::Draft,
        State::Allocated,
        State::Shipped,
        State::PartiallyReceived,
        State::Received,
        State::ClosedShort,
        State::Cancelled,
    ];

    /// The stored number.
    pub(crate) const fn number(self) -> i64 {
        match self {
            State::Draft => 1,
            State::Allocated => 2,
            State::Shipped => 3,
            State::PartiallyReceived => 4,
            State::Received => 5,
            State::ClosedShort => 6,
            State::Cancelled => 7,
        }
    }

    pub(crate) fn from_number(number: i64) -> Option<State> {
        State::ALL.into_iter().find(|state| state.number() == number)
    }

    /// The word on the wire.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            State::Draft => "draft",
            State::Allocated => "allocated",
            State::Shipped => "shipped",
            State::PartiallyReceived => "partially_received",
            State::Received => "received",
            State::ClosedShort => "closed_short",
            State::Cancelled => "cancelled",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.word() == word)
    }

    /// The table of transitions: which steps a state allows.
    ///
    /// ```text
    ///                     allocate release ship receive close cancel expect
    /// draft                   x       .      x     .      .      x      x
    /// allocated               x       x      x     .      .      .      x
    /// shipped                 .       .      x     x      x      .      x
    /// partially_received      .       .      x     x      x      .      x
    /// received                .       .      .     .      .      .      .
    /// closed_short            .       .      .     .      .      .      .
    /// cancelled               .       .      .     .      .      .      .
    /// ```
    pub(crate) const fn allows(self, step: Step) -> bool {
        match self {
            State::Draft => matches!(step, Step::Allocate | Step::Ship | Step::Cancel | Step::Expect),
            State::Allocated => matches!(step, Step::Allocate | Step::Release | Step::Ship | Step::Expect),
            State::Shipped | State::PartiallyReceived => {
                matches!(step, Step::Ship | Step::Receive | Step::Close | Step::Expect)
            }
            State::Received | State::ClosedShort | State::Cancelled => false,
        }
    }

    /// Refuses a step that the state does not allow.
    pub(crate) fn check(self, step: Step) -> Result<(), Problem> {
        if self.allows(step) {
            return Ok(());
        }
        let what = match step {
            Step::Allocate => "allocated",
            Step::Release => "released",
            Step::Ship => "shipped",
            Step::Receive => "received",
            Step::Close => "closed",
            Step::Cancel => "cancelled",
            Step::Expect => "expected",
        };
        let detail = format!("the transfer is `{}`, so it cannot be {what}", self.word());
        Err(Problem::new(Code::TransitionRefused, detail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [Step; 7] =
        [Step::Allocate, Step::Release, Step::Ship, Step::Receive, Step::Close, Step::Cancel, Step::Expect];

    #[test]
    fn the_table_of_transitions_is_the_one_in_the_document() {
        let rows: Vec<String> = State::ALL
            .iter()
            .map(|state| STEPS.iter().map(|step| if state.allows(*step) { 'x' } else { '.' }).collect())
            .collect();
        assert_eq!(rows, ["x.x..xx", "xxx...x", "..xxx.x", "..xxx.x", ".......", ".......", "......."]);
    }

    #[test]
    fn words_and_numbers_read_back() {
        for state in State::ALL {
            assert_eq!(State::parse(state.word()), Some(state));
            assert_eq!(State::from_number(state.number()), Some(state));
        }
    }

    #[test]
    fn a_refused_step_names_the_state() {
        let refused = State::Received.check(Step::Ship).unwrap_err();
        assert_eq!(refused.code, Code::TransitionRefused);
        assert_eq!(refused.detail, "the transfer is `received`, so it cannot be shipped");
    }
}
