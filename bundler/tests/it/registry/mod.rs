//! A real registry on loopback with TLS by an own CA, images pushed to it by skopeo, and a proxy that counts.

#![allow(dead_code, unused_imports, reason = "each test takes what it needs")]

mod cosign;
mod layout;
mod proxy;
mod server;
mod web;

pub(crate) use cosign::{Signing, keys, sign};
pub(crate) use layout::Layout;
pub(crate) use proxy::Proxy;
pub(crate) use server::{Auth, Server, base64, openssl, skopeo};
pub(crate) use web::{Answer, Web};
