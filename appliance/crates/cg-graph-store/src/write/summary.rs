//! Counts, taken once when the snapshot is sealed.

use duckdb::Connection;

use crate::Error;
use crate::request::Summary;

/// Counts the snapshot and keeps the counts in `meta`.
pub(crate) fn write_summary(connection: &Connection) -> Result<Summary, Error> {
    let summary = count(connection).map_err(Error::db("counting the snapshot"))?;
    let text = serde_json::to_string(&summary)?;
    connection
        .execute("INSERT INTO meta VALUES ('summary', ?)", [text])
        .map_err(Error::db("writing the snapshot's counts"))?;
    Ok(summary)
}

fn count(connection: &Connection) -> Result<Summary, duckdb::Error> {
    let one = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, u64>(0));
    let pairs = |sql: &str| -> Result<Vec<(String, u64)>, duckdb::Error> {
        connection.prepare(sql)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    };
    // A call counts once, under its best tier.
    let resolved = "SELECT 'T' || tier, count(*) FROM
         (SELECT call, min(tier) AS tier FROM call_edge WHERE method >= 4294967296 GROUP BY call)
         GROUP BY 1 ORDER BY 1";
    Ok(Summary {
        revision: None,
        files: pairs("SELECT language, count(*) FROM file GROUP BY 1 ORDER BY 2 DESC, 1")?,
        origins: pairs(
            "SELECT origin, count(*) FROM file WHERE origin <> '' GROUP BY 1 ORDER BY 1",
        )?,
        bytes: one("SELECT coalesce(sum(disk_bytes), 0)::UBIGINT FROM file")?,
        lines: one("SELECT coalesce(sum(lines), 0)::UBIGINT FROM file")?,
        nodes: one("SELECT coalesce(sum(nodes), 0)::UBIGINT FROM file")?,
        methods: one(&format!(
            "SELECT count(*)::UBIGINT FROM method WHERE NOT is_external AND (modifiers & {}) = 0",
            cg_types::Modifiers::DECLARATION.0 | cg_types::Modifiers::MODULE.0
        ))?,
        types: one("SELECT count(*)::UBIGINT FROM type_decl WHERE id >= 4294967296")?,
        calls: one("SELECT count(*)::UBIGINT FROM call WHERE NOT starts_with(name, '<operator>')")?,
        calls_resolved: pairs(resolved)?,
        calls_external: one(
            "SELECT count(*)::UBIGINT FROM (SELECT call FROM call_edge GROUP BY call HAVING max(method) < 4294967296)",
        )?,
        cfg_edges: one("SELECT count(*)::UBIGINT FROM cfg")?,
        reaching_defs: one("SELECT count(*)::UBIGINT FROM reaching_def")?,
        diagnostics: pairs("SELECT code, count(*) FROM diagnostic GROUP BY 1 ORDER BY 2 DESC, 1")?,
        chunks: 0,
        vectors: 0,
    })
}
