//! A gateway that knows three recipients of the test brand.

use super::{BRAND, Gateway, add_brand, serve};
use izingate::api::proto::{ApplyRequest, ApplyResponse, Movement};
use std::path::PathBuf;
use tempfile::TempDir;

/// Approved for MESAJ.
pub const APPROVED: &str = "+905321234561";
/// Approved for MESAJ, and took it back.
pub const REFUSED: &str = "+905321234562";
/// Approved for EPOSTA.
pub const EMAIL: &str = "ayse@ornek.com.tr";
/// Nothing is known of it.
pub const STRANGER: &str = "+905321234569";

/// A gateway at revision 1 with the three, and its directory.
pub struct Known {
    pub gateway: Gateway,
    pub dir: TempDir,
}

impl Known {
    pub async fn start() -> Self {
        Self::start_with_env(&[]).await
    }

    /// The same with settings in the environment.
    pub async fn start_with_env(settings: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        add_brand(&data);
        let mut command = serve(&data);
        command.envs(settings.iter().copied());
        let known = Self { gateway: Gateway::spawn(command, &data), dir };
        let three = [
            movement(APPROVED, "ONAY", "2026-11-02 10:00:00"),
            movement(REFUSED, "ONAY", "2026-11-02 10:00:00"),
            movement(REFUSED, "RET", "2026-11-03 10:00:00"),
            Movement { r#type: "EPOSTA".to_owned(), ..movement(EMAIL, "ONAY", "2026-11-02 10:00:00") },
        ];
        let applied = apply(&known.gateway, three.to_vec()).await;
        assert_eq!(applied, ApplyResponse { revision: 1, applied: 4, ..ApplyResponse::default() });
        known
    }

    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }
}

/// A movement of MESAJ as İYS records it.
pub fn movement(recipient: &str, status: &str, created: &str) -> Movement {
    Movement {
        creation_date: created.to_owned(),
        transaction_id: "0f3a".to_owned(),
        recipient: recipient.to_owned(),
        recipient_type: "BIREYSEL".to_owned(),
        r#type: "MESAJ".to_owned(),
        status: status.to_owned(),
        consent_date: "2026-11-01 09:00:00".to_owned(),
        source: "HS_WEB".to_owned(),
        brand_code: String::new(),
    }
}

/// Hands movements of the test brand to a gateway.
pub async fn apply(gateway: &Gateway, movements: Vec<Movement>) -> ApplyResponse {
    let request = ApplyRequest { brand_code: BRAND, movements, export_as_of: 0, ..ApplyRequest::default() };
    gateway.consent().await.apply(request).await.unwrap().into_inner()
}
