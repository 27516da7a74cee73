//! A small genuine bundle, made with the format's own writer, and ways to look at a folder tree.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use cg_bundle_format as format;
use format::{
    Algorithm, Alternative, Blob, Carriage, Check, ChunkSource, Component, CounterFloor, Digest,
    Encoding, Envelope, Front, ListBuilder, Manifest, Mode, Model, Need, NoteFacts, Origin,
    Placement, PlainPath, Purpose, Replaces, Role, RoleKeys, Root, RootChain, RootKey, Signatures,
    SignedRoot, SigningKey,
};

/// Bytes of a chunk in test bundles.
pub(crate) const CHUNK: u64 = 4096;

/// A stand-in for the product's program: it migrates, and its gate is good.
pub(crate) const GOOD_PROGRAM: &str = "#!/bin/sh\ncase \"$1\" in\ndb) echo migrated;;\ngate) echo 'sample: good';;\n*) exit 2;;\nesac\n";
/// The same, but its gate is bad.
pub(crate) const BAD_PROGRAM: &str = "#!/bin/sh\ncase \"$1\" in\ndb) echo migrated;;\n*) echo 'good  index: 6 methods'; echo 'BAD   query: no rows'; echo 'a log line' >&2; exit 1;;\nesac\n";

/// What is in the bundle.
#[derive(Clone)]
pub(crate) struct Recipe {
    pub(crate) version: &'static str,
    pub(crate) counter: u64,
    pub(crate) program: &'static str,
    pub(crate) volume_size: u64,
    pub(crate) root_seed: u8,
    pub(crate) arch: &'static str,
    pub(crate) disk_bytes: u64,
    pub(crate) model_bytes: usize,
    /// The library, compressed; where it is none it is noise, as it is.
    pub(crate) packed: Option<&'static [u8]>,
    /// Whether the volumes hold what is placed at a path; all of it where it is none.
    pub(crate) carries: Option<fn(&str) -> bool>,
    pub(crate) line: &'static str,
    /// Lines and versions that the release says it may replace.
    pub(crate) replaces: (&'static [&'static str], &'static [&'static str]),
    /// One entry for each root of the chain: the counter floors that it sets.
    pub(crate) roots: &'static [&'static [(&'static str, u64)]],
    pub(crate) product: &'static str,
    /// Changes the manifest before it is signed.
    pub(crate) bend: fn(&mut Manifest),
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            version: "1.0.0",
            counter: 7,
            program: GOOD_PROGRAM,
            volume_size: 48_000,
            root_seed: 1,
            arch: std::env::consts::ARCH,
            disk_bytes: 0,
            model_bytes: 5 * 4096 + 100,
            packed: None,
            carries: None,
            line: "1.0",
            replaces: (&[], &[]),
            roots: &[&[]],
            product: "codegraph",
            bend: |_| (),
        }
    }
}

/// A bundle on disk.
pub(crate) struct Bundle {
    pub(crate) volumes: Vec<PathBuf>,
    pub(crate) fingerprint: Digest,
    pub(crate) manifest: Manifest,
    /// Decoded bytes by placement path.
    pub(crate) contents: BTreeMap<String, Vec<u8>>,
}

struct Item {
    path: &'static str,
    bytes: Vec<u8>,
    role: Role,
    component: &'static str,
    mode: Mode,
    encoding: Encoding,
}

fn item(path: &'static str, bytes: impl Into<Vec<u8>>, role: Role) -> Item {
    Item {
        path,
        bytes: bytes.into(),
        role,
        component: "server",
        mode: Mode::Plain,
        encoding: Encoding::Identity,
    }
}

/// Bytes that do not repeat soon and do not compress.
pub(crate) fn noise(count: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..count).map(|_| next()).collect()
}

fn items(recipe: &Recipe) -> Vec<Item> {
    let mut all = vec![
        Item { mode: Mode::Executable, ..item("bin/codegraph", recipe.program, Role::Program) },
        Item {
            encoding: recipe.packed.map_or(Encoding::Identity, |_| Encoding::Zstd),
            ..item(
                "lib/libduckdb.so",
                recipe.packed.map_or_else(|| noise(3 * 4096 + 1, 3), <[u8]>::to_vec),
                Role::Library,
            )
        },
        Item {
            encoding: Encoding::Zstd,
            ..item(
                "config/config.yaml",
                "# a line of the configuration\n".repeat(2000),
                Role::Config,
            )
        },
        Item {
            component: "chat-model",
            ..item("models/tiny/model.gguf", noise(recipe.model_bytes, 5), Role::Model)
        },
        item("docs/empty.txt", "", Role::Doc),
        item("docs/README.md", "# Read me\n", Role::Doc),
    ];
    let unit = |path, text: &str| item(path, text, Role::Unit);
    all.extend([
        unit("units/codegraph.service", include_str!("../../../systemd/codegraph.service")),
        unit("units/codegraph-llm.service", include_str!("../../../systemd/codegraph-llm.service")),
        unit(
            "units/codegraph-registry.service",
            include_str!("../../../systemd/codegraph-registry.service"),
        ),
        unit("units/codegraph.target", include_str!("../../../systemd/codegraph.target")),
        unit("units/codegraph.sysusers", include_str!("../../../systemd/codegraph.sysusers")),
        unit("units/codegraph.tmpfiles", include_str!("../../../systemd/codegraph.tmpfiles")),
    ]);
    all
}

struct Memory(Vec<Vec<u8>>);

impl ChunkSource for Memory {
    fn pass(
        &self,
        blob: usize,
        chunk: u64,
        _: &mut Vec<u8>,
        take: format::Take<'_>,
    ) -> Result<(), format::Error> {
        let start = usize::try_from(chunk * CHUNK).unwrap();
        let end = (start + CHUNK as usize).min(self.0[blob].len());
        take(&self.0[blob][start..end])
    }
}

fn blob_of(item: &Item, stored: &[u8]) -> (Blob, Vec<u8>) {
    let mut list = ListBuilder::new(CHUNK);
    list.push(stored);
    let (stored_digest, stored_size, chunks) = list.finish();
    let blob = Blob {
        digest: Digest::of(&item.bytes),
        size: item.bytes.len() as u64,
        encoding: item.encoding,
        stored_digest,
        stored_size,
        chunk_size: CHUNK,
        chunk_list: Digest::of(&chunks),
        media_type: "application/octet-stream".to_owned(),
        role: item.role.clone(),
        component: item.component.to_owned(),
        need: if item.component == "server" { Need::Required } else { Need::Optional },
        carriage: Carriage::Carried,
        origin: Origin { source: "test".to_owned(), checked: "sha256".to_owned() },
    };
    (blob, chunks)
}

/// The keys of the root and of the release.
pub(crate) fn keys(recipe: &Recipe) -> (SigningKey, SigningKey) {
    let seed = recipe.root_seed;
    (SigningKey::from_seed(&[seed; 32]), SigningKey::from_seed(&[seed + 100; 32]))
}

/// The chain, and its newest root.
fn chain(recipe: &Recipe) -> (RootChain, Root) {
    let (root_key, release_key) = keys(recipe);
    let key = |key: &SigningKey| RootKey {
        key_id: key.public().id(),
        algorithm: Algorithm::Ed25519,
        public_key: key.public(),
    };
    let mut newest = Root {
        format: 1,
        critical: Vec::new(),
        product: recipe.product.to_owned(),
        version: 0,
        previous: None,
        issued: "2026-01-02T03:04:05Z".to_owned(),
        purpose: Purpose::Development,
        keys: vec![key(&root_key), key(&release_key)],
        root: RoleKeys { threshold: 1, keys: vec![root_key.public().id()] },
        release: RoleKeys { threshold: 1, keys: vec![release_key.public().id()] },
        counter_floors: Vec::new(),
    };
    let mut chain = RootChain::default();
    for floors in recipe.roots {
        let floor = |(line, counter): &(&str, u64)| CounterFloor {
            line: (*line).to_owned(),
            counter: *counter,
        };
        newest.version += 1;
        newest.previous = chain.fingerprint();
        newest.counter_floors = floors.iter().map(floor).collect();
        let root = newest.to_bytes();
        let signatures = Signatures::make(format::ROOT_PREFIX, &root, &[&root_key]).to_bytes();
        chain.roots.push(SignedRoot { root, signatures });
    }
    (chain, newest)
}

fn manifest(recipe: &Recipe, items: &[Item], blobs: Vec<Blob>, note: &str) -> Manifest {
    let component =
        |name: &str, need| Component { name: name.to_owned(), need, summary: String::new() };
    Manifest {
        format: 1,
        critical: Vec::new(),
        product: recipe.product.to_owned(),
        line: recipe.line.to_owned(),
        version: recipe.version.to_owned(),
        arch: recipe.arch.to_owned(),
        release_counter: recipe.counter,
        replaces: Replaces { lines: texts(recipe.replaces.0), versions: texts(recipe.replaces.1) },
        issued: "2026-02-03T04:05:06Z".to_owned(),
        advise_after: String::new(),
        minimum_installer: "0.1.0".to_owned(),
        migrates_from: Vec::new(),
        requires: Default::default(),
        alternatives: Vec::new(),
        format_note: Digest::of(note.as_bytes()),
        components: vec![
            component("server", Need::Required),
            component("chat-model", Need::Optional),
        ],
        front: vec![Front {
            path: PlainPath::new("docs/README.md").unwrap(),
            blob: Digest::of(b"# Read me\n"),
            mode: Mode::Plain,
        }],
        placements: items
            .iter()
            .map(|item| Placement {
                path: PlainPath::new(item.path).unwrap(),
                blob: Digest::of(&item.bytes),
                mode: item.mode,
                component: item.component.to_owned(),
            })
            .collect(),
        images: Vec::new(),
        artifacts: Vec::new(),
        models: vec![Model {
            id: "tiny".to_owned(),
            kind: "chat".to_owned(),
            format: "gguf".to_owned(),
            path: PlainPath::new("models/tiny/model.gguf").unwrap(),
            licence: "Apache-2.0".to_owned(),
            context: 8192,
            dimensions: 0,
            languages: Vec::new(),
            template: "gguf".to_owned(),
            memory_bytes: 1 << 20,
            component: "chat-model".to_owned(),
        }],
        sboms: Vec::new(),
        disk: vec![format::DiskNeed {
            phase: "generation".to_owned(),
            component: "server".to_owned(),
            bytes: recipe.disk_bytes,
        }],
        blobs,
    }
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

/// Writes a bundle into `folder`.
pub(crate) fn bundle(folder: &Path, recipe: &Recipe) -> Bundle {
    fs::create_dir_all(folder).unwrap();
    let items = items(recipe);
    let (mut blobs, mut stored, mut lists) = (Vec::new(), Vec::new(), Vec::new());
    for item in &items {
        let bytes = match item.encoding {
            Encoding::Identity => item.bytes.clone(),
            Encoding::Zstd => {
                let mut packed = Vec::new();
                format::compress(&mut item.bytes.as_slice(), &mut packed).unwrap();
                packed
            }
        };
        let (mut blob, chunks) = blob_of(item, &bytes);
        if recipe.carries.is_some_and(|carries| !carries(item.path)) {
            blob.carriage = Carriage::Expected;
        }
        blobs.push(blob);
        lists.extend(chunks);
        stored.push(bytes);
    }
    let (_, release_key) = keys(recipe);
    let (chain, root) = chain(recipe);
    let facts = NoteFacts {
        product: recipe.product,
        version: recipe.version,
        arch: recipe.arch,
        root: &root,
    };
    let note = format::format_note(&facts);
    let mut manifest = manifest(recipe, &items, blobs, &note);
    if recipe.carries.is_some() {
        // What does not travel cannot stand in front; whether the rest does makes no difference here.
        manifest.front.clear();
    }
    (recipe.bend)(&mut manifest);
    let manifest_bytes = manifest.to_bytes();
    let signatures = Signatures::make(format::RELEASE_PREFIX, &manifest_bytes, &[&release_key]);
    let envelope = Envelope {
        note: note.into_bytes(),
        roots: chain,
        manifest: manifest_bytes,
        checks: Check::all(&root, &signatures),
        signatures: signatures.to_bytes(),
        chunk_lists: lists,
    };
    let plan = format::plan_volumes(&manifest, &envelope, Some(recipe.volume_size)).unwrap();
    let job = format::WriteJob { manifest: &manifest, envelope: &envelope, plan: &plan, folder };
    let volumes = format::write_volumes(&job, &Memory(stored), &|_| ()).unwrap();
    assert!(volumes.len() > 1 || recipe.carries.is_some(), "test bundles have several volumes");
    let contents = items.iter().map(|item| (item.path.to_owned(), item.bytes.clone())).collect();
    Bundle { volumes, fingerprint: Digest::of(&root.to_bytes()), manifest, contents }
}

/// Two builds of the model server: for the processor the library's bytes, for a GPU the model's.
pub(crate) fn two_builds(manifest: &mut Manifest) {
    let blob =
        |path: &str| manifest.placements.iter().find(|p| p.path.as_str() == path).unwrap().clone();
    let builds = [("llm", blob("lib/libduckdb.so")), ("llm-cuda", blob("models/tiny/model.gguf"))];
    for (name, like) in builds {
        manifest.components.push(Component {
            name: name.to_owned(),
            need: Need::Optional,
            summary: String::new(),
        });
        let mut placement = like;
        placement.path = PlainPath::new("bin/codegraph-llm").unwrap();
        placement.component = name.to_owned();
        manifest.placements.push(placement);
    }
    manifest.alternatives.push(Alternative {
        component: "llm-cuda".to_owned(),
        instead_of: "llm".to_owned(),
        accelerator: "cuda".to_owned(),
        driver: "525.60.13".to_owned(),
        memory_bytes: 8_000_000_000,
    });
}

/// Every file below `folder` with its bytes, every link with its text, every folder: relative paths.
pub(crate) fn tree(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut todo = vec![folder.to_path_buf()];
    while let Some(here) = todo.pop() {
        let Ok(entries) = fs::read_dir(&here) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            let state = fs::symlink_metadata(&path).unwrap();
            let value = if state.is_symlink() {
                format!("link to {}", fs::read_link(&path).unwrap().display())
            } else if state.is_dir() {
                todo.push(path);
                "folder".to_owned()
            } else {
                format!("{:o} {}", state.mode() & 0o7777, Digest::of(&fs::read(&path).unwrap()))
            };
            found.insert(name, value);
        }
    }
    found
}

/// A folder for loops of hundreds of installations: in memory where the machine has such a place, because
/// each waits for the disk dozens of times. Programs may not be executable there.
pub(crate) fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}
