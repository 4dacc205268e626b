//! The canonical form of a posting, and its hash in the lane's chain.
//!
//! The hash of a posting is SHA-256 over the hash of the posting before it in its lane (32 zero
//! bytes for the first) and the canonical bytes below. So nobody can change, drop or insert a
//! posting without every later hash of the lane disagreeing, and a digest of the lane heads kept
//! elsewhere proves it.
//!
//! The bytes are: the tag `stockwell.posting.1`, then the fields in the order of [`Record`], then
//! each movement's fields in the order of [`MovementRecord`]. A number is eight bytes, little
//! endian. A text or a list is its length as a number and then its bytes or entries. A field that
//! may be absent is one byte 0, or one byte 1 and its value. A posting that takes goods back from sales
//! ends with one byte 1 and the list of [`ReturnRecord`]; every other one ends before it, as all of them
//! did once.

use sha2::{Digest, Sha256};

/// What the hash of a posting covers, as stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record<'a> {
    /// The lane.
    pub lane: i64,
    /// The posting's number in the lane, dense from one.
    pub number: i64,
    /// Its id.
    pub id: [u8; 16],
    /// The stored number of its kind.
    pub kind: i64,
    /// Microseconds.
    pub recorded_at: i64,
    /// Microseconds.
    pub effective_at: i64,
    /// Microseconds.
    pub late_from: Option<i64>,
    /// The principal.
    pub actor: i64,
    /// The document's handle.
    pub document: Option<&'a str>,
    /// The reason code.
    pub reason: Option<&'a str>,
    /// The note.
    pub note: Option<&'a str>,
    /// The posting that this one reverses.
    pub reversal_of: Option<[u8; 16]>,
    /// The claim changes, as the stored JSON text.
    pub claims: Option<&'a str>,
    /// The idempotency key of the request.
    pub idem_key: Option<&'a str>,
}

/// What the hash covers of a movement, as stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the columns of `stock_movement`, described there")]
pub struct MovementRecord {
    pub line: i64,
    pub item: i64,
    pub lot: i64,
    pub from_location: i64,
    pub from_status: i64,
    pub to_location: i64,
    pub to_status: i64,
    pub qty: i64,
    pub from_after: i64,
    pub from_ver: i64,
    pub to_after: i64,
    pub to_ver: i64,
    pub from_group: i64,
    pub to_group: i64,
    pub value: Option<i64>,
}

/// What the hash covers of what a return has taken back of a sale, as stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReturnRecord {
    /// The line of the return.
    pub line: i64,
    /// The goods issue.
    pub sale: [u8; 16],
    /// Its line.
    pub sale_line: i64,
    /// Millionths.
    pub qty: i64,
    /// Minor units.
    pub value: i64,
}

/// What the form begins with; it changes when the form does.
const TAG: &[u8] = b"stockwell.posting.1";

/// The hash of a posting after `previous`: movements by line, returns by line, sale and its line.
/// `scratch` is cleared and reused between calls.
pub fn hash(
    previous: &[u8; 32],
    record: &Record<'_>,
    movements: &[MovementRecord],
    returns: &[ReturnRecord],
    scratch: &mut Vec<u8>,
) -> [u8; 32] {
    scratch.clear();
    scratch.extend_from_slice(previous);
    scratch.extend_from_slice(TAG);
    let Record {
        lane,
        number,
        id,
        kind,
        recorded_at,
        effective_at,
        late_from,
        actor,
        document,
        reason,
        note,
        reversal_of,
        claims,
        idem_key,
    } = record;
    put(scratch, *lane);
    put(scratch, *number);
    scratch.extend_from_slice(id);
    for value in [*kind, *recorded_at, *effective_at] {
        put(scratch, value);
    }
    put_option(scratch, *late_from);
    put(scratch, *actor);
    for text in [document, reason, note] {
        put_text(scratch, *text);
    }
    match reversal_of {
        None => scratch.push(0),
        Some(id) => {
            scratch.push(1);
            scratch.extend_from_slice(id);
        }
    }
    for text in [claims, idem_key] {
        put_text(scratch, *text);
    }
    put_length(scratch, movements.len());
    for movement in movements {
        put_movement(scratch, movement);
    }
    if !returns.is_empty() {
        scratch.push(1);
        put_length(scratch, returns.len());
        for returned in returns {
            put_return(scratch, returned);
        }
    }
    Sha256::digest(&scratch).into()
}

fn put_movement(out: &mut Vec<u8>, movement: &MovementRecord) {
    let MovementRecord {
        line,
        item,
        lot,
        from_location,
        from_status,
        to_location,
        to_status,
        qty,
        from_after,
        from_ver,
        to_after,
        to_ver,
        from_group,
        to_group,
        value,
    } = *movement;
    for number in [line, item, lot, from_location, from_status, to_location, to_status, qty] {
        put(out, number);
    }
    for number in [from_after, from_ver, to_after, to_ver, from_group, to_group] {
        put(out, number);
    }
    put_option(out, value);
}

fn put_return(out: &mut Vec<u8>, returned: &ReturnRecord) {
    let ReturnRecord { line, sale, sale_line, qty, value } = *returned;
    put(out, line);
    out.extend_from_slice(&sale);
    for number in [sale_line, qty, value] {
        put(out, number);
    }
}

fn put(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(&number.to_le_bytes());
}

fn put_length(out: &mut Vec<u8>, length: usize) {
    put(out, i64::try_from(length).unwrap_or(i64::MAX));
}

fn put_option(out: &mut Vec<u8>, number: Option<i64>) {
    match number {
        None => out.push(0),
        Some(number) => {
            out.push(1);
            put(out, number);
        }
    }
}

fn put_text(out: &mut Vec<u8>, text: Option<&str>) {
    match text {
        None => out.push(0),
        Some(text) => {
            out.push(1);
            put_length(out, text.len());
            out.extend_from_slice(text.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_and_the_one_before_count() {
        let record = Record { lane: 1, number: 1, kind: 2, document: Some("PO-1"), ..Record::default() };
        let movement = MovementRecord { line: 0, item: 7, qty: 5, ..MovementRecord::default() };
        let mut scratch = Vec::new();
        let base = hash(&[0; 32], &record, &[movement], &[], &mut scratch);
        let mut seen = std::collections::BTreeSet::from([base]);
        let variants = [
            Record { number: 2, ..record.clone() },
            Record { document: Some("PO-2"), ..record.clone() },
            Record { document: None, reason: Some("PO-1"), ..record.clone() },
            Record { late_from: Some(0), ..record.clone() },
            Record { reversal_of: Some([0; 16]), ..record.clone() },
        ];
        for variant in &variants {
            assert!(seen.insert(hash(&[0; 32], variant, &[movement], &[], &mut scratch)), "{variant:?}");
        }
        for changed in [
            MovementRecord { qty: 6, ..movement },
            MovementRecord { value: Some(0), ..movement },
            MovementRecord { to_ver: 1, ..movement },
        ] {
            assert!(seen.insert(hash(&[0; 32], &record, &[changed], &[], &mut scratch)), "{changed:?}");
        }
        assert!(seen.insert(hash(&[1; 32], &record, &[movement], &[], &mut scratch)));
        assert!(seen.insert(hash(&[0; 32], &record, &[], &[], &mut scratch)));
        let returned = ReturnRecord { qty: 5, ..ReturnRecord::default() };
        for returns in [
            &[returned][..],
            &[returned, returned],
            &[ReturnRecord { line: 1, ..returned }],
            &[ReturnRecord { sale: [1; 16], ..returned }],
            &[ReturnRecord { sale_line: 1, ..returned }],
            &[ReturnRecord { qty: 6, ..returned }],
            &[ReturnRecord { value: 1, ..returned }],
        ] {
            assert!(seen.insert(hash(&[0; 32], &record, &[movement], returns, &mut scratch)), "{returns:?}");
        }
    }

    /// Every ledger that is in use rests on this.
    #[test]
    fn the_form_of_a_posting_without_a_sale_is_what_it_was() {
        let record = Record { lane: 1, number: 2, kind: 3, document: Some("PO-1"), ..Record::default() };
        let movement =
            MovementRecord { line: 0, item: 7, qty: 5, value: Some(9), ..MovementRecord::default() };
        let made = hash(&[7; 32], &record, &[movement], &[], &mut Vec::new());
        let (high, low) = made.split_at(16);
        let number = |half: &[u8]| u128::from_be_bytes(half.try_into().unwrap());
        assert_eq!(
            format!("{:032x}{:032x}", number(high), number(low)),
            "6546d79d7928603b79f119edfc74fc33aeca7ce483715689b36a12b6a3e3b0a3"
        );
    }
}
