//! Help and errors of commands that speak Turkish: `filter` and `check`. Flags, codes and the words of the field stay as they are.

use super::{check, filter};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};
use std::error::Error as _;

const TEMPLATE: &str = "{about-with-newline}\nKullanım: {usage}\n\n{all-args}";

/// A command and its texts.
struct Spoken {
    command: &'static str,
    about: &'static str,
    /// Help of each argument, by its name.
    help: &'static [(&'static str, &'static str)],
}

const SPOKEN: [Spoken; 2] = [
    Spoken { command: "filter", about: filter::turkish::ABOUT, help: filter::turkish::HELP },
    Spoken { command: "check", about: check::turkish::ABOUT, help: check::turkish::HELP },
];

/// The whole command line with the help of these commands in Turkish.
pub(super) fn in_turkish(command: Command) -> Command {
    SPOKEN.iter().fold(command, |command, spoken| command.mut_subcommand(spoken.command, |of| translated(of, spoken)))
}

fn translated(command: Command, spoken: &Spoken) -> Command {
    let command = command.about(spoken.about).long_about(spoken.about).help_template(TEMPLATE);
    let command = command.disable_help_flag(true).disable_version_flag(true).mut_args(|arg| translated_arg(arg, spoken.help));
    let flag = |id: &'static str, short: char, help: &'static str| {
        Arg::new(id).short(short).long(id).help(help).help_heading("Seçenekler")
    };
    command
        .arg(flag("help", 'h', "Bu yardımı yazdırır").action(ArgAction::Help))
        .arg(flag("version", 'V', "Sürümü yazdırır").action(ArgAction::Version))
}

fn translated_arg(arg: Arg, texts: &[(&'static str, &'static str)]) -> Arg {
    let help = texts.iter().find(|(id, _)| *id == arg.get_id().as_str()).map(|(_, help)| *help);
    let heading = if arg.is_positional() { "Bağımsız değişkenler" } else { "Seçenekler" };
    match help {
        Some(help) => {
            let has_value = arg.get_action().takes_values();
            arg.help(help).long_help(help).help_heading(heading).hide_default_value(has_value)
        }
        None => arg,
    }
}

/// A mistake in the arguments of a command, in Turkish; `None` where the command or the mistake has no Turkish text.
#[must_use]
pub fn error(command: &str, error: &clap::Error) -> Option<String> {
    let Spoken { command, .. } = SPOKEN.iter().find(|spoken| spoken.command == command)?;
    let context = |kind| match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => Some(texts.join(", ")),
        _ => None,
    };
    let argument = context(ContextKind::InvalidArg);
    let text = match error.kind() {
        ErrorKind::UnknownArgument => format!("bilinmeyen seçenek: {}", argument?),
        ErrorKind::MissingRequiredArgument => format!("eksik: {}", argument?),
        ErrorKind::ArgumentConflict => {
            format!("{} şununla birlikte verilemez: {}", argument?, context(ContextKind::PriorArg).unwrap_or_default())
        }
        ErrorKind::InvalidValue if context(ContextKind::InvalidValue).is_none_or(|value| value.is_empty()) => {
            format!("{} bir değer ister", argument?)
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let why = error.source().map(|source| format!(" ({source})")).unwrap_or_default();
            format!("{} için geçersiz değer: {}{why}", argument?, context(ContextKind::InvalidValue)?)
        }
        _ => return None,
    };
    Some(format!("hata: {text}\n\nYardım için: izingate {command} --help"))
}

#[cfg(test)]
mod tests {
    use super::super::Cli;
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn every_argument_has_its_help() {
        let root = in_turkish(Cli::command());
        for spoken in &SPOKEN {
            let command = root.find_subcommand(spoken.command).unwrap();
            for arg in command.get_arguments().filter(|arg| !["help", "version"].contains(&arg.get_id().as_str())) {
                assert!(spoken.help.iter().any(|(id, _)| *id == arg.get_id().as_str()), "{}: {}", spoken.command, arg.get_id());
            }
            assert_eq!(command.get_arguments().count(), spoken.help.len() + 2, "{}", spoken.command);
        }
    }
}
