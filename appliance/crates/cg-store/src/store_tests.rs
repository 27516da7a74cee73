//! A store on a disk that is full for a while.

use sqlx::Executor;

use super::Store;

/// SQLite's own limit of pages stands for the disk: the error is the same (`SQLITE_FULL`).
#[tokio::test]
async fn after_a_full_disk_every_connection_writes_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("store.db")).await.unwrap();
    let mut tx = store.write().await.unwrap();
    tx.connection().execute("CREATE TABLE heap (content BLOB)").await.unwrap();
    tx.commit().await.unwrap();

    let mut full = store.write().await.unwrap();
    full.connection().execute("PRAGMA max_page_count = 8").await.unwrap();
    let error =
        full.connection().execute("INSERT INTO heap VALUES (zeroblob(1000000))").await.unwrap_err();
    assert!(error.to_string().contains("disk is full"), "{error}");
    drop(full);

    for _ in 0..20 {
        let mut tx = store.write().await.unwrap();
        tx.connection().execute("INSERT INTO heap VALUES (zeroblob(100))").await.unwrap();
        tx.commit().await.unwrap();
    }
    let rows: i64 =
        sqlx::query_scalar("SELECT count(*) FROM heap").fetch_one(store.pool()).await.unwrap();
    assert_eq!(rows, 20);
}
