//! `stockwell role`: the roles that users and keys are given, for the operator at the host.

use super::Operator;
use crate::cli::Call;
use crate::exit::Done;
use crate::out::wrapped;
use clap::Subcommand;
use domain::{Condition, Permission};
use serde::Serialize;
use web::Failure;

/// Roles per page when listing.
const PAGE: i64 = 500;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Role {
    /// List the roles, with what each may do
    List,
}

/// A role as it is printed.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    about: String,
    built_in: bool,
    permissions: Vec<&'static str>,
    /// Which of them ask for a second person.
    second_person: Vec<Asks>,
}

/// A permission that asks for a second person.
#[derive(Debug, Serialize)]
struct Asks {
    permission: &'static str,
    /// Only above this amount; always when there is none.
    above: Option<String>,
}

pub(crate) fn run(call: Call<'_>, role: &Role) -> Done {
    let Role::List = role;
    let operator = Operator::open_to_read(call.config)?;
    let rows: Vec<Row> = operator.db.read_blocking(|conn| {
        let mut rows: Vec<Row> = Vec::new();
        loop {
            let after = rows.last().map(|row| row.name.clone());
            let page = access::list_roles(conn, after.as_deref(), PAGE)?;
            if page.is_empty() {
                return Ok::<_, Failure>(rows);
            }
            rows.extend(page.into_iter().map(row));
        }
    })?;
    call.out.show(&rows, |rows| {
        let text = |row: &Row| {
            let Row { name, about, built_in: _, permissions, second_person } = row;
            let asks = second_person.iter().map(|Asks { permission, above }| match above {
                Some(above) => format!("{permission} above {above}"),
                None => (*permission).to_owned(),
            });
            let asks = asks.collect::<Vec<_>>().join(", ");
            let asks = if asks.is_empty() { asks } else { format!("asks for a second person: {asks}") };
            format!(
                "{name}\n{}{}{}",
                wrapped(about, 2),
                wrapped(&permissions.join(", "), 6),
                wrapped(&asks, 6)
            )
        };
        rows.iter().map(text).collect::<Vec<_>>().join("\n")
    })
}

fn row(role: access::Role) -> Row {
    let access::Role { name, about, built_in, permissions, conditions, .. } = role;
    let asks = |(permission, condition): (&Permission, &Condition)| match condition {
        Condition::Free => None,
        Condition::Above(limit) => {
            Some(Asks { permission: permission.word(), above: Some(limit.to_string()) })
        }
        Condition::Always => Some(Asks { permission: permission.word(), above: None }),
    };
    let second_person = conditions.iter().filter_map(asks).collect();
    Row {
        name,
        about,
        built_in,
        permissions: permissions.iter().map(Permission::word).collect(),
        second_person,
    }
}
