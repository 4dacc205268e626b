//! Agreeing to what somebody else has asked for, refusing it, or taking one's own back.

use super::show::{command, read};
use crate::cx::{Cx, Html, step};
use crate::kit::{Button, Field, FormPage, Kind, Section, Sent};
use crate::people::permission;
use axum::http::Method;
use maud::{Markup, html};
use web::{Form, Path, Posted};

/// What can be decided.
#[derive(Clone, Copy)]
enum Decision {
    Agree,
    Refuse,
    Withdraw,
}

impl Decision {
    /// What it says, why, and what is told afterwards.
    const fn words(self) -> [&'static str; 3] {
        match self {
            Decision::Agree => ["approval-agree", "approval-agree-why", "approval-agree-done"],
            Decision::Refuse => ["approval-refuse", "approval-refuse-why", "approval-refuse-done"],
            Decision::Withdraw => ["approval-withdraw", "approval-withdraw-why", "approval-withdraw-done"],
        }
    }

    const fn step(self) -> &'static str {
        match self {
            Decision::Agree => "agree",
            Decision::Refuse => "refuse",
            Decision::Withdraw => "withdraw",
        }
    }

    fn fields(self, cx: &Cx, sent: &Sent) -> Markup {
        match self {
            Decision::Agree => {
                html! { (Field::new("/note", &cx.t("approval-note")).hint(&cx.t("approval-note-hint")).area(sent)) }
            }
            Decision::Refuse => {
                html! { (Field::new("/reason", &cx.t("approval-reason")).required().area(sent)) }
            }
            Decision::Withdraw => html! {},
        }
    }

    async fn draw(self, cx: &Cx, id: &str, sent: &Sent) -> Html {
        let one = read(cx, id).await?;
        let [title, why, _] = self.words();
        let (title, why) = (cx.t(title), cx.tell(why, &[("name", one.asked_by.name().into())]));
        let back = format!("/approvals/{}", step(id));
        let above = [
            (cx.t("approvals-title").into_owned(), "/approvals".to_owned()),
            (permission(cx.reader, &one.permission), back.clone()),
        ];
        let submit = match self {
            Decision::Agree | Decision::Withdraw => Button::primary(&title),
            Decision::Refuse => Button::new(&title).kind(Kind::Danger),
        };
        let page = FormPage {
            title: &title,
            about: Some(&why),
            above: &above,
            section: Section::Approvals,
            fields: html! { (command(cx, &one)) (self.fields(cx, sent)) },
            submit,
            back: &back,
            version: None,
        };
        Ok(page.draw(cx, sent))
    }

    async fn act(self, cx: &Cx, id: &str, form: Form) -> Html {
        let target = format!("/api/v1/approvals/{}/{}", step(id), self.step());
        let outcome = match self {
            Decision::Agree | Decision::Refuse => cx.save(Method::POST, &target, form).await?,
            Decision::Withdraw => cx.save_as(Method::POST, &target, form, None).await?,
        };
        let [_, _, told] = self.words();
        match outcome.settle(cx, &cx.t(told), "/approvals") {
            Ok(response) => Ok(response),
            Err(sent) => self.draw(cx, id, &sent).await,
        }
    }
}

pub(super) async fn ask_agree(cx: Cx, Path(id): Path<String>) -> Html {
    Decision::Agree.draw(&cx, &id, &Sent::default()).await
}

pub(super) async fn agree(cx: Cx, Path(id): Path<String>, Posted(form): Posted) -> Html {
    Decision::Agree.act(&cx, &id, form).await
}

pub(super) async fn ask_refuse(cx: Cx, Path(id): Path<String>) -> Html {
    Decision::Refuse.draw(&cx, &id, &Sent::default()).await
}

pub(super) async fn refuse(cx: Cx, Path(id): Path<String>, Posted(form): Posted) -> Html {
    Decision::Refuse.act(&cx, &id, form).await
}

pub(super) async fn ask_withdraw(cx: Cx, Path(id): Path<String>) -> Html {
    Decision::Withdraw.draw(&cx, &id, &Sent::default()).await
}

pub(super) async fn withdraw(cx: Cx, Path(id): Path<String>, Posted(form): Posted) -> Html {
    Decision::Withdraw.act(&cx, &id, form).await
}
