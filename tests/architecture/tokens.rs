//! Macro bodies: syn leaves them as tokens, so paths, constructors, method calls and keywords are picked out by their
//! shape (`a::b`, `a::b(`, `.a(`, `a!`).

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::reader::{Reader, line};

impl Reader<'_> {
    /// Reads the tokens of a macro, which syn leaves alone.
    pub fn scan(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut next = 0;
        while next < tokens.len() {
            let start = next;
            next += 1;
            let ident = match &tokens[start] {
                TokenTree::Group(group) => {
                    self.scan(group.stream());
                    continue;
                }
                TokenTree::Ident(ident) => ident,
                _ => continue,
            };
            if ident == "unsafe" {
                self.facts.unsafes.extend((self.tests == 0).then(|| line(ident.span())));
                continue;
            }
            let mut segments = vec![ident.to_string()];
            while let (true, true, Some(TokenTree::Ident(segment))) =
                (colon(tokens.get(next)), colon(tokens.get(next + 1)), tokens.get(next + 2))
            {
                segments.push(segment.to_string());
                next += 3;
            }
            let group = match tokens.get(next) {
                Some(TokenTree::Group(group)) => Some(group),
                _ => None,
            };
            if start > 0 && punct(tokens.get(start - 1), '.') {
                if ident == "await" && self.tests == 0 {
                    self.facts.awaits.push(line(ident.span()));
                } else if let Some(group) = group {
                    let arguments = usize::from(!group.stream().is_empty());
                    self.method(ident.to_string(), arguments, ident.span());
                }
                continue;
            }
            if punct(tokens.get(next), '!') && self.tests == 0 {
                let name = segments.last().cloned().unwrap_or_default();
                self.facts.macros.push((name, line(ident.span())));
            } else if group.is_some_and(|g| g.delimiter() != Delimiter::Bracket) {
                self.build(segments.clone(), ident.span());
            }
            self.mention(segments, ident.span());
        }
    }
}

/// All identifiers in `tokens`, however deep.
pub fn idents(tokens: TokenStream) -> Vec<String> {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Ident(ident) => vec![ident.to_string()],
            TokenTree::Group(group) => idents(group.stream()),
            _ => Vec::new(),
        })
        .collect()
}

fn punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(found)) if found.as_char() == wanted)
}

fn colon(token: Option<&TokenTree>) -> bool {
    punct(token, ':')
}
