//! Configuration: flags, then environment, then file, then default. Every value knows where it
//! came from. This is the only place that reads the environment.

mod elsewhere;
mod environment;
mod files;
mod training;

use crate::backup::Key as SealingKey;
use crate::backup::keep::Keep;
use crate::exit::Stop;
use crate::exports::Scheduled;
use crate::key_file;
use crate::logging;
pub(crate) use crate::secret::without_password;
use access::Demand;
use domain::network::{BadNetwork, Network};
use environment::Variables;
pub(crate) use environment::variable;
use exchange::export::{Format, What};
use exchange::table::Locale;
pub(crate) use files::FilePlace;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tracing_subscriber::EnvFilter;
use web::{MasterKey, Proxies};

/// One thing that can be set.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name in the file, with dots between the tables.
    pub name: &'static str,
    /// What holds when nothing is said.
    pub default: &'static str,
    /// What it does.
    pub about: &'static str,
}

const fn key(name: &'static str, default: &'static str, about: &'static str) -> Key {
    Key { name, default, about }
}

/// Everything that can be set.
pub const KEYS: [Key; 56] = [
    key("data", "stockwell-data", "the folder of the data"),
    key("database", "", "`sqlite:PATH` or `postgres://…`; a file in the data folder when empty"),
    key(
        "database_cache_mib",
        "16",
        "mebibytes of a database file that its writer keeps in memory, from 1 to 4096; more for many millions of movements",
    ),
    key("listen", "127.0.0.1:8080", "the address to listen on"),
    key(
        "trusted_proxies",
        "",
        "addresses and networks of proxies whose `X-Forwarded-For` is believed, with commas between them, such as `127.0.0.1, 10.0.0.0/8`",
    ),
    key(
        "log.level",
        "info",
        "`off`, `error`, `warn`, `info`, `debug` or `trace`, and after it others for parts, such as `info,web=debug`",
    ),
    key("log.format", "json", "`json` or `text`"),
    key("limits.body_bytes", "2097152", "bytes of a JSON body"),
    key("limits.bulk_bytes", "20971520", "bytes of the body of a bulk route"),
    key("limits.large_bytes", "268435456", "bytes that bodies above 64 KiB take in memory together"),
    key("limits.connections", "4096", "connections at the same time"),
    key("limits.request_seconds", "30", "seconds until an answer must begin"),
    key("limits.upload_seconds", "600", "seconds until an answer must begin when a file is sent"),
    key("limits.streams", "10", "event streams at the same time for one key"),
    key("approvals.hours", "72", "how long a command waits for a second person, in hours, from 1 to 168"),
    key(
        "files.store",
        "folder",
        "where files that are attached to records are kept: in a `folder`, or in a bucket of an S3-compatible store (`s3`)",
    ),
    key(
        "files.folder",
        "",
        "the folder of files, where those for a bucket wait while they are received; `files` in the data folder when empty",
    ),
    key("files.s3.endpoint", "", "the address of the store, such as `https://s3.eu-central-1.amazonaws.com`"),
    key("files.s3.region", "us-east-1", "the region that requests to it are signed for"),
    key("files.s3.bucket", "", "the bucket"),
    key(
        "files.s3.prefix",
        "",
        "what the names in the bucket begin with, such as `stockwell`; nothing when empty",
    ),
    key(
        "files.s3.path_style",
        "true",
        "whether the bucket stands in the path of addresses (`https://host/bucket/…`), and not in their host",
    ),
    key(
        "files.s3.credentials_file",
        "",
        "a file for its owner alone: the access key on its first line, the secret on its second",
    ),
    key("files.quota_mib", "10240", "mebibytes of files that one user or key may have attached"),
    key(
        "sign_in.second_factor",
        "administrators",
        "of whom a second factor is demanded at signing in: of `administrators` (whoever may change who may act, or how the product is set), of `everybody`, or of `nobody`",
    ),
    key(
        "secrets.key_file",
        "",
        "the file of the key that second factors are sealed with; `master.key` in the data folder when empty, where it is made",
    ),
    key(
        "public_url",
        "",
        "the address of this server as browsers show it, such as `https://stock.example`; passkeys and the identity provider are bound to it",
    ),
    key(
        "oidc.issuer",
        "",
        "the identity provider by which people sign in, such as `https://idp.example/realms/main`; none when empty",
    ),
    key("oidc.name", "Single sign-on", "how it is called on the page"),
    key("oidc.client_id", "", "what it calls this server"),
    key(
        "oidc.client_secret_file",
        "",
        "the file of what it knows this server by, for its owner alone; without one when empty",
    ),
    key("oidc.scopes", "openid profile", "what is asked of it, with blanks between"),
    key("oidc.login_claim", "preferred_username", "the claim that becomes the login of a new user"),
    key("oidc.groups_claim", "groups", "the claim with the groups of somebody"),
    key(
        "oidc.roles",
        "",
        "which roles its groups have, with semicolons between them: `GROUP=ROLE` everywhere, `GROUP=ROLE@PLACE` there",
    ),
    key("oidc.create_users", "false", "whether whoever it knows and this server does not is made a user"),
    key(
        "oidc.second_factor",
        "amr:mfa",
        "in which claims it says that it has asked for a second factor, with commas between, such as `amr:mfa, acr:gold`; never when empty",
    ),
    key(
        "outbound.origins",
        "",
        "where else the server may send requests than to public addresses over `https`, with commas between them, such as `https://idp.lan, http://10.0.0.5:9000`",
    ),
    key(
        "outbound.ca_file",
        "",
        "a file with certificates of authorities that are believed beside those of the machine when the server sends requests",
    ),
    key("shutdown.delay_seconds", "5", "seconds between `not ready` and the end of accepting"),
    key("shutdown.patience_seconds", "30", "seconds that running requests may take after that"),
    key(
        "verify.hour",
        "2",
        "the hour of the day, in UTC, at which the server verifies the books; `off` for never",
    ),
    key(
        "backup.folder",
        "",
        "where backups go that are given no name; `backups` in the data folder when empty",
    ),
    key("backup.key_file", "", "the file of the key that backups are sealed with; they are not when empty"),
    key(
        "backup.every_hours",
        "off",
        "after how many hours the server makes the next backup by itself, from 1 to 168; `off` for never",
    ),
    key("backup.keep_hourly", "24", "of how many hours the last backup is kept"),
    key("backup.keep_daily", "14", "of how many days the last backup is kept"),
    key("backup.keep_monthly", "12", "of how many months the last backup is kept"),
    key(
        "export.lists",
        "",
        "the lists that the server writes by itself, with commas between; none when empty",
    ),
    key("export.folder", "", "where they are written; `exports` in the data folder when empty"),
    key("export.format", "csv", Format::WORDS),
    key("export.locale", "iso", "how numbers and dates are written in CSV, such as `de`"),
    key(
        "export.url",
        "",
        "the address that they are sent to as well, each by `PUT` under its name; nowhere when empty",
    ),
    key("export.token_file", "", "the file of the token that is sent along as `Bearer`; none when empty"),
    key("export.every_hours", "24", "after how many hours they are written again, from 1 to 168"),
    key(
        "database_unsafe",
        "false",
        "accept a PostgreSQL that does not sync its commits; never for data that matters",
    ),
];

/// The most memory that the writer of a database file may be given, in mebibytes.
const CACHE_MIB_MAX: u32 = 4_096;

/// Where a value came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// Nobody said anything.
    Default,
    /// The configuration file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// A flag of the command line.
    Flag,
    /// The database, which is a training copy.
    Training,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Default => f.write_str("default"),
            Source::File(path) => write!(f, "file {}", path.display()),
            Source::Environment(name) => write!(f, "environment {name}"),
            Source::Flag => f.write_str("flag"),
            Source::Training => f.write_str("training copy"),
        }
    }
}

/// What is set, with sources.
#[derive(Clone, Debug)]
pub struct Config {
    values: BTreeMap<&'static str, (String, Source)>,
}

/// What the command line says.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--data`.
    pub data: Option<PathBuf>,
    /// `--database`.
    pub database: Option<String>,
    /// `--listen`.
    pub listen: Option<String>,
    /// What holds when nobody says anything, for a command with defaults of its own.
    pub defaults: &'static [(&'static str, &'static str)],
}

impl Config {
    /// Reads everything.
    ///
    /// # Errors
    /// [`Stop::Settings`] for a file that cannot be read, for settings that there are not, and for
    /// values that make no sense; [`Stop::Usage`] for such a value of a flag.
    pub fn read(flags: &Flags) -> Result<Config, Stop> {
        Config::read_with(flags, &Variables::of_process()?)
    }

    fn read_with(flags: &Flags, variables: &Variables) -> Result<Config, Stop> {
        let mut config = Config {
            values: KEYS.iter().map(|key| (key.name, (key.default.to_owned(), Source::Default))).collect(),
        };
        let path_text = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        for (name, value) in flags.defaults {
            config.set(name, (*value).to_owned(), Source::Default);
        }
        let named = flags.config.clone().or_else(|| variables.get(environment::FILE).map(PathBuf::from));
        if let Some(path) = named {
            config.take_file(&path)?;
        }
        for key in KEYS {
            let name = variable(key.name);
            if let Some(value) = variables.get(&name) {
                config.set(key.name, value.to_owned(), Source::Environment(name));
            }
        }
        let given = [
            ("data", path_text(&flags.data)),
            ("database", flags.database.clone()),
            ("listen", flags.listen.clone()),
        ];
        for (name, value) in given {
            if let Some(value) = value {
                config.set(name, value, Source::Flag);
            }
        }
        config.check()?;
        Ok(config)
    }

    fn set(&mut self, name: &str, value: String, source: Source) {
        if let Some(slot) = self.values.get_mut(name) {
            *slot = (value, source);
        }
    }

    fn take_file(&mut self, path: &Path) -> Result<(), Stop> {
        let wrong = |error: &dyn fmt::Display| Stop::Settings(format!("`{}`: {error}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            // without the line itself, which may hold a password
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            wrong(&format!("line {}: {}", before.matches('\n').count() + 1, error.message()))
        })?;
        let mut found = Vec::new();
        flatten("", &table, &mut found);
        for (name, value) in found {
            let Some(key) = KEYS.iter().find(|key| key.name == name) else {
                let meant = environment::meant(&name, KEYS.iter().map(|key| key.name));
                return Err(wrong(&format!(
                    "there is no setting `{name}`{meant}; see `stockwell config show`"
                )));
            };
            self.set(key.name, value, Source::File(path.to_owned()));
        }
        Ok(())
    }

    /// Every typed reader is tried once, so that a wrong value is refused at the start.
    fn check(&self) -> Result<(), Stop> {
        self.listen()?;
        self.limits()?;
        self.files_quota()?;
        self.blobs()?;
        self.closing()?;
        self.verify_hour()?;
        self.demand()?;
        self.proxies()?;
        self.flag("database_unsafe")?;
        self.cache_kib()?;
        self.log_filter()?;
        self.backup_hours()?;
        self.backup_keep()?;
        self.exports()?;
        self.identity_provider()?;
        match self.text("log.format") {
            "json" | "text" => Ok(()),
            other => Err(self.wrong("log.format", &format!("`{other}` is neither `json` nor `text`"))),
        }
    }

    fn wrong(&self, name: &str, why: &str) -> Stop {
        match self.values.get(name).map_or(&Source::Default, |(_, source)| source) {
            // whoever wrote it sees the call in front of them
            Source::Flag => Stop::Usage(format!("`--{name}`: {why}")),
            source => Stop::Settings(format!("the setting `{name}` ({source}): {why}")),
        }
    }

    /// The same settings with another folder of data.
    pub(crate) fn with_data(&self, folder: &Path) -> Config {
        let mut config = self.clone();
        config.set("data", folder.display().to_string(), Source::Flag);
        config
    }

    /// The same for another database.
    pub(crate) fn with_database(&self, url: &str) -> Config {
        let mut config = self.clone();
        config.set("database", url.to_owned(), Source::Flag);
        config
    }

    /// A value as text.
    pub fn text(&self, name: &str) -> &str {
        self.values.get(name).map_or("", |(value, _)| value)
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> Result<T, Stop> {
        let text = self.text(name);
        text.parse().map_err(|_| self.wrong(name, &format!("`{text}` is not a number that makes sense here")))
    }

    /// A value that is `true` or `false`.
    ///
    /// # Errors
    /// [`Stop::Settings`] for any other text.
    pub fn flag(&self, name: &str) -> Result<bool, Stop> {
        let text = self.text(name);
        text.parse().map_err(|_| self.wrong(name, &format!("`{text}` is neither `true` nor `false`")))
    }

    /// The page cache of the writer of a database file, in kibibytes.
    ///
    /// # Errors
    /// [`Stop::Settings`] for what is no number from 1 to [`CACHE_MIB_MAX`].
    pub(crate) fn cache_kib(&self) -> Result<u32, Stop> {
        const NAME: &str = "database_cache_mib";
        let mib: u32 = self.number(NAME)?;
        if (1..=CACHE_MIB_MAX).contains(&mib) {
            Ok(mib * 1024)
        } else {
            Err(self.wrong(NAME, &format!("`{mib}` is not from 1 to {CACHE_MIB_MAX}")))
        }
    }

    /// The folder of the data.
    pub fn data(&self) -> &Path {
        Path::new(self.text("data"))
    }

    /// The URL of the database.
    pub fn database(&self) -> String {
        match self.text("database") {
            "" => format!("sqlite:{}", self.data().join("stockwell.db").display()),
            url => url.to_owned(),
        }
    }

    /// The file of the embedded database; `None` on PostgreSQL.
    pub fn database_file(&self) -> Option<PathBuf> {
        file_of(&self.database())
    }

    /// The file of the master key.
    pub(crate) fn master_key_file(&self) -> PathBuf {
        match self.text("secrets.key_file") {
            "" => self.data().join("master.key"),
            file => PathBuf::from(file),
        }
    }

    /// The master key. In the data folder it is made when it is not there; a file that somebody has named has to be
    /// there, for it may only be out of reach.
    ///
    /// # Errors
    /// [`Stop::Settings`] when it cannot be read, or is not for its owner alone.
    pub(crate) fn master_key(&self) -> Result<MasterKey, Stop> {
        const WHAT: &str = "the master key";
        let file = self.master_key_file();
        let made = self.text("secrets.key_file").is_empty();
        let key = if made { key_file::read_or_make(WHAT, &file) } else { key_file::read(WHAT, &file) };
        key.map(MasterKey::new)
    }

    /// Of whom a second factor is demanded.
    ///
    /// # Errors
    /// [`Stop::Settings`] for another word.
    pub(crate) fn demand(&self) -> Result<Demand, Stop> {
        const NAME: &str = "sign_in.second_factor";
        let text = self.text(NAME);
        Demand::parse(text).ok_or_else(|| {
            self.wrong(NAME, &format!("`{text}` is neither `administrators` nor `everybody` nor `nobody`"))
        })
    }

    /// The folder of backups.
    pub(crate) fn backups(&self) -> PathBuf {
        match self.text("backup.folder") {
            "" => self.data().join("backups"),
            folder => PathBuf::from(folder),
        }
    }

    /// What backups are sealed with, if anything.
    ///
    /// # Errors
    /// [`Stop::Settings`] when the file of the key cannot be read, or is not for its owner alone.
    pub(crate) fn backup_key(&self) -> Result<Option<SealingKey>, Stop> {
        match self.text("backup.key_file") {
            "" => Ok(None),
            file => SealingKey::read(Path::new(file)).map(Some),
        }
    }

    /// After how many hours the server makes the next backup; `None` for never.
    ///
    /// # Errors
    /// [`Stop::Settings`] for what is no such number.
    pub(crate) fn backup_hours(&self) -> Result<Option<u16>, Stop> {
        const NAME: &str = "backup.every_hours";
        match (self.text(NAME), self.text(NAME).parse()) {
            ("off", _) => Ok(None),
            (_, Ok(hours @ 1..=168)) => Ok(Some(hours)),
            (text, _) => {
                Err(self.wrong(NAME, &format!("`{text}` is neither a number from 1 to 168 nor `off`")))
            }
        }
    }

    /// How many backups are kept.
    ///
    /// # Errors
    /// [`Stop::Settings`] for what is no number.
    pub(crate) fn backup_keep(&self) -> Result<Keep, Stop> {
        Ok(Keep {
            hourly: self.number("backup.keep_hourly")?,
            daily: self.number("backup.keep_daily")?,
            monthly: self.number("backup.keep_monthly")?,
        })
    }

    /// The lists that the server writes by itself; `None` for none.
    ///
    /// # Errors
    /// [`Stop::Settings`] for a list, a form or a convention that there is not, and for what is no number of hours.
    pub(crate) fn exports(&self) -> Result<Option<Scheduled>, Stop> {
        const HOURS: &str = "export.every_hours";
        let names = self.text("export.lists").split(',').map(str::trim).filter(|name| !name.is_empty());
        let unknown = |name: &str| {
            let known: Vec<&str> = What::ALL.iter().map(|what| what.word()).collect();
            self.wrong("export.lists", &format!("`{name}` is no list; there are `{}`", known.join("`, `")))
        };
        let lists: Vec<What> =
            names.map(|name| What::parse(name).ok_or_else(|| unknown(name))).collect::<Result<_, _>>()?;
        let locale = Locale::parse(self.text("export.locale")).ok_or_else(|| {
            self.wrong(
                "export.locale",
                &format!("there is no such convention; there are `{}`", Locale::names()),
            )
        })?;
        let format = match Format::parse(self.text("export.format")) {
            Some(Format::Csv(_)) => Format::Csv(locale),
            Some(format) => format,
            None => return Err(self.wrong("export.format", Format::WORDS)),
        };
        let Ok(every_hours @ 1..=168) = self.text(HOURS).parse() else {
            return Err(self.wrong(HOURS, &format!("`{}` is no number from 1 to 168", self.text(HOURS))));
        };
        let folder = match self.text("export.folder") {
            "" => self.data().join("exports"),
            folder => PathBuf::from(folder),
        };
        let target = self.export_target()?;
        Ok((!lists.is_empty()).then_some(Scheduled { lists, format, folder, every_hours, target }))
    }

    /// Where to listen.
    ///
    /// # Errors
    /// [`Stop::Settings`] for what is no IP address with a port, [`Stop::Usage`] when a flag says so.
    pub fn listen(&self) -> Result<std::net::SocketAddr, Stop> {
        let text = self.text("listen");
        let why = format!(
            "`{text}` is not an IP address with a port, such as `127.0.0.1:8080`, or `0.0.0.0:8080` for all addresses \
             of this machine"
        );
        text.parse().map_err(|_| self.wrong("listen", &why))
    }

    /// Whose word is taken for where a request comes from.
    ///
    /// # Errors
    /// [`Stop::Settings`] for what is neither an address nor a network.
    pub(crate) fn proxies(&self) -> Result<Proxies, Stop> {
        const NAME: &str = "trusted_proxies";
        let texts = self.text(NAME).split(',').map(str::trim).filter(|text| !text.is_empty());
        let networks = texts.map(|text| {
            Network::parse(text).map_err(|error| {
                let why = match error {
                    BadNetwork::Malformed => {
                        "is neither an address nor a network, such as `10.0.0.0/8`".to_owned()
                    }
                    BadNetwork::Inside(network) => format!("is an address inside of the network `{network}`"),
                };
                self.wrong(NAME, &format!("`{text}` {why}"))
            })
        });
        networks.collect::<Result<Vec<_>, _>>().map(Proxies::new)
    }

    /// Which lines the log has.
    ///
    /// # Errors
    /// [`Stop::Settings`] for a level that there is not.
    pub(crate) fn log_filter(&self) -> Result<EnvFilter, Stop> {
        logging::filter(self.text("log.level")).map_err(|why| self.wrong("log.level", &why))
    }

    /// The limits of the doors.
    ///
    /// # Errors
    /// [`Stop::Settings`] for what is no number.
    pub fn limits(&self) -> Result<web::Limits, Stop> {
        Ok(web::Limits {
            body_bytes_max: self.number("limits.body_bytes")?,
            bulk_bytes_max: self.number("limits.bulk_bytes")?,
            large_bytes_max: self.number("limits.large_bytes")?,
            request_time_max: Duration::from_secs(self.number("limits.request_seconds")?),
            upload_time_max: Duration::from_secs(self.number("limits.upload_seconds")?),
            connections_max: self.number("limits.connections")?,
            streams_max: self.number("limits.streams")?,
            approval_time_max: self.approval_time()?,
        })
    }

    /// How long a command waits for a second person: no longer than its answer is kept.
    fn approval_time(&self) -> Result<Duration, Stop> {
        const NAME: &str = "approvals.hours";
        match self.text(NAME).parse() {
            Ok(hours @ 1..=168) => Ok(Duration::from_hours(hours)),
            _ => Err(self.wrong(NAME, &format!("`{}` is no number from 1 to 168", self.text(NAME)))),
        }
    }

    /// How the server ends.
    ///
    /// # Errors
    /// [`Stop::Settings`] for what is no number.
    pub fn closing(&self) -> Result<web::Closing, Stop> {
        Ok(web::Closing {
            delay: Duration::from_secs(self.number("shutdown.delay_seconds")?),
            patience: Duration::from_secs(self.number("shutdown.patience_seconds")?),
        })
    }

    /// The hour of the day, in UTC, at which the books are verified; `None` for never.
    ///
    /// # Errors
    /// [`Stop::Settings`] for what is no hour.
    pub fn verify_hour(&self) -> Result<Option<u8>, Stop> {
        match self.text("verify.hour") {
            "off" => Ok(None),
            text => match text.parse() {
                Ok(hour @ 0..24) => Ok(Some(hour)),
                _ => {
                    Err(self
                        .wrong("verify.hour", &format!("`{text}` is neither an hour from 0 to 23 nor `off`")))
                }
            },
        }
    }

    /// All values with their sources, without secrets.
    pub fn shown(&self) -> impl Iterator<Item = (Key, String, &Source)> {
        KEYS.iter().filter_map(|key| {
            let (value, source) = self.values.get(key.name)?;
            Some((*key, without_password(value), source))
        })
    }
}

/// The file that the URL of a database names; `None` for a server.
pub(crate) fn file_of(url: &str) -> Option<PathBuf> {
    url.strip_prefix("sqlite:").map(|path| PathBuf::from(path.strip_prefix("//").unwrap_or(path)))
}

fn flatten(above: &str, table: &toml::Table, found: &mut Vec<(String, String)>) {
    for (name, value) in table {
        let name = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
        match value {
            toml::Value::Table(inner) => flatten(&name, inner, found),
            toml::Value::String(text) => found.push((name, text.clone())),
            toml::Value::Integer(number) => found.push((name, number.to_string())),
            toml::Value::Boolean(flag) => found.push((name, flag.to_string())),
            // no setting is a list, a fraction or a date: it will not be read as what is wanted
            other => found.push((name, format!("{other:?}"))),
        }
    }
}

#[cfg(test)]
mod tests;
