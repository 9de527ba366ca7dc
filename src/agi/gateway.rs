//! Asks a gateway, over connections that are kept, and answers in any case: what goes wrong is a deferral.

use crate::check::decision::Decision;
use reqwest::Client;
use reqwest::redirect::Policy;
use serde::Deserialize;
use std::time::Duration;

/// Bytes of a gateway's answer at most; it has some 300.
const LONGEST_ANSWER: usize = 16 << 10;

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

impl Gateway {
    /// A gateway that is asked when there is a question; whether it is there shows then.
    pub fn new(settings: Settings) -> Result<Self, reqwest::Error> {
        let Settings { endpoint, deadline, connections, caller } = settings;
        // The cryptography is named here and nowhere guessed. Done twice, the first holds.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut client = Client::builder()
            .user_agent(concat!("izingate-agi/", env!("CARGO_PKG_VERSION")))
            .timeout(deadline)
            .pool_max_idle_per_host(connections)
            .no_proxy()
            // Whoever answers is the one that was named.
            .redirect(Policy::none());
        if endpoint.starts_with("http://") {
            // Needs no certificates, which this machine may not have.
            client = client.tls_certs_only([]);
        }
        let url = format!("{}/v1/check", endpoint.trim_end_matches('/'));
        Ok(Self { client: client.build()?, url, caller, deadline })
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

    async fn answer(&self, query: &str) -> Result<Answer, reqwest::Error> {
        let request = self.client.get(format!("{}?{query}", self.url)).header("izingate-caller", &self.caller);
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
