//! Log lines: one JSON object a line, or plain text. On standard output, unless results go there.

use crate::config::Config;
use crate::exit::Stop;
use domain::Instant;
use serde_json::{Map, Value};
use std::fmt;
use std::sync::Arc;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;
use web::Clock;

/// Where the log goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Log {
    /// It is all that the command prints.
    StandardOutput,
    /// Results stand on standard output.
    StandardError,
}

/// Turns logging on for the process.
///
/// # Errors
/// [`Stop::Settings`] for a level that makes no sense.
pub(crate) fn start(config: &Config, log: Log, clock: Arc<dyn Clock>) -> Result<(), Stop> {
    let filter = config.log_filter()?;
    let lines = Lines { clock, json: config.text("log.format") == "json" };
    let to = match log {
        Log::StandardOutput => BoxMakeWriter::new(std::io::stdout),
        Log::StandardError => BoxMakeWriter::new(std::io::stderr),
    };
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // a log that nobody reads any more is no reason to fail
        .log_internal_errors(false)
        .event_format(lines)
        .with_writer(to)
        .try_init();
    started.map_err(Stop::cannot_run)
}

/// The words for a level. The library would also take a number, and nothing at all.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// Which lines the log has: a level for everything, and others for parts after it. A word that is no
/// level would be taken for the name of a part, and switch all others off.
pub(crate) fn filter(level: &str) -> Result<EnvFilter, String> {
    let (first, _) = level.split_once(',').unwrap_or((level, ""));
    if !LEVELS.iter().any(|word| word.eq_ignore_ascii_case(first.trim())) {
        return Err(format!(
            "`{level}` does not begin with a level: one of `off`, `error`, `warn`, `info`, `debug` and `trace`, and \
             after it others for parts, such as `info,web=debug`"
        ));
    }
    let parts = level.split(',').skip(1).map(str::trim);
    if let Some(part) = parts.filter(|part| !part.contains('=')).last() {
        return Err(format!("`{part}` has no level: say which, as in `info,web=debug`"));
    }
    let parts: Vec<&str> = level.split(',').map(str::trim).collect();
    EnvFilter::try_new(parts.join(",")).map_err(|error| format!("`{level}`: {error}"))
}

struct Lines {
    clock: Arc<dyn Clock>,
    json: bool,
}

/// The fields of an event, in the order in which they were given.
#[derive(Default)]
struct Fields {
    message: String,
    others: Map<String, Value>,
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(text)) => self.message = text,
            (name, value) => drop(self.others.insert(name.to_owned(), value)),
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, Value::String(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut to: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let Instant(micros) = self.clock.now();
        let at = Instant(micros);
        let (level, target) = (event.metadata().level(), event.metadata().target());
        if !self.json {
            write!(to, "{at} {level:>5} {}", fields.message)?;
            for (name, value) in &fields.others {
                write!(to, " {name}={value}")?;
            }
            return writeln!(to);
        }
        let mut line = Map::new();
        line.insert("ts".into(), at.to_string().into());
        line.insert("level".into(), level.as_str().to_ascii_lowercase().into());
        line.insert("target".into(), target.into());
        line.insert("msg".into(), fields.message.into());
        line.extend(fields.others);
        writeln!(to, "{}", Value::Object(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_there_is_not_is_refused_and_never_taken_for_a_part() {
        for good in [
            "off",
            "warn",
            "INFO",
            " debug ",
            "info,web=debug",
            "info, web=debug,db=trace",
            "warn,web[x]=debug",
        ] {
            assert!(filter(good).is_ok(), "{good}");
        }
        for wrong in
            ["", "loud", "web=debug", "loud,web=debug", "info,web", "info,web=loud", "info,,web=debug", "7"]
        {
            assert!(filter(wrong).is_err(), "{wrong}");
        }
    }
}
