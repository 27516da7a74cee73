//! Index jobs: queue, runner, publishing.
