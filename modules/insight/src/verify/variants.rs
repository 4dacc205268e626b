//! Variants are told apart by the options of their family, each by one value of every option (I-26).

use super::findings::Findings;
use super::ground::Ground;
use db::{Conn, DbError, Statement};
use rustc_hash::FxHashMap;

const OPTIONS: Statement = Statement::new(
    "verify.variants.options",
    "select family_id, set_id from ck_family_option order by family_id, position",
);

const VALUES: Statement =
    Statement::new("verify.variants.values", "select sku_id, set_id, value_key from ck_variant_option");

const VARIANTS: Statement = Statement::new(
    "verify.variants",
    "select sku_id, family_id, combination from ck_variant order by sku_id",
);

/// What a variant is said to be is what its values are, in the order of the options of its family.
pub(super) fn combined(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut options: FxHashMap<i64, Vec<i64>> = FxHashMap::default();
    conn.for_each(&OPTIONS, &[], |row| {
        options.entry(row.int(0)?).or_default().push(row.int(1)?);
        Ok(())
    })?;
    let mut values: FxHashMap<i64, FxHashMap<i64, String>> = FxHashMap::default();
    conn.for_each(&VALUES, &[], |row| {
        values.entry(row.int(0)?).or_default().insert(row.int(1)?, row.text(2)?.to_owned());
        Ok(())
    })?;
    conn.for_each(&VARIANTS, &[], |row| {
        findings.row();
        let (item, family, combination) = (row.int(0)?, row.int(1)?, row.text(2)?);
        let of_family = options.get(&family).map(Vec::as_slice).unwrap_or_default();
        let mut own = values.remove(&item).unwrap_or_default();
        let named: Option<Vec<String>> = of_family.iter().map(|set| own.remove(set)).collect();
        let whole = named.map(|named| named.join("/")).filter(|_| own.is_empty());
        findings.hold(whole.as_deref() == Some(combination), || {
            format!("{} is a variant `{combination}`, and its options say otherwise", ground.item(item))
        });
        Ok(())
    })?;
    findings.hold(values.is_empty(), || format!("{} items have options and no family", values.len()));
    Ok(())
}
