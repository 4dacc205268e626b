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
//! may be absent is one byte 0, or one byte 1 and its value.

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

/// What the form begins with; it changes when the form does.
const TAG: &[u8] = b"stockwell.posting.1";

/// The hash of a posting after `previous`. `scratch` is cleared and reused between calls.
pub fn hash(
    previous: &[u8; 32],
    record: &Record<'_>,
    movements: &[MovementRecord],
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
        let base = hash(&[0; 32], &record, &[movement], &mut scratch);
        let mut seen = std::collections::BTreeSet::from([base]);
        let variants = [
            Record { number: 2, ..record.clone() },
            Record { document: Some("PO-2"), ..record.clone() },
            Record { document: None, reason: Some("PO-1"), ..record.clone() },
            Record { late_from: Some(0), ..record.clone() },
            Record { reversal_of: Some([0; 16]), ..record.clone() },
        ];
        for variant in &variants {
            assert!(seen.insert(hash(&[0; 32], variant, &[movement], &mut scratch)), "{variant:?}");
        }
        for changed in [
            MovementRecord { qty: 6, ..movement },
            MovementRecord { value: Some(0), ..movement },
            MovementRecord { to_ver: 1, ..movement },
        ] {
            assert!(seen.insert(hash(&[0; 32], &record, &[changed], &mut scratch)), "{changed:?}");
        }
        assert!(seen.insert(hash(&[1; 32], &record, &[movement], &mut scratch)));
        assert!(seen.insert(hash(&[0; 32], &record, &[], &mut scratch)));
    }
}
