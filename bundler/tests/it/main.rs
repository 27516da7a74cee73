//! The program as its users meet it: a folder of inputs, commands, exit codes, volumes.

mod fixture;
mod image;
mod story;
