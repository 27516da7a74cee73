//! The model: three files in a folder (`config.json`, `tokenizer.json`, `model.safetensors`).

use std::path::{Path, PathBuf};

use candle_core::{D, DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use rayon::prelude::*;
use tokenizers::{Encoding, PaddingParams, Tokenizer, TruncationParams};

use crate::{Error, batch};

/// Tokens (padding included) that one thread computes together: at least, so that its matrices are
/// worth it, and at most, so that they stay near the processor and memory is bounded.
const BATCH_TOKENS: std::ops::RangeInclusive<usize> = 256..=1024;

/// Niceness of the threads that compute (0 usual, 19 least important).
const NICE: i32 = 10;

/// Which model, and how much of the machine it may use.
#[derive(Clone, Debug)]
pub struct EmbedderOptions {
    /// Folder of the model.
    pub folder: PathBuf,
    /// Threads that compute.
    pub threads: usize,
    /// Tokens of a text that count; the rest is cut off.
    pub max_tokens: usize,
}

/// Vectors of some texts.
#[derive(Clone, Debug)]
pub struct Embeddings {
    /// One for each text, in order; each of length 1.
    pub vectors: Vec<Vec<f32>>,
    /// Tokens computed, without padding.
    pub tokens: u64,
    /// Texts that were longer than `max_tokens`.
    pub cut: usize,
}

/// A loaded embedding model.
pub struct Embedder {
    model: BertModel,
    tokenizer: Tokenizer,
    threads: rayon::ThreadPool,
    dimensions: usize,
}

impl Embedder {
    /// Loads a model.
    ///
    /// # Errors
    /// When a file is missing or wrong, or the files do not fit each other.
    pub fn load(options: &EmbedderOptions) -> Result<Self, Error> {
        let folder = &options.folder;
        let wrong = |reason: String| Error::Model { folder: folder.clone(), reason };
        let config = read(&folder.join("config.json"))?;
        let config: Config =
            serde_json::from_slice(&config).map_err(|e| wrong(format!("config.json: {e}")))?;
        if options.max_tokens == 0 || options.max_tokens > config.max_position_embeddings {
            let most = config.max_position_embeddings;
            return Err(wrong(format!(
                "texts of {} tokens; 1 to {most} are possible",
                options.max_tokens
            )));
        }
        let tokenizer = tokenizer(&folder.join("tokenizer.json"), options.max_tokens, &config)?;
        let weights = read(&folder.join("model.safetensors"))?;
        let weights = VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu)
            .map_err(|e| wrong(format!("model.safetensors: {e}")))?;
        let model = BertModel::load(weights, &config).map_err(|e| wrong(e.to_string()))?;
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(options.threads.max(1))
            .thread_name(|n| format!("embed-{n}"))
            // Indexing embeds for minutes: an answer that is being written goes first. Where the
            // system refuses, the threads are as important as the others.
            .start_handler(|_| rustix::process::setpriority_process(None, NICE).unwrap_or(()))
            .build()
            .map_err(|e| Error::Threads(e.to_string()))?;
        Ok(Self { model, tokenizer, threads, dimensions: config.hidden_size })
    }

    /// Numbers in a vector.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Vectors of texts: the mean over the tokens, scaled to length 1. Computes for as long as it
    /// takes: not for an async thread.
    ///
    /// # Errors
    /// When the tokenizer or the computation refuses a batch.
    pub fn embed<S: AsRef<str> + Sync>(&self, texts: &[S]) -> Result<Embeddings, Error> {
        self.threads.install(|| self.embed_here(texts))
    }

    fn embed_here<S: AsRef<str> + Sync>(&self, texts: &[S]) -> Result<Embeddings, Error> {
        let failed = |reason: String| Error::Batch { texts: texts.len(), reason };
        let inputs: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
        let encodings =
            self.tokenizer.encode_batch(inputs, true).map_err(|e| failed(e.to_string()))?;
        let lengths: Vec<usize> = encodings.iter().map(|e| e.get_ids().len()).collect();
        // One thread a batch, rather than all threads on each step of one: steps are short, and
        // waiting for each other at their ends took longer than the steps.
        let total: usize = lengths.iter().sum();
        let share = total.div_ceil(self.threads.current_num_threads());
        let budget = share.clamp(*BATCH_TOKENS.start(), *BATCH_TOKENS.end());
        let compute = |indices: Vec<usize>| {
            let members: Vec<&Encoding> = indices.iter().map(|&i| &encodings[i]).collect();
            let computed = self.compute(&members).map_err(|e| failed(e.to_string()))?;
            Ok::<_, Error>(indices.into_iter().zip(computed).collect::<Vec<_>>())
        };
        let batches: Vec<_> =
            batch::plan(&lengths, budget).into_par_iter().map(compute).collect::<Result<_, _>>()?;
        let mut vectors = vec![Vec::new(); texts.len()];
        for (index, vector) in batches.into_iter().flatten() {
            vectors[index] = vector;
        }
        Ok(Embeddings {
            vectors,
            tokens: lengths.iter().map(|&n| n as u64).sum(),
            cut: encodings.iter().filter(|e| !e.get_overflowing().is_empty()).count(),
        })
    }

    /// One batch, padded to its longest text.
    fn compute(&self, members: &[&Encoding]) -> candle_core::Result<Vec<Vec<f32>>> {
        let width = members.iter().map(|e| e.get_ids().len()).max().unwrap_or(0);
        let shape = (members.len(), width);
        let padded = |of: fn(&Encoding) -> &[u32]| {
            let mut flat = vec![0_u32; members.len() * width];
            for (row, member) in flat.chunks_exact_mut(width.max(1)).zip(members) {
                row[..of(member).len()].copy_from_slice(of(member));
            }
            Tensor::from_vec(flat, shape, &Device::Cpu)
        };
        let ids = padded(Encoding::get_ids)?;
        let types = padded(Encoding::get_type_ids)?;
        let mask = padded(Encoding::get_attention_mask)?;
        let hidden = self.model.forward(&ids, &types, Some(&mask))?;
        let mask = mask.to_dtype(DType::F32)?.unsqueeze(2)?;
        let sum = hidden.broadcast_mul(&mask)?.sum(1)?;
        let mean = sum.broadcast_div(&mask.sum(1)?)?;
        let length = mean.sqr()?.sum_keepdim(D::Minus1)?.sqrt()?;
        mean.broadcast_div(&length)?.to_vec2()
    }
}

/// The file of MiniLM pads everything to 128 tokens and cuts there; both are set anew: cut at
/// `max_tokens`, and no padding, because batches are padded to their own longest text.
fn tokenizer(path: &Path, max_tokens: usize, config: &Config) -> Result<Tokenizer, Error> {
    let wrong = |reason: String| Error::File { path: path.to_owned(), reason };
    let mut tokenizer = Tokenizer::from_file(path).map_err(|e| wrong(e.to_string()))?;
    let truncation = TruncationParams { max_length: max_tokens, ..Default::default() };
    tokenizer.with_truncation(Some(truncation)).map_err(|e| wrong(e.to_string()))?;
    tokenizer.with_padding(None::<PaddingParams>);
    let words = tokenizer.get_vocab_size(true);
    if words > config.vocab_size {
        return Err(wrong(format!("{words} words, but the model knows {}", config.vocab_size)));
    }
    Ok(tokenizer)
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|e| Error::File { path: path.to_owned(), reason: e.to_string() })
}
