//! What was found in an image.

use serde::{Deserialize, Serialize};

/// The packages of one image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// What `os-release` says.
    pub os: Option<Os>,
    /// Sorted by kind, name, version and architecture.
    pub packages: Vec<Package>,
    /// What could not be read, in sentences.
    pub notes: Vec<String>,
}

/// The distribution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Os {
    /// `ID`, as `debian`.
    pub id: String,
    /// `VERSION_ID`; empty for a rolling one.
    pub version: String,
    /// `PRETTY_NAME`, for people.
    pub name: String,
}

/// An installed package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Package {
    /// Which database lists it.
    pub kind: PackageKind,
    /// Its name.
    pub name: String,
    /// As the database writes it; for rpm `VERSION-RELEASE` without the epoch.
    pub version: String,
    /// Its architecture.
    pub arch: String,
    /// rpm only; 0 where there is none.
    pub epoch: u64,
    /// The source package, where the database names one.
    pub source: String,
    /// As the database or the copyright file writes them.
    pub licences: Vec<String>,
}

/// A package database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PackageKind {
    /// Alpine.
    Apk,
    /// dpkg.
    Deb,
    /// rpm.
    Rpm,
    /// pip.
    Pypi,
    /// npm.
    Npm,
}
