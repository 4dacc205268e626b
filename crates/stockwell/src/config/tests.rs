//! The table of settings, and what each source says.

use super::*;

fn read(file: &str, environment: &[(&str, &str)], flags: Flags) -> Result<Config, Stop> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stockwell.toml");
    std::fs::write(&path, file).unwrap();
    let given = environment.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    Config::read_with(&Flags { config: Some(path), ..flags }, &Variables::of(given)?)
}

fn source(config: &Config, name: &str) -> String {
    let source = &config.values[name].1;
    if matches!(source, Source::File(_)) { "file".to_owned() } else { source.to_string() }
}

#[test]
fn a_default_of_a_command_comes_after_everything_that_somebody_said() {
    let flags = || Flags { defaults: &[("data", "demo")], ..Flags::default() };
    assert_eq!(read("", &[], flags()).unwrap().text("data"), "demo");
    assert_eq!(read("data = \"file\"", &[], flags()).unwrap().text("data"), "file");
    assert_eq!(read("", &[("STOCKWELL_DATA", "told")], flags()).unwrap().text("data"), "told");
    assert_eq!(read("", &[], Flags { data: Some("flag".into()), ..flags() }).unwrap().text("data"), "flag");
}

#[test]
fn flags_come_before_environment_before_file_before_default() {
    let file =
        "data = \"from-file\"\nlisten = \"127.0.0.1:1\"\n[log]\nlevel = \"warn\"\n[limits]\nstreams = 3\n";
    let environment = [("STOCKWELL_LISTEN", "127.0.0.1:2"), ("STOCKWELL_DATA", "from-environment")];
    let flags = Flags { data: Some("from-flag".into()), ..Flags::default() };
    let config = read(file, &environment, flags).unwrap();
    let told: Vec<(String, String)> = ["data", "listen", "log.level", "log.format"]
        .iter()
        .map(|name| (config.text(name).to_owned(), source(&config, name)))
        .collect();
    let expected = [
        ("from-flag", "flag"),
        ("127.0.0.1:2", "environment STOCKWELL_LISTEN"),
        ("warn", "file"),
        ("json", "default"),
    ];
    assert_eq!(told, expected.map(|(value, source)| (value.to_owned(), source.to_owned())));
    assert_eq!(config.limits().unwrap().streams_max, 3);
    assert_eq!(config.verify_hour().unwrap(), Some(2));
    let off = read("[verify]\nhour = \"off\"", &[], Flags::default()).unwrap();
    assert_eq!(off.verify_hour().unwrap(), None);
    assert_eq!(config.database(), "sqlite:from-flag/stockwell.db");
}

#[test]
fn what_makes_no_sense_is_refused_with_its_source() {
    let rows = [
        ("colour_of_the_door = 1", "there is no setting `colour_of_the_door`; see"),
        ("[log]\nlevl = \"warn\"", "there is no setting `log.levl`: is `log.level` meant?"),
        ("[backup]\nevery_hour = 1", "is `backup.every_hours` meant?"),
        ("[export]\nlists = \"items, things\"", "`things` is no list; there are `attributes`"),
        ("[export]\nformat = \"pdf\"", "`jsonl`, `csv`, `xlsx` or `parquet`"),
        ("[export]\nlocale = \"xx\"", "there is no such convention"),
        ("[approvals]\nhours = 0", "`0` is no number from 1 to 168"),
        ("[approvals]\nhours = 169", "`169` is no number from 1 to 168"),
        ("[files]\nstore = \"bucket\"", "`bucket` is neither `folder` nor `s3`"),
        ("[files]\nstore = \"s3\"", "the setting `files.s3.endpoint` (default): a bucket needs it"),
        ("[export]\nevery_hours = 169", "`169` is no number from 1 to 168"),
        ("[export]\nurl = \"lists.example/in\"", "`lists.example/in`"),
        ("[export]\nurl = \"https://lists.example/?a=b\"", "a name cannot be added to it"),
        ("[export]\ntoken_file = \"/nowhere\"", "the token of exports `/nowhere`: "),
        ("[backup]\nevery_hours = 169", "`169` is neither a number from 1 to 168 nor `off`"),
        ("[backup]\nkeep_daily = -1", "the setting `backup.keep_daily` (file"),
        ("data = ", "stockwell.toml"),
        ("listen = \"here\"", "the setting `listen` (file"),
        ("[limits]\nstreams = \"many\"", "the setting `limits.streams` (file"),
        ("[log]\nformat = \"xml\"", "the setting `log.format` (file"),
        ("[log]\nlevel = \"loud\"", "the setting `log.level` (file"),
        ("[sign_in]\nsecond_factor = \"admins\"", "`admins` is neither `administrators` nor `everybody`"),
        ("[outbound]\norigins = \"https://a, idp.lan\"", "`idp.lan` cannot be asked: it begins neither"),
        ("[outbound]\norigins = \"https://a/b\"", "there is more than a host and a port"),
        ("[outbound]\nca_file = \"/nowhere.pem\"", "`/nowhere.pem`: "),
        ("public_url = \"stock.example\"", "begins neither with `https://`"),
        ("[oidc]\nroles = \"clerks\"", "`clerks` is neither `GROUP=ROLE` nor"),
        ("[oidc]\nsecond_factor = \"mfa\"", "`mfa` is neither `amr:WORD` nor"),
        ("[oidc]\ncreate_users = \"perhaps\"", "`perhaps` is neither `true` nor `false`"),
        ("[oidc]\nissuer = \"idp.example\"", "`idp.example` is not an address"),
        ("[oidc]\nissuer = \"https://idp.example\"", "`oidc.issuer` needs it"),
        (
            "public_url = \"https://a\"\n[oidc]\nissuer = \"https://b\"\nclient_id = \"c\"\nscopes = \"profile\"",
            "`openid` is not among them",
        ),
        (
            "public_url = \"https://a\"\n[oidc]\nissuer = \"https://b\"\nclient_id = \"c\"\nclient_secret_file = \"/nowhere\"",
            "the client secret `/nowhere`: ",
        ),
        ("trusted_proxies = \"127.0.0.1, proxy\"", "`proxy` is neither an address nor a network"),
        ("trusted_proxies = \"10.0.0.1/8\"", "`10.0.0.1/8` is an address inside of the network `10.0.0.0/8`"),
        ("[verify]\nhour = 24", "`24` is neither an hour from 0 to 23 nor `off`"),
        ("[verify]\nhour = \"-1\"", "the setting `verify.hour` (file"),
    ];
    for (file, why) in rows {
        let stop = read(file, &[], Flags::default()).unwrap_err();
        assert_eq!(stop.code(), 78);
        assert!(stop.to_string().contains(why), "{stop}");
    }
}
