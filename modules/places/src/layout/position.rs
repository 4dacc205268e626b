//! A position in whole millimetres, and a number in the walking order. Pure.

use domain::{Code, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The farthest that a position lies from the corner where a site begins to measure: ten kilometres.
pub const MILLIMETRES_MAX: i64 = 10_000_000;

/// The last number in the walking order.
pub const WALK_MAX: i64 = 1_000_000_000;

/// Where a place is, in whole millimetres from the corner where its site begins to measure.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// Along the first wall.
    pub x_mm: i64,
    /// Along the second.
    pub y_mm: i64,
    /// Above the floor.
    pub z_mm: i64,
}

impl Position {
    /// The sum of both; `None` far beyond every limit.
    pub(crate) fn plus(self, other: Position) -> Option<Position> {
        Some(Position {
            x_mm: self.x_mm.checked_add(other.x_mm)?,
            y_mm: self.y_mm.checked_add(other.y_mm)?,
            z_mm: self.z_mm.checked_add(other.z_mm)?,
        })
    }

    /// So many times as far; `None` far beyond every limit.
    pub(crate) fn times(self, count: i64) -> Option<Position> {
        Some(Position {
            x_mm: self.x_mm.checked_mul(count)?,
            y_mm: self.y_mm.checked_mul(count)?,
            z_mm: self.z_mm.checked_mul(count)?,
        })
    }
}

/// Refuses a position that is too far away.
pub(crate) fn read_position(position: Option<Position>, pointer: &str) -> Result<Option<Position>, Problem> {
    let Some(Position { x_mm, y_mm, z_mm }) = position else { return Ok(None) };
    for (field, value) in [("x_mm", x_mm), ("y_mm", y_mm), ("z_mm", z_mm)] {
        if !(-MILLIMETRES_MAX..=MILLIMETRES_MAX).contains(&value) {
            let detail = format!("`{value}` is farther than {MILLIMETRES_MAX} mm from where the site begins");
            return Err(Problem::at(Code::LimitExceeded, format!("{pointer}/{field}"), detail));
        }
    }
    Ok(position)
}

/// Refuses what is no number of the walking order.
pub(crate) fn read_walk(walk: Option<i64>, pointer: &str) -> Result<Option<i64>, Problem> {
    match walk {
        Some(number) if !(0..=WALK_MAX).contains(&number) => {
            let detail = format!("the walking order goes from 0 to {WALK_MAX}, so not `{number}`");
            Err(Problem::at(Code::LimitExceeded, pointer, detail))
        }
        walk => Ok(walk),
    }
}
