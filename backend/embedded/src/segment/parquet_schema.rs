//! Owns the Parquet types of the columns: those that follow from the Arrow schema, and that of ids, which other tools
//! then show as UUIDs.

use std::sync::Arc;

use parquet::{
    arrow::ArrowSchemaConverter,
    basic::LogicalType,
    errors::Result,
    schema::types::{SchemaDescriptor, Type, TypePtr},
};

use crate::columns::{name, schema};

/// The Parquet schema of a data file.
pub(super) fn parquet_schema() -> Result<SchemaDescriptor> {
    let converted = ArrowSchemaConverter::new().convert(&schema())?;
    let root = converted.root_schema();
    let fields = root
        .get_fields()
        .iter()
        .map(|field| if field.name() == name::ID { uuid(field) } else { Ok(Arc::clone(field)) });
    let root = Type::group_type_builder(root.name()).with_fields(fields.collect::<Result<_>>()?).build()?;
    Ok(SchemaDescriptor::new(Arc::new(root)))
}

/// The same column, marked as one of UUIDs.
fn uuid(column: &Type) -> Result<TypePtr> {
    let Type::PrimitiveType { basic_info, physical_type, type_length, .. } = column else {
        return Ok(Arc::new(column.clone()));
    };
    let builder = Type::primitive_type_builder(column.name(), *physical_type)
        .with_repetition(basic_info.repetition())
        .with_length(*type_length)
        .with_logical_type(Some(LogicalType::Uuid));
    builder.build().map(Arc::new)
}
