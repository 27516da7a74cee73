//! Our own image, put together from built files without a daemon: the same files give the same bytes.

mod layer;

pub(crate) use layer::{KIND as LAYER_NOTE, Packed};

use cg_bundle_format::{Digest, Origin, Role};
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::config::{ImageDefinition, Loaded};
use crate::error::Error;
use crate::item::{Bytes, Expected, Item, Packing};
use crate::lock::Kind;
use crate::memo::Memo;
use crate::source::Finding;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// An image of the bundle.
#[derive(Debug, Clone)]
pub(crate) struct ImageRef {
    pub(crate) reference: String,
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    pub(crate) media_type: String,
    pub(crate) platform: String,
    pub(crate) component: String,
    /// Bytes that the layers take when podman has unpacked them.
    pub(crate) unpacked: u64,
}

/// An image whose inputs were looked at.
#[derive(Debug)]
pub(crate) struct Recipe {
    definition: Loaded<ImageDefinition>,
    layers: Vec<layer::Plan>,
    component: String,
    /// The definition as the configuration names it.
    source: String,
}

/// Looks at everything that goes into the image which the file `source` defines.
pub(crate) fn plan(
    finding: &mut Finding<'_>,
    source: &str,
    component: &str,
) -> Result<Recipe, Error> {
    let path = finding.path(source)?;
    let definition = Loaded::<ImageDefinition>::read(&path)?;
    finding.definition(source, &definition);
    let vars = finding.context.vars;
    let mut file = |from: &str| {
        let path = definition.path(from, vars)?;
        let facts = finding.look(Kind::ImageFile, from, &path)?;
        Ok((path, facts))
    };
    let layers = definition
        .value
        .layers
        .iter()
        .map(|layer| layer::Plan::new(&definition, layer, &mut file))
        .collect::<Result<_, _>>()?;
    Ok(Recipe { definition, layers, component: component.to_owned(), source: source.to_owned() })
}

/// Puts the image together. `created` is the only time in it.
pub(crate) fn assemble(
    recipe: &Recipe,
    created: &str,
    memo: &Memo,
) -> Result<(Vec<Item>, ImageRef), Error> {
    let image = &recipe.definition.value;
    let Some((os, arch)) = image.platform.split_once('/') else {
        return Err(recipe
            .definition
            .problem(format!("platform {:?} must look like linux/amd64", image.platform)));
    };
    // Compression is the slow part of a first build: all layers at once.
    let packed: Vec<_> = recipe
        .layers
        .par_iter()
        .map(|layer| layer.pack(&recipe.definition, memo))
        .collect::<Result<_, _>>()?;
    let history: Vec<Value> = recipe
        .layers
        .iter()
        .map(|layer| json!({"created": created, "created_by": layer.comment()}))
        .collect();
    let diff_ids: Vec<String> = packed.iter().map(|(_, layer)| layer.diff_id.to_string()).collect();
    let empty_map = |names: &[String]| {
        names.iter().map(|name| (name.clone(), json!({}))).collect::<serde_json::Map<_, _>>()
    };
    let image_config = json!({
        "architecture": arch,
        "os": os,
        "created": created,
        "config": {
            "User": image.user,
            "Entrypoint": image.entrypoint,
            "Cmd": image.cmd,
            "Env": image.env,
            "WorkingDir": image.workdir,
            "ExposedPorts": empty_map(&image.ports),
            "Volumes": empty_map(&image.volumes),
            "Labels": image.labels,
        },
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": history,
    });
    let image_config = image_config.to_string().into_bytes();
    let layers: Vec<Value> = packed
        .iter()
        .map(|(_, layer)| json!({"mediaType": LAYER, "digest": layer.digest, "size": layer.size}))
        .collect();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": CONFIG, "digest": Digest::of(&image_config), "size": image_config.len()},
        "layers": layers,
    });
    let manifest = manifest.to_string().into_bytes();
    let reference = ImageRef {
        reference: image.reference.clone(),
        digest: Digest::of(&manifest),
        size: manifest.len() as u64,
        media_type: MANIFEST.to_owned(),
        platform: image.platform.clone(),
        component: recipe.component.clone(),
        unpacked: packed.iter().map(|(_, layer)| layer.unpacked).sum(),
    };
    let item = |bytes, media_type: &str, expected| Item {
        bytes,
        role: Role::Image,
        media_type: media_type.to_owned(),
        component: recipe.component.clone(),
        origin: Origin { source: recipe.source.clone(), checked: "none".to_owned() },
        expected,
        packing: Packing::AsIs,
        place: None,
        version: None,
        licence: None,
    };
    let mut items = vec![
        item(Bytes::Memory(manifest), MANIFEST, None),
        item(Bytes::Memory(image_config), CONFIG, None),
    ];
    items.extend(packed.into_iter().map(|(file, layer)| {
        let expected = Expected { digest: layer.digest, size: Some(layer.size) };
        item(Bytes::File(file), LAYER, Some(expected))
    }));
    Ok((items, reference))
}
