//! `izingate iys push register|state|remove` and `izingate iys sweep`.

use super::{CommandError, connect, endpoint, runtime};
use crate::api::convert::channel_code;
use crate::api::proto::admin_service_client::AdminServiceClient;
use crate::api::proto::{Channel, PushAction, PushConnection, PushRequest};
use crate::cli::args::iys::{IysCommand, PushArgs, PushCommand};

/// Has a running gateway ask İYS; what it returns is for standard output.
pub fn iys(command: IysCommand) -> Result<String, CommandError> {
    let push = match command {
        IysCommand::Push(push) => push,
        IysCommand::Sweep(args) => return super::sweep::sweep(&args),
    };
    let (action, args) = match push {
        PushCommand::Register(args) => (PushAction::Register, args),
        PushCommand::State(args) => (PushAction::State, args),
        PushCommand::Remove(args) => (PushAction::Remove, args),
    };
    let PushArgs { brand, channel, endpoint: url } = args;
    let request = PushRequest { brand_code: brand.get(), channel: channel_code(channel), action: action.into() };
    let connections = runtime()?.block_on(async {
        let mut client = AdminServiceClient::new(connect(&endpoint(url.as_ref())?).await?);
        Ok::<_, CommandError>(client.push(request).await?.into_inner().connections)
    })?;
    if connections.is_empty() {
        return Ok("no connection on file\n".to_owned());
    }
    Ok(connections.iter().map(line).collect())
}

fn line(connection: &PushConnection) -> String {
    let channel = match connection.channel() {
        Channel::Unspecified => "",
        named => named.as_str_name().trim_start_matches("CHANNEL_"),
    };
    let PushConnection { url, registered, status, .. } = connection;
    format!("{channel:<6}  {url}  {registered}  {status}\n")
}
