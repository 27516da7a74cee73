//! The HTTP server: routes, limits on bodies and connections, listeners, graceful end.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpResponse, HttpServer, web};

use super::edge::{Limits, edge};
use super::problem::{Code, Problem};
use super::routes;
use crate::settings::Settings;
use crate::state::State;

/// Time for a client to send its whole head.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// Time that an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Connections of one worker.
const MAX_CONNECTIONS: usize = 4_096;
/// Connections that may wait to be taken.
const BACKLOG: u32 = 1_024;

/// The server of the interface; not running until it is awaited.
pub(crate) fn server(state: web::Data<State>, listener: TcpListener) -> std::io::Result<Server> {
    let settings = Arc::clone(&state.settings);
    let limits =
        web::Data::new(Limits::new(settings.api.max_requests, settings.api.rate_per_minute));
    let workers = workers(&settings);
    let max_body = settings.api.max_body_bytes;
    let server = HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            .app_data(limits.clone())
            .app_data(web::JsonConfig::default().limit(max_body))
            .app_data(web::PayloadConfig::new(max_body))
            .wrap(from_fn(edge))
            .configure(resources)
            .default_service(web::to(nothing_here))
    });
    Ok(server
        .workers(workers)
        .backlog(BACKLOG)
        .max_connections(MAX_CONNECTIONS)
        .client_request_timeout(HEAD_TIME)
        .keep_alive(KEEP_ALIVE)
        .shutdown_timeout(settings.api.shutdown_seconds)
        .disable_signals()
        .listen(listener)?
        .run())
}

/// The server of the metrics' own listener.
pub(crate) fn metrics_server(
    state: web::Data<State>,
    listener: TcpListener,
) -> std::io::Result<Server> {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            .service(routes::metrics::own_listener)
            .service(routes::metrics::own_listener_full_path)
    });
    Ok(server.workers(1).disable_signals().shutdown_timeout(1).listen(listener)?.run())
}

fn resources(config: &mut web::ServiceConfig) {
    config
        .service(routes::health::health)
        .service(routes::health::live)
        .service(routes::health::ready)
        .service(routes::metrics::metrics)
        .service(routes::system::description)
        .service(routes::system::version)
        .service(routes::system::models)
        .service(routes::auth::login)
        .service(routes::auth::refresh_tokens)
        .service(routes::auth::logout)
        .service(routes::auth::me)
        .service(routes::auth::change_password)
        .service(routes::users::list)
        .service(routes::users::create)
        .service(routes::projects::list)
        .service(routes::projects::create)
        .service(routes::projects::show)
        .service(routes::projects::remove)
        .service(routes::projects::snapshots)
        .service(routes::projects::index)
        .service(routes::jobs::list)
        .service(routes::jobs::show)
        .service(routes::jobs::events)
        .service(routes::jobs::cancel)
        .service(routes::graph::run_query)
        .service(routes::graph::definition)
        .service(routes::graph::references)
        .service(routes::graph::callers)
        .service(routes::graph::callees)
        .service(routes::graph::summary)
        .service(routes::search::search)
        .service(routes::vectors::show)
        .service(routes::ask::ask)
        .service(routes::audit::list)
        .service(routes::audit::verify);
}

async fn nothing_here(request: actix_web::HttpRequest) -> Result<HttpResponse, Problem> {
    let detail = format!("nothing answers {} {}", request.method(), request.path());
    Err(Problem::new(Code::NotFound, detail))
}

fn workers(settings: &Settings) -> usize {
    match settings.api.workers {
        0 => std::thread::available_parallelism().map_or(1, usize::from).min(4),
        given => given,
    }
}
