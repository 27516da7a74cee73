//! How much memory a model needs, computed from the head of its file before anything is loaded.

use std::path::Path;

use llama_cpp_2::gguf::GgufContext;

use crate::Error;

/// Type numbers of the GGUF format.
const GGUF_UINT32: u32 = 4;
const GGUF_INT32: u32 = 5;
const GGUF_STRING: u32 = 8;
const GGUF_UINT64: u32 = 10;

/// Working memory besides weights and key-value cells: graph buffers and logits.
const COMPUTE_BYTES: u64 = 192 << 20;
/// Bytes of one key or value number (f16).
const KV_NUMBER_BYTES: u64 = 2;

/// Facts of a model that its memory need follows from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFacts {
    /// Architecture name, `llama` for example.
    pub architecture: String,
    /// Transformer blocks.
    pub layers: u64,
    /// Key-value heads of a block.
    pub kv_heads: u64,
    /// Numbers in a key of one head.
    pub key_length: u64,
    /// Numbers in a value of one head.
    pub value_length: u64,
    /// Context the model was trained for, in tokens.
    pub context_tokens: u64,
    /// Size of the file.
    pub file_bytes: u64,
}

impl ModelFacts {
    /// Bytes of key-value memory for one token.
    pub fn kv_bytes_per_token(&self) -> u64 {
        self.layers * self.kv_heads * (self.key_length + self.value_length) * KV_NUMBER_BYTES
    }
}

/// The memory need, part by part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryPlan {
    /// Weights.
    pub weights_bytes: u64,
    /// Key-value cells of all slots.
    pub kv_bytes: u64,
    /// Working memory.
    pub compute_bytes: u64,
}

impl MemoryPlan {
    /// The sum.
    pub fn total_bytes(&self) -> u64 {
        self.weights_bytes + self.kv_bytes + self.compute_bytes
    }
}

impl std::fmt::Display for MemoryPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mib = |bytes: u64| bytes >> 20;
        write!(
            f,
            "weights {} MiB + key-value memory {} MiB + working memory {} MiB",
            mib(self.weights_bytes),
            mib(self.kv_bytes),
            mib(self.compute_bytes)
        )
    }
}

/// Reads the head of a GGUF file.
///
/// # Errors
/// [`Error::BadModel`] when the file is missing, no GGUF, or lacks a number that the plan needs.
pub fn read_facts(path: &Path) -> Result<ModelFacts, Error> {
    let bad = |reason: String| Error::BadModel { path: path.to_owned(), reason };
    let file_bytes = std::fs::metadata(path).map_err(|e| bad(e.to_string()))?.len();
    let gguf =
        GgufContext::from_file(path).ok_or_else(|| bad("it is not a GGUF file".to_owned()))?;
    let architecture = string(&gguf, "general.architecture")
        .ok_or_else(|| bad("general.architecture is missing".to_owned()))?;
    let optional = |key: &str| number(&gguf, &format!("{architecture}.{key}"));
    let required = |key: &str| {
        optional(key)
            .filter(|n| *n > 0)
            .ok_or_else(|| bad(format!("{architecture}.{key} is missing")))
    };
    let heads = required("attention.head_count")?;
    let head_length = required("embedding_length")? / heads;
    Ok(ModelFacts {
        layers: required("block_count")?,
        kv_heads: optional("attention.head_count_kv").unwrap_or(heads),
        key_length: optional("attention.key_length").unwrap_or(head_length),
        value_length: optional("attention.value_length").unwrap_or(head_length),
        context_tokens: required("context_length")?,
        architecture,
        file_bytes,
    })
}

/// Adds up the need and compares it with what is free.
///
/// # Errors
/// [`Error::Memory`] with the sum and the largest number of slots that would fit.
pub fn plan_memory(
    facts: &ModelFacts,
    slots: u32,
    context_tokens: u32,
    available_bytes: u64,
) -> Result<MemoryPlan, Error> {
    let slot_bytes = facts.kv_bytes_per_token().saturating_mul(u64::from(context_tokens));
    let plan = MemoryPlan {
        weights_bytes: facts.file_bytes,
        kv_bytes: slot_bytes.saturating_mul(u64::from(slots)),
        compute_bytes: COMPUTE_BYTES,
    };
    let needed =
        plan.weights_bytes.saturating_add(plan.kv_bytes).saturating_add(plan.compute_bytes);
    if needed <= available_bytes {
        return Ok(plan);
    }
    let left = available_bytes.saturating_sub(plan.weights_bytes + plan.compute_bytes);
    let fitting = left.checked_div(slot_bytes).unwrap_or(0);
    let advice = if fitting > 0 {
        format!("set llm.local.slots to {fitting}, or lower llm.local.n_ctx")
    } else {
        "lower llm.local.n_ctx, take a smaller model, or add memory".to_owned()
    };
    Err(Error::Memory {
        needed_mib: needed >> 20,
        available_mib: available_bytes >> 20,
        plan: plan.to_string(),
        advice,
    })
}

fn number(gguf: &GgufContext, key: &str) -> Option<u64> {
    let index = gguf.find_key(key);
    if index < 0 {
        return None;
    }
    // Asking for a value of another type than the stored one aborts the process.
    match gguf.kv_type(index) {
        GGUF_UINT32 => Some(u64::from(gguf.val_u32(index))),
        GGUF_INT32 => u64::try_from(gguf.val_i32(index)).ok(),
        GGUF_UINT64 => Some(gguf.val_u64(index)),
        _ => None,
    }
}

fn string(gguf: &GgufContext, key: &str) -> Option<String> {
    let index = gguf.find_key(key);
    if index < 0 || gguf.kv_type(index) != GGUF_STRING {
        return None;
    }
    gguf.val_str(index).map(str::to_owned)
}
