//! A key folder: `root.key`, `release.key`, the root chain below `root/`, and `root.json`, a copy of the newest root.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use cg_bundle_format::{
    Algorithm, Digest, Limits, Purpose, ROOT_PREFIX, RoleKeys, Root, RootChain, RootKey,
    Signatures, SignedRoot, SigningKey,
};

use crate::error::Error;

const RELEASE_KEY: &str = "release.key";
const ROOT_KEY: &str = "root.key";

/// What signing a release needs.
#[derive(Debug)]
pub(crate) struct Keyring {
    pub(crate) release: SigningKey,
    pub(crate) chain: RootChain,
    /// The newest root.
    pub(crate) root: Root,
}

impl Keyring {
    /// Reads a key folder, or the folder of a release key.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let file = if path.is_dir() { path.join(RELEASE_KEY) } else { path.to_owned() };
        let folder = file.parent().unwrap_or(Path::new(".")).to_owned();
        let pem = std::fs::read_to_string(&file).map_err(Error::io("cannot read key", &file))?;
        let release = SigningKey::from_pem(&pem, &file.display().to_string())?;
        let chain = read_chain(&folder)?;
        let newest = chain.roots.last().ok_or_else(|| {
            Error::Usage(format!("{} holds no root chain (root/00001.json)", folder.display()))
        })?;
        let file = folder.join("root");
        let root = Root::parse(&newest.root, &Limits::default())
            .map_err(|problem| Error::Config { file, problem })?;
        let id = release.public().id();
        if !root.release.keys.contains(&id) {
            return Err(cg_bundle_format::Error::ForeignKey { key: id }.into());
        }
        Ok(Self { release, chain, root })
    }
}

/// Reads `root/00001.json`, `root/00001.sig.json`, … of a key folder.
pub(crate) fn read_chain(folder: &Path) -> Result<RootChain, Error> {
    let mut chain = RootChain::default();
    for version in 1..=Limits::default().roots {
        let (root, signatures) = chain_files(folder, u64::from(version));
        if !root.exists() {
            break;
        }
        let read = |path: &Path| std::fs::read(path).map_err(Error::io("cannot read", path));
        chain.roots.push(SignedRoot { root: read(&root)?, signatures: read(&signatures)? });
    }
    Ok(chain)
}

fn chain_files(folder: &Path, version: u64) -> (PathBuf, PathBuf) {
    let root = folder.join("root");
    (root.join(format!("{version:05}.json")), root.join(format!("{version:05}.sig.json")))
}

/// Makes a key folder with one key for each role. Refuses a folder that holds keys.
pub(crate) fn create_development(folder: &Path, issued: String) -> Result<Digest, Error> {
    if folder.join(ROOT_KEY).exists() || folder.join(RELEASE_KEY).exists() {
        return Err(Error::Usage(format!(
            "{} holds keys already; choose another folder",
            folder.display()
        )));
    }
    let (root_key, release_key) = (SigningKey::generate()?, SigningKey::generate()?);
    let key = |key: &SigningKey| RootKey {
        key_id: key.public().id(),
        algorithm: Algorithm::Ed25519,
        public_key: key.public(),
    };
    let role = |key: &SigningKey| RoleKeys { threshold: 1, keys: vec![key.public().id()] };
    let root = Root {
        format: cg_bundle_format::FORMAT_VERSION,
        critical: Vec::new(),
        product: "codegraph".to_owned(),
        version: 1,
        previous: None,
        issued,
        purpose: Purpose::Development,
        keys: vec![key(&root_key), key(&release_key)],
        root: role(&root_key),
        release: role(&release_key),
        counter_floors: Vec::new(),
    };
    let bytes = root.to_bytes();
    let signatures = Signatures::make(ROOT_PREFIX, &bytes, &[&root_key]).to_bytes();
    let (root_file, signature_file) = chain_files(folder, 1);
    let chain = folder.join("root");
    std::fs::create_dir_all(&chain).map_err(Error::io("cannot create", &chain))?;
    write_secret(&folder.join(ROOT_KEY), root_key.to_pem().as_bytes())?;
    write_secret(&folder.join(RELEASE_KEY), release_key.to_pem().as_bytes())?;
    for (file, bytes) in
        [(&root_file, &bytes), (&signature_file, &signatures), (&folder.join("root.json"), &bytes)]
    {
        std::fs::write(file, bytes).map_err(Error::io("cannot write", file))?;
    }
    Ok(Digest::of(&bytes))
}

fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(bytes)).map_err(Error::io("cannot write", path))
}
