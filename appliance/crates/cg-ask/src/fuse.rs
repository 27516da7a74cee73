//! Several ranked lists become one: reciprocal rank fusion. Pure.

use std::collections::{HashMap, HashSet};

use cg_graph_store::Place;

/// The usual constant: how little the first places of a list count above the next ones.
const K: f64 = 60.0;

/// A ranked list of one search.
pub(crate) struct Ranked {
    /// Name of the search.
    pub(crate) source: &'static str,
    /// How much it counts.
    pub(crate) weight: f64,
    /// Best first.
    pub(crate) places: Vec<Found>,
}

/// A place that a search found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    pub(crate) place: Place,
    /// Its chunk, if the search knows it.
    pub(crate) chunk: Option<String>,
}

/// A place with its joined rank.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Joined {
    pub(crate) found: Found,
    pub(crate) score: f64,
    pub(crate) found_by: Vec<&'static str>,
}

/// Joins lists; best first, ties by path and line, so that the same lists give the same order.
pub(crate) fn join(lists: &[Ranked]) -> Vec<Joined> {
    let mut joined: HashMap<(String, u32), Joined> = HashMap::new();
    for list in lists {
        let mut seen = HashSet::new();
        for (rank, found) in list.places.iter().enumerate() {
            // Outside of the repository there is nothing to show.
            if found.place.path.is_empty() || found.place.line == 0 {
                continue;
            }
            let gain = list.weight / (K + rank as f64 + 1.0);
            let key = (found.place.path.clone(), found.place.line);
            // Once a list; but a place that several lists of one search name is a better one: a
            // name that has two words of the question, the callee of two methods found.
            if !seen.insert(key.clone()) {
                continue;
            }
            let entry = joined.entry(key).or_insert_with(|| Joined {
                found: found.clone(),
                score: 0.0,
                found_by: Vec::new(),
            });
            entry.score += gain;
            if !entry.found_by.contains(&list.source) {
                entry.found_by.push(list.source);
            }
            if entry.found.chunk.is_none() {
                entry.found.chunk.clone_from(&found.chunk);
            }
        }
    }
    let mut joined: Vec<Joined> = joined.into_values().collect();
    sort(&mut joined);
    joined
}

/// Multiplies the score of the places that `matches` names by `factor`, and sorts anew.
pub(crate) fn scale(joined: &mut [Joined], factor: f64, matches: impl Fn(&Place) -> bool) {
    for one in joined.iter_mut().filter(|one| matches(&one.found.place)) {
        one.score *= factor;
    }
    sort(joined);
}

fn sort(joined: &mut [Joined]) {
    joined.sort_by(|a, b| {
        let place = |j: &Joined| (j.found.place.path.clone(), j.found.place.line);
        b.score.total_cmp(&a.score).then_with(|| place(a).cmp(&place(b)))
    });
}
