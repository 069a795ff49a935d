//! What subscribers do (XEP-0060 section 6).

use skein_db::Tx;
use skein_kernel::Refusal;
use skein_xmpp::form::Form;
use skein_xmpp::{Condition, Jid, Kind, MessageType, Stanza, StanzaError, ns};

use super::publish::{hearers, last};
use super::spaces;
use crate::edit::Done;
use crate::notify::{self, event};
use crate::place::{Call, Place, Stop};
use crate::proto::{
    write_authorization, write_items_event, write_options, write_subscribed,
    write_subscription_event, write_subscriptions,
};
use crate::rules::{Access, Affiliation, SUBSCRIBERS, State, error, may_read, unreadable};
use crate::store::{self, Stored, Subscriber};

/// Nobody but oneself is subscribed (section 6.1.3.1).
fn is_own(call: &Call, jid: &Jid) -> Result<(), StanzaError> {
    match jid.same_bare(&call.asker) {
        true => Ok(()),
        false => Err(error(Condition::BadRequest, "invalid-jid")),
    }
}

/// What a form says about delivery, or how it was.
fn delivers(form: &Form, before: bool) -> Result<bool, StanzaError> {
    let mut deliver = before;
    for field in &form.fields {
        let value = field.values.first().map_or("", String::as_str);
        deliver = match (field.var.trim_start_matches("pubsub#"), value) {
            ("deliver", "1" | "true") => true,
            ("deliver", "0" | "false") => false,
            ("digest" | "include_body", "0" | "false") => deliver,
            _ => return Err(error(Condition::BadRequest, "invalid-options")),
        };
    }
    Ok(deliver)
}

/// A subscription that was made or was there.
struct Outcome {
    subscriber: Subscriber,
    last: Option<Stored>,
    is_new: bool,
    done: Done,
}

/// Subscribes.
pub(super) async fn subscribe(
    call: &Call,
    name: String,
    jid: Jid,
    options: Option<Form>,
) -> Result<Stanza, Refusal> {
    is_own(call, &jid)?;
    let deliver = options.map_or(Ok(true), |form| delivers(&form, true))?;
    let node = name.clone();
    let outcome = call.write(move |call, tx| enter(call, tx, &node, &jid, deliver)).await?;
    let Outcome { subscriber, last, is_new, done } = outcome;
    if is_new {
        tell_owners(call, &name, &subscriber, &done).await;
        spaces::changed(call, &name, &subscriber).await;
    }
    if let Some(item) = last {
        let payload = done.hearers.config.deliver_payloads;
        let event = event(call.place.jid(), |writer| {
            write_items_event(writer, &name, Some(&item), payload);
        });
        notify::tell(&call.ctx, &subscriber.jid, event).await;
    }
    Ok(call.result(|writer| write_subscribed(writer, &name, &subscriber)))
}

fn enter(
    call: &Call,
    tx: &mut Tx<'_>,
    name: &str,
    jid: &Jid,
    deliver: bool,
) -> Result<Outcome, Stop> {
    let (node, standing) = call.find(tx, name)?;
    let owner = call.owner();
    let known = store::subscriber(tx, owner, name, jid)?;
    let done = hearers(call, tx, name, &node.config)?;
    if let Some(known) = known {
        return match known.state {
            State::Pending => Err(error(Condition::NotAuthorized, "pending-subscription").into()),
            _ => Ok(Outcome { subscriber: known, last: None, is_new: false, done }),
        };
    }
    if !node.config.subscribe && standing.affiliation != Affiliation::Owner {
        return Err(error(Condition::FeatureNotImplemented, "unsupported").into());
    }
    let may = may_read(node.config.access, &standing);
    let asks = node.config.access == Access::Authorize && standing.affiliation == Affiliation::None;
    let state = match (may, asks) {
        (true, _) => State::Subscribed,
        (false, true) => State::Pending,
        (false, false) => return Err(unreadable(&node.config, &standing).into()),
    };
    let (own, all) = store::subscriptions(tx, owner, name, jid)?;
    if own >= call.bounds().subscriptions || all >= SUBSCRIBERS {
        return Err(error(Condition::PolicyViolation, "too-many-subscriptions").into());
    }
    let subscriber = Subscriber { jid: jid.clone(), state, deliver };
    store::put_subscription(tx, owner, name, &subscriber)?;
    let last = match state {
        State::Subscribed if deliver => last(call, tx, name, &node.config)?,
        _ => None,
    };
    Ok(Outcome { subscriber, last, is_new: true, done })
}

/// Tells the owners of a new subscription, or asks them to let somebody in.
async fn tell_owners(call: &Call, name: &str, subscriber: &Subscriber, done: &Done) {
    let Place::Service(service) = &call.place else { return };
    let (jid, state) = (&subscriber.jid, subscriber.state);
    let mut news = Stanza::new(Kind::Message(MessageType::Normal));
    news.from = Some(service.clone());
    let news = match state {
        State::Pending => {
            news.id = Some(crate::edit::made_up(call).as_str().into());
            news.with_content(|writer| write_authorization(writer, name, jid))
        }
        _ if done.hearers.config.notify_sub => {
            news.with_content(|writer| write_subscription_event(writer, name, jid, state))
        }
        _ => return,
    };
    for owner in done.hearers.owners() {
        notify::tell(&call.ctx, owner, news.clone()).await;
    }
}

/// Ends a subscription.
pub(super) async fn unsubscribe(call: &Call, name: String, jid: Jid) -> Result<Stanza, Refusal> {
    is_own(call, &jid)?;
    let node = name.clone();
    let (subscriber, done) = call
        .write(move |call, tx| {
            let (node, _) = call.find(tx, &name)?;
            let known = store::subscriber(tx, call.owner(), &name, &jid)?;
            let mut known =
                known.ok_or_else(|| error(Condition::UnexpectedRequest, "not-subscribed"))?;
            known.state = State::None;
            store::put_subscription(tx, call.owner(), &name, &known)?;
            Ok((known, hearers(call, tx, &name, &node.config)?))
        })
        .await?;
    tell_owners(call, &node, &subscriber, &done).await;
    spaces::changed(call, &node, &subscriber).await;
    Ok(call.done())
}

/// One's own subscriptions here (section 5.6).
pub(super) async fn list(call: &Call, node: Option<String>) -> Result<Stanza, Refusal> {
    let of = node.clone();
    let list = call
        .read(move |call, tx| {
            let mut list = store::subscriptions_of(tx, call.owner(), &call.asker)?;
            if let Some(of) = of {
                list.retain(|(node, _)| *node == of);
            }
            Ok(list)
        })
        .await?;
    Ok(call.result(|writer| write_subscriptions(writer, ns::PUBSUB, node.as_deref(), &list)))
}

fn known(call: &Call, tx: &mut Tx<'_>, name: &str, jid: &Jid) -> Result<Subscriber, Stop> {
    is_own(call, jid)?;
    call.find(tx, name)?;
    let known = store::subscriber(tx, call.owner(), name, jid)?;
    known.ok_or_else(|| error(Condition::UnexpectedRequest, "not-subscribed").into())
}

/// A subscription's options (section 6.3.2).
pub(super) async fn options(call: &Call, name: String, jid: Jid) -> Result<Stanza, Refusal> {
    let node = name.clone();
    let subscriber = call.read(move |call, tx| known(call, tx, &node, &jid)).await?;
    Ok(call.result(|writer| write_options(writer, Some((&name, &subscriber)))))
}

/// Changes a subscription's options (section 6.3.5).
pub(super) async fn set_options(
    call: &Call,
    name: String,
    jid: Jid,
    form: Form,
) -> Result<Stanza, Refusal> {
    call.write(move |call, tx| {
        let mut subscriber = known(call, tx, &name, &jid)?;
        if !form.cancelled {
            subscriber.deliver = delivers(&form, subscriber.deliver)?;
            store::put_subscription(tx, call.owner(), &name, &subscriber)?;
        }
        Ok(())
    })
    .await?;
    Ok(call.done())
}

/// The options of any subscription (section 6.4).
pub(super) fn default_options(call: &Call) -> Stanza {
    call.result(|writer| write_options(writer, None))
}
