//! Comma-separated tables (RFC 4180) by column name.

/// A table with a header line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    header: Vec<String>,
    rows: Vec<(u32, Vec<String>)>,
}

/// One line of a table.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    line: u32,
    header: &'a [String],
    fields: &'a [String],
}

impl Table {
    /// Reads a text: quoted fields may hold commas, quotes (doubled) and line ends.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut lines = records(text).into_iter();
        let (_, header) = lines.next().unwrap_or_default();
        Self { header, rows: lines.collect() }
    }

    /// Names of the columns.
    #[must_use]
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// Its lines, in order.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|(line, fields)| Row { line: *line, header: &self.header, fields })
    }

    /// Whether every line has as many fields as the header.
    #[must_use]
    pub fn is_even(&self) -> bool {
        self.rows.iter().all(|(_, fields)| fields.len() == self.header.len())
    }
}

impl<'a> Row<'a> {
    /// Number of the line of the text on which it starts, from 1.
    #[must_use]
    pub const fn line(&self) -> u32 {
        self.line
    }

    /// Fields that it has.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether it has no field.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

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

/// Records with the line that each starts on.
fn records(text: &str) -> Vec<(u32, Vec<String>)> {
    let (mut all, mut record, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let (mut line, mut start) = (1, 1);
    let mut rest = text;
    // Signs one by one, all between them at once.
    while let Some((before, sign, after)) = split(rest) {
        field.push_str(before);
        rest = after;
        line += u32::from(sign == '\n');
        match sign {
            '"' if quoted && after.starts_with('"') => {
                field.push('"');
                rest = after.get(1..).unwrap_or_default();
            }
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                record.push(std::mem::take(&mut field));
                all.push((start, std::mem::take(&mut record)));
                start = line;
            }
            '\r' if !quoted => {}
            sign => field.push(sign),
        }
    }
    field.push_str(rest);
    if !field.is_empty() || !record.is_empty() {
        record.push(field);
        all.push((start, record));
    }
    all.retain(|(_, record)| record.iter().any(|field| !field.is_empty()));
    all
}

/// What stands before the next sign, the sign, and what comes after it.
fn split(text: &str) -> Option<(&str, char, &str)> {
    let at = text.bytes().position(|b| matches!(b, b',' | b'"' | b'\n' | b'\r'))?;
    let (before, after) = text.split_at_checked(at)?;
    let mut chars = after.chars();
    let sign = chars.next()?;
    Some((before, sign, chars.as_str()))
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
        assert_eq!(rows.iter().map(Row::line).collect::<Vec<_>>(), [2, 5]);
    }

    #[test]
    fn anything_at_all_can_be_read() {
        for text in ["", "\"", ",,\n,", "a\n\"b", "\u{0}\u{fffd}"] {
            let table = Table::read(text);
            assert!(table.rows().all(|row| row.number("a").is_none_or(f64::is_finite)));
        }
    }
}
