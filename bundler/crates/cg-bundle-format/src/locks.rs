//! Files of a generation that follow from the manifest and the chosen components.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::{Manifest, Need, json};

/// The components that a site installs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection(BTreeSet<String>);

impl Selection {
    /// All components.
    #[must_use]
    pub fn all(manifest: &Manifest) -> Self {
        Self(manifest.components.iter().map(|c| c.name.clone()).collect())
    }

    /// All required components and the named optional ones.
    ///
    /// # Errors
    /// The first name that is no component.
    pub fn required_and(manifest: &Manifest, optional: &[String]) -> Result<Self, String> {
        if let Some(unknown) =
            optional.iter().find(|name| manifest.components.iter().all(|c| c.name != **name))
        {
            return Err(unknown.clone());
        }
        let chosen = manifest
            .components
            .iter()
            .filter(|c| c.need == Need::Required || optional.contains(&c.name));
        Ok(Self(chosen.map(|c| c.name.clone()).collect()))
    }

    /// Whether the component is installed.
    #[must_use]
    pub fn has(&self, component: &str) -> bool {
        self.0.contains(component)
    }
}

#[derive(Serialize)]
struct ModelsLock<'a> {
    models: Vec<LockedModel<'a>>,
}

#[derive(Serialize)]
struct LockedModel<'a> {
    id: &'a str,
    kind: &'a str,
    format: &'a str,
    path: &'a str,
    #[serde(skip_serializing_if = "is_zero")]
    context: u64,
    #[serde(skip_serializing_if = "is_zero")]
    dimensions: u64,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    languages: &'a [String],
    #[serde(skip_serializing_if = "is_zero")]
    memory_bytes: u64,
}

#[derive(Serialize)]
struct ImagesLock<'a> {
    images: Vec<LockedImage<'a>>,
}

#[derive(Serialize)]
struct LockedImage<'a> {
    reference: &'a str,
    digest: String,
    media_type: &'a str,
    size: u64,
    platform: &'a str,
    component: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OciIndex<'a> {
    schema_version: u32,
    media_type: &'a str,
    manifests: Vec<OciDescriptor<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OciDescriptor<'a> {
    media_type: &'a str,
    digest: String,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    artifact_type: Option<&'a str>,
    annotations: OciAnnotations<'a>,
}

#[derive(Serialize)]
struct OciAnnotations<'a> {
    #[serde(rename = "org.opencontainers.image.ref.name")]
    name: &'a str,
}

/// Media type of an OCI image manifest.
const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

impl Manifest {
    /// `models.lock` of a generation: paths relative to the file.
    #[must_use]
    pub fn models_lock(&self, selection: &Selection) -> Vec<u8> {
        let models =
            self.models.iter().filter(|m| selection.has(&m.component)).map(|m| LockedModel {
                id: &m.id,
                kind: &m.kind,
                format: &m.format,
                path: m.path.as_str(),
                context: m.context,
                dimensions: m.dimensions,
                languages: &m.languages,
                memory_bytes: m.memory_bytes,
            });
        json::write(&ModelsLock { models: models.collect() })
    }

    /// `images.lock` of a generation: image references by digest.
    #[must_use]
    pub fn images_lock(&self, selection: &Selection) -> Vec<u8> {
        let images =
            self.images.iter().filter(|i| selection.has(&i.component)).map(|i| LockedImage {
                reference: &i.reference,
                digest: i.digest.to_string(),
                media_type: &i.media_type,
                size: i.size,
                platform: &i.platform,
                component: &i.component,
            });
        json::write(&ImagesLock { images: images.collect() })
    }

    /// `index.json` of the OCI layout that holds this release's blobs.
    #[must_use]
    pub fn oci_index(&self, selection: &Selection) -> Vec<u8> {
        let images =
            self.images.iter().filter(|i| selection.has(&i.component)).map(|i| OciDescriptor {
                media_type: &i.media_type,
                digest: i.digest.to_string(),
                size: i.size,
                artifact_type: None,
                annotations: OciAnnotations { name: &i.reference },
            });
        let artifacts =
            self.artifacts.iter().filter(|a| selection.has(&a.component)).map(|a| OciDescriptor {
                media_type: OCI_MANIFEST,
                digest: a.digest.to_string(),
                size: a.size,
                artifact_type: Some(&a.artifact_type),
                annotations: OciAnnotations { name: &a.reference },
            });
        json::write(&OciIndex {
            schema_version: 2,
            media_type: "application/vnd.oci.image.index.v1+json",
            manifests: images.chain(artifacts).collect(),
        })
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
