//! What a lot of an item that is traced by serial is: one of its serials, or the parent of some.
//!
//! A parent is the batch that serials were made in. It has no stock of its own and no parent; a serial
//! has one parent or none, from the posting that made it a serial and for good. A lot that nobody has
//! named since its item is traced by serial is neither yet, and becomes what it is first named as.

use crate::id::LotId;
use crate::word::words;

words! {
    /// What a lot of an item that is traced by serial is.
    LotRole, "role of a lot" {
        /// One unit.
        Serial = 1, "serial";
        /// The lot that serials were made in.
        Parent = 2, "parent";
    }
}

/// What is known of a lot and its parent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Kin {
    /// What it is; `None` while nobody has named it as one or the other.
    pub role: Option<LotRole>,
    /// The parent of a serial.
    pub parent: Option<LotId>,
}

/// Why a lot is not what a line names it as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KinError {
    /// It is named as a serial and is a parent.
    IsParent,
    /// It is named as a parent and is a serial.
    IsSerial,
    /// It is a serial of another parent, or of none.
    OtherParent {
        /// The parent that it has.
        parent: Option<LotId>,
    },
}

impl Kin {
    /// What a lot is after a line has named it as a serial, with or without its parent. A serial keeps
    /// the parent that it has; a line need not name it.
    ///
    /// # Errors
    /// When it is a parent, or a serial of another parent.
    pub fn as_serial(self, named: Option<LotId>) -> Result<Kin, KinError> {
        match (self.role, named) {
            (Some(LotRole::Parent), _) => Err(KinError::IsParent),
            (Some(LotRole::Serial), Some(_)) if named != self.parent => {
                Err(KinError::OtherParent { parent: self.parent })
            }
            (Some(LotRole::Serial), _) => Ok(self),
            (None, _) => Ok(Kin { role: Some(LotRole::Serial), parent: named }),
        }
    }

    /// What a lot is after a line has named it as the parent of serials.
    ///
    /// # Errors
    /// When it is a serial itself.
    pub fn as_parent(self) -> Result<Kin, KinError> {
        match self.role {
            Some(LotRole::Serial) => Err(KinError::IsSerial),
            Some(LotRole::Parent) | None => Ok(Kin { role: Some(LotRole::Parent), parent: None }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::word::assert_words;
    use proptest::prelude::*;

    const P: LotId = LotId(1);
    const Q: LotId = LotId(2);

    fn kin(role: Option<LotRole>, parent: Option<LotId>) -> Kin {
        Kin { role, parent }
    }

    #[test]
    fn the_words_and_numbers_of_roles() {
        assert_words!(LotRole);
    }

    #[test]
    fn what_a_lot_becomes_when_it_is_named_as_a_serial() {
        let (serial, parent) = (Some(LotRole::Serial), Some(LotRole::Parent));
        let cases = [
            (kin(None, None), None, Ok(kin(serial, None))),
            (kin(None, None), Some(P), Ok(kin(serial, Some(P)))),
            (kin(serial, None), None, Ok(kin(serial, None))),
            (kin(serial, Some(P)), None, Ok(kin(serial, Some(P)))),
            (kin(serial, Some(P)), Some(P), Ok(kin(serial, Some(P)))),
            (kin(serial, Some(P)), Some(Q), Err(KinError::OtherParent { parent: Some(P) })),
            (kin(serial, None), Some(P), Err(KinError::OtherParent { parent: None })),
            (kin(parent, None), None, Err(KinError::IsParent)),
            (kin(parent, None), Some(P), Err(KinError::IsParent)),
        ];
        for (before, named, expected) in cases {
            assert_eq!(before.as_serial(named), expected, "{before:?} under {named:?}");
        }
    }

    #[test]
    fn what_a_lot_becomes_when_it_is_named_as_a_parent() {
        let (serial, parent) = (Some(LotRole::Serial), Some(LotRole::Parent));
        let cases = [
            (kin(None, None), Ok(kin(parent, None))),
            (kin(parent, None), Ok(kin(parent, None))),
            (kin(serial, None), Err(KinError::IsSerial)),
            (kin(serial, Some(P)), Err(KinError::IsSerial)),
        ];
        for (before, expected) in cases {
            assert_eq!(before.as_parent(), expected, "{before:?}");
        }
    }

    proptest! {
        /// Whatever lines name a lot as, in whatever order: it stays what it was first, a parent has no
        /// parent, and a serial keeps the parent that it had first.
        #[test]
        fn a_lot_stays_what_it_was_first_named_as(named in prop::collection::vec(0..4_u8, 1..12)) {
            let mut now = Kin::default();
            let mut first = None;
            for way in named {
                let after = match way {
                    0 => now.as_parent(),
                    1 => now.as_serial(None),
                    2 => now.as_serial(Some(P)),
                    _ => now.as_serial(Some(Q)),
                };
                if let Ok(after) = after {
                    now = after;
                }
                let first = *first.get_or_insert(now);
                prop_assert_eq!(now, first);
                prop_assert!(now.role == Some(LotRole::Serial) || now.parent.is_none());
            }
        }
    }
}
