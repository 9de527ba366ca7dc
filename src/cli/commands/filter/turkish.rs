//! What `izingate filter` says, in Turkish.

use super::super::CommandError;
use super::needs_room;
use crate::cli::args::filter::FilterArgs;
use crate::lists::Stop;

/// How a list that was cut short is continued.
pub(super) fn how_to_go_on(args: &FilterArgs, stop: &Stop, lines: u64) -> String {
    match (&args.out, stop) {
        (Some(_), _) if stop.code() == "CANNOT_RESUME" => "Baştan başlamak için aynı komutu --force ile verin".to_owned(),
        (Some(_), _) => {
            let lines = match lines {
                0 => "Yanıtı hazır sayılan satır yok: hepsi yeniden sorulur".to_owned(),
                lines => format!("Listenin ilk {lines} satırının yanıtı hazır (başlık ve boş satırlar dahil)"),
            };
            let room = if needs_room(stop) { "Diskte yer açıp" } else { "Kaldığı yerden sürdürmek için" };
            format!("{lines}. {room} aynı komuta --resume ekleyin")
        }
        (None, Stop::Output(_)) => "Standart çıktı bir satırın ortasında bitmiş olabilir: --out ile yeniden başlayın".to_owned(),
        (None, _) => {
            format!(
                "Listenin ilk {lines} satırının yanıtı hazır (başlık ve boş satırlar dahil). Sürdürmek için aynı komutu --skip-lines {lines} ile verin ve çıkanı sonuna ekleyin"
            )
        }
    }
}

/// An error of the command before its list is begun; what has no Turkish text stays as it is.
pub(super) fn in_turkish(error: CommandError) -> CommandError {
    let text = match &error {
        CommandError::UnknownBrand(brand) => {
            format!(
                "{brand} numaralı marka kayıtlı değil; eklemek için: izingate brand add --brand {brand} --iys-code CODE --title TEXT"
            )
        }
        CommandError::Gateway(text) if text.ends_with("no gateway answers there") => text.replace(
            "no gateway answers there",
            "bu adreste ağ geçidi yanıt vermiyor; çalıştığını ve --endpoint adresini denetleyin",
        ),
        CommandError::Open(open) if open.code() == "DATA_MISSING" => {
            "--data ile verilen klasörde veri yok; klasörün adını denetleyin ya da --endpoint ile çalışan ağ geçidine sorun"
                .to_owned()
        }
        CommandError::Refused { code, .. } => match code.as_str() {
            "ADMIN_PORT" => "bu, yönetim portu; --endpoint ile sorguların yanıtlandığı portu verin (serve --listen)".to_owned(),
            "ONE_PAIR" => "--split tek marka ve tek tür ile kullanılır".to_owned(),
            "TOO_MANY_PAIRS" => "--brand ve --type değerleri birer kez verilir ve en çok 16 çift oluşturur".to_owned(),
            "EVIDENCE_WHERE" => "kararların kaydedileceği klasörü --evidence ile belirtin".to_owned(),
            "EVIDENCE_OF_GATEWAY" => {
                "bir ağ geçidinin kanıt klasörü yalnız onundur; --evidence ile başka bir klasör verin".to_owned()
            }
            _ => return error,
        },
        _ => return error,
    };
    CommandError::Refused { code: error.code().to_owned(), message: text }
}

#[cfg(test)]
mod tests {
    use super::super::how_to_go_on as in_english;
    use super::*;
    use crate::cli::{Cli, Command};
    use crate::lists::SinkError;
    use clap::Parser;
    use std::io;

    #[test]
    fn the_way_on_is_one_that_leads_there() {
        let line = "izingate filter --brand 7 --type MESAJ --out sonuç.csv liste.csv";
        let Command::Filter(args) = Cli::try_parse_from(line.split(' ')).unwrap().command else { panic!("{line}") };
        let full = || Stop::from(SinkError::Io { path: "sonuç.csv".into(), source: io::ErrorKind::StorageFull.into() });
        for (stop, lines, english, turkish) in [
            (
                Stop::Asked,
                3,
                "3 lines are answered for, those of the header and blank ones too. Go on with: the same command with --resume",
                "Listenin ilk 3 satırının yanıtı hazır (başlık ve boş satırlar dahil). Kaldığı yerden sürdürmek için aynı komuta --resume ekleyin",
            ),
            (
                full(),
                0,
                "No line is noted as answered for: all are asked about again. Make room on the disk, then go on with: the same command with --resume",
                "Yanıtı hazır sayılan satır yok: hepsi yeniden sorulur. Diskte yer açıp aynı komuta --resume ekleyin",
            ),
            (
                Stop::Elsewhere("another list".to_owned()),
                3,
                "To begin anew: the same command with --force",
                "Baştan başlamak için aynı komutu --force ile verin",
            ),
        ] {
            assert_eq!(
                (in_english(&args, &stop, lines).as_str(), how_to_go_on(&args, &stop, lines).as_str()),
                (english, turkish)
            );
        }
        assert_eq!(full().text(crate::model::language::Language::Turkish), "sonuç.csv: diskte yer kalmadı");
    }
}
