//! Models: a descriptor of `models/` says what the files must be, a folder holds them.

use std::path::Path;

use cg_bundle_format::{Mode, Model, Origin, PlainPath, Role};

use crate::config::{Config, Loaded, ModelDescriptor, ModelEntry, ModelFormat, ModelKind};
use crate::error::Error;
use crate::gguf;
use crate::item::{Bytes, Expected, Item, Packing};
use crate::vars::Vars;

/// The items and the manifest's entries of all models.
pub(crate) fn items(
    config: &Loaded<Config>,
    vars: &Vars,
) -> Result<(Vec<Item>, Vec<Model>), Error> {
    let mut items = Vec::new();
    let mut models = Vec::new();
    for entry in &config.value.models {
        let descriptor = Loaded::<ModelDescriptor>::read(&config.path(&entry.descriptor, vars)?)?;
        let folder = config.path(&entry.from, vars)?;
        models.push(one(&descriptor, entry, &folder, &mut items)?);
    }
    Ok((items, models))
}

fn one(
    descriptor: &Loaded<ModelDescriptor>,
    entry: &ModelEntry,
    folder: &Path,
    items: &mut Vec<Item>,
) -> Result<Model, Error> {
    let model = &descriptor.value;
    let plain = |text: &str| PlainPath::new(text).map_err(|problem| descriptor.problem(problem));
    if model.files.is_empty() {
        return Err(descriptor.problem("`files` is empty"));
    }
    for file in &model.files {
        let path = folder.join(plain(&file.name)?.as_str());
        let size = std::fs::metadata(&path).map_err(Error::io("cannot read", &path))?.len();
        if size != file.size {
            return Err(descriptor.problem(format!(
                "{} has {size} bytes, the descriptor says {}",
                path.display(),
                file.size
            )));
        }
        items.push(Item {
            bytes: Bytes::File(path),
            role: Role::Model,
            media_type: Item::own_media_type(&Role::Model),
            component: entry.component.clone(),
            origin: Origin { source: model.source.clone(), checked: "sha256".to_owned() },
            expected: Some(Expected { digest: file.sha256.parse()?, size: Some(file.size) }),
            packing: Packing::AsIs,
            place: Some((plain(&format!("models/{}/{}", model.id, file.name))?, Mode::Plain)),
            version: None,
            licence: Some(model.licence.clone()),
        });
    }
    let path = match model.format {
        ModelFormat::Gguf => {
            let [file] = model.files.as_slice() else {
                return Err(descriptor.problem("a GGUF model is one file"));
            };
            check_gguf(descriptor, &folder.join(&file.name))?;
            format!("models/{}/{}", model.id, file.name)
        }
        ModelFormat::Safetensors => format!("models/{}", model.id),
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

/// The file's own header must agree with the descriptor.
fn check_gguf(descriptor: &Loaded<ModelDescriptor>, path: &Path) -> Result<(), Error> {
    let facts = gguf::read(path)
        .map_err(|problem| descriptor.problem(format!("{}: {problem}", path.display())))?;
    let model = &descriptor.value;
    if model.context > facts.context {
        let problem = format!(
            "context {} is larger than the {} that the model ({}) was trained for",
            model.context, facts.context, facts.architecture
        );
        return Err(descriptor.problem(problem));
    }
    if model.template == "gguf" && model.kind == ModelKind::Chat && !facts.has_template {
        return Err(
            descriptor.problem("the file carries no chat template; name another `template`")
        );
    }
    Ok(())
}
