//! Rules of the house, checked over the list of tracked files.

mod files;
mod imports;
mod text;
