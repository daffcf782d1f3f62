//! A child process that never outlives this one, whatever ends it.

use crate::Error;
use std::{
    fs::File,
    io::Write,
    path::Path,
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Runs "$@", sends it the signals named on standard input, and kills it when standard input ends:
/// the system closes that pipe even if the test's process is killed.
const KEEPER: &str = r#"
exec 3<&0 </dev/null
"$@" 3<&- &
child=$!
{ while read -r signal <&3; do kill -s "$signal" "$child"; done; kill -s KILL "$child"; } &
keeper=$!
wait "$child"; status=$?
kill -s KILL "$keeper"
exit "$status"
"#;

const POLL: Duration = Duration::from_millis(20);

/// A running child, its signals sent by name.
#[derive(Debug)]
pub(crate) struct Keeper {
    shell: Child,
    control: Option<ChildStdin>,
}

impl Keeper {
    /// Starts `command`, both its streams appended to `log`.
    pub(crate) fn start(command: &[String], log: &Path) -> Result<Self, Error> {
        let out = File::options()
            .create(true)
            .append(true)
            .open(log)
            .map_err(Error::io(format!("open {}", log.display())))?;
        let err = out.try_clone().map_err(Error::io(format!("open {}", log.display())))?;
        let mut shell = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .args(command)
            .stdin(Stdio::piped())
            .stdout(out)
            .stderr(err)
            .spawn()
            .map_err(Error::io("start a shell for the broker"))?;
        let control = shell.stdin.take();
        Ok(Self { shell, control })
    }

    /// Sends a signal, named without SIG.
    pub(crate) fn signal(&mut self, name: &str) -> Result<(), Error> {
        let control = self.control.as_mut().ok_or(Error::NotRunning)?;
        writeln!(control, "{name}").map_err(Error::io(format!("send SIG{name} to the broker")))
    }

    /// The exit status, once the child has ended.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>, Error> {
        self.shell.try_wait().map_err(Error::io("ask whether the broker lives"))
    }

    /// Waits for the end, at most `limit`; `None` if it still lives then.
    pub(crate) fn wait(&mut self, limit: Duration) -> Result<Option<ExitStatus>, Error> {
        let since = Instant::now();
        loop {
            match self.ended()? {
                None if since.elapsed() < limit => thread::sleep(POLL),
                status => return Ok(status),
            }
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // Closing the pipe makes the keeper kill; a drop has nobody to report to.
        drop(self.control.take());
        let _ = self.shell.wait();
    }
}
