//! Citations against the snapshot: a place counts only if its lines are there and read as they
//! were shown to the model.

use std::collections::BTreeSet;

use cg_graph_store::{GraphRequest, GraphResponse};

use crate::event::{Citation, Evidence, Origin};
use crate::ports::GraphAsk;

/// Which snapshot the evidence comes from.
pub(crate) struct Source<'a> {
    pub(crate) project: &'a str,
    pub(crate) snapshot: &'a str,
}

/// The sources that resolve, and how many do not.
pub(crate) async fn citations<G: GraphAsk>(
    graph: &G,
    source: &Source<'_>,
    evidence: &[Evidence],
    cited: &BTreeSet<u32>,
) -> (Vec<Citation>, usize) {
    let mut resolved = Vec::new();
    let mut lost = 0;
    for item in evidence {
        if !resolves(graph, item).await {
            lost += 1;
            continue;
        }
        let origin = match cited.contains(&item.number) {
            true => Origin::Model,
            false => Origin::Evidence,
        };
        resolved.push(Citation {
            number: item.number,
            origin,
            place: format!(
                "{}@{}:{}:{}-{}",
                source.project, source.snapshot, item.path, item.line, item.line_end
            ),
            path: item.path.clone(),
            line: item.line,
            line_end: item.line_end,
            name: item.name.clone(),
        });
    }
    (resolved, lost)
}

async fn resolves<G: GraphAsk>(graph: &G, item: &Evidence) -> bool {
    let request =
        GraphRequest::Lines { path: item.path.clone(), start: item.line, end: item.line_end };
    match graph.ask(request).await {
        Ok(GraphResponse::Lines { text, end }) => end == item.line_end && text == item.text,
        _ => false,
    }
}
