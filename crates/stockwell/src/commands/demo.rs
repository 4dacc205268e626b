//! `stockwell demo`: a site with a real year of trade, ready to be asked. The first start makes the
//! folder; later ones find it as it was left.

use super::{import, key, serve};
use crate::cli::Call;
use crate::exit::{Done, Stop};
use clap::Args;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// The folder when none is named.
pub(crate) const FOLDER: &str = "stockwell-demo";
/// The file that keeps the key, and by being there says that the year is loaded.
const KEY_FILE: &str = "demo-key";

/// The real year, see the licence beside it.
const YEAR: &[u8] = include_bytes!("../../../../demo/online-retail/online-retail.csv.gz");

/// Where to listen.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// The address and port to listen on
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
}

pub(crate) fn run(call: Call<'_>, demo: &Demo) -> Done {
    let data = call.config.data();
    let key_file = data.join(KEY_FILE);
    let token = match fs::read_to_string(&key_file) {
        Ok(token) => token.trim().to_owned(),
        Err(_) => first_start(call, data, &key_file)?,
    };
    let address = call.config.text("listen");
    call.out.remark(&format!(
        "\nThe real year is in `{}`. Ask it:\n\n  \
         curl -H 'authorization: Bearer {token}' http://{address}/api/v1/items/85123A/stock\n  \
         curl -H 'authorization: Bearer {token}' 'http://{address}/api/v1/ledger?sku=85123A&limit=5'\n\n\
         The key is kept in `{}`. A user for people: `stockwell user add NAME --role administrator --data {}`\n",
        data.display(),
        key_file.display(),
        data.display()
    ));
    serve::run(call, &serve::Serve { listen: demo.listen.clone() })
}

/// Loads the year and makes the key.
fn first_start(call: Call<'_>, data: &Path, key_file: &Path) -> Result<String, Stop> {
    if call.config.database_file().is_some_and(|file| file.exists()) {
        return Err(Stop::CannotRun(format!(
            "`{}` holds something else, or a demo that was not loaded to its end: name another folder with `--data`, \
             or remove this one",
            data.display()
        )));
    }
    call.out.remark("the first start loads a real year of a shop; this takes a moment");
    let imported = import::year(call, YEAR)?;
    call.out.remark(&import::text(&imported));
    let token = key::machine(call.config, "demo")?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(key_file)?;
    writeln!(file, "{token}")?;
    Ok(token)
}
