//! `sign --request` where the key is, `sign --response` where the bundle or the root is.

use std::path::{Path, PathBuf};

use cg_bundle_format::{BundleReader, Digest, SignedPermit, SigningKey, TrustAnchor};
use serde::Serialize;

use crate::cli::Sign;
use crate::commands::{Form, report, root};
use crate::error::Error;
use crate::keys::pending::{Pending, State};
use crate::keys::request::{Kind, Request, Response};
use crate::keys::{file, unsigned};

#[derive(Serialize)]
struct Report {
    kind: Kind,
    /// SHA-256 of what was signed.
    digest: Digest,
    signed_by: Vec<String>,
    files: Vec<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(args: &Sign, form: Form) -> Result<(), Error> {
    match (&args.request, &args.out, &args.to) {
        (Some(request), Some(out), _) => answer(args, request, out, form),
        (None, _, Some(to)) => bring(args, to, form),
        _ => {
            Err(Error::Usage("give --request, --key and --out, or --response and --to".to_owned()))
        }
    }
}

fn answer(args: &Sign, request: &Path, out: &Path, form: Form) -> Result<(), Error> {
    let read = Request::read(request)?;
    let problem = |problem| Error::Config { file: request.to_owned(), problem };
    eprintln!("to be signed, SHA-256 {}:", read.digest().hex());
    for line in read.describe().map_err(problem)? {
        eprintln!("  {line}");
    }
    let keys: Vec<SigningKey> = args
        .key
        .iter()
        .enumerate()
        .map(|(number, path)| file::read(path, &args.passphrases, number))
        .collect::<Result<_, _>>()?;
    for key in &keys {
        read.check_signer(&key.public())?;
    }
    let mut response = read.sign(&keys);
    if out.exists() {
        response.merge(&Response::read(out)?)?;
    }
    response.write(out)?;
    tell(&response, vec![out.to_owned()], form)
}

fn bring(args: &Sign, to: &Path, form: Form) -> Result<(), Error> {
    let mut responses = args.response.iter().map(|path| Response::read(path));
    let mut response =
        responses.next().ok_or_else(|| Error::Usage("no --response".to_owned()))??;
    for other in responses {
        response.merge(&other?)?;
    }
    match response.kind {
        Kind::Root => {
            let mut pending = Pending::read(to)?;
            if pending.digest() != response.digest {
                return Err(Error::Usage(format!(
                    "the response signs {}, the root that waits in {} is {}",
                    response.digest,
                    to.display(),
                    pending.digest()
                )));
            }
            if pending.add(&response.signatures())? == State::Complete {
                eprintln!("the root is signed by all who must and is part of the chain now");
            }
            root::show(to, form)
        }
        Kind::Release => {
            let volumes = unsigned::complete(to, &response)?;
            // Read again as a stranger would: nothing half done leaves here unnoticed.
            BundleReader::open(&volumes)?.verify_signature(&TrustAnchor::DangerousFirstUse)?;
            tell(&response, volumes, form)
        }
        Kind::Countersignature => {
            std::fs::write(to, response.signatures().to_bytes())
                .map_err(Error::io("cannot write", to))?;
            tell(&response, vec![to.to_owned()], form)
        }
        Kind::Permit => {
            let permit = response.document.clone().unwrap_or_default();
            if Digest::of(permit.as_bytes()) != response.digest {
                return Err(Error::Usage(
                    "the response does not hold the permit it signs".to_owned(),
                ));
            }
            let signed = SignedPermit { permit, signatures: response.signatures.clone() };
            std::fs::write(to, signed.to_bytes()).map_err(Error::io("cannot write", to))?;
            tell(&response, vec![to.to_owned()], form)
        }
    }
}

fn tell(response: &Response, files: Vec<PathBuf>, form: Form) -> Result<(), Error> {
    let value = Report {
        kind: response.kind,
        digest: response.digest,
        signed_by: response.signatures.iter().map(|s| s.key_id.to_string()).collect(),
        files,
    };
    let text: String = value.files.iter().map(|path| format!("{}\n", path.display())).collect();
    eprintln!("signed by {}", value.signed_by.join(" "));
    report(form, &value, &text)
}
