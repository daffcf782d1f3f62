//! What kind of statement a request holds: the engine takes the data of an INSERT apart from its text.

use std::ops::Range;

use crate::tokens::{Kind, Token, Tokens};

/// A statement, by the way it has to be run. Positions count bytes of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Statement {
    /// Runs as it stands.
    Plain,
    /// `INSERT ... FORMAT f` or `INSERT ... VALUES`: `text[..head]` is the statement, `text[data..]` its data.
    Insert { head: usize, format: Range<usize>, data: usize },
    /// `INSERT ... SELECT ... FROM input(structure) ... FORMAT f`, with data from `data` on. `call` is all of
    /// `input(structure)`, `structure` what stands between the parentheses.
    InsertFromInput {
        head: usize,
        call: Range<usize>,
        structure: Range<usize>,
        format: Range<usize>,
        data: usize,
    },
}

/// Tells what kind of statement a text holds, or begins with if the data of an INSERT follows.
pub(crate) fn classify(text: &[u8]) -> Statement {
    Reader { text, tokens: Tokens::of(text) }.insert().unwrap_or(Statement::Plain)
}

/// Whether another statement follows the first.
pub(crate) fn has_second(text: &[u8]) -> bool {
    let mut tokens = Tokens::of(text).skip_while(|token| token.kind == Kind::Semicolon);
    tokens.any(|token| token.kind == Kind::Semicolon) && tokens.any(|token| token.kind != Kind::Semicolon)
}

/// Whether two keywords stand next to each other anywhere.
pub(crate) fn has_pair(text: &[u8], first: &str, second: &str) -> bool {
    let mut reader = Reader { text, tokens: Tokens::of(text) };
    let mut before = false;
    while let Some(token) = reader.tokens.next() {
        if before && reader.is(token, second) {
            return true;
        }
        before = reader.is(token, first);
    }
    false
}

/// Whether it is an INSERT, with or without data.
pub(crate) fn is_insert(text: &[u8]) -> bool {
    let mut reader = Reader { text, tokens: Tokens::of(text) };
    reader.tokens.next().is_some_and(|token| reader.is(token, "INSERT")) || has_pair(text, "INSERT", "INTO")
}

/// Whether there is nothing but blanks and comments.
pub(crate) fn is_empty(text: &[u8]) -> bool {
    Tokens::of(text).all(|token| token.kind == Kind::Semicolon)
}

/// The format a statement asks its result in: the name after a `FORMAT` that only `SETTINGS` may follow.
pub(crate) fn output_format(text: &[u8]) -> Option<&str> {
    let mut reader = Reader { text, tokens: Tokens::of(text) };
    let mut before = reader.outside()?;
    let mut format = None;
    while let Some(token) = reader.outside() {
        if reader.is(before, "FORMAT") && token.kind == Kind::Word {
            format = Some(token);
        } else if reader.is(token, "SETTINGS") || token.kind == Kind::Semicolon {
            break;
        } else {
            format = None;
        }
        before = token;
    }
    std::str::from_utf8(text.get(format?.start..format?.end)?).ok()
}

struct Reader<'a> {
    text: &'a [u8],
    tokens: Tokens<'a>,
}

impl Reader<'_> {
    fn is(&self, token: Token, word: &str) -> bool {
        token.kind == Kind::Word
            && self
                .text
                .get(token.start..token.end)
                .is_some_and(|it| it.eq_ignore_ascii_case(word.as_bytes()))
    }

    /// The next token outside of parentheses; of a pair of them, only the opening one.
    fn outside(&mut self) -> Option<Token> {
        let token = self.tokens.next()?;
        if token.kind == Kind::Open {
            self.close()?;
        }
        Some(token)
    }

    /// Goes past the parenthesis that closes the one just read, and returns it.
    fn close(&mut self) -> Option<Token> {
        let mut depth = 1_usize;
        loop {
            let token = self.tokens.next()?;
            match token.kind {
                Kind::Open => depth += 1,
                Kind::Close => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some(token);
            }
        }
    }

    /// Reads `INSERT [INTO] [TABLE] [FUNCTION] name ...`; `None` if it is no INSERT with data.
    fn insert(&mut self) -> Option<Statement> {
        let first = self.tokens.next()?;
        if !self.is(first, "INSERT") {
            return None;
        }
        let mut name = self.tokens.next()?;
        for word in ["INTO", "TABLE", "FUNCTION"] {
            if self.is(name, word) {
                name = self.tokens.next()?;
            }
        }
        if name.kind == Kind::Open {
            self.close()?;
        }
        // The name may be `a.b`, and any of its parts may read like a keyword.
        let mut after = self.tokens.next()?;
        while self.text.get(after.start) == Some(&b'.') {
            if self.tokens.next()?.kind == Kind::Open {
                self.close()?;
            }
            after = self.tokens.next()?;
        }
        self.after_name(after)
    }

    /// Reads on to the data, over `(columns)`, `PARTITION BY` and `SETTINGS`.
    fn after_name(&mut self, mut token: Token) -> Option<Statement> {
        loop {
            match token.kind {
                Kind::Semicolon => return None,
                Kind::Open => {
                    let inner = self.tokens.next()?;
                    match inner.kind {
                        // ( SELECT ... ): a query may stand in parentheses, and what input() reads follows.
                        _ if self.is(inner, "SELECT") || self.is(inner, "WITH") => {
                            return self.select_from_input();
                        }
                        Kind::Close => {}
                        Kind::Open => {
                            self.close()?;
                            self.close()?;
                        }
                        _ => {
                            self.close()?;
                        }
                    }
                }
                _ if self.is(token, "VALUES") => {
                    let format = token.start..token.end;
                    return Some(Statement::Insert { head: token.start, format, data: token.end });
                }
                _ if self.is(token, "FORMAT") => {
                    let format = self.tokens.next()?;
                    if format.kind != Kind::Word {
                        return None;
                    }
                    let data = self.data_after(format.end);
                    return Some(Statement::Insert {
                        head: token.start,
                        format: format.start..format.end,
                        data,
                    });
                }
                _ if self.is(token, "SELECT") || self.is(token, "WITH") => {
                    return self.select_from_input();
                }
                // FROM INFILE: the data is not in the request.
                _ if self.is(token, "FROM") => return None,
                _ => {}
            }
            token = self.tokens.next()?;
        }
    }

    /// Reads the SELECT of an INSERT: looks for `input( ... )` and, after it, for `FORMAT name`.
    fn select_from_input(&mut self) -> Option<Statement> {
        let mut word = self.tokens.next()?;
        let (call, structure) = loop {
            let next = self.tokens.next()?;
            if self.is(word, "INPUT") && self.text.get(next.start) == Some(&b'(') {
                let close = self.close()?;
                break (word.start..close.end, next.end..close.start);
            }
            word = next;
        };
        let mut word = self.tokens.next()?;
        loop {
            let next = self.tokens.next()?;
            if self.is(word, "FORMAT") && next.kind == Kind::Word {
                let data = self.data_after(next.end);
                let format = next.start..next.end;
                return Some(Statement::InsertFromInput { head: word.start, call, structure, format, data });
            }
            word = next;
        }
    }

    /// Data begins after the first line break, if only blanks come before it, else after the blanks.
    fn data_after(&self, format_end: usize) -> usize {
        let blank = |at: &usize| matches!(self.text.get(*at), Some(b' ' | b'\t' | 0x0c));
        let mut at = (format_end..).find(|at| !blank(at)).unwrap_or(format_end);
        at += usize::from(self.text.get(at) == Some(&b'\r'));
        at += usize::from(self.text.get(at) == Some(&b'\n'));
        at
    }
}

#[cfg(test)]
mod tests;
