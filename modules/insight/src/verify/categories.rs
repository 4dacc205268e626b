//! The trees of the catalogue: categories, whose paths and closure are those of their parents, and bills of
//! materials, in which nothing consists of itself (I-26).

use super::findings::Findings;
use super::ground::Ground;
use db::{Conn, DbError, Statement};
use rustc_hash::{FxHashMap, FxHashSet};

const CATEGORIES: Statement = Statement::new(
    "verify.categories",
    "select category_id, parent_id, name, path from ck_category order by category_id",
);

const TREE: Statement =
    Statement::new("verify.categories.tree", "select ancestor, descendant, depth from ck_category_tree");

const PARTS: Statement = Statement::new(
    "verify.categories.parts",
    "select l.sku_id, l.component_id from ck_bom_line l order by l.sku_id, l.line, l.choice",
);

/// More than any tree has.
const DEPTH_MAX: usize = 64;

struct Category {
    parent: Option<i64>,
    name: String,
    path: String,
}

/// A category and what stands above it, the nearest first; without an end where there is a circle.
fn above(all: &FxHashMap<i64, Category>, id: i64) -> impl Iterator<Item = (i64, &Category)> {
    let find = |id: i64| all.get(&id).map(|category| (id, category));
    std::iter::successors(find(id), move |(_, category)| category.parent.and_then(find)).take(DEPTH_MAX)
}

/// The tree of categories has no circle; its paths and its short cuts are those of its parents.
pub(super) fn tree(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut all: FxHashMap<i64, Category> = FxHashMap::default();
    let mut ids = Vec::new();
    conn.for_each(&CATEGORIES, &[], |row| {
        let category = Category {
            parent: row.opt_int(1)?,
            name: row.text(2)?.to_owned(),
            path: row.text(3)?.to_owned(),
        };
        ids.push(row.int(0)?);
        all.insert(row.int(0)?, category);
        Ok(())
    })?;
    let mut expected = 0_usize;
    for id in ids {
        findings.row();
        let steps: Vec<(i64, &Category)> = above(&all, id).collect();
        let Some((_, category)) = steps.first() else { continue };
        let names: Vec<String> = steps.iter().rev().map(|(_, step)| step.name.to_lowercase()).collect();
        let path = names.join("/");
        if steps.len() == DEPTH_MAX {
            findings.add(|| format!("the category `{}` stands below itself", category.path));
        } else {
            expected = expected.saturating_add(steps.len());
            findings.hold(path == category.path, || {
                format!("the category `{}` stands where `{path}` would be", category.path)
            });
        }
    }
    let mut found = 0_usize;
    conn.for_each(&TREE, &[], |row| {
        let (ancestor, descendant, depth) = (row.int(0)?, row.int(1)?, row.int(2)?);
        let step = usize::try_from(depth).unwrap_or(usize::MAX);
        if above(&all, descendant).nth(step).map(|(id, _)| id) == Some(ancestor) {
            found = found.saturating_add(1);
        } else {
            findings.add(|| {
                format!(
                    "the categories have {descendant} {depth} steps below {ancestor}, its parents have not"
                )
            });
        }
        Ok(())
    })?;
    findings.hold(found == expected, || {
        format!("the categories have {found} of the {expected} steps their parents make")
    });
    Ok(())
}

/// Nothing consists of itself: taking away whatever consists of nothing that is left, nothing is left.
pub(super) fn bills(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut parts: FxHashMap<i64, Vec<i64>> = FxHashMap::default();
    conn.for_each(&PARTS, &[], |row| {
        findings.row();
        parts.entry(row.int(0)?).or_default().push(row.int(1)?);
        Ok(())
    })?;
    loop {
        let whole: FxHashSet<i64> = parts.keys().copied().collect();
        parts.retain(|_, below| below.iter().any(|part| whole.contains(part)));
        if parts.len() == whole.len() {
            break;
        }
    }
    let mut left: Vec<i64> = parts.into_keys().collect();
    left.sort_unstable();
    for item in left {
        findings.add(|| format!("{} consists of itself, or of what does", ground.item(item)));
    }
    Ok(())
}
