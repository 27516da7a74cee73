//! Pieces of code that fit a budget: long ones are shown up to a limit, and the range of lines
//! says so.

use cg_graph_store::{Chunk, GraphRequest, GraphResponse};

use crate::budget;
use crate::event::Evidence;
use crate::fuse::Joined;
use crate::ports::GraphAsk;

/// Most lines of one piece.
const MAX_LINES: u32 = 40;
/// Pieces that find room, where so many are wanted.
const PIECES: usize = 5;
/// Tokens that a piece may always have.
const PIECE_TOKENS: u32 = 150;
/// Longest line shown, in bytes; generated code has lines of megabytes.
const MAX_LINE_BYTES: usize = 400;

/// Fetches the texts of the best places, until `count` or the token budget is reached.
pub(crate) async fn collect<G: GraphAsk>(
    graph: &G,
    joined: Vec<Joined>,
    count: usize,
    token_budget: u32,
) -> Vec<Evidence> {
    let mut items: Vec<Evidence> = Vec::new();
    let mut left = token_budget;
    // Several places tell more than one long one.
    let piece =
        (token_budget / u32::try_from(count.clamp(1, PIECES)).unwrap_or(1)).max(PIECE_TOKENS);
    for candidate in joined {
        if items.len() >= count || left < 20 {
            break;
        }
        let Some((text, line, line_end)) = text_of(graph, &candidate).await else { continue };
        let place = &candidate.found.place;
        let overlaps = items
            .iter()
            .any(|item| item.path == place.path && item.line <= line_end && line <= item.line_end);
        if overlaps || text.trim().is_empty() {
            continue;
        }
        let Some((text, line_end)) = cut(&text, line, line_end, left.min(piece)) else { continue };
        left = left.saturating_sub(cost(&text, &place.path));
        items.push(Evidence {
            number: u32::try_from(items.len() + 1).unwrap_or(u32::MAX),
            path: place.path.clone(),
            line,
            line_end,
            name: if place.full_name.is_empty() {
                place.name.clone()
            } else {
                place.full_name.clone()
            },
            text,
            found_by: candidate.found_by.iter().map(|s| (*s).to_owned()).collect(),
            score: candidate.score,
        });
    }
    items
}

/// Tokens of a piece in the prompt, its headline included.
fn cost(text: &str, path: &str) -> u32 {
    budget::tokens(text) + budget::tokens(path) + 16
}

/// The lines of a place as the repository has them.
async fn text_of<G: GraphAsk>(graph: &G, candidate: &Joined) -> Option<(String, u32, u32)> {
    let place = &candidate.found.place;
    let last = place.line_end.max(place.line).min(place.line.saturating_add(MAX_LINES - 1));
    let request = GraphRequest::Lines { path: place.path.clone(), start: place.line, end: last };
    match graph.ask(request).await {
        Ok(GraphResponse::Lines { text, end }) => return Some((text, place.line, end)),
        Ok(_) => {}
        Err(error) => tracing::debug!("no lines of {}: {error}", place.path),
    }
    let request = GraphRequest::Chunks { ids: vec![candidate.found.chunk.clone()?] };
    match graph.ask(request).await {
        Ok(GraphResponse::Chunks { chunks }) => {
            let Chunk { place, text, .. } = chunks.into_iter().next()?;
            Some((text, place.line, place.line_end))
        }
        _ => None,
    }
}

/// The first whole lines that fit; the number of the last one.
pub(crate) fn cut(text: &str, line: u32, line_end: u32, tokens: u32) -> Option<(String, u32)> {
    let mut kept: Vec<&str> = Vec::new();
    let mut used = 16;
    for full in text.split('\n').take(MAX_LINES as usize) {
        used += budget::tokens(full);
        if full.len() > MAX_LINE_BYTES || used > tokens {
            break;
        }
        kept.push(full);
    }
    let last = line.checked_add(u32::try_from(kept.len()).ok()?)?.checked_sub(1)?;
    (!kept.is_empty()).then(|| (kept.join("\n"), last.min(line_end.max(line))))
}
