//! Declarations of senders.

use super::{brand_code, purpose, purpose_code, seconds, unix};
use crate::api::error::{Kind, Problem};
use crate::api::proto;
use crate::model::brand::BrandCode;
use crate::model::brand::declaration::{Declaration, Declared, DocumentHash};
use crate::model::consent::movement::CLOCK_TOLERANCE;
use crate::model::decision::question::Purpose;
use crate::model::time::IysTime;

/// A declaration as a message.
#[must_use]
pub fn declaration_message(declaration: &Declaration) -> proto::Declaration {
    let Declaration { id, declared, revoked } = declaration;
    proto::Declaration {
        id: *id,
        brand_code: declared.brand.get(),
        purpose: purpose_code(Purpose::claiming(declared.exemption)),
        declared_by: declared.by.clone(),
        declared_at: unix(Some(declared.at)),
        document_sha256: declared.document.to_string(),
        valid_until: unix(declared.valid_until),
        revoked_at: unix(*revoked),
    }
}

impl proto::Declaration {
    /// What is declared, as of now.
    pub fn declared(&self, now: IysTime) -> Result<Declared, Problem> {
        let wrong = |detail: &'static str| Problem::new(Kind::InvalidField, detail);
        if self.id != 0 || self.revoked_at != 0 {
            return Err(wrong("id and revoked_at are the gateway's to give"));
        }
        let exemption = purpose(self.purpose)?.exemption();
        let at = seconds("declared_at", self.declared_at)?.unwrap_or(now);
        if at > now.plus(CLOCK_TOLERANCE) {
            return Err(wrong("declared_at lies in the future"));
        }
        let valid_until = seconds("valid_until", self.valid_until)?;
        if valid_until.is_some_and(|end| end <= at) {
            return Err(wrong("valid_until lies before declared_at"));
        }
        Ok(Declared {
            brand: brand_code(self.brand_code)?,
            exemption: exemption.ok_or_else(|| wrong("purpose is none of the exempt ones: 6/1, 6/2, 6/4"))?,
            by: Declared::name(&self.declared_by).ok_or_else(|| wrong("declared_by must be one line of 1 to 200 bytes"))?,
            at,
            document: DocumentHash::parse(&self.document_sha256)
                .ok_or_else(|| wrong("document_sha256 must be 64 hexadecimal digits"))?,
            valid_until,
        })
    }
}

impl proto::ListDeclarationsRequest {
    /// Whose; none for all.
    #[must_use]
    pub fn brand(&self) -> Option<BrandCode> {
        BrandCode::new(self.brand_code)
    }
}
