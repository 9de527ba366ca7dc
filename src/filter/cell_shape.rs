//! What a cell that holds no address looks like, so that a summary can say what to do.

use super::layout::Kind;
use super::table::is_address;
use crate::model::language::Language;
use crate::model::text::fold::{folded, undecorated};

/// Looks of a cell whose answer is `INVALID_RECIPIENT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Looks {
    /// Nothing is in it.
    Empty,
    /// A number in scientific notation: its last digits are lost.
    Scientific,
    /// A number with a fraction.
    Decimal,
    /// Several addresses.
    Several,
    /// An address and words behind it, as an extension.
    Words,
    /// An address of the other kind.
    OtherKind,
    /// An address with quotes in it.
    Quoted,
    /// A phone with letters among its digits: `O532 000 10 01`.
    Letters,
    /// Digits of no phone: too few, or too many.
    Digits,
    /// An e-mail with a letter that no mailbox has: `KİŞİ@ornek.com`.
    TurkishLetter,
    /// Anything else.
    Other,
}

impl Looks {
    /// Every kind.
    pub(super) const ALL: [Self; 11] = [
        Self::Scientific,
        Self::Decimal,
        Self::Several,
        Self::Words,
        Self::OtherKind,
        Self::Quoted,
        Self::Letters,
        Self::Digits,
        Self::TurkishLetter,
        Self::Empty,
        Self::Other,
    ];

    /// The looks of a cell in a column of that kind.
    pub(super) fn of(kind: Kind, cell: &str) -> Self {
        let other = if kind == Kind::Phone { Kind::Email } else { Kind::Phone };
        let text = undecorated(cell, "tel:");
        match () {
            () if text.is_empty() => Self::Empty,
            () if is_address(other, text) => Self::OtherKind,
            () if kind == Kind::Phone && is_scientific(text) => Self::Scientific,
            () if kind == Kind::Phone && is_decimal(text) => Self::Decimal,
            () if holds_several(kind, text) => Self::Several,
            () if is_address(kind, &text.replace(['"', '\'', '\u{2019}'], "")) => Self::Quoted,
            () if kind == Kind::Phone && is_address(kind, &with_digits(text)) => Self::Letters,
            () if has_words(kind, text) => Self::Words,
            () if kind == Kind::Phone && digits(text) >= LIKE_A_PHONE && text.contains(char::is_alphabetic) => Self::Letters,
            () if kind == Kind::Phone && digits(text) > 0 && !text.contains(char::is_alphabetic) => Self::Digits,
            () if kind == Kind::Email && text.contains('@') && text.contains(is_foreign_letter) => Self::TurkishLetter,
            () => Self::Other,
        }
    }

    /// The stable name, in JSON.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Scientific => "scientificNotation",
            Self::Decimal => "decimal",
            Self::Several => "severalAddresses",
            Self::Words => "wordsBeside",
            Self::OtherKind => "otherKind",
            Self::Quoted => "quoted",
            Self::Letters => "letters",
            Self::Digits => "digits",
            Self::TurkishLetter => "turkishLetter",
            Self::Other => "other",
        }
    }

    /// What it is and what to do, for a summary.
    pub(super) const fn cure(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Empty, Language::English) => "empty",
            (Self::Empty, Language::Turkish) => "adres hücresi boş",
            (Self::Scientific, Language::English) => {
                "in scientific notation (5,32E+09): their last digits are lost. Format the column as text and copy the numbers anew from where they came"
            }
            (Self::Scientific, Language::Turkish) => {
                "bilimsel gösterimde (5,32E+09): son rakamları kaybolmuş. Excel'de sütunu Metin olarak biçimlendirip numaraları kaynağından yeniden alın"
            }
            (Self::Decimal, Language::English) => {
                "numbers with a fraction (5320001001.0): format the column as text, without decimals"
            }
            (Self::Decimal, Language::Turkish) => "ondalıklı sayı (5320001001,0): sütunu Metin olarak, ondalıksız biçimlendirin",
            (Self::Several, Language::English) => "several addresses in one cell: give each a column or a row of its own",
            (Self::Several, Language::Turkish) => "bir hücrede birden çok adres: her birini ayrı sütuna ya da satıra yazın",
            (Self::Words, Language::English) => {
                "an address with words beside it, such as an extension (dahili 12): leave the address alone in its cell"
            }
            (Self::Words, Language::Turkish) => {
                "adresin yanında başka yazı var (örneğin \"dahili 12\"): hücrede yalnızca adresi bırakın"
            }
            (Self::OtherKind, Language::English) => {
                "addresses of the other kind: MESAJ and ARAMA take phones, EPOSTA takes e-mails; see --column and --type"
            }
            (Self::OtherKind, Language::Turkish) => {
                "hücrede telefon yerine e-posta (ya da tersi) var: MESAJ ve ARAMA telefon, EPOSTA e-posta ister; --column ve --type seçeneklerine bakın"
            }
            (Self::Quoted, Language::English) => "addresses with quotes in them: take the quotes out",
            (Self::Quoted, Language::Turkish) => "tırnak içeren adres: tırnakları kaldırın",
            (Self::Letters, Language::English) => "with letters among the digits (the letter O for a 0)",
            (Self::Letters, Language::Turkish) => "rakamların arasında harf var (0 yerine O gibi)",
            (Self::Digits, Language::English) => "with digits missing or too many",
            (Self::Digits, Language::Turkish) => "rakam eksik ya da fazla",
            (Self::TurkishLetter, Language::English) => {
                "e-mails with a letter beyond a to z (İ, ı, ş, ğ …): write them as the mailbox is spelled"
            }
            (Self::TurkishLetter, Language::Turkish) => {
                "e-postada Türkçe harf var (İ, ı, ş, ğ …; BÜYÜKHARF i'yi İ yapar): adresi yazıldığı gibi, küçük harfle yazın"
            }
            (Self::Other, Language::English) => "no address",
            (Self::Other, Language::Turkish) => "geçerli bir adres değil",
        }
    }
}

/// Digits of a text that somebody meant for a phone.
const LIKE_A_PHONE: usize = 7;

/// A text with digits for the letters that are taken for them.
fn with_digits(text: &str) -> String {
    text.replace(['O', 'o'], "0").replace(['l', 'I'], "1")
}

fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// A letter, or what is left of one, beyond ASCII.
fn is_foreign_letter(letter: char) -> bool {
    !letter.is_ascii() && (letter.is_alphabetic() || matches!(letter, '\u{300}'..='\u{36f}'))
}

/// `5,32E+09`, `9.05320001001E+11`.
fn is_scientific(text: &str) -> bool {
    let Some((number, exponent)) = text.split_once(['e', 'E']) else { return false };
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number(exponent) && number.trim_start_matches(['+', '-']).split([',', '.']).all(is_number)
}

/// `5320001001,0`
fn is_decimal(text: &str) -> bool {
    let Some((whole, fraction)) = text.trim_start_matches(['+', '-']).split_once([',', '.']) else { return false };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number(whole) && is_number(fraction)
}

/// `0532 000 10 01 / 0532 000 10 02`, `0532 000 10 01 veya 0533 000 10 01`
fn holds_several(kind: Kind, text: &str) -> bool {
    let parts = text.split([',', ';', '/', '|', '\n', '&']).flat_map(|part| part.split(" - "));
    let parts = parts.flat_map(|part| part.split(" ve ")).flat_map(|part| part.split(" veya "));
    parts.filter(|part| is_address(kind, part)).take(2).count() == 2
}

/// `0532 000 10 01 dahili 12`, `Ayşe <ayse@ornek.com>`
fn has_words(kind: Kind, text: &str) -> bool {
    match kind {
        Kind::Phone => {
            let end = text.find(char::is_alphabetic);
            end.is_some_and(|end| is_address(kind, text[..end].trim_end_matches(['(', '-', '/', ',', '.', ' ']))) || {
                let begin = text
                    .rfind(char::is_alphabetic)
                    .map_or(0, |at| text[at..].chars().next().map_or(at, |letter| at + letter.len_utf8()));
                begin > 0 && is_address(kind, text[begin..].trim_start_matches([':', '.', ')', ' ']))
            }
        }
        Kind::Email => text.split([' ', '<', '>', '(', ')']).any(|word| is_address(kind, word)),
    }
}

/// Words with which a row of totals begins.
const TOTALS: &str = "toplam toplami geneltoplam aratoplam toplamkayit toplamkisi toplamadet toplammusteri toplamkayitsayisi \
     toplamkisisayisi toplammusterisayisi toplamsatir toplamsatirsayisi kayitsayisi kisisayisi musterisayisi adet toplamabone total totals \
     grandtotal subtotal sum count";
/// Words with which people sign a list below its rows.
const SIGNATURES: &str = "hazirlayan hazirlayanlar onaylayan imza kaseimza imzakase kase kontroleden duzenleyen tarih duzenlemetarihi raportarihi      preparedby approvedby signature date";

/// Whether a cell says that its row holds totals: `TOPLAM`, `Genel Toplam:`, `TOPLAM: 3`.
pub(super) fn says_total(cell: &str) -> bool {
    let name: String = folded(cell).chars().filter(char::is_ascii_alphabetic).collect();
    !name.is_empty() && TOTALS.split(' ').any(|known| known == name)
}

/// Whether a cell is a word of a signature, with or without what it is: `Hazırlayan: Ayşe Yılmaz`, `İmza`, `Tarih: 30.11.2026`.
pub(super) fn says_signature(cell: &str) -> bool {
    let word = cell.split_once(':').map_or(cell, |(word, _)| word);
    let name: String = folded(word).chars().filter(char::is_ascii_alphabetic).collect();
    !name.is_empty() && SIGNATURES.split(' ').any(|known| known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_looks_like_what_people_do_to_addresses() {
        for (looks, cells) in [
            (Looks::Scientific, &["5,32E+09", "5.320001001e9", "9,0532E+11", "'5,32E+09"][..]),
            (Looks::Decimal, &["5320001001,0", "5320001001.00"]),
            (Looks::Several, &["0532 000 10 01 / 0532 000 10 02", "05320001001;05320001002", "05320001001 veya 05320001002"]),
            (Looks::Words, &["0532 000 10 01 dahili 12", "0532 000 10 01 (ev)", "Cep 0532 000 10 01"]),
            (Looks::OtherKind, &["info@ornek.com.tr"]),
            (Looks::Quoted, &["05320\"001001", "0532'0001001"]),
            (Looks::Empty, &["", " ", "\u{200b}", "'"]),
            (Looks::Letters, &["O532 000 10 01", "0532 OOO 10 01x2", "0532 000 1O 01"]),
            (Looks::Digits, &["0532 000 10", "12345", "0532 000 10 01 23 45 67 8"]),
            (Looks::Other, &["yok", "-", "E", "1E"]),
        ] {
            for cell in cells {
                assert_eq!(Looks::of(Kind::Phone, cell), looks, "{cell}");
            }
        }
        for (looks, cell) in [
            (Looks::Several, "info@ornek.com.tr;mehmet@ornek.com.tr"),
            (Looks::Words, "Ayşe <info@ornek.com.tr>"),
            (Looks::OtherKind, "0532 000 10 01"),
            (Looks::TurkishLetter, "KİŞİ11@ornek.com.tr"),
            (Looks::TurkishLetter, "çağrı@örnek.com"),
            (Looks::Other, "info@"),
        ] {
            assert_eq!(Looks::of(Kind::Email, cell), looks, "{cell}");
        }
    }

    #[test]
    fn a_row_of_totals_says_so() {
        for cell in ["TOPLAM", "Toplam:", "Toplam: 2 kişi", "GENEL TOPLAM", "Ara toplam", "TOPLAM: 3", "Total", "Kayıt Sayısı"]
        {
            assert!(says_total(cell), "{cell}");
        }
        for cell in ["Toplam kayıt sayısı: 8", "Adet: 8", "Toplam Müşteri", "8 adet"] {
            assert!(says_total(cell), "{cell}");
        }
        for cell in ["", "3", "Toplam Ltd", "Ayşe Toplam", "Toplamoğlu", "Adet Ltd"] {
            assert!(!says_total(cell), "{cell}");
        }
        for cell in ["Hazırlayan", "HAZIRLAYAN: Ayşe Yılmaz", "Onaylayan:", "İmza", "Tarih: 30.11.2026", "Tarih"] {
            assert!(says_signature(cell), "{cell}");
        }
        for cell in ["", ":", "Hazırlayan Ltd", "Ayşe: Tarih", "İmzacı"] {
            assert!(!says_signature(cell), "{cell}");
        }
    }
}
