//! The installer against real small bundles: what it promises, and who tries to get around it.

mod crash;
mod fixture;
mod install;
mod refusal;
mod run;
mod uninstall;
mod units;
