//! Owns how the OpenAPI document describes revisions: answers with a record have the header `ETag`, and changes of a
//! record take the header `If-Match`.

use utoipa::openapi::{
    Header, OpenApi, RefOr, Required, Response,
    path::{Operation, Parameter, ParameterBuilder, ParameterIn},
    schema::{ObjectBuilder, SchemaType, Type},
};

/// The header with which a change names the revisions that it is meant for.
pub(in crate::api) const IF_MATCH: &str = "If-Match";

/// The lists of records with entity tags. A record's path is that of its list and its id. Exports have none: their
/// progress changes them all the time.
const LISTS: [&str; 3] = ["/api/v1/api-keys", "/api/v1/saved-searches", "/api/v1/tenants"];

/// Adds the headers to the document.
pub(super) fn describe(document: &mut OpenApi) {
    for list in LISTS {
        let create = document.paths.paths.get_mut(list).and_then(|path| path.post.as_mut());
        create.into_iter().for_each(tag_answers);
        let record = format!("{list}/{{id}}");
        if let Some(path) = document.paths.paths.get_mut(&record) {
            path.get.iter_mut().for_each(tag_answers);
            [&mut path.patch, &mut path.delete].into_iter().flatten().for_each(describe_change);
        }
    }
}

fn describe_change(operation: &mut Operation) {
    operation.parameters.get_or_insert_default().push(if_match());
    tag_answers(operation);
}

/// Adds the entity tag to the answers that have a body.
fn tag_answers(operation: &mut Operation) {
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response
            && !response.content.is_empty()
        {
            tag(response);
        }
    }
}

fn tag(response: &mut Response) {
    let mut header = Header::new(ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)));
    header.description = Some("The record's revision, for `If-Match`.".to_owned());
    response.headers.insert("ETag".to_owned(), header);
}

fn if_match() -> Parameter {
    let meaning = "One or more entity tags from the `ETag` of earlier answers: the record is changed only if its \
                   current tag is among them. Without this header, or with `*`, the current record is changed.";
    let schema = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String));
    ParameterBuilder::new()
        .name(IF_MATCH)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(meaning))
        .schema(Some(schema))
        .build()
}
