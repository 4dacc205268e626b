//! What is done to a user: made, renamed, let in again, ended.

use super::User;
use crate::cx::{Cx, Html, step};
use crate::kit::{Button, Field, FormPage, Kind, Section, Sent};
use crate::people::choices;
use axum::http::Method;
use maud::{Markup, html};
use web::{Failure, Path, Posted};

/// The user that a form is about.
pub(super) async fn read(cx: &Cx, login: &str) -> Result<User, Failure> {
    cx.desk.get(&api(login, "")).await
}

/// The pages above a form about a user, and the one to go back to.
pub(super) fn above(cx: &Cx, user: &User) -> (Vec<(String, String)>, String) {
    let own = page_of(&user.login);
    let above =
        vec![(cx.t("users-title").into_owned(), "/users".to_owned()), (user.login.clone(), own.clone())];
    (above, own)
}

fn api(login: &str, end: &str) -> String {
    format!("/api/v1/users/{}{end}", step(login))
}

fn page_of(login: &str) -> String {
    format!("/users/{}", step(login))
}

pub(super) async fn new(cx: Cx) -> Html {
    draw_new(&cx, &Sent::default()).await
}

async fn draw_new(cx: &Cx, sent: &Sent) -> Html {
    let roles = choices::roles(cx, &cx.t("roles-none")).await?;
    let sites = choices::sites(cx).await?;
    let fields = html! {
        (Field::new("/login", &cx.t("login")).hint(&cx.t("login-hint")).required().autofocus().autocomplete("off").text(sent))
        (Field::new("/name", &cx.t("user-name")).hint(&cx.t("user-name-hint")).autocomplete("off").text(sent))
        (Field::new("/password#raw", &cx.t("user-first-password")).hint(&cx.t("password-hint")).required().autocomplete("new-password").password(sent))
        div class="pair" {
            (Field::new("/grants/0/role", &cx.t("user-first-role")).select(sent, &roles))
            (Field::new("/grants/0/within", &cx.t("grant-where")).hint(&cx.t("grant-where-hint")).suggest(sent, &sites))
        }
    };
    let title = cx.t("user-add");
    let page = FormPage {
        title: &title,
        about: None,
        above: &[(cx.t("users-title").into_owned(), "/users".to_owned())],
        section: Section::Users,
        fields,
        submit: Button::primary(&title),
        back: "/users",
        version: None,
    };
    Ok(page.draw(cx, sent))
}

pub(super) async fn make(cx: Cx, Posted(form): Posted) -> Html {
    let login = form.get("/login").unwrap_or_default().to_owned();
    let told = cx.tell("user-added", &[("login", login.as_str().into())]);
    match cx.save(Method::POST, "/api/v1/users", form).await?.settle(&cx, &told, "/users") {
        Ok(response) => Ok(response),
        Err(sent) => draw_new(&cx, &sent).await,
    }
}

/// What is done to a user by a form of its own.
#[derive(Clone, Copy)]
enum Deed {
    Rename,
    Password,
    Factor,
    End,
}

impl Deed {
    const fn words(self) -> [&'static str; 3] {
        match self {
            Deed::Rename => ["user-rename", "user-rename-why", "user-renamed"],
            Deed::Password => ["user-password", "user-password-why", "user-password-set"],
            Deed::Factor => ["user-factor", "user-factor-why", "user-factor-gone"],
            Deed::End => ["user-end", "user-end-why", "user-end-done"],
        }
    }

    fn request(self, login: &str) -> (Method, String) {
        match self {
            Deed::Rename => (Method::PATCH, api(login, "")),
            Deed::Password => (Method::POST, api(login, "/password")),
            Deed::Factor => (Method::DELETE, api(login, "/second-factor")),
            Deed::End => (Method::POST, api(login, "/end")),
        }
    }

    fn fields(self, cx: &Cx, user: &User, sent: &Sent) -> Markup {
        match self {
            Deed::Rename => {
                html! { (Field::new("/name", &cx.t("user-name")).value(&user.name).required().autofocus().text(sent)) }
            }
            Deed::Password => {
                html! { (Field::new("/password#raw", &cx.t("password-new")).hint(&cx.t("password-hint")).required().autofocus().autocomplete("new-password").password(sent)) }
            }
            Deed::Factor | Deed::End => html! {},
        }
    }

    async fn draw(self, cx: &Cx, login: &str, sent: &Sent) -> Html {
        let user = read(cx, login).await?;
        let [title, why, _] = self.words();
        let (title, why) = (cx.t(title), cx.tell(why, &[("name", user.name.as_str().into())]));
        let submit = match self {
            Deed::Rename | Deed::Password => Button::primary(&title),
            Deed::Factor | Deed::End => Button::new(&title).kind(Kind::Danger),
        };
        let (above, back) = above(cx, &user);
        let page = FormPage {
            title: &title,
            about: Some(&why),
            above: &above,
            section: Section::Users,
            fields: self.fields(cx, &user, sent),
            submit,
            back: &back,
            version: Some(user.version),
        };
        Ok(page.draw(cx, sent))
    }

    async fn act(self, cx: &Cx, login: &str, form: web::Form) -> Html {
        let ((method, target), [_, _, told]) = (self.request(login), self.words());
        let outcome = match self {
            Deed::Rename | Deed::Password => cx.save(method, &target, form).await?,
            Deed::Factor | Deed::End => cx.save_as(method, &target, form, None).await?,
        };
        match outcome.settle(cx, &cx.tell(told, &[("login", login.into())]), &page_of(login)) {
            Ok(response) => Ok(response),
            Err(sent) => self.draw(cx, login, &sent).await,
        }
    }
}

pub(super) async fn edit(cx: Cx, Path(login): Path<String>) -> Html {
    Deed::Rename.draw(&cx, &login, &Sent::default()).await
}

pub(super) async fn rename(cx: Cx, Path(login): Path<String>, Posted(form): Posted) -> Html {
    Deed::Rename.act(&cx, &login, form).await
}

pub(super) async fn password(cx: Cx, Path(login): Path<String>) -> Html {
    Deed::Password.draw(&cx, &login, &Sent::default()).await
}

pub(super) async fn set_password(cx: Cx, Path(login): Path<String>, Posted(form): Posted) -> Html {
    Deed::Password.act(&cx, &login, form).await
}

pub(super) async fn factor(cx: Cx, Path(login): Path<String>) -> Html {
    Deed::Factor.draw(&cx, &login, &Sent::default()).await
}

pub(super) async fn remove_factor(cx: Cx, Path(login): Path<String>, Posted(form): Posted) -> Html {
    Deed::Factor.act(&cx, &login, form).await
}

pub(super) async fn end(cx: Cx, Path(login): Path<String>) -> Html {
    Deed::End.draw(&cx, &login, &Sent::default()).await
}

pub(super) async fn end_account(cx: Cx, Path(login): Path<String>, Posted(form): Posted) -> Html {
    Deed::End.act(&cx, &login, form).await
}

pub(super) async fn session(cx: Cx, Path((login, _)): Path<(String, i64)>) -> Html {
    draw_session(&cx, &login, &Sent::default()).await
}

async fn draw_session(cx: &Cx, login: &str, sent: &Sent) -> Html {
    let user = read(cx, login).await?;
    let (title, about) =
        (cx.t("session-end-title"), cx.tell("session-end-why", &[("name", user.name.as_str().into())]));
    let ((above, back), submit) = (above(cx, &user), cx.t("session-end"));
    let page = FormPage {
        title: &title,
        about: Some(&about),
        above: &above,
        section: Section::Users,
        fields: html! {},
        submit: Button::primary(&submit),
        back: &back,
        version: None,
    };
    Ok(page.draw(cx, sent))
}

pub(super) async fn end_session(
    cx: Cx,
    Path((login, id)): Path<(String, i64)>,
    Posted(form): Posted,
) -> Html {
    let target = format!("/api/v1/sessions/{id}/end");
    let outcome = cx.save_as(Method::POST, &target, form, None).await?;
    match outcome.settle(&cx, &cx.t("session-ended"), &page_of(&login)) {
        Ok(response) => Ok(response),
        Err(sent) => draw_session(&cx, &login, &sent).await,
    }
}
