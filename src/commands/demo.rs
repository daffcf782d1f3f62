//! `tidegauge demo`.

use std::process::ExitCode;

use crate::cli::DemoArgs;

pub(crate) async fn demo(_args: DemoArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not built yet")
}
