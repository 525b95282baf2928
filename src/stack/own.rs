//! Software of the user's own: one of the catalogue, and what differs from it.

/// What software of one's own is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// Name of the software that it is based on.
    pub base: String,
    /// What differs, in the order of the tables.
    pub changes: Vec<Change>,
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// A constant, a pace (`pace@h100-sxm/bf16`) or a technique.
    pub field: String,
    /// Its value as tables write it; `on` or `off` of a technique.
    pub value: String,
    /// The change for people: `matmul 0.8`, `without ZeRO stage 3`.
    pub words: String,
}

/// Changes that are told one by one; of more, only how many.
const TOLD_MAX: usize = 2;

impl Own {
    /// The value that differs from the base's.
    #[must_use]
    pub fn value(&self, field: &str) -> Option<&str> {
        self.changes.iter().find(|change| change.field == field).map(|own| own.value.as_str())
    }

    /// `Megatron-Core with matmul 0.8`.
    #[must_use]
    pub fn text(&self) -> String {
        let told = self.changes.iter().take(TOLD_MAX).map(|change| change.words.as_str());
        let told = told.collect::<Vec<_>>().join(", ");
        let rest = match self.changes.len().saturating_sub(TOLD_MAX) {
            0 => String::new(),
            1 => " and 1 more change".to_owned(),
            n => format!(" and {n} more changes"),
        };
        let with = match told.as_str() {
            "" => "",
            told if told.starts_with("with") => " ",
            _ => " with ",
        };
        format!("{}{with}{told}{rest}", self.base)
    }
}

/// Name and version of software for people; of one's own, what it is made of.
pub(crate) fn told(name: &str, version: &str, own: Option<&Own>) -> String {
    let gap = if version.is_empty() { "" } else { " " };
    let made = own.map(|own| format!(" ({})", own.text())).unwrap_or_default();
    format!("{name}{gap}{version}{made}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(words: &[&str]) -> Own {
        let change = |words: &&str| Change {
            field: String::new(),
            value: String::new(),
            words: (*words).to_owned(),
        };
        Own { base: "Megatron-Core".into(), changes: words.iter().map(change).collect() }
    }

    #[test]
    fn what_it_is_made_of_reads_well() {
        for (words, text) in [
            (&[][..], "Megatron-Core"),
            (&["matmul 0.8"], "Megatron-Core with matmul 0.8"),
            (&["without ZeRO stage 3"], "Megatron-Core without ZeRO stage 3"),
            (&["a 1", "b 2", "c 3"], "Megatron-Core with a 1, b 2 and 1 more change"),
            (&["a 1", "b 2", "c 3", "d 4"], "Megatron-Core with a 1, b 2 and 2 more changes"),
        ] {
            assert_eq!(own(words).text(), text);
        }
        let told = |name, version| told(name, version, Some(&own(&["matmul 0.8"])));
        assert_eq!(told("your stack", ""), "your stack (Megatron-Core with matmul 0.8)");
        assert_eq!(told("Acme", "1.2"), "Acme 1.2 (Megatron-Core with matmul 0.8)");
        assert_eq!(super::told("DeepSpeed", "0.19.2", None), "DeepSpeed 0.19.2");
    }
}
