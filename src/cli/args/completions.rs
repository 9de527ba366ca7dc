//! `izingate completions`

use clap::Args;
use clap_complete::Shell;

/// Prints what makes a shell complete commands and flags.
#[derive(Args, Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompletionsArgs {
    /// The shell: bash, zsh, fish, elvish or powershell
    pub shell: Shell,
}
