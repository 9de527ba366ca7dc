//! The public port: gRPC and HTTP side by side.

use crate::api::error::{Kind, Problem};
use crate::api::gateway::Gateway;
use crate::api::grpc::{Admin, Consent, Permission};
use crate::api::health::HealthService;
use crate::api::http;
use crate::api::proto::DESCRIPTORS;
use crate::api::proto::admin_service_server::AdminServiceServer;
use crate::api::proto::consent_service_server::ConsentServiceServer;
use crate::api::proto::permission_service_server::PermissionServiceServer;
use crate::api::server::service::Front;
use crate::api::server::status_layer::InOurWords;
use crate::config::Limits;
use crate::net::hosts::HostPolicy;
use crate::net::request_guard::is_grpc;
use ::http::HeaderMap;
use axum::response::Response;
use std::sync::LazyLock;
use tonic::service::Routes;
use tonic_health::pb::health_server::HealthServer;

/// The reflection descriptors cannot be read: a fault of the build.
#[derive(Debug, thiserror::Error)]
#[error("the protobuf descriptors cannot be read: {0}")]
pub struct BadDescriptors(String);

/// The services of the public port, which answers to `hosts`; a body that is too large, or stops coming, is refused by `limits`.
pub fn routes(
    gateway: &Gateway,
    health: HealthServer<HealthService>,
    hosts: HostPolicy,
    limits: &Limits,
) -> Result<Front, BadDescriptors> {
    let body_bytes = limits.body_bytes;
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
    };
    let bad = |error: tonic_reflection::server::Error| BadDescriptors(error.to_string());
    // Both versions: grpcurl and others in the field still ask for the older one.
    let (current, older) = (reflection().build_v1().map_err(bad)?, reflection().build_v1alpha().map_err(bad)?);
    let permission = PermissionServiceServer::new(Permission(gateway.clone())).max_decoding_message_size(body_bytes);
    let consent = ConsentServiceServer::new(Consent(gateway.clone())).max_decoding_message_size(body_bytes);
    let admin = AdminServiceServer::new(Admin(gateway.clone())).max_decoding_message_size(body_bytes);
    let mut grpc = Routes::builder();
    grpc.add_service(InOurWords(consent))
        .add_service(InOurWords(admin))
        .add_service(InOurWords(health))
        .add_service(InOurWords(current))
        .add_service(InOurWords(older));
    let grpc = grpc.routes().into_axum_router();
    let router = grpc.merge(http::routes(gateway.clone(), body_bytes)).fallback(not_found);
    let metrics = std::sync::Arc::clone(&gateway.parts().metrics);
    Ok(Front::new(router, hosts, metrics, limits.into()).checking(InOurWords(permission)))
}

/// The paths of HTTP, with commas between them.
static PATHS: LazyLock<String> = LazyLock::new(|| http::paths().map(|(path, _)| path).join(", "));

/// An unknown path, in the shape of whoever asks.
async fn not_found(headers: HeaderMap) -> Response {
    if is_grpc(&headers) {
        return tonic::Status::from(Problem::new(Kind::Unimplemented, "no such service or method")).into_http();
    }
    Problem::new(Kind::NotFound, format!("the paths are {}; the admin port has others", *PATHS)).response(&headers)
}
