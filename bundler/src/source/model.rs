//! Models: a descriptor of `models/` says what the files must be; a folder, a server or Hugging Face has them.

mod header;
mod place;

use std::path::{Path, PathBuf};

use cg_bundle_format::{Digest, Mode, Model, Origin, PlainPath, Role};

use crate::config::{Loaded, ModelDescriptor, ModelEntry, ModelFile, ModelFormat, ModelKind};
use crate::error::Error;
use crate::fetch::Download;
use crate::item::{Bytes, Expected, Item, Packing};
use crate::lock::Kind;
use crate::source::Finding;

/// A model whose descriptor was read.
pub(crate) struct Described<'a> {
    entry: &'a ModelEntry,
    descriptor: Loaded<ModelDescriptor>,
    place: place::Place,
}

/// Reads the descriptors of all models.
pub(crate) fn read<'a>(finding: &mut Finding<'a>) -> Result<Vec<Described<'a>>, Error> {
    let mut models = Vec::new();
    for entry in &finding.context.config.value.models {
        let path = finding.path(&entry.descriptor)?;
        let descriptor = Loaded::<ModelDescriptor>::read(&path)?;
        finding.definition(&entry.descriptor, &descriptor);
        if descriptor.value.files.is_empty() {
            return Err(descriptor.problem("`files` is empty"));
        }
        let place = place::Place::of(finding, &descriptor, entry)?;
        models.push(Described { entry, descriptor, place });
    }
    Ok(models)
}

/// What of them must come from a server.
pub(crate) fn downloads<'m>(models: &'m [Described<'_>]) -> Result<Vec<Download<'m>>, Error> {
    let mut all = Vec::new();
    for model in models {
        all.extend(model.place.downloads(&model.descriptor.value)?);
    }
    Ok(all)
}

/// The items and the manifest's entries of all models.
pub(crate) fn items(
    finding: &mut Finding<'_>,
    described: &[Described<'_>],
) -> Result<(Vec<Item>, Vec<Model>), Error> {
    let mut items = Vec::new();
    let mut models = Vec::new();
    for model in described {
        models.push(one(finding, model, &mut items)?);
    }
    Ok((items, models))
}

/// A file of a model, found.
struct Found<'a> {
    file: &'a ModelFile,
    /// In the lock.
    name: String,
    path: PathBuf,
    digest: Digest,
}

fn one(
    finding: &mut Finding<'_>,
    Described { entry, descriptor, place }: &Described<'_>,
    items: &mut Vec<Item>,
) -> Result<Model, Error> {
    let model = &descriptor.value;
    let plain = |text: &str| PlainPath::new(text).map_err(|problem| descriptor.problem(problem));
    for found in place.files(finding, descriptor)? {
        let Found { file, name, path, digest } = found;
        check_size(descriptor, &path, file.size)?;
        let facts = finding.look(Kind::Model, &name, &path)?;
        if facts.digest != digest {
            return Err(descriptor.problem(format!(
                "{} is {} with {} bytes; {digest} was asked for",
                path.display(),
                facts.digest,
                facts.size
            )));
        }
        let seen = header::check(descriptor, file, &path)?;
        finding.remark(Kind::Model, &name, seen);
        items.push(Item {
            bytes: Bytes::File(path),
            role: Role::Model,
            media_type: Item::own_media_type(&Role::Model),
            component: entry.component.clone(),
            origin: Origin {
                source: place.origin(&model.source, &name),
                checked: "sha256".to_owned(),
            },
            expected: Some(Expected { digest, size: Some(file.size) }),
            packing: Packing::AsIs,
            place: Some((plain(&format!("models/{}/{}", model.id, file.name))?, Mode::Plain)),
            version: None,
            licence: Some(model.licence.clone()),
        });
    }
    let path = match (model.format, model.files.as_slice()) {
        (ModelFormat::Gguf, [file]) => format!("models/{}/{}", model.id, file.name),
        (ModelFormat::Gguf, _) => return Err(descriptor.problem("a GGUF model is one file")),
        (ModelFormat::Safetensors, _) => format!("models/{}", model.id),
    };
    Ok(Model {
        id: model.id.clone(),
        kind: match model.kind {
            ModelKind::Chat => "chat",
            ModelKind::Embedding => "embedding",
        }
        .to_owned(),
        format: match model.format {
            ModelFormat::Gguf => "gguf",
            ModelFormat::Safetensors => "safetensors",
        }
        .to_owned(),
        path: plain(&path)?,
        licence: model.licence.clone(),
        context: model.context,
        dimensions: model.dimensions,
        languages: model.languages.clone(),
        template: model.template.clone(),
        memory_bytes: model.memory_bytes,
        component: entry.component.clone(),
    })
}

/// Before a large file is hashed for nothing.
fn check_size(descriptor: &Loaded<ModelDescriptor>, path: &Path, wanted: u64) -> Result<(), Error> {
    let size = std::fs::metadata(path).map_err(Error::io("cannot read", path))?.len();
    if size == wanted {
        return Ok(());
    }
    Err(descriptor
        .problem(format!("{} has {size} bytes, the descriptor says {wanted}", path.display())))
}
