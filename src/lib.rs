//! izingate tells a sender, before dispatch, whether it may send: is recipient X approved at İYS for
//! brand Y on channel Z? It holds every permission in memory and keeps everything on disk.
//!
//! ```text
//! answer:  api ──► check ──► index                           no lock, no await, no I/O
//! data:    feed, import, api ──► ingest ──► store ──► index   one writer: commit, apply, publish, answer
//! ```
//!
//! The two flows meet only at [`index`]. These rules always hold:
//!
//! 1. An answer never waits for the store, a feed or the network. The two waits that exist are in [`api`],
//!    before the decision: for a revision that the caller demands, and for room in the evidence's buffer.
//! 2. A movement is synced to disk, with its cursor in the same batch, before a check can see it or
//!    a caller gets it acknowledged.
//! 3. The state of a cell depends on the set of its movements, closures and erasures, not on their order or
//!    repetition.
//! 4. Nothing unknown, malformed, unloaded or broken ever becomes ALLOW, except where a brand's mode openly says so.
//! 5. No readable address is on disk or in a log.
//! 6. Every queue is bounded, and the bound is explained where the queue is made.
//!
//! # Map
//!
//! Rooms from the ground up; `tests/it/imports.rs` says which may import which.
//!
//! | room | what it holds |
//! |---|---|
//! | [`model`] | the words of the field as types: consents, addresses, brands, times, decisions |
//! | [`sys`] | what the system gives: files, memory, descriptors, the clock |
//! | [`net`] | listeners, connections, and the rules of every request |
//! | [`ports`] | handles between the answer side and the data side |
//! | [`index`] | every permission in memory, and the snapshot of it |
//! | [`check`] | the decision: the law as one pure function |
//! | [`telemetry`] | metrics and log lines |
//! | [`files`] | readers of İYS's files: CSV, workbooks, NDJSON |
//! | [`iys`] | the client of İYS's API: tokens, rate limits, errors, calls |
//! | [`feed`] | what follows İYS: pulls, pushes, reconciliation |
//! | [`evidence`] | the durable record of every decision |
//! | [`dossier`] | documents made of the evidence: PDF, HTML, JSON, Parquet |
//! | [`config`] | the settings of `izingate serve` |
//! | [`agi`] | the process in front of a gateway for Asterisk |
//! | [`filter`] | lists as rows, independent of what decides about them |
//! | [`api`] | both protocols: gRPC and HTTP |
//! | `store`, `ingest` | RocksDB and its one writer |
//! | [`import`] | movement files into a store or a gateway |
//! | `data` | the data directory, and how it is opened |
//! | `lists` | `izingate filter` at work |
//! | `server` | the composition root, shutdown and background jobs |
//! | [`cli`] | arguments and commands |
//!
//! # Glossary
//!
//! | law or İYS | type | meaning |
//! |---|---|---|
//! | hizmet sağlayıcı | [`IysCode`](model::brand::IysCode) | the company that brands belong to at İYS |
//! | marka | [`Brand`](model::brand::Brand) | the sender that a recipient approved |
//! | bayi | [`RetailerCode`](model::brand::RetailerCode) | a dealer that sends under a brand's consent |
//! | alıcı | [`Recipient`](model::address::recipient::Recipient) | a phone number or an e-mail address |
//! | arama, mesaj, e-posta | [`Channel`](model::consent::channel::Channel) | the channel of a consent |
//! | tüketici, tacir | [`RecipientType`](model::consent::channel::RecipientType) | consumer or merchant |
//! | onay, ret | [`Status`](model::consent::state::Status) | approval or refusal |
//! | hareket | [`Movement`](model::consent::movement::Movement) | one change of one consent, as İYS records it |
//! | (none) | [`Cell`](model::consent::channel::Cell) | a channel with a recipient type |
//! | (none) | [`RelationKey`](model::consent::key::RelationKey) | one recipient and one brand: a slot of the index |
//! | beyan | [`Declaration`](model::brand::declaration::Declaration) | a sender's statement that its messages are exempt (11/8) |
//! | iş günü | [`business_days`](model::time::business_days) | a day that deadlines count |
//! | silme | [`Tombstone`](model::consent::erasure::Tombstone) | what an erasure leaves (KVKK) |
//! | karar, gerekçe | [`Decision`](model::decision::Decision), [`Reason`](model::decision::Reason) | the answer and its reason |

pub mod agi;
pub mod api;
pub mod check;
pub mod cli;
pub mod config;
#[cfg(feature = "store")]
pub mod data;
pub mod dossier;
pub mod evidence;
pub mod feed;
pub mod files;
pub mod filter;
pub mod import;
pub mod index;
#[cfg(feature = "store")]
pub mod ingest;
pub mod iys;
#[cfg(feature = "store")]
pub mod lists;
pub mod model;
pub mod net;
pub mod ports;
#[cfg(feature = "store")]
pub mod server;
#[cfg(feature = "store")]
pub mod store;
pub mod sys;
pub mod telemetry;
