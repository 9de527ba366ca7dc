//! What the heading of a column says of it.
//!
//! A heading is read word by word (`Müşteri Cep Tel. No 2`, `telefonNo`, `GSM-1`): letters are folded, numbers of up to
//! two digits are passed over. It is known only if all its words are, so that what a person or a firm is called is hardly
//! ever taken for one.

use super::layout::Kind;
use super::output::NOT_ENFORCED;
use crate::model::consent::channel::Channel;
use crate::model::decision::{Decision, Reason};
use crate::model::text::fold::{folded, is_invisible};
use std::collections::HashMap;
use std::sync::LazyLock;

/// What a heading says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heading {
    /// Phones stand below it.
    Phone,
    /// E-mails stand below it.
    Email,
    /// Phones and e-mails, both.
    Both,
    /// Addresses of one kind or the other, or a person's name: `alıcı`, `iletişim`.
    Either,
    /// A number, which may be a phone's.
    Number,
    /// No electronic address: names, tax numbers, dates, amounts.
    Other,
    /// Anything, an address too.
    Open,
}

/// Words for phones.
const PHONE_WORDS: &str = "tel telefon telefonu telefonlar telefonlari gsm gsmi cep cebi ceptel ceptelefon ceptelefonu mobil mobile phone \
     phones telephone cellphone cell msisdn whatsapp telefonno telefonnumarasi telno telnumarasi gsmno gsmnumarasi \
     cepno ceptelno ceptelefonno ceptelefonunumarasi cepnumarasi mobileno mobilephone mobilephoneno phoneno \
     phonenumber";
/// Words for e-mails.
const EMAIL_WORDS: &str = "eposta epostasi epostalar email emaili emails mail maili mailler epostaadresi emailaddress emailadresi \
     mailadresi mailaddress";
/// Words for addresses of either kind.
const EITHER_WORDS: &str = "iletisim irtibat recipient alici hedef destination to";
/// Words for a number.
const NUMBER_WORDS: &str = "numara numarasi numaralar numaralari number numbers no nr num";
/// Words that say whose an address is, or which of several.
const WHOSE_WORDS: &str = "musteri musterinin abone uye kisi kisinin firma sirket kurum yetkili hasta ogrenci veli anne baba calisan \
     personel ev is isyeri sabit asil ana birinci ikinci ucuncu yedek diger alternatif birincil ikincil bilgisi \
     bilgileri hatti customer home work office primary secondary main contact other e164 adresi adresleri address \
     addresses zorunlu opsiyonel istege bagli ornek format formati basinda olmadan";
/// Words for anything else.
const OTHER_WORDS: &str = "ad adi adlari soyad soyadi soyisim soyismi isim ismi adsoyad adisoyadi name surname firstname lastname fullname \
     first last full unvan unvani title firma sirket kurum company musteri abone uye kisi hasta ogrenci veli customer \
     vkn vergi vergino dairesi tckn tc tcno tckimlik tckimlikno kimlik iban mersis mersisno sicil id kod kodu code \
     sira sirano sehir il ilce ulke semt mahalle city country posta postakodu tarih tarihi date saat saati dogum yas \
     yasi cinsiyet gender durum durumu status not notlar aciklama aciklamalar note notes description tutar tutari \
     bakiye bakiyesi borc borcu fiyat amount adet miktar grup grubu segment etiket kampanya kategori type tip tipi \
     tur turu kaynak kaynagi source hesap siparis fatura sozlesme plaka tesisat onay izin riza brandcode iyscode \
     transactionid creationdate consentdate recipienttype marka sube";
/// Words for what may be an address or none.
const OPEN_WORDS: &str = "adres adresi address bilgi";

/// A set of lists, a bit each.
type Lists = u8;
const PHONE: Lists = 1 << 0;
const EMAIL: Lists = 1 << 1;
const EITHER: Lists = 1 << 2;
const NUMBER: Lists = 1 << 3;
const WHOSE: Lists = 1 << 4;
const OTHER: Lists = 1 << 5;
const OPEN: Lists = 1 << 6;

/// Every known word with the lists that have it.
static KNOWN: LazyLock<HashMap<&str, Lists>> = LazyLock::new(|| {
    let lists = [
        (PHONE, PHONE_WORDS),
        (EMAIL, EMAIL_WORDS),
        (EITHER, EITHER_WORDS),
        (NUMBER, NUMBER_WORDS),
        (WHOSE, WHOSE_WORDS),
        (OTHER, OTHER_WORDS),
        (OPEN, OPEN_WORDS),
    ];
    let mut known = HashMap::new();
    for (list, words) in lists {
        words.split(' ').for_each(|word| *known.entry(word).or_default() |= list);
    }
    known
});

/// What a heading says; `None` for text that is no known heading.
pub(super) fn heading(text: &str) -> Option<Heading> {
    let words = words(text);
    let lists: Vec<Lists> = words.iter().map(|word| lists_of(word)).collect();
    let any = |list: Lists| lists.iter().any(|lists| lists & list != 0);
    let all = |of: Lists| lists.iter().all(|lists| lists & of != 0);
    if words.is_empty() {
        return None;
    }
    if all(PHONE | EMAIL | EITHER | NUMBER | WHOSE) {
        match (any(PHONE), any(EMAIL)) {
            (true, true) => return Some(Heading::Both),
            (true, false) => return Some(Heading::Phone),
            (false, true) => return Some(Heading::Email),
            (false, false) if any(EITHER) && any(NUMBER) => return Some(Heading::Phone),
            (false, false) if any(EITHER) => return Some(Heading::Either),
            (false, false) => {}
        }
    }
    match () {
        () if all(NUMBER) && !words.iter().any(|word| word == "no" || word == "nr") => Some(Heading::Number),
        () if all(OPEN) => Some(Heading::Open),
        () if all(OTHER | NUMBER) || lists_of(&words.concat()) & OTHER != 0 => Some(Heading::Other),
        () => None,
    }
}

fn lists_of(word: &str) -> Lists {
    KNOWN.get(word).copied().unwrap_or_default()
}

impl Heading {
    /// Whether it says that this kind stands below it.
    pub(super) fn says(self, kind: Kind) -> bool {
        match self {
            Self::Both => true,
            Self::Phone => kind == Kind::Phone,
            Self::Email => kind == Kind::Email,
            _ => false,
        }
    }

    /// Whether this kind may stand below it, if values of the kind do.
    pub(super) fn allows(self, kind: Kind) -> bool {
        match self {
            Self::Either => true,
            Self::Number => kind == Kind::Phone,
            _ => self.says(kind),
        }
    }

    /// Whether it says that this kind does not stand below it.
    pub(super) fn excludes(self, kind: Kind) -> bool {
        match self {
            Self::Other => true,
            Self::Phone | Self::Number => kind == Kind::Email,
            Self::Email => kind == Kind::Phone,
            Self::Both | Self::Either | Self::Open => false,
        }
    }
}

/// Whether a column was appended by a filter: `decision`, of several pairs `decision_601234_MESAJ`.
pub(super) fn is_answers(text: &str) -> bool {
    let name = folded(text);
    let Some(pair) = name.strip_prefix("decision") else { return false };
    let channel = pair.trim_start_matches(|letter: char| letter.is_ascii_digit());
    pair.is_empty() || (channel.len() < pair.len() && Channel::ALL.iter().any(|known| known.name().eq_ignore_ascii_case(channel)))
}

/// Whether two columns beside each other were appended by a filter of several columns of addresses:
/// `decision_Telefon 1`, `reason_Telefon 1`.
pub(super) fn are_answers(decision: &str, reason: &str) -> bool {
    let (decision, reason) = (folded(decision), folded(reason));
    let column = decision.strip_prefix("decision");
    column.is_some() && column == reason.strip_prefix("reason")
}

/// Whether two cells beside each other are an answer: `ALLOW`, `APPROVED`.
pub(super) fn is_answer(decision: &str, reason: &str) -> bool {
    let (decision, reason) = (decision.trim(), reason.trim());
    let reason = reason.strip_suffix(NOT_ENFORCED).map_or(reason, str::trim_end);
    Decision::ALL.iter().any(|known| known.name() == decision) && Reason::ALL.iter().any(|known| known.name() == reason)
}

/// The words of a heading, folded and without numbers.
fn words(text: &str) -> Vec<String> {
    /// No heading has more characters.
    const LONGEST: usize = 80;
    if text.chars().nth(LONGEST).is_some() {
        return Vec::new();
    }
    let words = joined(split(text).iter().map(|word| folded(word)).filter(|word| !word.is_empty()));
    words.iter().map(|word| without_number(word).to_owned()).filter(|word| !word.is_empty()).collect()
}

/// Cuts where something stands between words, and where a capital begins one: `telefonNo`, `GSMNo`.
fn split(text: &str) -> Vec<String> {
    let is_mark = |letter: &char| is_invisible(*letter) || matches!(letter, '\u{300}'..='\u{36f}');
    let letters: Vec<char> = text.chars().filter(|letter| !is_mark(letter)).collect();
    let mut words = vec![String::new()];
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map_or(' ', |before| letters[before]);
        let behind_is_lower = letters.get(at + 1).is_some_and(|behind| behind.is_lowercase());
        let begins = letter.is_uppercase() && (before.is_lowercase() || (before.is_uppercase() && behind_is_lower));
        if begins || !letter.is_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphanumeric()) {
            word.push(*letter);
        }
    }
    words
}

/// Joins letters that stand alone with what follows them: `e-posta`, `T.C.`
fn joined(words: impl Iterator<Item = String>) -> Vec<String> {
    let is_letter = |word: &str| word.len() == 1 && !word.starts_with(|letter: char| letter.is_ascii_digit());
    let mut joined: Vec<String> = Vec::new();
    for word in words {
        match joined.last_mut() {
            Some(last) if last == "e" || (is_letter(&word) && last.len() <= 2 && last != &word && is_letter(&last[..1])) => {
                last.push_str(&word);
            }
            _ => joined.push(word),
        }
    }
    joined
}

/// A word without the number before or behind it, if that has two digits at most; nothing of a pattern, such as `5XX`.
fn without_number(word: &str) -> &str {
    if word.len() > 2 && word.contains('x') && word.bytes().all(|letter| letter == b'x' || letter.is_ascii_digit()) {
        return "";
    }
    let is_digit = |letter: char| letter.is_ascii_digit();
    let bare = word.trim_matches(is_digit);
    let (before, behind) =
        (word.len() - word.trim_start_matches(is_digit).len(), word.len() - word.trim_end_matches(is_digit).len());
    if before <= 2 && behind <= 2 { bare } else { word }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_say_what_stands_below_them() {
        use Heading::{Both, Either, Email, Number, Open, Other, Phone};
        for (says, headings) in [
            (
                Some(Phone),
                &[
                    "telefon",
                    "TELEFON",
                    "Telefon 1",
                    "Tel1",
                    "Cep Telefonu (1)",
                    "1. Telefon",
                    "GSM-2",
                    "GSM No",
                    "GSMNo",
                    "telefonNo",
                    "TELEFON NUMARASI",
                    "Müşteri Cep Tel. No",
                    "iletişim numarası",
                    "İLETİŞİM NO",
                    "irtibat telefonu",
                    "Alıcı Numarası",
                    "msisdn",
                    "phone number",
                    "PhoneNumber",
                    "mobile_phone",
                    "İş Telefonu",
                    "tel\u{200b}efon",
                    "Telefon:",
                    "cep",
                    "GSM1/GSM2",
                    "recipient number",
                    "Telefon (5XXXXXXXXX)",
                    "Cep Tel (zorunlu)",
                ][..],
            ),
            (
                Some(Email),
                &["e-posta", "E Posta", "EPOSTA ADRESİ", "e-mail 2", "Email", "mail adresi", "E-Mail Address", "Müşteri e-posta"],
            ),
            (Some(Both), &["telefon/e-posta", "Tel, mail"]),
            (Some(Either), &["alıcı", "Recipient", "iletişim", "İLETİŞİM BİLGİSİ", "to"]),
            (Some(Number), &["numara", "Number", "Numarası 1"]),
            (
                Some(Other),
                &[
                    "ad",
                    "Ad Soyad",
                    "Adı Soyadı",
                    "vkn",
                    "Vergi No",
                    "T.C. Kimlik No",
                    "Müşteri No",
                    "Müşteri Adı",
                    "unvan",
                    "no",
                    "Sıra No",
                    "Doğum Tarihi",
                    "Durum",
                    "brandCode",
                    "brand_code",
                    "Posta Kodu",
                    "FirstName",
                ],
            ),
            (Some(Open), &["adres", "ADRES"]),
            (
                None,
                &[
                    "",
                    "x",
                    "hat",
                    "Ayşe",
                    "Ali Can",
                    "Adil",
                    "Demir Grup Ltd",
                    "tel 05321234567",
                    "Telefon 123",
                    "05321234567",
                    "12",
                    "电话",
                    "e",
                    "Müşteri Listesi",
                    "Kasım kampanyası",
                    "ayse@ornek.com",
                    "sicil x",
                ],
            ),
        ] {
            for text in headings {
                assert_eq!(heading(text), says, "{text}");
            }
        }
    }

    #[test]
    fn columns_of_a_filter_are_known_in_any_letters() {
        for name in ["decision", "DECISION", " Decision\u{200b}", "decision_601234_MESAJ", "Decision 7 eposta", "decısıon"] {
            assert!(is_answers(name), "{name}");
        }
        for name in ["", "reason", "decision maker", "decision_7", "decision_mesaj", "karar"] {
            assert!(!is_answers(name), "{name}");
        }
        assert!(is_answer("ALLOW", "REFUSED NOT_ENFORCED"));
        assert!(is_answer("ALLOW", "APPROVED") && is_answer(" DENY", "NO_RECORD "));
        assert!(!is_answer("APPROVED", "ALLOW") && !is_answer("ALLOW", "") && !is_answer("", "APPROVED"));
    }
}
