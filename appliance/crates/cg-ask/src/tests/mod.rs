//! The whole use case with a snapshot and a model made by hand, and its pure parts.

mod answer;
mod fakes;
mod parts;
