//! What a `model_type` implies where the configuration is silent.
//!
//! The table holds the defaults of the configuration classes of transformers 5.23.0 (2026-11) and
//! how each family departs from the plain decoder: norms as multiples of the width, biases, gates.

/// What is implied by a family.
#[derive(Clone, Copy, Debug)]
pub(super) struct Family {
    /// The table has it.
    pub known: bool,
    line: &'static str,
}

/// Columns of the table that hold numbers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Column {
    Hidden = 1,
    Layers = 2,
    Heads = 3,
    Kv = 4,
    HeadDim = 5,
    Ffn = 6,
    Vocab = 7,
    Positions = 8,
}

/// What a trait says about a bias or a norm that a key may switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Switch {
    Always,
    Never,
    /// The key, and what its absence means.
    Key(&'static str, bool),
}

impl Family {
    /// The family of that type; the plain decoder where the table has none.
    pub fn of(model_type: &str) -> Self {
        let lines = || include_str!("families.csv").lines().skip(1);
        let types = |line: &'static str| line.split(',').next().unwrap_or("");
        let found = lines().find(|line| types(line).split(' ').any(|name| name == model_type));
        Self { known: found.is_some(), line: found.or_else(|| lines().next()).unwrap_or("") }
    }

    /// The default of a number, where the family is known and has a fixed one.
    pub fn default(self, column: Column) -> Option<u32> {
        if !self.known {
            return None;
        }
        self.line.split(',').nth(column as usize)?.parse().ok()
    }

    /// The embedding table serves as output head unless the configuration says otherwise.
    pub fn tied(self) -> bool {
        self.line.split(',').nth(9) == Some("tied")
    }

    /// Whether the family has that trait, with or without a value.
    pub fn has(self, name: &str) -> bool {
        self.traits().any(|word| word.split('=').next() == Some(name))
    }

    /// The value of a trait.
    pub fn value(self, name: &str) -> Option<&'static str> {
        self.traits().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    }

    /// A numeric trait, such as `norms=4`.
    pub fn number(self, name: &str) -> Option<u32> {
        self.value(name)?.parse().ok()
    }

    /// A trait of the form `yes`, `no`, `key` (absent: no) or `key!` (absent: yes).
    pub fn switch(self, name: &str, otherwise: &'static str) -> Switch {
        match self.value(name).unwrap_or(otherwise) {
            "yes" => Switch::Always,
            "no" => Switch::Never,
            key => match key.strip_suffix('!') {
                Some(key) => Switch::Key(key, true),
                None => Switch::Key(key, false),
            },
        }
    }

    fn traits(self) -> impl Iterator<Item = &'static str> {
        self.line.split(',').nth(10).unwrap_or("").split(' ')
    }
}
