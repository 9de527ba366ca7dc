//! Connections at İYS: made, shown and dropped when an operator says so.

use super::Credentials;
use crate::iys;
use crate::iys::{Iys, IysError, PushTarget, Sender};
use crate::model::brand::BrandCode;
use crate::model::consent::channel::Channel;
use crate::ports::{FeedRefused, PushAction, PushConnection};

/// Where İYS is to push a brand's channel, under the root by which it reaches us.
#[must_use]
pub fn url(public_url: &str, brand: BrandCode, channel: Channel) -> String {
    format!("{}/iys/{brand}/{channel}", public_url.trim_end_matches('/'))
}

/// Does what is asked about one channel of a brand; the connections that İYS then has on file for it.
///
/// # Errors
/// İYS could not be asked, or refused.
pub async fn act(
    iys: &Iys,
    sender: Sender,
    channel: Channel,
    action: PushAction,
    public_url: &str,
    credentials: &Credentials,
) -> Result<Vec<PushConnection>, FeedRefused> {
    let url = url(public_url, sender.brand, channel);
    let target = PushTarget { channel, url: &url, username: &credentials.username, password: &credentials.password };
    match action {
        // There can be two of a channel: a second one to the same place would only repeat the first.
        PushAction::Register if is_connected(iys, sender, channel, &url).await? => {}
        PushAction::Register => iys.push_register(sender, target).await.map_err(|error| unreached(&error, &url))?,
        PushAction::Remove => iys.push_unregister(sender, target).await?,
        PushAction::State => {}
    }
    let of_channel = |one: &iys::PushConnection| one.channel.is_none_or(|own| own == channel);
    Ok(iys.push_state(sender).await?.into_iter().filter(of_channel).map(shown).collect())
}

async fn is_connected(iys: &Iys, sender: Sender, channel: Channel, url: &str) -> Result<bool, IysError> {
    let on_file = iys.push_state(sender).await?;
    Ok(on_file.iter().any(|one| one.connected && one.url == url && one.channel == Some(channel)))
}

/// İYS's refusal, with what it most often means.
fn unreached(error: &IysError, url: &str) -> FeedRefused {
    let hint = match error.code() {
        "H191" => "its call got no answer within 5 seconds",
        "H530" => "its call was not answered as it should be, or there are two connections of this channel already",
        _ => return error.clone().into(),
    };
    FeedRefused::Refused(format!("{error}: {hint}; it has to reach {url}, under a certificate that it trusts"))
}

fn shown(connection: iys::PushConnection) -> PushConnection {
    let iys::PushConnection { url, channel, registered, connected } = connection;
    PushConnection {
        url,
        channel,
        registered: registered.map(|time| time.to_string()).unwrap_or_default(),
        status: if connected { "Bağlantı Oluşturuldu" } else { "Bağlantı Oluşturulamadı" }.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_brand_and_channel() {
        let brand = BrandCode::new(601_234).unwrap();
        for root in ["https://push.example.com", "https://push.example.com/"] {
            assert_eq!(url(root, brand, Channel::Mesaj), "https://push.example.com/iys/601234/MESAJ");
        }
    }
}
