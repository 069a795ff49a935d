//! Passkeys as elements of `urn:skein:passkeys:0`. Bytes are written in base64url without
//! padding, as browsers' JSON has them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use skein_accounts::{IssuedChallenge, NewPasskey, OwnerProof, Passkey};
use skein_base::Secret;
use skein_xml::{Element, Writer};
use skein_xmpp::{Condition, ns};

const N: &str = ns::PASSKEYS;

pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

pub(crate) fn write_passkey(writer: &mut Writer, passkey: &Passkey) {
    writer.start("passkey", N);
    writer.attr("id", &encode(&passkey.credential));
    writer.attr("domain", &passkey.domain);
    writer.attr("name", &passkey.name);
    writer.attr("created", &passkey.created.to_string());
    if let Some(used) = passkey.last_used {
        writer.attr("used", &used.to_string());
    }
    writer.end();
}

/// One that another client of the account has added.
pub(crate) fn write_added(writer: &mut Writer, passkey: &Passkey) {
    writer.start("added", N);
    write_passkey(writer, passkey);
    writer.end();
}

/// All of an account, and how many it may have.
pub(crate) fn write_passkeys(writer: &mut Writer, passkeys: &[Passkey], most: usize) {
    writer.start("passkeys", N);
    writer.attr("most", &most.to_string());
    for passkey in passkeys {
        write_passkey(writer, passkey);
    }
    writer.end();
}

/// What a browser needs to make one.
pub(crate) fn write_begun(
    writer: &mut Writer,
    challenge: &IssuedChallenge,
    handle: &[u8],
    algorithms: impl Iterator<Item = i64>,
) {
    let algorithms: Vec<_> = algorithms.map(|number| number.to_string()).collect();
    writer.start("begun", N);
    writer.attr("challenge", &encode(&challenge.bytes));
    writer.attr("expiry", &challenge.end.to_string());
    writer.attr("handle", &encode(handle));
    writer.attr("algorithms", &algorithms.join(" "));
    writer.end();
}

/// A passkey's id, and what it shall be called.
pub(crate) fn read_id(element: Element<'_>) -> Result<Vec<u8>, Condition> {
    let id = element.attr("id").and_then(|id| decode(&id)).filter(|id| !id.is_empty());
    id.ok_or(Condition::BadRequest)
}

/// A name with something to read in it.
pub(crate) fn read_name(element: Element<'_>) -> Result<String, Condition> {
    let name = element.attr("name").map(|name| name.trim().to_owned());
    name.filter(|name| !name.is_empty()).ok_or(Condition::BadRequest)
}

/// What `<begin/>` says: who it is that adds one.
pub(crate) fn read_proof(begin: Element<'_>) -> Result<OwnerProof, Condition> {
    let secret = |name| begin.child(name, N).map(|child| Secret::new(child.text().into_owned()));
    match (secret("password"), secret("token")) {
        (Some(password), None) => Ok(OwnerProof::Password(password)),
        (None, Some(token)) => Ok(OwnerProof::Token(token)),
        _ => Err(Condition::BadRequest),
    }
}

/// What `<add/>` says.
pub(crate) fn read_new(add: Element<'_>) -> Result<NewPasskey, Condition> {
    let made = add.child("made", N).ok_or(Condition::BadRequest)?;
    let bytes = |name| {
        let child = made.child(name, N).and_then(|child| decode(child.text().trim()));
        child.filter(|bytes| !bytes.is_empty()).ok_or(Condition::BadRequest)
    };
    let algorithm = made.attr("algorithm").and_then(|number| number.parse().ok());
    Ok(NewPasskey {
        name: read_name(add)?,
        algorithm: algorithm.ok_or(Condition::BadRequest)?,
        key: bytes("key")?,
        client: bytes("client")?,
        data: bytes("data")?,
    })
}
