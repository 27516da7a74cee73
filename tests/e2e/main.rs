//! Stories through the real programs.
