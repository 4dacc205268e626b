//! What a change makes of the address and the contacts of a site. Pure.

use super::Site;
use crate::code;
use domain::given::given;
use domain::{AsProblem, Code, Country, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most lines of an address above the town.
pub const ADDRESS_LINES_MAX: usize = 4;
/// The most contacts of a site.
pub const CONTACTS_MAX: usize = 20;
/// The longest number of a telephone, in characters.
pub const PHONE_CHARS_MAX: usize = 40;
/// The longest address of electronic mail, in characters.
pub const EMAIL_CHARS_MAX: usize = 254;

/// A postal address.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// Building, street and number, in 1 to 4 lines.
    pub lines: Vec<String>,
    /// The town.
    #[serde(default)]
    pub city: Option<String>,
    /// A state, province or county, where the post asks for it.
    #[serde(default)]
    pub region: Option<String>,
    /// The postal code.
    #[serde(default)]
    pub postcode: Option<String>,
    /// The country by its two capital letters of ISO 3166, such as `GB`.
    pub country: String,
}

/// Who is reached at a site.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// What for, such as `Goods in`.
    pub label: String,
    /// A person or a desk.
    #[serde(default)]
    pub name: Option<String>,
    /// A telephone number.
    #[serde(default)]
    pub phone: Option<String>,
    /// An address of electronic mail.
    #[serde(default)]
    pub email: Option<String>,
}

/// A change of a site: left out means as it was.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeSite {
    /// Its address; null takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Address>)]
    pub address: Option<Option<Address>>,
    /// All its contacts, in place of those that it has; an empty list takes them away.
    #[serde(default)]
    pub contacts: Option<Vec<Contact>>,
}

/// The site after the change, and the fields that differ. No field means that nothing is to be done.
pub(crate) fn plan(before: &Site, change: &ChangeSite) -> Result<(Site, Vec<&'static str>), Problem> {
    let ChangeSite { address, contacts } = change;
    let mut after = before.clone();
    if let Some(address) = address {
        after.address = address.as_ref().map(read_address).transpose()?;
    }
    if let Some(contacts) = contacts {
        after.contacts = read_contacts(contacts)?;
    }
    let differing =
        [("address", before.address != after.address), ("contacts", before.contacts != after.contacts)];
    let fields = differing.into_iter().filter_map(|(field, differs)| differs.then_some(field)).collect();
    Ok((after, fields))
}

/// A name that may be left out.
fn optional(text: Option<&String>, pointer: &str) -> Result<Option<String>, Problem> {
    text.map(|text| code::name(text, pointer)).transpose()
}

fn read_address(address: &Address) -> Result<Address, Problem> {
    let Address { lines, city, region, postcode, country } = address;
    if lines.is_empty() || lines.len() > ADDRESS_LINES_MAX {
        let detail = format!("an address has 1 to {ADDRESS_LINES_MAX} lines, this one has `{}`", lines.len());
        let code = if lines.is_empty() { Code::InvalidValue } else { Code::TooMany };
        return Err(Problem::at(code, "/address/lines", detail));
    }
    let line = |(at, line): (usize, &String)| code::name(line, &format!("/address/lines/{at}"));
    let country = Country::parse(country).map_err(|error| error.problem("/address/country"))?;
    Ok(Address {
        lines: lines.iter().enumerate().map(line).collect::<Result<_, _>>()?,
        city: optional(city.as_ref(), "/address/city")?,
        region: optional(region.as_ref(), "/address/region")?,
        postcode: optional(postcode.as_ref(), "/address/postcode")?,
        country: country.code().to_owned(),
    })
}

fn read_contacts(contacts: &[Contact]) -> Result<Vec<Contact>, Problem> {
    if contacts.len() > CONTACTS_MAX {
        let detail = format!("a site has at most {CONTACTS_MAX} contacts, these are `{}`", contacts.len());
        return Err(Problem::at(Code::TooMany, "/contacts", detail));
    }
    contacts.iter().enumerate().map(|(at, contact)| read_contact(at, contact)).collect()
}

fn read_contact(at: usize, contact: &Contact) -> Result<Contact, Problem> {
    let Contact { label, name, phone, email } = contact;
    let pointer = |field: &str| format!("/contacts/{at}/{field}");
    if name.is_none() && phone.is_none() && email.is_none() {
        let detail = "a contact has a name, a phone or an email; give at least one of them";
        return Err(Problem::at(Code::InvalidValue, format!("/contacts/{at}"), detail));
    }
    Ok(Contact {
        label: code::name(label, &pointer("label"))?,
        name: optional(name.as_ref(), &pointer("name"))?,
        phone: phone.as_ref().map(|phone| read_phone(phone, &pointer("phone"))).transpose()?,
        email: email.as_ref().map(|email| read_email(email, &pointer("email"))).transpose()?,
    })
}

/// Refuses a text that is longer than so many characters.
fn at_most(what: &str, text: &str, max: usize, pointer: &str) -> Result<(), Problem> {
    let chars = text.chars().count();
    if chars <= max {
        return Ok(());
    }
    let detail = format!("{what} is at most {max} characters long, this one has `{chars}`");
    Err(Problem::at(Code::LimitExceeded, pointer, detail))
}

/// Numbers are written in many ways; what none of them has is refused.
fn read_phone(text: &str, pointer: &str) -> Result<String, Problem> {
    let phone = text.trim();
    at_most("a telephone number", phone, PHONE_CHARS_MAX, pointer)?;
    let digits = phone.chars().filter(char::is_ascii_digit).count();
    let known = |c: char| c.is_ascii_digit() || " +-./()x".contains(c);
    if digits < 3 || !phone.chars().all(known) {
        let detail = "a telephone number has at least three digits, and beside them only ` + - . / ( ) x`";
        return Err(Problem::at(Code::InvalidValue, pointer, detail));
    }
    Ok(phone.to_owned())
}

/// Whether mail arrives only mail can tell; here it is seen that something stands on both sides of one `@`.
fn read_email(text: &str, pointer: &str) -> Result<String, Problem> {
    let email = text.trim();
    at_most("an address of electronic mail", email, EMAIL_CHARS_MAX, pointer)?;
    let whole = email.split_once('@').is_some_and(|(to, at)| {
        !to.is_empty() && !at.is_empty() && !at.contains('@') && !at.starts_with('.') && !at.ends_with('.')
    });
    if !whole || email.chars().any(|c| c.is_whitespace() || c.is_control()) {
        let detail = "an address of electronic mail looks like `goods-in@example.com`";
        return Err(Problem::at(Code::InvalidValue, pointer, detail));
    }
    Ok(email.to_owned())
}
