//! One broker that is also its controller (KRaft), on loopback ports.

use crate::{
    Error, Installation,
    process::Keeper,
    properties::{self, Ports},
    tls::{PASSWORD, Tls, USER},
    topic,
};
use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// The line Kafka logs when the broker is registered and serves.
const READY: &str = "Kafka Server started";
const START_LIMIT: Duration = Duration::from_secs(90);
const STOP_LIMIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(50);
/// A cluster's id is any 16 bytes in base64; these read `tidegauge-test-1`.
const CLUSTER_ID: &str = "dGlkZWdhdWdlLXRlc3QtMQ";

/// What a test may change about its broker.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Broker properties, over the harness's own.
    pub properties: Vec<(String, String)>,
    /// Options for the JVM, after the harness's own (512 MiB heap, first compiler tier only).
    pub java_options: Vec<String>,
    /// Adds a listener with TLS and SASL/PLAIN beside the plain one.
    pub secure: bool,
}

/// A running broker; killed, its data removed, when dropped.
#[derive(Debug)]
pub struct KafkaServer {
    // Before the folder: the broker ends first when both are dropped.
    keeper: Option<Keeper>,
    ports: Ports,
    tls: Option<Tls>,
    command: Vec<String>,
    folder: TempDir,
}

impl KafkaServer {
    /// A broker with default settings, or `None` after the test was noted as skipped.
    ///
    /// # Panics
    /// If Kafka is unavailable under `CI=true`, or does not start.
    pub fn start_or_skip() -> Option<Self> {
        Self::start_with_or_skip(&Settings::default())
    }

    /// As [`KafkaServer::start_or_skip`], with settings.
    ///
    /// # Panics
    /// If Kafka is unavailable under `CI=true`, or does not start.
    pub fn start_with_or_skip(settings: &Settings) -> Option<Self> {
        let installation = Installation::or_skip()?;
        match Self::start(&installation, settings) {
            Ok(server) => Some(server),
            Err(error) => panic!("{error}"),
        }
    }

    /// Formats a folder, starts a broker in it and waits until it serves.
    ///
    /// # Errors
    /// Any [`Error`] but a topic's; a port taken between choice and start is tried again with another.
    pub fn start(installation: &Installation, settings: &Settings) -> Result<Self, Error> {
        let mut tries = 3;
        loop {
            match Self::start_once(installation, settings) {
                Err(Error::Died { tail, .. }) if tries > 1 && tail.contains("in use") => tries -= 1,
                outcome => return outcome,
            }
        }
    }

    fn start_once(installation: &Installation, settings: &Settings) -> Result<Self, Error> {
        let folder = tempfile::Builder::new()
            .prefix("kafka-")
            .tempdir()
            .map_err(Error::io("make a folder for the broker"))?;
        let ports = free_ports()?;
        let tls = match settings.secure {
            true => Some(Tls::generate(folder.path())?),
            false => None,
        };
        let configuration = folder.path().join("server.properties");
        let text = properties::render(&folder.path().join("data"), ports, tls.as_ref(), settings);
        fs::write(&configuration, text).map_err(Error::io(format!("write {}", configuration.display())))?;
        let class_path = installation.class_path();
        let configuration = configuration.display().to_string();
        format_storage(&class_path, &configuration)?;

        let mut command: Vec<String> = [
            "java",
            "-Xmx512m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Djava.awt.headless=true",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
            "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config.AbstractConfig=warn",
        ]
        .map(str::to_owned)
        .to_vec();
        command.extend(settings.java_options.iter().cloned());
        command.extend(["-cp".to_owned(), class_path, "kafka.Kafka".to_owned(), configuration]);
        let mut server = Self { keeper: None, ports, tls, command, folder };
        server.launch()?;
        Ok(server)
    }

    /// `host:port` of the plain listener; the same after [`KafkaServer::restart`].
    pub fn bootstrap(&self) -> String {
        format!("127.0.0.1:{}", self.ports.plain)
    }

    /// librdkafka properties for the listener with TLS and SASL, `bootstrap.servers` included; `None`
    /// unless [`Settings::secure`].
    pub fn secure_client(&self) -> Option<Vec<(&'static str, String)>> {
        let tls = self.tls.as_ref()?;
        Some(vec![
            ("bootstrap.servers", format!("127.0.0.1:{}", self.ports.secure)),
            ("security.protocol", "SASL_SSL".to_owned()),
            ("ssl.ca.location", tls.certificate.display().to_string()),
            ("sasl.mechanisms", "PLAIN".to_owned()),
            ("sasl.username", USER.to_owned()),
            ("sasl.password", PASSWORD.to_owned()),
        ])
    }

    /// Creates a topic with `partitions` partitions and topic properties, and waits for its leaders.
    /// Blocks the thread.
    ///
    /// # Errors
    /// [`Error::Topic`] with Kafka's reason.
    pub fn create_topic(
        &self,
        topic: &str,
        partitions: u32,
        configuration: &[(&str, &str)],
    ) -> Result<(), Error> {
        topic::create(&self.bootstrap(), topic, partitions, configuration)
    }

    /// The broker's log, all starts in one file.
    pub fn log(&self) -> PathBuf {
        self.folder.path().join("broker.log")
    }

    /// Shuts the broker down in good order (SIGTERM) and waits. Stopped already: nothing.
    ///
    /// # Errors
    /// [`Error::NotReady`] if it still runs after 30 s; it is killed then.
    pub fn stop(&mut self) -> Result<(), Error> {
        let Some(mut keeper) = self.keeper.take() else {
            return Ok(());
        };
        keeper.signal("TERM")?;
        match keeper.wait(STOP_LIMIT)? {
            Some(_) => Ok(()),
            None => Err(Error::NotReady { waited: STOP_LIMIT, log: self.log(), tail: tail(&self.log()) }),
        }
    }

    /// Ends the broker at once (SIGKILL), as a crash would; its data stays. Stopped already: nothing.
    pub fn kill(&mut self) {
        self.keeper = None;
    }

    /// Freezes the broker (SIGSTOP): connections stay open, nothing answers.
    ///
    /// # Errors
    /// [`Error::NotRunning`] after stop or kill.
    pub fn freeze(&mut self) -> Result<(), Error> {
        self.signal("STOP")
    }

    /// Lets a frozen broker go on (SIGCONT).
    ///
    /// # Errors
    /// [`Error::NotRunning`] after stop or kill.
    pub fn thaw(&mut self) -> Result<(), Error> {
        self.signal("CONT")
    }

    fn signal(&mut self, name: &str) -> Result<(), Error> {
        self.keeper.as_mut().ok_or(Error::NotRunning)?.signal(name)
    }

    /// Starts the broker again on its data and its ports, after stopping it if it runs.
    ///
    /// # Errors
    /// As [`KafkaServer::start`] and [`KafkaServer::stop`].
    pub fn restart(&mut self) -> Result<(), Error> {
        self.stop()?;
        self.launch()
    }

    fn launch(&mut self) -> Result<(), Error> {
        let log = self.log();
        let before = read_log(&log).len();
        let mut keeper = Keeper::start(&self.command, &log)?;
        let since = Instant::now();
        loop {
            let ended = keeper.ended()?.is_some();
            if read_log(&log).get(before..).is_some_and(|new| new.contains(READY)) {
                self.keeper = Some(keeper);
                return Ok(());
            }
            if ended {
                let tail = tail(&log);
                return Err(Error::Died { log, tail });
            }
            if since.elapsed() > START_LIMIT {
                return Err(Error::NotReady { waited: START_LIMIT, tail: tail(&log), log });
            }
            thread::sleep(POLL);
        }
    }
}

fn format_storage(class_path: &str, configuration: &str) -> Result<(), Error> {
    let output = Command::new("java")
        .args(["-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"])
        .args(["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", class_path])
        .args(["kafka.tools.StorageTool", "format", "--standalone"])
        .args(["--cluster-id", CLUSTER_ID, "--config", configuration])
        .stdin(Stdio::null())
        .output()
        .map_err(Error::io("run java"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(Error::Tool {
        tool: "kafka.tools.StorageTool",
        output: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    })
}

/// Three ports nobody listens on now; held together while chosen, so that they differ.
fn free_ports() -> Result<Ports, Error> {
    let listen = || TcpListener::bind("127.0.0.1:0");
    let held = [listen(), listen(), listen()];
    let [plain, controller, secure] =
        held.map(|listener| listener.and_then(|listener| Ok((listener.local_addr()?.port(), listener))));
    let doing = "find a free loopback port";
    let (plain, controller, secure) = (
        plain.map_err(Error::io(doing))?,
        controller.map_err(Error::io(doing))?,
        secure.map_err(Error::io(doing))?,
    );
    Ok(Ports { plain: plain.0, controller: controller.0, secure: secure.0 })
}

fn read_log(log: &Path) -> String {
    // Not there yet, before the first start.
    fs::read(log).map_or_else(|_| String::new(), |bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn tail(log: &Path) -> String {
    let text = read_log(log);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(25)..].join("\n")
}
