//! Source maps of version 3, as far as a trap needs them: module offset (the map's "column") to file, line and column.

use std::path::Path;

pub struct SourceMap {
    sources: Vec<String>,
    /// Sorted by offset.
    entries: Vec<Entry>,
}

/// From `offset` on, the code comes from this place; lines and columns count from 0.
#[derive(Clone, Copy)]
struct Entry {
    offset: u32,
    source: u32,
    line: u32,
    column: u32,
}

impl SourceMap {
    pub fn read(path: &Path) -> Result<SourceMap, String> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        SourceMap::parse(&text).ok_or_else(|| format!("{}: not a source map", path.display()))
    }

    pub fn parse(text: &str) -> Option<SourceMap> {
        let sources = strings(after(text, "sources")?.strip_prefix('[')?)?;
        let (mappings, _) = string(after(text, "mappings")?)?;
        let mut entries = decode(&mappings)?;
        entries.sort_by_key(|e| e.offset);
        Some(SourceMap { sources, entries })
    }

    /// `file:line:column` of the code at a module offset.
    pub fn find(&self, offset: u32) -> Option<String> {
        let i = self.entries.partition_point(|e| e.offset <= offset).checked_sub(1)?;
        let e = self.entries[i];
        Some(format!("{}:{}:{}", self.sources.get(e.source as usize)?, e.line + 1, e.column + 1))
    }
}

/// The text behind `"key":`.
fn after<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let quoted = format!("\"{key}\"");
    let at = text.find(&quoted)? + quoted.len();
    Some(text[at..].trim_start().strip_prefix(':')?.trim_start())
}

/// A list of strings, behind its bracket.
fn strings(mut text: &str) -> Option<Vec<String>> {
    let mut list = Vec::new();
    loop {
        text = text.trim_start_matches([' ', '\n', '\r', '\t', ',']);
        if text.starts_with(']') {
            return Some(list);
        }
        let (s, rest) = string(text)?;
        list.push(s);
        text = rest;
    }
}

/// A JSON string, and what follows it.
fn string(text: &str) -> Option<(String, &str)> {
    let body = text.strip_prefix('"')?;
    let mut out = String::new();
    let mut chars = body.char_indices();
    while let Some((i, c)) = chars.next() {
        match c {
            '"' => return Some((out, &body[i + 1..])),
            '\\' => match chars.next()?.1 {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'u' => {
                    let hex: String = (0..4).map_while(|_| chars.next().map(|c| c.1)).collect();
                    out.push(char::from_u32(u32::from_str_radix(&hex, 16).ok()?).unwrap_or('?'));
                }
                c => out.push(c),
            },
            c => out.push(c),
        }
    }
    None
}

/// The segments of a map of one "line", as wasm has it. Fields are relative to the segment before.
fn decode(mappings: &str) -> Option<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut at = [0i64; 4]; // offset, source, line, column
    for segment in mappings.split([',', ';']) {
        let mut bytes = segment.bytes();
        let mut n = 0;
        while let Some(v) = vlq(&mut bytes)? {
            if n < 4 {
                at[n] += v;
            }
            n += 1;
        }
        if n >= 4 {
            let [offset, source, line, column] = at.map(|v| u32::try_from(v).ok());
            entries.push(Entry { offset: offset?, source: source?, line: line?, column: column? });
        }
    }
    Some(entries)
}

/// One base-64 variable-length number; `Some(None)` at the segment's end, None where the text is malformed.
fn vlq(bytes: &mut impl Iterator<Item = u8>) -> Option<Option<i64>> {
    let mut value = 0u64;
    let mut shift = 0;
    loop {
        let Some(c) = bytes.next() else { return (shift == 0).then_some(None) };
        let digit = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        if shift > 40 {
            return None;
        }
        value |= ((digit & 31) as u64) << shift;
        shift += 5;
        if digit & 32 == 0 {
            break;
        }
    }
    let half = (value >> 1) as i64;
    Some(Some(if value & 1 != 0 { -half } else { half }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = r#"{"version":3,"sources":["a.ts","dir/\u0062.ts"],"names":["x"],"mappings":"gBAAA,CCEG,IDDE"}"#;

    #[test]
    fn offsets_find_the_segment_they_lie_in() {
        let m = SourceMap::parse(MAP).unwrap();
        assert_eq!(m.find(15), None);
        assert_eq!(m.find(16).unwrap(), "a.ts:1:1");
        assert_eq!(m.find(17).unwrap(), "dir/b.ts:3:4");
        assert_eq!(m.find(20).unwrap(), "dir/b.ts:3:4");
        assert_eq!(m.find(9999).unwrap(), "a.ts:2:6");
    }

    #[test]
    fn malformed_maps_are_refused() {
        for text in ["", "{}", r#"{"sources":["a"],"mappings":"!"}"#, r#"{"sources":["a],"mappings":"A"}"#, r#"{"sources":[],"mappings":"AADA"}"#] {
            assert!(SourceMap::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_number_may_not_end_in_the_middle() {
        assert!(vlq(&mut "g".bytes()).is_none());
        assert_eq!(vlq(&mut "gB".bytes()), Some(Some(16)));
        assert_eq!(vlq(&mut "D".bytes()), Some(Some(-1)));
        assert_eq!(vlq(&mut "".bytes()), Some(None));
    }
}
