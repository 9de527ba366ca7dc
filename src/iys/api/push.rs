//! Connections over which İYS pushes movements to us (F§1.6).

use super::brands::Sender;
use crate::iys::client::Iys;
use crate::iys::error::IysError;
use crate::iys::lenient::Text;
use crate::iys::link::Call;
use crate::iys::rate_limit::Priority;
use crate::iys::settings::Password;
use crate::model::consent::channel::Channel;
use crate::model::time::IysTime;
use http::Method;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

/// Where İYS is to push one channel's movements, and as whom it is to knock there.
#[derive(Clone, Copy, Debug)]
pub struct PushTarget<'a> {
    /// Which movements.
    pub channel: Channel,
    /// `https` only.
    pub url: &'a str,
    /// For HTTP Basic.
    pub username: &'a str,
    /// For HTTP Basic.
    pub password: &'a Password,
}

/// A connection that İYS has on file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushConnection {
    /// Where it leads.
    pub url: String,
    /// Which movements; none for a word that is not documented.
    pub channel: Option<Channel>,
    /// When it was made.
    pub registered: Option<IysTime>,
    /// Whether it was made: İYS's text for that is "Bağlantı Oluşturuldu".
    pub connected: bool,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    url: Text,
    #[serde(default, rename = "type")]
    channel: Text,
    #[serde(default, rename = "registerTime")]
    registered: Text,
    #[serde(default)]
    status: Text,
}

impl Iys {
    /// Makes a connection. İYS knocks at once and waits 5 seconds. Sent once: two are the most there
    /// can be for a channel, and a repetition might be the second.
    pub async fn push_register(&self, of: Sender, target: PushTarget<'_>) -> Result<(), IysError> {
        let body = json!({ "connection": [target.json()] });
        self.push(of, "registration", &body).await
    }

    /// Drops a connection.
    pub async fn push_unregister(&self, of: Sender, target: PushTarget<'_>) -> Result<(), IysError> {
        self.push(of, "unregistration", &target.json()).await
    }

    /// The connections on file.
    pub async fn push_state(&self, of: Sender) -> Result<Vec<PushConnection>, IysError> {
        let call = Call::get(format!("{}/push/registration", of.path()), Priority::Urgent);
        let listed: Vec<Value> = self.json(&call).await?.value.unwrap_or_default();
        Ok(listed.into_iter().filter_map(|value| serde_json::from_value(value).ok()).map(Listed::read).collect())
    }

    async fn push(&self, of: Sender, action: &str, body: &Value) -> Result<(), IysError> {
        let call = Call::with_json(Method::POST, format!("{}/push/{action}", of.path()), body, Priority::Urgent);
        self.trying(1).json::<IgnoredAny>(&call).await.map(drop)
    }
}

impl PushTarget<'_> {
    fn json(&self) -> Value {
        let Self { channel, url, username, password } = self;
        json!({ "url": url, "type": channel.name(), "username": username, "password": password.reveal() })
    }
}

impl Listed {
    fn read(self) -> PushConnection {
        PushConnection {
            url: self.url.0,
            channel: Channel::from_name(self.channel.0.trim()),
            registered: IysTime::parse(self.registered.0.trim()).ok(),
            connected: self.status.0.trim() == "Bağlantı Oluşturuldu",
        }
    }
}
