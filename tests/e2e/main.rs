//! Stories through the real programs, as `make build` leaves them.

mod harness;
mod hostile;
mod interrupted;
