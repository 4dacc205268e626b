//! `stockwell init`: makes a data folder ready, with an empty database in it, and sets the books up
//! when it is told how they are kept. The first user comes by `stockwell user add`, or by the request
//! that `stockwell serve` shows.

use super::Operator;
use super::migrate::bring_up_to_date;
use crate::cli::Call;
use crate::config::{self, Config};
use crate::exit::{Done, Stop};
use crate::progress::Progress;
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::path::PathBuf;

/// How the books are kept.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// What the organisation is called
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The currency of the books; never changes after the first posting [default: GBP]
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    /// The zone that the periods follow, and that new sites have unless they say otherwise [default: UTC]
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// How cost leaves stock [default: fifo]
    #[arg(long, value_enum)]
    valuation: Option<Valuation>,
    /// Which stock shares its cost: that of each site, or all of it [default: site]
    #[arg(long, value_enum)]
    grouping: Option<Grouping>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Valuation {
    Fifo,
    MovingAverage,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Grouping {
    Site,
    Organisation,
}

impl Init {
    /// What was chosen; `None` when nothing was, and the books are left to be set up later.
    fn books(&self) -> Option<places::SetUp> {
        let Init { name, currency, zone, valuation, grouping } = self;
        let chosen = [name, currency, zone].into_iter().any(Option::is_some);
        if !chosen && valuation.is_none() && grouping.is_none() {
            return None;
        }
        let or = |given: &Option<String>, default: &str| given.as_deref().unwrap_or(default).to_owned();
        let method = valuation.map(|valuation| match valuation {
            Valuation::Fifo => "fifo".to_owned(),
            Valuation::MovingAverage => "moving_average".to_owned(),
        });
        let grouping = grouping.map(|grouping| match grouping {
            Grouping::Site => "site".to_owned(),
            Grouping::Organisation => "organisation".to_owned(),
        });
        Some(places::SetUp {
            name: or(name, "Organisation"),
            currency: or(currency, "GBP"),
            zone: or(zone, "UTC"),
            valuation_method: method,
            valuation_grouping: grouping,
        })
    }
}

#[derive(Debug, Serialize)]
struct Ready {
    data: PathBuf,
    database: String,
    /// It was there already.
    existed: bool,
    /// How the books are kept; not chosen yet while its `version` is 0.
    organisation: places::Organisation,
}

/// What the fields of a request are called here.
const OPTIONS: [(&str, &str); 3] = [("/name", "--name"), ("/currency", "--currency"), ("/zone", "--zone")];

pub(crate) fn run(call: Call<'_>, init: &Init) -> Done {
    make(call, init).map_err(|stop| stop.at_options(&OPTIONS))
}

fn make(call: Call<'_>, init: &Init) -> Done {
    let books = init.books();
    // before anything is made
    books.as_ref().map_or(Ok(()), places::check_set_up)?;
    let existed = prepare(call.config, &call.out.progress())?;
    let database = config::without_password(&call.config.database());
    let organisation = organise(call.config, books)?;
    let ready = Ready { data: call.config.data().to_owned(), database, existed, organisation };
    call.out.show(&ready, |ready| {
        let state = if ready.existed { "is there already and up to date" } else { "is ready" };
        format!(
            "`{}` {state}\n{}\nnext: `stockwell user add LOGIN --role administrator`, then `stockwell serve`",
            ready.database,
            kept(&ready.organisation)
        )
    })
}

/// How the books are kept, in a sentence.
fn kept(organisation: &places::Organisation) -> String {
    let places::Organisation { currency, zone, valuation_method, valuation_grouping, version, .. } =
        organisation;
    let later = match version {
        0 => "; `stockwell init` takes others until the first posting, see its `--help`",
        _ => "",
    };
    format!(
        "the books are in {}, their months in {}, the valuation is {} by {}{later}",
        currency.code(),
        zone.name(),
        valuation_method.word(),
        valuation_grouping.word()
    )
}

/// Sets the books up when they are chosen; how they are kept.
fn organise(config: &Config, books: Option<places::SetUp>) -> Result<places::Organisation, Stop> {
    let operator = Operator::open(config)?;
    let ctx = operator.ctx.clone();
    let done = match books {
        Some(books) => operator.db.write_blocking(move |tx| stock::set_up_organisation(tx, &ctx, &books)),
        None => operator.db.read_blocking(|conn| Ok(places::organisation(conn)?)),
    };
    operator.db.close();
    Ok(done?)
}

/// Makes folder and schema; whether there was a database before.
pub(crate) fn prepare(config: &Config, progress: &Progress) -> Result<bool, Stop> {
    super::private_folder(config.data())?;
    let file = config.database_file();
    let had_file = file.is_some_and(|file| file.exists());
    let db = super::open(config, &super::db_settings(config)?)?;
    let migrated = bring_up_to_date(config, &db, had_file, progress)?;
    db.close();
    Ok(migrated.applied == 0 || had_file)
}
