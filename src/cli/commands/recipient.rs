//! `izingate recipient close|closures|reported|erase`.

mod erase;

use super::{CommandError, remote, writing};
use crate::api::proto::admin_service_client::AdminServiceClient;
use crate::api::proto::{CloseLineRequest, ListClosuresRequest, MarkClosuresReportedRequest, PendingClosure};
use crate::cli::args::recipient::{CloseArgs, ClosuresArgs, RecipientCommand, ReportedArgs};
use crate::config::SecretSource;
use crate::data::open;
use crate::data::open::Opened;
use crate::model::address::recipient::Recipient;
use crate::model::consent::movement::CLOCK_TOLERANCE;
use crate::model::time::IysTime;
use crate::ports::{ClosedLine, ForgottenClosures, MovementSink};
use std::fmt::Write;
use std::path::Path;
use tonic::transport::Channel;
use tonic::{Response, Status};

/// Does what is asked; what it returns is for standard output.
pub fn recipient(command: RecipientCommand) -> Result<String, CommandError> {
    match command {
        RecipientCommand::Close(args) => close(&args),
        RecipientCommand::Closures(args) => closures(&args),
        RecipientCommand::Reported(args) => reported(args),
        RecipientCommand::Erase(args) => erase::erase(&args),
    }
}

fn close(args: &CloseArgs) -> Result<String, CommandError> {
    let (revision, news) = if let Some(data) = &args.target.data {
        close_offline(args, data)?
    } else {
        let closed_at = args.at.map_or(0, |at| at.unix().into());
        let request = CloseLineRequest { recipient: Recipient::Phone(args.recipient).to_iys(), closed_at };
        let done = remote(&args.target, async |mut client| client.close_line(request).await)?;
        (done.revision, done.applied)
    };
    let what = if news { "closed; İYS is to be told of it (izingate recipient closures)" } else { "was closed already" };
    Ok(format!("{what}\nrevision  {revision}\n"))
}

fn close_offline(args: &CloseArgs, data: &Path) -> Result<(u64, bool), CommandError> {
    let Opened { data: _held, store, pseudonymizer, sealer, clock, .. } = existing(data, args.secret_file.as_deref())?;
    let now = clock.receipt();
    let closed = args.at.unwrap_or(now);
    if closed > now.plus(CLOCK_TOLERANCE) {
        return Err(CommandError::refused("INVALID_FIELD", "a line cannot be closed in the future"));
    }
    let sealed = sealer.seal(args.recipient).map_err(|error| CommandError::Internal(error.to_string()))?;
    let line = ClosedLine { recipient: pseudonymizer.phone(args.recipient), closed, sealed };
    let done = writing(store, |sink, _| async move { sink.close_line(line).await })??;
    Ok((done.revision, done.applied > 0))
}

fn closures(args: &ClosuresArgs) -> Result<String, CommandError> {
    let closures = match &args.target.data {
        Some(data) => closures_offline(args, data)?,
        None => remote(&args.target, all_closures)?,
    };
    let Some(path) = &args.csv else { return Ok(table(&closures)) };
    let csv = csv(&closures);
    if path.as_os_str() == "-" {
        return Ok(csv);
    }
    std::fs::write(path, csv).map_err(|error| CommandError::Internal(format!("{}: {error}", path.display())))?;
    Ok(format!("{} closures in {}\n", closures.len(), path.display()))
}

/// Page by page, until one is empty.
async fn all_closures(mut client: AdminServiceClient<Channel>) -> Result<Response<Vec<PendingClosure>>, Status> {
    let mut closures = Vec::new();
    loop {
        let after_id = closures.last().map_or(0, |last: &PendingClosure| last.id);
        let page = client.list_closures(ListClosuresRequest { after_id, limit: 0 }).await?.into_inner().closures;
        if page.is_empty() {
            return Ok(Response::new(closures));
        }
        closures.extend(page);
    }
}

fn closures_offline(args: &ClosuresArgs, data: &Path) -> Result<Vec<PendingClosure>, CommandError> {
    let Opened { data: _held, store, sealer, .. } = existing(data, args.secret_file.as_deref())?;
    let mut closures = Vec::new();
    for closure in store.duties(0, usize::MAX)? {
        let unsealed = sealer.unseal(&closure.sealed);
        let phone = unsealed.map_err(|error| CommandError::Internal(format!("closure {}: {error}", closure.id)))?;
        closures.push(PendingClosure {
            id: closure.id,
            recipient: Recipient::Phone(phone).to_iys(),
            closed_at: closure.closed.unix().into(),
            noted_at: closure.noted.unix().into(),
        });
    }
    Ok(closures)
}

fn reported(args: ReportedArgs) -> Result<String, CommandError> {
    let ids = args.ids;
    let (count, unknown) = if let Some(data) = &args.target.data {
        let Opened { data: _held, store, .. } = existing(data, None)?;
        let ForgottenClosures { count, unknown } = writing(store, |sink, _| async move { sink.closures_reported(ids).await })??;
        (count, unknown)
    } else {
        let request = MarkClosuresReportedRequest { ids };
        let done = remote(&args.target, async |mut client| client.mark_closures_reported(request).await)?;
        (done.marked.into(), done.unknown_ids)
    };
    let shown = format!("{count} of {} forgotten\n", count + unknown.len() as u64);
    if unknown.is_empty() {
        return Ok(shown);
    }
    let named: Vec<String> = unknown.iter().map(u64::to_string).collect();
    let message = format!("no closure waits under {}; see izingate recipient closures", named.join(", "));
    Err(CommandError::Incomplete { shown, code: "UNKNOWN_CLOSURE", message })
}

fn existing(data: &Path, secret_file: Option<&str>) -> Result<Opened, CommandError> {
    Ok(open::existing(data, &SecretSource::load(secret_file)?)?)
}

fn time(seconds: i64) -> String {
    IysTime::from_unix(u32::try_from(seconds).unwrap_or(0)).to_string()
}

fn table(closures: &[PendingClosure]) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{:>10}  {:<16}  {:<19}  {:<19}", "id", "recipient", "closed", "noted");
    for PendingClosure { id, recipient, closed_at, noted_at } in closures {
        let _ = writeln!(text, "{id:>10}  {recipient:<16}  {:<19}  {:<19}", time(*closed_at), time(*noted_at));
    }
    text
}

fn csv(closures: &[PendingClosure]) -> String {
    let mut text = String::from("id,recipient,closedAt,notedAt\n");
    for PendingClosure { id, recipient, closed_at, noted_at } in closures {
        let _ = writeln!(text, "{id},{recipient},{},{}", time(*closed_at), time(*noted_at));
    }
    text
}
