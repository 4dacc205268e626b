//! The door of the set-up, open to whoever has the one-time token.

use super::FirstUser;
use crate::Access;
use crate::token::Token;
use crate::users::{self, api::UserView};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Answer, App, Failure, OrganisationSetUp, StrangerCommand};

/// The first administrator.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetUp {
    /// The token that the server showed at its start.
    token: String,
    /// The login of the administrator.
    login: String,
    /// The login when not given.
    name: Option<String>,
    /// 12 to 256 characters.
    password: String,
    /// How the books are kept. It can also be said later, until the first posting.
    #[serde(default)]
    organisation: Option<OrganisationSetUp>,
}

/// The first administrator and their first key.
#[derive(Serialize, ToSchema)]
pub(crate) struct SetUpDone {
    /// The administrator.
    user: UserView,
    /// An API key with all that the user may. It is in the first answer only, not in a repeated one:
    /// whoever has lost it makes another by `stockwell key add NAME --user LOGIN`, on a file with the server stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

/// Makes the first user, once, and sets up the organisation when asked to.
#[utoipa::path(post, path = "/api/v1/setup", request_body = SetUp, responses((status = 201, body = SetUpDone)))]
pub(crate) async fn set_up(
    State(access): State<Access>,
    app: App,
    StrangerCommand(command): StrangerCommand<SetUp>,
) -> web::Result {
    if let Some(answer) = command.earlier(&app).await? {
        return Ok(answer);
    }
    let (body, now) = (&command.body, command.caller.ctx.now);
    let setup_token = body.token.clone();
    app.db().read(move |conn| super::may(conn, &setup_token, now)).await?;
    let login = users::login(&body.login)?;
    let called = body.organisation.as_ref().map(|organisation| organisation.name.as_str());
    let first = FirstUser {
        name: users::name(body.name.as_deref().unwrap_or(&login))?,
        password: access.password(app.db(), (&body.password, &login), called).await?,
        login,
    };
    let key = Token::new().map_err(|error| Failure::fault(format!("no random source: {error}")))?;
    let desk = access.clone();
    let answer = command.run(&app, move |tx, command| {
        let (ctx, body) = (&command.caller.ctx, &command.body);
        let tokens = (body.token.as_str(), &key);
        let user = super::first_user(tx, ctx, desk.bounds(), tokens, &first)?;
        if let Some(organisation) = &body.organisation {
            (desk.organise())(tx, ctx, organisation).map_err(|failure| failure.under("/organisation"))?;
        }
        let user = desk.user_view(tx, user)?;
        let location = format!("/api/v1/users/{}", user.login);
        let done = SetUpDone { user, key: Some(key.reveal().to_owned()) };
        let answer = Answer::created(location, &done)?;
        answer.keep(&SetUpDone { key: None, ..done })
    });
    access.after(answer.await).await
}
