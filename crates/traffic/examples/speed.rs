//! Prints how fast one thread generates: `cargo run --release -p traffic --example speed [EVENTS] [USERS]`.

use std::time::Instant;

use traffic::{Generated, Generator, Settings};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let settings = Settings {
        events: arguments.next().map_or(Ok(2_000_000), |text| text.parse())?,
        users: arguments.next().map_or(Ok(50_000), |text| text.parse())?,
        ..Settings::default()
    };
    let began = Instant::now();
    let mut generator = Generator::new(settings.clone())?;
    let mut record = Generated::default();
    let mut bytes = 0;
    while generator.fill(&mut record) {
        bytes += record.value.len();
    }
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{} records of {} users, {:.0} bytes each, in {seconds:.2} s: {:.0} a second",
        settings.events,
        settings.users,
        bytes as f64 / settings.events as f64,
        settings.events as f64 / seconds
    );
    Ok(())
}
