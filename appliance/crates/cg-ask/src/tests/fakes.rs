//! A snapshot of three methods, and a model that says what the test wants.

use std::collections::VecDeque;
use std::sync::Mutex;

use cg_graph_store::{
    CallStep, Chunk, Confidence, GraphRequest, GraphResponse, Hit, Place, SearchMode,
};
use cg_llm_client::{ChatEvent, ChatRequest, FinishReason, LlmError, Model, ModelKind, Usage};

use crate::{ChatModel, GraphAsk};

/// Lines of the repository: each method has four.
pub(super) const FILE: &str = "src/queue.c";
pub(super) const METHODS: [&str; 3] = ["queue_push", "queue_pop", "main_loop"];

pub(super) fn line_text(line: u32) -> String {
    format!("line {line}")
}

fn place(index: usize) -> Place {
    let line = u32::try_from(index).unwrap() * 10 + 1;
    Place {
        id: format!("{}", index + 100),
        label: "METHOD".to_owned(),
        name: METHODS[index].to_owned(),
        full_name: METHODS[index].to_owned(),
        path: FILE.to_owned(),
        line,
        line_end: line + 3,
        signature: String::new(),
    }
}

fn hit(index: usize) -> Hit {
    Hit { id: format!("c{index}"), place: place(index), score: 1.0, snippet: String::new() }
}

/// Answers from [`METHODS`]; `main_loop` calls `queue_push`. Knows what it was asked.
#[derive(Default)]
pub(super) struct FakeGraph {
    pub(super) asked: Mutex<Vec<String>>,
    /// Answers to `Lines` change after so many of them: a snapshot that is not what it was.
    pub(super) lines_change_after: Option<usize>,
    pub(super) fails: bool,
}

impl GraphAsk for FakeGraph {
    async fn ask(&self, request: GraphRequest) -> Result<GraphResponse, String> {
        let mut asked = self.asked.lock().unwrap();
        asked.push(serde_json::to_string(&request).unwrap());
        if self.fails {
            return Err("the worker ended".to_owned());
        }
        let lines_before = asked.iter().filter(|a| a.contains("\"lines\"")).count();
        Ok(match request {
            GraphRequest::Definition { name, .. } => GraphResponse::Places {
                places: METHODS.iter().position(|m| *m == name).map(place).into_iter().collect(),
            },
            GraphRequest::Search(query) => GraphResponse::Hits {
                hits: match query.mode {
                    SearchMode::Text => vec![hit(1), hit(0)],
                    SearchMode::Vector => vec![hit(2)],
                    SearchMode::Name | SearchMode::Regex => Vec::new(),
                },
            },
            GraphRequest::Callers(query) if query.name == "100" => GraphResponse::Calls {
                calls: vec![CallStep {
                    method: place(2),
                    depth: 1,
                    call_path: FILE.to_owned(),
                    call_line: 22,
                    tier: "T1".to_owned(),
                    technique: "name".to_owned(),
                    confidence: Confidence::Likely,
                }],
            },
            GraphRequest::Callers(_) | GraphRequest::Callees(_) => {
                GraphResponse::Calls { calls: Vec::new() }
            }
            GraphRequest::Lines { start, end, .. } => {
                let changed = self.lines_change_after.is_some_and(|n| lines_before > n);
                let text = |line| if changed { "other".to_owned() } else { line_text(line) };
                let lines: Vec<String> = (start..=end).map(text).collect();
                GraphResponse::Lines { text: lines.join("\n"), end }
            }
            GraphRequest::Chunks { .. } => GraphResponse::Chunks { chunks: Vec::<Chunk>::new() },
            other => return Err(format!("not expected: {other:?}")),
        })
    }
}

/// A model that answers with given pieces.
pub(super) struct FakeModel {
    pub(super) pieces: Vec<&'static str>,
    pub(super) breaks_off: bool,
    pub(super) languages: Vec<String>,
    /// Prompts with more pieces of evidence than this are too long.
    pub(super) takes: usize,
    pub(super) prompts: Mutex<Vec<String>>,
}

impl FakeModel {
    pub(super) fn saying(pieces: &[&'static str]) -> Self {
        Self {
            pieces: pieces.to_vec(),
            breaks_off: false,
            languages: vec!["en".to_owned()],
            takes: usize::MAX,
            prompts: Mutex::default(),
        }
    }
}

impl ChatModel for FakeModel {
    type Answer = VecDeque<Result<ChatEvent, LlmError>>;

    async fn models(&self) -> Result<Vec<Model>, LlmError> {
        let model = |id: &str, kind, languages: &[String]| Model {
            id: id.to_owned(),
            kind,
            context_tokens: Some(4096),
            dimensions: None,
            languages: languages.to_vec(),
        };
        let embedding = model("mini", ModelKind::Embedding, &self.languages);
        Ok(vec![embedding, model("chat", ModelKind::Chat, &[])])
    }

    async fn embed(&self, _: &str, texts: &[String]) -> Result<Vec<Vec<f32>>, LlmError> {
        Ok(texts.iter().map(|_| vec![1.0, 0.0]).collect())
    }

    async fn chat(&self, request: &ChatRequest) -> Result<Self::Answer, LlmError> {
        let prompt = request.messages[1].content.clone();
        let given = prompt.matches("```\nline").count();
        self.prompts.lock().unwrap().push(prompt);
        if given > self.takes {
            return Err(LlmError::TooLong("4096 tokens".to_owned()));
        }
        let mut answer: Self::Answer =
            self.pieces.iter().map(|p| Ok(ChatEvent::Delta((*p).to_owned()))).collect();
        answer.push_back(if self.breaks_off {
            Err(LlmError::BrokenOff("the connection was closed".to_owned()))
        } else {
            let usage = Usage { prompt_tokens: 50, completion_tokens: 9, cached_tokens: 0 };
            Ok(ChatEvent::Done { reason: FinishReason::Stop, usage: Some(usage) })
        });
        Ok(answer)
    }

    async fn next(answer: &mut Self::Answer) -> Result<Option<ChatEvent>, LlmError> {
        answer.pop_front().transpose()
    }
}
