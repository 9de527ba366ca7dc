//! Finds the paths of a source text that start at the crate's root.

/// A path from the crate's root, and the line it stands on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Import {
    pub(super) line: usize,
    pub(super) path: Vec<String>,
}

/// A name, `::` or a single other character, and the line it stands on.
type Token = (String, usize);

/// Every path of a source text that starts at the crate's root, be it through `crate` or `super`.
pub(super) fn imports(module: &[String], text: &str) -> Vec<Import> {
    let tokens = tokens(text);
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|(token, _)| token == word);
    let (mut found, mut depth, mut inner) = (Vec::new(), 0_usize, Vec::new());
    let mut at = 0;
    while at < tokens.len() {
        match tokens[at].0.as_str() {
            "mod" if is(at + 2, "{") => inner.push(depth),
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                inner.pop_if(|opened| *opened == depth);
            }
            "crate" if is(at + 1, "::") => at = tree(&tokens, at + 2, &[], &mut found),
            "super" => {
                let mut up = 1;
                while is(at + 1, "::") && is(at + 2, "super") {
                    up += 1;
                    at += 2;
                }
                if up == module.len() + inner.len() && is(at + 1, "::") {
                    at = tree(&tokens, at + 2, &[], &mut found);
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Reads `a::b`, `a::{b, c::d}` or `*` at `at` and returns the place of its last token.
fn tree(tokens: &[Token], mut at: usize, prefix: &[String], found: &mut Vec<Import>) -> usize {
    let mut path = prefix.to_vec();
    while let Some((token, line)) = tokens.get(at) {
        if token == "{" {
            return group(tokens, at + 1, &path, found);
        }
        path.push(token.clone());
        let goes_on =
            tokens.get(at + 1).is_some_and(|(next, _)| next == "::") && tokens.get(at + 2).is_some_and(|(next, _)| next != "<");
        if !goes_on {
            found.push(Import { line: *line, path });
            return at;
        }
        at += 2;
    }
    at
}

/// Reads what stands between braces and returns the place of the closing one.
fn group(tokens: &[Token], mut at: usize, prefix: &[String], found: &mut Vec<Import>) -> usize {
    while let Some((token, _)) = tokens.get(at) {
        match token.as_str() {
            "}" => return at,
            "," => {}
            "as" => at += 1,
            _ => at = tree(tokens, at, prefix, found),
        }
        at += 1;
    }
    at
}

/// The tokens of a source text without its comments, strings and characters.
fn tokens(text: &str) -> Vec<Token> {
    let (mut tokens, mut rest, mut line) = (Vec::new(), text, 1);
    while let Some(first) = rest.chars().next() {
        let skipped = comment(rest).or_else(|| string(rest)).or_else(|| character(rest));
        let name = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
        let length = match skipped {
            Some(length) => length,
            None if name > 0 => name,
            None if rest.starts_with("::") => 2,
            None => first.len_utf8(),
        };
        if skipped.is_none() && !first.is_whitespace() {
            tokens.push((rest[..length].to_owned(), line));
        }
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    tokens
}

fn comment(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    let (mut depth, mut at) = (0, 0);
    while rest.starts_with("/*") && at < rest.len() {
        let step = rest.as_bytes().get(at..at + 2);
        depth += i32::from(step == Some(b"/*")) - i32::from(step == Some(b"*/"));
        at += if step == Some(b"/*") || step == Some(b"*/") { 2 } else { 1 };
        if depth == 0 {
            break;
        }
    }
    (at > 0).then_some(at)
}

/// A string, raw or not, with its prefix.
fn string(rest: &str) -> Option<usize> {
    let body = rest.trim_start_matches(['b', 'c']);
    if rest.len() - body.len() > 1 {
        return None;
    }
    if let Some(raw) = body.strip_prefix('r') {
        let text = raw.trim_start_matches('#');
        let hashes = &raw[..raw.len() - text.len()];
        let end = format!("\"{hashes}");
        let length = text.strip_prefix('"')?.find(&end)? + 1 + end.len();
        return Some(rest.len() - text.len() + length);
    }
    let quoted = body.strip_prefix('"')?;
    Some(rest.len() - quoted.len() + closing(quoted, '"')?)
}

/// A character, but not a lifetime.
fn character(rest: &str) -> Option<usize> {
    let quoted = rest.strip_prefix('\'')?;
    let mut letters = quoted.char_indices();
    let (_, first) = letters.next()?;
    let (second, closes) = letters.next()?;
    match first {
        '\\' => Some(1 + closing(quoted, '\'')?),
        _ => (closes == '\'').then_some(1 + second + 1),
    }
}

/// The length up to and with `quote`, escapes passed over.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        if letter == quote && !escaped {
            return Some(at + 1);
        }
        escaped = letter == '\\' && !escaped;
    }
    None
}
