//! The pages of the problems as the server shows them: the `type` of a refusal leads to its page on
//! the server that refused, whether or not the machine has another network.

use crate::failure::Failure;
use crate::params::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::{Code, Problem};

/// The pages by their codes. A code without a page does not compile.
macro_rules! pages {
    ($($code:ident = $word:literal,)*) => {
        /// The page of a code, in Markdown.
        const fn page(code: Code) -> &'static str {
            match code {
                $(Code::$code => include_str!(concat!("../../../docs/problems/", $word, ".md")),)*
            }
        }
    };
}

pages! {
    MalformedBody = "malformed_body",
    MalformedParameter = "malformed_parameter",
    MalformedHeader = "malformed_header",
    UnknownParameter = "unknown_parameter",
    MalformedFile = "malformed_file",
    Unauthenticated = "unauthenticated",
    SignInRefused = "sign_in_refused",
    SignInExpired = "sign_in_expired",
    IdentityRefused = "identity_refused",
    IdentityUnknown = "identity_unknown",
    PasskeyRefused = "passkey_refused",
    SignInNotOffered = "sign_in_not_offered",
    IdentityProviderUnavailable = "identity_provider_unavailable",
    Forbidden = "forbidden",
    CrossSite = "cross_site",
    SessionRequired = "session_required",
    SecondFactorRequired = "second_factor_required",
    ApprovalNotOwn = "approval_not_own",
    ApprovalNotFree = "approval_not_free",
    SecondPersonRequired = "second_person_required",
    InsecureSignIn = "insecure_sign_in",
    GrantExceedsMaker = "grant_exceeds_maker",
    NotFound = "not_found",
    UnknownRoute = "unknown_route",
    InsufficientStock = "insufficient_stock",
    InsufficientAvailable = "insufficient_available",
    StockClaimed = "stock_claimed",
    LocationBlocked = "location_blocked",
    LocationArchived = "location_archived",
    SiteInSetUp = "site_in_set_up",
    SiteNotReady = "site_not_ready",
    SiteStateRefused = "site_state_refused",
    LocationFull = "location_full",
    MixingRefused = "mixing_refused",
    LotExpired = "lot_expired",
    LotOnHold = "lot_on_hold",
    SerialInStock = "serial_in_stock",
    SerialNotHere = "serial_not_here",
    SerialMovedSince = "serial_moved_since",
    ClaimClosed = "claim_closed",
    ClaimExpired = "claim_expired",
    AlreadyReversed = "already_reversed",
    NotReversible = "not_reversible",
    ReturnExceedsSale = "return_exceeds_sale",
    SaleReversed = "sale_reversed",
    SaleReturned = "sale_returned",
    StoodElsewhere = "stood_elsewhere",
    PeriodClosed = "period_closed",
    CodeTaken = "code_taken",
    InUse = "in_use",
    TransitionRefused = "transition_refused",
    TreeCycle = "tree_cycle",
    RulesBroken = "rules_broken",
    PositionUnknown = "position_unknown",
    ApprovalClosed = "approval_closed",
    AlreadySetUp = "already_set_up",
    Stale = "stale",
    BodyTooLarge = "body_too_large",
    TooMany = "too_many",
    UnsupportedMediaType = "unsupported_media_type",
    UnsupportedFile = "unsupported_file",
    RangeNotThere = "range_not_there",
    MethodNotAllowed = "method_not_allowed",
    InvalidValue = "invalid_value",
    InvalidQuantity = "invalid_quantity",
    FractionRefused = "fraction_refused",
    InexactConversion = "inexact_conversion",
    UnknownItem = "unknown_item",
    SizeUnknown = "size_unknown",
    UnknownCategory = "unknown_category",
    UnknownAttribute = "unknown_attribute",
    AttributeRefused = "attribute_refused",
    UnknownLocation = "unknown_location",
    UnknownUnit = "unknown_unit",
    UnitRequired = "unit_required",
    UnknownLot = "unknown_lot",
    UnknownReason = "unknown_reason",
    UnknownClaim = "unknown_claim",
    UnknownSale = "unknown_sale",
    NotASale = "not_a_sale",
    SaleMismatch = "sale_mismatch",
    ReturnBeforeSale = "return_before_sale",
    LotRequired = "lot_required",
    LotNotAllowed = "lot_not_allowed",
    LotIsParent = "lot_is_parent",
    NotAParent = "not_a_parent",
    ParentMismatch = "parent_mismatch",
    SerialRequired = "serial_required",
    SerialNotOne = "serial_not_one",
    SerialTwice = "serial_twice",
    NotStockable = "not_stockable",
    SamePlace = "same_place",
    WrongLocationKind = "wrong_location_kind",
    EffectiveInFuture = "effective_in_future",
    StatusChangeRefused = "status_change_refused",
    StatusNotGood = "status_not_good",
    LimitExceeded = "limit_exceeded",
    IdempotencyMismatch = "idempotency_mismatch",
    CurrencyMismatch = "currency_mismatch",
    WrongPassword = "wrong_password",
    WrongCode = "wrong_code",
    WeakPassword = "weak_password",
    FileMismatch = "file_mismatch",
    Expiry = "invalid_expiry",
    IdempotencyKeyRequired = "idempotency_key_required",
    VersionRequired = "version_required",
    Throttled = "throttled",
    Internal = "internal",
    Busy = "busy",
    ShuttingDown = "shutting_down",
    FilesUnavailable = "files_unavailable",
    ReadOnly = "read_only",
    StorageFull = "storage_full",
}

/// Shows what a code of a problem means and what to do about it, as Markdown.
#[utoipa::path(
    get, path = "/docs/problems/{code}",
    params(("code" = String, Path, description = "the code of the problem")),
    responses((status = 200, content_type = "text/plain", body = String))
)]
pub(crate) async fn get_problem_page(Path(word): Path<String>) -> Result<Response, Failure> {
    let code = Code::ALL.iter().find(|code| code.word() == word);
    let code = code.ok_or_else(|| Problem::not_found("problem", &word))?;
    // as plain text every browser shows it
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, plain)], page(*code)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_is_the_one_of_its_code() {
        for code in Code::ALL {
            let told = format!("# {}\n\n`{}` · HTTP ", code.title(), code.word());
            assert!(page(*code).starts_with(&told), "{code}");
        }
    }
}
