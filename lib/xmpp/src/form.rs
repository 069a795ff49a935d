//! Data forms (XEP-0004), as far as requests and answers need them.

use skein_xml::{Element, Writer};

use crate::ns;

/// A field: its name and values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The field's `var`.
    pub var: String,
    /// Its values, in order.
    pub values: Vec<String>,
}

/// A submitted form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Form {
    /// Value of the hidden field `FORM_TYPE`.
    pub form_type: Option<String>,
    /// All other fields, in order.
    pub fields: Vec<Field>,
    /// Whether the form is of type `cancel`.
    pub cancelled: bool,
}

impl Form {
    /// Reads the form that stands in `parent`.
    pub fn read(parent: Element<'_>) -> Option<Self> {
        parent.child("x", ns::DATA).map(Self::of)
    }

    /// The form that `x` is.
    pub fn of(x: Element<'_>) -> Self {
        let mut form =
            Self { cancelled: x.attr("type").as_deref() == Some("cancel"), ..Self::default() };
        for field in x.children().filter(|child| child.name() == "field") {
            let Some(var) = field.attr("var") else { continue };
            let values: Vec<String> = field
                .children()
                .filter(|child| child.name() == "value")
                .map(|value| value.text().into_owned())
                .collect();
            if var == "FORM_TYPE" {
                form.form_type = values.into_iter().next();
            } else {
                form.fields.push(Field { var: var.into_owned(), values });
            }
        }
        form
    }

    /// The first value of a field.
    pub fn value(&self, var: &str) -> Option<&str> {
        self.values(var).first().map(String::as_str)
    }

    /// All values of a field.
    pub fn values(&self, var: &str) -> &[String] {
        self.fields.iter().find(|field| field.var == var).map_or(&[], |field| &field.values)
    }
}

/// Opens a form of type `kind` (`form`, `result`) for the namespace `form_type`; close it with `end`.
pub fn start(writer: &mut Writer, kind: &str, form_type: &str) {
    writer.start("x", ns::DATA);
    writer.attr("type", kind);
    field(writer, "FORM_TYPE", "hidden", None, &[form_type]);
}

/// A column of a table of items (XEP-0004 section 3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub var: &'static str,
    /// Its type of section 3.3.
    pub kind: &'static str,
    /// Its name for people.
    pub label: &'static str,
}

impl Column {
    /// A column of words.
    pub const fn text(var: &'static str, label: &'static str) -> Self {
        Self { var, kind: "text-single", label }
    }
}

/// Writes which columns a table of items has.
pub fn reported(writer: &mut Writer, columns: &[Column]) {
    writer.start("reported", ns::DATA);
    for Column { var, kind, label } in columns {
        field(writer, var, kind, Some(label), &[]);
    }
    writer.end();
}

/// Writes one line of the table. A column without a value is left out.
pub fn item<'a>(writer: &mut Writer, values: impl IntoIterator<Item = (&'a str, &'a str)>) {
    writer.start("item", ns::DATA);
    for (var, value) in values.into_iter().filter(|(_, value)| !value.is_empty()) {
        writer.start("field", ns::DATA);
        writer.attr("var", var);
        writer.leaf("value", ns::DATA, value);
        writer.end();
    }
    writer.end();
}

/// Writes one field; `kind` is the field's type of XEP-0004 section 3.3.
pub fn field(writer: &mut Writer, var: &str, kind: &str, label: Option<&str>, values: &[&str]) {
    writer.start("field", ns::DATA);
    writer.attr("var", var);
    writer.attr("type", kind);
    if let Some(label) = label {
        writer.attr("label", label);
    }
    for value in values {
        writer.start("value", ns::DATA);
        writer.text(value);
        writer.end();
    }
    writer.end();
}
