//! Bytes as people compare them: two hexadecimal digits each, small letters.

/// Writes bytes as digits.
///
/// ```
/// assert_eq!(domain::hex::digits(&[0, 10, 255]), "000aff");
/// ```
pub fn digits(bytes: &[u8]) -> String {
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    halves.filter_map(|half| char::from_digit(half.into(), 16)).collect()
}

/// Reads what [`digits`] writes, of exactly so many bytes; capital letters as well.
///
/// ```
/// assert_eq!(domain::hex::read("00Aff0"), Some([0, 0xaf, 0xf0]));
/// assert_eq!(domain::hex::read::<2>("00aff0"), None);
/// assert_eq!(domain::hex::read::<1>("0g"), None);
/// ```
pub fn read<const N: usize>(text: &str) -> Option<[u8; N]> {
    let halves: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let pairs = halves?;
    let byte = |pair: &[u32]| match pair {
        [high, low] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    };
    pairs.chunks(2).map(byte).collect::<Option<Vec<u8>>>()?.try_into().ok()
}
