//! Which part of a file was asked for: the header `Range`, of which one range is understood. Pure.

/// The part of a file that is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    /// All of it.
    Whole,
    /// From one byte to another, both with it.
    Some {
        /// The first byte.
        first: u64,
        /// The last byte.
        last: u64,
    },
    /// None of it: the range begins behind its end.
    Nothing,
}

/// Reads the header for a file of so many bytes. What is not understood asks for the whole file, as the
/// protocol has it.
pub(crate) fn read(header: Option<&str>, length: u64) -> Part {
    let asked = header.and_then(|text| text.trim().strip_prefix("bytes="));
    let Some((first, last)) = asked.and_then(|range| range.trim().split_once('-')) else {
        return Part::Whole;
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // a number that does not fit lies behind every end
    let number = |text: &str| text.parse::<u64>().unwrap_or(u64::MAX);
    match (first, last) {
        ("", last) if digits(last) => match number(last).min(length) {
            0 => Part::Nothing,
            bytes => Part::Some { first: length - bytes, last: length - 1 },
        },
        (first, "") if digits(first) => part(number(first), u64::MAX, length),
        (first, last) if digits(first) && digits(last) && number(first) <= number(last) => {
            part(number(first), number(last), length)
        }
        _ => Part::Whole,
    }
}

fn part(first: u64, last: u64, length: u64) -> Part {
    if first >= length { Part::Nothing } else { Part::Some { first, last: last.min(length - 1) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_protocol_has_them() {
        let some = |first, last| Part::Some { first, last };
        let rows = [
            ("bytes=0-0", some(0, 0)),
            ("bytes=0-9", some(0, 9)),
            ("bytes=3-5", some(3, 5)),
            ("bytes=3-", some(3, 9)),
            ("bytes=3-99", some(3, 9)),
            ("bytes=-4", some(6, 9)),
            ("bytes=-99", some(0, 9)),
            ("bytes=9-9", some(9, 9)),
            ("bytes=10-", Part::Nothing),
            ("bytes=10-12", Part::Nothing),
            ("bytes=99999999999999999999-", Part::Nothing),
            ("bytes=-0", Part::Nothing),
            // what makes no sense, and what is not understood
            ("bytes=5-3", Part::Whole),
            ("bytes=0-1,3-4", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("items=0-1", Part::Whole),
            ("", Part::Whole),
        ];
        for (text, expected) in rows {
            assert_eq!(read(Some(text), 10), expected, "{text}");
        }
        assert_eq!(read(None, 10), Part::Whole);
    }
}
