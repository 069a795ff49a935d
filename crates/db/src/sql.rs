//! Statements: named constants, one text for both engines.

/// A statement of a feature's `store.rs`.
///
/// The text is the portable subset: `$1` placeholders (numbered from 1, no
/// gaps), `ON CONFLICT`, `RETURNING`, `CAST(SUM(x) AS BIGINT)`, no booleans, no
/// `now()`. The name is what faults, spans and the statement check print.
///
/// ```
/// use skein_db::Sql;
/// pub const INSERT_NOTE: Sql =
///     Sql::new("notes.INSERT_NOTE", "INSERT INTO notes_note (id, body) VALUES ($1, $2)");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sql {
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
    gathered: bool,
}

impl Sql {
    /// One text for both engines.
    pub const fn new(name: &'static str, text: &'static str) -> Self {
        Self { name, sqlite: text, postgres: text, gathered: false }
    }

    /// A text for each engine, for the few statements that cannot be shared
    /// (full-text search). Both take the same parameters and give the same columns.
    pub const fn split(name: &'static str, sqlite: &'static str, postgres: &'static str) -> Self {
        Self { name, sqlite, postgres, gathered: false }
    }

    /// Inserts rows, of which there are many in one transaction: run by
    /// [`Tx::run`](crate::Tx::run), they are gathered on PostgreSQL and inserted together, by a
    /// text that takes each column as an array (`SELECT * FROM UNNEST($1::BIGINT[], …)`). An
    /// error comes with a later call or the commit.
    pub const fn rows(name: &'static str, sqlite: &'static str, postgres: &'static str) -> Self {
        Self { name, sqlite, postgres, gathered: true }
    }

    pub(crate) const fn is_gathered(&self) -> bool {
        self.gathered
    }

    /// What faults and metrics call this statement, `feature.STATEMENT`.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Whether the engines have different texts: the number of these is kept small.
    pub fn is_split(&self) -> bool {
        self.sqlite != self.postgres
    }

    pub(crate) const fn sqlite(&self) -> &'static str {
        self.sqlite
    }

    pub(crate) const fn postgres(&self) -> &'static str {
        self.postgres
    }
}

/// Rewrites `$N` to `?N`: to SQLite `$2` is a *name* and numbered by its first
/// appearance, so `$2 … $1` would bind the wrong way round.
pub(crate) fn numbered_for_sqlite(text: &str) -> String {
    let mut rewritten = String::with_capacity(text.len());
    let mut quote = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            None if c == '$' && chars.peek().is_some_and(char::is_ascii_digit) => {
                rewritten.push('?');
                continue;
            }
            _ => {}
        }
        rewritten.push(c);
    }
    rewritten
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_rewritten_and_quoted_dollars_are_not() {
        assert_eq!(
            numbered_for_sqlite(r#"SELECT $2 || '$1''$3' || "$4", $10, $x"#),
            r#"SELECT ?2 || '$1''$3' || "$4", ?10, $x"#
        );
    }
}
