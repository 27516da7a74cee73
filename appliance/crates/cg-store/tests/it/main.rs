//! What the control store promises, tried on a real file.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use cg_store::{
    AuditRow, ChainLink, FolderLock, JobState, NewJob, NewProject, NewUser, Publication,
    RefreshOutcome, SealedFile, Session, Store, StoreError, Tx,
};

struct Scene {
    store: Store,
    _folder: tempfile::TempDir,
}

async fn scene() -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("codegraph.db")).await.unwrap();
    store.migrate().await.unwrap();
    Scene { store, _folder: folder }
}

async fn project(store: &Store, id: &str) {
    let new = NewProject { id: id.into(), name: format!("name-{id}"), path: format!("/src/{id}") };
    let mut tx = store.write().await.unwrap();
    tx.create_project(&new, 1).await.unwrap();
    tx.commit().await.unwrap();
}

fn publication(id: &str, from: u32, keys: &[(&str, u32)]) -> Publication {
    let file = SealedFile {
        role: "graph".into(),
        file: format!("{id}.graph.duckdb"),
        blake3: "00".into(),
        bytes: 7,
    };
    Publication {
        id: id.into(),
        project_id: "p".into(),
        summary: "{}".into(),
        files: vec![file],
        started_from_key: from,
        next_file_key: from + u32::try_from(keys.len()).unwrap(),
        new_keys: keys.iter().map(|(path, key)| ((*path).to_owned(), *key)).collect(),
    }
}

fn event(id: &str) -> AuditRow {
    AuditRow {
        id: id.into(),
        at: 1,
        action: "a".into(),
        outcome: "success".into(),
        actor: "x".into(),
        target: String::new(),
        address: String::new(),
        request_id: String::new(),
        detail: "{}".into(),
    }
}

async fn ids(tx: &mut Tx) -> Vec<String> {
    tx.unchained(100).await.unwrap().into_iter().map(|row| row.id).collect()
}

#[tokio::test]
async fn migrations_are_run_once_and_counted() {
    let scene = scene().await;
    let state = scene.store.migrate().await.unwrap();
    assert_eq!((state.applied, state.known), (2, 2));
}

#[tokio::test]
async fn an_action_and_its_event_stand_or_fall_together() {
    let scene = scene().await;
    let user = NewUser {
        id: "u".into(),
        name: "anna".into(),
        role: "viewer".into(),
        password_hash: "h".into(),
        must_change: false,
    };
    let mut tx = scene.store.write().await.unwrap();
    tx.create_user(&user, 1).await.unwrap();
    tx.audit(&event("e")).await.unwrap();
    drop(tx);
    assert_eq!(scene.store.count_users().await.unwrap(), 0);
    assert_eq!(scene.store.audit_unchained().await.unwrap(), 0);
    let mut tx = scene.store.write().await.unwrap();
    tx.create_user(&user, 1).await.unwrap();
    let twin = NewUser { id: "v".into(), name: "ANNA".into(), ..user };
    assert!(matches!(tx.create_user(&twin, 1).await, Err(StoreError::Exists { .. })));
    tx.commit().await.unwrap();
    assert_eq!(scene.store.user_by_name("Anna").await.unwrap().unwrap().id, "u");
}

#[tokio::test]
async fn a_snapshot_is_published_whole_and_keys_are_given_once() {
    let scene = scene().await;
    project(&scene.store, "p").await;
    let mut tx = scene.store.write().await.unwrap();
    tx.publish(&publication("s1", 1, &[("a.c", 1), ("b.c", 2)]), 5).await.unwrap();
    tx.commit().await.unwrap();
    // A second run that started from the same state comes too late.
    let mut tx = scene.store.write().await.unwrap();
    let late = tx.publish(&publication("s2", 1, &[("c.c", 1)]), 6).await;
    assert!(matches!(late, Err(StoreError::Outdated)));
    drop(tx);
    let shown = scene.store.project("name-p").await.unwrap();
    assert_eq!((shown.current_snapshot.as_deref(), shown.next_file_key), (Some("s1"), 3));
    let keys = scene.store.file_keys("p").await.unwrap();
    assert_eq!(keys, [("a.c".to_owned(), 1), ("b.c".to_owned(), 2)]);
    let snapshot = scene.store.snapshot("s1").await.unwrap();
    assert_eq!(snapshot.files[0].file, "s1.graph.duckdb");
    let mut tx = scene.store.write().await.unwrap();
    tx.delete_project("p").await.unwrap();
    tx.commit().await.unwrap();
    assert!(
        scene.store.snapshot("s1").await.is_err()
            && scene.store.file_keys("p").await.unwrap().is_empty()
    );
}

#[tokio::test]
async fn the_queue_is_bounded_fair_and_one_at_a_time_for_each_project() {
    let scene = scene().await;
    for id in ["p", "q", "r"] {
        project(&scene.store, id).await;
    }
    let new = |id: &str, project: &str| NewJob {
        id: id.into(),
        project_id: project.into(),
        requested_by: "anna".into(),
    };
    let mut tx = scene.store.write().await.unwrap();
    assert_eq!(tx.queue_job(&new("j1", "p"), 2, 1).await.unwrap().id, "j1");
    assert_eq!(tx.queue_job(&new("j2", "p"), 2, 2).await.unwrap().id, "j1", "it waits already");
    assert_eq!(tx.claim_job(3).await.unwrap().unwrap().id, "j1");
    assert_eq!(tx.queue_job(&new("j3", "p"), 2, 4).await.unwrap().id, "j3");
    assert!(tx.claim_job(5).await.unwrap().is_none(), "one of its project is running");
    tx.queue_job(&new("j4", "q"), 2, 6).await.unwrap();
    let full = tx.queue_job(&new("j5", "r"), 2, 7).await;
    assert!(matches!(full, Err(StoreError::QueueFull { limit: 2 })));
    assert_eq!(tx.claim_job(8).await.unwrap().unwrap().id, "j4");
    // The server dies: what was running waits again, unless it was tried too often.
    assert_eq!(
        tx.requeue_running(2, 9).await.unwrap(),
        (vec!["j1".to_owned(), "j4".to_owned()], vec![])
    );
    assert_eq!(tx.claim_job(10).await.unwrap().unwrap().attempts, 2);
    assert_eq!(tx.requeue_running(2, 11).await.unwrap(), (vec![], vec!["j1".to_owned()]));
    assert!(tx.job_cancelled("j3", 12).await.unwrap());
    assert!(!tx.job_cancelled("j3", 13).await.unwrap(), "it has ended");
    tx.commit().await.unwrap();
    assert_eq!(scene.store.job("j3").await.unwrap().state, JobState::Cancelled);
}

#[tokio::test]
async fn two_uses_of_a_refresh_token_are_one_good_and_one_that_ends_the_session() {
    let scene = scene().await;
    let user = NewUser {
        id: "u".into(),
        name: "anna".into(),
        role: "viewer".into(),
        password_hash: "h".into(),
        must_change: false,
    };
    let session = Session { id: "s".into(), user_id: "u".into(), expires_at: 100, ended_at: None };
    let mut tx = scene.store.write().await.unwrap();
    tx.create_user(&user, 1).await.unwrap();
    tx.open_session(&session, "t1", 1).await.unwrap();
    assert!(matches!(tx.use_refresh_token("t1", 2).await.unwrap(), RefreshOutcome::Good(_)));
    tx.add_refresh_token("s", "t2", 2).await.unwrap();
    assert!(matches!(tx.use_refresh_token("t1", 3).await.unwrap(), RefreshOutcome::Reused(_)));
    assert_eq!(tx.use_refresh_token("t2", 4).await.unwrap(), RefreshOutcome::Invalid);
    assert_eq!(tx.use_refresh_token("t9", 4).await.unwrap(), RefreshOutcome::Invalid);
    tx.commit().await.unwrap();
    assert!(!scene.store.session_is_live("s", 5).await.unwrap());
}

#[tokio::test]
async fn sessions_end_with_their_time() {
    let scene = scene().await;
    let user = NewUser {
        id: "u".into(),
        name: "anna".into(),
        role: "viewer".into(),
        password_hash: "h".into(),
        must_change: false,
    };
    let session = Session { id: "s".into(), user_id: "u".into(), expires_at: 100, ended_at: None };
    let mut tx = scene.store.write().await.unwrap();
    tx.create_user(&user, 1).await.unwrap();
    tx.open_session(&session, "t", 1).await.unwrap();
    assert_eq!(tx.use_refresh_token("t", 100).await.unwrap(), RefreshOutcome::Invalid);
    tx.commit().await.unwrap();
    assert!(scene.store.session_is_live("s", 99).await.unwrap());
    assert!(!scene.store.session_is_live("s", 100).await.unwrap());
    let mut tx = scene.store.write().await.unwrap();
    assert_eq!(tx.forget_sessions(101).await.unwrap(), 1);
}

#[tokio::test]
async fn events_are_linked_in_the_order_of_their_commits_and_never_changed() {
    let scene = scene().await;
    let mut tx = scene.store.write().await.unwrap();
    for id in ["e2", "e1", "e3"] {
        tx.audit(&event(id)).await.unwrap();
    }
    assert_eq!(ids(&mut tx).await, ["e2", "e1", "e3"]);
    for (number, id) in [(1, "e2"), (2, "e1")] {
        let link = ChainLink { sequence: number, event_id: id.into(), hash: "00".into() };
        tx.append_link(&link).await.unwrap();
    }
    assert_eq!(ids(&mut tx).await, ["e3"]);
    let twice = ChainLink { sequence: 3, event_id: "e1".into(), hash: "00".into() };
    assert!(tx.append_link(&twice).await.is_err());
    tx.commit().await.unwrap();
    assert!(scene.store.has_unlinked_audit().await.unwrap());
    let rows = scene.store.audit_after(0, 10).await.unwrap();
    let order: Vec<_> = rows.iter().map(|row| row.event.as_ref().unwrap().id.as_str()).collect();
    assert_eq!(order, ["e2", "e1"]);
}

#[test]
fn a_folder_has_one_lock() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lock");
    let held = FolderLock::take(&path).unwrap();
    let refused = FolderLock::take(&path).unwrap_err().to_string();
    assert!(refused.contains(&std::process::id().to_string()), "{refused}");
    drop(held);
    FolderLock::take(&path).unwrap();
}
