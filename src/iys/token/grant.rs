//! The token endpoint's two requests.

use super::Access;
use crate::iys::error::{Class, IysError, Why};
use crate::iys::lenient::Text;
use crate::iys::link::{Call, Link};
use crate::iys::rate_limit::{Metered, Priority};
use crate::iys::settings::Password;
use http::Method;
use http::header::HeaderValue;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// A token with what the next one is asked for by.
pub(super) struct Granted {
    pub(super) access: Access,
    pub(super) refresh: Option<Refresh>,
}

/// A refresh token: good once.
pub(super) struct Refresh {
    text: Password,
    ends_at: Instant,
}

/// What we read of the answer. The token's type is left alone: it is always bearer, and spelt
/// `token_type` or `tokenType`.
#[derive(Deserialize)]
struct Answered {
    #[serde(default)]
    access_token: Text,
    #[serde(default)]
    refresh_token: Text,
    #[serde(default)]
    expires_in: Text,
    #[serde(default)]
    refresh_expires_in: Text,
}

/// What is documented, for an answer that does not say.
const EXPIRES: Duration = Duration::from_hours(2);
const REFRESH_EXPIRES: Duration = Duration::from_hours(4);
/// No answer makes us ask more or less often than this.
const SHORTEST: Duration = Duration::from_mins(1);
const LONGEST: Duration = Duration::from_hours(24);

impl Refresh {
    pub(super) fn holds(&self) -> bool {
        Instant::now() < self.ends_at
    }
}

pub(super) async fn by_password(link: &Link) -> Result<Granted, IysError> {
    let (username, password) = (&link.settings.username, link.settings.password.reveal());
    let body = json!({ "username": username, "password": password, "grant_type": "password" });
    ask(link, &body).await.map_err(of_credentials)
}

pub(super) async fn by_refresh(link: &Link, refresh: &Refresh) -> Result<Granted, IysError> {
    ask(link, &json!({ "grant_type": "refresh_token", "refresh_token": refresh.text.reveal() })).await
}

async fn ask(link: &Link, body: &Value) -> Result<Granted, IysError> {
    let call = Call::with_json(Method::POST, "/oauth2/token".to_owned(), body, Priority::Urgent).metered(Metered::Login);
    link.turn(&call).await?;
    link.note_login().await?;
    let sent = Instant::now();
    let answer = link.send(&call, None).await?;
    let status = answer.status;
    let answered: Answered = link.json(answer).await?;
    granted(&answered, sent).ok_or(IysError::unreadable(status, "no token"))
}

fn granted(answered: &Answered, sent: Instant) -> Option<Granted> {
    let token = answered.access_token.0.trim();
    if token.is_empty() {
        return None;
    }
    let mut authorization = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
    authorization.set_sensitive(true);
    // Counted from the request: the answer may have been long under way.
    let expires = seconds(&answered.expires_in, EXPIRES);
    let access = Access { authorization, renew_at: sent + expires.mul_f64(0.8), ends_at: sent + expires };
    let text = answered.refresh_token.0.trim();
    let ends_at = sent + seconds(&answered.refresh_expires_in, REFRESH_EXPIRES);
    let refresh = (!text.is_empty()).then(|| Refresh { text: Password::new(text), ends_at });
    Some(Granted { access, refresh })
}

fn seconds(text: &Text, otherwise: Duration) -> Duration {
    text.0.parse().map_or(otherwise, Duration::from_secs).clamp(SHORTEST, LONGEST)
}

/// Whatever the code: a login that is refused is one with the wrong name or password.
fn of_credentials(error: IysError) -> IysError {
    let request = error.class() == Class::Stop && matches!(error.why(), Some(Why::Request | Why::NotFound));
    if request || error.status() == Some(401) { error.stopping(Why::Credentials) } else { error }
}
