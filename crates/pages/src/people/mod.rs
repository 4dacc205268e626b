//! Who works here, and what they may do.

mod approvals;
mod audit;
mod choices;
mod details;
mod keys;
mod permissions;
mod roles;
pub(crate) mod sessions;
mod users;

use crate::cx::Reader;
use std::borrow::Cow;
use web::{Routes, State};

/// The pages about people.
pub(crate) fn routes<S: State>() -> Routes<S> {
    users::routes().and(roles::routes()).and(keys::routes()).and(approvals::routes()).and(audit::routes())
}

/// What a permission allows, in words; its own word where there are none.
pub(crate) fn permission(reader: Reader, word: &str) -> String {
    let key = format!("permission-{}", word.replace(['.', '_'], "-"));
    reader.look.locale.find(&key, &[]).map_or_else(|| word.to_owned(), Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::look::Look;
    use crate::words::Locale;
    use domain::Permission;

    #[test]
    fn every_permission_has_words() {
        for locale in [Locale::En, Locale::De] {
            let reader = Reader { look: Look { locale, ..Look::default() } };
            for one in Permission::ALL {
                assert_ne!(permission(reader, one.word()), one.word());
            }
        }
        assert_eq!(permission(Reader::default(), "of.tomorrow"), "of.tomorrow");
    }
}
