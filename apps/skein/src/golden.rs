//! Files made from the list of features, compared with what is committed. With
//! `SKEIN_BLESS=1` they are written anew.

use std::fmt::Write as _;
use std::path::Path;

use skein_base::{Secret, Timestamp};
use skein_config::Limits;
use skein_kernel::compose::{abouts, order, specifications, statements as statements_of};
use skein_xml::Writer;

use crate::features;
use crate::serve::migrations;

const DOAP: &str = "http://usefulinc.com/ns/doap#";
const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const XMPP: &str = "https://linkmauve.fr/ns/xmpp-doap#";

fn list() -> Vec<skein_kernel::Feature> {
    features::list(&Secret::new([0; 32]), &Limits::default(), Timestamp::default())
}

fn compare(path: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    if std::env::var_os("SKEIN_BLESS").is_some() {
        std::fs::write(&path, made).expect("the file can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        committed,
        made,
        "{} is out of date: run the tests with SKEIN_BLESS=1",
        path.display()
    );
}

#[tokio::test]
async fn every_statement_is_the_same_on_both_engines() {
    let mut statements = skein_session::store::STATEMENTS.to_vec();
    statements.extend(statements_of(&list()));
    let mut shapes = Vec::new();
    for database in skein_db::testing::databases() {
        let db = database.open(&migrations()).await;
        shapes.push(db.prepare_all(&statements).await.expect("every statement can be prepared"));
    }
    for (sqlite, postgres) in shapes[0].iter().zip(&shapes[1]) {
        assert_eq!(sqlite, postgres);
    }
}

#[test]
fn the_composed_order_of_stages_is_the_committed_one() {
    let mut made = String::from("# The features in their order. Made by a test.\n");
    for (feature, about) in abouts(&list()) {
        writeln!(made, "{feature:<8} {about}").expect("a string takes everything");
    }
    made.push_str("\n# Stage, then the features that handle it, in order.\n");
    for (stage, features) in order(&list()) {
        writeln!(made, "{stage:<8} {}", features.join(", ")).expect("a string takes everything");
    }
    compare("apps/skein/pipeline.txt", &made);
}

#[test]
fn the_list_of_specifications_is_the_committed_one() {
    let mut specs: Vec<_> = specifications(&list()).into_iter().map(|(_, spec)| spec).collect();
    specs.extend(
        skein_stream::SPECIFICATIONS.iter().map(|(name, version, title)| skein_kernel::Spec {
            name,
            version,
            title,
        }),
    );
    specs.sort_unstable_by_key(|spec| (!spec.name.starts_with("RFC"), spec.name, spec.version));
    specs.dedup_by_key(|spec| spec.name);
    let mut writer = Writer::new();
    writer.start("rdf:RDF", "");
    writer.attr("xmlns:rdf", RDF);
    writer.start("Project", DOAP);
    writer.leaf("name", DOAP, "Skein");
    writer.leaf("shortdesc", DOAP, "A messaging server that anyone can run");
    writer.leaf("programming-language", DOAP, "Rust");
    for spec in &specs {
        writer.start("implements", DOAP);
        if let Some(number) = spec.name.strip_prefix("XEP-") {
            writer.start("SupportedXep", XMPP);
            writer.start("xep", XMPP);
            writer.attr("xmlns:rdf", RDF);
            writer.attr("rdf:resource", &format!("https://xmpp.org/extensions/xep-{number}.html"));
            writer.end();
            writer.leaf("version", XMPP, spec.version);
            writer.leaf("note", XMPP, spec.title);
            writer.end();
        } else {
            let number = spec.name.trim_start_matches("RFC ");
            writer.attr("xmlns:rdf", RDF);
            writer.attr("rdf:resource", &format!("https://www.rfc-editor.org/info/rfc{number}"));
        }
        writer.end();
    }
    writer.end();
    writer.end();
    let made = writer.finish_text().replace("><", ">\n<") + "\n";
    compare("docs/skein.doap", &made);
}
