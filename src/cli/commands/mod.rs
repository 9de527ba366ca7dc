//! What the commands do beside `serve`: each is a function from arguments to an exit code or an error.

mod agi;
mod backup;
mod brand;
mod check;
mod clock;
mod completions;
mod declaration;
mod evidence;
mod filter;
mod heal;
mod import;
mod inspect;
mod iys;
mod list;
mod man;
mod policy;
mod recipient;
mod reconcile;
mod restore;
mod retailer;
mod sweep;
mod verify;
mod watch;

pub use agi::agi;
pub use backup::backup;
pub use brand::brand;
pub use check::check;
pub use clock::clock;
pub use completions::completions;
pub use declaration::declaration;
pub use evidence::evidence;
pub use filter::filter;
pub use import::import;
pub use inspect::inspect;
pub use iys::iys;
pub use man::man;
pub use policy::policy;
pub use recipient::recipient;
pub use reconcile::reconcile;
pub use restore::restore;
pub use retailer::retailer;
pub use verify::verify;
pub use watch::watch;

use crate::api::error::Problem;
use crate::api::proto::admin_service_client::AdminServiceClient;
use crate::cli::Target;
use crate::config::{ConfigErrors, SecretSource};
use crate::data::evidence::EvidenceError;
use crate::data::open;
use crate::data::open::{OpenError, Opened};
use crate::import::{ImportError, TargetError};
use crate::index::Index;
use crate::ingest::{Boot, Setup, Writer, WriterHandle};
use crate::model::brand::BrandCode;
use crate::model::time::IysTime;
use crate::net::endpoint::{GatewayUrl, or_default};
use crate::ports::{EraseRefused, HealRefused, RegistryRefused, SinkError};
use crate::store::backup::BackupError;
use crate::store::{Store, StoreError};
use std::path::Path;
use std::sync::Arc;
use tokio::runtime::Runtime;
use tonic::transport::Channel;
use tonic_types::StatusExt;

/// Commands that may wait for the writer: a command of the command line hands in one after another.
const QUEUE: usize = 4;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Settings.
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    /// The address of a gateway in the environment.
    #[error("{message}")]
    Endpoint {
        /// A stable code.
        code: &'static str,
        /// For people.
        message: String,
    },
    /// The data directory.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The target of an import.
    #[error("{}", .0.message)]
    Target(#[from] TargetError),
    /// The files of an import.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// A backup.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The brand is not on file.
    #[error("brand {0} is not on file; add it with: izingate brand add --brand {0} --iys-code CODE --title TEXT")]
    UnknownBrand(BrandCode),
    /// The gateway refused or is not there.
    #[error("{0}")]
    Gateway(String),
    /// What was asked for cannot be done; where a gateway was asked, these are its words.
    #[error("{message}")]
    Refused {
        /// A stable code.
        code: String,
        /// For people.
        message: String,
    },
    /// The evidence log.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// The command did what it could; its output is shown all the same.
    #[error("{message}")]
    Incomplete {
        /// For standard output.
        shown: String,
        /// A stable code.
        code: &'static str,
        /// For people.
        message: String,
    },
    /// A fault of this system.
    #[error("{0}")]
    Internal(String),
}

impl CommandError {
    fn refused(code: &str, message: impl std::fmt::Display) -> Self {
        Self::Refused { code: code.to_owned(), message: message.to_string() }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Config(_) => ConfigErrors::CODE,
            Self::Open(error) => error.code(),
            Self::Target(error) => &error.code,
            Self::Backup(error) => error.code(),
            Self::Import(error) => error.code(),
            Self::UnknownBrand(_) => "UNKNOWN_BRAND",
            Self::Gateway(_) => "GATEWAY_FAILED",
            Self::Refused { code, .. } => code,
            Self::Evidence(error) => error.code(),
            Self::Endpoint { code, .. } | Self::Incomplete { code, .. } => code,
            Self::Internal(_) => "INTERNAL",
        }
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        Self::Open(error.into())
    }
}

impl From<SinkError> for CommandError {
    fn from(error: SinkError) -> Self {
        Self::refused(error.code(), error)
    }
}

impl From<HealRefused> for CommandError {
    fn from(error: HealRefused) -> Self {
        Self::refused(error.code(), error)
    }
}

impl From<EraseRefused> for CommandError {
    fn from(error: EraseRefused) -> Self {
        Self::refused(error.code(), error)
    }
}

impl From<RegistryRefused> for CommandError {
    fn from(refused: RegistryRefused) -> Self {
        match refused {
            RegistryRefused::UnknownBrand(brand) => Self::UnknownBrand(brand),
            refused => Self::refused(refused.code(), refused),
        }
    }
}

impl From<Problem> for CommandError {
    fn from(problem: Problem) -> Self {
        Self::refused(problem.kind.code(), problem.detail)
    }
}

impl From<tonic::Status> for CommandError {
    fn from(status: tonic::Status) -> Self {
        let Some(info) = status.get_details_error_info() else { return Self::Gateway(status.message().to_owned()) };
        let message = status.message();
        Self::refused(&info.reason, message.strip_prefix(&format!("{}: ", info.reason)).unwrap_or(message))
    }
}

/// The data that there is, open for writing.
fn existing(data: &Path) -> Result<Opened, CommandError> {
    Ok(open::existing(data, &SecretSource::load(None)?)?)
}

/// A moment of a message.
fn time(seconds: i64) -> String {
    IysTime::from_unix(u32::try_from(seconds).unwrap_or(0)).to_string()
}

/// A writer of a data directory that this process holds; it shows nothing, for nobody asks.
fn writer_of(store: &Arc<Store>) -> Result<(Writer, WriterHandle), CommandError> {
    let clock = open::clock_of(store)?;
    let setup = Setup { store: Arc::clone(store), index: Index::default(), queue: QUEUE, observer: Box::new(|_| {}), clock };
    let (writer, sink, _) = Writer::start(setup, Boot::Skip)?;
    Ok((writer, sink))
}

/// Works through such a writer, which has to be let go by then.
fn writing<F: Future>(store: Store, work: impl FnOnce(WriterHandle, Arc<Store>) -> F) -> Result<F::Output, CommandError> {
    writing_shared(Arc::new(store), work)
}

/// Works through such a writer on a store that the evidence knows, too.
fn writing_shared<F: Future>(
    store: Arc<Store>,
    work: impl FnOnce(WriterHandle, Arc<Store>) -> F,
) -> Result<F::Output, CommandError> {
    let (writer, sink) = writer_of(&store)?;
    let done = runtime()?.block_on(work(sink, store));
    writer.join();
    Ok(done)
}

fn runtime() -> Result<Runtime, CommandError> {
    Runtime::new().map_err(|error| CommandError::Internal(error.to_string()))
}

/// One call to a running gateway.
fn remote<T>(
    target: &Target,
    call: impl AsyncFnOnce(AdminServiceClient<Channel>) -> Result<tonic::Response<T>, tonic::Status>,
) -> Result<T, CommandError> {
    let url = gateway(target)?;
    runtime()?.block_on(async {
        let client = AdminServiceClient::new(connect(&url).await?);
        Ok(call(client).await?.into_inner())
    })
}

/// The running gateway that a command is to work through.
fn gateway(target: &Target) -> Result<GatewayUrl, CommandError> {
    endpoint(target.endpoint.as_ref())
}

/// The running gateway that was named, by the command line or the environment, or the one of this machine.
fn endpoint(given: Option<&GatewayUrl>) -> Result<GatewayUrl, CommandError> {
    or_default(given, environment).map_err(|error| CommandError::Endpoint { code: error.0.code(), message: error.to_string() })
}

fn environment(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

async fn connect(url: &GatewayUrl) -> Result<Channel, CommandError> {
    let unreachable = |_| CommandError::Gateway(format!("{url}: no gateway answers there"));
    url.endpoint().connect().await.map_err(unreachable)
}
