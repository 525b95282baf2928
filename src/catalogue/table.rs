//! Comma-separated tables (RFC 4180) by column name.

/// A table with a header line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// One line of a table.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    header: &'a [String],
    fields: &'a [String],
}

impl Table {
    /// Reads a text: quoted fields may hold commas, quotes (doubled) and line ends.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut lines = records(text).into_iter();
        let header = lines.next().unwrap_or_default();
        Self { header, rows: lines.collect() }
    }

    /// Its lines, in order.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|fields| Row { header: &self.header, fields })
    }

    /// Whether every line has as many fields as the header.
    #[must_use]
    pub fn is_even(&self) -> bool {
        self.rows.iter().all(|fields| fields.len() == self.header.len())
    }
}

impl<'a> Row<'a> {
    /// The field of that column, trimmed; empty where there is none.
    #[must_use]
    pub fn text(&self, column: &str) -> &'a str {
        let index = self.header.iter().position(|name| name == column);
        index.and_then(|index| self.fields.get(index)).map_or("", |field| field.trim())
    }

    /// The field as a finite number, not negative.
    #[must_use]
    pub fn number(&self, column: &str) -> Option<f64> {
        self.text(column).parse().ok().filter(|value: &f64| value.is_finite() && *value >= 0.0)
    }

    /// The field as a whole number.
    #[must_use]
    pub fn count(&self, column: &str) -> Option<u32> {
        self.text(column).parse().ok()
    }

    /// The items of a field that are set apart by `separator`, trimmed, without empty ones.
    #[must_use]
    pub fn list(&self, column: &str, separator: char) -> Vec<&'a str> {
        let items = self.text(column).split(separator).map(str::trim);
        items.filter(|item| !item.is_empty()).collect()
    }
}

fn records(text: &str) -> Vec<Vec<String>> {
    let (mut all, mut record, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                field.push('"');
                chars.next();
            }
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                record.push(std::mem::take(&mut field));
                all.push(std::mem::take(&mut record));
            }
            '\r' if !quoted => {}
            _ => field.push(c),
        }
    }
    if !field.is_empty() || !record.is_empty() {
        record.push(field);
        all.push(record);
    }
    all.retain(|record| record.iter().any(|field| !field.is_empty()));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hold_commas_quotes_and_line_ends() {
        let table = Table::read("a,b\r\n\"x, \"\"y\"\"\n z\",2\r\n\r\n,3");
        let rows: Vec<_> = table.rows().collect();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].text("a"), "x, \"y\"\n z");
        assert_eq!(rows[0].number("b"), Some(2.0));
        assert_eq!(rows[1].text("a"), "");
        assert_eq!(rows[1].count("b"), Some(3));
        assert_eq!(rows[1].text("c"), "");
        assert!(table.is_even());
    }

    #[test]
    fn anything_at_all_can_be_read() {
        for text in ["", "\"", ",,\n,", "a\n\"b", "\u{0}\u{fffd}"] {
            let table = Table::read(text);
            assert!(table.rows().all(|row| row.number("a").is_none_or(f64::is_finite)));
        }
    }
}
