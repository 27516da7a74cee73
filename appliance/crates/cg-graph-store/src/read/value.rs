//! Arrow values as JSON.

use duckdb::arrow::array::{Array, ArrayRef, AsArray};
use duckdb::arrow::datatypes::{
    DataType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use duckdb::arrow::util::display::{ArrayFormatter, FormatOptions};
use serde_json::{Map, Number, Value};

/// Largest integer that a JSON double holds exactly.
const EXACT: i128 = 1 << 53;
/// Lists within lists deeper than this are shown as text.
const DEPTH: usize = 16;

/// The value of a row in a column.
pub(super) fn value(array: &ArrayRef, row: usize) -> Value {
    nested(array, row, 0)
}

fn nested(array: &ArrayRef, row: usize, depth: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    macro_rules! whole {
        ($kind:ty) => {
            integer(i128::from(array.as_primitive::<$kind>().value(row)))
        };
    }
    match array.data_type() {
        DataType::Null => Value::Null,
        DataType::Boolean => Value::Bool(array.as_boolean().value(row)),
        DataType::Int8 => whole!(Int8Type),
        DataType::Int16 => whole!(Int16Type),
        DataType::Int32 => whole!(Int32Type),
        DataType::Int64 => whole!(Int64Type),
        DataType::UInt8 => whole!(UInt8Type),
        DataType::UInt16 => whole!(UInt16Type),
        DataType::UInt32 => whole!(UInt32Type),
        DataType::UInt64 => whole!(UInt64Type),
        DataType::Decimal128(_, 0) => whole!(Decimal128Type),
        DataType::Float32 => float(f64::from(array.as_primitive::<Float32Type>().value(row))),
        DataType::Float64 => float(array.as_primitive::<Float64Type>().value(row)),
        DataType::Utf8 => Value::String(array.as_string::<i32>().value(row).to_owned()),
        DataType::LargeUtf8 => Value::String(array.as_string::<i64>().value(row).to_owned()),
        DataType::Utf8View => Value::String(array.as_string_view().value(row).to_owned()),
        DataType::List(_) if depth < DEPTH => list(&array.as_list::<i32>().value(row), depth),
        DataType::LargeList(_) if depth < DEPTH => list(&array.as_list::<i64>().value(row), depth),
        DataType::FixedSizeList(..) if depth < DEPTH => {
            list(&array.as_fixed_size_list().value(row), depth)
        }
        DataType::Struct(fields) if depth < DEPTH => {
            let columns = array.as_struct().columns();
            let entries = fields
                .iter()
                .zip(columns)
                .map(|(f, c)| (f.name().clone(), nested(c, row, depth + 1)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        _ => shown(array, row),
    }
}

fn list(items: &ArrayRef, depth: usize) -> Value {
    Value::Array((0..items.len()).map(|row| nested(items, row, depth + 1)).collect())
}

fn integer(value: i128) -> Value {
    match i64::try_from(value) {
        Ok(small) if (-EXACT..=EXACT).contains(&value) => Value::Number(small.into()),
        _ => Value::String(value.to_string()),
    }
}

fn float(value: f64) -> Value {
    Number::from_f64(value).map_or_else(|| Value::String(value.to_string()), Value::Number)
}

fn shown(array: &ArrayRef, row: usize) -> Value {
    match ArrayFormatter::try_new(array, &FormatOptions::default()) {
        Ok(formatter) => formatter.value(row).try_to_string().map_or(Value::Null, Value::String),
        Err(_) => Value::Null,
    }
}

/// About as many bytes as the value takes as JSON text.
pub(super) fn size(value: &Value) -> u64 {
    match value {
        Value::Null | Value::Bool(_) => 5,
        Value::Number(_) => 12,
        Value::String(text) => text.len() as u64 + 3,
        Value::Array(items) => 2 + items.iter().map(size).sum::<u64>(),
        Value::Object(entries) => {
            2 + entries.iter().map(|(key, value)| key.len() as u64 + 4 + size(value)).sum::<u64>()
        }
    }
}

/// DuckDB's name of the type behind an Arrow type.
pub(super) fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Boolean => "BOOLEAN".into(),
        DataType::Int8 => "TINYINT".into(),
        DataType::Int16 => "SMALLINT".into(),
        DataType::Int32 => "INTEGER".into(),
        DataType::Int64 => "BIGINT".into(),
        DataType::UInt8 => "UTINYINT".into(),
        DataType::UInt16 => "USMALLINT".into(),
        DataType::UInt32 => "UINTEGER".into(),
        DataType::UInt64 => "UBIGINT".into(),
        DataType::Float32 => "FLOAT".into(),
        DataType::Float64 => "DOUBLE".into(),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "VARCHAR".into(),
        DataType::Decimal128(38, 0) => "HUGEINT".into(),
        DataType::Decimal128(width, scale) => format!("DECIMAL({width},{scale})"),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => "BLOB".into(),
        DataType::Date32 => "DATE".into(),
        DataType::Time64(_) => "TIME".into(),
        DataType::Timestamp(_, _) => "TIMESTAMP".into(),
        DataType::Interval(_) => "INTERVAL".into(),
        DataType::Null => "NULL".into(),
        DataType::List(field) | DataType::LargeList(field) => {
            format!("{}[]", type_name(field.data_type()))
        }
        DataType::FixedSizeList(field, size) => format!("{}[{size}]", type_name(field.data_type())),
        DataType::Struct(fields) => {
            let parts: Vec<_> = fields
                .iter()
                .map(|f| format!("{} {}", f.name(), type_name(f.data_type())))
                .collect();
            format!("STRUCT({})", parts.join(", "))
        }
        DataType::Map(..) => "MAP".into(),
        other => other.to_string().to_uppercase(),
    }
}
