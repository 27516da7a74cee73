-- A snapshot may be an overlay: it names its base's files too. A base has the facts for linking.
CREATE TABLE sealed_files_new (
    snapshot_id TEXT NOT NULL REFERENCES snapshots (id) ON DELETE CASCADE,
    role        TEXT NOT NULL CHECK (role IN
                    ('graph', 'search', 'vectors', 'facts', 'base_graph', 'base_search', 'base_facts')),
    file        TEXT NOT NULL,
    blake3      TEXT NOT NULL,
    bytes       INTEGER NOT NULL,
    PRIMARY KEY (snapshot_id, role)
) STRICT, WITHOUT ROWID;
INSERT INTO sealed_files_new SELECT snapshot_id, role, file, blake3, bytes FROM sealed_files;
DROP TABLE sealed_files;
ALTER TABLE sealed_files_new RENAME TO sealed_files;
