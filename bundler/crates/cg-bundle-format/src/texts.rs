//! Texts of a manifest are shown to people, also before anything is proven (`inspect`): nothing in them
//! may steer a terminal or turn the reading direction round.

use std::borrow::Cow;

use crate::Manifest;

impl Manifest {
    /// Refuses control characters in every text that is shown.
    pub(crate) fn check_texts(&self) -> Result<(), String> {
        let list =
            |what: &str, texts: &[String]| texts.iter().try_for_each(|text| printable(what, text));
        list("replaces", &self.replaces.lines)?;
        list("replaces", &self.replaces.versions)?;
        list("migrates_from", &self.migrates_from)?;
        for component in &self.components {
            printable("component's summary", &component.summary)?;
        }
        for blob in &self.blobs {
            printable("blob's media type", &blob.media_type)?;
            printable("blob's role", blob.role.as_str())?;
            printable("blob's origin", &blob.origin.source)?;
            printable("blob's origin", &blob.origin.checked)?;
        }
        for image in &self.images {
            printable("image's reference", &image.reference)?;
            printable("image's media type", &image.media_type)?;
            printable("image's platform", &image.platform)?;
        }
        for artifact in &self.artifacts {
            printable("artifact's reference", &artifact.reference)?;
            printable("artifact's type", &artifact.artifact_type)?;
        }
        for model in &self.models {
            for text in [&model.id, &model.kind, &model.format, &model.licence, &model.template] {
                printable("model's texts", text)?;
            }
            list("model's languages", &model.languages)?;
        }
        for sbom in &self.sboms {
            printable("bill of material's format", &sbom.format)?;
        }
        self.disk.iter().try_for_each(|need| printable("disk need's phase", &need.phase))
    }
}

/// Refuses a text that could steer the terminal on which it is shown.
pub(crate) fn printable(what: &str, text: &str) -> Result<(), String> {
    match text.chars().find(|&c| steers(c)) {
        None => Ok(()),
        Some(bad) => Err(format!("{what} {text:?} holds {bad:?}, which is not for reading")),
    }
}

/// The text with everything in it that could steer a terminal written out (`\u001b`, as JSON does); line ends
/// stay. For errors and reports, which repeat what a hostile file says.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    let bad = |c: char| steers(c) && c != '\n';
    if !text.contains(bad) {
        return Cow::Borrowed(text);
    }
    let mut whole = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if bad(c) {
            whole.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            whole.push(c);
        }
    }
    Cow::Owned(whole)
}

/// Control characters, line and paragraph separators, and those that change the reading direction.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
