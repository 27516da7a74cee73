//! The reference page of the schema is the one the code makes.

use std::path::Path;

#[test]
fn the_page_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/graph-schema.md");
    let page = cg_graph_store::document();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/graph-schema.md is out of date; run the tests once with UPDATE_DOCS=1"
    );
}
