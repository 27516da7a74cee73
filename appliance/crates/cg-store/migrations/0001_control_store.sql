-- Users, sessions, projects, snapshots, jobs, audit. Times are milliseconds since 1970, UTC.

CREATE TABLE users (
    id            TEXT PRIMARY KEY NOT NULL,
    name          TEXT NOT NULL COLLATE NOCASE UNIQUE,
    role          TEXT NOT NULL CHECK (role IN ('viewer', 'analyst', 'reviewer', 'admin', 'auditor')),
    password_hash TEXT NOT NULL,
    must_change   INTEGER NOT NULL CHECK (must_change IN (0, 1)),
    disabled      INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    failures      INTEGER NOT NULL DEFAULT 0,
    locked_until  INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL
) STRICT;

-- A session is the family of its refresh tokens: one of them used twice ends it.
CREATE TABLE sessions (
    id         TEXT PRIMARY KEY NOT NULL,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at   INTEGER
) STRICT;
CREATE INDEX sessions_user ON sessions (user_id);

CREATE TABLE refresh_tokens (
    hash       TEXT PRIMARY KEY NOT NULL,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    issued_at  INTEGER NOT NULL,
    used_at    INTEGER
) STRICT;
CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);

CREATE TABLE projects (
    id               TEXT PRIMARY KEY NOT NULL,
    name             TEXT NOT NULL COLLATE NOCASE UNIQUE,
    path             TEXT NOT NULL,
    next_file_key    INTEGER NOT NULL DEFAULT 1,
    current_snapshot TEXT REFERENCES snapshots (id),
    created_at       INTEGER NOT NULL
) STRICT;

-- Keys of files are given once for each path of a project and never used again.
CREATE TABLE file_keys (
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    path       TEXT NOT NULL,
    key        INTEGER NOT NULL,
    PRIMARY KEY (project_id, path)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX file_keys_key ON file_keys (project_id, key);

CREATE TABLE snapshots (
    id         TEXT PRIMARY KEY NOT NULL,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    summary    TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX snapshots_project ON snapshots (project_id, created_at);

-- Files of a snapshot; they never change. `file` is a name within the project's folder.
CREATE TABLE sealed_files (
    snapshot_id TEXT NOT NULL REFERENCES snapshots (id) ON DELETE CASCADE,
    role        TEXT NOT NULL CHECK (role IN ('graph', 'search', 'vectors')),
    file        TEXT NOT NULL,
    blake3      TEXT NOT NULL,
    bytes       INTEGER NOT NULL,
    PRIMARY KEY (snapshot_id, role)
) STRICT, WITHOUT ROWID;

CREATE TABLE jobs (
    id           TEXT PRIMARY KEY NOT NULL,
    project_id   TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    state        TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    attempts     INTEGER NOT NULL DEFAULT 0,
    error        TEXT,
    snapshot_id  TEXT REFERENCES snapshots (id),
    requested_by TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    started_at   INTEGER,
    finished_at  INTEGER
) STRICT;
CREATE INDEX jobs_state ON jobs (state, created_at);

-- Events are written in the transaction of the action; numbers and links follow after commit.
CREATE TABLE audit_events (
    position   INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT NOT NULL UNIQUE,
    at         INTEGER NOT NULL,
    action     TEXT NOT NULL,
    outcome    TEXT NOT NULL CHECK (outcome IN ('success', 'failure', 'denied')),
    actor      TEXT NOT NULL,
    target     TEXT NOT NULL,
    address    TEXT NOT NULL,
    request_id TEXT NOT NULL,
    detail     TEXT NOT NULL
) STRICT;

CREATE TABLE audit_chain (
    sequence INTEGER PRIMARY KEY NOT NULL,
    event_id TEXT NOT NULL UNIQUE REFERENCES audit_events (id),
    hash     TEXT NOT NULL
) STRICT;

CREATE TRIGGER audit_events_no_update BEFORE UPDATE ON audit_events
BEGIN SELECT RAISE(ABORT, 'audit events are append-only'); END;
CREATE TRIGGER audit_events_no_delete BEFORE DELETE ON audit_events
BEGIN SELECT RAISE(ABORT, 'audit events are append-only'); END;
CREATE TRIGGER audit_chain_no_update BEFORE UPDATE ON audit_chain
BEGIN SELECT RAISE(ABORT, 'the audit chain is append-only'); END;
CREATE TRIGGER audit_chain_no_delete BEFORE DELETE ON audit_chain
BEGIN SELECT RAISE(ABORT, 'the audit chain is append-only'); END;
