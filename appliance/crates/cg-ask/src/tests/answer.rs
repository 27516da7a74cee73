//! From question to citations.

use tokio::sync::mpsc;

use super::fakes::{FILE, FakeGraph, FakeModel, METHODS};
use crate::{
    AnswerKind, AskError, AskEvent, AskRequest, Citation, Evidence, NoteCode, Origin, answer,
};

/// Everything an answer consisted of.
#[derive(Default)]
struct Heard {
    evidence: Vec<Evidence>,
    text: String,
    citations: Vec<Citation>,
    notes: Vec<(NoteCode, String)>,
    usage: Option<(u32, u32)>,
    done: Option<AnswerKind>,
}

impl Heard {
    fn codes(&self) -> Vec<NoteCode> {
        self.notes.iter().map(|(code, _)| *code).collect()
    }

    fn origins(&self) -> Vec<(u32, Origin)> {
        self.citations.iter().map(|c| (c.number, c.origin)).collect()
    }
}

async fn hear(graph: &FakeGraph, model: Option<&FakeModel>, question: &str) -> Heard {
    let (out, mut events) = mpsc::channel(100);
    let request = AskRequest::new(question, "demo", "s1");
    answer(graph, model, &request, &out).await.unwrap();
    drop(out);
    let mut heard = Heard::default();
    while let Some(event) = events.recv().await {
        assert_eq!(heard.done, None, "nothing comes after the end");
        match event {
            AskEvent::Evidence { evidence } => heard.evidence = evidence,
            AskEvent::Delta { text } => heard.text.push_str(&text),
            AskEvent::Citations { citations } => heard.citations = citations,
            AskEvent::Usage { prompt_tokens, completion_tokens, .. } => {
                heard.usage = Some((prompt_tokens, completion_tokens));
            }
            AskEvent::Note { code, text } => heard.notes.push((code, text)),
            AskEvent::Done { answer } => heard.done = Some(answer),
        }
    }
    heard
}

const QUESTION: &str = "What does queue_push() do?";

#[tokio::test]
async fn citations_of_the_model_are_told_apart_and_false_ones_are_removed() {
    let graph = FakeGraph::default();
    let model =
        FakeModel::saying(&["It adds an item [", "1", "]. It never blocks [7][2, 9]. See a[3]."]);
    let heard = hear(&graph, Some(&model), QUESTION).await;
    // Found by name and text, so it is first; 4 lines each.
    assert_eq!((heard.evidence[0].name.as_str(), heard.evidence[0].line), (METHODS[0], 1));
    assert!(heard.evidence[0].found_by.contains(&"names".to_owned()));
    assert_eq!(heard.evidence.len(), 3);
    assert_eq!(heard.text, "It adds an item [1]. It never blocks [2]. See a[3].");
    let expected = [(1, Origin::Model), (2, Origin::Model), (3, Origin::Evidence)];
    assert_eq!(heard.origins(), expected);
    assert_eq!(heard.citations[0].place, format!("demo@s1:{FILE}:1-4"));
    assert_eq!(heard.codes(), [NoteCode::CitationsRemoved]);
    assert!(heard.notes[0].1.starts_with("2 "), "{:?}", heard.notes);
    assert_eq!((heard.usage, heard.done), (Some((50, 9)), Some(AnswerKind::Whole)));
    let prompt = &model.prompts.lock().unwrap()[0];
    assert!(prompt.contains("[1] src/queue.c:1-4 queue_push\n```\nline 1\n"), "{prompt}");
}

#[tokio::test]
async fn an_answer_without_citations_says_so() {
    let heard =
        hear(&FakeGraph::default(), Some(&FakeModel::saying(&["It adds."])), QUESTION).await;
    assert_eq!(heard.codes(), [NoteCode::NoCitation]);
    assert!(heard.citations.iter().all(|c| c.origin == Origin::Evidence));
}

#[tokio::test]
async fn without_a_model_the_evidence_is_the_answer() {
    let heard = hear(&FakeGraph::default(), None, QUESTION).await;
    assert_eq!(heard.text, "");
    assert_eq!(heard.codes(), [NoteCode::MeaningSearchOff, NoteCode::NoModel]);
    // Name, text and the caller; nothing by meaning.
    assert_eq!(heard.citations.len(), 3);
    assert!(heard.evidence.iter().any(|e| e.found_by == ["callers"]));
    assert_eq!(heard.done, Some(AnswerKind::EvidenceOnly));
}

#[tokio::test]
async fn a_russian_question_is_not_searched_by_meaning_with_an_english_model() {
    let graph = FakeGraph::default();
    let heard = hear(&graph, Some(&FakeModel::saying(&["[1]"])), "Кто вызывает queue_push?").await;
    assert_eq!(heard.codes(), [NoteCode::MeaningSearchOff]);
    assert!(!graph.asked.lock().unwrap().iter().any(|a| a.contains("\"vector\"")));
    assert_eq!(heard.evidence[0].name, METHODS[0], "the name is found all the same");
    let multilingual =
        FakeModel { languages: vec!["multilingual".to_owned()], ..FakeModel::saying(&["[1]"]) };
    let heard = hear(&graph, Some(&multilingual), "Кто вызывает queue_push?").await;
    assert_eq!(heard.codes(), []);
}

#[tokio::test]
async fn a_citation_that_reads_differently_in_the_snapshot_is_removed() {
    let graph = FakeGraph { lines_change_after: Some(3), ..FakeGraph::default() };
    let heard = hear(&graph, Some(&FakeModel::saying(&["See [1]."])), QUESTION).await;
    assert_eq!(heard.evidence.len(), 3);
    assert_eq!(heard.citations, []);
    assert!(heard.codes().contains(&NoteCode::CitationsRemoved));
}

#[tokio::test]
async fn evidence_is_halved_until_the_model_takes_it() {
    let model = FakeModel { takes: 1, ..FakeModel::saying(&["See [1] and [3]."]) };
    let heard = hear(&FakeGraph::default(), Some(&model), QUESTION).await;
    assert_eq!(model.prompts.lock().unwrap().len(), 2);
    // Only what was given can be cited.
    assert_eq!(heard.text, "See [1] and .");
    assert_eq!(heard.origins(), [(1, Origin::Model)]);
    assert_eq!(heard.codes(), [NoteCode::EvidenceCut, NoteCode::CitationsRemoved]);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_marked_and_keeps_its_evidence() {
    let model = FakeModel { breaks_off: true, ..FakeModel::saying(&["It adds [1"]) };
    let heard = hear(&FakeGraph::default(), Some(&model), QUESTION).await;
    assert_eq!(heard.text, "It adds [1");
    assert_eq!(heard.codes(), [NoteCode::ModelFailed, NoteCode::NoCitation]);
    assert_eq!((heard.citations.len(), heard.done), (3, Some(AnswerKind::Part)));
    let silent = FakeModel { breaks_off: true, ..FakeModel::saying(&[]) };
    let heard = hear(&FakeGraph::default(), Some(&silent), QUESTION).await;
    assert_eq!(heard.done, Some(AnswerKind::EvidenceOnly));
}

#[tokio::test]
async fn a_snapshot_that_fails_and_a_bad_question_are_errors() {
    let (out, _events) = mpsc::channel(100);
    let broken = FakeGraph { fails: true, ..FakeGraph::default() };
    let request = AskRequest::new(QUESTION, "demo", "s1");
    let result = answer(&broken, None::<&FakeModel>, &request, &out).await;
    assert!(matches!(result, Err(AskError::Graph(why)) if why.contains("the worker ended")));
    for question in [String::new(), "  \n".to_owned(), "x".repeat(20_000)] {
        let request = AskRequest::new(question, "demo", "s1");
        let result = answer(&FakeGraph::default(), None::<&FakeModel>, &request, &out).await;
        assert!(matches!(result, Err(AskError::Question(_))));
    }
}

#[tokio::test]
async fn nothing_is_computed_for_a_reader_who_has_gone() {
    let (out, events) = mpsc::channel(1);
    drop(events);
    let model = FakeModel::saying(&["x"]);
    let request = AskRequest::new(QUESTION, "demo", "s1");
    let result = answer(&FakeGraph::default(), Some(&model), &request, &out).await;
    assert!(matches!(result, Err(AskError::Gone)));
    assert!(model.prompts.lock().unwrap().is_empty());
}
