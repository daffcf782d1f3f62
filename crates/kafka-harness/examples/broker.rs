//! Starts a broker with one topic, prints its address, and keeps it until standard input ends.
//!
//!     cargo run -p kafka-harness --example broker -- events 8

use kafka_harness::{Installation, KafkaServer, Settings};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let topic = arguments.next().unwrap_or_else(|| "events".to_owned());
    let partitions = arguments.next().map_or(Ok(8), |text| text.parse())?;
    let settings = Settings {
        // Measurements want the JVM's second compiler too.
        java_options: vec!["-Xmx1g".to_owned(), "-XX:TieredStopAtLevel=4".to_owned()],
        ..Settings::default()
    };
    let kafka = KafkaServer::start(&Installation::locate()?, &settings)?;
    kafka.create_topic(&topic, partitions, &[])?;
    println!("{}", kafka.bootstrap());
    eprintln!(
        "topic {topic} with {partitions} partitions; ends with standard input (Ctrl-D); log in {}",
        kafka.log().display()
    );
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    Ok(())
}
