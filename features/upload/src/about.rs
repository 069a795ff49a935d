//! What is told of a file, in JSON: to whoever uploaded it, and at `?about`.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};
use skein_config::Config;

use crate::address;
use crate::store::{Content, File};

/// The names are those of XEP-0446 where it has one. What is not known is left out.
pub(crate) fn write(config: &Config, file: &File, content: &Content) -> String {
    let mut about = Map::new();
    let mut tell = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            about.insert(name.to_owned(), value);
        }
    };
    let url = address::get(config, file);
    tell("url", Some(json!(url)));
    tell("name", Some(json!(file.name)));
    tell("media-type", Some(json!(file.kind)));
    tell("size", Some(json!(file.size)));
    // As XEP-0300 writes hashes.
    let hash =
        file.hash.map(|hash| json!({ "algo": "sha-256", "value": BASE64_STANDARD.encode(hash.0) }));
    tell("hash", hash);
    let facts = &content.facts;
    tell("width", facts.width.map(|width| json!(width)));
    tell("height", facts.height.map(|height| json!(height)));
    // Milliseconds, as XEP-0446 has it.
    tell("length", facts.duration.map(|length| json!(length)));
    if let Some(preview) = &content.preview {
        tell(
            "thumbnail",
            Some(json!({
                "url": format!("{url}?thumbnail"),
                "media-type": preview.thumbnail_kind,
            })),
        );
        tell("thumbhash", Some(json!(BASE64_STANDARD.encode(&preview.thumbhash))));
        tell("blurhash", Some(json!(preview.blurhash)));
    }
    Value::Object(about).to_string()
}
