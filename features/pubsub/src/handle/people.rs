//! Affiliations and subscriptions of others, for owners (XEP-0060 sections 8.6 to 8.9).

use skein_kernel::Refusal;
use skein_xmpp::{Condition, Jid, Kind, MessageType, Stanza, StanzaError, ns};

use crate::notify::tell;
use crate::place::{Call, Place};
use crate::proto::{
    Authorization, write_affiliations, write_subscription_event, write_subscriptions,
};
use crate::rules::{AFFILIATIONS, Affiliation, State};
use crate::store::{self, Subscriber};

/// One's own affiliations here (section 5.7).
pub(super) async fn own(call: &Call, node: Option<String>) -> Result<Stanza, Refusal> {
    let of = node.clone();
    let list = call
        .read(move |call, tx| {
            let mut list = store::affiliations_of(tx, call.owner(), &call.asker)?;
            if let Some(of) = of {
                list.retain(|(node, _)| *node == of);
            }
            // That one is an outcast, one learns by trying.
            list.retain(|(_, affiliation)| *affiliation != Affiliation::Outcast);
            Ok(list)
        })
        .await?;
    Ok(call.result(|writer| write_affiliations(writer, ns::PUBSUB, node.as_deref(), &list)))
}

/// Who stands how to a node (section 8.9.1).
pub(super) async fn affiliations(call: &Call, name: String) -> Result<Stanza, Refusal> {
    let node = name.clone();
    let list = call
        .read(move |call, tx| {
            call.own(tx, &node)?;
            let mut list = store::affiliated(tx, call.owner(), &node)?;
            if let Place::Account(owner) = &call.place {
                list.insert(0, (owner.jid.clone(), Affiliation::Owner));
            }
            Ok(list)
        })
        .await?;
    let list: Vec<(String, Affiliation)> =
        list.into_iter().map(|(jid, is)| (jid.as_str().to_owned(), is)).collect();
    Ok(call.result(|writer| write_affiliations(writer, ns::PUBSUB_OWNER, Some(&name), &list)))
}

/// Changes how people stand to a node (section 8.9.2): all of them or none.
pub(super) async fn set_affiliations(
    call: &Call,
    name: String,
    list: Vec<(Jid, Affiliation)>,
) -> Result<Stanza, Refusal> {
    call.write(move |call, tx| {
        call.own(tx, &name)?;
        let owner = call.owner();
        let mut known = store::affiliated(tx, owner, &name)?;
        for (jid, affiliation) in &list {
            let jid = jid.bare();
            // An account owns its nodes alone.
            let is_account = matches!(call.place, Place::Account(_));
            if is_account && (jid == *call.place.jid() || *affiliation == Affiliation::Owner) {
                return Err(refused("an account alone owns its nodes").into());
            }
            known.retain(|(other, _)| *other != jid);
            if *affiliation != Affiliation::None {
                known.push((jid, *affiliation));
            }
        }
        let has_owner = known.iter().any(|(_, affiliation)| *affiliation == Affiliation::Owner);
        if !has_owner && matches!(call.place, Place::Service(_)) {
            return Err(refused("a node has at least one owner").into());
        }
        if i64::try_from(known.len()).unwrap_or(i64::MAX) > AFFILIATIONS {
            return Err(refused("these are too many people").into());
        }
        for (jid, affiliation) in &list {
            store::put_affiliation(tx, owner, &name, jid, *affiliation)?;
            if *affiliation == Affiliation::Outcast {
                for mut subscriber in store::subscribed_of(tx, owner, &name, jid)? {
                    subscriber.state = State::None;
                    store::put_subscription(tx, owner, &name, &subscriber)?;
                }
            }
        }
        Ok(())
    })
    .await?;
    Ok(call.done())
}

fn refused(why: &str) -> StanzaError {
    StanzaError::new(Condition::NotAcceptable).text(why)
}

/// Who is subscribed to a node, or asks to be (section 8.8.1).
pub(super) async fn subscriptions(call: &Call, name: String) -> Result<Stanza, Refusal> {
    let node = name.clone();
    let list = call
        .read(move |call, tx| {
            call.own(tx, &node)?;
            Ok(store::subscribers(tx, call.owner(), &node)?)
        })
        .await?;
    let list: Vec<(String, Subscriber)> =
        list.into_iter().map(|subscriber| (String::new(), subscriber)).collect();
    Ok(call.result(|writer| write_subscriptions(writer, ns::PUBSUB_OWNER, Some(&name), &list)))
}

/// Lets people in who ask, and sends people away (section 8.8.2): all of them or none.
/// Nobody is subscribed who did not ask.
pub(super) async fn set_subscriptions(
    call: &Call,
    name: String,
    list: Vec<(Jid, State)>,
) -> Result<Stanza, Refusal> {
    let node = name.clone();
    let changed = call
        .write(move |call, tx| {
            call.own(tx, &node)?;
            let mut changed = Vec::new();
            for (jid, state) in &list {
                match store::subscriber(tx, call.owner(), &node, jid)? {
                    Some(before) if before.state == *state => {}
                    Some(before) => changed.push(Subscriber { state: *state, ..before }),
                    None if *state == State::None => {}
                    None => return Err(refused("nobody of that address asked").into()),
                }
            }
            for subscriber in &changed {
                store::put_subscription(tx, call.owner(), &node, subscriber)?;
            }
            Ok(changed)
        })
        .await?;
    for subscriber in &changed {
        tell_state(call, &name, subscriber).await;
    }
    Ok(call.done())
}

/// An owner's answer to who asked to subscribe. What is not an owner's, or is answered
/// already, changes nothing.
pub(super) async fn authorize(call: &Call, answer: Authorization) -> Result<(), Refusal> {
    let Authorization { node, subscriber, allow } = answer;
    let name = node.clone();
    let changed = call
        .write(move |call, tx| {
            call.own(tx, &node)?;
            let Some(mut known) = store::subscriber(tx, call.owner(), &node, &subscriber)? else {
                return Ok(None);
            };
            if known.state != State::Pending {
                return Ok(None);
            }
            known.state = if allow { State::Subscribed } else { State::None };
            store::put_subscription(tx, call.owner(), &node, &known)?;
            Ok(Some(known))
        })
        .await?;
    if let Some(subscriber) = changed {
        tell_state(call, &name, &subscriber).await;
    }
    Ok(())
}

/// Tells a subscriber how things stand, once all that follows from it is done: who hears of
/// having joined a space finds its rooms open.
async fn tell_state(call: &Call, name: &str, subscriber: &Subscriber) {
    super::spaces::changed(call, name, subscriber).await;
    let mut news = Stanza::new(Kind::Message(MessageType::Normal));
    news.from = Some(call.place.jid().clone());
    let news = news.with_content(|writer| {
        write_subscription_event(writer, name, &subscriber.jid, subscriber.state);
    });
    tell(&call.ctx, &subscriber.jid, news).await;
}
