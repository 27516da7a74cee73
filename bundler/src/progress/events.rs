//! Progress as one JSON object a line on stderr.

use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Report;
use super::tally::Tally;

/// Time between two events about bytes.
const PAUSE: Duration = Duration::from_millis(500);

/// `plan`, `skip`, `total`, `progress`, `done` and `note` events.
#[derive(Debug)]
pub(crate) struct Events {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    tally: Tally,
    start: Instant,
    last: Instant,
}

impl Events {
    pub(crate) fn new() -> Self {
        let now = Instant::now();
        Self { state: Mutex::new(State { tally: Tally::default(), start: now, last: now }) }
    }

    fn with(&self, change: impl FnOnce(&mut State) -> Option<Value>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(event) = change(&mut state) {
            // Nobody reads: nothing to be done about it.
            let _ = writeln!(std::io::stderr().lock(), "{event}");
        }
    }
}

impl State {
    fn sums(&self, event: &str, item: &str) -> Value {
        let sums = self.tally.sums;
        let here = sums.came + sums.skipped;
        let seconds = self.start.elapsed().as_secs_f64().max(0.001);
        json!({
            "event": event, "item": item, "total_bytes": sums.total, "done_bytes": here,
            "remaining_bytes": sums.total.saturating_sub(here), "received_bytes": sums.came,
            "open_items": sums.open, "unsized_items": sums.unsized_items, "bytes_per_second": (sums.came as f64 / seconds) as u64,
        })
    }
}

impl Report for Events {
    fn plan(&self, item: &str, from: &str, bytes: u64) {
        self.with(|state| {
            state.tally.plan(item, bytes).then(
                || json!({"event": "plan", "item": item, "from": from, "bytes": bytes, "total_bytes": state.tally.sums.total}),
            )
        });
    }

    fn planned(&self) {
        self.with(|state| {
            let sums = state.tally.sums;
            Some(json!({
                "event": "total", "items": sums.items, "open_items": sums.open, "unsized_items": sums.unsized_items,
                "total_bytes": sums.total, "remaining_bytes": sums.total.saturating_sub(sums.skipped),
            }))
        });
    }

    fn advance(&self, item: &str, bytes: u64) {
        self.with(|state| {
            state.tally.advance(item, bytes);
            if state.last.elapsed() < PAUSE {
                return None;
            }
            state.last = Instant::now();
            Some(state.sums("progress", item))
        });
    }

    fn skip(&self, item: &str, bytes: u64) {
        self.with(|state| {
            state.tally.skip(item, bytes);
            Some(json!({"event": "skip", "item": item, "bytes": bytes}))
        });
    }

    fn done(&self, item: &str) {
        self.with(|state| state.tally.done(item).map(|_| state.sums("done", item)));
    }

    fn note(&self, text: &str) {
        self.with(|_| Some(json!({"event": "note", "text": text})));
    }
}
