//! What the bundle format promises, tried at its border: whole volumes in, answers or refusals out.

mod damage;
mod entries;
mod fixture;
mod large;
mod manifest;
mod openssl;
mod round_trip;
mod trust;
