//! `key generate`, `key import`, `key show`.

use std::path::Path;

use cg_bundle_format::{PublicKey, SigningKey};
use serde::Serialize;

use crate::cli::{Generate, Import, KeyCommand, KeyRole, Protection, Show};
use crate::commands::{Form, report};
use crate::error::Error;
use crate::keys::passphrase::{Passphrase, PassphraseArgs};
use crate::keys::{file, minisign};

#[derive(Serialize)]
struct Report {
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key: Option<String>,
    file: String,
    public_file: Option<String>,
    is_protected: bool,
}

/// Runs the command.
pub(crate) fn run(command: &KeyCommand, form: Form) -> Result<(), Error> {
    match command {
        KeyCommand::Generate(args) => generate(args, form),
        KeyCommand::Import(args) => import(args, form),
        KeyCommand::Show(args) => show(args, form),
    }
}

fn passphrase(protection: &Protection, out: &Path) -> Result<Option<Passphrase>, Error> {
    if protection.dangerous_no_passphrase {
        eprintln!(
            "warning: {} is written without a passphrase; whoever reads it can sign",
            out.display()
        );
        return Ok(None);
    }
    protection.passphrase.of_new_key(out).map(Some)
}

fn generate(args: &Generate, form: Form) -> Result<(), Error> {
    file::refuse_existing(&[&args.out, &file::public_of(&args.out)])?;
    let passphrase = passphrase(&args.protection, &args.out)?;
    if args.role == KeyRole::Minisign {
        let public = minisign::generate(&args.out, passphrase.as_ref())?;
        let value = Report {
            key_id: None,
            public_key: None,
            file: args.out.display().to_string(),
            public_file: Some(public.display().to_string()),
            is_protected: passphrase.is_some(),
        };
        return report(form, &value, &format!("{}\n", public.display()));
    }
    save(&SigningKey::generate()?, &args.out, passphrase.as_ref(), form)
}

fn import(args: &Import, form: Form) -> Result<(), Error> {
    file::refuse_existing(&[&args.out, &file::public_of(&args.out)])?;
    let former = match &args.from_passphrase_file {
        Some(path) => PassphraseArgs { passphrase_file: vec![path.clone()] },
        None => args.protection.passphrase.clone(),
    };
    let key = file::read(&args.from, &former, 0)?;
    let passphrase = passphrase(&args.protection, &args.out)?;
    save(&key, &args.out, passphrase.as_ref(), form)
}

fn save(
    key: &SigningKey,
    out: &Path,
    passphrase: Option<&Passphrase>,
    form: Form,
) -> Result<(), Error> {
    let public = file::write(out, key, passphrase)?;
    eprintln!("private key {}, public key {}", out.display(), public.display());
    describe(&key.public(), out, Some(&public), passphrase.is_some(), form)
}

fn show(args: &Show, form: Form) -> Result<(), Error> {
    let text = file::read_text(&args.key)?;
    if text.contains("BEGIN PUBLIC KEY") {
        return describe(&file::read_public(&args.key)?, &args.key, None, false, form);
    }
    let key = file::read(&args.key, &args.passphrase, 0)?;
    describe(&key.public(), &args.key, None, file::is_protected(&text), form)
}

fn describe(
    public: &PublicKey,
    path: &Path,
    public_file: Option<&Path>,
    is_protected: bool,
    form: Form,
) -> Result<(), Error> {
    let value = Report {
        key_id: Some(public.id().to_string()),
        public_key: Some(public.base64()),
        file: path.display().to_string(),
        public_file: public_file.map(|path| path.display().to_string()),
        is_protected,
    };
    report(form, &value, &format!("{}\n{}", public.id(), public.pem()))
}
