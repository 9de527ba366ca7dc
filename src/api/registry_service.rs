//! What an operator keeps on file of senders, for the wire: brands, modes, declarations.

use super::gateway::Gateway;
use super::{convert, proto};
use crate::api::error::{Kind, Problem};
use crate::model::brand::sender_profile::StandingChange;
use crate::model::brand::{Ages, Brand, BrandPut, PutRefused};
use crate::ports::RegistryRefused;

/// Declarations in one answer at most: an answer of so many stays below what any client takes.
pub const MOST_DECLARATIONS: usize = 5_000;

/// Brands in one answer at most: with their longest texts, so many stay below what any client takes.
pub const MOST_BRANDS: usize = 2_000;

/// How many things an answer holds: as many as its caller asks for, 0 for as many as it may.
#[must_use]
pub fn page_size(limit: u32, most: usize) -> usize {
    if limit == 0 { most } else { most.min(limit as usize) }
}

/// The brands on file, by code.
pub fn list_brands(gateway: &Gateway, request: proto::ListBrandsRequest) -> Result<proto::ListBrandsResponse, Problem> {
    gateway.require_loaded()?;
    let brands = gateway.parts().checker.index().brands();
    let (page, more) = brands.page(request.after_brand_code, page_size(request.limit, MOST_BRANDS));
    Ok(proto::ListBrandsResponse { brands: page.iter().map(|entry| convert::brand_message(&entry.brand)).collect(), more })
}

/// Puts a brand on file; what is on file then.
pub async fn put_brand(gateway: &Gateway, brand: proto::Brand) -> Result<proto::Brand, Problem> {
    let put = brand.put(gateway.now())?;
    gateway.require_loaded()?;
    if put.standing.exempt_only == Some(true) && !gateway.parts().checker.accepts_exempt_only() {
        let detail = "exempt-only senders are not accepted here; policy.exempt_only says whether they are";
        return Err(Problem::new(Kind::ExemptOnlyNotAccepted, detail));
    }
    Ok(convert::brand_message(&gateway.parts().registrar.put(put).await?))
}

/// Marks a brand as not active at İYS; what is on file then.
pub async fn deactivate_brand(gateway: &Gateway, code: u32) -> Result<proto::Brand, Problem> {
    let code = convert::brand_code(code)?;
    gateway.require_loaded()?;
    let entry = gateway.parts().checker.index().brands().get(code).ok_or(RegistryRefused::UnknownBrand(code))?;
    let brand = Brand { active: false, ..entry.brand.clone() };
    let put = BrandPut { brand, ages: Ages::OnFile, standing: StandingChange::default() };
    Ok(convert::brand_message(&gateway.parts().registrar.put(put).await?))
}

/// Sets a mode; what is on file then.
pub async fn set_mode(gateway: &Gateway, request: &proto::SetModeRequest) -> Result<proto::SetModeResponse, Problem> {
    let change = request.change()?;
    gateway.require_loaded()?;
    let brand = gateway.parts().registrar.set_mode(change).await?;
    Ok(proto::SetModeResponse { brand: Some(convert::brand_message(&brand)) })
}

/// Puts a declaration on file.
pub async fn add_declaration(
    gateway: &Gateway,
    request: proto::AddDeclarationRequest,
) -> Result<proto::AddDeclarationResponse, Problem> {
    let declaration = request.declaration.ok_or_else(|| Problem::missing("declaration"))?;
    let declared = declaration.declared(gateway.now())?;
    gateway.require_loaded()?;
    let declaration = gateway.parts().registrar.declare(declared).await?;
    Ok(proto::AddDeclarationResponse { declaration: Some(convert::declaration_message(&declaration)) })
}

/// The declarations on file.
pub fn list_declarations(
    gateway: &Gateway,
    request: &proto::ListDeclarationsRequest,
) -> Result<proto::ListDeclarationsResponse, Problem> {
    gateway.require_loaded()?;
    let most = page_size(request.limit, MOST_DECLARATIONS);
    let listed = gateway.parts().checker.index().declarations().list(request.brand(), request.after_id, most);
    Ok(proto::ListDeclarationsResponse { declarations: listed.iter().map(convert::declaration_message).collect() })
}

/// Ends a declaration.
pub async fn revoke_declaration(
    gateway: &Gateway,
    request: proto::RevokeDeclarationRequest,
) -> Result<proto::RevokeDeclarationResponse, Problem> {
    gateway.require_loaded()?;
    let declaration = gateway.parts().registrar.revoke(request.id).await?;
    Ok(proto::RevokeDeclarationResponse { declaration: Some(convert::declaration_message(&declaration)) })
}

impl From<RegistryRefused> for Problem {
    fn from(refused: RegistryRefused) -> Self {
        let kind = match refused {
            RegistryRefused::UnknownBrand(_) => Kind::UnknownBrand,
            RegistryRefused::UnknownDeclaration(_) => Kind::UnknownDeclaration,
            RegistryRefused::TooManyDeclarations(_) => Kind::TooManyDeclarations,
            RegistryRefused::Put(PutRefused::AgeTooShort(_)) => Kind::MaxAgeTooShort,
            RegistryRefused::Put(PutRefused::DeclarationNeeded(_)) => Kind::DeclarationNeeded,
            RegistryRefused::Sink(error) => return error.into(),
        };
        Self::new(kind, refused.to_string())
    }
}
