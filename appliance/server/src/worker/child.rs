//! The worker processes themselves: read the task, enter the sandbox, work, answer in lines.

use std::cell::Cell;
use std::io::{BufRead, BufReader, Read, StdinLock, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cg_graph_store::Reader;
use cg_index::{IndexOutcome, Phase, Progress};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::probe::{ProbeCheck, ProbeReport};
use super::protocol::{
    Answer, Event, IndexEvent, IndexStart, Isolation, MAX_REQUEST_BYTES, ProbeTask, QueryTask,
    Question, Refusal, Start, VectorLine, VectorTask,
};
use super::sandbox::Sandbox;
use super::vectors::VectorFile;

/// Time between two lines of progress within a phase.
const PROGRESS_EVERY: Duration = Duration::from_millis(200);
/// Largest file that an index worker may write.
const SNAPSHOT_BYTES: u64 = 256 << 30;
/// Open files of a worker that reads few.
const FEW_FILES: u64 = 256;
/// Open files of an index worker.
const MANY_FILES: u64 = 4096;

/// Runs one index job.
pub(crate) fn index() -> anyhow::Result<()> {
    let start: IndexStart = first(&mut stdin())?;
    let job = start.task;
    let mut read = vec![job.source.clone()];
    read.extend(job.known_files.clone());
    read.extend(job.extensions_dir.clone());
    let base = job.base.iter().flat_map(|base| [&base.graph, &base.search, &base.facts]);
    read.extend(base.cloned());
    let sandbox = Sandbox {
        read,
        write: vec![job.output.clone()],
        memory_bytes: job.memory_bytes,
        file_bytes: SNAPSHOT_BYTES,
        open_files: MANY_FILES,
        isolation: start.isolation,
    };
    if let Err(error) = sandbox.enter() {
        return say(&IndexEvent::Error { code: "start".into(), message: error.to_string() });
    }
    let last: Cell<Option<(Phase, Instant)>> = Cell::new(None);
    let progress = |step: Progress| {
        let is_due = last
            .get()
            .is_none_or(|(phase, at)| phase != step.phase || at.elapsed() >= PROGRESS_EVERY);
        if is_due {
            last.set(Some((step.phase, Instant::now())));
            // A parent that is gone ends this process by the broken pipe at the next line anyway.
            let _ = say(&Event::<IndexOutcome>::Progress { progress: step });
        }
    };
    say(&match cg_index::index(&job, &progress) {
        Ok(outcome) => IndexEvent::Done { outcome },
        Err(error) => IndexEvent::Error { code: "failed".into(), message: error.to_string() },
    })
}

/// Answers questions to one snapshot until its input ends.
pub(crate) fn query() -> anyhow::Result<()> {
    let mut input = stdin();
    let start: Start<QueryTask> = first(&mut input)?;
    let QueryTask { files, options } = start.task;
    let mut read: Vec<_> = files.all().map(Path::to_path_buf).collect();
    read.extend(options.extensions_dir.clone());
    let reader = enter(read, options.memory_bytes, start.isolation).and_then(|()| {
        let opened = Reader::open(&files, &options);
        opened.map_err(|error| Refusal { code: "failed".into(), message: error.to_string() })
    });
    let reader = match reader {
        Ok(reader) => reader,
        Err(refusal) => return say(&Answer { id: 0, ok: None, error: Some(refusal) }),
    };
    say(&Answer { id: 0, ok: None, error: None })?;
    while let Some(question) = next::<Question>(&mut input)? {
        let answer = match reader.answer(&question.request) {
            Ok(response) => Answer { id: question.id, ok: Some(response), error: None },
            Err(error) => {
                let refusal = Refusal { code: error.code().into(), message: error.to_string() };
                Answer { id: question.id, ok: None, error: Some(refusal) }
            }
        };
        say(&answer)?;
    }
    Ok(())
}

/// Writes a file of vectors from the lines of its input.
pub(crate) fn vectors() -> anyhow::Result<()> {
    let mut input = stdin();
    let start: Start<VectorTask> = first(&mut input)?;
    let sandbox = Sandbox {
        read: Vec::new(),
        write: vec![start.task.output.clone()],
        memory_bytes: start.task.memory_bytes,
        file_bytes: SNAPSHOT_BYTES,
        open_files: FEW_FILES,
        isolation: start.isolation,
    };
    if let Err(error) = sandbox.enter() {
        return say(&Event::<VectorFile>::Error {
            code: "start".into(),
            message: error.to_string(),
        });
    }
    let mut broken = None;
    let rows = std::iter::from_fn(|| match next::<VectorLine>(&mut input) {
        Ok(line) => line.map(|line| (line.hash, line.vector)),
        Err(error) => {
            broken = Some(error);
            None
        }
    });
    let written = cg_index::write_vectors(&start.task.output, rows);
    if let Some(error) = broken {
        return Err(error);
    }
    say(&match written {
        Ok((file, vectors)) => {
            let outcome =
                VectorFile { path: file.path, blake3: file.blake3, bytes: file.bytes, vectors };
            Event::Done { outcome }
        }
        Err(error) => Event::Error { code: "failed".into(), message: error.to_string() },
    })
}

/// Enters the query worker's sandbox and tries to get out of it.
pub(crate) fn probe() -> anyhow::Result<()> {
    let start: Start<ProbeTask> = first(&mut stdin())?;
    let ProbeTask { allowed, forbidden } = start.task;
    let entered = enter(vec![allowed.clone()], super::probe::MEMORY_BYTES, start.isolation);
    if let Err(refusal) = entered {
        return say(&Event::<ProbeReport>::Error { code: refusal.code, message: refusal.message });
    }
    say(&Event::Done { outcome: ProbeReport { checks: attempts(&allowed, &forbidden) } })
}

/// What must fail, and two things that must not.
fn attempts(allowed: &Path, forbidden: &[PathBuf]) -> Vec<ProbeCheck> {
    fn fails<T>(name: &str, result: std::io::Result<T>) -> ProbeCheck {
        let detail = match &result {
            Ok(_) => "it worked".to_string(),
            Err(error) => error.to_string(),
        };
        ProbeCheck { name: name.into(), held: result.is_err(), detail }
    }
    fn works<T>(name: &str, result: std::io::Result<T>) -> ProbeCheck {
        let check = fails(name, result);
        ProbeCheck { held: !check.held, ..check }
    }
    let mut checks = vec![
        fails("open a socket", TcpListener::bind((Ipv4Addr::LOCALHOST, 0))),
        fails("start a program", super::spawn::start_true()),
        fails("signal its parent", signal_parent()),
        fails("read /etc/passwd", std::fs::read("/etc/passwd")),
        fails("list the root folder", std::fs::read_dir("/")),
        fails("write to its input", std::fs::OpenOptions::new().append(true).open(allowed)),
        fails("write to /tmp", std::fs::write("/tmp/codegraph-probe", "x")),
        works("read its input", std::fs::File::open(allowed)),
        works("start a thread", thread()),
    ];
    let files = forbidden.iter().enumerate();
    checks.extend(files.map(|(at, path)| {
        fails(&format!("read forbidden file {}", at + 1), std::fs::File::open(path))
    }));
    let names: Vec<String> = crate::environment::Environment::read()
        .texts()
        .filter(|(name, _)| *name != "LD_LIBRARY_PATH")
        .map(|(name, _)| name.to_owned())
        .collect();
    checks.push(ProbeCheck {
        name: "see the environment".into(),
        held: names.is_empty(),
        detail: names.join(" "),
    });
    checks
}

fn signal_parent() -> std::io::Result<()> {
    let parent = rustix::process::getppid().ok_or_else(|| std::io::Error::other("no parent"))?;
    Ok(rustix::process::test_kill_process(parent)?)
}

fn thread() -> std::io::Result<()> {
    let thread = std::thread::Builder::new().spawn(|| ())?;
    thread.join().map_err(|_| std::io::Error::other("the thread died"))
}

/// Enters a sandbox that can read some files and write nothing.
fn enter(read: Vec<PathBuf>, memory_bytes: u64, isolation: Isolation) -> Result<(), Refusal> {
    let sandbox = Sandbox {
        read,
        write: Vec::new(),
        memory_bytes,
        file_bytes: 0,
        open_files: FEW_FILES,
        isolation,
    };
    sandbox.enter().map_err(|error| Refusal { code: "start".into(), message: error.to_string() })
}

fn stdin() -> BufReader<StdinLock<'static>> {
    BufReader::new(std::io::stdin().lock())
}

/// The first line: the task.
fn first<T: DeserializeOwned>(input: &mut impl BufRead) -> anyhow::Result<T> {
    next(input)?.ok_or_else(|| {
        anyhow::anyhow!("a worker is started by codegraph itself and gets its task as a line")
    })
}

/// The next line; nothing at the end.
fn next<T: DeserializeOwned>(input: &mut impl BufRead) -> anyhow::Result<Option<T>> {
    let mut line = Vec::new();
    let limit = MAX_REQUEST_BYTES as u64 + 1;
    let read = input.take(limit).read_until(b'\n', &mut line)?;
    if read == 0 {
        return Ok(None);
    }
    anyhow::ensure!(read <= MAX_REQUEST_BYTES, "a line of more than {MAX_REQUEST_BYTES} bytes");
    Ok(Some(serde_json::from_slice(&line)?))
}

/// Writes a line.
fn say<T: Serialize>(value: &T) -> anyhow::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    let mut out = std::io::stdout().lock();
    out.write_all(&line)?;
    out.flush()?;
    Ok(())
}
