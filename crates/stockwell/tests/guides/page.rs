//! A guide taken apart: its blocks, with what stands behind each.

use std::path::PathBuf;

/// A block of a page.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// Where it begins, from 1.
    pub(crate) line: usize,
    /// Its lines.
    pub(crate) text: String,
    /// The text around it, from the block that is run before it to the one behind it.
    pub(crate) around: String,
    /// The JSON behind it, before the next block that is run.
    pub(crate) sample: String,
}

/// A guide.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) name: String,
    text: String,
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guide"))
}

impl Page {
    pub(crate) fn read(name: &str) -> Page {
        let text = std::fs::read_to_string(folder().join(name)).unwrap();
        Page { name: name.to_owned(), text }
    }

    /// The names of all guides.
    pub(crate) fn all() -> Vec<String> {
        let names = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Whether it rests on the shop of the guides: it says so in front of its first block.
    pub(crate) fn needs_shop(&self) -> bool {
        let head = self.text.split("```").next().unwrap_or_default();
        head.contains("](the-shop.md)")
    }

    /// The blocks that are run.
    pub(crate) fn shell(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        let mut inside: Option<&str> = None;
        let mut between = String::new();
        for (number, line) in self.text.lines().enumerate() {
            if let Some(language) = line.trim_start().strip_prefix("```") {
                inside = if inside.is_some() { None } else { Some(language) };
                if inside == Some("sh") {
                    let line = number + 1;
                    let (text, sample) = Default::default();
                    blocks.push(Block { line, text, around: std::mem::take(&mut between), sample });
                }
                continue;
            }
            let line = format!("{line}\n");
            if inside.is_none() {
                between.push_str(&line);
            }
            let Some(block) = blocks.last_mut() else { continue };
            match inside {
                Some("sh") => block.text.push_str(&line),
                Some("json") => block.sample.push_str(&line),
                Some(_) => {}
                None => block.around.push_str(&line),
            }
        }
        blocks
    }
}
