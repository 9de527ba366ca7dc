//! Help and errors of commands that speak Turkish: `filter` and `check`. Flags, codes and the words of the field stay as they are.

use crate::cli::args::{check, filter};
use crate::net::endpoint::GatewayUrlError;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};
use std::error::Error as _;

const TEMPLATE: &str = "{about-with-newline}\nKullanım: {usage}\n\n{all-args}";

/// A command and its texts.
struct Spoken {
    command: &'static str,
    about: &'static str,
    usage: &'static str,
    /// What the one argument without a flag is.
    given: &'static str,
    /// Help of each argument, by its name.
    help: &'static [(&'static str, &'static str)],
}

const SPOKEN: [Spoken; 2] = [
    Spoken {
        command: "filter",
        about: filter::turkish::ABOUT,
        usage: "izingate filter [SEÇENEKLER] --brand <CODE> --type <TYPE> [FILE]",
        given: "liste",
        help: filter::turkish::HELP,
    },
    Spoken {
        command: "check",
        about: check::turkish::ABOUT,
        usage: "izingate check [SEÇENEKLER] --brand <CODE> --type <TYPE> <RECIPIENT>",
        given: "alıcı",
        help: check::turkish::HELP,
    },
];

/// The whole command line with the help of these commands in Turkish.
pub(super) fn in_turkish(command: Command) -> Command {
    SPOKEN.iter().fold(command, |command, spoken| command.mut_subcommand(spoken.command, |of| translated(of, spoken)))
}

fn translated(command: Command, spoken: &Spoken) -> Command {
    let command = command.about(spoken.about).long_about(spoken.about).help_template(TEMPLATE).override_usage(spoken.usage);
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
    let heading = if arg.is_positional() { "Girdi" } else { "Seçenekler" };
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
    let Spoken { command, given, .. } = SPOKEN.iter().find(|spoken| spoken.command == command)?;
    let context = |kind| match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => Some(texts.join(", ")),
        _ => None,
    };
    let argument = context(ContextKind::InvalidArg);
    let text = match error.kind() {
        ErrorKind::UnknownArgument => match argument? {
            flag if flag.starts_with('-') => format!("bilinmeyen seçenek: {flag}"),
            word => format!(
                "tek bir {given} verilebilir, {word:?} fazla: adında boşluk varsa tırnak içine alın, örneğin \"Kasım listesi.xlsx\""
            ),
        },
        ErrorKind::MissingRequiredArgument => {
            let ContextValue::Strings(missing) = error.get(ContextKind::InvalidArg)? else { return None };
            missing.iter().map(|argument| is_missing(argument)).collect::<Vec<_>>().join("; ")
        }
        ErrorKind::ArgumentConflict => {
            let (one, other) = (argument?, context(ContextKind::PriorArg).unwrap_or_default());
            format!("{} ile {} birlikte verilemez", flag_of(&one), flag_of(&other))
        }
        ErrorKind::InvalidValue if context(ContextKind::InvalidValue).is_none_or(|value| value.is_empty()) => {
            format!("{} bir değer ister", argument?)
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let why = error.source().map(|source| format!(" ({})", why_in_turkish(&source.to_string()))).unwrap_or_default();
            format!("{} için geçersiz değer: {}{why}", argument?, context(ContextKind::InvalidValue)?)
        }
        _ => return None,
    };
    Some(format!("hata: {text}\n\nYardım için: izingate {command} --help"))
}

/// `--type` of `--type <TYPE>`.
fn flag_of(argument: &str) -> &str {
    argument.split(' ').next().unwrap_or(argument)
}

fn is_missing(argument: &str) -> String {
    match flag_of(argument) {
        "--type" => "--type verilmedi: ARAMA, MESAJ ya da EPOSTA".to_owned(),
        "--brand" => "--brand verilmedi: markanın İYS numarası (izingate brand list)".to_owned(),
        _ => format!("eksik: {argument}"),
    }
}

/// Why a value is none, in Turkish.
fn why_in_turkish(english: &str) -> String {
    match english {
        "a type is ARAMA (calls), MESAJ (SMS) or EPOSTA" => "ARAMA, MESAJ ya da EPOSTA olmalı; SMS için MESAJ",
        "a brand's number at İYS is 1 to 4294967295" => "markanın İYS numarası 1 ile 4294967295 arasındadır",
        "a retailer's number at İYS is 1 to 4294967295" => "bayinin İYS numarası 1 ile 4294967295 arasındadır",
        "a recipient type is BIREYSEL or TACIR" => "BIREYSEL ya da TACIR olmalı",
        "a purpose is TICARI, MUAF_6_1, MUAF_6_2, MUAF_6_4 or KAPSAM_DISI" => {
            "TICARI, MUAF_6_1, MUAF_6_2, MUAF_6_4 ya da KAPSAM_DISI olmalı"
        }
        "a delimiter is one of , ; | and tab" => ", ; | ya da tab olmalı",
        "an encoding is utf-8, utf-16, windows-1254 or iso-8859-9" => "utf-8, utf-16, windows-1254 ya da iso-8859-9 olmalı",
        "a language is en or tr" => "en ya da tr olmalı",
        "it is true or false (evet or hayır)" => "true ya da false (evet ya da hayır) olmalı",
        "invalid digit found in string" | "cannot parse integer from empty string" => "bir sayı olmalı",
        _ => english,
    }
    .to_owned()
}

/// A mistake in the address of a gateway, in Turkish; `None` where the command has no Turkish texts.
#[must_use]
pub fn endpoint(command: &str, error: &GatewayUrlError) -> Option<String> {
    SPOKEN.iter().find(|spoken| spoken.command == command)?;
    Some(match error {
        GatewayUrlError::TlsUnsupported(url) => format!(
            "{url}: bu komut ağ geçidiyle TLS olmadan konuşur, https adresine açık metin gönderilmez; komutu ağ geçidinin makinesinde \
             http:// adresiyle ya da bir tünelle çalıştırın (ssh -L 7070:127.0.0.1:7070 SUNUCU)"
        ),
        GatewayUrlError::Credentials => {
            "ağ geçidi adresinde kullanıcı adı ya da parola bulunmaz, örneğin http://127.0.0.1:7070".to_owned()
        }
        GatewayUrlError::Malformed { url, .. } => {
            format!("{url}: geçersiz adres; http://SUNUCU:PORT olmalı, örneğin http://127.0.0.1:7070")
        }
    })
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

    #[test]
    fn mistakes_are_told_in_turkish() {
        let told = |line: &str| {
            let error = in_turkish(Cli::command()).try_get_matches_from(line.split(' ')).unwrap_err();
            super::error("filter", &error).unwrap().lines().next().unwrap().to_owned()
        };
        let base = "izingate filter --brand 7 --type MESAJ";
        for (line, says) in [
            (
                "izingate filter",
                "hata: --brand verilmedi: markanın İYS numarası (izingate brand list); --type verilmedi: ARAMA, MESAJ ya da EPOSTA",
            ),
            (
                "izingate filter --brand 7 --type SMS",
                "hata: --type <TYPE> için geçersiz değer: SMS (ARAMA, MESAJ ya da EPOSTA olmalı; SMS için MESAJ)",
            ),
            (
                &format!("{base} Kasım listesi.xlsx"),
                "hata: tek bir liste verilebilir, \"listesi.xlsx\" fazla: adında boşluk varsa tırnak içine alın, örneğin \"Kasım listesi.xlsx\"",
            ),
            (&format!("{base} --nope"), "hata: bilinmeyen seçenek: --nope"),
            (&format!("{base} --data d --endpoint h:1"), "hata: --data ile --endpoint birlikte verilemez"),
            (
                &format!("{base} --header belki"),
                "hata: --header <true|false> için geçersiz değer: belki (true ya da false (evet ya da hayır) olmalı)",
            ),
            (&format!("{base} --retry-for x"), "hata: --retry-for <SECONDS> için geçersiz değer: x (bir sayı olmalı)"),
            (&format!("{base} --delimiter x"), "hata: --delimiter <DELIMITER> için geçersiz değer: x (, ; | ya da tab olmalı)"),
            (&format!("{base} --lang de"), "hata: --language <LANGUAGE> için geçersiz değer: de (en ya da tr olmalı)"),
        ] {
            assert_eq!(told(line), says, "{line}");
        }
        for (word, is) in [("evet", true), ("hayır", false), ("HAYIR", false), ("true", true), ("false", false)] {
            let parsed = Cli::command().try_get_matches_from(format!("{base} --header {word}").split(' ')).unwrap();
            let (_, filter) = parsed.subcommand().unwrap();
            assert_eq!(filter.get_one::<bool>("header"), Some(&is), "{word}");
        }
        let check = "izingate check --brand 7 --type MESAJ --language tr 05321234567";
        assert!(Cli::command().try_get_matches_from(check.split(' ')).is_ok());
    }
}
