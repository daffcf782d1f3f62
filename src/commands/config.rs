//! `tidegauge config check` and `tidegauge config reference`.

use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use crate::config::{Settings, environment, markdown};

/// The exit code for a configuration at fault.
const FAULTY: u8 = 2;

/// Checks the file together with the environment: `FILE: ok` and what differs from the defaults on standard output, or every
/// fault on standard error and exit code 2.
///
/// # Errors
///
/// When standard output or standard error cannot be written.
pub(crate) fn check(path: &Path) -> io::Result<ExitCode> {
    check_to(path, environment(), &mut io::stdout().lock(), &mut io::stderr().lock())
}

/// Prints the reference of all options in Markdown.
///
/// # Errors
///
/// When standard output cannot be written.
pub(crate) fn reference() -> io::Result<ExitCode> {
    io::stdout().lock().write_all(markdown().as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn check_to(
    path: &Path,
    env: impl Iterator<Item = (String, String)>,
    out: &mut impl Write,
    err: &mut impl Write,
) -> io::Result<ExitCode> {
    match Settings::load(Some(path), env) {
        Ok(settings) => {
            writeln!(out, "{}: ok", path.display())?;
            for (path, given) in settings.differences() {
                writeln!(out, "{path} = {}  # {}", given.shown, given.origin)?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(errors) => {
            writeln!(err, "{errors}")?;
            Ok(ExitCode::from(FAULTY))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn run(toml: &str, variable: (&str, &str)) -> (ExitCode, String, String) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.toml");
        std::fs::write(&path, toml).unwrap();
        let env = std::iter::once((variable.0.to_owned(), variable.1.to_owned()));
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = check_to(&path, env, &mut out, &mut err).unwrap();
        let text =
            |bytes| String::from_utf8(bytes).unwrap().replace(&format!("{}/", dir.path().display()), "");
        (code, text(out), text(err))
    }

    #[test]
    fn a_good_file_shows_what_differs() {
        let toml = "[sink]\nflush_rows = 5\nflush_interval = \"2000ms\"\npassword = \"hunter2\"\n";
        let (code, out, err) = run(toml, ("TIDEGAUGE__LOG__FORMAT", "json"));
        assert_eq!(code, ExitCode::SUCCESS);
        // The interval is the default, said otherwise.
        assert_eq!(
            out,
            "t.toml: ok\nlog.format = \"json\"  # TIDEGAUGE__LOG__FORMAT\nsink.flush_rows = 5  # t.toml:2\nsink.password = \"***\"  # t.toml:4\n"
        );
        assert_eq!(err, "");
    }

    #[test]
    fn a_bad_one_shows_every_fault_on_standard_error() {
        let (code, out, err) =
            run("[sink]\nflush_rows = 0\nnope_nope = 1\n", ("TIDEGAUGE__LOG__FORMAT", "xml"));
        assert_eq!(code, ExitCode::from(2));
        assert_eq!(out, "");
        assert_eq!(
            err.lines().collect::<Vec<_>>(),
            [
                "sink.nope_nope: unknown option; remove it, or see `tidegauge config reference` (t.toml:3)",
                "sink.flush_rows: expected a whole number from 1 to 10000000, got 0 (t.toml:2)",
                "log.format: expected \"human\" or \"json\", got \"xml\" (TIDEGAUGE__LOG__FORMAT)",
            ]
        );
    }
}
