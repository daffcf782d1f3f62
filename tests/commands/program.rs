//! Runs the program and looks at what came of it.

use std::{
    env,
    process::{Command, Output},
};

/// The program, free of what the environment of the tests may configure.
pub(crate) fn tidegauge(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidegauge"));
    command.args(arguments);
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TIDEGAUGE__")) {
        command.env_remove(name);
    }
    command
}

/// What a run that has ended left behind.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.out).expect("standard output is text")
    }

    /// Asserts that it went well.
    #[track_caller]
    pub(crate) fn good(self) -> Self {
        assert_eq!(self.code, Some(0), "standard error: {}", self.err);
        self
    }

    /// Asserts that it ended with `code` and said each of `words` on standard error, and nothing elsewhere.
    #[track_caller]
    pub(crate) fn bad(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "standard error: {}", self.err);
        assert_eq!(self.out, b"", "standard output of a run that failed");
        for word in words {
            assert!(self.err.contains(word), "no {word:?} in: {}", self.err);
        }
        self
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        Self { code: output.status.code(), out: output.stdout, err }
    }
}

/// Runs the program to its end.
pub(crate) fn run(arguments: &[&str]) -> Ran {
    tidegauge(arguments).output().expect("run the program").into()
}
