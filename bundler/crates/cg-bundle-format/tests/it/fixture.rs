//! Small bundles made through the public interface, and a tar writer of our own for hostile ones.

use std::path::{Path, PathBuf};

use cg_bundle_format::*;

pub(crate) use crate::ustar::{header, plain_header};

/// Keys from fixed seeds: the same in every run.
pub(crate) fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32])
}

/// A root for these keys and thresholds.
pub(crate) fn root(
    version: u64,
    previous: Option<Digest>,
    root_keys: (&[u8], u64),
    release_keys: (&[u8], u64),
) -> Root {
    let mut numbers: Vec<u8> = root_keys.0.iter().chain(release_keys.0).copied().collect();
    numbers.sort_unstable();
    numbers.dedup();
    let ids = |numbers: &[u8]| numbers.iter().map(|n| key(*n).public().id()).collect::<Vec<_>>();
    Root {
        format: 1,
        critical: vec![],
        product: "codegraph".into(),
        version,
        previous,
        issued: "2026-11-23T00:00:00Z".into(),
        purpose: Purpose::Development,
        keys: numbers
            .iter()
            .map(|n| RootKey {
                key_id: key(*n).public().id(),
                algorithm: Algorithm::Ed25519,
                public_key: key(*n).public(),
            })
            .collect(),
        root: RoleKeys { threshold: root_keys.1, keys: ids(root_keys.0) },
        release: RoleKeys { threshold: release_keys.1, keys: ids(release_keys.0) },
        counter_floors: vec![],
    }
}

/// Signs a root with these keys.
pub(crate) fn sign_root(root: &Root, signers: &[u8]) -> SignedRoot {
    let keys: Vec<SigningKey> = signers.iter().map(|n| key(*n)).collect();
    let bytes = root.to_bytes();
    let signatures =
        Signatures::make(ROOT_PREFIX, &bytes, &keys.iter().collect::<Vec<_>>()).to_bytes();
    SignedRoot { root: bytes, signatures }
}

/// Everything that a bundle is written from; tests bend it before `write`.
pub(crate) struct Fixture {
    pub(crate) manifest: Manifest,
    /// Replaces the manifest's own bytes.
    pub(crate) manifest_bytes: Option<Vec<u8>>,
    pub(crate) chain: RootChain,
    pub(crate) newest: Root,
    pub(crate) signers: Vec<u8>,
    /// Replaces the signatures of the signers.
    pub(crate) signatures: Option<Signatures>,
    pub(crate) stored: Vec<Vec<u8>>,
    pub(crate) lists: Vec<u8>,
    pub(crate) note: Vec<u8>,
}

/// One file of a fixture.
pub(crate) struct Content {
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) encoding: Encoding,
    pub(crate) front: bool,
}

impl ChunkSource for Fixture {
    fn pass(&self, blob: usize, chunk: u64, _: &mut Vec<u8>, take: Take<'_>) -> Result<(), Error> {
        let size = self.manifest.blobs[blob].chunk_size as usize;
        take(self.stored[blob].chunks(size).nth(chunk as usize).unwrap_or_default())
    }
}

impl Fixture {
    /// A bundle of `contents` with chunks of 4 KiB, signed by key 2 under a root of key 1.
    pub(crate) fn of(contents: &[Content]) -> Self {
        let newest = root(1, None, (&[1], 1), (&[2], 1));
        let chain = RootChain { roots: vec![sign_root(&newest, &[1])] };
        let note = format_note(&NoteFacts {
            product: "codegraph",
            version: "1.2.3",
            arch: "x86_64",
            root: &newest,
        })
        .into_bytes();
        let mut manifest = empty_manifest(Digest::of(&note));
        let (mut stored, mut lists) = (Vec::new(), Vec::new());
        for content in contents {
            let digest = Digest::of(&content.bytes);
            let path = PlainPath::new(&content.path).unwrap();
            manifest.placements.push(Placement {
                path: path.clone(),
                blob: digest,
                mode: Mode::Plain,
                component: "base".into(),
            });
            if manifest.blob(&digest).is_some() {
                continue;
            }
            let packed = match content.encoding {
                Encoding::Identity => content.bytes.clone(),
                Encoding::Zstd => {
                    let mut packed = Vec::new();
                    compress(&mut content.bytes.as_slice(), &mut packed).unwrap();
                    packed
                }
            };
            let mut list = ListBuilder::new(MIN_CHUNK_SIZE);
            list.push(&packed);
            let (stored_digest, stored_size, list) = list.finish();
            manifest.blobs.push(Blob {
                digest,
                size: content.bytes.len() as u64,
                encoding: content.encoding,
                stored_digest,
                stored_size,
                chunk_size: MIN_CHUNK_SIZE,
                chunk_list: Digest::of(&list),
                media_type: "application/vnd.codegraph.file.v1".into(),
                role: Role::File,
                component: "base".into(),
                need: Need::Required,
                carriage: Carriage::Carried,
                origin: Origin { source: content.path.clone(), checked: "none".into() },
            });
            if content.front {
                manifest.front.push(Front { path, blob: digest, mode: Mode::Executable });
            }
            stored.push(packed);
            lists.extend(list);
        }
        Self {
            manifest,
            manifest_bytes: None,
            chain,
            newest,
            signers: vec![2],
            signatures: None,
            stored,
            lists,
            note,
        }
    }

    /// Three files: one in front, one of several chunks, one compressed.
    pub(crate) fn small() -> Self {
        Self::of(&[
            Content {
                path: "codegraph-install".into(),
                bytes: noise(1, 9_000),
                encoding: Encoding::Identity,
                front: true,
            },
            Content {
                path: "models/m".into(),
                bytes: noise(2, 30_001),
                encoding: Encoding::Identity,
                front: false,
            },
            Content {
                path: "docs/text".into(),
                bytes: b"words ".repeat(50_000),
                encoding: Encoding::Zstd,
                front: false,
            },
        ])
    }

    pub(crate) fn manifest_bytes(&self) -> Vec<u8> {
        self.manifest_bytes.clone().unwrap_or_else(|| self.manifest.to_bytes())
    }

    pub(crate) fn envelope(&self) -> Envelope {
        let manifest = self.manifest_bytes();
        let keys: Vec<SigningKey> = self.signers.iter().map(|n| key(*n)).collect();
        let made = Signatures::make(RELEASE_PREFIX, &manifest, &keys.iter().collect::<Vec<_>>());
        let signatures = self.signatures.clone().unwrap_or(made);
        Envelope {
            note: self.note.clone(),
            roots: self.chain.clone(),
            checks: Check::all(&self.newest, &signatures),
            manifest,
            signatures: signatures.to_bytes(),
            chunk_lists: self.lists.clone(),
        }
    }

    /// Writes the volumes.
    pub(crate) fn write(&self, folder: &Path, volume_size: Option<u64>) -> Vec<PathBuf> {
        let envelope = self.envelope();
        let plan = plan_volumes(&self.manifest, &envelope, volume_size).unwrap();
        let job = WriteJob { manifest: &self.manifest, envelope: &envelope, plan: &plan, folder };
        write_volumes(&job, self, &|_| ()).unwrap()
    }

    /// Smallest volume size that gives several volumes.
    pub(crate) fn several(&self) -> Option<u64> {
        Some(self.envelope_bytes() + 22_000)
    }

    /// Bytes of the opening entries, as our own counting of tar blocks gives them.
    pub(crate) fn envelope_bytes(&self) -> u64 {
        let envelope = self.envelope();
        let block = |size: usize| 512 + size.next_multiple_of(512) as u64;
        let mut bytes = block(envelope.note.len()) + block(1) + block(envelope.manifest.len());
        bytes += block(envelope.signatures.len()) + block(envelope.chunk_lists.len());
        bytes += envelope
            .roots
            .roots
            .iter()
            .map(|r| block(r.root.len()) + block(r.signatures.len()))
            .sum::<u64>();
        bytes + envelope.checks.iter().map(|c| block(c.bytes.len())).sum::<u64>()
    }

    pub(crate) fn anchor(&self) -> TrustAnchor {
        TrustAnchor::Fingerprint(self.chain.fingerprint().unwrap())
    }
}

fn empty_manifest(format_note: Digest) -> Manifest {
    Manifest {
        format: 1,
        critical: vec![],
        product: "codegraph".into(),
        line: "1.2".into(),
        version: "1.2.3".into(),
        arch: "x86_64".into(),
        release_counter: 7,
        replaces: Replaces::default(),
        issued: "2026-11-23T00:00:00Z".into(),
        advise_after: String::new(),
        minimum_installer: "0.1.0".into(),
        migrates_from: vec![],
        requires: Default::default(),
        alternatives: Vec::new(),
        format_note,
        components: vec![Component {
            name: "base".into(),
            need: Need::Required,
            summary: String::new(),
        }],
        blobs: vec![],
        front: vec![],
        placements: vec![],
        images: vec![],
        artifacts: vec![],
        models: vec![],
        sboms: vec![],
        disk: vec![],
    }
}

/// Opens, verifies and reads everything.
pub(crate) fn read_all(paths: &[PathBuf], anchor: &TrustAnchor) -> Result<Payload, Error> {
    let payload = BundleReader::open(paths)?.verify_signature(anchor)?.scan()?;
    payload.verify_all(2, &|_| ())?;
    Ok(payload)
}

/// The refusal of a bundle that must be refused.
pub(crate) fn refusal(paths: &[PathBuf], anchor: &TrustAnchor) -> String {
    let error = read_all(paths, anchor).map(|_| ()).expect_err("this bundle must be refused");
    assert_eq!(error.exit_code(), 3, "{error}");
    error.to_string()
}

/// Bytes that do not compress and are the same in every run (splitmix64).
pub(crate) fn noise(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    (0..count.div_ceil(8)).flat_map(|_| next().to_le_bytes()).take(count).collect()
}

/// Where each entry of a volume begins, by its name, as plain tar arithmetic tells.
pub(crate) fn entries(volume: &[u8]) -> Vec<(String, usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while volume[at] != 0 {
        let name = volume[at..at + 100].split(|b| *b == 0).next().unwrap();
        let size = std::str::from_utf8(&volume[at + 124..at + 135]).unwrap();
        let size = usize::from_str_radix(size, 8).unwrap();
        found.push((String::from_utf8(name.to_vec()).unwrap(), at, size));
        at += 512 + size.next_multiple_of(512);
    }
    found
}
