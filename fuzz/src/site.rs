//! What a site's people bring to a host beside the volumes: countersignatures with the keys that a host pins,
//! downgrade permits, requests for a top-up.

use std::fs;
use std::path::PathBuf;

use cg_bundle_format::{
    BundleReader, DowngradePermit, KeyId, Limits, PERMIT_PREFIX, PublicKey, Request, Signatures,
    SignedPermit, SigningKey, TrustAnchor, TrustedRoot, VerifiedRelease,
};
use codegraph_install::host::HostPaths;
use codegraph_install::{countersign, permit as host_permit};

use crate::genuine::{RELEASE_SEED, VOLUME};
use crate::targets::{file, folder};

/// A request for a top-up, as the packager gets it from a host.
pub fn request(data: &[u8]) {
    let limits = Limits::default();
    if let Ok(request) = Request::parse(data, &limits) {
        assert!(!request.blobs.is_empty());
        assert_eq!(Request::parse(&request.to_bytes(), &limits), Ok(request));
    }
}

/// A downgrade permit: a file as it comes, or a text that a release key has signed.
pub fn permit(data: &[u8]) {
    SITE.with(|site| site.permit(data));
}

/// Pinned keys, a threshold and countersignatures: five parts with a zero byte between them, as the files of a host
/// (two keys, `threshold`) and of its media (a file that was named, one beside the volumes).
pub fn countersignature(data: &[u8]) {
    SITE.with(|site| site.countersignature(data));
}

/// A host and its media.
struct Site {
    folder: tempfile::TempDir,
    paths: HostPaths,
    root: TrustedRoot,
    release: VerifiedRelease,
    host: KeyId,
}

thread_local! {
    static SITE: Site = Site::new();
}

impl Site {
    fn new() -> Self {
        let folder = folder();
        let paths = HostPaths::new(Some(&folder.path().join("host")));
        fs::create_dir_all(paths.countersign_keys()).expect("a folder can be made");
        let media = folder.path().join("media");
        fs::create_dir_all(&media).expect("a folder can be made");
        let volume = media.join("v.cgb");
        fs::write(&volume, VOLUME).expect("a file can be written");
        let release = BundleReader::open(&[volume])
            .and_then(|bundle| bundle.verify_signature(&TrustAnchor::DangerousFirstUse))
            .expect("a genuine volume");
        let root = release.root().clone();
        let host = SigningKey::from_seed(&[7; 32]).public().id();
        Self { folder, paths, root, release, host }
    }

    fn permit(&self, data: &[u8]) {
        let limits = Limits::default();
        let path = if SignedPermit::parse(data, &limits).is_ok() {
            file(data)
        } else {
            let key = SigningKey::from_seed(&RELEASE_SEED);
            let signatures = Signatures::make(PERMIT_PREFIX, data, &[&key]).signatures;
            let permit = String::from_utf8_lossy(data).into_owned();
            file(&SignedPermit { permit, signatures }.to_bytes())
        };
        let Ok(permit) = host_permit::read(&path, &self.root) else { return };
        let text = permit.to_bytes();
        assert_eq!(DowngradePermit::parse(&text, &limits), Ok(permit.clone()));
        let steers = |text: &str| text.chars().any(char::is_control);
        assert!(!steers(&permit.reason) && !steers(&permit.issued) && !steers(&permit.from.line));
        let state = codegraph_install::trust_state::TrustState {
            format: 1,
            root: String::new(),
            root_version: 1,
            root_fingerprint: self.root.fingerprint(),
            first_trust: codegraph_install::trust_state::FirstTrust::Fingerprint,
            counters: [("1.2".to_owned(), 9)].into(),
            newest_issued: String::new(),
            installed: None,
            used_permits: std::collections::BTreeSet::new(),
        };
        let manifest = self.release.manifest();
        let release = self.release.digest();
        let here = host_permit::check(&permit, Some(self.host), &state, manifest, release);
        let meant = permit.host == self.host
            && (permit.to.counter, permit.to.release) == (manifest.release_counter, Some(release))
            && permit.to.line == manifest.line
            && (permit.from.line.as_str(), permit.from.counter) == ("1.2", 9);
        assert_eq!(here.is_ok(), meant, "a permit serves for what it names and nothing else");
    }

    fn countersignature(&self, data: &[u8]) {
        let parts: Vec<&[u8]> = data.splitn(5, |&byte| byte == 0).collect();
        let part = |number: usize| parts.get(number).copied().unwrap_or_default();
        let pins = self.paths.countersign_keys();
        let named = self.folder.path().join("named.json");
        let files = [
            pins.join("a.pem"),
            pins.join("b.pub"),
            pins.join("threshold"),
            named.clone(),
            self.folder.path().join("media/x.countersig.json"),
        ];
        for (number, path) in files.iter().enumerate() {
            if part(number).is_empty() {
                let _ = fs::remove_file(path);
            } else {
                fs::write(path, part(number)).expect("a file can be written");
            }
        }
        let Ok(Some(demand)) = countersign::demand(&self.paths) else { return };
        assert!(demand.threshold > 0 && demand.threshold <= demand.keys.len() as u64);
        let named: Vec<PathBuf> = if part(3).is_empty() { vec![] } else { vec![named] };
        if let Ok(signers) = countersign::check(&demand, &self.release, &named) {
            assert!(signers.len() as u64 >= demand.threshold);
            let pinned: Vec<KeyId> = demand.keys.iter().map(PublicKey::id).collect();
            assert!(signers.iter().all(|id| pinned.contains(id)));
        }
    }
}
