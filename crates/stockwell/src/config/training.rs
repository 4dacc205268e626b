//! What the settings say to a training copy. It is served with the settings of the store as often as not, by a shell in
//! which their variables stand: so what reaches beyond the copy says nothing to it, wherever it was said.

use super::{Config, KEYS, Source};

/// What has its default in a training copy: whatever sends something to others or lets others in, writes by itself, or
/// names a place that is the store's own.
const OWN: [&str; 16] = [
    "files.store",
    "files.folder",
    "files.s3.endpoint",
    "files.s3.region",
    "files.s3.bucket",
    "files.s3.prefix",
    "files.s3.path_style",
    "files.s3.credentials_file",
    "secrets.key_file",
    "oidc.issuer",
    "backup.folder",
    "backup.every_hours",
    "export.lists",
    "export.folder",
    "export.url",
    "export.token_file",
];

impl Config {
    /// The same for a training copy.
    pub(crate) fn in_training(&self) -> Config {
        let mut config = self.clone();
        // its files, keys and backups lie beside its database, also when the data folder of the store is named
        if let Some(folder) = self.database_file().as_deref().and_then(std::path::Path::parent) {
            let database = self.database();
            config.set("data", folder.display().to_string(), Source::Training);
            config.set("database", database, Source::Training);
        }
        for key in KEYS.iter().filter(|key| OWN.contains(&key.name)) {
            config.set(key.name, key.default.to_owned(), Source::Training);
        }
        config
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Flags, environment::Variables};

    /// What is said to a training copy as to the store: it makes the server no other one to anybody else.
    const THE_SAME: [&str; 40] = [
        "data",
        "database",
        "database_cache_mib",
        "database_unsafe",
        "listen",
        "trusted_proxies",
        "log.level",
        "log.format",
        "limits.body_bytes",
        "limits.bulk_bytes",
        "limits.large_bytes",
        "limits.connections",
        "limits.request_seconds",
        "limits.upload_seconds",
        "limits.streams",
        "approvals.hours",
        "files.quota_mib",
        "sign_in.second_factor",
        "public_url",
        // of no use without an issuer
        "oidc.name",
        "oidc.client_id",
        "oidc.client_secret_file",
        "oidc.scopes",
        "oidc.login_claim",
        "oidc.groups_claim",
        "oidc.roles",
        "oidc.create_users",
        "oidc.second_factor",
        // nothing is asked of anybody
        "outbound.origins",
        "outbound.ca_file",
        "shutdown.delay_seconds",
        "shutdown.patience_seconds",
        "verify.hour",
        // of backups that somebody makes by hand
        "backup.key_file",
        "backup.keep_hourly",
        "backup.keep_daily",
        "backup.keep_monthly",
        // of no use without lists
        "export.format",
        "export.locale",
        "export.every_hours",
    ];

    #[test]
    fn of_every_setting_it_is_decided_what_it_says_to_a_training_copy() {
        for key in KEYS {
            let (own, same) = (OWN.contains(&key.name), THE_SAME.contains(&key.name));
            assert!(own != same, "`{}`: does it reach beyond a training copy?", key.name);
        }
        assert_eq!(OWN.len() + THE_SAME.len(), KEYS.len());
    }

    #[test]
    fn what_reaches_beyond_a_training_copy_says_nothing_to_it() {
        let said = [
            ("STOCKWELL_DATA", "copy"),
            ("STOCKWELL_FILES_FOLDER", "/real/files"),
            ("STOCKWELL_SECRETS_KEY_FILE", "/real/key"),
            ("STOCKWELL_PUBLIC_URL", "https://stock.example"),
            ("STOCKWELL_OIDC_ISSUER", "https://idp.example"),
            ("STOCKWELL_OIDC_CLIENT_ID", "stock"),
            ("STOCKWELL_BACKUP_FOLDER", "/real/backups"),
            ("STOCKWELL_BACKUP_EVERY_HOURS", "6"),
            ("STOCKWELL_EXPORT_LISTS", "items"),
            ("STOCKWELL_EXPORT_FOLDER", "/real/exports"),
            ("STOCKWELL_EXPORT_URL", "https://lists.example/in"),
        ];
        let variables = Variables::of(said.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        let real = Config::read_with(&Flags::default(), &variables.unwrap()).unwrap();
        assert!(real.exports().unwrap().is_some_and(|scheduled| scheduled.target.is_some()));
        assert!(real.identity_provider().unwrap().is_some());
        assert_eq!(real.backup_hours().unwrap(), Some(6));
        let copy = real.in_training();
        assert!(copy.exports().unwrap().is_none());
        assert!(copy.export_target().unwrap().is_none());
        assert!(copy.identity_provider().unwrap().is_none());
        assert_eq!(copy.backup_hours().unwrap(), None);
        assert_eq!(copy.files_folder(), std::path::Path::new("copy/files"));
        assert_eq!(copy.backups(), std::path::Path::new("copy/backups"));
        assert_eq!(copy.master_key_file(), std::path::Path::new("copy/master.key"));
        assert_eq!(copy.text("public_url"), "https://stock.example");
        // with the data folder of the store, and the database of the copy
        let said = [("STOCKWELL_DATA", "store"), ("STOCKWELL_DATABASE", "sqlite:copy/stockwell.db")];
        let variables = Variables::of(said.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        let beside = Config::read_with(&Flags::default(), &variables.unwrap()).unwrap().in_training();
        assert_eq!(beside.files_folder(), std::path::Path::new("copy/files"));
        assert_eq!(beside.master_key_file(), std::path::Path::new("copy/master.key"));
        assert_eq!(beside.backups(), std::path::Path::new("copy/backups"));
        assert_eq!(beside.database(), "sqlite:copy/stockwell.db");
        let shown: Vec<(&str, String)> = copy
            .shown()
            .filter(|(key, ..)| OWN.contains(&key.name))
            .map(|(key, _, source)| (key.name, source.to_string()))
            .collect();
        assert!(
            shown.len() == OWN.len() && shown.iter().all(|(_, source)| source == "training copy"),
            "{shown:?}"
        );
    }
}
