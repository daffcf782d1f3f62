//! tidegauge: streaming engagement gauges.

mod cli;
mod commands;
mod config;
mod demo;
mod engine;
mod instance;
mod raw;
mod replay;
mod rules;
mod serve;
mod user;

use std::{io, process::ExitCode};

use clap::Parser;

use cli::{Cli, Command, ConfigCommand};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Config(ConfigCommand::Check { file }) => commands::config::check(&file).map_err(Into::into),
        Command::Config(ConfigCommand::Reference) => commands::config::reference().map_err(Into::into),
        command => block_on(command),
    };
    match result {
        Ok(code) => code,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tidegauge: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn block_on(command: Command) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let result = runtime.block_on(async {
        match command {
            Command::Replay(args) => commands::replay::replay(args).await,
            Command::Run(args) => commands::run::run(args).await,
            Command::Demo(args) => commands::demo::demo(args).await,
            Command::Generate(args) => commands::generate::generate(args).await,
            Command::Schema(command) => commands::schema::schema(command).await,
            Command::Clickhouse(args) => commands::clickhouse::clickhouse(args).await,
            Command::Config(_) => Ok(ExitCode::SUCCESS),
        }
    });
    // What still runs after a command has ended is not worth waiting for.
    runtime.shutdown_background();
    result
}

/// Whether the reader of our output has gone, as `head` does.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
    })
}
