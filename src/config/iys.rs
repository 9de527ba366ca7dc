//! `[iys]`: whose account follows İYS, and how.

use super::kinds::{Address, AnyPath, Line, Switch, Url, Whole};
use super::reader::Reader;
use super::resolve::length;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// An account at İYS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Iys {
    /// The root of İYS's API.
    pub url: String,
    /// Whose account it is.
    pub account: Account,
    /// The API user.
    pub username: String,
    /// Where its password comes from.
    pub password: PasswordSource,
    /// Certificates to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// From one look at a stream to the next.
    pub pull_every: Duration,
    /// Whether each finished day is held against İYS's own file.
    pub reconcile: bool,
    /// Whether a day that agrees is confirmed at İYS.
    pub confirm_agreements: bool,
    /// Where pushes are received, if they are.
    pub push: Option<Push>,
}

/// Whose account it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Account {
    /// A provider's own, by its `iysCode`.
    Own(u32),
    /// A partner's, by its `integratorCode`.
    Partner(u32),
}

/// Where a password comes from.
#[derive(Clone, PartialEq, Eq)]
pub enum PasswordSource {
    /// The first line of a file.
    File(PathBuf),
    /// The environment.
    Given(String),
}

/// Where İYS's pushes are received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// The address of the listener: any, since İYS has to reach it.
    pub listen: SocketAddr,
    /// Its certificates, in PEM.
    pub certificate_file: PathBuf,
    /// Their key, in PEM.
    pub key_file: PathBuf,
    /// How İYS reaches it: the root that is registered.
    pub public_url: String,
}

const LIVE: &str = "https://api.iys.org.tr";
pub(super) const PASSWORD_VARIABLE: &str = "IZINGATE_IYS_PASSWORD";
const LONGEST_PULL: Duration = Duration::from_hours(1);
const CODES: Whole = Whole(1..=u32::MAX as u64);

/// Takes the section; none if it names no user.
pub(super) fn take(reader: &mut Reader<'_>) -> Option<Iys> {
    let username = reader.take("iys.username", None, &Line);
    let url = reader.take("iys.url", None, &Url { local: true });
    let own = reader.take("iys.iys_code", None, &CODES);
    let partner = reader.take("iys.integrator_code", None, &CODES);
    let password_file = reader.take("iys.password_file", None, &AnyPath);
    let ca_file = reader.take("iys.ca_file", None, &AnyPath).map(|found| found.value);
    let pull_every = length(reader, "iys.pull_every", LONGEST_PULL, Duration::from_mins(10));
    let reconcile = reader.take("iys.reconcile", None, &Switch).is_none_or(|found| found.value);
    let confirm_agreements = reader.take("iys.confirm_agreements", None, &Switch).is_some_and(|found| found.value);
    let push = push(reader);
    let any = [&own, &partner].into_iter().flatten().map(|found| found.origin.clone()).next();
    let Some(username) = username else {
        if let Some(origin) = any.filter(|_| !reader.in_doubt("iys.username")) {
            reader.error(origin, "names an account without a user: give iys.username");
        }
        return None;
    };
    let account = match (own, partner) {
        (Some(own), None) => Account::Own(own.value as u32),
        (None, Some(partner)) => Account::Partner(partner.value as u32),
        _ => {
            if !reader.in_doubt("iys.iys_code") && !reader.in_doubt("iys.integrator_code") {
                reader.error(
                    username.origin,
                    "needs either iys.iys_code, for a provider's own account, or iys.integrator_code, for a partner's",
                );
            }
            return None;
        }
    };
    let password = match (reader.variable(PASSWORD_VARIABLE), password_file) {
        (None, Some(file)) => PasswordSource::File(file.value),
        (Some(password), None) if !password.is_empty() => PasswordSource::Given(password),
        _ => {
            reader.error(username.origin, format!("needs a password: give either iys.password_file or {PASSWORD_VARIABLE}"));
            return None;
        }
    };
    let url = url.map_or_else(|| LIVE.to_owned(), |found| found.value);
    Some(Iys { url, account, username: username.value, password, ca_file, pull_every, reconcile, confirm_agreements, push })
}

/// All of it or nothing.
fn push(reader: &mut Reader<'_>) -> Option<Push> {
    let listen = reader.take("iys.push.listen", None, &Address);
    let certificate = reader.take("iys.push.certificate_file", None, &AnyPath);
    let key = reader.take("iys.push.key_file", None, &AnyPath);
    let public = reader.take("iys.push.public_url", None, &Url { local: false });
    let origins = [
        listen.as_ref().map(|l| &l.origin),
        certificate.as_ref().map(|c| &c.origin),
        key.as_ref().map(|k| &k.origin),
        public.as_ref().map(|p| &p.origin),
    ];
    let origin = origins.into_iter().flatten().next().cloned();
    if let (Some(listen), Some(certificate), Some(key), Some(public)) = (listen, certificate, key, public) {
        let (certificate_file, key_file) = (certificate.value, key.value);
        return Some(Push { listen: listen.value, certificate_file, key_file, public_url: public.value });
    }
    let keys = ["iys.push.listen", "iys.push.certificate_file", "iys.push.key_file", "iys.push.public_url"];
    if let Some(origin) = origin.filter(|_| !keys.iter().any(|key| reader.in_doubt(key))) {
        reader.error(origin, format!("is one of four that belong together: {}", keys.join(", ")));
    }
    None
}

impl fmt::Debug for PasswordSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Given(_) => f.write_str("Given(…)"),
        }
    }
}
