//! The reader of events, and the client against answers on the wire.

mod sse;
mod stream;
