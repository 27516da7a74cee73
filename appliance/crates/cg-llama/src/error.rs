//! What can go wrong, in words for the operator or for the client.

use std::path::PathBuf;

/// Why the engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The processor lacks instructions that the engine was compiled for.
    #[error(
        "this processor lacks {missing}, which the chat engine was built for; run it on an x86-64 \
         machine with AVX2, or give the virtual machine the host's processor model"
    )]
    Cpu {
        /// Names of the instruction sets.
        missing: String,
    },
    /// The file is not a model that llama.cpp can read.
    #[error(
        "cannot read the model {path}: {reason}; check the file against its digest in the bundle"
    )]
    BadModel {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        reason: String,
    },
    /// Weights and key-value memory do not fit.
    #[error(
        "the chat model needs {needed_mib} MiB ({plan}), but {available_mib} MiB are free; {advice}"
    )]
    Memory {
        /// MiB needed.
        needed_mib: u64,
        /// MiB free now.
        available_mib: u64,
        /// The sum, part by part.
        plan: String,
        /// What to change.
        advice: String,
    },
    /// An option has a value that cannot work.
    #[error("option {name} = {value} cannot work: {reason}")]
    Option {
        /// Which option.
        name: &'static str,
        /// Its value.
        value: u64,
        /// Why not.
        reason: &'static str,
    },
    /// llama.cpp refused; its own words follow.
    #[error("llama.cpp could not {action}: {reason}")]
    Engine {
        /// What was tried.
        action: &'static str,
        /// Last lines of its log.
        reason: String,
    },
    /// The engine's thread could not be started or ended at once.
    #[error("the engine's thread ended while starting: {0}")]
    Thread(String),
}

/// Why a request was not accepted.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SubmitError {
    /// Prompt and answer do not fit into the context. Never truncated silently.
    #[error(
        "the prompt has {prompt_tokens} tokens and {max_tokens} are asked for, which is more than \
         the context of {context_tokens} tokens; shorten the prompt or lower max_tokens"
    )]
    TooLong {
        /// Tokens of the prompt.
        prompt_tokens: u32,
        /// Tokens asked for.
        max_tokens: u32,
        /// Context of one slot.
        context_tokens: u32,
    },
    /// The queue is full.
    #[error("{waiting} requests wait already; try again in {retry_after_s} s")]
    Busy {
        /// Requests that wait.
        waiting: usize,
        /// Estimate from the work queued and the speed seen, 1 to 60.
        retry_after_s: u32,
    },
    /// The request itself is wrong.
    #[error("{0}")]
    Invalid(String),
    /// The engine has ended.
    #[error("the engine has ended; it is being restarted")]
    Ended,
}
