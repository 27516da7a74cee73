//! What an answer consists of, in the order in which it is sent: evidence, deltas, citations,
//! usage, done; notes anywhere.

use serde::{Deserialize, Serialize};

/// A step of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum AskEvent {
    /// What was found; once, before the answer.
    Evidence {
        /// Numbered from 1.
        evidence: Vec<Evidence>,
    },
    /// More text of the answer. Citations that do not resolve are removed already.
    Delta {
        /// The text.
        text: String,
    },
    /// Where the answer comes from; once, after the answer.
    Citations {
        /// In the order of their numbers; every one was looked up in the snapshot.
        citations: Vec<Citation>,
    },
    /// Tokens of the model.
    Usage {
        /// The model.
        model: String,
        /// Tokens of the prompt.
        prompt_tokens: u32,
        /// Tokens of the answer.
        completion_tokens: u32,
    },
    /// Something the reader should know.
    Note {
        /// For programs.
        code: NoteCode,
        /// For people.
        text: String,
    },
    /// The end; always sent last.
    Done {
        /// How much of an answer there is.
        answer: AnswerKind,
    },
}

/// Reasons for a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteCode {
    /// There is no chat model: the evidence is the answer.
    NoModel,
    /// The model failed or broke off.
    ModelFailed,
    /// Search by meaning did not take part.
    MeaningSearchOff,
    /// A part of the search failed.
    SearchFailed,
    /// Nothing was found.
    NoEvidence,
    /// The model cited none of its sources.
    NoCitation,
    /// Citations were removed because they do not resolve.
    CitationsRemoved,
    /// Less evidence was given to the model than was found, because of its context.
    EvidenceCut,
    /// The answer ended at its limit.
    AnswerCut,
}

/// How much of an answer there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerKind {
    /// The model answered to its end.
    Whole,
    /// It began and broke off.
    Part,
    /// There is only the evidence.
    EvidenceOnly,
}

/// A numbered piece of code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// From 1; what `[n]` in the answer means.
    pub number: u32,
    /// Path in the repository.
    pub path: String,
    /// First line shown, from 1.
    pub line: u32,
    /// Last line shown.
    pub line_end: u32,
    /// Name of the method or type, if it is one.
    pub name: String,
    /// The text of these lines.
    pub text: String,
    /// Which searches found it: `names`, `text`, `meaning`, `callers`, `callees`.
    pub found_by: Vec<String>,
    /// Joined rank; higher is better, comparable within one answer only.
    pub score: f64,
}

/// Who named a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The model cited it.
    Model,
    /// It was given to the model, which did not cite it.
    Evidence,
}

/// A source of the answer, found in the snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// Number of the evidence.
    pub number: u32,
    /// Who named it.
    pub origin: Origin,
    /// `project@snapshot:path:first-last`.
    pub place: String,
    /// Path in the repository.
    pub path: String,
    /// First line.
    pub line: u32,
    /// Last line.
    pub line_end: u32,
    /// Name of the method or type, if it is one.
    pub name: String,
}
