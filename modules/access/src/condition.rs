//! What permissions of a role ask for besides being held: as it is stored, and as the API reads and shows it.

use crate::role::Role;
use domain::permission::Permissions;
use domain::word::echo;
use domain::{Code, Condition, Conditions, Limit, Permission, Problem};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The word for a second person always.
const ALWAYS: &str = "always";

/// A permission that asks for a second person.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecondPerson {
    /// Which.
    permission: String,
    /// Only for what changes the worth of stock by more than this, in the currency of the books, such as
    /// `500`; always when left out.
    #[serde(default)]
    above: Option<String>,
}

/// The conditions as the API shows them.
pub(crate) fn views(conditions: &Conditions) -> Vec<SecondPerson> {
    let view = |(permission, condition): (&Permission, &Condition)| {
        let above = match condition {
            Condition::Free => return None,
            Condition::Above(limit) => Some(limit.to_string()),
            Condition::Always => None,
        };
        Some(SecondPerson { permission: permission.word().to_owned(), above })
    };
    conditions.iter().filter_map(view).collect()
}

/// Reads the conditions of a request, for a role with some permissions.
///
/// # Errors
/// `invalid_value` at the one that is none.
pub(crate) fn parse(bodies: &[SecondPerson], permissions: Permissions) -> Result<Conditions, Problem> {
    let mut conditions = Conditions::new();
    for (number, SecondPerson { permission, above }) in bodies.iter().enumerate() {
        let refuse = |field: &str, detail: String| {
            Problem::at(Code::InvalidValue, format!("/second_person/{number}/{field}"), detail)
        };
        let known = Permission::parse(permission).filter(|known| permissions.contains(*known));
        let Some(known) = known else {
            let detail = format!("`{}` is none of the permissions of the role", echo(permission));
            return Err(refuse("permission", detail));
        };
        if !known.can_ask() {
            let detail = format!("`{known}` changes nothing, so nobody has to agree to it");
            return Err(refuse("permission", detail));
        }
        let condition = match above {
            None => Condition::Always,
            Some(_) if !known.has_worth() => {
                let detail = format!(
                    "only `stock.receive`, `stock.issue`, `stock.adjust` and `stock.reverse` have a limit: leave `above` out, and `{known}` always asks for a second person"
                );
                return Err(refuse("above", detail));
            }
            Some(text) => Condition::Above(Limit::parse(text).ok_or_else(|| {
                let detail = format!("`{}` is no amount such as `500` or `99.50`", echo(text));
                refuse("above", detail)
            })?),
        };
        if conditions.insert(known, condition).is_some() {
            return Err(refuse("permission", format!("`{known}` is named twice")));
        }
    }
    Ok(conditions)
}

/// As it is stored.
pub(crate) fn to_json(conditions: &Conditions) -> String {
    let words: BTreeMap<&str, String> = conditions
        .iter()
        .filter_map(|(permission, condition)| match condition {
            Condition::Free => None,
            Condition::Above(limit) => Some((permission.word(), limit.to_string())),
            Condition::Always => Some((permission.word(), ALWAYS.to_owned())),
        })
        .collect();
    serde_json::to_string(&words).unwrap_or_else(|_| "{}".to_owned())
}

/// From what is stored. What this version cannot read asks for a second person always.
pub(crate) fn from_json(stored: &str) -> Conditions {
    let words: BTreeMap<String, String> = serde_json::from_str(stored).unwrap_or_default();
    let condition = |(word, text): (&String, &String)| {
        let condition = Limit::parse(text).map_or(Condition::Always, Condition::Above);
        Some((Permission::parse(word)?, condition))
    };
    words.iter().filter_map(condition).collect()
}

impl Role {
    /// Its conditions, as far as it still has the permissions.
    pub(crate) fn conditions_of(conditions: Conditions, permissions: Permissions) -> Conditions {
        conditions.into_iter().filter(|(permission, _)| permissions.contains(*permission)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(permission: &str, above: Option<&str>) -> SecondPerson {
        SecondPerson { permission: permission.to_owned(), above: above.map(str::to_owned) }
    }

    #[test]
    fn what_is_stored_reads_back() {
        let all = [body("stock.adjust", Some("99.50")), body("stock.reverse", None)];
        let conditions = parse(&all, Permissions::all()).unwrap();
        assert_eq!(to_json(&conditions), r#"{"stock.adjust":"99.5","stock.reverse":"always"}"#);
        assert_eq!(from_json(&to_json(&conditions)), conditions);
        assert_eq!(views(&conditions).len(), 2);
        let strange = from_json(r#"{"stock.adjust":"on mondays","no.such":"1"}"#);
        assert_eq!(strange, Conditions::from([(Permission::StockAdjust, Condition::Always)]));
    }

    #[test]
    fn a_condition_that_is_none_is_refused_where_it_stands() {
        let held: Permissions =
            [Permission::StockAdjust, Permission::StockRead, Permission::StockMove].into_iter().collect();
        for (bodies, pointer) in [
            (vec![body("stock.issue", None)], "/second_person/0/permission"),
            (vec![body("nonsense", None)], "/second_person/0/permission"),
            (vec![body("stock.read", None)], "/second_person/0/permission"),
            (vec![body("stock.move", Some("5"))], "/second_person/0/above"),
            (vec![body("stock.adjust", Some("-5"))], "/second_person/0/above"),
            (
                vec![body("stock.adjust", None), body("stock.adjust", Some("1"))],
                "/second_person/1/permission",
            ),
        ] {
            let problem = parse(&bodies, held).unwrap_err();
            assert_eq!((problem.code, problem.errors[0].pointer.as_str()), (Code::InvalidValue, pointer));
        }
    }
}
