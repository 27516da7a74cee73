//! The engine with the real SmolLM2.

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use crate::{
    Engine, EngineOptions, Error, Event, FinishReason, Finished, Generation, Piece, Request,
    Sampling, SubmitError,
};

pub(super) fn model_path() -> PathBuf {
    let cache = std::env::var_os("CODEGRAPH_CACHE").map(PathBuf::from).unwrap_or_else(|| {
        PathBuf::from(std::env::var_os("HOME").expect("HOME is set")).join(".cache/codegraph")
    });
    let path = cache.join("deps/generation/models/smollm2-135m-instruct-q4_1/model.gguf");
    assert!(path.exists(), "{} is missing: run `make deps`", path.display());
    path
}

fn options(slots: u32) -> EngineOptions {
    EngineOptions {
        model: model_path(),
        slots,
        context_tokens: 512,
        batch_tokens: 256,
        // Tests run side by side: more threads than processors would only wait for each other.
        threads: 1,
        gpu_layers: 0,
        queue: 4,
        available_bytes: u64::MAX,
    }
}

fn engine(slots: u32) -> Engine {
    Engine::start(options(slots)).unwrap()
}

fn ask(question: &str, max_tokens: u32) -> Request {
    Request {
        prompt: vec![
            Piece::Template("<|im_start|>user\n".to_owned()),
            Piece::Content(question.to_owned()),
            Piece::Template("<|im_end|>\n<|im_start|>assistant\n".to_owned()),
        ],
        max_tokens: Some(max_tokens),
        ..Request::default()
    }
}

fn collect(mut generation: Generation) -> (String, Finished) {
    let mut text = String::new();
    loop {
        match generation.events.blocking_recv() {
            Some(Event::Text(more)) => text.push_str(&more),
            Some(Event::Done(finished)) => return (text, finished),
            other => panic!("{other:?} after {text:?}"),
        }
    }
}

fn answer(engine: &Engine, request: Request) -> (String, Finished) {
    collect(engine.submit(request).unwrap())
}

#[test]
fn it_answers_counts_and_uses_what_it_remembers() {
    let engine = engine(1);
    assert_eq!(engine.info().context_tokens, 512);
    assert!(engine.info().chat_template.as_deref().unwrap().contains("im_start"));
    let question = "What is the capital of France? Answer in one word.";
    let (text, cold) = answer(&engine, ask(question, 16));
    assert!(text.contains("Paris"), "{text}");
    assert_eq!(cold.usage.cached_tokens, 0);
    let (again, warm) = answer(&engine, ask(question, 16));
    assert_eq!(again, text, "the same request under greedy choice");
    assert_eq!(warm.usage.prompt_tokens, cold.usage.prompt_tokens);
    // All but the last token, which is evaluated again to have numbers to choose from.
    assert_eq!(warm.usage.cached_tokens, cold.usage.prompt_tokens - 1);
    let (_, short) = answer(&engine, ask("Count to one hundred.", 5));
    assert_eq!((short.reason, short.usage.completion_tokens), (FinishReason::Length, 5));
}

#[test]
fn answers_side_by_side_equal_answers_one_after_the_other() {
    let questions = [
        "Write one sentence about rivers.",
        "List three colours.",
        "What does a compiler do?",
        "Say hello to a cat.",
    ];
    let together = engine(4);
    let running: Vec<_> = questions.iter().map(|q| together.submit(ask(q, 24)).unwrap()).collect();
    let parallel: Vec<String> = running.into_iter().map(|g| collect(g).0).collect();
    let alone = engine(1);
    for (question, parallel) in questions.iter().zip(parallel) {
        let (single, _) = answer(&alone, ask(question, 24));
        // llama.cpp does not promise equal bits for batches of other sizes, so two nearly equal
        // candidates may swap somewhere: the beginning must agree.
        let begin: String = single.chars().take(24).collect();
        assert!(parallel.starts_with(&begin), "{single:?} alone, {parallel:?} in company");
    }
}

#[test]
fn cyrillic_and_emoji_survive_the_way_in_and_out() {
    let engine = engine(1);
    let mut request = ask("", 48);
    request.prompt = vec![
        Piece::Template(
            "<|im_start|>user\nRepeat exactly.<|im_end|>\n<|im_start|>assistant\n".into(),
        ),
        Piece::Content("Привет, мир! 🦀🦀 Привет, мир! 🦀🦀 Привет, мир! 🦀🦀 Привет,".into()),
    ];
    let (text, _) = answer(&engine, request);
    assert!(text.contains("Привет, мир! 🦀"), "{text}");
    assert!(!text.trim_end_matches('\u{fffd}').contains('\u{fffd}'), "{text}");
}

#[test]
fn control_tokens_in_foreign_text_stay_text() {
    let engine = engine(1);
    let marks = "<|im_end|>";
    let as_template = engine.count_tokens(&[Piece::Template(marks.to_owned())]);
    let as_content = engine.count_tokens(&[Piece::Content(marks.to_owned())]);
    assert_eq!(as_template, 1);
    assert!(as_content > 3, "{as_content} tokens");
}

#[test]
fn a_prompt_that_does_not_fit_is_refused_with_both_numbers() {
    let engine = engine(1);
    let long = "word ".repeat(600);
    let refused = engine.submit(ask(&long, 10)).err().unwrap();
    let SubmitError::TooLong { prompt_tokens, max_tokens, context_tokens } = refused else {
        panic!("{refused}")
    };
    assert!(prompt_tokens > 512);
    assert_eq!((max_tokens, context_tokens), (10, 512));
    // A short prompt that asks for too long an answer is refused too; one that fits is not.
    let refused = engine.submit(ask("hi", 512));
    assert!(matches!(refused, Err(SubmitError::TooLong { .. })));
    let invalid = Request { max_tokens: Some(0), ..ask("hi", 1) };
    assert!(matches!(engine.submit(invalid), Err(SubmitError::Invalid(_))));
    let hot = Request {
        sampling: Sampling { temperature: f32::NAN, ..Sampling::default() },
        ..ask("hi", 1)
    };
    assert!(matches!(engine.submit(hot), Err(SubmitError::Invalid(_))));
}

#[test]
fn a_full_queue_refuses_and_a_dropped_answer_frees_its_slot() {
    let engine = engine(1);
    let mut running = engine.submit(ask("Tell a very long story about the sea.", 400)).unwrap();
    // The first text proves that the slot is taken, so that what follows has to wait.
    assert!(matches!(running.events.blocking_recv(), Some(Event::Text(_))));
    let waiting: Vec<_> = (0..4).map(|_| engine.submit(ask("hi", 3)).unwrap()).collect();
    let refused = engine.submit(ask("hi", 3)).err().unwrap();
    let SubmitError::Busy { waiting: n, retry_after_s } = refused else { panic!("{refused}") };
    assert_eq!(n, 4);
    assert!((1..=60).contains(&retry_after_s));
    let mut waiting = waiting.into_iter();
    // One that waits goes away: its place is free at once, and the others are not touched.
    drop(waiting.next());
    let late = engine.submit(ask("hi", 3)).unwrap();
    drop(running);
    for generation in waiting.chain([late]) {
        assert_eq!(collect(generation).1.usage.completion_tokens.min(3), 3);
    }
    assert!(engine.stats().cancelled.load(Ordering::Relaxed) >= 1);
    // 400 tokens were not generated.
    assert!(engine.stats().completion_tokens.load(Ordering::Relaxed) < 300);
}

#[test]
fn a_stop_string_ends_the_answer() {
    let engine = engine(1);
    let question = "Count: one, two, three, four, five, six. Repeat.";
    let request = Request { stop: vec!["three".to_owned()], ..ask(question, 64) };
    let (text, finished) = answer(&engine, request);
    assert!(!text.contains("three"), "{text}");
    assert_eq!(finished.reason, FinishReason::Stop);
}

#[test]
fn sampled_answers_repeat_with_their_seed() {
    let engine = engine(1);
    let sampling = Sampling { temperature: 0.9, top_k: 40, top_p: 0.95, seed: 11 };
    let request = || Request { sampling, ..ask("Invent a name for a ship.", 20) };
    // The first run fills the memory of the slot, so that the two others start alike.
    answer(&engine, request());
    assert_eq!(answer(&engine, request()).0, answer(&engine, request()).0);
}

#[test]
fn dropping_the_engine_ends_running_answers() {
    let engine = engine(1);
    let mut running = engine.submit(ask("Tell a very long story about the sea.", 400)).unwrap();
    assert!(matches!(running.events.blocking_recv(), Some(Event::Text(_))));
    drop(engine);
    loop {
        match running.events.blocking_recv() {
            Some(Event::Text(_)) => {}
            None => break,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_damaged_model_fails_with_the_cause_from_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("half.gguf");
    let whole = std::fs::read(model_path()).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let error = Engine::start(EngineOptions { model: path, ..options(1) }).err().unwrap();
    let text = error.to_string();
    assert!(matches!(error, Error::BadModel { .. }), "{text}");
    assert!(text.contains("half.gguf") && !text.contains("gave no reason"), "{text}");
}

#[test]
fn what_cannot_work_is_refused_before_loading() {
    for wrong in [
        EngineOptions { slots: 0, ..options(1) },
        EngineOptions { threads: 0, ..options(1) },
        EngineOptions { batch_tokens: 8, ..options(1) },
    ] {
        assert!(matches!(Engine::start(wrong), Err(Error::Option { .. })));
    }
    let small = EngineOptions { available_bytes: 50 << 20, ..options(1) };
    assert!(matches!(Engine::start(small), Err(Error::Memory { .. })));
}
