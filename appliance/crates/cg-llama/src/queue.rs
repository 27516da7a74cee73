//! The bounded queue between those who submit and the engine's thread.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::slot::Job;

/// How an attempt to enqueue ended.
pub(crate) enum Push {
    Accepted,
    /// Jobs that wait, and the tokens they may still cost.
    Full {
        waiting: usize,
        tokens: u64,
    },
    Ended,
}

/// Jobs that wait for a slot.
pub(crate) struct Queue {
    limit: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    ended: bool,
}

impl Queue {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Adds a job unless `limit` jobs whose readers are still there wait already.
    pub(crate) fn push(&self, job: Job) -> Push {
        let mut state = self.lock();
        if state.ended {
            return Push::Ended;
        }
        if state.jobs.len() >= self.limit {
            state.jobs.retain(|job| !job.out.is_closed());
        }
        if state.jobs.len() >= self.limit {
            let tokens =
                state.jobs.iter().map(|j| j.tokens.len() as u64 + u64::from(j.max_tokens)).sum();
            return Push::Full { waiting: state.jobs.len(), tokens };
        }
        state.jobs.push_back(job);
        self.changed.notify_one();
        Push::Accepted
    }

    /// The oldest job whose reader is still there.
    pub(crate) fn pop(&self) -> Option<Job> {
        let mut state = self.lock();
        std::iter::from_fn(|| state.jobs.pop_front()).find(|job| !job.out.is_closed())
    }

    /// Waits until a job is there; false when the queue was ended.
    pub(crate) fn wait(&self) -> bool {
        let mut state = self.lock();
        while state.jobs.is_empty() && !state.ended {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        !state.ended
    }

    /// Waits a moment, less when a job arrives; false when the queue was ended.
    pub(crate) fn wait_at_most(&self, time: Duration) -> bool {
        let state = self.lock();
        if state.ended {
            return false;
        }
        let (state, _) =
            self.changed.wait_timeout(state, time).unwrap_or_else(PoisonError::into_inner);
        !state.ended
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.lock().ended
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().jobs.len()
    }

    /// Refuses everything from now on and drops what waits, which closes its readers.
    pub(crate) fn end(&self) {
        let mut state = self.lock();
        state.ended = true;
        state.jobs.clear();
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
