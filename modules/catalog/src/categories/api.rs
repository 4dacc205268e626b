//! `/api/v1/categories`.

use super::decide::{ChangeCategory, NewCategory};
use super::{Category, change_category as change, create_category as create, remove_category as remove};
use crate::{limits, store_categories, text};
use db::{Conn, DbError};
use domain::{Code, Problem};
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, App, Command, Failure, IfMatch, List, Page, Path};

web::sorts! {
    /// The orders of the list of categories.
    pub(crate) enum CategorySort { Path = "path" }
}

/// Which categories.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CategoryFilter {
    /// Only those directly below this path.
    parent: Option<String>,
    /// How the path begins.
    q: Option<String>,
}

/// Lists categories by path, so that each stands after the one above it.
#[utoipa::path(
    get,
    path = "/api/v1/categories",
    params(List<CategoryFilter, CategorySort>),
    responses((status = 200, body = Page<Category>))
)]
pub(crate) async fn list_categories(app: App, list: List<CategoryFilter, CategorySort>) -> web::Result {
    let CategoryFilter { parent, q } = list.filter.clone();
    let begins = q.as_deref().map(|q| text::name(q, "?q")).transpose()?;
    let mut filter = store_categories::Filter {
        after: list.after::<String>()?,
        begins: begins.as_deref().map(text::fold),
        limit: list.fetch(),
        ..store_categories::Filter::default()
    };
    let categories = app
        .db()
        .read(move |conn| {
            if let Some(parent) = &parent {
                filter.parent = Some(super::named(conn, parent, "?parent")?.id);
            }
            Ok::<_, Failure>(store_categories::list(conn, &filter)?)
        })
        .await?;
    Answer::ok(&list.page(categories, |category| category.path.clone())?)
}

/// Shows one category.
#[utoipa::path(
    get,
    path = "/api/v1/categories/{path}",
    params(("path" = String, Path, description = "the path, with `%2F` between its steps")),
    responses((status = 200, body = Category))
)]
pub(crate) async fn get_category(app: App, Path(path): Path<String>) -> web::Result {
    let category = app.db().read(move |conn| super::addressed(conn, &path)).await?;
    Ok(Answer::ok(&category)?.version(category.version))
}

/// Creates a category.
#[utoipa::path(
    post,
    path = "/api/v1/categories",
    request_body = NewCategory,
    responses((status = 201, body = Category))
)]
pub(crate) async fn create_category(app: App, command: Command<NewCategory>) -> web::Result {
    command
        .run(&app, |tx, command| {
            let category = create(tx, &command.caller.ctx, &command.body)?;
            Ok(Answer::created(address(&category.path), &category)?.version(category.version))
        })
        .await
}

/// Changes the name of a category, or hangs it somewhere else. What the rules there refuse holds it back.
#[utoipa::path(
    patch,
    path = "/api/v1/categories/{path}",
    params(("path" = String, Path, description = "the path, with `%2F` between its steps")),
    request_body = ChangeCategory,
    responses((status = 200, body = Category))
)]
pub(crate) async fn change_category(
    app: App,
    Path(path): Path<String>,
    version: IfMatch,
    command: Command<ChangeCategory>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let caller = &command.caller;
            let line = |conn: &mut Conn<'_>, path: &str| match crate::category(conn, path)? {
                Some(category) if caller.whole.has_categories() => crate::category_line(conn, category.id),
                _ => Ok::<_, DbError>(Vec::new()),
            };
            let before = line(tx, &path)?;
            let category = change(tx, &caller.ctx, &path, version, &command.body)?;
            let after = line(tx, &category.path)?;
            limits::refuse_gain(caller, (&before, &after), "/parent")?;
            Ok(Answer::ok(&category)?.version(category.version))
        })
        .await
}

/// Removes a category that is empty.
#[utoipa::path(
    delete,
    path = "/api/v1/categories/{path}",
    params(("path" = String, Path, description = "the path, with `%2F` between its steps")),
    responses((status = 204))
)]
pub(crate) async fn remove_category(
    app: App,
    Path(path): Path<String>,
    version: IfMatch,
    command: Command<()>,
) -> web::Result {
    let granted = app.categories().granted;
    command
        .run(&app, move |tx, command| {
            let category = remove(tx, &command.caller.ctx, &path, version)?;
            if let Some(login) = (granted)(tx, category.id)? {
                let detail = format!("`{login}` has rights for its items; take them away first");
                return Err(Problem::new(Code::InUse, detail).into());
            }
            Ok(Answer::nothing())
        })
        .await
}

/// Where a category is.
pub(crate) fn address(path: &str) -> String {
    format!("/api/v1/categories/{}", crate::find::api::encoded(path))
}
