//! What cg-pgq promises: hand-worked translations, refusals with a place, text left alone.

mod properties;
mod refusals;
mod schema;
mod translations;
