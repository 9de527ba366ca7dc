//! `izingate iys sweep`: İYS is asked about every address of a list, a thousand at a time, through a running
//! gateway.
//!
//! After every step a small file beside the list says how far it came, so that a sweep that was broken off
//! goes on where it was. It holds numbers alone; no address is kept, here or at the gateway.

mod position;

use super::list::List;
use super::{CommandError, connect, endpoint, runtime};
use crate::api::convert::{channel_code, recipient_type_code};
use crate::api::proto::admin_service_client::AdminServiceClient;
use crate::api::proto::{ObserveRequest, ObserveResponse};
use crate::cli::args::iys::SweepArgs;
use indicatif::{ProgressBar, ProgressStyle};
use position::Position;
use std::fmt::Write as _;
use std::time::Duration;
use tonic::Code;
use tonic::transport::Channel;

/// Addresses of one step: what İYS takes at once.
const STEP: usize = 1_000;
/// From a failed step to the next try at most.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// Failures in a row after which it is left to the operator.
const FAILURES: u32 = 30;
const TEMPLATE: &str = "{wide_bar} {percent:>3} %  {msg}  ETA {eta}";

/// Sweeps; what it returns is for standard output.
pub(super) fn sweep(args: &SweepArgs) -> Result<String, CommandError> {
    let unreadable =
        |error: &std::io::Error| CommandError::refused("FILE_UNREADABLE", format!("{}: {error}", args.file.display()));
    let mut list = List::open(&args.file).map_err(|error| unreadable(&error))?;
    let sweep = position::Sweep::of(args, &mut list).map_err(|error| unreadable(&error))?;
    let mut position = sweep.resume(&args.file);
    list.seek(position.offset).map_err(|error| unreadable(&error))?;
    let bar = bar(list.length(), &position);
    runtime()?.block_on(async {
        let mut client = AdminServiceClient::new(connect(&endpoint(args.endpoint.as_ref())?).await?);
        loop {
            let (recipients, offset) = list.next(STEP).map_err(|error| unreadable(&error))?;
            if recipients.is_empty() {
                return Ok::<(), CommandError>(());
            }
            let lines = recipients.len() as u64;
            let done = step(&mut client, args, recipients).await.map_err(|error| stopped(&position, &error))?;
            position.add(lines, offset, &done);
            sweep.save(&args.file, &position).map_err(|error| unreadable(&error))?;
            bar.set_position(offset);
            bar.set_message(format!("{} addresses", position.lines));
        }
    })?;
    bar.finish_and_clear();
    position::forget(&args.file).map_err(|error| unreadable(&error))?;
    Ok(summary(&position))
}

/// One step, tried again while İYS or the gateway cannot be reached.
async fn step(
    client: &mut AdminServiceClient<Channel>,
    args: &SweepArgs,
    recipients: Vec<String>,
) -> Result<ObserveResponse, CommandError> {
    let request = ObserveRequest {
        brand_code: args.brand.get(),
        channel: channel_code(args.channel),
        recipient_type: recipient_type_code(args.recipient_type),
        recipients,
    };
    let mut failures = 0;
    loop {
        let status = match client.observe(request.clone()).await {
            Ok(answer) => return Ok(answer.into_inner()),
            Err(status) => status,
        };
        failures += 1;
        if status.code() != Code::Unavailable || failures == FAILURES {
            return Err(status.into());
        }
        tokio::time::sleep(Duration::from_secs(1 << failures.min(6)).min(LONGEST_PAUSE)).await;
    }
}

fn stopped(position: &Position, error: &CommandError) -> CommandError {
    let lines = position.lines;
    let message = format!("{error}; {lines} addresses are done, and the same command goes on behind them");
    CommandError::refused(error.code(), message)
}

fn bar(length: u64, position: &Position) -> ProgressBar {
    let bar = ProgressBar::new(length).with_position(position.offset);
    if position.lines > 0 {
        bar.set_message(format!("{} addresses", position.lines));
    }
    match ProgressStyle::with_template(TEMPLATE) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn summary(position: &Position) -> String {
    let Position { lines, approved, not_listed, invalid, .. } = *position;
    let repeated = lines - approved - not_listed - invalid;
    let mut text = String::new();
    for (name, count) in
        [("addresses", lines), ("approved", approved), ("not listed", not_listed), ("invalid", invalid), ("repeated", repeated)]
    {
        let _ = writeln!(text, "{name:<10}  {count}");
    }
    text
}
