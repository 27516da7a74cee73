//! The HTTP interface: one file a resource.

mod chat;
mod chat_request;
mod chat_stream;
mod embeddings;
mod health;
mod metrics;
mod models;

use actix_web::error::{InternalError, JsonPayloadError, PayloadError};
use actix_web::web::{self, JsonConfig, ServiceConfig};
use actix_web::{HttpResponse, ResponseError};

use crate::problem::Problem;

/// Largest body that is read, in bytes.
const MAX_BODY_BYTES: usize = 8 << 20;

/// Registers the routes.
pub(crate) fn configure(config: &mut ServiceConfig) {
    let json = JsonConfig::default().limit(MAX_BODY_BYTES).error_handler(|error, _| {
        let problem = match &error {
            JsonPayloadError::Payload(PayloadError::Overflow)
            | JsonPayloadError::Overflow { .. }
            | JsonPayloadError::OverflowKnownLength { .. } => {
                Problem::invalid(format!("the body is larger than {MAX_BODY_BYTES} bytes"))
            }
            other => Problem::invalid(format!("the body cannot be read: {other}")),
        };
        let response = problem.error_response();
        InternalError::from_response(error, response).into()
    });
    config
        .app_data(json)
        .route("/health", web::get().to(health::get))
        .route("/metrics", web::get().to(metrics::get))
        .route("/v1/models", web::get().to(models::get))
        .route("/v1/chat/completions", web::post().to(chat::post))
        .route("/v1/embeddings", web::post().to(embeddings::post))
        .default_service(web::to(|| async {
            HttpResponse::NotFound().json(serde_json::json!({"error": {
                "message": "no such path; see /v1/models", "type": "invalid_request_error",
                "code": "not_found", "param": null
            }}))
        }));
}

/// Unix seconds now, for the `created` fields of the API.
fn created() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs())
}
