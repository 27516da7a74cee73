//! Which builds are installed: those for an accelerator where the host has one that serves, the others
//! everywhere else. Pure; the reason is told in any case.

use cg_bundle_format::{Alternative, Manifest, Need, Selection};
use serde::Serialize;

use crate::error::Error;
use crate::facts::Gpu;
use crate::{sizes, versions};

/// The only kind of accelerator that this installer knows.
pub const CUDA: &str = "cuda";

/// What the operator allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wish {
    /// What the host has decides.
    #[default]
    ByHost,
    /// No accelerator, whatever the host has.
    None,
}

/// A choice between builds, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chosen {
    /// The component that is installed.
    pub component: String,
    /// The component that is not.
    pub not: String,
    /// Why.
    pub reason: String,
}

/// The components that are installed: all required ones, and the optional ones that are not left out,
/// one of each set of builds.
pub fn select(
    manifest: &Manifest,
    without: &[String],
    gpu: &Gpu,
    wish: Wish,
) -> Result<(Selection, Vec<Chosen>), Error> {
    check_names(manifest, without)?;
    let is_out = |name: &String| without.contains(name);
    let mut dropped: Vec<&String> = Vec::new();
    let mut chosen = Vec::new();
    for alternative in &manifest.alternatives {
        let (special, plain) = (&alternative.component, &alternative.instead_of);
        // Who leaves out the plain build wants none of them.
        if is_out(plain) || is_out(special) {
            dropped.push(special);
            continue;
        }
        let is_taken = dropped.contains(&plain);
        let (takes, reason) = match verdict(alternative, gpu, wish) {
            Ok(_) if is_taken => (false, "another build serves this host already".to_owned()),
            Ok(reason) => (true, reason),
            Err(reason) => (false, reason),
        };
        let (component, not) = if takes { (special, plain) } else { (plain, special) };
        dropped.push(not);
        if !is_taken {
            chosen.push(Chosen { component: component.clone(), not: not.clone(), reason });
        }
    }
    let optional: Vec<String> = manifest
        .components
        .iter()
        .filter(|component| component.need == Need::Optional)
        .map(|component| component.name.clone())
        .filter(|name| !is_out(name) && !dropped.contains(&name))
        .collect();
    let selection = Selection::required_and(manifest, &optional)
        .map_err(|name| Error::Usage(format!("no component {name:?}")))?;
    Ok((selection, chosen))
}

fn check_names(manifest: &Manifest, without: &[String]) -> Result<(), Error> {
    for name in without {
        let known = manifest.components.iter().find(|component| component.name == *name);
        match known.map(|component| component.need) {
            Some(Need::Optional) => {}
            Some(Need::Required) => {
                return Err(Error::Usage(format!(
                    "component {name:?} is required and cannot be left out"
                )));
            }
            None => {
                let names: Vec<&str> =
                    manifest.components.iter().map(|component| component.name.as_str()).collect();
                return Err(Error::Usage(format!(
                    "no component {name:?} in this release; it has {}",
                    names.join(", ")
                )));
            }
        }
    }
    Ok(())
}

/// Why the build for the accelerator is taken, or why not.
fn verdict(alternative: &Alternative, gpu: &Gpu, wish: Wish) -> Result<String, String> {
    if wish == Wish::None {
        return Err("the operator wants no accelerator".to_owned());
    }
    if alternative.accelerator != CUDA {
        return Err(format!("this installer knows no accelerator {:?}", alternative.accelerator));
    }
    if let Some(words) = obstacle(gpu) {
        return Err(words);
    }
    let driver = gpu.driver.as_deref().unwrap_or_default();
    if !versions::is_enough(driver, &alternative.driver) {
        return Err(format!(
            "the NVIDIA driver {driver} is too old, {} or newer is needed; update it and give `codegraph-install upgrade` the same bundle to use the GPU",
            alternative.driver
        ));
    }
    let need = alternative.memory_bytes;
    let fits = |memory: u64| memory == 0 || memory >= need;
    let Some(card) = gpu
        .cards
        .iter()
        .filter(|card| fits(card.memory_bytes))
        .max_by_key(|card| card.memory_bytes)
    else {
        return Err(format!(
            "no GPU of this host has the {} of memory that the build needs",
            sizes::text(need)
        ));
    };
    Ok(format!("{}, driver {driver}", card_text(&card.name, card.memory_bytes)))
}

/// What the host has, for people.
pub fn found(gpu: &Gpu) -> String {
    let cards: Vec<String> =
        gpu.cards.iter().map(|card| card_text(&card.name, card.memory_bytes)).collect();
    match (&gpu.driver, cards.is_empty()) {
        (Some(driver), false) => format!("{}, driver {driver}", cards.join(", ")),
        (Some(driver), true) => format!("driver {driver}, no processor"),
        (None, _) if gpu.on_bus > 0 => format!("{} NVIDIA, no driver", gpu.on_bus),
        (None, _) => "none".to_owned(),
    }
}

/// What a build asks for, for people.
pub fn need(alternative: &Alternative) -> String {
    let mut text = alternative.accelerator.clone();
    if !alternative.driver.is_empty() {
        text.push_str(&format!(" driver {}", alternative.driver));
    }
    if alternative.memory_bytes > 0 {
        text.push_str(&format!(" with {}", sizes::text(alternative.memory_bytes)));
    }
    text
}

/// Why no build can use the host's GPU, whatever the build.
pub fn obstacle(gpu: &Gpu) -> Option<String> {
    let text = match (&gpu.driver, gpu.cards.is_empty(), gpu.has_library) {
        (None, ..) if gpu.on_bus > 0 => {
            "the host has an NVIDIA GPU, but its driver is not loaded; install the driver and give `codegraph-install upgrade` the same bundle to use the GPU"
        }
        (None, ..) => "the host has no NVIDIA GPU",
        (Some(_), true, _) => {
            "the NVIDIA driver is loaded, but it offers no GPU; look what `nvidia-smi` says"
        }
        (Some(_), false, false) => {
            "the NVIDIA driver is loaded, but its library libcuda.so.1 is missing; install the driver's library package and give `codegraph-install upgrade` the same bundle to use the GPU"
        }
        (Some(_), false, true) => return None,
    };
    Some(text.to_owned())
}

fn card_text(name: &str, memory: u64) -> String {
    if memory == 0 { name.to_owned() } else { format!("{name} with {}", sizes::text(memory)) }
}

#[cfg(test)]
mod tests;
