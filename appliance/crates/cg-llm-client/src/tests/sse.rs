//! The reader of events.

use crate::sse::{EventReader, TooLarge};

const STREAM: &str =
    "data: {\"a\":1}\n\n: comment\n\nevent: x\r\ndata: one\r\ndata: две\r\n\r\ndata:[DONE]\n\n";

fn events(size: usize) -> Vec<String> {
    let mut reader = EventReader::default();
    let mut events = Vec::new();
    for piece in STREAM.as_bytes().chunks(size) {
        reader.push(piece).unwrap();
        events.extend(std::iter::from_fn(|| reader.next()));
    }
    events
}

#[test]
fn events_are_the_same_wherever_the_body_is_cut() {
    for size in 1..STREAM.len() {
        assert_eq!(events(size), ["{\"a\":1}", "one\nдве", "[DONE]"], "pieces of {size}");
    }
}

#[test]
fn an_event_without_end_is_refused() {
    let mut reader = EventReader::default();
    let result = (0..2_000).try_for_each(|_| reader.push(&[b'x'; 1_000]));
    assert_eq!(result, Err(TooLarge));
}

#[test]
fn a_cut_event_is_not_given() {
    let mut reader = EventReader::default();
    reader.push(b"data: half").unwrap();
    assert_eq!(reader.next(), None);
}
