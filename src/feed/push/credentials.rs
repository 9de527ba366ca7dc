//! As whom İYS knocks: a user and password of their own for every brand and channel, derived from the
//! secret, so that nothing is stored.

use crate::iys::Password;
use crate::model::brand::BrandCode;
use crate::model::consent::channel::Channel;
use crate::model::secret::pseudonym::PushKeys;
use http::HeaderValue;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// What HTTP Basic asks of a pusher.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The brand and channel.
    pub username: String,
    /// Hidden from logs.
    pub password: Password,
}

impl Credentials {
    /// Those of a brand and channel.
    #[must_use]
    pub fn of(keys: &PushKeys, brand: BrandCode, channel: Channel) -> Self {
        Self { username: format!("{brand}-{channel}"), password: Password::new(keys.password(brand, channel)) }
    }

    /// Whether an `Authorization` header holds them. Takes as long wherever it differs; one that is not there
    /// is compared too.
    #[must_use]
    pub fn are_in(&self, header: Option<&HeaderValue>) -> bool {
        let (scheme, given) = header.map_or((&b""[..], &b""[..]), |header| split(header.as_bytes()));
        let plain = Zeroizing::new(format!("{}:{}", self.username, self.password.reveal()));
        let expected = Zeroizing::new(base64(plain.as_bytes()));
        let same = expected.as_bytes().ct_eq(given);
        bool::from(same) && scheme.eq_ignore_ascii_case(b"basic")
    }
}

/// The scheme, and what follows it.
fn split(header: &[u8]) -> (&[u8], &[u8]) {
    let at = header.iter().position(|byte| *byte == b' ').unwrap_or(header.len());
    let (scheme, rest) = header.split_at(at);
    (scheme, rest.trim_ascii())
}

/// Base64 of RFC 4648, as every client sends it.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let number = (0..3).fold(0_usize, |number, at| number << 8 | usize::from(group.get(at).copied().unwrap_or(0)));
        for place in 0..4 {
            let letter = if place <= group.len() { LETTERS[number >> (18 - 6 * place) & 63] } else { b'=' };
            text.push(letter.into());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::secret::pseudonym::Secret;

    fn credentials(code: u32, channel: Channel) -> Credentials {
        Credentials::of(&PushKeys::new(&Secret::from_bytes([7; 32])), BrandCode::new(code).unwrap(), channel)
    }

    fn header(user: &str, password: &str) -> HeaderValue {
        format!("Basic {}", base64(format!("{user}:{password}").as_bytes())).parse().unwrap()
    }

    #[test]
    fn base64_is_that_of_the_rfc() {
        let vectors = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        for (length, expected) in vectors.into_iter().enumerate() {
            assert_eq!(base64(&b"foobar"[..length]), expected);
        }
        assert_eq!(base64(&[0xFB, 0xFF, 0xBF]), "+/+/");
    }

    #[test]
    fn only_the_brands_and_channels_own_open() {
        let own = credentials(601_234, Channel::Mesaj);
        assert_eq!(own.username, "601234-MESAJ");
        let password = own.password.reveal();
        assert!(own.are_in(Some(&header("601234-MESAJ", password))));
        let spelled = format!("bASIC   {} ", base64(format!("601234-MESAJ:{password}").as_bytes()));
        assert!(own.are_in(Some(&spelled.parse().unwrap())));
        for other in [credentials(601_235, Channel::Mesaj), credentials(601_234, Channel::Arama)] {
            let header = header(&other.username, other.password.reveal());
            assert!(other.are_in(Some(&header)) && !own.are_in(Some(&header)), "{}", other.username);
        }
    }

    #[test]
    fn nothing_else_opens() {
        let own = credentials(601_234, Channel::Mesaj);
        let password = own.password.reveal();
        assert!(!own.are_in(None));
        for (user, password) in
            [("601234-MESAJ", ""), ("601234-MESAJ", &password[1..]), ("", password), ("601234-mesaj", password)]
        {
            assert!(!own.are_in(Some(&header(user, password))), "{user}");
        }
        let right = header("601234-MESAJ", password);
        let right = right.to_str().unwrap();
        for text in
            ["", " ", "Basic", "Basic ", password, &right.replace("Basic", "Bearer"), &right.replace(' ', ""), &right[6..]]
        {
            assert!(!own.are_in(Some(&text.parse().unwrap())), "{text}");
        }
    }

    #[test]
    fn a_password_stays_hidden() {
        let own = credentials(601_234, Channel::Mesaj);
        assert!(!format!("{own:?}").contains(own.password.reveal()));
    }
}
