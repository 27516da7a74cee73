//! Generated references are committed and true.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::permissions::OPERATIONS;
use crate::server::run;

fn openapi() -> (String, Value) {
    let data = tempfile::tempdir().unwrap();
    let text = String::from_utf8(run(data.path(), &["openapi"]).stdout).unwrap();
    let value = serde_json::from_str(&text).unwrap();
    (text, value)
}

#[test]
fn the_committed_openapi_description_is_true() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap();
    assert!(committed == openapi().0, "run `codegraph openapi > docs/reference/openapi.json`");
}

#[test]
fn every_described_operation_has_a_row_in_the_permission_table_and_the_other_way_round() {
    let (_, value) = openapi();
    assert!(value["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut described = BTreeSet::new();
    for (path, operations) in value["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            described.insert((method.to_uppercase(), path.clone()));
        }
    }
    let listed: BTreeSet<_> =
        OPERATIONS.iter().map(|one| (one.method.to_owned(), one.path.to_owned())).collect();
    assert_eq!(described, listed);
}
