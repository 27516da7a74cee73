//! Server-sent events.

use actix_web::HttpResponse;
use actix_web::http::header;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use serde::Serialize;
use std::time::Duration;

/// How often a silent stream shows that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// One event: `event: <name>` and its data as JSON on one line.
pub(crate) fn event<T: Serialize>(name: &str, data: &T) -> Bytes {
    let data = serde_json::to_string(data).unwrap_or_else(|error| {
        tracing::error!(%error, name, "event cannot be written");
        "null".to_owned()
    });
    Bytes::from(format!("event: {name}\ndata: {data}\n\n"))
}

/// The answer that streams events. The stream ends the answer; a comment is sent into silence, so
/// that proxies keep the connection and a client that has gone is noticed.
pub(crate) fn response(events: impl Stream<Item = Bytes> + 'static) -> HttpResponse {
    let mut events = Box::pin(events);
    let stream = futures_util::stream::poll_fn({
        let mut timer = tokio::time::interval(KEEP_ALIVE);
        timer.reset();
        move |context| {
            use std::task::Poll;
            match events.poll_next_unpin(context) {
                Poll::Ready(Some(bytes)) => {
                    timer.reset();
                    Poll::Ready(Some(Ok::<_, std::convert::Infallible>(bytes)))
                }
                Poll::Ready(None) => Poll::Ready(None),
                Poll::Pending => match timer.poll_tick(context) {
                    Poll::Ready(_) => Poll::Ready(Some(Ok(Bytes::from_static(b": alive\n\n")))),
                    Poll::Pending => Poll::Pending,
                },
            }
        }
    });
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/event-stream"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(stream)
}
