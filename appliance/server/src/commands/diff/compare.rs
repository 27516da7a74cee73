//! Compares two snapshots by paths and full names, never by node ids, which differ between snapshots.

use std::collections::{BTreeMap, BTreeSet};

use cg_graph_store::{GraphRequest, GraphResponse, Limits};
use serde::Serialize;

use crate::commands::graph::{Asked, unexpected};
use crate::exit;

/// What of one kind differs.
#[derive(Serialize)]
pub(super) struct Changes {
    pub(super) what: &'static str,
    pub(super) added: Vec<Item>,
    pub(super) removed: Vec<Item>,
    /// Methods with another text or signature, types with other bases or members, calls that are made more or
    /// less often.
    pub(super) changed: Vec<Item>,
}

/// A method, a type, an import, or the calls of one method to another.
#[derive(Serialize)]
pub(super) struct Item {
    pub(super) path: String,
    /// Full name; of a call the caller's, of an import what is imported.
    pub(super) full_name: String,
    /// Of a call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) callee: Option<String>,
}

impl Item {
    /// In one line.
    pub(super) fn name(&self) -> String {
        match &self.callee {
            Some(callee) => format!("{} → {callee}", self.full_name),
            None => self.full_name.clone(),
        }
    }
}

/// Each kind with a statement that gives `path`, `key` (unique within the path) and `value`. A key of two
/// parts has the separator U+001F between them.
const KINDS: [(&str, &str); 4] = [
    (
        "methods",
        "SELECT n.filename AS path, n.full_name AS key, \
                string_agg(n.signature || ' ' || md5(n.code), ';' ORDER BY n.line_number) AS value \
         FROM nodes_method n JOIN method m ON m.id = n.id \
         WHERE NOT n.is_external AND (m.modifiers & $SKIPPED) = 0 GROUP BY ALL",
    ),
    (
        "types",
        "SELECT t.filename AS path, t.full_name AS key, \
                string_agg(coalesce(b.bases, '') || ' ' || coalesce(m.members, ''), ';' ORDER BY t.line_number) AS value \
         FROM nodes_type_decl t \
         LEFT JOIN (SELECT src, string_agg(base_name, ',' ORDER BY base_name) AS bases \
                    FROM edges_inherits_from GROUP BY src) b ON b.src = t.id \
         LEFT JOIN (SELECT parent_id, string_agg(name || ' ' || type_full_name, ',' ORDER BY order_) AS members \
                    FROM nodes_member GROUP BY parent_id) m ON m.parent_id = t.id \
         WHERE t.filename <> '' GROUP BY ALL",
    ),
    (
        "imports",
        "SELECT filename AS path, imported_entity AS key, count(*)::VARCHAR AS value FROM nodes_import GROUP BY ALL",
    ),
    (
        "calls",
        "SELECT c.filename AS path, m.full_name || chr(31) || d.full_name AS key, count(*)::VARCHAR AS value \
         FROM edges_call e JOIN nodes_call c ON c.id = e.src JOIN nodes_method m ON m.id = c.method_id \
         JOIN nodes_method d ON d.id = e.dst \
         WHERE e.confidence <> 'possible' AND NOT d.is_external GROUP BY ALL",
    ),
];
/// Paths asked for at once.
const PATHS: usize = 500;
/// Bounds of one statement. What is asked is ours, so they are wide.
const LIMITS: Limits = Limits { rows: 20_000_000, bytes: 2 << 30, time_ms: 600_000 };

/// What differs, kind by kind. First each side tells a sum for each path, then only the paths whose sums
/// differ are read.
pub(super) async fn compare(before: &Asked, after: &Asked) -> anyhow::Result<Vec<Changes>> {
    let skipped = cg_types::Modifiers::DECLARATION.0 | cg_types::Modifiers::MODULE.0;
    let mut all = Vec::new();
    for (what, statement) in KINDS {
        let statement = statement.replace("$SKIPPED", &skipped.to_string());
        let sums = format!(
            "SELECT path, sum(hash(key, value)::HUGEINT)::VARCHAR, count(*)::VARCHAR FROM ({statement}) GROUP BY path"
        );
        let old = rows(before, &sums).await?;
        let new = rows(after, &sums).await?;
        let (old, new): (BTreeSet<_>, BTreeSet<_>) =
            (old.into_iter().collect(), new.into_iter().collect());
        let paths: BTreeSet<&str> =
            old.symmetric_difference(&new).map(|row| row[0].as_str()).collect();
        let paths: Vec<&str> = paths.into_iter().collect();
        let mut changes = Changes { what, added: vec![], removed: vec![], changed: vec![] };
        for part in paths.chunks(PATHS) {
            let list: Vec<String> =
                part.iter().map(|path| format!("'{}'", path.replace('\'', "''"))).collect();
            let detail = format!(
                "SELECT path, key, value FROM ({statement}) WHERE path IN ({})",
                list.join(", ")
            );
            changes.add(keyed(rows(before, &detail).await?), keyed(rows(after, &detail).await?));
        }
        all.push(changes);
    }
    Ok(all)
}

/// Values by path and key.
type Keyed = BTreeMap<(String, String), String>;

fn keyed(rows: Vec<[String; 3]>) -> Keyed {
    rows.into_iter().map(|[path, key, value]| ((path, key), value)).collect()
}

impl Changes {
    fn add(&mut self, before: Keyed, mut after: Keyed) {
        for (key, value) in before {
            match after.remove(&key) {
                None => self.removed.push(item(key)),
                Some(new) if new != value => self.changed.push(item(key)),
                Some(_) => {}
            }
        }
        self.added.extend(after.into_keys().map(item));
    }
}

fn item((path, key): (String, String)) -> Item {
    match key.split_once('\u{1f}') {
        Some((caller, callee)) => {
            Item { path, full_name: caller.to_owned(), callee: Some(callee.to_owned()) }
        }
        None => Item { path, full_name: key, callee: None },
    }
}

/// Rows of three texts.
async fn rows(asked: &Asked, text: &str) -> anyhow::Result<Vec<[String; 3]>> {
    let request = GraphRequest::Query { text: text.to_owned(), limits: LIMITS };
    let table = match asked.ask(request).await? {
        GraphResponse::Table(table) => table,
        other => return Err(unexpected(&other)),
    };
    if table.truncated {
        return Err(exit::user("the snapshots differ in more than can be compared at once"));
    }
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    Ok(table
        .rows
        .iter()
        .map(|row| std::array::from_fn(|at| row.get(at).map(text).unwrap_or_default()))
        .collect())
}
