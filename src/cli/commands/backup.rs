//! `izingate backup`.

use super::{CommandError, connect, gateway};
use crate::api::proto::admin_service_client::AdminServiceClient;
use crate::api::proto::{BackupRequest, BackupResponse};
use crate::cli::args::backup::BackupArgs;
use crate::config::SecretSource;
use crate::data::open;
use crate::model::time::IysTime;
use crate::net::endpoint::GatewayUrl;
use crate::store::backup;
use std::path::Path;
use tokio::runtime::Runtime;

/// Makes a backup; what it returns is for standard output.
pub fn backup(args: &BackupArgs) -> Result<String, CommandError> {
    let made = match &args.target.data {
        Some(data) => offline(data, &args.dir)?,
        None => online(&gateway(&args.target)?, &args.dir)?,
    };
    let BackupResponse { path, revision, files, bytes } = made;
    Ok(format!(
        "{path}\nrevision  {revision}\nfiles     {files}\nbytes     {bytes}\n\
         The secret is not in it. Keep that elsewhere: without it this backup is of no use to anyone.\n\
         The evidence of decisions is not in it: copy the folder evidence of the data directory and the records of lists, too.\n"
    ))
}

fn offline(data: &Path, folder: &Path) -> Result<BackupResponse, CommandError> {
    let (_held, store) = open::without_secret(data, &SecretSource::load(None)?)?;
    let made = backup::make(&store, folder, IysTime::now(), &|| false)?;
    let path = folder.display().to_string();
    Ok(BackupResponse { path, revision: made.revision, files: made.files.len() as u64, bytes: made.bytes() })
}

fn online(url: &GatewayUrl, folder: &Path) -> Result<BackupResponse, CommandError> {
    let name = folder.to_str().ok_or_else(|| CommandError::Gateway("the name of a backup is plain text".to_owned()))?;
    let runtime = Runtime::new().map_err(|error| CommandError::Internal(error.to_string()))?;
    runtime.block_on(async {
        let mut client = AdminServiceClient::new(connect(url).await?);
        Ok(client.backup(BackupRequest { name: name.to_owned() }).await?.into_inner())
    })
}
