//! `tidegauge generate`.

mod ahead;
mod output;
pub(crate) mod producer;
mod properties;
mod topic;

use std::{
    fmt::Write,
    io::{self, IsTerminal as _},
    process::ExitCode,
    time::{Duration, Instant},
};

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use traffic::{Generated, Generator, Settings};

use crate::{
    cli::GenerateArgs,
    config::{self, environment},
    serve,
};
use output::Output;

/// Records between two updates of the progress bar.
const UPDATE_EVERY: u64 = 1_024;

/// Generates traffic into a file, standard output or a Kafka topic; ends with a line on standard error.
///
/// # Errors
/// Settings nothing can be generated from, or output that cannot be written, all of it.
pub(crate) async fn generate(args: GenerateArgs) -> anyhow::Result<ExitCode> {
    let settings = settings(&args);
    let generator = Generator::new(settings.clone())?;
    if args.kafka.is_some() {
        serve::logs(&config::Settings::load(None, environment())?.log);
    }
    let output = Output::open(&args, &settings).await?;
    tokio::task::spawn_blocking(move || write(generator, output)).await??;
    Ok(ExitCode::SUCCESS)
}

fn settings(args: &GenerateArgs) -> Settings {
    let defaults = Settings::default();
    Settings {
        events: args.events,
        users: args.users,
        seed: args.seed,
        days: args.days,
        end: args.end.map_or(defaults.end, |end| end.as_millisecond()),
        sites: args.sites.clone(),
        bad_share: args.bad,
        duplicate_share: args.duplicates,
        late_share: args.late,
        disorder_share: args.disorder,
        ..defaults
    }
}

/// Writes all records, and says so.
fn write(mut generator: Generator, mut output: Output) -> anyhow::Result<()> {
    let began = Instant::now();
    let progress = progress(generator.remaining(), &output);
    let mut record = Generated::default();
    let (mut records, mut bytes) = (0_u64, 0_u64);
    while generator.fill(&mut record) {
        bytes += output.write(&record)?;
        records += 1;
        if records % UPDATE_EVERY == 0 {
            progress.set_position(records);
        }
    }
    progress.set_position(records);
    output.finish()?;
    progress.finish_and_clear();
    eprintln!("{}", summary(records, bytes, began.elapsed(), &output));
    Ok(())
}

/// One line for what was done.
fn summary(records: u64, bytes: u64, elapsed: Duration, output: &Output) -> String {
    let seconds = elapsed.as_secs_f64();
    let rate = records as f64 / seconds.max(1e-3);
    format!("{records} records, {bytes} bytes, to {output} in {seconds:.2} s: {rate:.0} records/s")
}

/// A bar on standard error, if that is a terminal and nothing else goes to one.
fn progress(records: u64, output: &Output) -> ProgressBar {
    let crosses = matches!(output, Output::Lines { is_standard: true, .. }) && io::stdout().is_terminal();
    let target = if crosses { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(10) };
    let bar = ProgressBar::with_draw_target(Some(records), target);
    let template = "{wide_bar} {human_pos} of {human_len} records, {rate}/s, {eta} left";
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style.with_key("rate", |state: &ProgressState, out: &mut dyn Write| {
            // Failing to write leaves the rate out.
            let _ = write!(out, "{}", HumanCount(state.per_sec() as u64));
        })),
        Err(error) => {
            tracing::debug!(%error, "the progress bar's template");
            bar
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};

    fn parsed(arguments: &[&str]) -> Settings {
        let cli = Cli::try_parse_from([&["tidegauge", "generate"], arguments].concat()).unwrap();
        let Command::Generate(args) = cli.command else { panic!("another command") };
        settings(&args)
    }

    #[test]
    fn what_is_not_said_is_the_generators_default() {
        assert_eq!(parsed(&["--events", "100000"]), Settings::default());
    }

    #[test]
    fn every_argument_reaches_the_generator() {
        let line = "--events 7 --users 3 --seed 9 --days 2 --end 2024-02-29T00:00:00Z --sites a,b \
                    --bad 0.01 --duplicates 0.02 --late 0.03 --disorder 0.04";
        let expected = Settings {
            events: 7,
            users: 3,
            seed: 9,
            days: 2,
            end: 1_709_164_800_000,
            sites: vec!["a".to_owned(), "b".to_owned()],
            bad_share: 0.01,
            duplicate_share: 0.02,
            late_share: 0.03,
            disorder_share: 0.04,
            ..Settings::default()
        };
        assert_eq!(parsed(&line.split_whitespace().collect::<Vec<_>>()), expected);
    }
}
