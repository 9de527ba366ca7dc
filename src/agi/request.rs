//! A call's environment to the query of `GET /v1/check`, which has the same names: what they may hold is the gateway's
//! to say.

use super::channel::Environment;
use crate::model::decision::question::LONGEST_REFERENCE;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

type Pair = (String, String);

/// The question of a call; none where the dialplan asks in a wrong way.
pub(super) fn query(environment: &Environment) -> Option<String> {
    let mut pairs = of_url(&environment.request)?;
    let arguments: Option<Vec<Pair>> = environment.arguments.iter().map(|argument| of_argument(argument)).collect();
    pairs.extend(arguments?);
    let named = |name: &str| pairs.iter().any(|(known, _)| known == name);
    let recipient = (!named("recipient")).then(|| dialled(environment)).flatten();
    let reference = (!named("reference")).then(|| reference(environment)).flatten();
    pairs.extend(recipient.map(|number| ("recipient".to_owned(), number.to_owned())));
    pairs.extend(reference.map(|reference| ("reference".to_owned(), reference.to_owned())));
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    environment.sound.then(|| pairs.join("&"))
}

/// `agi://host:port/check?name=value&…`, where `%XX` is a byte and `+` a blank, but in a recipient.
fn of_url(url: &str) -> Option<Vec<Pair>> {
    let (_, behind_scheme) = url.split_once("://")?;
    let (path, query) = behind_scheme.split_once('?').unwrap_or((behind_scheme, ""));
    let (_, path) = path.split_once('/')?;
    if path.trim_end_matches('/') != "check" {
        return None;
    }
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned);
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let name = decoded(&name.replace('+', " "))?;
        // A number keeps its `+`; elsewhere it is a blank, as in every query.
        let value = if name == "recipient" { decoded(value) } else { decoded(&value.replace('+', " ")) };
        Some((name, value?))
    });
    pairs.collect()
}

/// `name=value`, taken literally.
fn of_argument(argument: &str) -> Option<Pair> {
    argument.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()))
}

/// The number that the dialplan runs for; where that is none (`s`, `h`), the one that was dialled.
fn dialled(environment: &Environment) -> Option<&str> {
    let number = |text: &&str| text.strip_prefix('+').unwrap_or(text).starts_with(|first: char| first.is_ascii_digit());
    [environment.extension.as_str(), environment.dnid.as_str()].into_iter().find(number)
}

/// The call, so that its decision is found again. Asterisk's `agi_uniqueid` is `SYSTEM-TIME.NUMBER` with up to 149
/// characters, most of which would be the system's name: of one that is longer than a reference the end is taken, which
/// tells the call from all others of that system.
fn reference(environment: &Environment) -> Option<&str> {
    let id = environment.unique_id.as_str();
    let end = id.ceil_char_boundary(id.len().saturating_sub(LONGEST_REFERENCE));
    Some(&id[end..]).filter(|reference| !reference.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(request: &str, arguments: &[&str]) -> Environment {
        Environment {
            sound: true,
            request: request.to_owned(),
            extension: "05320001001".to_owned(),
            dnid: "08500000000".to_owned(),
            unique_id: String::new(),
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
        }
    }

    #[test]
    fn a_url_and_arguments_are_one_question() {
        for (request, arguments, expected) in [
            ("agi://h/check?brandCode=7&type=ARAMA&recipient=%2b90", &[][..], Some("brandCode=7&type=ARAMA&recipient=%2B90")),
            ("agi://h:4573/check?brandCode=7&", &["type=ARAMA", "recipient=+90"], Some("brandCode=7&type=ARAMA&recipient=%2B90")),
            ("hagi://h/check/", &["recipient=a=b&c%41"], Some("recipient=a%3Db%26c%2541")),
            ("agi://h/check", &["recipient="], Some("recipient=")),
            ("agi://h/check", &[], Some("recipient=05320001001")),
            ("agi://h/check?recipient=1&recipient=2", &["recipient=3"], Some("recipient=1&recipient=2&recipient=3")),
            ("agi://h/check?brandCode", &[], None),
            ("agi://h/check?a=%ff", &[], None),
            ("agi://h/check", &["700001"], None),
            ("agi://h/chek", &[], None),
            ("agi://h", &[], None),
            ("/check", &[], None),
            ("", &[], None),
        ] {
            assert_eq!(query(&call(request, arguments)).as_deref(), expected, "{request} {arguments:?}");
        }
        assert_eq!(query(&Environment { sound: false, ..call("agi://h/check", &[]) }), None);
    }

    #[test]
    fn who_is_asked_for_where_nobody_says() {
        for (extension, dnid, expected) in [
            ("05320001001", "0850", "recipient=05320001001"),
            ("+905320001001", "0850", "recipient=%2B905320001001"),
            ("s", "0850", "recipient=0850"),
            ("h", "unknown", ""),
            ("+", "", ""),
        ] {
            let call = Environment { extension: extension.to_owned(), dnid: dnid.to_owned(), ..call("agi://h/check", &[]) };
            assert_eq!(query(&call).as_deref(), Some(expected), "{extension} {dnid}");
        }
    }

    #[test]
    fn the_call_is_the_reference() {
        let of = |id: &str, arguments: &[&str]| {
            query(&Environment { unique_id: id.to_owned(), ..call("agi://h/check?recipient=1", arguments) }).unwrap()
        };
        assert_eq!(of("pbx-1732560000.12", &[]), "recipient=1&reference=pbx%2D1732560000%2E12");
        assert_eq!(of("1.2", &["reference=kampanya"]), "recipient=1&reference=kampanya");
        assert_eq!(of("", &[]), "recipient=1");
    }

    #[test]
    fn the_end_of_a_long_call_id_is_the_reference() {
        let call = "1732560000.12";
        for (name, kept) in [
            ("p".repeat(115), "p".repeat(115)),
            ("p".repeat(116), "p".repeat(115)),
            (format!("x{}", "p".repeat(135)), "p".repeat(115)),
            ("p".repeat(60_000), "p".repeat(115)),
            // No letter is cut in half.
            ("ş".repeat(60), "ş".repeat(57)),
        ] {
            let environment = Environment { unique_id: format!("{name}{call}"), ..call_of_nothing() };
            assert_eq!(reference(&environment), Some(format!("{kept}{call}").as_str()), "{} bytes", name.len());
        }
    }

    fn call_of_nothing() -> Environment {
        call("agi://h/check", &[])
    }
}
