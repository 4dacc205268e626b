//! A record's version is the number of its changes, each of which has its event (I-27).

use super::findings::Findings;
use super::ground::Ground;
use db::{Conn, DbError, Statement};
use domain::{ApprovalId, ClaimId, DocumentId, Period};
use rustc_hash::FxHashMap;

const CHANGES: Statement = Statement::new(
    "verify.versions.changes",
    "select aggregate_type, aggregate_id, max(aggregate_seq)
     from ck_event
     where aggregate_type <> 'stock'
     group by aggregate_type, aggregate_id",
);

const PRINCIPALS: Statement =
    Statement::new("verify.versions.principals", "select kind, principal_id, version from ck_principal");

/// Those that come with the product have had no change of their own.
const ROLES: Statement =
    Statement::new("verify.versions.roles", "select role_id, version from ck_role where not built_in");

const REASONS: Statement = Statement::new("verify.versions.reasons", "select code, version from ck_reason");

const APPROVALS: Statement = Statement::new(
    "verify.versions.approvals",
    "select approval_id, version from ck_approval order by approval_id",
);

const ORGANISATION: Statement =
    Statement::new("verify.versions.organisation", "select version from ck_organisation");

const DOCUMENTS: Statement =
    Statement::new("verify.versions.documents", "select type, doc_id, version from ck_doc");

const PERIODS: Statement =
    Statement::new("verify.versions.periods", "select period_id, version from ck_period");

const TYPES: Statement =
    Statement::new("verify.versions.types", "select type_id, version from ck_location_type");

const LEVELS: Statement = Statement::new("verify.versions.levels", "select scope, version from ck_levels");

/// A lot comes into being with a posting, and has an event for each change after that.
const LOTS: Statement = Statement::new("verify.versions.lots", "select lot_id, version - 1 from ck_lot");

const RULES: Statement =
    Statement::new("verify.versions.rules", "select site_id, sku_id, version from ck_backorder");

const FILES: Statement = Statement::new("verify.versions.files", "select file_id, version from ck_file");

const FAMILIES: Statement =
    Statement::new("verify.versions.families", "select family_id, version from ck_family");

const OPTION_SETS: Statement =
    Statement::new("verify.versions.option_sets", "select set_id, version from ck_option_set");

const SUPPLIERS: Statement =
    Statement::new("verify.versions.suppliers", "select supplier_id, version from ck_supplier");

const ATTRIBUTES: Statement =
    Statement::new("verify.versions.attributes", "select attribute_id, version from ck_attribute");

/// Those that stood as a path on items before there were categories have had no change of their own yet.
const CATEGORIES: Statement = Statement::new(
    "verify.versions.categories",
    "select c.category_id, c.version
     from ck_category c
     where c.version > 1
        or exists (
          select 1
          from ck_event e
          where e.aggregate_type = 'category' and e.aggregate_id = cast(c.category_id as text))",
);

/// A claim has an event for each change that its owner did not ask for.
const TOLD: Statement =
    Statement::new("verify.versions.told", "select c.alloc_id, c.told from ck_allocation c where c.told > 0");

/// The last event of each thing.
struct Changes(FxHashMap<(String, String), i64>);

impl Changes {
    fn hold(&self, findings: &mut Findings, of: &str, id: &str, version: i64) {
        findings.row();
        let changes = self.0.get(&(of.to_owned(), id.to_owned())).copied().unwrap_or(0);
        findings.hold(changes == version, || {
            format!("{of} {id} is at version {version} and has had {changes} changes")
        });
    }
}

/// Holds every record that counts its changes to its events.
pub(super) fn counted(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut changes = Changes(FxHashMap::default());
    conn.for_each(&CHANGES, &[], |row| {
        changes.0.insert((row.text(0)?.to_owned(), row.text(1)?.to_owned()), row.int(2)?);
        Ok(())
    })?;
    let mut items: Vec<_> = ground.items.iter().map(|(id, item)| (*id, item.version)).collect();
    items.sort_unstable();
    for (id, version) in items {
        changes.hold(findings, "item", &id.to_string(), version);
    }
    let real = ground.locations.iter().filter(|(id, _)| **id > 0);
    // the making of what was made together is told by the event of the whole
    let told = |version: i64, together: bool| version - i64::from(together);
    let mut locations: Vec<_> =
        real.map(|(id, location)| (*id, told(location.version, location.made_together))).collect();
    locations.sort_unstable();
    for (id, version) in locations {
        changes.hold(findings, "location", &id.to_string(), version);
    }
    conn.for_each(&PRINCIPALS, &[], |row| {
        let kind = format!("access.{}", row.opt_text(0)?.unwrap_or("principal"));
        changes.hold(findings, &kind, &row.int(1)?.to_string(), row.int(2)?);
        Ok(())
    })?;
    conn.for_each(&REASONS, &[], |row| {
        changes.hold(findings, "reason", row.text(0)?, row.int(1)?);
        Ok(())
    })?;
    conn.for_each(&DOCUMENTS, &[], |row| {
        let id = DocumentId::from_bytes(row.id16(1)?).to_string();
        changes.hold(findings, row.text(0)?, &id, row.int(2)?);
        Ok(())
    })?;
    conn.for_each(&PERIODS, &[], |row| {
        let (number, version) = (row.int(0)?, row.int(1)?);
        let period = i32::try_from(number).ok().and_then(Period::from_number);
        let period = period.map_or_else(|| number.to_string(), |period| period.to_string());
        changes.hold(findings, "period", &period, version);
        Ok(())
    })?;
    conn.for_each(&TYPES, &[], |row| {
        changes.hold(findings, "location_type", &row.int(0)?.to_string(), row.int(1)?);
        Ok(())
    })?;
    conn.for_each(&LEVELS, &[], |row| {
        changes.hold(findings, "levels", &row.int(0)?.to_string(), row.int(1)?);
        Ok(())
    })?;
    numbered(conn, &changes, findings)?;
    conn.for_each(&RULES, &[], |row| {
        let id = format!("{}/{}", row.int(0)?, row.int(1)?);
        changes.hold(findings, "backorder_rule", &id, row.int(2)?);
        Ok(())
    })?;
    conn.for_each(&TOLD, &[], |row| {
        let id = ClaimId::from_bytes(row.id16(0)?).to_string();
        changes.hold(findings, "claim", &id, row.int(1)?);
        Ok(())
    })?;
    conn.for_each(&APPROVALS, &[], |row| {
        let id = ApprovalId::from_bytes(row.id16(0)?).to_string();
        changes.hold(findings, "access.approval", &id, row.int(1)?);
        Ok(())
    })?;
    conn.for_each(&ORGANISATION, &[], |row| {
        changes.hold(findings, "organisation", "1", row.int(0)?);
        Ok(())
    })
}

/// Records whose events name them by their number.
fn numbered(conn: &mut Conn<'_>, changes: &Changes, findings: &mut Findings) -> Result<(), DbError> {
    let all = [
        ("access.role", &ROLES),
        ("lot", &LOTS),
        ("file", &FILES),
        ("family", &FAMILIES),
        ("option_set", &OPTION_SETS),
        ("supplier", &SUPPLIERS),
        ("attribute", &ATTRIBUTES),
        ("category", &CATEGORIES),
    ];
    for (of, statement) in all {
        conn.for_each(statement, &[], |row| {
            changes.hold(findings, of, &row.int(0)?.to_string(), row.int(1)?);
            Ok(())
        })?;
    }
    Ok(())
}
