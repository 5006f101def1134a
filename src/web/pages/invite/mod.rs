//! Inviting somebody, step by step (S3-03): whom, who it is, what they are given, and everything once more before it is sent.
//!
//! What is typed is kept in a draft, so that neither going back nor a mistake loses any of it. Each step is read by the API's
//! own readers, and what is sent goes through the API's own use case: a step only says sooner what that would refuse.

mod anew;
mod answers;
mod check;
mod known;
mod parts;
mod send;
mod steps;
mod verify;

use std::time::Duration;

use askama::Template;

use self::answers::{Answers, How, Who};
use self::known::Known;
use self::parts::Duplicate;
use super::access::Listing;
use super::desk::{Desk, Place};
use super::form::Form;
use super::{Frame, Problems, said};
use crate::domain::ids::DraftId;
use crate::domain::role::Role;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::platform::{Platform, ResultSet};
use crate::store::accounts::At;
use crate::store::drafts::{self, Draft};
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};
use crate::web::route::Route;
pub use anew::draft;
pub use steps::Step;

/// How long a draft waits for its writer.
const KEPT: Duration = Duration::from_hours(24);

/// A draft that is open, and who writes it.
struct Open {
    desk: Desk,
    /// None before the first answer.
    id: Option<DraftId>,
    answers: Answers,
}

/// A step as a page.
#[derive(Template)]
#[template(path = "pages/invite.html")]
struct Page<'a> {
    frame: Frame,
    nonce: &'a str,
    action: String,
    place: String,
    heading: &'static str,
    problems: Problems,
    duplicate: Option<Duplicate>,
    /// The fields, which were escaped when they were written.
    fields: String,
    /// What the button says that goes on.
    go: String,
    /// Whether there is a step before this one.
    back: bool,
    /// Whether this step was opened from the last one, and leads back to it.
    change: bool,
    /// Of which list it will be: said there, if it was sent already.
    list: Option<&'static str>,
    /// Where one goes who gives it up, and in which words.
    away: (String, &'static str),
}

/// `GET /o/{slug}/team/invite`, with `?who=`, `?email=` and `?workspace_ids=` where they are known.
///
/// # Errors
/// 403 for whoever may invite nobody.
pub async fn start<P: Platform>(ctx: &Context<'_, P>, request: &Request, slug: &str) -> Result<Reply> {
    let desk = inviting(Desk::open(ctx, request, At::Slug(slug), Vec::new()).await?.0)?;
    let fields: Vec<(String, String)> = request::query(request).unwrap_or_default();
    let mut answers = Answers::default();
    let fields = Form::of(fields);
    answers.begin(&fields);
    let answers = answers.settled_for_client(only_clients(&desk));
    let open = Open { desk, id: None, answers };
    open.page_of_start(ctx, Problems::default()).await
}

/// `POST /o/{slug}/team/invite`: the first answer, which makes the draft.
///
/// # Errors
/// Those of [`start`], and a form's.
pub async fn begin<P: Platform>(ctx: &Context<'_, P>, request: &Request, slug: &str) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    let desk = inviting(Desk::open(ctx, request, At::Slug(slug), Vec::new()).await?.0)?;
    let only_clients = only_clients(&desk);
    let mut answers = Answers::default();
    answers.begin(&form);
    let mut open = Open { desk, id: None, answers: answers.settled_for_client(only_clients) };
    if let Err(error) = form.fresh().and_then(|()| open.check_who()) {
        let problems = Problems::of(Some(&error)).gathered(Step::Who.places());
        let page = open.page_of_start(ctx, problems).await?;
        return Ok(with_status(page, &error));
    }
    let id: DraftId = ctx.id();
    open.id = Some(id);
    let step = if only_clients { Step::Person } else { Step::Who };
    let until = ctx.now().plus(KEPT);
    let kept = drafts::insert(id, open.desk.member, &open.answers.data(), until);
    open.go_on(ctx, step, false, kept).await
}

/// `GET /o/{slug}/team/invite/{draft}/{step}`.
///
/// # Errors
/// 403 for whoever may invite nobody.
pub async fn show<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: DraftId,
    step: Step,
) -> Result<Reply> {
    let query = Form::of(request::query(request).unwrap_or_default());
    let Some(open) = open(ctx, request, slug, id).await? else { return Ok(gone(slug, &query)) };
    if open.is_settled(step) {
        return Ok(reply::see_other(&open.path(Step::Check)));
    }
    let known = Known::read(ctx, &open, Vec::new(), Some(step), &query).await?;
    let change = query.has("change");
    open.page(ctx, step, &known, Problems::default(), None, change)
}

/// `POST /o/{slug}/team/invite/{draft}/{step}`: keeps what was typed, and goes on if nothing is wrong with it.
///
/// # Errors
/// Those of [`show`], and a form's.
pub async fn submit<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: DraftId,
    step: Step,
) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    let Some(mut open) = open(ctx, request, slug, id).await? else { return Ok(gone(slug, &form)) };
    if let Err(error) = form.fresh() {
        open.answers.keep(&form, step);
        let known = Known::read(ctx, &open, Vec::new(), Some(step), &Form::default()).await?;
        let problems = Problems::of(Some(&error));
        let page = open.page(ctx, step, &known, problems, None, form.has("change"))?;
        return Ok(with_status(page, &error));
    }
    if step == Step::Check && !form.has("back") {
        return send::send(ctx, open, id, &form).await;
    }
    if open.is_settled(step) {
        return Ok(reply::see_other(&open.path(Step::Check)));
    }
    let before = (open.answers.who(), open.answers.role());
    open.answers.keep(&form, step);
    // Whoever it is for decides what is asked next: of somebody else, or in another role, all of it.
    let change = form.has("change") && (open.answers.who(), open.answers.role()) == before;
    let until = ctx.now().plus(KEPT);
    let kept = vec![drafts::save(id, open.desk.member, &open.answers.data(), until)];
    if Listing::is_asked(&form) {
        if form.has("all") {
            let known = Known::read(ctx, &open, Vec::new(), Some(step), &form).await?;
            open.answers.choose(&form, known.resources.page().map(|resource| resource.id));
        }
        let kept = drafts::save(id, open.desk.member, &open.answers.data(), until);
        ctx.platform.run(kept).await?;
        let mut query: Vec<(&str, &str)> = form
            .fields()
            .filter(|(name, value)| {
                ["find", "find_resource", "after", "more"].contains(name) && !value.is_empty()
            })
            .collect();
        if form.text("look") == "resources" {
            query.retain(|(name, _)| *name != "after");
        }
        query.extend(form.has("change").then_some(("change", "")));
        let query = serde_urlencoded::to_string(query).unwrap_or_default();
        return Ok(reply::see_other(&format!("{}?{query}", open.path(step))));
    }
    if form.has("back") {
        let known = Known::read(ctx, &open, kept, None, &Form::default()).await?;
        return Ok(reply::see_other(&open.path(open.before(step, &known).unwrap_or(Step::Who))));
    }
    open.go_on(ctx, step, change, kept).await
}

/// Whoever opens these pages may invite somebody.
fn inviting(desk: Desk) -> Result<Desk> {
    if desk.actor.invitable().is_empty() { Err(Code::Forbidden.into()) } else { Ok(desk) }
}

/// Whether they may invite clients only: then nobody asks them whom (S3-05).
fn only_clients(desk: &Desk) -> bool {
    desk.actor.invitable() == [Role::Client]
}

/// The draft, if it is this member's and still there.
async fn open<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: DraftId,
) -> Result<Option<Open>> {
    let reads = vec![drafts::select(id, ctx.now())];
    let (desk, found) = Desk::open(ctx, request, At::Slug(slug), reads).await?;
    let desk = inviting(desk)?;
    let draft: Option<Draft> = ResultSet::row_of(found.first())?;
    Ok(draft.filter(|draft| desk.actor.is(draft.member_id)).map(|draft| Open {
        desk,
        id: Some(id),
        answers: Answers::of(draft.data),
    }))
}

/// The lists that somebody who is invited or added stands in.
const LISTS: [&str; 4] = ["members", "clients", "invitations", "links"];

/// On to the list that it would be in, for a draft that is not there.
fn gone(slug: &str, form: &Form) -> Reply {
    let sentence = "That was done already, or lay unfinished for more than a day. \
                    Look for it here, or begin again.";
    let path = Route::Team(slug.to_owned()).path();
    match LISTS.into_iter().find(|list| *list == form.text("list")) {
        Some(list) => said::see_other(&format!("{path}?tab={list}"), sentence),
        None => said::see_other(&path, sentence),
    }
}

fn with_status(mut reply: Reply, error: &Error) -> Reply {
    *reply.status_mut() = error.code().status();
    if let Error::Refused(refusal) = error {
        reply::tell(&mut reply, refusal);
    }
    reply
}

impl Answers {
    /// For whoever may invite clients only, it is for a client unless it is for many.
    fn settled_for_client(mut self, only_clients: bool) -> Self {
        if only_clients && !self.is_link() && self.who() != Some(Who::Staff) {
            self.keep(&Form::of(vec![("who".to_owned(), "client".to_owned())]), Step::Who);
        }
        self
    }
}

impl Open {
    fn slug(&self) -> String {
        self.desk.setting.slug.clone()
    }

    /// The address of a step.
    fn path(&self, step: Step) -> String {
        match self.id {
            Some(id) => Route::InviteStep(self.slug(), id, step).path(),
            None => Route::InviteStart(self.slug()).path(),
        }
    }

    /// Whether this is no question here: of an invitation that is changed, whom it is for.
    fn is_settled(&self, step: Step) -> bool {
        self.answers.changes().is_some() && matches!(step, Step::Who | Step::Person)
    }

    /// The list that they will be in.
    fn list(&self) -> &'static str {
        match (self.answers.who(), self.answers.how(&self.desk.actor)) {
            (Some(Who::Link), _) => "links",
            (_, How::Mail | How::HandedOver) => "invitations",
            (Some(Who::Client), How::Added) => "clients",
            (_, How::Added) => "members",
        }
    }

    /// The steps that there are for these answers.
    fn steps(&self, known: &Known) -> Vec<Step> {
        let everything = self.answers.role().reaches_every_workspace();
        let template = self.desk.actor.template;
        let is_asked = |step: &Step| match step {
            Step::Who => !only_clients(&self.desk),
            Step::Person | Step::Check => true,
            Step::Workspaces => !everything && known.workspaces.len() > 1,
            Step::Accounts => !everything && !template.kinds.is_empty(),
            Step::Permissions => !everything,
            Step::Credentials => {
                !everything && self.answers.asks_for_credentials(template, known.source.as_ref())
            }
        };
        Step::ALL.into_iter().filter(|step| !self.is_settled(*step)).filter(is_asked).collect()
    }

    fn before(&self, step: Step, known: &Known) -> Option<Step> {
        let steps = self.steps(known);
        let place = steps.iter().position(|each| *each == step)?;
        steps.get(place.checked_sub(1)?).copied()
    }

    fn after(&self, step: Step, known: &Known) -> Step {
        let steps = self.steps(known);
        let place = Step::ALL.iter().position(|each| *each == step).unwrap_or_default();
        let later = Step::ALL.into_iter().skip(place + 1).find(|step| steps.contains(step));
        later.unwrap_or(Step::Check)
    }

    /// Keeps what was typed, and goes on from a step; or shows it again, with what is wrong.
    async fn go_on<P: Platform>(
        &self,
        ctx: &Context<'_, P>,
        step: Step,
        change: bool,
        kept: Vec<crate::platform::Statement>,
    ) -> Result<Reply> {
        let known = Known::read(ctx, self, kept, None, &Form::default()).await?;
        if let Err(error) = self.verify(step, &known) {
            let known = Known::read(ctx, self, Vec::new(), Some(step), &Form::default()).await?;
            let problems = Problems::of(Some(&error)).gathered(step.places());
            let duplicate = Duplicate::of(&error, self, &known);
            let page = self.page(ctx, step, &known, problems, duplicate, change)?;
            return Ok(with_status(page, &error));
        }
        // Which accounts there are is another question in other workspaces.
        if change && step == Step::Workspaces && !self.answers.chosen().grants.is_empty() {
            return Ok(reply::see_other(&format!("{}?change", self.path(Step::Accounts))));
        }
        let next = if change { Step::Check } else { self.after(step, &known) };
        Ok(reply::see_other(&self.path(next)))
    }

    async fn page_of_start<P: Platform>(&self, ctx: &Context<'_, P>, problems: Problems) -> Result<Reply> {
        let step = if only_clients(&self.desk) { Step::Person } else { Step::Who };
        let known = Known::read(ctx, self, Vec::new(), None, &Form::default()).await?;
        self.page(ctx, step, &known, problems, None, false)
    }

    fn page<P: Platform>(
        &self,
        ctx: &Context<'_, P>,
        step: Step,
        known: &Known,
        problems: Problems,
        duplicate: Option<Duplicate>,
        change: bool,
    ) -> Result<Reply> {
        let (fields, go) = self.fields(ctx, step, known, &problems)?;
        let known_already = known.taken.clone().filter(|_| step == Step::Check);
        let duplicate = duplicate
            .or_else(|| known_already.and_then(|refusal| Duplicate::of(&refusal.into(), self, known)));
        self.desk.reply(&Page {
            frame: self.desk.frame(Place::Team),
            nonce: &self.desk.key.nonce,
            action: self.path(step),
            place: self.place_of(step, known),
            heading: self.heading(step),
            problems,
            duplicate,
            fields,
            go,
            // A change begins at the review.
            back: self.id.is_some()
                && self.before(step, known).is_some()
                && (step != Step::Check || self.answers.changes().is_none()),
            change,
            list: (step == Step::Check).then(|| self.list()),
            away: match self.answers.changes() {
                Some(id) => (Route::OfferPage(self.slug(), id).path(), "Leave without saving"),
                None => (Route::Team(self.slug()).path(), "Leave without sending"),
            },
        })
    }

    /// "Step 2 of 5".
    fn place_of(&self, step: Step, known: &Known) -> String {
        if self.answers.changes().is_some() {
            return "Change what it gives".to_owned();
        }
        let steps = self.steps(known);
        let place = steps.iter().position(|each| *each == step).unwrap_or_default();
        format!("Step {} of {}", place + 1, steps.len())
    }

    fn heading(&self, step: Step) -> &'static str {
        match step {
            Step::Who => "Who are you inviting?",
            Step::Person if self.answers.is_link() => "What is the link for?",
            Step::Person => "Who is it?",
            Step::Workspaces => "Where will they be?",
            Step::Accounts => "What can they reach?",
            Step::Permissions => "What can they do?",
            Step::Credentials => "Whose credentials are used?",
            Step::Check if self.answers.changes().is_some() => "Check and save",
            Step::Check if self.answers.is_link() => "Check and make the link",
            Step::Check if self.answers.how(&self.desk.actor) == How::Added => "Check and add",
            Step::Check => "Check and send",
        }
    }
}
