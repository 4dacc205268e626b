//! Settings of what is asked of other machines, and of who else lets people in.

use super::Config;
use crate::exit::Stop;
use crate::exports::Target;
use crate::key_file;
use access::{ClientSecret, Factor, GroupRole, IdentityProvider, Oidc};
use outbound::header::HeaderValue;
use outbound::{Origin, Outbound, OutboundError, Settings};
use std::path::{Path, PathBuf};

/// The page to which a browser comes back from the identity provider.
const PAGE: &str = "/sign-in/identity";

/// Origins that an operator may list.
const ORIGINS_MAX: usize = 100;

impl Config {
    /// The client for requests to other machines.
    ///
    /// # Errors
    /// [`Stop::Settings`] for what is no origin, and for a file of certificates that cannot be read.
    pub(crate) fn outbound(&self) -> Result<Outbound, Stop> {
        const ORIGINS: &str = "outbound.origins";
        const CA_FILE: &str = "outbound.ca_file";
        let texts = self.text(ORIGINS).split(',').map(str::trim).filter(|text| !text.is_empty());
        let read = |text: &str| Origin::parse(text).map_err(|error| self.wrong(ORIGINS, &error.to_string()));
        let origins: Vec<Origin> = texts.map(read).collect::<Result<_, _>>()?;
        if origins.len() > ORIGINS_MAX {
            return Err(self.wrong(ORIGINS, &format!("there are more than {ORIGINS_MAX} of them")));
        }
        let ca_file = Some(self.text(CA_FILE)).filter(|file| !file.is_empty()).map(PathBuf::from);
        Outbound::new(Settings { origins, ca_file }).map_err(|error| match error {
            OutboundError::Authorities { file, why } => {
                self.wrong(CA_FILE, &format!("`{}`: {why}", file.display()))
            }
            other => Stop::cannot_run(other),
        })
    }

    /// The address of this server as browsers show it, without a slash at its end; `None` when nobody has said it.
    ///
    /// # Errors
    /// [`Stop::Settings`] for what is no address of a whole server.
    pub(crate) fn public_url(&self) -> Result<Option<String>, Stop> {
        const NAME: &str = "public_url";
        match self.text(NAME) {
            "" => Ok(None),
            text => match Origin::parse(text) {
                Ok(origin) => Ok(Some(origin.to_string())),
                Err(error) => Err(self.wrong(NAME, &error.to_string())),
            },
        }
    }

    /// By whom else people sign in; `None` for nobody.
    ///
    /// # Errors
    /// [`Stop::Settings`] for what lacks beside an issuer, and for what makes no sense; also what [`Config::outbound`]
    /// refuses.
    pub(crate) fn identity_provider(&self) -> Result<Option<IdentityProvider>, Stop> {
        let outbound = self.outbound()?;
        let public_url = self.public_url()?;
        let roles =
            self.parts("oidc.roles", ';', GroupRole::parse, "neither `GROUP=ROLE` nor `GROUP=ROLE@PLACE`")?;
        let second_factor =
            self.parts("oidc.second_factor", ',', Factor::parse, "neither `amr:WORD` nor `acr:WORD`")?;
        let creates_users = self.flag("oidc.create_users")?;
        let issuer = self.text("oidc.issuer");
        if issuer.is_empty() {
            return Ok(None);
        }
        if !issuer.starts_with("https://") && !issuer.starts_with("http://") {
            return Err(self.wrong("oidc.issuer", &format!("`{issuer}` is not an address")));
        }
        let needed = |name: &str| match self.text(name) {
            "" => Err(self.wrong(name, "`oidc.issuer` needs it")),
            text => Ok(text.to_owned()),
        };
        let public_url = public_url.map_or_else(|| needed("public_url"), Ok)?;
        if !self.text("oidc.scopes").split_whitespace().any(|scope| scope == "openid") {
            return Err(self.wrong("oidc.scopes", "`openid` is not among them"));
        }
        let oidc = Oidc {
            issuer: issuer.to_owned(),
            name: needed("oidc.name")?,
            client_id: needed("oidc.client_id")?,
            client_secret: self.client_secret()?,
            redirect_uri: format!("{public_url}{PAGE}"),
            scopes: self.text("oidc.scopes").split_whitespace().collect::<Vec<_>>().join(" "),
            login_claim: needed("oidc.login_claim")?,
            groups_claim: needed("oidc.groups_claim")?,
            roles,
            creates_users,
            second_factor,
        };
        Ok(Some(IdentityProvider::new(oidc, outbound)))
    }

    /// Where lists are sent; `None` for nowhere.
    ///
    /// # Errors
    /// [`Stop::Settings`] for what is no address of a folder, for a token that cannot be read or stands in no header, and
    /// for a token without an address.
    pub(crate) fn export_target(&self) -> Result<Option<Target>, Stop> {
        const URL: &str = "export.url";
        const TOKEN: &str = "export.token_file";
        let token = match self.text(TOKEN) {
            "" => None,
            file => {
                let text = key_file::read_text("the token of exports", Path::new(file))?;
                let mut value = HeaderValue::from_str(&format!("Bearer {text}"))
                    .map_err(|_| self.wrong(TOKEN, "what is in it cannot stand in a header"))?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        let url = self.text(URL).trim_end_matches('/');
        if url.is_empty() {
            return if token.is_some() { Err(self.wrong(TOKEN, "`export.url` is empty")) } else { Ok(None) };
        }
        Origin::of_folder(url).map_err(|why| self.wrong(URL, &why.to_string()))?;
        Ok(Some(Target { url: url.to_owned(), token, outbound: self.outbound()? }))
    }

    /// The entries of a setting with marks between them.
    fn parts<T>(
        &self,
        name: &str,
        mark: char,
        parse: fn(&str) -> Option<T>,
        why: &str,
    ) -> Result<Vec<T>, Stop> {
        let parts = self.text(name).split(mark).map(str::trim).filter(|part| !part.is_empty());
        let read = |text: &str| parse(text).ok_or_else(|| self.wrong(name, &format!("`{text}` is {why}")));
        parts.map(read).collect()
    }

    /// What the identity provider knows this server by.
    fn client_secret(&self) -> Result<Option<ClientSecret>, Stop> {
        match self.text("oidc.client_secret_file") {
            "" => Ok(None),
            file => key_file::read_text("the client secret", Path::new(file))
                .map(|text| Some(ClientSecret::new(text))),
        }
    }
}
