//! `codegraph-install certificates`.

use serde::Serialize;

use super::Session;
use crate::certificates::{self, Brought, Done, Found, Maker, Places, USED_BY, Wish};
use crate::cli::CertificatesCommand;
use crate::error::Error;
use crate::{clock, lock, units};

#[derive(Serialize)]
struct Report {
    changed: bool,
    #[serde(flatten)]
    found: Found,
    warnings: Vec<String>,
}

/// Runs the command.
pub(super) fn run(session: &Session<'_>, command: &CertificatesCommand) -> Result<(), Error> {
    let (host, paths) = (session.host, &session.paths);
    let changed = match command {
        CertificatesCommand::Show => false,
        CertificatesCommand::Renew { name, force } => {
            let _lock = lock::take(host, paths, &|text| session.talk().say(text))?;
            let wish = Wish { names: name.clone(), is_forced: *force };
            certificates::ensure(host, paths, &wish)? == Done::Made
        }
        CertificatesCommand::Import { cert, key, ca } => {
            let _lock = lock::take(host, paths, &|text| session.talk().say(text))?;
            let (certificate, key, authority) = (cert.clone(), key.clone(), ca.clone());
            certificates::bring(host, paths, &Brought { certificate, key, authority })?;
            true
        }
    };
    if changed && paths.is_system() {
        units::restart_if_active(host, paths, &USED_BY)?;
    }
    let found = certificates::look(paths, host.now())?;
    let warnings = certificates::warnings(paths, host.now())?;
    let report = Report { changed, found, warnings };
    session.print(&report, &text(&report, &Places::of(paths)));
    Ok(())
}

fn text(report: &Report, places: &Places) -> String {
    let maker = match report.found.maker {
        Maker::Nobody => return "there is no certificate; `install` makes one\n".to_owned(),
        Maker::Installer => "made here",
        Maker::Site => "brought by the site",
    };
    let mut text = String::new();
    for (title, place, certificate) in [
        ("server", &places.server, &report.found.server),
        ("authority", &places.authority, &report.found.authority),
    ] {
        let Some(certificate) = certificate else { continue };
        text.push_str(&format!(
            "{title:<12}{}\n{:<12}{}\n{:<12}{} to {}\n",
            place.display(),
            "",
            certificate.names_text(),
            "",
            clock::text(certificate.not_before),
            clock::text(certificate.not_after)
        ));
    }
    let change = if report.changed { ", just now" } else { "" };
    text.push_str(&format!("{:<12}{maker}{change}\n", "origin"));
    for warning in &report.warnings {
        text.push_str(&format!("{:<12}{warning}\n", "warning"));
    }
    text
}
