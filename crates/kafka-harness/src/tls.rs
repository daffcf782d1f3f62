//! A listener with TLS and SASL/PLAIN, its certificate made by the JDK's keytool.

use crate::Error;
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The one user of the secured listener.
pub const USER: &str = "tidegauge";
/// That user's password.
pub const PASSWORD: &str = "not-a-secret-in-tests";

const STORE_PASSWORD: &str = "changeit";

/// Key and certificate of a broker on 127.0.0.1.
#[derive(Debug)]
pub(crate) struct Tls {
    store: PathBuf,
    pub(crate) certificate: PathBuf,
}

impl Tls {
    /// Makes a self-signed certificate in `folder`.
    pub(crate) fn generate(folder: &Path) -> Result<Self, Error> {
        let tls = Self { store: folder.join("broker.p12"), certificate: folder.join("ca.pem") };
        keytool(
            &tls.store,
            &[
                "-genkeypair",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-validity",
                "3650",
                "-dname",
                "CN=127.0.0.1",
                "-ext",
                "SAN=IP:127.0.0.1,DNS:localhost",
                "-ext",
                "BC=ca:true",
            ],
        )?;
        let pem = tls.certificate.display().to_string();
        keytool(&tls.store, &["-exportcert", "-rfc", "-file", &pem])?;
        Ok(tls)
    }

    /// The broker's properties for the listener `SASL_SSL`.
    pub(crate) fn properties(&self) -> Vec<(String, String)> {
        let own = |key: &str, value: String| (format!("listener.name.sasl_ssl.{key}"), value);
        vec![
            own("ssl.keystore.type", "PKCS12".to_owned()),
            own("ssl.keystore.location", self.store.display().to_string()),
            own("ssl.keystore.password", STORE_PASSWORD.to_owned()),
            ("sasl.enabled.mechanisms".to_owned(), "PLAIN".to_owned()),
            own(
                "plain.sasl.jaas.config",
                format!(
                    "org.apache.kafka.common.security.plain.PlainLoginModule required \
                     user_{USER}=\"{PASSWORD}\";"
                ),
            ),
        ]
    }
}

fn keytool(store: &Path, arguments: &[&str]) -> Result<(), Error> {
    let output = Command::new("keytool")
        .args(arguments)
        .args(["-alias", "broker", "-storetype", "PKCS12"])
        .args(["-storepass", STORE_PASSWORD, "-keystore"])
        .arg(store)
        .stdin(Stdio::null())
        .output()
        .map_err(Error::io("run keytool (it comes with the JRE)"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(Error::Tool { tool: "keytool", output: String::from_utf8_lossy(&output.stdout).trim().to_owned() })
}
