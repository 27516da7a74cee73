//! From the configuration to items: what is packed, before its bytes were looked at.

use std::path::Path;

use crate::assemble;
use crate::config::{Config, ImageDefinition, Loaded};
use crate::error::Error;
use crate::item::{Item, Packing};
use crate::source::image::Job;
use crate::source::{ImageRef, files, image, layout, model};
use crate::vars::Vars;

/// What the configuration names.
pub(crate) struct Collected {
    pub(crate) items: Vec<Item>,
    pub(crate) models: Vec<cg_bundle_format::Model>,
    pub(crate) images: Vec<ImageRef>,
}

/// Finds everything that the configuration names.
pub(crate) fn collect(
    config: &Loaded<Config>,
    vars: &Vars,
    staging: &Path,
) -> Result<Collected, Error> {
    let mut items = files::items(config, vars)?;
    let (model_items, models) = model::items(config, vars)?;
    items.extend(model_items);
    let mut images = Vec::new();
    for (number, entry) in config.value.images.iter().enumerate() {
        let (made, image) = match (&entry.assemble, &entry.layout) {
            (Some(definition), None) => {
                let loaded = Loaded::<ImageDefinition>::read(&config.path(definition, vars)?)?;
                let job =
                    Job { vars, staging, number, component: &entry.component, source: definition };
                image::assemble(config, &loaded, &job)?
            }
            (None, Some(folder)) => layout::items(config, entry, &config.path(folder, vars)?)?,
            _ => return Err(config.problem("an image needs either `assemble` or `layout`")),
        };
        items.extend(made);
        images.push(image);
    }
    for item in &mut items {
        if item
            .place
            .as_ref()
            .is_some_and(|(path, _)| assemble::front_name(&config.value, path).is_some())
        {
            item.packing = Packing::AsIs;
        }
    }
    Ok(Collected { items, models, images })
}
