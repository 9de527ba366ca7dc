//! The gRPC services.

use super::caller::Caller;
use super::gateway::Gateway;
use super::proto::admin_service_server::AdminService;
use super::proto::consent_service_server::ConsentService;
use super::proto::permission_service_server::PermissionService;
use super::proto::{self, CheckBatchRequest, CheckBatchResponse, CheckRequest, CheckResponse};
use super::{convert, retailers, state, stream, watch};
use crate::api::check::Asked;
use crate::api::consent_service::Export;
use crate::api::error::Problem;
use crate::api::{admin_service, consent_service, registry_service};
use crate::model::brand::BrandCode;
use crate::ports::BackupMade;
use crate::telemetry::metrics::Edge;
use std::pin::Pin;
use std::time::Duration;
use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming};

/// Answers before a send.
#[derive(Clone)]
pub struct Permission(pub Gateway);

/// Changes in, state out.
#[derive(Clone)]
pub struct Consent(pub Gateway);

/// What an operator keeps on file.
#[derive(Clone)]
pub struct Admin(pub Gateway);

/// The deadline that the caller gave (`grpc-timeout`), for a call that demands a revision; others do not
/// wait.
fn deadline<T>(request: &Request<T>, min_revision: u64) -> Option<Duration> {
    if min_revision == 0 {
        return None;
    }
    let text = request.metadata().get("grpc-timeout")?.to_str().ok()?;
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: u64 = if number.len() <= 8 { number.parse().ok()? } else { return None };
    Some(match unit {
        "H" => Duration::from_secs(number * 3600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

impl Permission {
    pub(super) fn refused(&self, edge: Edge, problem: Problem) -> Status {
        self.0.parts().metrics.answers.refused(edge, problem.kind.code());
        problem.into()
    }

    /// Who asks.
    fn caller<T>(&self, edge: Edge, request: &Request<T>) -> Result<Caller, Status> {
        self.0.caller(request.metadata().as_ref()).map_err(|problem| self.refused(edge, problem))
    }

    pub(super) async fn answer(
        &self,
        edge: Edge,
        caller: Caller,
        request: CheckRequest,
        deadline: Option<Duration>,
    ) -> Result<CheckResponse, Status> {
        let (scope, recipient) = request.question().map_err(|problem| self.refused(edge, problem))?;
        let revision_reached = self.0.await_revision(request.min_revision, deadline).await;
        let asked = Asked { caller, edge, reference: &request.reference, revision_reached };
        let answer = self.0.check(&asked, &scope, recipient).await;
        Ok(convert::check_response(&answer, request))
    }
}

#[tonic::async_trait]
impl PermissionService for Permission {
    async fn check(&self, request: Request<CheckRequest>) -> Result<Response<CheckResponse>, Status> {
        let deadline = deadline(&request, request.get_ref().min_revision);
        let caller = self.caller(Edge::GrpcUnary, &request)?;
        self.answer(Edge::GrpcUnary, caller, request.into_inner(), deadline).await.map(Response::new)
    }

    async fn check_batch(&self, request: Request<CheckBatchRequest>) -> Result<Response<CheckBatchResponse>, Status> {
        let deadline = deadline(&request, request.get_ref().min_revision);
        let caller = self.caller(Edge::GrpcBatch, &request)?;
        let request = request.into_inner();
        let (scope, recipients) = request.question().map_err(|problem| self.refused(Edge::GrpcBatch, problem))?;
        let revision_reached = self.0.await_revision(request.min_revision, deadline).await;
        let asked = Asked { caller, edge: Edge::GrpcBatch, reference: &request.reference, revision_reached };
        let (answer, counts) = self.0.check_batch(&asked, &scope, recipients).await;
        Ok(Response::new(convert::batch_response(answer, &counts, request.reference)))
    }

    type CheckStreamStream = Pin<Box<dyn Stream<Item = Result<CheckResponse, Status>> + Send>>;

    async fn check_stream(&self, request: Request<Streaming<CheckRequest>>) -> Result<Response<Self::CheckStreamStream>, Status> {
        let caller = self.caller(Edge::GrpcStream, &request)?;
        Ok(Response::new(Box::pin(stream::answers(self.clone(), caller, request.into_inner()))))
    }

    async fn explain(&self, request: Request<proto::ExplainRequest>) -> Result<Response<proto::ExplainResponse>, Status> {
        let request = request.into_inner();
        let (scope, recipient) = request.question().map_err(|problem| self.refused(Edge::GrpcUnary, problem))?;
        self.0.require_loaded()?;
        Ok(Response::new(convert::explain_response(self.0.explain(&scope, recipient).await?)))
    }
}

#[tonic::async_trait]
impl ConsentService for Consent {
    async fn apply(&self, request: Request<proto::ApplyRequest>) -> Result<Response<proto::ApplyResponse>, Status> {
        let request = request.into_inner();
        let brand = BrandCode::new(request.brand_code);
        let as_of = convert::export_as_of(request.export_as_of)?;
        let complete = request.export_complete_brands.iter().map(|code| convert::brand_code(*code)).collect::<Result<_, _>>()?;
        let items = request.movements.iter().map(|movement| Some(movement.raw()));
        let report = consent_service::apply(&self.0, brand, Export { as_of, complete }, items).await?;
        Ok(Response::new(convert::apply_response(report)))
    }

    type WatchStream = Pin<Box<dyn Stream<Item = Result<proto::WatchEvent, Status>> + Send>>;

    async fn watch(&self, request: Request<proto::WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        Ok(Response::new(Box::pin(watch::watch(&self.0, request.into_inner().from_revision)?)))
    }

    async fn get_state(&self, request: Request<proto::GetStateRequest>) -> Result<Response<proto::GetStateResponse>, Status> {
        Ok(Response::new(state::read(&self.0, request.into_inner()).await?))
    }
}

#[tonic::async_trait]
impl AdminService for Admin {
    async fn put_brand(&self, request: Request<proto::PutBrandRequest>) -> Result<Response<proto::PutBrandResponse>, Status> {
        let brand = request.into_inner().brand.ok_or_else(|| Problem::missing("brand"))?;
        let brand = registry_service::put_brand(&self.0, brand).await?;
        Ok(Response::new(proto::PutBrandResponse { brand: Some(brand) }))
    }

    async fn list_brands(
        &self,
        request: Request<proto::ListBrandsRequest>,
    ) -> Result<Response<proto::ListBrandsResponse>, Status> {
        Ok(Response::new(registry_service::list_brands(&self.0, request.into_inner())?))
    }

    async fn deactivate_brand(
        &self,
        request: Request<proto::DeactivateBrandRequest>,
    ) -> Result<Response<proto::DeactivateBrandResponse>, Status> {
        let brand = registry_service::deactivate_brand(&self.0, request.into_inner().brand_code).await?;
        Ok(Response::new(proto::DeactivateBrandResponse { brand: Some(brand) }))
    }

    async fn close_line(&self, request: Request<proto::CloseLineRequest>) -> Result<Response<proto::CloseLineResponse>, Status> {
        Ok(Response::new(admin_service::close_line(&self.0, request.into_inner()).await?))
    }

    async fn list_closures(
        &self,
        request: Request<proto::ListClosuresRequest>,
    ) -> Result<Response<proto::ListClosuresResponse>, Status> {
        Ok(Response::new(admin_service::list_closures(&self.0, request.into_inner()).await?))
    }

    async fn mark_closures_reported(
        &self,
        request: Request<proto::MarkClosuresReportedRequest>,
    ) -> Result<Response<proto::MarkClosuresReportedResponse>, Status> {
        Ok(Response::new(admin_service::mark_reported(&self.0, request.into_inner().ids).await?))
    }

    async fn heal_gap(&self, request: Request<proto::HealGapRequest>) -> Result<Response<proto::HealGapResponse>, Status> {
        Ok(Response::new(admin_service::heal_gap(&self.0, request.into_inner()).await?))
    }

    async fn observe(&self, request: Request<proto::ObserveRequest>) -> Result<Response<proto::ObserveResponse>, Status> {
        let request = request.into_inner();
        let (brand, cell) = request.asked()?;
        self.0.require_loaded()?;
        let seen = self.0.parts().feed.observe(brand, cell, request.recipients).await.map_err(Problem::from)?;
        Ok(Response::new(convert::observed(seen)))
    }

    async fn reconcile(&self, request: Request<proto::ReconcileRequest>) -> Result<Response<proto::ReconcileResponse>, Status> {
        let proto::ReconcileRequest { brand_code, date } = request.into_inner();
        let brand = convert::brand_code(brand_code)?;
        self.0.require_loaded()?;
        let report = self.0.parts().feed.reconcile(brand, date).await.map_err(Problem::from)?;
        Ok(Response::new(proto::ReconcileResponse { report }))
    }

    async fn push(&self, request: Request<proto::PushRequest>) -> Result<Response<proto::PushResponse>, Status> {
        let (brand, channel, action) = request.into_inner().asked()?;
        self.0.require_loaded()?;
        let connections = self.0.parts().feed.push(brand, channel, action).await.map_err(Problem::from)?;
        let connections = connections.into_iter().map(convert::push_connection).collect();
        Ok(Response::new(proto::PushResponse { connections }))
    }

    async fn backup(&self, request: Request<proto::BackupRequest>) -> Result<Response<proto::BackupResponse>, Status> {
        self.0.require_loaded()?;
        let BackupMade { path, revision, files, bytes } =
            self.0.parts().backups.backup(request.into_inner().name).await.map_err(Problem::from)?;
        Ok(Response::new(proto::BackupResponse { path, revision, files, bytes }))
    }

    async fn set_mode(&self, request: Request<proto::SetModeRequest>) -> Result<Response<proto::SetModeResponse>, Status> {
        Ok(Response::new(registry_service::set_mode(&self.0, &request.into_inner()).await?))
    }

    async fn add_declaration(
        &self,
        request: Request<proto::AddDeclarationRequest>,
    ) -> Result<Response<proto::AddDeclarationResponse>, Status> {
        Ok(Response::new(registry_service::add_declaration(&self.0, request.into_inner()).await?))
    }

    async fn list_declarations(
        &self,
        request: Request<proto::ListDeclarationsRequest>,
    ) -> Result<Response<proto::ListDeclarationsResponse>, Status> {
        Ok(Response::new(registry_service::list_declarations(&self.0, &request.into_inner())?))
    }

    async fn revoke_declaration(
        &self,
        request: Request<proto::RevokeDeclarationRequest>,
    ) -> Result<Response<proto::RevokeDeclarationResponse>, Status> {
        Ok(Response::new(registry_service::revoke_declaration(&self.0, request.into_inner()).await?))
    }

    async fn put_retailer_access(
        &self,
        request: Request<proto::PutRetailerAccessRequest>,
    ) -> Result<Response<proto::PutRetailerAccessResponse>, Status> {
        Ok(Response::new(retailers::put(&self.0, request.into_inner()).await?))
    }

    async fn refresh_retailer_access(
        &self,
        request: Request<proto::RefreshRetailerAccessRequest>,
    ) -> Result<Response<proto::RefreshRetailerAccessResponse>, Status> {
        Ok(Response::new(retailers::refresh(&self.0, request.into_inner()).await?))
    }

    async fn erase_recipient(
        &self,
        request: Request<proto::EraseRecipientRequest>,
    ) -> Result<Response<proto::EraseRecipientResponse>, Status> {
        Ok(Response::new(admin_service::erase(&self.0, request.into_inner()).await?))
    }
}
