//! Hub ids out of whatever people paste.

/// Longest text that can be an address of a model.
const ADDRESS_BYTES_MAX: usize = 2048;
/// Longest organisation or model name the Hub accepts.
const NAME_BYTES_MAX: usize = 96;
/// First parts of Hub addresses that are no organisations.
const NOT_MODELS: [&str; 12] = [
    "datasets",
    "spaces",
    "docs",
    "blog",
    "papers",
    "collections",
    "models",
    "settings",
    "join",
    "login",
    "pricing",
    "organizations",
];

/// The Hub id `ORG/NAME` in a bare id, `hf:ORG/NAME`, or any address of the model's pages, its API
/// or its files; nothing where there is none.
#[must_use]
pub fn hub_id(text: &str) -> Option<String> {
    if text.len() > ADDRESS_BYTES_MAX {
        return None;
    }
    let text = text.trim().trim_matches(['"', '\'', '<', '>', '`']);
    let text = text.strip_prefix("hf:").unwrap_or(text).trim_start_matches("//");
    let path = match text.split_once("://") {
        Some(("http" | "https" | "hf", rest)) => hub_path(rest)?,
        Some(_) => return None,
        None => hub_path(text).unwrap_or(text),
    };
    let path = path.split(['?', '#']).next()?;
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    let mut organisation = parts.next()?;
    if organisation == "api" && parts.next()? != "models" {
        return None;
    }
    if organisation == "api" {
        organisation = parts.next()?;
    }
    let name = parts.next()?;
    let after = parts.next();
    let known = ["blob", "resolve", "tree", "raw", "discussions", "commit", "commits", "edit"];
    let is_page = after.is_none_or(|part| known.contains(&part));
    let is_model = !NOT_MODELS.contains(&organisation) && is_name(organisation) && is_name(name);
    (is_page && is_model).then(|| format!("{organisation}/{name}"))
}

/// What follows the Hub's host name.
fn hub_path(text: &str) -> Option<&str> {
    let (host, path) = text.split_once('/')?;
    let host = host.rsplit('@').next()?.split(':').next()?;
    let hosts = ["huggingface.co", "www.huggingface.co", "hf.co", "www.hf.co", "hf-mirror.com"];
    hosts.iter().any(|known| host.eq_ignore_ascii_case(known)).then_some(path)
}

fn is_name(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let ends = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    text.len() <= NAME_BYTES_MAX
        && text.bytes().all(letter)
        && ends(text.bytes().next())
        && text.bytes().last().is_some_and(|byte| byte != b'.' && byte != b'-')
        && !text.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_hub_address_gives_its_id() {
        let forms = [
            "Qwen/Qwen3-30B-A3B",
            " Qwen/Qwen3-30B-A3B/ ",
            "hf:Qwen/Qwen3-30B-A3B",
            "hf://Qwen/Qwen3-30B-A3B",
            "https://huggingface.co/Qwen/Qwen3-30B-A3B",
            "http://www.huggingface.co/Qwen/Qwen3-30B-A3B/",
            "huggingface.co/Qwen/Qwen3-30B-A3B",
            "hf.co/Qwen/Qwen3-30B-A3B",
            "https://hf.co/Qwen/Qwen3-30B-A3B?library=vllm#usage",
            "https://huggingface.co/Qwen/Qwen3-30B-A3B/blob/main/config.json",
            "https://huggingface.co/Qwen/Qwen3-30B-A3B/resolve/main/config.json?download=true",
            "https://huggingface.co/Qwen/Qwen3-30B-A3B/raw/refs%2Fpr%2F1/config.json",
            "https://huggingface.co/Qwen/Qwen3-30B-A3B/tree/main",
            "https://huggingface.co/Qwen/Qwen3-30B-A3B/discussions/5",
            "https://huggingface.co/api/models/Qwen/Qwen3-30B-A3B",
            "https://HuggingFace.co:443/Qwen/Qwen3-30B-A3B",
            "<https://huggingface.co/Qwen/Qwen3-30B-A3B>",
            "\"Qwen/Qwen3-30B-A3B\"",
        ];
        for form in forms {
            assert_eq!(hub_id(form).as_deref(), Some("Qwen/Qwen3-30B-A3B"), "{form}");
        }
        assert_eq!(hub_id("ai21labs/Jamba-v0.1").as_deref(), Some("ai21labs/Jamba-v0.1"));
    }

    #[test]
    fn what_names_no_model_gives_nothing() {
        let texts = [
            "",
            "/",
            "gpt2",
            "a/b/c",
            "https://huggingface.co/Qwen",
            "https://huggingface.co/datasets/a/b",
            "https://huggingface.co/spaces/a/b",
            "https://huggingface.co/docs/transformers",
            "https://example.com/Qwen/Qwen3-30B-A3B",
            "https://huggingface.co.evil.example/Qwen/Qwen3",
            "javascript://huggingface.co/Qwen/Qwen3",
            "../../etc/passwd",
            "Qwen/..",
            "Qwen/Qwen 3",
            "{\"model_type\": \"llama\"}",
            "Qwen/\u{202e}Qwen3",
        ];
        for text in texts {
            assert_eq!(hub_id(text), None, "{text}");
        }
        assert_eq!(hub_id(&"a/".repeat(100_000)), None);
    }
}
