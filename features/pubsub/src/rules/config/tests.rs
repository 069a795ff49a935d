use super::*;

fn form(fields: &[(&str, &str)]) -> Form {
    let field = |(var, value): &(&str, &str)| Field {
        var: format!("pubsub#{var}"),
        values: vec![(*value).to_owned()],
    };
    Form { fields: fields.iter().map(field).collect(), ..Form::default() }
}

fn applied(fields: &[(&str, &str)]) -> Config {
    let mut config = Config::new(Base::Account);
    config.apply(&form(fields), Base::Account).expect("known");
    config
}

const PRIVATE: &[(&str, &str)] = &[
    ("persist_items", "true"),
    ("max_items", "max"),
    ("send_last_published_item", "never"),
    ("access_model", "whitelist"),
];

#[test]
fn a_configuration_survives_storage() {
    for base in [Base::Account, Base::Service] {
        assert_eq!(Config::new(base).to_text(base), "");
        let mut config = Config::new(base);
        config.apply(&form(PRIVATE), base).expect("known");
        config.apply(&form(&[("title", "a=b\nc"), ("notify_delete", "0")]), base).expect("ok");
        config.groups = vec!["a".into(), "b".into()];
        config.item_expire = 86_400;
        config.item_reply = Some(ItemReply::Publisher);
        assert_eq!(Config::from_text(&config.to_text(base), base), config);
        assert_eq!(config.title, "a=b c");
    }
    let later = Config::from_text("later=1\naccess_model=open", Base::Account);
    assert_eq!(later.access, Access::Open);
}

#[test]
fn preconditions_hold_only_if_the_node_is_so_already() {
    let meets = |config: &Config, fields| config.meets(&form(fields), Base::Account, 1_000);
    let config = applied(&[]);
    assert!(meets(&config, &[]));
    assert!(meets(&config, &[("access_model", "presence"), ("persist_items", "1")]));
    assert!(!meets(&config, PRIVATE));
    let config = applied(PRIVATE);
    assert_eq!(config, Config::private());
    assert!(meets(&config, PRIVATE));
    assert!(meets(&config, &[("max_items", "1000")]), "it is what max stands for");
    assert!(!meets(&config, &[("max_items", "10")]));
    assert!(!meets(&config, &[("access_model", "open")]));
    assert!(!meets(&config, &[("no_such_option", "1")]));
}

#[test]
fn options_that_are_not_known_are_refused() {
    for (var, value) in [
        ("access_model", "everyone"),
        ("max_items", "-1"),
        ("max_items", "0"),
        ("persist_items", "maybe"),
        ("purge_offline", "1"),
        ("publish_model", "anyone"),
        ("node_type", "collection"),
        ("no_such_option", "1"),
    ] {
        let mut config = Config::new(Base::Account);
        let refused = config.apply(&form(&[(var, value)]), Base::Account);
        let condition = refused.map_err(|error| error.condition);
        assert_eq!(condition, Err(Condition::NotAcceptable), "{var}={value}");
    }
    let mut config = Config::new(Base::Service);
    assert!(config.apply(&form(&[("access_model", "roster")]), Base::Service).is_err());
}

#[test]
fn what_a_form_shows_is_taken_back() {
    let config = applied(PRIVATE);
    let back: Vec<Field> = config
        .options()
        .into_iter()
        .map(|shown| Field { var: format!("pubsub#{}", shown.name), values: shown.values })
        .collect();
    let mut again = Config::new(Base::Account);
    let form = Form { fields: back, ..Form::default() };
    again.apply(&form, Base::Account).expect("what was shown is known");
    assert_eq!(again, config);
}
