//! Asks a gateway, over connections that are kept, and answers in any case: what goes wrong is a deferral.

use crate::model::decision::Decision;
use crate::net::IDLE_LIMIT;
use reqwest::Client;
use reqwest::redirect::Policy;
use serde::Deserialize;
use std::error::Error;
use std::io::{self, ErrorKind};
use std::time::Duration;
use tokio::time::Instant;

/// Bytes of a gateway's answer at most; it has some 300.
const LONGEST_ANSWER: usize = 16 << 10;

/// How long a connection is kept without a question: half of what a gateway keeps it, so that a question and the end of
/// its connection do not meet on the way.
const KEEP: Duration = Duration::from_millis(IDLE_LIMIT.as_millis() as u64 / 2);

/// How a gateway is asked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its address, `http://127.0.0.1:7070`.
    pub endpoint: String,
    /// For a question and its answer together.
    pub deadline: Duration,
    /// Connections that are kept.
    pub connections: usize,
    /// The name under which decisions are on record.
    pub caller: String,
}

/// A gateway.
#[derive(Clone, Debug)]
pub struct Gateway {
    client: Client,
    /// Keeps no connection: each question has one of its own.
    without_pool: Client,
    url: String,
    caller: String,
    deadline: Duration,
}

/// What the dialplan is told.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// What to do.
    pub(super) decision: Decision,
    /// The decision's reason, or what went wrong, or a problem's code: a word of `A–Z`, `0–9` and `_`.
    pub(super) reason: String,
    /// 0 if nobody decided.
    pub(super) revision: u64,
    /// Hexadecimal digits; empty if nobody decided.
    pub(super) decision_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Decided {
    allowed: bool,
    decision: String,
    reason: String,
    revision: u64,
    decision_id: String,
}

#[derive(Deserialize)]
struct Problem {
    code: String,
}

impl Answer {
    /// No decision: it was not asked for, or did not come.
    pub(super) fn deferred(reason: &str) -> Self {
        Self { decision: Decision::Defer, reason: reason.to_owned(), revision: 0, decision_id: String::new() }
    }

    /// Whether the call may be made.
    pub(super) fn allowed(&self) -> bool {
        self.decision == Decision::Allow
    }

    /// Reads the body of an answer. Anything that is not whole and of one meaning is a deferral.
    fn read(ok: bool, body: &[u8]) -> Self {
        if ok {
            return serde_json::from_slice(body).ok().and_then(Self::of).unwrap_or_else(|| Self::deferred("GATEWAY_FAILED"));
        }
        let code = serde_json::from_slice(body).ok().map(|problem: Problem| problem.code).filter(|code| is_word(code));
        Self::deferred(code.as_deref().unwrap_or("GATEWAY_FAILED"))
    }

    fn of(decided: Decided) -> Option<Self> {
        let Decided { allowed, decision, reason, revision, decision_id } = decided;
        let decision = Decision::ALL.into_iter().find(|known| known.name() == decision)?;
        let id = (1..=64).contains(&decision_id.len()) && decision_id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let answer = Self { decision, reason, revision, decision_id };
        (id && is_word(&answer.reason) && allowed == answer.allowed()).then_some(answer)
    }
}

fn is_word(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_'))
}

/// Whether a connection that was there ended before the whole answer was.
fn has_connection_ended(error: &reqwest::Error) -> bool {
    let causes = std::iter::successors(error.source(), |error| (*error).source());
    let ended = |cause: &(dyn Error + 'static)| {
        let http = cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_incomplete_message);
        let system = cause.downcast_ref::<io::Error>().is_some_and(|error| {
            matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe)
        });
        http || system
    };
    !error.is_connect() && !error.is_timeout() && causes.into_iter().any(ended)
}

impl Gateway {
    /// A gateway that is asked when there is a question; whether it is there shows then.
    pub fn new(settings: Settings) -> Result<Self, reqwest::Error> {
        let Settings { endpoint, deadline, connections, caller } = settings;
        // The cryptography is named here and nowhere guessed. Done twice, the first holds.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = |kept: usize| {
            let client = Client::builder()
                .user_agent(concat!("izingate-agi/", env!("CARGO_PKG_VERSION")))
                .pool_max_idle_per_host(kept)
                .pool_idle_timeout(KEEP)
                .no_proxy()
                // Whoever answers is the one that was named.
                .redirect(Policy::none());
            // Needs no certificates, which this machine may not have.
            if endpoint.starts_with("http://") { client.tls_certs_only([]).build() } else { client.build() }
        };
        let url = format!("{}/v1/check", endpoint.trim_end_matches('/'));
        Ok(Self { client: client(connections)?, without_pool: client(0)?, url, caller, deadline })
    }

    /// The longest time from a question to its answer.
    pub(super) fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Asks what `query` says.
    pub(super) async fn ask(&self, query: &str) -> Answer {
        match self.answer(query).await {
            Ok(answer) => answer,
            Err(error) => {
                let reason = match () {
                    () if error.is_timeout() => "GATEWAY_TIMEOUT",
                    () if error.is_connect() => "GATEWAY_UNREACHABLE",
                    () => "GATEWAY_FAILED",
                };
                // Without the URL, whose query holds an address.
                tracing::warn!(error = %error.without_url(), reason, "the gateway did not answer");
                Answer::deferred(reason)
            }
        }
    }

    /// A connection that ended under the question says nothing of the gateway: a proxy may have closed it for being idle,
    /// or the gateway to make room. The question, which is safe to repeat, is asked once more over one that nobody used.
    async fn answer(&self, query: &str) -> Result<Answer, reqwest::Error> {
        let until = Instant::now() + self.deadline;
        match self.asked(&self.client, query, until).await {
            Err(error) if has_connection_ended(&error) => self.asked(&self.without_pool, query, until).await,
            answered => answered,
        }
    }

    async fn asked(&self, client: &Client, query: &str, until: Instant) -> Result<Answer, reqwest::Error> {
        let left = until.saturating_duration_since(Instant::now());
        let request = client.get(format!("{}?{query}", self.url)).header("izingate-caller", &self.caller).timeout(left);
        let mut response = request.send().await?;
        let ok = response.status() == http::StatusCode::OK;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > LONGEST_ANSWER {
                return Ok(Answer::deferred("GATEWAY_FAILED"));
            }
        }
        Ok(Answer::read(ok, &body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOW: &str = r#"{"allowed":true,"decision":"ALLOW","reason":"APPROVED","revision":7,"decisionId":"0a","more":1}"#;

    #[test]
    fn only_a_whole_answer_allows() {
        let expected =
            Answer { decision: Decision::Allow, reason: "APPROVED".to_owned(), revision: 7, decision_id: "0a".to_owned() };
        assert_eq!(Answer::read(true, ALLOW.as_bytes()), expected);
        for (there, instead) in [
            ("true", "false"),
            ("true", "1"),
            ("ALLOW", "allow"),
            ("ALLOW", "DENY"),
            ("ALLOW", "SEND"),
            ("APPROVED", ""),
            ("APPROVED", r"A\nB"),
            ("APPROVED", r#"A\"B"#),
            (r#","revision":7"#, ""),
            ("7", "-7"),
            ("0a", ""),
            ("0a", r#"\" 0"#),
            (r#","decisionId":"0a""#, ""),
            ("}", ""),
            ("}", "}}"),
        ] {
            let text = ALLOW.replacen(there, instead, 1);
            assert_eq!(Answer::read(true, text.as_bytes()), Answer::deferred("GATEWAY_FAILED"), "{text}");
        }
        for text in ["", "ALLOW APPROVED\n", "null", "[]", "\u{0}"] {
            assert_eq!(Answer::read(true, text.as_bytes()), Answer::deferred("GATEWAY_FAILED"), "{text}");
        }
    }

    #[test]
    fn a_problem_is_a_deferral_with_its_code() {
        for (body, reason) in [
            (r#"{"code":"MISSING_FIELD","detail":"type is missing"}"#, "MISSING_FIELD"),
            (r#"{"code":"a b"}"#, "GATEWAY_FAILED"),
            (r#"{"detail":"?"}"#, "GATEWAY_FAILED"),
            ("<html>", "GATEWAY_FAILED"),
            (ALLOW, "GATEWAY_FAILED"),
        ] {
            assert_eq!(Answer::read(false, body.as_bytes()), Answer::deferred(reason), "{body}");
        }
    }
}
