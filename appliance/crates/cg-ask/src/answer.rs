//! From a question to an answer with checked citations, event by event.

use std::collections::BTreeSet;

use cg_llm_client::{ChatEvent, ChatRequest, FinishReason, LlmError, Model, ModelKind};
use tokio::sync::mpsc;

use crate::citations::CitationFilter;
use crate::error::AskError;
use crate::event::{AnswerKind, AskEvent, Evidence, NoteCode, Origin};
use crate::ports::{ChatModel, GraphAsk};
use crate::verify::Source;
use crate::{budget, evidence, prompt, retrieve, verify};

/// Longest question, in bytes.
const MAX_QUESTION_BYTES: usize = 16 << 10;
/// Context assumed where a server does not say.
const UNKNOWN_CONTEXT: u32 = 4_096;
/// Attempts with less and less evidence when the server says that it is too much.
const MAX_ATTEMPTS: usize = 4;

/// A question and its limits.
#[derive(Clone, Debug)]
pub struct AskRequest {
    /// The question, in any language.
    pub question: String,
    /// Name of the project; for citations.
    pub project: String,
    /// Id of the snapshot; for citations.
    pub snapshot: String,
    /// Most pieces of evidence.
    pub evidence: usize,
    /// Most tokens of evidence.
    pub evidence_tokens: u32,
    /// Most tokens of the answer.
    pub answer_tokens: u32,
}

impl AskRequest {
    /// A question with the usual limits.
    pub fn new(question: impl Into<String>, project: &str, snapshot: &str) -> Self {
        Self {
            question: question.into(),
            project: project.to_owned(),
            snapshot: snapshot.to_owned(),
            evidence: 8,
            evidence_tokens: 1_800,
            answer_tokens: 300,
        }
    }
}

/// Sends the events of an answer. Without a model, or when it fails, the evidence is the answer.
/// Dropping the receiver cancels the work, the model's included.
///
/// # Errors
/// When the question is not acceptable, the snapshot cannot be asked, or the receiver has gone.
pub async fn answer<G: GraphAsk, M: ChatModel>(
    graph: &G,
    model: Option<&M>,
    request: &AskRequest,
    out: &mpsc::Sender<AskEvent>,
) -> Result<(), AskError> {
    let question = request.question.trim();
    if question.is_empty() || question.len() > MAX_QUESTION_BYTES {
        let why = format!("a question has 1 to {MAX_QUESTION_BYTES} bytes");
        return Err(AskError::Question(why));
    }
    let out = Out(out);
    let models = Models::ask(model).await;
    let embedding = model.zip(models.embedding.as_ref());
    let found = retrieve::search(graph, embedding, question).await?;
    let wanted = request.evidence_tokens;
    let tokens = match &models.chat {
        Some(chat) => {
            let context = chat.context_tokens.unwrap_or(UNKNOWN_CONTEXT);
            budget::for_evidence(context, request.answer_tokens, question, wanted)
        }
        None => wanted,
    };
    let items = evidence::collect(graph, found.joined, request.evidence, tokens).await;
    out.send(AskEvent::Evidence { evidence: items.clone() }).await?;
    for (code, text) in found.notes {
        out.note(code, text).await?;
    }
    let told = match (model, models.chat, items.is_empty()) {
        (_, _, true) => {
            out.note(NoteCode::NoEvidence, "nothing in the snapshot matches the question").await?;
            Told::nothing(0)
        }
        (Some(client), Some(chat), false) => tell(client, &chat, request, &items, &out).await?,
        _ => {
            out.note(NoteCode::NoModel, models.why).await?;
            Told::nothing(items.len())
        }
    };
    finish(graph, request, &items[..told.given], told, &out).await
}

/// What the model said.
struct Told {
    /// Pieces of evidence that it was given, from the first.
    given: usize,
    cited: BTreeSet<u32>,
    removed: usize,
    kind: AnswerKind,
}

impl Told {
    fn nothing(given: usize) -> Self {
        Self { given, cited: BTreeSet::new(), removed: 0, kind: AnswerKind::EvidenceOnly }
    }
}

/// Looks the sources up and says the last words.
async fn finish<G: GraphAsk>(
    graph: &G,
    request: &AskRequest,
    given: &[Evidence],
    told: Told,
    out: &Out<'_>,
) -> Result<(), AskError> {
    let source = Source { project: &request.project, snapshot: &request.snapshot };
    let (items, lost) = verify::citations(graph, &source, given, &told.cited).await;
    let by_model = items.iter().filter(|item| item.origin == Origin::Model).count();
    out.send(AskEvent::Citations { citations: items }).await?;
    if told.removed + lost > 0 {
        let text = format!("{} citations do not resolve and were removed", told.removed + lost);
        out.note(NoteCode::CitationsRemoved, text).await?;
    }
    if told.kind != AnswerKind::EvidenceOnly && by_model == 0 {
        let text = "the model cited no source; what it was given is listed as evidence";
        out.note(NoteCode::NoCitation, text).await?;
    }
    out.send(AskEvent::Done { answer: told.kind }).await
}

/// Lets the model answer. Its failures end in notes, not in errors.
async fn tell<M: ChatModel>(
    client: &M,
    chat: &Model,
    request: &AskRequest,
    items: &[Evidence],
    out: &Out<'_>,
) -> Result<Told, AskError> {
    let (mut answer, given) = match begin(client, chat, request, items).await {
        Ok(begun) => begun,
        Err(error) => {
            out.note(NoteCode::ModelFailed, error.to_string()).await?;
            return Ok(Told::nothing(items.len()));
        }
    };
    if given < items.len() {
        let text =
            format!("the model's context holds {given} of {} pieces of evidence", items.len());
        out.note(NoteCode::EvidenceCut, text).await?;
    }
    let mut filter = CitationFilter::new(u32::try_from(given).unwrap_or(u32::MAX));
    let mut spoken = false;
    let kind = loop {
        match M::next(&mut answer).await {
            Ok(Some(ChatEvent::Delta(text))) => {
                spoken = true;
                out.delta(filter.push(&text)).await?;
            }
            Ok(Some(ChatEvent::Done { reason, usage })) => {
                out.delta(filter.finish()).await?;
                if let Some(usage) = usage {
                    let (prompt_tokens, completion_tokens) =
                        (usage.prompt_tokens, usage.completion_tokens);
                    let model = chat.id.clone();
                    out.send(AskEvent::Usage { model, prompt_tokens, completion_tokens }).await?;
                }
                if reason == FinishReason::Length {
                    let text = format!("the answer was cut at {} tokens", request.answer_tokens);
                    out.note(NoteCode::AnswerCut, text).await?;
                }
                break AnswerKind::Whole;
            }
            Ok(None) => break AnswerKind::Part,
            Err(error) => {
                out.delta(filter.finish()).await?;
                out.note(NoteCode::ModelFailed, error.to_string()).await?;
                break if spoken { AnswerKind::Part } else { AnswerKind::EvidenceOnly };
            }
        }
    };
    Ok(Told { given, cited: filter.cited().clone(), removed: filter.removed(), kind })
}

/// Starts the answer with as much evidence as the server takes.
async fn begin<M: ChatModel>(
    client: &M,
    chat: &Model,
    request: &AskRequest,
    items: &[Evidence],
) -> Result<(M::Answer, usize), LlmError> {
    let mut given = items.len();
    let mut attempt = 0;
    loop {
        attempt += 1;
        let chat_request = ChatRequest {
            model: chat.id.clone(),
            messages: prompt::messages(request.question.trim(), &items[..given]),
            max_tokens: request.answer_tokens,
            temperature: 0.0,
            stop: Vec::new(),
        };
        match client.chat(&chat_request).await {
            Ok(answer) => return Ok((answer, given)),
            Err(LlmError::TooLong(_)) if attempt < MAX_ATTEMPTS && given > 1 => given /= 2,
            Err(error) => return Err(error),
        }
    }
}

/// The models of the server, by what they are for.
struct Models {
    chat: Option<Model>,
    embedding: Option<Model>,
    why: String,
}

impl Models {
    async fn ask<M: ChatModel>(client: Option<&M>) -> Self {
        let none = |why: String| Self { chat: None, embedding: None, why };
        let Some(client) = client else {
            return none("there is no model: the evidence is the answer".to_owned());
        };
        let models = match client.models().await {
            Ok(models) => models,
            Err(error) => return none(format!("{error}: the evidence is the answer")),
        };
        let of = |kind| models.iter().find(|model| model.kind == kind).cloned();
        Self {
            // Other servers do not say what a model is for; the first one is taken.
            chat: of(ModelKind::Chat).or_else(|| of(ModelKind::Unknown)),
            embedding: of(ModelKind::Embedding),
            why: "the model server has no chat model: the evidence is the answer".to_owned(),
        }
    }
}

/// The way out; its end means that nobody listens.
struct Out<'a>(&'a mpsc::Sender<AskEvent>);

impl Out<'_> {
    async fn send(&self, event: AskEvent) -> Result<(), AskError> {
        self.0.send(event).await.map_err(|_| AskError::Gone)
    }

    async fn note(&self, code: NoteCode, text: impl Into<String>) -> Result<(), AskError> {
        self.send(AskEvent::Note { code, text: text.into() }).await
    }

    async fn delta(&self, text: String) -> Result<(), AskError> {
        if text.is_empty() { Ok(()) } else { self.send(AskEvent::Delta { text }).await }
    }
}
