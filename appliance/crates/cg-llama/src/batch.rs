//! The tokens of one engine step. The wrapper in llama-cpp-2 does not check how many sequences a
//! token names against what was allocated (a heap overflow from safe code) and panics on rows
//! without numbers; here a token has exactly one sequence, and rows come from the batch itself.

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::token::LlamaToken;

/// Place of a token in a decoded batch whose numbers were asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row(i32);

impl Row {
    /// The model's numbers for the token after this one, one for each word of the vocabulary.
    pub(crate) fn numbers<'a>(self, context: &'a LlamaContext<'_>) -> &'a [f32] {
        context.get_logits_ith(self.0)
    }
}

/// Whether the numbers after a token are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    Wanted,
    Unused,
}

/// Tokens of one step, at most as many as given to [`StepBatch::new`].
pub(crate) struct StepBatch {
    inner: LlamaBatch<'static>,
    capacity: usize,
    used: usize,
}

impl StepBatch {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { inner: LlamaBatch::new(capacity, 1), capacity, used: 0 }
    }

    pub(crate) fn clear(&mut self) {
        self.inner.clear();
        self.used = 0;
    }

    /// Tokens that still fit.
    pub(crate) fn room(&self) -> usize {
        self.capacity - self.used
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// Adds a token at `position` of `sequence`; nothing when the batch is full.
    pub(crate) fn add(
        &mut self,
        token: LlamaToken,
        position: usize,
        sequence: i32,
        output: Output,
    ) -> Option<Row> {
        if self.room() == 0 {
            return None;
        }
        let position = i32::try_from(position).ok()?;
        self.inner.add(token, position, &[sequence], output == Output::Wanted).ok()?;
        let row = Row(i32::try_from(self.used).ok()?);
        self.used += 1;
        Some(row)
    }

    /// Evaluates the batch.
    pub(crate) fn decode(&mut self, context: &mut LlamaContext<'_>) -> Result<(), String> {
        context.decode(&mut self.inner).map_err(|e| e.to_string())
    }
}
