//! Roles: named sets of permissions. Those that come with the product follow it: a new permission
//! reaches them by an update, which is why their sets stand here and not in a table.

use domain::permission::Permissions;
use domain::word::echo;
use domain::{Code, Conditions, Permission as P, Problem};

/// A role.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Role {
    /// Its id.
    pub id: i64,
    /// Its name, by which grants name it.
    pub name: String,
    /// What it is for.
    pub about: String,
    /// It comes with the product and cannot be changed.
    pub built_in: bool,
    /// What it allows.
    pub permissions: Permissions,
    /// What some of that asks for besides.
    pub conditions: Conditions,
    /// Counts its changes.
    pub version: i64,
}

/// A role that comes with the product.
#[derive(Clone, Copy, Debug)]
pub struct BuiltIn {
    /// Its fixed id.
    pub id: i64,
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    permissions: Option<&'static [P]>,
}

/// The roles that come with the product.
pub const BUILT_IN: [BuiltIn; 6] = [
    BuiltIn { id: 1, name: ADMINISTRATOR, about: "Everything", permissions: None },
    BuiltIn {
        id: 2,
        name: "manager",
        about: "Runs the stock: everything but access and settings",
        permissions: Some(&[
            P::CatalogRead,
            P::CatalogWrite,
            P::PlacesRead,
            P::PlacesWrite,
            P::StockRead,
            P::StockReceive,
            P::StockIssue,
            P::StockMove,
            P::StockStatus,
            P::StockAdjust,
            P::StockReverse,
            P::StockClaim,
            P::StockTransfer,
            P::CostRead,
            P::EventsRead,
            P::AccessRead,
            P::AuditRead,
            P::SystemRead,
            P::ImportsRun,
            P::ExportsRead,
        ]),
    },
    BuiltIn {
        id: 3,
        name: "clerk",
        about: "Receives, issues, moves and reserves; keeps the catalogue",
        permissions: Some(&[
            P::CatalogRead,
            P::CatalogWrite,
            P::PlacesRead,
            P::StockRead,
            P::StockReceive,
            P::StockIssue,
            P::StockMove,
            P::StockStatus,
            P::StockClaim,
            P::StockTransfer,
            P::ImportsRun,
        ]),
    },
    BuiltIn {
        id: 4,
        name: "picker",
        about: "Finds and moves stock",
        permissions: Some(&[P::CatalogRead, P::PlacesRead, P::StockRead, P::StockMove]),
    },
    BuiltIn {
        id: 5,
        name: "auditor",
        about: "Sees everything, changes nothing",
        permissions: Some(&[
            P::CatalogRead,
            P::PlacesRead,
            P::StockRead,
            P::CostRead,
            P::EventsRead,
            P::AccessRead,
            P::AuditRead,
            P::SystemRead,
            P::ExportsRead,
        ]),
    },
    BuiltIn {
        id: 6,
        name: "integration",
        about: "A shop or a program: keeps items, receives, issues, moves, transfers and reserves, and follows the events",
        permissions: Some(&[
            P::CatalogRead,
            P::CatalogWrite,
            P::PlacesRead,
            P::StockRead,
            P::StockReceive,
            P::StockIssue,
            P::StockMove,
            P::StockClaim,
            P::StockTransfer,
            P::EventsRead,
        ]),
    },
];

/// The role that holds everything.
pub const ADMINISTRATOR: &str = "administrator";

impl BuiltIn {
    /// What it allows.
    pub fn permissions(&self) -> Permissions {
        self.permissions.map_or_else(Permissions::all, |list| list.iter().copied().collect())
    }
}

/// What a stored role allows: the program's set for a built-in one, else the stored words.
pub(crate) fn permissions_of(id: i64, built_in: bool, stored: &str) -> Permissions {
    if built_in {
        return BUILT_IN.iter().find(|role| role.id == id).map_or(Permissions::NONE, BuiltIn::permissions);
    }
    from_json(stored)
}

/// From stored words. A word that this version does not know allows nothing.
pub(crate) fn from_json(words: &str) -> Permissions {
    let words: Vec<String> = serde_json::from_str(words).unwrap_or_default();
    words.iter().filter_map(|word| P::parse(word)).collect()
}

/// The words to store.
pub(crate) fn to_json(permissions: Permissions) -> String {
    let words: Vec<&str> = permissions.iter().map(P::word).collect();
    serde_json::to_string(&words).unwrap_or_else(|_| "[]".into())
}

/// Reads the words of a request.
///
/// # Errors
/// `invalid_value` at the word that is no permission.
pub(crate) fn parse_permissions(words: &[String]) -> Result<Permissions, Problem> {
    words
        .iter()
        .enumerate()
        .map(|(place, word)| {
            P::parse(word).ok_or_else(|| {
                let word = echo(word);
                let detail = format!("there is no permission `{word}`, see `GET /api/v1/permissions`");
                Problem::at(Code::InvalidValue, format!("/permissions/{place}"), detail)
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_administrator_holds_everything_and_the_auditor_changes_nothing() {
        assert_eq!(BUILT_IN[0].permissions(), Permissions::all());
        let auditor = BUILT_IN[4].permissions();
        let does = |permission: P| permission.word().split('.').nth(1);
        assert!(auditor.iter().all(|permission| does(permission) == Some("read")));
    }

    #[test]
    fn the_table_begins_with_the_roles_of_the_program() {
        let [first, later] =
            [include_str!("../migrations/0001_first.sql"), include_str!("../migrations/0003_roles.sql")];
        for BuiltIn { id, name, about, permissions: _ } in BUILT_IN {
            let begins = first.contains(&format!("({id}, '{name}', '{about}', true, '[]', 1)"));
            let mended = later.contains(&format!("set about = '{about}' where id = {id};"));
            assert!(begins || mended, "{name}");
        }
    }

    /// The tables before permissions that allowed nothing were taken out, and one was parted from another.
    const BEFORE: [db::MigrationSet; 1] =
        [db::MigrationSet { name: "access", migrations: crate::MIGRATIONS.migrations.split_at(2).0 }];
    const FILL: db::Statement = db::Statement::per_engine(
        "access.test.fill",
        "insert into access_role (id, name, about, built_in, permissions, version) values (?1, ?2, '', false, ?3, 1)",
        "insert into access_role (id, name, about, built_in, permissions, version)
         values (?1, ?2, '', false, cast(cast(?3 as text) as jsonb), 1)",
    );
    const FILL_PRINCIPAL: db::Statement = db::Statement::new(
        "access.test.fill_principal",
        "insert into access_principal (id, kind, name, version, created_at, created_by)
         values (?1, 2, 'key', 1, ?2, 1)",
    );
    const FILL_KEY: db::Statement = db::Statement::per_engine(
        "access.test.fill_key",
        "insert into access_key (principal_id, public_id, secret_hash, permissions, expires_at)
         values (?1, ?2, ?3, ?4, ?5)",
        "insert into access_key (principal_id, public_id, secret_hash, permissions, expires_at)
         values (?1, ?2, ?3, cast(cast(?4 as text) as jsonb), ?5)",
    );
    const WORDS: db::Statement = db::Statement::new(
        "access.test.words",
        "select cast(permissions as text) from access_role where id > 100 order by id",
    );
    const KEY_WORDS: db::Statement = db::Statement::new(
        "access.test.key_words",
        "select cast(permissions as text) from access_key order by principal_id",
    );

    fn stored_roles_follow_the_permissions_that_there_are(engine: db::Engine) {
        let store = testkit::Store::new(engine, &BEFORE).unwrap();
        let fill = |tx: &mut db::Tx<'_>| {
            let all = [
                r#"["import.run"]"#,
                r#"["stock.read","verify.run","export.run","events.read"]"#,
                "[]",
                r#"["system.write","system.read"]"#,
            ];
            for (id, words) in (101_i64..).zip(all) {
                let name = format!("role {id}");
                tx.execute(&FILL, &[id.into(), name.as_str().into(), words.into()])?;
                tx.execute(&FILL_PRINCIPAL, &[id.into(), 0_i64.into()])?;
                let hash: &[u8] = &[0; 32];
                tx.execute(
                    &FILL_KEY,
                    &[id.into(), name.as_str().into(), hash.into(), words.into(), 0_i64.into()],
                )?;
            }
            Ok::<_, db::DbError>(())
        };
        store.db.write_blocking(fill).unwrap();
        let db = db::Db::open(&store.closed(), &[crate::MIGRATIONS]).unwrap();
        assert_eq!(db.migrate().unwrap(), crate::MIGRATIONS.migrations.len() - 2);
        let reopens = r#"["system.write","system.read","periods.reopen"]"#;
        for of in [&WORDS, &KEY_WORDS] {
            let left = db.read_blocking(|conn| conn.query(of, &[], |row| Ok(row.text(0)?.replace(' ', ""))));
            assert_eq!(
                left.unwrap(),
                ["[]", r#"["stock.read","events.read"]"#, "[]", reopens],
                "{}",
                of.name
            );
        }
        db.close();
    }

    testkit::on_both_engines!(stored_roles_follow_the_permissions_that_there_are);

    #[test]
    fn stored_words_read_back() {
        let set: Permissions = [P::StockRead, P::EventsRead].into_iter().collect();
        assert_eq!(from_json(&to_json(set)), set);
        assert_eq!(from_json(r#"["stock.read","stock.teleport"]"#).iter().count(), 1);
        assert_eq!(permissions_of(4, true, "[]"), BUILT_IN[3].permissions());
    }
}
