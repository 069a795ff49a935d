//! The configuration in force, and the reference of all options.

use crate::table::{Section, joined, variable};
use crate::tree::{Config, SECTIONS};

/// The configuration in force, as a file that would bring it about: each value
/// with where it came from, passwords redacted.
pub fn print(config: &Config) -> String {
    let mut out = String::new();
    for section in SECTIONS {
        if !section.prefix.is_empty() {
            out.push_str(&format!("\n[{}]\n", section.name()));
        }
        for option in section.options {
            let origin = config.origins.of(option.key);
            match (option.show)(config) {
                Some(value) => out.push_str(&format!("{} = {value}  # {origin}\n", option.name())),
                None => out.push_str(&format!("# {} is not set\n", option.name())),
            }
        }
    }
    out
}

const INTRODUCTION: &str = "# Configuration

Every default is safe and complete: without a file the server runs for the domain `localhost` on loopback.

- A value comes from the environment, else from the file named by `--config` or `SKEIN_CONFIG`, else from its default.
- The file is TOML. The variable of a key is `SKEIN_`, the section and the key in capitals, joined by `_`; in it, commas separate the items of a list.
- A size is text such as `\"256 KiB\"` or a number of bytes; a duration is text such as `\"30s\"`, `\"15m\"`, `\"1h\"`, `\"7d\"` or a number of seconds.
- Whatever is wrong is reported in one go, each with its line or variable and a remedy, and the program ends with status 2.
- `skein config check` tries a configuration, `skein config print` shows the one in force and where each value came from.

This page is made by `skein config reference`.
";

/// The reference of all options, in Markdown: `docs/configuration.md`.
pub fn reference() -> String {
    let config = Config::default();
    let mut out = INTRODUCTION.to_owned();
    for section in SECTIONS {
        out.push_str(&chapter(section, &config));
    }
    out
}

fn chapter(section: &Section, config: &Config) -> String {
    let title = match section.name() {
        "" => "Top of the file".to_owned(),
        name => format!("`[{name}]`"),
    };
    let mut out = format!(
        "\n## {title}\n\n{}\n\n| key and variable | default | meaning |\n|---|---|---|\n",
        joined(section.about)
    );
    for option in section.options {
        let default = (option.show)(config)
            .map_or_else(|| "not set".to_owned(), |value| format!("`{value}`"));
        let also: String = option
            .aliases
            .iter()
            .map(|alias| format!(" Also written `{alias}` (`{}`).", variable(alias)))
            .collect();
        out.push_str(&format!(
            "| `{}`<br>`{}` | {default} | {} *Write {}.*{also} |\n",
            option.name(),
            variable(option.key),
            joined(option.doc),
            (option.expects)(),
        ));
    }
    out
}
