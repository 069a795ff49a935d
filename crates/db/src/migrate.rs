//! Migrations.
/// One step of a feature's schema.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// The feature: the name of its crate's folder and the prefix of its tables.
    pub feature: &'static str,
    /// 1, 2, 3, … within the feature.
    pub number: u32,
    /// The statements.
    pub sql: &'static str,
}
