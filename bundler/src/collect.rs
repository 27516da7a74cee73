//! From the configuration to items: what is packed, and which inputs it is made of.

use std::path::Path;

use crate::assemble;
use crate::cache::Size;
use crate::error::Error;
use crate::fetch::fetch_all;
use crate::hashes::Facts;
use crate::item::{Item, Packing};
use crate::lock::{Input, Kind};
use crate::memo::Memo;
use crate::sbom::{self, Licences};
use crate::source::image::Recipe;
use crate::source::registry::{self, ResolvedImage};
use crate::source::{
    Context, Door, Finding, ImageRef, crates, files, image, layout, model, pulled,
};

/// What the configuration names.
#[derive(Debug)]
pub(crate) struct Collected {
    pub(crate) items: Vec<Item>,
    pub(crate) models: Vec<cg_bundle_format::Model>,
    pub(crate) images: Vec<ImageRef>,
    /// Images that are put together once the release's time is known.
    pub(crate) recipes: Vec<Recipe>,
    /// Images of registries, for the lock.
    pub(crate) resolved: Vec<ResolvedImage>,
    /// Licences of the crates, for the bill of materials.
    pub(crate) licences: Option<Licences>,
    /// Everything that was read, for the lock.
    pub(crate) inputs: Vec<Input>,
}

/// Finds everything that the configuration names; what comes from the network is in the cache afterwards.
pub(crate) fn collect(context: &Context<'_>) -> Result<Collected, Error> {
    let config = &context.config.value;
    let mut finding = Finding::new(context);
    let mut items = files::items(&mut finding)?;
    let (described, named) = (model::read(&mut finding)?, crates::read(&mut finding)?);
    let chosen = pulled::choose(&mut finding)?;
    if let Some(door) = context.door {
        bring(&finding, door, &described, &named, &chosen)?;
    }
    let (model_items, models) = model::items(&mut finding, &described)?;
    items.extend(model_items);
    items.extend(crates::items(&mut finding, &named)?);
    let (image_items, mut images, resolved) = chosen.items(context.cache)?;
    items.extend(image_items);
    let mut recipes = Vec::new();
    for entry in &config.images {
        match (&entry.assemble, &entry.layout, &entry.registry) {
            (Some(definition), None, None) => {
                recipes.push(image::plan(&mut finding, definition, &entry.component)?);
            }
            (None, Some(folder), None) => {
                let (made, image) = layout::items(&mut finding, entry, folder)?;
                items.extend(made);
                images.push(image);
            }
            (None, None, Some(_)) => {}
            _ => return Err(pulled::one_place(&finding)),
        }
    }
    let mut licences = None;
    if let Some(sbom) = &config.sbom {
        let path = finding.path(&sbom.cargo_lock)?;
        let found = finding.look(Kind::Definition, &sbom.cargo_lock, &path)?;
        licences = known_licences(context, &sbom.cargo_lock, &path, found)?;
    }
    for item in &mut items {
        let in_front = |place: &(cg_bundle_format::PlainPath, _)| {
            assemble::front_name(config, &place.0).is_some()
        };
        if item.place.as_ref().is_some_and(in_front) {
            item.packing = Packing::AsIs;
        }
    }
    Ok(Collected {
        items,
        models,
        images,
        recipes,
        resolved,
        licences,
        inputs: finding.into_inputs(),
    })
}

/// Gets everything that the cache lacks, in one queue: what comes in all is known before the first byte does.
fn bring(
    finding: &Finding<'_>,
    door: &Door<'_>,
    described: &[model::Described<'_>],
    named: &[crates::Named<'_>],
    chosen: &pulled::Chosen<'_>,
) -> Result<(), Error> {
    let cache = finding.context.cache;
    let repositories = chosen.repositories(door, cache)?;
    let mut downloads = model::downloads(described)?;
    downloads.extend(crates::downloads(finding, door, named)?);
    for (image, repository) in &repositories {
        downloads.extend(registry::downloads(image, repository));
    }
    if downloads.iter().all(|download| cache.get(&download.digest).is_some()) {
        return Ok(());
    }
    // The largest first: they decide when the last one ends.
    downloads.sort_by_key(|download| match download.size {
        Size::Exactly(bytes) => std::cmp::Reverse(bytes),
        Size::AtMost(_) => std::cmp::Reverse(0),
    });
    fetch_all(door.net()?, &downloads, cache, door.report)
}

/// As the lock has them for the same `Cargo.lock`; else cargo is asked, but never for a locked build: what it tells
/// depends on the machine.
fn known_licences(
    context: &Context<'_>,
    name: &str,
    path: &Path,
    found: Facts,
) -> Result<Option<Licences>, Error> {
    let pinned = context.pinned.filter(|lock| {
        let same = |input: &Input| input.name == name && input.digest == found.digest;
        lock.inputs.iter().any(same)
    });
    let known = pinned.and_then(|lock| lock.licences.clone());
    if known.is_some() || context.door.is_none() {
        return Ok(known);
    }
    sbom::crate_licences(path, &context.config.value.arch, context.memo)
}

impl Collected {
    /// Puts the product's own images together. `created` is the only time in them.
    pub(crate) fn assemble(&mut self, created: &str, memo: &Memo) -> Result<(), Error> {
        for recipe in &self.recipes {
            let (items, image) = image::assemble(recipe, created, memo)?;
            self.items.extend(items);
            self.images.push(image);
        }
        Ok(())
    }
}
