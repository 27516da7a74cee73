//! The OpenAPI description: made from the handlers, committed as docs/reference/openapi.json.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::routes;

/// The description.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "CodeGraph",
        description = "Answers questions about source code where there is no internet. Errors are problem documents (RFC 9457) with a stable `code`. Lists are paged by cursor. 429 and 503 carry `Retry-After`."
    ),
    servers((url = "/", description = "This server")),
    modifiers(&Bearer),
    paths(
        routes::health::health,
        routes::health::live,
        routes::health::ready,
        routes::metrics::metrics,
        routes::system::description,
        routes::system::version,
        routes::system::models,
        routes::auth::login,
        routes::auth::refresh_tokens,
        routes::auth::logout,
        routes::auth::me,
        routes::auth::change_password,
        routes::users::list,
        routes::users::create,
        routes::projects::list,
        routes::projects::create,
        routes::projects::show,
        routes::projects::remove,
        routes::projects::snapshots,
        routes::projects::index,
        routes::jobs::list,
        routes::jobs::show,
        routes::jobs::events,
        routes::jobs::cancel,
        routes::graph::run_query,
        routes::graph::definition,
        routes::graph::references,
        routes::graph::callers,
        routes::graph::callees,
        routes::graph::summary,
        routes::search::search,
        routes::vectors::show,
        routes::ask::ask,
        routes::audit::list,
        routes::audit::verify,
    )
)]
struct Description;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// The description as JSON text.
pub(crate) fn json() -> String {
    let mut text = Description::openapi().to_pretty_json().expect("the description is plain data");
    text.push('\n');
    text
}
