//! Linking of small repositories whose true call edges were worked out by hand.

mod c;
mod cpp;
mod fixture;
mod go;
mod java;
mod javascript;
mod order;
mod python;
mod rust;
