//! The receiver's own certificate: read from files, and read again when they change, so that a renewal needs
//! no restart.

use super::validity;
use crate::feed::supervise::Fault;
use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

/// From one look at the files to the next.
const LOOK: Duration = Duration::from_mins(1);

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{path}: there is no {what} in PEM")]
    NoPem {
        /// Which one.
        path: PathBuf,
        /// What should be in it.
        what: &'static str,
    },
    /// They are of no use together.
    #[error("{certificate} and {key}: {reason}")]
    Unusable {
        /// The certificates.
        certificate: PathBuf,
        /// Their key.
        key: PathBuf,
        /// Why.
        reason: rustls::Error,
    },
}

/// A certificate in use; clones are the same one.
#[derive(Clone)]
pub struct Certificate(Arc<Inner>);

struct Inner {
    certificate_file: PathBuf,
    key_file: PathBuf,
    current: ArcSwap<ServerConfig>,
    /// When it expires, or one of its chain: Unix time.
    expires: AtomicI64,
    /// When the files in use were changed.
    stamp: Mutex<Stamp>,
}

type Stamp = [Option<SystemTime>; 2];

impl Certificate {
    /// Reads both files.
    pub fn read(certificate_file: &Path, key_file: &Path) -> Result<Self, CertificateError> {
        // Before they are read: a change meanwhile is then seen as one.
        let stamp = [changed(certificate_file), changed(key_file)];
        let (config, expires) = load(certificate_file, key_file)?;
        let (current, expires) = (ArcSwap::from_pointee(config), AtomicI64::new(expires));
        let (certificate_file, key_file) = (certificate_file.to_owned(), key_file.to_owned());
        Ok(Self(Arc::new(Inner { certificate_file, key_file, current, expires, stamp: Mutex::new(stamp) })))
    }

    /// What a new connection is served with.
    #[must_use]
    pub fn current(&self) -> Arc<ServerConfig> {
        self.0.current.load_full()
    }

    /// When it expires, or the first of its chain: Unix time.
    #[must_use]
    pub fn expires(&self) -> i64 {
        self.0.expires.load(Ordering::Relaxed)
    }

    /// Reads the files again if they were changed since; what cannot be used leaves everything as it is.
    fn renew(&self, asked: bool) -> Result<(), CertificateError> {
        let (certificate, key) = (&self.0.certificate_file, &self.0.key_file);
        let stamp = [changed(certificate), changed(key)];
        if !asked && *self.0.stamp.lock().unwrap_or_else(PoisonError::into_inner) == stamp {
            return Ok(());
        }
        let (config, expires) = load(certificate, key)?;
        self.0.current.store(Arc::new(config));
        self.0.expires.store(expires, Ordering::Relaxed);
        *self.0.stamp.lock().unwrap_or_else(PoisonError::into_inner) = stamp;
        tracing::info!(file = %certificate.display(), "push: the certificate was read again");
        Ok(())
    }

    /// Looks at the files again and again, and whenever SIGHUP asks for it.
    pub(super) async fn keep(self) -> Fault {
        let mut hangup = match signal(SignalKind::hangup()) {
            Ok(hangup) => hangup,
            Err(error) => return Fault::retry(&error, None),
        };
        let mut asked = false;
        loop {
            if let Err(error) = self.renew(asked) {
                return Fault::retry(&error, None);
            }
            asked = tokio::select! {
                () = sleep(LOOK) => false,
                _ = hangup.recv() => true,
            };
        }
    }
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|file| file.modified()).ok()
}

/// The configuration that serves a certificate, and when the first of its chain expires.
fn load(certificate: &Path, key: &Path) -> Result<(ServerConfig, i64), CertificateError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes(certificate)?).collect();
    let no_pem = |path: &Path, what| CertificateError::NoPem { path: path.to_owned(), what };
    let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(|| no_pem(certificate, "certificate"))?;
    let not_after: Option<Vec<i64>> = chain.iter().map(|certificate| validity::not_after(certificate)).collect();
    let expires = not_after.and_then(|ends| ends.into_iter().min()).ok_or_else(|| no_pem(certificate, "X.509 certificate"))?;
    let private = PrivateKeyDer::from_pem_slice(&bytes(key)?).map_err(|_| no_pem(key, "private key"))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    // TLS 1.2 and 1.3.
    let made = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let made = made.and_then(|made| made.with_no_client_auth().with_single_cert(chain, private));
    let unusable = |reason| CertificateError::Unusable { certificate: certificate.to_owned(), key: key.to_owned(), reason };
    let mut config = made.map_err(unusable)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((config, expires))
}

fn bytes(path: &Path) -> Result<Vec<u8>, CertificateError> {
    fs::read(path).map_err(|source| CertificateError::Unreadable { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Files(tempfile::TempDir);

    impl Files {
        fn write(&self, certificate: &str, key: &str) -> [PathBuf; 2] {
            let paths = ["certificate.pem", "key.pem"].map(|name| self.0.path().join(name));
            fs::write(&paths[0], certificate).unwrap();
            fs::write(&paths[1], key).unwrap();
            paths
        }
    }

    /// Certificate and key in PEM.
    fn made() -> (String, String) {
        made_until(4096)
    }

    /// The same with a certificate that expires with the first second of a year.
    fn made_until(year: i32) -> (String, String) {
        let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(year, 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    #[test]
    fn what_expires_first_of_a_chain_is_known_and_follows_a_renewal() {
        /// The first seconds of 2030 and of 2031.
        const ENDS: [i64; 2] = [1_893_456_000, 1_924_992_000];
        let files = Files(tempfile::tempdir().unwrap());
        let ((leaf, key), (issuer, _)) = (made_until(2031), made_until(2030));
        let [at, key_at] = files.write(&format!("{leaf}{issuer}"), &key);
        let read = Certificate::read(&at, &key_at).unwrap();
        assert_eq!(read.expires(), ENDS[0], "its issuer's is of no use after that");
        files.write(&leaf, &key);
        read.renew(true).unwrap();
        assert_eq!(read.expires(), ENDS[1]);
        files.write("nothing", &key);
        read.renew(true).unwrap_err();
        assert_eq!(read.expires(), ENDS[1], "the old one stays in use");
    }

    #[test]
    fn files_that_are_of_no_use_are_told_apart() {
        let files = Files(tempfile::tempdir().unwrap());
        let ((certificate, key), (_, other_key)) = (made(), made());
        let [at, key_at] = files.write(&certificate, &key);
        Certificate::read(&at, &key_at).unwrap();
        let nowhere = files.0.path().join("nowhere");
        assert!(
            matches!(Certificate::read(&nowhere, &key_at), Err(CertificateError::Unreadable { path, .. }) if path == nowhere)
        );
        for (certificate, key, shown) in [
            (&key, &key, "certificate.pem: there is no certificate in PEM"),
            (&certificate, &certificate, "key.pem: there is no private key in PEM"),
            (&certificate, &other_key, "KeyMismatch"),
        ] {
            files.write(certificate, key);
            let error = Certificate::read(&at, &key_at).map(drop).unwrap_err().to_string();
            assert!(error.contains(shown), "{error}");
        }
    }

    #[test]
    fn a_renewal_is_seen_and_a_broken_one_changes_nothing() {
        let files = Files(tempfile::tempdir().unwrap());
        let (certificate, key) = made();
        let [at, key_at] = files.write(&certificate, &key);
        let read = Certificate::read(&at, &key_at).unwrap();
        let before = read.current();
        read.renew(false).unwrap();
        assert!(Arc::ptr_eq(&read.current(), &before), "nothing changed");
        let (new_certificate, new_key) = made();
        // The certificate is written first, and looked at before its key is there.
        files.write(&new_certificate, &key);
        let later = |path: &Path| fs::File::open(path).unwrap().set_modified(SystemTime::UNIX_EPOCH + LOOK).unwrap();
        later(&at);
        read.renew(false).unwrap_err();
        assert!(Arc::ptr_eq(&read.current(), &before), "the old one stays in use");
        files.write(&new_certificate, &new_key);
        later(&at);
        read.renew(false).unwrap();
        let renewed = read.current();
        assert!(!Arc::ptr_eq(&renewed, &before), "it is tried again until it can be used");
        read.renew(true).unwrap();
        assert!(!Arc::ptr_eq(&read.current(), &renewed), "it was asked for");
    }
}
