//! A process of the program, its output in a file; killed when dropped.

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How long anything may take on a machine that has other things to do.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);
/// Pause between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// Waits until `look` finds something; `doing` names it if it never comes.
#[track_caller]
pub(crate) fn until<T>(doing: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(since.elapsed() < PATIENCE, "waited {PATIENCE:?} for this: {doing}");
        thread::sleep(LOOK);
    }
}

/// A running process.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts the program; what it says on either stream is appended to `log`.
    pub(crate) fn start(arguments: &[&str], log: &Path) -> Self {
        let out = File::options().create(true).append(true).open(log).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidegauge"));
        command.args(arguments).stdin(Stdio::null()).stderr(out.try_clone().unwrap()).stdout(out);
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TIDEGAUGE__"))
        {
            command.env_remove(name);
        }
        Self { child: command.spawn().unwrap(), log: log.to_owned() }
    }

    /// What it has said.
    pub(crate) fn said(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap()).into_owned()
    }

    /// Sends a signal, named without SIG.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &pid]).status().unwrap();
        assert!(status.success(), "kill -s {name} {pid}");
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Its exit code, if it has ended; `Some(None)` if a signal ended it.
    pub(crate) fn ended(&mut self) -> Option<Option<i32>> {
        self.child.try_wait().unwrap().map(|status| status.code())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            let said = self.said();
            let lines: Vec<&str> = said.lines().collect();
            let tail = lines[lines.len().saturating_sub(40)..].join("\n");
            eprintln!("--- {} ends with:\n{tail}\n---", self.log.display());
        }
    }
}
