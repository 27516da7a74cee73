//! What `lock`, `update` and `build` begin with: configuration, cache, lock, and the inputs that were found.

use std::path::PathBuf;

use crate::cache::Cache;
use crate::cli::Inputs;
use crate::collect::{Collected, collect};
use crate::commands::Form;
use crate::config::{Config, Loaded};
use crate::error::Error;
use crate::lock::{self, Change, Lock};
use crate::memo::Memo;
use crate::progress;
use crate::source::{Context, Door};
use crate::vars::Vars;

/// Most changes that an error names.
const MOST_NAMED: usize = 10;

/// Everything that is the same for all three commands.
pub(crate) struct Intake {
    pub(crate) config: Loaded<Config>,
    pub(crate) vars: Vars,
    pub(crate) cache: Cache,
    pub(crate) memo: Memo,
    lock_file: PathBuf,
    ca: Option<PathBuf>,
    form: Form,
}

/// Inputs that agree with a lock.
pub(crate) struct Settled {
    pub(crate) lock: Lock,
    pub(crate) collected: Collected,
    /// What moved since the lock that was there before; empty where there was none.
    pub(crate) changes: Vec<Change>,
    /// There was no lock, or it said something else.
    pub(crate) new: bool,
}

impl Intake {
    /// Reads the configuration and opens the cache.
    pub(crate) fn open(args: &Inputs, form: Form) -> Result<Self, Error> {
        let vars = Vars::from_arguments(&args.set)?;
        let config = Loaded::<Config>::read(&args.config)?;
        if config.value.format != 1 {
            return Err(config.problem(format!("format {} is not 1", config.value.format)));
        }
        let cache = Cache::open(args.cache.as_deref())?;
        let memo = Memo::open(cache.folder())?;
        let lock_file = match &args.lock {
            Some(file) => file.clone(),
            None => args.config.with_extension("lock"),
        };
        Ok(Self { config, vars, cache, memo, lock_file, ca: args.ca.clone(), form })
    }

    /// Takes the inputs that the lock names, without the network, or fails naming those that moved.
    pub(crate) fn locked(&mut self) -> Result<Settled, Error> {
        let file = self.lock_file.display().to_string();
        let lock = Lock::read(&self.lock_file)?.ok_or_else(|| {
            Error::Usage(format!("{file} does not exist; make it with `codegraph-bundle lock`"))
        })?;
        if lock.config != self.config.digest {
            return Err(Error::Moved {
                lock: self.lock_file.clone(),
                problem: format!("{} changed since it was made", self.config.file.display()),
            });
        }
        let collected = self.find(None, Some(&lock))?;
        let changes = lock::changes(&lock.inputs, &collected.inputs);
        if !changes.is_empty() {
            let more = changes.len().saturating_sub(MOST_NAMED);
            let mut lines: Vec<String> =
                changes.iter().take(MOST_NAMED).map(ToString::to_string).collect();
            if more > 0 {
                lines.push(format!("and {more} more"));
            }
            let problem = format!("inputs moved since it was made:\n  {}\n", lines.join("\n  "));
            return Err(Error::Moved { lock: self.lock_file.clone(), problem });
        }
        self.settle(Settled { lock, collected, changes, new: false })
    }

    /// Finds all inputs, from the network where that is needed. What a lock pins stays, unless `fresh`.
    pub(crate) fn find_all(&mut self, fresh: bool) -> Result<Settled, Error> {
        let prior = Lock::read(&self.lock_file)?;
        let report = progress::reporter(self.form == Form::Json);
        let door = Door::new(self.ca.clone(), &*report);
        let collected = self.find(Some(&door), prior.as_ref().filter(|_| !fresh))?;
        let lock = Lock::of(&self.config.value, self.config.digest, &collected, prior.as_ref())?;
        let changes = prior
            .as_ref()
            .map_or_else(Vec::new, |prior| lock::changes(&prior.inputs, &lock.inputs));
        let new = prior.as_ref() != Some(&lock);
        self.settle(Settled { lock, collected, changes, new })
    }

    /// [`Intake::find_all`], and the lock is written where it is new. Says so.
    pub(crate) fn current(&mut self) -> Result<Settled, Error> {
        let before = self.lock_file.exists();
        let settled = self.find_all(false)?;
        if settled.new {
            let file = self.lock_file.display();
            if before {
                eprintln!("note: {file} is written anew:");
                self.say(&settled.changes);
            } else {
                eprintln!("note: {file} did not exist and is written");
            }
            settled.lock.write(&self.lock_file)?;
        }
        Ok(settled)
    }

    /// Where the lock lies.
    pub(crate) fn lock_file(&self) -> &std::path::Path {
        &self.lock_file
    }

    fn say(&self, changes: &[Change]) {
        if changes.is_empty() {
            eprintln!(
                "  {} or what it stands for changed, the inputs did not",
                self.config.file.display()
            );
        }
        for change in changes.iter().take(MOST_NAMED) {
            eprintln!("  {change}");
        }
        if changes.len() > MOST_NAMED {
            eprintln!("  and {} more", changes.len() - MOST_NAMED);
        }
    }

    fn find(&self, door: Option<&Door<'_>>, pinned: Option<&Lock>) -> Result<Collected, Error> {
        let context = Context {
            config: &self.config,
            vars: &self.vars,
            cache: &self.cache,
            memo: &self.memo,
            door,
            pinned,
        };
        let collected = collect(&context);
        self.memo.save();
        collected
    }

    /// From here on the lock's time and counter are the configuration's.
    fn settle(&mut self, settled: Settled) -> Result<Settled, Error> {
        self.config.value.issued.clone_from(&settled.lock.issued);
        self.config.value.release_counter = settled.lock.release_counter;
        Ok(settled)
    }
}
