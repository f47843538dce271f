//! Reads Kconfig files line by line: every line opens, closes or describes an entry, so no grammar beyond that
//! of expressions is needed.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    Choice, Definition, KconfigTree, Selection, SymbolKind,
    expression::Expression,
    lexer::{LogicalLine, Token, logical_lines, tokens},
};
use crate::KconfigError;

/// How deep files may name files; real trees stay below ten.
const SOURCE_DEPTH_LIMIT: usize = 64;

/// A block that other entries stand in.
struct Block {
    kind: BlockKind,
    /// Menu title or choice prompt; empty for `if`.
    title: String,
    depends: Expression,
    visible: Expression,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum BlockKind {
    Menu,
    If,
    /// With the choice's index.
    Choice(usize),
}

/// What attribute lines describe.
enum Current {
    Nothing,
    /// A symbol's last definition.
    Symbol(String),
    /// The innermost block.
    Block,
}

struct Reader<'a> {
    root: &'a Utf8Path,
    tree: KconfigTree,
    /// Symbols of `menuconfig` entries: an `if` about one of them holds the entries of that menu.
    menus: BTreeSet<String>,
    blocks: Vec<Block>,
    current: Current,
    files: Vec<Utf8PathBuf>,
}

pub(super) fn load(
    root: &Utf8Path,
    environment: BTreeMap<String, String>,
) -> Result<KconfigTree, KconfigError> {
    let tree = KconfigTree { environment, ..KconfigTree::default() };
    let mut reader = Reader {
        root,
        tree,
        menus: BTreeSet::new(),
        blocks: Vec::new(),
        current: Current::Nothing,
        files: Vec::new(),
    };
    let path = root.join("Kconfig");
    let text = read(&path).map_err(|source| KconfigError::Read { path, source })?;
    reader.file("Kconfig".into(), &text)?;
    Ok(reader.tree)
}

/// Some Kconfig files have names of people in other encodings than UTF-8 in their help texts.
fn read(path: &Utf8Path) -> std::io::Result<String> {
    Ok(String::from_utf8_lossy(&fs_err::read(path)?).into_owned())
}

impl Reader<'_> {
    fn file(&mut self, file: Utf8PathBuf, text: &str) -> Result<(), KconfigError> {
        self.files.push(file);
        for line in logical_lines(text) {
            self.line(&line)?;
        }
        self.files.pop();
        Ok(())
    }

    fn line(&mut self, line: &LogicalLine) -> Result<(), KconfigError> {
        let (keyword, rest) = line.text.split_once([' ', '\t', '"']).unwrap_or((&line.text, ""));
        // `source"file"` is written without a blank in places.
        let rest = if line.text.as_bytes().get(keyword.len()) == Some(&b'"') {
            &line.text[keyword.len()..]
        } else {
            rest.trim()
        };
        match keyword {
            "source" | "osource" | "rsource" => return self.source(line.line, rest),
            "config" => self.config(line.line, rest),
            "menuconfig" => {
                self.config(line.line, rest);
                if let Current::Symbol(name) = &self.current {
                    self.menus.insert(name.clone());
                }
            }
            "menu" => self.open(BlockKind::Menu, rest),
            "choice" => {
                self.tree.choices.push(Choice::default());
                self.open(BlockKind::Choice(self.tree.choices.len() - 1), "");
            }
            "if" => {
                self.open(BlockKind::If, "");
                self.add_dependency(rest);
                self.name_if();
                self.current = Current::Nothing;
            }
            "endmenu" | "endchoice" | "endif" => {
                self.blocks.pop();
                self.current = Current::Nothing;
            }
            "comment" | "mainmenu" => self.current = Current::Nothing,
            _ => self.attribute(keyword, rest),
        }
        Ok(())
    }

    fn source(&mut self, line: usize, rest: &str) -> Result<(), KconfigError> {
        self.current = Current::Nothing;
        let file = self.files.last().cloned().unwrap_or_default();
        let failed = |target: &str, reason: &str| KconfigError::Source {
            file: file.clone(),
            line,
            target: target.to_owned(),
            reason: reason.to_owned(),
        };
        let words = tokens(rest).unwrap_or_default();
        let [Token::Quoted(target) | Token::Word(target)] = words.as_slice() else {
            return Err(failed(rest, "expected one quoted file name"));
        };
        let target = self.expand(target);
        let path = Utf8PathBuf::from(&target);
        if self.files.contains(&path) {
            return Err(failed(&target, "it is being read already"));
        }
        if self.files.len() >= SOURCE_DEPTH_LIMIT {
            return Err(failed(&target, "files name files too deeply"));
        }
        let text =
            read(&self.root.join(&path)).map_err(|error| failed(&target, &error.kind().to_string()))?;
        self.file(path, &text)
    }

    /// Replaces `$NAME` and `$(NAME)` by what the environment says.
    fn expand(&self, text: &str) -> String {
        let mut expanded = text.to_owned();
        for (name, value) in &self.tree.environment {
            expanded = expanded.replace(&format!("$({name})"), value).replace(&format!("${name}"), value);
        }
        expanded
    }

    fn config(&mut self, line: usize, rest: &str) {
        let Some(Token::Word(name)) = tokens(rest).and_then(|tokens| tokens.into_iter().next()) else {
            self.current = Current::Nothing;
            return;
        };
        let choice = self.blocks.iter().rev().find_map(|block| match block.kind {
            BlockKind::Choice(index) => Some(index),
            _ => None,
        });
        if let Some(choice) = choice {
            self.tree.choices[choice].members.push(name.clone());
        }
        let definition = Definition {
            file: self.files.last().cloned().unwrap_or_default(),
            line,
            menu: self
                .blocks
                .iter()
                .map(|block| &block.title)
                .filter(|title| !title.is_empty())
                .cloned()
                .collect(),
            prompt: None,
            prompt_condition: Expression::all(self.blocks.iter().map(|block| block.visible.clone())),
            depends: Expression::all(self.blocks.iter().map(|block| block.depends.clone())),
            defaults: Vec::new(),
            ranges: Vec::new(),
            choice,
        };
        self.tree.symbols.entry(name.clone()).or_default().definitions.push(definition);
        self.current = Current::Symbol(name);
    }

    fn open(&mut self, kind: BlockKind, rest: &str) {
        let title = match tokens(rest).as_deref() {
            Some([Token::Quoted(title), ..]) => title.clone(),
            _ => String::new(),
        };
        self.blocks.push(Block { kind, title, depends: Expression::always(), visible: Expression::always() });
        self.current = Current::Block;
    }

    /// Gives an `if` about a `menuconfig` symbol the title of that menu. In another file it is a condition like others.
    fn name_if(&mut self) {
        let Some(block) = self.blocks.last_mut() else { return };
        let symbols = block.depends.symbols();
        let Some(menu) = symbols.into_iter().find(|name| self.menus.contains(*name)) else { return };
        let definitions = self.tree.symbols.get(menu).map_or(&[][..], |symbol| &symbol.definitions);
        let mut here = definitions.iter().filter(|definition| self.files.last() == Some(&definition.file));
        if let Some(prompt) = here.find_map(|definition| definition.prompt.clone()) {
            block.title = prompt;
        }
    }

    fn attribute(&mut self, keyword: &str, rest: &str) {
        match keyword {
            "depends" | "requires" => self.add_dependency(rest.strip_prefix("on").unwrap_or(rest)),
            "visible" => {
                if let (Current::Block, Some(condition)) =
                    (&self.current, parse(rest.strip_prefix("if").unwrap_or(rest)))
                    && let Some(block) = self.blocks.last_mut()
                {
                    block.visible = Expression::all([block.visible.clone(), condition]);
                }
            }
            "bool" | "boolean" | "tristate" | "string" | "int" | "hex" => {
                self.set_kind(keyword);
                self.prompt(rest);
            }
            "prompt" => self.prompt(rest),
            "def_bool" | "def_tristate" => {
                self.set_kind(keyword.trim_start_matches("def_"));
                self.default(rest);
            }
            "default" => self.default(rest),
            "select" => self.select(rest),
            "range" => self.range(rest),
            // `option`, `optional`, and what later kernels have.
            _ => {}
        }
    }

    fn add_dependency(&mut self, text: &str) {
        let Some(condition) = parse(text) else { return };
        let depends = match &self.current {
            Current::Block => self.blocks.last_mut().map(|block| &mut block.depends),
            _ => self.definition().map(|definition| &mut definition.depends),
        };
        if let Some(depends) = depends {
            *depends = Expression::all([std::mem::replace(depends, Expression::always()), condition]);
        }
    }

    fn definition(&mut self) -> Option<&mut Definition> {
        let Current::Symbol(name) = &self.current else { return None };
        self.tree.symbols.get_mut(name)?.definitions.last_mut()
    }

    fn set_kind(&mut self, keyword: &str) {
        let Current::Symbol(name) = &self.current else { return };
        let Some(symbol) = self.tree.symbols.get_mut(name) else { return };
        symbol.kind = match keyword {
            "bool" | "boolean" => SymbolKind::Bool,
            "tristate" => SymbolKind::Tristate,
            "string" => SymbolKind::Text,
            "int" => SymbolKind::Integer,
            _ => SymbolKind::Hexadecimal,
        };
    }

    fn prompt(&mut self, rest: &str) {
        let Some((head, condition)) = with_condition(rest) else { return };
        let Some(Token::Quoted(text) | Token::Word(text)) = head.into_iter().next() else { return };
        if matches!(self.current, Current::Block) {
            if let Some(Block { kind: BlockKind::Choice(index), title, visible, .. }) = self.blocks.last_mut()
            {
                self.tree.choices[*index].prompt.clone_from(&text);
                *title = text;
                *visible = condition;
            }
        } else if let Some(definition) = self.definition() {
            definition.prompt = Some(text);
            let inherited = std::mem::replace(&mut definition.prompt_condition, Expression::always());
            definition.prompt_condition = Expression::all([inherited, condition]);
        }
    }

    fn default(&mut self, rest: &str) {
        let Some((head, condition)) = with_condition(rest) else { return };
        let Some(value) = Expression::parse(&head) else { return };
        if let Some(definition) = self.definition() {
            definition.defaults.push((value, condition));
        }
    }

    fn select(&mut self, rest: &str) {
        let Current::Symbol(by) = &self.current else { return };
        let Some((head, condition)) = with_condition(rest) else { return };
        let Some(Token::Word(selected)) = head.into_iter().next() else { return };
        let selection = Selection { by: by.clone(), condition };
        self.tree.selections.entry(selected).or_default().push(selection);
    }

    fn range(&mut self, rest: &str) {
        let Some((head, condition)) = with_condition(rest) else { return };
        let [Token::Word(low) | Token::Quoted(low), Token::Word(high) | Token::Quoted(high)] =
            head.as_slice()
        else {
            return;
        };
        let range = (low.clone(), high.clone(), condition);
        if let Some(definition) = self.definition() {
            definition.ranges.push(range);
        }
    }
}

fn parse(text: &str) -> Option<Expression> {
    Expression::parse(&tokens(text)?)
}

/// Cuts `… if CONDITION`.
fn with_condition(text: &str) -> Option<(Vec<Token>, Expression)> {
    let mut head = tokens(text)?;
    let Some(at) = head.iter().position(|token| *token == Token::Word("if".to_owned())) else {
        return Some((head, Expression::always()));
    };
    let condition = Expression::parse(&head[at + 1..])?;
    head.truncate(at);
    Some((head, condition))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_text(text: &str) -> KconfigTree {
        let directory = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(directory.path()).unwrap();
        fs_err::write(root.join("Kconfig"), text).unwrap();
        load(root, BTreeMap::new()).unwrap()
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(config [AB]\n|menu \"m\"\n|choice\n|if A\n|end(if|menu|choice)\n|\\s*(bool|default|depends on|select|range|visible if|prompt|help|comment)[ -~]{0,20}\n|[^\r]{0,8}\n){0,20}") {
            // `source` is left to its own tests: it may name any file.
            load_text(&text.replace("source", "sauce"));
        }
    }

    #[test]
    fn dependencies_come_from_all_blocks_around() {
        let tree = load_text(
            "menu \"Drivers\"\n\tdepends on HW\nif NET\nconfig A\n\ttristate \"a\" if EXPERT\n\tdepends on B || C\n\tselect D if E\nendif\nendmenu\nconfig D\n\tbool\n",
        );
        let definition = &tree.symbol("A").unwrap().definitions[0];
        assert_eq!(definition.depends.to_string(), "HW && NET && (B || C)");
        assert_eq!(definition.prompt_condition.to_string(), "EXPERT");
        assert_eq!(definition.menu, ["Drivers"]);
        assert_eq!(tree.selections["D"][0].condition.to_string(), "E");
        assert_eq!(tree.symbol("D").unwrap().kind, SymbolKind::Bool);
    }

    #[test]
    fn only_an_if_beside_its_menu_is_that_menu() {
        let directory = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(directory.path()).unwrap();
        let top = "menuconfig BLOCK\n\tbool \"Blocks\"\nif BLOCK\nconfig A\n\tbool\nendif\nsource \"fs\"\n";
        fs_err::write(root.join("Kconfig"), top).unwrap();
        fs_err::write(root.join("fs"), "if BLOCK\nconfig B\n\tbool\nendif\n").unwrap();
        let tree = load(root, BTreeMap::new()).unwrap();
        assert_eq!(tree.menu("A"), ["Blocks"]);
        assert!(tree.menu("B").is_empty());
    }
}
