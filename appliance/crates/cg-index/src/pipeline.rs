//! Analyses files in parallel and hands the results over in the order of file keys.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Sender, unbounded};

use crate::IndexError;
use crate::budget::{Budget, Permit};
use crate::keys::Keyed;
use crate::source::{Analyzed, analyze};

/// Stack of an analysing thread: generous, though all walks are iterative.
const STACK: usize = 16 << 20;

/// A run over files.
pub(crate) struct Run<'a> {
    pub(crate) root: &'a Path,
    /// In the order of keys.
    pub(crate) files: &'a [Keyed],
    pub(crate) limits: &'a cg_cpg::Limits,
    pub(crate) threads: usize,
    /// Bytes of source in flight.
    pub(crate) budget: u64,
}

struct Done {
    index: usize,
    result: Analyzed,
    permit: Arc<Permit>,
}

impl Run<'_> {
    /// Calls `sink` once for each file, in order, on this thread.
    pub(crate) fn each(
        &self,
        mut sink: impl FnMut(&Keyed, Analyzed) -> Result<(), IndexError>,
    ) -> Result<(), IndexError> {
        let budget = Budget::new(self.budget);
        // Taking a number and its permit is one step, so that permits are given in order.
        let next = Mutex::new(0);
        let stop = AtomicBool::new(false);
        // Bounded by the budget.
        let (sender, receiver) = unbounded();
        std::thread::scope(|scope| {
            for number in 0..self.threads.max(1) {
                let sender = sender.clone();
                let (next, stop, budget) = (&next, &stop, &budget);
                std::thread::Builder::new()
                    .name(format!("analyze-{number}"))
                    .stack_size(STACK)
                    .spawn_scoped(scope, move || self.work(next, stop, budget, &sender))
                    .map_err(|error| IndexError::Thread(error.to_string()))?;
            }
            drop(sender);
            let mut waiting: BTreeMap<usize, Done> = BTreeMap::new();
            let mut expected = 0;
            for done in receiver {
                waiting.insert(done.index, done);
                while let Some(done) = waiting.remove(&expected) {
                    expected += 1;
                    if let Err(error) = sink(&self.files[done.index], held(done)) {
                        // Frees what the threads wait for, and ends them.
                        stop.store(true, Ordering::Relaxed);
                        waiting.clear();
                        return Err(error);
                    }
                }
            }
            if expected == self.files.len() {
                Ok(())
            } else {
                Err(IndexError::Thread("an analysing thread died".into()))
            }
        })
    }

    fn work(
        &self,
        next: &Mutex<usize>,
        stop: &AtomicBool,
        budget: &Arc<Budget>,
        sender: &Sender<Done>,
    ) {
        loop {
            let (index, permit) = {
                let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
                let index = *next;
                if index >= self.files.len() || stop.load(Ordering::Relaxed) {
                    return;
                }
                *next += 1;
                (index, Arc::new(budget.take(self.files[index].file.bytes)))
            };
            let result = analyze(self.root, &self.files[index], self.limits);
            if sender.send(Done { index, result, permit }).is_err() {
                return;
            }
        }
    }
}

/// The rows keep the permit until they are with their tables' writers.
fn held(done: Done) -> Analyzed {
    let mut result = done.result;
    if let Analyzed::Rows(made) = &mut result {
        let token: Arc<dyn std::any::Any + Send + Sync> = done.permit;
        made.rows.hold(&token);
    }
    result
}
