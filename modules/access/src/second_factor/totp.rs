//! Codes that change every half minute (RFC 6238): an HMAC-SHA-1 over the number of the half minute, six
//! digits. Each counts once, in its own half minute, the one before or the one after.

use domain::Instant;
use ring::hmac;

/// Seconds of a step.
const STEP_SECONDS: i64 = 30;
/// Steps that a clock may be wrong by.
const STEPS_WRONG: i64 = 1;
/// Digits of a code.
pub(super) const DIGITS: usize = 6;
/// Bytes of a secret: as many as the hash has.
pub(super) const SECRET_LEN: usize = 20;

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The step that a code stands for: near enough, and later than the last one that was used.
pub(super) fn step_of(secret: &[u8], typed: &str, now: Instant, last: i64) -> Option<i64> {
    let current = now.0.div_euclid(1_000_000 * STEP_SECONDS);
    let near = current - STEPS_WRONG..=current + STEPS_WRONG;
    near.filter(|step| *step > last).find(|step| code(secret, *step) == typed)
}

/// The code of a step (RFC 4226, 5.3).
fn code(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let place = tag.as_ref().last().map_or(0, |last| usize::from(last & 0xf));
    let four = tag.as_ref().get(place..).and_then(<[u8]>::first_chunk::<4>).copied().unwrap_or_default();
    let number = u32::from_be_bytes(four) & 0x7fff_ffff;
    format!("{:0DIGITS$}", number % 1_000_000)
}

/// Bytes as people type them: letters and digits of which none is taken for another.
pub(super) fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut held, mut bits) = (0_u32, 0_u32);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(letter(held >> bits));
        }
    }
    if bits > 0 {
        text.push(letter(held << (5 - bits)));
    }
    text
}

fn letter(value: u32) -> char {
    let place = usize::try_from(value & 31).unwrap_or_default();
    BASE32.get(place).copied().map_or('A', char::from)
}

/// What an authenticator reads, as a link or from a square of dots.
pub(super) fn uri(login: &str, secret: &[u8]) -> String {
    let login = login.replace('@', "%40");
    let secret = base32(secret);
    format!(
        "otpauth://totp/Stockwell:{login}?secret={secret}&issuer=Stockwell&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> Instant {
        Instant(seconds * 1_000_000)
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, of which the last six digits are taken
        let table = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];
        for (seconds, expected) in table {
            assert_eq!(code(SECRET, seconds / STEP_SECONDS), expected, "{seconds}");
            assert_eq!(step_of(SECRET, expected, at(seconds), 0), Some(seconds / STEP_SECONDS));
        }
    }

    #[test]
    fn bytes_are_written_as_in_the_standard() {
        // RFC 4648, 10, without what it fills up with
        let table = [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ];
        for (bytes, text) in table {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
        assert_eq!(base32(SECRET), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(
            uri("ann@shop", SECRET),
            "otpauth://totp/Stockwell:ann%40shop?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Stockwell\
             &algorithm=SHA1&digits=6&period=30"
        );
    }

    #[test]
    fn a_code_counts_once_and_a_step_to_either_side() {
        let (now, step) = (at(3_000), 100);
        for near in [step - 1, step, step + 1] {
            let typed = code(SECRET, near);
            assert_eq!(step_of(SECRET, &typed, now, 0), Some(near));
            assert_eq!(step_of(SECRET, &typed, now, near), None, "it was used");
            assert_eq!(step_of(SECRET, &typed, now, near + 1), None, "a later one was used");
        }
        for far in [step - 2, step + 2] {
            assert_eq!(step_of(SECRET, &code(SECRET, far), now, 0), None, "{far}");
        }
        let typed = code(SECRET, step);
        for wrong in ["", "0", &typed[1..], &format!("{typed}0"), "abcdef", "００００００"] {
            assert_eq!(step_of(SECRET, wrong, now, 0), None, "{wrong}");
        }
    }
}
