//! The installer: `facts -> plan (pure) -> apply`, on a host without any network.
//!
//! It opens no connection of any kind. Every change of the machine goes through [`host::Host`].

pub mod accelerator;
pub mod age;
pub mod apply;
pub mod audit;
pub mod bundle;
pub mod candidate;
pub mod certificates;
pub mod cli;
pub mod clock;
pub mod collect;
pub mod commands;
pub mod components;
pub mod countersign;
pub mod crates;
pub mod doctor;
pub mod draft;
pub mod error;
pub mod facts;
pub mod files;
pub mod generation;
pub mod host;
pub mod ingest;
pub mod inventory;
pub mod journal;
pub mod lock;
pub mod media;
pub mod permit;
pub mod plan;
pub mod preflight;
pub mod progress;
pub mod receipt;
pub mod repair;
pub mod rollback;
pub mod secrets;
pub mod settle;
pub mod sizes;
pub mod switch;
pub mod trust_policy;
pub mod trust_state;
pub mod uninstall;
pub mod units;
pub mod versions;
