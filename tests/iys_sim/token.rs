//! `POST /oauth2/token`: passwords and rotating refresh tokens.

use super::accounts::{Role, User};
use super::answer::{Problem, json_response};
use super::clock::Moment;
use super::route::{Call, pairs};
use super::settings::Settings;
use bytes::Bytes;
use http::Response;
use izingate::model::text::hex::to_hex;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// Who was given which token.
#[derive(Default)]
pub struct Tokens {
    access: HashMap<String, Session>,
    refresh: HashMap<String, Session>,
    given: u64,
}

struct Session {
    username: String,
    until: Moment,
}

/// A refusal in OAuth's style.
struct Refused(&'static str, &'static str);

impl Tokens {
    /// The user of a valid access token.
    pub fn user(&self, call: &Call, now: Moment) -> Result<&str, Problem> {
        let session = call.bearer.as_deref().and_then(|token| self.access.get(token));
        session.filter(|session| now < session.until).map(|session| session.username.as_str()).ok_or_else(Problem::no_token)
    }

    /// Withdraws every access token; refresh tokens stay.
    pub fn expire_access(&mut self) {
        self.access.clear();
    }

    pub fn expire_all(&mut self) {
        self.access.clear();
        self.refresh.clear();
    }

    /// An answer to a request for a token; the error is an envelope, as for a server's error.
    pub fn grant(
        &mut self,
        call: &Call,
        users: &BTreeMap<String, User>,
        settings: &Settings,
        now: Moment,
    ) -> Result<Response<Bytes>, Problem> {
        let fields = if call.media.starts_with("application/x-www-form-urlencoded") { form(call) } else { object(call)? };
        match self.session(&fields, users, now) {
            Ok(username) => Ok(self.issue(&username, users, settings, now)),
            Err(Refused(_, WRONG)) if settings.login_refusal_is_h251 => {
                Err(Problem::new(401, "H251", "Kullanıcı kimlik bilgileri geçersiz!"))
            }
            Err(Refused(error, text)) => Ok(json_response(400, &json!({"error": error, "error_description": text}))),
        }
    }

    fn session(&mut self, fields: &Map<String, Value>, users: &BTreeMap<String, User>, now: Moment) -> Result<String, Refused> {
        let grant = fields.get("grant_type").ok_or(Refused("invalid_request", "Giriş yöntemi belirtilmemiş."))?;
        match grant.as_str() {
            Some("password") => password(fields, users),
            Some("refresh_token") => self.refreshed(fields, now),
            Some("") => Err(Refused("invalid_grant", "Giriş yöntemi boş olamaz.")),
            Some(_) => Err(Refused("invalid_grant", "Desteklenmeyen giriş yöntemi.")),
            None => Err(Refused("invalid_request", "Bilinmeyen giriş yöntemi.")),
        }
    }

    /// A refresh token is good once: the next one comes with the answer.
    fn refreshed(&mut self, fields: &Map<String, Value>, now: Moment) -> Result<String, Refused> {
        let texts = ["Yenileme jetonu verilmemiş.", "Desteklenmeyen yenileme jetonu türü.", "Yenileme jetonu boş olamaz."];
        let token = field(fields, "refresh_token", texts)?;
        let session = self.refresh.remove(&token).filter(|session| now < session.until);
        session.map(|session| session.username).ok_or(Refused("invalid_grant", "Geçersiz yenileme jetonu."))
    }

    fn issue(&mut self, username: &str, users: &BTreeMap<String, User>, settings: &Settings, now: Moment) -> Response<Bytes> {
        self.access.retain(|_, session| now < session.until);
        self.refresh.retain(|_, session| now < session.until);
        let access = self.token("RS256", username, users, settings.access_token_seconds, now);
        let refresh = self.token("HS256", username, users, settings.refresh_token_seconds, now);
        let session = |seconds| Session { username: username.to_owned(), until: now.plus(Duration::from_secs(seconds)) };
        self.access.insert(access.clone(), session(settings.access_token_seconds));
        self.refresh.insert(refresh.clone(), session(settings.refresh_token_seconds));
        let kind = if settings.token_type_camel { "tokenType" } else { "token_type" };
        json_response(
            200,
            &json!({
                "access_token": access,
                "refresh_token": refresh,
                "expires_in": settings.access_token_seconds,
                "refresh_expires_in": settings.refresh_token_seconds,
                kind: "bearer",
            }),
        )
    }

    /// Shaped like a JWT; only its being on file counts.
    fn token(&mut self, algorithm: &str, username: &str, users: &BTreeMap<String, User>, seconds: u64, now: Moment) -> String {
        self.given += 1;
        let issued = now.millis() / 1000;
        let mut claims = json!({
            "jti": self.given, "iat": issued, "exp": issued + seconds, "preferred_username": username,
            "realm_access": {"roles": ["API_USER"]},
        });
        match users.get(username).map(|user| &user.role) {
            Some(Role::Provider { iys_code }) => claims["serviceProvider"] = json!({"iysCode": format!("{iys_code:06}")}),
            _ => claims["userType"] = json!("integrator"),
        }
        let head = base64url(json!({"alg": algorithm, "typ": "JWT"}).to_string().as_bytes());
        let claims = base64url(claims.to_string().as_bytes());
        let signature = to_hex(&Sha256::digest(format!("{head}.{claims}.{}", self.given)));
        format!("{head}.{claims}.{signature}")
    }
}

const WRONG: &str = "Kullanıcı kimlik bilgileri geçersiz.";

fn password(fields: &Map<String, Value>, users: &BTreeMap<String, User>) -> Result<String, Refused> {
    let texts = ["Kullanıcı adı verilmemiş.", "Desteklenmeyen kullanıcı adı türü.", "Kullanıcı adı boş bırakılamaz."];
    let username = field(fields, "username", texts)?;
    let texts = ["Şifre verilmemiş.", "Desteklenmeyen şifre türü.", "Şifre boş bırakılamaz."];
    let password = field(fields, "password", texts)?;
    let known = users.get(&username).is_some_and(|user| user.password == password);
    if known { Ok(username) } else { Err(Refused("invalid_request", WRONG)) }
}

/// A text of the body, or what is wrong with it: missing, no text, empty.
fn field(fields: &Map<String, Value>, name: &str, texts: [&'static str; 3]) -> Result<String, Refused> {
    match fields.get(name).map(Value::as_str) {
        None => Err(Refused("invalid_request", texts[0])),
        Some(None) => Err(Refused("invalid_request", texts[1])),
        Some(Some("")) => Err(Refused("invalid_grant", texts[2])),
        Some(Some(text)) => Ok(text.to_owned()),
    }
}

fn form(call: &Call) -> Map<String, Value> {
    pairs(&String::from_utf8_lossy(&call.body)).into_iter().map(|(name, value)| (name, Value::String(value))).collect()
}

fn object(call: &Call) -> Result<Map<String, Value>, Problem> {
    serde_json::from_slice(&call.body).map_err(|_| Problem::bad_json())
}

fn base64url(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, place| bits << 8 | u32::from(group.get(place).copied().unwrap_or(0)));
        let letters = (0..=group.len()).map(|place| char::from(LETTERS[(bits >> (18 - 6 * place) & 63) as usize]));
        text.extend(letters);
    }
    text
}
