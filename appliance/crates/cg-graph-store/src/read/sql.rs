//! The statements behind the ready calls. `{…}` is filled in by the caller with numbers only; texts
//! are bound. Ids stand as a list of literals: DuckDB prunes row groups by them, which it does not by
//! a subquery (2 ms instead of 150 ms for the callees of a method among a million calls).

/// Methods that a name may mean. `$1` is the name; only the best rank counts.
pub(super) const METHODS_BY_NAME: &str = "
SELECT id, CASE WHEN full_name = $1 THEN 0 WHEN name = $1 THEN 1 ELSE 2 END AS rank
FROM method
WHERE name = $1 OR full_name = $1 OR ends_with(full_name, '.' || $1) OR ends_with(full_name, '::' || $1)
QUALIFY rank = min(rank) OVER ()
ORDER BY is_external, id LIMIT {limit}";

/// Methods by id, as places.
pub(super) const METHODS_BY_ID: &str = "
SELECT m.id, 'METHOD', m.name, m.full_name, coalesce(f.path, ''), m.line, m.line_end, m.signature
FROM method m LEFT JOIN file f ON f.id = (m.id >> 32) << 32
WHERE m.id IN ({ids})";

/// Call edges that lead to some methods, the surest first.
pub(super) const CALLERS: &str = "
SELECT c.method, f.path, c.line, e.tier, e.technique, e.confidence
FROM call_edge e JOIN call c ON c.id = e.call JOIN file f ON f.id = (e.call >> 32) << 32
WHERE e.method IN ({ids}) AND e.confidence >= {confidence} AND c.method IS NOT NULL
ORDER BY e.confidence DESC, e.tier, e.call LIMIT {limit}";

/// Call edges that leave some methods, the surest first.
pub(super) const CALLEES: &str = "
SELECT e.method, f.path, c.line, e.tier, e.technique, e.confidence
FROM call c JOIN call_edge e ON e.call = c.id JOIN file f ON f.id = (c.id >> 32) << 32
WHERE c.method IN ({ids}) AND e.confidence >= {confidence}
ORDER BY e.confidence DESC, e.tier, c.id LIMIT {limit}";

/// Definitions of a name: methods, types, members, globals. `$1` is the name.
pub(super) const DEFINITIONS: &str = "
WITH found AS (
  SELECT id, 'METHOD' AS label, name, full_name, signature, line, line_end, (modifiers & {declaration}) <> 0 AS declared
  FROM method WHERE NOT is_external AND (modifiers & {module}) = 0
  UNION ALL SELECT id, 'TYPE_DECL', name, full_name, signature, line, line_end, (modifiers & {declaration}) <> 0 FROM type_decl
  UNION ALL SELECT d.id, CASE WHEN d.kind = {member} THEN 'MEMBER' ELSE 'LOCAL' END, d.name,
    CASE WHEN d.full_name <> '' THEN d.full_name WHEN p.full_name IS NULL THEN d.name ELSE p.full_name || '.' || d.name END,
    d.type_full_name, d.line, d.line_end, (d.modifiers & {declaration}) <> 0
  FROM declaration d LEFT JOIN type_decl p ON p.id = d.parent
  WHERE (d.kind = {member} OR (d.kind = {local} AND d.method IN
    (SELECT id FROM method WHERE name = '<global>' OR (modifiers & {module}) <> 0)))
    AND (d.name = $1 OR ends_with($1, '.' || d.name) OR ends_with($1, '::' || d.name) OR d.full_name = $1)
), ranked AS (
  SELECT *, CASE WHEN full_name = $1 THEN 0 WHEN name = $1 THEN 1 ELSE 2 END AS rank FROM found
  WHERE name = $1 OR full_name = $1 OR ends_with(full_name, '.' || $1) OR ends_with(full_name, '::' || $1)
)
SELECT r.id, r.label, r.name, r.full_name, coalesce(f.path, ''), r.line, r.line_end, r.signature
FROM ranked r LEFT JOIN file f ON f.id = (r.id >> 32) << 32
ORDER BY r.rank, r.declared, r.id LIMIT {limit}";

/// Uses of some declarations, with the text block in which each stands.
pub(super) const REFERENCES: &str = "
WITH found AS (
  SELECT id, kind, name, line, line_end, start_byte, block FROM identifier WHERE reference IN ({ids})
  UNION SELECT id, kind, name, line, line_end, start_byte, block FROM identifier
    WHERE id IN (SELECT src FROM ref_edge WHERE dst IN ({ids}))
  UNION SELECT id, kind, name, line, line_end, start_byte, block FROM identifier
    WHERE kind = {field} AND name IN (SELECT name FROM declaration WHERE kind = {member} AND id IN ({ids}))
  UNION SELECT id, kind, name, line, line_end, start_byte, block FROM code_ref
    WHERE reference IN ({ids}) OR id IN (SELECT src FROM ref_edge WHERE dst IN ({ids}))
  UNION SELECT id, {call}::UTINYINT, name, line, line_end, start_byte, block FROM call
    WHERE id IN (SELECT call FROM call_edge WHERE method IN ({ids}))
)
SELECT n.id, n.kind, n.name, f.path, n.line, n.line_end, n.start_byte, b.start_byte, b.text
FROM found n JOIN file f ON f.id = (n.id >> 32) << 32 LEFT JOIN text_block b ON b.id = n.block
ORDER BY n.id LIMIT {limit}";

/// Uses of a name that nothing in the repository declares. `$1` is the name.
pub(super) const USES_BY_NAME: &str = "
WITH found AS (
  SELECT id, kind, name, line, line_end, start_byte, block FROM identifier WHERE name = $1
  UNION ALL SELECT id, kind, name, line, line_end, start_byte, block FROM code_ref WHERE name = $1
  UNION ALL SELECT id, {call}::UTINYINT, name, line, line_end, start_byte, block FROM call WHERE name = $1
)
SELECT n.id, n.kind, n.name, f.path, n.line, n.line_end, n.start_byte, b.start_byte, b.text
FROM found n JOIN file f ON f.id = (n.id >> 32) << 32 LEFT JOIN text_block b ON b.id = n.block
ORDER BY n.id LIMIT {limit}";

/// Names that contain a text. `$1` is the text in lower case.
pub(super) const NAMES: &str = "
WITH found AS (
  SELECT id, 'METHOD' AS label, name, full_name, signature, line, line_end, (modifiers & {declaration}) <> 0 AS declared
  FROM method WHERE NOT is_external AND (modifiers & {module}) = 0
  UNION ALL SELECT id, 'TYPE_DECL', name, full_name, signature, line, line_end, (modifiers & {declaration}) <> 0 FROM type_decl
  UNION ALL SELECT id, 'MEMBER', name, full_name, type_full_name, line, line_end, false FROM declaration WHERE kind = {member}
  UNION ALL SELECT id, 'FILE', parse_filename(path), path, language, 1, lines, false FROM file
), scored AS (
  SELECT *, CASE WHEN lower(name) = $1 OR lower(full_name) = $1 THEN 3 WHEN starts_with(lower(name), $1) THEN 2 ELSE 1 END
    + 1.0 / (1 + length(name)) - CASE WHEN declared THEN 0.5 ELSE 0 END AS score
  FROM found WHERE contains(lower(name), $1) OR contains(lower(full_name), $1)
)
SELECT s.id, s.label, s.name, s.full_name, coalesce(f.path, ''), s.line, s.line_end, s.signature, s.score
FROM scored s LEFT JOIN file f ON f.id = (s.id >> 32) << 32
ORDER BY s.score DESC, s.id LIMIT {limit}";

/// Lines that match a regular expression (`$1`). Blocks are tried first, then their lines.
pub(super) const REGEX: &str = "
WITH hit AS (SELECT id, line, text FROM text_block WHERE regexp_matches(text, '(?m:' || $1 || ')')),
lines AS (SELECT id, line, unnest(string_split(text, chr(10))) AS text, generate_subscripts(string_split(text, chr(10)), 1) AS number FROM hit)
SELECT f.path, l.line + l.number - 1, l.text
FROM lines l JOIN file f ON f.id = (l.id >> 32) << 32
WHERE regexp_matches(l.text, $1)
ORDER BY l.id, l.number LIMIT {limit}";

/// BM25 over chunks. `$1` are the words, `$2` those of them in Cyrillic letters.
pub(super) const TEXT: &str = "
WITH scored AS (SELECT id, coalesce(fts_main_{table}.match_bm25(id, $1), 0)
    + coalesce(fts_main_chunk_russian.match_bm25(id, $2), 0) AS score FROM {table})
SELECT {chunk}, s.score FROM scored s JOIN {table} c ON c.id = s.id
WHERE s.score > 0{hidden} ORDER BY s.score DESC, s.id LIMIT {limit}";

/// The same for words without Cyrillic letters.
pub(super) const TEXT_LATIN: &str = "
WITH scored AS (SELECT id, coalesce(fts_main_{table}.match_bm25(id, $1), 0) AS score FROM {table})
SELECT {chunk}, s.score FROM scored s JOIN {table} c ON c.id = s.id
WHERE s.score > 0{hidden} ORDER BY s.score DESC, s.id LIMIT {limit}";

/// Columns of a chunk, for the statements here.
pub(super) const CHUNK: &str = "c.id, c.node, c.label, c.name, c.full_name, c.signature, c.path, c.line, c.line_end, c.start_byte, c.end_byte, c.hash";

/// Nearest vectors by cosine, all of them compared. `$1` is the query as text.
pub(super) const NEAREST: &str = "
SELECT hash, array_cosine_similarity(embedding, $1::FLOAT[{length}])::DOUBLE AS score
FROM vector ORDER BY score DESC, hash LIMIT {limit}";

/// Blocks of a file that hold some lines.
pub(super) const BLOCKS: &str = "
SELECT line, start_byte, text FROM text_block
WHERE id >= {first} AND id < {behind} AND line <= {end} AND line_end >= {start} ORDER BY id LIMIT {limit}";
