//! What the bundle format promises, tried at its border: whole volumes in, answers or refusals out.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

mod attach;
mod attacks;
mod damage;
mod entries;
mod fixture;
mod forgery;
mod hint;
mod large;
mod manifest;
mod openssl;
mod round_trip;
mod trust;
mod ustar;
