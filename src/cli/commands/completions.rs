//! `izingate completions`.

use crate::cli::Cli;
use crate::cli::args::completions::CompletionsArgs;
use clap::CommandFactory;

/// The script of a shell, for standard output.
#[must_use]
pub fn completions(args: CompletionsArgs) -> String {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "izingate", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}
