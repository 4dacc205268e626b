//! A list of locations to print: as somebody walks past them, as text, as a page or for a spreadsheet.

pub(crate) mod api;
mod render;
#[cfg(test)]
mod tests;

pub(crate) use render::Format;

use crate::location::Location;
use crate::store::NO_WALK;
use crate::store_list::{Filter, Order, list};
use crate::{code, find};
use db::Conn;
use domain::{Code, LocationKind, Problem};
use web::{Failure, Reached};

/// Locations on one list at most: four hundred sheets of paper.
pub const LOCATIONS_PER_SHEET_MAX: usize = 20_000;

/// Locations that are read at a time.
const PART: i64 = 1_000;

/// What stands on the list.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    /// This location and what stands below it, by its code.
    pub below: Option<String>,
    /// Only this kind.
    pub kind: Option<String>,
    /// `text`, `html` or `csv`.
    pub format: Option<String>,
}

impl Sheet {
    fn kind(&self) -> Result<Option<LocationKind>, Problem> {
        web::word(self.kind.as_deref(), "?kind", LocationKind::parse)
    }

    pub(crate) fn format(&self) -> Result<Format, Problem> {
        Ok(web::word(self.format.as_deref(), "?format", Format::parse)?.unwrap_or(Format::Text))
    }
}

/// The list of the locations within reach that are in use, as somebody walks past them.
///
/// # Errors
/// When a word or a code is none, or there are more than [`LOCATIONS_PER_SHEET_MAX`].
pub fn sheet(conn: &mut Conn<'_>, reached: Reached<'_>, asked: &Sheet) -> Result<String, Failure> {
    let (kind, format) = (asked.kind()?, asked.format()?);
    let below = asked.below.as_deref().map(|code| {
        let found = find::location(conn, reached, code)?;
        let missing =
            || Problem::at(Code::UnknownLocation, "?below", format!("there is no location `{code}`"));
        Ok::<_, Failure>(found.ok_or_else(missing)?)
    });
    let below = below.transpose()?;
    let roots = match reached {
        Reached::All => None,
        Reached::Within(roots) => {
            let roots: Vec<String> = roots.iter().map(ToString::to_string).collect();
            Some(format!("[{}]", roots.join(",")))
        }
    };
    let mut filter = Filter {
        order: Order::Walk,
        kind,
        below: below.as_ref().map(|place| place.id),
        archived: Some(false),
        roots,
        limit: PART,
        ..Filter::default()
    };
    let mut all: Vec<Location> = Vec::new();
    loop {
        let part = list(conn, &filter)?;
        let ended = i64::try_from(part.len()).is_ok_and(|count| count < PART);
        if let Some(last) = part.last() {
            filter.after_walk = last.walk.unwrap_or(NO_WALK);
            filter.after = Some(code::key(&last.code).unwrap_or_default());
        }
        all.extend(part);
        if all.len() > LOCATIONS_PER_SHEET_MAX {
            let detail = format!(
                "there are more than {LOCATIONS_PER_SHEET_MAX} locations; name a part of the site with `below`, or one `kind`"
            );
            return Err(Problem::new(Code::TooMany, detail).into());
        }
        if ended {
            break;
        }
    }
    let called = below.map_or_else(|| "All sites".to_owned(), |place| place.code);
    Ok(render::render(format, &format!("{called}: {} locations", all.len()), &all))
}
