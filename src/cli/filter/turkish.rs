//! Help and errors of `izingate filter` in Turkish. Flags, codes and the words of the field stay as they are.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};
use std::error::Error as _;

const ABOUT: &str = "Bir adres listesini süzer: CSV, çalışma kitabı (.xlsx, .xlsm, .xls) ya da her satırda bir adres; uzunluk sınırı \
     yoktur. Her satır, yanında kararı (decision) ve gerekçesiyle (reason) olduğu gibi çıkar; birden çok marka, tür ya da adres sütunu \
     sorulursa her birininkiyle. Okunamayan satırlar gerekçeleriyle OUT.rejected.csv dosyasına yazılır. Çıkış kodu: 0 bütün satırlar \
     ALLOW ya da DENY; 2 okunamayan satırlar var; 4 hiçbir adres okunamadı; 5 DEFER olan, yeniden sorulacak satırlar var; 1 yarıda \
     kaldı: kaç satırın yanıtlandığını ve nasıl sürdürüleceğini söyler.";

const TEMPLATE: &str = "{about-with-newline}\nKullanım: {usage}\n\n{all-args}";

/// Help of each argument, by its name.
const HELP: &[(&str, &str)] = &[
    ("data", "Veri klasörü; üzerinde bir ağ geçidi çalışıyor olabilir"),
    ("endpoint", "Çalışan bir ağ geçidi, örneğin http://127.0.0.1:7070"),
    ("brand", "Markanın İYS numarası (brandCode); birden çoksa virgülle ya da yineleyerek"),
    ("channel", "ARAMA, MESAJ ya da EPOSTA; birden çoksa virgülle ya da yineleyerek"),
    ("recipient_type", "BIREYSEL ya da TACIR [varsayılan: BIREYSEL]"),
    ("retailer", "Markanın iznini kullanan bayi [varsayılan: markanın kendisi]"),
    ("purpose", "TICARI, MUAF_6_1, MUAF_6_2, MUAF_6_4 ya da KAPSAM_DISI [varsayılan: TICARI]"),
    ("min_revision", "Görünür olması gereken sürüm; değilse her satır DEFER olur [varsayılan: 0]"),
    ("reference", "Kanıtta saklanacak, size ait bir not"),
    ("caller", "Kanıtta saklanacak adınız [varsayılan: izingate-filter]"),
    (
        "column",
        "Adres sütunu: adı ya da 1'den başlayan numarası; her biri ayrı sorulacaksa birkaçı virgülle (2,3) \
         [varsayılan: anlaşılabilen tek sütun]",
    ),
    ("email_column", "Telefonlar da soruluyorsa e-posta sütunu; --column gibi [varsayılan: anlaşılabilen tek sütun]"),
    ("delimiter", ", ; | ya da tab [varsayılan: bulunur ya da ilk satırdaki sep=; belirtir]"),
    (
        "header",
        "Listenin başlık satırı olup olmadığı: ilk satır ya da başlık üstü satırların altındaki bilinen adlar \
         [varsayılan: bilinen bir sütun adı varsa]",
    ),
    ("encoding", "utf-8, utf-16, windows-1254 ya da iso-8859-9 [varsayılan: listenin işaretinden ve harflerinden]"),
    ("sheet", "Çalışma kitabının sayfası [varsayılan: dolu olan tek sayfa]"),
    (
        "out",
        "Satırların yazılacağı dosya: metin, ya da .xlsx ile bitiyorsa çalışma kitabı; bitene dek adı OUT.partial \
         [varsayılan: standart çıktı]",
    ),
    (
        "split",
        "Satırları olduğu gibi, her kararınkini ayrı dosyaya yazar: OUT.allowed, .blocked, .deferred; birden çok adresi olan satır, \
         hepsi uygunsa uygundur",
    ),
    ("duplicates", "Daha önce geçen adresleri ayrı bir sütunda işaretler"),
    ("language", "Her gerekçeyi ayrı bir sütunda açıklar: en ya da tr"),
    ("rejected", "Okunamayan satırların yazılacağı dosya [varsayılan: OUT.rejected.csv ya da FILE.rejected.csv]"),
    ("resume", "Aynı listenin yarıda kalan işini sürdürür"),
    ("force", "Var olanın üzerine yazar"),
    ("skip_lines", "Yanıtları zaten hazır olan satır sayısı: onlar için bir şey yazılmaz [varsayılan: 0]"),
    ("evidence", "--data ile: kararların kaydedileceği klasör [varsayılan: OUT.evidence ya da FILE.evidence]"),
    (
        "secret_file",
        "--data ile: takma adların gizli anahtarının dosyası [ortam: IZINGATE_SECRET_FILE, ya da anahtarın kendisi IZINGATE_SECRET]",
    ),
    ("exempt_only", "İYS'de olmayan göndericiler yalnız istisna kapsamında kayıtlı olabilir (policy.exempt_only gibi)"),
    ("retry_for", "Ulaşılamayan ağ geçidinin kaç saniye yeniden deneneceği [varsayılan: 30]"),
    ("file", "Liste; - standart girdidir"),
];

/// The whole command line with this command's help in Turkish.
pub(in crate::cli) fn in_turkish(command: Command) -> Command {
    command.mut_subcommand("filter", |filter| {
        let filter = filter.about(ABOUT).long_about(ABOUT).help_template(TEMPLATE);
        let filter = filter.disable_help_flag(true).disable_version_flag(true).mut_args(translated);
        let flag = |id: &'static str, short: char, help: &'static str| {
            Arg::new(id).short(short).long(id).help(help).help_heading("Seçenekler")
        };
        filter
            .arg(flag("help", 'h', "Bu yardımı yazdırır").action(ArgAction::Help))
            .arg(flag("version", 'V', "Sürümü yazdırır").action(ArgAction::Version))
    })
}

fn translated(arg: Arg) -> Arg {
    let help = HELP.iter().find(|(id, _)| *id == arg.get_id().as_str()).map(|(_, help)| *help);
    let heading = if arg.is_positional() { "Bağımsız değişkenler" } else { "Seçenekler" };
    match help {
        Some(help) => {
            let has_value = arg.get_action().takes_values();
            arg.help(help).long_help(help).help_heading(heading).hide_default_value(has_value)
        }
        None => arg,
    }
}

/// A mistake in the arguments, in Turkish; `None` for one that has no Turkish text.
#[must_use]
pub fn error(error: &clap::Error) -> Option<String> {
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
    Some(format!("hata: {text}\n\nYardım için: izingate filter --help"))
}

#[cfg(test)]
mod tests {
    use super::super::super::Cli;
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn every_argument_has_its_help() {
        let command = in_turkish(Cli::command());
        let filter = command.find_subcommand("filter").unwrap();
        for arg in filter.get_arguments().filter(|arg| !["help", "version"].contains(&arg.get_id().as_str())) {
            assert!(HELP.iter().any(|(id, _)| *id == arg.get_id().as_str()), "{}", arg.get_id());
        }
        assert_eq!(filter.get_arguments().count(), HELP.len() + 2);
    }
}
