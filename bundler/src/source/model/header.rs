//! A model's own header must agree with its descriptor.

use std::collections::BTreeMap;
use std::path::Path;

use crate::config::{Loaded, ModelDescriptor, ModelFile, ModelFormat, ModelKind};
use crate::error::Error;
use crate::{gguf, safetensors};

/// Reads the header, where the file has one, and returns what stands in the lock.
pub(super) fn check(
    descriptor: &Loaded<ModelDescriptor>,
    file: &ModelFile,
    path: &Path,
) -> Result<BTreeMap<String, String>, Error> {
    let model = &descriptor.value;
    let wrong = |problem: String| descriptor.problem(format!("{}: {problem}", path.display()));
    let (quantisation, parameters, facts) = match model.format {
        ModelFormat::Gguf => {
            let facts = gguf::read(path).map_err(wrong)?;
            check_gguf(descriptor, &facts)?;
            let seen = vec![
                ("architecture", facts.architecture),
                ("context", facts.context.to_string()),
                ("chat_template", if facts.has_template { "yes" } else { "no" }.to_owned()),
            ];
            (facts.quantisation, facts.parameters, seen)
        }
        ModelFormat::Safetensors if is_weights(file) => {
            let facts = safetensors::read(path).map_err(wrong)?;
            let seen = vec![("tensors", facts.tensors.to_string())];
            (facts.data_type, facts.parameters, seen)
        }
        ModelFormat::Safetensors => return Ok(BTreeMap::new()),
    };
    if let Some(wanted) = model.quantisation.as_ref().filter(|wanted| **wanted != quantisation) {
        return Err(wrong(format!("the header says {quantisation}, the descriptor {wanted}")));
    }
    // A model in several files has its parameters spread over them.
    let several = model.format == ModelFormat::Safetensors
        && model.files.iter().filter(|file| is_weights(file)).count() > 1;
    if let Some(wanted) = model.parameters.filter(|wanted| *wanted != parameters && !several) {
        return Err(wrong(format!(
            "the header describes {parameters} parameters, the descriptor says {wanted}"
        )));
    }
    let own = [("quantisation", quantisation), ("parameters", parameters.to_string())];
    Ok(facts.into_iter().chain(own).map(|(name, value)| (name.to_owned(), value)).collect())
}

fn is_weights(file: &ModelFile) -> bool {
    file.name.ends_with(".safetensors")
}

fn check_gguf(descriptor: &Loaded<ModelDescriptor>, facts: &gguf::Facts) -> Result<(), Error> {
    let model = &descriptor.value;
    if let Some(wanted) = model.architecture.as_ref().filter(|name| **name != facts.architecture) {
        let problem = format!("the header says {}, `architecture` {wanted}", facts.architecture);
        return Err(descriptor.problem(problem));
    }
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
