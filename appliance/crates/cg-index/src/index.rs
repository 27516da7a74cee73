//! The whole run: walk, analyse, link, publish.

use std::path::Path;
use std::time::{Duration, Instant};

use cg_graph_store::{Sealed, SearchWriter, SnapshotWriter, WriterOptions};

use crate::IndexError;
use crate::job::{IndexJob, IndexOutcome, Phase, PhaseTime, Progress, Role, SealedFile};
use crate::keys::{Keys, assign, write_new};
use crate::pipeline::Run;
use crate::source::Analyzed;
use crate::walk::walk;

/// Bytes of memory that a byte of source may take on its way: graph, rows and facts together.
const MEMORY_PER_BYTE: u64 = 200;

/// Indexes a repository. Nothing is published unless all of it succeeds; the renames of the sealed
/// files come last. `progress` is called on this thread.
pub fn index(job: &IndexJob, progress: &dyn Fn(Progress)) -> Result<IndexOutcome, IndexError> {
    let output = job.output.as_path();
    std::fs::create_dir_all(output)
        .map_err(|source| IndexError::Output { path: output.to_owned(), source })?;
    let mut clock = Clock::start();
    progress(Progress {
        phase: Phase::Walk,
        files_done: 0,
        files_total: 0,
        bytes_done: 0,
        bytes_total: 0,
    });
    let (found, mut notes) = walk(&job.source)?;
    let keys = assign(found, job.known_files.as_deref(), job.next_file_key)?;
    clock.ended(Phase::Walk);

    let mut graph = SnapshotWriter::create(&writer(job, 3))?;
    let search = SearchWriter::create(&writer(job, 4))?;
    let mut facts = Vec::with_capacity(keys.files.len());
    let mut at = start(&keys);
    progress(at);
    let limits = limits(job);
    let run = Run {
        root: &job.source,
        files: &keys.files,
        limits: &limits,
        threads: job.threads,
        budget: (job.memory_bytes / 4 / MEMORY_PER_BYTE).clamp(1 << 20, 64 << 20),
    };
    run.each(|file, analyzed| {
        match analyzed {
            Analyzed::Rows(made) => {
                let (rows, of_file) = *made;
                search.append(graph.append(rows)?)?;
                facts.push(of_file);
            }
            Analyzed::Left(note) => notes.push(note),
        }
        at.files_done += 1;
        at.bytes_done += file.file.bytes;
        progress(at);
        Ok(())
    })?;
    clock.ended(Phase::Analyze);

    progress(Progress { phase: Phase::Link, ..at });
    let (graph, search, mut summary) = std::thread::scope(|scope| {
        let search = scope.spawn(|| {
            let began = Instant::now();
            (search.seal(), began.elapsed())
        });
        graph.append_notes(&notes)?;
        graph.append_links(&cg_link::link(&facts))?;
        clock.ended(Phase::Link);
        progress(Progress { phase: Phase::Publish, ..at });
        let (graph, summary) = graph.seal()?;
        clock.ended(Phase::Publish);
        progress(Progress { phase: Phase::Search, ..at });
        let joined = search.join().map_err(|_| IndexError::Thread("the full-text index".into()))?;
        clock.add(Phase::Search, joined.1);
        Ok::<_, IndexError>((graph, joined.0?, summary))
    })?;
    summary.chunks = search.1;
    let new_files = write_new(&keys, output)?;
    remove_temp(output);
    Ok(IndexOutcome {
        files: vec![sealed(Role::Graph, graph), sealed(Role::Search, search.0)],
        summary,
        new_files,
        next_file_key: keys.next,
        elapsed: clock.phases,
    })
}

fn start(keys: &Keys) -> Progress {
    Progress {
        phase: Phase::Analyze,
        files_done: 0,
        files_total: keys.files.len() as u64,
        bytes_done: 0,
        bytes_total: keys.files.iter().map(|file| file.file.bytes).sum(),
    }
}

fn limits(job: &IndexJob) -> cg_cpg::Limits {
    cg_cpg::Limits {
        max_bytes: usize::try_from(job.file_max_bytes).unwrap_or(usize::MAX),
        time: Duration::from_millis(job.file_time_ms),
        ..cg_cpg::Limits::default()
    }
}

/// A writer with a part of the memory.
fn writer(job: &IndexJob, part: u64) -> WriterOptions {
    WriterOptions {
        folder: job.output.clone(),
        memory_bytes: job.memory_bytes / part,
        threads: job.threads,
        extensions_dir: job.extensions_dir.clone(),
    }
}

pub(crate) fn sealed(role: Role, file: Sealed) -> SealedFile {
    SealedFile { role, path: file.path, blake3: file.blake3, bytes: file.bytes }
}

/// DuckDB's folder for what does not fit in memory; empty by now.
fn remove_temp(output: &Path) {
    let _ = std::fs::remove_dir_all(output.join("temp"));
}

/// Times of phases.
struct Clock {
    last: Instant,
    phases: Vec<PhaseTime>,
}

impl Clock {
    fn start() -> Self {
        Self { last: Instant::now(), phases: Vec::new() }
    }

    fn ended(&mut self, phase: Phase) {
        let took = self.last.elapsed();
        self.last = Instant::now();
        self.add(phase, took);
    }

    fn add(&mut self, phase: Phase, took: Duration) {
        self.phases.push(PhaseTime { phase, ms: took.as_millis() as u64 });
    }
}
