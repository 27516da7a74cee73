//! `schema`: the JSON Schema of the files that people write.

use schemars::schema_for;

use crate::cli::{Schema, SchemaOf};
use crate::commands::print;
use crate::config::{Config, ImageDefinition, ModelDescriptor};
use crate::error::Error;

/// Prints the schema.
pub(crate) fn run(args: &Schema) -> Result<(), Error> {
    let schema = match args.of {
        SchemaOf::Bundle => schema_for!(Config),
        SchemaOf::Model => schema_for!(ModelDescriptor),
        SchemaOf::Image => schema_for!(ImageDefinition),
    };
    let mut bytes =
        serde_json::to_vec_pretty(&schema).map_err(|e| Error::Unexpected(e.to_string()))?;
    bytes.push(b'\n');
    print(&bytes)
}
