use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use skein_accounts::Accounts;
use skein_config::Config;
use skein_db::testing::{TestDb, databases, sqlite};

use super::control::{Client, open, path, serve};
use super::link::bootstrap;
use super::order::Order;
use super::work::Operator;
use crate::folder::Hold;
use crate::serve::{SystemClock, SystemRng, migrations};

async fn accounts(test: &TestDb) -> Accounts {
    let db = test.open(&migrations()).await;
    let mut config = Config::default();
    config.limits.scram_iterations = 4096;
    let opened = Accounts::open(db, Arc::new(config), Arc::new(SystemClock), Arc::new(SystemRng));
    opened.await.expect("accounts")
}

fn add(jid: &str, password: Option<&str>) -> Order {
    Order::AddUser { jid: jid.to_owned(), password: password.map(str::to_owned), admin: false }
}

fn jid() -> String {
    "juliet@localhost".to_owned()
}

#[tokio::test]
async fn accounts_are_made_listed_locked_and_removed() {
    for test in databases() {
        let operator = Operator::alone(accounts(&test).await);
        let made = operator.perform(add("juliet@localhost", None)).await.expect("made");
        assert_eq!(made.len(), 1, "the password that was made");
        assert_eq!(made[0].len(), 23);
        let again = operator.perform(add("juliet@localhost", Some("x"))).await;
        assert_eq!(again, Err("juliet@localhost: the account exists already".to_owned()));
        let users = vec![
            ("a@localhost".to_owned(), "x".to_owned()),
            ("b@localhost".to_owned(), "y".to_owned()),
        ];
        operator.perform(Order::AddUsers { users }).await.expect("made");
        operator.perform(Order::Suspend { jid: jid() }).await.expect("locked");
        let listed = operator.perform(Order::ListUsers).await.expect("listed");
        assert_eq!(listed.len(), 3);
        assert!(listed[2].starts_with("juliet@localhost\tsuspended\tuser\t"), "{}", listed[2]);
        operator.perform(Order::Resume { jid: jid() }).await.expect("let in");
        let password = Some("another".to_owned());
        assert_eq!(
            operator.perform(Order::SetPassword { jid: jid(), password }).await,
            Ok(Vec::new())
        );
        operator.perform(Order::RemoveUser { jid: jid() }).await.expect("removed");
        let gone = operator.perform(Order::RemoveUser { jid: jid() }).await;
        assert_eq!(gone, Err("juliet@localhost: there is no such account".to_owned()));
        for wrong in ["juliet", "juliet@localhost/x", "juliet@elsewhere.example"] {
            assert!(operator.perform(add(wrong, Some("x"))).await.is_err(), "{wrong}");
        }
    }
}

#[tokio::test]
async fn the_first_link_stays_the_same_until_there_is_an_account() {
    let test = sqlite();
    let accounts = accounts(&test).await;
    let link = bootstrap(&accounts).await.expect("an answer").expect("a link");
    assert!(link.starts_with("http://localhost:5280/invite/"), "{link}");
    assert_eq!(bootstrap(&accounts).await.expect("an answer"), Some(link));
    let operator = Operator::alone(accounts.clone());
    let listed = operator.perform(Order::ListInvites).await.expect("listed");
    assert!(listed[0].contains("\tadministrator\tlocalhost\tby the operator"), "{}", listed[0]);
    operator.perform(add("juliet@localhost", Some("x"))).await.expect("made");
    assert_eq!(bootstrap(&accounts).await.expect("an answer"), None);
}

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn a_running_server_takes_orders_through_its_socket() {
    let folder = Folder(std::env::temp_dir().join(format!("skein-control-{}", std::process::id())));
    fs::create_dir_all(&folder.0).expect("a folder");
    assert!(Client::connect(&folder.0).await.expect("an answer").is_none(), "no socket, no server");
    fs::write(path(&folder.0), "left behind").expect("a file");
    let test = sqlite();
    let operator = Operator::alone(accounts(&test).await);
    let hold = Hold::take(&folder.0).expect("a free folder");
    let serving = tokio::spawn(serve(open(&hold).expect("a socket"), operator));
    let mut client = Client::connect(&folder.0).await.expect("an answer").expect("a server");
    assert_eq!(client.perform(&add("juliet@localhost", Some("x"))).await, Ok(Vec::new()));
    let listed = client.perform(&Order::ListUsers).await.expect("listed");
    assert!(listed[0].starts_with("juliet@localhost\tactive"), "{}", listed[0]);
    let again = client.perform(&add("juliet@localhost", Some("x"))).await;
    assert_eq!(again, Err("juliet@localhost: the account exists already".to_owned()));
    serving.abort();
    drop(client);
    let _ = serving.await;
    assert!(
        Client::connect(&folder.0).await.expect("an answer").is_none(),
        "a dead socket, no server"
    );
}
