//! Names of what is told apart by keys.

use crate::catalogue::{engines, stacks};

/// `Hopper`, `CDNA 3`, `TPU`.
#[must_use]
pub fn generation_name(key: &str) -> String {
    if let Some(number) = key.strip_prefix("cdna") {
        return format!("CDNA {number}").trim_end().to_owned();
    }
    if key == "tpu" {
        return "TPU".to_owned();
    }
    let mut letters = key.chars();
    letters.next().map_or_else(String::new, |first| {
        format!("{}{}", first.to_ascii_uppercase(), letters.as_str())
    })
}

/// The name of the stack or engine, or its key where it has none.
#[must_use]
pub fn stack_name(key: &str) -> &str {
    let stack = stacks::find(key).map(|stack| stack.name.as_str());
    stack.or_else(|| engines::find(key).map(|engine| engine.name.as_str())).unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_get_their_names() {
        assert_eq!(generation_name("hopper"), "Hopper");
        assert_eq!(generation_name("cdna3"), "CDNA 3");
        assert_eq!(generation_name("tpu"), "TPU");
        assert_eq!(generation_name(""), "");
        assert_eq!(stack_name("megatron"), "Megatron-Core");
        assert_eq!(stack_name("no such stack"), "no such stack");
    }
}
