//! Looking at inputs: each is hashed (or remembered), and stands in the lock once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cg_bundle_format::Digest;
use rayon::prelude::*;

use crate::cache::Cache;
use crate::config::{Config, ImageEntry, Loaded};
use crate::error::Error;
use crate::hashes::Facts;
use crate::lock::{Input, Kind, Lock};
use crate::memo::Memo;
use crate::source::Door;
use crate::vars::Vars;

/// What every source needs.
pub(crate) struct Context<'a> {
    pub(crate) config: &'a Loaded<Config>,
    pub(crate) vars: &'a Vars,
    pub(crate) cache: &'a Cache,
    pub(crate) memo: &'a Memo,
    /// The network; `None` where it must not be touched.
    pub(crate) door: Option<&'a Door<'a>>,
    /// What is pinned already.
    pub(crate) pinned: Option<&'a Lock>,
}

/// Collects the inputs on the way.
pub(crate) struct Finding<'a> {
    pub(crate) context: &'a Context<'a>,
    inputs: BTreeMap<(Kind, String), Input>,
}

impl<'a> Finding<'a> {
    pub(crate) fn new(context: &'a Context<'a>) -> Self {
        Self { context, inputs: BTreeMap::new() }
    }

    /// Sorted by kind and name.
    pub(crate) fn into_inputs(self) -> Vec<Input> {
        self.inputs.into_values().collect()
    }

    /// A path of `bundle.yaml`.
    pub(crate) fn path(&self, text: &str) -> Result<PathBuf, Error> {
        self.context.config.path(text, self.context.vars)
    }

    /// An error that names `bundle.yaml`.
    pub(crate) fn problem(&self, problem: impl Into<String>) -> Error {
        self.context.config.problem(problem)
    }

    /// The platform that an image must be for.
    pub(crate) fn platform(&self, entry: &ImageEntry) -> String {
        let arch = match self.context.config.value.arch.as_str() {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        entry.platform.clone().unwrap_or_else(|| format!("linux/{arch}"))
    }

    /// Notes a file that was read as configuration.
    pub(crate) fn definition<T>(&mut self, name: &str, loaded: &Loaded<T>) {
        let facts = Facts { digest: loaded.digest, size: loaded.size };
        self.note(Kind::Definition, name, facts, BTreeMap::new());
    }

    /// Hashes a file and notes it.
    pub(crate) fn look(&mut self, kind: Kind, name: &str, path: &Path) -> Result<Facts, Error> {
        let facts = self.context.memo.look(path)?;
        self.note(kind, name, facts, BTreeMap::new());
        Ok(facts)
    }

    /// Hashes files on all cores and notes them.
    pub(crate) fn look_all(
        &mut self,
        kind: Kind,
        files: &[(String, PathBuf)],
    ) -> Result<Vec<Facts>, Error> {
        let memo = self.context.memo;
        let all: Vec<Facts> =
            files.par_iter().map(|(_, path)| memo.look(path)).collect::<Result<_, _>>()?;
        for ((name, _), facts) in files.iter().zip(&all) {
            self.note(kind, name, *facts, BTreeMap::new());
        }
        Ok(all)
    }

    /// Notes an input.
    pub(crate) fn note(
        &mut self,
        kind: Kind,
        name: &str,
        found: Facts,
        facts: BTreeMap<String, String>,
    ) {
        let Facts { digest, size } = found;
        let input = Input { kind, name: name.to_owned(), digest, size, facts };
        self.inputs.insert((kind, name.to_owned()), input);
    }

    /// Adds what was read in the input's header.
    pub(crate) fn remark(&mut self, kind: Kind, name: &str, facts: BTreeMap<String, String>) {
        if let Some(input) = self.inputs.get_mut(&(kind, name.to_owned())) {
            input.facts = facts;
        }
    }

    /// A blob that must be in the cache by now.
    pub(crate) fn cached(&self, what: &str, digest: &Digest) -> Result<PathBuf, Error> {
        self.context.cache.get(digest).ok_or_else(|| {
            self.problem(format!(
                "{what} ({digest}) is not in the cache {}; run `codegraph-bundle lock` where there is a network",
                self.context.cache.folder().display()
            ))
        })
    }
}
