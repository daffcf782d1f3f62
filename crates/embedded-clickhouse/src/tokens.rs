//! Just enough of ClickHouse's lexer to see where a statement's parts begin.

/// What a token is, as far as telling statements apart needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A keyword or a name without quotes.
    Word,
    /// A string, a quoted name or a heredoc.
    Quoted,
    /// `(`, `[` or `{`.
    Open,
    /// `)`, `]` or `}`.
    Close,
    /// `;`
    Semicolon,
    /// Numbers, operators, anything else.
    Other,
}

/// A token and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    /// One past its last byte.
    pub(crate) end: usize,
}

/// The tokens of a statement, without blanks and comments. Never fails: what is not closed goes to the end.
pub(crate) struct Tokens<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(crate) fn of(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_blanks_and_comments(&mut self) {
        loop {
            match self.rest() {
                [b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c, ..] => self.at += 1,
                [b'-', b'-', ..] | [b'#', b' ' | b'!', ..] => self.at += line_length(self.rest()),
                [b'/', b'*', ..] => self.at += block_comment_length(self.rest()),
                _ => return,
            }
        }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        self.skip_blanks_and_comments();
        let rest = self.rest();
        let (kind, length) = match *rest.first()? {
            quote @ (b'\'' | b'"' | b'`') => (Kind::Quoted, quoted_length(rest, quote)),
            b'$' => match heredoc_length(rest) {
                Some(length) => (Kind::Quoted, length),
                None => (Kind::Other, 1),
            },
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => (Kind::Word, word_length(rest)),
            b'0'..=b'9' => (Kind::Other, word_length(rest)),
            b'(' | b'[' | b'{' => (Kind::Open, 1),
            b')' | b']' | b'}' => (Kind::Close, 1),
            b';' => (Kind::Semicolon, 1),
            _ => (Kind::Other, 1),
        };
        let start = self.at;
        self.at += length;
        Some(Token { kind, start, end: self.at })
    }
}

fn line_length(text: &[u8]) -> usize {
    text.iter().position(|&byte| byte == b'\n').unwrap_or(text.len())
}

/// Comments nest.
fn block_comment_length(text: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(pair) = text.get(at..at + 2) {
        match pair {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

fn quoted_length(text: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while let Some(&byte) = text.get(at) {
        at += match byte {
            b'\\' => 2,
            _ if byte == quote && text.get(at + 1) == Some(&quote) => 2,
            _ if byte == quote => return at + 1,
            _ => 1,
        };
    }
    text.len()
}

/// `$tag$ ... $tag$`
fn heredoc_length(text: &[u8]) -> Option<usize> {
    let name = text.get(1..)?.iter().position(|&byte| !is_word(byte))?;
    let tag = text.get(..name + 2).filter(|tag| tag.ends_with(b"$"))?;
    let body = text.get(tag.len()..)?;
    let close = body.windows(tag.len()).position(|window| window == tag)?;
    Some(close + 2 * tag.len())
}

fn word_length(text: &[u8]) -> usize {
    text.iter().position(|&byte| !is_word(byte)).unwrap_or(text.len())
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn tokens(text: &str) -> Vec<&str> {
        Tokens::of(text.as_bytes()).map(|token| &text[token.start..token.end]).collect()
    }

    #[test]
    fn comments_and_blanks_vanish() {
        let text = "a -- b\n/* c /* d */ e */ f # g\n#! h\ni";
        assert_eq!(tokens(text), ["a", "f", "i"]);
    }

    #[test]
    fn quotes_are_one_token() {
        let text = r#"'a\'b' 'c''d' "e f" `g``h` $x$ ' ; $x$ $$;$$ 'open"#;
        assert_eq!(tokens(text), [r"'a\'b'", "'c''d'", "\"e f\"", "`g``h`", "$x$ ' ; $x$", "$$;$$", "'open"]);
    }

    #[test]
    fn anything_ends() {
        for text in ["'", "\\", "'\\", "/*", "$", "$a", "$a$", "-", "#", "\u{fe}\u{0}", "/**"] {
            assert!(Tokens::of(text.as_bytes()).count() <= text.len(), "{text:?}");
        }
    }
}
