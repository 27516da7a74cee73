//! The search for evidence: names in the question, full text, meaning, and the call graph around
//! what was found; the ranked lists are joined by reciprocal rank.

use cg_graph_store::{
    CallQuery, Confidence, GraphRequest, GraphResponse, Hit, Place, SearchMode, SearchQuery,
};
use cg_llm_client::Model;
use futures_util::future::join_all;

use crate::error::AskError;
use crate::event::NoteCode;
use crate::fuse::{self, Found, Joined, Ranked};
use crate::names::{self, Name};
use crate::ports::{ChatModel, GraphAsk};
use crate::{embed, language};

/// Hits taken from each search.
const HITS: u32 = 20;
/// Places taken for one name.
const PLACES: u32 = 5;
/// Methods whose neighbours are looked up.
const SEEDS: usize = 3;
/// Neighbours of one method.
const NEIGHBOURS: u32 = 8;
/// Questions that ask for callers or callees; the beginnings of words, in lower case.
const ABOUT_CALLS: &[&str] = &["call", "invoke", "use", "вызыва", "вызов", "вызван", "использ"];

/// How much a place in a test counts, where the question is not about tests.
const TESTS: f64 = 0.6;

/// What was found, and what the reader should know about the search.
pub(crate) struct Retrieved {
    pub(crate) joined: Vec<Joined>,
    pub(crate) notes: Vec<(NoteCode, String)>,
}

/// Collects failures: one search that fails does not stop the others.
#[derive(Default)]
struct Attempts {
    done: usize,
    failed: Vec<String>,
}

impl Attempts {
    fn take<T>(&mut self, what: &str, result: Result<T, String>) -> Option<T> {
        self.done += 1;
        result
            .map_err(|error| {
                tracing::warn!("search by {what} failed: {error}");
                self.failed.push(format!("search by {what} failed: {error}"));
            })
            .ok()
    }
}

/// Searches a snapshot for what a question is about.
pub(crate) async fn search<G: GraphAsk, M: ChatModel>(
    graph: &G,
    embedding: Option<(&M, &Model)>,
    question: &str,
) -> Result<Retrieved, AskError> {
    let mut attempts = Attempts::default();
    let mut notes = Vec::new();
    let mut lists = Vec::new();
    let names = names::of(question);
    by_names(graph, &names, &mut attempts, &mut lists).await;
    let text = search_query(question, SearchMode::Text, None);
    if let Some(hits) = attempts.take("text", hits(graph, text).await) {
        lists.push(Ranked { source: "text", weight: 1.0, places: found(hits) });
    }
    match by_meaning(graph, embedding, question).await {
        Ok(places) => lists.push(Ranked { source: "meaning", weight: 1.0, places }),
        Err(note) => notes.push(note),
    }
    by_calls(graph, question, &mut attempts, &mut lists).await;
    if attempts.failed.len() == attempts.done {
        return Err(AskError::Graph(attempts.failed.join("; ")));
    }
    notes.extend(attempts.failed.into_iter().map(|text| (NoteCode::SearchFailed, text)));
    let mut joined = fuse::join(&lists);
    let asks_for_tests = question.to_lowercase().contains("test") || question.contains("тест");
    if !asks_for_tests {
        fuse::scale(&mut joined, TESTS, |place| is_test(&place.path));
    }
    Ok(Retrieved { joined, notes })
}

/// Whether a path is that of a test, by the customs of the languages.
fn is_test(path: &str) -> bool {
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = file.split('.').next().unwrap_or(file);
    let is_folder = |name: &str| matches!(name, "test" | "tests" | "testing" | "__tests__");
    folders.split('/').any(is_folder)
        || matches!(stem, "test" | "tests")
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem.ends_with("_tests")
        || file.contains(".test.")
        || file.contains(".spec.")
}

async fn by_names<G: GraphAsk>(
    graph: &G,
    names: &[Name],
    attempts: &mut Attempts,
    lists: &mut Vec<Ranked>,
) {
    let answers = join_all(names.iter().map(|name| async move {
        if name.is_code {
            let request = GraphRequest::Definition { name: name.text.clone(), limit: PLACES };
            places(graph, request).await
        } else {
            let query = search_query(&name.text, SearchMode::Name, None);
            let query = SearchQuery { limit: PLACES, ..query };
            hits(graph, query).await.map(|hits| hits.into_iter().map(|hit| hit.place).collect())
        }
    }))
    .await;
    for (name, answer) in names.iter().zip(answers) {
        let Some(places) = attempts.take("names", answer) else { continue };
        let weight = if name.is_code { 2.0 } else { 0.5 };
        let places = places.into_iter().map(|place| Found { place, chunk: None }).collect();
        lists.push(Ranked { source: "names", weight, places });
    }
}

/// Places by meaning, or a note why this search did not take part.
async fn by_meaning<G: GraphAsk, M: ChatModel>(
    graph: &G,
    embedding: Option<(&M, &Model)>,
    question: &str,
) -> Result<Vec<Found>, (NoteCode, String)> {
    let off = |text: String| (NoteCode::MeaningSearchOff, text);
    let Some((client, model)) = embedding else {
        return Err(
            off("there is no embedding model: names, words and calls were searched".into()),
        );
    };
    let spoken = language::of(question);
    if !language::fits(model, spoken) {
        return Err(off(format!(
            "the embedding model {} does not read this language ({spoken}): names, words and calls \
             were searched; a multilingual model would add the search by meaning",
            model.id
        )));
    }
    let texts = [embed::question_text(question)];
    let vector = client.embed(&model.id, &texts).await.map_err(|error| {
        tracing::warn!("the question has no vector: {error}");
        off(format!("the embedding model failed: {error}"))
    })?;
    let query = search_query(question, SearchMode::Vector, vector.into_iter().next());
    // Vectors come after the graph, so a fresh snapshot may have none yet.
    hits(graph, query)
        .await
        .map(found)
        .map_err(|error| off(format!("no search by meaning: {error}")))
}

/// Callers and callees of the best methods so far.
async fn by_calls<G: GraphAsk>(
    graph: &G,
    question: &str,
    attempts: &mut Attempts,
    lists: &mut Vec<Ranked>,
) {
    let lower = question.to_lowercase();
    let asked =
        lower.split_whitespace().any(|w| ABOUT_CALLS.iter().any(|begin| w.starts_with(begin)));
    // Below the searches that found the method itself: first what is called, then who calls it.
    let weight = if asked { 0.8 } else { 0.3 };
    let seeds: Vec<String> = fuse::join(lists)
        .into_iter()
        .map(|joined| joined.found.place)
        .filter(|place| place.label == "METHOD" && !place.id.is_empty())
        .map(|place| place.id)
        .take(SEEDS)
        .collect();
    for seed in seeds {
        let query =
            CallQuery { name: seed, depth: 1, confidence: Confidence::Likely, limit: NEIGHBOURS };
        let callers = calls(graph, GraphRequest::Callers(query.clone())).await;
        if let Some(places) = attempts.take("callers", callers) {
            lists.push(Ranked { source: "callers", weight, places });
        }
        let callees = calls(graph, GraphRequest::Callees(query)).await;
        if let Some(places) = attempts.take("callees", callees) {
            lists.push(Ranked { source: "callees", weight: weight * 0.75, places });
        }
    }
}

fn search_query(text: &str, mode: SearchMode, vector: Option<Vec<f32>>) -> SearchQuery {
    SearchQuery { text: text.to_owned(), mode, vector, limit: HITS }
}

fn found(hits: Vec<Hit>) -> Vec<Found> {
    hits.into_iter()
        .map(|hit| Found { place: hit.place, chunk: Some(hit.id).filter(|id| !id.is_empty()) })
        .collect()
}

async fn hits<G: GraphAsk>(graph: &G, query: SearchQuery) -> Result<Vec<Hit>, String> {
    match graph.ask(GraphRequest::Search(query)).await? {
        GraphResponse::Hits { hits } => Ok(hits),
        _ => Err("the snapshot gave another kind of answer".to_owned()),
    }
}

async fn places<G: GraphAsk>(graph: &G, request: GraphRequest) -> Result<Vec<Place>, String> {
    match graph.ask(request).await? {
        GraphResponse::Places { places } => Ok(places),
        _ => Err("the snapshot gave another kind of answer".to_owned()),
    }
}

async fn calls<G: GraphAsk>(graph: &G, request: GraphRequest) -> Result<Vec<Found>, String> {
    match graph.ask(request).await? {
        GraphResponse::Calls { calls } => {
            Ok(calls.into_iter().map(|step| Found { place: step.method, chunk: None }).collect())
        }
        _ => Err("the snapshot gave another kind of answer".to_owned()),
    }
}
