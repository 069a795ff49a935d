use super::*;
use crate::rules::rights::{Action, Rank};

fn field(var: &str, value: &str) -> Field {
    Field { var: format!("muc#roomconfig_{var}"), values: vec![value.to_owned()] }
}

#[test]
fn what_is_stored_reads_back() {
    let mut rights = Rights::default();
    rights.set(Action::Post, Rank::Admins);
    rights.set(Action::Edit, Rank::Members);
    rights.set(Action::Add, Rank::Owners);
    let config = Config {
        name: "A\\tb\tc\r\nd".into(),
        private: Private::Moderators,
        members_only: true,
        non_anonymous: true,
        max_users: 7,
        broadcast: vec![Role::Moderator],
        member_list: Vec::new(),
        rights,
        slow_mode: 20,
        max_members: 9,
        requests: false,
        tags: vec!["one".into(), "two words".into()],
        circles: vec!["c1".into()],
        space: "xmpp:pubsub.example.org?;node=dev".into(),
        ..Config::default()
    };
    assert_eq!(Config::of_text(&config.to_text()), config);
}

#[test]
fn bad_values_are_refused_and_change_nothing() {
    for (var, value) in [
        ("whois", "all"),
        ("allowpm", "some"),
        ("maxusers", "-1"),
        ("publicroom", "maybe"),
        ("presencebroadcast", "king"),
        ("slow_mode_duration", "-5"),
        ("slow_mode_duration", "99999999999999999999"),
    ] {
        let mut config = Config::default();
        assert!(config.set(&field(var, value)).is_err(), "{var}");
        assert_eq!(config, Config::default());
    }
    assert_eq!(Config::default().set(&field("from_the_future", "x")), Ok(()));
    assert!(Config { password_protected: true, ..Config::default() }.check().is_err());
}

#[test]
fn changes_have_the_codes_of_section_10_2_1() {
    let before = Config::default();
    let after = |change: fn(&mut Config)| {
        let mut after = before.clone();
        change(&mut after);
        before.changes(&after)
    };
    assert!(after(|_| {}).is_empty());
    assert_eq!(after(|config| config.logged = false), [171]);
    assert_eq!(after(|config| config.non_anonymous = true), [172]);
    assert_eq!(after(|config| config.name = "x".into()), [104]);
    assert!(after(|config| config.password = "x".into()).is_empty());
}

#[test]
fn a_form_that_is_sent_back_whole_changes_what_was_changed_in_it() {
    let before = Config::default();
    let whole: Vec<Field> = before
        .fields()
        .into_iter()
        .map(|shown| Field { var: shown.var.into(), values: shown.values })
        .collect();
    assert_eq!(before.with(&whole), Ok(before.clone()));
    for turned in [false, true] {
        let mut fields = whole.clone();
        for field in &mut fields {
            if field.var == "{urn:skein:rooms:0}edit" {
                field.values = vec!["members".into()];
            }
        }
        if turned {
            fields.reverse();
        }
        let after = before.with(&fields).expect("a configuration");
        assert_eq!(after.rights.of(Action::Edit), Rank::Members);
        assert_eq!(Config { rights: before.rights, ..after }, before);
    }
}
