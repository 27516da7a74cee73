//! `countersign`, `permit`, `minisign`: signatures around a release that is signed already.

use std::path::Path;

use cg_bundle_format::{
    BundleReader, Digest, DowngradePermit, FORMAT_VERSION, NamedRelease, SignedPermit, SigningKey,
    VerifiedRelease,
};
use serde::Serialize;

use crate::cli::{Countersign, Minisign, Permit, Signing};
use crate::commands::keygen::now;
use crate::commands::root::line_and_counter;
use crate::commands::{Form, report, verify};
use crate::error::Error;
use crate::keys::request::{Kind, Request};
use crate::keys::{file, minisign};

#[derive(Serialize)]
struct Report {
    release: Digest,
    file: String,
    signed_by: Vec<String>,
}

fn open(
    volumes: &[std::path::PathBuf],
    trust: &crate::cli::Trust,
) -> Result<VerifiedRelease, Error> {
    let anchor = verify::anchor(trust)?;
    let release = BundleReader::open(volumes)?.verify_signature(&anchor)?;
    verify::warn_about(release.root());
    Ok(release)
}

/// Who signs.
enum Signers<'a> {
    /// Keys in another room: the request for them lies in this file.
    Elsewhere(&'a Path),
    /// These keys; what they sign goes to this file.
    Here(Vec<SigningKey>, &'a Path),
}

/// Writes the request where one is wanted; reads the keys where they are here.
fn signers<'a>(args: &'a Signing, request: &Request) -> Result<Signers<'a>, Error> {
    if let Some(path) = &args.request_out {
        request.write(path)?;
        return Ok(Signers::Elsewhere(path));
    }
    let read =
        |(number, path): (usize, &std::path::PathBuf)| file::read(path, &args.passphrases, number);
    let keys = args.key.iter().enumerate().map(read).collect::<Result<_, _>>()?;
    let out = args.out.as_deref().ok_or_else(|| Error::Usage("--out is missing".to_owned()))?;
    Ok(Signers::Here(keys, out))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    std::fs::write(path, bytes).map_err(Error::io("cannot write", path))
}

fn tell(release: Digest, path: &Path, keys: &[SigningKey], form: Form) -> Result<(), Error> {
    let value = Report {
        release,
        file: path.display().to_string(),
        signed_by: keys.iter().map(|key| key.public().id().to_string()).collect(),
    };
    report(form, &value, &format!("{}\n", path.display()))
}

/// Signs a release with the customer's key.
pub(crate) fn countersign(args: &Countersign, form: Form) -> Result<(), Error> {
    let release = open(&args.volumes, &args.trust)?;
    let request = Request::new(Kind::Countersignature, release.manifest_bytes(), None);
    let (keys, out) = match signers(&args.signing, &request)? {
        Signers::Elsewhere(path) => return tell(release.digest(), path, &[], form),
        Signers::Here(keys, out) => (keys, out),
    };
    let mut signatures = request.sign(&keys).signatures();
    if out.exists() {
        let limits = cg_bundle_format::Limits::default();
        let bytes = std::fs::read(out).map_err(Error::io("cannot read", out))?;
        let former = cg_bundle_format::Signatures::parse(&bytes, &limits)
            .map_err(|problem| Error::Config { file: out.to_owned(), problem })?;
        signatures.merge(&former);
    }
    write(out, &signatures.to_bytes())?;
    tell(release.digest(), out, &keys, form)
}

/// Permits one host to go back.
pub(crate) fn permit(args: &Permit, form: Form) -> Result<(), Error> {
    let release = open(std::slice::from_ref(&args.to), &args.trust)?;
    let (line, counter) = line_and_counter("--from", &args.from)?;
    let mut nonce = [0u8; 32];
    rand::TryRngCore::try_fill_bytes(&mut rand::rngs::OsRng, &mut nonce)
        .map_err(|e| Error::Unexpected(format!("no random numbers: {e}")))?;
    let permit = DowngradePermit {
        format: FORMAT_VERSION,
        critical: Vec::new(),
        product: release.manifest().product.clone(),
        host: args.host.trim().parse()?,
        from: NamedRelease { line, counter, release: None },
        to: NamedRelease::of(release.manifest(), release.digest()),
        nonce: Digest::from_bytes(nonce),
        issued: now()?,
        reason: args.reason.clone(),
    };
    let root = release.root().bytes();
    let request = Request::new(Kind::Permit, &permit.to_bytes(), Some(root));
    let (keys, out) = match signers(&args.signing, &request)? {
        Signers::Elsewhere(path) => return tell(release.digest(), path, &[], form),
        Signers::Here(keys, out) => (keys, out),
    };
    for key in &keys {
        request.check_signer(&key.public())?;
    }
    let signed = SignedPermit::make(&permit, &keys.iter().collect::<Vec<_>>());
    signed.check(release.root().root())?;
    write(out, &signed.to_bytes())?;
    tell(release.digest(), out, &keys, form)
}

/// Signs release.json for `minisign`.
pub(crate) fn minisign(args: &Minisign, form: Form) -> Result<(), Error> {
    let release = open(&args.volumes, &args.trust)?;
    let manifest = release.manifest();
    let comment = format!(
        "{} {} {} line {} counter {} {}",
        manifest.product,
        manifest.version,
        manifest.arch,
        manifest.line,
        manifest.release_counter,
        release.digest()
    );
    let text = minisign::sign(&args.key, &args.passphrases, release.manifest_bytes(), &comment)?;
    std::fs::create_dir_all(&args.out).map_err(Error::io("cannot create", &args.out))?;
    write(&args.out.join("release.json"), release.manifest_bytes())?;
    let out = args.out.join("release.json.minisig");
    write(&out, text.as_bytes())?;
    tell(release.digest(), &out, &[], form)
}
