//! Query plans, for the tests that prepare every statement and look for full scans.

use crate::conn::{Conn, Inner};
use crate::error::DbError;
use crate::sqlite::error::name;
use crate::statement::{Statement, to_dollars};

/// The plan of a statement; none where the engine has nothing to do.
pub(crate) fn lines(conn: &mut Conn<'_>, statement: &Statement) -> Result<Vec<String>, DbError> {
    if statement.text(conn.engine()).is_empty() {
        return Ok(Vec::new());
    }
    match &mut conn.inner {
        Inner::Sqlite { conn, .. } => {
            let fail = |error| name(&error, statement.name, Some(conn));
            let text = format!("explain query plan {}", statement.sqlite);
            let mut ready = conn.prepare(&text).map_err(fail)?;
            let mut rows = ready.raw_query();
            let mut lines = Vec::new();
            while let Some(row) = rows.next().map_err(fail)? {
                lines.push(row.get(3).map_err(fail)?);
            }
            Ok(lines)
        }
        Inner::Postgres(conn) => {
            let text = to_dollars(statement.postgres);
            let nulls = vec!["null"; parameters(&text)].join(", ");
            let nulls = if nulls.is_empty() { nulls } else { format!("({nulls})") };
            let explain = format!(
                "prepare stockwell_plan as {text};
                 explain (costs off) execute stockwell_plan{nulls};"
            );
            let found = conn
                .batch(
                    "set local enable_seqscan = off;
                     set local enable_hashjoin = off;
                     set local enable_mergejoin = off;
                     set local plan_cache_mode = force_generic_plan;",
                )
                .and_then(|()| conn.simple(&explain));
            conn.rollback();
            if found.is_ok() {
                conn.batch("deallocate stockwell_plan")?;
            }
            found
        }
    }
}

/// The highest parameter number.
fn parameters(text: &str) -> usize {
    text.split('$')
        .skip(1)
        .filter_map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            rest.get(..end)?.parse().ok()
        })
        .max()
        .unwrap_or(0)
}

/// The lines of a plan that read a whole table.
pub fn full_scans(plan: &[String]) -> Vec<&str> {
    plan.iter()
        .map(|line| line.trim())
        .filter(|line| {
            let sqlite = line.starts_with("SCAN ")
                && !line.contains(" USING ")
                && !line.contains("CONSTANT ROW")
                && !line.contains("VIRTUAL TABLE");
            sqlite || line.contains("Seq Scan on ")
        })
        .collect()
}

/// The lines of a plan that read a whole table, or the whole of an index. A page of a list has none:
/// it begins where the page before ended, so the thousandth costs what the first does.
pub fn whole_walks(plan: &[String]) -> Vec<&str> {
    let mut found = full_scans(plan);
    for (at, line) in plan.iter().enumerate() {
        let node = line.trim().trim_start_matches("->").trim();
        let sqlite = node.starts_with("SCAN ") && node.contains(" USING ");
        // PostgreSQL shows below a walk along an index where it begins and ends
        let is_index = node.starts_with("Index ") && node.contains(" using ");
        let bounded = plan.get(at + 1).is_some_and(|next| next.trim().starts_with("Index Cond:"));
        if sqlite || (is_index && !bounded) {
            found.push(line.trim());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|&line| line.to_owned()).collect()
    }

    #[test]
    fn a_walk_without_a_beginning_is_whole() {
        let whole: [&[&str]; 4] = [
            &["SCAN t"],
            &["SCAN t USING INDEX t_name"],
            &["Limit", "  ->  Index Scan using t_name on t", "        Filter: (($1 IS NULL) OR (name > $1))"],
            &["Limit", "  ->  Index Only Scan using t_name on t"],
        ];
        for lines in whole {
            assert_eq!(whole_walks(&plan(lines)).len(), 1, "{lines:?}");
        }
        let bounded: [&[&str]; 4] = [
            &["SEARCH t USING INDEX t_name (name>?)"],
            &["SCAN CONSTANT ROW"],
            &["SCAN r VIRTUAL TABLE INDEX 1:"],
            &["Limit", "  ->  Index Scan using t_name on t", "        Index Cond: (name > $1)"],
        ];
        for lines in bounded {
            assert_eq!(whole_walks(&plan(lines)).len(), 0, "{lines:?}");
        }
    }
}
