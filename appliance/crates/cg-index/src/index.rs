//! The whole run: walk, analyse, link, publish.

use std::path::Path;
use std::time::{Duration, Instant};

use cg_graph_store::{Sealed, SearchWriter, SnapshotWriter, WriterOptions};
use cg_link::FileFacts;

use crate::IndexError;
use crate::base::compare;
use crate::facts_file::FactsWriter;
use crate::job::{IndexJob, IndexOutcome, Phase, PhaseTime, Progress, Role, SealedFile};
use crate::keys::{Keyed, assign, write_new};
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

    let base = job.base.as_ref();
    let reuse = base.and_then(|base| compare(job, &keys.files, base));
    let over = base.zip(reuse.as_ref());
    let mut graph = match over {
        Some((base, reuse)) => {
            SnapshotWriter::create_over(&writer(job, 3), &base.graph, &reuse.hidden)?
        }
        None => SnapshotWriter::create(&writer(job, 3))?,
    };
    let search = match over {
        Some((base, reuse)) => {
            SearchWriter::create_over(&writer(job, 4), &base.search, &reuse.hidden)?
        }
        None => SearchWriter::create(&writer(job, 4))?,
    };
    let mut stored = match over {
        Some(_) => None,
        None => Some(FactsWriter::create(job)?),
    };
    let is_overlay = over.is_some();
    let files = reuse.as_ref().map_or(&keys.files, |reuse| &reuse.changed);
    let mut at = start(files);
    progress(at);
    let limits = limits(job);
    let run = Run {
        root: &job.source,
        files,
        limits: &limits,
        threads: job.threads,
        budget: (job.memory_bytes / 4 / MEMORY_PER_BYTE).clamp(1 << 20, 64 << 20),
    };
    let mut facts = Vec::with_capacity(keys.files.len());
    run.each(|file, analyzed| {
        match analyzed {
            Analyzed::Rows(made) => {
                if let Some(stored) = &mut stored {
                    stored.append(file.key, made.hash, &made.stored)?;
                }
                search.append(graph.append(made.rows)?)?;
                facts.push(made.facts);
            }
            Analyzed::Left(note) => notes.push(note),
        }
        at.files_done += 1;
        at.bytes_done += file.file.bytes;
        progress(at);
        Ok(())
    })?;
    let mut files_reused = 0;
    if let Some(reuse) = reuse {
        files_reused = reuse.facts.len() as u64;
        facts.extend(reuse.facts);
        facts.sort_by_key(FileFacts::key);
    }
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
    let mut sealed_files = vec![sealed(Role::Graph, graph), sealed(Role::Search, search.0)];
    if let Some(stored) = stored {
        sealed_files.push(sealed(Role::Facts, stored.seal()?));
    }
    let new_files = write_new(&keys, output)?;
    remove_temp(output);
    Ok(IndexOutcome {
        files: sealed_files,
        summary,
        new_files,
        next_file_key: keys.next,
        elapsed: clock.phases,
        files_reused,
        is_overlay,
    })
}

fn start(files: &[Keyed]) -> Progress {
    Progress {
        phase: Phase::Analyze,
        files_done: 0,
        files_total: files.len() as u64,
        bytes_done: 0,
        bytes_total: files.iter().map(|file| file.file.bytes).sum(),
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
