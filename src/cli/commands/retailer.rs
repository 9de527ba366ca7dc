//! `izingate retailer access|refresh`.

use super::list::List;
use super::{CommandError, connect, endpoint, gateway, runtime, writing};
use crate::api::convert::{channel_code, recipient_type_code};
use crate::api::proto::admin_service_client::AdminServiceClient;
use crate::api::proto::{PutRetailerAccessRequest, RefreshRetailerAccessRequest, RetailerAccess};
use crate::cli::args::retailer::{AccessArgs, RefreshArgs, RetailerCommand};
use crate::config::SecretSource;
use crate::data::open;
use crate::data::open::Opened;
use crate::ingest::WriterHandle;
use crate::model::address::recipient::Recipient;
use crate::model::brand::retailer::{Access, Consents};
use crate::model::consent::movement::CLOCK_TOLERANCE;
use crate::model::consent::source::Source;
use crate::model::secret::pseudonym::Pseudonymizer;
use crate::model::time::IysTime;
use crate::ports::{Applied, MovementSink};
use std::fmt::Write;
use std::io;
use std::path::Path;
use tonic::transport::Channel;

/// Addresses of one batch: four consents each are what a command of the writer takes.
const BATCH: usize = 2_500;
/// Places of addresses that are none, in the summary.
const SHOWN: usize = 20;

/// Does what is asked; what it returns is for standard output, with the exit code.
pub fn retailer(command: RetailerCommand) -> Result<(String, u8), CommandError> {
    match command {
        RetailerCommand::Access(args) => access(&args).map(|done| (done.to_string(), done.exit_code())),
        RetailerCommand::Refresh(args) => refresh(&args).map(|text| (text, 0)),
    }
}

fn refresh(args: &RefreshArgs) -> Result<String, CommandError> {
    let request = RefreshRetailerAccessRequest {
        brand_code: args.brand.get(),
        channel: channel_code(args.channel),
        recipient_type: recipient_type_code(args.recipient_type),
        recipient: args.recipient.clone(),
    };
    let answer = runtime()?.block_on(async {
        let mut client = AdminServiceClient::new(connect(&endpoint(args.endpoint.as_ref())?).await?);
        Ok::<_, CommandError>(client.refresh_retailer_access(request).await?.into_inner())
    })?;
    let mut text = String::new();
    for code in &answer.retailer_codes {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "retailer  {code}");
    }
    let _ = writeln!(text, "{} with access\nrevision  {}", answer.retailer_codes.len(), answer.revision);
    Ok(text)
}

fn access(args: &AccessArgs) -> Result<Done, CommandError> {
    let addresses = Addresses::of(args)?;
    match &args.target.data {
        Some(data) => offline(args, data, addresses),
        None => online(args, addresses),
    }
}

fn offline(args: &AccessArgs, data: &Path, addresses: Addresses) -> Result<Done, CommandError> {
    let now = IysTime::now();
    let at = args.at.unwrap_or(now);
    if at > now.plus(CLOCK_TOLERANCE) {
        return Err(CommandError::refused("INVALID_FIELD", "access cannot be noted as of the future"));
    }
    let secret = SecretSource::load(args.secret_file.as_deref())?;
    let Opened { data: _held, store, pseudonymizer, .. } = open::existing(data, &secret)?;
    if !store.brands()?.iter().any(|brand| brand.code == args.brand) {
        return Err(CommandError::UnknownBrand(args.brand));
    }
    let pseudonymizer = &pseudonymizer;
    writing(store, |sink, _| async move {
        let place = Place::Here { sink, pseudonymizer, at };
        place.take(args, addresses).await
    })?
}

fn online(args: &AccessArgs, addresses: Addresses) -> Result<Done, CommandError> {
    let url = gateway(&args.target)?;
    runtime()?.block_on(async {
        let place = Place::There(AdminServiceClient::new(connect(&url).await?));
        place.take(args, addresses).await
    })
}

/// Where it is noted.
enum Place<'a> {
    Here { sink: WriterHandle, pseudonymizer: &'a Pseudonymizer, at: IysTime },
    There(AdminServiceClient<Channel>),
}

impl Place<'_> {
    async fn take(mut self, args: &AccessArgs, mut addresses: Addresses) -> Result<Done, CommandError> {
        let consents = Consents { channel: args.channel, recipient_type: args.recipient_type };
        let mut done = Done::default();
        loop {
            let spelled = addresses.next()?;
            if spelled.is_empty() {
                return Ok(done);
            }
            let recipients = done.read(consents, &spelled);
            if !recipients.is_empty() {
                let applied = self.note(args, consents, &recipients).await?;
                done.add(applied);
            }
        }
    }

    async fn note(&mut self, args: &AccessArgs, consents: Consents, recipients: &[Recipient]) -> Result<Applied, CommandError> {
        match self {
            Self::Here { sink, pseudonymizer, at } => {
                let of = |address: &Recipient, cell| Access {
                    recipient: pseudonymizer.recipient(address),
                    brand: args.brand,
                    retailer: args.retailer,
                    cell,
                    allowed: args.change.allow,
                    at: *at,
                    source: Source::LOCAL_ACCESS,
                };
                let all = recipients.iter().flat_map(|one| consents.cells(one).map(|cell| of(one, cell).movement()));
                Ok(sink.apply(all.collect()).await?)
            }
            Self::There(client) => {
                let access = recipients.iter().map(|one| message(args, one)).collect();
                let answer = client.put_retailer_access(PutRetailerAccessRequest { access }).await?.into_inner();
                Ok(Applied { revision: answer.revision, applied: answer.applied, unchanged: answer.unchanged })
            }
        }
    }
}

fn message(args: &AccessArgs, recipient: &Recipient) -> RetailerAccess {
    RetailerAccess {
        brand_code: args.brand.get(),
        retailer_code: args.retailer.get(),
        recipient: recipient.to_iys(),
        allowed: args.change.allow,
        at: args.at.map_or(0, |at| at.unix().into()),
        channel: args.channel.map_or(0, channel_code),
        recipient_type: args.recipient_type.map_or(0, recipient_type_code),
    }
}

/// Addresses as they are given, batch by batch.
enum Addresses {
    Given(std::vec::IntoIter<String>),
    Listed(List, String),
}

impl Addresses {
    fn of(args: &AccessArgs) -> Result<Self, CommandError> {
        let Some(file) = &args.file else { return Ok(Self::Given(args.recipient.clone().into_iter())) };
        let name = file.display().to_string();
        Ok(Self::Listed(List::open(file).map_err(|error| unreadable(&name, &error))?, name))
    }

    /// None are left if it is empty.
    fn next(&mut self) -> Result<Vec<String>, CommandError> {
        match self {
            Self::Given(given) => Ok(given.take(BATCH).collect()),
            Self::Listed(list, name) => {
                list.next(BATCH).map(|(addresses, _)| addresses).map_err(|error| unreadable(name, &error))
            }
        }
    }
}

fn unreadable(name: &str, error: &io::Error) -> CommandError {
    CommandError::refused("FILE_UNREADABLE", format!("{name}: {error}"))
}

/// What was done.
#[derive(Default)]
struct Done {
    addresses: u64,
    applied: u64,
    unchanged: u64,
    invalid: u64,
    /// Places of the first that are no address, from 1.
    shown: Vec<u64>,
    revision: u64,
}

impl Done {
    /// The addresses among texts; the others are counted.
    fn read(&mut self, consents: Consents, spelled: &[String]) -> Vec<Recipient> {
        let mut recipients = Vec::with_capacity(spelled.len());
        for text in spelled {
            self.addresses += 1;
            if let Ok(recipient) = consents.recipient(text) {
                recipients.push(recipient);
                continue;
            }
            self.invalid += 1;
            if self.shown.len() < SHOWN {
                self.shown.push(self.addresses);
            }
        }
        recipients
    }

    const fn add(&mut self, done: Applied) {
        self.applied += done.applied;
        self.unchanged += done.unchanged;
        self.revision = done.revision;
    }

    /// As an import's: 2 if some were left out.
    const fn exit_code(&self) -> u8 {
        if self.invalid == 0 { 0 } else { 2 }
    }
}

impl std::fmt::Display for Done {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { addresses, applied, unchanged, invalid, shown, revision } = self;
        writeln!(f, "addresses  {addresses}\napplied    {applied}  consents\nunchanged  {unchanged}  consents")?;
        write!(f, "invalid    {invalid}")?;
        if !shown.is_empty() {
            let places: Vec<String> = shown.iter().map(u64::to_string).collect();
            let more = if *invalid > shown.len() as u64 { ", …" } else { "" };
            write!(f, "  number {}{more}", places.join(", "))?;
        }
        writeln!(f, "\nrevision   {revision}")
    }
}
