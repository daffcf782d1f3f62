//! Records that break the contract, one for each way to do so.

use event_model::{Reason, Rejection};

use crate::random::{Draw, Random};

/// A record that breaks the contract. In its text `@t` stands for a good timestamp field, `@u` for a
/// good user field, `@x` for 300 and `@p` for 2,100 letters, `@m` for more than a mebibyte of them and
/// `@b` for a byte that is not UTF-8.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flaw {
    pub(crate) rejection: Rejection,
    text: &'static str,
}

const fn flaw(reason: Reason, field: &'static str, text: &'static str) -> Flaw {
    let field = if field.is_empty() { None } else { Some(field) };
    Flaw { rejection: Rejection { reason, field }, text }
}

/// A record that is right but for its time, too far ahead of its arrival.
pub(crate) const FUTURE: Flaw =
    flaw(Reason::FutureTimestamp, "timestamp", r#"{"type":"pageview",@t,@u,"page":"/tomorrow"}"#);

/// A record of more than a mebibyte.
const OVERSIZED: Flaw =
    flaw(Reason::TooLarge, "", r#"{"type":"pageview",@t,@u,"page":"/","props":{"blob":"@m"}}"#);

/// The rest.
const FLAWS: [Flaw; 46] = [
    flaw(Reason::NotJson, "", r#"{"type":"pageview",@t,@u,"page":"/cut-o"#),
    flaw(Reason::NotJson, "", r#"{"type":"survey",@t,@u,"kind":"nps","score":NaN}"#),
    flaw(Reason::NotJson, "", r#"{"type":"pageview",@t,@u,"page":"/"}}"#),
    flaw(Reason::NotJson, "", r#"{'type':'pageview'}"#),
    flaw(Reason::NotJson, "", "pageview /pricing 200"),
    flaw(Reason::NotAnObject, "", r#"["pageview","/"]"#),
    flaw(Reason::NotAnObject, "", r#""pageview""#),
    flaw(Reason::NotAnObject, "", "42"),
    flaw(Reason::NotUtf8, "", r#"{"type":"pageview",@t,@u,"page":"/caf@b"}"#),
    flaw(Reason::MissingField, "type", r#"{@t,@u,"page":"/"}"#),
    flaw(Reason::MissingField, "type", r#"{"type":null,@t,@u,"page":"/"}"#),
    flaw(Reason::MissingField, "timestamp", r#"{"type":"pageview",@u,"page":"/"}"#),
    flaw(Reason::MissingField, "user_id", r#"{"type":"pageview",@t,"page":"/"}"#),
    flaw(Reason::MissingField, "page", r#"{"type":"pageview",@t,@u}"#),
    flaw(Reason::MissingField, "page", r#"{"type":"pageleave",@t,@u,"page":null,"scroll_depth":10}"#),
    flaw(Reason::MissingField, "session_id", r#"{"type":"session",@t,@u,"action":"start"}"#),
    flaw(Reason::MissingField, "action", r#"{"type":"session",@t,@u,"session_id":"s-1"}"#),
    flaw(Reason::MissingField, "feature", r#"{"type":"feature_use",@t,@u,"page":"/"}"#),
    flaw(Reason::MissingField, "link", r#"{"type":"impression",@t,@u}"#),
    flaw(Reason::MissingField, "link", r#"{"type":"click",@t,@u,"page":"/"}"#),
    flaw(Reason::MissingField, "score", r#"{"type":"survey",@t,@u,"kind":"nps"}"#),
    flaw(Reason::MissingField, "currency", r#"{"type":"purchase",@t,@u,"amount":"9.90"}"#),
    flaw(Reason::MissingField, "amount", r#"{"type":"purchase",@t,@u,"currency":"EUR"}"#),
    flaw(Reason::MissingField, "mrr", r#"{"type":"subscription",@t,@u,"action":"start"}"#),
    flaw(Reason::MissingField, "ticket_id", r#"{"type":"ticket",@t,@u,"action":"opened"}"#),
    flaw(Reason::MissingField, "post_id", r#"{"type":"social",@t,"action":"like"}"#),
    flaw(Reason::MissingField, "amount", r#"{"type":"spend",@t,"currency":"EUR"}"#),
    flaw(Reason::WrongType, "type", r#"{"type":7,@t,@u,"page":"/"}"#),
    flaw(Reason::WrongType, "timestamp", r#"{"type":"pageview","timestamp":true,@u,"page":"/"}"#),
    flaw(Reason::WrongType, "user_id", r#"{"type":"pageview",@t,"user_id":123,"page":"/"}"#),
    flaw(Reason::WrongType, "page", r#"{"type":"pageview",@t,@u,"page":["/"]}"#),
    flaw(Reason::WrongType, "scroll_depth", r#"{"type":"pageleave",@t,@u,"page":"/","scroll_depth":"80"}"#),
    flaw(
        Reason::WrongType,
        "interactive",
        r#"{"type":"feature_use",@t,@u,"feature":"search","interactive":"no"}"#,
    ),
    flaw(
        Reason::WrongType,
        "timestamp",
        r#"{"type":"pageview","timestamp":"2025-02-30T00:00:00Z",@u,"page":"/"}"#,
    ),
    flaw(Reason::OutOfRange, "timestamp", r#"{"type":"pageview","timestamp":-1,@u,"page":"/"}"#),
    flaw(Reason::OutOfRange, "user_id", r#"{"type":"pageview",@t,"user_id":"","page":"/"}"#),
    flaw(Reason::OutOfRange, "user_id", r#"{"type":"pageview",@t,"user_id":"@x","page":"/"}"#),
    flaw(Reason::OutOfRange, "event_id", r#"{"type":"pageview","event_id":"@x",@t,@u,"page":"/"}"#),
    flaw(Reason::OutOfRange, "site", r#"{"type":"pageview","site":"",@t,@u,"page":"/"}"#),
    flaw(Reason::OutOfRange, "page", r#"{"type":"pageview",@t,@u,"page":""}"#),
    flaw(Reason::OutOfRange, "page", r#"{"type":"pageview",@t,@u,"page":"/@p"}"#),
    flaw(Reason::OutOfRange, "scroll_depth", r#"{"type":"pageleave",@t,@u,"page":"/","scroll_depth":100.5}"#),
    flaw(Reason::OutOfRange, "engaged_ms", r#"{"type":"pageleave",@t,@u,"page":"/","engaged_ms":-1}"#),
    flaw(Reason::OutOfRange, "score", r#"{"type":"survey",@t,@u,"kind":"csat","score":6}"#),
    flaw(Reason::OutOfRange, "amount", r#"{"type":"purchase",@t,@u,"amount":"-1.00","currency":"EUR"}"#),
    flaw(Reason::OutOfRange, "action", r#"{"type":"ticket",@t,@u,"ticket_id":"t-1","action":"lost"}"#),
];

impl Flaw {
    /// Any flaw; oversized ones only if asked for, and rarely.
    pub(crate) fn draw(oversized: bool, random: &mut Random) -> Self {
        if oversized && random.per_mille(2) {
            return OVERSIZED;
        }
        // The clock that runs ahead is the likeliest in practice.
        if random.per_mille(80) {
            return FUTURE;
        }
        random.pick(&FLAWS)
    }

    /// Writes the record; `field` writes a good field, `t` or `u`.
    pub(crate) fn write(&self, out: &mut Vec<u8>, mut field: impl FnMut(&mut Vec<u8>, char)) {
        out.clear();
        let mut parts = self.text.split('@');
        out.extend_from_slice(parts.next().unwrap_or_default().as_bytes());
        for part in parts {
            let mut rest = part.chars();
            match rest.next() {
                Some(kind @ ('t' | 'u')) => field(out, kind),
                Some('x') => out.resize(out.len() + 300, b'x'),
                Some('p') => out.resize(out.len() + 2_100, b'p'),
                Some('m') => out.resize(out.len() + (1 << 20), b'm'),
                Some('b') => out.push(0xe9),
                _ => {}
            }
            out.extend_from_slice(rest.as_str().as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_is_replaced() {
        for flaw in FLAWS.iter().chain([&FUTURE, &OVERSIZED]) {
            let mut out = Vec::new();
            flaw.write(&mut out, |out, kind| out.extend_from_slice(format!("\"{kind}\":1").as_bytes()));
            assert!(!out.contains(&b'@') && !out.contains(&b'\n'), "{}", flaw.text);
        }
    }

    #[test]
    fn every_reason_occurs() {
        for reason in Reason::ALL {
            assert!(
                FLAWS.iter().chain([&FUTURE, &OVERSIZED]).any(|f| f.rejection.reason == reason),
                "{reason:?}"
            );
        }
    }
}
