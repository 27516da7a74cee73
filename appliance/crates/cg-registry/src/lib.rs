//! The images of an installed release, for podman and Kubernetes: the pull half of the OCI
//! Distribution Specification 1.1, straight over an OCI image layout, so that no image is stored
//! twice. Knows no users, no secrets and no configuration of the appliance; nothing can be written
//! through it. A security border: whoever reaches it reads what the layout's index names, no more.

mod answer;
mod body;
mod catalogue;
mod digest;
mod document;
mod error;
mod layout;
mod loaded;
mod names;
mod range;
mod refusal;
mod route;
mod server;
mod tls;

pub use catalogue::{Catalogue, Listed, Listing};
pub use digest::Digest;
pub use error::Error;
pub use layout::Layout;
pub use loaded::Registry;
pub use server::{Bound, Options, TlsOptions, bind};
