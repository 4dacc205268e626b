//! What a change makes of a file. Pure. Only fields that are given change.

use crate::attach::api::read_caption;
use crate::file::{File, POSITION_MAX};
use crate::name::FileName;
use domain::{AsProblem, Code, Instant, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

/// A change of a file: left out or null means as it was.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeFile {
    /// What it is called; its ending says what it is, or nothing.
    #[serde(default)]
    pub(crate) name: Option<String>,
    /// What is to be seen in it; empty for nothing.
    #[serde(default)]
    pub(crate) caption: Option<String>,
    /// Its place among the files of its record, from 1 to 10,000. Others stay where they are; those of one
    /// place stand in the order of their numbers.
    #[serde(default)]
    pub(crate) position: Option<i64>,
}

/// The file after the change, and the fields that differ. No field means that nothing is to be done.
pub(crate) fn plan(
    file: &File,
    change: &ChangeFile,
    now: Instant,
) -> Result<(File, Vec<&'static str>), Problem> {
    let ChangeFile { name, caption, position } = change;
    let mut after = file.clone();
    if let Some(name) = name {
        let name = FileName::parse(name).map_err(|error| error.problem("/name"))?;
        name.check(file.media_type).map_err(|error| error.problem("/name"))?;
        name.as_str().clone_into(&mut after.name);
    }
    if caption.is_some() {
        after.caption = read_caption(caption.as_deref(), "/caption")?;
    }
    if let Some(position) = *position {
        if !(1..=POSITION_MAX).contains(&position) {
            let detail = format!("a place is from 1 to {POSITION_MAX}, not `{position}`");
            return Err(Problem::at(Code::InvalidValue, "/position", detail));
        }
        after.position = position;
    }
    let differs = [
        ("name", after.name != file.name),
        ("caption", after.caption != file.caption),
        ("position", after.position != file.position),
    ];
    let fields: Vec<&'static str> =
        differs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect();
    if !fields.is_empty() {
        touch(&mut after, now);
    }
    Ok((after, fields))
}

/// Counts a change; its time is never before that of an earlier one.
pub(crate) fn touch(file: &mut File, now: Instant) {
    file.version += 1;
    file.changed_at = file.changed_at.max(now);
}
