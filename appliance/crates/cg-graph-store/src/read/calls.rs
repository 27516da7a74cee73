//! Walks over call edges.

use rustc_hash::{FxHashMap, FxHashSet};

use super::open::Reader;
use super::places::place;
use super::sql;
use super::text::list;
use crate::error::GraphError;
use crate::request::{CallQuery, CallStep, Confidence, GraphResponse, Place};

/// Most methods of one answer.
const METHODS: u32 = 10_000;
/// Most steps of a walk.
const DEPTH: u32 = 32;
/// Most edges looked at in one step.
const EDGES: u32 = 200_000;
/// Most methods that a name may mean.
const STARTS: u32 = 1_000;

/// Direction of a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Callers,
    Callees,
}

/// An edge that leads to a method not seen before.
struct Found {
    method: i64,
    depth: u32,
    path: String,
    line: u32,
    tier: u8,
    technique: String,
    confidence: u8,
}

impl Reader {
    /// Methods within `depth` steps of a method, nearest first.
    pub(super) fn calls(
        &self,
        query: &CallQuery,
        direction: Direction,
    ) -> Result<GraphResponse, GraphError> {
        let limit = query.limit.min(METHODS) as usize;
        let mut frontier = self.methods_named(&query.name)?;
        // A method that calls itself is its own caller, so the start does not count as seen.
        let mut seen = FxHashSet::default();
        let mut found = Vec::new();
        for depth in 1..=query.depth.clamp(1, DEPTH) {
            let edges = self.edges(&frontier, query.confidence, direction)?;
            frontier.clear();
            for edge in edges {
                if found.len() < limit && seen.insert(edge.method) {
                    frontier.push(edge.method);
                    found.push(Found { depth, ..edge });
                }
            }
            if frontier.is_empty() || found.len() >= limit {
                break;
            }
        }
        let ids: Vec<i64> = found.iter().map(|step| step.method).collect();
        let mut methods = self.methods(&ids)?;
        let steps = found
            .into_iter()
            .filter_map(|step| Some(call_step(methods.remove(&step.method)?, step)));
        Ok(GraphResponse::Calls { calls: steps.collect() })
    }

    /// The methods that a name or a node id means.
    fn methods_named(&self, name: &str) -> Result<Vec<i64>, GraphError> {
        if let Ok(id) = name.parse::<i64>() {
            return Ok(vec![id]);
        }
        let text = sql::METHODS_BY_NAME.replace("{limit}", &STARTS.to_string());
        let mut statement = self.graph.prepare(&text).map_err(|error| self.explain(&error))?;
        let ids: Result<Vec<i64>, _> =
            statement.query_map([name], |row| row.get(0)).and_then(Iterator::collect);
        let ids = ids.map_err(|error| self.explain(&error))?;
        if ids.is_empty() {
            return Err(GraphError::Missing(format!("no method {name:?} in this snapshot")));
        }
        Ok(ids)
    }

    fn edges(
        &self,
        of: &[i64],
        least: Confidence,
        direction: Direction,
    ) -> Result<Vec<Found>, GraphError> {
        let text = match direction {
            Direction::Callers => sql::CALLERS,
            Direction::Callees => sql::CALLEES,
        };
        let text = text
            .replace("{ids}", &list(of))
            .replace("{confidence}", &(least as u8).to_string())
            .replace("{limit}", &EDGES.to_string());
        let mut statement = self.graph.prepare(&text).map_err(|error| self.explain(&error))?;
        let rows = statement
            .query_map([], |row| {
                Ok(Found {
                    method: row.get(0)?,
                    depth: 0,
                    path: row.get(1)?,
                    line: row.get(2)?,
                    tier: row.get(3)?,
                    technique: row.get(4)?,
                    confidence: row.get(5)?,
                })
            })
            .and_then(Iterator::collect);
        rows.map_err(|error| self.explain(&error))
    }

    fn methods(&self, ids: &[i64]) -> Result<FxHashMap<i64, Place>, GraphError> {
        let text = sql::METHODS_BY_ID.replace("{ids}", &list(ids));
        let mut statement = self.graph.prepare(&text).map_err(|error| self.explain(&error))?;
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, place(row)?)))
            .and_then(Iterator::collect);
        rows.map_err(|error| self.explain(&error))
    }
}

fn call_step(method: Place, step: Found) -> CallStep {
    CallStep {
        method,
        depth: step.depth,
        call_path: step.path,
        call_line: step.line,
        tier: format!("T{}", step.tier),
        technique: step.technique,
        confidence: match step.confidence {
            0 => Confidence::Possible,
            1 => Confidence::Likely,
            _ => Confidence::Proven,
        },
    }
}
