//! TLS and passwords, by the configuration alone.

use std::{collections::BTreeMap, fs};

use kafka_harness::{KafkaServer, PASSWORD, Settings};

use crate::{
    kafka::produce,
    log::{Log, traffic},
    process::until,
    setup::{Setup, TOPIC},
    truth::hold,
};

const WRONG: &str = "correct-horse-battery";

#[test]
fn secrets_come_from_files_and_are_told_to_nobody() {
    let secure = Settings { secure: true, ..Settings::default() };
    let Some(server) = KafkaServer::start_with_or_skip(&secure) else { return };
    server.create_topic(TOPIC, 2, &[]).unwrap();
    let mut client: BTreeMap<_, _> = server.secure_client().unwrap().into_iter().collect();
    let mut setup = Setup::new(&client.remove("bootstrap.servers").unwrap());
    assert_eq!(client.remove("sasl.password").as_deref(), Some(PASSWORD));
    for (name, value) in client {
        setup.property(name, value);
    }
    let password = setup.checkpoints().with_file_name("password");
    let files = [("sasl.password".to_owned(), password.display().to_string().into())];
    setup.set("kafka.properties_files", toml::Table::from_iter(files));
    let log = Log::generate(traffic(4_000, 9), 2);
    produce(&server.bootstrap(), TOPIC, &log.records, None);

    fs::write(&password, format!("{WRONG}\n")).unwrap();
    let instance = setup.start("wrong");
    // It goes on trying, and says so to all who ask.
    until("the instance tries again", || {
        (instance.said().matches("waiting for Kafka").count() > 1).then_some(())
    });
    let ready = instance.ask("/readyz");
    assert_eq!((ready.status, ready.body.trim()), (503, "Kafka does not answer"));
    assert_eq!(instance.ask("/healthz").status, 200);
    let said = instance.stop();
    assert!(!said.contains(WRONG), "{said}");
    assert!(said.to_lowercase().contains("authentication"), "why it does not go on: {said}");

    fs::write(&password, format!("{PASSWORD}\n")).unwrap();
    let mut instance = setup.start("right");
    instance.until_read(log.records.len());
    let said = instance.stop();
    assert!(!said.contains(PASSWORD), "{said}");
    hold(&mut setup.clickhouse, &log.lines(), "secure");
}
