//! The containers auth file: which credentials belong to which registry or namespace.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use oci_client::Reference;
use oci_client::secrets::RegistryAuth;
use serde::Deserialize;

use crate::error::Error;
use crate::vars::lookup;

#[cfg(test)]
mod tests;

/// Largest auth file in bytes.
const MOST_BYTES: u64 = 1 << 20;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AuthFile {
    #[serde(default)]
    auths: BTreeMap<String, Entry>,
    #[serde(default)]
    cred_helpers: BTreeMap<String, String>,
    #[serde(default)]
    creds_store: String,
}

#[derive(Default, Deserialize)]
struct Entry {
    #[serde(default)]
    auth: String,
    #[serde(default)]
    identitytoken: String,
    #[serde(default)]
    registrytoken: String,
}

/// Auth files in the order in which they are asked.
pub(crate) struct Credentials {
    files: Vec<(PathBuf, AuthFile)>,
}

impl Credentials {
    /// `$REGISTRY_AUTH_FILE` alone, or else the usual places that exist.
    pub(crate) fn from_environment() -> Result<Self, Error> {
        if let Some(file) = lookup("REGISTRY_AUTH_FILE") {
            return Self::read([PathBuf::from(file)]);
        }
        let home = lookup("HOME").map(PathBuf::from);
        let below = |base: Option<PathBuf>, rest: &str| base.map(|base| base.join(rest));
        let config =
            lookup("XDG_CONFIG_HOME").map(PathBuf::from).or_else(|| below(home.clone(), ".config"));
        let docker = lookup("DOCKER_CONFIG").map(PathBuf::from).or_else(|| below(home, ".docker"));
        let own = format!("/run/containers/{}/auth.json", rustix::process::getuid().as_raw());
        let runtime = lookup("XDG_RUNTIME_DIR").map(PathBuf::from);
        let places = [
            Some(PathBuf::from(own)),
            below(runtime, "containers/auth.json"),
            below(config, "containers/auth.json"),
            below(docker, "config.json"),
        ];
        Self::read(places.into_iter().flatten().filter(|file| file.is_file()))
    }

    /// These files.
    pub(crate) fn read(files: impl IntoIterator<Item = PathBuf>) -> Result<Self, Error> {
        let files = files.into_iter().map(|file| Ok((file.clone(), read(&file)?)));
        Ok(Self { files: files.collect::<Result<_, Error>>()? })
    }

    /// The entry with the longest matching key; anonymous where there is none.
    pub(crate) fn of(&self, image: &Reference) -> Result<RegistryAuth, Error> {
        let keys = keys(image);
        for (path, file) in &self.files {
            let matching = |key: &String| {
                file.auths.iter().find(|(name, _)| normal(name) == *key).map(|(_, entry)| entry)
            };
            if let Some(auth) = keys.iter().find_map(matching).map(|entry| decode(path, entry)) {
                match auth? {
                    RegistryAuth::Anonymous => {}
                    auth => return Ok(auth),
                }
            }
            let helper = keys.iter().find_map(|key| file.cred_helpers.get(key));
            // Where a store is set, an entry without credentials says that it has them.
            let listed = keys.iter().any(|key| matching(key).is_some());
            let store = Some(&file.creds_store).filter(|name| listed && !name.is_empty());
            if let Some(helper) = helper.or(store) {
                return Err(problem(
                    path,
                    &format!(
                        "the credentials for {} are kept by the helper {helper:?}, which is not asked; log in with `skopeo login --authfile FILE {}` and set REGISTRY_AUTH_FILE=FILE",
                        image.registry(),
                        image.registry()
                    ),
                ));
            }
        }
        Ok(RegistryAuth::Anonymous)
    }
}

/// `registry/a/b`, `registry/a`, `registry`; Docker Hub also by its old names.
fn keys(image: &Reference) -> Vec<String> {
    let mut keys = Vec::new();
    let mut key = format!("{}/{}", image.registry(), image.repository());
    loop {
        keys.push(key.clone());
        let Some((parent, _)) = key.rsplit_once('/') else { break };
        key = parent.to_owned();
    }
    if image.registry() == "docker.io" {
        keys.extend(["index.docker.io", "registry-1.docker.io"].map(str::to_owned));
    }
    keys
}

/// Old files hold addresses, as `https://index.docker.io/v1/`.
fn normal(key: &str) -> String {
    match key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")) {
        Some(rest) => rest.split('/').next().unwrap_or(rest).to_owned(),
        None => key.trim_end_matches('/').to_owned(),
    }
}

fn decode(path: &Path, entry: &Entry) -> Result<RegistryAuth, Error> {
    if !entry.registrytoken.is_empty() {
        return Ok(RegistryAuth::Bearer(entry.registrytoken.clone()));
    }
    if !entry.identitytoken.is_empty() {
        return Err(problem(
            path,
            "an identity token cannot be used; log in with a password or an access token",
        ));
    }
    if entry.auth.is_empty() {
        return Ok(RegistryAuth::Anonymous);
    }
    let text =
        STANDARD.decode(entry.auth.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let pair = text.as_deref().and_then(|text| text.split_once(':'));
    let (user, password) = pair
        .ok_or_else(|| problem(path, "an `auth` entry is not the base64 form of user:password"))?;
    Ok(RegistryAuth::Basic(user.to_owned(), password.trim_end_matches('\0').to_owned()))
}

fn read(file: &Path) -> Result<AuthFile, Error> {
    let size = std::fs::metadata(file).map_err(Error::io("cannot read", file))?.len();
    if size > MOST_BYTES {
        return Err(problem(file, "too large for an auth file"));
    }
    let bytes = std::fs::read(file).map_err(Error::io("cannot read", file))?;
    // A parser's message may quote what it read; secrets must not get into it.
    serde_json::from_slice(&bytes).map_err(|e| {
        problem(
            file,
            &format!("not the JSON of an auth file (line {}, column {})", e.line(), e.column()),
        )
    })
}

fn problem(file: &Path, problem: &str) -> Error {
    Error::Config { file: file.to_owned(), problem: problem.to_owned() }
}
