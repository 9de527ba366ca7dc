//! What makes a whole file unusable, in Turkish. The words of the field and of flags stay as they are.

use super::FileError;

impl FileError {
    /// The text in Turkish, on one line, with the file's name and nothing of its content.
    #[must_use]
    pub fn turkish(&self) -> String {
        match self {
            Self::UnknownType { file } => {
                format!("{file}: .csv, .txt, .tsv, .ndjson (her biri .gz ile de), .xlsx, .xlsm ya da .xls dosyası değil")
            }
            Self::Empty { file } => format!("{file}: dosya boş"),
            Self::HeaderMissing { file } => {
                format!("{file}: İYS'nin sütun adlarını taşıyan başlık satırı yok (recipient, type, status, …)")
            }
            Self::OtherEncoding { file, looks } => {
                format!("{file}: İYS'nin sütun adlarını taşıyan başlık satırı yok; dosya UTF-8 değil: {looks}")
            }
            Self::HeaderIncomplete { file, missing } => format!("{file}: başlıkta {missing} eksik"),
            Self::HeaderRepeats { file, column } => format!("{file}: başlıkta {column} iki kez geçiyor"),
            Self::BadGzip { file } => format!("{file}: gzip verisi bozuk ya da yarım"),
            Self::BadSpreadsheet { file, damage } => format!("{file}: çalışma kitabı okunamıyor ({damage})"),
            Self::SpreadsheetPassword { file } => format!("{file}: parola ile korunuyor; parolasız kaydedin"),
            Self::OtherWorkbook { file, ending } => {
                format!("{file}: {ending} çalışma kitabı okunmuyor; .xlsx olarak kaydedin")
            }
            Self::SpreadsheetTooLarge { file, bound } => {
                format!("{file}: çalışma kitabı çok büyük (sınır: {bound}); sınırı olmayan .csv olarak kaydedin")
            }
            Self::SheetUnclear { file, sheets } => {
                format!("{file}: dolu birden çok sayfa var: {sheets}; hangisi olduğunu --sheet ile belirtin")
            }
            Self::SheetHidden { file, sheets } => {
                format!(
                    "{file}: dolu gizli sayfalar var: {sheets}; hangi sayfanın okunacağını --sheet ile belirtin ya da onları silin"
                )
            }
            Self::SheetUnknown { file, sheets } => format!("{file}: böyle bir sayfa yok; sayfalar: {sheets}"),
            Self::NoSheets { file } => {
                format!("{file}: .xlsx ya da .xls çalışma kitabı değil; adı verilebilecek bir sayfası yok")
            }
            Self::SheetFormula { file, place } => format!(
                "{file}: {}. satır, {}. sütun bir formül ve değeri eski olabilir; sütunu kopyalayıp Özel Yapıştır → Değerler ile yapıştırın",
                place.row + 1,
                place.column + 1
            ),
            Self::Unreadable { file, cause } => format!("{file}: okunamıyor: {cause}"),
        }
    }
}
