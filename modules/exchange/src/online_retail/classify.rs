//! Every line of the file gets exactly one reason, by the first rule that fits.
//!
//! | # | a line … | reason | stock |
//! | --- | --- | --- | --- |
//! | 1 | of an invoice `A…` | [`BadDebt`](Reason::BadDebt) | – |
//! | 2 | of a [service](super::items::SERVICES), price 0 | [`ServiceFree`](Reason::ServiceFree) | – |
//! | 3 | of a service, negative quantity | [`ServiceCredit`](Reason::ServiceCredit) | – |
//! | 4 | of a service | [`ServiceCharge`](Reason::ServiceCharge) | – |
//! | 5 | of a giant mistake: see [`returns`](super::returns) | [`Mistake`](Reason::Mistake), [`MistakeUndone`](Reason::MistakeUndone) | – |
//! | 6 | cancelled (`C…`), or negative with a price | one of the [`Return…`](Reason::ReturnMatched) reasons | in |
//! | 7 | with a price | [`Sale`](Reason::Sale) | out |
//! | 8 | positive at price 0, naming its item, with a customer | [`Gift`](Reason::Gift) | out |
//! | 9 | the same without a customer | [`SentFree`](Reason::SentFree) | out |
//! | 10 | else (price 0, a note or nothing for a description, or negative) | [`Adjusted`](Reason::Adjusted) by the [cause](Cause) in its note | in or out |
//!
//! Rules 8 and 10 tell goods that left without being charged from stock that was found by the
//! description: an order line carries the item's name, a correction carries a note or nothing.
//! In the real year, lines of rule 9 are nearly all in web orders that charge only for postage.

use super::invoice::Invoice;
use super::items::{self, Descriptions};
use super::line::{InvoiceKind, Line, Table};
use super::names::PerName;
use super::note::Cause;
use super::returns::{self, Match, Mistakes, Returns};
use std::fmt;

/// Why a line is in the file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Reason {
    /// Goods sold.
    Sale,
    /// Goods sent to a customer without charge.
    Gift,
    /// Goods sent without charge, customer unknown.
    SentFree,
    /// Goods taken back, all of them found in earlier sales to the customer.
    ReturnMatched,
    /// Goods taken back, some of them found in earlier sales to the customer.
    ReturnPartlyMatched,
    /// Goods taken back that no earlier sale to the customer explains.
    ReturnUnmatched,
    /// Goods taken back from nobody known, so no sale can be looked for.
    ReturnNoCustomer,
    /// The sale of a giant mistake.
    Mistake,
    /// Its cancellation.
    MistakeUndone,
    /// Stock corrected.
    Adjusted(Cause),
    /// A service charged.
    ServiceCharge,
    /// A service, fee or discount credited.
    ServiceCredit,
    /// A service without charge.
    ServiceFree,
    /// A bad debt adjusted.
    BadDebt,
}

/// Declares the reasons without a cause once, with word and meaning.
macro_rules! plain_reasons {
    ($($name:ident = $word:literal, $meaning:literal;)*) => {
        const fn plain_word(self) -> &'static str {
            match self { $(Reason::$name => $word,)* Reason::Adjusted(_) => "adjusted" }
        }

        const fn plain_meaning(self) -> &'static str {
            match self { $(Reason::$name => $meaning,)* Reason::Adjusted(_) => "stock corrected" }
        }
    };
}

impl Reason {
    plain_reasons! {
        Sale = "sale", "goods sold";
        Gift = "gift", "goods sent to a customer without charge";
        SentFree = "sent_free", "goods sent without charge, customer unknown";
        ReturnMatched = "return_matched", "taken back, matched to earlier sales";
        ReturnPartlyMatched = "return_partly_matched", "taken back, some units matched to earlier sales";
        ReturnUnmatched = "return_unmatched", "taken back, no earlier sale to the customer";
        ReturnNoCustomer = "return_no_customer", "taken back, customer unknown";
        Mistake = "mistake", "giant order entered by mistake, kept out of stock";
        MistakeUndone = "mistake_undone", "its cancellation the same day, kept out of stock";
        ServiceCharge = "service_charge", "service charged, never stocked";
        ServiceCredit = "service_credit", "service, fee or discount credited";
        ServiceFree = "service_free", "service without charge";
        BadDebt = "bad_debt", "bad debt adjusted, money only";
    }

    /// All reasons in the order in which they are shown.
    pub fn all() -> impl Iterator<Item = Reason> {
        let goods = [
            Reason::Sale,
            Reason::Gift,
            Reason::SentFree,
            Reason::ReturnMatched,
            Reason::ReturnPartlyMatched,
            Reason::ReturnUnmatched,
            Reason::ReturnNoCustomer,
            Reason::Mistake,
            Reason::MistakeUndone,
        ];
        let money = [Reason::ServiceCharge, Reason::ServiceCredit, Reason::ServiceFree, Reason::BadDebt];
        goods.into_iter().chain(Cause::ALL.map(Reason::Adjusted)).chain(money)
    }

    /// What it means, in a few words.
    pub fn meaning(self) -> &'static str {
        match self {
            Reason::Adjusted(Cause::Damaged) => "broken, wet, rusty, thrown away",
            Reason::Adjusted(Cause::Lost) => "missing, or never arrived",
            Reason::Adjusted(Cause::Found) => "turned up, had been put aside",
            Reason::Adjusted(Cause::Sets) => "sets sold as pieces, or pieces as sets",
            Reason::Adjusted(Cause::Coding) => "booked or labelled under another code",
            Reason::Adjusted(Cause::Channel) => "web shop and marketplace corrections",
            Reason::Adjusted(Cause::Sample) => "samples and display",
            Reason::Adjusted(Cause::Promotion) => "mailings and goods given away",
            Reason::Adjusted(Cause::Count) => "counted or to be checked",
            Reason::Adjusted(Cause::Correction) => "a wrong entry put right",
            Reason::Adjusted(Cause::Other) => "a note that no rule knows",
            Reason::Adjusted(Cause::Unexplained) => "no note",
            plain => plain.plain_meaning(),
        }
    }

    /// Whether goods were sold for money.
    pub const fn is_sale(self) -> bool {
        matches!(self, Reason::Sale)
    }

    /// Whether goods came back.
    pub const fn is_return(self) -> bool {
        matches!(
            self,
            Reason::ReturnMatched
                | Reason::ReturnPartlyMatched
                | Reason::ReturnUnmatched
                | Reason::ReturnNoCustomer
        )
    }

    /// Whether a line of this reason moves stock.
    pub const fn moves_stock(self) -> bool {
        !matches!(
            self,
            Reason::Mistake
                | Reason::MistakeUndone
                | Reason::ServiceCharge
                | Reason::ServiceCredit
                | Reason::ServiceFree
                | Reason::BadDebt
        )
    }
}

/// The word used everywhere: `sale`, `adjusted_damaged`.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.plain_word())?;
        match self {
            Reason::Adjusted(cause) => write!(f, "_{cause}"),
            _ => Ok(()),
        }
    }
}

impl serde::Serialize for Reason {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What the rules say about the whole file.
#[derive(Debug)]
pub(super) struct Classified {
    /// The reason of each line of [`Table::lines`].
    pub(super) reasons: Vec<Reason>,
    /// Which sales the returned units come from, by row of the return.
    pub(super) matches: Vec<Match>,
    /// The rows of each giant mistake and of its cancellation.
    pub(super) mistakes: Vec<(u32, u32)>,
}

/// Gives every line its reason.
pub(super) fn classify(table: &Table, invoices: &[Invoice], names: &Descriptions) -> Classified {
    let mut stocked = PerName::filled(&table.items, &true);
    for (item, sku) in table.items.iter() {
        stocked[item] = items::class_of(sku).stockable();
    }
    let goods = |line: &Line| stocked[line.item];
    let mistakes = Mistakes::find(table, invoices, goods);
    let mut returns = Returns::expecting(table.lines.iter().filter(|line| goods(line) && is_return(line)));
    let mut reasons = vec![Reason::BadDebt; table.lines.len()];
    for invoice in invoices {
        for (position, line) in invoice.lines(table) {
            let reason = if line.kind == InvoiceKind::BadDebt {
                Reason::BadDebt
            } else if !goods(line) {
                of_service(line)
            } else if let Some(reason) = mistakes.reason(line) {
                reason
            } else if is_return(line) {
                returns.take_back(line)
            } else if !line.price.is_zero() {
                returns.offer(line);
                Reason::Sale
            } else {
                of_free_goods(line, table, names)
            };
            if let Some(place) = reasons.get_mut(position) {
                *place = reason;
            }
        }
    }
    Classified { reasons, matches: returns::by_row(returns), mistakes: mistakes.pairs }
}

fn of_service(line: &Line) -> Reason {
    if line.price.is_zero() {
        Reason::ServiceFree
    } else if line.quantity < 0 {
        Reason::ServiceCredit
    } else {
        Reason::ServiceCharge
    }
}

fn is_return(line: &Line) -> bool {
    match line.kind {
        InvoiceKind::Cancellation => true,
        InvoiceKind::Plain => line.quantity < 0 && !line.price.is_zero(),
        InvoiceKind::BadDebt => false,
    }
}

fn of_free_goods(line: &Line, table: &Table, names: &Descriptions) -> Reason {
    match (names.name_it(line, table), line.quantity > 0, line.customer) {
        (true, true, Some(_)) => Reason::Gift,
        (true, true, None) => Reason::SentFree,
        (true, false, _) => Reason::Adjusted(Cause::Unexplained),
        (false, ..) => Reason::Adjusted(Cause::of(table.descriptions.text(line.description))),
    }
}
