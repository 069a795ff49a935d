//! Service discovery information (XEP-0030) and its hash (XEP-0115).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};
use skein_xml::{Element, Writer};

use crate::form::{self, Form};
use crate::ns;

/// What an entity is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Identity {
    /// Category of the registry, such as `client`.
    pub category: String,
    /// Type of the registry, such as `phone`.
    pub kind: String,
    /// `xml:lang` of the name; empty if there is none.
    pub lang: String,
    /// A name for people; empty if there is none.
    pub name: String,
}

/// The answer to `disco#info`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Info {
    /// What it is.
    pub identities: Vec<Identity>,
    /// What it can do.
    pub features: Vec<String>,
    /// Further forms (XEP-0128).
    pub forms: Vec<Form>,
}

/// Why an answer has no hash (XEP-0115 section 5.4): it could stand for another answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an identity, feature or form stands twice, or holds a separator")]
pub struct IllFormed;

impl Info {
    /// Reads `<query xmlns='http://jabber.org/protocol/disco#info'/>`.
    pub fn read(query: Element<'_>) -> Self {
        let mut info = Self::default();
        for child in query.children() {
            let value = |name| child.attr(name).unwrap_or_default().into_owned();
            match (child.name(), child.ns()) {
                ("identity", ns::DISCO_INFO) => info.identities.push(Identity {
                    category: value("category"),
                    kind: value("type"),
                    lang: value("xml:lang"),
                    name: value("name"),
                }),
                ("feature", ns::DISCO_INFO) => info.features.push(value("var")),
                ("x", ns::DATA) => info.forms.push(Form::of(child)),
                _ => {}
            }
        }
        info
    }

    /// Writes the children of `<query/>`; forms with their values as text.
    pub fn write(&self, writer: &mut Writer) {
        for identity in &self.identities {
            writer.start("identity", ns::DISCO_INFO);
            writer.attr("category", &identity.category);
            writer.attr("type", &identity.kind);
            if !identity.lang.is_empty() {
                writer.attr("xml:lang", &identity.lang);
            }
            if !identity.name.is_empty() {
                writer.attr("name", &identity.name);
            }
            writer.end();
        }
        for feature in &self.features {
            writer.start("feature", ns::DISCO_INFO);
            writer.attr("var", feature);
            writer.end();
        }
        for form in &self.forms {
            form::start(writer, "result", form.form_type.as_deref().unwrap_or_default());
            for field in &form.fields {
                let values: Vec<&str> = field.values.iter().map(String::as_str).collect();
                form::field(writer, &field.var, "text-multi", None, &values);
            }
            writer.end();
        }
    }

    /// The text that is hashed (XEP-0115 section 5.1).
    ///
    /// # Errors
    /// [`IllFormed`] for answers that must not be believed (section 5.4) or that hold a `<`,
    /// which separates (the preimage attack of section 8).
    fn hashed_text(&self) -> Result<String, IllFormed> {
        let mut text = String::new();
        for identity in sorted(&self.identities)? {
            let Identity { category, kind, lang, name } = identity;
            // Else a feature such as `http://a/b` could be passed off as an identity.
            if [category, kind, lang].iter().any(|part| part.contains(['/', ':'])) {
                return Err(IllFormed);
            }
            append(&mut text, &format!("{category}/{kind}/{lang}/{name}"))?;
        }
        for feature in sorted(&self.features)? {
            append(&mut text, feature)?;
        }
        // A form without FORM_TYPE is left out (section 5.4 point 3.6).
        let mut forms: Vec<_> =
            self.forms.iter().filter_map(|form| Some((form.form_type.as_deref()?, form))).collect();
        forms.sort_unstable_by_key(|(form_type, _)| *form_type);
        if forms.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(IllFormed);
        }
        for (form_type, form) in forms {
            append(&mut text, form_type)?;
            let mut fields: Vec<_> = form.fields.iter().collect();
            fields.sort_unstable_by_key(|field| &field.var);
            for field in fields {
                append(&mut text, &field.var)?;
                let mut values: Vec<_> = field.values.iter().collect();
                values.sort_unstable();
                for value in values {
                    append(&mut text, value)?;
                }
            }
        }
        Ok(text)
    }

    /// Whether no other answer with the same features hashes alike: a form can be passed
    /// off as features, and features as a form, where the form's type sorts behind the last
    /// feature. Such an answer may be believed of the one who gave it and of nobody else.
    pub fn is_unambiguous(&self) -> bool {
        let last = self.features.iter().max().map_or("", String::as_str);
        let types = self.forms.iter().filter_map(|form| form.form_type.as_deref());
        types.into_iter().all(|form_type| form_type < last)
    }

    /// The `ver` of XEP-0115 with SHA-1, the hash that every client uses.
    ///
    /// # Errors
    /// [`IllFormed`].
    pub fn ver(&self) -> Result<String, IllFormed> {
        Ok(STANDARD.encode(Sha1::digest(self.hashed_text()?.as_bytes())))
    }
}

fn append(text: &mut String, part: &str) -> Result<(), IllFormed> {
    if part.contains('<') {
        return Err(IllFormed);
    }
    text.push_str(part);
    text.push('<');
    Ok(())
}

fn sorted<T: Ord>(items: &[T]) -> Result<Vec<&T>, IllFormed> {
    let mut sorted: Vec<_> = items.iter().collect();
    sorted.sort_unstable();
    if sorted.windows(2).any(|pair| pair[0] == pair[1]) { Err(IllFormed) } else { Ok(sorted) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_xml::{Document, Limits};

    fn info(children: &str) -> Info {
        let text = format!("<query xmlns='{}'>{children}</query>", ns::DISCO_INFO);
        Info::read(Document::parse(&text, &Limits::after_login()).expect("well-formed").root())
    }

    const EXODUS: &str = "<identity category='client' type='pc' name='Exodus 0.9.1'/>\
        <feature var='http://jabber.org/protocol/caps'/><feature var='http://jabber.org/protocol/disco#info'/>\
        <feature var='http://jabber.org/protocol/disco#items'/><feature var='http://jabber.org/protocol/muc'/>";

    #[test]
    fn hashes_are_those_of_xep_0115_section_5() {
        assert_eq!(info(EXODUS).ver().as_deref(), Ok("QgayPKawpkPSDYmwT/WM94uAlu0="));
        let psi = "<identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>\
            <identity xml:lang='el' category='client' name='Ψ 0.11' type='pc'/>\
            <feature var='http://jabber.org/protocol/caps'/><feature var='http://jabber.org/protocol/disco#info'/>\
            <feature var='http://jabber.org/protocol/disco#items'/><feature var='http://jabber.org/protocol/muc'/>\
            <x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'><value>urn:xmpp:dataforms:softwareinfo</value></field>\
            <field var='ip_version'><value>ipv4</value><value>ipv6</value></field><field var='os'><value>Mac</value></field>\
            <field var='os_version'><value>10.5.1</value></field><field var='software'><value>Psi</value></field>\
            <field var='software_version'><value>0.11</value></field></x>";
        assert_eq!(info(psi).ver().as_deref(), Ok("q07IKJEyjvHSyhy//CH0CxmKi8w="));
    }

    #[test]
    fn answers_that_could_stand_for_others_have_no_hash() {
        for more in [
            "<feature var='http://jabber.org/protocol/muc'/>",
            "<identity category='client' type='pc' name='Exodus 0.9.1'/>",
            "<feature var='a&lt;b'/>",
            "<identity category='client' type='phone' name='x&lt;urn:y'/>",
        ] {
            assert_eq!(info(&format!("{EXODUS}{more}")).ver(), Err(IllFormed), "{more}");
        }
    }

    /// Both texts are equal; only the first answer tells the truth about its features.
    #[test]
    fn features_cannot_be_hidden_in_a_form_or_an_identity() {
        let honest = info(
            "<identity category='client' type='pc'/><feature var='a'/><feature var='b'/><feature var='c+notify'/>",
        );
        let hidden = info(
            "<identity category='client' type='pc'/><feature var='a'/><x xmlns='jabber:x:data' type='result'>\
             <field var='FORM_TYPE' type='hidden'><value>b</value></field><field var='c+notify'/></x>",
        );
        assert_eq!(honest.ver(), hidden.ver());
        assert!(honest.is_unambiguous() && !hidden.is_unambiguous());
        let path = "<identity category='http:' type='' xml:lang='jabber.org' name='x'/>";
        assert_eq!(info(path).ver(), Err(IllFormed));
    }

    #[test]
    fn information_reads_back() {
        let before = info(EXODUS);
        let mut writer = Writer::within(ns::DISCO_INFO);
        before.write(&mut writer);
        assert_eq!(info(&writer.finish_text()), before);
    }
}
