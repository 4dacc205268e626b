//! The OpenAPI 3.1 description, made from the route table. What the kit does for every route
//! (security, idempotency, refusals) is written here once, not at every handler.

use crate::routes::{Access, RouteInfo, http_method};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::path::PathItem;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ComponentsBuilder, Content, ContentBuilder, HeaderBuilder, InfoBuilder, LicenseBuilder, OpenApi,
    OpenApiBuilder, PathsBuilder, Ref, RefOr, Required, Response, ResponseBuilder, Schema,
};

/// A refusal (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
struct ProblemSchema {
    /// The page of the code.
    #[schema(example = "/docs/problems/insufficient_available")]
    r#type: String,
    /// The same sentence for every occurrence of the code.
    title: String,
    /// The status of the answer.
    status: u16,
    /// The concrete values, and what to do.
    detail: String,
    /// The id of the request, to find it in the log.
    instance: String,
    /// The code, stable.
    #[schema(example = "insufficient_available")]
    code: String,
    /// The fields at fault.
    #[schema(nullable = false, required = false)]
    errors: Vec<FieldErrorSchema>,
}

/// One field at fault.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldError)]
struct FieldErrorSchema {
    /// A JSON pointer into the body, or `?name` for a parameter.
    #[schema(example = "/lines/0/qty")]
    pointer: String,
    /// The code of this field's fault.
    code: String,
    /// What is wrong, and what to do.
    detail: String,
}

/// Describes all routes.
pub fn openapi<'a>(routes: impl Iterator<Item = &'a RouteInfo>, version: &str) -> OpenApi {
    let mut paths = PathsBuilder::new();
    let mut components = ComponentsBuilder::new()
        .security_scheme(
            "key",
            SecurityScheme::Http(
                HttpBuilder::new()
                    .scheme(HttpAuthScheme::Bearer)
                    .bearer_format("swk_…")
                    .description(Some("An API key, made by `stockwell key add` or `POST /api/v1/keys`"))
                    .build(),
            ),
        )
        .security_scheme(
            "session",
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
                "__Host-sid",
                "The cookie of a session, made by `POST /api/v1/sessions`; `sid` at `http://localhost`. A write \
                 carries the `csrf` of the session as `X-CSRF-Token` as well. Never beside a key",
            ))),
        )
        .schema("Waiting", <crate::second::Waiting as utoipa::PartialSchema>::schema())
        .schema("Problem", <ProblemSchema as utoipa::PartialSchema>::schema())
        .schema("FieldError", <FieldErrorSchema as utoipa::PartialSchema>::schema());
    for route in routes {
        for (name, schema) in &route.schemas {
            components = components.schema(name, schema.clone());
        }
        paths = paths.path(&route.path, PathItem::new(http_method(&route.method), operation(route)));
    }
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Stockwell")
                .description(Some(
                    "What do we have, where is it, when do we need more. Quantities and money are decimal \
                     strings; instants are RFC 3339 with an offset; every refusal is a Problem.",
                ))
                .license(Some(
                    LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build(),
                ))
                .version(version)
                .build(),
        )
        .paths(paths.build())
        .components(Some(components.build()))
        .build()
}

/// The operation with what the kit adds.
fn operation(route: &RouteInfo) -> Operation {
    let mut operation = route.operation.clone();
    operation.tags = Some(vec![route.module.to_owned()]);
    let by = |name: &str| SecurityRequirement::new::<_, [&str; 0], &str>(name, []);
    operation.security = Some(match route.access {
        Access::Public(_) => vec![],
        Access::Session(_) => vec![by("session")],
        Access::Needs(_) | Access::SignedIn => vec![by("key"), by("session")],
    });
    if route.is_kept() {
        let own = operation.parameters.get_or_insert_default();
        own.push(RefOr::T(parameter(
            "Idempotency-Key",
            ParameterIn::Header,
            Required::True,
            Type::String,
            "1 to 64 visible ASCII characters, fresh for every new request, the same for its repetition",
        )));
        own.push(RefOr::T(parameter(
            "dry_run",
            ParameterIn::Query,
            Required::False,
            Type::Boolean,
            "Do everything, then undo it: the answer has `\"dry_run\": true` in front of its fields",
        )));
        if route.is_versioned() {
            own.push(RefOr::T(parameter(
                "If-Match",
                ParameterIn::Header,
                Required::True,
                Type::String,
                "The `ETag` of what was read, such as `\"7\"`",
            )));
        }
    }
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        if response.description.is_empty() {
            about(status).clone_into(&mut response.description);
        }
        if shows_version(route, response) {
            let text = ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
            let etag = HeaderBuilder::new().schema(Some(text)).description(Some(
                "The version of the record, such as `\"7\"`, for the `If-Match` of a change",
            ));
            response.headers.insert("ETag".to_owned(), RefOr::T(etag.build()));
        }
    }
    if may_wait(route) {
        operation.responses.responses.entry("202".to_owned()).or_insert(RefOr::T(waiting()));
    }
    let problem = ResponseBuilder::new()
        .description("A refusal")
        .content(
            "application/problem+json",
            ContentBuilder::new().schema(Some(RefOr::Ref(Ref::from_schema_name("Problem")))).build(),
        )
        .build();
    operation.responses.responses.entry("default".to_owned()).or_insert(RefOr::T(problem));
    if let Access::Needs(permission) = route.access {
        let extensions = utoipa::openapi::extensions::ExtensionsBuilder::new()
            .add("x-permission", permission.word())
            .add("x-reach", route.reach.word())
            .build();
        operation.extensions = Some(extensions);
    }
    operation
}

/// Whether a command of a route may have to wait for a second person: a permission can ask for one, and a
/// bulk needs those of its entries.
fn may_wait(route: &RouteInfo) -> bool {
    let asks = matches!(route.access, Access::Needs(permission) if permission.can_ask() || route.bulk);
    asks && route.is_kept() && !route.streamed
}

/// The answer of a command that waits.
fn waiting() -> Response {
    let schema = RefOr::Ref(Ref::from_schema_name("Waiting"));
    ResponseBuilder::new()
        .description("It waits until somebody else agrees, as the permission asks for here")
        .content("application/json", ContentBuilder::new().schema(Some(schema)).build())
        .build()
}

/// Whether an answer is a record with its version, or what became of a record that the address names:
/// the version goes with it as `ETag`.
fn shows_version(route: &RouteInfo, response: &Response) -> bool {
    let changed = route.is_versioned() && !response.content.is_empty();
    changed
        || response.content.values().any(|content| match content {
            RefOr::T(Content { schema: Some(schema), .. }) => has_version(route, schema),
            _ => false,
        })
}

/// Whether a schema has the field, by itself or by a part of it.
fn has_version(route: &RouteInfo, schema: &RefOr<Schema>) -> bool {
    match schema {
        RefOr::Ref(reference) => {
            let name = reference.ref_location.rsplit('/').next();
            let found = route.schemas.iter().find(|(known, _)| Some(known.as_str()) == name);
            found.is_some_and(|(_, schema)| has_version(route, schema))
        }
        RefOr::T(Schema::Object(object)) => object.properties.contains_key("version"),
        RefOr::T(Schema::AllOf(all)) => all.items.iter().any(|part| has_version(route, part)),
        RefOr::T(_) => false,
    }
}

/// What an answer is, where its handler says no more than its status.
fn about(status: &str) -> &'static str {
    match status {
        "201" => "Made",
        "202" => "Begun",
        "204" => "Done, and nothing to tell",
        _ => "Done",
    }
}

fn parameter(name: &str, place: ParameterIn, required: Required, kind: Type, about: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .description(Some(about))
        .schema(Some(ObjectBuilder::new().schema_type(SchemaType::new(kind))))
        .build()
}
