//! What the chain promises: every change to a row is found, and the first bad row is named.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use cg_audit::{Action, BreakReason, Event, Fields, GENESIS, Outcome, Verifier, link};

#[derive(Clone)]
struct Row {
    sequence: u64,
    id: String,
    hash: String,
    actor: String,
    target: String,
    present: bool,
}

fn fields(row: &Row) -> Fields<'_> {
    Fields {
        id: &row.id,
        at: 1_800_000_000_000,
        action: "auth.login",
        outcome: "success",
        actor: &row.actor,
        target: &row.target,
        address: "",
        request_id: "",
        detail: "{}",
    }
}

fn chain(length: u64) -> Vec<Row> {
    let mut before = GENESIS;
    (1..=length)
        .map(|sequence| {
            let mut row = Row {
                sequence,
                id: format!("e{sequence}"),
                hash: String::new(),
                actor: format!("user{sequence}"),
                target: "x".into(),
                present: true,
            };
            before = link(&before, sequence, &fields(&row));
            row.hash = hex::encode(before);
            row
        })
        .collect()
}

fn verify(rows: &[Row]) -> Result<u64, (u64, BreakReason)> {
    let mut verifier = Verifier::default();
    for row in rows {
        let event = row.present.then(|| fields(row));
        verifier
            .check(row.sequence, &row.id, &row.hash, event.as_ref())
            .map_err(|broken| (broken.sequence, broken.reason))?;
    }
    Ok(verifier.head().sequence)
}

#[test]
fn an_untouched_chain_is_good() {
    assert_eq!(verify(&chain(20)), Ok(20));
    assert_eq!(verify(&[]), Ok(0));
}

#[test]
fn a_changed_field_is_found_in_its_row() {
    for at in [0, 7, 19] {
        let mut rows = chain(20);
        rows[at].actor.push('x');
        assert_eq!(verify(&rows), Err((at as u64 + 1, BreakReason::Changed)));
    }
}

#[test]
fn bytes_cannot_wander_between_fields() {
    let mut rows = chain(3);
    rows[1].actor = "user".into();
    rows[1].target = "2x".into();
    assert_eq!(verify(&rows), Err((2, BreakReason::Changed)));
}

#[test]
fn a_removed_row_is_found() {
    let mut rows = chain(20);
    rows.remove(7);
    assert_eq!(verify(&rows), Err((9, BreakReason::Gap)));
    let mut rows = chain(20);
    rows[7].present = false;
    assert_eq!(verify(&rows), Err((8, BreakReason::Removed)));
}

#[test]
fn rows_that_changed_places_are_found() {
    let mut rows = chain(20);
    rows.swap(4, 5);
    assert_eq!(verify(&rows), Err((6, BreakReason::Gap)));
    // The attacker also gives them each other's numbers.
    rows[4].sequence = 5;
    rows[5].sequence = 6;
    assert_eq!(verify(&rows), Err((5, BreakReason::Changed)));
}

#[test]
fn a_row_with_a_hash_of_its_own_does_not_help() {
    let mut rows = chain(20);
    rows[7].actor = "somebody else".into();
    let before: [u8; 32] = hex::decode(&rows[6].hash).unwrap().try_into().unwrap();
    rows[7].hash = hex::encode(link(&before, 8, &fields(&rows[7])));
    assert_eq!(verify(&rows), Err((9, BreakReason::Changed)), "the next row gives it away");
}

#[test]
fn the_hash_is_the_documented_one() {
    // printf of the documented bytes through sha256sum, with all fields but the id empty:
    // leaf = 00 | 0000000000000001 | 00000001 'a' | 00000001 '0' | 7 x 00000000
    // link = 01 | 32 x 00 | leaf
    let fields = Fields {
        id: "a",
        at: 0,
        action: "",
        outcome: "",
        actor: "",
        target: "",
        address: "",
        request_id: "",
        detail: "",
    };
    let expected = "2d4fd34e9e52677672b7b734ea74989f1b0bb62da3017fdd74267c89ec80b11e";
    assert_eq!(hex::encode(link(&GENESIS, 1, &fields)), expected);
}

#[test]
fn text_from_outside_cannot_forge_lines() {
    let event = Event::new(Action::Login, Outcome::Failure, "a\nb\u{1b}[2J\u{202e}c")
        .on("x".repeat(5000))
        .with("why", "bad\r\npassword");
    assert_eq!(event.actor, "a?b?[2J?c");
    assert_eq!(event.target.chars().count(), 512);
    assert_eq!(event.detail(), r#"{"why":"bad??password"}"#);
}

#[test]
fn names_of_actions_are_unique() {
    let mut names: Vec<_> = Action::ALL.iter().map(|action| action.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Action::ALL.len());
}
