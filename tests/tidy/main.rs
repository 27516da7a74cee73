//! Rules of the house, checked over the list of tracked files.

mod attacks;
mod files;
mod imports;
mod text;
