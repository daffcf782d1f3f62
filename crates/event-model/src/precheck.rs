//! What the SIMD parser leaves unchecked: escapes in skipped strings, and the depth of nesting.
//!
//! The parser skips values it is not asked for by recursion without a limit, and takes any four bytes
//! for the digits of `\u`. Both are settled here first, so that no record can exhaust the stack and
//! what is called JSON is JSON.

/// How deep a record may nest; deeper ones count as not JSON, as RFC 8259 section 9 allows.
pub(crate) const MAX_DEPTH: usize = 128;

/// Bytes looked at at once; a count of them fits a byte.
const CHUNK: usize = 64;

/// Whether the text holds any backslash; `None` if an escape is malformed or the nesting too deep.
pub(crate) fn check(text: &str) -> Option<bool> {
    let bytes = text.as_bytes();
    let mut openers = 0_usize;
    let mut backslashes = 0_usize;
    for chunk in bytes.chunks(CHUNK) {
        let (opened, escaped) = chunk.iter().fold((0_u8, 0_u8), |(opened, escaped), &b| {
            (
                // `[` and `{` differ by one bit.
                opened + u8::from(b | 0x20 == b'{'),
                escaped | u8::from(b == b'\\'),
            )
        });
        openers += usize::from(opened);
        backslashes += usize::from(escaped);
    }
    if backslashes > 0 && !escapes_are_valid(bytes) {
        return None;
    }
    if openers > MAX_DEPTH && depth(bytes) > MAX_DEPTH {
        return None;
    }
    Some(backslashes > 0)
}

/// Whether every backslash begins an escape of RFC 8259, surrogates in pairs.
///
/// Strings need not be told apart: outside of them a backslash is an error anyway.
#[cold]
fn escapes_are_valid(mut bytes: &[u8]) -> bool {
    while let Some(at) = bytes.iter().position(|&b| b == b'\\') {
        bytes = match &bytes[at + 1..] {
            [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', rest @ ..] => rest,
            [b'u', rest @ ..] => match unit(rest) {
                Some((0xD800..=0xDBFF, [b'\\', b'u', low @ ..])) => match unit(low) {
                    Some((0xDC00..=0xDFFF, rest)) => rest,
                    _ => return false,
                },
                Some((0xD800..=0xDFFF, _)) | None => return false,
                Some((_, rest)) => rest,
            },
            _ => return false,
        };
    }
    true
}

/// Four hexadecimal digits as a UTF-16 unit, and what follows them.
fn unit(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (digits, rest) = bytes.split_at_checked(4)?;
    let unit = digits.iter().try_fold(0_u32, |unit, &b| Some(unit << 4 | char::from(b).to_digit(16)?))?;
    Some((u16::try_from(unit).ok()?, rest))
}

/// The deepest nesting of brackets outside strings; exact for valid JSON.
#[cold]
fn depth(bytes: &[u8]) -> usize {
    let (mut deepest, mut depth) = (0_usize, 0_usize);
    let mut rest = bytes.iter();
    let mut in_string = false;
    while let Some(&b) = rest.next() {
        match (in_string, b) {
            (true, b'\\') => {
                rest.next();
            }
            (_, b'"') => in_string = !in_string,
            (false, b'{' | b'[') => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        for good in [r#""\"\\\/\b\f\n\r\t""#, r#""\u00e9\uD83D\ude00\\u""#, r#""\\uZZZZ""#] {
            assert_eq!(check(good), Some(true), "{good}");
        }
        for bad in [
            r#""\x""#,
            r#""\u12""#,
            r#""\u12G4""#,
            r#""\uD83D""#,
            r#""\uD83D\n""#,
            r#""\uD83D\u0041""#,
            r#""\uDE00""#,
            "\"\\",
            r#""\u+123""#,
            r#""\uD83Dx\ude00""#,
        ] {
            assert_eq!(check(bad), None, "{bad}");
        }
        assert_eq!(check(r#"{"a":"b"}"#), Some(false));
    }

    #[test]
    fn depth_counts_brackets_outside_strings() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert_eq!(check(&nested(MAX_DEPTH)), Some(false));
        assert_eq!(check(&nested(MAX_DEPTH + 1)), None);
        let wide = format!("[{}{{}}]", "{},".repeat(MAX_DEPTH * 3));
        assert_eq!(check(&wide), Some(false));
        let quoted = format!(r#"["\"{}"]"#, "[".repeat(MAX_DEPTH * 3));
        assert_eq!(check(&quoted), Some(true));
        assert_eq!(depth(br#"{"a":[[1],{"b":[]}],"c":"[[[["}"#), 4);
    }
}
