//! What makes a whole list unusable, in Turkish. The words of the field and of flags stay as they are.

use super::error::{Candidate, Delimiter, ListError, column_of};
use super::layout::Kind;

impl ListError {
    /// The text in Turkish, on one line, without any address.
    #[must_use]
    pub fn turkish(&self) -> String {
        match self {
            Self::Empty => "liste boş".to_owned(),
            Self::Binary(what) => format!(
                "liste metin değil ({}): CSV ya da her satırda bir adres verin; komut .xlsx, .xlsm ve .xls dosyalarını da okur",
                binary(what)
            ),
            Self::FirstLineTooLong => "ilk satır 1 MiB'den uzun: bu, satırlardan oluşan bir liste değil".to_owned(),
            Self::HalfCharacter(_) => "liste UTF-16 ve yarım bir karakterle bitiyor".to_owned(),
            Self::EncodingUnclear { line } => format!(
                "ASCII dışı ilk harfler {line}. satırda ve UTF-8 değil: --encoding windows-1254 verin ki açıklamalar da bu kodlamayla yazılsın"
            ),
            Self::LoneReturn => "satırlar tek başına CR ile bitiyor; listeyi LF satır sonlarıyla kaydedin".to_owned(),
            Self::MixedDelimiters { of_first, line, other } => format!(
                "ayırıcılar karışık: 1. satırda {}, {line}. satırda {}; listeyi tek bir ayırıcıyla kaydedin",
                delimiter(*of_first),
                delimiter(*other)
            ),
            Self::ManyDelimiters(one, other) => format!(
                "ayırıcı {} da {} da olabilir; --delimiter ile hangisi olduğunu belirtin",
                delimiter(*one),
                delimiter(*other)
            ),
            Self::UnknownDelimiter => {
                "1. satırın sep= ile belirttiği ayırıcı , ; | ya da sekme değil; --delimiter ile belirtin".to_owned()
            }
            Self::Irregular { first } => {
                format!("1. satırda {first} alan var, altındaki satırlarda başka sayıda: ilk satır başlık ya da bir kayıt olmalı")
            }
            Self::NoColumn { kind, excluded, columns } => format!(
                "hiçbir sütunda {} bulunamadı; --column ile sütunun adını ya da 1'den başlayan numarasını verin{}{}",
                kind_of(*kind),
                among(columns),
                otherwise(excluded)
            ),
            Self::ManyColumns { kind, candidates } => format!(
                "{} şu sütunlarda olabilir: {}; --column ile birini seçin ya da hepsini sorgulayın: --column {}",
                kind_of(*kind),
                candidates.iter().map(candidate).collect::<Vec<_>>().join(", "),
                candidates.iter().map(|candidate| candidate.position.to_string()).collect::<Vec<_>>().join(",")
            ),
            Self::UnknownColumn { name, columns } => {
                let lettered = column_of(name).map(|number| format!("; sütun harfle değil numarayla verilir: --column {number}"));
                format!("{name:?} adlı sütun yok{}{}", among(columns), lettered.unwrap_or_default())
            }
            Self::RepeatedColumn { name, candidates } => {
                format!("{name:?} adlı {} sütun var; birinin 1'den başlayan numarasını verin", candidates.len())
            }
            Self::FilteredBefore(_) => {
                "listede daha önceki bir süzmenin yanıtları var (decision sütunu): o sütunu çıkarın ya da yeniden adlandırın"
                    .to_owned()
            }
            Self::SecondHeader { line } => {
                format!("{line}. satır, sütunları farklı ikinci bir başlık: altındakileri ayrı bir liste olarak süzün")
            }
            Self::ColumnOutside { position, fields } => format!("{position}. sütun yok: ilk satırda {fields} alan var"),
        }
    }
}

fn kind_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Phone => "telefon numarası",
        Kind::Email => "e-posta adresi",
    }
}

fn delimiter(Delimiter(byte): Delimiter) -> String {
    if byte == b'\t' { "sekme".to_owned() } else { format!("{:?}", char::from(byte)) }
}

fn candidate(candidate: &Candidate) -> String {
    match &candidate.name {
        Some(name) => format!("{}. sütun ({name:?})", candidate.position),
        None => format!("{}. sütun", candidate.position),
    }
}

fn otherwise(excluded: &[Candidate]) -> String {
    let Some(first) = excluded.first() else { return String::new() };
    let columns: Vec<String> = excluded.iter().map(candidate).collect();
    let position = first.position;
    format!("; {} buna benziyor, ama başlığı öyle demiyor: aranan oysa --column {position}", columns.join(", "))
}

fn among(names: &[String]) -> String {
    /// More are only counted.
    const SHOWN: usize = 20;
    let (shown, more) = names.split_at(names.len().min(SHOWN));
    let shown: Vec<String> = shown.iter().map(|name| format!("{name:?}")).collect();
    let rest = if more.is_empty() { String::new() } else { format!(" ve {} sütun daha", more.len()) };
    if shown.is_empty() { String::new() } else { format!("; sütunlar: {}{rest}", shown.join(", ")) }
}

fn binary(what: &'static str) -> &'static str {
    match what {
        _ if what.contains("NUL") => "NUL baytları var: işaretsiz UTF-16 ise --encoding utf-16 verin",
        _ if what.contains("zip") => "elektronik tablo ya da zip arşivi",
        _ if what == "a PDF" => "PDF",
        _ if what.contains("xls") => "eski bir elektronik tablo ya da belge",
        _ if what.contains("compressed") => "sıkıştırılmış",
        _ if what.contains("picture") => "resim",
        _ if what.contains("program") => "program",
        _ if what.contains("database") => "veritabanı",
        _ => what,
    }
}
