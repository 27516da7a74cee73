//! Vectors of a snapshot's chunks: fetched page by page, computed in batches, handed on by hash.
//! Equal texts are computed once.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use cg_graph_store::{Chunk, GraphRequest, GraphResponse};
use tokio::sync::mpsc;

use crate::error::AskError;
use crate::ports::{ChatModel, GraphAsk};

/// Chunks fetched at a time.
const PAGE: u32 = 512;
/// Texts computed at a time.
const BATCH: usize = 64;
/// Bytes of code in an embedded text; about 128 tokens with the name.
const CODE_BYTES: usize = 380;
/// Bytes of a question that are embedded.
const QUESTION_BYTES: usize = 1_000;

/// When to stop before the end.
#[derive(Clone, Copy, Debug)]
pub struct EmbedLimits {
    /// Time for the whole snapshot; the rest stays without vectors.
    pub time: Duration,
}

/// How far it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EmbedProgress {
    /// Chunks looked at.
    pub chunks: u64,
    /// Chunks of the snapshot, as far as the caller said.
    pub total: u64,
}

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EmbedReport {
    /// Chunks looked at.
    pub chunks: u64,
    /// Vectors computed; chunks with equal texts share one.
    pub vectors: u64,
    /// Seconds it took.
    pub seconds: f64,
    /// Whether every chunk was looked at.
    pub complete: bool,
}

/// Embeds the chunks of a snapshot that have no vector yet and sends `(hash, vector)` rows.
/// `total` is for the progress only. Dropping the receiver of `rows` stops it.
///
/// # Errors
/// When the snapshot or the embedding model fails; what was sent before stays valid.
pub async fn embed_chunks<G: GraphAsk, M: ChatModel>(
    graph: &G,
    (model, model_id): (&M, &str),
    limits: EmbedLimits,
    total: u64,
    rows: &mpsc::Sender<(String, Vec<f32>)>,
    progress: &(dyn Fn(EmbedProgress) + Send + Sync),
) -> Result<EmbedReport, AskError> {
    let began = Instant::now();
    let mut report = EmbedReport::default();
    let mut seen: HashSet<String> = HashSet::new();
    let mut after = None;
    loop {
        let page = page(graph, after.take()).await?;
        let Some(last) = page.last() else {
            report.complete = true;
            break;
        };
        after = Some(last.id.clone());
        let fresh: Vec<&Chunk> = page.iter().filter(|c| seen.insert(c.hash.clone())).collect();
        for batch in fresh.chunks(BATCH) {
            let texts: Vec<String> = batch.iter().map(|chunk| embedding_text(chunk)).collect();
            let vectors = model.embed(model_id, &texts).await?;
            for (chunk, vector) in batch.iter().zip(vectors) {
                let row = (chunk.hash.clone(), vector);
                rows.send(row).await.map_err(|_| AskError::Sink("the writer has ended".into()))?;
                report.vectors += 1;
            }
            if began.elapsed() > limits.time {
                break;
            }
        }
        report.chunks += page.len() as u64;
        progress(EmbedProgress { chunks: report.chunks, total });
        if began.elapsed() > limits.time {
            break;
        }
    }
    report.seconds = began.elapsed().as_secs_f64();
    Ok(report)
}

async fn page<G: GraphAsk>(graph: &G, after: Option<String>) -> Result<Vec<Chunk>, AskError> {
    match graph.ask(GraphRequest::ChunksAfter { after, limit: PAGE }).await {
        Ok(GraphResponse::Chunks { chunks }) => Ok(chunks),
        Ok(_) => Err(AskError::Graph("it gave another kind of answer than chunks".to_owned())),
        Err(error) => Err(AskError::Graph(error)),
    }
}

/// What of a chunk is embedded: its name in words, then its beginning (comment, signature, first
/// lines). The model reads little, and the beginning says most.
pub fn embedding_text(chunk: &Chunk) -> String {
    let name = match chunk.place.full_name.is_empty() {
        true => &chunk.place.name,
        false => &chunk.place.full_name,
    };
    let mut text = words(name);
    text.push('\n');
    text.push_str(beginning(&chunk.text, CODE_BYTES));
    text
}

/// What of a question is embedded.
pub(crate) fn question_text(question: &str) -> String {
    beginning(question, QUESTION_BYTES).to_owned()
}

/// `parseHTTPHeader_v2` becomes `parse HTTP Header v2`: the model's words are ordinary ones.
fn words(name: &str) -> String {
    let mut words = String::new();
    let mut before = ' ';
    for letter in name.chars().take(200) {
        if !letter.is_alphanumeric() {
            if before != ' ' {
                words.push(' ');
            }
            before = ' ';
            continue;
        }
        if letter.is_uppercase() && before.is_lowercase() {
            words.push(' ');
        }
        words.push(letter);
        before = letter;
    }
    words.trim_end().to_owned()
}

/// At most so many bytes, ending with a whole character.
fn beginning(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
