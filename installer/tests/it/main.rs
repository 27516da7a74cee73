//! The installer against real small bundles: what it promises, and who tries to get around it.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod attacks;
mod certificates;
mod components;
mod crash;
mod crash_repair;
mod crash_services;
mod crash_upgrade;
mod crates;
mod delta;
mod disk_full;
mod fixture;
mod gpu;
mod install;
mod machine;
mod media;
mod ordinary;
mod preflight;
mod quadlets;
mod refusal;
mod resume;
mod run;
mod services;
mod terminal;
mod trust;
mod uninstall;
mod uninstall_system;
mod units;
mod upgrade;
#[path = "../../../bundler/crates/cg-bundle-format/tests/it/ustar.rs"]
mod ustar;
