//! Refusals: a closed list of codes, each with a kind and a page under `docs/problems/`.
//!
//! A [`Problem`] is what every door shows: the HTTP answer, the command line and the import
//! report are made from the same value. Nothing internal (SQL, paths) is ever put into one.

use std::borrow::Cow;
use std::fmt;

/// What the caller can do about a problem. The HTTP status follows from it, in `web`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// The request cannot be read (400).
    Malformed,
    /// No key came with the request, or it is not valid (401).
    Unauthenticated,
    /// Signed in, but not allowed (403).
    Forbidden,
    /// It does not exist, or is outside of the caller's scope (404).
    NotFound,
    /// The state of the world is against it (409).
    Conflict,
    /// The caller's version is not the current one (412).
    Stale,
    /// Larger than a named limit (413).
    TooLarge,
    /// A content type or a method that is not supported (415).
    Unsupported,
    /// Readable, but a value is not acceptable (422).
    Invalid,
    /// A header that the request must carry is missing (428).
    PreconditionRequired,
    /// Too many requests (429).
    Throttled,
    /// A fault of ours (500).
    Internal,
    /// Try again shortly (503).
    Busy,
    /// The disk is full; the store is read-only (507).
    StorageFull,
}

macro_rules! codes {
    ($($kind:ident { $($name:ident = $word:literal, $title:literal;)* })*) => {
        /// The code of a problem: stable, documented, tested.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Code {
            $($(#[doc = $title] $name,)*)*
        }

        impl Code {
            /// All codes.
            pub const ALL: &'static [Code] = &[$($(Code::$name,)*)*];

            /// The word used on the wire and as the name of its page.
            pub const fn word(self) -> &'static str {
                match self { $($(Code::$name => $word,)*)* }
            }

            /// A short sentence that is the same for every occurrence.
            pub const fn title(self) -> &'static str {
                match self { $($(Code::$name => $title,)*)* }
            }

            /// What the caller can do about it.
            pub const fn kind(self) -> Kind {
                match self { $($(Code::$name => Kind::$kind,)*)* }
            }
        }
    };
}

codes! {
    Malformed {
        MalformedBody = "malformed_body", "The body is not the JSON that this route takes";
        MalformedParameter = "malformed_parameter", "A parameter of the address cannot be read";
        MalformedHeader = "malformed_header", "A header cannot be read";
        UnknownParameter = "unknown_parameter", "The address has a parameter that this route does not know";
        MalformedFile = "malformed_file", "The file cannot be read";
    }
    Unauthenticated {
        Unauthenticated = "unauthenticated", "No valid key or session came with the request";
        SignInRefused = "sign_in_refused", "The login or the password is wrong";
        SignInExpired = "sign_in_expired", "What was begun has to be begun again";
        IdentityRefused = "identity_refused", "What the identity provider says lets nobody in";
        IdentityUnknown = "identity_unknown", "Nobody here is known by this identity";
        PasskeyRefused = "passkey_refused", "The passkey does not hold";
    }
    Forbidden {
        Forbidden = "forbidden", "The caller lacks the permission";
        GrantExceedsMaker = "grant_exceeds_maker", "Nobody can hand out more than they hold";
        CrossSite = "cross_site", "The request does not come from a page of this server";
        SessionRequired = "session_required", "Only somebody who has signed in can do this";
        SecondFactorRequired = "second_factor_required", "The second factor is still to come";
        ApprovalNotOwn = "approval_not_own", "Nobody agrees to what they have asked for themselves";
        ApprovalNotFree = "approval_not_free", "Whoever agrees must be free to do it alone";
        SecondPersonRequired = "second_person_required", "This needs a second person, and cannot wait for one";
        InsecureSignIn = "insecure_sign_in", "Signing in needs an encrypted connection";
    }
    NotFound {
        NotFound = "not_found", "There is no such thing here";
        SignInNotOffered = "sign_in_not_offered", "This way of signing in is not set up";
        UnknownRoute = "unknown_route", "There is no such address";
    }
    Conflict {
        InsufficientStock = "insufficient_stock", "There is not enough stock";
        InsufficientAvailable = "insufficient_available", "There is not enough available stock";
        StockClaimed = "stock_claimed", "The stock is claimed by somebody else";
        LocationBlocked = "location_blocked", "The location is blocked";
        LocationArchived = "location_archived", "The location is archived";
        SiteInSetUp = "site_in_set_up", "The site is still being set up";
        SiteNotReady = "site_not_ready", "The site lacks something that it needs for its next state";
        SiteStateRefused = "site_state_refused", "The site does not go into that state";
        LocationFull = "location_full", "The location has no room for it";
        MixingRefused = "mixing_refused", "The location does not take these goods beside what is there";
        LotExpired = "lot_expired", "The lot is past its last sellable day";
        LotOnHold = "lot_on_hold", "The lot is on hold";
        SerialInStock = "serial_in_stock", "The serial is in stock already";
        SerialNotHere = "serial_not_here", "The serial is not at that location";
        SerialMovedSince = "serial_moved_since", "The serial moved after that instant";
        ClaimClosed = "claim_closed", "The claim is not open any more";
        ClaimExpired = "claim_expired", "The reservation has expired";
        AlreadyReversed = "already_reversed", "The posting has been reversed already";
        NotReversible = "not_reversible", "The posting cannot be reversed";
        ReturnExceedsSale = "return_exceeds_sale", "More comes back than is left of the sale";
        SaleReversed = "sale_reversed", "The sale was reversed";
        SaleReturned = "sale_returned", "Goods of the sale came back";
        StoodElsewhere = "stood_elsewhere", "The location stood at another site then";
        PeriodClosed = "period_closed", "The period is closed";
        CodeTaken = "code_taken", "The code is in use already";
        InUse = "in_use", "It is still in use";
        TransitionRefused = "transition_refused", "The document is not in a state that allows this";
        TreeCycle = "tree_cycle", "Nothing stands below itself";
        RulesBroken = "rules_broken", "Items would break the rules of their category";
        PositionUnknown = "position_unknown", "The feed never gave that position";
        ApprovalClosed = "approval_closed", "The approval was decided already";
        AlreadySetUp = "already_set_up", "It was set up already";
    }
    Stale {
        Stale = "stale", "Somebody else changed it meanwhile";
    }
    TooLarge {
        BodyTooLarge = "body_too_large", "The body is larger than this route takes";
        TooMany = "too_many", "There are more entries than the limit";
    }
    Unsupported {
        UnsupportedMediaType = "unsupported_media_type", "The content type is not one that this route takes";
        UnsupportedFile = "unsupported_file", "The file is of a type that is not taken";
        RangeNotThere = "range_not_there", "The file has no such part";
        MethodNotAllowed = "method_not_allowed", "The method is not one that this address knows";
    }
    Invalid {
        InvalidValue = "invalid_value", "A value is not acceptable";
        InvalidQuantity = "invalid_quantity", "The quantity is not acceptable";
        FractionRefused = "fraction_refused", "The item is kept in whole units";
        InexactConversion = "inexact_conversion", "The quantity is not exact in the base unit";
        UnknownItem = "unknown_item", "No item has this SKU";
        SizeUnknown = "size_unknown", "The size or the weight of the item is unknown";
        UnknownCategory = "unknown_category", "No category has this path";
        UnknownAttribute = "unknown_attribute", "No attribute has this key";
        AttributeRefused = "attribute_refused", "The attributes are not what the category asks for";
        UnknownLocation = "unknown_location", "No location has this code";
        UnknownUnit = "unknown_unit", "The item has no such unit";
        UnitRequired = "unit_required", "The item has several units, and none is named";
        UnknownLot = "unknown_lot", "The item has no such lot";
        UnknownReason = "unknown_reason", "No reason has this code";
        UnknownClaim = "unknown_claim", "There is no such claim";
        UnknownSale = "unknown_sale", "There is no such sale";
        NotASale = "not_a_sale", "The posting is not a sale";
        SaleMismatch = "sale_mismatch", "The sale was of something else";
        ReturnBeforeSale = "return_before_sale", "Goods come back after they were sold";
        LotRequired = "lot_required", "The item is tracked by lot, and none is named";
        LotNotAllowed = "lot_not_allowed", "The item is not tracked by lot";
        LotIsParent = "lot_is_parent", "The lot is the parent of serials";
        NotAParent = "not_a_parent", "A serial is the parent of nothing";
        ParentMismatch = "parent_mismatch", "The serial has another parent lot";
        SerialRequired = "serial_required", "The item is tracked by serial, and none is named";
        SerialNotOne = "serial_not_one", "A serial is exactly one unit";
        SerialTwice = "serial_twice", "The same serial stands twice in the request";
        NotStockable = "not_stockable", "The item is a service and is never stocked";
        SamePlace = "same_place", "Source and destination are the same";
        WrongLocationKind = "wrong_location_kind", "The location is not of a kind that this takes";
        EffectiveInFuture = "effective_in_future", "The effective instant lies in the future";
        StatusChangeRefused = "status_change_refused", "This change of status is not allowed";
        StatusNotGood = "status_not_good", "Only good stock goes out";
        LimitExceeded = "limit_exceeded", "A limit is exceeded";
        IdempotencyMismatch = "idempotency_mismatch", "The key was used with another request";
        CurrencyMismatch = "currency_mismatch", "The currency is not the one of the books";
        WrongPassword = "wrong_password", "The current password is wrong";
        WrongCode = "wrong_code", "The code is wrong or was used before";
        WeakPassword = "weak_password", "The password is not acceptable";
        FileMismatch = "file_mismatch", "The file is not what it is called";
        Expiry = "invalid_expiry", "The expiry is not acceptable";
    }
    PreconditionRequired {
        IdempotencyKeyRequired = "idempotency_key_required", "Every write carries an `Idempotency-Key`";
        VersionRequired = "version_required", "A change carries the version it was made from";
    }
    Throttled {
        Throttled = "throttled", "Too many requests";
    }
    Internal {
        Internal = "internal", "Something went wrong on our side";
    }
    Busy {
        Busy = "busy", "The server is busy";
        ShuttingDown = "shutting_down", "The server is shutting down";
        IdentityProviderUnavailable = "identity_provider_unavailable", "The identity provider does not answer as it should";
        FilesUnavailable = "files_unavailable", "The store of files does not answer as it should";
        ReadOnly = "read_only", "The store takes no writes at the moment";
    }
    StorageFull {
        StorageFull = "storage_full", "The disk is full";
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// How much of a value that is refused is shown in the refusal, in characters: as much as the
/// longest name has.
pub const VALUE_CHARS_MAX: usize = crate::text::NAME_CHARS_MAX;

/// How long the sentence of a refusal is at most, in characters; ours are far shorter.
pub const DETAIL_CHARS_MAX: usize = 2_000;

/// One field that is not acceptable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldError {
    /// A JSON pointer into the request body, `?name` for a query parameter, `row 7/Quantity`
    /// in a file, or an option of a command.
    pub pointer: String,
    /// The code of this field's fault.
    pub code: Code,
    /// What is wrong with it, and what to do.
    pub detail: String,
}

/// A refusal with everything that a door needs to show it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The code.
    pub code: Code,
    /// The concrete values, and what to do.
    pub detail: Cow<'static, str>,
    /// The fields at fault, when fields are.
    pub errors: Vec<FieldError>,
}

impl Problem {
    /// A problem with its concrete sentence: lower case, no full stop, values in backticks, of
    /// which at most [`VALUE_CHARS_MAX`] characters are shown.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem { code, detail: bounded(detail.into()), errors: Vec::new() }
    }

    /// A problem of one field; `pointer` is a JSON pointer such as `/lines/0/qty`.
    pub fn at(code: Code, pointer: impl Into<String>, detail: impl Into<String>) -> Problem {
        let detail = bounded(Cow::Owned(detail.into())).into_owned();
        Problem {
            code,
            detail: Cow::Owned(detail.clone()),
            errors: vec![FieldError { pointer: pointer.into(), code, detail }],
        }
    }

    /// Something that is not there, by kind and handle.
    pub fn not_found(what: &str, handle: impl fmt::Display) -> Problem {
        Problem::new(Code::NotFound, format!("there is no {what} `{handle}`"))
    }

    /// What the caller can do about it.
    pub const fn kind(&self) -> Kind {
        self.code.kind()
    }

    /// The same problem seen from one level up: every pointer gets `prefix` in front.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Problem {
        for error in &mut self.errors {
            error.pointer.insert_str(0, prefix);
        }
        self
    }
}

/// The sentence with no value in it longer than what a name may be: a caller who sends a page where
/// a code belongs does not get the page back, however many backticks it has.
fn bounded(detail: Cow<'static, str>) -> Cow<'static, str> {
    let is_long = |value: &str| value.chars().nth(VALUE_CHARS_MAX).is_some();
    let is_cut = detail.split('`').skip(1).step_by(2).any(is_long);
    let cut = if is_cut { Cow::Owned(without_long_values(&detail)) } else { detail };
    match cut.char_indices().nth(DETAIL_CHARS_MAX) {
        None => cut,
        Some((end, _)) => Cow::Owned(format!("{}…", &cut[..end])),
    }
}

fn without_long_values(detail: &str) -> String {
    let mut text = String::new();
    for (number, part) in detail.split('`').enumerate() {
        if number > 0 {
            text.push('`');
        }
        match part.char_indices().nth(VALUE_CHARS_MAX) {
            Some((end, _)) if number % 2 == 1 => text.extend([&part[..end], "…"]),
            _ => text.push_str(part),
        }
    }
    text
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn words_of_codes_are_unique() {
        let words: BTreeSet<_> = Code::ALL.iter().map(|code| code.word()).collect();
        assert_eq!(words.len(), Code::ALL.len());
    }

    #[test]
    fn a_value_is_shown_as_far_as_a_name_goes() {
        let detail = |chars: usize| format!("no item `{}`; see `GET /items`", "é".repeat(chars));
        let shown = |chars| Problem::at(Code::UnknownItem, "/sku", detail(chars));
        assert_eq!(shown(VALUE_CHARS_MAX).detail, detail(VALUE_CHARS_MAX));
        let long = shown(VALUE_CHARS_MAX + 1);
        let cut = format!("no item `{}…`; see `GET /items`", "é".repeat(VALUE_CHARS_MAX));
        assert_eq!(long.detail, cut);
        assert_eq!(long.errors[0].detail, cut);
        let sentence = "no value, so all of it ".repeat(20);
        assert_eq!(Problem::new(Code::Internal, sentence.clone()).detail, sentence);
        let with_backticks = Problem::new(Code::UnknownItem, detail(1).replace('é', &"x`".repeat(3_000)));
        assert_eq!(with_backticks.detail.chars().count(), DETAIL_CHARS_MAX + 1);
    }

    #[test]
    fn a_pointer_can_be_seen_from_one_level_up() {
        let problem = Problem::at(Code::InvalidQuantity, "/qty", "no").under("/lines/3");
        assert_eq!(problem.errors[0].pointer, "/lines/3/qty");
    }
}
