//! A key folder: `root.key`, `release.key`, the root chain below `root/`, and `root.json`, a copy of the newest root.
//! In production the private keys lie elsewhere, and the folder holds only the chain.

use std::path::{Path, PathBuf};

use cg_bundle_format::{
    Algorithm, Digest, Limits, Purpose, RELEASE_PREFIX, ROOT_PREFIX, RoleKeys, Root, RootChain,
    RootKey, Signatures, SignedRoot, SigningKey,
};
use clap::Args;

use crate::error::Error;
use crate::keys::file;
use crate::keys::passphrase::PassphraseArgs;

const RELEASE_KEY: &str = "release.key";
const ROOT_KEY: &str = "root.key";

/// Which keys sign, and which root vouches for them.
#[derive(Debug, Clone, Args)]
pub(crate) struct KeyArgs {
    /// A key folder, or a private release key. Repeat it where the root demands several signatures.
    #[arg(long, value_name = "PATH", required_unless_present = "chain")]
    pub(crate) key: Vec<PathBuf>,
    /// The key folder with the root chain, where the keys do not lie in it.
    #[arg(long, value_name = "DIR")]
    pub(crate) chain: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) passphrases: PassphraseArgs,
}

/// What signing a release needs.
#[derive(Debug)]
pub(crate) struct Keyring {
    /// The release keys at hand; none where the signers are elsewhere.
    pub(crate) release: Vec<SigningKey>,
    pub(crate) chain: RootChain,
    /// The newest root.
    pub(crate) root: Root,
}

impl Keyring {
    /// Reads the chain and the release keys; enough of them must be there.
    pub(crate) fn read(args: &KeyArgs) -> Result<Self, Error> {
        let mut keyring = Self::chain_of(args)?;
        for (number, path) in args.key.iter().enumerate() {
            let path = if path.is_dir() { path.join(RELEASE_KEY) } else { path.clone() };
            let key = file::read(&path, &args.passphrases, number)?;
            let id = key.public().id();
            if !keyring.root.release.keys.contains(&id) {
                return Err(cg_bundle_format::Error::ForeignKey { key: id }.into());
            }
            if keyring.release.iter().any(|other| other.public() == key.public()) {
                return Err(Error::Usage(format!("{} is given twice", path.display())));
            }
            keyring.release.push(key);
        }
        let needed = keyring.root.release.threshold;
        if (keyring.release.len() as u64) < needed {
            return Err(Error::Usage(format!(
                "the root demands {needed} signatures by release keys, {} key is given; repeat --key, or use --unsigned and let the others `sign --request`",
                keyring.release.len()
            )));
        }
        Ok(keyring)
    }

    /// Reads the chain only: the signers are elsewhere.
    pub(crate) fn read_unsigned(args: &KeyArgs) -> Result<Self, Error> {
        Self::chain_of(args)
    }

    fn chain_of(args: &KeyArgs) -> Result<Self, Error> {
        let first = args.key.first().map_or(Path::new("."), PathBuf::as_path);
        let beside = if first.is_dir() { first } else { first.parent().unwrap_or(first) };
        let beside = if beside.as_os_str().is_empty() { Path::new(".") } else { beside };
        let folder = args.chain.as_deref().unwrap_or(beside);
        let chain = read_chain(folder)?;
        let root = newest(folder, &chain)?;
        Ok(Self { release: Vec::new(), chain, root })
    }

    /// Signs a release; where no key is at hand, keeps room for as many signatures as the root demands.
    pub(crate) fn sign_release(&self, bytes: &[u8]) -> Signatures {
        if self.release.is_empty() {
            let needed = usize::try_from(self.root.release.threshold).unwrap_or(usize::MAX);
            let keys: Vec<_> = self.root.release.keys.iter().take(needed).copied().collect();
            return Signatures::placeholder(&keys);
        }
        Signatures::make(RELEASE_PREFIX, bytes, &self.release.iter().collect::<Vec<_>>())
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

/// The newest root of the chain in a key folder.
pub(crate) fn newest(folder: &Path, chain: &RootChain) -> Result<Root, Error> {
    let newest = chain.roots.last().ok_or_else(|| {
        Error::Usage(format!(
            "{} holds no root chain (root/00001.json); make one with `root create`, or name its folder with --chain",
            folder.display()
        ))
    })?;
    Root::parse(&newest.root, &Limits::default())
        .map_err(|problem| Error::Config { file: folder.join("root"), problem })
}

/// The files of one version in the chain of a key folder.
pub(crate) fn chain_files(folder: &Path, version: u64) -> (PathBuf, PathBuf) {
    let root = folder.join("root");
    (root.join(format!("{version:05}.json")), root.join(format!("{version:05}.sig.json")))
}

/// Adds a root that is signed by all who must to the chain of a key folder.
pub(crate) fn append(folder: &Path, version: u64, signed: &SignedRoot) -> Result<(), Error> {
    let (root_file, signature_file) = chain_files(folder, version);
    let chain = folder.join("root");
    std::fs::create_dir_all(&chain).map_err(Error::io("cannot create", &chain))?;
    // The root itself last: a chain is as long as its roots.
    for (file, bytes) in [
        (&signature_file, &signed.signatures),
        (&root_file, &signed.root),
        (&folder.join("root.json"), &signed.root),
    ] {
        std::fs::write(file, bytes).map_err(Error::io("cannot write", file))?;
    }
    Ok(())
}

/// A key as a root lists it.
pub(crate) fn root_key(key: &cg_bundle_format::PublicKey) -> RootKey {
    RootKey { key_id: key.id(), algorithm: Algorithm::Ed25519, public_key: key.clone() }
}

/// Makes a key folder with one key for each role. Refuses a folder that holds keys.
pub(crate) fn create_development(folder: &Path, issued: String) -> Result<Digest, Error> {
    if folder.join(ROOT_KEY).exists() || folder.join(RELEASE_KEY).exists() {
        return Err(Error::Usage(format!(
            "{} holds keys already; choose another folder",
            folder.display()
        )));
    }
    let (root_key_pair, release_key) = (SigningKey::generate()?, SigningKey::generate()?);
    let role = |key: &SigningKey| RoleKeys { threshold: 1, keys: vec![key.public().id()] };
    let root = Root {
        format: cg_bundle_format::FORMAT_VERSION,
        critical: Vec::new(),
        product: "codegraph".to_owned(),
        version: 1,
        previous: None,
        issued,
        purpose: Purpose::Development,
        keys: vec![root_key(&root_key_pair.public()), root_key(&release_key.public())],
        root: role(&root_key_pair),
        release: role(&release_key),
        counter_floors: Vec::new(),
    };
    let bytes = root.to_bytes();
    let signatures = Signatures::make(ROOT_PREFIX, &bytes, &[&root_key_pair]).to_bytes();
    std::fs::create_dir_all(folder).map_err(Error::io("cannot create", folder))?;
    file::write_secret(&folder.join(ROOT_KEY), root_key_pair.to_pem().as_bytes())?;
    file::write_secret(&folder.join(RELEASE_KEY), release_key.to_pem().as_bytes())?;
    append(folder, 1, &SignedRoot { root: bytes.clone(), signatures })?;
    Ok(Digest::of(&bytes))
}
